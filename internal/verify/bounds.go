package verify

import (
	"fmt"
	"strings"

	"github.com/foreset/foreset/internal/stats"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// contradictions says where the statistics of a file are not true of its rows,
// those that are not deleted, whose exact statistics are seen.
func contradictions(s *schema.Struct, said, seen *stats.File) []string {
	var out []string
	for path, f := range s.Leaves() {
		written, ok := said.Written(path...)
		is, has := seen.Written(path...)
		if !ok || !has {
			continue
		}
		believed, _ := said.Column(path...)
		name := strings.Join(path, ".")
		if d := beyond(f.Type, written.Min, believed.Min, is.Min, -1); d != "" {
			out = append(out, fmt.Sprintf("the minimum of %q %s", name, d))
		}
		if d := beyond(f.Type, written.Max, believed.Max, is.Max, +1); d != "" {
			out = append(out, fmt.Sprintf("the maximum of %q %s", name, d))
		}
		if d := wrongNulls(said, seen, written.NullCount, is.NullCount); d != "" {
			out = append(out, fmt.Sprintf("nullCount of %q %s", name, d))
		}
	}
	return out
}

// beyond says how a value lies beyond a bound; "" if it does not, or if there is
// no bound or no value. sign is +1 for a maximum.
//
// Bounds of timestamps have whole milliseconds, cut down (protocol, section
// "Per-file Statistics"), and those of a column that was once float the shortest
// text of one: both are legal, and readers know it.
func beyond(t schema.Type, written, believed, is value.Value, sign int) string {
	if written.IsNull() || is.IsNull() || !outside(is, written, sign) {
		return ""
	}
	allowed := !believed.IsNull() && !outside(is, believed, sign)
	switch {
	case allowed && t == schema.Double:
		return ""
	case sign > 0 && (t == schema.Timestamp || t == schema.TimestampNTZ) && is.Int64()-written.Int64() < 1000 && is.Int64() > written.Int64():
		return ""
	}
	detail := fmt.Sprintf("is %s, and a row has %s", short(written), short(is))
	if allowed || t == schema.String && strings.ContainsRune(written.Text(), '\uFFFD') {
		detail += " (this library reads such bounds with a margin, for some writers are known to make them too narrow; others may skip the row)"
	}
	return detail
}

// outside says whether v lies beyond a bound.
func outside(v, bound value.Value, sign int) bool {
	order, ok := value.Compare(v, bound)
	return ok && order*sign > 0
}

// short is a value in a message.
func short(v value.Value) string {
	const most = 100
	text, _, err := v.PartitionString()
	if err != nil { // a string that is not UTF-8
		text = v.Text()
	}
	if _, is := v.Type().(schema.Primitive); is && v.Type() == schema.String {
		return fmt.Sprintf("%.*q", most, text)
	}
	return text
}

// wrongNulls says how a null count is wrong; "" if it is not. Where bounds are
// not tight it counts rows that may be deleted: only none and all mean
// something.
func wrongNulls(said, seen *stats.File, count, is int64) string {
	switch {
	case count < 0:
		return ""
	case said.TightBounds && count != is,
		!said.TightBounds && count == 0 && is > 0,
		!said.TightBounds && count == said.NumRecords && is < seen.NumRecords:
		return fmt.Sprintf("is %d, and %d rows have null", count, is)
	}
	return ""
}
