package parquetio

import (
	"github.com/apache/arrow-go/v18/parquet"
	pqschema "github.com/apache/arrow-go/v18/parquet/schema"
)

// stored is how the file has a leaf: its physical type and what it means.
type stored struct {
	physical parquet.Type
	means    meaning
	bits     int   // integer: 8, 16, 32 or 64
	unsigned bool  // integer
	plain    bool  // not annotated
	prec     int   // decimal
	scale    int   // decimal
	unit     int64 // timestamp: how many make a second
}

type meaning uint8

const (
	storedOther     meaning = iota // time, interval, float16, …: nothing that Delta has
	storedInteger                  // INT32, INT64
	storedReal                     // FLOAT, DOUBLE
	storedBoolean                  // BOOLEAN
	storedText                     // BYTE_ARRAY with a string in it
	storedBlob                     // BYTE_ARRAY and FIXED_LEN_BYTE_ARRAY of any bytes
	storedDecimal                  // INT32, INT64, BYTE_ARRAY, FIXED_LEN_BYTE_ARRAY
	storedDate                     // INT32
	storedTimestamp                // INT64
	storedInt96                    // INT96, always a timestamp
)

// storedAs reads the annotation of a column.
func storedAs(d *pqschema.Column) stored {
	s := stored{physical: d.PhysicalType()}
	switch lt := d.LogicalType().(type) {
	case nil, pqschema.NoLogicalType, pqschema.UnknownLogicalType:
		s.means, s.bits = plainMeaning(s.physical)
		s.plain = true
	case pqschema.IntLogicalType:
		if s.physical == parquet.Types.Int32 || s.physical == parquet.Types.Int64 {
			s.means, s.bits, s.unsigned = storedInteger, int(lt.BitWidth()), !lt.IsSigned()
		}
	case pqschema.DecimalLogicalType:
		s.means, s.prec, s.scale = storedDecimal, int(lt.Precision()), int(lt.Scale())
		if s.prec < 1 || s.prec > 38 || s.scale < 0 || s.scale > s.prec {
			s.means = storedOther
		}
	case pqschema.DateLogicalType:
		if s.physical == parquet.Types.Int32 {
			s.means = storedDate
		}
	case pqschema.TimestampLogicalType:
		if s.physical == parquet.Types.Int64 {
			s.means, s.unit = storedTimestamp, unitOf(lt.TimeUnit())
		}
	case pqschema.StringLogicalType, pqschema.EnumLogicalType, pqschema.JSONLogicalType:
		if s.physical == parquet.Types.ByteArray {
			s.means = storedText
		}
	case pqschema.BSONLogicalType, pqschema.UUIDLogicalType, pqschema.GeometryLogicalType, pqschema.GeographyLogicalType:
		s.means, _ = plainMeaning(s.physical)
	}
	if s.unit == 0 && s.means == storedTimestamp {
		s.means = storedOther
	}
	return s
}

func plainMeaning(p parquet.Type) (m meaning, bits int) {
	switch p {
	case parquet.Types.Boolean:
		return storedBoolean, 0
	case parquet.Types.Int32:
		return storedInteger, 32
	case parquet.Types.Int64:
		return storedInteger, 64
	case parquet.Types.Int96:
		return storedInt96, 0
	case parquet.Types.Float, parquet.Types.Double:
		return storedReal, 0
	case parquet.Types.ByteArray, parquet.Types.FixedLenByteArray:
		return storedBlob, 0
	default:
		return storedOther, 0
	}
}

func unitOf(u pqschema.TimeUnitType) int64 {
	switch u {
	case pqschema.TimeUnitMillis:
		return 1_000
	case pqschema.TimeUnitMicros:
		return 1_000_000
	case pqschema.TimeUnitNanos:
		return 1_000_000_000
	default:
		return 0
	}
}
