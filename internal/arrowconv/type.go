package arrowconv

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/schema"
)

// Names of the inner fields of lists and maps, as Spark and Parquet have them.
const (
	elementName = "element"
	keyName     = "key"
	valueName   = "value"
)

// Type is the Arrow layout of a Delta type. A variant is a struct of the two
// binaries metadata and value, the first with the Arrow metadata
// delta.type=variant; void is Arrow's null. The error is an [*Error]
// for a decimal out of bounds and for a type that the protocol does not have.
func Type(t schema.Type) (arrow.DataType, error) { return typeOf("", t) }

// Schema is the Arrow layout of a table or a struct, field by field, in order.
func Schema(s *schema.Struct) (*arrow.Schema, error) {
	fields, err := fieldsOf("", s)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(fields, nil), nil
}

func typeOf(column string, t schema.Type) (arrow.DataType, error) {
	switch t := t.(type) {
	case schema.Primitive:
		if dt := primitiveOf(t); dt != nil {
			return dt, nil
		}
	case schema.Decimal:
		if t.Precision >= 1 && t.Precision <= 38 && t.Scale >= 0 && t.Scale <= t.Precision {
			return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}, nil
		}
	case *schema.Array:
		elem, err := typeOf(join(column, elementName), t.Element)
		if err != nil {
			return nil, err
		}
		return arrow.ListOfField(arrow.Field{Name: elementName, Type: elem, Nullable: t.ContainsNull}), nil
	case *schema.Map:
		key, err := typeOf(join(column, keyName), t.Key)
		if err != nil {
			return nil, err
		}
		val, err := typeOf(join(column, valueName), t.Value)
		if err != nil {
			return nil, err
		}
		return arrow.MapOfFields(
			arrow.Field{Name: keyName, Type: key},
			arrow.Field{Name: valueName, Type: val, Nullable: t.ValueContainsNull}), nil
	case schema.Interval:
		return nil, &schema.UnknownTypeError{Column: column, Name: t.String()}
	case *schema.Struct:
		fields, err := fieldsOf(column, t)
		if err != nil {
			return nil, err
		}
		return arrow.StructOf(fields...), nil
	}
	return nil, columnError(column, ErrType, "%v has no Arrow layout", t)
}

func fieldsOf(column string, s *schema.Struct) ([]arrow.Field, error) {
	fields := make([]arrow.Field, len(s.Fields))
	for i, f := range s.Fields {
		dt, err := typeOf(join(column, f.Name), f.Type)
		if err != nil {
			return nil, err
		}
		fields[i] = arrow.Field{Name: f.Name, Type: dt, Nullable: f.Nullable}
	}
	return fields, nil
}

func primitiveOf(p schema.Primitive) arrow.DataType {
	switch p {
	case schema.Boolean:
		return arrow.FixedWidthTypes.Boolean
	case schema.Byte:
		return arrow.PrimitiveTypes.Int8
	case schema.Short:
		return arrow.PrimitiveTypes.Int16
	case schema.Integer:
		return arrow.PrimitiveTypes.Int32
	case schema.Long:
		return arrow.PrimitiveTypes.Int64
	case schema.Float:
		return arrow.PrimitiveTypes.Float32
	case schema.Double:
		return arrow.PrimitiveTypes.Float64
	case schema.String:
		return arrow.BinaryTypes.String
	case schema.Binary:
		return arrow.BinaryTypes.Binary
	case schema.Date:
		return arrow.FixedWidthTypes.Date32
	case schema.Timestamp:
		return arrow.FixedWidthTypes.Timestamp_us // zone "UTC"
	case schema.TimestampNTZ:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case schema.Variant:
		return variantType
	case schema.Void:
		return arrow.Null
	default:
		return nil
	}
}

// variantMark tells a variant from a struct that happens to have its fields.
const variantMark, variantMarked = "delta.type", "variant"

var variantType = arrow.StructOf(
	arrow.Field{Name: "metadata", Type: arrow.BinaryTypes.Binary, Metadata: arrow.NewMetadata([]string{variantMark}, []string{variantMarked})},
	arrow.Field{Name: "value", Type: arrow.BinaryTypes.Binary})

// IsVariant says whether a type is the layout that [Type] gives to a variant.
func IsVariant(dt arrow.DataType) bool {
	s, is := dt.(*arrow.StructType)
	if !is || !sameLayout(s, variantType) {
		return false
	}
	mark, _ := s.Field(0).Metadata.GetValue(variantMark)
	return mark == variantMarked
}

func join(column, field string) string {
	if column == "" {
		return field
	}
	return fmt.Sprintf("%s.%s", column, field)
}
