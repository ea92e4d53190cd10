package expr

var hashDifferences = []difference{}
