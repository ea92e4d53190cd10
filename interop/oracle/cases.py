"""The hand-made cases: families of (sql, columns, rows). The order of the file is the order here."""

import itertools

MIN64, MAX64 = -(2**63), 2**63 - 1
DAY = 86_400_000_000

# A few values of every type for what meets in pairs; SAMPLES has more of each, for what stands alone.
FEW = {
    "tinyint": [None, 0, 1, -128, 127],
    "smallint": [None, 0, 1, -32768, 32767],
    "int": [None, 0, 1, -(2**31), 2**31 - 1],
    "bigint": [None, 0, 1, MIN64, MAX64, 2**53 + 1],
    "float": [None, "0.0", "-0.0", "1.0", "0.1", "NaN", "Infinity"],
    "double": [None, "0.0", "-0.0", "1.0", "0.1", "9.007199254740992E15", "NaN", "-Infinity"],
    "decimal(5,2)": [None, "0.00", "1.00", "0.10", "-999.99"],
    "decimal(20,0)": [None, "0", "1", "9223372036854775807", "-99999999999999999999"],
    "decimal(38,18)": [None, "0.000000000000000000", "1.000000000000000000", "0.100000000000000000", "99999999999999999999.999999999999999999"],
    "string": [None, "", "1", " 1.0 ", "0.1", "abc", "2024-02-29", "true"],
    "date": [None, "1970-01-01", "2024-02-29", "0001-01-01", "9999-12-31"],
    "timestamp": [None, 0, 1709164800000000, 1709164800000001, -62135596800000000],
    "timestamp_ntz": [None, 0, 1709164800000000, 1709164800000001, 253402300799999999],
    "boolean": [None, True, False],
    "binary": [None, "", "MQ==", "YWJj", "/wA="],
}

SAMPLES = {
    "tinyint": [None, 0, 1, -1, 7, -128, 127],
    "smallint": [None, 0, 1, -1, 128, -129, -32768, 32767],
    "int": [None, 0, 1, -1, 200, 40000, -(2**31), 2**31 - 1],
    "bigint": [None, 0, 1, -1, 3000000000, 2**53 + 1, 253402300800, MIN64, MAX64],
    "float": [None, "0.0", "-0.0", "1.5", "-1.5", "0.1", "127.9", "128.0", "1.6777216E7", "2.14748365E9", "9.223372E18",
              "3.4028235E38", "1.4E-45", "NaN", "Infinity", "-Infinity"],
    "double": [None, "0.0", "-0.0", "2.5", "-2.5", "0.1", "127.999", "-128.999", "2147483647.5", "2147483648.0", "9.223372036854775E18",
               "9.223372036854776E18", "1.0E20", "1.7976931348623157E308", "4.9E-324", "1.0E-7", "NaN", "Infinity", "-Infinity"],
    "decimal(5,2)": [None, "0.00", "1.50", "2.50", "-2.50", "0.05", "0.01", "999.99", "-999.99"],
    "decimal(20,0)": [None, "0", "127", "128", "-1", "2147483648", "9223372036854775807", "9223372036854775808", "-99999999999999999999"],
    "decimal(38,18)": [None, "0.000000000000000000", "0.000000000000000001", "1.500000000000000000", "-0.500000000000000000",
                       "127.999999999999999999", "99999999999999999999.999999999999999999", "-99999999999999999999.999999999999999999"],
    "string": [None, "", " ", "1", "abc", "true", "1.5", "2024-02-29", "2024-02-29 01:02:03.456", "é"],
    "date": [None, "1970-01-01", "1969-12-31", "2024-02-29", "1582-10-04", "1582-10-15", "1500-02-28", "0001-01-01", "0000-01-01", "-0044-03-15",
        "9999-12-31", "+10000-01-01",
             "+294247-01-10", "+294247-01-11", "-290308-12-21", "+5881580-07-11"],
    "timestamp": [None, 0, 1, -1, 1500000, -1500000, 1709168523456789, 1709168523450000, DAY - 1, -62135596800000000, -62167219200000001,
                  253402300799999999, 253402300800000000, MIN64, MAX64],
    "timestamp_ntz": [None, 0, 1, -1, 1709168523456789, 1709168523000000, -62135596800000001, 253402300799999999, MIN64, MAX64],
    "boolean": [None, True, False],
    "binary": [None, "", "MQ==", "YWJj", "w6k="],
}
TYPES = list(SAMPLES)
NUMBERS = TYPES[:9]
INTEGERS, FRACTIONS, DECIMALS = NUMBERS[:4], NUMBERS[4:6], NUMBERS[6:]
ORDER = ["=", "<", "<=>", "<=", ">", ">=", "<>", "!=", "=="]

# What a string must look like to be cast.
NUMERALS = [None, "", " ", "0", "1", "-1", "+1", " 1 ", "\t1\n", "\u00a01", "\u30001", "\x001\x1f", "1 2", "01", "-0", "127", "128", "-128", "-129",
    "32768",
            "2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "1.0", "1.", ".5", "-.5", ".", "+", "-",
                "1.9",
            "-1.9", "1e2", "1E2", "1e", "0x10", "1_000", "1,000", "1L", "1d", "1D", "1f", "NaN", "nan", "Infinity", "+Infinity", "-inf", "inf",
                "infinit",
            "٣", "0.1", "1e308", "1e309", "-1e309", "4.9e-324", "1e-400", "99999999999999999999999999999999999999",
                "999999999999999999999999999999999999999", "0.005", "0.015", "-0.005",
            "999.994", "999.995", "1e37", "1e38", "1e-18", "1e-19", "0x1p3", "true"]
DATES = [None, "", " ", "2024-02-29", "2023-02-29", " 2024-02-29 ", "2024-2-9", "2024-02", "2024", "24", "20240229", "2024-02-29 ",
    "2024-02-29 12:34:56",
         "2024-02-29T12:34:56Z", "2024-02-29Tx", "2024-02-29x", "2024-13-01", "2024-00-01", "2024-01-32", "2024-01-00", "0000-01-01", "0001-01-01",
             "-0001-01-01",
         "+2024-01-01", "10000-01-01", "+10000-01-01", "-10000-01-01", "5881580-07-11", "5881580-07-12", "-5877641-06-23", "-5877641-06-22",
             "12345678-01-01", "2024/02/29",
         "1970-01-01", "epoch", "today", "now", "tomorrow", "2024-02-29\t", "2024-1-1 1", "2024-", "-2024", "1582-10-10", "٢٠٢٤-01-01"]
TIMES = ["2024-02-29 01:02:03", "2024-02-29T01:02:03", "2024-02-29 1:2:3", "2024-02-29 01:02", "2024-02-29 01", "2024-02-29 01:", "2024-02-29 01:02:",
         "2024-02-29 01:02:03.4", "2024-02-29 01:02:03.456789", "2024-02-29 01:02:03.4567899", "2024-02-29 01:02:03.", "2024-02-29 24:00:00",
             "2024-02-29 23:59:60",
         "2024-02-29 01:02:03Z", "2024-02-29 01:02:03 Z", "2024-02-29 01:02:03+05:30", "2024-02-29 01:02:03-08", "2024-02-29 01:02:03+5:3",
             "2024-02-29 01:02:03+0530",
         "2024-02-29 01:02:03+18:00", "2024-02-29 01:02:03+18:01", "2024-02-29 01:02:03 UTC", "2024-02-29 01:02:03UTC+1",
             "2024-02-29 01:02:03 GMT+01:00", "2024-02-29 01:02:03 UT-3",
         "2024-02-29 01:02:03 Europe/Berlin", "2024-07-01 01:02:03 America/Los_Angeles", "2024-03-31 02:30:00 Europe/Berlin",
             "2024-10-27 02:30:00 Europe/Berlin",
         "2024-02-29 01:02:03 Nowhere/City", "2024-02-29 01:02:03 CET", "2024-02-29 01:02:03 PST", "T01:02:03", "01:02:03", "2024-02-29  01:02:03",
             "2024-02-29 01:02:03 x",
         "294247-01-10 04:00:54.775807", "294247-01-10T04:00:54.775808", "-290308-12-21T19:59:05.224192", "-290308-12-21T19:59:05.224191",
             "9999-12-31 23:59:59.999999",
         "0000-01-01 00:00:00", "-0044-03-15 12:00:00", "1709168523", "2024-02-29 01-02-03", "2024-02-29 01.02.03"]
BOOLEANS = [None, "", "true", "TRUE", "True", "t", "T", "y", "yes", "YES", "1", "false", "f", "n", "no", "0", " true ", "\ttrue\n", "tru", "on",
    "off", "2", "-1", "1.0", "null", "ｔrue"]
TEXTS = [None, "", " ", "a", "é", "日本", "😀", "a\nb", "\\", "'", '"', "\u0000"]
FROM_STRING = {
    "tinyint": NUMERALS, "smallint": NUMERALS, "int": NUMERALS, "bigint": NUMERALS, "float": NUMERALS, "double": NUMERALS, "decimal(5,2)": NUMERALS,
    "decimal(20,0)": NUMERALS, "decimal(38,18)": NUMERALS, "string": TEXTS, "date": DATES + TIMES[:16] + TIMES[-14:], "timestamp": DATES + TIMES,
        "timestamp_ntz": DATES + TIMES,
    "boolean": BOOLEANS, "binary": TEXTS,
}

DOUBLES = ["1.0", "10.0", "100.0", "123456.789", "1234567.0", "9999999.0", "1.0E7", "1.23456789E8", "0.001", "0.00099", "9.999E-4", "1.0E-5",
    "1.0E20", "1.0E21", "1.0E22", "1.0E23", "2.0E-3",
           "0.1", "0.2", "0.30000000000000004", "1.7976931348623157E308", "2.2250738585072014E-308", "4.9E-324", "9.0E-324", "9007199254740991.0",
               "9.007199254740992E15", "2.0E23", "8.41E21",
           "9.223372036854776E18", "3.141592653589793", "-1.5", "-0.0", "0.0", "NaN", "Infinity", "-Infinity", "1.0E-10", "5.0E-324",
               "2.98023223876953125E-8", "1.1E-16", "4.35", "1.0E15", "1.0E16", "123456789012345680.0"]
FLOATS = ["1.0", "0.1", "0.2", "0.3", "1.0E7", "9999999.0", "1.6777216E7", "3.4028235E38", "1.17549435E-38", "1.4E-45", "2.8E-45", "0.001", "9.99E-4",
    "1.0E10", "3.3554432E7", "8.5899346E9", "1.0E-5", "-0.0", "NaN",
          "Infinity", "-Infinity", "3.1415927", "123456.79", "2.0E-3", "1.23456784E8", "4.35"]


def column(values):
    return [[v] for v in values]


def pairs(type_a, type_b, values=FEW):
    return [["a", type_a], ["b", type_b]], [list(p) for p in itertools.product(values[type_a], values[type_b])]


def literals():
    """Literals of every kind, on one row that has nothing to do with them."""
    sql = r'''
        NULL;; TRUE;; false;; 0;; 1;; 2147483647;; 2147483648;; -2147483648;; 9223372036854775807;; 9223372036854775808;; -9223372036854775808;;
        99999999999999999999;;
        99999999999999999999999999999999999999;; 999999999999999999999999999999999999999;; 1Y;; -128Y;; 127Y;; 128Y;; 1S;; 32768S;; 1L;;
        9223372036854775808L;; -9223372036854775808L;; 1y;; 1s;; 1l;;
        1.5;; .5;; 5.;; 1.50;; 0.0;; 00.10;; 0.00000000000000000000000000000000000001;; 12345678901234567890.123456789012345678;; 1.5BD;; 1BD;;
        1e2BD;; 1.5D;; 1D;; 1.5F;; 1f;; 1e3;; 1E-3;; .5e1;; 1.e2;; 1e400;; 1e400D;; 1e39F;; 1e-400;; 4.9e-324D;;
        'a';; '';; "double quoted";; 'it''s';; 'it\'s';; "say ""x""";; 'a' 'b';; 'a'"b";; 'tab\there';; 'nl\nx';; '\\';; '\q';; '\u00e9';;
        '\U0001F600';; '\101';; '\0';; '\%\_';; r'\n';; R"\x";; 'é日本😀';; X'';; X'1F';; x'1';; X'0aFf';; X'zz';;
        DATE '2024-02-29';; DATE '2023-02-29';; DATE '2024';; date'0001-01-01';; DATE '10000-01-01';; TIMESTAMP '2024-02-29 01:02:03.456';;
        TIMESTAMP '2024-02-29';; TIMESTAMP '2024-02-29T01:02:03+05:30';; TIMESTAMP '2024-02-29 01:02:03 America/Los_Angeles';;
        TIMESTAMP_NTZ '2024-02-29 01:02:03.456789';; TIMESTAMP_NTZ '2024-02-29T01:02:03Z';; TIMESTAMP_LTZ '2024-02-29 01:02:03';; TIMESTAMP 'x';;
        DATE 'x';; -1;; - 1;; +1;; -1.5;; -'1';; -NULL;; 1 2;; 'unclosed;; 1 +;; ();; (1);; ((1));; a b c;; /* note */ 1;; 1 -- note;;
        1 /* a /* nested */ b */ + 1;; 0x1F;; 1e;; $1;; ?;; :p'''
    return [(s.strip(), [["n", "int"]], [[1]]) for s in sql.split(";;")]


def names():
    """Columns, nested fields, quoting, and names that are not there."""
    columns = [["a", "int"], ["B", "string"], ["s", "struct<x:int,Y:string,z:struct<w:double>>"], ["my col", "int"], ["a.b", "int"], ["date", "date"],
        ["l", "array<int>"], ["m", "map<string,int>"], ["é", "int"], ["ba`ck", "int"]]
    rows = [
        [1, "x", {"x": 2, "Y": "y", "z": {"w": "1.5"}}, 3, 4, "2024-02-29", [5, None], [["k", 6]], 7, 8],
        [None, None, {"x": None, "Y": None, "z": None}, None, None, None, [], [], None, None],
        [None, None, None, None, None, None, None, None, None, None],
    ]
    sql = """a;; A;; b;; `a`;; `A`;; s.x;; S.X;; s.y;; s.z.w;; `s`.`x`;; s . x;; s.z.nope;; nope;; s.nope;; a.x;; `my col`;; `a.b`;; a.b;; date;;
        `date`;; s.x + a;; s.z.w IS NULL;; s.z IS NULL;; s IS NULL;; s IS NOT NULL;; s.x IS NOT NULL AND s.Y = 'y';;
        l IS NULL;; m IS NOT NULL;; l[0];; l[1];; l[2];; m['k'];; m['z'];; m.k;; s['x'];; é;; `é`;; É;; `ba``ck`;; `` ;; s.;; .x;; t.a;; l = l;;
        m = m;; s = s;; s <=> s;; s.z < s.z"""
    return [(s.strip(), columns, rows) for s in sql.split(";;")]


def comparisons():
    for type_a, type_b in itertools.product(TYPES, TYPES):
        columns, rows = pairs(type_a, type_b)
        if type_a == type_b:
            for op in ORDER:
                yield "a %s b" % op, columns, rows
        elif TYPES.index(type_a) < TYPES.index(type_b):
            for op in ("=", "<", "<=>"):
                yield "a %s b" % op, columns, rows
        else:
            yield "a >= b", columns, rows
    for sql, type_ in [
        ("a = 1", t) for t in TYPES
    ] + [("a < 1.5", t) for t in NUMBERS + ["string"]] + [("a = '1'", t) for t in TYPES] + [("a <=> NULL", t) for t in TYPES] + [("NULL = a",
        t) for t in TYPES] + [
        ("a > 127", "tinyint"), ("a >= 128", "tinyint"), ("a < 9223372036854775808", "bigint"), ("a = 0.1", "float"), ("a = 0.1D", "float"),
            ("a = 0.1F", "double"), ("a = 0.1", "double"), ("a = 0.10", "decimal(5,2)"),
        ("a = 0.100000000000000001", "decimal(38,18)"), ("a = 'x'", "int"), ("a > ' 1 '", "int"), ("a = '1.5'", "int"), ("a = '1e0'", "int"),
            ("a < '2024-03'", "date"), ("a = '2024'", "date"),
        ("a < '2024-02-29 00:00:00.5'", "date"), ("a >= '2024-02-29'", "timestamp"), ("a >= '2024-02-29T00:00:00Z'", "timestamp_ntz"),
            ("a = DATE '2024-02-29'", "timestamp"), ("a = TIMESTAMP '2024-02-29'", "date"), ("a = TIMESTAMP_NTZ '2024-02-29'", "timestamp"),
        ("a = 'YES'", "boolean"), ("a = 'maybe'", "boolean"), ("a = 1", "boolean"), ("a = X'616263'", "string"), ("a = 'abc'", "binary"),
            ("a > X'61'", "binary"), ("a == 1 = true", "int"), ("a < 1 < 2", "int"), ("a > 'é'", "string"),
    ]:
        yield sql, [["a", type_]], column(SAMPLES[type_])
    texts = ["", "a", "A", "ab", "b", "é", "e\u0301", "z", "ﬀ", "\ufffd", "😀", "\uffff", "日", "a\x00", "a b"]
    yield "a < b", [["a", "string"], ["b", "string"]], [list(p) for p in itertools.product(texts, texts)]
    for type_, values in (("double", SAMPLES["double"]), ("float", SAMPLES["float"])):
        for op in ("<", "="):
            yield "a %s b" % op, [["a", type_], ["b", type_]], [list(p) for p in itertools.product(values, values)]


def logic():
    three = [True, False, None]
    columns, rows = [["a", "boolean"], ["b", "boolean"]], [list(p) for p in itertools.product(three, three)]
    for sql in ("a AND b", "a OR b", "NOT a", "! a", "NOT (a AND b)", "NOT a OR b", "a AND NOT b OR b", "a = b", "a <=> b", "a <> b", "NOT a = b",
        "a < b", "a IS NULL", "a IS NOT NULL", "a IS TRUE", "a IS NOT TRUE", "a IS FALSE",
                "a IS NOT FALSE", "a IS UNKNOWN", "a IS NOT UNKNOWN", "a IS NULL AND b", "(a OR b) AND NOT (a AND b)", "a AND NULL", "NULL AND a",
                    "a OR NULL", "NOT NULL", "a AND 'true'", "a AND 'x'", "a AND 1", "NOT 1", "NOT 'true'", "a && b", "a || b",
                "a IS DISTINCT FROM b", "a IS NOT DISTINCT FROM b", "a AND b IS NULL", "a IS NULL IS TRUE", "a IS NULL = b", "NOT a IS NULL",
                    "a XOR b", "a IS"):
        yield sql, columns, rows
    columns, rows = [["a", "int"], ["s", "string"], ["d", "double"]], [[0, "x", "0.0"], [5, "7", "NaN"], [20, "", "1.0"], [None, None, None]]
    for sql in ("a = 0 OR 10/a > 1", "10/a > 1 OR a = 0", "a <> 0 AND 10/a > 1", "10/a > 1 AND a <> 0", "NOT (a = 0 OR 10/a > 1)",
        "a > 0 AND CAST(s AS INT) = 7", "CAST(s AS INT) = 7 AND a > 0", "a IS NULL OR a = 0 OR 10 % a = 0",
                "NULL AND 1/0 > 1", "NULL OR 1/0 > 1", "false AND 1/0 > 1", "true OR 1/0 > 1", "1/0 > 1 OR true", "(NULL AND a/0 > 1) IS NULL",
                    "a IN (0, 10/a)", "a IN (5, 10/a)", "10/a IN (2, NULL)", "a BETWEEN 0 AND 10/a", "a BETWEEN 30 AND 10/a", "a + 10/a > 0",
                "a IS NULL AND 10/a IS NULL", "10/a IS NULL", "a > NULL AND 10/0 > a", "NULL > 10/0", "10/0 > NULL", "NULL + 10/0", "10/0 + NULL",
                    "NULL / 0", "0 / NULL", "NULL % 0", "a <=> 10/0", "d = 0 OR 1/d > 0", "s LIKE 'x' OR CAST(s AS INT) > 0",
                "CASE WHEN a = 0 THEN 0 ELSE 10/a END", "IF(a = 0, 0, 10/a)", "coalesce(a, 1/0)", "a = 0 OR s = 7", "NOT (a <> 0 AND 10/a > 1)",
                    "a IN (NULL, 10/a)", "a NOT IN (0, 10/a)"):
        yield sql, columns, rows


def nulls_and_sets():
    for type_ in TYPES:
        for sql in ("a IS NULL", "a IS NOT NULL"):
            yield sql, [["a", type_]], column(FEW[type_])
        columns, rows = pairs(type_, type_)
        yield "a IN (b, NULL)", columns, rows
    for sql, type_ in [("a IS TRUE", "int"), ("a IS TRUE", "string"), ("a IS FALSE", "double"), ("a IS NULL", "void")]:
        if type_ != "void":
            yield sql, [["a", type_]], column(SAMPLES[type_])
    numbers = [0, 1, 2, 3, None]
    columns, rows = [["a", "int"], ["b", "int"], ["s", "string"], ["d", "decimal(5,2)"], ["x", "double"]], [[n, m, t, d, x] for (n, m), (t, d,
        x) in zip(
        itertools.product(numbers, numbers), itertools.cycle([("1", "1.00", "NaN"), ("a", "2.50", "-0.0"), (None, None, None), ("", "0.00", "1.0"),
            (" 1 ", "-1.00", "Infinity"), ("2.0", "1.00", "2.5"), ("A%", "3.00", "0.0")]))]
    for sql in ("a IN (1, 2)", "a NOT IN (1, 2)", "a IN (1, NULL)", "a NOT IN (1, NULL)", "a IN (NULL)", "a NOT IN (NULL)", "a IN (b)", "a IN (b, 1)",
        "a IN ()", "NOT a IN (1)", "NULL IN (1, 2)", "NULL IN (NULL)", "a IN (1.0, 2.5)", "a IN (1L, 2Y)", "a IN ('1', '2')", "a IN ('x')",
                "s IN ('a', '')", "s IN (1, 2)", "s NOT IN ('a', NULL)", "d IN (1, 2.5)", "d IN (1.000)", "x IN (1, 2.5D)",
                    "x IN (CAST('NaN' AS DOUBLE))", "x IN (0.0D)", "x IN (-0.0D, NULL)", "a IN (true)", "(a, b) IN ((1, 2), (0, 0))",
                    "a IN (1, 'x')", "a IN (1, 2) = true", "a IN (1, 2) AND b IN (2, 3)",
                "a BETWEEN 1 AND 2", "a NOT BETWEEN 1 AND 2", "a BETWEEN 2 AND 1", "a BETWEEN b AND 3", "a BETWEEN NULL AND 1",
                    "a BETWEEN 1 AND NULL", "a NOT BETWEEN 1 AND NULL", "NULL BETWEEN a AND b", "a BETWEEN 0.5 AND 2.5", "a BETWEEN '1' AND '2'",
                    "s BETWEEN 'a' AND 'b'", "x BETWEEN 0 AND 1",
                "x BETWEEN CAST('-Infinity' AS DOUBLE) AND CAST('Infinity' AS DOUBLE)", "d BETWEEN 1 AND 2", "a BETWEEN 1 AND 2 AND b = 1",
                    "a BETWEEN 1 AND 2 OR b BETWEEN 0 AND 1", "NOT a BETWEEN 1 AND 2", "a + 1 BETWEEN b - 1 AND b + 1", "a BETWEEN 1",
                    "a BETWEEN 1 AND", "a BETWEEN 1 OR 2", "a NOT NULL",
                "a = 1 BETWEEN false AND true", "a IN (1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11, 12)"):
        yield sql, columns, rows
    dates = [["2024-02-29", 1709164800000000], ["2024-03-01", 1709251199999999], [None, None], ["1969-12-31", -1]]
    for sql in ("d IN ('2024-02-29')", "d IN (DATE '2024-02-29', '2024-03-01')", "d BETWEEN '2024-02-29' AND '2024-02-29 12:00:00'",
        "t BETWEEN '2024-02-29' AND '2024-03-01'", "t BETWEEN DATE '2024-02-29' AND DATE '2024-02-29'", "t IN (DATE '2024-02-29')",
        "d IN (TIMESTAMP '2024-02-29')",
                "d = t", "t >= d", "d + INTERVAL 1 DAY", "d - INTERVAL 1 MONTH", "d + INTERVAL '1' YEAR", "t + INTERVAL 1 HOUR",
                    "t - INTERVAL '1' DAY", "t + INTERVAL 1 MONTH", "t + INTERVAL 2 WEEKS", "t - INTERVAL '1 02:03:04.5' DAY TO SECOND",
                    "t + INTERVAL '1-2' YEAR TO MONTH", "d + 1", "d - 1", "1 + d", "d + 1L", "d + 1.0", "d + '1'", "t + 1", "d * 2",
                "d + INTERVAL 1 HOUR", "-INTERVAL 1 DAY + d", "t > d + INTERVAL 1 DAY", "d - d = INTERVAL '0' DAY"):
        yield sql, [["d", "date"], ["t", "timestamp"]], dates


def likes():
    values = [None, "", "a", "abc", "ABC", "a%c", "a_c", "a\\c", "a\nc", "axxc", "é", "e\u0301", "日本語", "😀", "😀b", "%", "_", "\\", "100%", "a.c",
        "a*c", "[a]", "aaa", "ab\n", "a\r\nc", "$", "^a", "a\u2028c", "\\%"]
    for pattern in ("", "%", "_", "__", "a%", "%c", "a%c", "a_c", "%b%", "abc", "a__c", "%%", "_%", "%_", "a\\\\%c", "a\\\\_c", "a\\\\\\\\c", "\\\\%",
        "\\\\\\\\", "\\\\\\\\\\\\%", "é", "_é", "e_", "日_語", "日%", "a.c", "a*c", "[a]", "[ab]%", "%\\n%", "a\\n%", "%$", "^a%", "a|b", "(a)",
        "%a%a%", "\\\\a", "a\\\\", "%\\\\",
                    "\\%", "\\_", "a\\%c"):
        yield "s LIKE '%s'" % pattern, [["s", "string"]], column(values)
    for sql in ("s NOT LIKE 'a%'", "NOT s LIKE 'a%'", "s LIKE NULL", "NULL LIKE s", "s LIKE s", "s LIKE 'a!%c' ESCAPE '!'",
        "s LIKE 'a!_c' ESCAPE '!'", "s LIKE 'a!!c' ESCAPE '!'", "s LIKE 'a!c' ESCAPE '!'", "s LIKE 'a\\\\c' ESCAPE '!'", "s LIKE 'a%%c' ESCAPE '%'",
        "s LIKE '_%' ESCAPE '_'", "s LIKE '100#%' ESCAPE '#'", "s LIKE 'a' ESCAPE 'ab'", "s LIKE 'a' ESCAPE ''",
                "s LIKE 'a%' ESCAPE '\\\\'", "s LIKE r'a\\%c'", "s LIKE r'\\\\'", "s LIKE 'é%' ESCAPE 'é'", "s LIKE 'a!' ESCAPE '!'", "s LIKE 1",
                    "s LIKE ('a%')", "s LIKE ANY ('a%', '%c')", "s LIKE ALL ('a%', '%c')", "s NOT LIKE ANY ('a%', '%c')", "s ILIKE 'A%'",
                    "s LIKE 'a%' AND s LIKE '%c'", "s LIKE 'a' 'b' '%'", "s LIKE 'a' || '%'", "s LIKE '%' = true", "s LIKE"):
        yield sql, [["s", "string"]], column(values)
    yield "s LIKE p", [["s", "string"], ["p", "string"]], [["a%c", "a\\%c"], ["abc", "a%"], ["abc", "a\\"], ["abc", "\\a%"], [None, "a\\"], ["abc",
        None], ["", ""], ["a\\", "a\\\\"], ["😀b", "_b"], ["😀b", "__b"], ["b", "\\"]]
    for sql, type_ in (("a LIKE '1%'", "int"), ("a LIKE '1%'", "double"), ("a LIKE '2024%'", "date"), ("a LIKE 't%'", "boolean"), ("a LIKE 'a%'",
        "binary"), ("a LIKE '%00'", "decimal(5,2)")):
        yield sql, [["a", type_]], column(SAMPLES[type_])


def casts():
    for source, target in itertools.product(TYPES, TYPES):
        values = FROM_STRING[target] if source == "string" else SAMPLES[source]
        yield "CAST(a AS %s)" % target.upper(), [["a", source]], column(values)
    for target in ("decimal(3,0)", "decimal(10,4)", "decimal(2,2)", "decimal(38,0)", "decimal(38,38)"):
        for source in TYPES[:10]:
            yield "CAST(a AS %s)" % target, [["a", source]], column(NUMERALS if source == "string" else SAMPLES[source])
    yield "CAST(a AS STRING)", [["a", "double"]], column(DOUBLES)
    yield "CAST(a AS STRING)", [["a", "float"]], column(FLOATS)
    yield "CAST(a AS DOUBLE)", [["a", "float"]], column(FLOATS)
    yield "CAST(a AS FLOAT)", [["a", "double"]], column(DOUBLES)
    yield "CAST(a AS DECIMAL(38,18))", [["a", "double"]], column(DOUBLES)
    yield "CAST(a AS DECIMAL(38,10))", [["a", "float"]], column(FLOATS)
    yield "a", [["a", "double"]], column(DOUBLES)
    yield "a", [["a", "float"]], column(FLOATS)
    rounding = ["0.5", "1.5", "2.5", "-0.5", "-1.5", "0.49", "0.05", "0.15", "0.25", "-0.25", "0.049999999999999999", "9.95", "99.95", "1E-10",
        "1.0E2"]
    for target in ("decimal(2,0)", "decimal(3,1)", "decimal(2,1)", "int"):
        for source in ("decimal(20,18)", "double", "string"):
            values = [v for v in rounding if source != "decimal(20,18)" or "E" not in v]
            if source == "double":
                values = [str(float(v)) if v != "1E-10" else "1.0E-10" for v in values]
            if source == "decimal(20,18)":
                values = [v + "0" * (18 - len(v.split(".")[1])) for v in values]
            yield "CAST(a AS %s)" % target, [["a", source]], column(values)
    for sql in ("CAST(a AS INTEGER)", "CAST(a AS LONG)", "CAST(a AS SHORT)", "CAST(a AS BYTE)", "CAST(a AS REAL)", "CAST(a AS DEC(5,1))",
        "CAST(a AS NUMERIC)", "CAST(a AS DECIMAL)", "CAST(a AS DECIMAL(7))", "CAST(a AS DECIMAL(39,0))", "CAST(a AS DECIMAL(2,3))",
        "CAST(a AS VARCHAR(2))", "CAST(a AS CHAR(4))", "CAST(a AS TEXT)", "CAST(a AS nope)", "CAST(a AS TIMESTAMP_LTZ)",
                "CAST(a AS ARRAY<INT>)", "CAST(a, INT)", "CAST(a INT)", "cast(a as string)", "a::string", "a :: int + 1", "-a::string",
                    "TRY_CAST(a AS TINYINT)", "int(a)", "string(a)", "double(a)", "CAST(CAST(a AS STRING) AS INT)", "CAST(a AS BOOLEAN) AND true",
                    "CAST(NULL AS INT)", "CAST('1' AS INT) + a", "CAST(a AS STRING) < '5'"):
        yield sql, [["a", "int"]], column([None, 0, 1, -1, 12345, 2**31 - 1])
    yield "TRY_CAST(a AS DATE)", [["a", "string"]], column(DATES)


def arithmetic():
    for type_a, type_b in itertools.product(NUMBERS, NUMBERS):
        ops = ["+", "-", "*", "/", "%", "DIV"] if type_a == type_b or {type_a, type_b} & {"bigint", "decimal(38,18)", "double"} else ["+", "/", "%"]
        if type_a in DECIMALS and type_b in DECIMALS:
            ops = ["+", "-", "*", "/", "%", "DIV"]
        for op in ops:
            columns, rows = pairs(type_a, type_b)
            yield "a %s b" % op, columns, rows
    for type_ in TYPES:
        yield "-a", [["a", type_]], column(SAMPLES[type_])
        yield "+a", [["a", type_]], column(FEW[type_])
    for type_ in NUMBERS:
        for sql in ("a + 1", "a * 2", "a / 2", "a % 3", "-a % 3", "2 - a", "a DIV 2", "a * 0.5", "a + '1'", "a / 0", "a * NULL"):
            yield sql, [["a", type_]], column(SAMPLES[type_])
    widths = [(1, 0), (3, 3), (10, 2), (18, 6), (19, 0), (38, 0), (38, 6), (38, 18), (38, 38), (38, 37), (30, 10), (20, 20)]
    for n, ((p1, s1), (p2, s2)) in enumerate(itertools.product(widths, widths)):
        values = lambda p, s: [decimal(10**p - 1, s), decimal(-(10 ** (p - 1)), s), decimal(1, s), decimal(7 * 10 ** (p // 2),
            s) if p > 1 else decimal(3, s), None]
        rows = [list(r) for r in zip(values(p1, s1), values(p2, s2))] + [[values(p1, s1)[0], decimal(0, s2)], [values(p1, s1)[0], decimal(1, s2)],
            [decimal(1, s1), values(p2, s2)[0]]]
        for op in (["+", "*"], ["/", "%"], ["-", "DIV"])[n % 3] if n % 13 else ["+", "-", "*", "/", "%", "DIV"]:
            yield "a %s b" % op, [["a", "decimal(%d,%d)" % (p1, s1)], ["b", "decimal(%d,%d)" % (p2, s2)]], rows
        if n % 4 == 0:
            yield "a < b", [["a", "decimal(%d,%d)" % (p1, s1)], ["b", "decimal(%d,%d)" % (p2, s2)]], rows
    signs = [list(p) for p in itertools.product([7, -7, 0, None, -(2**31)], [3, -3, -1, 0, None])]
    for sql in ("a % b", "a DIV b", "a / b", "a * b", "a - b", "mod(a, b)", "pmod(a, b)", "a div b * b + a % b", "abs(a)", "a & b", "a | b", "a ^ b",
        "~a"):
        yield sql, [["a", "int"], ["b", "int"]], signs
    edges = [list(p) for p in itertools.product(["0.0", "-0.0", "1.0", "-1.5", "NaN", "Infinity", "-Infinity", "1.7976931348623157E308", "4.9E-324",
        None], repeat=2)]
    for op in ("+", "-", "*", "/", "%", "DIV"):
        yield "a %s b" % op, [["a", "double"], ["b", "double"]], edges
    for sql, type_a, type_b in (("a + b", "date", "date"), ("a - b", "timestamp", "int"), ("a + b", "boolean", "int"), ("a + b", "string", "int"),
        ("a + b", "string", "string"), ("a / b", "string", "double"), ("a % b", "string", "decimal(5,2)"), ("a * b", "binary", "int"), ("a + b",
        "string", "bigint"), ("a + b", "int", "date"),
                                ("a || b", "string", "int"), ("a || b", "binary", "binary"), ("a - b", "date", "string")):
        if (sql, type_a, type_b) != ("a - b", "date", "string"):
            columns, rows = pairs(type_a, type_b)
            yield sql, columns, rows


def decimal(unscaled, scale):
    digits = str(abs(unscaled)).rjust(scale + 1, "0")
    text = digits[: len(digits) - scale] + ("." + digits[len(digits) - scale:] if scale else "")
    return ("-" if unscaled < 0 else "") + text


def precedence():
    columns, rows = [["a", "int"], ["b", "int"], ["c", "int"], ["p", "boolean"], ["q", "boolean"], ["s", "string"]], [
        [1, 2, 3, True, False, "a"], [7, -2, 0, False, False, "1"], [-5, 3, 2, True, True, "5"], [0, 0, 1, None, True, ""], [None, 1, 1, False, None,
            None], [10, 4, 3, True, None, "true"]]
    for sql in ("a + b * c", "(a + b) * c", "a - b - c", "a - (b - c)", "a * b % 4", "a % 4 * b", "a * 6 / 3", "a / 2 / 2", "a DIV 2 * 2", "-a * b",
        "-a - -b", "- -a", "--a", "a - -1", "a+-1", "-a % 3", "-(a % 3)", "a + b = c", "a = b + c", "a < b = p", "p = q AND p", "NOT p AND q",
        "NOT (p AND q)", "NOT p = q", "NOT NOT p", "p OR q AND p", "(p OR q) AND p",
                "p AND q OR p", "NOT a = 1", "NOT a IN (1, 2)", "NOT a IS NULL", "NOT p IS NULL", "a = 1 IS NULL", "a IS NULL = p",
                    "a BETWEEN 1 AND 3 = p", "a + 1 IN (2, 3)", "a IN (1, 7) = p", "p = a IN (1, 7)", "a = 1 OR b = 2 AND c = 3", "a LIKE '1' = p",
                    "s || 'x' = 'ax'", "s || a || b", "a || b + c", "a + b || c", "a < b AND b < c OR a = 7", "a & b | c", "a | b & c", "a ^ b & c",
                    "a & 3 = 1", "~a + 1", "a + b & c", "a << 1 + 1",
                "a = b = p", "a <> b != p", "a <=> b = p", "a < b < c", "p < q", "NOT a + 1 > b", "a > b IS TRUE", "NOT p IS TRUE",
                    "p IS NOT NULL AND q IS NULL", "a NOT IN (1) AND p", "a NOT BETWEEN 1 AND 2 AND p", "a BETWEEN 1 AND 2 + 3",
                    "a BETWEEN 1 AND 3 AND b BETWEEN 0 AND 2", "a IN (1, 7) AND NOT p OR q", "CASE WHEN p THEN a WHEN q THEN b END",
                    "CASE a WHEN 1 THEN 'x' WHEN 7 THEN 'y' ELSE s END", "IF(p, a, b) + 1",
                "coalesce(a, b, c)", "nullif(a, 7)", "a==b", "a!=b", "a<b", "a>=b", "a=-5", "a= - 5", "NOT(p)", "p AND(q)", "a IN(1,7)", "not p or q",
                    "aNd", "p and", "a b", "a +* b", "(a", "a)", "a =", "= a", "a = = b", "a < > b", "SELECT a", "a; b", "*", "count(*)", "nope(a)",
                    "a AS x", "(SELECT 1)", "a IS 1", "NOT", "AND p", "a..b", "a[0]", "p ? a : b"):
        yield sql, columns, rows


def all_cases():
    for family in (literals, names, comparisons, logic, nulls_and_sets, likes, casts, arithmetic, precedence):
        for sql, columns, rows in family():
            yield sql, columns, rows
