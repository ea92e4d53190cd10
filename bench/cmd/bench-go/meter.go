package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"runtime/pprof"
	"slices"
	"strings"
	"time"
)

// result is what a workload says about itself; a nil number is printed as null.
type result struct {
	meter *meter
	rows  *int64
	bytes *int64
	files *int64
	cpuS  float64 // if not 0, instead of the meter's: the CPU time of other processes
	extra map[string]any
}

func number(n int64) *int64 { return &n }

// line is what goes to stdout: see ../../README.md.
type line struct {
	Workload  string         `json:"workload"`
	Engine    string         `json:"engine"`
	Scale     string         `json:"scale"`
	WallS     float64        `json:"wall_s"`
	CPUS      float64        `json:"cpu_s"`
	PeakRSSMB float64        `json:"peak_rss_mb"`
	Rows      *int64         `json:"rows"`
	Bytes     *int64         `json:"bytes"`
	Files     *int64         `json:"files"`
	Extra     map[string]any `json:"extra"`
}

const engine = "foreset"

// measureAndPrint runs a workload and prints its line.
func measureAndPrint(ctx context.Context, c *config, work workload) error {
	r, err := work(ctx, c)
	if err != nil {
		return err
	}
	if c.heapProfile != "" {
		if err := writeProfile(c.heapProfile, "allocs"); err != nil {
			return err
		}
	}
	m := r.meter
	l := line{
		Workload: c.workload, Engine: engine, Scale: c.scale,
		WallS: slices.Min(m.walls), CPUS: slices.Min(m.cpus), Rows: r.rows, Bytes: r.bytes, Files: r.files, Extra: r.extra,
	}
	if r.cpuS != 0 {
		l.CPUS = r.cpuS
	}
	if l.PeakRSSMB, err = statusMB("VmHWM"); err != nil {
		return err
	}
	load, err := load1()
	if err != nil {
		return err
	}
	l.Extra["walls"], l.Extra["cpus"] = m.walls, m.cpus
	l.Extra["rss_before_mb"] = m.rssBefore
	l.Extra["loadavg1"] = load
	l.Extra["gc_cpu_s"] = round(m.gcCPU, 3)
	l.Extra["go"] = goSettings()
	if m.store.control != "" {
		l.Extra["store"] = fmt.Sprintf("s3 %s ms", m.store.latencyMS)
		l.Extra["counts"] = m.counts
	} else {
		l.Extra["fsync"] = !c.noSync
	}
	return json.NewEncoder(os.Stdout).Encode(l)
}

// goSettings names what the Go runtime was told, and which build this is.
func goSettings() map[string]any {
	s := map[string]any{
		"version": runtime.Version(), "gomaxprocs": runtime.GOMAXPROCS(0),
		"gogc": envOr("GOGC", "default"), "gomemlimit": envOr("GOMEMLIMIT", "default"),
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, v := range info.Settings {
			if v.Key == "vcs.revision" || v.Key == "vcs.modified" {
				s[strings.TrimPrefix(v.Key, "vcs.")] = v.Value
			}
		}
	}
	return s
}

func envOr(name, other string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return other
}

// meter times the runs of an operation. The shortest wall time and the least
// CPU time count.
type meter struct {
	walls, cpus []float64 // seconds
	gcCPU       float64   // seconds of all runs that the garbage collector took
	rssBefore   float64   // MB held before the first run
	profile     string
	store       store
	counts      json.RawMessage // the requests of the last run, as the store counted them
}

func newMeter(c *config) (*meter, error) {
	rss, err := statusMB("VmRSS")
	return &meter{rssBefore: rss, profile: c.cpuProfile, store: c.store}, err
}

// run measures op, repeat times; prepare, which may be nil, comes before each
// and is not measured.
func (m *meter) run(repeat int, prepare, op func() error) error {
	if m.profile != "" {
		f, err := os.Create(m.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	for range repeat {
		if prepare != nil {
			if err := prepare(); err != nil {
				return fmt.Errorf("prepare: %w", err)
			}
		}
		if err := m.store.begin(); err != nil {
			return err
		}
		cpu, err := cpuTime()
		if err != nil {
			return err
		}
		gc := gcTime()
		start := time.Now()
		if err := op(); err != nil {
			return err
		}
		wall := time.Since(start).Seconds()
		end, err := cpuTime()
		if err != nil {
			return err
		}
		if m.counts, err = m.store.end(); err != nil {
			return err
		}
		m.gcCPU += gcTime() - gc
		m.walls, m.cpus = append(m.walls, round(wall, 5)), append(m.cpus, round((end-cpu).Seconds(), 5))
	}
	return nil
}

// gcTime is the CPU time of the garbage collector, as far as the runtime has
// added it up: it does so at the end of each cycle.
func gcTime() float64 {
	s := []metrics.Sample{{Name: "/cpu/classes/gc/total:cpu-seconds"}}
	metrics.Read(s)
	return s[0].Value.Float64()
}

func writeProfile(path, name string) error {
	var b bytes.Buffer
	if err := pprof.Lookup(name).WriteTo(&b, 0); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o666)
}
