package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/foreset/foreset/schema"
)

// TestListsHaveSparksNamesAndTypes: the answers are those of Spark 4.2.
func TestListsHaveSparksNamesAndTypes(t *testing.T) {
	s, err := schema.ParseColumns("a int, l bigint, b tinyint, d decimal(12,2), w decimal(38,36), f float, x double, s string, t boolean, dt date, st struct<b:int>")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ sql, name, typ string }{
		{"count(*)", "count(1)", "bigint"},
		{"count(1)", "count(1)", "bigint"},
		{"COUNT(NULL)", "count(NULL)", "bigint"},
		{"count('x')", "count(x)", "bigint"},
		{"count(st)", "count(st)", "bigint"},
		{"sum(NULL)", "sum(NULL)", "double"},
		{"sum(s)", "sum(s)", "double"},
		{"avg(s)", "avg(s)", "double"},
		{"sum(a + l * 2)", "sum((a + (l * 2)))", "bigint"},
		{"sum(b)", "sum(b)", "bigint"},
		{"sum(a % 2)", "sum((a % 2))", "bigint"},
		{"sum(a div 2)", "sum((a div 2))", "bigint"},
		{"sum(-a)", "sum((- a))", "bigint"},
		{"sum(d)", "sum(d)", "decimal(22,2)"},
		{"avg(d)", "avg(d)", "decimal(16,6)"},
		{"sum(w)", "sum(w)", "decimal(38,36)"},
		{"avg(w)", "avg(w)", "decimal(38,38)"},
		{"sum(f)", "sum(f)", "double"},
		{"avg(a)", "avg(a)", "double"},
		{"mean(a)", "mean(a)", "double"},
		{"min(f)", "min(f)", "float"},
		{"min(a = 1)", "min((a = 1))", "boolean"},
		{"min(a <> 1)", "min((NOT (a = 1)))", "boolean"},
		{"min(t and t and not t)", "min(((t AND t) AND (NOT t)))", "boolean"},
		{"min(a in (1,2))", "min((a IN (1, 2)))", "boolean"},
		{"min(a between 1 and 2)", "min(between(a, 1, 2))", "boolean"},
		{"min(s not like 'x%')", "min((NOT s LIKE x%))", "boolean"},
		{"min(a is null)", "min((a IS NULL))", "boolean"},
		{"min(a is not null)", "min((a IS NOT NULL))", "boolean"},
		{"min(a <=> l)", "min((a <=> l))", "boolean"},
		{"sum(case when a=1 then 2 else 3 end)", "sum(CASE WHEN (a = 1) THEN 2 ELSE 3 END)", "bigint"},
		{"sum(case a when 1 then 2 end)", "sum(CASE WHEN (a = 1) THEN 2 END)", "bigint"},
		{"sum(cast(s as bigint))", "sum(CAST(s AS BIGINT))", "bigint"},
		{"sum(cast(s as decimal(5,2)))", "sum(CAST(s AS DECIMAL(5,2)))", "decimal(15,2)"},
		{"sum(1.50)", "sum(1.50)", "decimal(13,2)"},
		{"sum(1e0)", "sum(1.0)", "double"},
		{"min(date'2024-01-01')", "min(DATE '2024-01-01')", "date"},
		{"Sum(A)", "sum(A)", "bigint"},
		{"min(true)", "min(true)", "boolean"},
		{"min(st.b)", "min(st.b)", "int"},
		{"a+1", "(a + 1)", "int"},
		{"st.b", "b", "int"},
		{"`A`", "A", "int"},
		{"sum(a) AS total", "total", "bigint"},
		{"sum(a) `the total`", "the total", "bigint"},
		{"a+1 more", "more", "int"},
		{"count", "count", ""}, // a column of that name, which there is not
	} {
		items, err := List(c.sql).Bind(s, Env{})
		if c.typ == "" {
			if _, ok := errors.AsType[*ColumnError](err); !ok {
				t.Errorf("%s: %v", c.sql, err)
			}
			continue
		}
		if err != nil || len(items) != 1 {
			t.Errorf("%s: %v, %d items", c.sql, err, len(items))
			continue
		}
		if it := items[0]; it.Name != c.name || it.Type.String() != c.typ {
			t.Errorf("%s is %s of type %v, want %s of %s", c.sql, it.Name, it.Type, c.name, c.typ)
		}
	}
}

func TestListsAreReadItemByItem(t *testing.T) {
	s, err := schema.ParseColumns("a int, b string")
	if err != nil {
		t.Fatal(err)
	}
	l := List("sum(a * ?) AS x,\n count(b), coalesce(a, 1) k", 2)
	items, err := l.Bind(s, Env{})
	if err != nil || l.Err() != nil || l.Len() != 3 || len(items) != 3 {
		t.Fatal(items, err)
	}
	if items[0].Func != Sum || items[1].Func != Count || items[2].Func != NoAggregate || items[2].Name != "k" || items[1].Position != (Position{2, 2}) {
		t.Errorf("%+v", items)
	}
	if paths := Paths(items); len(paths) != 2 || paths[0][0] != "a" || paths[1][0] != "b" {
		t.Errorf("%v", paths)
	}
	if none := List("  "); none.Len() != 0 || none.Err() != nil {
		t.Error(none.Err())
	}
	for sql, want := range map[string]string{
		"a,":                        "line 1, column 3: unexpected end",
		"a b c":                     "column 5: unexpected c, expected ','",
		"sum(a":                     "unexpected end, expected ')'",
		"sum(a) AS 1":               "expected a name",
		"sum(a * ?)":                "",
		"min(struct_)":              "column 5: there is no column struct_",
		strings.Repeat("a,", 1<<20): "limit",
	} {
		if _, err := List(sql).Bind(s, Env{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20s: %v, want %q", sql, err, want)
		}
	}
}
