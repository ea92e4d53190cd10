// Package rows maps Go structs to the rows of a table, in both directions.
//
//	type Trip struct {
//		ID       int64
//		City     string          `delta:"city,partition"`
//		Start    time.Time       // timestamp
//		Day      time.Time       `delta:",date"`
//		Price    string          `delta:"price,decimal(10,2)"`
//		Tip      *float64        // nullable
//		Stops    []string        // array
//		internal string          // not exported: not a column
//	}
//
// A field's column has the field's name in snake case (PickupTime is
// pickup_time) unless the tag gives another; the tag "-" leaves it out. The
// fields of an embedded struct are columns like the others, unless a tag names
// it: then it is a column itself. The types are:
//
//	bool; string; []byte                 boolean; string; binary
//	int8, int16, int32, int64 and int    byte, short, integer, long
//	uint8, uint16, uint32                short, integer, long
//	uint64, uint                         decimal(20,0)
//	float32, float64                     float, double
//	time.Time                            timestamp; with the options date or ntz: date, timestamp_ntz
//	string with decimal(p,s)             decimal
//	slice; map; struct                   array; map; struct
//	Variant                              variant
//	pointer, sql.Null                    the same, nullable; slices and maps are nullable, too
//
// Everything else, time.Duration included, is refused with an error that names
// the field. A value that its column cannot hold exactly (a time.Time finer
// than microseconds, a decimal with too many digits) is an error as well.
package rows
