package expr

import (
	"math"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/decimal128"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func formatDate(days int64) string { return string(value.AppendDate(nil, days)) }

// formatTimestamp is a timestamp as a cast to string has it: in a zone (nil:
// UTC), with as many digits after the second as are needed.
func formatTimestamp(micros int64, zone *time.Location) string {
	return string(appendTimestamp(nil, micros, zone))
}

func appendTimestamp(dst []byte, micros int64, zone *time.Location) []byte {
	start := len(dst)
	dst = value.AppendTimestamp(dst, toLocal(micros, zone), false)
	for i := start; i < len(dst); i++ {
		if dst[i] == 'T' {
			dst[i] = ' '
		}
	}
	for dst[len(dst)-1] == '0' && dst[len(dst)-2] != ':' {
		dst = dst[:len(dst)-1]
		if dst[len(dst)-1] == '.' {
			return dst[:len(dst)-1]
		}
	}
	return dst
}

// offsetAt is a zone's offset from UTC in seconds at an instant in seconds.
func offsetAt(seconds int64, zone *time.Location) int64 {
	_, offset := time.Unix(seconds, 0).In(zone).Zone()
	return int64(offset)
}

// toLocal is the wall clock of a zone at an instant, both in microseconds.
func toLocal(micros int64, zone *time.Location) int64 {
	if zone == nil {
		return micros
	}
	return micros + offsetAt(value.FloorDiv(micros, microsPerSecond), zone)*microsPerSecond
}

// toInstant is the instant of a wall clock in a zone. As in java.time, a time
// that occurs twice is the first, and one that a clock change skips is as much
// later.
func toInstant(local int64, zone *time.Location) (int64, bool) {
	if zone == nil {
		return local, true
	}
	seconds := value.FloorDiv(local, microsPerSecond)
	before := offsetAt(seconds-86_400, zone)
	offset := before
	if offsetAt(seconds-before, zone) != before {
		if after := offsetAt(seconds+86_400, zone); offsetAt(seconds-after, zone) == after {
			offset = after
		}
	}
	return minus(local, offset*microsPerSecond)
}

// minus is a − b, or false on overflow.
func minus(a, b int64) (int64, bool) {
	c := a - b
	return c, (a^b)&(a^c) >= 0
}

// midnight is the first microsecond of a day, or false if 64 bits do not hold
// it.
func midnight(days int64) (int64, bool) {
	const most = math.MaxInt64 / microsPerDay
	return days * microsPerDay, -most <= days && days <= most
}

// onDay is a time of day on a day; the first day that 64 bits hold has no
// midnight.
func onDay(days, micros int64) (int64, bool) {
	if days < 0 {
		days, micros = days+1, micros-microsPerDay
	}
	start, ok := midnight(days)
	sum := start + micros
	return sum, ok && (start^sum)&(micros^sum) >= 0
}

func (c caster) fromDate(data []int32) (vec, error) {
	zone := c.node.env.zone
	if c.node.To == schema.TimestampNTZ {
		zone = nil
	}
	return convertEach(c, data, func(days int32) (int64, string) {
		micros, ok := startOfDay(int64(days), zone)
		return micros, unless(ok, classTime)
	})
}

// fromTimestamp casts both kinds of timestamp.
func (c caster) fromTimestamp(data []int64) (vec, error) {
	zone := c.node.env.zone
	if c.from == schema.TimestampNTZ {
		switch c.node.To {
		case schema.Timestamp:
			return convertEach(c, data, func(x int64) (int64, string) {
				micros, ok := toInstant(x, zone)
				return micros, unless(ok, classTime)
			})
		default: // date
			return c.v.like(mapped(data, func(x int64) int32 { return int32(value.FloorDiv(x, microsPerDay)) })), nil
		}
	}
	seconds := func(x int64) float64 { return float64(x) / microsPerSecond }
	switch to := c.node.To; to {
	case schema.Date:
		return c.v.like(mapped(data, func(x int64) int32 { return int32(value.FloorDiv(toLocal(x, zone), microsPerDay)) })), nil
	case schema.TimestampNTZ:
		return c.v.like(mapped(data, func(x int64) int64 { return toLocal(x, zone) })), nil
	case schema.Long:
		return c.v.like(mapped(data, func(x int64) int64 { return value.FloorDiv(x, microsPerSecond) })), nil
	case schema.Integer:
		return timestampToInt[int32](c, data)
	case schema.Short:
		return timestampToInt[int16](c, data)
	case schema.Byte:
		return timestampToInt[int8](c, data)
	case schema.Float:
		return c.v.like(mapped(data, func(x int64) float32 { return float32(seconds(x)) })), nil
	case schema.Double:
		return c.v.like(mapped(data, seconds)), nil
	default:
		d := to.(schema.Decimal)
		return convertEach(c, data, func(x int64) (decimal128.Num, string) {
			n, _, ok := value.Rescale(value.FromInt64(x), 6, d.Scale)
			if !ok || !value.FitsPrecision(n, d.Precision) {
				return decimal128.Num{}, classRange
			}
			return toNum(n), ""
		})
	}
}

func timestampToInt[T integer](c caster, data []int64) (vec, error) {
	return convertEach(c, data, func(x int64) (T, string) {
		s := value.FloorDiv(x, microsPerSecond)
		return T(s), unless(int64(T(s)) == s, classCastOverflow)
	})
}

// parseDate reads a date as Spark's cast does: a year of four to seven digits,
// perhaps signed, then perhaps month and day, then after a space or T anything.
func parseDate(s string) (int32, bool) {
	s = trimAll(s)
	sign := int64(1)
	if s != "" && (s[0] == '-' || s[0] == '+') {
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	segments := [3]int64{1, 1, 1}
	i, digits := 0, 0
	var current int64
	rest := false
	for j := 0; j < len(s) && !rest; j++ {
		switch c := s[j]; {
		case c == ' ' || c == 'T':
			rest = true
		case c == '-' && i < 2:
			if !dateDigits(i, digits, 7) {
				return 0, false
			}
			segments[i] = current
			i, digits, current = i+1, 0, 0
		case isDigit(c) && digits < 8:
			current = current*10 + int64(c-'0')
			digits++
		default:
			return 0, false
		}
	}
	if !dateDigits(i, digits, 7) || i < 2 && rest {
		return 0, false
	}
	segments[i] = current
	days, ok := daysOf(sign*segments[0], segments[1], segments[2])
	return int32(days), ok && int64(int32(days)) == days
}

// dateDigits says whether part i of a date may have so many digits.
func dateDigits(i, digits, yearMax int) bool {
	if i == 0 {
		return 4 <= digits && digits <= yearMax
	}
	return 1 <= digits && digits <= 2
}

func daysOf(year, month, day int64) (int64, bool) {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return 0, false
	}
	days := value.DaysOf(year, int(month), int(day))
	_, m, _ := value.Civil(days)
	return days, int64(m) == month // the 31st of a shorter month is in the next
}

// specialTime is the value of DATE 'today' and the like, which only typed
// literals have.
func (e *environment) specialTime(text string, t schema.Primitive) (value.Value, bool) {
	name := strings.ToLower(trimAll(text))
	if name == "epoch" {
		return value.Int(t, 0), true
	}
	shift, isDay := map[string]int64{"today": 0, "yesterday": -1, "tomorrow": 1}[name]
	if !isDay && name != "now" || e.now.IsZero() {
		return value.Value{}, false
	}
	local := toLocal(e.now.UnixMicro(), e.zone)
	day := value.FloorDiv(local, microsPerDay) + shift
	if t == schema.Date {
		return value.Int(t, day), true
	}
	if isDay {
		local = day * microsPerDay
	}
	if t == schema.TimestampNTZ {
		return value.Int(t, local), true
	}
	if !isDay {
		return value.Int(t, e.now.UnixMicro()), true
	}
	micros, ok := toInstant(local, e.zone)
	return value.Int(t, micros), ok
}

// parseTime reads a date (days) or a timestamp of either kind (microseconds)
// as Spark's cast from string does.
func (e *environment) parseTime(s string, t schema.Type) (int64, bool) {
	if t == schema.Date {
		days, ok := parseDate(s)
		return int64(days), ok
	}
	p, ok := parseClock(trimAll(s))
	if !ok {
		return 0, false
	}
	zone, offset := e.zone, int64(0)
	if p.zone != "" {
		if zone, offset, ok = e.findZone(p.zone); !ok {
			return 0, false
		}
	}
	var days int64
	switch {
	case !p.justTime:
		if days, ok = daysOf(p.segments[0], p.segments[1], p.segments[2]); !ok {
			return 0, false
		}
	case t == schema.TimestampNTZ || e.now.IsZero():
		return 0, false
	default:
		days = value.FloorDiv(toLocal(e.now.UnixMicro(), zone)+offset*microsPerSecond, microsPerDay)
	}
	hour, minute, second := p.segments[3], p.segments[4], p.segments[5]
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	local, ok := onDay(days, ((hour*60+minute)*60+second)*microsPerSecond+p.segments[6])
	if !ok {
		return 0, false
	}
	if t == schema.TimestampNTZ {
		return local, true // a zone is read over
	}
	if micros, ok := minus(local, offset*microsPerSecond); ok {
		return toInstant(micros, zone)
	}
	return 0, false
}

// clock is the parts of a timestamp's text.
type clock struct {
	segments [7]int64 // year, month, day, hour, minute, second, microsecond
	justTime bool
	zone     string
}

// parseClock splits [+-]yyyy[-[m]m[-[d]d]][ |T][h]h[:[m]m[:[s]s[.ffffff]]][zone],
// where a time may stand alone (after T, or with a colon).
func parseClock(s string) (clock, bool) {
	p := clock{segments: [7]int64{1, 1, 1}}
	sign, signed := int64(1), false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		signed = true
		if s[0] == '-' {
			sign = -1
		}
		s = s[1:]
	}
	i, digits, fraction := 0, 0, 0
	var current int64
	next := func(to int) bool {
		ok := clockDigits(i, digits)
		p.segments[i] = current
		i, digits, current = to, 0, 0
		return ok
	}
loop:
	for j := 0; j < len(s); j++ {
		c := s[j]
		ok := true
		switch {
		case isDigit(c):
			if i == 6 {
				fraction++
			}
			if i != 6 || digits < 6 {
				current = current*10 + int64(c-'0')
			}
			if digits++; digits > 9 && i != 6 {
				return p, false
			}
		case j == 0 && !signed && c == 'T':
			p.justTime = true
			i = 3
		case i < 2 && c == '-':
			ok = next(i + 1)
		case i == 0 && c == ':' && !signed:
			p.justTime = true
			i = 3
			ok = next(4)
			p.segments[0] = 1
		case i == 2 && (c == ' ' || c == 'T'):
			ok = next(3)
		case (i == 3 || i == 4) && c == ':':
			ok = next(i + 1)
		case i == 5 && c == '.':
			ok = next(6)
		case i == 5 || i == 6:
			p.zone = s[j:]
			if !clockDigits(i, digits) {
				return p, false
			}
			break loop
		default:
			ok = false
		}
		if !ok {
			return p, false
		}
	}
	if !clockDigits(i, digits) {
		return p, false
	}
	p.segments[i] = current
	for ; fraction < 6; fraction++ {
		p.segments[6] *= 10
	}
	p.segments[0] *= sign
	return p, true
}

// clockDigits says whether part i of a timestamp may have so many digits.
func clockDigits(i, digits int) bool {
	if i == 6 {
		return true
	}
	return dateDigits(i, digits, 6)
}

// zoneName is a zone that was looked up by name; nil if there is none.
type zoneName struct{ location *time.Location }

// shortZones are the abbreviations that Java knows, ZoneId.SHORT_IDS.
var shortZones = map[string]string{
	"ACT": "Australia/Darwin", "AET": "Australia/Sydney", "AGT": "America/Argentina/Buenos_Aires", "ART": "Africa/Cairo",
	"AST": "America/Anchorage", "BET": "America/Sao_Paulo", "BST": "Asia/Dhaka", "CAT": "Africa/Harare",
	"CNT": "America/St_Johns", "CST": "America/Chicago", "CTT": "Asia/Shanghai", "EAT": "Africa/Addis_Ababa",
	"ECT": "Europe/Paris", "IET": "America/Indiana/Indianapolis", "IST": "Asia/Kolkata", "JST": "Asia/Tokyo",
	"MIT": "Pacific/Apia", "NET": "Asia/Yerevan", "NST": "Pacific/Auckland", "PLT": "Asia/Karachi",
	"PNT": "America/Phoenix", "PRT": "America/Puerto_Rico", "PST": "America/Los_Angeles", "SST": "Pacific/Guadalcanal",
	"VST": "Asia/Ho_Chi_Minh", "EST": "-05:00", "MST": "-07:00", "HST": "-10:00",
}

// findZone reads a zone's name or offset, as java.time does: either a location
// is returned or an offset in seconds.
func (e *environment) findZone(name string) (zone *time.Location, offset int64, ok bool) {
	name = trimAll(name)
	if long, isShort := shortZones[name]; isShort {
		name = long
	}
	if name == "Z" {
		return nil, 0, true
	}
	for _, prefix := range []string{"UTC", "GMT", "UT", ""} {
		rest, found := strings.CutPrefix(name, prefix)
		if found && rest == "" {
			return nil, 0, prefix != ""
		}
		if found && (rest[0] == '+' || rest[0] == '-') {
			offset, ok := parseOffset(rest)
			return nil, offset, ok
		}
	}
	if known, isKnown := e.zones[name]; isKnown {
		return known.location, 0, known.location != nil
	}
	location := loadZone(name)
	if e.zones != nil {
		e.zones[name] = &zoneName{location}
	}
	return location, 0, location != nil
}

func loadZone(name string) *time.Location {
	if name == "Local" || strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/_-+") != "" {
		return nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return location
}

// parseOffset reads ±h, ±hh, ±h:m, ±h:mm, ±hh:m, ±hh:mm, ±hhmm, ±hh:mm:ss or
// ±hhmmss in seconds; 18 hours are the most.
func parseOffset(s string) (int64, bool) {
	var parts [3]int64
	text := s[1:]
	var pieces []string
	if strings.Contains(text, ":") {
		pieces = strings.Split(text, ":")
	} else if len(text) <= 2 {
		pieces = []string{text}
	} else {
		for ; len(text) >= 2; text = text[2:] {
			pieces = append(pieces, text[:2])
		}
		if text != "" {
			return 0, false
		}
	}
	if len(pieces) > 3 {
		return 0, false
	}
	for i, piece := range pieces {
		short := len(piece) == 1 && (i == 0 || i == 1 && len(pieces) == 2)
		if len(piece) != 2 && !short || strings.Trim(piece, "0123456789") != "" {
			return 0, false
		}
		for _, c := range piece {
			parts[i] = parts[i]*10 + int64(c-'0')
		}
	}
	offset := (parts[0]*60+parts[1])*60 + parts[2]
	if parts[1] > 59 || parts[2] > 59 || offset > 18*3600 {
		return 0, false
	}
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}
