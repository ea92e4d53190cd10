package stats

import (
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Parse reads the text of add.stats for the leaf columns of s, which holds the
// wanted columns under their physical names; everything else in the text is
// skipped without being decoded. Text that is empty or not a JSON object is an
// error, which callers treat as a file without statistics. A bound or a count
// that cannot be read is unknown and spoils nothing else.
func Parse(text string, s *schema.Struct) (*File, error) {
	f := New(s, -1)
	p := scanner{text: text}
	err := p.object(func(key string) error {
		switch key {
		case "numRecords":
			return p.scalar(func(token string) {
				if n, ok := integer(token); ok && n >= 0 {
					f.NumRecords = n
				}
			})
		case "tightBounds":
			return p.scalar(func(token string) {
				// Anything but true and null is taken for the weaker claim.
				f.SetTightBounds(token == "true" || token == "null")
			})
		case "minValues":
			return p.columns(f.columns, func(n *node, token string) { n.written.Min = bound(token, n.typ, false) })
		case "maxValues":
			return p.columns(f.columns, func(n *node, token string) { n.written.Max = bound(token, n.typ, true) })
		case "nullCount":
			return p.columns(f.columns, func(n *node, token string) {
				if c, ok := integer(token); ok {
					n.written.NullCount = c
				}
			})
		default:
			return p.skip()
		}
	})
	if err != nil {
		return nil, err
	}
	if p.next() != 0 {
		return nil, errSyntax
	}
	return f, nil
}

// NumRecords reads only the number of rows from the text of add.stats. It
// reports false when the text does not say.
func NumRecords(text string) (int64, bool) {
	p := scanner{text: text}
	found, n := false, int64(0)
	// An error after the number was read changes nothing: it is what stops the
	// walk early.
	_ = p.object(func(key string) error {
		if key != "numRecords" {
			return p.skip()
		}
		token, err := p.token()
		if err != nil {
			return err
		}
		n, found = integer(token)
		found = found && n >= 0
		return errSyntax
	})
	return n, found
}

// scalar gives the next value to use if it is a scalar, and skips it if not.
func (p *scanner) scalar(use func(token string)) error {
	switch p.next() {
	case '{', '[':
		return p.skip()
	}
	token, err := p.token()
	if err == nil {
		use(token)
	}
	return err
}

// columns walks an object that mirrors the schema and gives the scalars of the
// wanted leaves to use. What does not fit the schema is skipped. The recursion
// is as deep as the schema, whatever the text.
func (p *scanner) columns(level []node, use func(n *node, token string)) error {
	if p.next() != '{' {
		return p.skip()
	}
	return p.object(func(key string) error {
		n := find(level, key)
		switch {
		case n == nil:
			return p.skip()
		case n.children != nil:
			return p.columns(n.children, use)
		default:
			return p.scalar(func(token string) { use(n, token) })
		}
	})
}

// bound reads one bound of a column of type t. A bound that cannot be read, or
// whose type has none, is null.
func bound(token string, t schema.Type, isMax bool) value.Value {
	if v, ok := parseBound(token, t, isMax); ok {
		return v
	}
	return value.Null(t)
}
