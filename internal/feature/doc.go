// Package feature knows the table features of the protocol: their names, the
// legacy protocol versions that imply them, the properties that turn them on,
// and what this library does with each.
//
// A table says through its protocol what a client must be able to do. A client
// that meets a feature it does not know must refuse, by name, rather than
// guess: [CheckRead] and [CheckWrite] are that refusal, and the only one.
// Features that are listed but inactive in a table (a mapping mode of "none",
// generated columns in a table that has none) do not count against it: a
// protocol names what may occur, and what does not occur needs no support.
//
// [ForNewTable] goes the other way: the lowest protocol that a new table's
// properties and types need.
package feature
