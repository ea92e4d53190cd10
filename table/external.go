package table

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// External says which store holds an object that a log names by its absolute
// URI, and by what name: shallow clones do, whose files are those of another
// table. An error refuses it. The stores stay the caller's, and must be open as
// long as the table is.
type External func(uri string) (st storage.Store, name string, err error)

// Externals opens stores for the given locations and allows what lies below
// them, and nothing else: s3, s3a and s3n are one, and so are file:/a, file:///a
// and /a. The caller calls close when the tables that use it are closed.
func Externals(ctx context.Context, locations ...string) (allow External, close func() error, err error) {
	var roots []root
	close = func() error {
		var errs []error
		for _, r := range roots {
			errs = append(errs, r.store.Close())
		}
		return errors.Join(errs...)
	}
	for _, l := range locations {
		st, err := storage.Open(ctx, l)
		if err != nil {
			return nil, nil, errors.Join(err, close())
		}
		roots = append(roots, root{whereIs(storage.URI(l)), st})
	}
	allow = func(uri string) (storage.Store, string, error) {
		for _, r := range roots {
			if name, below := r.below(uri); below {
				return r.store, name, nil
			}
		}
		return nil, "", fmt.Errorf("%w: %w, and below none of the locations that are allowed: %s", ErrDenied, log.ErrExternalPath, storage.Redact(uri))
	}
	return allow, close, nil
}

// external finds what the table's log names by an absolute URI: in the table
// itself, or where the caller allows it.
func (t *Table) external(uri string) (storage.Store, string, error) {
	own := root{whereIs(t.root), t.opts.Store}
	if name, below := own.below(uri); below {
		return own.store, name, nil
	}
	if t.opts.AllowExternal == nil {
		return nil, "", fmt.Errorf("%w: %w: %s; Options.AllowExternal can allow it", ErrDenied, log.ErrExternalPath, storage.Redact(uri))
	}
	return t.opts.AllowExternal(uri)
}

// root is a store and where it is: scheme, bucket and key, decoded.
type root struct {
	place string
	store storage.Store
}

// below is the name of an object in the store, if its URI is below the root.
func (r root) below(uri string) (name string, ok bool) {
	name, ok = strings.CutPrefix(whereIs(uri), strings.TrimSuffix(r.place, "/")+"/")
	if !ok || r.place == "" {
		return "", false
	}
	// A name that DecodePath would refuse leads elsewhere, or nowhere.
	decoded, err := log.DecodePath(log.EncodePath(name))
	return name, err == nil && decoded == name
}

// whereIs brings the forms in which people and engines write a URI to one that
// can be compared: "file:/a/b c", "s3://bucket/key". It is "" of what is none, or
// says more than where an object is.
func whereIs(uri string) string {
	scheme, rest, isURI := strings.Cut(uri, ":")
	if !isURI || strings.ContainsAny(rest, "?#") {
		return ""
	}
	rest, err := url.PathUnescape(rest)
	if err != nil {
		return ""
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "file":
		rest = strings.TrimPrefix(strings.TrimPrefix(rest, "//localhost/"), "//")
		return "file:/" + strings.TrimLeft(rest, "/")
	case "s3a", "s3n":
		scheme = "s3"
	case "abfss":
		scheme = "abfs"
	}
	return scheme + ":" + rest
}
