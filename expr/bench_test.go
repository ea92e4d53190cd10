package expr

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/schema"
)

// benchBatch looks like lineitem.
func benchBatch(b testing.TB, rows int) (*schema.Struct, arrow.RecordBatch) {
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "quantity", Type: schema.Decimal{Precision: 15, Scale: 2}}, {Name: "discount", Type: schema.Double},
		{Name: "shipdate", Type: schema.Date}, {Name: "comment", Type: schema.String}, {Name: "linenumber", Type: schema.Integer},
	}}
	as, err := arrowconv.Schema(s)
	if err != nil {
		b.Fatal(err)
	}
	rb := array.NewRecordBuilder(memory.DefaultAllocator, as)
	defer rb.Release()
	r := rand.New(rand.NewPCG(1, 1))
	words := strings.Fields("carefully final deposits sleep above the special requests according to ironic packages")
	for range rows {
		rb.Field(0).(*array.Decimal128Builder).Append(decimal128.FromI64(int64(r.IntN(50)+1) * 100))
		rb.Field(1).(*array.Float64Builder).Append(float64(r.IntN(11)) / 100)
		rb.Field(2).(*array.Date32Builder).Append(arrow.Date32(8000 + r.IntN(2500)))
		rb.Field(3).(*array.StringBuilder).Append(words[r.IntN(len(words))] + " " + words[r.IntN(len(words))] + " " + words[r.IntN(len(words))])
		rb.Field(4).(*array.Int32Builder).Append(int32(r.IntN(7)))
	}
	return s, rb.NewRecordBatch()
}

func BenchmarkFilter(b *testing.B) {
	const rows = 65_536
	s, batch := benchBatch(b, rows)
	defer batch.Release()
	var in []string
	for i := range 100 {
		in = append(in, fmt.Sprintf("'final deposits %d'", i))
	}
	for name, text := range map[string]string{
		"q6":    "quantity < 24 AND discount BETWEEN 0.05 AND 0.07 AND shipdate >= DATE '1994-01-01' AND shipdate < DATE '1995-01-01'",
		"int":   "linenumber < 3",
		"like":  "comment LIKE '%special%requests%'",
		"in100": "comment IN (" + strings.Join(in, ", ") + ")",
		"arith": "quantity * 2 > 50 OR discount * 100 = 7",
	} {
		b.Run(name, func(b *testing.B) {
			bound, err := SQL(text).Bind(s, Env{})
			if err != nil {
				b.Fatal(err)
			}
			var dst []int32
			b.ReportAllocs()
			for b.Loop() {
				if dst, err = bound.Filter(batch, dst[:0]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
