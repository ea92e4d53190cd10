"""Dates, timestamps and intervals: every function of them by types, extremes and zones, and random trees over them."""

import itertools
import random

SEED, COUNT, DEPTH = 20261125, 60, 4
MIN64, MAX64 = -(2**63), 2**63 - 1

DATES = [None, "1970-01-01", "1969-12-31", "2024-02-29", "2023-02-28", "2024-12-30", "2024-12-31", "2025-01-01", "2021-01-03", "2020-12-28", "1900-02-28",
         "2000-02-29", "2024-01-31", "2024-03-31", "2024-10-27", "1582-10-04", "1582-10-15", "1500-02-28", "0001-01-01", "0000-12-31", "0000-02-29",
         "-0001-12-31", "-0044-03-15", "9999-12-31", "+10000-01-01", "+294247-01-10", "-290308-12-22"]
FAR_DATES = ["+294247-01-11", "-290308-12-21", "+5881580-07-11", "+5881580-06-30", "-5877641-06-23", "-5877641-07-01", "+5881580-01-01", "-5877640-01-01"]
TIMES = [None, 0, 1, -1, 999_999, -1_000_000, 1_500_000, -1_500_000, 1709168523456789, 1709164800000000, 1709251199999999, 1735516799123456,
         1704067199999999, 1711846800000000, 1711843200000000, 1711845000000000, 1729990800000000, 1729987200000000, 1729989000123000, 951782400000000,
         -2208988800000000, -12219292800000000, -62135596800000000, -62135596800000001, -62167219200000000, -63549403200000000,
         253402300799999999, 253402300800000000]
FAR_TIMES = [MIN64, MIN64 + 999_999, MAX64, MAX64 - 86_400_000_000, MIN64 + 86_400_000_000, 9223372036800000000, -9223372036800000000]
TEXTS = [None, "", "2024-02-29", "2024-02-29 01:02:03.456", " 2024-02-29T23:59:59Z ", "2024-02-29 01:02:03 Europe/Berlin", "x", "2023-02-29"]
FEW = {
    "tinyint": [None, 0, 1, -128, 127], "smallint": [None, 0, 1, -32768, 32767], "int": [None, 0, 1, -1, 60, 2024, -(2**31), 2**31 - 1],
    "bigint": [None, 0, 1, -1, 1709168523, 253402300800, MIN64, MAX64, 9223372036854, 9223372036855, 2**31],
    "float": [None, "0.0", "1.5", "-1.5", "NaN", "Infinity", "3.4028235E38"],
    "double": [None, "0.0", "-0.0", "2.9999999", "-2.5", "1.7091685234567E9", "1.0E20", "NaN", "-Infinity"],
    "decimal(5,2)": [None, "0.00", "1.50", "-2.50", "999.99"], "decimal(20,0)": [None, "0", "9223372036855", "-99999999999999999999"],
    "decimal(38,18)": [None, "0.000000000000000001", "1.500000000000000000", "99999999999999999999.999999999999999999"],
    "string": TEXTS, "date": DATES[:8] + FAR_DATES[:2], "timestamp": TIMES[:10] + FAR_TIMES[:3], "timestamp_ntz": TIMES[:10] + FAR_TIMES[:3],
    "boolean": [None, True, False], "binary": [None, "", "MjAyNA=="],
}
FIELDS = ["year", "quarter", "month", "day", "dayofmonth", "dayofweek", "weekday", "dayofyear", "weekofyear", "monthname", "dayname"]
CLOCKS = ["hour", "minute", "second"]
UNITS = ["year", "yyyy", "YY", "quarter", "Month", "MON", "mm", "week", "day", "dd", "hour", "minute", "second", "millisecond", "microsecond", "", "foo",
         "weeks"]
PARTS = """YEAR Y YEARS YR YRS YEAROFWEEK QUARTER QTR MONTH MON MONS MONTHS WEEK W WEEKS DAY D DAYS DAYOFWEEK DOW DAYOFWEEK_ISO DOW_ISO DOY HOUR H HOURS
    HR HRS MINUTE M MIN MINS MINUTES SECOND S SEC SECONDS SECS EPOCH CENTURY foo""".split()


def column(values):
    return [[v] for v in values]


def quoted(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def pairs(a, b):
    return [list(p) for p in itertools.product(a, b)]


def fields():
    for name in FIELDS:
        yield name + "(a)", [["a", "date"]], column(DATES + FAR_DATES)
    for name in CLOCKS + ["day", "year"]:
        for type_ in ("timestamp", "timestamp_ntz"):
            yield name + "(a)", [["a", type_]], column(TIMES + FAR_TIMES)
    for part in PARTS:
        yield "EXTRACT(%s FROM a)" % part, [["a", "timestamp"]], column(TIMES[:12] + FAR_TIMES)
        yield "date_part('%s', a)" % part.lower(), [["a", "date"]], column(DATES[:10])
    for part in ("SECOND", "MINUTE", "YEAROFWEEK", "DOW_ISO"):
        for type_ in ("timestamp_ntz", "string", "int"):
            yield "extract(%s FROM a)" % part, [["a", type_]], column(FEW[type_])
    for sql in ("date_part(NULL, a)", "date_part(concat('ye', 'ar'), a)", "date_part(CAST(a AS STRING), a)", "date_part(1, a)", "datepart('year', a)",
                "date_part('year')", "EXTRACT(YEAR, a)", "EXTRACT('YEAR' FROM a)", "EXTRACT(YEAR FROM a) + 1", "extract(year from a) = year(a)", "EXTRACT()",
                "EXTRACT(YEAR FROM NULL)", "year()", "year(a, a)", "hour(NULL)"):
        yield sql, [["a", "date"]], column(DATES[:4])


def by_type():
    """Every function of one argument by every type."""
    one = ["year", "hour", "last_day", "unix_date", "date_from_unix_date", "unix_micros", "unix_millis", "unix_seconds", "timestamp_micros", "timestamp_millis",
           "timestamp_seconds", "to_date", "to_timestamp", "to_timestamp_ntz", "to_timestamp_ltz", "unix_timestamp", "to_unix_timestamp", "from_unixtime"]
    two = ["date_add(DATE '2024-02-29', a)", "date_sub(a, 1)", "dateadd(a, 1)", "datediff(a, DATE '2024-02-29')", "date_diff(TIMESTAMP '2024-02-29 23:00:00', a)",
           "add_months(a, 1)", "add_months(DATE '2024-02-29', a)", "months_between(a, DATE '2024-02-29')", "months_between(a, a, a)", "next_day(a, 'MO')",
           "next_day(DATE '2024-02-29', a)", "trunc(a, 'month')", "trunc(DATE '2024-02-29', a)", "date_trunc('month', a)", "date_trunc(a, TIMESTAMP '2024-02-29')",
           "date_format(a, 'yyyy')", "to_date(a, 'yyyy-MM-dd')", "to_timestamp_ntz(a, 'yyyy-MM-dd')", "unix_timestamp(a, 'yyyy-MM-dd')",
           "from_unixtime(a, 'yyyy')", "make_date(a, 1, 1)", "make_date(2024, a, 1)", "to_utc_timestamp(a, 'Asia/Kolkata')", "from_utc_timestamp(a, 'Asia/Kolkata')",
           "make_timestamp(2024, 1, 1, 1, 1, a)", "make_timestamp(a, 1, 1, 1, 1, 1)"]
    for type_, values in FEW.items():
        for name in one:
            yield name + "(a)", [["a", type_]], column(values)
        for sql in two:
            if sql == "from_unixtime(a, 'yyyy')" and type_ == "string":
                continue
            yield sql, [["a", type_]], column(values)
    for type_ in ("string", "timestamp_ntz", "date", "timestamp"):
        yield "to_timestamp(a, 'yyyy-MM-dd')", [["a", type_]], column(FEW[type_])


def shifts():
    months = [None, 0, 1, -1, 2, 11, 12, 13, -12, 1200, -24288, 2**31 - 1, -(2**31)]
    yield "add_months(a, b)", [["a", "date"], ["b", "int"]], pairs(DATES + FAR_DATES, months[:8]) + pairs(DATES[2:4], months[8:])
    days = [None, 0, 1, -1, 366, 2**31 - 1, -(2**31)]
    for sql in ("date_add(a, b)", "date_sub(a, b)", "dateadd(a, b)", "a + b", "a - b"):
        yield sql, [["a", "date"], ["b", "int"]], pairs(DATES[:6] + FAR_DATES[:4], days)
    yield "datediff(a, b)", [["a", "date"], ["b", "date"]], pairs(DATES[:5] + FAR_DATES[:4], DATES[:5] + FAR_DATES[:4])
    yield "last_day(a)", [["a", "date"]], column(DATES + FAR_DATES)
    names = ["MO", "mon", "Monday", "TU", "TUE", "tuesday", "WE", "WED", "WEDNESDAY", "TH", "THU", "THURSDAY", "FR", "FRI", "FRIDAY", "SA", "SAT", "SATURDAY", "SU",
             "SUN", "SUNDAY", "", "M", "TUES", " MO", "Montag", None]
    yield "next_day(a, b)", [["a", "date"], ["b", "string"]], pairs(DATES[1:4] + FAR_DATES[2:3], names)
    for sql in ("next_day(a, 'friday')", "next_day(a, 'x')", "next_day(a, NULL)"):
        yield sql, [["a", "date"]], column(DATES[:9] + FAR_DATES)
    for unit in UNITS:
        yield "trunc(a, '%s')" % unit, [["a", "date"]], column(DATES + FAR_DATES)
        yield "date_trunc('%s', a)" % unit, [["a", "timestamp"]], column(TIMES + FAR_TIMES)
    yield "trunc(a, b)", [["a", "date"], ["b", "string"]], pairs(DATES[:5], UNITS + [None])
    yield "date_trunc(b, a)", [["a", "timestamp"], ["b", "string"]], pairs(TIMES[7:12], UNITS + [None])
    errors = [["x", u] for u in ("nope", "day", "month", None)] + [[None, "nope"], ["2024-02-29", "month"], ["2024-02-29", "nope"]]
    for sql in ("trunc(CAST(a AS DATE), b)", "date_trunc(b, CAST(a AS TIMESTAMP))", "trunc(CAST(a AS DATE), 'day')", "date_trunc('nope', CAST(a AS TIMESTAMP))", "trunc(CAST(a AS DATE), NULL)",
                "date_trunc(NULL, CAST(a AS TIMESTAMP))", "trunc(CAST(a AS DATE), CAST(1 DIV length('') AS STRING))", "date_trunc(CAST(1 DIV length('') AS STRING), CAST(a AS TIMESTAMP))"):
        yield sql, [["a", "string"], ["b", "string"]], errors
    yield "date_trunc('month', a)", [["a", "timestamp_ntz"]], column(TIMES)
    yield "date_trunc('hour', a)", [["a", "date"]], column(DATES[:5] + FAR_DATES[:2])
    apart = TIMES[1:6] + TIMES[8:16]
    for sql in ("months_between(a, b)", "months_between(a, b, false)"):
        yield sql, [["a", "timestamp"], ["b", "timestamp"]], pairs(apart, apart) + pairs(FAR_TIMES[:3], FAR_TIMES[:3]) + [[None, 0], [0, None]]
    yield "months_between(a, b, c)", [["a", "date"], ["b", "timestamp_ntz"], ["c", "boolean"]], [
        list(p) for p in itertools.product(DATES[:8], TIMES[:3], [True, False, None])]
    numbers = [None, 0, 1, 2, 12, 13, 28, 29, 30, 31, 32, -1, 1900, 2024, 9999, 10000, 999999999, 1000000000, 5881580, 5881581, -5877641, 2**31 - 1, -(2**31)]
    yield "make_date(a, b, c)", [["a", "int"], ["b", "int"], ["c", "int"]], [[y, 2, 29] for y in numbers] + [[2023, m, 31] for m in numbers] + [
        [2024, 2, d] for d in numbers]
    seconds = [None, "0.000000", "59.999999", "60.000000", "60.000001", "60.999999", "61.000000", "-0.000001", "9999999999.999999"]
    for name in ("make_timestamp", "make_timestamp_ntz", "make_timestamp_ltz"):
        yield name + "(2024, 2, 29, 1, 2, a)", [["a", "decimal(16,6)"]], column(seconds)
        yield name + "(a, b, c, 23, 59, 59.5)", [["a", "int"], ["b", "int"], ["c", "int"]], [[y, 2, 28] for y in numbers + [294247, 294248, -290308]] + [
            [2024, m, 30] for m in numbers[:12]]
        yield name + "(2024, 2, 29, a, a, a)", [["a", "int"]], column([None, 0, 1, 23, 24, 59, 60, 61, -1])
    for name in ("make_timestamp", "make_timestamp_ltz", "make_timestamp_ntz"):
        yield name + "(2024, 7, 1, 1, 2, 3, a)", [["a", "string"]], column(["UTC", "Europe/Berlin", "+01:30", "PST", "x", "", None])
        yield name + "(2024, 7, 1)", [["a", "string"]], column([None])


def conversions():
    for name in ("unix_micros", "unix_millis", "unix_seconds", "unix_timestamp", "to_unix_timestamp", "unix_date"):
        for type_ in ("timestamp", "timestamp_ntz"):
            yield name + "(a)", [["a", type_]], column(TIMES + FAR_TIMES)
        yield name + "(a)", [["a", "date"]], column(DATES + FAR_DATES)
    for name in ("timestamp_micros", "timestamp_millis", "timestamp_seconds", "from_unixtime", "date_from_unix_date"):
        yield name + "(a)", [["a", "bigint"]], column(FEW["bigint"] + [9223372036854775, 9223372036854776, -9223372036854775, -9223372036854776, -9223372036855])
        yield name + "(a)", [["a", "int"]], column(FEW["int"])
    for type_ in ("decimal(5,2)", "decimal(20,0)", "decimal(38,18)", "float", "double"):
        yield "timestamp_seconds(a)", [["a", type_]], column(FEW[type_])
    yield "timestamp_seconds(a)", [["a", "decimal(20,6)"]], column(["0.000001", "-1709168523.456789", "9223372036854.775807", "9223372036854.775808"])
    yield "timestamp_seconds(a)", [["a", "decimal(20,7)"]], column(["0.0000010", "0.0000015", "-0.0000001"])
    zones = ["UTC", "GMT", "Z", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "PST", "CET", "EST",
             "+01:00", "-8", "+5:30", "+05:30:15", "UTC+1", "GMT-03:30", "+19", "", "x", "europe/berlin", " UTC ", None]
    for name in ("to_utc_timestamp", "from_utc_timestamp"):
        yield name + "(a, b)", [["a", "timestamp"], ["b", "string"]], pairs(TIMES[8:20], zones)
        yield name + "(a, 'Europe/Berlin')", [["a", "timestamp"]], column(TIMES + FAR_TIMES)
        yield name + "(a, '+18:00')", [["a", "timestamp"]], column(TIMES[:3] + FAR_TIMES)
    for sql in ("current_date() = current_date", "CURRENT_DATE = curdate()", "Current_Timestamp = now()", "now() = current_timestamp()", "`current_date` IS NULL",
                "current_date IS NULL", "current_timezone()", "current_date(1)", "now(1)", "LOCALTIMESTAMP IS NULL", "localtimestamp() = localtimestamp()",
                "CAST(now() AS DATE) = current_date()", "unix_timestamp() = unix_seconds(now())", "typeof", "a.current_date"):
        yield sql, [["a", "int"]], [[1]]
    yield "current_date", [["current_date", "int"]], [[7], [None]]


def intervals():
    times = {"date": DATES[:14] + FAR_DATES[:2], "timestamp": TIMES[:20] + FAR_TIMES, "timestamp_ntz": TIMES[:6] + FAR_TIMES[:3]}
    good = """1 MONTH;; 13 MONTHS;; 100 YEARS;; -1 YEAR;; 1 DAY;; 2 WEEKS;; 24 HOURS;; 25 HOURS;; 90 MINUTES;; 1.5 SECONDS;; 5 MILLISECONDS;; 7 MICROSECONDS;;
        '1-2' YEAR TO MONTH;; '1 02:03:04.5' DAY TO SECOND;; '-3 12' DAY TO HOUR;; '2 days -3 hours';; '1 year 1 month';; 1 YEAR 2 MONTHS;; 1 DAY 2 HOURS;;
        '0' DAY;; '0' MONTH"""
    for span in good.split(";;"):
        for type_, values in times.items():
            for op in "+-":
                yield "a %s INTERVAL %s" % (op, span.strip()), [["a", type_]], column(values)
    forms = r"""'1' DAY;; '-1' DAY;; -'1' DAY;; -'-1' DAY;; - '1' DAY;; +1 DAY;; '+1' DAY;; ' 1 ' DAY;; '1.5' DAY;; 1.5 DAY;; '1.5' SECOND;; '1.1234567' SECOND;;
        '1.1234567891' SECOND;; '.5' SECOND;; '5.' SECOND;; '.' SECOND;; 1.5 SECOND 2 MINUTES;; 5 NANOSECOND;; '1-13' YEAR TO MONTH;; '1-12' YEAR TO MONTH;;
        '1-11' YEAR TO MONTH;; '-1-2' YEAR TO MONTH;; '+1-2' YEAR TO MONTH;; -'1-2' YEAR TO MONTH;; -'-1-2' YEAR TO MONTH;; -'+1-2' YEAR TO MONTH;; +'1-2' YEAR TO MONTH;;
        ' 1-2 ' YEAR TO MONTH;; '1 - 2' YEAR TO MONTH;; '1' YEAR TO MONTH;; '12345-2' YEAR TO MONTH;; '178956970-7' YEAR TO MONTH;; '178956970-8' YEAR TO MONTH;;
        '1 02' DAY TO HOUR;; '1 24' DAY TO HOUR;; '1 02:03' DAY TO MINUTE;; '1 2:3' DAY TO MINUTE;; '1 002:3' DAY TO MINUTE;; '02:03' HOUR TO MINUTE;;
        '25:03' HOUR TO MINUTE;; '02:03:04' HOUR TO SECOND;; '2:3:4.000001' HOUR TO SECOND;; '02:04.5' MINUTE TO SECOND;; '102:04.5' MINUTE TO SECOND;;
        '2:60' MINUTE TO SECOND;; '1  02:03:04' DAY TO SECOND;; '1 02:03:04.123456789' DAY TO SECOND;; '1 02:03:04.1234567891' DAY TO SECOND;;
        '1 02:03:04.' DAY TO SECOND;; '1T02:03:04' DAY TO SECOND;; '1 02:03' DAY TO SECOND;; '-1 02:03:04.000001' DAY TO SECOND;;
        '106751991 02:03:04' DAY TO SECOND;; '106751992 02:03:04' DAY TO SECOND;; '1 02:03:04' HOUR TO SECOND;; '1' DAY TO MONTH;; '1' SECOND TO DAY;;
        '1' DAY TO DAY;; 1 YEAR TO MONTH;; '1' YEARS;; '1' FOO;; 'foo';; '';; '1';; 'interval 1 day';; 'INTERVAL 1 day';; '1 DAY 2 HoUrs 3 minutes';; '1 day -2 hours + 3 minutes';;
        '- 1 day';; '1day';; '1.5 seconds';; '-0.5 seconds';; '-.5 seconds';; '1.5 days';; '1 day 1 day';; '2 weeks';; -'2 weeks';; 1 DAY -2 HOURS;; '1' DAY '2' HOURS;;
        n DAYS;; (1) DAYS;; 1L DAYS;; 1e2 DAYS;; 9223372036854775807 MICROSECONDS;; 9223372036854775808 MICROSECONDS;; 106751991 DAYS;; 106751992 DAYS;; 2147483647 MONTHS;;
        2147483648 MONTHS;; 178956970 YEARS;; 178956971 YEARS;; 1 MONTH 2 DAYS;; '1 month 2 days';; '1' '2' DAY;; "1" DAY;; '1\t' DAY;; '0-0' YEAR TO MONTH;;
        '1' DAY '5';; '1' DAY INTERVAL '1' DAY;; '1' DAY + INTERVAL '1' HOUR;; '1' DAY - 1;; -1 DAY - INTERVAL '1' DAY;; '1 day 2' HOURS"""
    for form in forms.split(";;"):
        for sql in ("ts + INTERVAL %s", "d - INTERVAL %s"):
            yield sql % form.strip(), [["n", "int"], ["ts", "timestamp"], ["d", "date"]], [[1, 1706659200000000, "2024-01-31"], [None, None, None]]
    for sql in ("INTERVAL '1' MONTH + d", "INTERVAL '1' MONTH - d", "INTERVAL '1' HOUR + ts", "INTERVAL '1' HOUR + d", "d + -INTERVAL '1' DAY", "d + +INTERVAL '1' DAY",
                "ts - -INTERVAL '1' HOUR", "s + INTERVAL '25' HOUR", "s + INTERVAL '1' DAY", "INTERVAL '1' SECOND + s", "s + INTERVAL '1' MONTH", "s - INTERVAL '1' DAY",
                "n + INTERVAL '1' DAY", "n - INTERVAL '1' DAY", "d * INTERVAL '1' DAY", "d + INTERVAL", "CAST(NULL AS DATE) + INTERVAL '1' DAY", "d > d - INTERVAL 1 DAY AND true",
                "ts + INTERVAL 1 DAY > ts", "d BETWEEN d - INTERVAL 1 DAY AND d + INTERVAL 1 DAY", "interval", "d - INTERVAL '-2147483648' MONTH",
                "ts + INTERVAL '1' DAY + INTERVAL '2' HOUR", "(d + INTERVAL '1' DAY) + INTERVAL '2' HOUR"):
        yield sql, [["n", "int"], ["ts", "timestamp"], ["d", "date"], ["s", "string"]], [
            [1, 1706659200123456, "2024-01-31", "2024-01-31 01:02:03"], [2, MAX64, "9999-12-31", "x"], [None] * 4]


FORMATS = """G GG GGG GGGG;; y yy yyy yyyy yyyyy yyyyyy;; yyyyyyy;; y yy yyyy G;; u;; Y;; w;; W;; M MM MMM MMMM L LL LLL LLLL;; MMMMM;; LLLLL;; MMMMMM;; D DD DDD;; DDDD;;
    d dd;; ddd;; F;; FF;; E EE EEE EEEE;; EEEEE;; a h hh K KK;; aa;; H HH k kk m mm s ss;; hhh;; kkk;; S SS SSS SSSS SSSSS SSSSSS;; SSSSSSS SSSSSSSS SSSSSSSSS;;
    SSSSSSSSSS;; Q QQ QQQ QQQQ q qq qqq qqqq;; QQQQQ;; VV;; V;; VVV;; z zz zzz zzzz;; zzzzz;; O OOOO;; OO;; X XX XXX XXXX XXXXX;; XXXXXX;; x xx xxx xxxx xxxxx;; xxxxxx;;
    Z ZZ ZZZ ZZZZ ZZZZZ;; ZZZZZZ;; [yyyy[-MM]];; [];; [[yyyy]]-[dd;; yyyy];; 'a''b';; '';; '''';; 'open;; yyyy'T'HH;; yyyy''MM;; {;; };; #;; é日😀/:-_.,;; A;; B;; b;; c;; e;; f;; I;;
    j;; n;; N;; p;; r;; t;; yyyy-MM-dd HH:mm:ss.SSSSSS XXX;; dd/MM/yyyy hh:mm a;; EEE, d MMM yyyy;; yyyyMMdd;; ;; yyyy-MM-dd\\nHH"""
PARSED = [
    ("yyyy-MM-dd", ["2024-02-29", "2024-2-9", "2023-02-29", "-0044-03-15", "0000-01-01", "+10000-01-01", "10000-01-01", "+2024-01-01", "2024-02-29 ", " 2024-02-29", "",
                    "2024-13-01", "2024-00-10", "2024-01-32", "2024-02-30", "2024-04-31", "2024/02/29", "+294247-01-10", "+294247-01-11", "+300000-01-01", "-290308-12-21",
                    "-290308-12-20", "999999999-01-01", "+999999999-01-01", "+9999999999-01-01", "+99999999999999999999-01-01", "٢٠٢٤-01-01", "2024-02-29\x00", None]),
    ("yyyy-MM-dd HH:mm:ss", ["2024-02-29 01:02:03", "2024-02-29 24:00:00", "2024-02-29 23:60:00", "2024-02-29 23:59:60", "2024-02-29 1:02:03", "2024-02-29T01:02:03",
                             "2024-02-29", "1969-12-31 23:59:59", "0001-01-01 00:00:00", "2024-02-29 01:02:03.4"]),
    ("yyyy-MM-dd HH:mm:ss.SSSSSS", ["2024-02-29 01:02:03.456789", "2024-02-29 01:02:03.4", "2024-02-29 01:02:03.", "2024-02-29 01:02:03.4567890", "1969-12-31 23:59:59.5"]),
    ("s.S", ["1.5", "1.56", "1."]), ("s.SSSSSSSSS", ["1.123456789", "1.1"]), ("s.SSSSSSSSSS", ["1.1"]), (".S", [".5", "5"]), ("S", ["5", "55"]), ("SSS", ["5", "123", "1234"]),
    ("y-M-d", ["2024-2-9", "2024-02-09", "-1-1-1", "-0-1-1", "0-1-1", "+1-1-1", "12345-1-1", "294247-1-10", "294248-1-1"]),
    ("yy", ["12", "99", "00", "1", "123", "-1"]), ("yyy", ["123", "12", "1234", "-123"]), ("yyyyy", ["12345", "2024", "02024", "+123456"]),
    ("yyyyMMdd", ["20240229", "2024229", "120240229", "+120240229", "-20240229"]), ("yyyyMMddHHmmss", ["20240229010203", "2024022901020"]),
    ("yyMMdd", ["240229", "24229"]), ("yyMdd", ["24212", "241212"]), ("yMMdd", ["20240229", "120240229", "0229"]), ("yyyyM", ["20241", "202412", "2024"]), ("Md", ["11", "12"]),
    ("HHmmS", ["12345", "1234567"]), ("HHmmssSSS", ["123456789", "1234567", "123456"]), ("Hmm", ["130", "1230", "30"]), ("HHmmss", ["010203"]),
    ("dd/MM/yyyy hh:mm a", ["29/02/2024 01:02 PM", "29/02/2024 12:02 AM", "29/02/2024 13:02 PM", "29/02/2024 00:02 am", "29/02/2024 01:02 p"]),
    ("h a", ["5 PM", "12 PM", "12 AM", "0 AM"]), ("K a", ["0 PM", "11 AM", "12 PM"]), ("a", ["AM", "pm", "noon"]), ("h", ["5", "12", "0", "13"]), ("k", ["24", "0", "1"]),
    ("K", ["0", "11", "12"]), ("H", ["0", "24", "7"]), ("H a", ["13 PM", "13 AM", "1 AM"]), ("H h", ["13 1", "13 2"]), ("H:s", ["1:30"]), ("H:s a", ["1:30 PM"]), ("m", ["59", "60"]), ("s", ["59", "60"]), ("K h", ["0 12", "1 2"]),
    ("d MMM yyyy", ["3 Feb 2024", "3 fEB 2024", "3 February 2024", "31 Jun 2024", "3 Sept 2024", "3 Sep 2024", "3 May 2024"]), ("d MMMM yyyy", ["3 February 2024", "3 Feb 2024", "3 MAY 2024"]),
    ("d LLL yyyy", ["3 Feb 2024"]), ("d LLLL", ["3 March"]), ("LL", ["02"]),
    ("M", ["1", "12", "13", "0"]), ("d", ["31", "32", "0"]), ("D", ["1", "60", "365", "366", "0"]), ("yyyy D", ["2024 366", "2023 366", "2024 60"]), ("yyyy DDD", ["2024 060", "2024 60"]),
    ("yyyy DD", ["2024 60", "2024 160", "2024 6"]), ("yyyy-MM-dd D", ["2024-02-29 60", "2024-02-29 61"]), ("M D", ["2 32", "2 60", "3 60"]), ("MM-dd", ["02-28", "02-29"]), ("yyyy", ["2024", "0000"]),
    ("y G", ["44 BC", "44 AD", "0 AD", "-1 AD", "44 bc"]), ("yyyy-MM-dd G", ["0044-03-15 BC", "2024-02-29 AD", "2024-02-29 Anno Domini"]), ("y GGGG", ["44 Before Christ"]), ("G", ["BC", "AD"]),
    ("yyyy-MM-dd X", ["2024-02-29 Z", "2024-02-29 z", "2024-02-29 +01", "2024-02-29 +0130", "2024-02-29 +01:30", "2024-02-29 +19", "2024-02-29 +24", "2024-02-29 -18", "2024-02-29 +1"]),
    ("yyyy-MM-dd XX", ["2024-02-29 Z", "2024-02-29 +0130", "2024-02-29 +01"]), ("yyyy-MM-dd XXX", ["2024-02-29 Z", "2024-02-29 -08:00", "2024-02-29 -0800", "2024-02-29 +01:60"]),
    ("yyyy-MM-dd XXXX", ["2024-02-29 +013015", "2024-02-29 +0130"]), ("yyyy-MM-dd XXXXX", ["2024-02-29 +01:30:15", "2024-02-29 +01:30", "2024-02-29 +18:00:01"]),
    ("yyyy-MM-dd x", ["2024-02-29 +00", "2024-02-29 +0030", "2024-02-29 +0130", "2024-02-29 Z"]), ("yyyy-MM-dd xx", ["2024-02-29 +0000"]), ("yyyy-MM-dd xxx", ["2024-02-29 +00:00", "2024-02-29 -05:30"]),
    ("yyyy-MM-dd xxxx", ["2024-02-29 +0000"]), ("yyyy-MM-dd xxxxx", ["2024-02-29 +00:00", "2024-02-29 -00:00"]),
    ("yyyy-MM-dd Z", ["2024-02-29 +0100", "2024-02-29 +01:00", "2024-02-29 Z"]), ("yyyy-MM-dd ZZZZ", ["2024-02-29 GMT+01:00", "2024-02-29 GMT"]), ("yyyy-MM-dd ZZZZZ", ["2024-02-29 +01:00", "2024-02-29 Z"]),
    ("yyyy-MM-dd O", ["2024-02-29 GMT", "2024-02-29 GMT+1", "2024-02-29 GMT+01:30", "2024-02-29 GMT-8:15:30", "2024-02-29 UTC+1", "2024-02-29 gmt+11"]),
    ("yyyy-MM-dd OOOO", ["2024-02-29 GMT+01:30", "2024-02-29 GMT+1", "2024-02-29 GMT-08:15:30", "2024-02-29 GMT"]),
    ("yyyy-MM-dd VV", ["2024-02-29 Europe/Berlin", "2024-07-29 America/Los_Angeles", "2024-02-29 UTC", "2024-02-29 UTC+01:00", "2024-02-29 GMT0", "2024-02-29 +01:00", "2024-02-29 Z",
                       "2024-02-29 Nowhere/City", "2024-02-29 UT-03:30", "2024-02-29 GMT+2", "2024-02-29 ", "2024-02-29 europe/berlin", "2024-02-29 +18:30"]),
    ("yyyy-MM-dd[ HH:mm[:ss]]", ["2024-02-29", "2024-02-29 05:06", "2024-02-29 05:06:07", "2024-02-29 05", "2024-02-29 05:06:7"]), ("[yyyy][MM]", ["2024", "202402", "02", ""]),
    ("yyyy[MM]dd", ["20240229", "202429"]), ("yyyy'T'MM", ["2024T02", "2024t02"]), ("yyyy''MM", ["2024'02"]), ("yyyy 'é'", ["2024 é", "2024 É"]), ("é yyyy", ["é 2024", "É 2024", "e 2024"]),
    ("", ["", "x"]), ("yyyy yyyy", ["2024 2024", "2024 2025"]), ("yy yyyy", ["24 2024", "24 1924"]), ("E", ["Mon"]), ("Q", ["1"]), ("F", ["1"]), ("yyyy-ww", ["2024-01"]), ("A", ["1"]),
    ("yyyy]", ["2024"]), ("yyyy [", ["2024 "]), ("yyyy{", ["2024{"]), ("'open", ["open"]), ("s.S'open", ["1.5open"]), ("yyyyyyy", ["0002024"]), ("MMMMM", ["J"]), ("ddd", ["001"]), ("aa", ["AM"]), ("b", ["b"]),
]


def patterns():
    moments = [0, -1, 1709168523456789, 1707441723456789, 1735689599999999, 1711846800000000, -62135596800000001, -63549403200000000, -2208988800000000, 253402300800000000, MAX64, MIN64]
    for pattern in FORMATS.split(";;"):
        yield "date_format(a, %s)" % quoted(pattern.strip()), [["a", "timestamp"]], column(moments[:8] if "zz" in pattern or len(pattern) < 30 else moments)
    every = [p.strip() for p in FORMATS.split(";;")]
    yield "date_format(a, b)", [["a", "timestamp"], ["b", "string"]], [[1709168523456789, p] for p in every] + [[None, "yyyy"], [0, None], [None, "A"]]
    yield "date_format(a, 'yyyy-MM-dd')", [["a", "date"]], column(DATES + FAR_DATES)
    yield "date_format(a, 'yyyy-MM-dd HH:mm')", [["a", "timestamp_ntz"]], column(TIMES)
    yield "date_format(a, 'yyyy-MM-dd HH:mm')", [["a", "string"]], column(TEXTS)
    yield "from_unixtime(a, 'yyyy-MM-dd HH:mm:ss.SSS')", [["a", "bigint"]], column(FEW["bigint"])
    for sql in ("date_format(a, NULL)", "date_format(NULL, 'A')", "date_format(a)", "to_date(s, NULL)", "to_date(NULL, 'A')", "to_timestamp(NULL, 'A')", "to_timestamp(s, 'A')",
                "to_date(a, 'A')", "unix_timestamp(a, 'A')", "unix_timestamp(s, 2024)", "to_date(s, 2024)", "from_unixtime(1, NULL)", "from_unixtime(1, 2024)", "from_unixtime(0, 'A')",
                "to_timestamp(s, 'yyyy', 1)", "unix_timestamp(s, 'yyyy', 1)", "to_date()"):
        yield sql, [["a", "timestamp"], ["s", "string"]], [[0, "2024"], [None, None]]
    for pattern, texts in PARSED:
        yield "to_timestamp(a, %s)" % quoted(pattern), [["a", "string"]], column(texts)
    for pattern, texts in PARSED[:4] + PARSED[-50:-40]:
        for name in ("to_date", "to_timestamp_ntz", "to_unix_timestamp", "unix_timestamp"):
            yield "%s(a, %s)" % (name, quoted(pattern)), [["a", "string"]], column(texts)
    yield "to_timestamp(a, b)", [["a", "string"], ["b", "string"]], [[t, p] for p, texts in PARSED for t in texts[:2]] + [[None, "A"], ["x", None]]
    yield "unix_timestamp(a)", [["a", "string"]], column(["2024-02-29 01:02:03", "2024-02-29", "1969-12-31 23:59:59", None, "x"])


NAMES = [["d", "date"], ["e", "date"], ["ts", "timestamp"], ["u", "timestamp"], ["nz", "timestamp_ntz"], ["n", "int"], ["k", "int"]]


class Trees:
    """Random expressions of dates, timestamps and numbers."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def tree(self, kind, depth):
        if depth == 0 or self.random.random() < 0.15:
            return self.random.choice({"date": ["d", "e", "DATE '2024-02-29'"], "time": ["ts", "u", "nz", "TIMESTAMP '2024-03-31 01:30:00'"], "number": ["n", "k", "7", "-1"]}[kind])
        forms = {
            "date": ["date_add({date}, {number})", "date_sub({date}, {number})", "add_months({date}, {number})", "last_day({date})", "trunc({date}, 'month')", "next_day({date}, 'SU')",
                     "CAST({time} AS DATE)", "to_date({time})", "{date} + INTERVAL '1' MONTH", "{date} - INTERVAL 3 DAYS", "make_date(year({date}), 1, 1)",
                     "coalesce({date}, {date})", "to_date(date_format({time}, 'yyyy/MM/dd'), 'yyyy/MM/dd')"],
            "time": ["date_trunc('day', {time})", "date_trunc('hour', {time})", "date_trunc('week', {time})", "{time} + INTERVAL '1 02:03:04' DAY TO SECOND", "{time} - INTERVAL '1-1' YEAR TO MONTH",
                     "timestamp_seconds({number})", "CAST({date} AS TIMESTAMP)", "to_utc_timestamp({time}, 'Asia/Kolkata')", "timestamp_micros(unix_micros(CAST({time} AS TIMESTAMP)))",
                     "to_timestamp(date_format({time}, 'yyyy-MM-dd HH:mm:ss.SSSSSS'), 'yyyy-MM-dd HH:mm:ss.SSSSSS')", "if({date} > {date}, {time}, {time})", "{date} + INTERVAL '36' HOUR"],
            "number": ["year({date})", "month({date})", "dayofyear({date})", "weekofyear({time})", "hour({time})", "minute({time})", "datediff({date}, {date})", "EXTRACT(DOW FROM {date})",
                       "quarter({time})", "{number} + 1"],
        }[kind]
        text = self.random.choice(forms)
        while "{" in text:
            start, end = text.index("{"), text.index("}")
            text = text[:start] + self.tree(text[start + 1:end], depth - 1) + text[end + 1:]
        return "(%s)" % text if " + " in text or " - " in text else text

    def rows(self):
        pick = self.random.choice
        return [[pick(DATES), pick(DATES), pick(TIMES), pick(TIMES), pick(TIMES), pick([None, 0, 1, -1, 31, 400]), pick([None, 0, 2, -5, 12])] for _ in range(8)]


def random_trees(count):
    trees = Trees(SEED)
    tables = [trees.rows() for _ in range(4)]
    for n in range(count):
        yield trees.tree(["date", "time", "number"][n % 3], DEPTH), NAMES, tables[n % len(tables)]


def all_cases():
    for part in (fields, by_type, shifts, conversions, intervals, patterns):
        yield from part()
    yield from random_trees(COUNT)
