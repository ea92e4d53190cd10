package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
)

// arrowMagic begins and ends an Arrow file. After the first one and two bytes
// of padding the file is an IPC stream; the footer is not needed to read all.
const arrowMagic = "ARROW1"

// readArrow reads an Arrow file or stream.
func readArrow(in *input, f io.Reader) (array.RecordReader, error) {
	b := bufio.NewReader(f)
	open := func() (array.RecordReader, error) { return ipc.NewReader(b) }
	if magic, _ := b.Peek(len(arrowMagic)); string(magic) != arrowMagic {
		return guarded(in, open, nil)
	}
	if _, err := b.Discard(len(arrowMagic) + 2); err != nil {
		return nil, &inputError{Source: in.name, Problem: err.Error()}
	}
	return guarded(in, open, func() error { return endsWithMagic(b) })
}

// endsWithMagic reads to the end. A stream may end after any batch: only this
// tells a whole file from one that was cut short.
func endsWithMagic(r io.Reader) error {
	var tail, chunk []byte = nil, make([]byte, 4096)
	for {
		n, err := r.Read(chunk)
		tail = append(tail, chunk[:n]...)
		tail = tail[max(0, len(tail)-len(arrowMagic)):]
		switch {
		case err == io.EOF && string(tail) == arrowMagic:
			return nil
		case err == io.EOF:
			return errors.New("the end of the file is missing")
		case err != nil:
			return err
		}
	}
}

// parquetBatchRows is how many rows are read from Parquet at a time.
const parquetBatchRows = 16 << 10

// readParquet reads a Parquet file, from a copy if it is not a plain one.
func (a *app) readParquet(ctx context.Context, in *input) (array.RecordReader, func(), error) {
	f, err := in.seekable(ctx, a)
	if err != nil {
		return nil, nil, err
	}
	done := func() { f.Close() }
	r, err := guarded(in, func() (array.RecordReader, error) {
		pf, err := file.NewParquetReader(f)
		if err != nil {
			return nil, err
		}
		pr, err := pqarrow.NewFileReader(pf, pqarrow.ArrowReadProperties{BatchSize: parquetBatchRows}, memory.DefaultAllocator)
		if err != nil {
			return nil, err
		}
		return pr.GetRecordReader(ctx, nil, nil)
	}, nil)
	if err != nil {
		done()
		return nil, nil, err
	}
	return r, done, nil
}

// seekable opens the content as a file that can be read at any place.
func (in *input) seekable(ctx context.Context, a *app) (*os.File, error) {
	if in.regular {
		f, err := os.Open(in.path)
		if err != nil {
			return nil, err
		}
		var magic [2]byte
		if n, _ := f.ReadAt(magic[:], 0); n < 2 || magic != [2]byte{0x1f, 0x8b} {
			return f, nil
		}
		f.Close()
	}
	if err := in.spool(ctx, a); err != nil {
		return nil, err
	}
	return os.Open(in.path)
}

// guarded opens a reader of somebody's file. Where the library panics on what
// it finds there, that is an error too. The errors of ctx stay what they are.
// atEnd, if there is one, has the last word on whether the file is whole.
func guarded(in *input, open func() (array.RecordReader, error), atEnd func() error) (array.RecordReader, error) {
	blame := func(err error) error {
		if err == nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		return &inputError{Source: in.name, Problem: fmt.Sprintf("not readable as %s: %v", in.format, err)}
	}
	protect := func(do func()) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%v", p)
			}
		}()
		do()
		return nil
	}
	var r array.RecordReader
	var err error
	if p := protect(func() { r, err = open() }); p != nil {
		err = p
	}
	if err != nil {
		return nil, blame(err)
	}
	return array.ReaderFromIter(r.Schema(), func(yield func(arrow.RecordBatch, error) bool) {
		defer protect(r.Release)
		for {
			var batch arrow.RecordBatch
			err := protect(func() {
				if r.Next() {
					batch = r.RecordBatch()
					batch.Retain()
				}
			})
			if err == nil && batch == nil {
				if err = r.Err(); errors.Is(err, io.EOF) {
					err = nil
				}
				if err == nil && atEnd != nil {
					err = atEnd()
				}
				if err == nil {
					return
				}
			}
			if err != nil {
				yield(nil, blame(err))
				return
			}
			if !yield(batch, nil) {
				return
			}
		}
	}), nil
}
