package s3

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/foreset/foreset/internal/drivertest"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// TestATableSaysWhatIsWrongWithItsStore goes by what may be wrong with a bucket.
func TestATableSaysWhatIsWrongWithItsStore(t *testing.T) {
	environment(t)
	t.Setenv("AWS_ACCESS_KEY_ID", secrets[0])
	t.Setenv("AWS_SECRET_ACCESS_KEY", secrets[1])
	t.Setenv("AWS_SESSION_TOKEN", secrets[2])
	open := func(endpoint string, o *storage.RemoteOptions) storage.Store {
		store, err := Open(t.Context(), "s3://b/p?use_path_style=true&kmskeyid="+secrets[6]+"&endpoint="+endpoint, &Options{RemoteOptions: *o})
		if err != nil {
			t.Fatal(err)
		}
		return store
	}
	lists := func(r *http.Request) bool { return r.URL.Query().Has("list-type") }
	fine := func(w http.ResponseWriter, r *http.Request) {
		if lists(r) {
			io.WriteString(w, `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`)
			return
		}
		isFine(w, r)
	}
	drivertest.CheckTables(t, fine, open, secrets, []drivertest.Trouble{
		{Name: "no such bucket, or not any more", Answer: refusal(404, "NoSuchBucket"), Text: "there is no such bucket"},
		{Name: "a bucket of another region", Answer: refusal(301, "PermanentRedirect", "x-amz-bucket-region", "us-west-2"), Text: "the bucket is in region us-west-2"},
		{Name: "a signature for another region", Answer: refusal(400, "AuthorizationHeaderMalformed", "x-amz-bucket-region", "us-west-2"), Text: "the bucket is in region us-west-2"},
		{Name: "expired credentials", Answer: refusal(400, "ExpiredToken"), Is: table.ErrDenied, Text: "have expired"},
		{Name: "wrong credentials", Answer: refusal(403, "SignatureDoesNotMatch"), Is: table.ErrDenied, Text: "the secret key is wrong"},
		{Name: "no credentials", Is: table.ErrDenied, Text: "the SDK finds no credentials", Store: func() storage.Store {
			client := clientOf(nil, aws.NewCredentialsCache(&provider{err: errors.New(secrets[2])}))
			store, err := New(client, "b", &Options{RemoteOptions: storage.RemoteOptions{Prefix: "p"}})
			if err != nil {
				t.Fatal(err)
			}
			return store
		}},
		{Name: "no permission", Answer: refusal(403, "AccessDenied"), Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "no permission to list", Answer: refusal(403, "AccessDenied"), To: lists, Of: "open exists create refresh", Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "no permission to write", Answer: refusal(403, "AccessDenied"), To: drivertest.Writing, Of: "create append", Is: table.ErrDenied, Text: "do not permit this"},
		{Name: "a gateway that repeats what it was asked", Answer: echoes(403), Is: table.ErrDenied},
	})
}
