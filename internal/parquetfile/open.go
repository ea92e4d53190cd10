package parquetfile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/metadata"

	"github.com/foreset/foreset/storage"
)

const (
	magic          = "PAR1"
	magicEncrypted = "PARE"
	trailerBytes   = 8 // length of the footer, magic

	tailBytesDefault = 64 << 10
	footerMaxDefault = 64 << 20
)

// Options say how to open a file. Nil, like zero fields, means the defaults.
type Options struct {
	// Rows is the number of rows that the log says the file has, if RowsKnown;
	// a file that has another number is corrupt.
	Rows      int64
	RowsKnown bool
	// Allocator is where buffers for the file's bytes and pages come from;
	// memory.DefaultAllocator if nil.
	Allocator memory.Allocator
	// TailBytes is how much of the file's end the first request reads, in the
	// hope that the footer is in it; 64 KiB if zero. A smaller file is read
	// whole, and then never again.
	TailBytes int64
	// FooterMax refuses a longer footer with ErrLimit; 64 MiB if zero.
	FooterMax int64
}

// File is a Parquet file whose footer has been read and checked. It holds no
// resource of the store and needs no Close. It is safe for concurrent use.
type File struct {
	store    storage.Store
	name     string
	size     int64
	tail     []byte // the last bytes of the file
	meta     *metadata.FileMetaData
	calendar Calendar
	mem      memory.Allocator
	indexes  indexes
}

// Open reads and checks the footer of the object name, which has size bytes
// according to the log, in one request, or two if the footer is long.
// An object that is no Parquet file, is damaged, or has another size is an
// [*Error]; a failure of the store is returned as it is.
func Open(ctx context.Context, st storage.Store, name string, size int64, opts *Options) (*File, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	if o.Allocator == nil {
		o.Allocator = memory.DefaultAllocator
	}
	if o.TailBytes <= 0 {
		o.TailBytes = tailBytesDefault
	}
	if o.FooterMax <= 0 {
		o.FooterMax = footerMaxDefault
	}
	f := &File{store: st, name: name, size: size, mem: o.Allocator, indexes: indexes{busy: make(chan struct{}, 1)}}
	footer, err := f.readFooter(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := scanFooter(footer); err != nil {
		return nil, f.Corrupt("", err)
	}
	err = f.Guard("", func() error {
		f.meta, err = metadata.NewFileMetaData(footer, nil)
		if err != nil {
			return f.Corrupt("", fmt.Errorf("footer: %w", err))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	f.calendar = calendarOf(f.meta)
	f.meta.FileMetaData.KeyValueMetadata = nil // promise (3)
	if err := f.Guard("", func() error { return f.check(o) }); err != nil {
		return nil, err
	}
	return f, nil
}

// Name is the object's name in its store.
func (f *File) Name() string { return f.name }

// Size is the number of bytes that the log gives the object.
func (f *File) Size() int64 { return f.size }

// Meta is the footer, checked and without its key-values. It must not be
// changed. Calls into it that parse more than it holds belong under Guard.
func (f *File) Meta() *metadata.FileMetaData { return f.meta }

// Calendar says in which calendar the file's old dates are written.
func (f *File) Calendar() Calendar { return f.calendar }

// Allocator is the allocator the file was opened with.
func (f *File) Allocator() memory.Allocator { return f.mem }

// readFooter returns the Thrift bytes of the footer.
func (f *File) readFooter(ctx context.Context, o Options) ([]byte, error) {
	if f.size < int64(len(magic))+trailerBytes {
		return nil, f.Corrupt("", fmt.Errorf("%d bytes are too few for a Parquet file", f.size))
	}
	f.tail = make([]byte, min(f.size, o.TailBytes))
	if err := f.readAt(ctx, f.tail, f.size-int64(len(f.tail))); err != nil {
		return nil, err
	}
	trailer := f.tail[len(f.tail)-trailerBytes:]
	switch string(trailer[4:]) {
	case magic:
	case magicEncrypted:
		return nil, f.Unsupported("", errors.New("the footer is encrypted"))
	default:
		return nil, f.notParquet(ctx)
	}
	length := int64(binary.LittleEndian.Uint32(trailer))
	if length == 0 || length > f.size-trailerBytes-int64(len(magic)) {
		return nil, f.Corrupt("", fmt.Errorf("a footer of %d bytes does not fit a file of %d", length, f.size))
	}
	if length > o.FooterMax {
		return nil, f.fault("", ErrLimit, fmt.Errorf("a footer of %d bytes, more than %d", length, o.FooterMax))
	}
	if have := int64(len(f.tail)) - trailerBytes; length <= have {
		return f.tail[have-length : have], nil
	}
	rest := length + trailerBytes - int64(len(f.tail))
	footer := make([]byte, length)
	if err := f.readAt(ctx, footer[:rest], f.size-trailerBytes-length); err != nil {
		return nil, err
	}
	copy(footer[rest:], f.tail)
	return footer, nil
}

// footerStart is where the part of the file ends that column chunks may be in.
func (f *File) footerStart() int64 { return f.size - trailerBytes - int64(f.meta.Size()) }

// ReadRange returns length bytes from offset on, which must lie inside the
// file: this is for the small structures outside the column chunks. Offset
// indexes have [File.ReadOffsetIndex].
func (f *File) ReadRange(ctx context.Context, offset, length int64) ([]byte, error) {
	if offset < 0 || length < 0 || length > f.size || offset > f.size-length {
		return nil, f.Corrupt("", fmt.Errorf("bytes %d+%d are outside the file of %d", offset, length, f.size))
	}
	p := make([]byte, length)
	return p, f.readAt(ctx, p, offset)
}

// readAt fills p from the tail, if it is there, or from the store.
func (f *File) readAt(ctx context.Context, p []byte, offset int64) error {
	if len(p) == 0 {
		return nil
	}
	if start := f.size - int64(len(f.tail)); f.meta != nil && offset >= start {
		copy(p, f.tail[offset-start:])
		return nil
	}
	n, err := f.store.ReadAt(ctx, f.name, p, offset)
	switch {
	case n == len(p) && (err == nil || errors.Is(err, io.EOF)):
		return nil
	case errors.Is(err, io.EOF):
		return f.Corrupt("", fmt.Errorf("the object ends at byte %d, the log gives it %d bytes", offset+int64(n), f.size))
	case err == nil:
		return fmt.Errorf("read %q: store returned %d of %d bytes without an error", f.name, n, len(p))
	default:
		return fmt.Errorf("read bytes %d+%d: %w", offset, len(p), err)
	}
}

// notParquet explains a wrong magic number: one more request tells a file of
// another size from one of another kind.
func (f *File) notParquet(ctx context.Context) error {
	info, err := f.store.Head(ctx, f.name)
	switch {
	case err == nil && info.Size != f.size:
		return f.Corrupt("", fmt.Errorf("the object has %d bytes, the log gives it %d", info.Size, f.size))
	case int64(len(f.tail)) == f.size && bytes.HasPrefix(f.tail, []byte(magic)):
		return f.Corrupt("", errors.New("it starts as Parquet but does not end as Parquet: cut short?"))
	default:
		return f.Corrupt("", errors.New("it does not end as Parquet does"))
	}
}
