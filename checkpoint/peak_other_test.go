//go:build !linux

package checkpoint

func peakMB() float64 { return 0 }
