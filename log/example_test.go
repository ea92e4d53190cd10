package log_test

import (
	"context"
	"fmt"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
)

// A catalog says which commits it has ratified. Those that it has not published
// yet are staged in the table's folder, or it gives them as they are.
func ExampleNewCatalog() {
	ctx := context.Background()
	store := storage.NewMemory(nil)
	for name, body := range map[string]string{
		log.CommitName(0): `{"commitInfo":{"operation":"CREATE TABLE"}}`,
		log.StagedDir + "00000000000000000001.5e8d21f4-1c3c-4a4f-8a8e-6a3b4c1f0d11.json": `{"commitInfo":{"operation":"WRITE"}}`,
	} {
		if err := store.Put(ctx, name, []byte(body)); err != nil {
			panic(err)
		}
	}
	c := log.NewCatalog(store, nil, func(ctx context.Context, from log.Version) ([]log.Ratified, log.Version, error) {
		// What a client of the catalog's service is asked. Version 0 is published.
		return []log.Ratified{
			{Version: 1, Staged: "00000000000000000001.5e8d21f4-1c3c-4a4f-8a8e-6a3b4c1f0d11.json"},
			{Version: 2, Body: []byte(`{"commitInfo":{"operation":"DELETE"}}`)},
		}, 2, nil
	})
	for v := range log.Version(3) { // table.Options.Committer does so
		body, err := c.Lookup(ctx, v)
		fmt.Println(v, string(body), err)
	}
	// Output:
	// 0 {"commitInfo":{"operation":"CREATE TABLE"}} <nil>
	// 1 {"commitInfo":{"operation":"WRITE"}} <nil>
	// 2 {"commitInfo":{"operation":"DELETE"}} <nil>
}
