package storage

import (
	"errors"
	"fmt"
)

var (
	// ErrThrottled: the store asked to slow down; the request was not applied.
	ErrThrottled = errors.New("store asks to slow down")
	// ErrTooLarge: the object exceeds the caller's limit.
	ErrTooLarge = errors.New("object is larger than the limit")
	// ErrBadName: the store cannot hold an object of that name, or the name
	// leaves the store's root.
	ErrBadName = errors.New("bad object name")
	// ErrUnsafe: the place cannot do an atomic, durable put-if-absent, so
	// shared writing is refused.
	ErrUnsafe = errors.New("store has no trustworthy put-if-absent")
	// ErrUnavailable: the store did not answer, or not with anything that
	// settles the matter.
	ErrUnavailable = errors.New("store does not answer")
	// ErrOverloaded: this process has more requests waiting for the store
	// than it can make in time; the request was not sent.
	ErrOverloaded = errors.New("too many requests wait for the store")
)

// Error says which operation failed on which object of which store.
type Error struct {
	Op    string // "get", "put if absent", …
	Store string // Store.String, without secrets
	Name  string // the object, relative to the store
	Err   error
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s %q in %s: %v", e.Op, e.Name, e.Store, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }
