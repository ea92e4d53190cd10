package expr

import (
	"strings"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// timeFields are the functions that take a part of a date or a time of day, all
// by one name.
var timeFields = aliased(map[string]*function{"date_part": {2, 2, datePart}}, []string{"date_part", "datepart"})

// namedFields are those that have a function each.
var namedFields = aliased(map[string]*function{
	"year":       dateField("year", 1, func(days int64) int32 { y, _, _ := value.Civil(days); return int32(y) }),
	"quarter":    dateField("quarter", 0, quarter),
	"month":      dateField("month", 0, func(days int64) int32 { _, m, _ := value.Civil(days); return int32(m) }),
	"day":        dateField("day", 0, func(days int64) int32 { _, _, d := value.Civil(days); return int32(d) }),
	"dayofweek":  dateField("dayofweek", 0, func(days int64) int32 { return (isoWeekday(days)+1)%7 + 1 }),
	"weekday":    dateField("weekday", 0, isoWeekday),
	"dayofyear":  dateField("dayofyear", 0, dayOfYear),
	"weekofyear": dateField("weekofyear", 0, func(days int64) int32 { _, week := isoWeek(days); return week }),
	"hour":       clockField("hour", func(micros int64) int32 { return int32(micros / microsPerHour) }),
	"minute":     clockField("minute", func(micros int64) int32 { return int32(micros / (60 * microsPerSecond) % 60) }),
	"second":     clockField("second", func(micros int64) int32 { return int32(micros / microsPerSecond % 60) }),
	"monthname":  dateName("monthname", func(days int64) string { _, m, _ := value.Civil(days); return monthNames[m-1][:3] }),
	"dayname":    dateName("dayname", func(days int64) string { return dayNames[isoWeekday(days)][:3] }),
},
	[]string{"day", "dayofmonth"},
)

func dateField(name string, keeps int, f func(days int64) int32) *function {
	return fixed(name, 1, schema.Integer, callable{eval: ofEach(func(days int32) int32 { return f(int64(days)) }), keeps: keeps}, schema.Date)
}

// clockField is a part of the time of day, in microseconds.
func clockField(name string, f func(micros int64) int32) *function {
	return &function{1, 1, func(b *binder, at *syntax, args []Node) (Node, error) {
		arg, err := b.anyTimestamp(at, 0, args[0])
		if err != nil {
			return nil, err
		}
		zone := b.zoneFor(arg.Type())
		return b.makeCall(at, name, schema.Integer, callable{eval: ofEach(func(x int64) int32 {
			_, micros := wallDay(toLocal(x, zone))
			return f(micros)
		})}, arg), nil
	}}
}

func dateName(name string, f func(days int64) string) *function {
	return fixed(name, 1, schema.String, callable{eval: ofEach(func(days int32) string { return f(int64(days)) })}, schema.Date)
}

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	dayNames   = [...]string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
)

func quarter(days int64) int32 {
	_, m, _ := value.Civil(days)
	return int32(m+2) / 3
}

// isoWeekday is 0 for Monday.
func isoWeekday(days int64) int32 { return int32(days + 3 - value.FloorDiv(days+3, 7)*7) }

func dayOfYear(days int64) int32 {
	y, _, _ := value.Civil(days)
	return int32(days - value.DaysOf(y, 1, 1) + 1)
}

// isoWeek is a week by ISO 8601, and the year it is counted in: that of its
// Thursday.
func isoWeek(days int64) (year int64, week int32) {
	thursday := days - int64(isoWeekday(days)) + 3
	year, _, _ = value.Civil(thursday)
	return year, (dayOfYear(thursday)-1)/7 + 1
}

// parts are the names by which EXTRACT and date_part know the functions above,
// and two parts that have no function.
var parts = map[string]string{
	"YEAR": "year", "Y": "year", "YEARS": "year", "YR": "year", "YRS": "year",
	"YEAROFWEEK": "", "DAYOFWEEK_ISO": "", "DOW_ISO": "",
	"QUARTER": "quarter", "QTR": "quarter",
	"MONTH": "month", "MON": "month", "MONS": "month", "MONTHS": "month",
	"WEEK": "weekofyear", "W": "weekofyear", "WEEKS": "weekofyear",
	"DAY": "day", "D": "day", "DAYS": "day",
	"DAYOFWEEK": "dayofweek", "DOW": "dayofweek", "DOY": "dayofyear",
	"HOUR": "hour", "H": "hour", "HOURS": "hour", "HR": "hour", "HRS": "hour",
	"MINUTE": "minute", "M": "minute", "MIN": "minute", "MINS": "minute", "MINUTES": "minute",
	"SECOND": "", "S": "", "SEC": "", "SECONDS": "", "SECS": "",
}

// datePart binds date_part(field, source), which is also what EXTRACT is.
func datePart(b *binder, at *syntax, args []Node) (Node, error) {
	field, ok := literalArg(args[0])
	switch {
	case ok && field.IsNull():
		return &Literal{value.Null(schema.Double)}, nil
	case !ok || field.Type() != schema.String:
		return nil, b.typeError(at, "%s needs the name of a field, as a literal", at.word)
	}
	part := strings.ToUpper(field.Text())
	name, ok := parts[part]
	if !ok {
		return nil, b.typeError(at, "%s cannot take %s of a time", at.word, quoteString(field.Text()))
	}
	if name != "" {
		return namedFields[name].bind(b, at, args[1:])
	}
	if part[0] == 'S' {
		return b.secondWithFraction(at, args)
	}
	source, err := b.argument(at, 1, args[1], schema.Date)
	if err != nil {
		return nil, err
	}
	take := func(days int64) int32 { return isoWeekday(days) + 1 }
	fn := callable{}
	if part == "YEAROFWEEK" {
		take = func(days int64) int32 { y, _ := isoWeek(days); return int32(y) }
		fn.keeps = 2
	}
	fn.eval = func(c *call) (vec, error) {
		x := operandOf[int32](c, 1)
		return values(c, func(i int) (int32, *fault) { return take(int64(x.at(i))), nil })
	}
	return b.makeCall(at, "date_part", schema.Integer, fn, args[0], source), nil
}

func (b *binder) secondWithFraction(at *syntax, args []Node) (Node, error) {
	source, err := b.anyTimestamp(at, 1, args[1])
	if err != nil {
		return nil, err
	}
	zone := b.zoneFor(source.Type())
	return b.makeCall(at, "date_part", schema.Decimal{Precision: 8, Scale: 6}, callable{eval: func(c *call) (vec, error) {
		x := operandOf[int64](c, 1)
		return values(c, func(i int) (decimal128.Num, *fault) {
			_, micros := wallDay(toLocal(x.at(i), zone))
			return decimal128.FromI64(micros % (60 * microsPerSecond)), nil
		})
	}}, args[0], source), nil
}

// extract reads EXTRACT(field FROM source), after the parenthesis.
func extract(p *parser, n *syntax) (*syntax, error) {
	if p.tok.kind != tokenWord {
		return nil, p.unexpected("a field of a time")
	}
	field := &syntax{kind: kindLiteral, pos: p.tok.pos, lit: value.String(strings.ToUpper(p.tok.text)), depth: 1}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if err := p.expectWord("FROM"); err != nil {
		return nil, err
	}
	source, err := p.or()
	if err != nil {
		return nil, err
	}
	n.word, n.args = "date_part", []*syntax{field, source}
	if err := p.expectSymbol(")"); err != nil {
		return nil, err
	}
	return p.node(n)
}
