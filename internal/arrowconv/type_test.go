package arrowconv

import (
	"errors"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/extensions"

	"github.com/foreset/foreset/schema"
)

func TestEveryDeltaTypeHasItsLayout(t *testing.T) {
	for _, c := range []struct {
		delta schema.Type
		want  string
	}{
		{schema.Boolean, "bool"},
		{schema.Byte, "int8"},
		{schema.Short, "int16"},
		{schema.Integer, "int32"},
		{schema.Long, "int64"},
		{schema.Float, "float32"},
		{schema.Double, "float64"},
		{schema.String, "utf8"},
		{schema.Binary, "binary"},
		{schema.Date, "date32"},
		{schema.Timestamp, "timestamp[us, tz=UTC]"},
		{schema.TimestampNTZ, "timestamp[us]"},
		{schema.Void, "null"},
		{schema.Decimal{Precision: 38, Scale: 18}, "decimal(38, 18)"},
		{schema.Variant, "struct<metadata: binary, value: binary>"},
		{&schema.Array{Element: schema.Long, ContainsNull: true}, "list<element: int64, nullable>"},
		{&schema.Map{Key: schema.String, Value: schema.Byte, ValueContainsNull: true}, "map<utf8, int8, items_nullable>"},
		{&schema.Struct{Fields: []schema.Field{{Name: "a", Type: schema.Date}}}, "struct<a: date32>"},
	} {
		got, err := Type(c.delta)
		if err != nil || got.String() != c.want {
			t.Errorf("Type(%v) = %v, %v; want %s", c.delta, got, err, c.want)
		}
	}
}

func TestTypeRefusesWhatTheProtocolHasNot(t *testing.T) {
	for _, bad := range []schema.Type{
		schema.Decimal{Precision: 39}, schema.Decimal{Precision: 2, Scale: 3}, schema.Decimal{}, schema.Primitive(0), schema.Primitive(99), nil,
		&schema.Array{Element: schema.Decimal{Precision: 0}},
	} {
		if _, err := Type(bad); !errors.Is(err, ErrType) {
			t.Errorf("Type(%v): %v; want ErrType", bad, err)
		}
	}
}

func TestArrowTypesBecomeTheDeltaTypesThatTheDocumentationPromises(t *testing.T) {
	us := &arrow.TimestampType{Unit: arrow.Nanosecond, TimeZone: "Europe/Paris"}
	for _, c := range []struct {
		from arrow.DataType
		want schema.Type
	}{
		{arrow.PrimitiveTypes.Uint8, schema.Short},
		{arrow.PrimitiveTypes.Uint16, schema.Integer},
		{arrow.PrimitiveTypes.Uint32, schema.Long},
		{arrow.PrimitiveTypes.Uint64, schema.Decimal{Precision: 20}},
		{arrow.FixedWidthTypes.Float16, schema.Float},
		{us, schema.Timestamp},
		{&arrow.TimestampType{Unit: arrow.Second}, schema.TimestampNTZ},
		{&arrow.Decimal32Type{Precision: 7, Scale: 2}, schema.Decimal{Precision: 7, Scale: 2}},
		{&arrow.Decimal256Type{Precision: 38, Scale: 2}, schema.Decimal{Precision: 38, Scale: 2}},
		{&arrow.Decimal128Type{Precision: 5, Scale: -2}, schema.Decimal{Precision: 7}},
		{&arrow.Decimal128Type{Precision: 2, Scale: 4}, schema.Decimal{Precision: 4, Scale: 4}},
		{&arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int8, ValueType: arrow.BinaryTypes.String}, schema.String},
		{arrow.BinaryTypes.LargeString, schema.String},
		{arrow.BinaryTypes.StringView, schema.String},
		{arrow.BinaryTypes.BinaryView, schema.Binary},
		{&arrow.FixedSizeBinaryType{ByteWidth: 3}, schema.Binary},
		{arrow.FixedWidthTypes.Date64, schema.Date},
		{arrow.Null, schema.Void},
		{extensions.NewUUIDType(), schema.String},
	} {
		s, err := FromArrow(arrow.NewSchema([]arrow.Field{{Name: "c", Type: c.from}}, nil))
		if err != nil || s.Fields[0].Type != c.want {
			t.Errorf("FromArrow(%v) = %v, %v; want %v", c.from, s, err, c.want)
		}
	}
}

func TestArrowSchemasThatDeltaCannotHoldAreRefusedByName(t *testing.T) {
	for _, dt := range []arrow.DataType{
		arrow.FixedWidthTypes.Time64us, arrow.FixedWidthTypes.Duration_us, arrow.FixedWidthTypes.MonthInterval,
		&arrow.Decimal256Type{Precision: 39}, arrow.RunEndEncodedOf(arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int8),
		arrow.ListOf(arrow.FixedWidthTypes.Time32s),
	} {
		_, err := FromArrow(arrow.NewSchema([]arrow.Field{{Name: "c", Type: dt}}, nil))
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, ErrType) || e.Column[0] != 'c' {
			t.Errorf("FromArrow(%v): %v; want ErrType naming c", dt, err)
		}
	}
	_, err := FromArrow(arrow.NewSchema([]arrow.Field{{Name: "c", Type: arrow.Null}, {Name: "C", Type: arrow.Null}}, nil))
	if !errors.Is(err, ErrAmbiguous) {
		t.Errorf("c and C: %v; want ErrAmbiguous", err)
	}
}

func TestSchemaRoundTripsThroughArrow(t *testing.T) {
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "id", Type: schema.Long},
		{Name: "tags", Type: &schema.Array{Element: schema.String, ContainsNull: true}, Nullable: true},
		{Name: "m", Type: &schema.Map{Key: schema.Date, Value: schema.Double, ValueContainsNull: true}, Nullable: true},
		{Name: "s", Type: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Decimal{Precision: 9, Scale: 2}, Nullable: true}}}, Nullable: true},
	}}
	a, err := Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	back, err := FromArrow(a)
	if err != nil || back.String() != s.String() {
		t.Fatalf("%v, %v; want %v", back, err, s)
	}
	if back.Fields[0].Nullable || !back.Fields[1].Nullable {
		t.Error("nullability was lost")
	}
}
