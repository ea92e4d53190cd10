package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"strings"
	"testing"
)

func gzipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestCSVIsReadByItsHeaderAndItsQuotes(t *testing.T) {
	at := withSchema(t, "id bigint, name string, price decimal(8,2), day date, t timestamp, ok boolean, tags array<string>")
	for _, c := range []struct {
		name, csv string
		args      []string
		want      string
	}{
		{name: "columns in any order and case, the rest null",
			csv:  "NAME,id\nAnn,1\n",
			want: `{"id":1,"name":"Ann","price":null,"day":null,"t":null,"ok":null,"tags":null}`},
		{name: "empty is null, an empty string has quotes",
			csv:  "id,name\n1,\n2,\"\"\n\"\",x\n",
			want: `{"id":1,"name":null,` + rest + "\n" + `{"id":2,"name":"",` + rest + "\n" + `{"id":null,"name":"x",` + rest},
		{name: "--null", args: []string{"--null", "NA", "--null", "-"},
			csv:  "id,name\nNA,NA\n-,\"NA\"\n",
			want: `{"id":null,"name":null,` + rest + "\n" + `{"id":null,"name":"NA",` + rest},
		{name: "all types",
			csv:  "id,name,price,day,t,ok,tags\n 7 , x ,1.5,2024-02-29,2024-02-29T12:00:00+02:00,TRUE,\"[\"\"a\"\",null]\"\n8,y,-2,0001-01-01,2024-02-29,false,[]\n",
			want: `{"id":7,"name":" x ","price":"1.50","day":"2024-02-29","t":"2024-02-29T10:00:00.000000Z","ok":true,"tags":["a",null]}` + "\n" + `{"id":8,"name":"y","price":"-2.00","day":"0001-01-01","t":"2024-02-29T00:00:00.000000Z","ok":false,"tags":[]}`},
		{name: "byte order mark, CRLF, blank lines, line ends in quotes, no end of line",
			csv:  "\ufeffid,name\r\n\r\n1,\"a\r\nb\"\"c\"\r\n\n2,\"x,y\"",
			want: `{"id":1,"name":"a\r\nb\"c",` + rest + "\n" + `{"id":2,"name":"x,y",` + rest},
	} {
		t.Run(c.name, func(t *testing.T) {
			mustRun(t, c.csv, append([]string{"overwrite", at, "-", "--format", "csv"}, c.args...)...)
			if got := mustRun(t, "", "cat", at); got != c.want+"\n" {
				t.Errorf("the table has\n%swant\n%s", got, c.want)
			}
		})
	}
}

const rest = `"price":null,"day":null,"t":null,"ok":null,"tags":null}`

func TestBadInputIsNamedByLineColumnAndValue(t *testing.T) {
	at := withSchema(t, "id int NOT NULL, b tinyint, d decimal(4,2), f float, day date, t timestamp, n timestamp_ntz, bin binary, s struct<a:int,l:array<int>>, m map<int,int>")
	before := objects(t, at)
	for _, c := range []struct{ format, text, says string }{
		{"csv", "", "no header"},
		{"csv", "id,\n", "column 2 of the header has no name"},
		{"csv", "id,id\n", `column "id" is in the header twice`},
		{"csv", "id,ID\n", "also written"},
		{"csv", "id,zz\n1,1\n", `column "zz": no such column in the table, which has id, b,`},
		{"csv", "b\n1\n", `column "id": missing, but the table's column is NOT NULL`},
		{"csv", "id\n1\n\"\"\n", `line 3, column "id": null`},
		{"csv", "id,b\n1\n", "line 2: 1 fields, but the header has 2"},
		{"csv", "id,b\n1,\"x\ny", "line 2: a quote is not closed"},
		{"csv", "id,b\n1,x\"y\n", "line 2: a quote inside"},
		{"csv", "id,b\n1,\"x\"y\n", "line 2: text after the closing quote"},
		{"csv", "id,b\n1,2\n2,\"3\n\"\n3,300\n", `line 5, column "b", value "300": outside of the integers of 8 bits`},
		{"csv", "id\nx\n", `line 2, column "id", value "x": not an integer`},
		{"csv", "id,d\n1,1.234\n", `line 2, column "d", value "1.234": does not fit decimal(4,2) exactly`},
		{"csv", "id,d\n1,100\n", `value "100": does not fit`},
		{"csv", "id,f\n1,1e39\n", `value "1e39": outside of the numbers of 32 bits`},
		{"csv", "id,f\n1,0x1p3\n", "not a number"},
		{"csv", "id,day\n1,2023-02-29\n", `line 2, column "day", value "2023-02-29"`},
		{"csv", "id,t\n1,2023-02-28T00:00:00.1234567\n", "finer than microseconds"},
		{"csv", "id,n\n1,2023-02-28T00:00:00Z\n", "has a zone"},
		{"csv", "id,bin\n1,???\n", "not base64"},
		{"csv", "id,s\n1,\"{\"\"a\"\":\"\"x\"\"}\"\n", `line 2, column "s.a", value "\"x\"": not a value of type int`},
		{"csv", "id,s\n1,{\n", `line 2, column "s", value "{": no JSON`},
		{"jsonl", "{\"id\":1}\n\n[]\n", "line 3, value \"[…]\": not an object"},
		{"jsonl", "{\"id\":1\n", "line 1: unexpected end of JSON input"},
		{"jsonl", "{\"id\":1,\"id\":2}", `the key "id" is there twice`},
		{"jsonl", "{\"id\":1,\"ID\":2}", "also written"},
		{"jsonl", "{\"id\":1}\n{\"id\":2,\"zz\":3}", `line 2, column "zz": no such column`},
		{"jsonl", "{\"b\":1}", `line 1, column "id": null where none is allowed`},
		{"jsonl", "{\"id\":\"1\"}", `line 1, column "id", value "\"1\"": not a value of type int`},
		{"jsonl", "{\"id\":1.5}", `value "1.5": not an integer`},
		{"jsonl", "{\"id\":1,\"s\":{\"l\":[1,true]}}", `line 1, column "s.l.element", value "true"`},
		{"jsonl", "{\"id\":1,\"s\":{\"q\":1}}", `column "s.q": no such column`},
		{"jsonl", "{\"id\":1,\"s\":[]}", `column "s", value "[…]": not an object`},
		{"jsonl", "{\"id\":1,\"m\":{\"1\":2}}", `column "m", value "{…}": not a map`},
		{"jsonl", "{\"id\":1,\"m\":[[null,2]]}", `column "m.key": null where none`},
		{"jsonl", "{\"id\":1,\"b\":\xff}", "not UTF-8"},
		{"jsonl", strings.Repeat("[", 600) + strings.Repeat("]", 600), "nested deeper"},
		{"parquet", "PAR1 but not really PAR1", "not readable as parquet"},
		{"arrow", "ARROW1\x00\x00nonsense", "not readable as arrow"},
		{"csv", gzipped(t, "id\n1\n")[:20], "unexpected EOF"},
	} {
		fails(t, exitOther, c.says, c.text, "append", at, "-", "--format", c.format)
	}
	if after := objects(t, at); len(after) != len(before) {
		t.Errorf("the table was changed: %q", after)
	}
}

func TestArrowFileThatIsCutShortIsRefused(t *testing.T) {
	from := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", from, "-", "--format", "csv")
	stream := mustRun(t, "", "cat", from, "-o", "arrow")
	file := "ARROW1\x00\x00" + stream + "footer" + "ARROW1"
	to := withSchema(t, "id int")
	mustRun(t, file, "append", to, "-", "--format", "arrow")
	fails(t, exitOther, "the end of the file is missing", file[:len(file)-3], "append", to, "-", "--format", "arrow")
	if got := mustRun(t, "", "cat", to); got != "{\"id\":1}\n" {
		t.Errorf("the table has %q", got)
	}
}

func TestCompressedFilesAreRecognized(t *testing.T) {
	at := withSchema(t, "id int")
	mustRun(t, "id\n1\n", "append", at, "-", "--format", "csv")
	parquet, arrow := mustRun(t, "", "cat", at, "-o", "parquet"), mustRun(t, "", "cat", at, "-o", "arrow")
	for name, content := range map[string]string{
		"a.csv": "id\n1\n", "a.jsonl": "{\"id\":1}", "a.ndjson": "{\"id\":1.0}", "a.json": "{\"id\":1e0}", "a.parquet": parquet, "a.arrow": arrow, "A.CSV": "id\n1\n",
	} {
		for suffix, content := range map[string]string{"": content, ".gz": gzipped(t, content)} {
			mustRun(t, "", "overwrite", at, writeFile(t, name+suffix, content))
			if got := mustRun(t, "", "cat", at); got != "{\"id\":1}\n" {
				t.Errorf("after %s%s the table has %q", name, suffix, got)
			}
		}
	}
}

func TestSchemaIsInferredFromEveryRow(t *testing.T) {
	for _, c := range []struct{ format, text, want string }{
		{"csv", "b,l,d,day,t,s,zip,none,mixed,big,both\n" +
			"true,1,1,2024-01-01,2024-01-01 10:00,x,007,,1,9007199254740993,9007199254740993\n" +
			"FALSE,-9223372036854775808,2.5,2024-12-31,2024-01-01,1,1,,a,1,0.5\n",
			"b boolean,\nl bigint,\nd double,\nday date,\nt timestamp,\ns string,\nzip string,\nnone string,\nmixed string,\nbig bigint,\nboth string\n"},
		{"csv", "a\n1\n\"\"\n", "a string\n"},
		{"csv", "a\n9223372036854775808\n", "a string\n"},
		{"csv", "a\n1e999\n", "a string\n"},
		{"csv", "a,b\n", "a string,\nb string\n"},
		{"jsonl", `{"z":1,"a":"2024-01-01","t":"2024-01-01T00:00:00Z","s":"7","o":{"x":true,"y":[1,2.5]},"n":null,"l":[]}` + "\n" + `{"late":1.0,"o":{"w":[{"q":1}]}}`,
			"z bigint,\na date,\nt timestamp,\ns string,\no struct<x:boolean,y:array<double>,w:array<struct<q:bigint>>>,\nn string,\nl array<string>,\nlate double\n"},
	} {
		at := location()
		mustRun(t, c.text, "create", at, "--from", "-", "--format", c.format)
		if got := mustRun(t, "", "schema", at, "-o", "table"); got != c.want {
			t.Errorf("from %q it infers\n%swant\n%s", c.text, got, c.want)
		}
	}
}

func TestTextThatNoSchemaHoldsCreatesNothing(t *testing.T) {
	for _, c := range []struct{ format, text, says string }{
		{"csv", "a,b\n1,2\n3\n", "line 3: 1 fields"},
		{"csv", "", "no header"},
		{"jsonl", "", "no columns"},
		{"jsonl", "{\"a\":1}\n{\"a\":\"x\"}", `line 2, column "a", value "\"x\"": no type holds this and the values from line 1 on`},
		{"jsonl", "{\"a\":{\"b\":1}}\n{\"a\":{\"b\":[]}}", `line 2, column "a.b", value "[…]": line 1 has a value of another kind there`},
		{"jsonl", "{\"a\":9223372036854775808}", "no type holds"},
		{"parquet", "PAR1", "not readable"},
		{"arrow", "x", "not readable"},
	} {
		at := location()
		fails(t, exitOther, c.says, c.text, "create", at, "--from", "-", "--format", c.format)
		if left := objects(t, at); len(left) > 0 {
			t.Errorf("%q left %q", c.text, left)
		}
	}
}

func TestMergeSchemaAddsColumns(t *testing.T) {
	at := withSchema(t, "id int, s struct<a:int>")
	fails(t, exitOther, "--merge-schema adds new ones", "id,day\n1,2024-01-01\n", "append", at, "-", "--format", "csv")
	mustRun(t, "id,day\n1,2024-01-01\n", "append", at, "-", "--format", "csv", "--merge-schema")
	mustRun(t, `{"id":2,"s":{"a":1,"b":"x"},"l":[{"k":1.5}]}`, "append", at, "-", "--format", "jsonl", "--merge-schema")
	want := "id int,\ns struct<a:int,b:string>,\nday date,\nl array<struct<k:double>>\n"
	if got := mustRun(t, "", "schema", at, "-o", "table"); got != want {
		t.Errorf("the schema is\n%swant\n%s", got, want)
	}
	got := lines(mustRun(t, "", "cat", at))
	if want := `{"id":1,"s":null,"day":"2024-01-01","l":null}` + "\n" + `{"id":2,"s":{"a":1,"b":"x"},"day":null,"l":[{"k":1.5}]}` + "\n"; got != want {
		t.Errorf("the table has\n%swant\n%s", got, want)
	}
}

func TestTemporaryCopiesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	t.Setenv("TMP", dir)
	mustRun(t, "id\n1\n", "create", location(), "--from", "-", "--format", "csv")
	fails(t, exitOther, "fields", "id\n1,2\n", "create", location(), "--from", "-", "--format", "csv")
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
