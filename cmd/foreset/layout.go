package main

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/schema"
)

// layoutOf is the Arrow schema of rows that are made from text. The table
// takes it as it takes any other.
func layoutOf(s *schema.Struct) (*arrow.Schema, error) {
	fields, err := layoutFields(s)
	if err != nil {
		return nil, err
	}
	return arrow.NewSchema(fields, nil), nil
}

func layoutFields(s *schema.Struct) ([]arrow.Field, error) {
	fields := make([]arrow.Field, len(s.Fields))
	for i, f := range s.Fields {
		dt, err := layoutType(f.Type)
		if err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
		fields[i] = arrow.Field{Name: f.Name, Type: dt, Nullable: f.Nullable}
	}
	return fields, nil
}

var primitives = map[schema.Primitive]arrow.DataType{
	schema.Boolean: arrow.FixedWidthTypes.Boolean,
	schema.Byte:    arrow.PrimitiveTypes.Int8, schema.Short: arrow.PrimitiveTypes.Int16,
	schema.Integer: arrow.PrimitiveTypes.Int32, schema.Long: arrow.PrimitiveTypes.Int64,
	schema.Float: arrow.PrimitiveTypes.Float32, schema.Double: arrow.PrimitiveTypes.Float64,
	schema.String: arrow.BinaryTypes.String, schema.Binary: arrow.BinaryTypes.Binary,
	schema.Date: arrow.FixedWidthTypes.Date32, schema.Timestamp: arrow.FixedWidthTypes.Timestamp_us,
	schema.TimestampNTZ: &arrow.TimestampType{Unit: arrow.Microsecond}, schema.Void: arrow.Null,
}

func layoutType(t schema.Type) (arrow.DataType, error) {
	switch t := t.(type) {
	case schema.Primitive:
		if dt, ok := primitives[t]; ok {
			return dt, nil
		}
	case schema.Decimal:
		return &arrow.Decimal128Type{Precision: int32(t.Precision), Scale: int32(t.Scale)}, nil
	case *schema.Array:
		element, err := layoutType(t.Element)
		if err != nil {
			return nil, err
		}
		return arrow.ListOfField(arrow.Field{Name: "element", Type: element, Nullable: t.ContainsNull}), nil
	case *schema.Map:
		key, err := layoutType(t.Key)
		if err != nil {
			return nil, err
		}
		value, err := layoutType(t.Value)
		if err != nil {
			return nil, err
		}
		return arrow.MapOfFields(
			arrow.Field{Name: "key", Type: key},
			arrow.Field{Name: "value", Type: value, Nullable: t.ValueContainsNull}), nil
	case *schema.Struct:
		fields, err := layoutFields(t)
		if err != nil {
			return nil, err
		}
		return arrow.StructOf(fields...), nil
	}
	return nil, fmt.Errorf("text cannot be read as %v", t)
}
