package s3

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
)

// secrets are what no text may show.
var secrets = drivertest.Secrets{
	"AKIASECRETACCESSKEY", "SECRETsecretKEY0123456789", "SECRETsessionTOKEN", "SECRETendpointUSER", "SECRETendpointPASSWORD", "SECRETendpointQUERY",
	"SECRETkmsKEY", "SECRETproxyUSER", "SECRETproxyPASSWORD", "SECRETroleTOKEN", "Signature=", "Credential=",
}

// echoes says all that it was asked, as some gateways do.
func echoes(status int) http.HandlerFunc {
	return secrets.Echoes(status, func(said string) string {
		return fmt.Sprintf("<Error><Code>AccessDenied</Code><Message>%s</Message><AWSAccessKeyId>%s</AWSAccessKeyId><StringToSign>%[1]s</StringToSign></Error>", said, secrets[0])
	})
}

func TestNoFailureShowsASecret(t *testing.T) {
	environment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", secrets[0])
	t.Setenv("AWS_SECRET_ACCESS_KEY", secrets[1])
	t.Setenv("AWS_SESSION_TOKEN", secrets[2])
	s := drivertest.NewServer(t, isFine)
	answers := secrets.Answers(echoes, func(status int, to string) http.HandlerFunc {
		return refusal(status, map[int]string{301: "PermanentRedirect", 307: "TemporaryRedirect"}[status], "Location", to)
	}, secrets[3], secrets[5])

	d, err := open(t.Context(), "s3://b/p?use_path_style=true&ssetype=aws:kms&kmskeyid="+secrets[6]+"&endpoint="+s.URL, &Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for name, h := range answers {
		s.Answers(h)
		d.Close()
		secrets.Check(t, name, d, calls())
	}

	// Endpoints of the environment may be anything.
	for what, endpoint := range map[string]string{
		"endpoint":      strings.Replace(s.URL, "http://", "http://"+secrets[3]+":"+secrets[4]+"@", 1) + "/?" + secrets[5],
		"no such host":  "http://" + secrets[3] + ":" + secrets[4] + "@127.0.0.1:1/?" + secrets[5],
		"no such thing": "://" + secrets[3] + ":" + secrets[4] + "@?" + secrets[5],
	} {
		t.Setenv("AWS_ENDPOINT_URL", endpoint)
		s.Answers(echoes(403))
		d, err := open(t.Context(), "s3://b/p?use_path_style=true", &Options{})
		if err != nil {
			if text := drivertest.Shown(err); secrets.In(text) != "" {
				t.Errorf("%s: %s", what, text)
			}
			continue
		}
		secrets.Check(t, what, d, calls())
		d.Close()
	}
	t.Setenv("AWS_ENDPOINT_URL", "")
}

func TestAProxyThatRefusesShowsNoSecret(t *testing.T) {
	d := openAt(t, drivertest.NewServer(t, isFine), "")
	secrets.CheckProxies(t, d, d.transport, calls(), echoes(407), secrets[7], secrets[8])
}
