package expr

import (
	"cmp"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

// extreme is the greatest or the least of values of one type, nulls apart; of
// equal ones the first.
func extreme(name string, sign int) func(b *binder, at *syntax, args []Node) (Node, error) {
	return func(b *binder, at *syntax, args []Node) (Node, error) {
		var first schema.Type // strings are not read as values of another type
		for _, arg := range args {
			switch t := arg.Type(); {
			case t == schema.Void:
			case first == nil:
				first = t
			case (t == schema.String) != (first == schema.String):
				return nil, b.typeError(at, "%s cannot compare %v with %v", name, first, t)
			}
		}
		args, err := b.unify(at, args)
		if err != nil {
			return nil, err
		}
		t := args[0].Type()
		if isNestedType(t) {
			return nil, &UnsupportedError{What: fmt.Sprintf("%s of %v", name, t), Position: b.at(at)}
		}
		return b.makeCall(at, name, t, callable{nulls: true, eval: func(c *call) (vec, error) { return extremes(c, sign) }}, args...), nil
	}
}

func extremes(c *call, sign int) (vec, error) {
	t := c.node.typ
	switch kindOf(t) {
	case isBool:
		return extremeBooleans(c, sign)
	case isInt8:
		return extremesOf(c, betterOrdered[int8](sign))
	case isInt16:
		return extremesOf(c, betterOrdered[int16](sign))
	case isInt32:
		return extremesOf(c, betterOrdered[int32](sign))
	case isInt64:
		return extremesOf(c, betterOrdered[int64](sign))
	case isFloat32:
		return extremesOf(c, betterOrdered[float32](sign))
	case isFloat64:
		return extremesOf(c, betterOrdered[float64](sign))
	case isDecimal:
		return extremesOf(c, func(best, data []decimal128.Num, step int) {
			for i := range best {
				if x := data[i*step]; x.Cmp(best[i])*sign > 0 {
					best[i] = x
				}
			}
		})
	case isString:
		return extremesOf(c, betterOrdered[string](sign))
	}
	return nullVec(schema.Void, c.rows), nil
}

// betterOrdered takes the greater values of data, or the less; NaN is the
// greatest.
func betterOrdered[T cmp.Ordered](sign int) func(best, data []T, step int) {
	if sign > 0 {
		return func(best, data []T, step int) {
			for i, b := range best {
				if x := data[i*step]; x > b || x != x && b == b {
					best[i] = x
				}
			}
		}
	}
	return func(best, data []T, step int) {
		for i, b := range best {
			if x := data[i*step]; x < b || b != b && x == x {
				best[i] = x
			}
		}
	}
}

// extremesOf takes one operand after the other, for all rows; better puts into
// best what is better in data.
func extremesOf[T any](c *call, better func(best, data []T, step int)) (vec, error) {
	best := make([]T, c.out.entries())
	seen := newBitmap(len(best)) // the rows that have a value
	for k, v := range c.args {
		data, step := v.data.([]T), v.stride()
		if v.valid == nil {
			if k == 0 {
				for i := range best {
					best[i] = data[i*step]
				}
				seen = fullBitmap(len(best))
				continue
			} else if seen.count() == len(best) {
				better(best, data, step)
				continue
			}
		}
		for i := range best {
			switch {
			case c.isNull(k, i):
			case !seen.get(i):
				best[i] = data[i*step]
				seen.set(i)
			default:
				better(best[i:i+1], data[i*step:], 0)
			}
		}
	}
	out := c.out.like(best)
	if seen.count() < len(best) {
		out = out.without(bitmap(nil).without(seen, len(best)))
	}
	return out, nil
}

func extremeBooleans(c *call, sign int) (vec, error) {
	return c.booleans(func(i int) (bool, *fault) {
		best, problem := false, noValue
		for k := range c.args {
			if c.isNull(k, i) {
				continue
			}
			if x := c.boolean(k, i); problem != nil || x != best && x == (sign > 0) {
				best, problem = x, nil
			}
		}
		return best, problem
	})
}
