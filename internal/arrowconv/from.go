package arrowconv

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/schema"
)

// depthMax bounds the nesting of an Arrow type that is turned into a schema.
const depthMax = 100

// uuidExtension is the name of Arrow's canonical UUID type; Delta has no UUID,
// its text is kept.
const uuidExtension = "arrow.uuid"

// FromArrow is the Delta schema of a table made from batches of schema a, as
// [Convert] will fill it:
//
//	int8 … int64              byte, short, integer, long
//	uint8, uint16, uint32     short, integer, long
//	uint64                    decimal(20,0)
//	float16, float32          float
//	date32, date64            date
//	timestamp with a zone     timestamp, whatever its unit
//	timestamp without         timestamp_ntz
//	decimal32 … decimal256    decimal, up to 38 digits
//	dictionary                its values
//	large and view layouts    string, binary
//	fixed-size binary, list   binary, array
//	extension                 its storage; arrow.uuid: string
//	null                      void
//	what Type gives a variant variant
//
// Everything else (time, duration, interval, union, run-end encoded) is an
// [*Error] that names the column, as are column names that differ only in case.
func FromArrow(a *arrow.Schema) (*schema.Struct, error) { return structFrom("", a.Fields(), 0) }

func structFrom(column string, fields []arrow.Field, depth int) (*schema.Struct, error) {
	s := &schema.Struct{Fields: make([]schema.Field, len(fields))}
	seen := make(map[string]bool, len(fields))
	for i, f := range fields {
		name := join(column, f.Name)
		if folded := strings.ToLower(f.Name); seen[folded] {
			return nil, columnError(name, ErrAmbiguous, "names are compared without case")
		} else {
			seen[folded] = true
		}
		t, err := typeFrom(name, f.Type, depth+1)
		if err != nil {
			return nil, err
		}
		s.Fields[i] = schema.Field{Name: f.Name, Type: t, Nullable: f.Nullable}
	}
	return s, nil
}

func typeFrom(column string, dt arrow.DataType, depth int) (schema.Type, error) {
	if depth > depthMax {
		return nil, columnError(column, ErrType, "nested deeper than %d levels", depthMax)
	}
	switch dt := dt.(type) {
	case *arrow.TimestampType:
		if dt.TimeZone != "" {
			return schema.Timestamp, nil
		}
		return schema.TimestampNTZ, nil
	case arrow.DecimalType:
		return decimalFrom(column, dt)
	case *arrow.DictionaryType:
		return typeFrom(column, dt.ValueType, depth+1)
	case arrow.ExtensionType:
		if dt.ExtensionName() == uuidExtension {
			return schema.String, nil
		}
		return typeFrom(column, dt.StorageType(), depth+1)
	case *arrow.StructType:
		if IsVariant(dt) {
			return schema.Variant, nil
		}
		return structFrom(column, dt.Fields(), depth)
	case *arrow.MapType:
		key, err := typeFrom(join(column, keyName), dt.KeyType(), depth+1)
		if err != nil {
			return nil, err
		}
		val, err := typeFrom(join(column, valueName), dt.ItemType(), depth+1)
		if err != nil {
			return nil, err
		}
		return &schema.Map{Key: key, Value: val, ValueContainsNull: dt.ItemField().Nullable}, nil
	case *arrow.ListType, *arrow.LargeListType, *arrow.FixedSizeListType:
		inner := dt.(arrow.ListLikeType).ElemField()
		elem, err := typeFrom(join(column, elementName), inner.Type, depth+1)
		if err != nil {
			return nil, err
		}
		return &schema.Array{Element: elem, ContainsNull: inner.Nullable}, nil
	}
	if p, ok := primitiveFrom[dt.ID()]; ok {
		return p, nil
	}
	return nil, columnError(column, ErrType, "Delta has no type for Arrow's %v", dt)
}

// primitiveFrom has the types that need no parameters.
var primitiveFrom = map[arrow.Type]schema.Type{
	arrow.NULL:              schema.Void,
	arrow.BOOL:              schema.Boolean,
	arrow.INT8:              schema.Byte,
	arrow.INT16:             schema.Short,
	arrow.INT32:             schema.Integer,
	arrow.INT64:             schema.Long,
	arrow.UINT8:             schema.Short,
	arrow.UINT16:            schema.Integer,
	arrow.UINT32:            schema.Long,
	arrow.UINT64:            schema.Decimal{Precision: 20},
	arrow.FLOAT16:           schema.Float,
	arrow.FLOAT32:           schema.Float,
	arrow.FLOAT64:           schema.Double,
	arrow.STRING:            schema.String,
	arrow.LARGE_STRING:      schema.String,
	arrow.STRING_VIEW:       schema.String,
	arrow.BINARY:            schema.Binary,
	arrow.LARGE_BINARY:      schema.Binary,
	arrow.BINARY_VIEW:       schema.Binary,
	arrow.FIXED_SIZE_BINARY: schema.Binary,
	arrow.DATE32:            schema.Date,
	arrow.DATE64:            schema.Date,
}

// decimalFrom keeps precision and scale; a negative scale becomes digits.
func decimalFrom(column string, dt arrow.DecimalType) (schema.Type, error) {
	p, s := int(dt.GetPrecision()), int(dt.GetScale())
	switch {
	case s < 0:
		p, s = p-s, 0
	case s > p:
		p = s
	}
	if p < 1 || p > 38 {
		return nil, columnError(column, ErrType, "%v has more than 38 digits", dt)
	}
	return schema.Decimal{Precision: p, Scale: s}, nil
}
