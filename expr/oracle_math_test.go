package expr

const (
	intrinsic = "rounded to the nearest; what HotSpot computes is off by one unit in the last place"
	division  = "exact; Spark gives up where the quotient has more than 39 digits"
)

var mathDifferences = []difference{
	{"sin(a)", "row [-2.5]", intrinsic},
	{"tan(a)", "row [700.0]", intrinsic},
	{"abs(a)", "99999999999999999999.999999999999999999]", exact},
	{"negative(a)", "99999999999999999999.999999999999999999]", exact},
	{"mod(a, b)", "row [-10000000000000000000000000000000000000 -0.00000000000000000000000000000000000003]", division},
	{"pmod(a, b)", "row [-10000000000000000000000000000000000000 -0.00000000000000000000000000000000000003]", division},
	{"try_mod(a, b)", "row [-10000000000000000000000000000000000000 -0.00000000000000000000000000000000000003]", division},
}
