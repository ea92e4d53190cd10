package expr

import (
	"math"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// intervalOf is an operand that is an interval, perhaps with signs before it.
func intervalOf(n *syntax) (interval, bool) {
	switch n.kind {
	case kindInterval:
		span, err := parseInterval(n.text, n.word)
		return span, err == nil
	case kindPlus:
		return intervalOf(n.args[0])
	case kindMinus:
		span, ok := intervalOf(n.args[0])
		if span.months == math.MinInt32 || span.micros == math.MinInt64 {
			return interval{}, false
		}
		span.months, span.micros = -span.months, -span.micros
		return span, ok
	}
	return interval{}, false
}

// withInterval binds an operation one of whose operands is an interval; nil if
// none is. Intervals are values nowhere else.
func (b *binder) withInterval(n *syntax) (Node, error) {
	left, right := n.args[0], n.args[1]
	spanLeft, isLeft := intervalOf(left)
	span, isRight := intervalOf(right)
	switch {
	case !isLeft && !isRight, isLeft && isRight:
		return nil, nil
	case n.op != "+" && n.op != "-":
		return nil, &UnsupportedError{What: "INTERVAL beside " + n.op, Position: b.at(n)}
	case isLeft && n.op == "-":
		return nil, b.typeError(n, "- cannot take an interval on its left")
	case isLeft:
		left, right, span = right, left, spanLeft
	}
	arg, err := b.bind(left)
	if err != nil {
		return nil, err
	}
	negative := n.op == "-"
	switch t := arg.Type(); {
	case t == schema.Date && !span.ofDays:
		return b.addMonthsTo(n, arg, right, span.months, negative)
	case t == schema.Date && span.whole:
		op := Add
		if negative {
			op = Subtract
		}
		return b.fold(&Arith{Op: op, Left: arg, Right: &Literal{value.Int(schema.Integer, span.micros/microsPerDay)}, typ: schema.Date, pos: n.pos}), nil
	case t == schema.Date:
		return b.addSpan(n, b.convert(n, arg, schema.Timestamp), right, span, negative), nil
	case t == schema.Timestamp || t == schema.TimestampNTZ:
		return b.addSpan(n, arg, right, span, negative), nil
	case t == schema.String && span.ofDays:
		return b.convert(n, b.addSpan(n, b.convert(n, arg, schema.Timestamp), right, span, negative), schema.String), nil
	case t == schema.Void:
		return nil, &UnsupportedError{What: "NULL " + n.op + " INTERVAL", Position: b.at(n)}
	default:
		return nil, b.typeError(n, "%s cannot take %v and an interval", n.op, t)
	}
}

// addMonthsTo is add_months(date, months), where the number has a negative.
func (b *binder) addMonthsTo(n *syntax, date Node, right *syntax, months int64, negative bool) (Node, error) {
	if negative {
		months = -months
	}
	if int64(int32(months)) == months {
		return timeShifts["add_months"].bind(b, n, []Node{date, &Literal{value.Int(schema.Integer, months)}})
	}
	return b.besideInterval(n, date, right, callable{eval: ofOne(func(int32) (int32, *fault) {
		return 0, faultf(classInterval, "the interval has no negative")
	}), fails: true}), nil
}

// addSpan is a timestamp of either kind plus or minus an interval. Months and
// whole days are of the wall clock, what is left of a day is exact.
func (b *binder) addSpan(n *syntax, timestamp Node, right *syntax, span interval, negative bool) Node {
	overflow := negative && span.micros == math.MinInt64
	if negative {
		span.months, span.micros = -span.months, -span.micros
	}
	days := span.micros / microsPerDay
	rest := span.micros - days*microsPerDay
	zone := b.zoneFor(timestamp.Type())
	fn := callable{eval: ofOne(func(x int64) (int64, *fault) {
		if overflow {
			return 0, faultf(classInterval, "the interval has no negative")
		}
		x, ok := moveDays(x, span.months, days, zone)
		sum, fits := minus(x, -rest)
		return inRange(sum, ok && fits)
	}), fails: true}
	// Months do not keep order: the 30th at noon and the 31st at ten both become
	// the 28th. Nor do days of a wall clock, which is set back once a year.
	if span.months == 0 && (zone == nil || days == 0) {
		fn.keeps = 1
	}
	return b.besideInterval(n, timestamp, right, fn)
}

// besideInterval is a call that is written as arg ± interval.
func (b *binder) besideInterval(n *syntax, arg Node, span *syntax, fn callable) Node {
	fn.written = func(args []*syntax) *syntax {
		return &syntax{kind: kindArith, op: n.op, args: []*syntax{args[0], span}}
	}
	return b.makeCall(n, n.op, arg.Type(), fn, arg)
}

// moveDays moves an instant's wall clock by months, and then by days.
func moveDays(micros, months, days int64, zone *time.Location) (int64, bool) {
	ok := true
	if months != 0 {
		local := toLocal(micros, zone)
		day, clock := wallDay(local)
		if micros, ok = moveWall(shiftMonths(day, months), clock, local-micros, zone); !ok {
			return 0, false
		}
	}
	if days != 0 {
		local := toLocal(micros, zone)
		day, clock := wallDay(local)
		micros, ok = moveWall(day+days, clock, local-micros, zone)
	}
	return micros, ok
}

func moveWall(day, clock, offset int64, zone *time.Location) (int64, bool) {
	local, ok := onDay(day, clock)
	if !ok {
		return 0, false
	}
	return keepOffset(local, offset/microsPerSecond, zone)
}
