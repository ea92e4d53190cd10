package storage

import (
	"context"
	"io"
	"iter"
	"time"
)

// Store is a place that holds objects: everything below one prefix of a
// bucket, one folder, or one in-memory map. Names are relative to that place,
// use "/" as the separator, and are raw: the name of an object is exactly the
// string given, with no escaping in either direction, so that other engines
// find our objects and we find theirs.
//
// A Store is safe for concurrent use. Every method obeys ctx. Errors satisfy
// errors.Is for [fs.ErrNotExist], [fs.ErrPermission], [ErrThrottled],
// [ErrBadName] and [context.Canceled] or [context.DeadlineExceeded] where they
// apply; anything else is a failure of the store. An error never carries
// credentials.
type Store interface {
	// Get returns the whole object. Bytes that came with an error are never
	// returned. A limit of 0 or more refuses an object that is larger with
	// [ErrTooLarge]; a negative one reads any size.
	Get(ctx context.Context, name string, limit int64) ([]byte, Info, error)

	// ReadAt fills p from the object, starting at byte off, with the contract
	// of [io.ReaderAt]: fewer bytes than len(p) come with [io.EOF], also when
	// off lies at or past the end.
	ReadAt(ctx context.Context, name string, p []byte, off int64) (int, error)

	// Head describes an object without reading it.
	Head(ctx context.Context, name string) (Info, error)

	// Put writes an object, replacing one of the same name. Readers see the
	// old object or the new one, never a part. When Put returns nil, the
	// object is durable. On an error it may have been written or not.
	Put(ctx context.Context, name string, body []byte) error

	// PutIfAbsent writes an object unless one of that name is there. Of any
	// number of concurrent callers at most one creates it. The error is nil
	// exactly when the outcome is Created or Exists. Info describes the object
	// that was created, as far as the answer tells: its Modified or its ETag
	// may be missing, but what is there is as in a later listing, and an ETag
	// is that of no other object that may come to have the name.
	PutIfAbsent(ctx context.Context, name string, body []byte) (Outcome, Info, error)

	// Create starts a streaming write of an object of unknown size. Nothing
	// is visible under the name until Close returns nil; Abort, or the end of
	// ctx before Close, leaves nothing behind.
	Create(ctx context.Context, name string) (Writer, error)

	// List yields every object whose name has the prefix and is not before
	// start, in the order of the names' bytes. The listing is lazy: a caller
	// that stops early costs the store no more than what it took. After an
	// error nothing more is yielded.
	List(ctx context.Context, prefix, start string) iter.Seq2[Info, error]

	// Delete removes objects. An object that is not there is no error.
	Delete(ctx context.Context, names ...string) error

	// String is the place as a URL without secrets, for messages.
	String() string

	// Close releases what the store holds. Whoever opened a store closes it.
	Close() error
}

// Info describes one object.
type Info struct {
	Name     string
	Size     int64     // bytes
	Modified time.Time // by the clock of the store; a Get may know it to the second only
	ETag     string    // changes when the content does; empty if the store has none
}

// Outcome is what became of a [Store.PutIfAbsent].
type Outcome uint8

const (
	// Unknown: no answer settles it. The object may be there, may appear
	// later, or never. Read back before deciding anything.
	Unknown Outcome = iota
	// Created: this call made the object, and it is durable.
	Created
	// Exists: an object of that name is there. It may still be this caller's
	// own, written by a request whose answer was lost: read back.
	Exists
	// Rejected: the store proved that it did not take the request (denied, a
	// name it cannot hold, a full disk before anything was visible). The
	// object was not and will not be created by this call.
	Rejected
)

// String returns the name of the outcome in lower case.
func (o Outcome) String() string {
	switch o {
	case Created:
		return "created"
	case Exists:
		return "exists"
	case Rejected:
		return "rejected"
	default:
		return "unknown"
	}
}

// Writer is a streaming write. It is not safe for concurrent use. Exactly one
// of Close and Abort ends it; calling Abort after Close does nothing, so it
// can be deferred.
type Writer interface {
	io.Writer
	// Close publishes the object and makes it durable.
	Close() error
	// Abort gives the write up and removes what was written of it.
	Abort() error
}
