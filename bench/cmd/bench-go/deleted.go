package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// deleteCommand is the first argument of what makes the tables of W2dv:
//
//	bench-go delete FOLDER COPY
const deleteCommand = "delete"

// deletedPerMille of the rows are deleted, scattered.
const deletedPerMille = 10

// deleteMain makes a copy of a local table, of which one row in a hundred is
// deleted by deletion vectors: one file of them, and one commit. The data
// files are the same ones.
func deleteMain(ctx context.Context, args []string) (err error) {
	if len(args) != 2 {
		return errors.New("usage: bench-go delete FOLDER COPY")
	}
	from, to := args[0], args[1]
	if err := link(from, to); err != nil {
		return err
	}
	t, err := table.Open(ctx, to, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, t.Close(ctx)) }()
	s, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	store, err := storage.NewLocal(to, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	actions, file, name, err := deletion(ctx, s)
	if err != nil {
		return err
	}
	if err := store.Put(ctx, name, file); err != nil {
		return err
	}
	outcome, _, err := store.PutIfAbsent(ctx, log.CommitName(log.Version(s.Version()+1)), log.EncodeCommit(actions))
	if err == nil && outcome != storage.Created {
		err = fmt.Errorf("the commit is %v", outcome)
	}
	return err
}

// link copies a table's log, and links its data files.
func link(from, to string) error {
	names, err := filepath.Glob(filepath.Join(from, "*.parquet"))
	if err != nil {
		return err
	}
	if err := os.CopyFS(filepath.Join(to, "_delta_log"), os.DirFS(filepath.Join(from, "_delta_log"))); err != nil {
		return err
	}
	for _, name := range names {
		if err := os.Link(name, filepath.Join(to, filepath.Base(name))); err != nil {
			return err
		}
	}
	return nil
}

// deletion is the commit that deletes rows of every file of a snapshot, and
// the file of its deletion vectors.
func deletion(ctx context.Context, s *table.Snapshot) (actions []log.Action, file []byte, name string, err error) {
	rng := rand.New(rand.NewPCG(1, 2))
	text, name, err := dv.UUIDText("", uuid.MustParse("00000000-0000-4000-8000-000000000000"))
	if err != nil {
		return nil, nil, "", err
	}
	p, md := *s.Protocol(), *s.Metadata()
	p.MinReaderVersion, p.MinWriterVersion = 3, 7
	p.ReaderFeatures, p.WriterFeatures = []string{"deletionVectors"}, []string{"deletionVectors", "appendOnly", "invariants"}
	md.Configuration = map[string]string{"delta.enableDeletionVectors": "true"}
	actions = append(actions, &p, &md)
	when := time.Now().UnixMilli()
	for add, err := range s.Files(ctx, expr.Expr{}) {
		if err != nil {
			return nil, nil, "", err
		}
		rows, ok := stats.NumRecords(add.Stats)
		if !ok {
			return nil, nil, "", fmt.Errorf("%s: how many rows it has is not known", add.Path)
		}
		gone := dv.New(func(yield func(int64) bool) {
			for row := range rows {
				if rng.IntN(1000) < deletedPerMille && !yield(row) {
					return
				}
			}
		})
		body := gone.Encode()
		var offset int32
		if file, offset, err = dv.AppendRecord(file, body); err != nil {
			return nil, nil, "", err
		}
		with := *add
		with.DataChange = true
		with.DeletionVector = &log.DeletionVector{
			StorageType: "u", PathOrInlineDV: text, Offset: &offset, SizeInBytes: int32(len(body)), Cardinality: gone.Len(),
		}
		remove := &log.RemoveFile{Path: add.Path, DeletionTimestamp: &when, DataChange: true}
		actions = append(actions, remove, &with)
	}
	return actions, file, name, nil
}
