package aggregate

// Mean is mean, for tests.
var Mean = mean
