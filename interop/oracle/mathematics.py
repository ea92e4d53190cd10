"""Functions of numbers: every type, the last bit of what is transcendental, rounding, greatest and least, casts by their names."""

import itertools
import random
import struct

from cases import FEW, INTEGERS, NUMBERS, SAMPLES, TYPES, column, decimal, pairs

# Of one double each.
SMOOTH = ["sqrt", "cbrt", "exp", "expm1", "ln", "log", "log10", "log2", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh",
          "degrees", "radians", "rint", "signum", "sign"]
EXACT = ["abs", "negative", "positive", "floor", "ceil", "ceiling", "round", "bround", "sign", "isnan", "factorial", "bit_count"]
TRY = ["try_add", "try_subtract", "try_multiply", "try_divide", "try_mod"]
SPECIAL = [None, "0.0", "-0.0", "1.0", "-1.0", "0.5", "-0.5", "2.0", "3.0", "10.0", "100.0", "1000.0", "0.1", "8.0", "27.0", "0.3333333333333333",
           "2.718281828459045", "3.141592653589793", "1.5707963267948966", "0.7853981633974483", "0.9999999999999999", "1.0000000000000002", "-2.5",
           "4.9E-324", "-4.9E-324", "2.2250738585072014E-308", "1.0E-300", "1.0E-20", "1.0E-9", "1.0E-5", "20.0", "22.5", "36.7", "50.0", "700.0",
           "709.782712893384", "709.7827128933841", "710.4758600739439", "711.0", "-708.4", "-745.0", "-745.1332191019411", "-746.0", "100000.0",
           "1.0E7", "1.0E10", "4.5036E15", "9.007199254740993E15", "1.0E22", "1.0E300", "1.7976931348623157E308", "-1.7976931348623157E308", "NaN",
           "Infinity", "-Infinity"]


def text(x):
    """A double as Java reads it."""
    return repr(x).replace("e", "E").replace("inf", "Infinity").replace("nan", "NaN")


def doubles(seed, count):
    """Doubles of every size: near one, near zero, of any bits."""
    r = random.Random(seed)
    out = []
    for n in range(count):
        kind = n % 6
        if kind == 0:
            x = r.uniform(-1, 1)
        elif kind == 1:
            x = r.uniform(-10, 10)
        elif kind == 2:
            x = r.uniform(0, 2)
        elif kind == 3:
            x = r.uniform(-700, 700)
        elif kind == 4:
            x = 10 ** r.uniform(-12, 12) * r.choice([1, 1, -1])
        else:
            x = struct.unpack("<d", struct.pack("<Q", r.getrandbits(63) | (r.getrandbits(1) << 63)))[0]
        out.append(text(x))
    return out


def smooth():
    for seed, name in enumerate(SMOOTH):
        yield "%s(a)" % name, [["a", "double"]], column(SPECIAL + doubles(seed, 60))
        for type_ in ("int", "decimal(5,2)", "string", "boolean"):
            yield "%s(a)" % name, [["a", type_]], column(FEW[type_])
    for name in ("sqrt", "ln", "sin", "sign"):
        for type_ in TYPES:
            yield "%s(a)" % name, [["a", type_]], column(FEW[type_])
    edges = ["0.0", "-0.0", "1.0", "-1.0", "0.5", "2.0", "-2.0", "3.0", "-3.0", "1.0E300", "4.9E-324", "9.007199254740993E15", "NaN", "Infinity",
             "-Infinity", None]
    for seed, name in enumerate(["pow", "power", "atan2", "hypot", "log"]):
        yield "%s(a, b)" % name, [["a", "double"], ["b", "double"]], [list(p) for p in itertools.product(edges, edges)]
        x, y = doubles(100 + seed, 60), doubles(200 + seed, 60)
        yield "%s(a, b)" % name, [["a", "double"], ["b", "double"]], [list(p) for p in zip(x, y)]
        if name in ("pow", "log"):
            x, y = [text(abs(float(v))) for v in x], [v if name == "log" else text(float(v) % 40 - 20) for v in y]
            yield "%s(a, b)" % name, [["a", "double"], ["b", "double"]], [list(p) for p in zip(x, y)]
        for type_a, type_b in (("int", "int"), ("decimal(5,2)", "bigint"), ("string", "float"), ("float", "string"), ("date", "int"),
                               ("boolean", "double"), ("tinyint", "decimal(38,18)")):
            columns, rows = pairs(type_a, type_b)
            yield "%s(a, b)" % name, columns, rows[::2]
    for sql in ("pi()", "e()", "pi(1)", "e(1)", "pi() * n", "sqrt()", "sqrt(n, n)", "log()", "log(n, n, n)", "pow(n)", "exp(NULL)", "log(NULL)",
                "log(2, NULL)", "log(NULL, 2)", "pow(2, 10)", "pow(NULL, 1)", "sqrt('4')", "sqrt('x')", "sqrt(-1)", "ln(0)", "ln(-1)", "log10(0)",
                "log2(0)", "log1p(-1)", "log1p(-2)", "log(0, 2)", "log(1, 2)", "log(2, 0)", "log(-2, 4)", "nope(n)", "sqrrt(n)", "round(n, n)",
                "sin(true)", "exp(1) = e()", "atan2(0, -1)", "hypot(3, 4)", "abs(-1)", "abs()", "abs(NULL)", "abs('-2')", "abs('x')",
                "abs(DATE '2024-01-01')", "floor('1.5')", "ceil(NULL)", "round(NULL)", "round('1.5')", "round(true)", "sign('-3')", "sign(NULL)",
                "negative('1')", "positive('x')", "positive('1')", "negative(NULL)", "positive(NULL)", "positive(true)", "greatest()", "greatest(1)",
                "greatest(1, 2.5)", "least('a', 'b')", "least(NULL, NULL)", "greatest(NULL, 1)", "isnan(NULL)", "isnan('NaN')", "isnan(1)",
                "nanvl(1, 2)", "factorial(20)", "factorial(21)", "factorial(-1)", "factorial('5')", "factorial(5L)", "factorial(2.5)",
                "bit_count(true)", "bit_count(-1)", "bit_count(1Y)", "bit_count('1')", "bit_count(1.0)", "shiftleft(1, 33)", "shiftright(-1, 1)",
                "shiftleft(1L, 40)", "shiftleft(1Y, 9)", "shiftrightunsigned(-1, 28)", "shiftleft('1', 2)", "mod(7, 0)", "mod(-7, 3)",
                "pmod(-7, 3)", "pmod(7, 0)", "pmod(7, -3)", "pmod(-7, -3)", "pmod('7', 3)", "mod('7', 3)", "div(7, 2)", "7 div 2",
                "bround(2.5)", "bround(3.5D)", "round(2.5)", "round(-2.5)", "round(2.5D)"):
        yield sql, [["n", "int"]], [[1], [None]]


def exact():
    for name in EXACT:
        for type_ in TYPES:
            if type_ in NUMBERS or type_ == "string" and name != "isnan":
                yield "%s(a)" % name, [["a", type_]], column(SAMPLES[type_])
            elif name in ("abs", "floor", "round", "isnan", "bit_count"):
                yield "%s(a)" % name, [["a", type_]], column(FEW[type_])
    halves = ["0.5", "1.5", "2.5", "-0.5", "-1.5", "-2.5", "0.49999999999999994", "0.05", "0.15", "0.25", "0.35", "1.005", "2.675", "1.115", "0.285",
              "123456.789", "-123456.785", "5.0E-324", "1.0E20", "1.2345678901234567E25", "4.503599627370497E15", "4.503599627370496E15",
              "1.7976931348623157E308", "NaN", "Infinity", "-Infinity", "0.0", "-0.0", "-0.4", "0.1", "1.0E-10", "9.995", "99.99", "949.5", None]
    floats = ["0.5", "1.5", "2.5", "-0.5", "0.05", "0.15", "0.25", "1.005", "123456.79", "1.6777216E7", "3.4028235E38", "1.4E-45", "NaN", "Infinity",
              "-0.0", "-0.4", "9.995", None]
    integers = {"tinyint": [0, 4, 5, -5, 15, 25, -25, 49, 50, 99, 125, 127, -128, -125, None],
                "smallint": [0, 45, 55, -55, 150, 250, 32749, 32750, 32767, -32768, None],
                "int": [0, 5, -5, 15, 25, 150, 250, -250, 1499999999, 1500000000, 2147483644, 2147483645, 2147483647, -2147483648, None],
                "bigint": [0, 5, -15, 25, 2500, 9223372036854775804, 9223372036854775805, 9223372036854775807, -9223372036854775808,
                           4499999999999999999, 4500000000000000000, 5000000000000000000, None]}
    for n, name in enumerate(("round", "bround", "floor", "ceil")):
        for digits in (-309, -1, 0, 1, 2, 15, 400) if n < 2 else (-2, 0, 2, 310):
            yield "%s(a, %d)" % (name, digits), [["a", "double"]], column(halves)
        for digits in (-2, 0, 1, 7) if n < 2 else (0, 1):
            yield "%s(a, %d)" % (name, digits), [["a", "float"]], column(floats)
        for type_ in INTEGERS:
            for digits in (-40, -19, -18, -10, -5, -3, -2, -1, 0, 5)[n // 2 + INTEGERS.index(type_) % 2::n // 2 + 1]:
                yield "%s(a, %d)" % (name, digits), [["a", type_]], column(integers[type_])
        for p, s in ((5, 2), (10, 4), (1, 0), (3, 3), (18, 6), (20, 0), (38, 0), (38, 18), (38, 38))[0 if n < 2 else n % 2::1 if n < 2 else 2]:
            values = sorted({0, 1, 5 * 10 ** max(s - 1, 0) % 10**p, -5 * 10 ** max(s - 1, 0), 25 * 10 ** max(s - 2, 0) % 10**p, 10**p - 1, 1 - 10**p,
                             5 * 10 ** (p - 1), -(55 * 10**p // 100), 12345678901234567890123456789012345678 % 10**p})
            rows = column([None] + [decimal(v, s) for v in values if abs(v) < 10**p])
            for digits in (-38, -20, -2, -1, 0, 1, 2, 6, 37, 39)[(p + s + n) % 2::2]:
                yield "%s(a, %d)" % (name, digits), [["a", "decimal(%d,%d)" % (p, s)]], rows
            yield "%s(a)" % name, [["a", "decimal(%d,%d)" % (p, s)]], rows
        for sql in ("%s(n, CAST(NULL AS INT))", "%s(n, NULL)", "%s(n, 1 + 1)", "%s(n, -(1))", "%s(n, '1')", "%s(n, 1L)", "%s(n, 1.5)", "%s(n, 1Y)",
                    "%s(n, 2147483648)", "%s(n, 'x')", "%s(n, 1, 1)", "%s(n, true)", "%s(s, 1)", "%s(x, 1)", "%s(12345.678, n)",
                    "%s(x, NULL)", "%s(d, NULL)"):
            yield sql % name, [["n", "int"], ["s", "string"], ["x", "double"], ["d", "decimal(5,2)"]], [[125, "2.25", "2.25", "2.25"],
                                                                                                         [None, None, None, None]]
    for type_ in ("double", "string", "decimal(38,18)"):
        for name in ("floor", "ceil"):
            yield "%s(a)" % name, [["a", type_]], column({"double": halves + ["9.223372036854775E18", "9.223372036854776E18", "-9.3E18"],
                                                          "string": ["1.5", "-1.5", " 2 ", "x", "1e30", None],
                                                          "decimal(38,18)": SAMPLES[type_]}[type_])
    yield "factorial(a)", [["a", "int"]], column(list(range(-2, 23)) + [None])
    for name in ("shiftleft", "shiftright", "shiftrightunsigned"):
        for type_ in INTEGERS:
            yield "%s(a, b)" % name, [["a", type_], ["b", "int"]], [list(p) for p in itertools.product(FEW[type_], [None, 0, 1, 5, 31, 32, 63, -1])]
        yield "%s(a, b)" % name, [["a", "double"], ["b", "int"]], [["1.0", 1]]
        yield "%s(a, b)" % name, [["a", "int"], ["b", "bigint"]], [[1, 1]]
        yield "%s(a, b)" % name, [["a", "string"], ["b", "string"]], [["1", "1"], ["x", "1"], [None, None]]


def two_operands():
    """What is an operator under another name, and what is null where the operator has no value."""
    for name in ["mod", "pmod"] + TRY:
        brief = name in ("try_subtract", "try_multiply")  # like try_add
        for type_a, type_b in itertools.product(NUMBERS, NUMBERS):
            if type_a == type_b or name == "pmod" and (NUMBERS.index(type_a) + 2 * NUMBERS.index(type_b)) % 4 == 0:
                columns, rows = pairs(type_a, type_b)
                yield "%s(a, b)" % name, columns, rows[:: 1 if name == "pmod" else 2]
        for type_a, type_b in (("string", "int"), ("int", "string"), ("string", "string"), ("date", "int"), ("boolean", "int"),
                               ("string", "decimal(5,2)"), ("decimal(5,2)", "string"), ("timestamp", "timestamp"), ("binary", "int")):
            columns, rows = pairs(type_a, type_b)
            rows = rows[::3]
            if not brief and (name, type_a) != ("try_add", "date"):
                yield "%s(a, b)" % name, columns, rows
        signs = [list(p) for p in itertools.product([7, -7, 0, None, -(2**31), 2**31 - 1], [3, -3, -1, 1, 0, None, 2**31 - 1, -(2**31)])]
        yield "%s(a, b)" % name, [["a", "int"], ["b", "int"]], signs
        edges = [list(p) for p in itertools.product(["0.0", "-0.0", "1.0", "-1.5", "NaN", "Infinity", None], repeat=2)][::2 if brief else 1]
        yield "%s(a, b)" % name, [["a", "double"], ["b", "double"]], edges
        yield "%s(a, b)" % name, [["a", "float"], ["b", "float"]], [["-0.3", "0.1"], ["-7.5", "2.0"], ["NaN", "1.0"], ["1.0", "0.0"], ["-1.0", "-0.3"]]
        yield "%s(a, b)" % name, [["a", "tinyint"], ["b", "tinyint"]], [list(p) for p in itertools.product([-128, -7, 100, 127], [-128, -3, -1, 2, 100, 127])]
        for p, q in (((38, 0), (38, 38)), ((10, 2), (5, 4)), ((38, 18), (20, 0)), ((1, 0), (38, 37))):
            values = lambda p, s: [decimal(10**p - 1, s), decimal(-(10 ** (p - 1)), s), decimal(1, s), decimal(-3, s), None, decimal(0, s)]
            yield ("%s(a, b)" % name, [["a", "decimal(%d,%d)" % p], ["b", "decimal(%d,%d)" % q]],
                   [list(r) for r in itertools.product(values(*p), values(*q))])
        for sql in ("%s(n, 2)", "%s(n, 0)", "%s(n, 1.5)", "%s(NULL, n)", "%s(n, NULL)", "%s(NULL, NULL)", "%s(n)", "%s(n, n, n)", "%s(n / 0, 1)",
                    "%s(1, n / 0)", "%s(NULL, n / 0)", "%s(n / 0, NULL)", "%s(127Y, n)", "%s(9223372036854775807, n)", "%s(CAST('x' AS INT), n)",
                    "%s('x', n)", "%s('7', '2')"):
            yield sql % name, [["n", "int"]], [[7], [-7], [0], [None]]
    for sql in ("(1 + 1) * 2.5BD", "CAST(1 AS INT) * 2.5BD", "-(1) * 2.5BD", "-1 * 2.5BD", "+1 * 2.5BD", "(1) * 2.5BD", "2.5BD - abs(1)", "if(true, 1, 2) + 0.5", "coalesce(1, 2) / 1.5", "try_add(7, 2.5)",
                "try_add(abs(7), 2.5)", "pmod(7L + 0L, 2.50)", "mod(abs(7), 2.50)", "year(DATE '2024-01-01') * 0.5", "(1 + 1) * 2.5BD + n", "2.5 = 1 + 1", "n + 0.5 = 1 + 6"):
        yield sql, [["n", "int"]], [[7], [None]]
    for type_a, type_b in (("double", "double"), ("float", "float"), ("float", "double"), ("int", "double"), ("double", "int"), ("string", "double"),
                           ("decimal(5,2)", "double"), ("int", "int"), ("decimal(5,2)", "decimal(5,2)"), ("date", "double"), ("boolean", "double")):
        columns, rows = pairs(type_a, type_b)
        yield "nanvl(a, b)", columns, rows
    yield "nanvl(a, 1 / b)", [["a", "double"], ["b", "int"]], [["1.0", 0], ["NaN", 0], ["NaN", 4], [None, 0], ["NaN", None]]
    yield "negative(a) + positive(a)", [["a", "int"]], [[1], [None], [-(2**31)]]


def extremes():
    for n, (type_a, type_b) in enumerate(itertools.combinations_with_replacement(TYPES, 2)):
        a, b = FEW[type_a], FEW[type_b]
        rows = [[x, y] for i, x in enumerate(a) for j, y in enumerate(b) if type_a == type_b or (i - j) % 3 == 0]
        yield "%s(a, b)" % ("greatest", "least")[n % 2], [["a", type_a], ["b", type_b]], rows
        if type_a == type_b:
            yield "%s(a, b)" % ("least", "greatest")[n % 2], [["a", type_a], ["b", type_b]], rows
    columns = [["a", "int"], ["b", "bigint"], ["x", "double"], ["f", "float"], ["d", "decimal(5,2)"], ["w", "decimal(38,18)"], ["s", "string"],
               ["dt", "date"], ["ts", "timestamp"], ["p", "boolean"], ["l", "array<int>"]]
    rows = [[1, 2, "1.5", "0.5", "1.25", "0.000000000000000001", "7", "2024-02-29", 0, True, [1]],
            [None, 2, None, "NaN", None, "99999999999999999999.999999999999999999", " 8 ", None, 1709164800000000, False, []],
            [-5, None, "NaN", None, "-999.99", None, "x", "1969-12-31", None, None, None],
            [0, 0, "-0.0", "0.0", "0.00", "0.000000000000000000", "0", "1970-01-01", 0, True, [2]],
            [None] * len(columns)]
    for args in ("a, b, x", "a, 1, 2", "a, 1.5", "a, 1.5, x", "d, w", "d, w, a", "d, 1", "d, 12345", "d, 1.2345", "a, '1'", "s, 1", "s, 'm'",
                 "s, 1.5", "s, s", "a, NULL", "NULL, NULL", "NULL, a, NULL, b", "x, f", "f, a", "f, d", "dt, ts", "dt, '2024-01-01'", "ts, dt, s",
                 "p, true", "p, 'true'", "p, a", "a", "a, b / 0", "NULL, a / 0", "a, s, x", "dt, 1", "a, b, d, w", "b, w", "f, b",
                 "x, -0.0D, 0.0D", "-0.0D, x", "0.0D, x", "x, CAST('NaN' AS DOUBLE)", "f, CAST('Infinity' AS FLOAT)", "1, 2", "'a', 'B'", "NULL, s, a"):
        for name in ("greatest", "least"):
            yield "%s(%s)" % (name, args), columns, rows


def casts_by_name():
    names = {"tinyint": "tinyint", "smallint": "smallint", "int": "int", "bigint": "bigint", "float": "float", "double": "double",
             "decimal": "decimal(5,2)", "string": "string", "binary": "binary", "boolean": "boolean", "date": "date", "timestamp": "timestamp"}
    for name, type_ in names.items():
        for source in ("int", "string", type_, "double", "date", "binary"):
            yield "%s(a)" % name, [["a", source]], column(SAMPLES[source] if source == "binary" else FEW[source])
    for sql in ("int()", "int(a, a)", "int(NULL)", "string(NULL)", "integer(a)", "long(a)", "real(a)", "dec(a)", "numeric(a)", "timestamp_ntz(a)",
                "int('1')", "date('2024-02-29')", "INT(a) + BIGINT(a)", "decimal(a) * 2", "decimal('1.5')", "byte(a)", "timestamp_ltz(a)", "void(a)",
                "boolean('yes')", "timestamp('2024-02-29')", "float('x')", "short(a)", "varchar(a)"):
        yield sql, [["a", "int"]], [[1], [None]]


class Trees:
    COLUMNS = [["a", "int"], ["b", "bigint"], ["n", "tinyint"], ["x", "double"], ["f", "float"], ["d", "decimal(10,2)"], ["w", "decimal(38,10)"]]
    VALUES = {
        "int": [0, 1, -1, 2, 7, 100, 2**31 - 1, -(2**31)],
        "bigint": [0, 1, -3, 10, 2**53 + 1, 2**63 - 1, -(2**63)],
        "tinyint": [0, 1, -1, 100, 127, -128],
        "double": ["0.0", "-0.0", "1.0", "2.5", "-1.5", "1.0E20", "NaN", "Infinity", "-Infinity", "0.3"],
        "float": ["0.0", "-0.0", "0.1", "2.5", "NaN", "3.4028235E38"],
        "decimal(10,2)": ["0.00", "1.00", "2.50", "-0.01", "99999999.99"],
        "decimal(38,10)": ["0.0000000000", "1.0000000000", "-2.5000000000", "9999999999999999999.9999999999"],
    }

    def __init__(self, seed):
        self.random = random.Random(seed)

    def tree(self, depth):
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.15:
            return pick(["a", "b", "n", "x", "f", "d", "w", "0", "1", "-1", "2.5", "0.1", "1e2", "3L", "NULL"])
        sub = lambda: self.tree(depth - 1)
        form = pick([
            lambda: "%s(%s)" % (pick(SMOOTH), sub()), lambda: "%s(%s)" % (pick(EXACT[:9]), sub()),
            lambda: "%s(%s, %s)" % (pick(["greatest", "least", "pow", "atan2", "mod", "pmod", "nanvl"] + TRY), sub(), sub()),
            lambda: "%s(%s, %d)" % (pick(["round", "bround", "floor", "ceil"]), sub(), self.random.randint(-3, 5)),
            lambda: "(%s %s %s)" % (sub(), pick("+-*/%"), sub()), lambda: "%s(%s)" % (pick(["int", "bigint", "double", "float", "smallint"]), sub())])
        return form()

    def rows(self):
        return [[None if self.random.random() < 0.15 else self.random.choice(self.VALUES[t]) for _, t in self.COLUMNS] for _ in range(8)]


def all_cases():
    for family in (smooth, exact, two_operands, extremes, casts_by_name):
        yield from family()
    trees = Trees(20261125)
    tables = [trees.rows() for _ in range(6)]
    for n in range(90):
        yield trees.tree(3), Trees.COLUMNS, tables[n % len(tables)]
