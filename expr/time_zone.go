package expr

import (
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// Error classes of Spark that functions of times end in.
const (
	classFields     = "DATETIME_FIELD_OUT_OF_BOUNDS"
	classFraction   = "INVALID_FRACTION_OF_SECOND"
	classZone       = "INVALID_TIMEZONE"
	classWeekday    = "ILLEGAL_DAY_OF_WEEK"
	classUnparsable = "CANNOT_PARSE_TIMESTAMP"
	classPattern    = "INVALID_DATETIME_PATTERN"
	classUpgrade    = "INCONSISTENT_BEHAVIOR_CROSS_VERSION" // what Spark 2 took for a pattern
	classInterval   = "INTERVAL_ARITHMETIC_OVERFLOW"
)

const (
	microsPerHour = 3600 * microsPerSecond
	zoneOffsetMax = 18 * 3600 // in seconds
)

// timeFunctions are the functions of dates and timestamps.
var timeFunctions = merged(namedFields, timeFields, timeShifts, timeUnits, timeTexts, timeNow)

// wallDay is a wall clock's day, and the microseconds since its midnight.
func wallDay(local int64) (days, micros int64) {
	days = value.FloorDiv(local, microsPerDay)
	return days, local - days*microsPerDay
}

// keepOffset is the instant of a wall clock in a zone, like toInstant, but a
// time that occurs twice is the one with the given offset in seconds. So
// java.time moves a ZonedDateTime.
func keepOffset(local, offset int64, zone *time.Location) (int64, bool) {
	if zone == nil {
		return local, true
	}
	if offsetAt(value.FloorDiv(local, microsPerSecond)-offset, zone) == offset {
		return minus(local, offset*microsPerSecond)
	}
	return toInstant(local, zone)
}

// startOfDay is the first instant of a day in a zone. Where a clock change
// skips midnight that is the instant of the change.
func startOfDay(days int64, zone *time.Location) (int64, bool) {
	local, ok := midnight(days)
	if !ok || zone == nil {
		return local, ok
	}
	micros, ok := toInstant(local, zone)
	if !ok || toLocal(micros, zone) == local {
		return micros, ok
	}
	change, _ := time.UnixMicro(micros).In(zone).ZoneBounds()
	return change.UnixMicro(), true
}

// zoneFor is the zone in which a timestamp has a wall clock; nil: it is one.
func (b *binder) zoneFor(t schema.Type) *time.Location {
	if t == schema.TimestampNTZ {
		return nil
	}
	return b.env.zone
}

// anyTimestamp is an argument as a timestamp of either kind.
func (b *binder) anyTimestamp(at *syntax, i int, arg Node) (Node, error) {
	if arg.Type() == schema.TimestampNTZ {
		return arg, nil
	}
	return b.argument(at, i, arg, schema.Timestamp)
}

// argument is argument i, counted from 0, as one of another type, if Spark
// converts it by itself.
func (b *binder) argument(at *syntax, i int, arg Node, to schema.Type) (Node, error) {
	if !implicitly(arg.Type(), to) {
		return nil, b.typeError(at, "%s needs %v as argument %d, not %v", at.word, to, i+1, arg.Type())
	}
	return b.convert(at, arg, to), nil
}

// exactly is a function that does not convert its argument.
func exactly(name string, result schema.Type, fn callable, param schema.Type) *function {
	f := fixed(name, 1, result, fn, param)
	bind := f.bind
	f.bind = func(b *binder, at *syntax, args []Node) (Node, error) {
		if t := args[0].Type(); t != param && t != schema.Void {
			return nil, b.typeError(at, "%s needs %v, not %v", at.word, param, t)
		}
		return bind(b, at, args)
	}
	return f
}

// ofOne computes a function of one operand, value by value.
func ofOne[A, R any](f func(A) (R, *fault)) func(*call) (vec, error) {
	return func(c *call) (vec, error) {
		a := operandOf[A](c, 0)
		return values(c, func(i int) (R, *fault) { return f(a.at(i)) })
	}
}

// ofEach is a function of one operand that always has a value.
func ofEach[A, R any](f func(A) R) func(*call) (vec, error) {
	return ofOne(func(a A) (R, *fault) { return f(a), nil })
}

// ofTwo computes a function of two operands.
func ofTwo[A, B, R any](f func(A, B) (R, *fault)) func(*call) (vec, error) {
	return func(c *call) (vec, error) {
		x, y := operandOf[A](c, 0), operandOf[B](c, 1)
		return values(c, func(i int) (R, *fault) { return f(x.at(i), y.at(i)) })
	}
}

// tooFar is the fault of a time that its type does not hold.
var tooFar = &fault{classTime, "the result is outside the range of its type"}

// noDate is the fault of a day that a date does not hold.
var noDate = &fault{classOverflow, "the result is outside the range of dates"}

// inRange is a time that was computed, unless it was not.
func inRange(micros int64, ok bool) (int64, *fault) {
	if !ok {
		return 0, tooFar
	}
	return micros, nil
}

// asDate is a day as a date.
func asDate(days int64) (int32, *fault) {
	if int64(int32(days)) != days {
		return 0, noDate
	}
	return int32(days), nil
}

// zones looks up zones by name, each once, and remembers the last.
type zones struct {
	env  environment
	name string
	last wallZone
}

func (e *environment) newZones() *zones {
	z := &zones{env: *e}
	z.env.zones = map[string]*zoneName{}
	return z
}

// find is a zone by name or offset.
func (z *zones) find(name string) (wallZone, *fault) {
	if name == z.name && name != "" {
		return z.last, nil
	}
	location, offset, ok := z.env.findZone(name)
	if !ok || trimAll(name) != name {
		return wallZone{}, faultf(classZone, "there is no time zone %.60q", name)
	}
	z.name, z.last = name, wallZone{location, offset}
	return z.last, nil
}

// wallZone is a named zone, or, if that is nil, an offset in seconds.
type wallZone struct {
	zone   *time.Location
	offset int64
}

func (z wallZone) local(micros int64) (int64, bool) {
	offset := z.offset
	if z.zone != nil {
		offset = offsetAt(value.FloorDiv(micros, microsPerSecond), z.zone)
	}
	return minus(micros, -offset*microsPerSecond)
}

func (z wallZone) instant(local int64) (int64, bool) {
	if z.zone == nil {
		return minus(local, z.offset*microsPerSecond)
	}
	return toInstant(local, z.zone)
}
