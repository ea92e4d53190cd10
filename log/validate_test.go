package log

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func validMetadata() *Metadata {
	return &Metadata{ID: "i", Format: Format{Provider: "parquet"}, SchemaString: "{}"}
}

func TestValidCommitsAreAccepted(t *testing.T) {
	dv := func(s string) *DeletionVector {
		return &DeletionVector{StorageType: "u", PathOrInlineDV: s, SizeInBytes: 1, Cardinality: 1}
	}
	for story, actions := range map[string][]Action{
		"nothing":              {},
		"the first commit":     {&CommitInfo{InCommitTimestamp: ptr(int64(1))}, &Protocol{MinReaderVersion: 1, MinWriterVersion: 2}, validMetadata()},
		"a new vector":         {&RemoveFile{Path: "a"}, &AddFile{Path: "a", Size: 1, DeletionVector: dv("x")}},
		"another vector":       {&AddFile{Path: "a", Size: 1, DeletionVector: dv("y")}, &RemoveFile{Path: "a", DeletionVector: dv("x")}},
		"two applications":     {&SetTransaction{AppID: "a"}, &SetTransaction{AppID: "b"}},
		"two domains":          {&DomainMetadata{Domain: "a"}, &DomainMetadata{Domain: "b", Removed: true}},
		"an extended remove":   {&RemoveFile{Path: "a", ExtendedFileMetadata: ptr(true), PartitionValues: map[string]*string{}, Size: ptr(int64(1))}},
		"paths that decode to": {&AddFile{Path: "c", Size: 1}, &RemoveFile{Path: "%63"}}, // one object, two files (edge case 25)
		"changes":              {&AddCDCFile{Path: "a", Size: 1}, &AddCDCFile{Path: "b", Size: 1}, &AddFile{Path: "a", Size: 1}},
	} {
		v := Version(1)
		if story == "the first commit" {
			v = 0
		}
		if err := ValidateCommit(v, actions); err != nil {
			t.Errorf("%s: %v", story, err)
		}
	}
}

func TestInvalidCommitsAreRefused(t *testing.T) {
	add, remove := &AddFile{Path: "a", Size: 1}, &RemoveFile{Path: "a"}
	protocol := &Protocol{MinReaderVersion: 1, MinWriterVersion: 2}
	for _, c := range []struct {
		why     string
		v       Version
		actions []Action
	}{
		{"a second metaData", 1, []Action{validMetadata(), validMetadata()}},
		{"a second protocol", 1, []Action{protocol, protocol}},
		{"a second commitInfo", 1, []Action{&CommitInfo{}, &CommitInfo{}}},
		{"a second txn for application", 1, []Action{&SetTransaction{AppID: "a", Version: 1}, &SetTransaction{AppID: "a", Version: 2}}},
		{"a second domainMetadata for", 1, []Action{&DomainMetadata{Domain: "a"}, &DomainMetadata{Domain: "a", Removed: true}}},
		{"a second add", 1, []Action{add, add}},
		{"a second remove", 1, []Action{remove, remove}},
		{"a second cdc", 1, []Action{&AddCDCFile{Path: "a"}, &AddCDCFile{Path: "a"}}},
		{"add and remove", 1, []Action{add, remove}}, // edge case 53
		{"add and remove", 1, []Action{remove, add}},
		{"needs a protocol and a metaData", 0, []Action{protocol}},
		{"needs a protocol and a metaData", 0, []Action{validMetadata()}},
		{"needs a protocol and a metaData", 0, nil},
		{"reader features", 1, []Action{&Protocol{MinReaderVersion: 3, MinWriterVersion: 7, WriterFeatures: []string{}}}},
		{"without a path", 1, []Action{&AddFile{Size: 1}}},
		{"without a path", 1, []Action{&RemoveFile{}}},
		{"without a path", 1, []Action{&AddCDCFile{}}},
		{"has the size 0", 1, []Action{&AddFile{Path: "a"}}},
		{"says dataChange", 1, []Action{&AddCDCFile{Path: "a", DataChange: true}}},
		{"extended metadata", 1, []Action{&RemoveFile{Path: "a", ExtendedFileMetadata: ptr(true), Size: ptr(int64(1))}}},
		{"extended metadata", 1, []Action{&RemoveFile{Path: "a", ExtendedFileMetadata: ptr(true), PartitionValues: map[string]*string{}}}},
		{"must be the first", 1, []Action{add, &CommitInfo{InCommitTimestamp: ptr(int64(1))}}},
		{"metaData needs", 1, []Action{&Metadata{ID: "i", Format: Format{Provider: "parquet"}}}},
		{"negative number", 1, []Action{&AddFile{Path: "a", Size: 1, DeletionVector: &DeletionVector{StorageType: "u", Cardinality: -1}}}},
		{"not UTF-8", 1, []Action{&AddFile{Path: "\xff", Size: 1}}},
		{"not UTF-8", 1, []Action{&AddFile{Path: "a", Size: 1, PartitionValues: map[string]*string{"p": ptr("\xff")}}}},
		{"not UTF-8", 1, []Action{&SetTransaction{AppID: "\xff"}}},
		{"not UTF-8", 1, []Action{&CommitInfo{UserMetadata: ptr("\xff")}}},
		{"not JSON", 1, []Action{&CommitInfo{Extra: map[string]json.RawMessage{"x": raw("{")}}}},
		{"no place in a commit", 1, []Action{&Sidecar{}}},
		{"no place in a commit", 1, []Action{&CheckpointMetadata{}}},
		{"no action", 1, []Action{nil}},
	} {
		err := ValidateCommit(c.v, c.actions)
		if !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), c.why) {
			t.Errorf("want %q, got %v", c.why, err)
		}
	}
}

func TestProtocolsMustAgreeWithThemselves(t *testing.T) { // edge cases 16, 17, 18
	list := []string{"x"}
	for _, p := range []*Protocol{
		{MinReaderVersion: 1, MinWriterVersion: 1}, {MinReaderVersion: 1, MinWriterVersion: 2}, {MinReaderVersion: 2, MinWriterVersion: 6},
		{1, 7, nil, list}, {2, 7, nil, list}, {3, 7, list, list}, {3, 7, []string{}, []string{}},
		{MinReaderVersion: 4, MinWriterVersion: 7}, {MinReaderVersion: 1, MinWriterVersion: 8}, {4, 8, list, list}, // not ours to judge
	} {
		if err := p.Validate(); err != nil {
			t.Errorf("%+v: %v", p, err)
		}
	}
	for _, p := range []*Protocol{
		{}, {MinReaderVersion: 1}, {MinReaderVersion: -1, MinWriterVersion: 2}, {MinReaderVersion: 3, MinWriterVersion: 6}, {3, 6, list, list},
		{3, 7, nil, list}, {3, 7, list, nil}, {2, 7, list, list}, {1, 7, nil, nil}, {1, 2, nil, list}, {1, 2, []string{}, nil},
	} {
		if err := p.Validate(); !errors.Is(err, ErrInvalid) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}
