package variantbin

import (
	"encoding/binary"
	"fmt"
	"iter"
)

// DepthMax is how deep arrays and objects may nest.
const DepthMax = 500

// Primitive is the type of a scalar, numbered as in the encoding.
type Primitive uint8

// The primitive types.
const (
	Null Primitive = iota
	True
	False
	Int8
	Int16
	Int32
	Int64
	Double
	Decimal4
	Decimal8
	Decimal16
	Date
	Timestamp    // microseconds, an instant
	TimestampNTZ // microseconds, a wall clock
	Float
	Binary
	String
	Time // microseconds of the day
	TimestampNanos
	TimestampNTZNanos
	UUID
	primitives
)

// sizes are the bytes behind the header; -1 is a length of four bytes and as
// many more.
var sizes = [primitives]int{
	Null: 0, True: 0, False: 0, Int8: 1, Int16: 2, Int32: 4, Int64: 8, Double: 8,
	Decimal4: 5, Decimal8: 9, Decimal16: 17, Date: 4, Timestamp: 8, TimestampNTZ: 8, Float: 4,
	Binary: -1, String: -1, Time: 8, TimestampNanos: 8, TimestampNTZNanos: 8, UUID: 16,
}

// The basic types, in the lowest bits of a header.
const (
	basicPrimitive = iota
	basicShortString
	basicObject
	basicArray
)

const (
	scaleMax     = 38
	microsPerDay = 86_400_000_000
)

// parts is where the parts of a value lie.
type parts struct {
	basic      byte
	prim       Primitive // of a scalar; String if it is short
	start      int       // of what a scalar holds
	count      int       // of what an array or an object holds
	ids        int       // where they start, if it is an object
	idWidth    int
	offsets    int // where they start
	width      int // of an offset
	data       int // where the values start
	end        int
	dataLength int
}

// parse reads a header and what it says of the bytes behind it.
func parse(v []byte) (parts, error) {
	if len(v) == 0 {
		return parts{}, corrupt("an empty value")
	}
	p := parts{basic: v[0] & 3}
	var err error
	switch p.basic {
	case basicPrimitive:
		err = p.primitive(v)
	case basicShortString:
		p.prim, p.start, p.end = String, 1, 1+int(v[0]>>2)
	default:
		err = p.container(v)
	}
	if err == nil && p.end > len(v) {
		err = corrupt("a value of %d bytes in %d", p.end, len(v))
	}
	return p, err
}

func (p *parts) primitive(v []byte) error {
	p.prim, p.start = Primitive(v[0]>>2), 1
	if p.prim >= primitives {
		return fmt.Errorf("%w: a value of type %d", ErrUnsupported, p.prim)
	}
	size := sizes[p.prim]
	if size >= 0 {
		p.end = 1 + size
		return p.checkScalar(v)
	}
	if len(v) < 5 {
		return corrupt("a string ends in its length")
	}
	n := binary.LittleEndian.Uint32(v[1:])
	if uint64(n) > uint64(len(v)-5) {
		return corrupt("a string of %d bytes in %d", n, len(v)-5)
	}
	p.start, p.end = 5, 5+int(n)
	return nil
}

func (p *parts) checkScalar(v []byte) error {
	switch {
	case p.end > len(v):
		return corrupt("a value of %d bytes in %d", p.end, len(v))
	case p.prim >= Decimal4 && p.prim <= Decimal16 && v[1] > scaleMax:
		return corrupt("a decimal of scale %d", v[1])
	case p.prim == Time && binary.LittleEndian.Uint64(v[1:]) >= microsPerDay:
		return corrupt("a time beyond the day")
	}
	return nil
}

func (p *parts) container(v []byte) error {
	header, countWidth := v[0]>>2, 1
	p.width = int(header&3) + 1
	large := header >> 2 & 1
	if p.basic == basicObject {
		p.idWidth, large = int(header>>2&3)+1, header>>4&1
	}
	if large == 1 {
		countWidth = 4
	}
	if len(v) < 1+countWidth {
		return corrupt("a value ends in its count")
	}
	count := le(v[1:], countWidth)
	need := uint64(count)*uint64(p.idWidth+p.width) + uint64(p.width)
	if need > uint64(len(v)-1-countWidth) {
		return corrupt("a value of %d bytes cannot hold %d", len(v), count)
	}
	p.count, p.ids = int(count), 1+countWidth
	p.offsets = p.ids + p.count*p.idWidth
	p.data = p.offsets + (p.count+1)*p.width
	length := p.offset(v, p.count)
	if uint64(length) > uint64(len(v)-p.data) {
		return corrupt("a value of %d bytes cannot hold %d more", len(v), length)
	}
	p.dataLength = int(length)
	p.end = p.data + p.dataLength
	return nil
}

func (p *parts) offset(v []byte, i int) uint32 { return le(v[p.offsets+i*p.width:], p.width) }
func (p *parts) id(v []byte, i int) uint32     { return le(v[p.ids+i*p.idWidth:], p.idWidth) }

// child is value i of an array or an object, and what follows it.
func (p *parts) child(v []byte, i int) []byte {
	return v[p.data+int(p.offset(v, i)) : p.end]
}

// Check says what is wrong with a value: it must be exactly one, whole and
// well-formed, with field ids of the dictionary, and nested at most depth
// levels deep (at most [DepthMax]).
func (d *Dictionary) Check(v []byte, depth int) error {
	size, err := d.size(v, min(depth, DepthMax))
	if err == nil && size != len(v) {
		err = corrupt("%d bytes behind the value", len(v)-size)
	}
	return err
}

// size checks the value at the front of v and measures it.
func (d *Dictionary) size(v []byte, depth int) (int, error) {
	p, err := parse(v)
	if err != nil || p.basic < basicObject {
		return p.end, err
	}
	if depth <= 0 {
		return 0, fmt.Errorf("%w: nested too deep", ErrLimit)
	}
	used := 0
	for i := range p.count {
		if p.basic == basicObject {
			if err := d.checkID(v, p, i); err != nil {
				return 0, err
			}
		}
		if at := p.offset(v, i); at > uint32(p.dataLength) {
			return 0, corrupt("an element at %d of %d bytes", at, p.dataLength)
		}
		size, err := d.size(p.child(v, i), depth-1)
		if err != nil {
			return 0, err
		}
		if used += size; used > p.dataLength {
			return 0, corrupt("elements overlap")
		}
	}
	return p.end, nil
}

// checkID: the fields of an object are in the order of their names, each once.
func (d *Dictionary) checkID(v []byte, p parts, i int) error {
	id := p.id(v, i)
	if uint64(id) >= uint64(d.count) {
		return corrupt("field id %d of %d names", id, d.count)
	}
	if i > 0 && !d.Less(p.id(v, i-1), id) {
		return corrupt("the fields of an object are not in the order of their names")
	}
	return nil
}

// IsObject says whether a value is an object.
func IsObject(v []byte) bool { return len(v) > 0 && v[0]&3 == basicObject }

// Fields is the ids and the values of an object that passed [Dictionary.Check],
// in the order of their names.
func (d *Dictionary) Fields(v []byte) iter.Seq2[uint32, []byte] {
	return func(yield func(uint32, []byte) bool) {
		p, err := parse(v)
		if err != nil || p.basic != basicObject {
			return
		}
		for i := range p.count {
			child := p.child(v, i)
			size, err := parse(child)
			if err != nil || !yield(p.id(v, i), child[:size.end]) {
				return
			}
		}
	}
}
