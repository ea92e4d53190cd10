package parquetio

import (
	"errors"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

var errLengths = errors.New("its parts have different lengths")

// node is a type of the plan and where the file has it: a column, a field, an
// element. It is there in every slot of its context, the innermost list around
// it: a level is a slot's if rep ≤ ctxRep and def ≥ ctxDef.
type node struct {
	kind           kind
	dt             arrow.DataType
	col            *column // its leaf; for groups, some leaf below it
	def            int16   // at this definition level or above it is not null
	ctxDef, ctxRep int16
	elemDef        int16 // lists and maps: at this level or above a slot has an element …
	elemRep        int16 // … and elements after the first repeat at this level
	children       []*node
	variant        *variantNode // variants: how to make one of the children
}

type kind uint8

const (
	nodeMissing kind = iota // the file has it not: null
	nodeLeaf
	nodeGroup
	nodeList // and map: a list of entries
	nodeVariant
)

// assemble makes the array of the batch that its columns have read, of length
// slots.
func (n *node) assemble(mem memory.Allocator, length int) (arrow.ArrayData, error) {
	switch n.kind {
	case nodeMissing:
		return nullArray(mem, n.dt, length)
	case nodeLeaf:
		return n.assembleLeaf(mem, length)
	case nodeGroup:
		return n.assembleGroup(mem, length)
	case nodeVariant:
		return n.assembleVariant(mem, length)
	default:
		return n.assembleList(mem, length)
	}
}

func nullArray(mem memory.Allocator, dt arrow.DataType, length int) (arrow.ArrayData, error) {
	a := array.MakeArrayOfNull(zeroing{mem}, dt, length)
	defer a.Release()
	data := a.Data()
	data.Retain()
	return data, nil
}

func (n *node) assembleLeaf(mem memory.Allocator, length int) (arrow.ArrayData, error) {
	s := slots{length: length}
	if n.col.dense != length || n.ctxDef > 0 {
		var err error
		if s, err = n.validity(mem, length); err != nil {
			return nil, err
		}
		defer s.release()
	}
	return n.col.values.array(n.dt, n.col.dense, s)
}

func (n *node) assembleGroup(mem memory.Allocator, length int) (arrow.ArrayData, error) {
	s, err := n.present(mem, length)
	if err != nil {
		return nil, err
	}
	defer s.release()
	children, err := n.assembleChildren(mem, length)
	if err != nil {
		return nil, err
	}
	defer releaseAll(children)
	return array.NewData(n.dt, length, []*memory.Buffer{s.bits}, children, s.nulls, 0), nil
}

func (n *node) assembleChildren(mem memory.Allocator, length int) ([]arrow.ArrayData, error) {
	children := make([]arrow.ArrayData, 0, len(n.children))
	for _, c := range n.children {
		data, err := c.assemble(mem, length)
		if err != nil {
			releaseAll(children)
			return nil, err
		}
		children = append(children, data)
	}
	return children, nil
}

func releaseAll(all []arrow.ArrayData) {
	for _, d := range all {
		d.Release()
	}
}

// present is the slots in which a node that may have others below it is not
// null.
func (n *node) present(mem memory.Allocator, length int) (slots, error) {
	if n.def <= n.ctxDef {
		return slots{length: length}, nil
	}
	return n.validity(mem, length)
}

// validity marks the slots in which the node is not null.
func (n *node) validity(mem memory.Allocator, length int) (slots, error) {
	s := slots{length: length, bits: newBits(mem, length)}
	bits, at, valid := s.bits.Bytes(), 0, 0
	def := n.col.def[:min(n.col.levels, len(n.col.def))]
	if n.ctxDef == 0 { // every level is a slot, or belongs to one before
		if n.col.maxRep == 0 {
			valid, at = markFlat(bits, def, n.def, length)
		} else {
			for i, d := range def {
				if n.col.rep[i] != 0 {
					continue
				}
				if at < length && d >= n.def {
					bitutil.SetBit(bits, at)
					valid++
				}
				at++
			}
		}
	} else {
		for i, d := range def {
			if d < n.ctxDef || n.col.rep[i] > n.ctxRep {
				continue
			}
			if at < length && d >= n.def {
				bitutil.SetBit(bits, at)
				valid++
			}
			at++
		}
	}
	if at != length {
		s.release()
		return slots{}, errLengths
	}
	if s.nulls = length - valid; s.nulls == 0 {
		s.release()
		s.bits = nil
	}
	return s, nil
}

// markFlat sets the bits of levels that reach want, eight at a time.
func markFlat(bits []byte, def []int16, want int16, length int) (valid, at int) {
	if len(def) != length {
		return 0, len(def)
	}
	for len(def) >= 8 {
		d := def[:8]
		var b byte
		for i, v := range d {
			if v >= want {
				b |= 1 << i
				valid++
			}
		}
		bits[at/8] = b
		at += 8
		def = def[8:]
	}
	for _, v := range def {
		if v >= want {
			bits[at/8] |= 1 << (at % 8)
			valid++
		}
		at++
	}
	return valid, at
}

// assembleList makes lists and maps: offsets from the levels, then what they
// hold.
func (n *node) assembleList(mem memory.Allocator, length int) (arrow.ArrayData, error) {
	s, err := n.present(mem, length)
	if err != nil {
		return nil, err
	}
	defer s.release()
	buf := memory.NewResizableBuffer(mem)
	defer buf.Release()
	buf.ResizeNoShrink(4 * (length + 1))
	offsets := view[int32](buf.Bytes())
	elements, at := 0, 0
	for i, d := range n.col.def[:n.col.levels] {
		r := n.col.rep[i]
		if r <= n.ctxRep && d >= n.ctxDef {
			if at >= length {
				return nil, errLengths
			}
			offsets[at] = int32(elements)
			at++
		}
		if r <= n.elemRep && d >= n.elemDef {
			if at == 0 || elements == math.MaxInt32 {
				return nil, errLengths
			}
			elements++
		}
	}
	if at != length {
		return nil, errLengths
	}
	offsets[length] = int32(elements)
	children, err := n.assembleChildren(mem, elements)
	if err != nil {
		return nil, err
	}
	defer releaseAll(children)
	if m, is := n.dt.(*arrow.MapType); is {
		entries := array.NewData(m.Elem(), elements, []*memory.Buffer{nil}, children, 0, 0)
		defer entries.Release()
		children = []arrow.ArrayData{entries}
		return array.NewData(n.dt, length, []*memory.Buffer{s.bits, buf}, children, s.nulls, 0), nil
	}
	return array.NewData(n.dt, length, []*memory.Buffer{s.bits, buf}, children, s.nulls, 0), nil
}
