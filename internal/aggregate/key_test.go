package aggregate

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

var keyTypes = []schema.Type{
	schema.Boolean, schema.Byte, schema.Short, schema.Integer, schema.Long, schema.Float, schema.Double, schema.Date, schema.Timestamp,
	schema.TimestampNTZ, schema.String, schema.Binary, schema.Decimal{Precision: 9, Scale: 2}, schema.Decimal{Precision: 38, Scale: 10},
}

// anyValue is a value of a type, a null at times.
func anyValue(r *rand.Rand, t schema.Type) value.Value {
	n := r.Int64() >> r.IntN(64)
	if r.IntN(6) == 0 {
		return value.Null(t)
	}
	if d, ok := t.(schema.Decimal); ok {
		if d.Precision > 18 {
			return value.Decimal(d, value.Int128{Hi: n >> 8, Lo: r.Uint64()})
		}
		return value.Decimal(d, value.FromInt64(n%1_000_000_000))
	}
	text := make([]byte, r.IntN(20))
	for i := range text {
		text[i] = []byte{0, 0, 1, 'a', 254}[r.IntN(4+r.IntN(2))]
	}
	floats := []float64{0, math.Copysign(0, -1), math.NaN(), -math.NaN(), math.Inf(1), math.Inf(-1), 1.5, -1.5, math.SmallestNonzeroFloat32, -1e30}
	x := floats[r.IntN(len(floats))]
	switch t {
	case schema.Boolean:
		return value.Bool(n > 0)
	case schema.Byte:
		return value.Int(schema.Byte, int64(int8(n)))
	case schema.Short:
		return value.Int(schema.Short, int64(int16(n)))
	case schema.Integer, schema.Date:
		return value.Int(t.(schema.Primitive), int64(int32(n)))
	case schema.Float:
		return value.Float(float32(x))
	case schema.Double:
		return value.Double(x)
	case schema.String:
		return value.String(string(text))
	case schema.Binary:
		return value.Binary(text)
	default:
		return value.Int(t.(schema.Primitive), n)
	}
}

// TestKeysAreOrderedAsTheirValuesAre, are equal when those are, and hold them:
// written by column or by value, and with other columns behind them or not.
func TestKeysAreOrderedAsTheirValuesAre(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for _, typ := range keyTypes {
		for _, last := range []bool{false, true} {
			c := newKeyColumn(typ, last)
			dt, err := arrowconv.Type(typ)
			if err != nil {
				t.Fatal(err)
			}
			b := array.NewBuilder(memory.DefaultAllocator, dt)
			vals := make([]value.Value, 200)
			for i := range vals {
				vals[i] = anyValue(r, typ)
				c.read(c.appendValue(nil, vals[i]), b)
			}
			col := b.NewArray()
			var k keys
			k.encode([]keyColumn{c}, []arrow.Array{col}, len(vals))
			begin := 0
			all := make([][]byte, len(vals))
			for i, end := range k.ends {
				all[i] = k.data[begin:end]
				if one := c.appendValue(nil, vals[i]); !bytes.Equal(one, all[i]) {
					t.Fatalf("%v %#v: % x by itself, % x in a column", typ, vals[i], one, all[i])
				}
				begin = end
			}
			for i, a := range vals {
				for j, b := range vals {
					want, _ := value.Compare(a, b)
					switch {
					case a.IsNull() && b.IsNull():
						want = 0
					case a.IsNull():
						want = -1
					case b.IsNull():
						want = 1
					}
					if got := bytes.Compare(all[i], all[j]); got != want {
						t.Fatalf("%v: %#v to %#v is %d, want %d: % x, % x", typ, a, b, got, want, all[i], all[j])
					}
				}
			}
		}
	}
}

// TestWideSumsAreExact beyond 64 and 128 bits.
func TestWideSumsAreExact(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		var w, half wide
		want := new(big.Int)
		for range r.IntN(50) {
			v := value.Int128{Hi: r.Int64() >> r.IntN(64), Lo: r.Uint64()}
			n := r.Int64N(1 << 40)
			half.merge(times(v, n))
			want.Add(want, new(big.Int).Mul(v.Big(), big.NewInt(n)))
			w.add(v.Lo, v.Hi)
			want.Add(want, v.Big())
		}
		w.merge(half)
		if w.big().Cmp(want) != 0 {
			t.Fatalf("%v, want %v", w.big(), want)
		}
		if small, ok := w.small(); ok != (want.BitLen() < 128) || ok && small.Big().Cmp(want) != 0 {
			t.Fatalf("%v: %v, %v", want, small, ok)
		}
		if x, _ := new(big.Float).SetInt(want).Float64(); x != w.float() {
			t.Fatalf("%v: %v, want %v", want, w.float(), x)
		}
		if back, rest, ok := takeWide(w.append(nil)); !ok || len(rest) > 0 || back != w {
			t.Fatalf("%v comes back as %v", w, back)
		}
	}
}
