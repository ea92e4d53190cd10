package stores

import (
	"context"
	"errors"
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

// servers are those that run while the tests do.
var servers []*Server

func TestMain(m *testing.M) {
	if job := os.Getenv(childVariable); job != "" {
		os.Exit(child(job))
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	programs := os.Getenv("FORESET_INTEROP_DIR")
	if programs == "" {
		fmt.Println("FORESET_INTEROP_DIR is not set: run interop/stores.sh")
		return 0
	}
	for key, value := range Environment() {
		os.Setenv(key, value)
	}
	var failed error
	for _, name := range []string{"versitygw", "moto", "azurite", "fake-gcs-server"} {
		data, err := os.MkdirTemp("", "foreset-"+name)
		if err != nil {
			fmt.Println(err)
			return 1
		}
		defer os.RemoveAll(data)
		s, err := Start(context.Background(), name, programs, data)
		if err != nil {
			failed = errors.Join(failed, err)
			continue
		}
		defer s.Stop()
		servers = append(servers, s)
	}
	if failed != nil {
		fmt.Println(failed)
		return 1
	}
	return m.Run()
}

var made atomic.Int64

// fresh is a prefix that nothing is below of.
func fresh() string { return fmt.Sprintf("t-%d-%d", os.Getpid(), made.Add(1)) }

// at points clients to a host.
func at(t *testing.T, s *Server, host string) {
	if s.Kind == "GCS" {
		t.Setenv("STORAGE_EMULATOR_HOST", host)
	}
}

func TestServersPassTheSuite(t *testing.T) {
	for _, s := range servers {
		t.Run(s.Name, func(t *testing.T) {
			at(t, s, s.Host)
			open := func(t *testing.T) storage.Store {
				st, err := storage.Open(context.Background(), s.Location(s.Host, fresh()))
				if err != nil {
					t.Fatal(err)
				}
				return st
			}
			o := storagetest.Options{Writers: 32, Keys: 50}
			switch s.Name {
			case "azurite":
				o.CannotHold = func(name string) bool { return strings.Contains(name, `\`) } // Azure takes it for a slash
			case "fake-gcs-server", "moto":
				o = storagetest.Options{Writers: 8, Keys: 10, Objects: 50} // they are slow
			}
			storagetest.Run(t, open, o)
		})
	}
}
