package expr

const (
	unsplit    = "a character of two of Java's units is not cut apart"
	boundary   = "\\b is where \\w and \\W meet, as in Java 19 and later"
	emptyRound = "which group an empty round of a loop in a loop sets"
)

var regexpDifferences = []difference{
	{"regexp_replace(s, 'x*', '<$0>')", "row [😀]", unsplit},
	{"regexp_replace(s, 'x*', '<$0>')", "row [a😀b]", unsplit},
	{"regexp_replace('😀', 'x*', '-')", "string(\"-😀-\")", unsplit},
	{"regexp_replace(s, '\\\\bt', '<$0>')", "row [été]", boundary},
	{"regexp_replace(s, '((a*)b?)*', '<$1>')", "row [aa]", emptyRound},
	{"regexp_replace(s, '((a*)b?)*', '<$1>')", "row [ba]", emptyRound},
}
