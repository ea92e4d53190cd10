package schema

import (
	"errors"
	"strings"
	"testing"
)

func TestParseTypeReadsSQL(t *testing.T) {
	for sql, want := range map[string]string{
		"bigint": "bigint", "LONG": "bigint", "Int": "int", "integer": "int", "smallint": "smallint", "short": "smallint",
		"tinyint": "tinyint", "byte": "tinyint", "bool": "boolean", "BOOLEAN": "boolean", "real": "float", "float": "float",
		"double": "double", "string": "string", "binary": "binary", "date": "date", "timestamp": "timestamp",
		"timestamp_ltz": "timestamp", "timestamp_ntz": "timestamp_ntz", "variant": "variant", "void": "void", "null": "void",
		" decimal ": "decimal(10,0)", "decimal(10, 2)": "decimal(10,2)", "NUMERIC(5)": "decimal(5,0)", "dec(3,1)": "decimal(3,1)",
		"varchar(5)": "string", "char( 3 )": "string",
		"array<string>":                         "array<string>",
		"ARRAY < array<int> >":                  "array<array<int>>",
		"map<string, array<decimal(4,2)>>":      "map<string,array<decimal(4,2)>>",
		"struct<a:int,b:string>":                "struct<a:int,b:string>",
		"struct<a int, b: string>":              "struct<a:int,b:string>",
		"struct< >":                             "struct<>",
		"interval year to month":                "interval year to month",
		"Interval  Day TO second":               "interval day to second",
		"interval":                              "interval",
		"array<interval hour>":                  "array<interval hour>",
		"struct<i:interval minute to second>":   "struct<i:interval minute to second>",
		"struct<`a b``c`:int NOT NULL>":         "struct<a b`c:int>",
		"struct<int int, struct struct<x:int>>": "struct<int:int,struct:struct<x:int>>",
	} {
		got, err := ParseType(sql)
		if err != nil || got.String() != want {
			t.Errorf("%s: got %v, %v, want %s", sql, got, err, want)
		}
	}
}

func TestParseColumnsReadsNullabilityAndComments(t *testing.T) {
	s, err := ParseColumns("id bigint NOT NULL, `First Name` varchar(20) COMMENT 'it''s a name', tags array<struct<k string not null comment \"key\">>")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"type":"struct","fields":[` +
		`{"name":"id","type":"long","nullable":false,"metadata":{}},` +
		`{"name":"First Name","type":"string","nullable":true,"metadata":{"__CHAR_VARCHAR_TYPE_STRING":"varchar(20)","comment":"it's a name"}},` +
		`{"name":"tags","type":{"type":"array","elementType":{"type":"struct","fields":[{"name":"k","type":"string","nullable":false,"metadata":{"comment":"key"}}]},"containsNull":true},"nullable":true,"metadata":{}}]}`
	if got := string(s.JSON()); got != want {
		t.Errorf("got %s", got)
	}
}

func TestParseTypeSaysWhatIsWrong(t *testing.T) {
	for sql, want := range map[string]string{
		"":                                "a type is missing at position 1",
		"array":                           `'<' is missing at position 6`,
		"array<":                          "a type is missing at position 7",
		"array<int":                       `'>' is missing at position 10`,
		"map<int>":                        `',' is missing at position 8`,
		"map<int,":                        "a type is missing",
		"int x":                           "more text after the type at position 5",
		"struct<":                         "a name is missing",
		"struct<a":                        "a type is missing",
		"struct<a:int b:int>":             `'>' is missing`,
		"struct<a:int not>":               "NULL is missing after NOT",
		"struct<a:int comment x>":         "a quoted text is missing",
		"struct<a:int comment 'x>":        "a quote is not closed",
		"struct<`a:int>":                  "a quote is not closed",
		"struct<a:int,A:int>":             "differs only in case",
		"decimal(":                        "a number is missing",
		"decimal(1":                       `')' is missing`,
		"interval year to":                "incomplete",
		"decimal(39)":                     `type "decimal(39)" is not supported`,
		"decimal(1, 2)":                   `type "decimal(1,2)" is not supported`,
		"varchar":                         `type "varchar" is not supported`,
		"string(5)":                       `type "string(5)" is not supported`,
		"struct<a:array<struct<b:time>>>": `column "a.b": type "time" is not supported`,
	} {
		_, err := ParseType(sql)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", sql, err, want)
		}
	}
	for _, sql := range []string{"", "a", "a int b int", "a int,", ", a int"} {
		var invalid *InvalidError
		if _, err := ParseColumns(sql); !errors.As(err, &invalid) {
			t.Errorf("%q: got %v", sql, err)
		}
	}
	var limit *LimitError
	if _, err := ParseType(strings.Repeat("array<", 1_000_000)); !errors.As(err, &limit) {
		t.Errorf("got %v", err)
	}
	if _, err := ParseColumns(strings.Repeat("a int,", 20_001)); !errors.As(err, &limit) {
		t.Errorf("got %v", err)
	}
}

func FuzzParseType(f *testing.F) {
	for _, sql := range []string{
		"bigint", "decimal(10, 2)", "array<map<string,varchar(3)>>", "struct<a:int not null comment 'x', `b c`: interval day to second>", "struct<>",
		"\xf00", // longer in lower case
	} {
		f.Add(sql)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		typ, err := ParseType(sql)
		if err != nil || strings.ContainsAny(sql, "`'\"") {
			return
		}
		back, err := ParseType(typ.String())
		if err != nil || !EqualIgnoringNullability(typ, back) {
			t.Fatalf("%q is %v, and that is %v, %v", sql, typ, back, err)
		}
	})
}
