package gcs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	gcstorage "cloud.google.com/go/storage"
	"gocloud.dev/blob"
	"gocloud.dev/blob/gcsblob"
	"gocloud.dev/gcp"
	"golang.org/x/oauth2/google"
	"google.golang.org/api/option"

	"github.com/foreset/foreset/storage"
)

func init() {
	storage.Register("gs", func(ctx context.Context, u *url.URL) (storage.Store, error) { return Open(ctx, u.String(), nil) })
	storage.RegisterAdopter(adopt)
}

// Options are the options of [Open] and [New].
type Options struct {
	storage.RemoteOptions

	// KMSKey is what objects are encrypted with. Empty: as the URL says, or
	// the bucket's default.
	KMSKey string
}

var queryKeys = []string{"anonymous", "kms_key", "universe_domain"}

// credentialTime bounds how long credentials are looked for.
const credentialTime = 15 * time.Second

// Open opens the bucket and prefix of a URL. It looks for credentials, and
// makes no request to the bucket. Errors wrap [storage.ErrBadLocation], or
// fs.ErrPermission where there are no credentials, and show nothing of the
// query.
func Open(ctx context.Context, location string, opts *Options) (storage.Store, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("%w: malformed URL", storage.ErrBadLocation)
	}
	var o Options
	if opts != nil {
		o = *opts
	}
	query, anonymous, err := parse(u)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = strings.Trim(u.Path, "/")
	}
	if o.KMSKey == "" {
		o.KMSKey = query.Get("kms_key")
	}
	client, settings, err := httpClient(ctx, anonymous, query.Get("universe_domain"))
	if err != nil {
		return nil, err
	}
	b, err := gcsblob.OpenBucket(context.WithoutCancel(ctx), client, u.Host, settings)
	if err != nil {
		return nil, fmt.Errorf("%w: the client library cannot be set up", storage.ErrBadLocation)
	}
	defer b.Close()
	d := &driver{bucket: u.Host, kmsKey: o.KMSKey, custom: os.Getenv("STORAGE_EMULATOR_HOST") != ""}
	if !b.As(&d.client) {
		return nil, errors.New("gocloud opened something that is no bucket of GCS")
	}
	return storage.NewRemote(d, &o.RemoteOptions)
}

// New is the store of a bucket that a client of Google's library reaches. The
// client stays the caller's.
func New(client *gcstorage.Client, bucket string, opts *Options) (storage.Store, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	d := &driver{client: client, bucket: bucket, kmsKey: o.KMSKey, custom: os.Getenv("STORAGE_EMULATOR_HOST") != ""}
	return storage.NewRemote(d, &o.RemoteOptions)
}

func parse(u *url.URL) (query url.Values, anonymous bool, err error) {
	bad := func(what string) error { return fmt.Errorf("%w: %s", storage.ErrBadLocation, what) }
	if u.User != nil || u.Host == "" || u.Port() != "" {
		return nil, false, bad("a gs URL is gs://bucket/prefix")
	}
	if query, err = url.ParseQuery(u.RawQuery); err != nil {
		return nil, false, bad("malformed query")
	}
	for key, values := range query {
		if len(values) != 1 || !slices.Contains(queryKeys, key) {
			return nil, false, bad("the query of a gs URL may hold, once each: " + strings.Join(queryKeys, ", "))
		}
	}
	if text := query.Get("anonymous"); text != "" {
		if anonymous, err = strconv.ParseBool(text); err != nil {
			return nil, false, bad("anonymous is true or false")
		}
	}
	return query, anonymous, nil
}

// httpClient is the client with the credentials that there are.
func httpClient(ctx context.Context, anonymous bool, universe string) (*gcp.HTTPClient, *gcsblob.Options, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// The default keeps few connections; the others would be opened and closed
	// for every request.
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 256
	o := &gcsblob.Options{}
	if universe != "" {
		o.ClientOptions = append(o.ClientOptions, option.WithUniverseDomain(universe))
	}
	if anonymous || os.Getenv("STORAGE_EMULATOR_HOST") != "" {
		return gcp.NewAnonymousHTTPClient(transport), o, nil
	}
	wait, cancel := context.WithTimeout(ctx, credentialTime)
	defer cancel()
	found, err := google.FindDefaultCredentialsWithParams(wait, google.CredentialsParams{
		Scopes: []string{gcstorage.ScopeReadWrite}, UniverseDomain: universe,
	})
	if err != nil {
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		return nil, nil, &storage.Failure{Class: storage.Denied, Text: "there are no application default credentials (anonymous=true asks for none)"}
	}
	client, err := gcp.NewHTTPClient(transport, found.TokenSource)
	if err != nil {
		return nil, nil, &storage.Failure{Class: storage.Denied, Text: "the application default credentials cannot be used"}
	}
	return client, o, nil
}

// adopt is the driver of a bucket that the caller opened with gocloud. What
// gocloud would read, its hook shows; nothing is sent.
func adopt(b *blob.Bucket) (storage.Driver, string, bool, error) {
	d := &driver{custom: os.Getenv("STORAGE_EMULATOR_HOST") != ""}
	if !b.As(&d.client) {
		return nil, "", false, nil
	}
	const key = "x"
	var object **gcstorage.ObjectHandle
	seen := errors.New("seen")
	_, err := b.NewReader(context.Background(), key, &blob.ReaderOptions{BeforeRead: func(as func(any) bool) error {
		as(&object)
		return seen
	}})
	if object == nil {
		return nil, "", false, fmt.Errorf("the bucket does not say its name: %v", err)
	}
	d.bucket = (*object).BucketName()
	return d, strings.TrimSuffix((*object).ObjectName(), key), true, nil
}
