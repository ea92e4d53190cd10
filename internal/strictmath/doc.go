// Package strictmath computes the elementary functions as Java's StrictMath
// does, bit for bit, so that Spark and foreset agree on every digit of
// exp(x) or pow(x, y).
//
// StrictMath is defined by fdlibm, the C library of Sun that many others
// descend from: the algorithm, its constants and the order of its operations
// are what fixes the last bit of a result, which is off by less than one unit
// but not always rounded to the nearest. The functions here follow that
// definition. Go's own math package has other algorithms for most of them, and
// some in assembly.
//
//	exponential.go     Exp, Expm1, Sinh, Cosh, Tanh
//	logarithm.go       Log, Log1p, Log10
//	power.go           Pow, Cbrt, Hypot
//	inverse.go         Asin, Acos, Atan, Atan2
//	trigonometric.go   Sin, Cos, Tan: not StrictMath's but Math's, see there
//
// A product that is added to something is converted to float64 first, which
// keeps the compiler from fusing the two operations into one with a single
// rounding, as it may on some machines.
//
// Functions are pure and safe for concurrent use.
package strictmath
