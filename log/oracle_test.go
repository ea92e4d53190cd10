package log

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// oracle reads a line with encoding/json and the rules of doc.go written down
// a second time, slowly. It does not see members that are given twice.
func oracle(line []byte) (a Action, err error) {
	defer func() {
		if r := recover(); r != nil {
			a, err = nil, fmt.Errorf("%v", r)
		}
	}()
	if len(strings.Trim(string(line), " \t\r\n")) == 0 {
		return nil, nil
	}
	v, err := unmarshal(line)
	if err != nil {
		return nil, err
	}
	for name, body := range mapOf(v) {
		if read := oracles[name]; read != nil && body != nil {
			if a != nil {
				return nil, errors.New("two actions")
			}
			a = read(mapOf(body))
		}
	}
	return a, nil
}

type anyMap = map[string]any

var oracles = map[string]func(anyMap) Action{
	"add": func(m anyMap) Action {
		return &AddFile{Path: must(textOf(m["path"])), PartitionValues: orEmpty(textsOf(m["partitionValues"])), Size: *intOf(m["size"]),
			ModificationTime: orZero(intOf(m["modificationTime"])), DataChange: boolOf(m["dataChange"], true), Stats: textOf(m["stats"]),
			Tags: textsOf(m["tags"]), DeletionVector: vectorOf(m["deletionVector"]), BaseRowID: intOf(m["baseRowId"]),
			DefaultRowCommitVersion: intOf(m["defaultRowCommitVersion"]), ClusteringProvider: optTextOf(m["clusteringProvider"])}
	},
	"remove": func(m anyMap) Action {
		r := &RemoveFile{Path: must(textOf(m["path"])), DeletionTimestamp: intOf(m["deletionTimestamp"]), DataChange: boolOf(m["dataChange"], true),
			PartitionValues: textsOf(m["partitionValues"]), Size: intOf(m["size"]), Stats: textOf(m["stats"]), Tags: textsOf(m["tags"]),
			DeletionVector: vectorOf(m["deletionVector"]), BaseRowID: intOf(m["baseRowId"]), DefaultRowCommitVersion: intOf(m["defaultRowCommitVersion"])}
		if x := m["extendedFileMetadata"]; x != nil {
			r.ExtendedFileMetadata = ptr(x.(bool))
		}
		return r
	},
	"cdc": func(m anyMap) Action {
		return &AddCDCFile{Path: must(textOf(m["path"])), PartitionValues: orEmpty(textsOf(m["partitionValues"])), Size: *intOf(m["size"]), Tags: textsOf(m["tags"])}
	},
	"txn": func(m anyMap) Action {
		return &SetTransaction{AppID: *optTextOf(m["appId"]), Version: *intOf(m["version"]), LastUpdated: intOf(m["lastUpdated"])}
	},
	"domainMetadata": func(m anyMap) Action {
		return &DomainMetadata{Domain: must(textOf(m["domain"])), Configuration: textOf(m["configuration"]), Removed: boolOf(m["removed"], false)}
	},
	"protocol": func(m anyMap) Action {
		return &Protocol{MinReaderVersion: int(*int32Of(m["minReaderVersion"])), MinWriterVersion: int(*int32Of(m["minWriterVersion"])),
			ReaderFeatures: listOf(m["readerFeatures"]), WriterFeatures: listOf(m["writerFeatures"])}
	},
	"checkpointMetadata": func(m anyMap) Action {
		return &CheckpointMetadata{Version: Version(*intOf(m["version"])), Tags: textsOf(m["tags"])}
	},
	"sidecar": func(m anyMap) Action {
		return &Sidecar{Path: must(textOf(m["path"])), SizeInBytes: *intOf(m["sizeInBytes"]), ModificationTime: orZero(intOf(m["modificationTime"])), Tags: textsOf(m["tags"])}
	},
}

func mapOf(v any) anyMap { return v.(anyMap) }

func must(s string) string {
	if s == "" {
		panic("missing")
	}
	return s
}

func textOf(v any) string {
	if v == nil {
		return ""
	}
	return v.(string)
}

func optTextOf(v any) *string {
	if v == nil {
		return nil
	}
	return ptr(v.(string))
}

func boolOf(v any, absent bool) bool {
	if v == nil {
		return absent
	}
	return v.(bool)
}

func intOf(v any) *int64 {
	switch v := v.(type) {
	case nil:
		return nil
	case json.Number:
		r, ok := new(big.Rat).SetString(string(v))
		if !ok || !r.IsInt() || !r.Num().IsInt64() {
			panic("no int64")
		}
		return ptr(r.Num().Int64())
	case string:
		n, ok := new(big.Int).SetString(v, 10)
		if !ok || !n.IsInt64() || strings.HasPrefix(v, "+") {
			panic("no int64")
		}
		return ptr(n.Int64())
	}
	panic("no integer")
}

func int32Of(v any) *int32 {
	n := intOf(v)
	if n == nil {
		return nil
	}
	if *n != int64(int32(*n)) {
		panic("no int32")
	}
	return ptr(int32(*n))
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

func textsOf(v any) map[string]*string {
	if v == nil {
		return nil
	}
	m := map[string]*string{}
	for k, v := range mapOf(v) {
		m[k] = optTextOf(v)
	}
	return m
}

func orEmpty(m map[string]*string) map[string]*string {
	if m == nil {
		m = map[string]*string{}
	}
	return m
}

func listOf(v any) []string {
	if v == nil {
		return nil
	}
	l := []string{}
	for _, e := range v.([]any) {
		l = append(l, e.(string))
	}
	return l
}

func vectorOf(v any) *DeletionVector {
	if v == nil {
		return nil
	}
	m := mapOf(v)
	return &DeletionVector{StorageType: must(textOf(m["storageType"])), PathOrInlineDV: textOf(m["pathOrInlineDv"]), Offset: int32Of(m["offset"]),
		SizeInBytes: *int32Of(m["sizeInBytes"]), Cardinality: *intOf(m["cardinality"]), MaxRowIndex: intOf(m["maxRowIndex"])}
}

// checkDecode compares Decode with the oracle, and with itself after writing.
func checkDecode(t *testing.T, line []byte) {
	if hugeExponent(line) {
		return // big.Rat would take it literally
	}
	got, err := Decode(line)
	if err != nil && (stricter(line, err) || repeats(line)) {
		return
	}
	if !hasInfoOrMetadata(line) && !repeats(line) { // which the oracle does not know
		want, wantErr := oracle(line)
		if (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: Decode says %v, the oracle %v", line, err, wantErr)
		}
		if err == nil && !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: Decode reads %+v, the oracle %+v", line, got, want)
		}
	}
	if err != nil || got == nil {
		return
	}
	text := AppendAction(nil, got)
	if !json.Valid(text) || !utf8.Valid(text) || strings.ContainsAny(string(text), "\n\r") {
		t.Fatalf("%q is written as %q", line, text)
	}
	again, err := Decode(text)
	if err != nil {
		t.Fatalf("%q is written as %q: %v", line, text, err)
	}
	if second := AppendAction(nil, again); string(second) != string(text) {
		t.Fatalf("%q is written as %q, then as %q", line, text, second)
	}
}

// repeats reports whether an object in the text has a member twice, which
// encoding/json does not mind.
func repeats(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	var open []map[string]bool // nil for an array
	name := false              // the next string is a member's name
	for {
		token, err := d.Token()
		if err != nil {
			return false
		}
		inObject := len(open) > 0 && open[len(open)-1] != nil
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				open, name = append(open, map[string]bool{}), true
			case '[':
				open, name = append(open, nil), false
			default:
				open = open[:len(open)-1]
				name = len(open) > 0 && open[len(open)-1] != nil
			}
			continue
		case string:
			if inObject && name {
				if open[len(open)-1][token] {
					return true
				}
				open[len(open)-1][token] = true
				name = false
				continue
			}
		}
		name = inObject
	}
}

func hugeExponent(line []byte) bool {
	for _, part := range strings.FieldsFunc(strings.ToLower(string(line)), func(r rune) bool { return !strings.ContainsRune("0123456789.e+-", r) }) {
		if _, exp, ok := strings.Cut(part, "e"); ok && len(strings.TrimLeft(exp, "+-0")) > 4 {
			return true
		}
	}
	return false
}

func hasInfoOrMetadata(line []byte) bool {
	v, err := unmarshal(line)
	m, ok := v.(anyMap)
	return err == nil && ok && (m["commitInfo"] != nil || m["metaData"] != nil)
}

func FuzzDecode(f *testing.F) {
	for _, line := range decodeSeeds {
		f.Add([]byte(line))
	}
	f.Fuzz(checkDecode)
}

var decodeSeeds = append(goldenLines(),
	addLine, ` `, `{}`, `{"add":null}`, `{"futureAction":{}}`, `[]`, `null`, `{"add":{"path":"a","size":"100"}}`,
	`{"add":{"path":"a","size":1.5E12,"partitionValues":{"p":null,"q":"\u00e9"}}}`, `{"remove":{"path":"a","dataChange":false,"deletionTimestamp":1e3}}`,
	`{"add":{"path":"a","path":"b","size":1}}`, `{"commitInfo":{"timestamp":"x","tags":{"a":1},"operationParameters":{"a": [ 1, "\n" ]}}}`,
	`{"metaData":{"id":"i","schemaString":"{}","x":{"y":[1 , 2]}}}`, `{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"readerFeatures":[],"writerFeatures":["a"]}}`,
)

func TestDecodeAgreesWithTheOracle(t *testing.T) {
	for _, line := range decodeSeeds {
		checkDecode(t, []byte(line))
	}
}

// TestMutatedLinesAgreeWithTheOracle changes good lines at random: cheap, and
// deeper than what a fuzzer finds in the time that CI has.
func TestMutatedLinesAgreeWithTheOracle(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	tokens := []string{`null`, `1`, `-1`, `1.0`, `"1"`, `true`, `""`, `{}`, `[]`, `"a"`, `,`, `:`, `{`, `}`, `"`, `\`, `\u0041`, ` `, `e5`, `9007199254740993`, "\xff"}
	for range 20_000 {
		line := []byte(decodeSeeds[r.IntN(len(decodeSeeds))])
		for range 1 + r.IntN(3) {
			at := r.IntN(len(line) + 1)
			cut := min(at+r.IntN(8), len(line))
			line = append(append(append([]byte(nil), line[:at]...), tokens[r.IntN(len(tokens))]...), line[cut:]...)
		}
		checkDecode(t, line)
	}
}
