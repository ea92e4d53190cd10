"""The rows that every engine is given. Values are written as in interop/oracle: see its README."""

MAX64, MIN64 = 2**63 - 1, -(2**63)

PRIMITIVES = [
    ("id", "int"), ("b", "boolean"), ("i8", "tinyint"), ("i16", "smallint"), ("i32", "int"), ("i64", "bigint"), ("f", "float"), ("d", "double"),
    ("dec1", "decimal(1,0)"), ("dec9", "decimal(9,2)"), ("dec18", "decimal(18,6)"), ("dec38", "decimal(38,10)"), ("frac", "decimal(38,38)"),
    ("s", "string"), ("bin", "binary"), ("day", "date"), ("ts", "timestamp"),
]
NTZ = ("ntz", "timestamp_ntz")
NESTED = [
    ("st", "struct<x:int,y:string,z:struct<w:double,t:timestamp>>"), ("arr", "array<int>"), ("deep", "array<array<string>>"),
    ("structs", "array<struct<x:int,d:decimal(9,2)>>"), ("m", "map<string,int>"), ("ints", "map<int,string>"), ("mm",
        "map<string,struct<l:array<date>>>"),
]

_PRIMITIVE_ROWS = [
    [1, True, 1, 1, 1, 1, "1.0", "1.0", "1", "1.00", "1.000000", "1.0000000000", "0." + "1" * 38, "a", "YQ==", "2024-02-29", 1709168523456789],
    [2, False, 127, 32767, 2**31 - 1, MAX64, "3.4028235E38", "1.7976931348623157E308", "9", "9999999.99", "999999999999.999999",
     "9999999999999999999999999999.9999999999", "0." + "9" * 38, "日本語 😀 e\u0301", "AP+A", "9999-12-31", 253402300799999999],
    [3, False, -128, -32768, -(2**31), MIN64, "-3.4028235E38", "-1.7976931348623157E308", "-9", "-9999999.99", "-999999999999.999999",
     "-9999999999999999999999999999.9999999999", "-0." + "9" * 38, "", "", "0001-01-01", -62135596800000000],
    [4, True, 0, 0, 0, 0, "0.0", "0.0", "0", "0.00", "0.000000", "0.0000000000", "0." + "0" * 38, " ", "AA==", "1970-01-01", 0],
    [5, None, -1, -1, -1, -1, "-0.0", "-0.0", "-1", "-0.01", "-0.000001", "-0.0000000001", "-0." + "0" * 37 + "1", "\t\n\r\"\\/", "Ig==",
        "1969-12-31", -1],
    [6, True, 7, 7, 7, 2**53 + 1, "1.4E-45", "4.9E-324", "5", "0.01", "0.000001", "0.0000000001", "0." + "0" * 37 + "1", "\u0001\u007f\u2028\ufffd",
        "//79", "1582-10-10", 1],
    [7, False, None, 8, 8, 8, "NaN", "NaN", None, "1.10", "1.100000", "1.1000000000", None, "NaN", "TmFO", "1500-02-28", -12219292800000001],
    [8, True, 9, None, 9, 9, "Infinity", "Infinity", "1", None, "2.500000", None, "0.5" + "0" * 37, "null", None, "2000-01-01", 946684800000000],
    [9, False, 9, 9, None, None, "-Infinity", "-Infinity", "1", "2.00", None, "2.0000000000", "0.5" + "0" * 37, "<a href='x'>&</a>", "PA==", None,
        None],
    [10] + [None] * 16,
    [11, True, 1, 1, 1, 1, "0.1", "0.1", "1", "1.00", "1.000000", "1.0000000000", "0.1" + "0" * 37, "x" * 40, "eHh4", "2024-03-10", 1710037923000000],
    [12, True, 1, 1, 1, 1, "1.6777216E7", "1.0E21", "1", "1.00", "1.000000", "1.0000000000", "0.1" + "0" * 37, "x" * 40 + "y", "eHh5", "2024-03-11",
        1710124323999999],
    [13, True, 1, 1, 1, 1, "1.0E-7", "1.0E-7", "1", "1.00", "1.000000", "1.0000000000", "0.1" + "0" * 37, "\u0000nul", "AAEC", "2024-03-11",
        1710124323999000],
]
_NESTED_ROWS = [
    [{"x": 1, "y": "y", "z": {"w": "0.5", "t": 1709168523456789}}, [1, 2, 3], [["a", "b"], []], [{"x": 1, "d": "1.00"}], [["k", 1]], [[1, "one"]],
        [["k", {"l": ["2024-02-29"]}]]],
    [{"x": None, "y": None, "z": {"w": None, "t": None}}, [None], [[None]], [{"x": None, "d": None}], [["k", None]], [[1, None]], [["k",
        {"l": [None]}]]],
    [{"x": 2, "y": "", "z": None}, [], [], [], [], [], []],
    [None, None, None, None, None, None, None],
    [{"x": 3, "y": "é", "z": {"w": "NaN", "t": 0}}, [2147483647, None, -2147483648], [None, ["x"], None], [None, {"x": 5, "d": "-0.01"}], [["", 0],
        ["é\"", 2]],
     [[2, "b"], [1, "a"]], [["a", None], ["b", {"l": None}], ["c", {"l": []}]]],
]


def all_types(ntz=True):
    """(columns, rows) with every type, nulls at every depth, extremes."""
    columns = PRIMITIVES + ([NTZ] if ntz else []) + NESTED
    rows = []
    for n, row in enumerate(_PRIMITIVE_ROWS):
        rows.append(row + ([row[-1]] if ntz else []) + _NESTED_ROWS[n % len(_NESTED_ROWS)])
    return columns, rows


# Partition values that must be escaped, twice, on the way into the log.
AWKWARD = ["plain", "a/b", "a=b", "100%", "%2F", "a:b", "#", "?x=1&y=2", '"quoted"', "it's", "back\\slash", " lead", "trail ", "in side", "é", "日本語",
    "😀", "a+b",
           "[x]", "{y}", "^", "~", "a*b", "tab\there", "nl\nx", ".", "..", "a|b", "<>", "@;,$!()", "null", "NULL", None, "\u007f"]
AWKWARD_COLUMNS = [("id", "bigint"), ("p", "string"), ("v", "string")]


def awkward(values=AWKWARD):
    return AWKWARD_COLUMNS, [[n, p, p] for n, p in enumerate(values)]


TYPED_COLUMNS = [("id", "bigint"), ("pb", "boolean"), ("pi", "int"), ("pl", "bigint"), ("pd", "date"), ("pt", "timestamp"), ("pn", "decimal(9,3)"),
    ("px", "double"), ("v", "int")]
TYPED_PARTITIONS = ["pb", "pi", "pl", "pd", "pt", "pn", "px"]


def typed():
    """Partition columns of every type that engines agree on."""
    return TYPED_COLUMNS, [
        [1, True, 1, MAX64, "2024-02-29", 1709168523456789, "1.500", "1.5", 10],
        [2, False, -(2**31), MIN64, "0001-01-01", 1709164800000000, "-999999.999", "-1.0E20", 20],
        [3, None, None, None, None, None, None, None, 30],
        [4, True, 0, 0, "1970-01-01", 0, "0.000", "0.0", None],
        [5, False, 2**31 - 1, 2**53 + 1, "9999-12-31", -1, "0.001", "1.0E-7", 50],
        [6, True, 1, MAX64, "2024-02-29", 1709168523456789, "1.500", "1.5", 60],
    ]


# SQL that Spark, DataFusion, polars and foreset read alike.
FILTERS = {
    "all_types": ["id > 5", "i32 IS NULL", "s = 'a'", "i64 = 9223372036854775807", "b", "NOT b", "b AND id < 4 OR i8 = 7", "id IN (1, 3, 100)",
        "id BETWEEN 3 AND 6", "s IS NOT NULL AND i16 <> 1", "s LIKE 'x%'"],
    "awkward": ["p = 'a/b'", "p IS NULL", "p = '100%'", "p > 'n'", "p IN ('é', '😀', 'nope')", "p = 'in side' OR id = 3", "v = 'a:b'"],
    "typed": ["pb", "pi = 1", "pi IS NULL", "pl = 9007199254740993", "pb AND v > 10", "pi < 0 OR v IS NULL"],
    "commits": ["id = 7", "id >= 20 AND id < 25", "g = 1", "v IS NULL", "id > 1000000"],
}
