package expr

import "github.com/foreset/foreset/internal/value"

// parsedTime is the fields that a text had.
type parsedTime struct {
	has    uint32 // by timeField
	fields [fieldCount]int64
	zone   wallZone
	named  bool // zone is set
}

func (t *parsedTime) known(f timeField) bool { return t.has>>f&1 != 0 }

// set notes a field; it reports false if the field is known to be another.
func (t *parsedTime) set(f timeField, n int64) bool {
	if t.known(f) && t.fields[f] != n {
		return false
	}
	t.has |= 1 << f
	t.fields[f] = n
	return true
}

// or is a field if it is known, else what is given; false if it is not between
// the bounds.
func (t *parsedTime) or(f timeField, absent, low, high int64) (int64, bool) {
	if !t.known(f) {
		return absent, true
	}
	n := t.fields[f]
	return n, low <= n && n <= high
}

// date is the day that the fields name. What is missing is as on 1970-01-01.
func (t *parsedTime) date() (int64, bool) {
	const yearMax = 999_999_999 // of java.time
	if t.known(fieldYearOfEra) {
		year, ok := t.or(fieldYearOfEra, 0, 1, yearMax)
		if t.known(fieldEra) && t.fields[fieldEra] == 0 {
			year = 1 - year
		}
		if !ok || !t.set(fieldYear, year) {
			return 0, false
		}
	}
	year, okYear := t.or(fieldYear, 1970, -yearMax, yearMax)
	month, okMonth := t.or(fieldMonth, 1, 1, 12)
	day, okDay := t.or(fieldDay, 1, 1, 31)
	if !okYear || !okMonth || !okDay {
		return 0, false
	}
	if !t.known(fieldDayOfYear) {
		return daysOf(year, month, day)
	}
	ordinal, ok := t.or(fieldDayOfYear, 1, 1, 366)
	days := value.DaysOf(year, 1, 1) + ordinal - 1
	y, m, d := value.Civil(days)
	if y != year || t.known(fieldMonth) && int64(m) != month || t.known(fieldDay) && int64(d) != day {
		return 0, false
	}
	return days, ok
}

// clock is the time of day that the fields name, in microseconds.
func (t *parsedTime) clock() (int64, bool) {
	if t.known(fieldClockHour) {
		hour, ok := t.or(fieldClockHour, 0, 1, 24)
		if !ok || !t.set(fieldHour, hour%24) {
			return 0, false
		}
	}
	if t.known(fieldHalfClock) {
		hour, ok := t.or(fieldHalfClock, 0, 1, 12)
		if !ok || !t.set(fieldHalfHour, hour%12) {
			return 0, false
		}
	}
	half, _ := t.or(fieldHalf, 0, 0, 1)
	halfHour, okHalf := t.or(fieldHalfHour, half*12, 0, 11) // half a day is noon
	if t.known(fieldHalf) && t.known(fieldHalfHour) {
		halfHour += half * 12
		if !t.set(fieldHour, halfHour) {
			return 0, false
		}
	}
	hour, okHour := t.or(fieldHour, halfHour, 0, 23)
	minute, okMinute := t.or(fieldMinute, 0, 0, 59)
	second, okSecond := t.or(fieldSecond, 0, 0, 59)
	nanos, _ := t.or(fieldNano, 0, 0, 0)
	if !okHalf || !okHour || !okMinute || !okSecond || t.halvesDiffer(hour) {
		return 0, false
	}
	return ((hour*60+minute)*60+second)*microsPerSecond + nanos/1000, true
}

// halvesDiffer says whether half a day or the hour in it contradict the hour.
// Java does not look if a field between the hour and a smaller one is missing.
func (t *parsedTime) halvesDiffer(hour int64) bool {
	gap := !t.known(fieldMinute) && (t.known(fieldSecond) || t.known(fieldNano)) || !t.known(fieldSecond) && t.known(fieldNano)
	if !t.known(fieldHour) || gap {
		return false
	}
	return t.known(fieldHalf) && t.fields[fieldHalf] != hour/12 || t.known(fieldHalfHour) && t.fields[fieldHalfHour] != hour%12
}
