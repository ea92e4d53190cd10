package expr

import (
	"errors"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func TestWhatOccursTwiceIsEvaluatedOnceABatch(t *testing.T) {
	counted := 0
	counting := &Call{Name: "counting", Args: []Node{&Column{Path: []string{"i"}, typ: schema.Integer}}, typ: schema.Integer, fn: callable{
		eval: func(c *call) (vec, error) {
			counted += c.sel.and(fullBitmap(c.rows)).count()
			return c.args[0], nil
		}}}
	again := *counting
	above := func(n Node, k int64) Node {
		return &Compare{Op: Gt, Left: n, Right: &Literal{value.Int(schema.Integer, k)}}
	}
	b, err := SQL("i > 0").Bind(&schema.Struct{Fields: []schema.Field{{Name: "i", Type: schema.Integer}}}, Env{})
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		root Node
		want int
	}{
		"in conjuncts": {&And{[]Node{above(counting, 1), above(&again, 2), above(counting, 3)}}, 4},
		// The second branch is about rows that the first was not asked for.
		"in branches": {&Case{Whens: []When{{above(counting.Args[0], 2), counting}}, Else: &again, typ: schema.Integer}, 4},
		"once":        {above(counting, 1), 4},
	} {
		counted = 0
		e := *b
		e.root, e.shared = c.root, sharedNodes(c.root)
		batch := newBatch(t, &schema.Struct{Fields: []schema.Field{{Name: "i", Type: schema.Integer}}}, [][]any{{jsonInt(1)}, {jsonInt(2)}, {jsonInt(3)}, {jsonInt(4)}}, memory.DefaultAllocator)
		if _, err := evaluate(&e, batch, memory.DefaultAllocator); err != nil {
			t.Fatal(err)
		}
		batch.Release()
		if counted != c.want {
			t.Errorf("%s: %d rows evaluated, want %d", name, counted, c.want)
		}
	}
}

func TestSharedNodesAreThoseThatSayTheSame(t *testing.T) {
	for text, want := range map[string]int{
		"char_length(s) > 1 AND char_length(s) < 5":              1,
		"char_length(s) > 1 AND char_length(concat(s, 'x')) < 5": 0,
		"i + 1 = 2 OR i + 1L = 2":                                0,
		"i / 2 > 1 OR 1 < i / 2 OR i / 2 = 3":                    1,
		"concat(s, 'a') = concat(s, 'A')":                        0,
		"point.x + 1 = 3 AND POINT.X + 1 = 4":                    1,
	} {
		b, err := SQL(text).Bind(testSchema, Env{})
		if err != nil {
			t.Fatal(err)
		}
		slots := map[int]bool{}
		for _, slot := range b.shared {
			slots[slot] = true
		}
		if len(slots) != want {
			t.Errorf("%s: %d shared nodes, want %d", b, len(slots), want)
		}
	}
}

func TestOperandsThatAreUsedTwiceMultiplyNoWork(t *testing.T) {
	type form struct{ before, after string }
	for _, f := range []form{
		{"nullif(", ", 1)"}, {"zeroifnull(nullifzero(", "))"}, {"CASE ", " WHEN 1 THEN 2 WHEN 2 THEN 3 END"}, {"decode(", ", 1, 2, 3, 4)"},
		{"if((", ") BETWEEN 1 AND 2, 1, 0)"},
	} {
		text := strings.Repeat(f.before, 300) + "i" + strings.Repeat(f.after, 300) + " = 1"
		var limit *LimitError
		if _, err := SQL(text).Bind(testSchema, Env{}); !errors.As(err, &limit) {
			t.Errorf("%s…%s: %v", f.before, f.after, err)
		}
		text = strings.Repeat(f.before, 8) + "i" + strings.Repeat(f.after, 8) + " IS NULL"
		if _, err := onOneRow(t, text); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
