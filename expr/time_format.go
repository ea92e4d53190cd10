package expr

import (
	"strconv"

	"github.com/foreset/foreset/internal/value"
)

// wallTime is what a clock on a wall, and the calendar beside it, show.
type wallTime struct {
	days            int64
	year            int64
	month, day      int
	micros          int64 // since midnight
	offset          int64 // from UTC, in seconds
	zone            string
	hour, minute, s int64
}

func newWallTime(local, offset int64, zone string) wallTime {
	t := wallTime{offset: offset, zone: zone}
	t.days, t.micros = wallDay(local)
	t.year, t.month, t.day = value.Civil(t.days)
	seconds := t.micros / microsPerSecond
	t.hour, t.minute, t.s = seconds/3600, seconds/60%60, seconds%60
	return t
}

// field is the number of a field.
func (t *wallTime) field(f timeField) int64 {
	switch f {
	case fieldEra:
		if t.year >= 1 {
			return 1
		}
		return 0
	case fieldYearOfEra:
		if t.year >= 1 {
			return t.year
		}
		return 1 - t.year
	case fieldYear:
		return t.year
	case fieldQuarter:
		return int64(t.month+2) / 3
	case fieldMonth:
		return int64(t.month)
	case fieldDayOfYear:
		return int64(dayOfYear(t.days))
	case fieldDay:
		return int64(t.day)
	case fieldWeekOfMonth:
		return int64(t.day-1)%7 + 1
	case fieldWeekday:
		return int64(isoWeekday(t.days))
	case fieldHalf:
		return t.hour / 12
	case fieldHour:
		return t.hour
	case fieldClockHour:
		return (t.hour+23)%24 + 1
	case fieldHalfHour:
		return t.hour % 12
	case fieldHalfClock:
		return (t.hour+11)%12 + 1
	case fieldMinute:
		return t.minute
	case fieldSecond:
		return t.s
	case fieldNano:
		return t.micros % microsPerSecond * 1000
	default:
		return t.offset
	}
}

// append formats a time.
func (p *datePattern) append(dst []byte, t *wallTime) []byte { return appendParts(dst, p.parts, t) }

func appendParts(dst []byte, parts []patternPart, t *wallTime) []byte {
	for i := range parts {
		part := &parts[i]
		switch part.kind {
		case literalPart:
			dst = append(dst, part.text...)
		case numberPart:
			dst = part.appendNumber(dst, t.field(part.field))
		case yearPart:
			year := t.field(part.field)
			dst = appendDigits(dst, max(year, -year)%100, 2)
		case fractionPart:
			dst = appendDigits(dst, t.field(fieldNano), 9)
			dst = dst[:len(dst)-9+part.most]
		case namePart:
			dst = append(dst, fieldText(part.field, part.style, t.field(part.field))...)
		case zonePart:
			dst = append(dst, t.zone...)
		case zoneNamePart:
			name := "UTC"
			if part.style == fullText {
				name = "Coordinated Universal Time"
			}
			dst = append(dst, name...)
		case offsetPart:
			dst = part.offset.append(dst, t.offset)
		case localOffsetPart:
			dst = appendLocalOffset(dst, t.offset, part.style)
		case optionalPart:
			dst = appendParts(dst, part.inside, t)
		}
	}
	return dst
}

func (p *patternPart) appendNumber(dst []byte, n int64) []byte {
	if n < 0 {
		dst = append(dst, '-')
		n = -n
	} else if p.sign == exceedsPad {
		limit := int64(1)
		for range p.least {
			limit *= 10
		}
		if n >= limit {
			dst = append(dst, '+')
		}
	}
	return appendDigits(dst, n, p.least)
}

// appendDigits appends a number that is not negative, with leading zeros.
func appendDigits(dst []byte, n int64, least int) []byte {
	var text [20]byte
	digits := strconv.AppendInt(text[:0], n, 10)
	for range least - len(digits) {
		dst = append(dst, '0')
	}
	return append(dst, digits...)
}

var (
	quarterNames = [...]string{"1st quarter", "2nd quarter", "3rd quarter", "4th quarter"}
	quarterShort = [...]string{"Q1", "Q2", "Q3", "Q4"}
	eraNames     = [...]string{"Before Christ", "Anno Domini"}
	eraShort     = [...]string{"BC", "AD"}
	halfNames    = [...]string{"AM", "PM"}
)

// fieldText is the name of a field's value in English.
func fieldText(f timeField, style textStyle, n int64) string {
	switch f {
	case fieldEra:
		if style == fullText {
			return eraNames[n]
		}
		return eraShort[n]
	case fieldQuarter:
		if style == fullText {
			return quarterNames[n-1]
		}
		return quarterShort[n-1]
	case fieldHalf:
		return halfNames[n]
	case fieldWeekday:
		if style == fullText {
			return dayNames[n]
		}
		return dayNames[n][:3]
	default:
		if style == fullText {
			return monthNames[n-1]
		}
		return monthNames[n-1][:3]
	}
}

func (o offsetStyle) append(dst []byte, seconds int64) []byte {
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	if seconds == 0 {
		return append(dst, o.zero...)
	}
	hours, minutes, rest := seconds/3600, seconds/60%60, seconds%60
	start := len(dst)
	dst = appendDigits(append(dst, sign), hours, 2)
	shown := hours
	colon := func() {
		if o.form%2 == 0 {
			dst = append(dst, ':')
		}
	}
	if o.form >= 3 || minutes > 0 {
		colon()
		dst = appendDigits(dst, minutes, 2)
		shown += minutes
		if o.form >= 5 && rest > 0 {
			colon()
			dst = appendDigits(dst, rest, 2)
			shown += rest
		}
	}
	if shown == 0 { // some seconds, which this form does not show
		return append(dst[:start], o.zero...)
	}
	return dst
}

func appendLocalOffset(dst []byte, seconds int64, style textStyle) []byte {
	dst = append(dst, "GMT"...)
	if seconds == 0 {
		return dst
	}
	sign := byte('+')
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	hours, minutes, rest := seconds/3600, seconds/60%60, seconds%60
	dst = append(dst, sign)
	if style == fullText {
		dst = appendDigits(append(appendDigits(dst, hours, 2), ':'), minutes, 2)
	} else if dst = appendDigits(dst, hours, 1); minutes > 0 || rest > 0 {
		dst = appendDigits(append(dst, ':'), minutes, 2)
	}
	if rest > 0 {
		dst = appendDigits(append(dst, ':'), rest, 2)
	}
	return dst
}
