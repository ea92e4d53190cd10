package gcs

import (
	"io"
	"net/http"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// TestATableSaysWhatIsWrongWithItsStore goes by what may be wrong with a bucket.
func TestATableSaysWhatIsWrongWithItsStore(t *testing.T) {
	environment(t)
	open := func(endpoint string, o *storage.RemoteOptions) storage.Store {
		t.Setenv("STORAGE_EMULATOR_HOST", endpoint)
		store, err := Open(t.Context(), "gs://b/p?kms_key="+secrets[3], &Options{RemoteOptions: *o})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	lists := func(r *http.Request) bool { return r.URL.Path == "/storage/v1/b/b/o" }
	fine := func(w http.ResponseWriter, r *http.Request) {
		if lists(r) {
			io.WriteString(w, `{"kind":"storage#objects"}`)
			return
		}
		isFine(w, r)
	}
	// withToken is a store that has to get a token first.
	withToken := func(status int) func() storage.Store {
		return func() storage.Store {
			token := drivertest.NewServer(t, echoes(status))
			credentials(t, token.URL)
			t.Setenv("STORAGE_EMULATOR_HOST", "")
			store, err := Open(t.Context(), "gs://b/p", nil)
			if err != nil {
				t.Fatal(err)
			}
			return store
		}
	}
	drivertest.CheckTables(t, fine, open, secrets, []drivertest.Trouble{
		{Name: "no such bucket, or not any more", Answer: refusal(404, "noBucket"), Text: "there is no such bucket"},
		{Name: "expired or wrong credentials", Answer: refusal(401, "authError"), Is: table.ErrDenied, Text: "missing, wrong or expired"},
		{Name: "a token that was taken back", Store: withToken(400), Is: table.ErrDenied, Text: "no access token"},
		{Name: "no token", Store: withToken(401), Is: table.ErrDenied, Text: "no access token"},
		{Name: "no permission", Answer: refusal(403, "forbidden"), Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "no permission to list", Answer: refusal(403, "forbidden"), To: lists, Of: "open exists create refresh", Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "no permission to write", Answer: refusal(403, "forbidden"), To: drivertest.Writing, Of: "create append", Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "a gateway that repeats what it was asked", Answer: echoes(403), Is: table.ErrDenied},
	})
}
