package drivertest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

// Secrets are what no text may show.
type Secrets []string

// In is a secret that a text shows, or nothing.
func (s Secrets) In(text string) string {
	for _, secret := range s {
		if strings.Contains(text, secret) {
			return secret
		}
	}
	return ""
}

// Echoes says all that it was asked, and every secret, as some gateways do. In
// turns that into an error as the service says it.
func (s Secrets) Echoes(status int, in func(said string) string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var said bytes.Buffer
		fmt.Fprintf(&said, "%s %s %s\n", r.Method, r.Host, r.RequestURI)
		r.Header.Write(&said)
		fmt.Fprintln(&said, []string(s))
		w.WriteHeader(status)
		io.WriteString(w, in(said.String()))
	}
}

// Answers are answers that show secrets, of which no driver may make an error
// that does. Redirects lead to where a user and a query are secret.
func (s Secrets) Answers(echoes func(status int) http.HandlerFunc, redirect func(status int, to string) http.HandlerFunc, user, query string) map[string]http.HandlerFunc {
	answers := map[string]http.HandlerFunc{
		"reset": Reset, "page": Page(200), "page 404": Page(404), "cut": Raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a"), "no http": Raw(strings.Join(s, "\r\n") + "\r\n\r\n"),
		"redirect":     redirect(307, "http://"+user+"@127.0.0.1/?"+query),
		"bad redirect": redirect(301, "http://["+query),
	}
	for _, status := range []int{200, 301, 400, 401, 403, 404, 409, 412, 416, 429, 500, 501, 503} {
		answers[fmt.Sprintf("echo %d", status)] = echoes(status)
	}
	return answers
}

// Shown is every text of an error and what it wraps.
func Shown(err error) string {
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

// Check makes all calls of a driver that is in trouble, and some of a store
// above it, and looks for secrets in what they say.
func (s Secrets) Check(t *testing.T, what string, d storage.Driver, calls []Call) {
	t.Helper()
	store, err := storage.NewRemote(d, &storage.RemoteOptions{Prefix: "p", Attempts: 1, NoProbe: true})
	if err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%v %s", store, d); s.In(text) != "" {
		t.Errorf("%s: the place shows %s: %s", what, s.In(text), text)
	}
	failed := 0
	var errs []error
	for _, c := range calls {
		errs = append(errs, c.Do(t, d))
	}
	_, _, err = store.Get(t.Context(), "k", -1)
	errs = append(errs, err, store.Put(t.Context(), "k", nil))
	_, _, err = store.PutIfAbsent(t.Context(), "k", nil)
	errs = append(errs, err)
	for _, err := range errs {
		if err != nil {
			failed++
		}
		if text := Shown(err); s.In(text) != "" {
			t.Errorf("%s: an error shows %s:\n%s", what, s.In(text), text)
		}
	}
	if failed == 0 {
		t.Errorf("%s: nothing fails", what)
	}
}

// CheckProxies sends requests by way of a proxy that refuses them and of one
// that is not there; its URL has a user and a password. It sets the proxy of
// the driver's transport: net/http reads that of the environment only once.
func (s Secrets) CheckProxies(t *testing.T, d storage.Driver, transport *http.Transport, calls []Call, refuses http.HandlerFunc, user, password string) {
	t.Helper()
	proxy := httptest.NewServer(refuses)
	defer proxy.Close()
	through := func(host string) {
		u, err := url.Parse("http://" + user + ":" + password + "@" + host)
		if err != nil {
			t.Fatal(err)
		}
		transport.Proxy = http.ProxyURL(u)
	}
	through(strings.TrimPrefix(proxy.URL, "http://"))
	for _, c := range calls {
		err := c.Do(t, d)
		if err == nil || s.In(Shown(err)) != "" {
			t.Errorf("%s: %s", c.Name, Shown(err))
		}
	}
	through("127.0.0.1:1")
	for _, c := range calls {
		if err := c.Do(t, d); !errors.Is(err, storage.ErrUnavailable) || s.In(Shown(err)) != "" {
			t.Errorf("%s: %s", c.Name, Shown(err))
		}
	}
}
