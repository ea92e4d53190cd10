package arrowconv

import (
	"context"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// Options say how Convert treats what does not fit at once. Zero fields mean
// the defaults.
type Options struct {
	// TruncateTimestamps rounds nanoseconds down to microseconds. Without it,
	// those that are not whole microseconds are an error.
	TruncateTimestamps bool
	// Allocator is where new arrays come from; memory.DefaultAllocator if nil.
	Allocator memory.Allocator
}

// Convert gives a batch the layout that [Schema] has for to. Columns are
// matched by name, ignoring case; those that the batch lacks are null. Values
// are taken over where the column holds them exactly: integers and floats of
// any width, integers and decimals as decimals, timestamps in any unit and zone
// (one without a zone is taken as UTC by a timestamp column), dates as
// timestamp_ntz, null as anything, and the layouts of [FromArrow].
//
// Everything else is an [*Error]: a column that the table has not, or twice; a
// type that does not fit; a value that cannot be held exactly; a null or a
// missing column where the schema allows none, at any depth.
//
// Arrays are shared with the batch where their layout agrees; a batch that
// fits as it is is returned as it is. The caller releases the result.
func Convert(ctx context.Context, batch arrow.RecordBatch, to *schema.Struct, opts Options) (arrow.RecordBatch, error) {
	want, err := Schema(to)
	if err != nil {
		return nil, err
	}
	if opts.Allocator == nil {
		opts.Allocator = memory.DefaultAllocator
	}
	source, err := match(batch.Schema(), to)
	if err != nil {
		return nil, err
	}
	c := &converter{opts: opts}
	same := batch.NumCols() == int64(len(to.Fields))
	columns := make([]arrow.Array, 0, len(to.Fields))
	defer func() {
		for _, col := range columns {
			col.Release()
		}
	}()
	for i, f := range to.Fields {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		at := place{column: f.Name}
		if source[i] < 0 {
			same = false
			if !f.Nullable {
				return nil, columnError(f.Name, ErrNull, "the batch has no such column, and it is NOT NULL")
			}
			columns = append(columns, array.MakeArrayOfNull(opts.Allocator, want.Field(i).Type, int(batch.NumRows())))
			continue
		}
		in := batch.Column(source[i])
		out, err := c.array(at, in, f.Type, want.Field(i).Type)
		if err != nil {
			return nil, err
		}
		columns = append(columns, out)
		if err := checkNulls(at, out, f.Type, f.Nullable, nil); err != nil {
			return nil, err
		}
		have := batch.Schema().Field(source[i])
		same = same && source[i] == i && out == in && have.Name == f.Name && have.Nullable == f.Nullable
	}
	if same {
		batch.Retain()
		return batch, nil
	}
	return array.NewRecordBatch(want, columns, batch.NumRows()), nil
}

// match finds for each field of the table the column of the batch, or -1.
func match(have *arrow.Schema, to *schema.Struct) ([]int, error) {
	byName := make(map[string]int, have.NumFields())
	for i, f := range have.Fields() {
		name := strings.ToLower(f.Name)
		if _, twice := byName[name]; twice {
			return nil, columnError(f.Name, ErrAmbiguous, "the batch has it twice; names are compared without case")
		}
		byName[name] = i
	}
	source := make([]int, len(to.Fields))
	for i, f := range to.Fields {
		name := strings.ToLower(f.Name)
		at, found := byName[name]
		if !found {
			at = -1
		}
		source[i] = at
		delete(byName, name)
	}
	for _, f := range have.Fields() { // in their order, so that the error is always the same
		if _, left := byName[strings.ToLower(f.Name)]; left {
			return nil, columnError(f.Name, ErrUnknown, "it is in the batch")
		}
	}
	return source, nil
}

// place is where an array is in the batch: which column, and which row each of
// its values belongs to.
type place struct {
	column string
	row    func(i int) int // nil: value i is of row i
}

func (p place) inner(field string) place { return place{join(p.column, field), p.row} }

func (p place) at(i int) int64 {
	if p.row == nil {
		return int64(i)
	}
	return int64(p.row(i))
}

// bad blames value i.
func (p place) bad(i int, err error, value, format string, args ...any) *Error {
	return &Error{Column: p.column, Row: p.at(i), Value: value, Err: err, Detail: fmt.Sprintf(format, args...)}
}

// checkNulls looks for nulls where none are allowed. live says which values
// count: those of a null parent do not. Nil is all.
func checkNulls(p place, a arrow.Array, t schema.Type, nullable bool, live func(int) bool) error {
	if !nullable && a.NullN() > 0 {
		for i := range a.Len() {
			if a.IsNull(i) && (live == nil || live(i)) {
				return p.bad(i, ErrNull, "", "it is NOT NULL")
			}
		}
	}
	switch t := t.(type) {
	case *schema.Struct:
		if !hasRequired(t) {
			return nil
		}
		s := a.(*array.Struct)
		inside := live
		if a.NullN() > 0 {
			inside = func(i int) bool { return a.IsValid(i) && (live == nil || live(i)) }
		}
		for i, f := range t.Fields {
			if err := checkNulls(p.inner(f.Name), s.Field(i), f.Type, f.Nullable, inside); err != nil {
				return err
			}
		}
	case *schema.Array:
		if t.ContainsNull && !hasRequired(t.Element) {
			return nil
		}
		list := a.(*array.List)
		values, within := elements(list, list.ListValues())
		defer values.Release()
		return checkNulls(place{join(p.column, elementName), rowOf(p, list)}, values, t.Element, t.ContainsNull, within)
	case *schema.Map:
		m := a.(*array.Map)
		row := rowOf(p, m)
		keys, within := elements(m, m.Keys())
		defer keys.Release()
		if err := checkNulls(place{join(p.column, keyName), row}, keys, t.Key, false, within); err != nil {
			return err
		}
		if t.ValueContainsNull && !hasRequired(t.Value) {
			return nil
		}
		items, within := elements(m, m.Items())
		defer items.Release()
		return checkNulls(place{join(p.column, valueName), row}, items, t.Value, t.ValueContainsNull, within)
	}
	return nil
}

// hasRequired says whether something inside t must not be null.
func hasRequired(t schema.Type) bool {
	switch t := t.(type) {
	case *schema.Struct:
		for _, f := range t.Fields {
			if !f.Nullable || hasRequired(f.Type) {
				return true
			}
		}
	case *schema.Array:
		return !t.ContainsNull || hasRequired(t.Element)
	case *schema.Map:
		return true // keys
	}
	return false
}

// elements is the part of the child of a list that the list's rows use, and
// which of it counts: a null list may have elements too.
func elements(list array.ListLike, child arrow.Array) (arrow.Array, func(int) bool) {
	if list.Len() == 0 {
		return array.NewSlice(child, 0, 0), nil
	}
	first, _ := list.ValueOffsets(0)
	_, end := list.ValueOffsets(list.Len() - 1)
	var live func(int) bool
	if list.NullN() > 0 {
		live = func(i int) bool { return list.IsValid(indexOf(list, int64(i)+first)) }
	}
	return array.NewSlice(child, first, end), live
}

// rowOf maps an element of a list to its row.
func rowOf(p place, list array.ListLike) func(int) int {
	return func(i int) int {
		if list.Len() == 0 {
			return 0
		}
		first, _ := list.ValueOffsets(0)
		return int(p.at(indexOf(list, int64(i)+first)))
	}
}

// indexOf is the list that holds element i of the child.
func indexOf(list array.ListLike, i int64) int {
	lo, hi := 0, list.Len()
	for lo < hi {
		mid := (lo + hi) / 2
		if _, end := list.ValueOffsets(mid); end <= i {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return min(lo, list.Len()-1)
}
