// Package stores runs the conformance suite of package storagetest on servers
// that speak the protocols of S3, Azure and GCS.
package stores

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/foreset/foreset/storage"
	_ "github.com/foreset/foreset/storage/azure"
	_ "github.com/foreset/foreset/storage/gcs"
	_ "github.com/foreset/foreset/storage/s3"
	"github.com/foreset/foreset/storage/storagetest"
)

var made atomic.Int64

// TestStores runs the suite on each server that the environment names, as
// run.sh does.
func TestStores(t *testing.T) {
	for _, kind := range []string{"S3", "S3_SECOND", "AZURE", "GCS"} {
		t.Run(kind, func(t *testing.T) {
			location := os.Getenv("FORESET_TEST_" + kind) // with {prefix}
			if location == "" {
				t.Skip("no server")
			}
			open := func(t *testing.T) storage.Store {
				prefix := fmt.Sprintf("suite-%d-%d", os.Getpid(), made.Add(1)) // new and empty
				s, err := storage.Open(context.Background(), strings.ReplaceAll(location, "{prefix}", prefix))
				if err != nil {
					t.Fatal(err)
				}
				return s
			}
			var o storagetest.Options
			switch kind {
			case "AZURE":
				o.CannotHold = func(name string) bool { return strings.Contains(name, `\`) }
			case "GCS":
				o = storagetest.Options{Writers: 8, Keys: 10, Objects: 50} // the server is slow
			}
			storagetest.Run(t, open, o)
		})
	}
}
