package parquetfile

import (
	"strconv"
	"strings"

	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// Keys that Spark writes into the footer.
const (
	keySparkVersion = "org.apache.spark.version"
	keyLegacyDates  = "org.apache.spark.legacyDateTime"
	keyLegacyInt96  = "org.apache.spark.legacyINT96"
	keyTimeZone     = "org.apache.spark.timeZone"
)

// Calendar says whether a file's dates follow the hybrid Julian and Gregorian
// calendar that Spark used before 3.0, in which a day before 1582-10-15 has
// another number than in the proleptic Gregorian calendar of the protocol.
type Calendar struct {
	LegacyDates bool   // dates, and timestamps in INT64
	LegacyInt96 bool   // timestamps in INT96
	Zone        string // the writer's time zone, if it said
}

// calendarOf reads the keys; a file without Spark's version is proleptic.
func calendarOf(m *metadata.FileMetaData) Calendar {
	get := func(key string) (string, bool) {
		for _, kv := range m.FileMetaData.KeyValueMetadata {
			if kv != nil && kv.Key == key {
				return kv.GetValue(), true
			}
		}
		return "", false
	}
	version, spark := get(keySparkVersion)
	if !spark {
		return Calendar{}
	}
	_, legacyDates := get(keyLegacyDates)
	_, legacyInt96 := get(keyLegacyInt96)
	zone, _ := get(keyTimeZone)
	major, minor := majorMinor(version)
	return Calendar{
		LegacyDates: legacyDates || major < 3,
		LegacyInt96: legacyInt96 || major < 3 || major == 3 && minor < 1,
		Zone:        zone,
	}
}

// majorMinor reads "3.0.1"; what cannot be read counts as new.
func majorMinor(version string) (major, minor int) {
	a, rest, _ := strings.Cut(version, ".")
	b, _, _ := strings.Cut(rest, ".")
	major, err := strconv.Atoi(a)
	if err != nil {
		return 4, 0
	}
	minor, _ = strconv.Atoi(b)
	return major, minor
}
