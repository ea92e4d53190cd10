package parquetio

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

// A slot is one entry of a column that repeats or nests: the position of its
// value in an array, or −1 if it ended further up (a null, an empty list), and
// the levels it has reached.
type slot struct {
	at       int32
	def, rep uint8
}

// NullError is a null in a column that allows none.
type NullError struct{ Column string }

func (e *NullError) Error() string {
	return fmt.Sprintf("column %q has a null and allows none", e.Column)
}

// rows makes the slots of rows [start, end).
func (s *shape) rows(start, end int) []slot {
	s.slots = s.slots[:0]
	for i := start; i < end; i++ {
		s.slots = append(s.slots, slot{at: int32(i)})
	}
	return s.slots
}

// write takes apart the values of arr that slots point at. Every slot of the
// enclosing shape becomes at least one entry in each leaf below. The slots are
// the shape's own to change.
func (s *shape) write(arr arrow.Array, slots []slot) error {
	if err := s.present(arr, slots); err != nil {
		return err
	}
	switch {
	case s.leaf != nil:
		return s.leaf.takeSlots(arr, slots)
	case s.isList:
		return s.writeElements(arr, slots)
	}
	parent, ok := arr.(*array.Struct)
	if !ok {
		return s.wrongType(arr)
	}
	for _, c := range s.children {
		if c.index >= parent.NumField() {
			return s.wrongType(arr)
		}
		c.slots = append(c.slots[:0], slots...)
		if err := c.write(parent.Field(c.index), c.slots); err != nil {
			return err
		}
	}
	return nil
}

// present ends the slots whose value is null, and counts the level of the rest.
func (s *shape) present(arr arrow.Array, slots []slot) error {
	nulls := arr.NullN() > 0
	for i := range slots {
		if slots[i].at < 0 {
			continue
		}
		if nulls && arr.IsNull(int(slots[i].at)) {
			if !s.optional {
				return &NullError{Column: s.column}
			}
			slots[i].at = -1
			continue
		}
		slots[i].def = s.def
	}
	return nil
}

// writeElements makes a slot of every element. An element begins a new entry at
// its list's repetition level, the first of a list continues the list's entry.
func (s *shape) writeElements(arr arrow.Array, slots []slot) error {
	list, ok := arr.(array.ListLike)
	if !ok {
		return s.wrongType(arr)
	}
	parts := []arrow.Array{list.ListValues()}
	if m, isMap := arr.(*array.Map); isMap {
		parts = []arrow.Array{m.Keys(), m.Items()}
	}
	if len(parts) != len(s.children) {
		return s.wrongType(arr)
	}
	elements := s.elements[:0]
	for _, at := range slots {
		if at.at < 0 {
			elements = append(elements, at)
			continue
		}
		start, end := list.ValueOffsets(int(at.at))
		if start == end {
			elements = append(elements, slot{at: -1, def: at.def, rep: at.rep})
			continue
		}
		rep := at.rep
		for i := start; i < end; i++ {
			elements = append(elements, slot{at: int32(i), def: s.def + 1, rep: rep})
			rep = s.rep + 1
		}
	}
	s.elements = elements
	for i, c := range s.children {
		c.slots = append(c.slots[:0], elements...)
		if err := c.write(parts[i], c.slots); err != nil {
			return err
		}
	}
	return nil
}

func (s *shape) wrongType(arr arrow.Array) error {
	return &SchemaError{Column: s.column, Detail: fmt.Sprintf("a batch has %v there", arr.DataType())}
}

// leaves calls do for each leaf of the shape, in the file's order.
func (s *shape) leaves(do func(*leaf) error) error {
	if s.leaf != nil {
		return do(s.leaf)
	}
	for _, c := range s.children {
		if err := c.leaves(do); err != nil {
			return err
		}
	}
	return nil
}

// spanBytes is about what rows [start, end) of arr take in the plain encoding.
func spanBytes(arr arrow.Array, start, end int) int64 {
	n := int64(end - start)
	if n == 0 {
		return 0
	}
	switch a := arr.(type) {
	case *array.String:
		offsets := a.ValueOffsets()
		return int64(offsets[end]-offsets[start]) + 4*n
	case *array.Binary:
		offsets := a.ValueOffsets()
		return int64(offsets[end]-offsets[start]) + 4*n
	case *array.Struct:
		total := n
		for i := range a.NumField() {
			total += spanBytes(a.Field(i), start, end)
		}
		return total
	case *array.Map:
		from, to := elementRange(a, start, end)
		return n + spanBytes(a.Keys(), from, to) + spanBytes(a.Items(), from, to)
	case array.ListLike:
		from, to := elementRange(a, start, end)
		return n + spanBytes(a.ListValues(), from, to)
	}
	if t, ok := arr.DataType().(arrow.FixedWidthDataType); ok {
		return n * int64(max(t.BitWidth(), 8)) / 8
	}
	return n
}

func elementRange(a array.ListLike, start, end int) (from, to int) {
	first, _ := a.ValueOffsets(start)
	_, last := a.ValueOffsets(end - 1)
	return int(first), int(last)
}

// decimals opens decimals of one scale.
func decimals[T int32 | int64](d schema.Decimal, add func([]T, []decimal128.Num) []T) func(arrow.Array) (taker[T], bool) {
	open := as(arrow.DECIMAL128, add)
	return func(arr arrow.Array) (taker[T], bool) {
		if t, ok := arr.DataType().(*arrow.Decimal128Type); !ok || int(t.Scale) != d.Scale {
			return nil, false
		}
		return open(arr)
	}
}
