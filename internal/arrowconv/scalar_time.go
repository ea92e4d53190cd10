package arrowconv

import (
	"fmt"
	"math"
	"strconv"

	"github.com/apache/arrow-go/v18/arrow"

	"github.com/foreset/foreset/schema"
)

const (
	millisPerDay = 86_400_000
	microsPerDay = 86_400_000_000
)

// wholeDay is a date64, which counts milliseconds, as days.
func wholeDay(v arrow.Date64) (int32, bool) {
	days := int64(v) / millisPerDay
	return int32(days), int64(v)%millisPerDay == 0 && days >= math.MinInt32 && days <= math.MaxInt32
}

func date64Text(v arrow.Date64) string { return strconv.FormatInt(int64(v), 10) + " ms" }

// timestamps takes timestamps of any unit and zone, and dates as timestamp_ntz.
func (c *converter) timestamps(p place, a arrow.Array, t schema.Type, dt arrow.DataType) (arrow.Array, error) {
	switch in := a.DataType().(type) {
	case *arrow.Date32Type:
		if t != schema.TimestampNTZ {
			return nil, nil
		}
		return cast(c, p, a, dt, func(v int32) (int64, bool) { return multiply(int64(v), microsPerDay) }, integerText[int32])
	case *arrow.TimestampType:
		if in.TimeZone != "" && t == schema.TimestampNTZ {
			return nil, nil // an instant has a wall clock only in some zone
		}
		if in.Unit == arrow.Microsecond {
			return retype(a, dt), nil
		}
		return cast(c, p, a, dt, c.micros(in.Unit), func(v int64) string { return fmt.Sprintf("%d %v", v, in.Unit) })
	default:
		return nil, nil
	}
}

// micros converts from a unit, exactly unless told to truncate.
func (c *converter) micros(unit arrow.TimeUnit) func(int64) (int64, bool) {
	switch unit {
	case arrow.Second:
		return func(v int64) (int64, bool) { return multiply(v, 1_000_000) }
	case arrow.Millisecond:
		return func(v int64) (int64, bool) { return multiply(v, 1_000) }
	default:
		truncate := c.opts.TruncateTimestamps
		return func(v int64) (int64, bool) {
			q, r := v/1000, v%1000
			if r < 0 {
				q--
			}
			return q, r == 0 || truncate
		}
	}
}

func multiply(v, by int64) (int64, bool) {
	if v > math.MaxInt64/by || v < math.MinInt64/by {
		return 0, false
	}
	return v * by, true
}
