package expr

import (
	"errors"
	"testing"
	"time"

	"github.com/foreset/foreset/internal/value"
	"github.com/foreset/foreset/schema"
)

// show evaluates an expression without columns: "type | text", or the class of
// its error.
func show(t *testing.T, sql string, env Env) string {
	t.Helper()
	b, err := SQL(sql).Bind(&schema.Struct{}, env)
	var typ *TypeError
	var syntax *SyntaxError
	var unsupported *UnsupportedError
	switch {
	case errors.As(err, &typ):
		return "type error"
	case errors.As(err, &syntax):
		return "syntax error"
	case errors.As(err, &unsupported):
		return "unsupported " + unsupported.What
	case err != nil:
		t.Fatalf("%s: %v", sql, err)
	}
	v, err := b.EvalRow(func([]string) value.Value { return value.Value{} })
	var eval *EvalError
	switch {
	case errors.As(err, &eval):
		return b.Type().String() + " | " + eval.Class
	case err != nil:
		t.Fatalf("%s: %v", sql, err)
	case v.IsNull():
		return b.Type().String() + " | NULL"
	}
	c := caster{node: &Cast{To: schema.String, env: &environment{zone: env.Zone}}, v: constant(v, b.Type(), 1), from: b.Type()}
	if b.Type() == schema.String {
		return "string | " + v.Text()
	}
	text, err := c.toString()
	if err != nil {
		t.Fatal(err)
	}
	return b.Type().String() + " | " + text.data.([]string)[0]
}

// The results are Spark's (4.2, ANSI, UTC).
func TestConstantsHaveSparksResults(t *testing.T) {
	for _, c := range [][2]string{
		{`2147483647 + 1`, `int | ARITHMETIC_OVERFLOW`},
		{`127Y + 1Y`, `tinyint | BINARY_ARITHMETIC_OVERFLOW`},
		{`32767S + 1S`, `smallint | BINARY_ARITHMETIC_OVERFLOW`},
		{`-(-2147483648)`, `int | ARITHMETIC_OVERFLOW`},
		{`-(-128Y)`, `tinyint | ARITHMETIC_OVERFLOW`},
		{`1/0`, `double | DIVIDE_BY_ZERO`},
		{`1.0/0`, `decimal(7,6) | DIVIDE_BY_ZERO`},
		{`1D/0D`, `double | DIVIDE_BY_ZERO`},
		{`1 % 0`, `int | REMAINDER_BY_ZERO`},
		{`1.0 % 0`, `decimal(2,1) | REMAINDER_BY_ZERO`},
		{`1 DIV 0`, `bigint | DIVIDE_BY_ZERO`},
		{`-9223372036854775808L DIV -1L`, `bigint | ARITHMETIC_OVERFLOW`},
		{`1.5 DIV 0.4`, `bigint | 3`},
		{`cast('abc' as int)`, `int | CAST_INVALID_INPUT`},
		{`cast('1.5' as int)`, `int | CAST_INVALID_INPUT`},
		{`cast('  7 ' as int)`, `int | 7`},
		{`cast('+7' as int)`, `int | 7`},
		{`cast('99999999999' as int)`, `int | CAST_INVALID_INPUT`},
		{`cast(300 as tinyint)`, `tinyint | CAST_OVERFLOW`},
		{`cast(1e20 as int)`, `int | CAST_OVERFLOW`},
		{`cast(cast('NaN' as double) as int)`, `int | CAST_OVERFLOW`},
		{`cast(1e40 as decimal(38,0))`, `decimal(38,0) | NUMERIC_VALUE_OUT_OF_RANGE`},
		{`cast(cast('NaN' as double) as decimal(38,0))`, `decimal(38,0) | NULL`},
		{`cast(cast('Infinity' as double) as decimal(10,0))`, `decimal(10,0) | NULL`},
		{`cast(1234.5 as decimal(3,0))`, `decimal(3,0) | NUMERIC_VALUE_OUT_OF_RANGE`},
		{`cast(12345 as decimal(3,0))`, `decimal(3,0) | NUMERIC_VALUE_OUT_OF_RANGE`},
		{`cast('12345' as decimal(3,0))`, `decimal(3,0) | NUMERIC_VALUE_OUT_OF_RANGE`},
		{`cast('x' as decimal(3,0))`, `decimal(3,0) | CAST_INVALID_INPUT`},
		{`cast('' as double)`, `double | CAST_INVALID_INPUT`},
		{`cast('1.5f' as double)`, `double | 1.5`},
		{`cast(' 1.5 ' as double)`, `double | 1.5`},
		{`cast('0x1p3' as double)`, `double | 8.0`},
		{`cast('inf' as double)`, `double | Infinity`},
		{`cast('+Infinity' as double)`, `double | Infinity`},
		{`cast('nan' as double)`, `double | NaN`},
		{`cast('2024-1-5' as date)`, `date | 2024-01-05`},
		{`cast('2024-1' as date)`, `date | 2024-01-01`},
		{`cast('2024' as date)`, `date | 2024-01-01`},
		{`cast('2024-02-30' as date)`, `date | CAST_INVALID_INPUT`},
		{`cast('2024-01-05 10:00' as date)`, `date | 2024-01-05`},
		{`cast('2024-01-05x' as date)`, `date | CAST_INVALID_INPUT`},
		{`cast('12345-01-05' as date)`, `date | +12345-01-05`},
		{`cast('-0001-01-05' as date)`, `date | -0001-01-05`},
		{`cast('2024-01-05 1:2:3.1234567Z' as timestamp)`, `timestamp | 2024-01-05 01:02:03.123456`},
		{`cast('2024-01-05T01:02' as timestamp)`, `timestamp | 2024-01-05 01:02:00`},
		{`cast('2024-01-05 25:00:00' as timestamp)`, `timestamp | CAST_INVALID_INPUT`},
		{`cast('2024-01-05 10:00:00+01:00' as timestamp)`, `timestamp | 2024-01-05 09:00:00`},
		{`cast('2024-01-05 10:00:00 America/Los_Angeles' as timestamp)`, `timestamp | 2024-01-05 18:00:00`},
		{`cast('2024-01-05 10:00:00 PST' as timestamp)`, `timestamp | 2024-01-05 18:00:00`},
		{`cast('2024-01-05 10:00:00 UTC+3' as timestamp)`, `timestamp | 2024-01-05 07:00:00`},
		{`cast('2024-01-05 10:00:00+5' as timestamp)`, `timestamp | 2024-01-05 05:00:00`},
		{`cast('2024-01-05 10:00:00.' as timestamp)`, `timestamp | 2024-01-05 10:00:00`},
		{`cast('2024-01-05 10' as timestamp)`, `timestamp | 2024-01-05 10:00:00`},
		{`cast('2024-01-05 10:00:00+01:00' as timestamp_ntz)`, `timestamp_ntz | 2024-01-05 10:00:00`},
		{`cast(timestamp'2024-01-05 10:00:00.123456' as bigint)`, `bigint | 1704448800`},
		{`cast(timestamp'2024-01-05 10:00:00.123456' as double)`, `double | 1.704448800123456E9`},
		{`cast(timestamp'2024-01-05 10:00:00.123456' as decimal(20,6))`, `decimal(20,6) | 1704448800.123456`},
		{`cast(timestamp'2024-01-05 10:00:00' as tinyint)`, `tinyint | CAST_OVERFLOW`},
		{`cast(timestamp'2024-01-05 10:00:00' as boolean)`, `type error`},
		{`cast(1.5D as timestamp)`, `timestamp | 1970-01-01 00:00:01.5`},
		{`cast(5 as timestamp)`, `timestamp | 1970-01-01 00:00:05`},
		{`cast(9223372036854775807L as timestamp)`, `timestamp | +294247-01-10 04:00:54.775807`},
		{`cast(cast('NaN' as double) as timestamp)`, `timestamp | CAST_INVALID_INPUT`},
		{`cast(1.5BD as timestamp)`, `timestamp | 1970-01-01 00:00:01.5`},
		{`cast(true as timestamp)`, `type error`},
		{`cast(5 as date)`, `type error`},
		{`cast(date'2024-01-01' as int)`, `type error`},
		{`cast(true as int)`, `int | 1`},
		{`cast(0.5 as boolean)`, `boolean | true`},
		{`cast('yes' as boolean)`, `boolean | true`},
		{`cast('x' as boolean)`, `boolean | CAST_INVALID_INPUT`},
		{`cast(5 as binary)`, `type error`},
		{`cast(X'41' as string)`, `string | A`},
		{`cast(X'41' as int)`, `type error`},
		{`cast(1e7 as string)`, `string | 1.0E7`},
		{`cast(1e-3 as string)`, `string | 0.001`},
		{`cast(1e-4 as string)`, `string | 1.0E-4`},
		{`cast(123456789.125D as string)`, `string | 1.23456789125E8`},
		{`cast(1.0F as string)`, `string | 1.0`},
		{`cast(0.1F as double)`, `double | 0.10000000149011612`},
		{`cast(0.0000001 as string)`, `string | 0.0000001`},
		{`'1' + 1`, `bigint | 2`},
		{`'1' + 1.5`, `double | 2.5`},
		{`'1' + '2'`, `type error`},
		{`'4' / 2`, `double | 2.0`},
		{`'1' = 1`, `boolean | true`},
		{`'1.0' = 1.0`, `boolean | true`},
		{`'a' < date'2024-01-01'`, `boolean | CAST_INVALID_INPUT`},
		{`true = 1`, `type error`},
		{`1 = 'x'`, `boolean | CAST_INVALID_INPUT`},
		{`5 LIKE '5'`, `boolean | true`},
		{`-'5'`, `double | -5.0`},
		{`date'2024-01-01' + 1`, `date | 2024-01-02`},
		{`1 + date'2024-01-01'`, `date | 2024-01-02`},
		{`date'2024-01-01' - 1`, `date | 2023-12-31`},
		{`date'2024-01-01' + 1L`, `type error`},
		{`date'2024-01-01' - date'2023-01-01'`, `unsupported date - date (INTERVAL)`},
		{`1.1 + 2`, `decimal(3,1) | 3.1`},
		{`cast(1 as decimal(38,18)) * cast(1 as decimal(38,18))`, `decimal(38,6) | 1.000000`},
		{`cast(1 as decimal(38,18)) / cast(3 as decimal(38,18))`, `decimal(38,6) | 0.333333`},
		{`cast(1 as decimal(38,0)) = cast(1.4 as decimal(38,18))`, `boolean | true`},
		{`cast('99999999999999999999999999999999999999' as decimal(38,0)) + 1`, `decimal(38,0) | NUMERIC_VALUE_OUT_OF_RANGE`},
		{`cast('99999999999999999999999999999999999999' as decimal(38,0)) * 10`, `decimal(38,0) | NUMERIC_VALUE_OUT_OF_RANGE`},
		{`cast('99999999999999999999999999999999999999' as decimal(38,0)) DIV 1BD`, `bigint | 687399551400673279`},
		{`7.5 % 2`, `decimal(2,1) | 1.5`},
		{`-7 % 3`, `int | -1`},
		{`-7 DIV 2`, `bigint | -3`},
		{`7.5D % 2`, `double | 1.5`},
		{`'a''b'`, `string | a'b`},
		{`'a' 'b'`, `string | ab`},
		{`"a"`, `string | a`},
		{`'\101\x\u0041\%\_'`, `string | AxA\%\_`},
		{`r'\n'`, `string | \n`},
		{`1e400`, `syntax error`},
		{`1e3BD`, `decimal(4,0) | 1000`},
		{`1.5e39BD`, `syntax error`},
		{`12345678901234567890`, `decimal(20,0) | 12345678901234567890`},
		{`123456789012345678901234567890123456789`, `syntax error`},
		{`1 = 1 = true`, `boolean | true`},
		{`1 is null is null`, `syntax error`},
		{`not 1 = 2`, `boolean | true`},
		{`not true and false`, `boolean | false`},
		{`null in (1)`, `boolean | NULL`},
		{`1 in (2, null)`, `boolean | NULL`},
		{`1 in (1, cast('x' as int))`, `boolean | true`},
		{`1 in (2, 2.5)`, `boolean | false`},
		{`'1' in (1, 2)`, `boolean | true`},
		{`'a' like 'a\\'`, `boolean | INVALID_FORMAT`},
		{`'a' like 'a\\b'`, `boolean | INVALID_FORMAT`},
		{`'a%' like 'a\%'`, `boolean | true`},
		{`'ab' like 'a/%' escape '/'`, `boolean | false`},
		{`'ab' like 'a_' escape '_'`, `boolean | INVALID_FORMAT`},
		{`1 between 0 and 2.5`, `boolean | true`},
		{`null <=> null`, `boolean | true`},
		{`cast('NaN' as float) = cast('NaN' as double)`, `boolean | true`},
		{`-0.0D = 0.0D`, `boolean | true`},
		{`-0.0`, `decimal(1,1) | 0.0`},
		{`-0.0D`, `double | -0.0`},
		{`1 > 1e30BD`, `boolean | false`},
		{`cast(null as int) > 12345678901.5`, `boolean | NULL`},
		{`+'1'`, `double | 1.0`},
		{`1F + 1`, `double | 2.0`},
		{`1F + 1BD`, `double | 2.0`},
		{`cast('2024-01-05' as timestamp) = date'2024-01-05'`, `boolean | true`},
		{`timestamp'2024-01-05' = timestamp_ntz'2024-01-05'`, `boolean | true`},
		{`X'41' < X'42'`, `boolean | true`},
		{`'A' = X'41'`, `boolean | true`},
		{`1::string`, `string | 1`},
		{`cast('10:20:30' as timestamp_ntz)`, `timestamp_ntz | CAST_INVALID_INPUT`},
		{`date'epoch'`, `date | 1970-01-01`},
		{`date'today'`, `date | 2026-11-24`},
		{`1 = null`, `boolean | NULL`},
		{`null + 1`, `int | NULL`},
		{`-null`, `double | NULL`},
		{`1.0 = true`, `type error`},
		{`'true' = true`, `boolean | true`},
		{`1 is true`, `type error`},
		{`'true' is true`, `boolean | true`},
		{`1 and true`, `type error`},
		{`'true' and true`, `boolean | true`},
		{`null and false`, `boolean | false`},
		{`explode('a')`, `unsupported function explode`},
		{`1 in ()`, `boolean | false`},
	} {
		env := Env{Now: time.Date(2026, 11, 24, 4, 0, 0, 0, time.UTC)}
		if got := show(t, c[0], env); got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
	}
}
