package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

type csvField struct {
	text   string
	quoted bool
}

func readAllCSV(text string) (rows [][]csvField, err error) {
	r := newCSVReader(strings.NewReader(text), "fuzz")
	for {
		row, err := r.next()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		var fields []csvField
		for i := range row.len() {
			s, quoted := row.field(i)
			fields = append(fields, csvField{string(s), quoted})
		}
		rows = append(rows, fields)
	}
}

// What is read can be written and read again, and encoding/csv agrees on what
// both of them take.
func FuzzCSV(f *testing.F) {
	for _, s := range []string{"", "a,b\n1,2\n", "\"a\"\"b\",\r\n\"\"\n", "a\r\rb\n", "\"x\ny\",z", "\"", "a\"", "\"a\"b", "\ufeffx,\xff\n\n,\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		rows, err := readAllCSV(text)
		if err != nil {
			return
		}
		var again strings.Builder
		for _, row := range rows {
			for i, field := range row {
				if i > 0 {
					again.WriteByte(',')
				}
				if field.quoted || strings.ContainsAny(field.text, "\r\n") {
					again.WriteString(`"` + strings.ReplaceAll(field.text, `"`, `""`) + `"`)
				} else {
					again.WriteString(field.text)
				}
			}
			again.WriteByte('\n')
		}
		if strings.HasPrefix(again.String(), "\ufeff") || strings.Contains(text, "\r") {
			return // a second mark is text; encoding/csv drops carriage returns in quotes
		}
		back, err := readAllCSV(again.String())
		if err != nil || !reflect.DeepEqual(back, rows) {
			t.Fatalf("%q is read as %+v, written and read again as %+v, %v", text, rows, back, err)
		}
		std := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		std.FieldsPerRecord = -1
		theirs, err := std.ReadAll()
		if err != nil {
			return
		}
		ours := [][]string{}
		for _, row := range rows {
			if len(row) == 1 && row[0] == (csvField{}) {
				continue // encoding/csv leaves empty lines out
			}
			var texts []string
			for _, field := range row {
				texts = append(texts, field.text)
			}
			ours = append(ours, texts)
		}
		if len(ours)+len(theirs) > 0 && !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("%q is %q, encoding/csv reads %q", text, ours, theirs)
		}
	})
}

// What is taken as JSON means what encoding/json says.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{"null", " {\"a\":[1,-2.5e3,true,false,null,\"x\\u00e9\\\\\"],\"b\":{}} ", "[[[]]]", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "1 2", "{"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, err := parseJSON([]byte(text))
		if err != nil {
			return
		}
		var want any
		d := json.NewDecoder(strings.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&want); err != nil {
			t.Fatalf("%q is taken, but: %v", text, err)
		}
		if got := n.any(); !reflect.DeepEqual(got, want) {
			t.Fatalf("%q is %v, want %v", text, got, want)
		}
	})
}

// any is the value as encoding/json would give it.
func (n node) any() any {
	switch n.kind {
	case '{':
		m := map[string]any{}
		for i, key := range n.keys {
			m[key] = n.items[i].any()
		}
		return m
	case '[':
		l := []any{}
		for _, item := range n.items {
			l = append(l, item.any())
		}
		return l
	case '"':
		return n.text
	case '0':
		return json.Number(n.text)
	case 'n':
		return nil
	default:
		return n.text == "true"
	}
}

// A text that is taken as a value of a type is printed as a text that is taken
// as the same value.
func FuzzText(f *testing.F) {
	types, err := schema.ParseColumns(every)
	if err != nil {
		f.Fatal(err)
	}
	for i, s := range []string{"true", "-128", "32767", "7", "+1", "0.1", "1e300", "1.500", "é", "AP8=", "2024-02-29", "2024-02-29T01:02:03.123456Z", "2024-02-29 01:02", "[1,null]", `{"a":1}`, `[[1,"a"]]`, `{"a":1,"b":{"c":"x"}}`} {
		f.Add(uint8(i), s)
	}
	f.Fuzz(func(t *testing.T, which uint8, s string) {
		field := types.Fields[int(which)%len(types.Fields)]
		dt, err := layoutType(field.Type)
		if err != nil {
			t.Fatal(err)
		}
		printed, err := reprint(dt, field.Type, s)
		if err != nil {
			return
		}
		again, err := reprint(dt, field.Type, printed)
		if err != nil || again != printed {
			t.Fatalf("%v: %q is printed as %q, and that as %q, %v", field.Type, s, printed, again, err)
		}
	})
}

func reprint(dt arrow.DataType, t schema.Type, s string) (string, error) {
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	if err := appendText(b, t, s); err != nil {
		return "", err
	}
	a := b.NewArray()
	defer a.Release()
	c, err := columnOf(a, new(error))
	if err != nil || a.IsNull(0) {
		return "", errors.Join(err, errNull)
	}
	return string(c.text(nil, 0)), nil
}

var errNull = errors.New("null")

// A terminal gets no character that commands it, however the text is cut.
func FuzzSafeWriter(f *testing.F) {
	f.Add([]byte("a\x1b[1m\u009bz"), 2)
	f.Fuzz(func(t *testing.T, text []byte, at int) {
		var out bytes.Buffer
		w := &safeWriter{w: &out}
		at = min(max(at, 0), len(text))
		for _, part := range [][]byte{text[:at], text[at:]} {
			if _, err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if !utf8.Valid(out.Bytes()) || bytes.ContainsFunc(out.Bytes(), func(r rune) bool { return commands(r) && r != '\n' && r != '\t' }) {
			t.Fatalf("%q becomes %q", text, out.Bytes())
		}
	})
}
