package checkpoint

import (
	"errors"
	"math"
)

// What a value of a column becomes in an action. All take the next row.

var (
	errNull   = errors.New("null where a value must be")
	errExpand = errors.New("values expand to more memory than a checkpoint may take")
)

// textBytesMax bounds the text that is held at once for one row group's small
// actions, or for one chunk of files: a few bytes of Parquet can stand for any
// number of copies of a long value.
const textBytesMax = 1 << 30

// nulls is how many of the next n rows are known to be null; it takes them.
func (c *column) nulls(n int) int {
	if c.level == len(c.def) && !c.fill() {
		return 0
	}
	if len(c.words)+len(c.texts) > 0 {
		return 0
	}
	n = min(n, len(c.def)-c.level)
	c.level += n
	return n
}

// charge accounts for text that is kept.
func (c *column) charge(n int) bool {
	if c.kept += int64(n); c.kept > textBytesMax {
		c.fail(errExpand)
		return false
	}
	return true
}

func (c *column) str() string {
	if !c.row() || !c.charge(len(c.text())) {
		return ""
	}
	return string(c.text())
}

func (c *column) optional() *string {
	if !c.row() || !c.charge(len(c.text())) {
		return nil
	}
	s := string(c.text())
	return &s
}

func (c *column) integer(null int64) int64 {
	if !c.row() {
		return null
	}
	return c.word()
}

func (c *column) optionalInteger() *int64 {
	if !c.row() {
		return nil
	}
	n := c.word()
	return &n
}

func (c *column) boolean() bool { return c.row() && c.word() != 0 }

func (c *column) optionalBoolean() *bool {
	if !c.row() {
		return nil
	}
	b := c.word() != 0
	return &b
}

// texts is a map without its null values; nil if it is null.
func (m *mapping) texts() map[string]string {
	if !m.row() || !m.key.charge(len(m.pairs)) {
		return nil
	}
	return pairs(m.pairs).texts()
}

// values is a map with nil for null; nil if it is null.
func (m *mapping) values() map[string]*string {
	if !m.row() || !m.key.charge(len(m.pairs)) {
		return nil
	}
	return pairs(m.pairs).values()
}

// float is the value of a floating-point column.
func float(c *column) float64 { return math.Float64frombits(uint64(c.word())) }

// must is an integer that may not be null.
func (c *column) must() int64 {
	if !c.row() {
		c.fail(errNull)
		return 0
	}
	return c.word()
}
