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
	"golang.org/x/oauth2"
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
	var o Options
	if opts != nil {
		o = *opts
	}
	d, err := open(ctx, location, &o)
	if err != nil {
		return nil, err
	}
	return storage.NewRemote(d, &o.RemoteOptions)
}

// open makes the driver, and fills in the options that the URL says.
func open(ctx context.Context, location string, o *Options) (*driver, error) {
	u, err := url.Parse(location)
	if err != nil {
		return nil, fmt.Errorf("%w: malformed URL", storage.ErrBadLocation)
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
	d := &driver{bucket: u.Host, kmsKey: o.KMSKey, custom: os.Getenv("STORAGE_EMULATOR_HOST") != ""}
	client, err := d.httpClient(ctx, anonymous, query.Get("universe_domain"))
	if err != nil {
		return nil, err
	}
	// The library is not to look for credentials itself: the client has them.
	settings := []option.ClientOption{option.WithHTTPClient(client), option.WithoutAuthentication()}
	if universe := query.Get("universe_domain"); universe != "" {
		settings = append(settings, option.WithUniverseDomain(universe))
	}
	d.client, err = gcstorage.NewClient(context.WithoutCancel(ctx), settings...)
	if err != nil {
		return nil, fmt.Errorf("%w: the client library cannot be set up", storage.ErrBadLocation)
	}
	return d, nil
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
	if u.User != nil || u.Host == "" || u.Port() != "" || strings.HasPrefix(u.Path, "//") {
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

// httpClient is the client with the credentials that there are, which the
// driver keeps an eye on.
func (d *driver) httpClient(ctx context.Context, anonymous bool, universe string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// The default keeps few connections; the others would be opened and closed
	// for every request.
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 256
	d.transport = transport
	client := &http.Client{Transport: explainer{transport}}
	if anonymous || d.custom {
		return client, nil
	}
	type search struct {
		found *google.Credentials
		err   error
	}
	done := make(chan search, 1)
	go func() { // the search does not watch its context everywhere
		found, err := google.FindDefaultCredentialsWithParams(context.WithoutCancel(ctx), google.CredentialsParams{
			Scopes: []string{gcstorage.ScopeReadWrite}, UniverseDomain: universe,
		})
		done <- search{found, err}
	}()
	late := time.NewTimer(credentialTime)
	defer late.Stop()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-late.C:
	case s := <-done:
		if s.err == nil {
			d.tokens = oauth2.ReuseTokenSource(nil, tokens{s.found.TokenSource})
			client.Transport = &oauth2.Transport{Base: client.Transport, Source: d.tokens}
			return client, nil
		}
	}
	return nil, &storage.Failure{Class: storage.Denied, Text: "there are no application default credentials (anonymous=true asks for none)"}
}

// tokens are tokens whose failure is one of ours: another might show secrets,
// and looks like one of the network.
type tokens struct{ oauth2.TokenSource }

func (t tokens) Token() (*oauth2.Token, error) {
	token, err := t.TokenSource.Token()
	if err != nil {
		return nil, noToken()
	}
	return token, nil
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
