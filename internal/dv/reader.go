package dv

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// Reader reads the vectors that descriptors lead to. Writers pack the vectors
// of many data files into one file, so that it reads more than it is asked
// for and keeps some of it. It is safe for concurrent use, starts no
// goroutine, and needs no Close.
type Reader struct {
	store storage.Store
	open  func(uri string) (storage.Store, string, error)
	limit int64
	cache cache
}

// defaultLimit is [log.Limits].DeletionVectorBytes if it is not set.
const defaultLimit = 1 << 30

// NewReader reads from store, which is the table. A vector outside of it, with
// an absolute URI, is in the store and has the name that open gives, whose
// caller closes the store when the reader is used no more; a nil open refuses
// all of them with [log.ErrExternalPath]. Limits may be nil.
func NewReader(store storage.Store, open func(uri string) (storage.Store, string, error), limits *log.Limits) *Reader {
	r := &Reader{store: store, open: open, limit: defaultLimit}
	if limits != nil && limits.DeletionVectorBytes > 0 {
		r.limit = limits.DeletionVectorBytes
	}
	r.cache.windows = map[windowKey]*window{}
	return r
}

// Read is the set of deleted rows that d stands for, of a data file with so
// many rows; −1 if that is not known. A nil d is the empty set.
//
// A vector that is damaged, or that contradicts its descriptor or the data
// file, is a [*log.CorruptError]. One that is missing is [fs.ErrNotExist]. In
// either case the data file cannot be read: which of its rows are live is not
// known.
func (r *Reader) Read(ctx context.Context, d *log.DeletionVector, rows int64) (*Bitmap, error) {
	if d == nil {
		return &Bitmap{}, nil
	}
	at, err := r.locate(d)
	if err != nil {
		return nil, err
	}
	if err := r.plausible(d, rows, at.name); err != nil {
		return nil, err
	}
	body, err := r.body(ctx, d, at)
	if err != nil {
		return nil, err
	}
	b, err := Decode(body)
	if err != nil {
		return nil, corrupt(at.name, err)
	}
	if err := agree(b, d, rows); err != nil {
		return nil, corrupt(at.name, err)
	}
	return b, nil
}

// place is where a body is.
type place struct {
	store  storage.Store // nil for an inline vector
	object string        // its name in the store
	id     string        // the same for the same file only
	name   string        // for messages
}

func (r *Reader) locate(d *log.DeletionVector) (place, error) {
	switch d.StorageType {
	case typeInline:
		return place{name: "inline deletion vector"}, nil
	case typeUUID:
		name, err := FileName(d)
		if errors.Is(err, log.ErrExternalPath) {
			return place{}, fmt.Errorf("deletion vector: %w", err)
		}
		if err != nil {
			return place{}, corrupt("deletion vector "+quoted(d.PathOrInlineDV), err)
		}
		return place{r.store, name, "u" + name, name}, nil
	case typeURI:
		return r.external(d.PathOrInlineDV)
	default:
		return place{}, corrupt("deletion vector "+quoted(d.PathOrInlineDV),
			fmt.Errorf("storageType is %s, and only u, i and p are known", quoted(d.StorageType)))
	}
}

// external is the place that an absolute URI leads to.
func (r *Reader) external(uri string) (place, error) {
	name := storage.Redact(uri)
	if u, err := url.Parse(uri); err != nil || u.Scheme == "" {
		return place{}, corrupt("deletion vector "+quoted(name), errors.New("is not an absolute URI"))
	}
	if r.open == nil {
		return place{}, fmt.Errorf("deletion vector: %w: %s", log.ErrExternalPath, quoted(name))
	}
	store, object, err := r.open(uri)
	if err != nil {
		return place{}, fmt.Errorf("open deletion vector %s: %w", quoted(name), err)
	}
	return place{store, object, "p" + uri, name}, nil
}

// plausible refuses, before anything is read, what cannot be.
func (r *Reader) plausible(d *log.DeletionVector, rows int64, name string) error {
	switch size := int64(d.SizeInBytes); {
	case size < 0 || d.Cardinality < 0 || d.Offset != nil && *d.Offset < 0:
		return corrupt(name, fmt.Errorf("deletion vector has a negative number: sizeInBytes %d, cardinality %d", size, d.Cardinality))
	case rows >= 0 && d.Cardinality > rows:
		return corrupt(name, fmt.Errorf("deletion vector deletes %d rows of %d", d.Cardinality, rows))
	case rows >= 0 && size > bodyMax(rows):
		return corrupt(name, fmt.Errorf("sizeInBytes is %d, which is more than %d rows can need", size, rows))
	case size > r.limit:
		return &log.LimitError{Name: name, What: "DeletionVectorBytes", Limit: r.limit}
	}
	return nil
}

// bodyMax is the size of the largest body for a file of so many rows: a
// container of nothing but runs for each 65,536 of them, in buckets of which
// none is left out.
func bodyMax(rows int64) int64 {
	const container = 4 + 4 + 1 + 2 + 4*chunkRows/2
	return 12 + (rows>>32+1)*(4+8) + (rows>>16+1)*container
}

// body is the bytes that Decode takes.
func (r *Reader) body(ctx context.Context, d *log.DeletionVector, at place) ([]byte, error) {
	if at.store == nil {
		body, err := inlineBody(d)
		if err != nil {
			return nil, corrupt(at.name, err)
		}
		return body, nil
	}
	offset, size := int64(firstOffset), int(d.SizeInBytes)
	if d.Offset != nil {
		offset = int64(*d.Offset)
	}
	record, err := r.cache.read(ctx, at, offset, size+recordOverhead)
	var damaged *log.CorruptError
	switch {
	case errors.As(err, &damaged):
		return nil, err
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("deletion vector %s is missing, so that the rows it deletes are not known: %w", at.name, err)
	case err != nil:
		return nil, fmt.Errorf("read deletion vector %s: %w", at.name, err)
	}
	body, err := recordBody(record, size)
	if err != nil {
		return nil, corrupt(at.name, fmt.Errorf("deletion vector at %d: %w", offset, err))
	}
	return body, nil
}

// agree says where the set contradicts its descriptor or the data file.
func agree(b *Bitmap, d *log.DeletionVector, rows int64) error {
	switch {
	case b.Len() != d.Cardinality:
		return fmt.Errorf("deletion vector has %d rows, and its cardinality is %d", b.Len(), d.Cardinality)
	case rows >= 0 && b.Max() >= rows:
		return fmt.Errorf("deletion vector deletes row %d of a file with %d rows", b.Max(), rows)
	}
	return nil
}

func corrupt(name string, err error) error { return &log.CorruptError{Name: name, Err: err} }

// quoted is text of the log in a message: it may be long, and hold anything.
func quoted(text string) string { return fmt.Sprintf("%.80q", text) }
