package parquetio

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/variantbin"
	"github.com/foreset/foreset/schema"
)

// A variant is read as its two binaries. A file has the second either whole or
// shredded (Parquet's VariantShredding): parts of it in columns of their own,
//
//	group v (VARIANT) {
//	  required binary metadata        the names of all fields
//	  optional binary value           what fits no column
//	  optional T typed_value          a scalar; or
//	    group { group NAME { value, typed_value } … }         an object; or
//	    group (LIST) { repeated { element { value, typed_value } } }
//	}
//
// which are put together again here, row by row. Every variant is checked on
// the way, shredded or not, so that nobody behind has to mistrust it, and a bad
// one is an error that names its file and its column.

var (
	errBoth     = errors.New("a variant has both a value and a typed_value")
	errNoObject = errors.New("a variant has shredded fields and a value that is no object")
)

// variantNode is where the file has a variant.
type variantNode struct {
	column string
	shape  *shredded
	dict   variantbin.Dictionary
	row    []byte // the value that is being built, and below it
	ids    []uint32
	ends   []int
}

// shredded is a group of value and typed_value, as the file has it. The arrays
// are those of the current batch.
type shredded struct {
	valueAt, typedAt int // places of the two in the group; -1 is missing
	values           *array.Binary
	typed            arrow.Array

	scalar  func(dst []byte, a arrow.Array, i int) ([]byte, error) // of typed, if it is a scalar
	element *shredded                                              // of typed, if it is a list
	fields  []shreddedField                                        // of typed, if it is an object, by name
	loads   uint64                                                 // of the dictionary that fields have their ids from
}

type shreddedField struct {
	*shredded
	name  string
	at    int // place in the group
	id    uint32
	known bool // the dictionary has the name
}

// variant resolves a variant, shredded or not: its parts are found by name.
func (r *resolver) variant(column string, dt arrow.DataType, g *pqschema.GroupNode, l levels) (*node, error) {
	at := g.FieldIndexByName("metadata")
	if at < 0 {
		return nil, r.typeError(column, g, schema.Variant)
	}
	meta, err := r.field(join(column, "metadata"), schema.Binary, g.Field(at), l)
	if err != nil {
		return nil, err
	}
	if meta.col == nil {
		return nil, r.typeError(column, g, schema.Variant)
	}
	shape, group, err := r.shredded(column, g, l, meta.col)
	if err != nil {
		return nil, err
	}
	return &node{
		kind: nodeVariant, dt: dt, col: meta.col, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep,
		children: []*node{meta, group}, variant: &variantNode{column: column, shape: shape},
	}, nil
}

// shredded resolves a group of value and typed_value. beside is a column of the
// group that is read anyway, or nil.
func (r *resolver) shredded(path string, g *pqschema.GroupNode, l levels, beside *column) (*shredded, *node, error) {
	s := &shredded{valueAt: -1, typedAt: -1}
	var nodes []*node
	if at := g.FieldIndexByName("value"); at >= 0 {
		n, err := r.field(join(path, "value"), schema.Binary, g.Field(at), l)
		if err != nil {
			return nil, nil, err
		}
		s.valueAt = len(nodes)
		nodes = append(nodes, n)
	}
	if at := g.FieldIndexByName("typed_value"); at >= 0 {
		n, err := r.typedValue(s, join(path, "typed_value"), g.Field(at), l)
		if err != nil {
			return nil, nil, err
		}
		s.typedAt = len(nodes)
		nodes = append(nodes, n)
	}
	if len(nodes) == 0 {
		return nil, nil, r.typeError(path, g, schema.Variant)
	}
	group, err := r.shreddedGroup(path, g, nodes, l, beside)
	return s, group, err
}

// shreddedGroup is a struct of nodes, which are those of a group of the file
// that are needed.
func (r *resolver) shreddedGroup(path string, g *pqschema.GroupNode, nodes []*node, l levels, beside *column) (*node, error) {
	fields := make([]arrow.Field, len(nodes))
	for i, n := range nodes {
		fields[i] = arrow.Field{Type: n.dt, Nullable: true} // found by place
	}
	n := &node{kind: nodeGroup, dt: arrow.StructOf(fields...), def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep, children: nodes, col: beside}
	if n.col == nil {
		n.col = r.witness(g, nodes)
	}
	if n.col == nil {
		return nil, r.typeError(path, g, schema.Variant)
	}
	return n, nil
}

// typedValue resolves a typed_value into s.
func (r *resolver) typedValue(s *shredded, column string, pn pqschema.Node, l levels) (*node, error) {
	l = l.enter(pn)
	if pn.RepetitionType() == parquet.Repetitions.Repeated {
		return nil, r.typeError(column, pn, schema.Variant)
	}
	switch pn := pn.(type) {
	case *pqschema.PrimitiveNode:
		return r.shreddedScalar(s, column, pn, l)
	case *pqschema.GroupNode:
		switch {
		case isMap(pn):
			return nil, r.unshreddable(column, pn)
		case isList(pn):
			return r.shreddedList(s, column, pn, l)
		default:
			return r.shreddedObject(s, column, pn, l)
		}
	}
	return nil, r.unshreddable(column, pn)
}

func isList(g *pqschema.GroupNode) bool {
	_, is := g.LogicalType().(pqschema.ListLogicalType)
	return is || g.ConvertedType() == pqschema.ConvertedTypes.List
}

func (r *resolver) unshreddable(column string, pn pqschema.Node) error {
	return r.file.pf.Unsupported(column, fmt.Errorf("a variant shredded as %s", describe(pn)))
}

func (r *resolver) shreddedScalar(s *shredded, column string, pn *pqschema.PrimitiveNode, l levels) (*node, error) {
	c := r.newColumn(pn)
	var ok bool
	if s.scalar, ok = shreddedAs(c.descr, r.file.pf.Calendar()); !ok {
		return nil, r.unshreddable(column, pn)
	}
	if r.leaves[c.leaf] {
		return nil, fmt.Errorf("read %q: two fields of the plan are column %q of the file", r.file.pf.Name(), c.path())
	}
	c.values = rawValues(c.descr, r.mem)
	r.add(c)
	return &node{kind: nodeLeaf, dt: rawType(pn.PhysicalType()), col: c, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep}, nil
}

func (r *resolver) shreddedList(s *shredded, column string, g *pqschema.GroupNode, l levels) (*node, error) {
	repeated, is := onlyField(g).(*pqschema.GroupNode)
	if !is || repeated.RepetitionType() != parquet.Repetitions.Repeated {
		return nil, r.unshreddable(column, g)
	}
	n := &node{kind: nodeList, def: l.def, ctxDef: l.ctxDef, ctxRep: l.ctxRep}
	l = l.enter(repeated)
	n.elemDef, n.elemRep = l.def, l.rep
	l = l.inside()
	element := repeated // in the lists of old Spark, which it still writes when told to
	if wraps(repeated, g.Name()) {
		if element, is = repeated.Field(0).(*pqschema.GroupNode); !is {
			return nil, r.unshreddable(column, g)
		}
		l = l.enter(element)
	}
	var child *node
	var err error
	if s.element, child, err = r.shredded(join(column, "element"), element, l, nil); err != nil {
		return nil, err
	}
	n.dt, n.col, n.children = arrow.ListOf(child.dt), child.col, []*node{child}
	return n, nil
}

func onlyField(g *pqschema.GroupNode) pqschema.Node {
	if g.NumFields() != 1 {
		return nil
	}
	return g.Field(0)
}

func (r *resolver) shreddedObject(s *shredded, column string, g *pqschema.GroupNode, l levels) (*node, error) {
	nodes := make([]*node, g.NumFields())
	for i := range nodes {
		name := g.Field(i).Name()
		at := join(column, name)
		field, is := g.Field(i).(*pqschema.GroupNode)
		if !is || field.RepetitionType() == parquet.Repetitions.Repeated {
			return nil, r.unshreddable(at, g.Field(i))
		}
		inner, n, err := r.shredded(at, field, l.enter(field), nil)
		if err != nil {
			return nil, err
		}
		nodes[i] = n
		s.fields = append(s.fields, shreddedField{shredded: inner, name: name, at: i})
	}
	slices.SortFunc(s.fields, func(a, b shreddedField) int { return cmp.Compare(a.name, b.name) })
	for i := 1; i < len(s.fields); i++ {
		if s.fields[i].name == s.fields[i-1].name {
			return nil, r.file.pf.Corrupt(column, fmt.Errorf("two fields of the variant are called %q", s.fields[i].name))
		}
	}
	return r.shreddedGroup(column, g, nodes, l, nil)
}

// rawType is the layout of what rawValues reads.
func rawType(p parquet.Type) arrow.DataType {
	switch p {
	case parquet.Types.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case parquet.Types.Int32:
		return arrow.PrimitiveTypes.Int32
	case parquet.Types.Int64:
		return arrow.PrimitiveTypes.Int64
	case parquet.Types.Float:
		return arrow.PrimitiveTypes.Float32
	case parquet.Types.Double:
		return arrow.PrimitiveTypes.Float64
	default:
		return arrow.BinaryTypes.Binary
	}
}

// shreddedAs says how a scalar of a leaf becomes a variant (VariantShredding,
// "Shredded Value Types"); false for leaves that no variant is shredded to.
func shreddedAs(d *pqschema.Column, cal parquetfile.Calendar) (func(dst []byte, a arrow.Array, i int) ([]byte, error), bool) {
	s := storedAs(d)
	switch s.means {
	case storedBoolean:
		return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
			if a.(*array.Boolean).Value(i) {
				return variantbin.AppendScalar(dst, variantbin.True, 0), nil
			}
			return variantbin.AppendScalar(dst, variantbin.False, 0), nil
		}, true
	case storedInteger:
		return shreddedInteger(s)
	case storedReal:
		return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
			if f, is := a.(*array.Float32); is {
				return variantbin.AppendScalar(dst, variantbin.Float, int64(math.Float32bits(f.Value(i)))), nil
			}
			return variantbin.AppendScalar(dst, variantbin.Double, int64(math.Float64bits(a.(*array.Float64).Value(i)))), nil
		}, true
	case storedDecimal:
		return shreddedDecimal(s)
	case storedDate:
		return shreddedNumber(variantbin.Date), !cal.LegacyDates
	case storedText:
		_, text := d.LogicalType().(pqschema.StringLogicalType)
		return shreddedBytes(variantbin.String), text
	case storedBlob:
		_, uuid := d.LogicalType().(pqschema.UUIDLogicalType)
		switch {
		case uuid && d.TypeLength() == 16:
			return shreddedBytes(variantbin.UUID), true
		case s.plain && s.physical == parquet.Types.ByteArray:
			return shreddedBytes(variantbin.Binary), true
		}
	case storedTimestamp:
		p, ok := shreddedTimestamp(d, s.unit)
		return shreddedNumber(p), ok && !cal.LegacyDates
	}
	if t, is := d.LogicalType().(pqschema.TimeLogicalType); is && !t.IsAdjustedToUTC() && t.TimeUnit() == pqschema.TimeUnitMicros {
		return shreddedTime, s.physical == parquet.Types.Int64
	}
	return nil, false
}

func shreddedTimestamp(d *pqschema.Column, unit int64) (variantbin.Primitive, bool) {
	t, is := d.LogicalType().(pqschema.TimestampLogicalType)
	utc := is && t.IsAdjustedToUTC()
	switch {
	case unit == microsPerSecond && utc:
		return variantbin.Timestamp, true
	case unit == microsPerSecond:
		return variantbin.TimestampNTZ, true
	case unit == 1000*microsPerSecond && utc:
		return variantbin.TimestampNanos, true
	case unit == 1000*microsPerSecond:
		return variantbin.TimestampNTZNanos, true
	default:
		return 0, false
	}
}

// number is the value of an array of integers.
func number(a arrow.Array, i int) int64 {
	if a, is := a.(*array.Int32); is {
		return int64(a.Value(i))
	}
	return a.(*array.Int64).Value(i)
}

func shreddedNumber(p variantbin.Primitive) func([]byte, arrow.Array, int) ([]byte, error) {
	return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
		return variantbin.AppendScalar(dst, p, number(a, i)), nil
	}
}

func shreddedTime(dst []byte, a arrow.Array, i int) ([]byte, error) {
	n := number(a, i)
	if n < 0 || n >= microsPerDay {
		return dst, fmt.Errorf("time %d is beyond the day", n)
	}
	return variantbin.AppendScalar(dst, variantbin.Time, n), nil
}

func shreddedInteger(s stored) (func([]byte, arrow.Array, int) ([]byte, error), bool) {
	p := map[int]variantbin.Primitive{8: variantbin.Int8, 16: variantbin.Int16, 32: variantbin.Int32, 64: variantbin.Int64}[s.bits]
	if s.unsigned || p == 0 || (s.bits == 64) != (s.physical == parquet.Types.Int64) {
		return nil, false
	}
	most := int64(1)<<(s.bits-1) - 1
	return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
		n := number(a, i)
		if n > most || n < -most-1 {
			return dst, fmt.Errorf("value %d is too large for its type", n)
		}
		return variantbin.AppendScalar(dst, p, n), nil
	}, true
}

func shreddedDecimal(s stored) (func([]byte, arrow.Array, int) ([]byte, error), bool) {
	switch s.physical {
	case parquet.Types.Int32, parquet.Types.Int64:
		p := variantbin.Decimal4
		if s.physical == parquet.Types.Int64 {
			p = variantbin.Decimal8
		}
		return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
			n := number(a, i)
			return variantbin.AppendDecimal(dst, p, uint8(s.scale), n>>63, uint64(n)), nil
		}, true
	default:
		return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
			b := a.(*array.Binary).Value(i)
			n, ok := decimalFromBytes(b)
			if !ok {
				return dst, fmt.Errorf("a decimal of %d bytes", len(b))
			}
			return variantbin.AppendDecimal(dst, variantbin.Decimal16, uint8(s.scale), n.HighBits(), n.LowBits()), nil
		}, true
	}
}

func shreddedBytes(p variantbin.Primitive) func([]byte, arrow.Array, int) ([]byte, error) {
	return func(dst []byte, a arrow.Array, i int) ([]byte, error) {
		return variantbin.AppendBytes(dst, p, a.(*array.Binary).Value(i)), nil
	}
}

// assembleVariant makes the struct of metadata and value.
func (n *node) assembleVariant(mem memory.Allocator, length int) (arrow.ArrayData, error) {
	s, err := n.present(mem, length)
	if err != nil {
		return nil, err
	}
	defer s.release()
	parts, err := n.assembleChildren(mem, length)
	if err != nil {
		return nil, err
	}
	defer releaseAll(parts)
	value, err := n.variant.values(mem, parts[0], parts[1], s)
	if err != nil {
		return nil, err
	}
	defer value.Release()
	return array.NewData(n.dt, length, []*memory.Buffer{s.bits}, []arrow.ArrayData{parts[0], value}, s.nulls, 0), nil
}

// values checks the variants of a batch, and makes the array of their values:
// the file's own if nothing is shredded.
func (v *variantNode) values(mem memory.Allocator, metadata, group arrow.ArrayData, s slots) (arrow.ArrayData, error) {
	meta := array.NewBinaryData(metadata)
	defer meta.Release()
	parts := array.NewStructData(group)
	defer parts.Release()
	v.shape.bind(parts)
	defer v.shape.unbind()
	if v.shape.whole(s) {
		for i := range s.length {
			if !s.valid(i) {
				continue
			}
			if err := v.load(meta, i); err != nil {
				return nil, v.fault(err)
			}
			if err := v.dict.Check(v.shape.values.Value(i), variantbin.DepthMax); err != nil {
				return nil, v.fault(err)
			}
		}
		data := v.shape.values.Data()
		data.Retain()
		return data, nil
	}
	out := &binaries[parquet.ByteArray]{mem: mem}
	defer out.release()
	out.begin(s.length - s.nulls)
	for i := range s.length {
		if !s.valid(i) {
			continue
		}
		row, err := v.rebuild(meta, i)
		if err == nil {
			err = out.append([]parquet.ByteArray{row})
		}
		if err != nil {
			return nil, v.fault(err)
		}
	}
	return out.array(arrow.BinaryTypes.Binary, s.length-s.nulls, s)
}

// whole says whether the file has all values as they are.
func (s *shredded) whole(slots slots) bool {
	return s.typed == nil && s.values.NullN() == slots.nulls
}

func (v *variantNode) load(meta *array.Binary, i int) error {
	if meta.IsNull(i) {
		return errors.New("a variant without metadata")
	}
	return v.dict.Load(meta.Value(i))
}

func (v *variantNode) rebuild(meta *array.Binary, i int) ([]byte, error) {
	if err := v.load(meta, i); err != nil {
		return nil, err
	}
	v.row, v.ids, v.ends = v.row[:0], v.ids[:0], v.ends[:0]
	present, err := v.append(v.shape, i, variantbin.DepthMax)
	if err == nil && !present { // a value is required here
		v.row = variantbin.AppendScalar(v.row, variantbin.Null, 0)
	}
	return v.row, err
}

// fault is an error of this column; the file adds its name.
func (v *variantNode) fault(err error) error {
	kind := parquetfile.ErrCorrupt
	switch {
	case errors.Is(err, variantbin.ErrUnsupported):
		kind = parquetfile.ErrUnsupported
	case errors.Is(err, variantbin.ErrLimit), errors.Is(err, parquetfile.ErrLimit):
		kind = parquetfile.ErrLimit
	}
	return &parquetfile.Error{Column: v.column, Kind: kind, Err: err}
}

// bind takes the arrays of a batch.
func (s *shredded) bind(group *array.Struct) {
	if s.valueAt >= 0 {
		s.values, _ = group.Field(s.valueAt).(*array.Binary)
	}
	if s.typedAt >= 0 {
		s.typed = group.Field(s.typedAt)
	}
	if s.element != nil {
		s.element.bind(s.typed.(*array.List).ListValues().(*array.Struct))
	}
	for _, f := range s.fields {
		f.bind(s.typed.(*array.Struct).Field(f.at).(*array.Struct))
	}
}

// unbind lets go of them.
func (s *shredded) unbind() {
	s.values, s.typed = nil, nil
	if s.element != nil {
		s.element.unbind()
	}
	for _, f := range s.fields {
		f.unbind()
	}
}

// append appends variant i of a group to the row; false is one that is missing.
func (v *variantNode) append(s *shredded, i, depth int) (present bool, err error) {
	var whole []byte
	hasValue := s.values != nil && s.values.IsValid(i)
	if hasValue {
		whole = s.values.Value(i)
		if err := v.dict.Check(whole, depth); err != nil {
			return false, err
		}
	}
	switch {
	case s.typed == nil || s.typed.IsNull(i):
		v.row = append(v.row, whole...)
		return hasValue, v.room()
	case hasValue && s.fields == nil:
		return false, errBoth
	case hasValue && !variantbin.IsObject(whole):
		return false, errNoObject
	case s.scalar != nil:
		v.row, err = s.scalar(v.row, s.typed, i)
	case depth <= 0:
		err = variantbin.ErrLimit
	case s.element != nil:
		err = v.appendArray(s, i, depth)
	default:
		err = v.appendObject(s, whole, i, depth)
	}
	if err != nil {
		return false, err
	}
	return true, v.room()
}

// room says when a variant has become larger than an array can hold.
func (v *variantNode) room() error {
	if len(v.row) > math.MaxInt32 {
		return &parquetfile.Error{Kind: parquetfile.ErrLimit, Err: errWide}
	}
	return nil
}

func (v *variantNode) appendArray(s *shredded, i, depth int) error {
	start, base := len(v.row), len(v.ends)
	from, to := s.typed.(*array.List).ValueOffsets(i)
	for e := from; e < to; e++ {
		present, err := v.append(s.element, int(e), depth-1)
		if err != nil {
			return err
		}
		if !present { // arrays have no gaps
			v.row = variantbin.AppendScalar(v.row, variantbin.Null, 0)
		}
		v.ends = append(v.ends, len(v.row)-start)
	}
	v.row = variantbin.WrapArray(v.row, start, v.ends[base:])
	v.ends = v.ends[:base]
	return nil
}

// appendObject merges the shredded fields with those of rest, an object or nil,
// in the order of their names.
func (v *variantNode) appendObject(s *shredded, rest []byte, i, depth int) error {
	v.refresh(s)
	start, base, baseIDs := len(v.row), len(v.ends), len(v.ids)
	push := func(id uint32) {
		v.ids = append(v.ids, id)
		v.ends = append(v.ends, len(v.row)-start)
	}
	shred := func(f *shreddedField) error {
		present, err := v.append(f.shredded, i, depth-1)
		switch {
		case err != nil || !present:
			return err
		case !f.known:
			return fmt.Errorf("the metadata lacks the name of field %q", f.name)
		}
		push(f.id)
		return nil
	}
	next := 0
	for id, value := range v.dict.Fields(rest) {
		for ; next < len(s.fields) && (!s.fields[next].known || v.dict.Less(s.fields[next].id, id)); next++ {
			if err := shred(&s.fields[next]); err != nil {
				return err
			}
		}
		if next < len(s.fields) && !v.dict.Less(id, s.fields[next].id) {
			return fmt.Errorf("field %q is in the value and shredded", s.fields[next].name)
		}
		v.row = append(v.row, value...)
		push(id)
	}
	for ; next < len(s.fields); next++ {
		if err := shred(&s.fields[next]); err != nil {
			return err
		}
	}
	v.row = variantbin.WrapObject(v.row, start, v.ids[baseIDs:], v.ends[base:])
	v.ids, v.ends = v.ids[:baseIDs], v.ends[:base]
	return nil
}

// refresh gives the fields their ids in the dictionary.
func (v *variantNode) refresh(s *shredded) {
	if s.loads == v.dict.Loads() {
		return
	}
	s.loads = v.dict.Loads()
	for i := range s.fields {
		s.fields[i].id, s.fields[i].known = v.dict.Find(s.fields[i].name)
	}
}
