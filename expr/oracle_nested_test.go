package expr

const farthest = "null, as beyond any other end; in Spark the absolute value of −2³¹ overflows"

var nestedDifferences = []difference{
	{"try_element_at(l, n)", "-2147483648]", farthest},
}
