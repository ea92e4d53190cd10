//go:build cgo && duckdb_arrow

// Command duckdb shows what this library leaves to an engine, joins and window
// functions, on a table that it made:
//
//	cd examples/duckdb && GOWORK=off go run -tags duckdb_arrow .
//
// DuckDB gets the rows in either of two ways. As Arrow batches it reads any
// table that the library can read, on any store, with the files skipped that a
// predicate excludes. From the list of a table's files it reads what it needs
// of them by itself, several times if a query says so; that is for files whose
// rows are the table's, see [files].
//
// The module is on its own because DuckDB is C++: the library needs no cgo.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory/mallocator"
	duckdb "github.com/duckdb/duckdb-go/v2"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/table"
	"github.com/foreset/foreset/table/rows"
)

// Flight is a row of the table.
type Flight struct {
	Carrier  string
	Flight   int32
	Distance int64
	Delay    *float64
}

func main() {
	dir, err := os.MkdirTemp("", "foreset-duckdb-")
	if err == nil {
		err = run(context.Background(), os.Stdout, dir)
		os.RemoveAll(dir)
	}
	if err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer, dir string) error {
	// What DuckDB reads must not be in Go's memory: the allocator is C's.
	t, err := create(ctx, dir, &table.Options{Allocator: mallocator.NewMallocator()})
	if err != nil {
		return err
	}
	defer t.Close(ctx)
	snap, err := t.Snapshot(ctx, table.At{})
	if err != nil {
		return err
	}
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return err
	}
	defer connector.Close()
	conn, err := connector.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	db, err := duckdb.NewArrowFromConn(conn)
	if err != nil {
		return err
	}

	fmt.Fprintln(out, "a join with another table, of Arrow batches:")
	scan := snap.Scan(&table.ScanOptions{Columns: []string{"carrier", "distance"}, Where: expr.SQL("distance >= ?", 500)})
	flights, err := scan.Reader(ctx)
	if err != nil {
		return err
	}
	defer flights.Release()
	release, err := db.RegisterView(flights, "flights") // good for one reading
	if err != nil {
		return err
	}
	defer release()
	err = print(ctx, out, db, `
		SELECT c.name, count(*) AS flights, sum(distance)::BIGINT AS distance
		FROM flights JOIN (VALUES ('AA', 'American'), ('UA', 'United')) c(code, name) ON c.code = flights.carrier
		GROUP BY ALL ORDER BY ALL`)
	if err != nil {
		return err
	}

	fmt.Fprintln(out, "the worst delay of each carrier, by a window over the files:")
	list, err := files(ctx, snap, dir, expr.SQL("delay IS NOT NULL"))
	if err != nil {
		return err
	}
	return print(ctx, out, db, `
		SELECT carrier, flight, delay FROM read_parquet(`+list+`)
		WHERE delay IS NOT NULL
		QUALIFY row_number() OVER (PARTITION BY carrier ORDER BY delay DESC, flight) = 1 ORDER BY ALL`)
}

// create makes the table, in two commits.
func create(ctx context.Context, dir string, opts *table.Options) (*table.Table, error) {
	s, _, err := rows.Schema[Flight]()
	if err != nil {
		return nil, err
	}
	t, err := table.Create(ctx, dir, nil, &table.CreateOptions{Options: *opts, Schema: s})
	if err != nil {
		return nil, err
	}
	delay := func(minutes float64) *float64 { return &minutes }
	for _, flights := range [][]Flight{
		{{"AA", 1, 2475, delay(12)}, {"AA", 2, 2475, nil}, {"UA", 7, 1400, delay(3.5)}},
		{{"B6", 5, 300, delay(-4)}, {"UA", 8, 719, delay(41)}, {"AA", 3, 733, delay(15)}},
	} {
		r, err := rows.Of(flights)
		if err != nil {
			return nil, err
		}
		if _, err := t.Append(ctx, r, nil); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// files is a list in SQL of the files of a table in a folder that may hold rows
// for which the predicate is true. The files of some tables are not its rows:
// the values of partition columns are in the log, renamed columns have other
// names there, and rows that a deletion vector hides are still in them. Their
// rows are to be had as batches.
func files(ctx context.Context, s *table.Snapshot, dir string, where expr.Expr) (string, error) {
	md := s.Metadata()
	if mode := md.Configuration["delta.columnMapping.mode"]; len(md.PartitionColumns) > 0 || mode != "" && mode != "none" {
		return "", fmt.Errorf("the files of %s do not have all of its columns by their names", dir)
	}
	var list []string
	for f, err := range s.FilesWithoutStats(ctx, where) {
		if err != nil {
			return "", err
		}
		if f.DeletionVector != nil {
			return "", fmt.Errorf("%s has rows that are deleted", f.Path)
		}
		name, err := url.PathUnescape(f.Path)
		if err != nil {
			return "", err
		}
		list = append(list, "'"+strings.ReplaceAll(filepath.Join(dir, filepath.FromSlash(name)), "'", "''")+"'")
	}
	return "[" + strings.Join(list, ", ") + "]", nil
}

// print runs a query and prints the rows.
func print(ctx context.Context, out io.Writer, db *duckdb.Arrow, sql string) error {
	r, err := db.QueryContext(ctx, sql)
	if err != nil {
		return err
	}
	defer r.Release()
	for r.Next() {
		printBatch(out, r)
	}
	return r.Err()
}

func printBatch(out io.Writer, r array.RecordReader) {
	b := r.RecordBatch()
	for i := range int(b.NumRows()) {
		for c, field := range b.Schema().Fields() {
			fmt.Fprintf(out, "  %s=%s", field.Name, b.Column(c).ValueStr(i))
		}
		fmt.Fprintln(out)
	}
}
