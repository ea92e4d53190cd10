package schema

import (
	"strconv"
	"strings"
)

// Interval is one of Spark's interval types. No Delta feature guards them, so
// a table may have such a column; the type is known by name only and is never
// written.
type Interval struct {
	Units string // "year to month", "day to second", …; empty: Spark's legacy calendar interval
}

func (Interval) isType() {}

// String is interval and its units.
func (i Interval) String() string { return strings.TrimSpace("interval " + i.Units) }

var intervalUnits = map[string]bool{
	"": true, "year": true, "month": true, "year to month": true,
	"day": true, "hour": true, "minute": true, "second": true,
	"day to hour": true, "day to minute": true, "day to second": true,
	"hour to minute": true, "hour to second": true, "minute to second": true,
}

var primitiveOfJSON = map[string]Primitive{
	"boolean": Boolean, "byte": Byte, "short": Short, "integer": Integer, "long": Long,
	"float": Float, "double": Double, "string": String, "binary": Binary, "date": Date,
	"timestamp": Timestamp, "timestamp_ntz": TimestampNTZ, "variant": Variant,
	"void": Void, "null": Void,
}

// jsonName is the name of p in the schema's JSON.
func (p Primitive) jsonName() string {
	switch p {
	case Byte:
		return "byte"
	case Short:
		return "short"
	case Integer:
		return "integer"
	case Long:
		return "long"
	default:
		return p.String()
	}
}

// typeOfJSONName is the type of a name in the schema's JSON.
func typeOfJSONName(name string) (Type, bool) {
	if p, ok := primitiveOfJSON[name]; ok {
		return p, true
	}
	if units, ok := strings.CutPrefix(name, "interval"); ok {
		units = strings.TrimSpace(units)
		return Interval{Units: units}, intervalUnits[units]
	}
	word, args, ok := splitParameters(name)
	if !ok || word != "decimal" || len(args) > 2 {
		return nil, false
	}
	return decimalOf(args)
}

// decimalOf is decimal, decimal(p) or decimal(p,s).
func decimalOf(args []int) (Type, bool) {
	d := Decimal{Precision: 10}
	if len(args) > 0 {
		d.Precision = args[0]
	}
	if len(args) > 1 {
		d.Scale = args[1]
	}
	return d, d.Precision >= 1 && d.Precision <= 38 && d.Scale >= 0 && d.Scale <= d.Precision
}

// isCharType says whether name is char(n) or varchar(n).
func isCharType(name string) bool {
	word, args, ok := splitParameters(name)
	return ok && (word == "char" || word == "varchar") && len(args) == 1 && args[0] > 0
}

// splitParameters splits "decimal( 10, 4)" into its word and its integers.
func splitParameters(name string) (word string, args []int, ok bool) {
	word, rest, has := strings.Cut(strings.TrimSpace(name), "(")
	word = strings.TrimSpace(word)
	if !has {
		return word, nil, true
	}
	rest, has = strings.CutSuffix(rest, ")")
	if !has {
		return "", nil, false
	}
	for part := range strings.SplitSeq(rest, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return "", nil, false
		}
		args = append(args, n)
	}
	return word, args, true
}
