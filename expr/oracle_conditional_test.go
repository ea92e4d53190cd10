package expr

// TRY_CAST differs where CAST does.
var conditionalDifferences = []difference{
	{"TRY_CAST(a AS STRING)", "row [2.14748365E9]", shortest},
	{"TRY_CAST(a AS STRING)", "row [9.223372036854775E18]", shortest},
	{"TRY_CAST(a AS DECIMAL(20,0))", "row [9.223372036854775E18]", shortest},
	{"TRY_CAST(a AS DECIMAL(38,18))", "row [9.223372036854775E18]", shortest},
	{"TRY_CAST(a AS TIMESTAMP)", "99999999999999999999.999999999999999999]", exact},
	{"TRY_CAST(a AS DECIMAL(5,2))", "row [\u0663]", digits},
	{"TRY_CAST(a AS DECIMAL(20,0))", "row [\u0663]", digits},
	{"TRY_CAST(a AS DECIMAL(38,18))", "row [\u0663]", digits},
}
