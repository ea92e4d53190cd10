package table_test

import (
	"math/rand/v2"
	"testing"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// Predicates may draw random bits for each row: neither one draw for a file
// nor one for the scan decides about all of them.
func TestEachRowHasAUUIDOfItsOwn(t *testing.T) {
	tbl := create(t, storage.NewMemory(nil), "id bigint", &table.CreateOptions{Options: table.Options{Rand: rand.NewChaCha8([32]byte{7})}})
	for first := range 8 {
		all := make([]int64, 500)
		for i := range all {
			all[i] = int64(500*first + i)
		}
		mustAppend(t, tbl, ids(t, all...), nil)
	}
	scan := &table.ScanOptions{Where: expr.SQL("uuid() < '8' AND char_length(uuid()) = 36")}
	n := len(rowsOf(t, latest(t, tbl), scan))
	if n < 1500 || n > 2500 {
		t.Errorf("%d of 4000 rows have a UUID below 8", n)
	}
}
