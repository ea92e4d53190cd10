package expr

import (
	"time"
	_ "time/tzdata" // the zones of the cases
)

const (
	wraps   = "an error; Spark's ints wrap around at the first and the last days that there are"
	letters = "names of zones are looked up as they are written"
	seconds = "an error; Spark takes the seconds modulo 2^32 microseconds"
)

var timeDifferences = []difference{
	{"to_timestamp(a)", "99999999999999999999.999999999999999999", exact},
	{"to_timestamp_ltz(a)", "99999999999999999999.999999999999999999", exact},
	{"make_timestamp(2024, 1, 1, 1, 1, a)", "[-2147483648]", seconds},
	{"make_timestamp(2024, 1, 1, 1, 1, a)", "[2147483648]", seconds},
	{"to_timestamp(a, 'yyyy-MM-dd VV')", "europe/berlin", letters},
	{"last_day(a)", "+5881580-07-11", wraps},
	{"next_day(a, 'friday')", "-5877641-06-23", wraps},
	{"trunc(a, 'year')", "-5877641-06-23", wraps},
	{"trunc(a, 'year')", "-5877641-07-01", wraps},
	{"trunc(a, 'yyyy')", "-5877641-06-23", wraps},
	{"trunc(a, 'yyyy')", "-5877641-07-01", wraps},
	{"trunc(a, 'YY')", "-5877641-06-23", wraps},
	{"trunc(a, 'YY')", "-5877641-07-01", wraps},
	{"trunc(a, 'Month')", "-5877641-06-23", wraps},
	{"trunc(a, 'MON')", "-5877641-06-23", wraps},
	{"trunc(a, 'mm')", "-5877641-06-23", wraps},
	{"trunc(a, 'week')", "-5877641-06-23", wraps},
	{"trunc(a, 'week')", "-5877641-07-01", wraps},
}

// oracleZones are the sessions' time zones of the families that are not of UTC.
var oracleZones = map[string]*time.Location{"time_berlin": mustZone("Europe/Berlin")}

func mustZone(name string) *time.Location {
	zone, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return zone
}
