package feature

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// A property is a table property with a meaning of its own: those that begin
// with "delta.". All others belong to the user.
type property struct {
	name  string
	check func(string) error // nil: any text
	// needs names the feature that the value calls for, or "".
	needs func(string) string
}

var properties = []property{
	{name: "delta.appendOnly", check: isBool, needs: whenTrue(AppendOnly)},
	{name: "delta.checkpointInterval", check: isPositive},
	{name: "delta.checkpoint.writeStatsAsJson", check: isBool},
	{name: "delta.checkpoint.writeStatsAsStruct", check: isBool},
	{name: "delta.checkpointPolicy", check: oneOf("classic", "v2"), needs: when("v2", "v2Checkpoint")},
	{name: "delta.checkpointRetentionDuration", check: isInterval},
	{name: "delta.columnMapping.mode", check: oneOf("none", "name", "id"), needs: unless("none", ColumnMapping)},
	{name: "delta.dataSkippingNumIndexedCols", check: isCount},
	{name: "delta.dataSkippingStatsColumns"},
	{name: "delta.dataSkippingStringPrefixLength", check: isPositive},
	{name: "delta.deletedFileRetentionDuration", check: isInterval},
	{name: "delta.enableChangeDataFeed", check: isBool, needs: whenTrue(ChangeDataFeed)},
	{name: "delta.enableDeletionVectors", check: isBool, needs: whenTrue(DeletionVectors)},
	{name: "delta.enableExpiredLogCleanup", check: isBool},
	{name: "delta.enableInCommitTimestamps", check: isBool, needs: whenTrue(InCommitTimestamp)},
	{name: "delta.enableRowTracking", check: isBool, needs: whenTrue("rowTracking")},
	{name: "delta.enableTypeWidening", check: isBool, needs: whenTrue("typeWidening")},
	{name: "delta.isolationLevel", check: oneOf("Serializable", "WriteSerializable", "SnapshotIsolation")},
	{name: "delta.logRetentionDuration", check: isInterval},
	{name: "delta.parquet.compression.codec"},
	{name: "delta.setTransactionRetentionDuration", check: isInterval},
	{name: "delta.targetFileSize", check: isSize},
}

const constraintPrefix = "delta.constraints."

// PropertyError says what is wrong with a table property.
type PropertyError struct{ Name, Value, Reason string }

func (e *PropertyError) Error() string {
	return fmt.Sprintf("table property %s = %q: %s", e.Name, e.Value, e.Reason)
}

// Normalize returns the properties with the names of the protocol's own in
// their canonical spelling, since the log is searched by exact spelling, and
// checks their values. A name that begins with "delta." and is not known is
// refused: a mistyped property would otherwise do nothing, silently.
func Normalize(conf map[string]string) (map[string]string, error) {
	out := make(map[string]string, len(conf))
	for _, given := range slices.Sorted(maps.Keys(conf)) {
		name, text := given, conf[given]
		if strings.HasPrefix(strings.ToLower(given), constraintPrefix) {
			name = constraintPrefix + strings.ToLower(given[len(constraintPrefix):])
			if name == constraintPrefix {
				return nil, &PropertyError{given, text, "a constraint needs a name"}
			}
		} else if strings.HasPrefix(strings.ToLower(given), "delta.") {
			i := slices.IndexFunc(properties, func(p property) bool { return strings.EqualFold(p.name, given) })
			if i < 0 {
				return nil, &PropertyError{given, text, "is not a property that this version of foreset knows"}
			}
			name = properties[i].name
			if check := properties[i].check; check != nil {
				if err := check(text); err != nil {
					return nil, &PropertyError{given, text, err.Error()}
				}
			}
			if lower := strings.ToLower(text); lower == "true" || lower == "false" {
				text = lower // as every reader spells it
			}
		}
		if _, twice := out[name]; twice {
			return nil, &PropertyError{given, text, "is given twice"}
		}
		out[name] = text
	}
	return out, nil
}

// ForNewTable is the lowest protocol that a new table of this schema and these
// normalized properties needs, so that as many engines as possible can use the
// table (protocol, section "Requirements for Writers").
func ForNewTable(s *schema.Struct, conf map[string]string) *log.Protocol {
	return lowest(Needs(s, conf))
}

// Needs lists the features that a table of this schema and these normalized
// properties cannot be without, sorted.
func Needs(s *schema.Struct, conf map[string]string) []string {
	var need []string
	for _, p := range properties {
		if text, set := conf[p.name]; set && p.needs != nil {
			if name := p.needs(text); name != "" {
				need = append(need, name)
			}
		}
	}
	for name := range conf {
		if strings.HasPrefix(name, constraintPrefix) {
			need = append(need, CheckConstraints)
			break
		}
	}
	if uses(s, schema.TimestampNTZ) {
		need = append(need, TimestampNTZ)
	}
	if uses(s, schema.Variant) {
		need = append(need, "variantType")
	}
	if hasKey(s, "delta.generationExpression") {
		need = append(need, GeneratedColumns)
	}
	if hasKey(s, "delta.identity.start") {
		need = append(need, IdentityColumns)
	}
	if hasKey(s, "CURRENT_DEFAULT") {
		need = append(need, "allowColumnDefaults")
	}
	slices.Sort(need)
	return slices.Compact(need)
}

func lowest(need []string) *log.Protocol {
	p := &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 2}
	legacy := true
	for _, name := range need {
		f, _ := find(name)
		if f.legacyWriter == 0 {
			legacy = false
		}
		p.MinWriterVersion = max(p.MinWriterVersion, f.legacyWriter)
		p.MinReaderVersion = max(p.MinReaderVersion, f.legacyReader)
	}
	if legacy {
		return p
	}
	// Features by name. What every table of writer version 2 has is listed as
	// well, as other engines do.
	need = append(need, AppendOnly, Invariants)
	slices.Sort(need)
	need = slices.Compact(need)
	p = &log.Protocol{MinReaderVersion: 1, MinWriterVersion: 7, WriterFeatures: need}
	for _, name := range need {
		if f, _ := find(name); f.reader {
			p.MinReaderVersion = 3
			p.ReaderFeatures = append(p.ReaderFeatures, name)
		}
	}
	return p
}

func uses(t schema.Type, what schema.Primitive) bool {
	switch t := t.(type) {
	case schema.Primitive:
		return t == what
	case *schema.Struct:
		return slices.ContainsFunc(t.Fields, func(f schema.Field) bool { return uses(f.Type, what) })
	case *schema.Array:
		return uses(t.Element, what)
	case *schema.Map:
		return uses(t.Key, what) || uses(t.Value, what)
	default:
		return false
	}
}

// Bool reads a boolean property; def if it is not set or not a boolean.
func Bool(conf map[string]string, name string, def bool) bool {
	switch strings.ToLower(conf[name]) {
	case "true":
		return true
	case "false":
		return false
	default:
		return def
	}
}

// Int reads a whole number; def if the property is not set or not one.
func Int(conf map[string]string, name string, def int64) int64 {
	n, err := strconv.ParseInt(conf[name], 10, 64)
	if err != nil {
		return def
	}
	return n
}

// Size reads a number of bytes, with the suffixes b, k, m, g, t of powers of
// 1024 (128mb); def if the property is not set or not a size.
func Size(conf map[string]string, name string, def int64) int64 {
	n, err := parseSize(conf[name])
	if err != nil {
		return def
	}
	return n
}

// Duration reads an interval of weeks, days, hours, minutes, seconds or
// smaller ("interval 1 week"); def if the property is not set or not one.
func Duration(conf map[string]string, name string, def time.Duration) time.Duration {
	d, err := parseInterval(conf[name])
	if err != nil {
		return def
	}
	return d
}

func parseSize(text string) (int64, error) {
	t := strings.TrimSuffix(strings.ToLower(strings.TrimSpace(text)), "b")
	shift := 0
	if n := len(t); n > 0 {
		if i := strings.IndexByte("kmgt", t[n-1]); i >= 0 {
			shift, t = 10*(i+1), t[:n-1]
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(t), 10, 64)
	if err != nil || n <= 0 || n > 1<<62>>shift {
		return 0, fmt.Errorf("is not a size such as 134217728 or 128mb")
	}
	return n << shift, nil
}

var units = map[string]time.Duration{
	"week": 7 * 24 * time.Hour, "day": 24 * time.Hour, "hour": time.Hour, "minute": time.Minute,
	"second": time.Second, "millisecond": time.Millisecond, "microsecond": time.Microsecond,
}

func parseInterval(text string) (time.Duration, error) {
	words := strings.Fields(strings.ToLower(text))
	if len(words) > 0 && words[0] == "interval" {
		words = words[1:]
	}
	if len(words) == 0 || len(words)%2 != 0 {
		return 0, fmt.Errorf("is not an interval such as \"interval 7 days\"")
	}
	var total time.Duration
	for i := 0; i < len(words); i += 2 {
		n, err := strconv.ParseInt(words[i], 10, 64)
		unit, known := units[strings.TrimSuffix(words[i+1], "s")]
		if err != nil || n < 0 || !known || n > int64(1<<62/unit) || total > 1<<62-time.Duration(n)*unit {
			return 0, fmt.Errorf("is not an interval of weeks, days, hours, minutes or seconds")
		}
		total += time.Duration(n) * unit
	}
	return total, nil
}

func isBool(s string) error {
	if t := strings.ToLower(s); t != "true" && t != "false" {
		return fmt.Errorf("must be true or false")
	}
	return nil
}

func isPositive(s string) error {
	if n, err := strconv.ParseInt(s, 10, 32); err != nil || n < 1 {
		return fmt.Errorf("must be a whole number above 0")
	}
	return nil
}

func isCount(s string) error {
	if n, err := strconv.ParseInt(s, 10, 32); err != nil || n < -1 {
		return fmt.Errorf("must be −1 (all) or a number of columns")
	}
	return nil
}

func isSize(s string) error     { _, err := parseSize(s); return err }
func isInterval(s string) error { _, err := parseInterval(s); return err }

func oneOf(allowed ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(allowed, s) {
			return fmt.Errorf("must be one of %s", strings.Join(allowed, ", "))
		}
		return nil
	}
}

func whenTrue(name string) func(string) string {
	return func(s string) string { return when("true", name)(strings.ToLower(s)) }
}

func when(value, name string) func(string) string {
	return func(s string) string {
		if s == value {
			return name
		}
		return ""
	}
}

func unless(value, name string) func(string) string {
	return func(s string) string {
		if s == value {
			return ""
		}
		return name
	}
}
