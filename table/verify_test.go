package table_test

import (
	"context"
	"testing"

	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// faultsIn is what Verify finds in the table of a store.
func faultsIn(ctx context.Context, st storage.Store, deep bool) ([]table.Fault, *table.VerifyReport, error) {
	var faults []table.Fault
	r, err := table.Verify(ctx, "", &table.Options{Store: st}, &table.VerifyOptions{Deep: deep, Found: func(f table.Fault) { faults = append(faults, f) }})
	return faults, r, err
}

func TestVerifyFindsNothingInASoundTable(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, name string", &table.CreateOptions{PartitionBy: []string{"name"}})
	for i := range 12 {
		mustAppend(t, tbl, data(t, `[{"id":1,"name":"a b"},{"id":2,"name":"%é"},{"id":null,"name":null}]`, col("id", long), col("name", text)), nil)
		_ = i
	}
	faults, r, err := faultsIn(t.Context(), st, true)
	if err != nil || len(faults) > 0 {
		t.Error(faults, err)
	}
	t.Logf("%+v", r)
}
