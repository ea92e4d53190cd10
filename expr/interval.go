package expr

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// interval is a span of months, or one of days and parts of days. Spark tells
// the two apart by type: neither can be told in terms of the other.
type interval struct {
	months int64
	micros int64
	ofDays bool // micros counts, and months does not
	whole  bool // no unit below the day was named: a date that it is added to stays a date
}

// Longest values of an interval's leading unit.
const (
	intervalMonthsMax = math.MaxInt32
	intervalDaysMax   = math.MaxInt64 / microsPerDay
)

var errInterval = fmt.Errorf("bad interval")

// intervalUnits are the units, in singular and lower case, by how much of a
// month or a microsecond they are.
var intervalUnits = map[string]struct{ months, micros int64 }{
	"year": {12, 0}, "month": {1, 0}, "week": {0, 7 * microsPerDay}, "day": {0, microsPerDay}, "hour": {0, microsPerHour},
	"minute": {0, 60 * microsPerSecond}, "second": {0, microsPerSecond}, "millisecond": {0, 1000}, "microsecond": {0, 1},
}

// unitWord is a unit in singular and lower case, or "".
func unitWord(word string) string {
	word = strings.TrimSuffix(strings.ToLower(word), "s")
	if _, ok := intervalUnits[word]; ok {
		return word
	}
	return ""
}

// parseInterval reads what stands between the quotes of INTERVAL '…' units. With
// no units the text names them: 1 day 2 hours.
func parseInterval(text, units string) (interval, error) {
	from, to, isRange := strings.Cut(strings.ToLower(units), " to ")
	switch {
	case units == "":
		return parseUnits(strings.ToLower(text))
	case isRange:
		return parseRange(strings.Trim(text, blanks), from, to)
	}
	if fields := strings.Fields(text); len(fields) > 2 || len(fields) == 2 && fields[0] != "-" && fields[0] != "+" {
		return interval{}, errInterval // not one number
	}
	return parseUnits(text + " " + from)
}

const blanks = " \t\r\n\f\v"

// parseUnits reads pairs of a number and a unit, each perhaps with a sign. All
// units are of months, or all of days.
func parseUnits(text string) (interval, error) {
	words := strings.Fields(strings.Trim(text, blanks))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	out := interval{whole: true}
	var total big.Int
	pairs := 0
	for ; len(words) > 0; pairs++ {
		negative := false
		if sign := words[0][0]; sign == '-' || sign == '+' {
			negative = sign == '-'
			if words[0] = words[0][1:]; words[0] == "" {
				words = words[1:]
			}
		}
		if len(words) < 2 {
			return interval{}, errInterval
		}
		name := unitWord(words[1])
		unit := intervalUnits[name]
		n, ok := unitValue(words[0], name == "second", unit.months+unit.micros)
		isDays := unit.micros > 0
		if !ok || name == "" || pairs > 0 && isDays != out.ofDays {
			return interval{}, errInterval
		}
		out.ofDays = isDays
		out.whole = out.whole && (name == "day" || name == "week")
		if negative {
			n.Neg(n)
		}
		if total.Add(&total, n); !isDays && (total.Cmp(big.NewInt(math.MaxInt32)) > 0 || total.Cmp(big.NewInt(math.MinInt32)) < 0) {
			return interval{}, errInterval
		}
		words = words[2:]
	}
	if pairs == 0 || !total.IsInt64() {
		return interval{}, errInterval
	}
	if out.ofDays {
		out.micros = total.Int64()
	} else {
		out.months, out.whole = total.Int64(), false
	}
	return out, nil
}

// unitValue is a number of units, each of so many microseconds or months. Only
// seconds have a fraction, of at most nine digits.
func unitValue(text string, fraction bool, unit int64) (*big.Int, bool) {
	digits, rest, hasPoint := strings.Cut(text, ".")
	if strings.Trim(digits+rest, "0123456789") != "" || digits+rest == "" || hasPoint && !fraction || len(rest) > 9 || len(digits) > 30 {
		return nil, false
	}
	n, _ := new(big.Int).SetString("0"+digits, 10)
	if !n.IsInt64() {
		return nil, false
	}
	n.Mul(n, big.NewInt(unit))
	if rest != "" {
		n.Add(n, big.NewInt(fractionMicros(rest)))
	}
	return n, true
}

// fractionMicros is the digits after a second's point, cut off to microseconds.
func fractionMicros(digits string) int64 {
	var micros int64
	for i := range 6 {
		micros *= 10
		if i < len(digits) {
			micros += int64(digits[i] - '0')
		}
	}
	return micros
}

// rangeUnits are the units of a range like DAY TO SECOND in order, with the
// most that each may be after the first.
var rangeUnits = []struct {
	name   string
	most   int64
	micros int64
	mark   byte // that stands before it
}{
	{"day", intervalDaysMax, microsPerDay, 0}, {"hour", 23, microsPerHour, ' '}, {"minute", 59, 60 * microsPerSecond, ':'}, {"second", 59, microsPerSecond, ':'},
}

// parseRange reads years-months, or a part of days hours:minutes:seconds.
func parseRange(text, from, to string) (interval, error) {
	negative := false
	if text != "" && (text[0] == '-' || text[0] == '+') {
		negative = text[0] == '-'
		text = text[1:]
	}
	out := interval{ofDays: from != "year"}
	if !out.ofDays {
		years, months, ok := strings.Cut(text, "-")
		y, okY := leadingNumber(years, intervalMonthsMax/12)
		m, okM := leadingNumber(months, 11)
		if out.months = y*12 + m; !ok || to != "month" || !okY || !okM || out.months > intervalMonthsMax {
			return interval{}, errInterval
		}
		if negative {
			out.months = -out.months
		}
		return out, nil
	}
	var total big.Int
	first, last := rangeIndex(from), rangeIndex(to)
	if first < 0 || last <= first {
		return interval{}, errInterval
	}
	for i := first; i <= last; i++ {
		unit := rangeUnits[i]
		part, fraction := text, ""
		if i < last {
			at := strings.IndexByte(text, rangeUnits[i+1].mark)
			if at < 0 {
				return interval{}, errInterval
			}
			part, text = text[:at], text[at+1:]
		} else if unit.name == "second" {
			var point bool
			part, fraction, point = strings.Cut(text, ".")
			if strings.Trim(fraction, "0123456789") != "" || len(fraction) > 9 || point && fraction == "" {
				return interval{}, errInterval
			}
		}
		most := unit.most
		if i == first {
			most = math.MaxInt64 / unit.micros
		} else if len(part) > 2 {
			return interval{}, errInterval
		}
		n, ok := leadingNumber(part, most)
		if !ok {
			return interval{}, errInterval
		}
		total.Add(&total, new(big.Int).Mul(big.NewInt(n), big.NewInt(unit.micros)))
		total.Add(&total, big.NewInt(fractionMicros(fraction)))
	}
	if negative {
		total.Neg(&total)
	}
	if !total.IsInt64() {
		return interval{}, errInterval
	}
	out.micros = total.Int64()
	return out, nil
}

func rangeIndex(name string) int {
	for i, unit := range rangeUnits {
		if unit.name == name {
			return i
		}
	}
	return -1
}

func leadingNumber(digits string, most int64) (int64, bool) {
	if digits == "" || len(digits) > 18 || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	var n int64
	for _, c := range []byte(digits) {
		n = n*10 + int64(c-'0')
	}
	return n, n <= most
}

// startsInterval says whether an interval follows the word INTERVAL.
func startsInterval(next token) bool {
	return next.kind == tokenString || next.kind == tokenNumber || next.kind == tokenSymbol && (next.text == "-" || next.text == "+")
}

// interval reads INTERVAL '…', INTERVAL '…' DAY TO SECOND and INTERVAL 1 DAY 2
// HOURS, which is written as INTERVAL '1 day 2 hours'.
func (p *parser) interval() (*syntax, error) {
	n := &syntax{kind: kindInterval, pos: p.tok.pos}
	if err := p.advance(); err != nil {
		return nil, err
	}
	var words []string
	for first := true; first || p.intervalGoesOn(); first = false {
		signed := p.isSymbol("-", "+")
		value, err := p.intervalValue()
		if err != nil {
			return nil, err
		}
		unit := ""
		if p.tok.kind == tokenWord {
			unit = unitWord(p.tok.text)
		}
		switch {
		case unit == "" && first && !signed:
			n.text = value
			return p.finishInterval(n)
		case unit == "":
			return nil, p.unexpected("a unit of time")
		}
		if err := p.advance(); err != nil {
			return nil, err
		}
		if first && p.isWord("TO") {
			return p.intervalRange(n, value, unit)
		}
		if first {
			n.text, n.word = value, strings.ToUpper(unit)
		}
		if _, err := parseInterval(value, unit); err != nil {
			return nil, p.fail(n.pos, "bad interval of "+unit+"s "+quoteString(value))
		}
		words = append(words, strings.Trim(value, blanks), unit)
	}
	if len(words) > 2 {
		n.text, n.word = strings.Join(words, " "), ""
	}
	return p.finishInterval(n)
}

func (p *parser) intervalRange(n *syntax, value, from string) (*syntax, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	to := ""
	if p.tok.kind == tokenWord {
		to = unitWord(p.tok.text)
	}
	if to == "" {
		return nil, p.unexpected("a unit of time")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	n.text, n.word = value, strings.ToUpper(from+" TO "+to)
	return p.finishInterval(n)
}

func (p *parser) finishInterval(n *syntax) (*syntax, error) {
	if _, err := parseInterval(n.text, n.word); err != nil {
		return nil, p.fail(n.pos, strings.TrimRight(quoteString(n.text)+" "+n.word, " ")+" is no interval")
	}
	return p.node(n)
}

// intervalGoesOn says whether another number and unit follow: a sign alone may
// be an operator.
func (p *parser) intervalGoesOn() bool {
	t := p.tok
	if p.isSymbol("-", "+") {
		t = p.peek()
	}
	if t.kind != tokenString && t.kind != tokenNumber {
		return false
	}
	for t.kind == tokenString || t.kind == tokenNumber {
		next, err := p.next(t.end, false)
		if err != nil {
			return false
		}
		t = next
	}
	return t.kind == tokenWord && unitWord(t.text) != ""
}

// intervalValue reads a number or a string, perhaps after a sign.
func (p *parser) intervalValue() (string, error) {
	negative := p.isSymbol("-")
	if negative || p.isSymbol("+") {
		if err := p.advance(); err != nil {
			return "", err
		}
	}
	var value string
	switch p.tok.kind {
	case tokenString:
		text, err := p.strings()
		if err != nil {
			return "", err
		}
		value = text
	case tokenNumber:
		value = p.tok.text
		if strings.Trim(value, "0123456789.") != "" {
			return "", p.unexpected("a number of units")
		}
		if err := p.advance(); err != nil {
			return "", err
		}
	default:
		return "", p.unexpected("a number of units")
	}
	if !negative {
		return value, nil
	}
	if rest, twice := strings.CutPrefix(value, "-"); twice {
		return rest, nil
	}
	return "-" + value, nil
}

// durationSyntax is a parameter of type time.Duration.
func (p *parser) durationSyntax(d time.Duration) (*syntax, error) {
	if d%time.Microsecond != 0 {
		return nil, p.fail(p.tok.pos, "parameter "+d.String()+" is not a whole number of microseconds")
	}
	micros := d.Microseconds()
	sign := ""
	if micros < 0 {
		sign, micros = "-", -micros
	}
	text := fmt.Sprintf("%s%d.%06d", sign, micros/microsPerSecond, micros%microsPerSecond)
	return p.node(&syntax{kind: kindInterval, pos: p.tok.pos, text: strings.TrimSuffix(text, ".000000"), word: "SECOND"})
}
