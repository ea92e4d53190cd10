package expr

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

func TestTimesFollowTheClockOfTheZone(t *testing.T) {
	for _, c := range []struct{ zone, text, want string }{ // Spark's results, in these zones
		{"America/Los_Angeles", "TIMESTAMP '2024-03-09 02:30:00' + INTERVAL '1' DAY", "timestamp | 2024-03-10 03:30:00"},
		{"America/Los_Angeles", "TIMESTAMP '2024-03-09 02:30:00' + INTERVAL '23' HOUR", "timestamp | 2024-03-10 01:30:00"},
		{"America/Los_Angeles", "TIMESTAMP '2024-02-10 02:30:00' + INTERVAL '1' MONTH", "timestamp | 2024-03-10 03:30:00"},
		{"America/Los_Angeles", "unix_seconds(TIMESTAMP '2024-11-02 01:30:00' + INTERVAL '1' DAY)", "bigint | 1730622600"},
		{"America/Los_Angeles", "unix_seconds(TIMESTAMP '2024-11-04 01:30:00' - INTERVAL '1' DAY)", "bigint | 1730626200"},
		{"America/Los_Angeles", "date_format(TIMESTAMP '2024-11-03 09:30:00Z', 'yyyy-MM-dd HH:mm XXX VV O')", "string | 2024-11-03 01:30 -08:00 America/Los_Angeles GMT-8"},
		{"America/Los_Angeles", "unix_seconds(date_trunc('hour', TIMESTAMP '2024-11-03 09:30:00Z'))", "bigint | 1730624400"},
		{"America/Los_Angeles", "unix_seconds(date_trunc('hour', TIMESTAMP '2024-11-03 08:30:00Z'))", "bigint | 1730620800"},
		{"America/Los_Angeles", "hour(TIMESTAMP '2024-07-01 00:00:00Z')", "int | 17"},
		{"Asia/Kolkata", "date_trunc('hour', TIMESTAMP '2024-07-01 00:00:00Z')", "timestamp | 2024-07-01 05:00:00"},
		{"Asia/Kolkata", "date_format(TIMESTAMP '2024-07-01 00:00:00Z', 'HH:mm X XX O')", "string | 05:30 +0530 +0530 GMT+5:30"},
		{"Asia/Kolkata", "unix_timestamp('2024-07-01 05:30:00')", "bigint | 1719792000"},
		{"Australia/Lord_Howe", "TIMESTAMP '2024-10-06 02:15:00'", "timestamp | 2024-10-06 02:45:00"},
		{"Australia/Lord_Howe", "date_trunc('hour', TIMESTAMP '2024-10-06 02:45:00')", "timestamp | 2024-10-06 02:30:00"},
		{"Australia/Lord_Howe", "unix_seconds(date_trunc('hour', TIMESTAMP '2024-04-06 15:10:00Z'))", "bigint | 1712412000"},
		{"America/Toronto", "date_trunc('day', TIMESTAMP '1919-03-31 12:00:00')", "timestamp | 1919-03-31 01:00:00"},
		{"America/Toronto", "date_trunc('month', TIMESTAMP '1919-03-31 12:00:00')", "timestamp | 1919-03-01 00:00:00"},
		{"America/Toronto", "CAST(DATE '1919-03-31' AS TIMESTAMP)", "timestamp | 1919-03-31 00:30:00"},
		{"America/Toronto", "date_trunc('week', TIMESTAMP '1919-04-02 12:00:00')", "timestamp | 1919-03-31 00:30:00"},
		{"Pacific/Apia", "DATE '2011-12-29' + INTERVAL '24' HOUR", "timestamp | 2011-12-31 00:00:00"},
		{"Pacific/Apia", "current_timezone()", "string | Pacific/Apia"},
	} {
		if got := show(t, c.text, Env{Zone: mustZone(c.zone)}); got != c.want {
			t.Errorf("%s: %s: %s, want %s", c.zone, c.text, got, c.want)
		}
	}
}

func TestTheTimeOfTheStatementIsThatOfTheEnvironment(t *testing.T) {
	env := Env{Zone: mustZone("Europe/Berlin"), Now: time.Date(2024, 6, 30, 23, 30, 0, 0, time.UTC)}
	for text, want := range map[string]string{
		"current_date()":                      "date | 2024-07-01",
		"CURRENT_DATE":                        "date | 2024-07-01",
		"curdate()":                           "date | 2024-07-01",
		"now()":                               "timestamp | 2024-07-01 01:30:00",
		"Current_Timestamp":                   "timestamp | 2024-07-01 01:30:00",
		"localtimestamp()":                    "timestamp_ntz | 2024-07-01 01:30:00",
		"unix_timestamp()":                    "bigint | 1719790200",
		"current_date - INTERVAL 1 DAY":       "date | 2024-06-30",
		"now() - INTERVAL '1' HOUR > now()":   "boolean | false",
		"date_format(current_date(), 'EEEE')": "string | Monday",
	} {
		if got := show(t, text, env); got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
	for _, text := range []string{"current_date()", "current_date", "now()", "localtimestamp()", "unix_timestamp()"} {
		var unsupported *UnsupportedError
		if _, err := SQL(text).Bind(&schema.Struct{}, Env{}); !errors.As(err, &unsupported) || !strings.Contains(err.Error(), "Env.Now") {
			t.Errorf("%s without a time: %v", text, err)
		}
	}
}

func TestWhatTimesDoNotSupportIsNamed(t *testing.T) {
	kolkata := mustZone("Asia/Kolkata")
	for _, c := range []struct {
		text, what string
		zone       *time.Location
	}{
		{"INTERVAL '1' DAY", "INTERVAL other than", nil},
		{"INTERVAL '1' DAY = INTERVAL '24' HOUR", "INTERVAL other than", nil},
		{"d + (INTERVAL '1' DAY + INTERVAL '1' HOUR)", "INTERVAL other than", nil},
		{"2 * INTERVAL '1' DAY", "INTERVAL beside *", nil},
		{"NULL + INTERVAL '1' DAY", "NULL + INTERVAL", nil},
		{"t - t", "INTERVAL", nil},
		{"to_timestamp(s, 'yyyy z')", "date pattern letter z", nil},
		{"date_format(t, 'yyyy z')", "date pattern letter z", kolkata},
		{"date_format(t, 'v')", "date pattern letter v", nil},
		{"date_format(t, 'g')", "date pattern letter g", nil},
		{"current_timezone()", "zone without name", time.FixedZone("", 3600)},
	} {
		var unsupported *UnsupportedError
		if _, err := SQL(c.text).Bind(testSchema, Env{Zone: c.zone}); !errors.As(err, &unsupported) || !strings.Contains(unsupported.What, c.what) {
			t.Errorf("%s: %v, want %s unsupported", c.text, err, c.what)
		}
	}
}

func TestAPatternThatARowHasIsRefusedByName(t *testing.T) {
	b := mustBind(t, "date_format(t, s)", testSchema)
	_, err := b.EvalRow(func(path []string) value.Value {
		if path[0] == "s" {
			return value.String("yyyy v")
		}
		return value.Int(schema.Timestamp, 0)
	})
	var unsupported *UnsupportedError
	if !errors.As(err, &unsupported) || unsupported.What != "date pattern letter v" {
		t.Errorf("%v, want the letter v unsupported", err)
	}
}

func TestADurationIsAnIntervalParameter(t *testing.T) {
	for d, want := range map[time.Duration]string{
		36 * time.Hour:           "timestamp | 2024-02-28 12:00:00",
		-1500 * time.Microsecond: "timestamp | 2024-03-01 00:00:00.0015",
		0:                        "timestamp | 2024-03-01 00:00:00",
	} {
		e := SQL("TIMESTAMP '2024-03-01' - ?", d)
		checkRoundTrip(t, e)
		b, err := e.Bind(&schema.Struct{}, Env{})
		if err != nil {
			t.Fatal(err)
		}
		if got := show(t, b.String(), Env{}); got != want {
			t.Errorf("%v: %s, want %s", d, got, want)
		}
	}
	var syntax *SyntaxError
	if err := SQL("t + ?", 1500*time.Nanosecond).Err(); !errors.As(err, &syntax) {
		t.Errorf("parts of a microsecond: %v", err)
	}
}

var printedTimes = []string{
	"t + INTERVAL '1' DAY", "t - INTERVAL -'1-2' YEAR TO MONTH", "INTERVAL 1 DAY 2 HOURS + n", "t + -INTERVAL '1' HOUR", "d + INTERVAL '2 days -3 hours'", "d + INTERVAL 1 MONTH",
	"d - INTERVAL 2 WEEKS", "s + INTERVAL '1.5' SECOND", "EXTRACT(SECOND FROM t) > EXTRACT(DOW_ISO FROM d)", "date_part('YearOfWeek', d)", "to_date(s, 'yyyy''x''')",
	"date_add(d, i) > dateadd(d, 1)", "date_trunc('week', t)", "trunc(d, 'MM')", "unix_timestamp(s)", "to_timestamp_ltz(s, 'yyyy')", "to_timestamp_ntz(d, 'yyyy')",
	"make_timestamp(i, i, i, i, i, e, s)", "months_between(t, n, b)", "next_day(d, 'MO')", "d - INTERVAL '-2147483648' MONTH", "t + INTERVAL '0.000001' SECOND - INTERVAL '1' DAY",
	"hour(n) + minute(t)", "from_unixtime(l, 'HH')", "timestamp_seconds(w)", "add_months(d, i)", "datediff(d, d)", "date_format(t, '[yyyy]')",
}

func TestFunctionsOfTimesPrintBack(t *testing.T) {
	for _, zone := range []*time.Location{nil, mustZone("Europe/Berlin")} {
		for _, text := range printedTimes {
			checkRoundTrip(t, SQL(text))
			b, err := SQL(text).Bind(testSchema, Env{Zone: zone})
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			again, err := SQL(b.String()).Bind(testSchema, Env{Zone: zone})
			if err != nil || again.String() != b.String() || !sameType(again.Type(), b.Type()) {
				t.Errorf("%s: bound as %s, which is bound as %v, %v", text, b, again, err)
			}
		}
	}
}

// orderedTimes are functions that keep the order of their one column.
var orderedTimes = []string{
	"year(d)", "date_part('YEAROFWEEK', d)", "unix_date(d)", "date_from_unix_date(i)", "unix_micros(t)", "unix_millis(t)", "unix_seconds(t)", "timestamp_micros(l)", "timestamp_millis(l)",
	"timestamp_seconds(l)", "timestamp_seconds(i)", "timestamp_seconds(e)", "timestamp_seconds(w)", "last_day(d)", "add_months(d, 1)", "add_months(d, -13)", "add_months(d, 0)",
	"trunc(d, 'week')", "trunc(d, 'month')", "trunc(d, 'quarter')", "trunc(d, 'year')", "date_trunc('second', t)", "date_trunc('millisecond', t)", "date_trunc('microsecond', t)",
	"unix_timestamp(t)", "unix_timestamp(n)", "to_timestamp(t, 'yyyy')", "n + INTERVAL '1 02:00:00' DAY TO SECOND", "t + INTERVAL '5' HOUR",
	"t - INTERVAL '5' HOUR",
}

// orderedInUTC are those that keep it where no clock is ever set back.
var orderedInUTC = []string{
	"date_trunc('minute', t)", "date_trunc('hour', t)", "date_trunc('day', t)", "date_trunc('week', t)", "date_trunc('month', t)", "date_trunc('quarter', t)", "date_trunc('year', t)",
	"t + INTERVAL '1' DAY", "t - INTERVAL '25' HOUR",
}

func TestFunctionsOfTimesKeepTheOrderTheySayTheyKeep(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	berlin := mustZone("Europe/Berlin")
	for _, text := range orderedTimes {
		for _, zone := range []*time.Location{nil, berlin} {
			requireOrder(t, text, zone, random)
		}
	}
	for _, text := range orderedInUTC {
		requireOrder(t, text, nil, random)
		if n := boundCall(t, text, berlin); n.fn.keeps != 0 {
			t.Errorf("%s says that it keeps order although clocks are set back", text)
		}
	}
}

func TestMonthsAddedToATimestampDoNotKeepOrder(t *testing.T) {
	for _, text := range []string{"t + INTERVAL '1' MONTH", "n - INTERVAL '1' YEAR"} {
		if n := boundCall(t, text, nil); n.fn.keeps != 0 {
			t.Errorf("%s says that it keeps order", text)
		}
	}
	earlier, later := show(t, "TIMESTAMP '2024-01-30 12:00:00' + INTERVAL '1' MONTH", Env{}), show(t, "TIMESTAMP '2024-01-31 10:00:00' + INTERVAL '1' MONTH", Env{})
	if earlier <= later {
		t.Errorf("%s, %s: order is kept after all", earlier, later)
	}
}

func boundCall(t *testing.T, text string, zone *time.Location) *Call {
	t.Helper()
	b, err := SQL(text).Bind(testSchema, Env{Zone: zone})
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	n, ok := b.Root().(*Call)
	if !ok {
		t.Fatalf("%s is a %T", text, b.Root())
	}
	return n
}

// requireOrder applies a function to values in order, extreme ones among them.
func requireOrder(t *testing.T, text string, zone *time.Location, random *rand.Rand) {
	t.Helper()
	n := boundCall(t, text, zone)
	operand, ok := n.KeepsOrder()
	if !ok {
		t.Errorf("%s does not say that it keeps order", text)
		return
	}
	args := make([]value.Value, len(n.Args))
	for i, arg := range n.Args {
		if lit, ok := arg.(*Literal); ok {
			args[i] = lit.Value
		}
	}
	var last value.Value
	for _, v := range orderedValues(n.Args[operand].Type(), random) {
		args[operand] = v
		got, err := n.Apply(args...)
		if err != nil {
			continue
		}
		if got.IsNull() {
			t.Errorf("%s of %#v is null", text, v)
		} else if order, _ := value.Compare(last, got); !last.IsNull() && order > 0 {
			t.Errorf("%s: %#v, and then for %#v it is %#v", text, last, v, got)
		}
		last = got
	}
}

func orderedValues(typ schema.Type, random *rand.Rand) []value.Value {
	var numbers []int64
	for range 700 {
		switch typ {
		case schema.Integer, schema.Date:
			numbers = append(numbers, int64(int32(random.Uint32())), int64(random.IntN(60_000)))
		case schema.Timestamp, schema.TimestampNTZ:
			numbers = append(numbers, int64(random.Uint64()), 1_704_067_200_000_000+random.Int64N(366*microsPerDay))
		default:
			numbers = append(numbers, int64(random.Uint64()>>random.IntN(64)), -int64(random.Uint64()>>1>>random.IntN(63)))
		}
	}
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if kindOf(typ) == isInt32 {
		low, high = math.MinInt32, math.MaxInt32
	}
	for i := range int64(400) {
		numbers = append(numbers, low+i, high-i, i-200)
	}
	slices.Sort(numbers)
	values := make([]value.Value, len(numbers))
	for i, n := range numbers {
		if d, ok := typ.(schema.Decimal); ok {
			values[i] = value.Decimal(d, value.FromInt64(n))
		} else {
			values[i] = value.Int(typ.(schema.Primitive), n)
		}
	}
	return values
}

// timeBatch has a timestamp, a date and the text of each.
func timeBatch(t testing.TB, rows int) (*schema.Struct, arrow.RecordBatch) {
	s := &schema.Struct{Fields: []schema.Field{
		{Name: "t", Type: schema.Timestamp}, {Name: "d", Type: schema.Date}, {Name: "s", Type: schema.String}, {Name: "i", Type: schema.Integer},
	}}
	as, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, as)
	defer b.Release()
	r := rand.New(rand.NewPCG(2, 2))
	for range rows {
		micros := r.Int64N(50 * 366 * microsPerDay)
		b.Field(0).(*array.TimestampBuilder).Append(arrow.Timestamp(micros))
		b.Field(1).(*array.Date32Builder).Append(arrow.Date32(micros / microsPerDay))
		b.Field(2).(*array.StringBuilder).Append(formatTimestamp(micros, nil)[:10])
		b.Field(3).(*array.Int32Builder).Append(int32(r.IntN(100)))
	}
	return s, b.NewRecordBatch()
}

var timedFunctions = map[string]string{
	"field":       "year(d) + weekofyear(t)",
	"clock":       "hour(t) + second(t)",
	"seconds":     "EXTRACT(SECOND FROM t)",
	"cut":         "date_trunc('week', t)",
	"truncDate":   "trunc(d, 'month')",
	"months":      "add_months(d, i)",
	"between":     "months_between(t, d)",
	"format":      "date_format(t, 'EEE, d MMM yyyy HH:mm:ss.SSS XXX')",
	"parse":       "to_timestamp(s, 'yyyy-MM-dd[ HH:mm]')",
	"unix":        "unix_timestamp(s, 'yyyy-MM-dd') + unix_seconds(t)",
	"interval":    "t + INTERVAL '1-2' YEAR TO MONTH - INTERVAL '1 02:00:00' DAY TO SECOND",
	"zone":        "from_utc_timestamp(t, 'America/Los_Angeles')",
	"make":        "make_date(2024, 1, 1 + i % 28)",
	"nextDay":     "next_day(d, 'friday')",
	"dayName":     "dayname(d)",
	"fromSeconds": "from_unixtime(i)",
}

func TestFunctionsOfTimesAllocateNothingForEachRow(t *testing.T) {
	for name, text := range timedFunctions {
		for _, zone := range []*time.Location{nil, mustZone("Europe/Berlin")} {
			var counts []float64
			for _, rows := range []int{512, 32_768} {
				s, batch := timeBatch(t, rows)
				defer batch.Release()
				b, err := SQL(text).Bind(s, Env{Zone: zone})
				if err != nil {
					t.Fatal(err)
				}
				counts = append(counts, testing.AllocsPerRun(1, func() {
					out, err := b.Eval(batch, memory.DefaultAllocator)
					if err != nil {
						t.Fatal(err)
					}
					out.Release()
				}))
			}
			if grew := counts[1] - counts[0]; grew > 100 {
				t.Errorf("%s: %v allocations for 512 rows, %v for 32,768", name, counts[0], counts[1])
			}
		}
	}
}

func BenchmarkTimes(b *testing.B) {
	const rows = 65_536
	s, batch := timeBatch(b, rows)
	defer batch.Release()
	for name, text := range timedFunctions {
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
			b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds()/1e6, "Mrows/s")
		})
	}
}
