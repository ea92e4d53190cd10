// Package arrowconv is where Delta's types and Arrow's meet.
//
//	Type, Schema   Delta → Arrow: the one Arrow layout each Delta type has here
//	FromArrow      Arrow → Delta: the schema of a table made from a batch
//	Convert        a batch of any acceptable layout → the layout of a table
//
// Every batch inside the library has the layout that [Schema] gives, so the
// packages above never ask whether a string is a view or a timestamp counts
// nanoseconds: the question is settled here, at the door.
//
// Convert loses nothing silently. A value that its column cannot hold exactly
// is an [*Error] that names the column, the row and the value; so is a null in
// a column that allows none. Where the layouts agree nothing is copied.
package arrowconv
