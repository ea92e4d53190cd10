package checkpoint

import "syscall"

// peakMB is the most memory that the process has had.
func peakMB() float64 {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Maxrss) / 1024
}
