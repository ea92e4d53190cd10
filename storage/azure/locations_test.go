package azure

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
)

func TestALocationIsAContainerAndAPrefix(t *testing.T) {
	environment(t)
	const home = "https://acct.blob.core.windows.net/c"
	for _, c := range []struct{ location, place string }{
		{"az://c", home}, {"az://c/", home}, {"azblob://c/p/q/", home + "/p/q"}, {"adl://c/p", home + "/p"}, {"AZ://c/p%20q/%25", home + "/p q/%"},
		{"azblob://c/p?storage_account=a2", "https://a2.blob.core.windows.net/c/p"},
		{"az://c?storage_account=a2&domain=blob.core.chinacloudapi.cn&protocol=https&cdn=false", "https://a2.blob.core.chinacloudapi.cn/c"},
		{"az://c?domain=cdn.example.com&cdn=true", "https://cdn.example.com/c"},
		{"az://c/p?domain=127.0.0.1:10000&protocol=http&localemu=true", "http://127.0.0.1:10000/acct/c/p"},
		{"az://c/p?anonymous=true&encryption_scope=s", home + "/p"},
		{"abfss://c@a2.dfs.core.windows.net/p", "https://a2.blob.core.windows.net/c/p"},
		{"abfs://c@a2.dfs.core.windows.net", "https://a2.blob.core.windows.net/c"},
		{"wasbs://c@a2.blob.core.windows.net/p?anonymous=true", "https://a2.blob.core.windows.net/c/p"},
		{"wasb://c@a2.blob.core.windows.net/p?encryption_scope=s", "https://a2.blob.core.windows.net/c/p"},
		{"abfss://ws@onelake.dfs.fabric.microsoft.com/lake.Lakehouse/Tables/t", "https://onelake.blob.fabric.microsoft.com/ws/lake.Lakehouse/Tables/t"},
		{"https://a2.blob.core.windows.net/c/p", "https://a2.blob.core.windows.net/c/p"},
		{"https://a2.dfs.core.windows.net/c/p/", "https://a2.blob.core.windows.net/c/p"},
		{"https://a2.z12.blob.storage.azure.net/c", "https://a2.z12.blob.storage.azure.net/c"},
	} {
		drivertest.CheckPlace(t, c.location, c.place)
	}
	d, err := open(t.Context(), "az://c?encryption_scope=s", &Options{})
	if err != nil || d.scope != "s" || !d.Traits().Conditional {
		t.Error(d, err)
	}
	d, err = open(t.Context(), "az://c?encryption_scope=s&localemu=true&domain=localhost:1", &Options{EncryptionScope: "o"})
	if err != nil || d.scope != "o" || d.Traits().Conditional {
		t.Error(d, err)
	}
}

func TestALocationThatIsNotUnderstoodIsRefused(t *testing.T) {
	environment(t)
	drivertest.CheckBadLocations(t, []string{
		"az://", "az:///p", "az://c//p?storage_account=a", "abfss://c@a.dfs.core.windows.net//p", "az:c", "az://c:80/p", "az://u:S3CRET@c/p", "az://u@c", "az://c?sig=S3CRET", "az://c?S3CRET", "az://c?storage_account=a&storage_account=S3CRET",
		"az://c?anonymous=S3CRET", "az://c?anonymous=true&anonymous=false", "az://c?encryption_scope=a&encryption_scope=b", "az://c?cdn=S3CRET", "az://c?localemu=S3CRET", "az://c?protocol=S3CRET",
		"az://c?a=%zzS3CRET", "az://c/%zz?S3CRET", "az://c?domain=h/S3CRET", "az://c?domain=x@S3CRET", "az://c?domain=S3CRET%20x", "az://c?domain=h%23S3CRET",
		"abfss://a.dfs.core.windows.net/p", "abfss://@a.dfs.core.windows.net/p", "abfss://c:S3CRET@a.dfs.core.windows.net/p", "abfss://c@account", "abfss://c@.dfs.core.windows.net",
		"abfss://c@a.dfs.core.windows.net/p?storage_account=b", "abfss://c@a.dfs.core.windows.net?sig=S3CRET",
		"https://a.blob.core.windows.net", "https://a.blob.core.windows.net/", "https://u:S3CRET@a.blob.core.windows.net/c", "https://a.blob.core.windows.net/c/p?sv=1&sig=S3CRET",
		"https://example.com/c/p", "https://example.com/c/p?S3CRET", "az://c/a//b", "az://c/a/../b",
	}, map[string]func(location string) (storage.Store, error){
		"storage.Open": func(location string) (storage.Store, error) { return storage.Open(t.Context(), location) },
		"Open":         func(location string) (storage.Store, error) { return Open(t.Context(), location, nil) },
	})
}

// signature is that of a token for a container.
const signature = "sv=2024&sr=c&sig=SECRETsignature"

func TestATokenOfTheEnvironmentStaysWithItsAccount(t *testing.T) {
	s := drivertest.NewServer(t, isFine)
	environment(t)
	t.Setenv("AZURE_STORAGE_KEY", "")
	t.Setenv("AZURE_STORAGE_SAS_TOKEN", signature)
	for _, location := range []string{
		at(s.URL, ""), "az://c?storage_account=a2", "az://c?domain=example.com", "az://c?protocol=http", "abfss://c@a2.dfs.core.windows.net", "https://a2.blob.core.windows.net/c", "https://acct.blob.example.com/c",
	} {
		if store, err := storage.Open(t.Context(), location); !errors.Is(err, storage.ErrBadLocation) || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v, %v", location, store, err)
		}
	}
	for _, location := range []string{"az://c", "abfss://c@acct.dfs.core.windows.net", "https://acct.blob.core.windows.net/c"} {
		d, err := open(t.Context(), location, &Options{})
		if err != nil || !strings.Contains(d.client.URL(), signature) || d.String() != "https://acct.blob.core.windows.net/c" {
			t.Errorf("%s: %v, %v", location, d, err)
		}
	}

	// Who asks for no credentials, or has others, sends no token.
	send := func(why string, o *Options, query string) drivertest.Request {
		t.Helper()
		d, err := open(t.Context(), at(s.URL, query), o)
		if err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		defer d.Close()
		if _, err := d.Head(t.Context(), "k"); err != nil {
			t.Fatalf("%s: %v", why, err)
		}
		r := s.Take()[0]
		if strings.Contains(r.URI, "sig=") {
			t.Errorf("%s: the token is sent: %s", why, r.URI)
		}
		return r
	}
	if r := send("anonymous", &Options{}, "&anonymous=true"); r.Header.Get("Authorization") != "" {
		t.Error(r.Header)
	}
	t.Setenv("AZURE_STORAGE_KEY", "dGVzdGtleQ==")
	if r := send("key", &Options{}, ""); !strings.HasPrefix(r.Header.Get("Authorization"), "SharedKey acct:") {
		t.Error(r.Header)
	}
	t.Setenv("AZURE_STORAGE_KEY", "")

	// At home it is sent, and only there.
	t.Setenv("AZURE_STORAGE_DOMAIN", strings.TrimPrefix(s.URL, "http://"))
	t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
	d, err := open(t.Context(), "az://c/p", &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	elsewhere := drivertest.NewServer(t, isFine)
	for _, c := range calls() {
		s.Answers(isFine)
		if err := c.Do(t, d); err != nil {
			t.Errorf("%s: %v", c.Name, err)
		}
		for _, r := range s.Take() {
			if !strings.Contains(r.URI, "sig=SECRETsignature") {
				t.Errorf("%s: no token in %s", c.Name, r.URI)
			}
		}
		s.Answers(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/acct/c/k", http.StatusTemporaryRedirect)
		})
		if f := drivertest.FailureOf(t, c.Do(t, d)); f.Class != storage.Refused {
			t.Errorf("%s: %v", c.Name, f)
		}
		s.Take()
	}
	if got := elsewhere.Take(); len(got) != 0 {
		t.Errorf("%d requests are redirected", len(got))
	}
}

func TestAConnectionStringIsThatOfItsAccount(t *testing.T) {
	environment(t)
	t.Setenv("AZURE_STORAGE_ACCOUNT", "")
	t.Setenv("AZURE_STORAGE_KEY", "")
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "DefaultEndpointsProtocol=https;AccountName=acct;AccountKey=dGVzdGtleQ==;EndpointSuffix=core.windows.net")
	for location, place := range map[string]string{
		"az://c":                                  "https://acct.blob.core.windows.net/c",
		"az://c?storage_account=acct":             "https://acct.blob.core.windows.net/c",
		"abfss://c@acct.dfs.core.windows.net/p":   "https://acct.blob.core.windows.net/c/p",
		"https://acct.blob.core.windows.net/c/p":  "https://acct.blob.core.windows.net/c/p",
		"az://c?storage_account=a2":               "",
		"abfss://c@a2.dfs.core.windows.net/p":     "",
		"https://a2.blob.core.windows.net/acct/p": "",
	} {
		store, err := storage.Open(t.Context(), location)
		if place == "" {
			if !errors.Is(err, storage.ErrBadLocation) {
				t.Errorf("%s: %v, %v", location, store, err)
			}
			continue
		}
		if err != nil || store.String() != place {
			t.Errorf("%s: %v, %v", location, store, err)
		}
	}
	s := drivertest.NewServer(t, isFine)
	t.Setenv("AZURE_STORAGE_ACCOUNT", "acct")
	for _, connection := range []string{
		"AccountName=acct;AccountKey=dGVzdGtleQ==;BlobEndpoint=" + s.URL + "/acct;",
		"BlobEndpoint=" + s.URL + "/acct;SharedAccessSignature=" + signature,
	} {
		t.Setenv("AZURE_STORAGE_CONNECTION_STRING", connection)
		d, err := open(t.Context(), "az://c?storage_account=acct", &Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := drivertest.Put(t.Context(), d, "k", nil, true); err != nil || d.String() != s.URL+"/acct/c" {
			t.Error(d, err)
		}
		if got := s.Take(); len(got) != 1 || !strings.HasPrefix(got[0].URI, "/acct/c/k") {
			t.Error(got)
		}
		d.Close()
	}
	t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "SECRETconnectionSTRING")
	if _, err := storage.Open(t.Context(), "az://c"); !errors.Is(err, storage.ErrBadLocation) || strings.Contains(err.Error(), "SECRET") {
		t.Error(err)
	}
}

// TestTheEnvironmentsIdentityGoesToAzureOnly: a token for Azure Storage opens
// every account that its owner may see.
func TestTheEnvironmentsIdentityGoesToAzureOnly(t *testing.T) {
	environment(t)
	t.Setenv("AZURE_STORAGE_KEY", "")
	t.Setenv("AZURE_TENANT_ID", "tenant")
	t.Setenv("AZURE_CLIENT_ID", "client")
	t.Setenv("AZURE_CLIENT_SECRET", "SECRETclient")
	for location, fine := range map[string]bool{
		"az://c": true, "abfss://c@a2.dfs.core.windows.net": true, "abfss://ws@onelake.dfs.fabric.microsoft.com/t": true, "https://a2.blob.core.usgovcloudapi.net/c": true,
		"az://c?domain=example.com": false, "https://a2.blob.core.evil.example/c": false, "https://blob.core.windows.net.blob.example/c": false, "az://c?protocol=http": false, "az://c?localemu=true&domain=localhost:1": false,
		"az://c?domain=blob.example.net": false,
	} {
		store, err := storage.Open(t.Context(), location)
		if fine && err != nil || !fine && !errors.Is(err, storage.ErrBadLocation) {
			t.Errorf("%s: %v, %v", location, store, err)
		}
	}
	t.Setenv("AZURE_STORAGE_DOMAIN", "blob.example.net")
	if _, err := storage.Open(t.Context(), "az://c"); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), "az://c?protocol=http", &Options{Credential: &tokens{}}); !errors.Is(err, storage.ErrBadLocation) {
		t.Error(err)
	}
}
