package storage

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// ErrBadLocation: what was given to [Open] is neither a path nor a URL that
// its scheme understands.
var ErrBadLocation = errors.New("bad location")

// SchemeError says that no opener is registered for the scheme of a URL.
type SchemeError struct {
	Scheme string
	// Import is the package that registers the scheme when it is imported;
	// empty if no package of ours does.
	Import string
}

func (e *SchemeError) Error() string {
	if e.Import == "" {
		return fmt.Sprintf("no store for the scheme %q (a path with a colon is written ./%s:…)", e.Scheme, e.Scheme)
	}
	return fmt.Sprintf("no store for the scheme %q: the program must import _ %q", e.Scheme, e.Import)
}

// Opener opens the place that a URL of its scheme names. It refuses query
// keys that it does not know, and its errors carry no secrets of the URL.
type Opener func(ctx context.Context, u *url.URL) (Store, error)

// Open opens the store at a location:
//
//	/abs/path  ./relative  relative  C:\path  file:///abs/path    local files
//	mem://name/prefix                                             a bucket in memory
//	scheme://…                                                    what [Register] knows
//
// A path is taken as it is; a URL is percent-decoded. Every mem:// URL of one
// name opens the same bucket for as long as the process lives. Opening writes
// nothing, and the folder of a path need not be there yet.
//
// Errors wrap [ErrBadLocation] or a [*SchemeError]; they show the location as
// [Redact] does. The caller closes the store.
func Open(ctx context.Context, location string) (Store, error) {
	store, err := open(ctx, location)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", Redact(location), err)
	}
	return store, nil
}

func open(ctx context.Context, location string) (Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	scheme, rest, isURL := cutScheme(location)
	if !isURL {
		if strings.Contains(location, "://") {
			return nil, fmt.Errorf("%w: no URL has such a scheme", ErrBadLocation)
		}
		return NewLocal(location, nil)
	}
	scheme = strings.ToLower(scheme)
	opener, known := openers.find(scheme)
	if !known {
		return nil, &SchemeError{Scheme: scheme, Import: packageOf(scheme)}
	}
	if strings.Contains(rest, "#") {
		return nil, fmt.Errorf("%w: a location has no fragment; write # as %%23", ErrBadLocation)
	}
	u, err := url.Parse(scheme + ":" + rest)
	if err != nil {
		// The parser's text repeats the URL, with all that is secret in it.
		return nil, fmt.Errorf("%w: malformed URL", ErrBadLocation)
	}
	return opener(ctx, u)
}

// URI is the location as a URI: of a path the file URL of its absolute form,
// percent-encoded, of a URL all that comes before the query. It is empty if the
// location is, or if a path is relative and the working directory is unknown.
func URI(location string) string {
	if _, _, isURL := cutScheme(location); isURL {
		uri, _, _ := strings.Cut(location, "?")
		return uri
	}
	abs, err := filepath.Abs(location)
	if location == "" || err != nil {
		return ""
	}
	return fileURL(abs)
}

// Register makes [Open] use opener for the URLs of a scheme. It is for the
// init functions of packages that implement stores, and panics if the scheme
// is malformed or taken.
func Register(scheme string, opener Opener) {
	if s, rest, ok := cutScheme(scheme + ":"); !ok || rest != "" || s != strings.ToLower(s) || opener == nil {
		panic(fmt.Sprintf("storage: Register(%q): a scheme in lower case and an opener are needed", scheme))
	}
	openers.mu.Lock()
	defer openers.mu.Unlock()
	if _, taken := openers.of[scheme]; taken {
		panic(fmt.Sprintf("storage: Register(%q): the scheme is taken", scheme))
	}
	openers.of[scheme] = opener
}

// openers is the registry of schemes. It and the named buckets of memory are
// the only state of the process in this module.
var openers = registry{of: map[string]Opener{"file": openFile, "mem": openMem}}

type registry struct {
	mu sync.RWMutex
	of map[string]Opener
}

func (r *registry) find(scheme string) (Opener, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	opener, ok := r.of[scheme]
	return opener, ok
}

// packageOf returns the package of ours that registers a scheme.
func packageOf(scheme string) string {
	const here = "github.com/foreset/foreset/storage/"
	switch scheme {
	case "s3", "s3a", "s3n":
		return here + "s3"
	case "gs":
		return here + "gcs"
	case "abfs", "abfss", "wasb", "wasbs", "az", "azblob", "adl", "https":
		return here + "azure"
	}
	return ""
}

// openFile opens file:///abs, file:/abs and file://localhost/abs.
func openFile(_ context.Context, u *url.URL) (Store, error) {
	if err := refuseExtras(u); err != nil {
		return nil, err
	}
	if u.Host != "" && u.Host != "localhost" {
		return nil, fmt.Errorf("%w: a file URL has three slashes and no host", ErrBadLocation)
	}
	path := u.Path
	if runtime.GOOS == "windows" {
		path = strings.TrimPrefix(path, "/") // of /C:/dir
	}
	if !filepath.IsAbs(filepath.FromSlash(path)) {
		return nil, fmt.Errorf("%w: the path of a file URL is absolute", ErrBadLocation)
	}
	return NewLocal(filepath.FromSlash(path), nil)
}

// refuseExtras refuses what the URLs of built-in stores do not have.
func refuseExtras(u *url.URL) error {
	if u.User != nil {
		return fmt.Errorf("%w: a %s URL has no user", ErrBadLocation, u.Scheme)
	}
	if u.RawQuery == "" && !u.ForceQuery {
		return nil
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return fmt.Errorf("%w: malformed query", ErrBadLocation)
	}
	var keys []string
	for key := range query {
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_-") != "" {
			key = hidden // a secret that lost its key, perhaps
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return fmt.Errorf("%w: a %s URL does not know the query keys %q; write ? as %%3F", ErrBadLocation, u.Scheme, keys)
}
