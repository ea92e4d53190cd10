package gcs

import (
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

func TestALocationIsABucketAndAPrefix(t *testing.T) {
	environment(t)
	for _, c := range []struct{ location, place, kms string }{
		{"gs://b?anonymous=true", "gs://b", ""},
		{"gs://b/p/q/?anonymous=1", "gs://b/p/q", ""},
		{"GS://b_1.x/p%20q/%25/%C3%A9?anonymous=true", "gs://b_1.x/p q/%/é", ""},
		{"gs://b/a+b?anonymous=true&kms_key=projects/p/locations/l/keyRings/r/cryptoKeys/k", "gs://b/a+b", "projects/p/locations/l/keyRings/r/cryptoKeys/k"},
		{"gs://b/p?anonymous=true&universe_domain=example.com", "gs://b/p", ""},
	} {
		store, err := storage.Open(t.Context(), c.location)
		if err != nil {
			t.Errorf("%s: %v", c.location, err)
			continue
		}
		if store.String() != c.place {
			t.Errorf("%s opens %s, want %s", c.location, store, c.place)
		}
		if err := store.Close(); err != nil {
			t.Error(err)
		}
		d, err := open(t.Context(), strings.Replace(c.location, "GS", "gs", 1), &Options{})
		if err != nil || d.kmsKey != c.kms || !d.Traits().Conditional {
			t.Error(c.location, d, err)
		}
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "localhost:1")
	d, err := open(t.Context(), "gs://b?kms_key=u", &Options{KMSKey: "o"})
	if err != nil || d.kmsKey != "o" || d.Traits().Conditional {
		t.Error("an emulator", d, err)
	}
}

func TestALocationThatIsNotUnderstoodIsRefused(t *testing.T) {
	environment(t)
	for _, location := range []string{
		"gs://", "gs:///p", "gs:b", "gs://user@b", "gs://u:S3CRET@b/p", "gs://b:1/p", "gs://b?S3CRET", "gs://b?key=S3CRET", "gs://b?anonymous=S3CRET", "gs://b?anonymous=true&anonymous=false",
		"gs://b?anonymous=true&kms_key=a&kms_key=S3CRET", "gs://b?access_id=S3CRET", "gs://b?private_key_path=S3CRET", "gs://b?a=%zzS3CRET", "gs://b/%zz?S3CRET", "gs://b/a//b?anonymous=true", "gs://b/../c?anonymous=true",
	} {
		for how, open := range map[string]func() (storage.Store, error){
			"storage.Open": func() (storage.Store, error) { return storage.Open(t.Context(), location) },
			"Open":         func() (storage.Store, error) { return Open(t.Context(), location, nil) },
		} {
			store, err := open()
			if store != nil || !errors.Is(err, storage.ErrBadLocation) {
				t.Errorf("%s of %s: %v, %v", how, location, store, err)
				continue
			}
			if strings.Contains(err.Error(), "S3CRET") {
				t.Errorf("%s of %s: the error says %v", how, location, err)
			}
		}
	}
}

func TestWithoutCredentialsAccessIsDenied(t *testing.T) {
	environment(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/SECRETprivateKEY/is/not/there")
	if _, err := storage.Open(t.Context(), "gs://b"); !errors.Is(err, fs.ErrPermission) || secretIn(shown(err)) != "" {
		t.Error(err)
	}
	if _, err := storage.Open(t.Context(), "gs://b?anonymous=true"); err != nil {
		t.Error(err)
	}
}

// TestARedirectTakesNoTokenToAnotherHost: a transport that adds tokens adds
// them to redirected requests, too.
func TestARedirectTakesNoTokenToAnotherHost(t *testing.T) {
	elsewhere := newServer(t, isFine)
	s := newServer(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+r.RequestURI, http.StatusTemporaryRedirect)
	})
	d := openAt(t, s, "")
	for _, c := range calls() {
		if f := failureOf(t, c.do(t, d)); f.Class != storage.Refused {
			t.Errorf("%s: %v", c.name, f)
		}
	}
	if got := elsewhere.take(); len(got) != 0 {
		t.Errorf("%d requests went elsewhere", len(got))
	}
}
