package table_test

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/dv"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/storage/faults"
	"github.com/foreset/foreset/table"
)

// outside are paths that lead out of the table, or nowhere.
var outside = []string{
	"../x.parquet", "a/../../x.parquet", "%2e%2e/x.parquet", "a/%2E%2e/%2e./x.parquet", "..%2fx.parquet", `..\x.parquet`, "%5c..%5cx.parquet",
	"/etc/passwd", "//host/x", "file:///etc/passwd", "FILE:/etc/passwd", "s3://other/x.parquet", "https://example.com/x", "c:/x", "x\x00.parquet", "x%00.parquet",
	".", "..", "./x.parquet", "a//b.parquet", "%zz", "%", "%2", "", strings.Repeat("../", 5000) + "x",
}

// hostileFields is where a commit can name an object that a scan asks for.
var hostileFields = map[string]func(add *log.AddFile, path string){
	"add.path": func(add *log.AddFile, path string) { add.Path = path },
	"add.deletionVector p": func(add *log.AddFile, path string) {
		offset := int32(1)
		add.DeletionVector = &log.DeletionVector{StorageType: "p", PathOrInlineDV: path, Offset: &offset, SizeInBytes: 34, Cardinality: 1}
	},
	"add.deletionVector u": func(add *log.AddFile, path string) {
		offset := int32(1)
		add.DeletionVector = &log.DeletionVector{StorageType: "u", PathOrInlineDV: path + "^-aqEH.-t@S}K{vb[*k^", Offset: &offset, SizeInBytes: 34, Cardinality: 1}
	},
}

// TestNoPathOfALogLeadsOutOfTheTable: whatever field holds it, and however it is
// written, nothing outside is asked for, and the error says which path it was.
func TestNoPathOfALogLeadsOutOfTheTable(t *testing.T) {
	for field, set := range hostileFields {
		for _, path := range outside {
			st := storage.NewMemory(nil)
			tbl := create(t, st, "id bigint", nil)
			mustAppend(t, tbl, ids(t, 1, 2), nil)
			file := pathOf(t, st, 1)
			add := &log.AddFile{Path: file, PartitionValues: map[string]*string{}, Size: sizeOf(t, st, file), DataChange: true, Stats: `{"numRecords":2}`}
			set(add, path)
			if add.Path == "" || field == "add.deletionVector u" && (path == "" || strings.Contains(path, "%")) {
				continue // the decoder refuses the first; a folder of vectors is named as it is, and these are below the root
			}
			features := []string{"deletionVectors"}
			foreign(t, st, 2, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: features}, add)
			spy := faults.Record(st)
			err := openAndScan(spy)
			if err == nil {
				t.Errorf("%s %.40q: the scan succeeds", field, path)
			}
			if !errors.Is(err, table.ErrCorrupt) && !errors.Is(err, table.ErrDenied) {
				t.Errorf("%s %.40q: %v is neither corrupt nor denied", field, path, err)
			}
			for _, call := range spy.Calls() {
				if call.Name != "" && !strings.HasPrefix(call.Name, log.Dir) && call.Name != file {
					t.Errorf("%s %.40q: %s of %q", field, path, call.Kind, call.Name)
				}
			}
		}
	}
}

// TestAbsurdNumbersAreErrorsInLittleMemory: sizes, counts and offsets of a log
// that no object can have.
func TestAbsurdNumbersAreErrorsInLittleMemory(t *testing.T) {
	b := dv.Of(0)
	body := b.Encode()
	text := dv.InlineText(body)
	offset := func(n int32) *int32 { return &n }
	for name, change := range map[string]func(*log.AddFile){
		"a size beyond any":        func(a *log.AddFile) { a.Size = 1 << 62 },
		"no size":                  func(a *log.AddFile) { a.Size = 0 },
		"a size that is too small": func(a *log.AddFile) { a.Size = 11 },
		"a size one too large":     func(a *log.AddFile) { a.Size++ },
		"rows beyond any":          func(a *log.AddFile) { a.Stats = `{"numRecords":9223372036854775807}` },
		"a vector beyond any": func(a *log.AddFile) {
			a.DeletionVector = &log.DeletionVector{StorageType: "u", PathOrInlineDV: "^-aqEH.-t@S}K{vb[*k^", Offset: offset(2147483647), SizeInBytes: 2147483647, Cardinality: 1}
		},
		"a negative vector": func(a *log.AddFile) {
			a.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: text, SizeInBytes: -1, Cardinality: 1}
		},
		"a count beyond any": func(a *log.AddFile) {
			a.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: text, SizeInBytes: int32(len(body)), Cardinality: 1 << 62}
		},
		"a negative count": func(a *log.AddFile) {
			a.DeletionVector = &log.DeletionVector{StorageType: "i", PathOrInlineDV: text, SizeInBytes: int32(len(body)), Cardinality: -5}
		},
		"a kind that is not known": func(a *log.AddFile) {
			a.DeletionVector = &log.DeletionVector{StorageType: "r", PathOrInlineDV: text, SizeInBytes: int32(len(body)), Cardinality: 1}
		},
	} {
		t.Run(name, func(t *testing.T) {
			st := storage.NewMemory(nil)
			tbl := create(t, st, "id bigint", nil)
			mustAppend(t, tbl, ids(t, 1, 2), nil)
			var add log.AddFile
			for a := range log.DecodeCommit(get(t, st, log.CommitName(1)), nil) {
				if found, is := a.(*log.AddFile); is {
					add = *found
				}
			}
			change(&add)
			features := []string{"deletionVectors"}
			foreign(t, st, 2, &log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: features, WriterFeatures: features}, &add)
			if allocated := allocatedBy(func() {
				err := openAndScan(st)
				if err == nil || !errors.Is(err, table.ErrCorrupt) && !errors.Is(err, table.ErrLimit) && !errors.Is(err, table.ErrUnsupported) {
					t.Errorf("%v", err)
				}
				if err != nil && !strings.Contains(err.Error(), add.Path) {
					t.Errorf("%v does not name the file", err)
				}
			}); allocated > 64<<20 {
				t.Errorf("%d bytes were allocated", allocated)
			}
		})
	}
}

// allocatedBy is how many bytes a step allocates, freed or not.
func allocatedBy(step func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	step()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}
