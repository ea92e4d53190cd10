package azure

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

// secrets are what no text may show.
var secrets = []string{
	"U0VDUkVUa2V5", "SECRETsignature", "SECRETconnectionSTRING", "SECRETscope", "SECRETbearerTOKEN", "SECRETendpointUSER", "SECRETendpointPASSWORD", "SECRETendpointQUERY",
	"SECRETproxyUSER", "SECRETproxyPASSWORD", "SECRETclient", "SharedKey acct:",
}

// echoes says all that it was asked, as some gateways do.
func echoes(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var said bytes.Buffer
		fmt.Fprintf(&said, "%s %s %s\n", r.Method, r.Host, r.RequestURI)
		r.Header.Write(&said)
		fmt.Fprintln(&said, secrets)
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>AuthenticationFailed</Code><Message>%s</Message><AuthenticationErrorDetail>%[1]s</AuthenticationErrorDetail></Error>", said.String())
	}
}

// shown is every text of an error and what it wraps.
func shown(err error) string {
	var all strings.Builder
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		fmt.Fprintf(&all, "%v\n%+v\n%#v\n", err, err, err)
		switch e := err.(type) {
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		case interface{ Unwrap() []error }:
			for _, e := range e.Unwrap() {
				walk(e)
			}
		}
	}
	walk(err)
	return all.String()
}

func secretIn(text string) string {
	for _, s := range secrets {
		if strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

func TestNoFailureShowsASecret(t *testing.T) {
	environment(t)
	s := newServer(t, isFine)
	answers := map[string]http.HandlerFunc{
		"reset": reset, "page": page(200), "page 404": page(404), "cut": raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a"), "no http": raw(strings.Join(secrets, "\r\n") + "\r\n\r\n"),
		"redirect":     refusal(307, "", "Location", "http://"+secrets[5]+"@127.0.0.1/?"+secrets[7]),
		"bad redirect": refusal(301, "", "Location", "http://["+secrets[7]),
	}
	for _, status := range []int{200, 301, 400, 401, 403, 404, 409, 412, 416, 429, 500, 501, 503} {
		answers[fmt.Sprintf("echo %d", status)] = echoes(status)
	}
	check := func(t *testing.T, what string, d *driver) {
		t.Helper()
		store, err := storage.NewRemote(d, &storage.RemoteOptions{Prefix: "p", Attempts: 1, NoProbe: true})
		if err != nil {
			t.Fatal(err)
		}
		if text := fmt.Sprintf("%v %s", store, d); secretIn(text) != "" {
			t.Errorf("%s: the place shows %s: %s", what, secretIn(text), text)
		}
		failed := 0
		var errs []error
		for _, c := range calls() {
			errs = append(errs, c.do(t, d))
		}
		_, _, err = store.Get(t.Context(), "k", -1)
		errs = append(errs, err, store.Put(t.Context(), "k", nil))
		_, _, err = store.PutIfAbsent(t.Context(), "k", nil)
		errs = append(errs, err)
		for _, err := range errs {
			if err != nil {
				failed++
			}
			if text := shown(err); secretIn(text) != "" {
				t.Errorf("%s: an error shows %s:\n%s", what, secretIn(text), text)
			}
		}
		if failed == 0 {
			t.Errorf("%s: nothing fails", what)
		}
	}
	host := strings.TrimPrefix(s.URL, "http://")
	at := "az://c/p?encryption_scope=" + secrets[3]
	for what, set := range map[string]func(t *testing.T) string{
		"key": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", secrets[0])
			return s.at("&encryption_scope=" + secrets[3])
		},
		"token in the URL": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_SAS_TOKEN", signature)
			t.Setenv("AZURE_STORAGE_DOMAIN", host)
			t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
			return at
		},
		"connection string": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=acct;AccountKey="+secrets[0]+";BlobEndpoint="+s.URL+"/acct")
			return at
		},
		"endpoint": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=acct;AccountKey="+secrets[0]+";BlobEndpoint=http://"+secrets[5]+":"+secrets[6]+"@"+host+"/acct?"+secrets[7])
			return at
		},
		"signed connection string": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "BlobEndpoint=http://"+secrets[5]+":"+secrets[6]+"@127.0.0.1:1/acct;SharedAccessSignature="+signature)
			return at
		},
	} {
		t.Run(what, func(t *testing.T) {
			d, err := open(t.Context(), set(t), &Options{})
			if err != nil {
				t.Fatal(shown(err))
			}
			for name, h := range answers {
				s.answers(h)
				d.Close()
				check(t, what+", "+name, d)
			}
			d.Close()
		})
	}
}

// TestAProxyThatRefusesShowsNoSecret sets the proxy of a client: net/http
// reads that of the environment only once.
func TestAProxyThatRefusesShowsNoSecret(t *testing.T) {
	proxy := httptest.NewServer(echoes(407))
	defer proxy.Close()
	s := newServer(t, isFine)
	d := openAt(t, s, "")
	setProxy(t, d, strings.Replace(proxy.URL, "http://", "http://"+secrets[8]+":"+secrets[9]+"@", 1))
	for _, c := range calls() {
		err := c.do(t, d)
		if err == nil || secretIn(shown(err)) != "" {
			t.Errorf("%s: %s", c.name, shown(err))
		}
	}
	setProxy(t, d, "http://"+secrets[8]+":"+secrets[9]+"@127.0.0.1:1")
	for _, c := range calls() {
		if err := c.do(t, d); !errors.Is(err, storage.ErrUnavailable) || secretIn(shown(err)) != "" {
			t.Errorf("%s: %s", c.name, shown(err))
		}
	}
}
