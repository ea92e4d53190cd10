package azure

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
)

// secrets are what no text may show.
var secrets = drivertest.Secrets{
	"U0VDUkVUa2V5", "SECRETsignature", "SECRETconnectionSTRING", "SECRETscope", "SECRETbearerTOKEN", "SECRETendpointUSER", "SECRETendpointPASSWORD", "SECRETendpointQUERY",
	"SECRETproxyUSER", "SECRETproxyPASSWORD", "SECRETclient", "SharedKey acct:",
}

// echoes says all that it was asked, as some gateways do.
func echoes(status int) http.HandlerFunc {
	return secrets.Echoes(status, func(said string) string {
		return fmt.Sprintf("<Error><Code>AuthenticationFailed</Code><Message>%s</Message><AuthenticationErrorDetail>%[1]s</AuthenticationErrorDetail></Error>", said)
	})
}

func TestNoFailureShowsASecret(t *testing.T) {
	environment(t)
	s := drivertest.NewServer(t, isFine)
	answers := secrets.Answers(echoes, func(status int, to string) http.HandlerFunc { return refusal(status, "", "Location", to) }, secrets[5], secrets[7])

	host := strings.TrimPrefix(s.URL, "http://")
	home := "az://c/p?encryption_scope=" + secrets[3]
	for what, set := range map[string]func(t *testing.T) string{
		"key": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", secrets[0])
			return at(s.URL, "&encryption_scope="+secrets[3])
		},
		"token in the URL": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_SAS_TOKEN", signature)
			t.Setenv("AZURE_STORAGE_DOMAIN", host)
			t.Setenv("AZURE_STORAGE_PROTOCOL", "http")
			return home
		},
		"connection string": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=acct;AccountKey="+secrets[0]+";BlobEndpoint="+s.URL+"/acct")
			return home
		},
		"endpoint": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "AccountName=acct;AccountKey="+secrets[0]+";BlobEndpoint=http://"+secrets[5]+":"+secrets[6]+"@"+host+"/acct?"+secrets[7])
			return home
		},
		"signed connection string": func(t *testing.T) string {
			t.Setenv("AZURE_STORAGE_KEY", "")
			t.Setenv("AZURE_STORAGE_CONNECTION_STRING", "BlobEndpoint=http://"+secrets[5]+":"+secrets[6]+"@127.0.0.1:1/acct;SharedAccessSignature="+signature)
			return home
		},
	} {
		t.Run(what, func(t *testing.T) {
			d, err := open(t.Context(), set(t), &Options{})
			if err != nil {
				t.Fatal(drivertest.Shown(err))
			}
			for name, h := range answers {
				s.Answers(h)
				d.Close()
				secrets.Check(t, what+", "+name, d, calls())
			}
			d.Close()
		})
	}
}

func TestAProxyThatRefusesShowsNoSecret(t *testing.T) {
	d := openAt(t, drivertest.NewServer(t, isFine), "")
	secrets.CheckProxies(t, d, d.transport, calls(), echoes(407), secrets[8], secrets[9])
}
