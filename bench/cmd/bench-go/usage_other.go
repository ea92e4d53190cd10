//go:build !linux

package main

import (
	"errors"
	"time"
)

var errLinux = errors.New("the benchmark measures with /proc and getrusage, as Linux has them")

func cpuTime() (time.Duration, error)  { return 0, errLinux }
func statusMB(string) (float64, error) { return 0, errLinux }
func openFiles() (int, error)          { return 0, errLinux }
func load1() (float64, error)          { return 0, errLinux }
