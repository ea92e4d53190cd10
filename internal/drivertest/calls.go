package drivertest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/foreset/foreset/storage"
)

// Call is a method of a driver that makes one request.
type Call struct {
	Name string
	With func(ctx context.Context, d storage.Driver) error
}

// Do makes the call within the time of a test.
func (c Call) Do(t *testing.T, d storage.Driver) error { return c.With(t.Context(), d) }

// Calls are those that all drivers have. What Read gives must be as long as it
// says.
func Calls() []Call {
	return []Call{
		{"Read", func(ctx context.Context, d storage.Driver) error {
			body, info, err := d.Read(ctx, "k", 0, -1)
			if err != nil {
				return err
			}
			defer body.Close()
			all, err := io.ReadAll(body)
			if err == nil && int64(len(all)) != info.Size {
				return fmt.Errorf("%d bytes of %d", len(all), info.Size)
			}
			return err
		}},
		{"Head", func(ctx context.Context, d storage.Driver) error { _, err := d.Head(ctx, "k"); return err }},
		{"Put", func(ctx context.Context, d storage.Driver) error { return Put(ctx, d, "k", []byte("content"), false) }},
		{"PutIfAbsent", func(ctx context.Context, d storage.Driver) error { return Put(ctx, d, "k", []byte("content"), true) }},
		{"List", func(ctx context.Context, d storage.Driver) error { _, err := d.List(ctx, "p/", "", ""); return err }},
		{"Delete", func(ctx context.Context, d storage.Driver) error { return d.Delete(ctx, []string{"k"}) }},
	}
}

// DeleteMany is the call of a service that has batches.
func DeleteMany() Call {
	return Call{"DeleteMany", func(ctx context.Context, d storage.Driver) error { return d.Delete(ctx, []string{"a", "b"}) }}
}

// Put is Put without the ETag.
func Put(ctx context.Context, d storage.Driver, key string, body []byte, ifAbsent bool) error {
	_, err := d.Put(ctx, key, body, ifAbsent)
	return err
}

// FailureOf is the failure that an error is.
func FailureOf(t *testing.T, err error) *storage.Failure {
	t.Helper()
	var f *storage.Failure
	if !errors.As(err, &f) {
		t.Fatalf("%v is not a failure of the storage package", err)
	}
	return f
}
