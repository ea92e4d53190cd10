package table_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

var (
	metaSeed  = flag.Uint64("meta.seed", 0, "the seed of the first list of operations; 0: a random one")
	metaLists = flag.Int("meta.lists", 100, "how many lists of operations are run")
)

// metaOp is one operation of a list.
type metaOp struct {
	kind string // append, overwrite, merge, alter, checkpoint, reopen
	rows []map[string]any
	cols []arrow.Field
}

// metaList draws operations, and what each version must hold.
func metaList(rng *rand.Rand) (ops []metaOp, versions [][]string) {
	columns := []arrow.Field{col("id", long), col("p", text)}
	var model []map[string]any
	versions = append(versions, nil)
	id := 0
	draw := func(cols []arrow.Field) []map[string]any {
		var rows []map[string]any
		for range 1 + rng.IntN(6) {
			id++
			row := map[string]any{}
			for _, c := range cols {
				switch {
				case c.Name == "id":
					row["id"] = id
				case rng.IntN(4) == 0: // null
				case c.Type.ID() == arrow.STRING:
					row[c.Name] = []string{"a", "b", "ü/%", "", "x y"}[rng.IntN(5)]
				default:
					row[c.Name] = rng.IntN(100)
				}
			}
			rows = append(rows, row)
		}
		return rows
	}
	for range 3 + rng.IntN(6) {
		op := metaOp{kind: []string{"append", "append", "append", "overwrite", "merge", "alter", "checkpoint", "reopen"}[rng.IntN(8)]}
		switch op.kind {
		case "append", "overwrite":
			op.cols = slices.Clone(columns)
			if rng.IntN(3) == 0 {
				op.cols = op.cols[:1+rng.IntN(len(op.cols))] // the others are null
			}
		case "merge":
			columns = append(columns, col(fmt.Sprint("c", len(columns)), []arrow.DataType{long, text}[rng.IntN(2)]))
			op.cols = []arrow.Field{columns[0], columns[len(columns)-1]}
		}
		if len(op.cols) > 0 {
			op.rows = draw(op.cols)
		}
		if op.kind == "overwrite" {
			model = nil
		}
		model = append(slices.Clone(model), op.rows...)
		ops = append(ops, op)
		if op.kind == "checkpoint" || op.kind == "reopen" {
			continue
		}
		var now []string
		for _, r := range model {
			whole := maps.Clone(r)
			for _, c := range columns {
				if whole[c.Name] == nil || c.Name == "p" && whole[c.Name] == "" {
					whole[c.Name] = nil // in a partitioned table an empty string is null; see holds
				}
			}
			now = append(now, string(must(json.Marshal(whole))))
		}
		slices.Sort(now)
		versions = append(versions, now)
	}
	return ops, versions
}

// metaTable is a way to keep the same rows.
type metaTable struct {
	interval    string
	codec       string
	target      int64
	group       int64
	partitioned bool
	local       bool
	post        table.Post
	crc         bool // whether checksums stay
}

func drawTable(rng *rand.Rand) metaTable {
	return metaTable{
		interval: []string{"1", "2", "3", "100"}[rng.IntN(4)], codec: []string{"zstd", "snappy", "gzip", "uncompressed"}[rng.IntN(4)],
		target: []int64{1, 0}[rng.IntN(2)], group: []int64{1, 3, 0}[rng.IntN(3)], partitioned: rng.IntN(2) == 0,
		local: rng.IntN(10) == 0, post: []table.Post{table.Inline, table.Background, table.None}[rng.IntN(3)], crc: rng.IntN(2) == 0,
	}
}

// TestTheSameOperationsGiveTheSameTable whatever its options.
func TestTheSameOperationsGiveTheSameTable(t *testing.T) {
	seed := *metaSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("seed %d", seed)
	for n := range *metaLists {
		seed := seed + uint64(n)
		rng := rand.New(rand.NewPCG(seed, 1))
		ops, versions := metaList(rng)
		for range 2 {
			how := drawTable(rng)
			if err := runList(t, how, ops, versions); err != nil {
				t.Fatalf("-meta.seed=%d -meta.lists=1: %+v: %v", seed, how, err)
			}
		}
	}
}

func runList(t *testing.T, how metaTable, ops []metaOp, versions [][]string) (err error) {
	st := storage.NewMemory(nil)
	if how.local {
		if st, err = storage.NewLocal(t.TempDir(), nil); err != nil {
			return err
		}
		defer func() { _ = st.Close() }()
	}
	ctx := context.Background()
	opts := &table.CreateOptions{Options: table.Options{Store: st}, Properties: map[string]string{"delta.checkpointInterval": how.interval}}
	if how.partitioned {
		opts.PartitionBy = []string{"p"}
	}
	tbl, err := table.Create(ctx, "", arrow.NewSchema([]arrow.Field{col("id", long), col("p", text)}, nil), opts)
	if err != nil {
		return err
	}
	for i, op := range ops {
		write := &table.WriteOptions{Codec: how.codec, TargetFileSize: how.target, RowGroupRows: how.group, MergeSchema: op.kind == "merge"}
		write.Post = how.post
		var c table.Commit
		switch op.kind {
		case "append", "merge", "overwrite":
			rd := data(t, string(must(json.Marshal(op.rows))), op.cols...)
			if op.kind == "overwrite" {
				c, err = tbl.Overwrite(ctx, all, rd, write)
			} else {
				c, err = tbl.Append(ctx, rd, write)
			}
		case "alter":
			c, err = tbl.Alter(ctx, table.Alter{SetProperties: map[string]string{"n": fmt.Sprint(i)}}, &write.CommitOptions)
		case "checkpoint":
			_, err = tbl.Checkpoint(ctx)
		case "reopen":
			if err = tbl.Close(ctx); err == nil {
				tbl, err = table.Open(ctx, "", &table.Options{Store: st})
			}
		}
		if err != nil || c.After != nil {
			return fmt.Errorf("operation %d, %s: %w, %w", i, op.kind, err, c.After)
		}
	}
	if err := tbl.Close(ctx); err != nil {
		return err
	}
	if !how.crc {
		remove(t, st, ".crc")
	}
	return holds(t, st, versions, how.partitioned)
}

// holds compares every version with the model, with and without checkpoints.
func holds(t *testing.T, st storage.Store, versions [][]string, partitioned bool) error {
	ctx := context.Background()
	bare, err := withoutAuxiliaries(ctx, st)
	if err != nil {
		return err
	}
	for _, from := range []storage.Store{st, bare} {
		tbl, err := table.Open(ctx, "", &table.Options{Store: from})
		if err != nil {
			return err
		}
		defer closeTable(t, tbl)
		for v, want := range versions {
			s, err := tbl.Snapshot(ctx, table.Version(int64(v)))
			if err != nil {
				return err
			}
			got, err := tryRows(s, nil)
			if err != nil {
				return err
			}
			if !partitioned { // an empty string is one
				for i := range got {
					got[i] = strings.ReplaceAll(got[i], `"p":""`, `"p":null`)
				}
				slices.Sort(got)
			}
			if !slices.Equal(got, want) {
				return fmt.Errorf("version %d holds\n%s\nwant\n%s", v, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
			if n, err := s.Scan(nil).Count(ctx); err != nil || int(n) != len(want) {
				return fmt.Errorf("version %d counts %d rows, want %d: %w", v, n, len(want), err)
			}
		}
	}
	return nil
}
