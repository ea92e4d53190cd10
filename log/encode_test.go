package log

import (
	"encoding/json"
	"reflect"
	"testing"
)

// golden are actions with every member, and their lines as Spark would write
// them.
var golden = []struct {
	line   string
	action Action
}{
	{
		`{"commitInfo":{"inCommitTimestamp":5,"timestamp":4,"operation":"WRITE","operationParameters":{"auto":false,"mode":"Append"},"readVersion":3,"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numFiles":"1"},"userMetadata":"hello","tags":{"a":"b"},"engineInfo":"foreset","txnId":"t","job":{"id":1},"userId":"u"}}`,
		&CommitInfo{InCommitTimestamp: ptr(int64(5)), Timestamp: ptr(int64(4)), Operation: "WRITE",
			OperationParameters: map[string]json.RawMessage{"mode": raw(`"Append"`), "auto": raw(`false`)}, ReadVersion: ptr(int64(3)),
			IsolationLevel: "Serializable", IsBlindAppend: ptr(true), OperationMetrics: map[string]json.RawMessage{"numFiles": raw(`"1"`)},
			UserMetadata: ptr("hello"), Tags: map[string]*string{"a": ptr("b")}, EngineInfo: "foreset", TxnID: "t",
			Extra: map[string]json.RawMessage{"userId": raw(`"u"`), "job": raw(`{"id":1}`)}},
	},
	{
		`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":["appendOnly","x"]}}`,
		&Protocol{3, 7, []string{}, []string{"appendOnly", "x"}},
	},
	{`{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`, &Protocol{MinReaderVersion: 1, MinWriterVersion: 2}},
	{
		`{"metaData":{"id":"i","name":"n","description":"d","format":{"provider":"parquet","options":{"o":"p"}},"schemaString":"{\"type\":\"struct\",\"fields\":[]}","partitionColumns":["b","a"],"configuration":{"delta.appendOnly":"true","x":""},"createdTime":1700000000000,"later":[1]}}`,
		&Metadata{ID: "i", Name: ptr("n"), Description: ptr("d"), Format: Format{"parquet", map[string]string{"o": "p"}},
			SchemaString: `{"type":"struct","fields":[]}`, PartitionColumns: []string{"b", "a"},
			Configuration: map[string]string{"x": "", "delta.appendOnly": "true"}, CreatedTime: ptr(int64(1700000000000)),
			Extra: map[string]json.RawMessage{"later": raw(`[1]`)}},
	},
	{
		`{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":[],"configuration":{}}}`,
		&Metadata{ID: "i", Format: Format{"parquet", map[string]string{}}, SchemaString: "{}", PartitionColumns: []string{}, Configuration: map[string]string{}},
	},
	{
		`{"add":{"path":"p=x%2520y/a.parquet","partitionValues":{"a":null,"p":"x y"},"size":9007199254740993,"modificationTime":2,"dataChange":false,"stats":"{\"numRecords\":1}","tags":{"k":null,"l":"<&>"},"deletionVector":{"storageType":"u","pathOrInlineDv":"ab^-aqEH.-t@S}K{vb[*k^","offset":4,"sizeInBytes":40,"cardinality":6,"maxRowIndex":9},"baseRowId":0,"defaultRowCommitVersion":7,"clusteringProvider":"liquid"}}`,
		&AddFile{Path: "p=x%2520y/a.parquet", PartitionValues: map[string]*string{"p": ptr("x y"), "a": nil}, Size: 9007199254740993, ModificationTime: 2,
			Stats: `{"numRecords":1}`, Tags: map[string]*string{"k": nil, "l": ptr("<&>")},
			DeletionVector: &DeletionVector{StorageType: "u", PathOrInlineDV: "ab^-aqEH.-t@S}K{vb[*k^", Offset: ptr(int32(4)), SizeInBytes: 40, Cardinality: 6, MaxRowIndex: ptr(int64(9))},
			BaseRowID:      ptr(int64(0)), DefaultRowCommitVersion: ptr(int64(7)), ClusteringProvider: ptr("liquid")},
	},
	{addLine, plainAdd()},
	{
		`{"remove":{"path":"a","deletionTimestamp":1,"dataChange":true,"extendedFileMetadata":true,"partitionValues":{},"size":5,"tags":{},"deletionVector":{"storageType":"i","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1},"baseRowId":1,"defaultRowCommitVersion":2,"stats":"{}"}}`,
		&RemoveFile{Path: "a", DeletionTimestamp: ptr(int64(1)), DataChange: true, ExtendedFileMetadata: ptr(true), PartitionValues: map[string]*string{},
			Size: ptr(int64(5)), Tags: map[string]*string{}, DeletionVector: &DeletionVector{StorageType: "i", PathOrInlineDV: "x", SizeInBytes: 1, Cardinality: 1},
			BaseRowID: ptr(int64(1)), DefaultRowCommitVersion: ptr(int64(2)), Stats: "{}"},
	},
	{`{"remove":{"path":"a","dataChange":false}}`, &RemoveFile{Path: "a"}},
	{
		`{"cdc":{"path":"_change_data/a","partitionValues":{"p":"1"},"size":3,"tags":{"k":"v"},"dataChange":false}}`,
		&AddCDCFile{Path: "_change_data/a", PartitionValues: map[string]*string{"p": ptr("1")}, Size: 3, Tags: map[string]*string{"k": ptr("v")}},
	},
	{`{"txn":{"appId":"é\u0001\\\"/\u007F","version":-1,"lastUpdated":0}}`, &SetTransaction{"é\x01\\\"/\x7f", -1, ptr(int64(0))}},
	{`{"txn":{"appId":"","version":1}}`, &SetTransaction{"", 1, nil}},
	{`{"domainMetadata":{"domain":"d","configuration":"{\"a\":\"\\n\"}","removed":true}}`, &DomainMetadata{"d", `{"a":"\n"}`, true}},
	{`{"checkpointMetadata":{"version":9,"tags":{"sidecarNumActions":"5"}}}`, &CheckpointMetadata{9, map[string]*string{"sidecarNumActions": ptr("5")}}},
	{`{"sidecar":{"path":"x.parquet","sizeInBytes":1,"modificationTime":2,"tags":{}}}`, &Sidecar{"x.parquet", 1, 2, map[string]*string{}}},
}

func goldenLines() (lines []string) {
	for _, g := range golden {
		lines = append(lines, g.line)
	}
	return lines
}

func TestEveryActionIsReadAndWrittenAsSparkDoes(t *testing.T) {
	for _, g := range golden {
		got, err := Decode([]byte(g.line))
		if err != nil || !reflect.DeepEqual(got, g.action) {
			t.Errorf("%s\nis read as %+v, %v\nnot as     %+v", g.line, got, err, g.action)
		}
		// 0x7F needs no escape, and is written without.
		want := string(AppendAction(nil, got))
		if g.line[:6] != `{"txn"` && want != g.line {
			t.Errorf("%s\nis written as\n%s", g.line, want)
		}
	}
}

func TestControlCharactersAreEscapedAndNothingElse(t *testing.T) {
	got := string(AppendAction(nil, &SetTransaction{AppID: "\x00\x01\b\t\n\v\f\r\x1f \"\\/<>&'\x7f\u0080\u2028é\U0001F600"}))
	want := `{"txn":{"appId":"\u0000\u0001\b\t\n\u000B\f\r\u001F \"\\/<>&'` + "\x7f\u0080\u2028é\U0001F600" + `","version":0}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestRawJSONStaysOnItsLine(t *testing.T) {
	got := string(AppendAction(nil, &CommitInfo{Extra: map[string]json.RawMessage{
		"a": raw("{ \"x\" :\n [ 1 ,\t\"a b\\\" \\n\" ] }"), "b": raw("{broken"), "c": nil, "d": raw("\"\xff\""),
	}}))
	want := `{"commitInfo":{"a":{"x":[1,"a b\" \n"]},"b":null,"c":null,"d":null}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestKnownMembersWinOverExtraOnes(t *testing.T) {
	got := string(AppendAction(nil, &CommitInfo{Operation: "WRITE", Extra: map[string]json.RawMessage{"operation": raw(`7`), "txnId": raw(`8`)}}))
	if want := `{"commitInfo":{"operation":"WRITE","txnId":8}}`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCommitIsOneLineAnAction(t *testing.T) {
	got := string(EncodeCommit([]Action{&SetTransaction{AppID: "a"}, plainAdd()}))
	if want := `{"txn":{"appId":"a","version":0}}` + "\n" + addLine + "\n"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsNotUTF8IsWrittenAsReplacement(t *testing.T) {
	got := string(AppendAction(nil, &SetTransaction{AppID: "a\xffb\xc3"}))
	if want := `{"txn":{"appId":"a` + "\uFFFD" + `b` + "\uFFFD" + `","version":0}}`; got != want {
		t.Errorf("got %s", got)
	}
}
