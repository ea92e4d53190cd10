package drivertest

import (
	"errors"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

// CheckPlace opens a location and compares the place that it names.
func CheckPlace(t *testing.T, location, place string) {
	t.Helper()
	store, err := storage.Open(t.Context(), location)
	if err != nil {
		t.Errorf("%s: %v", location, err)
		return
	}
	if store.String() != place {
		t.Errorf("%s opens %s, want %s", location, store, place)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// CheckBadLocations opens locations that are not understood in several ways.
// What is secret in them is called S3CRET.
func CheckBadLocations(t *testing.T, locations []string, ways map[string]func(location string) (storage.Store, error)) {
	t.Helper()
	for _, location := range locations {
		for how, open := range ways {
			store, err := open(location)
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
