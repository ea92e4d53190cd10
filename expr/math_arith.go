package expr

import (
	"math"
	"slices"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// arithFunctions are operators by their names, what is null where an operator
// has no value, and the remainder that is never negative.
var arithFunctions = map[string]*function{
	"mod":          {2, 2, operator("%")},
	"div":          {2, 2, operator("DIV")},
	"pmod":         {2, 2, pmod},
	"try_add":      {2, 2, try("try_add", "+")},
	"try_subtract": {2, 2, try("try_subtract", "-")},
	"try_multiply": {2, 2, try("try_multiply", "*")},
	"try_divide":   {2, 2, try("try_divide", "/")},
	"try_mod":      {2, 2, try("try_mod", "%")},
}

func operator(op string) func(b *binder, at *syntax, args []Node) (Node, error) {
	return func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.arith(operatorAt(at, op), args[0], args[1])
	}
}

func operatorAt(at *syntax, op string) *syntax {
	return &syntax{kind: kindArith, op: op, pos: at.pos, args: at.args}
}

// try is an operator that has no value where the operator itself fails; its
// operands may still fail. Of operands that are no numbers Spark also forgives
// their own errors: of strings, that they are none.
func try(name, op string) func(b *binder, at *syntax, args []Node) (Node, error) {
	return func(b *binder, at *syntax, args []Node) (Node, error) {
		n, err := b.settledArith(operatorAt(at, op), args[0], args[1])
		if err != nil {
			return nil, err
		}
		lenient := false
		for _, arg := range args {
			if arg.Type() == schema.Void {
				return &Literal{value.Null(n.typ)}, nil
			}
			lenient = lenient || arg.Type() == schema.String
		}
		if lenient {
			for i, side := range []*Node{&n.Left, &n.Right} {
				if mayFail(args[i]) {
					return nil, &UnsupportedError{What: name + " of a string and an expression that may fail", Position: b.at(at)}
				}
				*side = b.forgiving(*side, args[i])
			}
		}
		if !MayFail(n) {
			return b.fold(n), nil
		}
		if n.Op >= Divide {
			fn := callable{eval: func(c *call) (vec, error) { return tryDivision(c, n.Op) }, written: swapped(name)}
			return b.makeCall(at, name, n.typ, fn, b.unlessZero(at, n.Right), n.Left), nil
		}
		return b.makeCall(at, name, n.typ, callable{eval: func(c *call) (vec, error) { return tryArith(c, n.Op) }}, n.Left, n.Right), nil
	}
}

// mayFail says whether the evaluation of a tree may end in an error.
func mayFail(n Node) bool { return MayFail(n) || slices.ContainsFunc(Operands(n), mayFail) }

// forgiving is n without errors of the casts above arg.
func (b *binder) forgiving(n, arg Node) Node {
	c, ok := n.(*Cast)
	if !ok || n == arg {
		return n
	}
	return b.fold(&Cast{Arg: b.forgiving(c.Arg, arg), To: c.To, Try: true, env: c.env, pos: c.pos})
}

func tryArith(c *call, op ArithOp) (vec, error) {
	switch c.args[0].data.(type) {
	case []int8:
		return tryInts[int8](c, op)
	case []int16:
		return tryInts[int16](c, op)
	case []int32:
		return tryInts[int32](c, op)
	case []int64:
		return tryInts[int64](c, op)
	}
	return tryDecimals(c, op, 0, 1)
}

// tryDivision is / or %, the divisor of which is the first operand.
func tryDivision(c *call, op ArithOp) (vec, error) {
	switch c.args[0].data.(type) {
	case []int8:
		return tryRemainders[int8](c)
	case []int16:
		return tryRemainders[int16](c)
	case []int32:
		return tryRemainders[int32](c)
	case []int64:
		return tryRemainders[int64](c)
	case []float32:
		return tryFloats[float32](c, op)
	case []float64:
		return tryFloats[float64](c, op)
	}
	return tryDecimals(c, op, 1, 0)
}

// unlessZero is a divisor where it divides: where it does not, the dividend is
// not evaluated.
func (b *binder) unlessZero(at *syntax, divisor Node) Node {
	fn := callable{eval: zerosToNull, written: func(args []*syntax) *syntax { return args[0] }}
	return b.makeCall(at, "unless zero", divisor.Type(), fn, divisor)
}

func zerosToNull(c *call) (vec, error) {
	switch c.args[0].data.(type) {
	case []int8:
		return each(c, zeroToNull[int8])
	case []int16:
		return each(c, zeroToNull[int16])
	case []int32:
		return each(c, zeroToNull[int32])
	case []int64:
		return each(c, zeroToNull[int64])
	case []float32:
		return each(c, zeroToNull[float32])
	case []float64:
		return each(c, zeroToNull[float64])
	}
	return each(c, zeroToNull[decimal128.Num])
}

func zeroToNull[T comparable](x T) (T, *fault) {
	var zero T
	if x == zero {
		return x, noValue
	}
	return x, nil
}

func tryInts[T integer](c *call, op ArithOp) (vec, error) {
	x, y := operandOf[T](c, 0), operandOf[T](c, 1)
	return values(c, func(i int) (T, *fault) {
		p, q := x.at(i), y.at(i)
		switch {
		case intFault(op, p, q) != "":
			return 0, noValue
		case op == Add:
			return p + q, nil
		case op == Subtract:
			return p - q, nil
		}
		return p * q, nil
	})
}

func tryRemainders[T integer](c *call) (vec, error) {
	y, x := operandOf[T](c, 0), operandOf[T](c, 1)
	return values(c, func(i int) (T, *fault) {
		if y.at(i) == -1 { // of which the least number is no multiple that fits
			return 0, nil
		}
		return x.at(i) % y.at(i), nil
	})
}

func tryFloats[T float](c *call, op ArithOp) (vec, error) {
	y, x := operandOf[T](c, 0), operandOf[T](c, 1)
	return values(c, func(i int) (T, *fault) {
		if op == Divide {
			return x.at(i) / y.at(i), nil
		}
		return T(math.Mod(float64(x.at(i)), float64(y.at(i)))), nil
	})
}

func tryDecimals(c *call, op ArithOp, leftAt, rightAt int) (vec, error) {
	x, y := operandOf[decimal128.Num](c, leftAt), operandOf[decimal128.Num](c, rightAt)
	left, right := c.node.Args[leftAt].Type().(schema.Decimal).Scale, c.node.Args[rightAt].Type().(schema.Decimal).Scale
	target := c.node.typ.(schema.Decimal)
	var b bigDecimal
	return values(c, func(i int) (decimal128.Num, *fault) {
		p, q := fromNum(x.at(i)), fromNum(y.at(i))
		z, ok := quickDecimal(op, p, left, q, right, target.Scale)
		if !ok {
			z, ok = b.arith(op, p, left, q, right, target.Scale)
		}
		if !ok || !value.FitsPrecision(z, target.Precision) {
			return decimal128.Num{}, noValue
		}
		return toNum(z), nil
	})
}

// pmod is the remainder, to which the divisor is added if it is negative. As
// of all divisions the divisor is evaluated first: it is the first operand.
func pmod(b *binder, at *syntax, args []Node) (Node, error) {
	n, err := b.settledArith(operatorAt(at, "%"), args[0], args[1])
	if err != nil {
		return nil, err
	}
	return b.makeCall(at, "pmod", n.typ, callable{eval: remainders, fails: true, written: swapped("pmod")}, n.Right, n.Left), nil
}

// swapped writes a call whose operands are evaluated in the other order.
func swapped(name string) func(args []*syntax) *syntax {
	return func(args []*syntax) *syntax {
		return &syntax{kind: kindCall, word: name, args: []*syntax{args[1], args[0]}}
	}
}

func remainders(c *call) (vec, error) {
	switch c.args[0].data.(type) {
	case []int8:
		return remaindersOf(c, func(x, y int8) int8 { return int8(remainder(int32(x), int32(y))) })
	case []int16:
		return remaindersOf(c, func(x, y int16) int16 { return int16(remainder(int32(x), int32(y))) })
	case []int32:
		return remaindersOf(c, remainder[int32])
	case []int64:
		return remaindersOf(c, remainder[int64])
	case []float32:
		return remaindersOf(c, remainderOfFloats[float32])
	case []float64:
		return remaindersOf(c, remainderOfFloats[float64])
	}
	return decimalRemainders(c)
}

func remaindersOf[T integer | float](c *call, f func(x, y T) T) (vec, error) {
	y, x := operandOf[T](c, 0), operandOf[T](c, 1)
	return values(c, func(i int) (T, *fault) {
		if y.at(i) == 0 {
			return 0, faultf(classRemainder, "pmod(%v, 0)", x.at(i))
		}
		return f(x.at(i), y.at(i)), nil
	})
}

// remainder wraps around where the sum of two negative numbers is too great.
func remainder[T int32 | int64](x, y T) T {
	if y == -1 {
		return 0
	}
	r := x % y
	if r < 0 {
		if r += y; y != -1 {
			r %= y
		}
	}
	return r
}

func remainderOfFloats[T float](x, y T) T {
	mod := func(x, y T) T { return T(math.Mod(float64(x), float64(y))) }
	r := mod(x, y)
	if r < 0 {
		r = mod(r+y, y)
	}
	return r
}

func decimalRemainders(c *call) (vec, error) {
	y, x := operandOf[decimal128.Num](c, 0), operandOf[decimal128.Num](c, 1)
	right, left, target := c.node.Args[0].Type().(schema.Decimal), c.node.Args[1].Type().(schema.Decimal), c.node.typ.(schema.Decimal)
	var b bigDecimal
	return values(c, func(i int) (decimal128.Num, *fault) {
		p, q := fromNum(x.at(i)), fromNum(y.at(i))
		if q.Sign() == 0 {
			return decimal128.Num{}, faultf(classRemainder, "pmod(%s, 0)", formatDecimal(p.Big(), left.Scale))
		}
		b.load(p, left.Scale, q, right.Scale, Modulo)
		if b.z.Rem(&b.x, &b.y); b.z.Sign() < 0 {
			b.x.Add(&b.z, &b.y)
			b.z.Rem(&b.x, &b.y)
		}
		b.rescale(max(left.Scale, right.Scale), target.Scale)
		z, ok := value.FromBig(&b.z)
		if !ok || !value.FitsPrecision(z, target.Precision) {
			return decimal128.Num{}, faultf(classRange, "pmod(%s, %s) does not fit in %v", formatDecimal(p.Big(), left.Scale), formatDecimal(q.Big(), right.Scale), target)
		}
		return toNum(z), nil
	})
}
