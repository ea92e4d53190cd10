package expr

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"github.com/foreset/foreset/internal/arrowconv"
	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// oracleCase is one expression and what Spark makes of it on some rows.
type oracleCase struct {
	SQL     string      `json:"sql"`
	Columns [][2]string `json:"columns"`
	Rows    [][]any     `json:"rows"`
	Type    *string     `json:"type"` // nil: Spark refuses the expression
	Results []any       `json:"results"`
	Errors  []*string   `json:"errors"`

	zone *time.Location
}

// difference is an answer that differs from Spark's on purpose. docs/sql.md
// lists the reasons.
type difference struct {
	sql, row string // row is a part of what check says of it
	reason   string
}

const (
	shortest = "floats have the shortest text that reads back, as in Java 19 and later"
	exact    = "exact; Spark rounds to 34 digits on the way"
	digits   = "only ASCII digits are digits"
	bug      = "null, by SQL's rules; Spark's rewriting of literals out of range forgets nulls"
	outside  = "Spark's tables have names, ours do not"
	emptyIn  = "the form of an IN whose parameter is an empty list"
)

// differences of each family of cases.
var differences = map[string][]difference{
	"core":        coreDifferences,
	"math":        mathDifferences,
	"hash":        hashDifferences,
	"conditional": conditionalDifferences,
	"time":        timeDifferences,
	"regexp":      regexpDifferences,
	"nested":      nestedDifferences,
}

var coreDifferences = []difference{
	{"t.a", "there is no column t", outside},
	{"a < 9223372036854775808", "row [<nil>]", bug},
	{"a IN ()", "Spark refuses it", emptyIn},
	{"CAST(a AS STRING)", "row [2.14748365E9]", shortest},
	{"CAST(a AS STRING)", "row [9.223372036854775E18]", shortest},
	{"CAST(a AS STRING)", "row [1.0E23]", shortest},
	{"CAST(a AS STRING)", "row [1.17549435E-38]", shortest},
	{"CAST(a AS STRING)", "row [9.0E-324]", shortest},
	{"CAST(a AS STRING)", "row [2.0E23]", shortest},
	{"CAST(a AS STRING)", "row [8.41E21]", shortest},
	{"CAST(a AS STRING)", "row [8.5899346E9]", shortest},
	{"CAST(a AS STRING)", "row [1.23456784E8]", shortest},
	{"CAST(a AS DECIMAL(20,0))", "row [9.223372036854775E18]", shortest},
	{"CAST(a AS DECIMAL(38,18))", "row [9.223372036854775E18]", shortest},
	{"CAST(a AS decimal(38,0))", "row [9.223372036854775E18]", shortest},
	{"CAST(a AS TIMESTAMP)", "99999999999999999999.999999999999999999]", exact},
	{"-a", "99999999999999999999.999999999999999999]", exact},
	{"-a % 3", "99999999999999999999.999999999999999999]", exact},
	{"-((-(w) DIV (n + w))) > -((-(3L) - (w + n)))", "9999999999999999999999999999.9999999999", exact},
	{"((((st.i - NULL) % (st.i / 0)) % -(w)) + CAST(-(CAST(f AS DECIMAL(20,4))) AS SMALLINT))", "9999999999999999999999999999.9999999999", exact},
	{"(CAST('' AS SMALLINT) % ((-(2) DIV CAST(b AS BIGINT)) / (-(f) + -(w))))", "9999999999999999999999999999.9999999999", exact},
	{"(-(d) - a) >= (-(x) - -(w))", "9999999999999999999999999999.9999999999", exact},
	{"CAST(a AS DECIMAL(5,2))", "row [\u0663]", digits},
	{"CAST(a AS DECIMAL(20,0))", "row [\u0663]", digits},
	{"CAST(a AS DECIMAL(38,18))", "row [\u0663]", digits},
	{"CAST(a AS decimal(3,0))", "row [\u0663]", digits},
	{"CAST(a AS decimal(10,4))", "row [\u0663]", digits},
	{"CAST(a AS decimal(2,2))", "row [\u0663]", digits},
	{"CAST(a AS decimal(38,0))", "row [\u0663]", digits},
	{"CAST(a AS decimal(38,38))", "row [\u0663]", digits},
}

// oracleDay is the day on which Spark was asked: times without a date are of
// this day.
var oracleDay = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

// oracleValue turns a JSON value of the oracle into a Value.
func oracleValue(t testing.TB, v any, typ schema.Type) value.Value {
	t.Helper()
	if v == nil {
		return value.Null(typ)
	}
	integer := func() int64 {
		n, err := v.(json.Number).Int64()
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if d, ok := typ.(schema.Decimal); ok {
		mantissa, exp, ok := splitDecimal(v.(string))
		n, fits := value.FromBig(mantissa)
		if !ok || !fits || -exp > d.Scale {
			t.Fatalf("bad decimal %v of %v", v, d)
		}
		n, _, _ = value.Rescale(n, -exp, d.Scale)
		return value.Decimal(d, n)
	}
	switch typ {
	case schema.Boolean:
		return value.Bool(v.(bool))
	case schema.Byte, schema.Short, schema.Integer, schema.Long, schema.Timestamp, schema.TimestampNTZ:
		return value.Int(typ.(schema.Primitive), integer())
	case schema.Float:
		f, _ := parseFloat(v.(string), 32)
		return value.Float(float32(f))
	case schema.Double:
		f, _ := parseFloat(v.(string), 64)
		return value.Double(f)
	case schema.String:
		return value.String(v.(string))
	case schema.Binary:
		b, err := base64.StdEncoding.DecodeString(v.(string))
		if err != nil {
			t.Fatal(err)
		}
		return value.Binary(b)
	case schema.Date:
		days, ok := parseDate(v.(string))
		if !ok {
			t.Fatalf("bad date %v", v)
		}
		return value.Int(schema.Date, int64(days))
	}
	t.Fatalf("no value of type %v", typ)
	return value.Value{}
}

// nestedValues is what evaluate makes of JSON values of a nested type.
func nestedValues(t *testing.T, results []any, typ schema.Type) []value.Value {
	t.Helper()
	dt, err := arrowconv.Type(typ)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewBuilder(memory.DefaultAllocator, dt)
	defer b.Release()
	for _, result := range results {
		appendJSON(t, b, result, typ)
	}
	arr := b.NewArray()
	defer arr.Release()
	out := make([]value.Value, len(results))
	for i := range out {
		out[i] = value.Null(typ)
		if arr.IsValid(i) {
			out[i] = nestedText(arr, i)
		}
	}
	return out
}

// appendJSON appends a JSON value of the oracle to a builder of its type.
func appendJSON(t testing.TB, b array.Builder, v any, typ schema.Type) {
	t.Helper()
	if v == nil {
		b.AppendNull()
		return
	}
	switch typ := typ.(type) {
	case *schema.Struct:
		sb := b.(*array.StructBuilder)
		sb.Append(true)
		for i, f := range typ.Fields {
			appendJSON(t, sb.FieldBuilder(i), v.(map[string]any)[f.Name], f.Type)
		}
		return
	case *schema.Array:
		lb := b.(*array.ListBuilder)
		lb.Append(true)
		for _, e := range v.([]any) {
			appendJSON(t, lb.ValueBuilder(), e, typ.Element)
		}
		return
	case *schema.Map:
		mb := b.(*array.MapBuilder)
		mb.Append(true)
		for _, pair := range v.([]any) {
			appendJSON(t, mb.KeyBuilder(), pair.([]any)[0], typ.Key)
			appendJSON(t, mb.ItemBuilder(), pair.([]any)[1], typ.Value)
		}
		return
	}
	appendValue(b, oracleValue(t, v, typ))
}

func appendValue(b array.Builder, v value.Value) {
	if v.IsNull() {
		b.AppendNull()
		return
	}
	switch b := b.(type) {
	case *array.BooleanBuilder:
		b.Append(v.Bool())
	case *array.Int8Builder:
		b.Append(int8(v.Int64()))
	case *array.Int16Builder:
		b.Append(int16(v.Int64()))
	case *array.Int32Builder:
		b.Append(int32(v.Int64()))
	case *array.Int64Builder:
		b.Append(v.Int64())
	case *array.Float32Builder:
		b.Append(float32(v.Float64()))
	case *array.Float64Builder:
		b.Append(v.Float64())
	case *array.StringBuilder:
		b.Append(v.Text())
	case *array.BinaryBuilder:
		b.Append([]byte(v.Text()))
	case *array.Date32Builder:
		b.Append(arrow.Date32(v.Int64()))
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(v.Int64()))
	case *array.Decimal128Builder:
		b.Append(decimal128.New(v.Unscaled().Hi, v.Unscaled().Lo))
	default:
		panic(fmt.Sprintf("no builder for %#v", v))
	}
}

// newBatch makes a batch of rows; the caller releases it.
func newBatch(t testing.TB, s *schema.Struct, rows [][]any, mem memory.Allocator) arrow.RecordBatch {
	t.Helper()
	as, err := arrowconv.Schema(s)
	if err != nil {
		t.Fatal(err)
	}
	b := array.NewRecordBuilder(mem, as)
	defer b.Release()
	for _, row := range rows {
		for i, v := range row {
			appendJSON(t, b.Field(i), v, s.Fields[i].Type)
		}
	}
	if len(s.Fields) == 0 {
		return array.NewRecordBatch(as, nil, int64(len(rows)))
	}
	return b.NewRecordBatch()
}

// identical is equality to the bit: NaN is itself, −0.0 is not 0.0.
func identical(a, b value.Value) bool {
	if a.IsNull() || b.IsNull() || !isFloating(a.Type()) {
		return sameLiteral(a, b)
	}
	return sameType(a.Type(), b.Type()) && (math.Float64bits(a.Float64()) == math.Float64bits(b.Float64()) || math.IsNaN(a.Float64()) && math.IsNaN(b.Float64()))
}

// evaluate is the values of an expression on the rows of a batch.
func evaluate(b *Bound, batch arrow.RecordBatch, mem memory.Allocator) ([]value.Value, error) {
	arr, err := b.Eval(batch, mem)
	if err != nil {
		return nil, err
	}
	defer arr.Release()
	out := make([]value.Value, arr.Len())
	if b.Type() == schema.Void {
		return out, nil
	}
	v, err := fromArrow(arr, b.Type())
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i] = v.at(i, b.Type())
		if childTypes(b.Type()) != nil && arr.IsValid(i) {
			out[i] = nestedText(arr, i)
		}
	}
	return out, nil
}

// nestedText stands for row i of an array of structs, arrays or maps: texts are
// the same where values are, to the bit.
func nestedText(arr arrow.Array, i int) value.Value {
	return value.String(fmt.Sprintf("%v %s", arr.DataType(), appendNested(nil, arr, i)))
}

func appendNested(dst []byte, arr arrow.Array, i int) []byte {
	if arr.IsNull(i) {
		return append(dst, "null"...)
	}
	switch a := arr.(type) {
	case *array.Struct:
		dst = append(dst, '{')
		for f := range a.NumField() {
			dst = append(appendNested(dst, a.Field(f), i), ' ')
		}
		return append(dst, '}')
	case *array.Map:
		dst = append(dst, '[')
		start, end := a.ValueOffsets(i)
		for j := int(start); j < int(end); j++ {
			dst = append(appendNested(dst, a.Keys(), j), ':')
			dst = append(appendNested(dst, a.Items(), j), ' ')
		}
		return append(dst, ']')
	case *array.List:
		dst = append(dst, '[')
		start, end := a.ValueOffsets(i)
		for j := int(start); j < int(end); j++ {
			dst = append(appendNested(dst, a.ListValues(), j), ' ')
		}
		return append(dst, ']')
	case *array.Float32:
		return fmt.Appendf(dst, "%v", a.Value(i)) // −0 and NaN have texts of their own
	case *array.Float64:
		return fmt.Appendf(dst, "%v", a.Value(i))
	default:
		return fmt.Appendf(dst, "%q", a.ValueStr(i))
	}
}

// refusedByName is what Spark evaluates and this package refuses, as docs/sql.md
// says; these are the beginnings of its names.
var refusedByName = []string{
	"LIKE ALL", "LIKE ANY", "a subquery", "date - date (INTERVAL)", "INTERVAL beside",
	"operator &", "operator |", "operator ^", "operator ~", "operator <<",
	"look-ahead", "a back-reference", "the block",
	"function count", "function charindex",
}

func TestOracleCasesHaveSparksResults(t *testing.T) {
	files, err := filepath.Glob("testdata/oracle/*.jsonl")
	if err != nil || len(files) == 0 {
		t.Fatal("no cases", err)
	}
	for _, file := range files {
		family := strings.TrimSuffix(filepath.Base(file), ".jsonl")
		t.Run(family, func(t *testing.T) { holdToSpark(t, file, family) })
	}
}

// holdToSpark checks the cases of a family but for the known differences, each of
// which must show.
func holdToSpark(t *testing.T, name, family string) {
	differences := differences[family]
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	cases, answers, wrong := 0, 0, 0
	unsupported := map[string]string{}
	differ := map[difference]int{}
	for lines.Scan() {
		var c oracleCase
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber()
		if err := d.Decode(&c); err != nil {
			t.Fatalf("line %d: %v", cases+1, err)
		}
		c.zone = oracleZones[family]
		cases++
		problems, refused := c.check(t)
		if refused != nil {
			if c.Type != nil { // Spark has it
				unsupported[refused.What] = c.SQL
			}
			continue
		}
		answers += len(c.Rows)
		for _, problem := range problems {
			i := slices.IndexFunc(differences, func(d difference) bool { return d.sql == c.SQL && strings.Contains(problem, d.row) })
			if i >= 0 {
				differ[differences[i]]++
			} else if wrong++; wrong <= 100 {
				t.Errorf("line %d: %s: %s", cases, c.SQL, problem)
			}
		}
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	for _, d := range differences {
		if differ[d] == 0 {
			t.Errorf("%s, %s: listed as different (%s), but agrees", d.sql, d.row, d.reason)
		}
	}
	t.Logf("%d expressions; of those supported %d answers, %d wrong, %d known differences", cases, answers, wrong, len(differ))
	for what, sql := range unsupported {
		if !slices.ContainsFunc(refusedByName, func(name string) bool { return strings.HasPrefix(what, name) }) {
			t.Errorf("%s: %s is not supported, and not listed as such", sql, what)
		}
	}
}

// check says how foreset differs from Spark on a case, row by row, unless it
// refuses the expression as unsupported.
func (c *oracleCase) check(t *testing.T) ([]string, *UnsupportedError) {
	b, err := SQL(c.SQL).Bind(c.schema(t), Env{Zone: c.zone, Now: oracleDay})
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &unsupported):
		return nil, unsupported
	case c.Type == nil && err == nil:
		return []string{fmt.Sprintf("has type %v, Spark refuses it with %s", b.Type(), *c.Errors[0])}, nil
	case c.Type == nil:
		return refusal(*c.Errors[0], err), nil
	case err != nil:
		return []string{err.Error()}, nil
	case b.Type().String() != *c.Type:
		return []string{fmt.Sprintf("has type %v, not %s", b.Type(), *c.Type)}, nil
	}
	return c.compare(t, b), nil
}

func (c *oracleCase) schema(t *testing.T) *schema.Struct {
	s := &schema.Struct{}
	for _, column := range c.Columns {
		typ, err := schema.ParseType(column[1])
		if err != nil {
			t.Fatalf("%s: %v", c.SQL, err)
		}
		s.Fields = append(s.Fields, schema.Field{Name: column[0], Type: typ, Nullable: true})
	}
	return s
}

// compare evaluates the rows one by one, as slices of one batch, and then those
// without errors together.
func (c *oracleCase) compare(t *testing.T, b *Bound) []string {
	want := make([]value.Value, len(c.Rows))
	switch {
	case childTypes(b.Type()) != nil:
		want = nestedValues(t, c.Results, b.Type())
	case b.Type() != schema.Void:
		for i, result := range c.Results {
			want[i] = oracleValue(t, result, b.Type())
		}
	}
	mem := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer mem.AssertSize(t, 0)
	batch := newBatch(t, c.schema(t), c.Rows, mem)
	defer batch.Release()
	var problems []string
	var good [][]any // the rows without errors
	var goodValues []value.Value
	for i := range c.Rows {
		row := batch.NewSlice(int64(i), int64(i)+1)
		got, err := evaluate(b, row, mem)
		row.Release()
		var failure *EvalError
		switch wanted := c.Errors[i]; {
		case wanted != nil && err == nil:
			problems = append(problems, fmt.Sprintf("row %v: %#v, want %s", c.Rows[i], got[0], *wanted))
		case wanted != nil && (!errors.As(err, &failure) || failure.Class != *wanted && !strings.HasPrefix(*wanted, "java.")):
			problems = append(problems, fmt.Sprintf("row %v: %v, want %s", c.Rows[i], err, *wanted))
		case wanted == nil && err != nil:
			problems = append(problems, fmt.Sprintf("row %v: %v, want %#v", c.Rows[i], err, want[i]))
		case wanted == nil && !identical(got[0], want[i]):
			problems = append(problems, fmt.Sprintf("row %v: %#v, want %#v", c.Rows[i], got[0], want[i]))
		}
		if err == nil {
			good = append(good, c.Rows[i])
			goodValues = append(goodValues, got[0])
		}
	}
	whole := newBatch(t, c.schema(t), good, mem)
	defer whole.Release()
	words := asDictionaries(whole)
	defer words.Release()
	together := []struct {
		name  string
		batch arrow.RecordBatch
		got   []value.Value
		err   error
	}{{name: "among others", batch: whole}, {name: "from dictionaries", batch: words}}
	var both sync.WaitGroup // at once: a Bound may be used by many goroutines
	for i := range together {
		both.Go(func() { together[i].got, together[i].err = evaluate(b, together[i].batch, mem) })
	}
	both.Wait()
	for _, w := range together {
		if w.err != nil {
			problems = append(problems, fmt.Sprintf("%s: %v", w.name, w.err))
			continue
		}
		for i, got := range w.got {
			if !identical(got, goodValues[i]) {
				problems = append(problems, fmt.Sprintf("row %v: %#v alone, %#v %s", good[i], goodValues[i], got, w.name))
			}
		}
	}
	return problems
}

// asDictionaries is a batch whose columns, nested ones apart, are dictionaries
// of their own values.
func asDictionaries(batch arrow.RecordBatch) arrow.RecordBatch {
	n := int(batch.NumRows())
	fields, columns := []arrow.Field{}, []arrow.Array{}
	for i, f := range batch.Schema().Fields() {
		col := batch.Column(i)
		if hasDictionaries(f.Type) {
			b := array.NewInt16Builder(memory.DefaultAllocator)
			for row := range n {
				if col.IsNull(row) && row%2 == 0 {
					b.AppendNull() // a null of the dictionary's, otherwise
				} else {
					b.Append(int16(row))
				}
			}
			index := b.NewArray()
			f.Type = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int16, ValueType: f.Type}
			col = array.NewDictionaryArray(f.Type, index, col)
			index.Release()
			b.Release()
			defer col.Release()
		}
		fields, columns = append(fields, f), append(columns, col)
	}
	return array.NewRecordBatch(arrow.NewSchema(fields, nil), columns, int64(n))
}

// hasDictionaries says whether there are dictionaries of a type.
func hasDictionaries(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.STRUCT, arrow.LIST, arrow.MAP, arrow.NULL:
		return false
	}
	return true
}

// refusal compares the reason to refuse an expression with Spark's. Names that
// are operators in one grammar are columns in the other.
func refusal(class string, err error) []string {
	var syntax *SyntaxError
	var column *ColumnError
	var typ *TypeError
	agree := true
	switch class {
	case "PARSE_SYNTAX_ERROR", "INVALID_NUMERIC_LITERAL_RANGE", "INVALID_TYPED_LITERAL", "INVALID_ESCAPE_CHAR", "PARSE_EMPTY_STATEMENT":
		agree = errors.As(err, &syntax)
	case "UNRESOLVED_COLUMN", "FIELD_NOT_FOUND":
		agree = errors.As(err, &column) || errors.As(err, &syntax)
	case "DATATYPE_MISMATCH":
		agree = errors.As(err, &typ)
	}
	if agree {
		return nil
	}
	return []string{fmt.Sprintf("refused with %T (%v), Spark says %s", err, err, class)}
}
