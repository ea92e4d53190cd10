package gcs

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
)

// secrets are what no text may show.
var secrets = drivertest.Secrets{
	"SECRETaccessTOKEN", "SECRETrefreshTOKEN", "SECRETclient", "SECRETkmsKEY", "SECRETendpointUSER", "SECRETendpointPASSWORD", "SECRETendpointQUERY",
	"SECRETproxyUSER", "SECRETproxyPASSWORD", "SECRETprivateKEY", "SECRETheader", "Bearer ",
}

// echoes says all that it was asked, as some gateways do.
func echoes(status int) http.HandlerFunc {
	return secrets.Echoes(status, func(said string) string {
		return fmt.Sprintf(`{"error":{"code":%d,"message":%q,"errors":[{"message":%[2]q,"reason":"forbidden"}]}}`, status, said)
	})
}

func TestNoFailureShowsASecret(t *testing.T) {
	environment(t)
	s := drivertest.NewServer(t, isFine)
	answers := secrets.Answers(echoes, func(status int, to string) http.HandlerFunc { return refusal(status, "", "Location", to) }, secrets[4], secrets[6])

	for what, endpoint := range map[string]string{
		"endpoint":     strings.Replace(s.URL, "http://", "http://"+secrets[4]+":"+secrets[5]+"@", 1) + "/?" + secrets[6],
		"no such host": "http://" + secrets[4] + ":" + secrets[5] + "@127.0.0.1:1/?" + secrets[6],
		"no endpoint":  "://" + secrets[4] + ":" + secrets[5] + "@?" + secrets[6],
	} {
		t.Setenv("STORAGE_EMULATOR_HOST", endpoint)
		d, err := open(t.Context(), "gs://b/p?kms_key="+secrets[3], &Options{})
		if err != nil {
			if secrets.In(drivertest.Shown(err)) != "" {
				t.Errorf("%s: %s", what, drivertest.Shown(err))
			}
			continue
		}
		for name, h := range answers {
			s.Answers(h)
			d.Close()
			secrets.Check(t, what+", "+name, d, calls())
		}
	}

	// A token is sent, and what it is made of is in the environment.
	t.Setenv("STORAGE_EMULATOR_HOST", "")
	token := drivertest.NewServer(t, func(w http.ResponseWriter, _ *http.Request) {
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
		s.Answers(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "Bearer "+secrets[0] {
				t.Errorf("%s %s has no token", r.Method, r.RequestURI)
			}
			h(w, r)
		})
		d.Close()
		secrets.Check(t, "token, "+name, d, calls())
	}
	if n := len(token.Take()); n != 1 {
		t.Errorf("%d tokens are asked for", n)
	}
	for status, name := range map[int]string{200: "empty", 400: "refused", 401: "denied", 500: "broken"} {
		token.Answers(echoes(status))
		d, err := open(t.Context(), "gs://b/p", &Options{})
		if err != nil {
			t.Fatal(err)
		}
		secrets.Check(t, "no token, "+name, d, calls())
		for _, c := range calls() {
			if err := c.Do(t, d); !errors.Is(err, fs.ErrPermission) {
				t.Errorf("%s without a token: %s: %v", c.Name, name, err)
			}
		}
	}
}

func TestAProxyThatRefusesShowsNoSecret(t *testing.T) {
	d := openAt(t, drivertest.NewServer(t, isFine), "")
	secrets.CheckProxies(t, d, d.transport, calls(), echoes(407), secrets[7], secrets[8])
}
