package expr

import (
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// The rules by which Spark 4 gives the operands of an operator one type, in
// ANSI mode (its AnsiTypeCoercion).

func isIntegral(t schema.Type) bool {
	p, ok := t.(schema.Primitive)
	return ok && p >= schema.Byte && p <= schema.Long
}

func isFloating(t schema.Type) bool { return t == schema.Float || t == schema.Double }

func isDecimalType(t schema.Type) bool { _, ok := t.(schema.Decimal); return ok }

func isNumeric(t schema.Type) bool { return isIntegral(t) || isFloating(t) || isDecimalType(t) }

func isTime(t schema.Type) bool {
	return t == schema.Date || t == schema.Timestamp || t == schema.TimestampNTZ
}

func isNestedType(t schema.Type) bool {
	switch t.(type) {
	case *schema.Array, *schema.Map, *schema.Struct:
		return true
	}
	return t == schema.Variant
}

// decimalOf is the decimal that holds every value of an integral type.
func decimalOf(t schema.Type) schema.Decimal {
	switch t {
	case schema.Byte:
		return schema.Decimal{Precision: 3}
	case schema.Short:
		return schema.Decimal{Precision: 5}
	case schema.Integer:
		return schema.Decimal{Precision: 10}
	default:
		return schema.Decimal{Precision: 20}
	}
}

// decimalFor is the decimal that an operand counts as beside a decimal: its
// own type, the digits of an integer literal, or all digits that an integer
// may have.
func decimalFor(n Node) (schema.Decimal, bool) {
	t := n.Type()
	if d, ok := t.(schema.Decimal); ok {
		return d, true
	}
	if !isIntegral(t) {
		return schema.Decimal{}, false
	}
	if lit, ok := n.(*Literal); ok && !lit.Value.IsNull() {
		return schema.Decimal{Precision: value.Digits(lit.Value.Unscaled())}, true
	}
	return decimalOf(t), true
}

// decimalAs is decimalFor of an operand of arithmetic, in whose type it shows. Of
// integers only those that are written count by their digits: when Spark
// chooses types, it has not computed 1 + 1 yet.
func decimalAs(at *syntax, n Node) (schema.Decimal, bool) {
	if at.kind != kindLiteral && isIntegral(n.Type()) {
		return decimalOf(n.Type()), true
	}
	return decimalFor(n)
}

// widerDecimal holds the values of two decimals. Beyond 38 digits it gives up
// those after the point.
func widerDecimal(a, b schema.Decimal) schema.Decimal {
	scale := max(a.Scale, b.Scale)
	precision := max(a.Precision-a.Scale, b.Precision-b.Scale) + scale
	if precision > 38 {
		scale = max(0, scale-(precision-38))
		precision = 38
	}
	return schema.Decimal{Precision: precision, Scale: scale}
}

// boundedDecimal is a decimal of that size, or what Spark makes of it beyond
// 38 digits: digits before the point come first, but 6 after it are kept.
func boundedDecimal(precision, scale int) schema.Decimal {
	if precision > 38 {
		integral := precision - scale
		scale = max(38-integral, min(scale, 6))
		precision = 38
	}
	return schema.Decimal{Precision: precision, Scale: scale}
}

// arithDecimal is the type of an arithmetic operation on decimals.
func arithDecimal(op ArithOp, a, b schema.Decimal) schema.Decimal {
	switch op {
	case Multiply:
		return boundedDecimal(a.Precision+b.Precision+1, a.Scale+b.Scale)
	case Divide:
		scale := max(6, a.Scale+b.Precision+1)
		return boundedDecimal(a.Precision-a.Scale+b.Scale+scale, scale)
	case Modulo:
		scale := max(a.Scale, b.Scale)
		return boundedDecimal(min(a.Precision-a.Scale, b.Precision-b.Scale)+scale, scale)
	default:
		scale := max(a.Scale, b.Scale)
		return boundedDecimal(max(a.Precision-a.Scale, b.Precision-b.Scale)+scale+1, scale)
	}
}

// commonType is the type in which values of two types are compared, or false.
func commonType(a, b schema.Type) (schema.Type, bool) {
	switch {
	case sameType(a, b):
		return a, true
	case a == schema.Void:
		return b, true
	case b == schema.Void:
		return a, true
	case isNestedType(a) || isNestedType(b):
		return combined(a, b, commonType)
	case a == schema.String:
		return stringWith(b)
	case b == schema.String:
		return stringWith(a)
	case isTime(a) && isTime(b):
		if a == schema.Timestamp || b == schema.Timestamp {
			return schema.Timestamp, true
		}
		return schema.TimestampNTZ, true
	case !isNumeric(a) || !isNumeric(b):
		return nil, false
	case isDecimalType(a) || isDecimalType(b):
		if isFloating(a) || isFloating(b) {
			return schema.Double, true
		}
		x, isDecimal := a.(schema.Decimal)
		if !isDecimal {
			x = decimalOf(a)
		}
		y, isDecimal := b.(schema.Decimal)
		if !isDecimal {
			y = decimalOf(b)
		}
		return widerDecimal(x, y), true
	}
	// Byte to Double are in order of width. A float beside an integer is a
	// double, since a float has too few digits for an int.
	wider := max(a.(schema.Primitive), b.(schema.Primitive))
	if wider == schema.Float {
		wider = schema.Double
	}
	return wider, true
}

// stringWith is the type that a string beside a value of another type is read
// as.
func stringWith(t schema.Type) (schema.Type, bool) {
	switch {
	case isIntegral(t):
		return schema.Long, true
	case isFloating(t) || isDecimalType(t):
		return schema.Double, true
	case t == schema.Boolean || t == schema.Binary || isTime(t):
		return t, true
	}
	return nil, false
}
