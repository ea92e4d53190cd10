package expr

import "fmt"

// run evaluates nodes on the rows of one batch.
//
// Every method takes a selection: the rows whose values are wanted, nil for
// all. Operations that cannot fail ignore it, because computing a row is
// cheaper than asking whether to; operations that can fail report only rows
// that are selected; costly operations skip the others.
type run struct {
	text string // of the expression, for errors
	rows int
	load func(*Column) (vec, error)
	// loaded holds the columns read so far, by slot.
	loaded []vec
	ready  []bool
	made   int64        // see makes
	shared map[Node]int // see sharedNodes
	kept   []kept
}

// eval has an entry for each row, or one for all; shaped may also have those
// of a dictionary.
func (r *run) eval(n Node, sel bitmap) (vec, error) {
	v, err := r.shaped(n, sel)
	return v.flat(), err
}

func (r *run) compute(n Node, sel bitmap) (vec, error) {
	switch n := n.(type) {
	case *Literal:
		return constant(n.Value, n.Type(), r.rows), nil
	case *Column:
		return r.column(n)
	case *Compare:
		return r.compare(n, sel)
	case *And:
		return r.and(n.Args, sel)
	case *Or:
		return r.or(n.Args, sel)
	case *Not:
		v, err := r.eval(n.Arg, sel)
		v.yes, v.no = v.no, v.yes
		return v, err
	case *IsNull:
		return r.isNull(n, sel)
	case *In:
		return r.in(n, sel)
	case *Like:
		return r.like(n, sel)
	case *Cast:
		return r.cast(n, sel)
	case *Arith:
		return r.arith(n, sel)
	case *Negate:
		return r.negate(n, sel)
	case *Call:
		return r.call(n, sel)
	case *Case:
		return r.caseOf(n, sel)
	case *Coalesce:
		return r.coalesce(n, sel)
	default:
		return vec{}, fmt.Errorf("expression node of unknown type %T", n)
	}
}

func (r *run) column(n *Column) (vec, error) {
	if r.ready[n.slot] {
		return r.loaded[n.slot], nil
	}
	v, err := r.load(n)
	if err == nil {
		r.loaded[n.slot], r.ready[n.slot] = v, true
	}
	return v, err
}

// and evaluates operands in turn, each on the rows where none before is false.
func (r *run) and(args []Node, sel bitmap) (vec, error) {
	result, err := r.eval(args[0], sel)
	if err != nil {
		return vec{}, err
	}
	for _, arg := range args[1:] {
		undecided := sel.without(result.no, r.rows)
		if undecided.empty() {
			return result, nil
		}
		v, err := r.eval(arg, undecided)
		if err != nil {
			return vec{}, err
		}
		next := vec{rows: r.rows, yes: newBitmap(r.rows), no: newBitmap(r.rows)}
		for i := range next.yes {
			next.yes[i] = result.yes[i] & v.yes[i]
			next.no[i] = result.no[i] | v.no[i]
		}
		result = next
	}
	return result, nil
}

// or evaluates operands in turn, each on the rows where none before is true.
func (r *run) or(args []Node, sel bitmap) (vec, error) {
	result, err := r.eval(args[0], sel)
	if err != nil {
		return vec{}, err
	}
	for _, arg := range args[1:] {
		undecided := sel.without(result.yes, r.rows)
		if undecided.empty() {
			return result, nil
		}
		v, err := r.eval(arg, undecided)
		if err != nil {
			return vec{}, err
		}
		next := vec{rows: r.rows, yes: newBitmap(r.rows), no: newBitmap(r.rows)}
		for i := range next.yes {
			next.yes[i] = result.yes[i] | v.yes[i]
			next.no[i] = result.no[i] & v.no[i]
		}
		result = next
	}
	return result, nil
}

// filter narrows the selection to the rows where n is true. A conjunct after
// the first is evaluated only where all before it are true.
func (r *run) filter(n Node, sel bitmap) (bitmap, error) {
	conjuncts := []Node{n}
	if and, ok := n.(*And); ok {
		conjuncts = and.Args
	}
	for _, c := range conjuncts {
		if sel.empty() {
			return sel, nil
		}
		v, err := r.eval(c, sel)
		if err != nil {
			return nil, err
		}
		sel = v.yes.and(sel)
	}
	return sel, nil
}

func (r *run) isNull(n *IsNull, sel bitmap) (vec, error) {
	v, err := r.eval(n.Arg, sel)
	if err != nil {
		return vec{}, err
	}
	valid := v.validRows()
	if valid == nil {
		return vec{rows: r.rows, yes: newBitmap(r.rows), no: fullBitmap(r.rows)}, nil
	}
	return vec{rows: r.rows, yes: bitmap(nil).without(valid, r.rows), no: valid}, nil
}

// in tests for membership: in a set when all elements are literals, else
// element by element.
func (r *run) in(n *In, sel bitmap) (vec, error) {
	v, err := r.shaped(n.Arg, sel)
	if err != nil {
		return vec{}, err
	}
	if len(n.List) == 0 {
		return vec{rows: r.rows, yes: newBitmap(r.rows), no: fullBitmap(r.rows)}, nil
	}
	if n.set != nil {
		return r.inSet(n, v), nil
	}
	v = v.flat()
	result := vec{rows: r.rows, yes: newBitmap(r.rows), no: fullBitmap(r.rows)}
	for _, item := range n.List {
		undecided := sel.without(result.yes, r.rows).and(v.validRows())
		if undecided.empty() {
			break
		}
		w, err := r.eval(item, undecided)
		if err != nil {
			return vec{}, err
		}
		equal, err := compareVecs(Eq, n.Arg.Type(), v, w)
		if err != nil {
			return vec{}, err
		}
		for i, wanted := range undecided {
			result.yes[i] |= equal.yes[i] & wanted
			result.no[i] &= equal.no[i] | ^wanted
		}
	}
	if valid := v.validRows(); valid != nil {
		for i := range valid {
			result.yes[i] &= valid[i]
			result.no[i] &= valid[i]
		}
	}
	return result, nil
}

// fail is the error of a node for the row that an entry of v stands for.
func (r *run) fail(class string, pos int, v vec, entry int, sel bitmap, format string, args ...any) error {
	return &EvalError{Class: class, Msg: fmt.Sprintf(format, args...), Row: v.firstRow(entry, sel), Position: position(r.text, pos)}
}
