package faults

// Kind is the kind of an operation.
type Kind string

// The kinds of operations. A streaming write is one Create, a WritePart for
// every Write, and a Complete or an Abort.
const (
	Get         Kind = "get"
	ReadAt      Kind = "read at"
	Head        Kind = "head"
	Put         Kind = "put"
	PutIfAbsent Kind = "put if absent"
	Create      Kind = "create"
	WritePart   Kind = "write part"
	Complete    Kind = "complete"
	Abort       Kind = "abort"
	List        Kind = "list"
	Delete      Kind = "delete"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{Get, ReadAt, Head, Put, PutIfAbsent, Create, WritePart, Complete, Abort, List, Delete}
}

// Op is one operation on a store, as it is asked for.
type Op struct {
	N     int // operations of the wrapper that began before this one
	Kind  Kind
	Name  string   // the object; the prefix of a List; empty for a Delete
	Names []string // the objects of a Delete; not to be changed
	Start string   // where a List starts
	Len   int      // bytes to read or written; of a Complete, all of the object
	Off   int64    // where they are in the object
}
