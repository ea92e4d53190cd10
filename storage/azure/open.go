package azure

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"

	"github.com/foreset/foreset/storage"
)

func init() {
	for _, scheme := range []string{"abfs", "abfss", "wasb", "wasbs", "az", "azblob", "adl", "https"} {
		storage.Register(scheme, func(ctx context.Context, u *url.URL) (storage.Store, error) { return Open(ctx, u.String(), nil) })
	}
	storage.RegisterAdopter(adopt)
}

// Options are the options of [Open] and [New].
type Options struct {
	storage.RemoteOptions

	// EncryptionScope is what objects are encrypted with. Empty: as the URL
	// says, or the container's default.
	EncryptionScope string

	// Credential is used instead of the environment's.
	Credential azcore.TokenCredential
}

// Open opens the container and prefix of a URL. It makes no request to the
// container. Errors wrap [storage.ErrBadLocation] and show nothing of the
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
		return nil, bad("malformed URL")
	}
	p, err := parse(u)
	if err != nil {
		return nil, err
	}
	if o.Prefix == "" {
		o.Prefix = p.prefix
	}
	if o.EncryptionScope == "" {
		o.EncryptionScope = p.scope
	}
	d := &driver{scope: o.EncryptionScope}
	defaults := azureblob.NewDefaultServiceURLOptions()
	if p.anonymous || o.Credential != nil || accountKey() != "" {
		defaults.SASToken = "" // it would be sent beside what is to be used
	}
	opener := azureblob.URLOpener{
		ServiceURLOptions: *defaults,
		MakeClient: func(service azureblob.ServiceURL, name azureblob.ContainerName) (*container.Client, error) {
			if err := sameHost(defaults, service); err != nil {
				return nil, err
			}
			return d.newClient(string(service), string(name), p, o.Credential, defaults.StorageDomain)
		},
	}
	b, err := opener.OpenBucketURL(ctx, &url.URL{Scheme: "azblob", Host: p.container, RawQuery: p.query.Encode()})
	if err != nil {
		var ours *locationError
		if errors.As(err, &ours) {
			return nil, ours
		}
		// The opener's text may repeat the URL of the service, with its token.
		return nil, bad("the account (storage_account, or AZURE_STORAGE_ACCOUNT), domain or credentials cannot be used")
	}
	defer b.Close()
	if !b.As(&d.client) {
		return nil, errors.New("gocloud opened something that is no container of Azure")
	}
	d.place(p.container)
	return d, nil
}

// New is the store of a container that a client of the SDK reaches.
func New(client *container.Client, opts *Options) (storage.Store, error) {
	var o Options
	if opts != nil {
		o = *opts
	}
	d := &driver{client: client, scope: o.EncryptionScope, token: o.Credential}
	d.place("")
	return storage.NewRemote(d, &o.RemoteOptions)
}

// adopt is the driver of a bucket that the caller opened with gocloud.
func adopt(b *blob.Bucket) (storage.Driver, string, bool, error) {
	d := &driver{}
	if !b.As(&d.client) {
		return nil, "", false, nil
	}
	d.place("")
	// What a prefixed bucket would list, its hook shows; nothing is sent.
	var in *container.ListBlobsHierarchyOptions
	seen := errors.New("seen")
	_, _, _ = b.ListPage(context.Background(), blob.FirstPageToken, 1, &blob.ListOptions{BeforeList: func(as func(any) bool) error {
		as(&in)
		return seen
	}})
	prefix := ""
	if in != nil && in.Prefix != nil {
		prefix = *in.Prefix
	}
	return d, prefix, true, nil
}

// locationError is what is wrong with a URL.
type locationError struct{ text string }

func (e *locationError) Error() string { return storage.ErrBadLocation.Error() + ": " + e.text }
func (e *locationError) Unwrap() error { return storage.ErrBadLocation }

func bad(text string) error { return &locationError{text} }

// place is what a URL names.
type place struct {
	container, prefix, scope string
	anonymous                bool
	query                    url.Values // of gocloud's opener
}

// queryKeys are what the query may say: all but the first two of the account,
// in gocloud's words.
var queryKeys = []string{"anonymous", "encryption_scope", "storage_account", "domain", "protocol", "cdn", "localemu"}

// parse takes any of the forms apart.
func parse(u *url.URL) (place, error) {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return place{}, bad("malformed query")
	}
	for key, values := range query {
		if len(values) != 1 || !slices.Contains(queryKeys, key) {
			return place{}, bad("the query of an Azure URL may hold, once each: " + strings.Join(queryKeys, ", "))
		}
	}
	if strings.ContainsAny(query.Get("storage_account")+query.Get("domain"), `/\?#@ `) {
		return place{}, bad("the account or its domain is malformed")
	}
	p := place{scope: query.Get("encryption_scope"), query: query}
	if text := query.Get("anonymous"); text != "" {
		if p.anonymous, err = strconv.ParseBool(text); err != nil {
			return place{}, bad("anonymous is true or false")
		}
	}
	query.Del("encryption_scope")
	query.Del("anonymous")
	if strings.HasPrefix(u.Path, "//") {
		return place{}, bad("one slash is between the container and the prefix")
	}
	host, path := u.Host, strings.Trim(u.Path, "/")
	switch u.Scheme {
	case "abfs", "abfss", "wasb", "wasbs":
		if u.User == nil || u.User.Username() == "" {
			return place{}, bad("such a URL is " + u.Scheme + "://container@account.dfs.core.windows.net/prefix")
		}
		if _, has := u.User.Password(); has {
			return place{}, bad("the URL has a password")
		}
		p.container, p.prefix = u.User.Username(), path
		return p, p.account(host)
	case "https":
		if u.User != nil {
			return place{}, bad("the URL has a user")
		}
		p.container, p.prefix, _ = strings.Cut(path, "/")
		if p.container == "" || !strings.Contains(host, ".blob.") && !strings.Contains(host, ".dfs.") {
			return place{}, bad("an https URL of a table is https://account.blob.core.windows.net/container/prefix")
		}
		return p, p.account(host)
	}
	if u.User != nil || host == "" || u.Port() != "" {
		return place{}, bad("such a URL is " + u.Scheme + "://container/prefix")
	}
	p.container, p.prefix = host, path
	return p, nil
}

// account takes a host apart into account and domain.
func (p *place) account(host string) error {
	account, domain, ok := strings.Cut(host, ".")
	if !ok || account == "" || domain == "" {
		return bad("the host is account.blob.core.windows.net or account.dfs.core.windows.net")
	}
	if len(p.query) > 0 {
		return bad("the host says what the account is; the query may hold anonymous and encryption_scope")
	}
	if rest, dfs := strings.CutPrefix(domain, "dfs."); dfs {
		domain = "blob." + rest
	}
	p.query = url.Values{"storage_account": {account}, "domain": {domain}, "protocol": {"https"}}
	return nil
}

// sameHost refuses to send the environment's token to another host.
func sameHost(defaults *azureblob.ServiceURLOptions, service azureblob.ServiceURL) error {
	if defaults.SASToken == "" {
		return nil
	}
	home, err := azureblob.NewServiceURL(defaults)
	if err != nil {
		return bad("AZURE_STORAGE_SAS_TOKEN needs AZURE_STORAGE_ACCOUNT beside it")
	}
	a, errA := url.Parse(string(home))
	b, errB := url.Parse(string(service))
	if errA != nil || errB != nil || !strings.EqualFold(a.Host, b.Host) || a.Scheme != b.Scheme {
		return bad("the token of the environment belongs to another account than that of the URL")
	}
	return nil
}

// accountKey is the key of the environment's account, if it is to be used.
func accountKey() string {
	if os.Getenv("AZURE_STORAGE_ACCOUNT") == "" {
		return ""
	}
	return os.Getenv("AZURE_STORAGE_KEY")
}

// domains are those of Azure itself.
var domains = []string{"blob.core.windows.net", "blob.core.chinacloudapi.cn", "blob.core.usgovcloudapi.net", "blob.storage.azure.net"}

// under says whether a host lies in one of some domains.
func under(host string, domains []string) bool {
	return slices.ContainsFunc(domains, func(domain string) bool {
		return domain != "" && strings.HasSuffix(strings.ToLower(host), "."+strings.ToLower(domain))
	})
}

// newClient makes a client with the credentials that there are. The domain is
// that of the environment.
func (d *driver) newClient(service, name string, p place, given azcore.TokenCredential, domain string) (*container.Client, error) {
	at, err := url.JoinPath(service, name)
	if err != nil {
		return nil, bad("the account or its domain is malformed")
	}
	u, err := url.Parse(at)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, bad("the account or its domain is malformed")
	}
	o := &container.ClientOptions{}
	o.Retry.MaxRetries = -1
	o.PerCallPolicies = []policy.Policy{startFrom{}}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	// The default keeps few connections; the others would be opened and closed
	// for every request.
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 256
	transport.DisableCompression = true // what is stored compressed is read as it is
	d.transport = transport
	o.Transport = sender{transport}
	o.Telemetry.ApplicationID = "foreset"

	connection := os.Getenv("AZURE_STORAGE_CONNECTION_STRING")
	switch {
	case p.anonymous:
		return container.NewClientWithNoCredential(at, o)
	case given != nil:
		return d.withToken(at, u, given, o)
	case accountKey() != "":
		shared, err := container.NewSharedKeyCredential(os.Getenv("AZURE_STORAGE_ACCOUNT"), accountKey())
		if err != nil {
			return nil, bad("AZURE_STORAGE_KEY is no key")
		}
		return container.NewClientWithSharedKeyCredential(at, shared, o)
	case os.Getenv("AZURE_STORAGE_SAS_TOKEN") != "":
		return container.NewClientWithNoCredential(at, o) // the token is in the URL
	case connection != "":
		c, err := container.NewClientFromConnectionString(connection, name, o)
		if err != nil {
			return nil, bad("AZURE_STORAGE_CONNECTION_STRING is malformed")
		}
		if named := p.query.Get("storage_account"); named != "" && !leadsTo(connection, c.URL(), named) {
			return nil, bad("AZURE_STORAGE_CONNECTION_STRING belongs to another account than that of the URL")
		}
		return c, nil
	}
	if !under(u.Hostname(), append([]string{domain, "blob.fabric.microsoft.com"}, domains...)) {
		return nil, bad("the host is not one of Azure, which alone gets the environment's identity; AZURE_STORAGE_DOMAIN names another")
	}
	found, err := azidentity.NewDefaultAzureCredential(nil)
	if err != nil {
		return nil, bad("the SDK finds no credentials in the environment or the machine (anonymous=true asks for none)")
	}
	return d.withToken(at, u, found, o)
}

// sender sends a request and nothing more: a redirect would be a second request,
// and take the token in the URL to another host.
type sender struct{ *http.Transport }

func (s sender) Do(r *http.Request) (*http.Response, error) { return s.RoundTrip(r) }

// withToken is a client that sends tokens.
func (d *driver) withToken(at string, u *url.URL, token azcore.TokenCredential, o *container.ClientOptions) (*container.Client, error) {
	if u.Scheme != "https" {
		return nil, bad("the SDK sends a token by https only")
	}
	d.token = token
	return container.NewClient(at, token, o)
}

// leadsTo says whether a connection string is that of an account, whose name
// it says or the URL that it makes.
func leadsTo(connection, at, account string) bool {
	if slices.Contains(strings.Split(connection, ";"), "AccountName="+account) {
		return true
	}
	u, err := url.Parse(at)
	if err != nil {
		return false
	}
	label, rest, _ := strings.Cut(u.Hostname(), ".")
	if rest == "" || net.ParseIP(u.Hostname()) != nil { // an emulator, with the account in the path
		label, _, _ = strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	}
	return label == account
}

// startFrom adds where a listing starts, which the SDK's pager forgets.
type startFrom struct{}

type startKey struct{}

func (startFrom) Do(req *policy.Request) (*http.Response, error) {
	if start, _ := req.Raw().Context().Value(startKey{}).(string); start != "" {
		u := req.Raw().URL
		q := u.Query()
		q.Set("startFrom", start)
		u.RawQuery = strings.ReplaceAll(q.Encode(), "+", "%20")
	}
	return req.Next()
}
