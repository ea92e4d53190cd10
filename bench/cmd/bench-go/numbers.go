package main

import (
	"math"
	"slices"
	"time"
)

func round(x float64, digits int) float64 {
	p := math.Pow10(digits)
	return math.Round(x*p) / p
}

// milliseconds, to the microsecond.
func milliseconds(d time.Duration) float64 { return round(float64(d)/1e6, 3) }

// percentile is the value below which the share q of the values lies.
func percentile(values []time.Duration, q float64) time.Duration {
	s := slices.Sorted(slices.Values(values))
	return s[min(len(s)-1, int(q*float64(len(s))))]
}
