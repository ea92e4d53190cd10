package rows

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/variantbin"
)

// Variant is a semi-structured value in the binary form of Parquet's
// VariantEncoding, as a column of type variant has it.
type Variant struct {
	Metadata []byte // the names of the fields of all objects inside
	Value    []byte
}

// MarshalJSON is the value as JSON: numbers with all their digits; dates, times
// and UUIDs as strings in ISO form, binaries in base64, NaN and the infinities
// as strings. The fields of objects are in the order of their names.
func (v Variant) MarshalJSON() ([]byte, error) {
	var d variantbin.Dictionary
	return appendVariant(nil, &d, v.Metadata, v.Value)
}

func appendVariant(dst []byte, d *variantbin.Dictionary, metadata, value []byte) ([]byte, error) {
	if err := d.Load(metadata); err != nil {
		return dst, err
	}
	return d.AppendJSON(dst, value)
}

// VariantJSON is for printing a column of a batch that is of type variant; it
// reports false if it is not. The function appends the value of row i, which is
// not null, as [Variant.MarshalJSON] does; it is not safe for concurrent use.
func VariantJSON(column arrow.Array) (text func(dst []byte, i int) ([]byte, error), ok bool) {
	s, is := column.(*array.Struct)
	if !is || !arrowconv.IsVariant(s.DataType()) {
		return nil, false
	}
	metadata, value := s.Field(0).(*array.Binary), s.Field(1).(*array.Binary)
	var d variantbin.Dictionary
	return func(dst []byte, i int) ([]byte, error) {
		return appendVariant(dst, &d, metadata.Value(i), value.Value(i))
	}, true
}
