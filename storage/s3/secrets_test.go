package s3

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
	"AKIASECRETACCESSKEY", "SECRETsecretKEY0123456789", "SECRETsessionTOKEN", "SECRETendpointUSER", "SECRETendpointPASSWORD", "SECRETendpointQUERY",
	"SECRETkmsKEY", "SECRETproxyUSER", "SECRETproxyPASSWORD", "SECRETroleTOKEN", "Signature=", "Credential=",
}

// echoes says all that it was asked, as some gateways do.
func echoes(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var said bytes.Buffer
		fmt.Fprintf(&said, "%s %s %s\n", r.Method, r.Host, r.RequestURI)
		r.Header.Write(&said)
		fmt.Fprintln(&said, secrets)
		w.WriteHeader(status)
		fmt.Fprintf(w, "<Error><Code>AccessDenied</Code><Message>%s</Message><AWSAccessKeyId>%s</AWSAccessKeyId><StringToSign>%[1]s</StringToSign></Error>", said.String(), secrets[0])
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
	t.Setenv("AWS_ACCESS_KEY_ID", secrets[0])
	t.Setenv("AWS_SECRET_ACCESS_KEY", secrets[1])
	t.Setenv("AWS_SESSION_TOKEN", secrets[2])
	s := newServer(t, isFine)
	answers := map[string]http.HandlerFunc{
		"reset": reset, "page": page(200), "page 404": page(404), "cut": raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n<a"), "no http": raw(strings.Join(secrets, "\r\n") + "\r\n\r\n"),
		"redirect":     refusal(307, "TemporaryRedirect", "Location", "http://"+secrets[3]+"@127.0.0.1/?"+secrets[5]),
		"bad redirect": refusal(301, "PermanentRedirect", "Location", "http://["+secrets[5]),
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
	d, err := open(t.Context(), "s3://b/p?use_path_style=true&ssetype=aws:kms&kmskeyid="+secrets[6]+"&endpoint="+s.URL, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, h := range answers {
		s.answers(h)
		d.Close()
		check(name, d)
	}

	// Endpoints of the environment may be anything.
	for what, endpoint := range map[string]string{
		"endpoint":      strings.Replace(s.URL, "http://", "http://"+secrets[3]+":"+secrets[4]+"@", 1) + "/?" + secrets[5],
		"no such host":  "http://" + secrets[3] + ":" + secrets[4] + "@127.0.0.1:1/?" + secrets[5],
		"no such thing": "://" + secrets[3] + ":" + secrets[4] + "@?" + secrets[5],
	} {
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		s.answers(echoes(403))
		d, err := open(t.Context(), "s3://b/p?use_path_style=true", &Options{})
		if err != nil {
			if text := shown(err); secretIn(text) != "" {
				t.Errorf("%s: %s", what, text)
			}
			continue
		}
		check(what, d)
		d.Close()
	}
	t.Setenv("AWS_ENDPOINT_URL", "")
}

// TestAProxyThatRefusesShowsNoSecret sets the proxy of a client: net/http
// reads that of the environment only once.
func TestAProxyThatRefusesShowsNoSecret(t *testing.T) {
	proxy := httptest.NewServer(echoes(407))
	defer proxy.Close()
	s := newServer(t, isFine)
	d := openAt(t, s, "&region=eu-north-1")
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
