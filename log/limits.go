package log

// Limits bounds what is read of a log that strangers can write to. Nil, and a
// field that is zero, stand for the defaults.
type Limits struct {
	CommitBytes int64 // of one commit or checksum file; 0: 1 GiB
	LineBytes   int64 // of one line; 0: 64 MiB
	Depth       int   // of nested JSON; 0: 500; never more than 10,000

	// DeletionVectorBytes is the size of one deletion vector; 0: 1 GiB.
	DeletionVectorBytes int64
}

// withDefaults is l with every field set.
func (l *Limits) withDefaults() Limits {
	var d Limits
	if l != nil {
		d = *l
	}
	if d.CommitBytes <= 0 {
		d.CommitBytes = 1 << 30
	}
	if d.LineBytes <= 0 {
		d.LineBytes = 64 << 20
	}
	if d.Depth <= 0 {
		d.Depth = 500
	}
	d.Depth = min(d.Depth, 10_000) // the scanner recurses
	return d
}
