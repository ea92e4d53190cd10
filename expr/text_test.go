package expr

import (
	"errors"
	"strings"
	"testing"
)

func TestLongTextsAreRefusedRatherThanMade(t *testing.T) {
	for _, text := range []string{
		"repeat('ab', 2000000000)", "space(2147483647)", "lpad('a', 2147483647, 'x')", "rpad('a', 2147483647)", "rpad(X'00', 2147483647)",
		"replace(repeat('a', 100000), 'a', repeat('b', 100000))", "regexp_replace(repeat('a', 100000), 'a', repeat('b', 100000))",
		"repeat(repeat(repeat('0123456789', 1000), 1000), 1000)",
		"concat(repeat('a', 20000000), repeat('b', 20000000))", "concat_ws('', repeat('a', 20000000), repeat('b', 20000000))",
		"array_join(array(repeat('a', 20000000), 'c'), repeat('b', 20000000))", strings.Repeat("hex(", 40) + "'a'" + strings.Repeat(")", 40),
		strings.Repeat("base64(", 100) + "'a'" + strings.Repeat(")", 100),
		strings.Repeat("decode(encode(", 40) + "'a'" + strings.Repeat(", 'UTF-16'), 'ISO-8859-1')", 40),
	} {
		var failure *EvalError
		if _, err := onOneRow(t, text); !errors.As(err, &failure) || failure.Class != "COLLECTION_SIZE_LIMIT_EXCEEDED" {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestNumbersOfAMillionDigitsAreReadAtOnce(t *testing.T) {
	nines := strings.Repeat("9", 1000000)
	for _, text := range []string{nines + " > 0", nines + "L > 0", "0." + nines + " > 0", nines + "BD > 0"} {
		var syntax *SyntaxError
		if err := SQL(text).Err(); !errors.As(err, &syntax) || len(err.Error()) > 1000 {
			t.Errorf("%T of %d bytes", err, len(err.Error()))
		}
	}
	for text, want := range map[string]string{
		"CAST(concat('0.', repeat('4', 1000000)) AS DECIMAL(38,2))":                "0.44",
		"CAST(concat('-0.99', repeat('5', 1000000)) AS DECIMAL(38,2))":             "-1.00",
		"CAST(concat(repeat('0', 1000000), '1.5') AS DECIMAL(38,0))":               "2",
		"CAST(concat('0.', repeat('0', 1000000), '125e1000001') AS DECIMAL(38,2))": "1.25",
		"CAST(concat('12', repeat('0', 1000000), 'e-1000001') AS DECIMAL(38,2))":   "1.20",
		"TRY_CAST(concat('0.', repeat('0', 1000000)) AS DECIMAL(38,2))":            "0.00",
		"TRY_CAST(repeat('9', 1000000) AS DECIMAL(38,2)) IS NULL":                  "true",
	} {
		if got, err := onOneRow(t, "CAST("+text+" AS STRING)"); err != nil || got.Text() != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
}

func TestATestForALiteralTextIsALike(t *testing.T) {
	for text, want := range map[string]string{
		"startswith(s, 'a%b')": `s LIKE 'a\\%b%'`, "endswith(s, 'x')": "s LIKE '%x'", `contains(s, '\\')`: `s LIKE '%\\\\%'`,
		"s ILIKE 'Ab%'": "lower(s) LIKE 'ab%'", "s RLIKE 'a'": "rlike(s, 'a')",
		"TRIM(LEADING 'x' FROM s) = ''": "ltrim('x', s) = ''", "SUBSTRING(s FROM 2 FOR 3) = ''": "substring(s, 2, 3) = ''", "POSITION('a' IN s) = 1": "locate('a', s) = 1",
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := b.String(); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

func TestTextsThatAreNotUTF8DoNotBreakFunctions(t *testing.T) {
	for _, f := range []string{
		"upper(%)", "lower(%)", "initcap(%)", "reverse(%)", "trim(%)", "trim('a', %)", "substring(%, 2, 3)", "left(%, 2)", "right(%, 2)", "lpad(%, 9, %)", "rpad(%, 9, %)", "translate(%, 'a', 'b')",
		"translate('a', %, 'b')", "replace(%, 'a', %)", "split_part(%, 'a', -1)", "instr(%, 'a')", "locate('a', %, 2)", "ascii(%)", "length(%)", "% RLIKE '.$'", "regexp_replace(%, '[^a]', '<$0>')", "regexp_extract(%, '(.)*', 1)",
		"% RLIKE %", "% LIKE '_a_'", "% ILIKE 'A__'", "regexp_instr(%, 'a')", "concat_ws(%, %, 'a')", "repeat(%, 3)",
	} {
		text := strings.ReplaceAll(f, "%", `CAST(X'61FFE0A0F09F61C3CE' AS STRING)`)
		if _, err := onOneRow(t, text); err != nil && !errors.As(err, new(*EvalError)) {
			t.Errorf("%s: %v", f, err)
		}
	}
}
