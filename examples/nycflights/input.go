package main

import (
	"bytes"
	"compress/gzip"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

//go:embed data/*.csv data/*.csv.gz
var data embed.FS

// columns of the table: those of the input, and the airline's name.
var columns = []arrow.Field{
	{Name: "year", Type: arrow.PrimitiveTypes.Int32},
	{Name: "month", Type: arrow.PrimitiveTypes.Int32},
	{Name: "day", Type: arrow.PrimitiveTypes.Int32},
	{Name: "dep_time", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "sched_dep_time", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "dep_delay", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "arr_time", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "sched_arr_time", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "arr_delay", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "carrier", Type: arrow.BinaryTypes.String},
	{Name: "flight", Type: arrow.PrimitiveTypes.Int32},
	{Name: "tailnum", Type: arrow.BinaryTypes.String, Nullable: true},
	{Name: "origin", Type: arrow.BinaryTypes.String},
	{Name: "dest", Type: arrow.BinaryTypes.String},
	{Name: "air_time", Type: arrow.PrimitiveTypes.Int32, Nullable: true},
	{Name: "distance", Type: arrow.PrimitiveTypes.Int32},
	{Name: "hour", Type: arrow.PrimitiveTypes.Int32},
	{Name: "minute", Type: arrow.PrimitiveTypes.Int32},
	{Name: "time_hour", Type: arrow.FixedWidthTypes.Timestamp_us},
	{Name: "airline", Type: arrow.BinaryTypes.String, Nullable: true},
}

func flightSchema() *arrow.Schema { return arrow.NewSchema(columns, nil) }

// readAirlines is the names of the carriers.
func readAirlines() (map[string]string, error) {
	text, err := data.ReadFile("data/airlines.csv")
	if err != nil {
		return nil, err
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("airlines.csv: %w", err)
	}
	names := map[string]string{}
	for _, l := range lines[1:] {
		names[l[0]] = l[1]
	}
	return names, nil
}

const batchRows = 8192

// readMonth reads the flights of a month, batch by batch, with the names of
// the airlines joined in. A mistake in the input is the reader's error.
func readMonth(month int, airlines map[string]string) (array.RecordReader, error) {
	name := fmt.Sprintf("data/flights-2013-%02d.csv.gz", month)
	f, err := data.Open(name)
	if err != nil {
		return nil, err
	}
	zipped, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	lines := csv.NewReader(zipped)
	lines.ReuseRecord = true
	if _, err := lines.Read(); err != nil { // the header
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s := flightSchema()
	return array.ReaderFromIter(s, func(yield func(arrow.RecordBatch, error) bool) {
		defer f.Close()
		b := array.NewRecordBuilder(memory.DefaultAllocator, s)
		defer b.Release()
		for done := false; !done; {
			n := 0
			for ; n < batchRows; n++ {
				line, err := lines.Read()
				if errors.Is(err, io.EOF) {
					done = true
					break
				}
				if err == nil {
					err = appendFlight(b, line, airlines)
				}
				if err != nil {
					yield(nil, fmt.Errorf("%s: %w", name, err))
					return
				}
			}
			if n > 0 && !yield(b.NewRecordBatch(), nil) {
				return
			}
		}
	}), nil
}

// appendFlight adds one line; an empty field or NA is null.
func appendFlight(b *array.RecordBuilder, line []string, airlines map[string]string) error {
	for i, text := range line {
		switch f := b.Field(i).(type) {
		case *array.Int32Builder:
			if text == "" || text == "NA" {
				f.AppendNull()
				continue
			}
			n, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return fmt.Errorf("column %s: %w", columns[i].Name, err)
			}
			f.Append(int32(n))
		case *array.StringBuilder:
			if text == "" || text == "NA" {
				f.AppendNull()
				continue
			}
			f.Append(text)
		case *array.TimestampBuilder:
			t, err := time.Parse(time.RFC3339, text)
			if err != nil {
				return fmt.Errorf("column %s: %w", columns[i].Name, err)
			}
			f.Append(arrow.Timestamp(t.UnixMicro()))
		}
	}
	names := b.Field(len(columns) - 1).(*array.StringBuilder)
	if name, known := airlines[line[9]]; known {
		names.Append(name)
	} else {
		names.AppendNull()
	}
	return nil
}
