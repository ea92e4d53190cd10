package expr

import (
	"math"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// timeShifts are the functions that move a date or a timestamp, or tell how far
// two are apart.
var timeShifts = aliased(map[string]*function{
	"date_add": {2, 2, func(b *binder, at *syntax, args []Node) (Node, error) { return b.addDays(at, Add, args) }},
	"date_sub": {2, 2, func(b *binder, at *syntax, args []Node) (Node, error) { return b.addDays(at, Subtract, args) }},
	"datediff": fixed("datediff", 2, schema.Integer, callable{eval: ofTwo(func(end, start int32) (int32, *fault) {
		return end - start, nil // wraps around, as Spark's does
	})}, schema.Date, schema.Date),
	"add_months": fixed("add_months", 2, schema.Date, callable{eval: ofTwo(addMonths), fails: true, keeps: 1}, schema.Date, schema.Integer),
	"last_day": fixed("last_day", 1, schema.Date, callable{eval: ofOne(func(date int32) (int32, *fault) {
		y, m, _ := value.Civil(int64(date))
		return asDate(value.DaysOf(y+int64(m/12), m%12+1, 1) - 1)
	}), fails: true, keeps: 1}, schema.Date),
	"next_day":       fixed("next_day", 2, schema.Date, callable{eval: ofTwo(nextDay), fails: true}, schema.Date, schema.String),
	"months_between": {2, 3, monthsBetween},
	"trunc":          {2, 2, truncDate},
	"date_trunc":     {2, 2, truncTimestamp},
	"make_date": fixed("make_date", 3, schema.Date, callable{eval: func(c *call) (vec, error) {
		y, m, d := operandOf[int32](c, 0), operandOf[int32](c, 1), operandOf[int32](c, 2)
		return values(c, func(i int) (int32, *fault) { return makeDate(y.at(i), m.at(i), d.at(i)) })
	}, fails: true}, schema.Integer, schema.Integer, schema.Integer),
	"to_utc_timestamp": zoneShift("to_utc_timestamp", func(micros int64, z wallZone) (int64, bool) { return z.instant(micros) }),
	"from_utc_timestamp": zoneShift("from_utc_timestamp", func(micros int64, z wallZone) (int64, bool) {
		return z.local(micros)
	}),
},
	[]string{"date_add", "dateadd"},
	[]string{"datediff", "date_diff"},
)

// addDays is date + days and date − days, which wrap around.
func (b *binder) addDays(at *syntax, op ArithOp, args []Node) (Node, error) {
	date, err := b.argument(at, 0, args[0], schema.Date)
	if err != nil {
		return nil, err
	}
	switch t := args[1].Type(); t {
	case schema.Byte, schema.Short, schema.Integer, schema.String, schema.Void:
	default:
		return nil, b.typeError(at, "%s needs a number of days, not %v", at.word, t)
	}
	return b.fold(&Arith{Op: op, Left: date, Right: b.convert(at, args[1], schema.Integer), typ: schema.Date, pos: at.pos}), nil
}

// shiftMonths moves a day by months; a day that the month does not have is its
// last.
func shiftMonths(days, months int64) int64 {
	y, m, d := value.Civil(days)
	months += y*12 + int64(m) - 1
	y = value.FloorDiv(months, 12)
	month := int(months-y*12) + 1
	last := value.DaysOf(y+int64(month/12), month%12+1, 1) - 1
	return min(value.DaysOf(y, month, d), last)
}

func addMonths(date, months int32) (int32, *fault) {
	return asDate(shiftMonths(int64(date), int64(months)))
}

func makeDate(year, month, day int32) (int32, *fault) {
	const yearMax = 999_999_999 // of java.time
	days, ok := daysOf(int64(year), int64(month), int64(day))
	if !ok || year < -yearMax || year > yearMax {
		return 0, faultf(classFields, "there is no day %d-%d-%d", year, month, day)
	}
	return asDate(days)
}

var weekdayNames = map[string]int64{
	"MO": 0, "MON": 0, "MONDAY": 0, "TU": 1, "TUE": 1, "TUESDAY": 1, "WE": 2, "WED": 2, "WEDNESDAY": 2, "TH": 3, "THU": 3, "THURSDAY": 3,
	"FR": 4, "FRI": 4, "FRIDAY": 4, "SA": 5, "SAT": 5, "SATURDAY": 5, "SU": 6, "SUN": 6, "SUNDAY": 6,
}

// nextDay is the first day after a date that has a given name. It wraps around.
func nextDay(date int32, name string) (int32, *fault) {
	var upper [9]byte // the longest name
	wanted, ok := int64(0), len(name) <= len(upper)
	if ok {
		wanted, ok = weekdayNames[string(appendUpper(upper[:0], name))]
	}
	if !ok {
		return 0, faultf(classWeekday, "%.60q is no day of the week", name)
	}
	ahead := (wanted-int64(isoWeekday(int64(date)))+6)%7 + 1
	return int32(int64(date) + ahead), nil
}

func appendUpper(dst []byte, s string) []byte {
	for _, c := range []byte(s) {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}

// monthsBetween is Hive's: whole months between equal days of the month and
// between last days, else a 31st part of a month a day.
func monthsBetween(b *binder, at *syntax, args []Node) (Node, error) {
	params := []schema.Type{schema.Timestamp, schema.Timestamp, schema.Boolean}
	args, err := b.implicit(at, args, params[:len(args)]...)
	if err != nil {
		return nil, err
	}
	zone := b.env.zone
	return b.makeCall(at, "months_between", schema.Double, callable{eval: func(c *call) (vec, error) {
		x, y := operandOf[int64](c, 0), operandOf[int64](c, 1)
		return values(c, func(i int) (float64, *fault) {
			months, ok := monthsApart(x.at(i), y.at(i), zone)
			if !ok {
				return 0, tooFar
			}
			if len(c.args) == 2 || c.boolean(2, i) {
				months = math.Floor(months*1e8+0.5) / 1e8 // as Java's Math.round
			}
			return months, nil
		})
	}, fails: true}, args...), nil
}

func monthsApart(a, b int64, zone *time.Location) (float64, bool) {
	daysA, daysB := value.FloorDiv(toLocal(a, zone), microsPerDay), value.FloorDiv(toLocal(b, zone), microsPerDay)
	yearA, monthA, dayA := value.Civil(daysA)
	yearB, monthB, dayB := value.Civil(daysB)
	months := float64((yearA-yearB)*12 + int64(monthA-monthB))
	_, _, nextA := value.Civil(daysA + 1)
	_, _, nextB := value.Civil(daysB + 1)
	if dayA == dayB || nextA == 1 && nextB == 1 {
		return months, true
	}
	startA, okA := startOfDay(daysA, zone)
	startB, okB := startOfDay(daysB, zone)
	seconds := int64(dayA-dayB)*86_400 + (a-startA)/microsPerSecond - (b-startB)/microsPerSecond
	return months + float64(seconds)/(31*86_400), okA && okB
}

// timeUnit is what a time is cut down to.
type timeUnit uint8

const (
	noUnit timeUnit = iota
	toMicrosecond
	toMillisecond
	toSecond
	toMinute
	toHour
	toDay
	toWeek
	toMonth
	toQuarter
	toYear
)

var unitNames = map[string]timeUnit{
	"MICROSECOND": toMicrosecond, "MILLISECOND": toMillisecond, "SECOND": toSecond, "MINUTE": toMinute, "HOUR": toHour,
	"DAY": toDay, "DD": toDay, "WEEK": toWeek, "MON": toMonth, "MONTH": toMonth, "MM": toMonth, "QUARTER": toQuarter,
	"YEAR": toYear, "YYYY": toYear, "YY": toYear,
}

func unitOf(name string) timeUnit {
	var upper [11]byte // the longest name
	if len(name) > len(upper) {
		return noUnit
	}
	return unitNames[string(appendUpper(upper[:0], name))]
}

// cutDays is the first day of the week, month, quarter or year of a day.
func cutDays(days int64, unit timeUnit) int64 {
	if unit == toWeek {
		return days - int64(isoWeekday(days))
	}
	y, m, _ := value.Civil(days)
	switch unit {
	case toYear:
		m = 1
	case toQuarter:
		m = (m-1)/3*3 + 1
	}
	return value.DaysOf(y, m, 1)
}

// truncDate binds trunc(date, unit), which is null for what is no unit of dates.
func truncDate(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.Date, schema.String)
	if err != nil {
		return nil, err
	}
	fn := callable{eval: ofTwo(func(date int32, name string) (int32, *fault) {
		return asDate(cutDays(int64(date), unitOf(name)))
	}), fails: true, lastFirst: true}
	if unit, ok := literalArg(args[1]); ok && !unit.IsNull() && unitOf(unit.Text()) >= toWeek {
		fn.keeps = 1
	} else {
		fn.each = func(c *call, i int) error { return c.keepUnits(i, 1, toWeek) }
	}
	return b.makeCall(at, "trunc", schema.Date, fn, args...), nil
}

// truncTimestamp binds date_trunc(unit, timestamp).
func truncTimestamp(b *binder, at *syntax, args []Node) (Node, error) {
	args, err := b.implicit(at, args, schema.String, schema.Timestamp)
	if err != nil {
		return nil, err
	}
	zone := b.env.zone
	fn := callable{eval: ofTwo(func(name string, micros int64) (int64, *fault) {
		return inRange(cutMicros(micros, unitOf(name), zone))
	}), fails: true}
	unit, ok := literalArg(args[0])
	if !ok || unit.IsNull() || unitOf(unit.Text()) == noUnit {
		fn.each = func(c *call, i int) error { return c.keepUnits(i, 0, toMicrosecond) }
	} else if unitOf(unit.Text()) <= toSecond || zone == nil {
		fn.keeps = 2 // a wall clock is set back once a year, from a later to an earlier minute
	}
	return b.makeCall(at, "date_trunc", schema.Timestamp, fn, args...), nil
}

// keepUnits leaves, once the operand with the units is evaluated, the rows whose
// unit is not less than least. The others are null, whatever their time is.
func (c *call) keepUnits(operand, units int, least timeUnit) error {
	if operand != units {
		return nil
	}
	names := c.args[units].flat()
	data, _ := names.data.([]string)
	unknown := newBitmap(c.rows)
	for i := range c.sel.rows(c.rows) {
		if unitOf(data[i*names.stride()]) < least {
			unknown.set(i)
		}
	}
	c.sel = c.sel.without(unknown, c.rows)
	return nil
}

// cutMicros cuts an instant down to a unit of a zone's wall clock.
func cutMicros(micros int64, unit timeUnit, zone *time.Location) (int64, bool) {
	modulus := [...]int64{toMillisecond: 1000, toSecond: microsPerSecond, toMinute: 60 * microsPerSecond, toHour: microsPerHour, toDay: microsPerDay}
	switch {
	case unit == toMicrosecond:
		return micros, true
	case unit <= toSecond: // the same in all zones
		return minus(micros, micros-value.FloorDiv(micros, modulus[unit])*modulus[unit])
	case unit <= toDay:
		local := toLocal(micros, zone)
		cut, ok := minus(local, local-value.FloorDiv(local, modulus[unit])*modulus[unit])
		if !ok {
			return 0, false
		}
		return keepOffset(cut, (local-micros)/microsPerSecond, zone)
	default:
		return startOfDay(cutDays(value.FloorDiv(toLocal(micros, zone), microsPerDay), unit), zone)
	}
}

// zoneShift is a timestamp moved between UTC and a zone.
func zoneShift(name string, shift func(micros int64, z wallZone) (int64, bool)) *function {
	return &function{2, 2, func(b *binder, at *syntax, args []Node) (Node, error) {
		args, err := b.implicit(at, args, schema.Timestamp, schema.String)
		if err != nil {
			return nil, err
		}
		env := b.env
		return b.makeCall(at, name, schema.Timestamp, callable{eval: func(c *call) (vec, error) {
			zones := env.newZones()
			x, names := operandOf[int64](c, 0), operandOf[string](c, 1)
			return values(c, func(i int) (int64, *fault) {
				zone, problem := zones.find(names.at(i))
				if problem != nil {
					return 0, problem
				}
				return inRange(shift(x.at(i), zone))
			})
		}, fails: true}, args...), nil
	}}
}
