package table_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
	"github.com/foreset/foreset/storage"
	"github.com/foreset/foreset/table"
)

// The edge cases of log text (A) and of paths and partition values (B), each by
// its number, as a user of a table meets them. What belongs to one package alone
// is tested there, too, with more variants.

// edge is a table of which version 2 is still to be written: its data file is
// there, with the row {"id":2}.
type edge struct {
	t    *testing.T
	st   storage.Store
	add  map[string]any // the action that names the file
	info string
}

func newEdge(t *testing.T) *edge {
	t.Helper()
	e := &edge{t: t, st: storage.NewMemory(nil)}
	tbl := create(t, e.st, "id bigint", nil)
	mustAppend(t, tbl, ids(t, 1), nil)
	mustAppend(t, tbl, ids(t, 2), nil)
	for line := range strings.Lines(string(get(t, e.st, log.CommitName(2)))) {
		var action map[string]map[string]any
		if err := json.Unmarshal([]byte(line), &action); err != nil {
			t.Fatal(err)
		}
		if add, is := action["add"]; is {
			e.add = add
		} else {
			e.info = strings.TrimSpace(line)
		}
	}
	if err := e.st.Delete(context.Background(), log.CommitName(2), log.ChecksumName(2)); err != nil {
		t.Fatal(err)
	}
	return e
}

// line is an action as a line.
func line(action string, fields map[string]any) string {
	b, err := json.Marshal(map[string]any{action: fields})
	if err != nil {
		panic(err)
	}
	return string(b)
}

// with is the add with members changed or added.
func (e *edge) with(changes map[string]any) string {
	fields := map[string]any{}
	for k, v := range e.add {
		fields[k] = v
	}
	for k, v := range changes {
		fields[k] = v
	}
	return line("add", fields)
}

// read is the rows of the newest version.
func (e *edge) read() ([]string, error) {
	tbl, err := table.Open(context.Background(), "", &table.Options{Store: e.st})
	if err != nil {
		return nil, err
	}
	defer tbl.Close(context.Background())
	s, err := tbl.Snapshot(context.Background(), table.At{})
	if err != nil {
		return nil, err
	}
	return tryRows(s, nil)
}

// wants writes version 2 and checks what is read.
func (e *edge) wants(text string, rows ...string) {
	e.t.Helper()
	put(e.t, e.st, log.CommitName(2), text)
	if got, err := e.read(); err != nil || !slices.Equal(got, rows) {
		e.t.Errorf("%v, %v; want %v", got, err, rows)
	}
}

// fails writes version 2 and checks the error of reading it.
func (e *edge) fails(text string, want error, says string) {
	e.t.Helper()
	put(e.t, e.st, log.CommitName(2), text)
	if got, err := e.read(); !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		e.t.Errorf("%v, %v; want %v that says %q", got, err, want, says)
	}
}

const (
	one = `{"id":1}`
	two = `{"id":2}`
)

func TestEdgeA01UnknownFieldsAreIgnored(t *testing.T) {
	e := newEdge(t)
	e.wants(e.with(map[string]any{"future": map[string]any{"a": []any{1, nil, "x"}}}), one, two)
}

func TestEdgeA02UnknownActionsAreIgnored(t *testing.T) {
	e := newEdge(t)
	e.wants(`{"futureAction":{"path":"x"}}`+"\n"+e.with(nil), one, two)
}

func TestEdgeA03QuotedIntegersAreRead(t *testing.T) {
	e := newEdge(t)
	e.wants(e.with(map[string]any{"size": fmt.Sprint(int64(e.add["size"].(float64)))}), one, two)
}

func TestEdgeA04AFormatWithoutOptionsIsRead(t *testing.T) {
	st := storage.NewMemory(nil)
	s, err := schema.ParseColumns("id bigint")
	if err != nil {
		t.Fatal(err)
	}
	put(t, st, log.CommitName(0), `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`+"\n"+
		line("metaData", map[string]any{"id": "t", "format": map[string]any{"provider": "parquet"}, "schemaString": string(s.JSON()), "partitionColumns": []string{}, "configuration": map[string]string{}}))
	if got, err := (&edge{t: t, st: st}).read(); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEdgeA05LinesMayBeBlankEndInCRLFOrNotAtAll(t *testing.T) {
	e := newEdge(t)
	e.wants("\n\r\n"+e.info+"\r\n\n"+e.with(nil), one, two)
}

func TestEdgeA06AnEmptyCommitIsAVersionWithoutActions(t *testing.T) {
	e := newEdge(t)
	e.wants("", one)
	if v := latest(t, open(t, e.st, nil)).Version(); v != 2 {
		t.Errorf("version %d", v)
	}
}

func TestEdgeA07ACutLastLineIsAnErrorThatNamesTheVersion(t *testing.T) {
	e := newEdge(t)
	text := e.with(nil)
	for _, n := range []int{1, len(text) / 2, len(text) - 1} {
		e.fails(e.info+"\n"+text[:n], table.ErrCorrupt, "00000000000000000002.json")
	}
}

func TestEdgeA08AByteOrderMarkIsPassedOver(t *testing.T) {
	e := newEdge(t)
	e.wants("\ufeff"+e.with(nil), one, two)
}

func TestEdgeA09NamesOfOtherLengthAreNoCommits(t *testing.T) {
	e := newEdge(t)
	for _, name := range []string{"2.json", "0000000000000000002.json", "000000000000000000002.json", ".00000000000000000002.json.crc", "_commit_x.json.tmp", "00000000000000000002.json.attrs", "00000000000000000002.JSON"} {
		put(t, e.st, log.Dir+name, e.with(nil))
	}
	if got, err := e.read(); err != nil || !slices.Equal(got, []string{one}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEdgeA10LongLinesAreRead(t *testing.T) {
	e := newEdge(t)
	md := *latest(t, open(t, e.st, nil)).Metadata()
	text := strings.Repeat("long ", 500_000)
	md.Description = &text
	e.wants(string(log.EncodeCommit([]log.Action{&md}))+e.with(nil), one, two)
}

func TestEdgeA11OperationParametersMayBeAnything(t *testing.T) {
	e := newEdge(t)
	e.wants(`{"commitInfo":{"timestamp":1,"operation":"X","operationParameters":{"a":true,"b":null,"c":1.5,"d":{"e":[1]},"f":"[]"},"operationMetrics":{"n":7}}}`+"\n"+e.with(nil), one, two)
}

func TestEdgeA12StatisticsThatAreNoneLeaveTheTableReadable(t *testing.T) {
	for _, stats := range []string{"", "{", "nonsense", "[]", "7", `{"numRecords":"many"}`, `{"minValues":3,"maxValues":{"id":{"x":1}}}`} {
		e := newEdge(t)
		e.wants(e.with(map[string]any{"stats": stats}), one, two)
		if got := rowsOf(t, latest(t, open(t, e.st, nil)), &table.ScanOptions{Where: expr.SQL("id > 1")}); !slices.Equal(got, []string{two}) {
			t.Errorf("%s: %v", stats, got)
		}
	}
}

func TestEdgeA13NullIsAsGoodAsAbsent(t *testing.T) {
	e := newEdge(t)
	e.wants(e.with(map[string]any{"tags": nil, "deletionVector": nil, "baseRowId": nil, "defaultRowCommitVersion": nil, "clusteringProvider": nil, "stats": nil}), one, two)
}

func TestEdgeA14ARemoveWithoutATimeRemoves(t *testing.T) {
	e := newEdge(t)
	put(t, e.st, log.CommitName(2), e.with(nil))
	put(t, e.st, log.CommitName(3), line("remove", map[string]any{"path": e.add["path"], "dataChange": true}))
	if got, err := e.read(); err != nil || !slices.Equal(got, []string{one}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEdgeA15LargeIntegersAreExact(t *testing.T) {
	e := newEdge(t)
	put(t, e.st, log.CommitName(2), strings.Replace(e.with(map[string]any{"baseRowId": "N"}), `"N"`, "9007199254740993", 1))
	for f, err := range latest(t, open(t, e.st, nil)).Files(context.Background(), all) {
		if err != nil {
			t.Fatal(err)
		}
		if f.Path == e.add["path"] && (f.BaseRowID == nil || *f.BaseRowID != 9007199254740993) {
			t.Error(f.BaseRowID)
		}
	}
}

func protocolLine(p log.Protocol) string { return string(log.EncodeCommit([]log.Action{&p})) }

func TestEdgeA16AProtocolWithoutItsFeaturesIsAnError(t *testing.T) {
	newEdge(t).fails(`{"protocol":{"minReaderVersion":3,"minWriterVersion":7,"writerFeatures":[]}}`, table.ErrCorrupt, "features")
}

func TestEdgeA17ReadersHaveColumnMappingByVersionTwo(t *testing.T) {
	e := newEdge(t)
	md := changed(latest(t, open(t, e.st, nil)), func(md *log.Metadata) {
		md.Configuration = map[string]string{"delta.columnMapping.mode": "name"}
		md.SchemaString = `{"type":"struct","fields":[{"name":"renamed","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"id"}}]}`
	})
	e.wants(protocolLine(log.Protocol{MinReaderVersion: 2, MinWriterVersion: 7, WriterFeatures: []string{"columnMapping"}})+string(log.EncodeCommit([]log.Action{md}))+e.with(nil),
		`{"renamed":1}`, `{"renamed":2}`)
}

func TestEdgeA18ReaderVersionFourIsRefusedBeforeAllElse(t *testing.T) {
	e := newEdge(t)
	md := changed(latest(t, open(t, e.st, nil)), func(md *log.Metadata) { md.SchemaString = "of another world" })
	e.fails(protocolLine(log.Protocol{MinReaderVersion: 4, MinWriterVersion: 7, WriterFeatures: []string{}})+string(log.EncodeCommit([]log.Action{md})), table.ErrUnsupported, "readerVersion 4")
}

func TestEdgeA19UnknownReaderFeaturesAreRefused(t *testing.T) {
	newEdge(t).fails(protocolLine(log.Protocol{MinReaderVersion: 3, MinWriterVersion: 7, ReaderFeatures: []string{"teleport"}, WriterFeatures: []string{"teleport"}}), table.ErrUnsupported, "teleport")
}

func TestEdgeA20UnknownWriterFeaturesAreNoMatterOfReaders(t *testing.T) {
	e := newEdge(t)
	e.wants(protocolLine(log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: []string{"flight"}})+e.with(nil), one, two)
	refused(t, e.st, table.ErrUnsupported, "flight", func() error {
		_, err := open(t, e.st, nil).Append(context.Background(), ids(t, 3), nil)
		return err
	})
}

func TestEdgeA21TheNewestProtocolAndMetadataCountEachByItself(t *testing.T) {
	e := newEdge(t)
	md := changed(latest(t, open(t, e.st, nil)), func(md *log.Metadata) {
		md.SchemaString = `{"type":"struct","fields":[{"name":"id","type":"long"},{"name":"x","type":"string"}]}`
	})
	put(t, e.st, log.CommitName(2), string(log.EncodeCommit([]log.Action{md})))
	put(t, e.st, log.CommitName(3), protocolLine(log.Protocol{MinReaderVersion: 1, MinWriterVersion: 4})+e.with(nil))
	got, err := e.read()
	if err != nil || !slices.Equal(got, []string{`{"id":1,"x":null}`, `{"id":2,"x":null}`}) {
		t.Errorf("%v, %v", got, err)
	}
	if p := latest(t, open(t, e.st, nil)).Protocol(); p.MinWriterVersion != 4 {
		t.Error(p)
	}
}

func TestEdgeA22ALogWithoutProtocolOrMetadataIsAnError(t *testing.T) {
	for what, text := range map[string]string{"metaData": `{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}`, "protocol": string(log.EncodeCommit([]log.Action{&log.Metadata{ID: "t", SchemaString: `{"type":"struct","fields":[]}`}}))} {
		st := storage.NewMemory(nil)
		put(t, st, log.CommitName(0), text)
		if got, err := (&edge{t: t, st: st}).read(); !errors.Is(err, table.ErrCorrupt) || !strings.Contains(err.Error(), "no "+what) {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// moved lets an object be where a path of the log leads to.
func (e *edge) moved(name string) {
	e.t.Helper()
	put(e.t, e.st, name, string(get(e.t, e.st, e.add["path"].(string))))
	if err := e.st.Delete(context.Background(), e.add["path"].(string)); err != nil {
		e.t.Fatal(err)
	}
}

func TestEdgeB23PathsAreDecodedOnce(t *testing.T) {
	e := newEdge(t)
	e.moved("p=x%2Fy z/a.parquet")
	e.wants(e.with(map[string]any{"path": "p=x%252Fy%20z/a.parquet"}), one, two)
}

// Edge case 24 is internal/scan's, and TestAShallowCloneReadsTheFilesOfItsSource.

func TestEdgeB25AFileIsWhatItsPathIsWrittenAs(t *testing.T) {
	e := newEdge(t)
	e.moved("c d.parquet")
	put(t, e.st, log.CommitName(2), e.with(map[string]any{"path": "c%20d.parquet"}))
	put(t, e.st, log.CommitName(3), line("remove", map[string]any{"path": "%63%20d.parquet", "dataChange": true}))
	if got, err := e.read(); err != nil || !slices.Equal(got, []string{one, two}) {
		t.Errorf("another spelling is another file: %v, %v", got, err)
	}
	put(t, e.st, log.CommitName(4), line("remove", map[string]any{"path": "c%20d.parquet", "dataChange": true})+"\n"+e.with(map[string]any{"path": "c d.parquet"}))
	if got, err := e.read(); err != nil || !slices.Equal(got, []string{one, two}) {
		t.Errorf("a raw space: %v, %v", got, err)
	}
}

func TestEdgeB26OneObjectByTwoPathsIsTwoFiles(t *testing.T) {
	e := newEdge(t)
	e.moved("c.parquet")
	e.wants(e.with(map[string]any{"path": "c.parquet"})+"\n"+e.with(map[string]any{"path": "%63.parquet"}), one, two, two)
}

func TestEdgeB27SpecialCharactersRemovedAndAddedAgain(t *testing.T) {
	e := newEdge(t)
	const path = "a%20%23%25b/%C3%A9+&=%3F.parquet"
	e.moved("a #%b/é+&=?.parquet")
	put(t, e.st, log.CommitName(2), e.with(map[string]any{"path": path}))
	put(t, e.st, log.CommitName(3), line("remove", map[string]any{"path": path, "dataChange": true}))
	if got, err := e.read(); err != nil || !slices.Equal(got, []string{one}) {
		t.Errorf("%v, %v", got, err)
	}
	put(t, e.st, log.CommitName(4), e.with(map[string]any{"path": path}))
	if got, err := e.read(); err != nil || !slices.Equal(got, []string{one, two}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestEdgeB28PartitionValuesOfAnyTextRoundTrip(t *testing.T) {
	const value = `a/b=c %:é#?"'\ x` + "\u2028\U0001F600\x01"
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, p string", &table.CreateOptions{PartitionBy: []string{"p"}})
	row, err := json.Marshal(map[string]any{"id": 1, "p": value})
	if err != nil {
		t.Fatal(err)
	}
	mustAppend(t, tbl, data(t, "["+string(row)+"]", col("id", long), col("p", text)), nil)
	for _, where := range []expr.Expr{{}, expr.SQL("p = ?", value)} {
		got := rowsOf(t, latest(t, tbl), &table.ScanOptions{Columns: []string{"p"}, Where: where})
		var back map[string]string
		if len(got) != 1 || json.Unmarshal([]byte(got[0]), &back) != nil || back["p"] != value {
			t.Errorf("%v", got)
		}
	}
}

// partitioned is a table whose one file has no column but id, and a partition
// values are as written in the log; "absent" leaves them out.
func partitioned(t *testing.T, typ, value string) *edge {
	t.Helper()
	e := newEdge(t)
	md := changed(latest(t, open(t, e.st, nil)), func(md *log.Metadata) {
		s, err := schema.ParseColumns("id bigint, p " + typ)
		if err != nil {
			t.Fatal(err)
		}
		md.SchemaString, md.PartitionColumns = string(s.JSON()), []string{"p"}
	})
	values := map[string]any{}
	if value != "absent" {
		if err := json.Unmarshal([]byte(value), &values); err != nil {
			t.Fatal(err)
		}
	}
	first := line("remove", map[string]any{"path": pathOf(t, e.st, 1), "dataChange": true})
	put(t, e.st, log.CommitName(2), first+"\n"+string(log.EncodeCommit([]log.Action{md}))+e.with(map[string]any{"partitionValues": values}))
	return e
}

// pathOf is the path that a version adds.
func pathOf(t *testing.T, st storage.Store, v log.Version) string {
	t.Helper()
	for a := range log.DecodeCommit(get(t, st, log.CommitName(v)), nil) {
		if add, is := a.(*log.AddFile); is {
			return add.Path
		}
	}
	t.Fatal("no file")
	return ""
}

// TestEdgeB29To38PartitionValues of all types, as engines write them.
func TestEdgeB29To38PartitionValues(t *testing.T) {
	for _, c := range []struct {
		name, typ, written string
		want               string // of p, as JSON
	}{
		{"29 an empty string is null", "string", `{"p":""}`, `null`},
		{"29 of any type", "int", `{"p":""}`, `null`},
		{"30 Hive's name for null is a string", "string", `{"p":"__HIVE_DEFAULT_PARTITION__"}`, `"__HIVE_DEFAULT_PARTITION__"`},
		{"31 a missing key is null", "string", "absent", `null`},
		{"32 a time without a zone is in UTC", "timestamp", `{"p":"2024-11-03 08:30:00.000000"}`, `"2024-11-03T08:30:00Z"`},
		{"33 an instant", "timestamp", `{"p":"2024-03-10T09:02:03.123456Z"}`, `"2024-03-10T09:02:03.123456Z"`},
		{"33 an instant with an offset", "timestamp", `{"p":"2024-11-03T01:30:00-07:00"}`, `"2024-11-03T08:30:00Z"`},
		{"34 the first date", "date", `{"p":"0001-01-01"}`, `"0001-01-01"`},
		{"34 the last date", "date", `{"p":"9999-12-31"}`, `"9999-12-31"`},
		{"35 NaN", "double", `{"p":"NaN"}`, `"NaN"`},
		{"35 an infinity", "float", `{"p":"-Infinity"}`, `"-Inf"`},
		{"35 an exponent as Java writes it", "double", `{"p":"1.0E20"}`, `100000000000000000000`},
		{"36 a small decimal", "decimal(9,3)", `{"p":"-0.001"}`, `"-0.001"`},
		{"36 a decimal that is not padded", "decimal(9,3)", `{"p":"1.5"}`, `"1.5"`},
		{"37 bytes as text", "binary", `{"p":"abc"}`, `"YWJj"`},
		{"38 a key of other case", "string", `{"P":"x"}`, `"x"`},
		{"a wall clock", "timestamp_ntz", `{"p":"2024-03-10 02:30:00.5"}`, `"2024-03-10T02:30:00.5"`},
		{"an integer as widened", "decimal(12,2)", `{"p":"7"}`, `"7"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := partitioned(t, c.typ, c.written)
			got, err := e.read()
			if err != nil || len(got) != 1 {
				t.Fatal(got, err)
			}
			var row map[string]json.RawMessage
			if err := json.Unmarshal([]byte(got[0]), &row); err != nil {
				t.Fatal(err)
			}
			if p := string(row["p"]); !samePartition(p, c.want) {
				t.Errorf("%s, want %s", p, c.want)
			}
		})
	}
}

// samePartition compares cells as Arrow's JSON has them: times may lack zeros
// and the Z.
func samePartition(got, want string) bool {
	if got == want {
		return true
	}
	a, errA := time.Parse("2006-01-02T15:04:05.999999999Z07:00", strings.Trim(strings.Replace(got, " ", "T", 1), `"`))
	b, errB := time.Parse("2006-01-02T15:04:05.999999999Z07:00", strings.Trim(want, `"`))
	return errA == nil && errB == nil && a.Equal(b)
}

func TestEdgeB32ZonelessTimesAreInTheZoneThatOptionsSay(t *testing.T) {
	e := partitioned(t, "timestamp", `{"p":"2024-11-03 08:30:00.000000"}`)
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	tbl := open(t, e.st, &table.Options{Zone: zone})
	got := rowsOf(t, latest(t, tbl), &table.ScanOptions{Where: expr.SQL("p = TIMESTAMP '2024-11-03T16:30:00Z'")})
	if len(got) != 1 {
		t.Errorf("%v", got)
	}
}

func TestEdgeB39TheLogSaysThePartitionNotTheFolder(t *testing.T) {
	e := partitioned(t, "string", `{"p":"right"}`)
	text := string(get(t, e.st, log.CommitName(2)))
	path := e.add["path"].(string)
	e.moved("p=wrong/" + path)
	e.wants(strings.ReplaceAll(text, `"path":"`+path, `"path":"p=wrong/`+path), `{"id":2,"p":"right"}`)
}

func TestEdgeB40PartitionColumnsInTheFileAreNotRead(t *testing.T) {
	st := storage.NewMemory(nil)
	tbl := create(t, st, "id bigint, p string", nil)
	mustAppend(t, tbl, data(t, `[{"id":1,"p":"file"}]`, col("id", long), col("p", text)), nil)
	md := changed(latest(t, tbl), func(md *log.Metadata) { md.PartitionColumns = []string{"p"} })
	value := "log"
	foreign(t, st, 2, md, &log.AddFile{Path: pathOf(t, st, 1), PartitionValues: map[string]*string{"p": &value}, Size: sizeOf(t, st, pathOf(t, st, 1)), DataChange: true})
	wantRows(t, open(t, st, nil), `{"id":1,"p":"log"}`)
	for where, want := range map[string]int{"p = 'log'": 1, "p = 'file'": 0} {
		if got := rowsOf(t, latest(t, open(t, st, nil)), &table.ScanOptions{Where: expr.SQL(where)}); len(got) != want {
			t.Errorf("%s: %v", where, got)
		}
	}
}

func sizeOf(t *testing.T, st storage.Store, name string) int64 {
	t.Helper()
	info, err := st.Head(context.Background(), name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size
}

func TestEdgeB41MappedPartitionsGoByPhysicalNamesWhateverTheFolder(t *testing.T) {
	e := newEdge(t)
	md := changed(latest(t, open(t, e.st, nil)), func(md *log.Metadata) {
		md.PartitionColumns = []string{"day"}
		md.Configuration = map[string]string{"delta.columnMapping.mode": "name"}
		md.SchemaString = `{"type":"struct","fields":[` +
			`{"name":"number","type":"long","nullable":true,"metadata":{"delta.columnMapping.id":1,"delta.columnMapping.physicalName":"id"}},` +
			`{"name":"day","type":"date","nullable":true,"metadata":{"delta.columnMapping.id":2,"delta.columnMapping.physicalName":"col-7"}}]}`
	})
	path := e.add["path"].(string)
	e.moved("PV/" + path)
	e.wants(line("remove", map[string]any{"path": pathOf(t, e.st, 1), "dataChange": true})+"\n"+protocolLine(log.Protocol{MinReaderVersion: 2, MinWriterVersion: 5})+
		string(log.EncodeCommit([]log.Action{md}))+e.with(map[string]any{"path": "PV/" + path, "partitionValues": map[string]any{"col-7": "2024-02-29"}}),
		`{"day":"2024-02-29","number":2}`)
	if got := rowsOf(t, latest(t, open(t, e.st, nil)), &table.ScanOptions{Where: expr.SQL("day = '2024-02-29' AND number = 2")}); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
