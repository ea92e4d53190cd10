package expr

import (
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/schema"
)

// allocationFree are expressions of each kind of node, on the columns of
// benchBatch.
var allocationFree = []string{
	"quantity < 24 AND discount BETWEEN 0.05 AND 0.07 AND shipdate >= DATE '1994-01-01'",
	"comment LIKE '%special%' OR comment IN ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')",
	"quantity * 2 + linenumber / 3 > 20 OR -discount < -0.5 OR linenumber % 3 = 1",
	"CASE WHEN linenumber = 1 THEN quantity WHEN discount > 0.05 THEN 1 ELSE linenumber END > 3",
	"coalesce(nullif(linenumber, 2), 7) = 7 OR if(linenumber = 1, comment, 'x') = 'x'",
	"CAST(linenumber AS STRING) = '3' OR CAST(quantity AS DOUBLE) > 3 OR TRY_CAST(comment AS INT) = 3",
	"CAST(CAST(quantity AS STRING) AS DECIMAL(20,4)) > 3 OR CAST(shipdate AS STRING) > '1995'",
	"comment || 'x' = 'y' OR char_length(comment) > 30 OR concat(comment, comment) = 'a'",
	"shipdate + 3 > DATE '1995-01-01' OR shipdate IS NULL OR comment <=> 'a'",
	"round(discount, 1) > 1 OR exp(discount) > 2 OR pow(discount, 2) > 1 OR sin(discount) > 1 OR abs(linenumber) = 9 OR floor(quantity) = 9",
	"bround(quantity, 1) > 99 OR greatest(linenumber, 3, 5) = 9 OR pmod(linenumber, 3) = 9 OR try_divide(linenumber, 2) = 9 OR ceil(discount, 1) = 9",
	"hash(linenumber, comment, quantity) = 0 OR xxhash64(comment, shipdate, discount) = 0 OR crc32(comment) = 0 OR sha2(comment, 256) = ''",
	"md5(comment) = 'a' OR unhex(hex(comment)) = X'00'",
	"unbase64(base64(comment)) = X'00' OR decode(encode(comment, 'UTF-16'), 'UTF-16') = 'a'",
	"array(linenumber, 3)[0] = 3 OR array_contains(array(1, 2), linenumber) OR named_struct('a', linenumber).a = 3",
	"upper(comment) = 'A' OR lower(comment) = 'A' OR initcap(comment) = 'A' OR comment ILIKE 'A%' OR reverse(comment) = 'a' OR repeat(comment, 2) = 'a'",
	"trim(comment) = 'a' OR ltrim('c', comment) = 'a' OR substring(comment, 3, 5) = 'a' OR left(comment, 3) = 'a' OR right(comment, 3) = 'a' OR split_part(comment, ' ', -1) = 'a'",
	"lpad(comment, 50, 'xy') = 'a' OR rpad(comment, 9) = 'a' OR replace(comment, 'a', 'bb') = 'a' OR translate(comment, 'abc', 'xy') = 'a' OR concat_ws(' ', comment, comment) = 'a'",
	"instr(comment, 'special') = 1 OR locate('e', comment, 5) = 1 OR contains(comment, 'x') OR startswith(comment, comment) AND ascii(comment) = 1 OR chr(linenumber) = 'a'",
	"comment RLIKE 'special.*req' OR comment RLIKE '(a|b)x$' OR regexp_count(comment, 'e+') = 99 OR regexp_instr(comment, 'x') = 99 OR regexp_substr(comment, '[a-c]+') = 'x'",
	"regexp_extract(comment, '([a-z]+) ([a-z]+)', 2) = 'x' OR regexp_replace(comment, '([a-z]+) ([a-z]+)', '$2 $1') = 'x'",
}

func TestNoExpressionAllocatesForEachRow(t *testing.T) {
	if raced {
		t.Skip("package regexp keeps its machines in a pool")
	}
	for _, text := range allocationFree {
		var counts []float64
		for _, rows := range []int{512, 65_536} {
			s, batch := benchBatch(t, rows)
			defer batch.Release()
			counts = append(counts, allocations(t, s, text, func(b *Bound) {
				out, err := b.Eval(batch, memory.DefaultAllocator)
				if err != nil {
					t.Fatalf("%s: %v", text, err)
				}
				out.Release()
			}))
		}
		// Buffers that grow take a few steps more for more rows.
		if grew := counts[1] - counts[0]; grew > 100 {
			t.Errorf("%s: %v allocations for 512 rows, %v for 65,536", text, counts[0], counts[1])
		}
	}
}

func allocations(t *testing.T, s *schema.Struct, text string, f func(*Bound)) float64 {
	t.Helper()
	b, err := SQL(text).Bind(s, Env{})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return testing.AllocsPerRun(1, func() { f(b) })
}
