package expr

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// BenchmarkTextFunctions has one expression for each kind of kernel.
func BenchmarkTextFunctions(b *testing.B) {
	const rows = 65_536
	s, batch := benchBatch(b, rows)
	defer batch.Release()
	for name, text := range map[string]string{
		"upper": "upper(comment)", "initcap": "initcap(comment)", "trim": "ltrim('cs', comment)", "substring": "substring(comment, 5, 10)",
		"right": "right(comment, 5)", "lpad": "lpad(comment, 40, 'xy')", "replace": "replace(comment, 'special', 'ordinary')", "translate": "translate(comment, 'abc', 'xy')",
		"split_part": "split_part(comment, ' ', 2)", "locate": "locate('s', comment, 5)", "like": "comment LIKE '%special%requests%'", "ilike": "comment ILIKE '%Special%Requests%'",
		"startswith": "startswith(comment, 'special')", "contains": "contains(comment, 'special')", "concat_ws": "concat_ws(', ', comment, comment)",
		"rlike": "comment RLIKE 'special.*requests'", "rlike text": "comment RLIKE 'special'", "rlike end": "comment RLIKE '(special|final)$'",
		"regexp_extract": "regexp_extract(comment, '(\\\\w+) requests', 1)", "regexp_replace": "regexp_replace(comment, '([a-z]+) ([a-z]+)', '$2 $1')",
	} {
		b.Run(name, func(b *testing.B) {
			bound, err := SQL(text).Bind(s, Env{})
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				out, err := bound.Eval(batch, memory.DefaultAllocator)
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/row")
		})
	}
}
