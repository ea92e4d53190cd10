package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// every has a column of every type.
const every = `yes boolean, i8 tinyint, i16 smallint, i32 int, i64 bigint, f32 float, f64 double, dec decimal(10,3),
	s string, bin binary, d date, ts timestamp, ntz timestamp_ntz,
	list array<int>, m map<string,bigint>, mi map<int,string>, st struct<a:int,b:struct<c:string>>`

const everyRows = `{"yes":true,"i8":-128,"i16":32767,"i32":-2147483648,"i64":9223372036854775807,"f32":0.1,"f64":0.1,"dec":"1.5","s":"a<b>&\u2028 \"q\"\n\u0001é","bin":"AP8=","d":"2024-02-29","ts":"2024-02-29T01:02:03.5+01:00","ntz":"2024-02-29 01:02:03","list":[1,null,3],"m":{"x":1,"y":null},"mi":[[1,"one"],[2,null]],"st":{"a":1,"b":{"c":"<"}}}
{"yes":false,"i64":-9223372036854775808,"f32":"NaN","f64":"-Infinity","dec":-0.001,"s":"","bin":"","d":"+10000-01-01","ts":"-0001-01-01T00:00:00Z","ntz":"+12345-06-07T08:09:10.000001","list":[],"m":[["k",1],["k",2]],"mi":[],"st":{}}
{"f32":16777216,"f64":1e300,"dec":1234567.89,"s":"null","m":{}}
{}
`

const everyNDJSON = `{"yes":true,"i8":-128,"i16":32767,"i32":-2147483648,"i64":9223372036854775807,"f32":0.1,"f64":0.1,"dec":"1.500","s":"a<b>&` + "\u2028" + ` \"q\"\n\u0001é","bin":"AP8=","d":"2024-02-29","ts":"2024-02-29T00:02:03.500000Z","ntz":"2024-02-29T01:02:03.000000","list":[1,null,3],"m":{"x":1,"y":null},"mi":[[1,"one"],[2,null]],"st":{"a":1,"b":{"c":"<"}}}
{"yes":false,"i8":null,"i16":null,"i32":null,"i64":-9223372036854775808,"f32":"NaN","f64":"-Infinity","dec":"-0.001","s":"","bin":"","d":"+10000-01-01","ts":"-0001-01-01T00:00:00.000000Z","ntz":"+12345-06-07T08:09:10.000001","list":[],"m":[["k",1],["k",2]],"mi":[],"st":{"a":null,"b":null}}
{"yes":null,"i8":null,"i16":null,"i32":null,"i64":null,"f32":16777216,"f64":1e+300,"dec":"1234567.890","s":"null","bin":null,"d":null,"ts":null,"ntz":null,"list":null,"m":{},"mi":null,"st":null}
{"yes":null,"i8":null,"i16":null,"i32":null,"i64":null,"f32":null,"f64":null,"dec":null,"s":null,"bin":null,"d":null,"ts":null,"ntz":null,"list":null,"m":null,"mi":null,"st":null}
`

const everyCSV = `yes,i8,i16,i32,i64,f32,f64,dec,s,bin,d,ts,ntz,list,m,mi,st
true,-128,32767,-2147483648,9223372036854775807,0.1,0.1,1.500,"a<b>&` + "\u2028" + ` ""q""` + "\n\x01" + `é",AP8=,2024-02-29,2024-02-29T00:02:03.500000Z,2024-02-29T01:02:03.000000,"[1,null,3]","{""x"":1,""y"":null}","[[1,""one""],[2,null]]","{""a"":1,""b"":{""c"":""<""}}"
false,,,,-9223372036854775808,NaN,-Infinity,-0.001,"",,+10000-01-01,-0001-01-01T00:00:00.000000Z,+12345-06-07T08:09:10.000001,"[]","[[""k"",1],[""k"",2]]","[]","{""a"":null,""b"":null}"
,,,,,16777216,1e+300,1234567.890,null,,,,,,"{}",,
,,,,,,,,,,,,,,,,
`

func everyTable(t *testing.T) string {
	at := withSchema(t, every)
	mustRun(t, everyRows, "append", at, "-", "--format", "jsonl")
	return at
}

func TestRowsOfEveryTypeInEveryTextFormat(t *testing.T) {
	at := everyTable(t)
	for _, c := range []struct{ format, want string }{
		{"ndjson", everyNDJSON},
		{"csv", everyCSV},
		{"json", "[\n" + strings.ReplaceAll(strings.TrimSuffix(everyNDJSON, "\n"), "\n", ",\n") + "\n]\n"},
	} {
		if got := mustRun(t, "", "cat", at, "-o", c.format); got != c.want {
			t.Errorf("-o %s prints\n%s\nwant\n%s", c.format, got, c.want)
		}
	}
}

func TestTableIsAlignedAndQuotesWhatDoesNotShow(t *testing.T) {
	got := mustRun(t, "", "cat", everyTable(t), "-o", "table", "--columns", "i64,s,f32,st.b.c,list")
	want := `                 i64  s                                  f32  st.b.c  list
--------------------  ----------------------------  --------  ------  ----------
 9223372036854775807  "a<b>&\u2028 \"q\"\n\u0001é"       0.1  <       [1,null,3]
-9223372036854775808  ""                                 NaN  null    []
                null  "null"                        16777216  null    null
                null  null                              null  null    null
`
	if got != want {
		t.Errorf("it prints\n%s\nwant\n%s", got, want)
	}
}

// What one format prints, the matching input reads back to the same rows.
func TestWhatIsPrintedIsReadBack(t *testing.T) {
	from := everyTable(t)
	for _, c := range []struct{ output, input string }{
		{"ndjson", "jsonl"}, {"csv", "csv"}, {"parquet", "parquet"}, {"arrow", "arrow"},
	} {
		to := withSchema(t, every)
		mustRun(t, mustRun(t, "", "cat", from, "-o", c.output), "append", to, "-", "--format", c.input)
		got := mustRun(t, "", "cat", to)
		want := everyNDJSON
		if c.output == "csv" { // an empty binary is empty, and so is null
			want = strings.ReplaceAll(want, `"bin":""`, `"bin":null`)
		}
		if got != want {
			t.Errorf("through %s:\n%s\nwant\n%s", c.output, got, want)
		}
	}
}

func TestNestedFieldHasItsPathAsKey(t *testing.T) {
	got := mustRun(t, "", "cat", everyTable(t), "--columns", "st.b.c,yes", "--limit", "1")
	if want := `{"st.b.c":"<","yes":true}` + "\n"; got != want {
		t.Errorf("it prints %q, want %q", got, want)
	}
}

func TestNoRowsAreAnEmptyArrayOrJustTheHeader(t *testing.T) {
	at := everyTable(t)
	for format, want := range map[string]string{"json": "[]\n", "ndjson": "", "csv": "yes\n", "table": "yes\n---\n"} {
		if got := mustRun(t, "", "cat", at, "-o", format, "--columns", "yes", "--limit", "0"); got != want {
			t.Errorf("-o %s prints %q, want %q", format, got, want)
		}
	}
}

func TestFormulasAreQuotedOnlyIfAskedFor(t *testing.T) {
	at := withSchema(t, "s string, n int")
	mustRun(t, "s,n\n=1+1,-5\n@x,1\n-y,2\nok,3\n", "append", at, "-", "--format", "csv")
	plain, safe := "s,n\n=1+1,-5\n@x,1\n-y,2\nok,3\n", "s,n\n'=1+1,-5\n'@x,1\n'-y,2\nok,3\n"
	if got := mustRun(t, "", "cat", at, "-o", "csv"); got != plain {
		t.Errorf("it prints %q, want %q", got, plain)
	}
	if got := mustRun(t, "", "cat", at, "-o", "csv", "--csv-safe"); got != safe {
		t.Errorf("with --csv-safe it prints %q, want %q", got, safe)
	}
	fails(t, exitUsage, "--csv-safe is for -o csv", "", "cat", at, "--csv-safe")
}

func TestInvalidUTF8IsReplaced(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	b := array.NewStringBuilder(mem)
	defer b.Release()
	b.AppendValues([]string{"a\xffb", "\xed\xa0\x80"}, nil)
	column := b.NewArray()
	defer column.Release()
	s := arrow.NewSchema([]arrow.Field{{Name: "s\xff", Type: arrow.BinaryTypes.String}}, nil)
	batch := array.NewRecordBatch(s, []arrow.Array{column}, 2)
	defer batch.Release()
	var out bytes.Buffer
	csv, err := newCSVWriter(&out, s, false)
	if err != nil {
		t.Fatal(err)
	}
	table := newTableWriter(&out, s, false)
	for _, w := range []rowWriter{newJSONWriter(&out, s, false), csv, table} {
		if err := w.write(batch); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
	}
	want := "s\ufffd\n" + `{"s` + "\ufffd" + `":"a` + "\ufffd" + `b"}` + "\n" + `{"s` + "\ufffd" + `":"` + strings.Repeat("\ufffd", 3) + `"}` + "\n" +
		"a\ufffdb\n" + strings.Repeat("\ufffd", 3) + "\n" +
		"s\ufffd\n-----\n" + "\"a\ufffdb\"\n\"" + strings.Repeat("\ufffd", 3) + "\"\n"
	if got := out.String(); got != want {
		t.Errorf("it prints\n%q\nwant\n%q", got, want)
	}
}

func TestLargeTablesKeepTheWidthsOfTheFirstRows(t *testing.T) {
	var csv strings.Builder
	csv.WriteString("n,s\n")
	for range sampleRows + 500 {
		csv.WriteString("1,ab\n")
	}
	csv.WriteString("123456789,long\n")
	at := location()
	mustRun(t, csv.String(), "create", at, "--from", "-", "--format", "csv")
	got := strings.Split(mustRun(t, "", "cat", at, "-o", "table"), "\n")
	if len(got) != 2+sampleRows+501+1 || got[0] != "n  s" || got[len(got)-2] != "123456789  long" {
		t.Errorf("%d lines, the first %q, the last %q", len(got), got[0], got[len(got)-2])
	}
}

func TestVoidColumnsAndFieldsAreNulls(t *testing.T) {
	void := array.NewNull(2)
	defer void.Release()
	st, err := array.NewStructArray([]arrow.Array{void}, []string{"x"})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Release()
	s := arrow.NewSchema([]arrow.Field{{Name: "v", Type: arrow.Null, Nullable: true}, {Name: "st", Type: st.DataType()}}, nil)
	batch := array.NewRecordBatch(s, []arrow.Array{void, st}, 2)
	defer batch.Release()
	var out bytes.Buffer
	csv, err := newCSVWriter(&out, s, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range []rowWriter{newJSONWriter(&out, s, false), csv, newTableWriter(&out, s, false)} {
		if err := w.write(batch); err != nil {
			t.Fatal(err)
		}
		if err := w.close(); err != nil {
			t.Fatal(err)
		}
	}
	want := "v,st\n" + strings.Repeat(`{"v":null,"st":{"x":null}}`+"\n", 2) + strings.Repeat(`,"{""x"":null}"`+"\n", 2) +
		"v     st\n----  ----------\n" + strings.Repeat(`null  {"x":null}`+"\n", 2)
	if got := out.String(); got != want {
		t.Errorf("it prints\n%s\nwant\n%s", got, want)
	}
}
