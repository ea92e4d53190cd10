package expr

import (
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Bound is an expression whose columns and types are known. It never changes
// and may be used by many goroutines.
type Bound struct {
	root    Node
	columns []*Column // by slot
	text    string    // for the positions of errors
	shared  map[Node]int
}

// Root is the tree that is evaluated.
func (b *Bound) Root() Node { return b.root }

// Type is the type of the expression's value.
func (b *Bound) Type() schema.Type { return b.root.Type() }

// Columns is the columns and nested fields that the expression reads, each
// once, as the schema spells them.
func (b *Bound) Columns() [][]string {
	out := make([][]string, len(b.columns))
	for i, c := range b.columns {
		out[i] = slices.Clone(c.Path)
	}
	return out
}

// String is the bound expression as SQL, implicit casts written out.
func (b *Bound) String() string { return b.root.String() }

// Eval computes the expression for every row of a batch. The batch has the
// expression's columns by their names in the schema, with the Arrow layout of
// their types; strings may be large or views, and any column a dictionary. The
// caller releases the result.
//
// The error is an *[EvalError] if the expression has no value for a row.
func (b *Bound) Eval(batch arrow.RecordBatch, mem memory.Allocator) (arrow.Array, error) {
	if c, ok := b.root.(*Column); ok && kindOf(c.typ) == isNested && len(c.Path) == 1 {
		if i := batch.Schema().FieldIndices(c.Path[0]); len(i) == 1 {
			batch.Column(i[0]).Retain()
			return batch.Column(i[0]), nil
		}
	}
	if b.Type() == schema.Variant {
		return nil, &UnsupportedError{What: "a nested field of type " + b.Type().String() + " as a result", Position: Position{1, 1}}
	}
	v, err := b.run(batch).eval(b.root, nil)
	if errors.Is(err, errHalve) {
		return b.evalHalves(batch, mem)
	}
	if err != nil {
		return nil, err
	}
	return toArrow(v, b.Type(), mem)
}

// Filter appends to dst the rows of a batch for which the expression is TRUE,
// in order, and returns the extended slice. Rows for which it is false or null
// are left out. For batches see [Bound.Eval].
//
// Conjuncts are evaluated in turn, each only on the rows that those before it
// left: an error on another row does not exist.
func (b *Bound) Filter(batch arrow.RecordBatch, dst []int32) ([]int32, error) {
	if t := b.Type(); t != schema.Boolean && t != schema.Void {
		return dst, &TypeError{Msg: fmt.Sprintf("a filter must be boolean, not %v", t), Position: Position{1, 1}}
	}
	if b.Type() == schema.Void {
		return dst, nil
	}
	r := b.run(batch)
	sel, err := r.filter(b.root, nil)
	if errors.Is(err, errHalve) {
		return b.filterHalves(batch, dst)
	}
	if err != nil {
		return dst, err
	}
	if sel == nil {
		sel = fullBitmap(r.rows)
	}
	dst = slices.Grow(dst, sel.count())
	for i := range sel.rows(r.rows) {
		dst = append(dst, int32(i))
	}
	return dst, nil
}

// EvalRow computes the expression for one row, whose columns row gives: for
// each of Columns a value of the column's type, or a null. It is [Bound.Eval]
// on a batch of one row. Columns of nested types cannot be given.
func (b *Bound) EvalRow(row func(path []string) value.Value) (value.Value, error) {
	r := b.newRun(1, func(c *Column) (vec, error) {
		v := row(c.Path)
		switch {
		case v.IsNull():
			return nullVec(c.typ, 1), nil
		case kindOf(c.typ) == isNested || !sameType(v.Type(), c.typ):
			return vec{}, fmt.Errorf("column %s is given a value of type %v, not %v", quotePath(c.Path), v.Type(), c.typ)
		}
		return constant(v, c.typ, 1), nil
	})
	if isNestedType(b.Type()) {
		return value.Value{}, &UnsupportedError{What: "a result of type " + b.Type().String() + " for a single row", Position: Position{1, 1}}
	}
	v, err := r.eval(b.root, nil)
	if err != nil {
		return value.Value{}, err
	}
	return v.at(0, b.Type()), nil
}

func (b *Bound) run(batch arrow.RecordBatch) *run {
	return b.newRun(int(batch.NumRows()), func(c *Column) (vec, error) { return loadColumn(batch, c) })
}

func (b *Bound) newRun(rows int, load func(*Column) (vec, error)) *run {
	return &run{
		text: b.text, rows: rows, load: load, loaded: make([]vec, len(b.columns)), ready: make([]bool, len(b.columns)),
		shared: b.shared, kept: make([]kept, len(b.shared)),
	}
}
