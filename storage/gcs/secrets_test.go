package gcs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

// secrets are what no text may show.
var secrets = []string{
	"SECRETaccessTOKEN", "SECRETrefreshTOKEN", "SECRETclient", "SECRETkmsKEY", "SECRETendpointUSER", "SECRETendpointPASSWORD", "SECRETendpointQUERY",
	"SECRETproxyUSER", "SECRETproxyPASSWORD", "SECRETprivateKEY", "SECRETheader", "Bearer ",
}

// echoes says all that it was asked, as some gateways do.
func echoes(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var said bytes.Buffer
		fmt.Fprintf(&said, "%s %s %s\n", r.Method, r.Host, r.RequestURI)
		r.Header.Write(&said)
		fmt.Fprintln(&said, secrets)
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"error":{"code":%d,"message":%q,"errors":[{"message":%[2]q,"reason":"forbidden"}]}}`, status, said.String())
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
		"redirect":     refusal(307, "", "Location", "http://"+secrets[4]+"@127.0.0.1/?"+secrets[6]),
		"bad redirect": refusal(301, "", "Location", "http://["+secrets[6]),
	}
	for _, status := range []int{200, 301, 400, 401, 403, 404, 409, 412, 416, 429, 500, 501, 503} {
		answers[fmt.Sprintf("echo %d", status)] = echoes(status)
	}
	check := func(what string, d *driver) {
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
	for what, endpoint := range map[string]string{
		"endpoint":     strings.Replace(s.URL, "http://", "http://"+secrets[4]+":"+secrets[5]+"@", 1) + "/?" + secrets[6],
		"no such host": "http://" + secrets[4] + ":" + secrets[5] + "@127.0.0.1:1/?" + secrets[6],
		"no endpoint":  "://" + secrets[4] + ":" + secrets[5] + "@?" + secrets[6],
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", endpoint)
		d, err := open(t.Context(), "gs://b/p?kms_key="+secrets[3], &Options{})
		if err != nil {
			if secretIn(shown(err)) != "" {
				t.Errorf("%s: %s", what, shown(err))
			}
			continue
		}
		for name, h := range answers {
			s.answers(h)
			d.Close()
			check(what+", "+name, d)
		}
	}

	// A token is sent, and what it is made of is in the environment.
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	token := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"Bearer","expires_in":3600}`, secrets[0])
	})
	credentials(t, token.URL)
	d, err := open(t.Context(), "gs://b/p?kms_key="+secrets[3], &Options{})
	if err != nil {
		t.Fatal(err)
	}
	redirect(t, d, s)
	for name, h := range answers {
		s.answers(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+secrets[0] {
				t.Errorf("%s %s has no token", r.Method, r.RequestURI)
			}
			h(w, r)
		})
		d.Close()
		check("token, "+name, d)
	}
	if n := len(token.take()); n != 1 {
		t.Errorf("%d tokens are asked for", n)
	}
	for status, name := range map[int]string{200: "empty", 400: "refused", 401: "denied", 500: "broken"} {
		token.answers(echoes(status))
		d, err := open(t.Context(), "gs://b/p", &Options{})
		if err != nil {
			t.Fatal(err)
		}
		check("no token, "+name, d)
		for _, c := range calls() {
			if err := c.do(t, d); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s without a token: %s: %v", c.name, name, err)
			}
		}
	}
}

// TestAProxyThatRefusesShowsNoSecret sets the proxy of a client: net/http
// reads that of the environment only once.
func TestAProxyThatRefusesShowsNoSecret(t *testing.T) {
	proxy := httptest.NewServer(echoes(407))
	defer proxy.Close()
	s := newServer(t, isFine)
	d := openAt(t, s, "")
	setProxy(t, d, strings.Replace(proxy.URL, "http://", "http://"+secrets[7]+":"+secrets[8]+"@", 1))
	for _, c := range calls() {
		err := c.do(t, d)
		if err == nil || secretIn(shown(err)) != "" {
			t.Errorf("%s: %s", c.name, shown(err))
		}
	}
	setProxy(t, d, "http://"+secrets[7]+":"+secrets[8]+"@127.0.0.1:1")
	for _, c := range calls() {
		if err := c.do(t, d); !errors.Is(err, storage.ErrUnavailable) || secretIn(shown(err)) != "" {
			t.Errorf("%s: %s", c.name, shown(err))
		}
	}
}
