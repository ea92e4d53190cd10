package s3

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/feature/s3/transfermanager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/logging"
	"gocloud.dev/blob"
	"gocloud.dev/blob/s3blob"

	"github.com/foreset/foreset/storage"
)

func init() {
	for _, scheme := range []string{"s3", "s3a", "s3n"} {
		storage.Register(scheme, func(ctx context.Context, u *url.URL) (storage.Store, error) { return Open(ctx, u.String(), nil) })
	}
	storage.RegisterAdopter(adopt)
}

// Options are the options of [Open] and [New].
type Options struct {
	storage.RemoteOptions

	// Encryption and KMSKeyID are how objects are encrypted by the service.
	// Empty: as the URL says, or as the bucket does by default.
	Encryption types.ServerSideEncryption
	KMSKeyID   string
}

// queryKeys are what the query of a URL may say.
var queryKeys = []string{
	"accelerate", "anonymous", "disable_https", "dualstack", "endpoint", "fips", "hostname_immutable", "kmskeyid", "profile", "region",
	"request_checksum_calculation", "response_checksum_validation", "role", "s3ForcePathStyle", "ssetype", "use_path_style",
}

// Open opens the bucket and prefix of a URL. It makes no request to the
// bucket. Errors wrap [storage.ErrBadLocation] and show nothing of the query.
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
	bucket, prefix, query, err := parse(u)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = prefix
	}
	if o.Encryption == "" && query.Get("ssetype") != "" {
		o.Encryption, err = encryption(query.Get("ssetype"))
		if err != nil {
			return nil, err
		}
	}
	if o.KMSKeyID == "" {
		o.KMSKeyID = query.Get("kmskeyid")
	}
	opener := url.URL{Scheme: "s3", Host: bucket, RawQuery: query.Encode()}
	b, err := new(s3blob.URLOpener).OpenBucketURL(ctx, &opener)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// The opener's text repeats the URL.
		return nil, fmt.Errorf("%w: the SDK cannot be set up with these query keys: %s", storage.ErrBadLocation, strings.Join(known(query), ", "))
	}
	defer b.Close()
	var client *s3.Client
	if !b.As(&client) {
		return nil, errors.New("gocloud opened something that is no bucket of S3")
	}
	d := newDriver(client, bucket, o.Encryption, o.KMSKeyID, func(so *s3.Options) { so.Logger = logging.Nop{} }) // the SDK's own writes to stderr
	if client.Options().Region == "" && !d.custom {
		return nil, fmt.Errorf("%w: the region is not known: say region=… or set AWS_REGION", storage.ErrBadLocation)
	}
	return d, nil
}

// parse takes a URL apart.
func parse(u *url.URL) (bucket, prefix string, query url.Values, err error) {
	bad := func(what string) error { return fmt.Errorf("%w: %s", storage.ErrBadLocation, what) }
	query, err = url.ParseQuery(u.RawQuery)
	switch {
	case u.User != nil:
		return "", "", nil, bad("an s3 URL has no user; credentials come from the environment or a profile")
	case u.Host == "" || u.Port() != "":
		return "", "", nil, bad("an s3 URL is s3://bucket/prefix")
	case err != nil:
		return "", "", nil, bad("malformed query")
	}
	for key, values := range query {
		if len(values) != 1 || !slices.Contains(queryKeys, key) {
			return "", "", nil, bad("the query of an s3 URL may hold, once each: " + strings.Join(queryKeys, ", "))
		}
	}
	if at := query.Get("endpoint"); at != "" {
		e, err := url.Parse(at)
		if err != nil || e.Scheme != "http" && e.Scheme != "https" || e.Host == "" || e.User != nil || e.RawQuery != "" {
			return "", "", nil, bad("an endpoint is a URL such as http://localhost:9000")
		}
	}
	if strings.HasPrefix(u.Path, "//") {
		return "", "", nil, bad("an s3 URL is s3://bucket/prefix, with one slash between the two")
	}
	return u.Host, strings.Trim(u.Path, "/"), query, nil
}

// known are the query's keys, all of which are ours.
func known(query url.Values) []string {
	var keys []string
	for key := range query {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func encryption(name string) (types.ServerSideEncryption, error) {
	for _, e := range types.ServerSideEncryption("").Values() {
		if strings.EqualFold(string(e), name) {
			return e, nil
		}
	}
	return "", fmt.Errorf("%w: ssetype is none of %v", storage.ErrBadLocation, types.ServerSideEncryption("").Values())
}

// New is the store of a bucket that a client of the SDK reaches.
func New(client *s3.Client, bucket string, opts *Options) (storage.Store, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	return storage.NewRemote(newDriver(client, bucket, o.Encryption, o.KMSKeyID), &o.RemoteOptions)
}

func newDriver(client *s3.Client, bucket string, encryption types.ServerSideEncryption, kmsKey string, more ...func(*s3.Options)) *driver {
	base := client.Options()
	//lint:ignore SA1019 gocloud sets the resolver for its endpoint key
	custom := base.BaseEndpoint != nil || base.EndpointResolver != nil
	d := &driver{bucket: bucket, encryption: encryption, kmsKey: kmsKey, custom: custom}
	d.client = s3.New(base, append(more, func(so *s3.Options) {
		so.Retryer = aws.NopRetryer{}
		so.RetryMaxAttempts = 1
		so.DisableLogOutputChecksumValidationSkipped = true
		if c, ok := so.HTTPClient.(*awshttp.BuildableClient); ok {
			// The default keeps 10 connections; the others would be opened and
			// closed for every request.
			d.transport = c.GetTransport()
			d.transport.MaxIdleConns, d.transport.MaxIdleConnsPerHost = 0, 256
			so.HTTPClient = sender{d.transport}
		}
	})...)
	return d
}

// sender sends a request and nothing more: a redirect would be a second request,
// and take the session token to another host.
type sender struct{ *http.Transport }

func (s sender) Do(r *http.Request) (*http.Response, error) { return s.RoundTrip(r) }

// adopt is the driver of a bucket that the caller opened with gocloud. What
// gocloud would send, its hooks show; nothing is sent.
func adopt(b *blob.Bucket) (storage.Driver, string, bool, error) {
	var client *s3.Client
	if !b.As(&client) {
		return nil, "", false, nil
	}
	const key = "x"
	var in *transfermanager.UploadObjectInput
	seen := errors.New("seen")
	_, err := b.NewWriter(context.Background(), key, &blob.WriterOptions{ContentType: "x/x", BeforeWrite: func(as func(any) bool) error {
		as(&in)
		return seen
	}})
	if in == nil || aws.ToString(in.Bucket) == "" {
		return nil, "", false, fmt.Errorf("the bucket does not say its name: %v", err)
	}
	prefix := strings.TrimSuffix(aws.ToString(in.Key), key)
	return newDriver(client, *in.Bucket, types.ServerSideEncryption(in.ServerSideEncryption), aws.ToString(in.SSEKMSKeyID)), prefix, true, nil
}
