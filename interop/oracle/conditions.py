"""What chooses one of its operands: CASE, IF, COALESCE and their like, the type they have, the rows they evaluate; and TRY_CAST."""

import itertools
import random

from cases import FEW as ANY, FROM_STRING, NUMERALS, SAMPLES, TYPES, column

FEW = dict(ANY, binary=SAMPLES["binary"])  # which can be strings

BRANCHES = ["coalesce(a, b)", "if(p, a, b)", "CASE WHEN p THEN a ELSE b END", "nvl(b, a)", "nvl2(p, a, b)", "ifnull(a, b)", "CASE WHEN p THEN b WHEN NOT p THEN a END"]


def branches():
    """Every pair of types, in one form or another."""
    for n, (type_a, type_b) in enumerate(itertools.combinations_with_replacement(TYPES, 2)):
        a, b = FEW[type_a], FEW[type_b]
        rows = [[a[i % len(a)], b[(2 * i + 1) % len(b)], [True, False, None][i % 3]] for i in range(max(len(a), len(b)) + 2)]
        columns = [["a", type_a], ["b", type_b], ["p", "boolean"]]
        yield BRANCHES[n % len(BRANCHES)], columns, rows
        if type_a != type_b:
            yield BRANCHES[(n + 3) % len(BRANCHES)], columns, rows
        yield ["nullif(a, b)", "equal_null(a, b)", "CASE a WHEN b THEN 1 ELSE 0 END", "nullif(b, a)"][n % 4], columns, rows
    for type_ in TYPES:
        rows = [[v, p] for v, p in zip(FEW[type_], itertools.cycle([True, False]))]
        columns = [["a", type_], ["p", "boolean"]]
        for sql in ("CASE WHEN p THEN a END", "if(p, NULL, a)", "coalesce(a, NULL)", "coalesce(NULL, a)", "nullif(a, a)", "nullif(a, NULL)", "isnull(a)",
                    "isnotnull(a)", "if(a, 1, 2)", "CASE a WHEN a THEN p END", "equal_null(a, NULL)", "coalesce(a, 1)", "if(p, a, '1')", "nvl(a, 1.5)",
                    "ifnull(a, TIMESTAMP '2024-02-29 00:00:00')"):
            yield sql, columns, rows
    widths = ["decimal(1,0)", "decimal(5,2)", "decimal(10,4)", "decimal(38,0)", "decimal(38,18)", "decimal(38,38)", "decimal(20,20)", "int", "bigint"]
    values = {"decimal(1,0)": "9", "decimal(5,2)": "-999.99", "decimal(10,4)": "123456.7891", "decimal(38,0)": "9" * 38,
              "decimal(38,18)": "9" * 20 + "." + "9" * 18, "decimal(38,38)": "0." + "9" * 38, "decimal(20,20)": "-0.12345678901234567895",
              "int": 2147483647, "bigint": -9223372036854775808}
    for x, y in itertools.permutations(widths, 2):
        yield "coalesce(a, b)", [["a", x], ["b", y]], [[values[x], values[y]], [None, values[y]], [None, None]]
    for x, y, z in (("tinyint", "float", "int"), ("int", "float", "bigint"), ("date", "timestamp_ntz", "timestamp"), ("string", "int", "double"),
                    ("string", "int", "decimal(5,2)"), ("int", "string", "string"), ("decimal(5,2)", "int", "float"), ("string", "date", "timestamp"),
                    ("binary", "string", "string"), ("boolean", "string", "string"), ("boolean", "int", "string"), ("date", "string", "int"),
                    ("decimal(38,18)", "decimal(20,0)", "bigint"), ("string", "boolean", "date"), ("float", "string", "int")):
        a, b, c = FEW[x], FEW[y], FEW[z]
        rows = [[None, None, c[1]], [None, b[1], c[2]], [a[1], b[2], None], [None, None, None], [a[-1], None, c[-1]], [None, b[-1], None]]
        for sql in ("coalesce(a, b, c)", "CASE WHEN a IS NOT NULL THEN a WHEN b IS NOT NULL THEN b ELSE c END", "CASE WHEN b IS NULL THEN c WHEN a IS NULL THEN b END"):
            yield sql, [["a", x], ["b", y], ["c", z]], rows


def lazy():
    """Only what is chosen is evaluated: the error of another branch is none."""
    columns = [["a", "int"], ["b", "int"], ["s", "string"], ["p", "boolean"], ["x", "double"], ["l", "array<int>"]]
    rows = [[1, 2, "7", True, "1.5", [1]], [0, 1, "x", False, "NaN", []], [None, 3, "", None, None, None], [5, 0, None, True, "-0.0", [None]],
            [-1, None, " 3 ", False, "0.0", [2]]]
    for sql in ("CASE WHEN a != 0 THEN 1 / a END", "CASE WHEN a != 0 THEN 1 / a ELSE 0 END", "CASE WHEN a = 0 THEN NULL ELSE 1 / a END",
                "CASE WHEN 1 / a > 0 THEN 1 END", "CASE WHEN p THEN 1 WHEN 1 / a > 0 THEN 2 ELSE 3 END", "CASE WHEN p THEN 1 / a WHEN a = 0 THEN 0 END",
                "CASE a WHEN 0 THEN 'none' WHEN 1 / a THEN 'self' ELSE 'other' END", "CASE 1 / a WHEN 1 THEN 'one' END", "CASE 1 / a WHEN b THEN 1 WHEN a THEN 2 END",
                "CASE WHEN a IS NULL THEN 1 / 0 ELSE a END", "CASE WHEN true THEN a ELSE 1 / 0 END", "CASE WHEN false THEN 1 / 0 ELSE a END",
                "CASE WHEN NULL THEN 1 / 0 ELSE a END", "CASE WHEN p THEN CAST(s AS INT) ELSE a END", "CASE WHEN NOT p THEN CAST(s AS INT) END",
                "CASE WHEN p THEN a END", "CASE WHEN p AND 10 / b > 1 THEN 1 ELSE 0 END", "CASE WHEN p OR 10 / b > 1 THEN 1 ELSE 0 END",
                "CASE a WHEN NULL THEN 1 ELSE 0 END", "CASE NULL WHEN a THEN 1 ELSE 0 END", "CASE a WHEN 1 THEN b WHEN 0 THEN b / 0 END", "CASE WHEN a THEN 1 END",
                "CASE WHEN s THEN 1 END", "CASE WHEN 'true' THEN 1 END", "CASE WHEN NULL THEN 1 END", "CASE WHEN p THEN NULL END", "CASE WHEN p THEN NULL ELSE NULL END",
                "CASE WHEN p THEN a ELSE s END", "CASE WHEN p THEN 1 ELSE 'x' END", "CASE WHEN p THEN 1 ELSE 'x' END = 1", "CASE WHEN p THEN a ELSE p END",
                "CASE WHEN p THEN l END IS NULL", "CASE p WHEN true THEN a END", "CASE s WHEN 7 THEN 'seven' WHEN ' 3 ' THEN 'three' END", "CASE s WHEN a THEN 1 ELSE 2 END",
                "CASE x WHEN 0 THEN 'zero' WHEN CAST('NaN' AS DOUBLE) THEN 'nan' END", "CASE END", "CASE a END", "CASE WHEN END", "CASE WHEN p END", "CASE ELSE 1 END",
                "CASE WHEN p THEN 1 ELSE END", "CASE WHEN p THEN 1", "CASE a WHEN 1 THEN 2 ELSE 3 END + 1", "-CASE WHEN p THEN a END",
                "CASE WHEN CASE WHEN p THEN a > 0 END THEN 1 ELSE 2 END", "CASE CASE WHEN p THEN 1 END WHEN 1 THEN 'a' ELSE 'b' END",
                "if(a != 0, 1 / a, 0)", "if(a = 0, 0, 1 / a)", "if(1 / a > 0, 1, 0)", "if(NULL, 1 / 0, a)", "if(p, 1 / 0, a)", "if(p, a, 1 / 0)", "if(p, 1)", "if(p, 1, 2, 3)",
                "if(s, 1, 2)", "if(1, 2, 3)", "if(p, a, p)", "if(p, NULL, NULL)", "if(NULL, a, b)", "IF(p, l, l) IS NULL", "if('true', 1, 2)", "iff(p, 1, 2)",
                "coalesce(a, 1 / 0)", "coalesce(a, b, 1 / 0)", "coalesce(1 / a, 0)", "coalesce(NULL, a)", "coalesce(NULL, NULL)", "coalesce(NULL)", "coalesce()", "coalesce(a)",
                "coalesce(a, s)", "coalesce(s, a)", "coalesce(s, 'none')", "coalesce(CAST(s AS INT), a)", "coalesce(a, p)", "coalesce(l, l) IS NULL", "coalesce(a, 1.5)",
                "coalesce(a, 1.5D, s)", "coalesce(p, 'x')", "coalesce(p, 'yes')", "coalesce(1, 1 / 0)", "coalesce(TRY_CAST(s AS INT), a, 0)",
                "ifnull(a, 1 / 0)", "ifnull(a)", "nvl(a, b, 1)", "nvl(NULL, NULL)", "nvl(a, 'x')", "nvl2(a, 1 / a, 0)", "nvl2(a, b, 1 / 0)", "nvl2(NULL, 1 / 0, a)",
                "nvl2(a, s, b)", "nvl2(1 / a, 1, 2)", "nvl2(a, b)", "nvl2(NULL, NULL, NULL)", "nullif(a, 1 / 0)", "nullif(1 / a, 1)", "nullif(NULL, 1 / 0)", "nullif(a, 1)",
                "nullif(a, '1')", "nullif(s, 7)", "nullif(s, '')", "nullif(x, 0)", "nullif(x, CAST('NaN' AS DOUBLE))", "nullif(a, 1.0)", "nullif(NULL, NULL)", "nullif(1, NULL)",
                "nullif(a)", "nullif(a, p)", "nullif(p, true)", "nullif(2, 2.0)", "isnull(1 / a)", "isnotnull(CAST(s AS INT))", "isnull()", "isnull(a, b)", "isnull(NULL)",
                "isnull(l)", "isnotnull(l)", "equal_null(a, b)", "equal_null(a, 1 / 0)", "equal_null(NULL, NULL)", "equal_null(s, 7)", "equal_null(x, x)", "equal_null(a, p)",
                "equal_null(a)", "if(a IN (0, NULL), 1 / a, 2)", "CASE WHEN s LIKE '%' THEN CAST(s AS INT) ELSE -1 END", "coalesce(NULL, 'a') = s", "zeroifnull(a)", "nullifzero(a)", "zeroifnull(s)", "nullifzero(s)", "nullifzero(x)", "zeroifnull(NULL)", "nullifzero(NULL)", "nullifzero(p)",
               
                "CASE WHEN a > 0 THEN 'p' WHEN a < 0 THEN 'n' WHEN a = 0 THEN 'z' END", "CASE WHEN a BETWEEN 0 AND 10 / a THEN 1 ELSE 0 END",
                "CASE WHEN p THEN 127Y ELSE 1L END", "CASE WHEN p THEN 1 ELSE 2.50 END", "CASE WHEN p THEN 1.5 ELSE 12345678901234567890 END",
                "CASE WHEN p THEN DATE '2024-02-29' ELSE TIMESTAMP '2024-03-01 00:00:00' END", "CASE WHEN p THEN '2024-02-29' ELSE DATE '2024-03-01' END",
                "CASE WHEN p THEN X'61' ELSE 'b' END", "coalesce(CASE WHEN p THEN a END, if(p, b, -1), 0)", "if(p, 1, 2) BETWEEN if(p, 0, 2) AND 1",
                "CASE WHEN p THEN a ELSE 1.5F END", "try_divide(1, a)", "CASE WHEN p THEN -0.0D ELSE x END", "nullif(-0.0D, 0.0D)"):
        yield sql, columns, rows


def try_casts():
    for source, target in itertools.product(TYPES, TYPES):
        values = FROM_STRING[target] if source == "string" else SAMPLES[source]
        if source == "string" and target in ("smallint", "int", "float", "decimal(20,0)", "timestamp_ntz"):
            values = values[::3]
        values = [v for v in values if v not in ("T01:02:03", "01:02:03")]  # which are of the day
        yield "TRY_CAST(a AS %s)" % target.upper(), [["a", source]], column(values)
    for target in ("decimal(3,0)", "decimal(2,2)", "decimal(38,38)"):
        for source in TYPES[:10]:
            yield "TRY_CAST(a AS %s)" % target, [["a", source]], column(NUMERALS[::2] if source == "string" else SAMPLES[source])
    for sql in ("TRY_CAST(a AS ARRAY<INT>)", "TRY_CAST(NULL AS INT)", "TRY_CAST('x' AS INT)", "TRY_CAST('1' AS INT) + 1", "TRY_CAST(1 / a AS INT)", "TRY_CAST(a AS nope)",
                "TRY_CAST(a, INT)", "try_cast(a as date)", "TRY_CAST(TRY_CAST(a AS STRING) AS TINYINT)", "TRY_CAST('2024-02-30' AS DATE) IS NULL",
                "coalesce(TRY_CAST(a AS TINYINT), -1Y)", "TRY_CAST(CAST('x' AS INT) AS STRING)", "TRY_CAST(TRUE AS DECIMAL(1,1))"):
        yield sql, [["a", "int"]], [[1], [0], [300], [None]]


class Trees:
    COLUMNS = [["a", "int"], ["b", "bigint"], ["x", "double"], ["d", "decimal(10,2)"], ["s", "string"], ["u", "string"], ["p", "boolean"], ["q", "boolean"],
               ["dt", "date"], ["ts", "timestamp"]]
    VALUES = {"int": [0, 1, -1, 7, 2**31 - 1], "bigint": [0, 1, -3, 2**63 - 1], "double": ["0.0", "-0.0", "1.0", "NaN", "Infinity"],
              "decimal(10,2)": ["0.00", "1.00", "-0.01", "99999999.99"], "string": ["", "a", "7", "2.5", "true", "2024-02-29"], "boolean": [True, False],
              "date": ["1970-01-01", "2024-02-29"], "timestamp": [0, 1709164800000000]}
    LEAVES = {"number": ["a", "b", "x", "d", "0", "1", "2.5", "NULL"], "string": ["s", "u", "'a'", "'7'", "NULL"], "boolean": ["p", "q", "true", "NULL"],
              "time": ["dt", "ts", "DATE '2024-02-29'", "NULL"]}

    def __init__(self, seed):
        self.random = random.Random(seed)

    def tree(self, kind, depth):
        pick, r = self.random.choice, self.random.random()
        if depth == 0 or r < 0.12:
            return pick(self.LEAVES[kind])
        same = lambda: self.tree(kind if self.random.random() < 0.97 else pick(["number", "string", "time"]), depth - 1)
        condition = lambda: self.tree("boolean", depth - 1)
        choice = [lambda: "if(%s, %s, %s)" % (condition(), same(), same()), lambda: "coalesce(%s, %s, %s)" % (same(), same(), same()),
                  lambda: "nullif(%s, %s)" % (same(), same()), lambda: "nvl2(%s, %s, %s)" % (self.tree("number", depth - 1), same(), same()),
                  lambda: "CASE WHEN %s THEN %s WHEN %s THEN %s ELSE %s END" % (condition(), same(), condition(), same(), same()),
                  lambda: "CASE WHEN %s THEN %s END" % (condition(), same()), lambda: "nvl(%s, %s)" % (same(), same())]
        if kind == "number":
            number = lambda: self.tree("number", depth - 1)
            choice += [lambda: "(%s %s %s)" % (number(), pick("+-*/%"), number()),
                       lambda: "TRY_CAST(%s AS %s)" % (self.tree(pick(["number", "string"]), depth - 1), pick(["INT", "TINYINT", "DECIMAL(5,2)", "DOUBLE"])),
                       lambda: "CASE %s WHEN %s THEN %s WHEN %s THEN %s END" % (number(), number(), number(), number(), number())]
        elif kind == "string":
            choice += [lambda: "CAST(%s AS STRING)" % self.tree(pick(["boolean", "time"]), depth - 1)]
        elif kind == "boolean":
            choice += [lambda: "%s %s %s" % (self.tree("number", depth - 1), pick(["<", "=", "<=>"]), self.tree("number", depth - 1)),
                       lambda: "isnull(%s)" % self.tree(pick(["number", "string"]), depth - 1), lambda: "(%s AND %s)" % (condition(), condition()),
                       lambda: "equal_null(%s, %s)" % (self.tree("string", depth - 1), self.tree("string", depth - 1))]
        return pick(choice)()

    def rows(self):
        return [[None if self.random.random() < 0.25 else self.random.choice(self.VALUES[t]) for _, t in self.COLUMNS] for _ in range(8)]


def all_cases():
    for family in (branches, lazy, try_casts):
        yield from family()
    trees = Trees(20261126)
    tables = [trees.rows() for _ in range(6)]
    for n in range(200):
        yield trees.tree(["number", "string", "boolean", "time"][n % 4], 3), Trees.COLUMNS, tables[n % len(tables)]
