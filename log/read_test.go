package log

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/foreset/foreset/storage"
)

// TestReadFileGivesWhatWasListed or says how it differs.
func TestReadFileGivesWhatWasListed(t *testing.T) {
	ctx, st := context.Background(), storage.NewMemory(nil)
	const name, text = Dir + "00000000000000000001.00000000000000000002.compacted.json", "{}\n{}"
	if err := st.Put(ctx, name, []byte(text)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		size   int64
		limits *Limits
		want   error
	}{
		{name, 5, nil, nil},
		{name, 5, &Limits{CommitBytes: 5}, nil},
		{name, 4, nil, ErrCorrupt},
		{name, 6, nil, ErrCorrupt},
		{name, 5, &Limits{CommitBytes: 4}, ErrLimit},
		{name + "x", 5, nil, fs.ErrNotExist},
	} {
		body, err := ReadFile(ctx, st, File{Name: c.name, Size: c.size}, c.limits)
		if !errors.Is(err, c.want) || err == nil && string(body) != text {
			t.Errorf("%s of %d bytes, %+v: %q, %v", c.name, c.size, c.limits, body, err)
		}
	}
}

// TestTheNewestCheckpointIsAWholeOne of any kind.
func TestTheNewestCheckpointIsAWholeOne(t *testing.T) {
	one := []storage.Info{{Name: MultipartCheckpointName(7, 1, 2), Size: 1}, {Name: CheckpointName(3), Size: 1}, {Name: CheckpointName(9), Size: 0}, {Name: CommitName(12), Size: 3}}
	for _, c := range []struct {
		more storage.Info
		want Version
	}{
		{storage.Info{}, 3},
		{storage.Info{Name: MultipartCheckpointName(7, 2, 2), Size: 1}, 7},
		{storage.Info{Name: MultipartCheckpointName(7, 2, 3), Size: 1}, 3},
		{storage.Info{Name: UUIDCheckpointName(5, "0f8fad5b-d9cb-469f-a165-70867728950e", "json"), Size: 1}, 5},
	} {
		got, ok := NewestCheckpoint(append(one, c.more))
		if !ok || got.Version != c.want {
			t.Errorf("with %s: %+v", c.more.Name, got)
		}
	}
	if _, ok := NewestCheckpoint(one[3:]); ok {
		t.Error("a commit is a checkpoint")
	}
}

// TestACompactedLogHasEverythingOnce: one that joins its commits as they are is
// not used, for nothing says which comes last.
func TestACompactedLogHasEverythingOnce(t *testing.T) {
	const add, remove = `{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true}}`, `{"remove":{"path":"a","dataChange":true}}`
	const withDV = `{"add":{"path":"a","partitionValues":{},"size":1,"modificationTime":1,"dataChange":true,"deletionVector":{"storageType":"i","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}}}`
	const app, domain = `{"txn":{"appId":"a","version":1}}`, `{"domainMetadata":{"domain":"a","configuration":"","removed":false}}`
	const info, cdc = `{"commitInfo":{}}`, `{"cdc":{"path":"c","partitionValues":{},"size":1,"dataChange":false}}`
	const protocol = `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`
	ctx, st := context.Background(), storage.NewMemory(nil)
	for _, c := range []struct {
		lines []string
		kept  int // −1: corrupt
	}{
		{[]string{remove, withDV, app, domain, protocol, info, cdc}, 5},
		{[]string{add, remove}, -1},
		{[]string{add, add}, -1},
		{[]string{withDV, remove, withDV}, -1},
		{[]string{app, app}, -1},
		{[]string{domain, domain}, -1},
		{[]string{protocol, add, protocol}, -1},
		{[]string{smallMetadataLine, add, smallMetadataLine}, -1},
		{[]string{`{"add":`}, -1},
	} {
		f := File{Name: CompactedName(1, 2), Version: 1, Hi: 2}
		body := strings.Join(c.lines, "\n")
		if f.Size = int64(len(body)); st.Put(ctx, f.Name, []byte(body)) != nil {
			t.Fatal("put")
		}
		got, err := ReadCompacted(ctx, st, f, nil)
		if errors.Is(err, ErrCorrupt) != (c.kept < 0) || err == nil && len(got) != c.kept {
			t.Errorf("%s: %d actions, %v", body, len(got), err)
		}
	}
}

const smallMetadataLine = `{"metaData":` + smallMetadata + `}`
