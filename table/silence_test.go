package table_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// TestEveryCallOfASilentStoreEndsInTime simulates the time. One operation of a
// store has a minute: a table is opened with two, since a hint that cannot be
// read is done without, and an append has ten seconds more to remove what it
// wrote.
func TestEveryCallOfASilentStoreEndsInTime(t *testing.T) {
	const operation, hint = time.Minute, 10 * time.Second
	silent := func(t *testing.T) storage.Store {
		st, err := storage.NewRemote(silence{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return st
	}
	// known is a table of a store that has fallen silent.
	known := func(t *testing.T) *table.Table {
		moving := &movedStore{storage.NewMemory(&storage.MemoryOptions{Now: time.Now})}
		create(t, moving.Store, "id bigint NOT NULL", &table.CreateOptions{Properties: snappy})
		tbl, err := table.Open(t.Context(), "", &table.Options{Store: moving})
		if err != nil {
			t.Fatal(err)
		}
		moving.Store = silent(t)
		return tbl
	}
	for _, c := range []struct {
		name string
		call func(t *testing.T) error
		most time.Duration
	}{
		{"open", func(t *testing.T) error {
			_, err := table.Open(t.Context(), "", &table.Options{Store: silent(t)})
			return err
		}, operation + hint},
		{"exists", func(t *testing.T) error {
			_, err := table.Exists(t.Context(), "", &table.Options{Store: silent(t)})
			return err
		}, operation},
		{"create", func(t *testing.T) error {
			_, err := table.Create(t.Context(), "", simSchema, &table.CreateOptions{Options: table.Options{Store: silent(t)}})
			return err
		}, operation + hint},
		{"refresh", func(t *testing.T) error {
			_, err := known(t).Snapshot(t.Context(), table.At{})
			return err
		}, operation},
		{"append", func(t *testing.T) error {
			_, err := known(t).Append(t.Context(), simRows([]int64{1}), nil)
			return err
		}, operation + 10*time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				began := time.Now()
				err := c.call(t)
				if took := time.Since(began); took > c.most {
					t.Errorf("it takes %v", took)
				}
				if !errors.Is(err, storage.ErrUnavailable) || !errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) ||
					errors.Is(err, table.ErrNotTable) || !strings.Contains(err.Error(), "in silent://b") {
					t.Error(err)
				}
			})
		})
	}
}

// movedStore is a store that becomes another one.
type movedStore struct{ storage.Store }

// silence is a driver whose service never answers.
type silence struct{}

func (silence) lost(ctx context.Context) error {
	<-ctx.Done()
	return &storage.Failure{Class: storage.Lost, Text: ctx.Err().Error(), Err: ctx.Err()}
}

func (s silence) Read(ctx context.Context, _ string, _, _ int64) (io.ReadCloser, storage.Info, error) {
	return nil, storage.Info{}, s.lost(ctx)
}

func (s silence) Head(ctx context.Context, _ string) (storage.Info, error) {
	return storage.Info{}, s.lost(ctx)
}

func (s silence) Put(ctx context.Context, _ string, _ []byte, _ bool) (string, error) {
	return "", s.lost(ctx)
}

func (s silence) Upload(ctx context.Context, _ string) (storage.Upload, error) {
	return nil, s.lost(ctx)
}

func (s silence) List(ctx context.Context, _, _, _ string) (storage.Page, error) {
	return storage.Page{}, s.lost(ctx)
}

func (s silence) Delete(ctx context.Context, _ []string) error { return s.lost(ctx) }

func (silence) Traits() storage.Traits { return storage.Traits{} }

func (silence) String() string { return "silent://b" }

func (silence) Close() error { return nil }
