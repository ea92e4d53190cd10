package value

import (
	"math"
	"math/bits"
	"strconv"
)

const (
	microsPerSecond = 1_000_000
	secondsPerDay   = 24 * 60 * 60
	microsPerDay    = secondsPerDay * microsPerSecond
)

// DaysOf is the date, as days since 1970-01-01, of a day of the proleptic
// Gregorian calendar. Month and day are taken as they are, without check.
func DaysOf(year int64, month, day int) int64 {
	// Years begin in March here, so that the leap day is the last of its year.
	m := int64(month+9) % 12
	y := year - m/10
	era := FloorDiv(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (m*306+5)/10 + int64(day) - 1
	return era*146_097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719_468
}

// Civil is the day of the proleptic Gregorian calendar of a date.
func Civil(days int64) (year int64, month, day int) {
	days += 719_468
	era := FloorDiv(days, 146_097)
	dayOfEra := days - era*146_097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36_524 - dayOfEra/146_096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	m := (5*dayOfYear + 2) / 153
	year = era*400 + yearOfEra
	month = int(m) + 3
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, int(dayOfYear - (153*m+2)/5 + 1)
}

// FloorDiv is a / b rounded down, for b > 0.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func daysIn(year int64, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	default:
		return 31
	}
}

// AppendDate appends a date as 2024-02-29. Years before 0 have a minus, years
// after 9999 a plus sign, as in java.time.
func AppendDate(dst []byte, days int64) []byte {
	year, month, day := Civil(days)
	switch {
	case year < 0:
		dst = append(dst, '-')
		year = -year
	case year > 9999:
		dst = append(dst, '+')
	}
	dst = appendPadded(dst, uint64(year), 4)
	dst = append(dst, '-')
	dst = appendPadded(dst, uint64(month), 2)
	dst = append(dst, '-')
	return appendPadded(dst, uint64(day), 2)
}

func appendPadded(dst []byte, n uint64, width int) []byte {
	var text [20]byte
	s := strconv.AppendUint(text[:0], n, 10)
	return append(appendZeros(dst, width-len(s)), s...)
}

// AppendTimestamp appends microseconds since 1970 in the form of RFC 3339 with
// six digits of fraction: 2024-03-10T09:02:03.123456, and Z if utc. For years
// see [AppendDate].
func AppendTimestamp(dst []byte, us int64, utc bool) []byte {
	dst, fraction := appendSeconds(dst, us, 'T')
	dst = append(dst, '.')
	dst = appendPadded(dst, fraction, 6)
	if utc {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendMillis is AppendTimestamp floored to three digits of fraction.
func appendMillis(dst []byte, us int64, utc bool) []byte {
	dst, fraction := appendSeconds(dst, us, 'T')
	dst = append(dst, '.')
	dst = appendPadded(dst, fraction/1000, 3)
	if utc {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendTrimmed appends 2024-03-10 02:30:00.5, with no more digits of fraction
// than are needed.
func appendTrimmed(dst []byte, us int64) []byte {
	dst, fraction := appendSeconds(dst, us, ' ')
	if fraction == 0 {
		return dst
	}
	dst = append(dst, '.')
	dst = appendPadded(dst, fraction, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendSeconds appends date and time of day to the second; the rest is
// returned in microseconds.
func appendSeconds(dst []byte, us int64, separator byte) ([]byte, uint64) {
	days := FloorDiv(us, microsPerDay)
	rest := uint64(us - days*microsPerDay)
	dst = AppendDate(dst, days)
	dst = append(dst, separator)
	seconds := rest / microsPerSecond
	dst = appendPadded(dst, seconds/3600, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, seconds/60%60, 2)
	dst = append(dst, ':')
	dst = appendPadded(dst, seconds%60, 2)
	return dst, rest % microsPerSecond
}

// dayMicros is days·microsPerDay; it reports false on overflow.
func dayMicros(days int64) (int64, bool) {
	hi, lo := bits.Mul64(uint64(max(days, -days)), microsPerDay)
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if days < 0 {
		return -int64(lo), true
	}
	return int64(lo), true
}
