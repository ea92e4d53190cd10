package expr

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Each row makes some MiB, all rows more than is made at once: they are
// evaluated in parts, with the results and the errors of the whole.
func TestWhatABatchMakesTooMuchOfIsEvaluatedInHalves(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{{Name: "i", Type: schema.Integer}}}
	var rows [][]any
	for i := range 40 {
		rows = append(rows, []any{jsonInt(int64(i))})
	}
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	batch := newBatch(t, s, rows, mem)
	defer batch.Release()
	bind := func(sql string) *Bound {
		b, err := SQL(sql).Bind(s, Env{})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}

	lengths, err := evaluate(bind("length(repeat('x', 8000000 + i))"), batch, mem)
	if err != nil || len(lengths) != 40 {
		t.Fatal(len(lengths), err)
	}
	for i, v := range lengths {
		if want := value.Int(schema.Integer, int64(8_000_000+i)); v != want {
			t.Errorf("row %d: %#v", i, v)
		}
	}
	kept, err := bind("length(repeat('x', 8000000 + i)) % 10 = 3").Filter(batch, []int32{-1})
	if got, want := fmt.Sprint(kept), "[-1 3 13 23 33]"; err != nil || got != want {
		t.Errorf("%s, %v, want %s", got, err, want)
	}
	var failure *EvalError
	if _, err := bind("length(repeat('x', 8000000 + 1 DIV (37 - i))) > 0").Filter(batch, nil); !errors.As(err, &failure) || failure.Row != 37 || failure.Class != classDivide {
		t.Errorf("%v, want a division by zero in row 37", err)
	}
}

func TestARowThatMakesTooMuchIsAnError(t *testing.T) {
	lengths := func(n int) *Bound {
		terms := make([]string, n)
		for i := range terms {
			terms[i] = fmt.Sprintf("length(repeat(s, %d))", 30_000_000+i)
		}
		b, err := SQL(strings.Join(terms, " + ")).Bind(testSchema, Env{})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	row := func([]string) value.Value { return value.String("x") }
	if v, err := lengths(8).EvalRow(row); err != nil || v.Int64() != 240_000_028 {
		t.Errorf("%#v, %v", v, err)
	}
	var failure *EvalError
	if _, err := lengths(9).EvalRow(row); !errors.As(err, &failure) || failure.Class != "COLLECTION_SIZE_LIMIT_EXCEEDED" {
		t.Errorf("%v, want too large a collection", err)
	}
}
