package storage

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Driver makes the requests of one bucket. It is what a service has to bring
// along to become a [Store]: [NewRemote] adds the rest.
//
// Each method makes one request and does not repeat it (Delete makes as few
// as the service allows). Keys are raw and whole: the driver neither escapes
// them nor adds a prefix. A Driver is safe for concurrent use, obeys ctx, and
// returns every refusal and failure as a [*Failure], whose text shows no
// secret and wraps no error that does.
type Driver interface {
	// Read opens length bytes from off; a negative length reads to the end.
	// Info.Size is the size of the whole object, or −1 if the service does not
	// say. Its failure is OutOfRange if off lies at or past the end.
	Read(ctx context.Context, key string, off, length int64) (io.ReadCloser, Info, error)

	// Head describes an object.
	Head(ctx context.Context, key string) (Info, error)

	// Put writes an object in one request and returns its ETag; empty if the
	// service does not say or listings have none. With ifAbsent it fails as
	// Taken if there is one.
	Put(ctx context.Context, key string, body []byte, ifAbsent bool) (etag string, err error)

	// Upload begins the upload of a large object in parts.
	Upload(ctx context.Context, key string) (Upload, error)

	// List returns one page of the objects whose keys begin with prefix, those
	// before start left out as far as the service can; token is that of the
	// page before.
	List(ctx context.Context, prefix, start, token string) (Page, error)

	// Delete removes objects, at most Traits.DeleteMax. One that is not there
	// is no failure.
	Delete(ctx context.Context, keys []string) error

	// Traits say what the service is like.
	Traits() Traits

	// String is the bucket as a URL without secrets.
	String() string

	// Close releases what the driver holds.
	Close() error
}

// Upload is the upload of one object in parts. Nothing is visible before
// Complete returns nil.
type Upload interface {
	// Part sends a part, counted from 0. At most Traits.PartsAtOnce are sent at
	// once; where that is 1 they come in order. The body is the driver's until
	// Part returns.
	Part(ctx context.Context, n int, body []byte) error
	// Complete publishes the object, all of whose parts were sent.
	Complete(ctx context.Context, parts int) error
	// Abort removes what was sent. It is called after a failure, too.
	Abort(ctx context.Context) error
}

// Page is a part of a listing.
type Page struct {
	Objects []Info // Name is the whole key
	Next    string // the token of the next page; empty: this is the last one
}

// Traits are what [NewRemote] must know of a service.
type Traits struct {
	DeleteMax   int  // keys in one Delete; 0: 1
	PartsAtOnce int  // of one Upload; 0: 1
	PartMin     int  // bytes, of every part but the last; 0: 8 MiB
	PartMax     int  // how many parts an object may have; 0: 10,000
	Sorted      bool // listings come in the order of the keys' bytes
	// Conditional says that the service is known to honour ifAbsent, also
	// among many. Otherwise a probe finds out before the first PutIfAbsent.
	Conditional bool
}

// Class is what a failure means.
type Class uint8

// The classes. All but Lost prove that the request was not applied.
const (
	// Lost: no answer, or one that settles nothing: a broken connection, a
	// deadline, an internal error of the service.
	Lost Class = iota
	// NotSent: the request did not leave this process: no name for the host,
	// no connection.
	NotSent
	// NotFound: the object is not there. Not the bucket: that is Refused.
	NotFound
	// Taken: a Put that must not overwrite found an object.
	Taken
	// OutOfRange: a Read began at or past the end.
	OutOfRange
	// Denied: no credentials, wrong ones, expired ones, or no permission.
	Denied
	// Throttled: the service asks to slow down.
	Throttled
	// Conflict: another request for the same object is in progress.
	Conflict
	// Refused: repeating the request is no use: a bucket that is not there, a
	// bad request, a redirect.
	Refused
	// Unsupported: the service does not have what was asked for, such as a
	// conditional put.
	Unsupported
)

var classNames = [...]string{"lost", "not sent", "not found", "taken", "out of range", "denied", "throttled", "conflict", "refused", "unsupported"}

// String is the class in lower case.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class %d", uint8(c))
}

// Failure is why a [Driver] did not do what it was asked to.
type Failure struct {
	Class Class
	Text  string        // for people, without secrets; such as "403 AccessDenied (request 4F2…)"
	After time.Duration // how long the service wishes to be left alone; 0: it did not say
	Err   error         // what it also is, such as context.Canceled; never an error of an SDK
}

func (f *Failure) Error() string {
	switch {
	case f.Text == "" && f.Err != nil:
		return f.Err.Error()
	case f.Text == "":
		return f.Class.String()
	}
	return f.Text
}

// Unwrap returns Err.
func (f *Failure) Unwrap() error { return f.Err }

// Is makes the classes that callers of a [Store] ask for errors of this
// package and of io/fs.
func (f *Failure) Is(target error) bool {
	switch target {
	case fs.ErrNotExist:
		return f.Class == NotFound
	case fs.ErrExist:
		return f.Class == Taken
	case fs.ErrPermission:
		return f.Class == Denied
	case ErrThrottled:
		return f.Class == Throttled || f.Class == Conflict
	case ErrUnsafe:
		return f.Class == Unsupported
	case ErrUnavailable:
		return f.Class == Lost || f.Class == NotSent
	}
	return false
}
