package expr

import (
	"math"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/schema"
)

func (r *run) arith(n *Arith, sel bitmap) (vec, error) {
	a, b, err := r.operandsOf(n, sel)
	if err != nil {
		return vec{}, err
	}
	out := pairOf(a, b)
	x, ok := a.data.([]decimal128.Num)
	if ok {
		return r.decimalArith(n, out, a, b, x, b.data.([]decimal128.Num), sel)
	}
	switch x := a.data.(type) {
	case []int8:
		return intArith(r, n, out, a, b, x, sel)
	case []int16:
		return intArith(r, n, out, a, b, x, sel)
	case []int32:
		if n.typ == schema.Date {
			return addDays(n, out, a, b, x), nil
		}
		return intArith(r, n, out, a, b, x, sel)
	case []int64:
		return intArith(r, n, out, a, b, x, sel)
	case []float32:
		return floatArith(r, n, out, a, b, x, sel)
	default:
		return floatArith(r, n, out, a, b, a.data.([]float64), sel)
	}
}

// operandsOf evaluates the operands, the second only where the first is not
// null; of a division Spark takes the divisor first.
func (r *run) operandsOf(n *Arith, sel bitmap) (a, b vec, err error) {
	if n.Op >= Divide {
		if b, err = r.eval(n.Right, sel); err == nil {
			a, err = r.eval(n.Left, sel.and(b.validRows()))
		}
		return a, b, err
	}
	if a, err = r.eval(n.Left, sel); err == nil {
		b, err = r.eval(n.Right, sel.and(a.validRows()))
	}
	return a, b, err
}

// pairOf is the shape of what two operands give: null where either is.
func pairOf(a, b vec) vec {
	if a.one && b.one {
		return vec{rows: a.rows, one: true, valid: a.valid.and(b.valid)}
	}
	return vec{rows: a.rows, valid: a.validRows().and(b.validRows())}
}

// intArith computes all rows, and looks for the row at fault only when some
// row overflowed.
func intArith[T integer](r *run, n *Arith, out, a, b vec, x []T, sel bitmap) (vec, error) {
	y := b.data.([]T)
	dst := make([]T, out.entries())
	out.data = dst
	sx, sy := a.stride(), b.stride()
	var wrong bool
	switch n.Op {
	case Add:
		var carry T
		for i := range dst {
			p, q := x[i*sx], y[i*sy]
			dst[i] = p + q
			carry |= (p ^ dst[i]) & (q ^ dst[i])
		}
		wrong = carry < 0
	case Subtract:
		var carry T
		for i := range dst {
			p, q := x[i*sx], y[i*sy]
			dst[i] = p - q
			carry |= (p ^ q) & (p ^ dst[i])
		}
		wrong = carry < 0
	case Multiply:
		for i := range dst {
			p, q := x[i*sx], y[i*sy]
			dst[i] = p * q
			wrong = wrong || timesOverflows(p, q)
		}
	default: // Modulo, Quotient
		for i := range dst {
			p, q := x[i*sx], y[i*sy]
			switch {
			case q == 0:
				wrong = true
			case q == -1: // the least integer has no positive counterpart
				dst[i] = -p
				wrong = wrong || p == -p && p != 0
				if n.Op == Modulo {
					dst[i] = 0
				}
			case n.Op == Modulo:
				dst[i] = p % q
			default:
				dst[i] = p / q
			}
		}
	}
	if !wrong {
		return out, nil
	}
	for i := range out.active(sel) {
		if class := intFault(n.Op, x[i*sx], y[i*sy]); class != "" {
			return vec{}, r.fail(class, n.pos, out, i, sel, "%d %v %d has no value of type %v", x[i*sx], n.Op, y[i*sy], n.typ)
		}
	}
	return out, nil
}

// intFault is the error class of an operation, or "".
func intFault[T integer](op ArithOp, x, y T) string {
	overflow := false
	switch op {
	case Add:
		z := x + y
		overflow = (x^z)&(y^z) < 0
	case Subtract:
		overflow = (x^y)&(x^(x-y)) < 0
	case Multiply:
		overflow = timesOverflows(x, y)
	case Modulo:
		if y == 0 {
			return classRemainder
		}
	case Quotient:
		if y == 0 {
			return classDivide
		}
		overflow = y == -1 && x == -x && x != 0
	}
	if !overflow {
		return ""
	}
	switch any(x).(type) {
	case int8, int16:
		return "BINARY_ARITHMETIC_OVERFLOW"
	}
	return classOverflow
}

// Error classes of Spark that arithmetic ends in.
const (
	classDivide    = "DIVIDE_BY_ZERO"
	classRemainder = "REMAINDER_BY_ZERO"
	classOverflow  = "ARITHMETIC_OVERFLOW"
	classRange     = "NUMERIC_VALUE_OUT_OF_RANGE"
)

func timesOverflows[T integer](x, y T) bool {
	p, q := int64(x), int64(y)
	if z := p * q; int64(int32(p)) == p && int64(int32(q)) == q {
		return int64(T(z)) != z
	}
	hi, lo := bits.Mul64(uint64(p), uint64(q))
	hi -= uint64(p>>63)&uint64(q) + uint64(q>>63)&uint64(p)
	return int64(hi) != int64(lo)>>63 || int64(T(lo)) != int64(lo)
}

// addDays moves dates; like Spark it wraps around beyond 32 bits.
func addDays(n *Arith, out, a, b vec, x []int32) vec {
	y := b.data.([]int32)
	dst := make([]int32, out.entries())
	sx, sy := a.stride(), b.stride()
	for i := range dst {
		if n.Op == Add {
			dst[i] = x[i*sx] + y[i*sy]
		} else {
			dst[i] = x[i*sx] - y[i*sy]
		}
	}
	out.data = dst
	return out
}

func floatArith[T float](r *run, n *Arith, out, a, b vec, x []T, sel bitmap) (vec, error) {
	y := b.data.([]T)
	dst := make([]T, out.entries())
	out.data = dst
	sx, sy := a.stride(), b.stride()
	switch n.Op {
	case Add:
		for i := range dst {
			dst[i] = x[i*sx] + y[i*sy]
		}
		return out, nil
	case Subtract:
		for i := range dst {
			dst[i] = x[i*sx] - y[i*sy]
		}
		return out, nil
	case Multiply:
		for i := range dst {
			dst[i] = x[i*sx] * y[i*sy]
		}
		return out, nil
	}
	zero := false
	class := classDivide
	if n.Op == Divide {
		for i := range dst {
			dst[i] = x[i*sx] / y[i*sy]
			zero = zero || y[i*sy] == 0
		}
	} else {
		class = classRemainder
		for i := range dst {
			dst[i] = T(math.Mod(float64(x[i*sx]), float64(y[i*sy])))
			zero = zero || y[i*sy] == 0
		}
	}
	if !zero {
		return out, nil
	}
	for i := range out.active(sel) {
		if y[i*sy] == 0 {
			return vec{}, r.fail(class, n.pos, out, i, sel, "%v %v 0", x[i*sx], n.Op)
		}
	}
	return out, nil
}

func (r *run) negate(n *Negate, sel bitmap) (vec, error) {
	v, err := r.eval(n.Arg, sel)
	if err != nil {
		return vec{}, err
	}
	switch x := v.data.(type) {
	case []int8:
		return negateInts(r, n, v, x, sel)
	case []int16:
		return negateInts(r, n, v, x, sel)
	case []int32:
		return negateInts(r, n, v, x, sel)
	case []int64:
		return negateInts(r, n, v, x, sel)
	case []float32:
		return v.like(mapped(x, func(f float32) float32 { return -f })), nil
	case []float64:
		return v.like(mapped(x, func(f float64) float64 { return -f })), nil
	default:
		return v.like(mapped(v.data.([]decimal128.Num), decimal128.Num.Negate)), nil
	}
}

func mapped[F, T any](src []F, f func(F) T) []T {
	dst := make([]T, len(src))
	for i, x := range src {
		dst[i] = f(x)
	}
	return dst
}

func negateInts[T integer](r *run, n *Negate, v vec, x []T, sel bitmap) (vec, error) {
	dst := make([]T, len(x))
	wrong := false
	for i, p := range x {
		dst[i] = -p
		wrong = wrong || p == -p && p != 0
	}
	out := v.like(dst)
	if !wrong {
		return out, nil
	}
	for i := range out.active(sel) {
		if p := x[i]; p == -p && p != 0 {
			return vec{}, r.fail(classOverflow, n.pos, v, i, sel, "-(%d) has no value of type %v", p, n.Type())
		}
	}
	return out, nil
}
