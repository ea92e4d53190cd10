package log

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func ptr[T any](v T) *T { return &v }

// mustDecode is the action on a line.
func mustDecode[A Action](t *testing.T, line string) A {
	t.Helper()
	got, err := Decode([]byte(line))
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	a, ok := got.(A)
	if !ok {
		t.Fatalf("%s is a %T", line, got)
	}
	return a
}

const addLine = `{"add":{"path":"a.parquet","partitionValues":{},"size":100,"modificationTime":1,"dataChange":true}}`

func plainAdd() *AddFile {
	return &AddFile{Path: "a.parquet", PartitionValues: map[string]*string{}, Size: 100, ModificationTime: 1, DataChange: true}
}

func TestUnknownMembersAreIgnored(t *testing.T) { // edge case 1
	line := strings.Replace(addLine, `"size"`, `"future":{"deep":[1,{"x":null}]},"size"`, 1)
	if got := mustDecode[*AddFile](t, line); !reflect.DeepEqual(got, plainAdd()) {
		t.Errorf("got %+v", got)
	}
	m := mustDecode[*Metadata](t, `{"metaData":{"id":"i","format":{"provider":"parquet","options":{},"more":1},"schemaString":"{}","partitionColumns":[],"configuration":{},"future":{"a" : 1},"none":null}}`)
	if want := map[string]json.RawMessage{"future": json.RawMessage(`{"a" : 1}`)}; !reflect.DeepEqual(m.Extra, want) {
		t.Errorf("metadata keeps %s, want %s", m.Extra, want)
	}
}

func TestUnknownActionsAreIgnored(t *testing.T) { // edge case 2
	for _, line := range []string{`{"futureAction":{"add":{"path":""}}}`, `{}`, `{"add":null}`, `{"x":[],"remove":null}`} {
		if a, err := Decode([]byte(line)); a != nil || err != nil {
			t.Errorf("%s is %v, %v", line, a, err)
		}
	}
	line := strings.Replace(addLine, `{"add"`, `{"futureAction":[1],"remove":null,"add"`, 1)
	if got := mustDecode[*AddFile](t, line); got.Path != "a.parquet" {
		t.Errorf("beside an unknown action: %+v", got)
	}
}

func TestQuotedIntegersAreReadAndNotWritten(t *testing.T) { // edge case 3
	line := strings.Replace(addLine, `"size":100`, `"size":"100"`, 1)
	got := mustDecode[*AddFile](t, line)
	if got.Size != 100 {
		t.Errorf("size is %d", got.Size)
	}
	if text := AppendAction(nil, got); string(text) != addLine {
		t.Errorf("written as %s", text)
	}
}

func TestFormatWithoutOptionsIsReadAndWrittenWithThem(t *testing.T) { // edge case 4
	m := mustDecode[*Metadata](t, `{"metaData":{"id":"i","format":{"provider":"parquet"},"schemaString":"{}","partitionColumns":[]}}`)
	want := `{"metaData":{"id":"i","format":{"provider":"parquet","options":{}},"schemaString":"{}","partitionColumns":[],"configuration":{}}}`
	if got := AppendAction(nil, m); string(got) != want {
		t.Errorf("written as %s", got)
	}
}

func TestLinesMayBeBlankEndInCRLFOrNotAtAll(t *testing.T) { // edge cases 5, 8
	txn := `{"txn":{"appId":"x","version":1}}`
	for _, body := range []string{
		addLine + "\n" + txn, addLine + "\r\n" + txn + "\r\n", "\n\n" + addLine + "\n \t\r\n" + txn + "\n\n", "\ufeff" + addLine + "\n" + txn,
	} {
		got, err := ReadActions([]byte(body), nil)
		want := []Action{plainAdd(), &SetTransaction{AppID: "x", Version: 1}}
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %v, %v", body, got, err)
		}
	}
}

func TestEmptyCommitHasNoActions(t *testing.T) { // edge case 6
	for _, body := range []string{"", "\n", "\ufeff", "\ufeff\r\n"} {
		if got, err := ReadActions([]byte(body), nil); len(got) != 0 || err != nil {
			t.Errorf("%q: %v, %v", body, got, err)
		}
	}
}

func TestCutLineIsAnErrorWhereverItIsCut(t *testing.T) { // edge case 7
	body := addLine + "\n" + addLine
	for n := len(addLine) + 2; n < len(body); n++ {
		got, err := ReadActions([]byte(body[:n]), nil)
		var corrupt *CorruptError
		if !errors.As(err, &corrupt) || corrupt.Line != 2 || got != nil {
			t.Fatalf("cut after %d bytes: %v, %v", n, got, err)
		}
	}
}

func TestLongLinesAreRead(t *testing.T) { // edge case 10
	schema := strings.Repeat(`é\"`, 1<<20)
	m := mustDecode[*Metadata](t, `{"metaData":{"id":"i","schemaString":"`+schema+`"}}`)
	if m.SchemaString != strings.Repeat(`é"`, 1<<20) {
		t.Error("the schema is not what it was")
	}
}

func TestOperationParametersMayBeAnything(t *testing.T) { // edge case 11
	c := mustDecode[*CommitInfo](t, `{"commitInfo":{"timestamp":1,"operation":"X","operationParameters":{"auto":false,"description":null,"n":1.50,"list":[ 1 ],"s":"[]"},"operationMetrics":{"a":"1","b":2}}}`)
	want := map[string]json.RawMessage{"auto": raw(`false`), "description": raw(`null`), "n": raw(`1.50`), "list": raw(`[ 1 ]`), "s": raw(`"[]"`)}
	if !reflect.DeepEqual(c.OperationParameters, want) {
		t.Errorf("parameters %s", c.OperationParameters)
	}
	if want := map[string]json.RawMessage{"a": raw(`"1"`), "b": raw(`2`)}; !reflect.DeepEqual(c.OperationMetrics, want) {
		t.Errorf("metrics %s", c.OperationMetrics)
	}
}

func raw(s string) json.RawMessage { return json.RawMessage(s) }

func TestCommitInfoOfAnyShapeIsKept(t *testing.T) {
	c := mustDecode[*CommitInfo](t, `{"commitInfo":{"timestamp":"soon","operation":7,"isBlindAppend":"yes","tags":{"a":1},"readVersion":1.5,"operationParameters":[],"txnId":"t","mine":{"x":1},"version":9,"job":null}}`)
	want := &CommitInfo{TxnID: "t", Extra: map[string]json.RawMessage{"timestamp": raw(`"soon"`), "operation": raw(`7`), "isBlindAppend": raw(`"yes"`),
		"tags": raw(`{"a":1}`), "readVersion": raw(`1.5`), "operationParameters": raw(`[]`), "mine": raw(`{"x":1}`)}}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got %+v", c)
	}
}

func TestUnusableStatisticsAreNoError(t *testing.T) { // edge case 12
	for text, want := range map[string]string{`""`: "", `null`: "", `"{not json"`: "{not json", `"{\"numRecords\":1}"`: `{"numRecords":1}`} {
		if got := mustDecode[*AddFile](t, strings.Replace(addLine, `"size"`, `"stats":`+text+`,"size"`, 1)); got.Stats != want {
			t.Errorf("stats %s are %q", text, got.Stats)
		}
	}
}

func TestNullIsTheSameAsAbsent(t *testing.T) { // edge case 13
	for null, absent := range map[string]string{
		`{"add":{"path":"a","partitionValues":null,"size":1,"modificationTime":null,"dataChange":null,"stats":null,"tags":null,"deletionVector":null,"baseRowId":null,"defaultRowCommitVersion":null,"clusteringProvider":null}}`: `{"add":{"path":"a","size":1}}`,
		`{"remove":{"path":"a","deletionTimestamp":null,"dataChange":null,"extendedFileMetadata":null,"partitionValues":null,"size":null,"stats":null,"tags":null,"deletionVector":null,"baseRowId":null}}`:                       `{"remove":{"path":"a"}}`,
		`{"cdc":{"path":"a","partitionValues":null,"size":1,"tags":null}}`:                                                                                         `{"cdc":{"path":"a","size":1}}`,
		`{"metaData":{"id":"i","name":null,"description":null,"format":null,"schemaString":"{}","partitionColumns":null,"configuration":null,"createdTime":null}}`: `{"metaData":{"id":"i","schemaString":"{}"}}`,
		`{"protocol":{"minReaderVersion":1,"minWriterVersion":2,"readerFeatures":null,"writerFeatures":null}}`:                                                     `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`,
		`{"txn":{"appId":"a","version":1,"lastUpdated":null}}`:                                                                                                     `{"txn":{"appId":"a","version":1}}`,
		`{"domainMetadata":{"domain":"d","configuration":null,"removed":null}}`:                                                                                    `{"domainMetadata":{"domain":"d"}}`,
		`{"commitInfo":{"timestamp":null,"operation":null,"operationParameters":null,"tags":null,"other":null}}`:                                                   `{"commitInfo":{}}`,
		`{"checkpointMetadata":{"version":1,"tags":null}}`:                                                                                                         `{"checkpointMetadata":{"version":1}}`,
		`{"sidecar":{"path":"a","sizeInBytes":1,"modificationTime":null,"tags":null}}`:                                                                             `{"sidecar":{"path":"a","sizeInBytes":1}}`,
		`{"add":{"path":"a","size":1,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":null,"sizeInBytes":1,"cardinality":1,"maxRowIndex":null}}}`: `{"add":{"path":"a","size":1,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}}}`,
	} {
		a, b := mustDecode[Action](t, null), mustDecode[Action](t, absent)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("%s\n is %+v\n not %+v", null, a, b)
		}
	}
}

func TestRemoveWithoutATimeHasExpired(t *testing.T) { // edge case 14
	r := mustDecode[*RemoveFile](t, `{"remove":{"path":"a"}}`)
	if r.DeletionTimestamp != nil || !r.DataChange {
		t.Errorf("got %+v", r)
	}
}

func TestLargeIntegersAreExact(t *testing.T) { // edge case 15
	a := mustDecode[*AddFile](t, `{"add":{"path":"a","size":9007199254740993,"baseRowId":9223372036854775807,"defaultRowCommitVersion":1.5E12,"stats":"{\"numRecords\":9007199254740993}"}}`)
	if a.Size != 9007199254740993 || *a.BaseRowID != 9223372036854775807 || *a.DefaultRowCommitVersion != 1500000000000 || a.Stats != `{"numRecords":9007199254740993}` {
		t.Errorf("got %+v", a)
	}
}

func TestWhatTwoEnginesWouldReadDifferentlyIsRefused(t *testing.T) {
	for story, line := range map[string]string{
		"two actions":                `{"add":{"path":"a","size":1},"remove":{"path":"b"}}`,
		"one action twice":           `{"add":{"path":"a","size":1},"add":{"path":"b","size":1}}`,
		"a member twice":             `{"add":{"path":"a","path":"b","size":1}}`,
		"a member null, then not":    `{"add":{"path":"a","size":null,"size":1}}`,
		"a partition column twice":   `{"add":{"path":"a","size":1,"partitionValues":{"p":"1","p":"2"}}}`,
		"a property twice":           `{"metaData":{"id":"i","schemaString":"{}","configuration":{"k":"1","k":"2"}}}`,
		"no path":                    `{"add":{"size":1}}`,
		"an empty path":              `{"add":{"path":"","size":1}}`,
		"no size":                    `{"add":{"path":"a"}}`,
		"a size with a fraction":     `{"add":{"path":"a","size":1.5}}`,
		"a size beyond 64 bits":      `{"add":{"path":"a","size":9223372036854775808}}`,
		"a quoted boolean":           `{"add":{"path":"a","size":1,"dataChange":"true"}}`,
		"a number in a map":          `{"add":{"path":"a","size":1,"partitionValues":{"p":1}}}`,
		"statistics as an object":    `{"add":{"path":"a","size":1,"stats":{}}}`,
		"a list for an object":       `{"add":[]}`,
		"a string for an object":     `{"add":"a"}`,
		"no reader version":          `{"protocol":{"minWriterVersion":2}}`,
		"the wrong protocol keys":    `{"protocol":{"readerVersion":1,"writerVersion":2}}`,
		"a protocol beyond 32 bits":  `{"protocol":{"minReaderVersion":4294967297,"minWriterVersion":2}}`,
		"features that are no list":  `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":"x"}}`,
		"a feature that is null":     `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[null]}}`,
		"no table id":                `{"metaData":{"schemaString":"{}"}}`,
		"no schema":                  `{"metaData":{"id":"i"}}`,
		"no application":             `{"txn":{"version":1}}`,
		"no application version":     `{"txn":{"appId":"a"}}`,
		"no domain":                  `{"domainMetadata":{"configuration":""}}`,
		"a vector without a type":    `{"add":{"path":"a","size":1,"deletionVector":{"pathOrInlineDv":"x","sizeInBytes":1,"cardinality":1}}}`,
		"an offset beyond 32 bits":   `{"add":{"path":"a","size":1,"deletionVector":{"storageType":"u","pathOrInlineDv":"x","offset":2147483648,"sizeInBytes":1,"cardinality":1}}}`,
		"text that is not UTF-8":     "{\"add\":{\"path\":\"\xff\",\"size\":1}}",
		"half a surrogate pair":      `{"add":{"path":"\ud83d","size":1}}`,
		"damage in an unknown place": `{"future":{"x":[}}}`,
		"more after the action":      `{"txn":{"appId":"a","version":1}} {}`,
		"no object":                  `[]`,
		"null":                       `null`,
		"a BOM in the middle":        "\ufeff{}",
	} {
		if a, err := Decode([]byte(line)); !errors.Is(err, ErrCorrupt) || a != nil {
			t.Errorf("%s: %s is %+v, %v", story, line, a, err)
		}
	}
}

func TestDecodeErrorsNameTheLineAndTheMember(t *testing.T) {
	_, err := ReadActions([]byte(addLine+"\n\n"+`{"add":{"path":"a","size":1,"tags":{"t":5}}}`), nil)
	want := `line 3: add: tags: t: byte 40 is '5' where a string was expected`
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestLimitsAreKept(t *testing.T) {
	nested := `{"x":` + strings.Repeat("[", 499) + strings.Repeat("]", 499) + `}`
	if _, err := Decode([]byte(nested)); err != nil {
		t.Errorf("500 deep: %v", err)
	}
	for _, c := range []struct {
		body   string
		limits *Limits
		want   LimitError
	}{
		{`{"x":[` + nested + `]}`, nil, LimitError{Line: 1, What: "Depth", Limit: 500}},
		{strings.Repeat("[", 1<<20), nil, LimitError{}},
		{`{}` + "\n" + addLine, &Limits{LineBytes: 50}, LimitError{Line: 2, What: "LineBytes", Limit: 50}},
		{addLine, &Limits{CommitBytes: 50}, LimitError{What: "CommitBytes", Limit: 50}},
		{`{"add":{"x":{}}}`, &Limits{Depth: 2}, LimitError{Line: 1, What: "Depth", Limit: 2}},
		{`{"x":` + strings.Repeat("[", 1<<20), &Limits{Depth: 1 << 30}, LimitError{Line: 1, What: "Depth", Limit: 10_000}},
	} {
		_, err := ReadActions([]byte(c.body), c.limits)
		if c.want == (LimitError{}) { // not even an object: corrupt before it is deep
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%.40s…: %v", c.body, err)
			}
			continue
		}
		var limit *LimitError
		if !errors.As(err, &limit) || *limit != c.want || !errors.Is(err, ErrLimit) {
			t.Errorf("%.40s…: %v, want %v", c.body, err, &c.want)
		}
	}
}

func TestLinesKeepTheirOrder(t *testing.T) { // edge case 53: the order says which of the two counts
	body := `{"add":{"path":"a","size":1}}` + "\n" + `{"remove":{"path":"a"}}` + "\n" + `{"add":{"path":"a","size":2}}`
	actions, err := ReadActions([]byte(body), nil)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range actions {
		got = append(got, fmt.Sprintf("%T", a))
	}
	if want := "[*log.AddFile *log.RemoveFile *log.AddFile]"; fmt.Sprint(got) != want {
		t.Errorf("order %v", got)
	}
}

func TestDecodingCanStopEarly(t *testing.T) {
	n := 0
	for a, err := range DecodeCommit([]byte(addLine+"\n"+addLine+"\nbroken"), nil) {
		if a == nil || err != nil {
			t.Fatal(a, err)
		}
		if n++; n == 2 {
			break
		}
	}
}

func TestActionsShareNoMemoryWithTheText(t *testing.T) {
	body := []byte(`{"add":{"path":"some/path","partitionValues":{"p":"value"},"size":1,"stats":"{}","tags":{"t":"u"}}}` + "\n" +
		`{"commitInfo":{"operation":"WRITE","x":{"y":1},"operationParameters":{"a":"b"}}}`)
	got, err := ReadActions(body, nil)
	if err != nil {
		t.Fatal(err)
	}
	before := string(EncodeCommit(got))
	for i := range body {
		body[i] = 'X'
	}
	if after := string(EncodeCommit(got)); after != before {
		t.Errorf("overwriting the text changed %s to %s", before, after)
	}
}
