package expr

import (
	"strings"
	"unicode/utf8"
)

// regexpMachine runs a program. Its memory serves for one text after another.
type regexpMachine struct {
	prog  *regexpProgram
	text  string
	regs  []int // of the thread that is being followed
	found []int // the registers of the match: for each group its start and end, or −1
	// Of the machine that tries one way after another:
	tried []uint64 // by choice and byte: whether it was come to
	open  []way
	// Of the machine that follows all ways at once:
	now, next threads
}

// way is one to try later; or, if pc is negative, a register to set back.
type way struct {
	pc, pos int32
	before  int
}

// triedMost bounds the bits that a search may need to know what it tried:
// clearing those takes time. Longer texts are searched by all ways at once.
const triedMost = 1 << 15

// threads are the ways to match that are open, the preferred first.
type threads struct {
	where []int32 // the instruction of each
	regs  []int   // the registers of each, one after another
	slot  []int32 // by instruction: where it stands in seen, if it does
	seen  []int32
}

func newRegexpMachine(p *regexpProgram) *regexpMachine {
	m := &regexpMachine{prog: p, regs: make([]int, 2*p.groups+2), found: make([]int, 2*p.groups+2)}
	return m
}

func (t *threads) clear() { t.where, t.regs, t.seen = t.where[:0], t.regs[:0], t.seen[:0] }

// visit says whether an instruction was not visited, and that it now is.
func (t *threads) visit(pc int32) bool {
	if k := t.slot[pc]; int(k) < len(t.seen) && t.seen[k] == pc {
		return false
	}
	t.slot[pc] = int32(len(t.seen))
	t.seen = append(t.seen, pc)
	return true
}

// find looks for the first match at or after a byte of the text. It is in found.
func (m *regexpMachine) find(text string, from int) bool {
	m.text = text
	if bits := m.prog.choices * (len(text) + 1); bits <= triedMost {
		return m.tryEach(from, (bits+63)/64)
	}
	return m.followAll(from)
}

// tryEach tries one place after another, and at each one way after another. A
// choice that was come to before at the same byte did not lead to a match; or it
// is the end of a loop's body that has just matched nothing, and then only the
// way out of the loop is left.
func (m *regexpMachine) tryEach(from, words int) bool {
	if cap(m.tried) < words {
		m.tried = make([]uint64, triedMost/64+1)
	}
	m.tried = m.tried[:words]
	clear(m.tried)
	for pos := from; ; {
		if m.prog.anchored && pos > 0 {
			return false
		}
		if first := m.prog.first; first != nil {
			for pos < len(m.text) && !first[m.text[pos]] {
				pos++
			}
			if pos == len(m.text) {
				return false
			}
		}
		if m.tryAt(pos) {
			return true
		}
		if pos == len(m.text) {
			return false
		}
		pos += charSize(m.text, pos)
	}
}

// charSize is the number of bytes of the character at a byte.
func charSize(s string, pos int) int {
	if s[pos] < utf8.RuneSelf {
		return 1
	}
	_, size := utf8.DecodeRuneInString(s[pos:])
	return size
}

// tryAt tries all ways from a byte on, until one is a match.
func (m *regexpMachine) tryAt(start int) bool {
	for i := range m.regs {
		m.regs[i] = -1
	}
	m.regs[0] = start
	m.open = append(m.open[:0], way{m.prog.start, int32(start), 0})
	for len(m.open) > 0 {
		w := m.open[len(m.open)-1]
		m.open = m.open[:len(m.open)-1]
		if w.pc < 0 {
			m.regs[^w.pc] = w.before
		} else if m.tryWay(w.pc, int(w.pos)) {
			return true
		}
	}
	return false
}

// tryWay goes one way to its end, and leaves open what else could be tried.
func (m *regexpMachine) tryWay(pc int32, pos int) bool {
	text, width := m.text, len(m.text)+1
	for {
		switch in := &m.prog.code[pc]; in.op {
		case instMatch:
			copy(m.found, m.regs)
			m.found[1] = pos
			return true
		case instChar:
			if pos == len(text) {
				return false
			}
			if c := text[pos]; c < utf8.RuneSelf {
				if !in.set.ascii[c] {
					return false
				}
				pos++
			} else {
				r, size := utf8.DecodeRuneInString(text[pos:])
				if !in.set.all.has(r) {
					return false
				}
				pos += size
			}
			pc = in.next
		case instEither:
			bit := in.arg*width + pos
			if m.tried[bit/64]>>(bit%64)&1 != 0 {
				if in.out < 0 {
					return false
				}
				pc = in.out
				continue
			}
			m.tried[bit/64] |= 1 << (bit % 64)
			m.open = append(m.open, way{in.also, int32(pos), 0})
			pc = in.next
		case instSave:
			m.open = append(m.open, way{^int32(in.arg), 0, m.regs[in.arg]})
			m.regs[in.arg] = pos
			pc = in.next
		case instPlace:
			if !placeIs(place(in.arg), text, pos) {
				return false
			}
			pc = in.next
		}
	}
}

// followAll follows all ways at once (Thompson's construction, with Pike's
// registers).
func (m *regexpMachine) followAll(from int) bool {
	text := m.text
	if m.now.slot == nil {
		m.now.slot, m.next.slot = make([]int32, len(m.prog.code)), make([]int32, len(m.prog.code))
	}
	m.now.clear()
	matched := false
	for pos := from; ; {
		if len(m.now.where) == 0 {
			if matched || m.prog.anchored && pos > 0 {
				return matched
			}
			if first := m.prog.first; first != nil {
				for pos < len(text) && !first[text[pos]] {
					pos++
				}
				if pos == len(text) {
					return false
				}
			}
		}
		if !matched && (pos == 0 || !m.prog.anchored) {
			for i := range m.regs {
				m.regs[i] = -1
			}
			m.regs[0] = pos
			m.follow(&m.now, m.prog.start, pos)
		}
		r, size := rune(-1), 0
		if pos < len(text) {
			if r, size = rune(text[pos]), 1; r >= utf8.RuneSelf {
				r, size = utf8.DecodeRuneInString(text[pos:])
			}
		}
		matched = m.step(r, pos, pos+size) || matched
		m.now, m.next = m.next, m.now
		m.next.clear()
		if size == 0 {
			return matched
		}
		pos += size
	}
}

// step takes each thread over a character. It stops at a match, to which the
// threads behind it are second.
func (m *regexpMachine) step(r rune, pos, after int) bool {
	for i, pc := range m.now.where {
		in := &m.prog.code[pc]
		regs := m.now.regs[i*len(m.regs) : (i+1)*len(m.regs)]
		if in.op == instMatch {
			copy(m.found, regs)
			m.found[1] = pos
			return true
		}
		if r >= 0 && in.set.has(r) {
			copy(m.regs, regs)
			m.follow(&m.next, in.next, after)
		}
	}
	return false
}

// follow adds the threads that come to pc without taking a character.
func (m *regexpMachine) follow(t *threads, pc int32, pos int) {
	for {
		in := &m.prog.code[pc]
		switch in.op {
		case instEither:
			if t.visit(pc) {
				m.follow(t, in.next, pos)
				pc = in.also
			} else if pc = in.out; pc < 0 { // as in tryWay
				return
			}
		case instSave:
			before := m.regs[in.arg]
			m.regs[in.arg] = pos
			m.follow(t, in.next, pos)
			m.regs[in.arg] = before
			return
		case instPlace:
			if !placeIs(place(in.arg), m.text, pos) {
				return
			}
			pc = in.next
		default:
			if t.visit(pc) {
				t.where = append(t.where, pc)
				t.regs = append(t.regs, m.regs...)
			}
			return
		}
	}
}

// placeIs says whether a byte of a text is a place of a kind, as Java has it:
// between \r and \n no line ends, and behind the last terminator none begins.
func placeIs(at place, s string, pos int) bool {
	switch at {
	case placeBegin:
		return pos == 0
	case placeEnd:
		return pos == len(s)
	case placeWord, placeNoWord:
		before := pos > 0 && setWord.has(rune(s[pos-1]))
		after := pos < len(s) && setWord.has(rune(s[pos]))
		return (before != after) == (at == placeWord)
	case placeLineBegin, placeLineBeginUnix:
		switch {
		case pos == len(s):
			return false
		case pos == 0 || s[pos-1] == '\n':
			return true
		case at == placeLineBeginUnix:
			return false
		}
		r, _ := utf8.DecodeLastRuneInString(s[:pos])
		return endsLine(r) && (r != '\r' || s[pos] != '\n')
	}
	if pos == len(s) {
		return true
	}
	r, size := utf8.DecodeRuneInString(s[pos:])
	if r == '\n' && (at == placeLineEnd || at == placeLast) && pos > 0 && s[pos-1] == '\r' {
		return false
	}
	last := pos+size == len(s) || r == '\r' && s[pos+size:] == "\n"
	switch at {
	case placeLast:
		return last && endsLine(r)
	case placeLastUnix:
		return last && r == '\n'
	case placeLineEnd:
		return endsLine(r)
	}
	return r == '\n' // placeLineEndUnix
}

// hasLineEnd says whether a text has a line terminator.
func hasLineEnd(s string) bool {
	for i := range len(s) {
		switch s[i] {
		case '\n', '\r':
			return true
		case 0xC2:
			if strings.HasPrefix(s[i:], "\u0085") {
				return true
			}
		case 0xE2:
			if strings.HasPrefix(s[i:], "\u2028") || strings.HasPrefix(s[i:], "\u2029") {
				return true
			}
		}
	}
	return false
}
