package expr

import (
	"math"

	"github.com/foreset/foreset/internal/strictmath"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// mathFunctions are the functions of numbers. Those of doubles give what
// Java's StrictMath does, to the last bit.
var mathFunctions = aliased(merged(smoothFunctions, integerFunctions, roundFunctions, arithFunctions, map[string]*function{
	"abs":      {1, 1, absolute},
	"negative": {1, 1, signed(kindMinus)},
	"positive": {1, 1, signed(kindPlus)},
	"greatest": {2, -1, extreme("greatest", 1)},
	"least":    {2, -1, extreme("least", -1)},
	"isnan":    {1, 1, isNaN},
	"nanvl":    {2, 2, unlessNaN},
}),
	[]string{"sign", "signum"},
	[]string{"ceil", "ceiling"},
	[]string{"pow", "power"},
)

// smoothFunctions are those of doubles.
var smoothFunctions = map[string]*function{
	"sqrt":    ofDouble("sqrt", math.Sqrt),
	"cbrt":    ofDouble("cbrt", strictmath.Cbrt),
	"exp":     ofDouble("exp", strictmath.Exp),
	"expm1":   ofDouble("expm1", strictmath.Expm1),
	"ln":      logarithm("ln", 0, strictmath.Log),
	"log10":   logarithm("log10", 0, strictmath.Log10),
	"log2":    logarithm("log2", 0, func(x float64) float64 { return strictmath.Log(x) / strictmath.Log(2) }),
	"log1p":   logarithm("log1p", -1, strictmath.Log1p),
	"log":     {1, 2, log},
	"sin":     ofDouble("sin", strictmath.Sin),
	"cos":     ofDouble("cos", strictmath.Cos),
	"tan":     ofDouble("tan", strictmath.Tan),
	"asin":    ofDouble("asin", strictmath.Asin),
	"acos":    ofDouble("acos", strictmath.Acos),
	"atan":    ofDouble("atan", strictmath.Atan),
	"sinh":    ofDouble("sinh", strictmath.Sinh),
	"cosh":    ofDouble("cosh", strictmath.Cosh),
	"tanh":    ofDouble("tanh", strictmath.Tanh),
	"atan2":   ofDoubles("atan2", func(y, x float64) float64 { return strictmath.Atan2(y+0, x+0) }), // of −0.0 as of 0.0
	"pow":     ofDoubles("pow", strictmath.Pow),
	"hypot":   ofDoubles("hypot", strictmath.Hypot),
	"degrees": rising("degrees", func(x float64) float64 { return x * degreesPerRadian }),
	"radians": rising("radians", func(x float64) float64 { return x * radiansPerDegree }),
	"rint":    rising("rint", math.RoundToEven),
	"sign":    rising("sign", signOf),
	"pi":      constantOf(math.Pi),
	"e":       constantOf(math.E),
}

// As Java has them.
const (
	degreesPerRadian = 57.29577951308232
	radiansPerDegree = 0.017453292519943295
)

func ofDouble(name string, f func(float64) float64) *function {
	return fixed(name, 1, schema.Double, callable{eval: func(c *call) (vec, error) {
		return each(c, func(x float64) (float64, *fault) { return f(x), nil })
	}}, schema.Double)
}

// rising is a function that never decreases, with NaN, the greatest of values,
// for NaN. Not all that rise are here: of exp and its like nobody has shown
// that the rounding of two neighbours cannot exchange them.
func rising(name string, f func(float64) float64) *function {
	return fixed(name, 1, schema.Double, callable{keeps: 1, eval: func(c *call) (vec, error) {
		return each(c, func(x float64) (float64, *fault) { return f(x), nil })
	}}, schema.Double)
}

func ofDoubles(name string, f func(x, y float64) float64) *function {
	return fixed(name, 2, schema.Double, callable{eval: func(c *call) (vec, error) {
		x, y := operandOf[float64](c, 0), operandOf[float64](c, 1)
		return values(c, func(i int) (float64, *fault) { return f(x.at(i), y.at(i)), nil })
	}}, schema.Double, schema.Double)
}

// each computes the values of a function of one operand.
func each[F, T any](c *call, f func(F) (T, *fault)) (vec, error) {
	x := operandOf[F](c, 0)
	return values(c, func(i int) (T, *fault) { return f(x.at(i)) })
}

// logarithm has no value up to a bound.
func logarithm(name string, bound float64, f func(float64) float64) *function {
	return fixed(name, 1, schema.Double, callable{eval: func(c *call) (vec, error) {
		return each(c, func(x float64) (float64, *fault) {
			if x <= bound {
				return 0, noValue
			}
			return f(x), nil
		})
	}}, schema.Double)
}

// log is the natural logarithm, or that to the base that comes first.
func log(b *binder, at *syntax, args []Node) (Node, error) {
	if len(args) == 1 {
		return smoothLog.bind(b, at, args)
	}
	return logTo.bind(b, at, args)
}

var (
	smoothLog = logarithm("ln", 0, strictmath.Log)
	logTo     = fixed("log", 2, schema.Double, callable{eval: func(c *call) (vec, error) {
		base, x := operandOf[float64](c, 0), operandOf[float64](c, 1)
		return values(c, func(i int) (float64, *fault) {
			if base.at(i) <= 0 || x.at(i) <= 0 {
				return 0, noValue
			}
			return strictmath.Log(x.at(i)) / strictmath.Log(base.at(i)), nil
		})
	}}, schema.Double, schema.Double)
)

// signOf is −1, 1, or what is neither negative nor positive as it is.
func signOf(x float64) float64 {
	switch {
	case x > 0:
		return 1
	case x < 0:
		return -1
	}
	return x
}

func constantOf(x float64) *function {
	return &function{0, 0, func(*binder, *syntax, []Node) (Node, error) { return &Literal{value.Double(x)}, nil }}
}

// number is an argument that is to be a number of any type; strings are
// doubles.
func (b *binder) number(at *syntax, arg Node) (Node, error) {
	switch t := arg.Type(); {
	case isNumeric(t):
		return arg, nil
	case t == schema.String || t == schema.Void:
		return b.convert(at, arg, schema.Double), nil
	}
	return nil, b.typeError(at, "%s needs a number, not %v", at.word, arg.Type())
}

// signed is the operator + or − by its name.
func signed(kind kind) func(b *binder, at *syntax, args []Node) (Node, error) {
	return func(b *binder, at *syntax, args []Node) (Node, error) {
		return b.sign(&syntax{kind: kind, pos: at.pos}, args[0])
	}
}

func isNaN(b *binder, at *syntax, args []Node) (Node, error) {
	x := args[0]
	if x.Type() != schema.Float {
		converted, err := b.implicit(at, args, schema.Double)
		if err != nil {
			return nil, err
		}
		x = converted[0]
	}
	return b.makeCall(at, "isnan", schema.Boolean, callable{nulls: true, eval: func(c *call) (vec, error) {
		if x, ok := c.args[0].data.([]float32); ok {
			return areNaN(c, x)
		}
		return areNaN(c, c.args[0].data.([]float64))
	}}, x), nil
}

func areNaN[T float](c *call, data []T) (vec, error) {
	step := c.args[0].stride()
	return c.booleans(func(i int) (bool, *fault) {
		x := data[i*step]
		return x != x && !c.isNull(0, i), nil
	})
}

// unlessNaN is the first of two floats, or the second where that is NaN.
func unlessNaN(b *binder, at *syntax, args []Node) (Node, error) {
	t := schema.Double
	if args[0].Type() == schema.Float && args[1].Type() == schema.Float {
		t = schema.Float
	}
	args, err := b.implicit(at, args, t, t)
	if err != nil {
		return nil, err
	}
	nan, err := isNaN(b, at, args[:1])
	if err != nil {
		return nil, err
	}
	return b.caseOf(at, []When{{nan, args[1]}}, args[0])
}
