package skipping

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/foreset/foreset/expr"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/log"
	"github.com/foreset/foreset/schema"
)

// The columns of the random tables. p, q and r are partition columns.
var randomSchema = &schema.Struct{Fields: []schema.Field{
	{Name: "i", Type: schema.Integer}, {Name: "l", Type: schema.Long}, {Name: "y", Type: schema.Byte},
	{Name: "f", Type: schema.Float}, {Name: "g", Type: schema.Double}, {Name: "e", Type: schema.Decimal{Precision: 6, Scale: 2}},
	{Name: "w", Type: schema.Decimal{Precision: 20, Scale: 3}},
	{Name: "s", Type: schema.String}, {Name: "d", Type: schema.Date}, {Name: "t", Type: schema.Timestamp}, {Name: "n", Type: schema.TimestampNTZ},
	{Name: "b", Type: schema.Boolean}, {Name: "o", Type: &schema.Struct{Fields: []schema.Field{{Name: "x", Type: schema.Integer}}}},
	{Name: "p", Type: schema.Integer}, {Name: "q", Type: schema.String}, {Name: "r", Type: schema.Double},
}}

var randomPartitions = []string{"p", "q", "r"}

var randomTable = &log.Metadata{PartitionColumns: randomPartitions}

// generator makes random rows, statistics and predicates.
type generator struct {
	*rand.Rand
	long bool // strings are as long as writers cut, and longer
}

func pickOf[T any](g generator, choices ...T) T { return choices[g.IntN(len(choices))] }

// center makes values of one file lie near each other, so that statistics say
// something.
func (g generator) value(t schema.Type, center int64) value.Value {
	if g.IntN(6) == 0 {
		return value.Null(t)
	}
	near := center + int64(g.IntN(7)) - 3
	switch t {
	case schema.Byte, schema.Integer, schema.Date:
		return value.Int(t.(schema.Primitive), near)
	case schema.Long:
		if g.IntN(20) == 0 {
			return value.Int(schema.Long, pickOf(g, int64(math.MaxInt64), math.MinInt64))
		}
		return value.Int(schema.Long, near)
	case schema.Timestamp, schema.TimestampNTZ:
		return value.Int(t.(schema.Primitive), near*86_400_000_000/4+int64(g.IntN(3000)))
	case schema.Float, schema.Double:
		f := float64(near) / 2
		if g.IntN(8) == 0 {
			f = pickOf(g, math.NaN(), math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0)
		}
		if t == schema.Float {
			return value.Float(float32(f))
		}
		return value.Double(f)
	case schema.String:
		return value.String(g.text(near))
	case schema.Boolean:
		return value.Bool(near%2 == 0)
	}
	if t.(schema.Decimal).Precision > 18 { // more digits than a float64 has
		return value.Decimal(t.(schema.Decimal), value.FromInt64(1_234_567_890_123_456_789+near*31))
	}
	return value.Decimal(t.(schema.Decimal), value.FromInt64(near*25))
}

func (g generator) text(near int64) string {
	if !g.long && g.IntN(3) == 0 {
		return strconv.FormatInt(near, 10)
	}
	letters := []string{"a", "ab", "abc", "é", "z", "\U0010FFFF", "", "longer than a prefix of 8", "abcdefghij"}
	if g.long {
		return strings.Repeat("ab", 15) + pickOf(g, "a", "ab", "abz", "ab\U0010FFFF", "az", "é", "éé", "a\U0010FFFF\U0010FFFFx")
	}
	return letters[((near%9)+9)%9] + pickOf(g, "", "", "x", "é")
}

type row map[string]value.Value

func (r row) of(path []string) value.Value { return r[strings.Join(path, ".")] }

// leaves are the columns with statistics.
var leaves = []string{"i", "l", "y", "f", "g", "e", "w", "s", "d", "t", "n", "b", "o.x"}

func typeOf(name string) schema.Type {
	f, _ := randomSchema.Field(strings.Split(name, ".")...)
	return f.Type
}

func (g generator) rows() []row {
	centers := map[string]int64{}
	for _, name := range append(leaves, randomPartitions...) {
		centers[name] = int64(g.IntN(21)) - 10
	}
	partition := row{}
	for _, name := range randomPartitions {
		partition[name] = g.value(typeOf(name), centers[name])
		if v := partition[name]; !v.IsNull() && v.Type() == schema.String && v.Text() == "" {
			partition[name] = value.Null(schema.String) // the log has no empty string
		}
	}
	onlyNulls := pickOf(g, leaves...)
	rows := make([]row, 1+g.IntN(6))
	for i := range rows {
		rows[i] = row{}
		for _, name := range leaves {
			rows[i][name] = g.value(typeOf(name), centers[name])
		}
		if g.IntN(2) == 0 {
			rows[i][onlyNulls] = value.Null(typeOf(onlyNulls))
		}
		for name, v := range partition {
			rows[i][name] = v
		}
	}
	return rows
}

// exactBounds is what is true of a column.
func exactBounds(rows []row, name string, ignoreNaN bool) (Bounds, int64) {
	b := Bounds{NaN: !ignoreNaN}
	nulls := int64(0)
	for _, r := range rows {
		v := r[name]
		if v.IsNull() {
			nulls++
			continue
		}
		if ignoreNaN && isFloat(v.Type()) && math.IsNaN(v.Float64()) {
			continue
		}
		if b.Min.IsNull() || compare(v, b.Min) < 0 {
			b.Min = v
		}
		if b.Max.IsNull() || compare(v, b.Max) > 0 {
			b.Max = v
		}
	}
	b.Nulls = NullsOf(nulls, int64(len(rows)))
	return b, nulls
}

// add writes the rows as a writer of some engine would: with statistics that
// are exact, or legally less.
func (g generator) add(rows []row) *log.AddFile {
	add := &log.AddFile{Path: "x", PartitionValues: map[string]*string{}, DataChange: true}
	for _, name := range randomPartitions {
		v := rows[0][name]
		if v.IsNull() {
			if g.IntN(2) == 0 {
				add.PartitionValues[name] = nil
			}
			continue
		}
		text, ok, err := v.PartitionString()
		if err != nil || !ok {
			panic(fmt.Sprint(v, ok, err))
		}
		add.PartitionValues[name] = &text
	}
	minValues, maxValues, nullCount := map[string]any{}, map[string]any{}, map[string]any{}
	foreign := g.IntN(2) == 0
	tight := !foreign || g.IntN(2) == 0
	for _, name := range leaves {
		if foreign && g.IntN(6) == 0 {
			continue
		}
		b, nulls := exactBounds(rows, name, true)
		low, high := g.bound(b.Min, false, foreign), g.bound(b.Max, true, foreign)
		if !tight && nulls != 0 && nulls != int64(len(rows)) {
			nulls = int64(g.IntN(len(rows) + 1))
			if nulls == 0 || nulls == int64(len(rows)) {
				nulls = -1
			}
		}
		set := func(in map[string]any, x any) {
			if parent, child, nested := strings.Cut(name, "."); nested {
				in[parent] = map[string]any{child: x}
			} else {
				in[name] = x
			}
		}
		if low != "" && !(foreign && g.IntN(8) == 0) {
			set(minValues, json.RawMessage(low))
		}
		if high != "" && !(foreign && g.IntN(8) == 0) {
			set(maxValues, json.RawMessage(high))
		}
		if nulls >= 0 && !(foreign && g.IntN(8) == 0) {
			set(nullCount, nulls)
		}
	}
	all := map[string]any{"numRecords": len(rows), "minValues": minValues, "maxValues": maxValues, "nullCount": nullCount}
	if !tight {
		all["tightBounds"] = false
	}
	text, err := json.Marshal(all)
	if err != nil {
		panic(err)
	}
	if add.Stats = string(text); foreign && g.IntN(10) == 0 {
		add.Stats = pickOf(g, "", "{}", "not json", `{"numRecords":3}`)
	}
	return add
}

// bound is a bound as JSON: exact, or for a foreign writer wider.
func (g generator) bound(v value.Value, upper, foreign bool) string {
	if v.IsNull() {
		return ""
	}
	direction := int64(-1)
	if upper {
		direction = 1
	}
	widen := foreign && g.IntN(3) == 0
	switch t := v.Type(); t {
	case schema.Float, schema.Double:
		f := v.Float64()
		if math.IsInf(f, 0) {
			return pickOf(g, "", strconv.Quote(strings.ReplaceAll(strconv.FormatFloat(f, 'g', -1, 64), "Inf", "Infinity")))
		}
		if widen {
			f += float64(direction)
		}
		bits := 64
		if t == schema.Float {
			bits = 32
		}
		if f == 0 && foreign {
			f = math.Copysign(0, pickOf(g, -1.0, 1))
		}
		return strconv.FormatFloat(f, pickOf(g, byte('e'), 'f'), -1, bits)
	case schema.String:
		return g.stringBound(v.Text(), upper, foreign)
	case schema.Boolean:
		if !foreign {
			return ""
		}
	case schema.Timestamp, schema.TimestampNTZ: // cut down to milliseconds on either side
		ms := v.Int64() / 1000
		if v.Int64()%1000 < 0 {
			ms--
		}
		if widen {
			ms += direction * 5
		}
		if t == schema.TimestampNTZ {
			return strconv.Quote(time.UnixMilli(ms).UTC().Format(pickOf(g, "2006-01-02T15:04:05.000", "2006-01-02 15:04:05.000")))
		}
		zone := time.UTC
		if foreign {
			zone = time.FixedZone("", pickOf(g, 0, 19_800, -28_800))
		}
		return strconv.Quote(time.UnixMilli(ms).In(zone).Format("2006-01-02T15:04:05.000Z07:00"))
	case schema.Byte, schema.Integer, schema.Date:
		if widen {
			v = value.Int(t.(schema.Primitive), v.Int64()+direction)
		}
	}
	text := string(v.AppendJSON(nil))
	if d, ok := v.Type().(schema.Decimal); ok && foreign { // through a float64, or without its zeros
		f, _ := strconv.ParseFloat(text, 64)
		if d.Precision > 18 || g.IntN(2) == 0 {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
	}
	return text
}

// stringBound cuts a text to a prefix of 32 characters, and makes it an upper
// bound as writers do: some not at all, and others cut to 8 and know it.
func (g generator) stringBound(s string, upper, foreign bool) string {
	r := []rune(s)
	cut := 32
	if foreign && g.IntN(2) == 0 {
		cut = 8
	}
	if len(r) > cut {
		tie := "\U0010FFFF"
		switch {
		case cut == 8:
			tie += tie
		case r[cut] < 0x7f:
			tie = "\x7f"
		}
		if s = string(r[:cut]); upper && !(foreign && cut == 32 && g.IntN(2) == 0) {
			for _, c := range r[cut:] { // a greater character than the one cut off
				if c != '\U0010FFFF' {
					break
				}
				s += string(c)
			}
			s += tie
		}
	}
	text, _ := json.Marshal(s)
	return string(text)
}

// conjuncts is a random predicate as conjuncts. None of them is an AND itself:
// a filter takes those apart.
func (g generator) conjuncts() []string {
	out := make([]string, 1+g.IntN(3))
	for i := range out {
		out[i] = g.condition(2, false)
	}
	return out
}

func (g generator) condition(depth int, and bool) string {
	if depth > 0 {
		switch g.IntN(8) {
		case 0, 1:
			return "(" + g.condition(depth-1, true) + " OR " + g.condition(depth-1, true) + ")"
		case 2:
			return "NOT " + g.condition(depth-1, true)
		case 3:
			if and {
				return "(" + g.condition(depth-1, true) + " AND " + g.condition(depth-1, true) + ")"
			}
		case 4:
			return "(" + g.condition(depth-1, true) + ") IS NULL"
		}
	}
	name := pickOf(g, append(leaves, randomPartitions...)...)
	column, typ := g.operand(name)
	op := pickOf(g, "=", "<", "<=", ">", ">=", "!=", "<=>")
	switch g.IntN(13) {
	case 0:
		return "(" + column + " IS NULL)"
	case 1:
		return "(" + column + " IS NOT NULL)"
	case 2:
		items := make([]string, 1+g.IntN(4))
		for i := range items {
			items[i] = g.literal(typ)
		}
		return "(" + column + pickOf(g, " IN (", " NOT IN (") + strings.Join(items, ", ") + "))"
	case 3:
		if and {
			return "(" + column + " BETWEEN " + g.literal(typ) + " AND " + g.literal(typ) + ")"
		}
	case 4:
		return "(" + g.literal(typ) + " " + op + " " + column + ")"
	case 5:
		other := pickOf(g, leaves...)
		if typeOf(other) == typ {
			return "(" + column + " " + op + " " + other + ")"
		}
	case 8, 9:
		if cond := g.function(name, typ); cond != "" {
			return "(" + cond + ")"
		}
	case 6:
		text, _ := g.operand(pickOf(g, "s", "q"))
		return "(CAST(" + text + " AS STRING) LIKE '" + pickOf(g, "a%", "ab%", "abc", "%", "1%", "_b%", "é%", "%c", "a_%", "abcdefgh%") + "')"
	case 7:
		if typ == schema.Boolean {
			return "(" + column + ")"
		}
	}
	return "(" + column + " " + op + " " + g.literal(typ) + ")"
}

// function is a condition on a function of a column; "" for a column that has
// none here. Functions that are not known leave the round without a predicate.
func (g generator) function(name string, typ schema.Type) string {
	op := pickOf(g, "=", "<", "<=", ">", ">=", "!=", "<=>")
	number := func() string { return strconv.Itoa(g.IntN(31) - 15) }
	_, isDecimal := typ.(schema.Decimal)
	switch {
	case typ == schema.String:
		return pickOf(g,
			"startswith("+name+", '"+pickOf(g, "a", "ab", "abc", "é", "1", "", "abcdefgh")+"')",
			"left("+name+", "+pickOf(g, "0", "1", "2", "8")+") "+op+" '"+pickOf(g, "a", "ab", "é", "z")+"'",
			"substring("+name+", 1, "+pickOf(g, "1", "2", "8")+") "+op+" '"+pickOf(g, "a", "ab", "é", "z")+"'",
			"substring("+name+", "+pickOf(g, "0", "2", "-1")+") "+op+" '"+pickOf(g, "a", "b", "é")+"'",
			"upper("+name+") "+op+" 'AB'",
			"length("+name+") "+op+" 2",
			"coalesce("+name+", 'b') "+op+" 'b'",
			"nullif("+name+", 'ab') "+op+" 'b'",
			"greatest("+name+", 'b', q) "+op+" 'c'",
			"least("+name+", s, 'b') "+op+" 'ab'",
			"TRY_CAST("+name+" AS INT) "+op+" "+number(),
			"TRY_CAST("+name+" AS INT) IS NULL",
			"concat("+name+", 'x') "+op+" 'b'",
		)
	case typ == schema.Date || typ == schema.Timestamp || typ == schema.TimestampNTZ:
		day := func() string {
			return "DATE '" + time.Unix(int64(g.IntN(41)-20)*86400, 0).UTC().Format("2006-01-02") + "'"
		}
		moment := func() string {
			return "TIMESTAMP '" + time.Unix(int64(g.IntN(400_000)-200_000), 0).UTC().Format("2006-01-02 15:04:05") + "Z'"
		}
		return pickOf(g,
			"year("+name+") "+op+" 1970", "month("+name+") "+op+" 1", "quarter("+name+") "+op+" 4", "day("+name+") "+op+" 2",
			"date_trunc('"+pickOf(g, "YEAR", "MONTH", "DAY", "HOUR", "WEEK", "MINUTE")+"', "+name+") "+op+" "+moment(),
			"trunc("+name+", '"+pickOf(g, "YEAR", "MONTH", "WEEK", "QUARTER")+"') "+op+" "+day(),
			"to_date("+name+") "+op+" "+day(),
			"date_add("+name+", 3) "+op+" "+day(), "date_sub("+name+", 2) "+op+" "+day(), "datediff("+name+", "+day()+") "+op+" 1",
			"last_day("+name+") "+op+" "+day(), "add_months("+name+", 1) "+op+" "+day(), "next_day("+name+", 'MO') "+op+" "+day(),
			"unix_timestamp("+name+") "+op+" 0", "hour("+name+") "+op+" 12", "weekofyear("+name+") "+op+" 1",
			"coalesce("+name+", "+name+") IS NULL",
		)
	case typ == schema.Boolean:
		return pickOf(g, "coalesce(b, TRUE)", "nullif(b, FALSE) IS NULL", "if(b, i, 3) "+op+" 2")
	case isDecimal || typ.(schema.Primitive) <= schema.Double:
		return pickOf(g,
			"floor("+name+") "+op+" "+number(), "ceil("+name+") "+op+" "+number(),
			"round("+name+", "+pickOf(g, "-1", "0", "1")+") "+op+" "+number(), "round("+name+") "+op+" "+number(), "bround("+name+") "+op+" "+number(),
			"abs("+name+") "+op+" "+number(), "sign("+name+") "+op+" 0", "isnan("+name+")", "NOT isnan("+name+")",
			"nanvl(CAST("+name+" AS DOUBLE), 3) "+op+" "+number(), "sqrt("+name+") "+op+" 2", "rint("+name+") "+op+" "+number(),
			"coalesce("+name+", "+number()+") "+op+" "+number(), "nullif("+name+", "+number()+") "+op+" "+number(),
			"greatest("+name+", "+number()+") "+op+" "+number(), "least("+name+", i, "+number()+") "+op+" "+number(),
			"greatest("+name+", i) IS NULL", "if("+name+" > "+number()+", "+name+", "+number()+") "+op+" "+number(),
			"CASE WHEN "+name+" > 3 THEN 1 WHEN "+name+" <= 3 THEN "+number()+" END "+op+" 1",
			"CASE WHEN "+name+" IS NULL THEN 7 ELSE i END "+op+" "+number(),
			"TRY_CAST("+name+" AS TINYINT) IS NULL", "TRY_CAST("+name+" AS INT) "+op+" "+number(),
			"timestamp_seconds("+name+") "+op+" TIMESTAMP '1970-01-01 00:00:03Z'", "pmod("+name+", 3) "+op+" 1",
			"timestamp_millis("+name+") "+op+" TIMESTAMP '1970-01-01 00:00:00Z'", "timestamp_micros("+name+") "+op+" TIMESTAMP '1970-01-01 00:00:00Z'",
		)
	}
	return ""
}

// operand is a column, or something computed from it.
func (g generator) operand(name string) (string, schema.Type) {
	typ := typeOf(name)
	if g.IntN(3) > 0 {
		return name, typ
	}
	_, isDecimal := typ.(schema.Decimal)
	switch {
	case isDecimal || typ != schema.Date && typ != schema.Boolean && typ.(schema.Primitive) <= schema.Double:
		switch g.IntN(7) {
		case 0:
			return "(" + name + " + " + strconv.Itoa(g.IntN(9)-4) + ")", schema.Double
		case 1:
			return "(" + name + " - 1.5)", schema.Double
		case 2:
			return "(" + strconv.Itoa(g.IntN(5)) + " - " + name + ")", schema.Double
		case 3:
			return "(-" + name + ")", schema.Double
		case 4:
			return "CAST(" + name + " AS " + pickOf(g, "TINYINT", "BIGINT", "DOUBLE", "DECIMAL(4,1)", "FLOAT", "INT", "TIMESTAMP", "STRING") + ")", schema.String
		case 5:
			return "(" + name + pickOf(g, " * 2", " / 2", " % 3", " DIV 2", " / 0", " + l", " - i") + ")", schema.Double
		}
	case typ == schema.Date:
		return pickOf(g, "(d + 2)", "(d - 1)", "CAST(d AS TIMESTAMP)", "CAST(d AS TIMESTAMP_NTZ)"), schema.Date
	case typ == schema.Timestamp:
		return "CAST(t AS " + pickOf(g, "DATE", "TIMESTAMP_NTZ", "BIGINT") + ")", schema.Date
	case typ == schema.TimestampNTZ:
		return "CAST(n AS DATE)", schema.Date
	case typ == schema.String:
		return "CAST(" + name + " AS " + pickOf(g, "INT", "BINARY") + ")", schema.String
	}
	return name, typ
}

func (g generator) literal(t schema.Type) string {
	v := g.value(t, int64(g.IntN(21))-10)
	if v.IsNull() {
		return "NULL"
	}
	switch t {
	case schema.Float, schema.Double:
		return "CAST('" + strconv.FormatFloat(v.Float64(), 'g', -1, 64) + "' AS DOUBLE)"
	}
	return (&expr.Literal{Value: v}).String()
}

// outcome is what filtering does with a row: +1 keeps it, 0 drops it, −1
// fails.
func outcome(t *testing.T, conjuncts []*expr.Bound, r row) int {
	t.Helper()
	for _, c := range conjuncts {
		v, err := c.EvalRow(r.of)
		if err != nil {
			return -1
		}
		if v.IsNull() || !v.Bool() {
			return 0
		}
	}
	return 1
}

func bind(t *testing.T, text string, zone *time.Location) *expr.Bound {
	t.Helper()
	b, err := expr.SQL(text).Bind(randomSchema, expr.Env{Zone: zone})
	if err != nil {
		return nil
	}
	return b
}

// exactSource is statistics that hide nothing, even of NaN.
type exactSource []row

func (s exactSource) Bounds(path []string) (Bounds, bool) {
	b, _ := exactBounds(s, strings.Join(path, "."), false)
	return b, true
}

// seeded is where a random test begins and how many rounds it takes, unless
// FORESET_SEED and FORESET_ROUNDS say otherwise.
func seeded(t *testing.T, usual int) (seed uint64, rounds int) {
	t.Helper()
	seed, rounds = uint64(time.Now().UnixNano()), usual
	if text := os.Getenv("FORESET_SEED"); text != "" {
		seed, _ = strconv.ParseUint(text, 10, 64)
	}
	if text := os.Getenv("FORESET_ROUNDS"); text != "" {
		rounds, _ = strconv.Atoi(text)
	}
	t.Logf("FORESET_SEED=%d", seed)
	return seed, rounds
}

func TestPruningNeverLies(t *testing.T) {
	seed, rounds := seeded(t, 3000)
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		berlin = time.FixedZone("", 3600)
	}
	g := generator{Rand: rand.New(rand.NewPCG(seed, 0))}
	var verdicts [3]int
	possible := [3]int{}
	for range rounds {
		g.long = g.IntN(4) == 0
		zone := pickOf(g, time.UTC, berlin)
		texts := g.conjuncts()
		pred := bind(t, strings.Join(texts, " AND "), zone)
		if pred == nil || pred.Type() != schema.Boolean {
			continue // types that do not fit
		}
		conjuncts := make([]*expr.Bound, len(texts))
		for i, text := range texts {
			conjuncts[i] = bind(t, text, zone)
		}
		files := NewFiles(pred, randomSchema, randomTable, schema.NoMapping, zone)
		for range 4 {
			rows := g.rows()
			add := g.add(rows)
			truth := truthOf(t, conjuncts, rows)
			possible[truth]++
			verdict := files.Decide(add)
			verdicts[verdict]++
			if verdict != Maybe && verdict != truth {
				t.Fatalf("FORESET_SEED=%d: %s\nis %v by pruning, %v in truth\nstats %s\nbound %s\nrows %#v", seed, strings.Join(texts, " AND "), verdict, truth, add.Stats, pred, rows)
			}
			if explained, _ := files.Decider().Explain(action{add}); (explained != "") != (verdict == None) {
				t.Fatalf("FORESET_SEED=%d: %s is %v, explained as %q", seed, pred, verdict, explained)
			}
			if exact := Decide(pred.Root(), exactSource(rows)); exact != Maybe && exact != truth {
				t.Fatalf("FORESET_SEED=%d: %s\nis %v by exact bounds, %v in truth\nrows %#v", seed, pred, exact, truth, rows)
			}
		}
	}
	t.Logf("maybe, none, all: decided %v, in truth %v", verdicts, possible)
	if verdicts[None] < possible[None]/10 || verdicts[All] < possible[All]/50 {
		t.Errorf("pruning decides too little to be tested: %v of %v", verdicts, possible)
	}
}

// truthOf is the only verdict besides Maybe that may be given.
func truthOf(t *testing.T, conjuncts []*expr.Bound, rows []row) Verdict {
	counts := map[int]int{}
	for _, r := range rows {
		counts[outcome(t, conjuncts, r)]++
	}
	switch {
	case counts[-1] > 0:
		return Maybe
	case counts[1] == 0:
		return None
	case counts[1] == len(rows):
		return All
	}
	return Maybe
}
