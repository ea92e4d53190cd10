package schema

// CanWiden says whether every value of type from can be read as type to
// without loss, by the rules of the protocol's table feature typeWidening:
// a reader meets such pairs in files that are older than the column's type.
// A type widens to itself. Arrays, maps and structs widen member by member.
func CanWiden(from, to Type) bool {
	switch from := from.(type) {
	case *Array:
		to, ok := to.(*Array)
		return ok && CanWiden(from.Element, to.Element)
	case *Map:
		to, ok := to.(*Map)
		return ok && CanWiden(from.Key, to.Key) && CanWiden(from.Value, to.Value)
	case *Struct:
		to, ok := to.(*Struct)
		if !ok || len(from.Fields) != len(to.Fields) {
			return false
		}
		for i, f := range from.Fields {
			if f.Name != to.Fields[i].Name || !CanWiden(f.Type, to.Fields[i].Type) {
				return false
			}
		}
		return true
	default:
		return from == to || evolves(from, to) || changes(from, to)
	}
}

// evolves says whether schema evolution may widen a column on its own.
func evolves(from, to Type) bool {
	switch {
	case integral(from) && integral(to):
		return from.(Primitive) < to.(Primitive)
	case from == Float && to == Double, from == Date && to == TimestampNTZ:
		return true
	}
	f, ok := from.(Decimal)
	t, ok2 := to.(Decimal)
	return ok && ok2 && f != t && holds(t, f.Precision-f.Scale, f.Scale)
}

// changes says whether widening from to to is legal, but only on request.
func changes(from, to Type) bool {
	if !integral(from) {
		return false
	}
	digits := 10
	if from == Long {
		digits = 20
	}
	d, ok := to.(Decimal)
	return ok && holds(d, digits, 0) || to == Double && from != Long
}

// holds says whether d has room for that many digits before and after the
// point.
func holds(d Decimal, whole, scale int) bool {
	return d.Scale >= scale && d.Precision-d.Scale >= whole
}

func integral(t Type) bool {
	p, ok := t.(Primitive)
	return ok && p >= Byte && p <= Long
}
