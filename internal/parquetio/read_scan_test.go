package parquetio

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
)

// lineitem is TPC-H's, as tpchgen writes it.
var lineitem = &schema.Struct{Fields: []schema.Field{
	{Name: "l_orderkey", Type: schema.Long, Nullable: true},
	{Name: "l_partkey", Type: schema.Long, Nullable: true},
	{Name: "l_suppkey", Type: schema.Long, Nullable: true},
	{Name: "l_linenumber", Type: schema.Integer, Nullable: true},
	{Name: "l_quantity", Type: schema.Decimal{Precision: 15, Scale: 2}, Nullable: true},
	{Name: "l_extendedprice", Type: schema.Decimal{Precision: 15, Scale: 2}, Nullable: true},
	{Name: "l_discount", Type: schema.Decimal{Precision: 15, Scale: 2}, Nullable: true},
	{Name: "l_tax", Type: schema.Decimal{Precision: 15, Scale: 2}, Nullable: true},
	{Name: "l_returnflag", Type: schema.String, Nullable: true},
	{Name: "l_linestatus", Type: schema.String, Nullable: true},
	{Name: "l_shipdate", Type: schema.Date, Nullable: true},
	{Name: "l_commitdate", Type: schema.Date, Nullable: true},
	{Name: "l_receiptdate", Type: schema.Date, Nullable: true},
	{Name: "l_shipinstruct", Type: schema.String, Nullable: true},
	{Name: "l_shipmode", Type: schema.String, Nullable: true},
	{Name: "l_comment", Type: schema.String, Nullable: true},
}}

// lineitemFile is the file that FORESET_LINEITEM names, and the folder it is in.
func lineitemFile(b *testing.B) (storage.Store, os.FileInfo) {
	b.Helper()
	name := os.Getenv("FORESET_LINEITEM")
	if name == "" {
		b.Skip("FORESET_LINEITEM is not set")
	}
	st, err := storage.NewLocal(filepath.Dir(name), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { st.Close() })
	info, err := os.Stat(name)
	if err != nil {
		b.Fatal(err)
	}
	return st, info
}

// BenchmarkScanLineitem reads the file that FORESET_LINEITEM names:
//
//	tpchgen-cli parquet -s 1 --tables=lineitem -o DIR
//	FORESET_LINEITEM=DIR/lineitem.parquet go test -bench Lineitem ./internal/parquetio
func BenchmarkScanLineitem(b *testing.B) {
	st, info := lineitemFile(b)
	three := &schema.Struct{Fields: []schema.Field{lineitem.Fields[0], lineitem.Fields[5], lineitem.Fields[10]}}
	for _, c := range []struct {
		name   string
		schema *schema.Struct
	}{{"all", lineitem}, {"three", three}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f, err := Open(context.Background(), st, info.Name(), info.Size(), &OpenOptions{Rows: -1, Allocator: memory.DefaultAllocator})
				if err != nil {
					b.Fatal(err)
				}
				var rows int64
				for batch, err := range f.Read(context.Background(), ReadPlan{Schema: c.schema}) {
					if err != nil {
						b.Fatal(err)
					}
					rows += batch.Record.NumRows()
				}
				if rows != f.NumRows() {
					b.Fatalf("%d rows, want %d", rows, f.NumRows())
				}
			}
		})
	}
}
