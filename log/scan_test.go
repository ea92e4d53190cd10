package log

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// tree reads any JSON text with the scanner into what encoding/json makes of
// it, for comparison.
func (s *scanner) tree() any {
	switch s.next() {
	case '{':
		m := map[string]any{}
		for name := range s.members {
			key := string(name)
			m[key] = s.tree()
		}
		return m
	case '[':
		l := []any{}
		for range s.elements {
			l = append(l, s.tree())
		}
		return l
	case '"':
		return string(s.bytes())
	case 't':
		return s.literal("true")
	case 'f':
		s.literal("false")
		return false
	case 'n':
		s.literal("null")
		return nil
	default:
		return json.Number(s.number())
	}
}

func scan(text []byte) (any, error) {
	s := newScanner(nil, nil)
	if !s.start(text) {
		s.fail(errEnd)
		return nil, s.err
	}
	v := s.tree()
	s.end()
	return v, s.err
}

// unmarshal is what encoding/json makes of a text, with exact numbers.
func unmarshal(text []byte) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err = d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err = d.Token(); err != io.EOF {
		return nil, errors.New("more after the value")
	}
	return v, nil
}

// stricter reports whether a text is one of those that we refuse and
// encoding/json repairs: not UTF-8, half a surrogate pair, very deep.
func stricter(text []byte, err error) bool {
	return !utf8.Valid(text) || errors.Is(err, ErrLimit) || err != nil && strings.Contains(err.Error(), "surrogate")
}

// skipped runs the scanner's other path through strings, that of members
// nobody wants.
func skipped(text []byte) error {
	s := newScanner(nil, nil)
	if !s.start(text) {
		s.fail(errEnd)
	}
	s.skip()
	s.end()
	return s.err
}

var jsonSeeds = []string{
	``, ` `, `null`, `true`, `false`, `tru`, `truex`, `nul`, `0`, `-0`, `01`, `-`, `1.`, `.5`, `1e`, `1e+`, `1E-7`, `1.5E12`, `+1`,
	`9007199254740993`, `"x"`, `"`, `"\"`, `"\x"`, `"\u12"`, `"\u00e9\n\t\/"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83dx"`,
	`"\ud83d\u0041"`, "\"\x01\"", "\"\xff\"", "\"\xed\xa0\x80\"", `"é日"`, `[]`, `[1,2]`, `[1,]`, `[,1]`, `[`, `{}`, `{"a":1}`, `{"a":1,}`,
	`{"a" : [ {"b":null} ] , "c":"d"}`, `{"a"}`, `{a:1}`, `{"a":1 "b":2}`, `{"a\u0062":1}`, `{"a":1}{}`, "\t{\r\n}\n", "\ufeff{}",
	`{"stats":"{\"numRecords\":1,\"minValues\":{\"x\":\"\\\"\"}}"}`, strings.Repeat("[", 600), strings.Repeat("[", 400) + strings.Repeat("]", 400),
}

func checkScanner(t *testing.T, text []byte) {
	got, err := scan(text)
	want, wantErr := unmarshal(text)
	if stricter(text, err) {
		return
	}
	if (err == nil) != (wantErr == nil) {
		t.Fatalf("%q: scanner says %v, encoding/json %v", text, err, wantErr)
	}
	if err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("%q: scanner reads %#v, encoding/json %#v", text, got, want)
	}
	if skipErr := skipped(text); (skipErr == nil) != (err == nil) {
		t.Fatalf("%q: reading says %v, skipping %v", text, err, skipErr)
	}
}

func TestScannerAgreesWithEncodingJSON(t *testing.T) {
	for _, text := range jsonSeeds {
		checkScanner(t, []byte(text))
	}
}

func FuzzScanner(f *testing.F) {
	for _, text := range jsonSeeds {
		f.Add([]byte(text))
	}
	f.Fuzz(checkScanner)
}

func TestTextThatIsNotUnicodeIsRefused(t *testing.T) {
	for _, text := range []string{"\"\xff\"", `"\ud83d"`, `"\ude00"`, `"\ud83d\ud83d"`, "\"\xed\xa0\x80\""} {
		if _, err := scan([]byte(text)); err == nil {
			t.Errorf("%q was read", text)
		}
	}
}

func TestIntegersAreExactHoweverTheyAreWritten(t *testing.T) {
	for text, want := range map[string]int64{
		`0`: 0, `-0`: 0, `100`: 100, `"100"`: 100, `"-7"`: -7,
		`9007199254740993`: 9007199254740993, `"9007199254740993"`: 9007199254740993,
		`9223372036854775807`: 9223372036854775807, `-9223372036854775808`: -9223372036854775808,
		`9223372036854775807.0`: 9223372036854775807, `9.223372036854775807E18`: 9223372036854775807,
		`1.5E12`: 1500000000000, `1.5e+12`: 1500000000000, `1.0`: 1, `-0.0`: 0, `0e99999999999999999999`: 0,
		`100e-2`: 1, `0.001E3`: 1, `12300000000000000000000E-20`: 123, `-1.50E1`: -15,
	} {
		s := newScanner(nil, nil)
		s.start([]byte(text))
		got := s.integer(64)
		if s.end(); s.err != nil || got != want {
			t.Errorf("%s is %d, %v; want %d", text, got, s.err, want)
		}
	}
}

func TestWhatIsNoIntegerIsRefused(t *testing.T) {
	for _, text := range []string{
		`1.5`, `1e-1`, `9223372036854775808`, `-9223372036854775809`, `1E19`, `1e400`, `1e99999999999999999999`,
		`1e-99999999999999999999`, `"1.0"`, `"1E2"`, `"+1"`, `""`, `" 1"`, `"x"`, `"0x10"`, `"1_0"`, `true`, `{}`, `[1]`, `- 1`, `NaN`, `null`,
	} {
		s := newScanner(nil, nil)
		s.start([]byte(text))
		if got := s.integer(64); s.err == nil {
			t.Errorf("%s is %d", text, got)
		}
	}
	s := newScanner(nil, nil)
	s.start([]byte(`2147483648`))
	if got := s.integer(32); s.err == nil {
		t.Errorf("2147483648 is %d in 32 bits", got)
	}
}

func FuzzInteger(f *testing.F) {
	for _, text := range []string{`0`, `-1`, `1.5E12`, `123456789012345678901e-2`, `1.0e0`, `9223372036854775808`, `5e-1`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !json.Valid([]byte(text)) || len(text) > 60 || strings.ContainsAny(text, " \t\r\n\"[{tfn") {
			t.Skip()
		}
		got, ok := parseInteger([]byte(text), true)
		_, digits, _ := strings.Cut(strings.ToLower(text), "e")
		if len(strings.TrimLeft(digits, "+-0")) > 4 {
			return // big.Rat would take the exponent literally
		}
		want, valid := new(big.Rat).SetString(text)
		if valid = valid && want.IsInt() && want.Num().IsInt64(); valid != ok || ok && want.Num().Int64() != got {
			t.Fatalf("%s is %d, %v; want %v, %v", text, got, ok, want, valid)
		}
	})
}
