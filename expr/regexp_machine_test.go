package expr

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// randomPattern is a pattern over few characters, so that texts often match.
func randomPattern(r *rand.Rand, depth int) string {
	var b strings.Builder
	for range r.IntN(4) {
		switch k := r.IntN(10); {
		case k < 4:
			b.WriteString([]string{"a", "b", "ab", "é"}[k])
		case k < 6:
			b.WriteString([]string{"^", "$", `\b`, "(?m)", `\Z`, "."}[r.IntN(6)])
		case depth > 0:
			b.WriteString([]string{"(", "(?:"}[r.IntN(2)] + randomPattern(r, depth-1) + "|" + randomPattern(r, depth-1) + ")")
		default:
			b.WriteString(`[ab\n]`)
		}
		if c := b.String(); c != "" && c[len(c)-1] != '^' {
			b.WriteString([]string{"", "", "", "*", "+", "?", "*?", "{1,2}", "{2,}"}[r.IntN(9)])
		}
	}
	return b.String()
}

// Short texts are searched way by way, long ones by all ways at once, and RE2
// says whether there is a match at all.
func TestAllMachinesFindTheSame(t *testing.T) {
	const seed = 20261126
	t.Log("seed", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	tested := 0
	for range 20_000 {
		pattern := randomPattern(r, 3)
		p, err := compileJava(pattern)
		if err != nil {
			continue
		}
		var text strings.Builder
		for range r.IntN(8) {
			text.WriteString([]string{"a", "b", "é", "\n", "\r\n", "\u2028", "ab"}[r.IntN(7)])
		}
		s := text.String()
		machinesAgree(t, p, pattern, s)
		tested++
	}
	if tested < 10_000 {
		t.Errorf("only %d patterns were tested", tested)
	}
}

func machinesAgree(t *testing.T, p *javaPattern, pattern, s string) {
	t.Helper()
	one, all := newRegexpMachine(p.prog), newRegexpMachine(p.prog)
	one.text, all.text = s, s
	words := (p.prog.choices*(len(s)+1) + 63) / 64
	if words > triedMost/64 {
		return
	}
	found, foundToo, in := one.tryEach(0, words), all.followAll(0), p.matcher().in(s)
	if found != foundToo || found && !slices.Equal(one.found, all.found) || found != in {
		t.Fatalf("%q in %q: %v %v, %v %v, %v", pattern, s, found, one.found, foundToo, all.found, in)
	}
}

func FuzzMachinesFindTheSame(f *testing.F) {
	for _, pattern := range []string{
		"(a|b*)*?c", `^[a-z&&[^b\\]]]+$`, `(?iu)\\Q.K\\E|\\x{1F600}`, `(?m)^\\s*$`, `(?x) a # b`, `\\p{IsLatin}\\P{Lu}`, `\\uD83D\\uDE00`, `\\uD800`, "(?<n>a){2,3}?", `\\Z|\\z|\\A\\b\\B\\R`, "[]^-a-]",
	} {
		f.Add(pattern, "aK.\r\nb é\u2028😀")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		p, err := compileJava(pattern)
		if err != nil {
			_ = err.Error()
			return
		}
		machinesAgree(t, p, pattern, s)
		r := p.newReplacement(s)
		_, _ = p.matcher().appendReplaced(nil, s, 0, r)
	})
}
