package expr

import (
	"cmp"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
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
		return c.booleans(func(i int) (bool, *fault) {
			return extremeOf(c, i, sign, func(k int) bool { return c.boolean(k, i) }, func(x, y bool) int { return int(bit(x, 0)) - int(bit(y, 0)) })
		})
	case isInt8:
		return extremesOf(c, sign, cmp.Compare[int8])
	case isInt16:
		return extremesOf(c, sign, cmp.Compare[int16])
	case isInt32:
		return extremesOf(c, sign, cmp.Compare[int32])
	case isInt64:
		return extremesOf(c, sign, cmp.Compare[int64])
	case isFloat32:
		return extremesOf(c, sign, compareFloats[float32])
	case isFloat64:
		return extremesOf(c, sign, compareFloats[float64])
	case isDecimal:
		return extremesOf(c, sign, decimal128.Num.Cmp)
	case isString:
		return extremesOf(c, sign, cmp.Compare[string])
	}
	return nullVec(schema.Void, c.rows), nil
}

func compareFloats[T float](x, y T) int { return value.CompareFloat(float64(x), float64(y)) }

func extremesOf[T any](c *call, sign int, compare func(x, y T) int) (vec, error) {
	operands := make([]operand[T], len(c.args))
	for k := range operands {
		operands[k] = operandOf[T](c, k)
	}
	return values(c, func(i int) (T, *fault) {
		return extremeOf(c, i, sign, func(k int) T { return operands[k].at(i) }, compare)
	})
}

// extremeOf is the extreme of the operands' values for an entry.
func extremeOf[T any](c *call, i, sign int, at func(k int) T, compare func(x, y T) int) (T, *fault) {
	var best T
	problem := noValue
	for k := range c.args {
		if c.isNull(k, i) {
			continue
		}
		if x := at(k); problem != nil || compare(x, best)*sign > 0 {
			best, problem = x, nil
		}
	}
	return best, problem
}
