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
func Parse(text string, s *schema.Struct) (*File, error) { return NewParser(s, 0).Parse(text) }

// Parser parses the statistics of one file after another, as [Parse] does,
// without allocating. It is not safe for concurrent use.
type Parser struct {
	file *File
	used bool
	many bool
	text scanner
}

// NewParser returns a parser for the leaf columns of s. Maxima of strings that
// have prefix characters or more may be cut: see the package comment. 0 is
// StringPrefixDefault.
func NewParser(s *schema.Struct, prefix int) *Parser {
	return newParser(s, prefix, false)
}

// NewManyParser returns a parser of texts whose bounds are the least and the
// greatest of those of many files, those of strings in minTexts and maxTexts: the
// texts of other types have another order. What is concluded from them holds for
// each. Floats have none.
func NewManyParser(s *schema.Struct, prefix int) *Parser { return newParser(s, prefix, true) }

func newParser(s *schema.Struct, prefix int, many bool) *Parser {
	p := &Parser{file: New(s, -1), many: many}
	if prefix <= 0 || prefix > StringPrefixDefault {
		prefix = StringPrefixDefault
	}
	set(p.file.columns, prefix, many)
	return p
}

func set(level []node, prefix int, many bool) {
	for i := range level {
		level[i].cut, level[i].many = prefix, many
		set(level[i].children, prefix, many)
	}
}

// Parse is good until the next call.
func (p *Parser) Parse(text string) (*File, error) {
	f := p.file
	if p.used {
		f.reset()
	}
	p.used, p.text = true, scanner{text: text}
	more, err := p.text.open()
	for more && err == nil {
		if err = p.member(f); err == nil {
			more, err = p.text.more()
		}
	}
	if err != nil {
		return nil, err
	}
	if p.text.next() != 0 {
		return nil, errSyntax
	}
	return f, nil
}

// member takes one member of the statistics.
func (p *Parser) member(f *File) error {
	key, err := p.text.key()
	if err != nil {
		return err
	}
	if p.many {
		switch key {
		case "minTexts":
			return p.text.columns(f.columns, minimumText)
		case "maxTexts":
			return p.text.columns(f.columns, maximumText)
		}
	}
	switch key {
	case "numRecords":
		token, ok, err := p.text.scalar()
		if n, is := integer(token); ok && is && n >= 0 {
			f.NumRecords = n
		}
		return err
	case "tightBounds":
		// Anything but true and null is taken for the weaker claim.
		token, ok, err := p.text.scalar()
		if ok {
			f.SetTightBounds(token == "true" || token == "null")
		}
		return err
	case "minValues":
		return p.text.columns(f.columns, minimum)
	case "maxValues":
		return p.text.columns(f.columns, maximum)
	case "nullCount":
		return p.text.columns(f.columns, nullCount)
	default:
		return p.text.skip()
	}
}

// NumRecords reads only the number of rows from the text of add.stats. It
// reports false when the text does not say.
func NumRecords(text string) (int64, bool) {
	p := scanner{text: text}
	more, err := p.open()
	for more && err == nil {
		var key string
		if key, err = p.key(); err != nil {
			break
		}
		if key == "numRecords" {
			token, err := p.token()
			n, ok := integer(token)
			return n, err == nil && ok && n >= 0
		}
		if err = p.skip(); err == nil {
			more, err = p.more()
		}
	}
	return 0, false
}

// scalar takes the next value; ok is false if it is not a scalar, and skipped.
func (p *scanner) scalar() (token string, ok bool, err error) {
	switch p.next() {
	case '{', '[':
		return "", false, p.skip()
	}
	token, err = p.token()
	return token, err == nil, err
}

// part is one of the objects that mirror the schema.
type part uint8

const (
	minimum part = iota
	maximum
	nullCount
	minimumText // of many files: bounds in the order of strings
	maximumText
)

// columns walks an object that mirrors the schema and keeps the scalars of the
// wanted leaves. What does not fit the schema is skipped. The recursion is as
// deep as the schema, whatever the text.
func (p *scanner) columns(level []node, of part) error {
	if p.next() != '{' {
		return p.skip()
	}
	more, err := p.open()
	for more && err == nil {
		var key string
		if key, err = p.key(); err != nil {
			break
		}
		switch n := find(level, key); {
		case n == nil:
			err = p.skip()
		case n.children != nil:
			err = p.columns(n.children, of)
		default:
			err = p.leaf(n, of)
		}
		if err == nil {
			more, err = p.more()
		}
	}
	return err
}

func (p *scanner) leaf(n *node, of part) error {
	token, ok, err := p.scalar()
	if !ok {
		return err
	}
	if n.many && of != nullCount && (n.typ == schema.String) != (of == minimumText || of == maximumText) {
		return err // the least of many texts need not be the least of what they spell
	}
	switch of {
	case minimum, minimumText:
		n.written.Min = bound(token, n.typ, false)
	case maximum, maximumText:
		n.written.Max = bound(token, n.typ, true)
	case nullCount:
		if c, ok := integer(token); ok {
			n.written.NullCount = c
		}
	}
	return err
}

// bound reads one bound of a column of type t. A bound that cannot be read, or
// whose type has none, is null.
func bound(token string, t schema.Type, isMax bool) value.Value {
	if v, ok := parseBound(token, t, isMax); ok {
		return v
	}
	return value.Null(t)
}
