package write

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/parquetio"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

func TestColumnsOfEveryTypeComeBackFromTheDiskAsTheyWere(t *testing.T) {
	s, err := schema.ParseColumns("p int, s string, b binary, l array<string>, m map<string, int>, o struct<x: int, y: string>, d decimal(20,3), f double, v boolean")
	if err != nil {
		t.Fatal(err)
	}
	layout, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	// Thirty partitions in turns, rows of nulls among them.
	rows := func(yield func(arrow.RecordBatch, error) bool) {
		for i := range 40 {
			text := `[{"p":3}`
			for p := range 30 {
				text += fmt.Sprintf(`,{"p":%d,"s":"%s","b":"YWJj","l":["a%d",null],"m":[{"key":"k","value":%d}],"o":{"x":%d,"y":"%s"},"d":"%d.125","f":0.5,"v":%v}`,
					(p*7+i)%30, strings.Repeat("x", i), i, i, p, strings.Repeat("y", p), int64(i)<<50, i%2 == 0)
			}
			batch, _, err := array.RecordFromJSON(mem, layout, strings.NewReader(text+"]"))
			if err != nil {
				t.Fatal(err)
			}
			more := yield(batch, nil)
			batch.Release()
			if !more {
				return
			}
		}
	}
	o := &Options{
		Store: storage.NewMemory(nil), Schema: s, Partition: []string{"p"}, TargetSize: 1 << 30, Buffer: 1 << 30, OpenMax: 64,
		TempDir: t.TempDir(), Now: time.Now, Rand: rand.Reader, Allocator: mem,
	}
	direct, err := Files(context.Background(), rows, o)
	if err != nil || direct.Spilled != 0 {
		t.Fatalf("%+v, %v", direct, err)
	}
	o.OpenMax, o.Buffer = 2, 64<<10 // several runs
	spilled, err := Files(context.Background(), rows, o)
	if err != nil || spilled.Spilled == 0 {
		t.Fatalf("%+v, %v", spilled, err)
	}
	want, got := rowsIn(t, o, direct.Adds), rowsIn(t, o, spilled.Adds)
	if len(want) != 40*31 || !slices.Equal(got, want) {
		t.Errorf("%d rows, %d without the disk", len(got), len(want))
	}
}

// rowsIn reads back the rows of the files, sorted, each with its partition.
func rowsIn(t *testing.T, o *Options, adds []*log.AddFile) []string {
	t.Helper()
	data := &schema.Struct{Fields: o.Schema.Fields[1:]}
	var rows []string
	for _, a := range adds {
		name, err := log.DecodePath(a.Path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parquetio.Open(context.Background(), o.Store, name, a.Size, &parquetio.OpenOptions{Rows: -1, Allocator: o.Allocator})
		if err != nil {
			t.Fatal(err)
		}
		for b, err := range f.Read(context.Background(), parquetio.ReadPlan{Schema: data}) {
			if err != nil {
				t.Fatal(err)
			}
			text, err := b.Record.MarshalJSON()
			var some []json.RawMessage
			if err == nil {
				err = json.Unmarshal(text, &some)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range some {
				rows = append(rows, *a.PartitionValues["p"]+": "+string(row))
			}
		}
	}
	slices.Sort(rows)
	return rows
}
