package expr

import (
	"math"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// timeUnits are the functions between times and numbers: of days, seconds, or
// parts of seconds since 1970, and of a calendar's fields.
var timeUnits = map[string]*function{
	"unix_date":           exactly("unix_date", schema.Integer, callable{eval: ofEach(func(days int32) int32 { return days }), keeps: 1}, schema.Date),
	"date_from_unix_date": fixed("date_from_unix_date", 1, schema.Date, callable{eval: ofEach(func(days int32) int32 { return days }), keeps: 1}, schema.Integer),
	"unix_micros":         unixUnits("unix_micros", 1),
	"unix_millis":         unixUnits("unix_millis", 1000),
	"unix_seconds":        unixUnits("unix_seconds", microsPerSecond),
	"timestamp_micros":    timestampOf("timestamp_micros", 1),
	"timestamp_millis":    timestampOf("timestamp_millis", 1000),
	"timestamp_seconds":   {1, 1, timestampSeconds},
	"make_timestamp":      {6, 7, makeTimestamp},
	"make_timestamp_ltz":  {6, 7, makeTimestamp},
	"make_timestamp_ntz":  {6, 6, makeTimestamp},
}

// unixUnits is the number of units since 1970, rounded down.
func unixUnits(name string, micros int64) *function {
	return exactly(name, schema.Long, callable{eval: ofEach(func(x int64) int64 { return value.FloorDiv(x, micros) }), keeps: 1}, schema.Timestamp)
}

// timestampOf is the timestamp of an integral number of units since 1970.
func timestampOf(name string, micros int64) *function {
	return &function{1, 1, func(b *binder, at *syntax, args []Node) (Node, error) {
		if t := args[0].Type(); !isIntegral(t) && t != schema.Void {
			return nil, b.typeError(at, "%s needs an integer, not %v", at.word, t)
		}
		return b.makeCall(at, name, schema.Timestamp, callable{eval: ofOne(func(x int64) (int64, *fault) {
			return inRange(x*micros, x <= math.MaxInt64/micros && x >= math.MinInt64/micros)
		}), fails: micros > 1, keeps: 1}, b.convert(at, args[0], schema.Long)), nil
	}}
}

// timestampSeconds takes any number of seconds. A decimal must be a whole number
// of microseconds; a float is cut off and saturates, and no number is null.
func timestampSeconds(b *binder, at *syntax, args []Node) (Node, error) {
	t := args[0].Type()
	switch {
	case isFloating(t):
		return b.makeCall(at, "timestamp_seconds", schema.Timestamp, callable{eval: ofOne(func(x float64) (int64, *fault) {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return 0, noValue
			}
			return saturated(x * microsPerSecond), nil
		})}, b.convert(at, args[0], schema.Double)), nil
	case isDecimalType(t):
		scale := t.(schema.Decimal).Scale
		return b.makeCall(at, "timestamp_seconds", schema.Timestamp, callable{eval: ofOne(func(x decimal128.Num) (int64, *fault) {
			n, rounded, ok := value.Rescale(fromNum(x), scale, 6)
			micros, fits := n.Int64()
			return inRange(micros, ok && !rounded && fits)
		}), fails: true, keeps: 1}, args[0]), nil
	default:
		return timestampOf("timestamp_seconds", microsPerSecond).bind(b, at, args)
	}
}

// makeTimestamp makes a timestamp of year, month, day, hour, minute and second,
// and for one with a zone perhaps the zone they are in.
func makeTimestamp(b *binder, at *syntax, args []Node) (Node, error) {
	params := []schema.Type{schema.Integer, schema.Integer, schema.Integer, schema.Integer, schema.Integer, schema.Decimal{Precision: 16, Scale: 6}, schema.String}
	args, err := b.implicit(at, args, params[:len(args)]...)
	if err != nil {
		return nil, err
	}
	result := schema.Timestamp
	if at.word == "make_timestamp_ntz" {
		result = schema.TimestampNTZ
	}
	env, zone := b.env, b.zoneFor(result)
	return b.makeCall(at, at.word, result, callable{eval: func(c *call) (vec, error) {
		zones := env.newZones()
		var fields [5]operand[int32]
		for i := range fields {
			fields[i] = operandOf[int32](c, i)
		}
		seconds, names := operandOf[decimal128.Num](c, 5), operand[string]{}
		if len(c.args) == 7 {
			names = operandOf[string](c, 6)
		}
		return values(c, func(i int) (int64, *fault) {
			local, problem := wallOf(fields[0].at(i), fields[1].at(i), fields[2].at(i), fields[3].at(i), fields[4].at(i), seconds.at(i))
			switch {
			case problem != nil:
				return 0, problem
			case len(c.args) == 6:
				return inRange(toInstant(local, zone))
			}
			named, problem := zones.find(names.at(i))
			if problem != nil {
				return 0, problem
			}
			return inRange(named.instant(local))
		})
	}, fails: true}, args...), nil
}

// wallOf is a wall clock's time of its fields. A second of 60 without fraction
// is the next minute's first.
func wallOf(year, month, day, hour, minute int32, second decimal128.Num) (int64, *fault) {
	const yearMax = 999_999_999 // of java.time
	n := fromNum(second)
	micros, ok := n.Int64()
	if !ok {
		micros = -1
	}
	if micros > 60*microsPerSecond && micros < 61*microsPerSecond {
		return 0, faultf(classFraction, "second 60 may have no fraction")
	}
	days, ok := daysOf(int64(year), int64(month), int64(day))
	if !ok || year < -yearMax || year > yearMax || hour < 0 || hour > 23 || minute < 0 || minute > 59 || micros < 0 || micros > 60*microsPerSecond {
		return 0, faultf(classFields, "there is no time %d-%d-%d %d:%d:%s", year, month, day, hour, minute, value.AppendDecimal(nil, n, 6))
	}
	return inRange(onDay(days, (int64(hour)*60+int64(minute))*60*microsPerSecond+micros))
}

// timeNow are the functions of the time of the statement, and of its zone.
var timeNow = aliased(map[string]*function{
	"current_date": {0, 0, func(b *binder, at *syntax, _ []Node) (Node, error) {
		return b.now(at, schema.Date, func(now time.Time) int64 { return value.FloorDiv(toLocal(now.UnixMicro(), b.env.zone), microsPerDay) })
	}},
	"current_timestamp": {0, 0, func(b *binder, at *syntax, _ []Node) (Node, error) {
		return b.now(at, schema.Timestamp, time.Time.UnixMicro)
	}},
	"localtimestamp": {0, 0, func(b *binder, at *syntax, _ []Node) (Node, error) {
		return b.now(at, schema.TimestampNTZ, func(now time.Time) int64 { return toLocal(now.UnixMicro(), b.env.zone) })
	}},
	"current_timezone": {0, 0, func(b *binder, at *syntax, _ []Node) (Node, error) {
		name, ok := b.zoneName()
		if !ok {
			return nil, &UnsupportedError{What: "current_timezone() of a zone without name", Position: b.at(at)}
		}
		return &Literal{value.String(name)}, nil
	}},
},
	[]string{"current_date", "curdate"},
	[]string{"current_timestamp", "now"},
)

// bareFunctions are those that need no parentheses, where there is no column of
// that name.
var bareFunctions = map[string]*function{"current_date": timeNow["current_date"], "current_timestamp": timeNow["current_timestamp"]}

// now is a value that depends on the time of the statement alone.
func (b *binder) now(at *syntax, t schema.Primitive, of func(time.Time) int64) (Node, error) {
	if b.env.now.IsZero() {
		return nil, &UnsupportedError{What: at.word + "() where the time is not given (Env.Now)", Position: b.at(at)}
	}
	return &Literal{value.Int(t, of(b.env.now))}, nil
}

// zoneName is the name of the zone of the session. Zones that Go made up have
// none that another reader would know.
func (b *binder) zoneName() (string, bool) {
	if b.env.zone == nil {
		return "UTC", true
	}
	name := b.env.zone.String()
	return name, name != "" && name != "Local"
}
