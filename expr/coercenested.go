package expr

import (
	"strings"

	"github.com/foreset/foreset/schema"
)

// combined is the type of structs, arrays and maps whose parts have the types
// that common makes of the parts of a and b.
func combined(a, b schema.Type, common func(a, b schema.Type) (schema.Type, bool)) (schema.Type, bool) {
	switch x := a.(type) {
	case *schema.Array:
		if y, ok := b.(*schema.Array); ok {
			element, ok := common(x.Element, y.Element)
			return &schema.Array{Element: element, ContainsNull: true}, ok
		}
	case *schema.Map:
		if y, ok := b.(*schema.Map); ok {
			key, okKey := common(x.Key, y.Key)
			item, ok := common(x.Value, y.Value)
			return &schema.Map{Key: key, Value: item, ValueContainsNull: true}, ok && okKey && !mayBeNull(x.Key, key) && !mayBeNull(y.Key, key)
		}
	case *schema.Struct:
		y, ok := b.(*schema.Struct)
		if !ok || len(x.Fields) != len(y.Fields) {
			return nil, false
		}
		out := &schema.Struct{}
		for i, f := range x.Fields {
			t, ok := common(f.Type, y.Fields[i].Type)
			if !ok || !strings.EqualFold(f.Name, y.Fields[i].Name) {
				return nil, false
			}
			out.Fields = append(out.Fields, schema.Field{Name: f.Name, Type: t, Nullable: true})
		}
		return out, true
	}
	return nil, false
}

// mayBeNull says whether Spark reckons that a cast may make a null of a value,
// which no key of a map can be.
func mayBeNull(from, to schema.Type) bool {
	switch {
	case from == schema.Void || sameType(from, to) || to == schema.String:
		return false
	case from == schema.String:
		return to != schema.Binary
	case isFloating(from):
		return isIntegral(to) || to == schema.Timestamp
	case to == schema.Date:
		return from != schema.Timestamp
	case from == schema.Timestamp:
		return isIntegral(to) && to != schema.Long
	}
	return isDecimalType(to) && castMayFail(from, to)
}

// closeType is the type in which values inside of structs, arrays and maps are
// compared: a number beside a wider one, a date beside a timestamp, but neither
// a string beside anything else nor two decimals.
func closeType(a, b schema.Type) (schema.Type, bool) {
	switch {
	case sameType(a, b):
		return a, true
	case a == schema.Void:
		return b, true
	case b == schema.Void:
		return a, true
	case isNestedType(a) || isNestedType(b):
		return combined(a, b, closeType)
	case isDecimalType(a) && isIntegral(b):
		return a, holdsAll(a, b)
	case isDecimalType(b) && isIntegral(a):
		return b, holdsAll(b, a)
	case isDecimalType(a) || isDecimalType(b) || a == schema.String || b == schema.String:
		return nil, false
	}
	return commonType(a, b)
}

// holdsAll says whether a decimal type holds all values of an integral one.
func holdsAll(decimal, integral schema.Type) bool {
	d := decimal.(schema.Decimal)
	return d.Precision-d.Scale >= decimalOf(integral).Precision
}

// withoutStrings is commonType for what no string is read as anything else for.
func withoutStrings(a, b schema.Type) (schema.Type, bool) {
	switch {
	case sameType(a, b) || a == schema.Void || b == schema.Void:
		return commonType(a, b)
	case isNestedType(a) || isNestedType(b):
		return combined(a, b, withoutStrings)
	case a == schema.String || b == schema.String:
		return nil, false
	}
	return commonType(a, b)
}

// sameShape says whether types are the same but for the names of fields.
func sameShape(a, b schema.Type) bool {
	return sameType(a, b) || childTypes(a) != nil && sameForm(a, b, sameShape)
}

// nestedCommon is the type in which operands, one of them nested, are compared.
func nestedCommon(a, b schema.Type, common func(a, b schema.Type) (schema.Type, bool)) (schema.Type, bool) {
	t, ok := common(a, b)
	if !ok && sameShape(a, b) {
		t, ok = a, true
	}
	return t, ok && orderOf(t) != nil
}
