package expr

import "unicode/utf8"

// regexpProgram is a regular expression as instructions for a machine that
// takes time proportional to the text. It decides about places as Java does.
type regexpProgram struct {
	code     []regexpInst
	start    int32
	choices  int // the number of instEither
	groups   int
	anchored bool // matches begin at the beginning of the text only
	// first has the bytes that a match can begin with; nil: it may be empty.
	first *[256]bool
}

// Bounds of a program: of its instructions, which repetitions multiply, and of
// the registers that all threads together may have.
const (
	regexpInstsMost     = 1 << 14
	regexpRegistersMost = 1 << 20
)

type regexpInst struct {
	op   instOp
	next int32
	also int32 // instEither: what is tried if next does not lead to a match
	out  int32 // instEither at the end of a loop's body: behind the loop; else −1
	arg  int   // instSave: the register; instPlace: the place; instEither: its number among these
	set  *instSet
}

type instOp uint8

const (
	instMatch instOp = iota
	instChar
	instEither
	instSave
	instPlace
)

// instSet is a set with a quick answer for ASCII.
type instSet struct {
	ascii [utf8.RuneSelf]bool
	all   runeSet
}

func (s *instSet) has(r rune) bool {
	if r < utf8.RuneSelf {
		return s.ascii[r]
	}
	return s.all.has(r)
}

// regexpCompiler builds a program from its end to its start.
type regexpCompiler struct {
	code []regexpInst
	sets map[*regexpNode]*instSet
}

// compileRegexp makes a program of a tree, unless it would be too long.
func compileRegexp(n *regexpNode, groups int) (*regexpProgram, bool) {
	c := &regexpCompiler{code: []regexpInst{{op: instMatch}}, sets: map[*regexpNode]*instSet{}}
	start := c.node(n, 0)
	if len(c.code) > regexpInstsMost || len(c.code)*2*(groups+1) > regexpRegistersMost {
		return nil, false
	}
	p := &regexpProgram{code: c.code, start: start, groups: groups, anchored: beginsAtBegin(n)}
	for i := range p.code {
		if p.code[i].op == instEither {
			p.code[i].arg = p.choices
			p.choices++
		}
	}
	p.findFirst()
	return p, true
}

// beginsAtBegin says whether a tree starts with the beginning of the text.
func beginsAtBegin(n *regexpNode) bool {
	switch n.op {
	case opPlace:
		return n.place == placeBegin
	case opConcat:
		return len(n.subs) > 0 && beginsAtBegin(n.subs[0])
	case opGroup:
		return beginsAtBegin(n.subs[0])
	}
	return false
}

func (c *regexpCompiler) emit(in regexpInst) int32 {
	c.code = append(c.code, in)
	return int32(len(c.code) - 1)
}

// either tries one way before another.
func (c *regexpCompiler) either(first, second int32, lazy bool) int32 {
	if lazy {
		first, second = second, first
	}
	return c.emit(regexpInst{op: instEither, next: first, also: second, out: -1})
}

// node is where the code of n starts, which goes on at next.
func (c *regexpCompiler) node(n *regexpNode, next int32) int32 {
	if len(c.code) > regexpInstsMost {
		return next
	}
	switch n.op {
	case opSet:
		return c.emit(regexpInst{op: instChar, next: next, set: c.set(n)})
	case opPlace:
		return c.emit(regexpInst{op: instPlace, next: next, arg: int(n.place)})
	case opConcat:
		for i := len(n.subs) - 1; i >= 0; i-- {
			next = c.node(n.subs[i], next)
		}
	case opEither:
		start := c.node(n.subs[len(n.subs)-1], next)
		for i := len(n.subs) - 2; i >= 0; i-- {
			start = c.either(c.node(n.subs[i], next), start, false)
		}
		return start
	case opGroup:
		next = c.emit(regexpInst{op: instSave, next: next, arg: 2*n.group + 1})
		next = c.node(n.subs[0], next)
		return c.emit(regexpInst{op: instSave, next: next, arg: 2 * n.group})
	case opRepeat:
		return c.repeat(n, next)
	}
	return next
}

// repeat puts the way out of a loop behind its body: a body that matches
// nothing leaves the loop, as in Java, rather than being tried again.
func (c *regexpCompiler) repeat(n *regexpNode, next int32) int32 {
	sub, copies := n.subs[0], n.min
	if n.max < 0 {
		out := c.emit(regexpInst{op: instEither, out: next})
		body := c.node(sub, out)
		c.code[out].next, c.code[out].also = body, next
		if n.lazy {
			c.code[out].next, c.code[out].also = next, body
		}
		if copies == 0 {
			return c.either(body, next, n.lazy)
		}
		next = body
		copies--
	} else {
		after := next
		for range n.max - n.min {
			next = c.either(c.node(sub, next), after, n.lazy)
		}
	}
	for range copies {
		start := c.node(sub, next)
		if start == next { // nothing, however often
			break
		}
		next = start
	}
	return next
}

// set is made once for all copies of a node.
func (c *regexpCompiler) set(n *regexpNode) *instSet {
	if c.sets[n] == nil {
		set := &instSet{all: n.set}
		for r := range rune(utf8.RuneSelf) {
			set.ascii[r] = n.set.has(r)
		}
		c.sets[n] = set
	}
	return c.sets[n]
}

// findFirst finds the bytes that a match can begin with.
func (p *regexpProgram) findFirst() {
	var first [256]bool
	seen := make([]bool, len(p.code))
	left := []int32{p.start}
	for len(left) > 0 {
		pc := left[len(left)-1]
		left = left[:len(left)-1]
		if seen[pc] {
			continue
		}
		seen[pc] = true
		switch in := &p.code[pc]; in.op {
		case instMatch:
			return
		case instEither:
			left = append(left, in.next, in.also)
		case instSave, instPlace:
			left = append(left, in.next)
		case instChar:
			for b := range utf8.RuneSelf {
				first[b] = first[b] || in.set.ascii[b]
			}
			if n := len(in.set.all); n > 0 && in.set.all[n-1] >= utf8.RuneSelf {
				for b := utf8.RuneSelf; b < 256; b++ {
					first[b] = true
				}
			}
		}
	}
	p.first = &first
}
