package azure

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// TestATableSaysWhatIsWrongWithItsStore goes by what may be wrong with a container.
func TestATableSaysWhatIsWrongWithItsStore(t *testing.T) {
	environment(t)
	t.Setenv("AZURE_STORAGE_KEY", secrets[0])
	open := func(endpoint string, o *storage.RemoteOptions) storage.Store {
		store, err := Open(t.Context(), at(endpoint, "&encryption_scope="+secrets[3]), &Options{RemoteOptions: *o})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	lists := func(r *http.Request) bool { return r.URL.Query().Get("comp") == "list" }
	fine := func(w http.ResponseWriter, r *http.Request) {
		if lists(r) {
			io.WriteString(w, `<EnumerationResults ContainerName="c"><Blobs /><NextMarker /></EnumerationResults>`)
			return
		}
		isFine(w, r)
	}
	drivertest.CheckTables(t, fine, open, secrets, []drivertest.Trouble{
		{Name: "no such container, or not any more", Answer: refusal(404, "ContainerNotFound"), Text: "there is no such container"},
		{Name: "an account that is not there", Is: storage.ErrUnavailable, Text: "the host is not known", Store: func() storage.Store {
			return open("http://acct.invalid", &storage.RemoteOptions{Attempts: 1, NoProbe: true})
		}},
		{Name: "an account that is disabled", Answer: refusal(403, "AccountIsDisabled"), Is: table.ErrDenied, Text: "disabled"},
		{Name: "expired or wrong credentials", Answer: refusal(403, "AuthenticationFailed"), Is: table.ErrDenied, Text: "wrong or has expired"},
		{Name: "no credentials sent", Answer: refusal(401, "NoAuthenticationInformation"), Is: table.ErrDenied, Text: "no credentials"},
		{Name: "no credentials", Is: table.ErrDenied, Text: "no token", Store: func() storage.Store {
			d, _ := secure(t, &tokens{err: errors.New(secrets[10])}, isFine)
			store, err := storage.NewRemote(d, &storage.RemoteOptions{Prefix: "p"})
			if err != nil {
				t.Fatal(err)
			}
			return store
		}},
		{Name: "no permission", Answer: refusal(403, "AuthorizationPermissionMismatch"), Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "no permission to list", Answer: refusal(403, "AuthorizationPermissionMismatch"), To: lists, Of: "open exists create refresh", Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "no permission to write", Answer: refusal(403, "AuthorizationPermissionMismatch"), To: drivertest.Writing, Of: "create append", Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "a gateway that repeats what it was asked", Answer: echoes(403), Is: table.ErrDenied},
	})
}
