package log

import (
	"errors"
	"io/fs"
	"reflect"
	"strings"
	"testing"
)

const (
	smallMetadata = `{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":[],"configuration":{}}`
	smallChecksum = `{"tableSizeBytes":0,"numFiles":0,"numMetadata":1,"numProtocol":1,"metadata":` + smallMetadata + `,"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`
	// fullChecksum has every member, in Spark's order.
	fullChecksum = `{"txnId":"t","tableSizeBytes":300,"numFiles":2,"numDeletedRecordsOpt":4,"numDeletionVectorsOpt":1,"numMetadata":1,"numProtocol":1,"inCommitTimestampOpt":5,` +
		`"setTransactions":[{"appId":"a","version":1,"lastUpdated":2}],"domainMetadata":[{"domain":"d","configuration":"c","removed":false}],` +
		`"metadata":` + smallMetadata + `,"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":["deletionVectors"],"writerFeatures":["deletionVectors"]},` +
		`"fileSizeHistogram":{"sortedBinBoundaries":[0,150],"fileCounts":[1,1],"totalBytes":[100,200]},"deletedRecordCountsHistogramOpt":{"deletedRecordCounts":[1,1,0,0,0,0,0,0,0,0]},` +
		`"allFiles":[{"path":"a","partitionValues":{},"size":100,"modificationTime":1,"dataChange":false}]}`
)

func TestChecksumsAreReadAndWrittenAsSparkDoes(t *testing.T) {
	for _, text := range []string{smallChecksum, fullChecksum} {
		c, err := DecodeChecksum([]byte(text), nil)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := string(c.Encode()); got != text {
			t.Errorf("got  %s\nwant %s", got, text)
		}
	}
}

func TestAbsentListsAreUnknownAndEmptyOnesAreNot(t *testing.T) {
	c, err := DecodeChecksum([]byte(smallChecksum), nil)
	if err != nil || c.SetTransactions != nil || c.DomainMetadata != nil || c.AllFiles != nil || c.FileSizes != nil {
		t.Errorf("absent: %+v, %v", c, err)
	}
	text := strings.Replace(smallChecksum, `"metadata"`, `"setTransactions":[],"domainMetadata":[],"allFiles":[],"future":{"x":1},"metadata"`, 1)
	c, err = DecodeChecksum([]byte(text), nil)
	if err != nil || c.SetTransactions == nil || c.DomainMetadata == nil || c.AllFiles == nil {
		t.Errorf("empty: %+v, %v", c, err)
	}
}

func TestHistogramIsReadUnderEitherNameButNotBoth(t *testing.T) { // edge case 62
	both := `"fileSizeHistogram":{"sortedBinBoundaries":[0],"fileCounts":[2],"totalBytes":[9]}`
	old := strings.Replace(both, "fileSizeHistogram", "histogramOpt", 1)
	want := &Histogram{[]int64{0}, []int64{2}, []int64{9}}
	for _, member := range []string{both, old} {
		c, err := DecodeChecksum([]byte(strings.Replace(smallChecksum, `"metadata"`, member+`,"metadata"`, 1)), nil)
		if err != nil || !reflect.DeepEqual(c.FileSizes, want) {
			t.Errorf("%s: %v, %v", member, c, err)
		}
	}
	if c, err := DecodeChecksum([]byte(strings.Replace(smallChecksum, `"metadata"`, both+`,`+old+`,"metadata"`, 1)), nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("both: %v, %v", c, err)
	}
}

func TestChecksumsThatContradictThemselvesAreRefused(t *testing.T) {
	for story, text := range map[string]string{
		"nothing":             ``,
		"an empty object":     `{}`,
		"null":                `null`,
		"cut short":           smallChecksum[:len(smallChecksum)-1],
		"more after it":       smallChecksum + `{}`,
		"two metadata":        strings.Replace(smallChecksum, `"numMetadata":1`, `"numMetadata":2`, 1),
		"no protocol":         strings.Replace(smallChecksum, `"numProtocol":1`, `"numProtocol":0`, 1),
		"no metadata at all":  strings.Replace(smallChecksum, `"metadata":`+smallMetadata, `"metadata":null`, 1),
		"a negative count":    strings.Replace(smallChecksum, `"numFiles":0`, `"numFiles":-1`, 1),
		"no size":             strings.Replace(smallChecksum, `"tableSizeBytes":0,`, ``, 1),
		"one member twice":    strings.Replace(smallChecksum, `{"table`, `{"numFiles":1,"table`, 1),
		"a lopsided bins":     strings.Replace(smallChecksum, `{"table`, `{"histogramOpt":{"sortedBinBoundaries":[0,1],"fileCounts":[2],"totalBytes":[9]},"table`, 1),
		"bins not from 0":     strings.Replace(smallChecksum, `{"table`, `{"histogramOpt":{"sortedBinBoundaries":[1],"fileCounts":[2],"totalBytes":[9]},"table`, 1),
		"bins that descend":   strings.Replace(smallChecksum, `{"table`, `{"histogramOpt":{"sortedBinBoundaries":[0,0],"fileCounts":[2,0],"totalBytes":[9,0]},"table`, 1),
		"a negative bin":      strings.Replace(smallChecksum, `{"table`, `{"histogramOpt":{"sortedBinBoundaries":[0],"fileCounts":[-2],"totalBytes":[9]},"table`, 1),
		"a null in a list":    strings.Replace(smallChecksum, `{"table`, `{"setTransactions":[null],"table`, 1),
		"text beyond UTF-8":   strings.Replace(smallChecksum, `"id":"i"`, "\"id\":\"\xff\"", 1),
		"a string for a list": strings.Replace(smallChecksum, `{"table`, `{"allFiles":"x","table`, 1),
	} {
		if c, err := DecodeChecksum([]byte(text), nil); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %+v, %v", story, c, err)
		}
	}
}

func TestChecksumIsNeverReplaced(t *testing.T) {
	ctx, st := t.Context(), memoryStore(t)
	if _, err := ReadChecksum(ctx, st, 3); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	c, err := DecodeChecksum([]byte(smallChecksum), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteChecksum(ctx, st, 3, c); err != nil {
		t.Fatal(err)
	}
	other := *c
	other.NumFiles = 9
	if err := WriteChecksum(ctx, st, 3, &other); err != nil {
		t.Errorf("writing again: %v", err)
	}
	if got, err := ReadChecksum(ctx, st, 3); err != nil || !reflect.DeepEqual(got, c) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := WriteChecksum(ctx, st, 4, &Checksum{}); !errors.Is(err, ErrInvalid) {
		t.Errorf("an empty one: %v", err)
	}
	if err := st.Put(ctx, ChecksumName(5), []byte("{")); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadChecksum(ctx, st, 5); !errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), ChecksumName(5)) {
		t.Errorf("a damaged one: %v", err)
	}
}

func TestFirstChecksumKnowsEverything(t *testing.T) {
	first := []Action{&CommitInfo{TxnID: "t", InCommitTimestamp: ptr(int64(7))}, &Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, validMetadata(),
		&AddFile{Path: "a", Size: 100}, &AddFile{Path: "b", Size: 10_000}, &SetTransaction{AppID: "x", Version: 1}, &DomainMetadata{Domain: "d"}}
	c := FirstChecksum(first)
	if c == nil || c.NumFiles != 2 || c.TableSizeBytes != 10_100 || len(c.SetTransactions) != 1 || len(c.DomainMetadata) != 1 || c.TxnID != "t" || *c.InCommitTimestamp != 7 {
		t.Fatalf("got %+v", c)
	}
	if c.FileSizes.Counts[0] != 1 || c.FileSizes.Counts[1] != 1 || c.FileSizes.Bytes[1] != 10_000 {
		t.Errorf("histogram %v", c.FileSizes)
	}
	if again, err := DecodeChecksum(c.Encode(), nil); err != nil || string(again.Encode()) != string(c.Encode()) {
		t.Errorf("reads back as %+v, %v", again, err)
	}
	for story, actions := range map[string][]Action{
		"no protocol":   {validMetadata()},
		"no metadata":   {&Protocol{MinReaderVersion: 1, MinWriterVersion: 2}},
		"a remove":      append(first[:3:3], &RemoveFile{Path: "a", Size: ptr(int64(1))}),
		"a file twice":  append(first[:3:3], &AddFile{Path: "a", Size: 1}, &AddFile{Path: "a", Size: 1}),
		"nothing":       nil,
		"negative size": append(first[:3:3], &AddFile{Path: "a", Size: -1}),
	} {
		if c := FirstChecksum(actions); c != nil {
			t.Errorf("%s: %+v", story, c)
		}
	}
}

func TestChecksumAdvancesByTheActionsOfACommit(t *testing.T) {
	c, err := DecodeChecksum([]byte(fullChecksum), nil)
	if err != nil {
		t.Fatal(err)
	}
	before := string(c.Encode())
	dv := func(n int64) *DeletionVector {
		return &DeletionVector{StorageType: "u", PathOrInlineDV: "x", Cardinality: n}
	}
	m := validMetadata()
	n, ok := c.Advance([]Action{
		&CommitInfo{Operation: "DELETE", TxnID: "t2", InCommitTimestamp: ptr(int64(6))}, m,
		&RemoveFile{Path: "a", Size: ptr(int64(100)), DeletionVector: dv(4)}, &AddFile{Path: "a", Size: 100, DeletionVector: dv(10)},
		&AddFile{Path: "c", Size: 151, DeletionVector: dv(1)}, &AddCDCFile{Path: "x", Size: 1000},
		&SetTransaction{AppID: "b", Version: 9}, &SetTransaction{AppID: "a", Version: 0},
		&DomainMetadata{Domain: "d", Removed: true}, &DomainMetadata{Domain: "e", Configuration: "f"},
	})
	if !ok {
		t.Fatal("did not advance")
	}
	want := &Checksum{
		TxnID: "t2", TableSizeBytes: 451, NumFiles: 3, NumDeletedRecords: ptr(int64(11)), NumDeletionVectors: ptr(int64(2)), NumMetadata: 1, NumProtocol: 1,
		InCommitTimestamp: ptr(int64(6)), SetTransactions: []*SetTransaction{{AppID: "a", Version: 0}, {AppID: "b", Version: 9}}, // the later, not the higher (edge case 60)
		DomainMetadata: []*DomainMetadata{{Domain: "e", Configuration: "f"}}, Metadata: m, Protocol: c.Protocol, // a removed domain is gone (edge case 59)
		FileSizes: &Histogram{[]int64{0, 150}, []int64{1, 2}, []int64{100, 351}},
	}
	if !reflect.DeepEqual(n, want) {
		t.Errorf("got  %s\nwant %s", n.Encode(), want.Encode())
	}
	if after := string(c.Encode()); after != before {
		t.Errorf("the one before changed to %s", after)
	}
	if n, ok = n.Advance(nil); !ok || n.TxnID != "" || n.NumFiles != 3 {
		t.Errorf("an empty commit: %+v, %v", n, ok)
	}
}

func TestChecksumDoesNotAdvanceByGuessing(t *testing.T) {
	c, err := DecodeChecksum([]byte(fullChecksum), nil)
	if err != nil {
		t.Fatal(err)
	}
	write := &CommitInfo{Operation: "WRITE"}
	for story, actions := range map[string][]Action{
		"a remove without a size":           {write, &RemoveFile{Path: "a"}},
		"an operation that adds live files": {&CommitInfo{Operation: "COMPUTE STATS"}, &AddFile{Path: "a", Size: 100}},
		"row ids filled in":                 {&CommitInfo{Operation: "ROW TRACKING BACKFILL"}, &AddFile{Path: "a", Size: 100}},
		"an unknown operation":              {&CommitInfo{Operation: "NEW"}, &RemoveFile{Path: "a", Size: ptr(int64(100))}},
		"no operation":                      {&AddFile{Path: "a", Size: 100}},
		"more removed than there is":        {write, &RemoveFile{Path: "a", Size: ptr(int64(100))}, &RemoveFile{Path: "b", Size: ptr(int64(200))}, &RemoveFile{Path: "c", Size: ptr(int64(0))}},
		"more bytes than there are":         {write, &RemoveFile{Path: "a", Size: ptr(int64(301))}},
		"a negative size":                   {write, &AddFile{Path: "a", Size: -1}},
		"a vector that was not there":       {write, &RemoveFile{Path: "a", Size: ptr(int64(100)), DeletionVector: &DeletionVector{Cardinality: 5}}},
	} {
		if n, ok := c.Advance(actions); ok {
			t.Errorf("%s: %s", story, n.Encode())
		}
	}
	if n, ok := c.Advance([]Action{&CommitInfo{Operation: "SET TBLPROPERTIES"}, validMetadata()}); !ok || n.NumFiles != 2 {
		t.Errorf("any operation may do without files: %v, %v", n, ok)
	}
	if n, ok := c.Advance([]Action{write, &RemoveFile{Path: "b", Size: ptr(int64(120))}}); !ok || n.FileSizes != nil {
		t.Errorf("a histogram that contradicts the sizes is dropped: %+v, %v", n, ok)
	}
}

func TestChecksumUnknownsStayUnknown(t *testing.T) {
	c, err := DecodeChecksum([]byte(smallChecksum), nil)
	if err != nil {
		t.Fatal(err)
	}
	n, ok := c.Advance([]Action{&CommitInfo{Operation: "WRITE"}, &AddFile{Path: "a", Size: 5, DeletionVector: &DeletionVector{Cardinality: 1}},
		&SetTransaction{AppID: "a"}, &DomainMetadata{Domain: "d"}})
	if !ok || n.SetTransactions != nil || n.DomainMetadata != nil || n.FileSizes != nil || n.NumDeletedRecords != nil || n.NumFiles != 1 {
		t.Errorf("got %s, %v", n.Encode(), ok)
	}
}

func TestTooManyApplicationsAreLeftOut(t *testing.T) {
	actions := []Action{&Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, validMetadata()}
	c := FirstChecksum(actions)
	for i := range setTransactionsMax + 1 {
		var ok bool
		if c, ok = c.Advance([]Action{&SetTransaction{AppID: strings.Repeat("x", i)}}); !ok {
			t.Fatal(i)
		}
		if (c.SetTransactions != nil) != (i < setTransactionsMax) {
			t.Fatalf("after %d: %v", i+1, c.SetTransactions)
		}
	}
}

func TestHistogramHasSparksBins(t *testing.T) {
	h := NewHistogram()
	if len(h.Boundaries) != 95 || h.check() != nil {
		t.Fatalf("%d bins, %v", len(h.Boundaries), h.check())
	}
	const mB = 1 << 20
	for i, want := range map[int]int64{0: 0, 1: 8 << 10, 10: 4 * mB, 11: 8 * mB, 19: 40 * mB, 20: 48 * mB, 29: 120 * mB, 30: 124 * mB, 35: 144 * mB,
		36: 160 * mB, 62: 576 * mB, 63: 640 * mB, 75: 1408 * mB, 76: 1536 * mB, 80: 2048 * mB, 81: 2304 * mB, 88: 4096 * mB, 89: 8192 * mB, 94: 256 << 30} {
		if h.Boundaries[i] != want {
			t.Errorf("bin %d starts at %d, not %d", i, h.Boundaries[i], want)
		}
	}
	for _, size := range []int64{0, 8191, 8192, 1 << 62} {
		h.Add(size)
	}
	h.Add(-1)
	if h.Counts[0] != 2 || h.Counts[1] != 1 || h.Counts[94] != 1 || h.Bytes[0] != 8191 {
		t.Errorf("counts %v", h.Counts)
	}
}

func FuzzChecksum(f *testing.F) {
	f.Add([]byte(smallChecksum))
	f.Add([]byte(fullChecksum))
	f.Add([]byte(strings.Replace(fullChecksum, "fileSizeHistogram", "histogramOpt", 1)))
	f.Add([]byte(`{"numFiles":"1"}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := DecodeChecksum(text, nil)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrLimit) {
				t.Fatalf("%q: an error of no kind: %v", text, err)
			}
			return
		}
		again, err := DecodeChecksum(c.Encode(), nil)
		if err != nil || string(again.Encode()) != string(c.Encode()) {
			t.Fatalf("%q: %v", text, err)
		}
		c.Advance([]Action{&CommitInfo{Operation: "WRITE"}, &AddFile{Path: "new", Size: 1 << 40}, &RemoveFile{Path: "old", Size: ptr(int64(1))}})
	})
}
