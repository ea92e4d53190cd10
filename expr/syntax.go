package expr

import (
	"slices"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// syntax is an expression as it was written, without types. It prints back to
// a text that parses to an equal tree.
type syntax struct {
	kind  kind
	pos   int // byte offset in the text
	depth int // 1 + the deepest operand's

	args []*syntax
	op   string      // compare, arith: the operator in its first spelling
	lit  value.Value // literal
	text string      // typed, interval: what stands between the quotes
	path []string    // column; call: the names that arguments of struct are given
	// word is, of an interval, the units after the quotes; of a typed literal, DATE,
	// TIMESTAMP, TIMESTAMP_NTZ or TIMESTAMP_LTZ; of a call, the function in lower
	// case; simpleCase or "" of a CASE; tryCast or "" of a cast.
	word string
	typ  schema.Type // cast
}

type kind uint8

const (
	kindLiteral kind = iota + 1
	kindTyped        // DATE '…': depends on the zone, so it is a value only once bound
	kindColumn
	kindCompare // args: left, right
	kindAnd     // args: two or more
	kindOr      // args: two or more
	kindNot
	kindIsNull
	kindIn      // args: the operand, then the list, which may be empty
	kindBetween // args: operand, low, high
	kindLike    // args: operand, pattern, perhaps escape (a literal)
	kindCast
	kindArith // args: left, right
	kindMinus
	kindPlus
	kindInterval // beside + or −; text names the units if word does not
	kindCall     // args: the arguments
	kindElement  // args: array or map, index or key
	kindField    // args: a struct; path: the name of the field
	kindCase     // args: an operand if word is simpleCase, pairs of WHEN and THEN, perhaps ELSE
)

const (
	simpleCase = "SIMPLE" // CASE operand WHEN value
	tryCast    = "TRY"    // TRY_CAST: null where CAST fails
)

// equalSyntax says whether two trees are the same but for positions.
func equalSyntax(a, b *syntax) bool {
	return a.kind == b.kind && a.op == b.op && a.text == b.text && a.word == b.word &&
		slices.Equal(a.path, b.path) && sameType(a.typ, b.typ) && sameLiteral(a.lit, b.lit) &&
		slices.EqualFunc(a.args, b.args, equalSyntax)
}

// sameLiteral is identity, not comparison: 1 and 1L differ, 0.0 and −0.0 too.
func sameLiteral(a, b value.Value) bool {
	return sameType(a.Type(), b.Type()) && a.IsNull() == b.IsNull() && a.Unscaled() == b.Unscaled() && a.Text() == b.Text()
}

// sameType says whether two types hold the same values; two nils are the same.
func sameType(a, b schema.Type) bool { return schema.EqualIgnoringNullability(a, b) }
