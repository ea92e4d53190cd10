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
	} {
		var failure *EvalError
		if _, err := onOneRow(t, text); !errors.As(err, &failure) || failure.Class != "COLLECTION_SIZE_LIMIT_EXCEEDED" {
			t.Errorf("%s: %v", text, err)
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
