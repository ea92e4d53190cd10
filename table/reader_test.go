package table_test

import (
	"context"
	"runtime"
	"testing"

	"go.uber.org/goleak"

	"github.com/foreset/foreset/storage"
)

// TestAReaderMayBeReadOnAnyThread: an engine behind cgo, such as DuckDB, calls
// Next on threads that are locked to it.
func TestAReaderMayBeReadOnAnyThread(t *testing.T) {
	snap := latest(t, manyFiles(t, storage.NewMemory(nil), 3))
	before := goleak.IgnoreCurrent()
	r, err := snap.Scan(nil).Reader(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rows, done := int64(0), make(chan struct{})
	for range 2 { // one thread after another
		go func() {
			runtime.LockOSThread()
			if r.Next() {
				rows += r.RecordBatch().NumRows()
			}
			runtime.UnlockOSThread()
			done <- struct{}{}
		}()
		<-done
	}
	for r.Next() {
		rows += r.RecordBatch().NumRows()
	}
	if rows != 30 || r.Err() != nil || r.Next() {
		t.Errorf("%d rows, %v", rows, r.Err())
	}
	r.Release()
	goleak.VerifyNone(t, before)
}
