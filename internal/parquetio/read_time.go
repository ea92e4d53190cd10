package parquetio

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"

	"github.com/foreset/foreset/internal/parquetfile"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

const (
	microsPerSecond = 1_000_000
	microsPerDay    = 86_400 * microsPerSecond
	epochJulianDay  = 2_440_588 // 1970-01-01

	// Before these, a file in the hybrid calendar needs rebasing: the day the
	// Gregorian calendar began, and the year since which every zone's offset is
	// the same in both of Java's time libraries.
	gregorianDay = -141_427                                  // 1582-10-15
	settledMicro = -2_208_988_800 * int64(microsPerSecond)   // 1900-01-01T00:00:00Z
	gregorianUs  = int64(gregorianDay) * int64(microsPerDay) // 1582-10-15T00:00:00Z
)

// dates reads days, rebased if the file has them in the hybrid calendar.
func dates(cal parquetfile.Calendar) func(dst, src []int32) error {
	if !cal.LegacyDates {
		return nil
	}
	return func(dst, src []int32) error {
		for i, v := range src {
			dst[i] = int32(rebaseDay(int64(v)))
		}
		return nil
	}
}

// rebaseDay gives a day of the hybrid calendar the number that the day of the
// same name has in the proleptic Gregorian calendar.
func rebaseDay(day int64) int64 {
	if day >= gregorianDay {
		return day
	}
	year, month, dom := julianCivil(day)
	return value.DaysOf(year, month, dom)
}

// julianCivil is the date that the Julian calendar gives a day.
func julianCivil(day int64) (year int64, month, dom int) {
	// Days since 0000-03-01 of the Julian calendar; March first, so that the
	// leap day is the last of its year.
	const marchEra = 719_470
	n := day + marchEra
	cycle := value.FloorDiv(n, 1461)
	rest := n - cycle*1461
	yoc := min(rest/365, 3)
	doy := rest - yoc*365
	mp := (5*doy + 2) / 153
	dom = int(doy - (153*mp+2)/5 + 1)
	month = int(mp) + 3
	year = cycle*4 + yoc
	if month > 12 {
		month -= 12
		year++
	}
	return year, month, dom
}

// timestampValues reads instants and wall clocks of any unit as microseconds.
func timestampValues(s stored, t schema.Primitive, cal parquetfile.Calendar, mem memory.Allocator) (values, bool) {
	switch {
	case s.means == storedInt96:
		rebase := microsRebase(cal.LegacyInt96, cal)
		return newFixed(mem, func(dst []int64, src []parquet.Int96) error {
			for i := range src {
				us, err := int96Micros(&src[i])
				if err != nil {
					return err
				}
				dst[i] = us
			}
			return rebase(dst[:len(src)])
		}), true
	case s.means == storedTimestamp && s.unit == microsPerSecond && !cal.LegacyDates:
		return newFixed[int64, int64](mem, nil), true
	case s.means == storedTimestamp:
		rebase := microsRebase(cal.LegacyDates, cal)
		return newFixed(mem, func(dst, src []int64) error {
			for i, v := range src {
				us, ok := toMicros(v, s.unit)
				if !ok {
					return fmt.Errorf("timestamp %d in units of 1/%d s is out of range", v, s.unit)
				}
				dst[i] = us
			}
			return rebase(dst[:len(src)])
		}), true
	case s.means == storedDate && t == schema.TimestampNTZ: // widened
		convert := dates(cal)
		return newFixed(mem, func(dst []int64, src []int32) error {
			if convert != nil {
				_ = convert(src, src)
			}
			for i, v := range src {
				dst[i] = int64(v) * microsPerDay
				if dst[i]/microsPerDay != int64(v) {
					return fmt.Errorf("date %d is out of the range of timestamps", v)
				}
			}
			return nil
		}), true
	default:
		return nil, false
	}
}

// toMicros converts from unit per second, rounding nanoseconds down.
func toMicros(v, unit int64) (int64, bool) {
	if unit > microsPerSecond {
		return value.FloorDiv(v, unit/microsPerSecond), true
	}
	by := microsPerSecond / unit
	if v > math.MaxInt64/by || v < math.MinInt64/by {
		return 0, false
	}
	return v * by, true
}

// int96Micros reads nanoseconds of the day and Julian day. Times near the end of
// what 64 bits of microseconds hold, the year 287,000 or so, are stored by Spark
// as if they were as far before the beginning: their sum wraps around, and back
// again here.
func int96Micros(v *parquet.Int96) (int64, error) {
	nanos := int64(binary.LittleEndian.Uint64(v[:8]))
	day := int64(int32(binary.LittleEndian.Uint32(v[8:]))) - epochJulianDay
	const (
		dayMost   = math.MaxInt64 / microsPerDay
		nanosADay = 1000 * microsPerDay
	)
	us := day*microsPerDay + value.FloorDiv(nanos, 1000)
	if nanos < -nanosADay || nanos > 2*nanosADay || // a leap second, a zone: some slack
		day > dayMost || day > 0 && us < 0 || day < -dayMost-epochJulianDay-1 {
		return 0, fmt.Errorf("INT96 timestamp of day %d and nanosecond %d is out of range", day, nanos)
	}
	return us, nil
}

// microsRebase rebases timestamps of the hybrid calendar. In UTC that is the
// rebasing of their day. In other zones the offsets of old times differ too,
// and such times are refused.
func microsRebase(legacy bool, cal parquetfile.Calendar) func([]int64) error {
	if !legacy {
		return func([]int64) error { return nil }
	}
	utc := cal.Zone == "" || cal.Zone == "UTC" || cal.Zone == "Etc/UTC" || cal.Zone == "Z" || cal.Zone == "GMT"
	return func(all []int64) error {
		for i, us := range all {
			switch {
			case us >= settledMicro:
			case !utc:
				return fmt.Errorf("a time before 1900 in the old calendar of zone %s", cal.Zone)
			case us < gregorianUs:
				day := value.FloorDiv(us, microsPerDay)
				all[i] = rebaseDay(day)*microsPerDay + us - day*microsPerDay
			}
		}
		return nil
	}
}
