package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/foreset/foreset/internal/value"
)

func TestWhatRegularExpressionsCannotDoIsNamed(t *testing.T) {
	for pattern, what := range map[string]string{
		"(?=a)": "look-ahead (?=", "x(?!a)b": "look-ahead (?!", "(?<=a)b": "look-behind (?<=", "(?<!a)b": "look-behind (?<!",
		`(a)\1`: `a back-reference \1`, `(?<n>a)\k<n>`: `a back-reference \k`, "(?>a+)b": "an atomic group (?>", "a++": "a possessive quantifier",
		"a{1,2}+": "a possessive quantifier", `\Ga`: `the end of the last match \G`, `\X`: `a grapheme \X`, `\b{g}`: `a boundary \b{…}`,
		`\N{DIGIT ONE}`: `a character's name \N`, `[\N{DIGIT ONE}]`: `a character's name \N`, `\p{InGreek}`: "the block Greek", `\p{blk=Latin-1}`: "the block Latin-1",
		"a{1001}": "a repetition of more than 1000", "(a{100}){100}": "repetitions or nesting this large", `\p{javaMirrored}`: "the property javaMirrored",
		`(?U)\b`: `\b with the flag U`, `(?U)\B`: `\B with the flag U`, strings.Repeat("(", 1001) + strings.Repeat(")", 1001): "nesting this deep",
		strings.Repeat("[", 1001) + "a" + strings.Repeat("]", 1001): "nesting this deep",
		strings.Repeat("a", 40_000):                                 "a pattern of this length", "(abcdefghijklmnopqrst){1000}": "repetitions or nesting this large", strings.Repeat("(", 900) + "a{30}" + strings.Repeat(")", 900): "repetitions or nesting this large",
		"(((){1000}){1000}){1000}": "repetitions or nesting this large", strings.Repeat(`(\p{L})`, 4000): "repetitions or nesting this large",
	} {
		for _, function := range []string{"s RLIKE %", "regexp_extract(s, %, 0)", "regexp_replace(s, %, '')"} {
			var unsupported *UnsupportedError
			text := strings.ReplaceAll(function, "%", quoteString(pattern))
			if _, err := SQL(text).Bind(testSchema, Env{}); !errors.As(err, &unsupported) || !strings.HasPrefix(unsupported.What, what) || unsupported.Line != 1 {
				t.Errorf("%s: %v, want %s unsupported", text, err, what)
			}
		}
	}
}

func TestAPatternOfAColumnBeyondRE2FailsOnItsRow(t *testing.T) {
	var failure *EvalError
	_, err := onOneRow(t, "'ab' RLIKE concat('(?=', s, ')')")
	if !errors.As(err, &failure) || failure.Class != "UNSUPPORTED_FEATURE" || !strings.Contains(err.Error(), "look-ahead") {
		t.Fatal(err)
	}
}

// onOneRow is the value of an expression where each string is "x" and all else
// null.
func onOneRow(t *testing.T, text string) (value.Value, error) {
	t.Helper()
	b, err := SQL(text).Bind(testSchema, Env{})
	if err != nil {
		t.Fatal(err)
	}
	return b.EvalRow(func(path []string) value.Value {
		if path[0] == "s" {
			return value.String("x")
		}
		return value.Value{}
	})
}

// A pattern that would take exponential time if it were tried way by way.
func TestMatchingTakesTimeInProportionToTheText(t *testing.T) {
	text := strings.Repeat("a", 2000) + "!"
	for _, pattern := range []string{"(a*)*b", "(a|aa)+!x$", "(.*)*x$", "^(a?){500}a{500}b"} {
		p, err := compileJava(pattern)
		if err != nil {
			t.Fatal(err)
		}
		m := p.matcher()
		if m.in(text) || m.in(text+"\n") {
			t.Errorf("%s matches", pattern)
		}
		if _, ok := m.find(text, 0); ok {
			t.Errorf("%s has a match", pattern)
		}
	}
}
