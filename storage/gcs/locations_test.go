package gcs

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/drivertest"
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
		drivertest.CheckPlace(t, c.location, c.place)
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
	drivertest.CheckBadLocations(t, []string{
		"gs://", "gs:///p", "gs://b//p", "gs:b", "gs://user@b", "gs://u:S3CRET@b/p", "gs://b:1/p", "gs://b?S3CRET", "gs://b?key=S3CRET", "gs://b?anonymous=S3CRET", "gs://b?anonymous=true&anonymous=false",
		"gs://b?anonymous=true&kms_key=a&kms_key=S3CRET", "gs://b?access_id=S3CRET", "gs://b?private_key_path=S3CRET", "gs://b?a=%zzS3CRET", "gs://b/%zz?S3CRET", "gs://b/a//b?anonymous=true", "gs://b/../c?anonymous=true",
	}, map[string]func(location string) (storage.Store, error){
		"storage.Open": func(location string) (storage.Store, error) { return storage.Open(t.Context(), location) },
		"Open":         func(location string) (storage.Store, error) { return Open(t.Context(), location, nil) },
	})
}

func TestWithoutCredentialsAccessIsDenied(t *testing.T) {
	environment(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", "/SECRETprivateKEY/is/not/there")
	if _, err := storage.Open(t.Context(), "gs://b"); !errors.Is(err, fs.ErrPermission) || secrets.In(drivertest.Shown(err)) != "" {
		t.Error(err)
	}
	if _, err := storage.Open(t.Context(), "gs://b?anonymous=true"); err != nil {
		t.Error(err)
	}
}

// TestARedirectTakesNoTokenToAnotherHost: a transport that adds tokens adds
// them to redirected requests, too.
func TestARedirectTakesNoTokenToAnotherHost(t *testing.T) {
	drivertest.CheckRedirects(t, isFine, calls(), func(s *drivertest.Server) storage.Driver { return openAt(t, s, "") })
}
