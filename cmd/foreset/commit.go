package main

import (
	"fmt"

	"github.com/foreset/foreset/table"
)

// commitJSON is a table.Commit as changing commands print it.
type commitJSON struct {
	Version   int64       `json:"version"`
	Timestamp instant     `json:"timestamp"`
	Attempts  int         `json:"attempts"`
	Skipped   bool        `json:"skipped"`
	Metrics   metricsJSON `json:"metrics"`
	After     *string     `json:"after"` // what failed after the commit, which stands
}

type metricsJSON struct {
	Rows         int64 `json:"rows"`
	Files        int64 `json:"files"`
	Bytes        int64 `json:"bytes"`
	FilesRemoved int64 `json:"filesRemoved"`
	BytesSpilled int64 `json:"bytesSpilled"`
	// What was asked of the store.
	Requests     int   `json:"requests"`
	RequestDepth int   `json:"requestDepth"` // of them one after the other
	RequestBytes int64 `json:"requestBytes"`
}

func metricsOf(m table.Metrics) metricsJSON {
	return metricsJSON{
		Rows: m.Rows, Files: m.Files, Bytes: m.Bytes, FilesRemoved: m.FilesRemoved, BytesSpilled: m.BytesSpilled,
		Requests: m.Requests.Total(), RequestDepth: m.Requests.Depth, RequestBytes: m.Requests.Bytes,
	}
}

// writeCommit says what was committed: as JSON if that was asked for, else as
// a sentence on standard error, so that standard output stays data.
func (a *app) writeCommit(c table.Commit) error {
	if c.After != nil {
		fmt.Fprintf(a.stderr, "foreset: warning: version %d is committed, but after it: %s\n", c.Version, visible(c.After.Error()))
	}
	if a.format == "" {
		_, err := fmt.Fprintln(a.stderr, sentence(c))
		return err
	}
	out := commitJSON{
		Version: c.Version, Timestamp: instant(c.Timestamp), Attempts: c.Attempts, Skipped: c.Skipped,
		Metrics: metricsOf(c.Metrics),
	}
	if c.After != nil {
		out.After = new(c.After.Error())
	}
	return a.writeObject(out)
}

func sentence(c table.Commit) string {
	if c.Skipped {
		return fmt.Sprintf("nothing to do: the table is at version %d", c.Version)
	}
	s := fmt.Sprintf("version %d: %d rows in %d files, %d bytes", c.Version, c.Metrics.Rows, c.Metrics.Files, c.Metrics.Bytes)
	if c.Metrics.FilesRemoved > 0 {
		s += fmt.Sprintf("; %d files removed", c.Metrics.FilesRemoved)
	}
	return s
}
