package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// cpuTime is the CPU time of this process, user and system.
func cpuTime() (time.Duration, error) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, fmt.Errorf("getrusage: %w", err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), nil
}

// statusMB is a memory size of this process: VmRSS now, VmHWM at most.
func statusMB(key string) (float64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for l := range strings.Lines(string(text)) {
		value, found := strings.CutPrefix(l, key+":")
		if !found {
			continue
		}
		kb, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/self/status: %w", err)
		}
		return round(kb/1024, 1), nil
	}
	return 0, fmt.Errorf("/proc/self/status has no %s", key)
}

// openFiles is the number of descriptors that this process has open.
func openFiles() (int, error) {
	d, err := os.ReadDir("/proc/self/fd")
	return len(d) - 1, err // without the one that reads the folder
}

// load1 is how many processes wanted to run in the last minute, on average.
func load1() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(text), " ")
	return strconv.ParseFloat(first, 64)
}
