package arrowconv

import (
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// checkValues looks in an array that has the layout of t for values that t
// cannot hold: Arrow's builders check neither the digits of decimals nor that
// strings are UTF-8. live says which values count, as for checkNulls.
func checkValues(p place, a arrow.Array, t schema.Type, live func(int) bool) error {
	if a.NullN() > 0 {
		outer := live
		live = func(i int) bool { return a.IsValid(i) && (outer == nil || outer(i)) }
	}
	switch t := t.(type) {
	case schema.Decimal:
		return checkDigits(p, a.(*array.Decimal128), t, live)
	case *schema.Struct:
		for i, f := range t.Fields {
			if err := checkValues(p.inner(f.Name), a.(*array.Struct).Field(i), f.Type, live); err != nil {
				return err
			}
		}
	case *schema.Array:
		list := a.(*array.List)
		values, within := elements(list, list.ListValues())
		defer values.Release()
		return checkValues(place{join(p.column, elementName), rowOf(p, list)}, values, t.Element, within)
	case *schema.Map:
		m := a.(*array.Map)
		keys, within := elements(m, m.Keys())
		defer keys.Release()
		if err := checkValues(place{join(p.column, keyName), rowOf(p, m)}, keys, t.Key, within); err != nil {
			return err
		}
		items, within := elements(m, m.Items())
		defer items.Release()
		return checkValues(place{join(p.column, valueName), rowOf(p, m)}, items, t.Value, within)
	default:
		if s, is := a.(*array.String); is {
			return checkUTF8(p, s, live)
		}
	}
	return nil
}

func checkDigits(p place, a *array.Decimal128, t schema.Decimal, live func(int) bool) error {
	for i, v := range a.Values() {
		n := value.Int128{Hi: v.HighBits(), Lo: v.LowBits()}
		if !value.FitsPrecision(n, t.Precision) && (live == nil || live(i)) {
			return p.bad(i, ErrRange, decimalText(n, t.Scale), "the table has %v", t)
		}
	}
	return nil
}

func checkUTF8(p place, a *array.String, live func(int) bool) error {
	if wholeUTF8(a) {
		return nil
	}
	for i := range a.Len() {
		if v := a.Value(i); !utf8.ValidString(v) && (live == nil || live(i)) {
			return p.bad(i, ErrRange, strconv.QuoteToASCII(v[:min(len(v), 40)]), "it is not UTF-8, which strings are")
		}
	}
	return nil
}

// wholeUTF8 says whether the bytes of all values are UTF-8 and none begins
// inside a character: then every value is UTF-8, at the price of one pass.
func wholeUTF8(a *array.String) bool {
	if a.Len() == 0 {
		return true
	}
	data, offsets := a.ValueBytes(), a.ValueOffsets()
	if !utf8.Valid(data) {
		return false
	}
	for _, at := range offsets {
		if at -= offsets[0]; int(at) < len(data) && !utf8.RuneStart(data[at]) {
			return false
		}
	}
	return true
}
