package storagetest

import (
	"testing"

	"github.com/foreset/foreset/storage"
)

func TestMemoryPasses(t *testing.T) {
	Run(t, func(*testing.T) storage.Store { return storage.NewMemory(nil) }, Options{})
}
