package value

import (
	"errors"
	"fmt"
	"math"
	"time"
)

var (
	errNotDate      = errors.New("not a date")
	errNotTimestamp = errors.New("not a timestamp")
	errCalendar     = errors.New("no such day")
	errClock        = errors.New("no such time of day")
	errRange        = errors.New("out of range")
)

// ParseDate reads a date: year, month and day as in 2024-02-29. The year has
// four to seven digits and may have a sign, month and day one or two. A day
// that does not exist, or that 32 bits do not hold, is an error.
func ParseDate(s string) (days int32, err error) {
	d, err := parseDate(s)
	if err != nil {
		return 0, fmt.Errorf("parse date %.60q: %w", s, err)
	}
	return int32(d), nil
}

// parseDate is ParseDate without the text in its error, so that s can stay on
// the caller's stack; so are the functions like it.
func parseDate(s string) (days int64, err error) {
	c := cursor{text: s}
	d, err := c.date()
	switch {
	case err != nil:
		return 0, err
	case !c.done():
		return 0, errNotDate
	case int64(int32(d)) != d:
		return 0, errRange
	default:
		return d, nil
	}
}

// ParseTimestamp reads a date and, after T or a space, a time of day:
//
//	2024-03-10   2024-03-10 02:30   2024-03-10T02:30:00.123456789+05:30
//
// in microseconds since 1970; more digits of a fraction are cut off. Without
// Z or an offset the time is one of zone, nil being UTC: one that a clock
// change skips is as much later, one that occurs twice is the first (as in
// java.time). hasZone says whether the text had a zone, and so did not need
// zone. Names of zones other than Z, UTC and GMT are refused.
func ParseTimestamp(s string, zone *time.Location) (us int64, hasZone bool, err error) {
	us, hasZone, err = parseTimestamp(s, zone)
	if err != nil {
		return 0, false, fmt.Errorf("parse timestamp %.60q: %w", s, err)
	}
	return us, hasZone, nil
}

func parseTimestamp(s string, zone *time.Location) (us int64, hasZone bool, err error) {
	wall, offset, hasZone, err := parseWall(s)
	if err != nil {
		return 0, false, err
	}
	if !hasZone && zone != nil && zone != time.UTC {
		offset = offsetOf(wall.seconds, zone)
	}
	us, err = wall.micros(offset)
	return us, hasZone, err
}

// parseWallClock reads a timestamp without zone; a zone is read over, as Spark
// does.
func parseWallClock(s string) (us int64, err error) {
	wall, _, _, err := parseWall(s)
	if err != nil {
		return 0, err
	}
	return wall.micros(0)
}

// wall is what a clock on a wall shows, in a calendar without zone.
type wall struct {
	seconds int64 // since 1970-01-01
	micros6 int64 // 0 … 999,999
}

// micros is the instant, for a clock that is offset seconds ahead of UTC.
func (w wall) micros(offset int64) (int64, error) {
	seconds := w.seconds - offset
	if seconds < math.MinInt64/microsPerSecond-1 || seconds > math.MaxInt64/microsPerSecond {
		return 0, errRange
	}
	// The first second that an int64 reaches begins before it: add before
	// checking, in 128 bits.
	n, _ := FromInt64(seconds).Mul(FromInt64(microsPerSecond))
	n, _ = n.Add(FromInt64(w.micros6))
	us, ok := n.Int64()
	if !ok {
		return 0, errRange
	}
	return us, nil
}

// offsetOf is how far a clock of zone that shows local seconds is ahead of UTC.
func offsetOf(local int64, zone *time.Location) int64 {
	before := zoneOffset(local-secondsPerDay, zone)
	after := zoneOffset(local+secondsPerDay, zone)
	if before != after && zoneOffset(local-before, zone) != before && zoneOffset(local-after, zone) == after {
		return after
	}
	return before // also in a gap: that moves the time forward by its length
}

func zoneOffset(unix int64, zone *time.Location) int64 {
	_, offset := time.Unix(unix, 0).In(zone).Zone()
	return int64(offset)
}

// parseWall reads all of s.
func parseWall(s string) (w wall, offset int64, hasZone bool, err error) {
	c := cursor{text: s}
	days, err := c.date()
	if err != nil {
		return wall{}, 0, false, err
	}
	w.seconds = days * secondsPerDay
	if c.done() {
		return w, 0, false, nil
	}
	if !c.accept('T') && !c.accept(' ') {
		return wall{}, 0, false, errNotTimestamp
	}
	if err := c.clock(&w); err != nil {
		return wall{}, 0, false, err
	}
	if c.done() {
		return w, 0, false, nil
	}
	offset, err = c.zone()
	return w, offset, true, err
}

// cursor reads text from pos on.
type cursor struct {
	text string
	pos  int
}

func (c *cursor) done() bool { return c.pos == len(c.text) }

func (c *cursor) accept(b byte) bool {
	if c.pos < len(c.text) && c.text[c.pos] == b {
		c.pos++
		return true
	}
	return false
}

func (c *cursor) acceptText(s string) bool {
	if len(c.text)-c.pos >= len(s) && c.text[c.pos:c.pos+len(s)] == s {
		c.pos += len(s)
		return true
	}
	return false
}

// number reads least to most digits; it reports false if there are fewer.
func (c *cursor) number(least, most int) (int64, bool) {
	var n int64
	start := c.pos
	for c.pos < len(c.text) && c.pos-start < most && isDigit(c.text[c.pos]) {
		n = n*10 + int64(c.text[c.pos]-'0')
		c.pos++
	}
	return n, c.pos-start >= least
}

// date reads a date, as days since 1970-01-01.
func (c *cursor) date() (int64, error) {
	neg := c.accept('-')
	if !neg {
		c.accept('+')
	}
	year, ok := c.number(4, 7)
	if !ok || !c.accept('-') {
		return 0, errNotDate
	}
	month, ok := c.number(1, 2)
	if !ok || !c.accept('-') {
		return 0, errNotDate
	}
	day, ok := c.number(1, 2)
	if !ok {
		return 0, errNotDate
	}
	if neg {
		year = -year
	}
	if month < 1 || month > 12 || day < 1 || day > int64(daysIn(year, int(month))) {
		return 0, errCalendar
	}
	return DaysOf(year, int(month), int(day)), nil
}

// clock reads h:m[:s[.fraction]].
func (c *cursor) clock(w *wall) error {
	hour, ok := c.number(1, 2)
	if !ok || !c.accept(':') {
		return errNotTimestamp
	}
	minute, ok := c.number(1, 2)
	if !ok {
		return errNotTimestamp
	}
	var second int64
	if c.accept(':') {
		if second, ok = c.number(1, 2); !ok {
			return errNotTimestamp
		}
		if c.accept('.') {
			if w.micros6, ok = c.fraction(); !ok {
				return errNotTimestamp
			}
		}
	}
	if hour > 23 || minute > 59 || second > 59 {
		return errClock
	}
	w.seconds += hour*3600 + minute*60 + second
	return nil
}

// fraction reads digits of a second, as microseconds.
func (c *cursor) fraction() (int64, bool) {
	start := c.pos
	us, ok := c.number(1, 6)
	for range 6 - (c.pos - start) {
		us *= 10
	}
	for c.pos < len(c.text) && isDigit(c.text[c.pos]) {
		c.pos++
	}
	return us, ok
}

// zone reads the rest of the text: Z, UTC or GMT, with an offset or without,
// or an offset alone; a space may precede it. The result is in seconds.
func (c *cursor) zone() (int64, error) {
	c.accept(' ')
	if c.accept('Z') || c.accept('z') {
		if c.done() {
			return 0, nil
		}
		return 0, errNotTimestamp
	}
	if (c.acceptText("UTC") || c.acceptText("GMT")) && c.done() {
		return 0, nil
	}
	neg := c.accept('-')
	if !neg && !c.accept('+') {
		return 0, errNotTimestamp
	}
	hour, ok := c.number(1, 2)
	if !ok {
		return 0, errNotTimestamp
	}
	var parts [2]int64 // minutes, seconds
	for i := range parts {
		if c.done() {
			break
		}
		c.accept(':')
		if parts[i], ok = c.number(2, 2); !ok {
			return 0, errNotTimestamp
		}
	}
	offset := hour*3600 + parts[0]*60 + parts[1]
	if !c.done() || parts[0] > 59 || parts[1] > 59 || offset > 18*3600 {
		return 0, errNotTimestamp
	}
	if neg {
		offset = -offset
	}
	return offset, nil
}
