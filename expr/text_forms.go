package expr

// trimForm reads TRIM([BOTH | LEADING | TRAILING] [characters] FROM string),
// or the arguments of TRIM as a function.
func trimForm(p *parser, n *syntax) (*syntax, error) {
	word := ""
	if p.isWord("BOTH", "LEADING", "TRAILING") && p.startsOperand(p.peek()) {
		word = p.tok.text
		if p.isWord("LEADING") {
			n.word = "ltrim"
		} else if p.isWord("TRAILING") {
			n.word = "rtrim"
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	if word == "" && p.isSymbol(")") {
		return p.arguments(n)
	}
	if !p.isWord("FROM") {
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if word == "" && !p.isWord("FROM") {
			return p.arguments(n)
		}
	}
	if err := p.expectWord("FROM"); err != nil {
		return nil, err
	}
	return p.lastArgument(n, p.or)
}

// startsOperand says whether a token after BOTH makes that a word of TRIM's
// rather than a column.
func (p *parser) startsOperand(t token) bool {
	switch t.kind {
	case tokenWord, tokenQuoted, tokenNumber, tokenString:
		return true
	case tokenSymbol:
		return t.text == "(" || t.text == "?"
	}
	return false
}

// lastArgument reads an argument and the closing parenthesis.
func (p *parser) lastArgument(n *syntax, read func() (*syntax, error)) (*syntax, error) {
	arg, err := read()
	if err != nil {
		return nil, err
	}
	n.args = append(n.args, arg)
	if err := p.expectSymbol(")"); err != nil {
		return nil, err
	}
	return p.node(n)
}

// substringForm reads SUBSTRING(string FROM position [FOR length]), or the
// arguments of SUBSTRING as a function; words and commas may be mixed.
func substringForm(p *parser, n *syntax) (*syntax, error) {
	if p.isSymbol(")") {
		return p.arguments(n)
	}
	for _, word := range []string{"FROM", "FOR", ""} {
		arg, err := p.or()
		if err != nil {
			return nil, err
		}
		n.args = append(n.args, arg)
		if ok, err := p.acceptWord(word); err != nil {
			return nil, err
		} else if ok {
			continue
		}
		if !p.isSymbol(",") || word == "" {
			break
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	return p.arguments(n)
}

// positionForm reads POSITION(part IN string), or the arguments of POSITION as
// a function. What it looks for is no predicate, which could end in an IN of its own.
func positionForm(p *parser, n *syntax) (*syntax, error) {
	if p.isSymbol(")") {
		return p.arguments(n)
	}
	arg, err := p.comparison()
	if err != nil {
		return nil, err
	}
	n.args = append(n.args, arg)
	if ok, err := p.acceptWord("IN"); err != nil {
		return nil, err
	} else if !ok {
		return p.arguments(n)
	}
	return p.lastArgument(n, p.comparison)
}
