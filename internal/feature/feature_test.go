package feature_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/internal/feature"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// protocol is "1 2" or "3 7 r:a,b w:a,b,c".
func protocol(t *testing.T, text string) *log.Protocol {
	t.Helper()
	p := &log.Protocol{}
	f := strings.Fields(text)
	if _, err := fmt.Sscan(f[0]+" "+f[1], &p.MinReaderVersion, &p.MinWriterVersion); err != nil {
		t.Fatal(err)
	}
	for _, list := range f[2:] {
		if names, is := strings.CutPrefix(list, "r:"); is {
			p.ReaderFeatures = strings.Split(names, ",")
		} else {
			p.WriterFeatures = strings.Split(list[2:], ",")
		}
	}
	return p
}

func spelled(p *log.Protocol) string {
	s := fmt.Sprint(p.MinReaderVersion, " ", p.MinWriterVersion)
	if p.ReaderFeatures != nil {
		s += " r:" + strings.Join(p.ReaderFeatures, ",")
	}
	if p.WriterFeatures != nil {
		s += " w:" + strings.Join(p.WriterFeatures, ",")
	}
	return s
}

func columns(t *testing.T, text string) *schema.Struct {
	t.Helper()
	s, err := schema.ParseColumns(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// with is a schema whose column, or a field deep inside of it, has a metadata
// key.
func with(t *testing.T, key string, deep bool) *schema.Struct {
	s := columns(t, "id bigint, s array<struct<x:int>>")
	md, err := schema.Metadata(nil).With(key, "1")
	if err != nil {
		t.Fatal(err)
	}
	if deep {
		s.Fields[1].Type.(*schema.Array).Element.(*schema.Struct).Fields[0].Metadata = md
	} else {
		s.Fields[0].Metadata = md
	}
	return s
}

// widened is a schema in which a field deep inside of it has a type change.
func widened(t *testing.T, from, to string) *schema.Struct {
	s := with(t, "comment", true)
	f := &s.Fields[1].Type.(*schema.Array).Element.(*schema.Struct).Fields[0]
	md, err := f.Metadata.With("delta.typeChanges", []map[string]string{{"fromType": from, "toType": to}})
	if err != nil {
		t.Fatal(err)
	}
	f.Metadata = md
	return s
}

// names are the features that an error refuses; empty if there is none.
func names(t *testing.T, err error, write bool) string {
	t.Helper()
	if err == nil {
		return ""
	}
	var u *feature.UnsupportedError
	if !errors.As(err, &u) || !errors.Is(err, feature.ErrUnsupported) {
		t.Fatal(err)
	}
	if u.Write != write {
		t.Errorf("%v: concerns writing only: %v, want %v", err, u.Write, write)
	}
	if !slices.IsSorted(u.Features) {
		t.Errorf("%v", u.Features)
	}
	for _, name := range u.Features {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
	return strings.Join(u.Features, ",")
}

// TestWhatAProtocolNeeds: which features of a protocol keep this library from
// reading, and from writing.
func TestWhatAProtocolNeeds(t *testing.T) {
	plain := columns(t, "id bigint")
	mapped := map[string]string{"delta.columnMapping.mode": "name"}
	for _, c := range []struct {
		protocol    string
		conf        map[string]string
		schema      *schema.Struct
		read, write string
	}{
		{"1 1", nil, plain, "", ""},
		{"1 2", nil, plain, "", ""},
		{"1 3", nil, plain, "", ""},
		{"1 4", nil, plain, "", ""},
		{"1 4", nil, with(t, "delta.generationExpression", false), "", "generatedColumns"},
		{"1 4", nil, with(t, "delta.generationExpression", true), "", "generatedColumns"},
		{"1 6", nil, with(t, "delta.identity.start", false), "", "identityColumns"},
		{"1 4", nil, with(t, "delta.identity.start", false), "", ""}, // identity columns begin with 6
		{"2 5", nil, plain, "", ""},
		{"2 5", map[string]string{"delta.columnMapping.mode": "none"}, plain, "", ""},
		{"2 5", mapped, plain, "", "columnMapping"},
		{"2 6", mapped, with(t, "delta.identity.start", false), "", "columnMapping,identityColumns"},
		{"2 5", map[string]string{"delta.columnMapping.mode": "colour"}, plain, "columnMapping colour", "columnMapping colour"},
		{"1 2", map[string]string{"delta.columnMapping.mode": "colour"}, plain, "", ""}, // it means nothing there,
		{"1 7 w:appendOnly,invariants,checkConstraints,changeDataFeed,domainMetadata,inCommitTimestamp", nil, plain, "", ""},
		{"1 7 w:allowColumnDefaults", nil, plain, "", ""},
		{"1 7 w:allowColumnDefaults", nil, with(t, "CURRENT_DEFAULT", true), "", "allowColumnDefaults"},
		{"1 7 w:rowTracking,domainMetadata", nil, plain, "", "rowTracking"},
		{"1 7 w:icebergCompatV1,icebergCompatV2,clustering", nil, plain, "", "clustering,icebergCompatV1,icebergCompatV2"},
		{"1 7 w:teleport", nil, plain, "", "teleport"},
		{"3 7 r:timestampNtz w:timestampNtz", nil, plain, "", ""},
		{"3 7 r:vacuumProtocolCheck w:vacuumProtocolCheck", nil, plain, "", ""},
		{"3 7 r:deletionVectors w:deletionVectors", nil, plain, "", "deletionVectors"},
		{"3 7 r:columnMapping w:columnMapping", nil, plain, "", ""},
		{"3 7 r:columnMapping w:columnMapping", mapped, plain, "", "columnMapping"},
		{"3 7 r:typeWidening w:typeWidening", nil, plain, "", ""},
		{"3 7 r:typeWidening w:typeWidening", nil, widened(t, "short", "integer"), "", "typeWidening"},
		{"3 7 r:typeWidening-preview w:typeWidening-preview", nil, widened(t, "short", "integer"), "", "typeWidening-preview"},
		{"3 7 r:typeWidening w:typeWidening", nil, widened(t, "integer", "short"), `typeWidening of "s.element.x" from int to smallint`, `typeWidening of "s.element.x" from int to smallint`},
		{"1 2", nil, widened(t, "integer", "short"), "", ""},
		{"3 7 r:v2Checkpoint w:v2Checkpoint", nil, plain, "", "v2Checkpoint"},
		{"3 7 r:v2Checkpoint,x w:v2Checkpoint,x,y", nil, plain, "x", "x"},
		{"3 7 r:catalogManaged w:catalogManaged,inCommitTimestamp", nil, plain, "", "catalogManaged"},
		{"3 7 r:variantType,variantShredding w:variantType,variantShredding", nil, columns(t, "v variant"), "", "variantShredding,variantType"},
		{"3 7 r:variantType-preview,variantShredding-preview w:variantType-preview,variantShredding-preview", nil, columns(t, "v variant"), "", "variantShredding-preview,variantType-preview"},
		{"4 7", nil, plain, "readerVersion 4", "readerVersion 4"},
		{"1 8", nil, plain, "", "writerVersion 8"},
		// A schema that cannot be parsed counts as using everything.
		{"1 4", nil, nil, "", "generatedColumns"},
		{"3 7 r:typeWidening w:typeWidening", nil, nil, "", "typeWidening"},
	} {
		p, md := protocol(t, c.protocol), &log.Metadata{Configuration: c.conf}
		if got := names(t, feature.CheckRead(p, md, c.schema), false); got != c.read {
			t.Errorf("%s, %v, %v: reading lacks %q, want %q", c.protocol, c.conf, c.schema, got, c.read)
		}
		if got := names(t, feature.CheckWrite(p, md, c.schema), c.read == ""); got != c.write {
			t.Errorf("%s, %v, %v: writing lacks %q, want %q", c.protocol, c.conf, c.schema, got, c.write)
		}
	}
}

// TestNewTablesGetTheLowestProtocol, and one that this library accepts, or
// refuses by the name of what it lacks.
func TestNewTablesGetTheLowestProtocol(t *testing.T) {
	for _, c := range []struct {
		conf   map[string]string
		schema *schema.Struct
		want   string
		lacks  string
	}{
		{nil, columns(t, "id bigint"), "1 2", ""},
		{map[string]string{"delta.appendOnly": "true", "delta.logRetentionDuration": "interval 1 day", "owner": "me"}, columns(t, "id bigint"), "1 2", ""},
		{map[string]string{"delta.constraints.c": "id > 0"}, columns(t, "id bigint"), "1 3", ""},
		{map[string]string{"delta.enableChangeDataFeed": "true"}, columns(t, "id bigint"), "1 4", ""},
		{map[string]string{"delta.enableChangeDataFeed": "false"}, columns(t, "id bigint"), "1 2", ""},
		{map[string]string{"delta.columnMapping.mode": "none"}, columns(t, "id bigint"), "1 2", ""},
		{map[string]string{"delta.columnMapping.mode": "id"}, columns(t, "id bigint"), "2 5", "columnMapping"},
		{nil, with(t, "delta.generationExpression", true), "1 4", "generatedColumns"},
		{nil, with(t, "delta.identity.start", false), "1 6", "identityColumns"},
		{nil, with(t, "CURRENT_DEFAULT", false), "1 7 w:allowColumnDefaults,appendOnly,invariants", "allowColumnDefaults"},
		{nil, columns(t, "a array<struct<m:map<string,timestamp_ntz>>>"), "3 7 r:timestampNtz w:appendOnly,invariants,timestampNtz", ""},
		{map[string]string{"delta.enableInCommitTimestamps": "true", "delta.constraints.c": "id > 0"}, columns(t, "id bigint"), "1 7 w:appendOnly,checkConstraints,inCommitTimestamp,invariants", ""},
		{map[string]string{"delta.enableDeletionVectors": "true"}, columns(t, "id bigint"), "3 7 r:deletionVectors w:appendOnly,deletionVectors,invariants", "deletionVectors"},
		{map[string]string{"delta.checkpointPolicy": "v2"}, columns(t, "id bigint"), "3 7 r:v2Checkpoint w:appendOnly,invariants,v2Checkpoint", "v2Checkpoint"},
	} {
		p := feature.ForNewTable(c.schema, c.conf)
		if got := spelled(p); got != c.want {
			t.Errorf("%v, %v: protocol %s, want %s", c.conf, c.schema, got, c.want)
		}
		err := feature.CheckWrite(p, &log.Metadata{Configuration: c.conf}, c.schema)
		if got := names(t, err, feature.CheckRead(p, &log.Metadata{Configuration: c.conf}, c.schema) == nil); got != c.lacks {
			t.Errorf("%v, %v: lacks %q, want %q", c.conf, c.schema, got, c.lacks)
		}
	}
}

func TestUpgradesThatLeaveStagedWorkValid(t *testing.T) {
	for _, c := range []struct{ from, to, culprit string }{
		{"1 2", "1 2", ""},
		{"1 2", "1 1", "appendOnly"}, // dropped
		{"1 1", "1 2", "invariants"}, // rows may break a rule that was not there
		{"1 2", "1 3", "checkConstraints"},
		{"1 2", "1 7 w:appendOnly,invariants", ""},
		{"1 2", "1 7 w:appendOnly", "invariants"},
		{"1 2", "1 7 w:appendOnly,invariants,domainMetadata,rowTracking,inCommitTimestamp", ""},
		{"1 2", "3 7 r:deletionVectors w:appendOnly,invariants,deletionVectors", ""},
		{"1 2", "1 7 w:appendOnly,invariants,teleport", "teleport"},
		{"1 7 w:appendOnly,invariants,rowTracking", "1 7 w:appendOnly,invariants", "rowTracking"},
	} {
		culprit, ok := feature.UpgradeIsSafe(protocol(t, c.from), protocol(t, c.to))
		if culprit != c.culprit || ok != (c.culprit == "") {
			t.Errorf("from %s to %s: %q, %v; want %q", c.from, c.to, culprit, ok, c.culprit)
		}
	}
}

func TestPropertiesAreSpelledAsTheProtocolDoes(t *testing.T) {
	got, err := feature.Normalize(map[string]string{
		"DELTA.APPENDONLY": "TRUE", "delta.CheckpointInterval": "5", "delta.constraints.Positive": "ID > 0", "Owner": "Me", "deltaX": "y",
		"delta.targetFileSize": "128mb", "delta.dataSkippingNumIndexedCols": "-1", "delta.deletedFileRetentionDuration": "interval 2 weeks 3 hours",
	})
	want := map[string]string{
		"delta.appendOnly": "true", "delta.checkpointInterval": "5", "delta.constraints.positive": "ID > 0", "Owner": "Me", "deltaX": "y",
		"delta.targetFileSize": "128mb", "delta.dataSkippingNumIndexedCols": "-1", "delta.deletedFileRetentionDuration": "interval 2 weeks 3 hours",
	}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
	for name, value := range map[string]string{
		"delta.unknown": "1", "delta.": "", "delta.constraints.": "a", "delta.appendOnly": "1", "delta.checkpointInterval": "0",
		"delta.checkpointPolicy": "V2", "delta.columnMapping.mode": "names", "delta.dataSkippingNumIndexedCols": "-2",
		"delta.isolationLevel": "Strict", "delta.logRetentionDuration": "7", "delta.targetFileSize": "-1mb",
	} {
		var p *feature.PropertyError
		if _, err := feature.Normalize(map[string]string{name: value}); !errors.As(err, &p) || p.Name != name || p.Value != value || p.Reason == "" {
			t.Errorf("%s = %s: %v", name, value, err)
		}
	}
	if _, err := feature.Normalize(map[string]string{"delta.appendOnly": "true", "Delta.AppendOnly": "true"}); err == nil {
		t.Error("one property twice")
	}
}

func TestValuesOfProperties(t *testing.T) {
	conf := func(v string) map[string]string { return map[string]string{"p": v} }
	for text, want := range map[string]int64{
		"": 7, "x": 7, "0": 7, "-1": 7, "100": 100, "1k": 1 << 10, "2kb": 2 << 10, " 3 MB ": 3 << 20, "1g": 1 << 30, "1tb": 1 << 40, "100b": 100,
		"8388608t": 7, "4194304t": 1 << 62, "1pb": 7, "b": 7, "1.5mb": 7,
	} {
		if got := feature.Size(conf(text), "p", 7); got != want {
			t.Errorf("size %q is %d, want %d", text, got, want)
		}
	}
	for text, want := range map[string]time.Duration{
		"": 7, "interval": 7, "1": 7, "day": 7, "1 fortnight": 7, "-1 day": 7, "interval 30 days": 30 * 24 * time.Hour, "1 DAY": 24 * time.Hour,
		"2 weeks": 14 * 24 * time.Hour, "interval 1 week 2 hours 3 minutes 4 seconds 5 milliseconds 6 microseconds": 7*24*time.Hour + 2*time.Hour + 3*time.Minute + 4*time.Second + 5*time.Millisecond + 6*time.Microsecond,
		"9223372036854775807 weeks": 7, "100000 weeks 100000 weeks": 7,
	} {
		if got := feature.Duration(conf(text), "p", 7); got != want {
			t.Errorf("duration %q is %v, want %v", text, got, want)
		}
	}
	for text, want := range map[string]bool{"": true, "false": false, "FALSE": false, "True": true, "no": true} {
		if got := feature.Bool(conf(text), "p", true); got != want {
			t.Errorf("boolean %q is %v", text, got)
		}
	}
	for text, want := range map[string]int64{"": 7, "5": 5, "-5": -5, "5.0": 7} {
		if got := feature.Int(conf(text), "p", 7); got != want {
			t.Errorf("number %q is %v", text, got)
		}
	}
}

func TestProtocolsThatDoNotListTheirFeaturesAreCorrupt(t *testing.T) {
	for _, text := range []string{"1 7", "3 7", "3 7 w:appendOnly", "3 2 r:timestampNtz"} {
		err := feature.CheckRead(protocol(t, text), &log.Metadata{}, columns(t, "id bigint"))
		if want := text != "3 2 r:timestampNtz"; errors.Is(err, log.ErrCorrupt) != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}
