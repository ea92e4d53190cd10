package schema

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Type is the type of a column, a field or an element: a [Primitive], a
// [Decimal], an [*Array], a [*Map] or a [*Struct]. The set is closed.
// Types are immutable once they are part of a schema that is shared.
type Type interface {
	// String is the type as Spark prints it: bigint, decimal(10,2),
	// array<string>, struct<a:int>.
	String() string
	isType()
}

// Primitive is a type without parameters.
type Primitive uint8

// The primitive types of the protocol, section "Primitive Types".
const (
	Boolean      Primitive = iota + 1
	Byte                   // 8 bits, signed
	Short                  // 16 bits, signed
	Integer                // 32 bits, signed
	Long                   // 64 bits, signed
	Float                  // IEEE 754, 32 bits
	Double                 // IEEE 754, 64 bits
	String                 // UTF-8
	Binary                 // bytes
	Date                   // days since 1970-01-01, proleptic Gregorian
	Timestamp              // microseconds since 1970-01-01T00:00:00Z
	TimestampNTZ           // microseconds of a wall clock without a zone
	Variant                // semi-structured; a pair of binaries
	Void                   // always null; absent from data files
)

// Decimal is an exact number with Precision digits, Scale of them after the
// point; 1 ≤ Precision ≤ 38, 0 ≤ Scale ≤ Precision.
type Decimal struct{ Precision, Scale int }

// Array is a list of elements of one type.
type Array struct {
	Element      Type
	ContainsNull bool
}

// Map is a list of pairs with distinct keys that are never null.
type Map struct {
	Key, Value        Type
	ValueContainsNull bool
}

// Struct is a row type: a table's schema is a Struct.
type Struct struct{ Fields []Field }

// Field is a named member of a [Struct].
type Field struct {
	Name     string
	Type     Type
	Nullable bool
	Metadata Metadata
}

// Metadata is what a field carries beside its type: comments, column mapping,
// generation expressions. Values are kept as the JSON they were written in, so
// that keys we do not know survive. Nil is empty.
type Metadata map[string]json.RawMessage

func (Primitive) isType() {}
func (Decimal) isType()   {}
func (*Array) isType()    {}
func (*Map) isType()      {}
func (*Struct) isType()   {}

// String is the type as Spark's SQL names it.
func (p Primitive) String() string {
	switch p {
	case Boolean:
		return "boolean"
	case Byte:
		return "tinyint"
	case Short:
		return "smallint"
	case Integer:
		return "int"
	case Long:
		return "bigint"
	case Float:
		return "float"
	case Double:
		return "double"
	case String:
		return "string"
	case Binary:
		return "binary"
	case Date:
		return "date"
	case Timestamp:
		return "timestamp"
	case TimestampNTZ:
		return "timestamp_ntz"
	case Variant:
		return "variant"
	case Void:
		return "void"
	default:
		return fmt.Sprintf("primitive(%d)", uint8(p))
	}
}

// String is decimal(p,s).
func (d Decimal) String() string { return fmt.Sprintf("decimal(%d,%d)", d.Precision, d.Scale) }

// String is array<element>.
func (a *Array) String() string { return "array<" + a.Element.String() + ">" }

// String is map<key,value>.
func (m *Map) String() string { return "map<" + m.Key.String() + "," + m.Value.String() + ">" }

// String is struct<name:type,…>.
func (s *Struct) String() string {
	var b strings.Builder
	b.WriteString("struct<")
	for i, f := range s.Fields {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(f.Name + ":" + f.Type.String())
	}
	b.WriteByte('>')
	return b.String()
}
