"""Structs, arrays and maps: what makes them, looks into them, compares, casts and measures them."""

import itertools
import random

from cases import FEW, TYPES

INTS = [["i", "int"], ["j", "int"], ["s", "string"], ["x", "double"], ["p", "boolean"]]
INT_ROWS = [[1, 2, "a", "1.5", True], [None, 2, "b", "NaN", False], [3, None, None, "-0.0", None], [0, 0, "", "0.0", True], [-1, 7, "1", None, False], [None, None, None, None, None],
            [2147483647, -2147483648, "é", "Infinity", True]]

ARRAYS = {
    "array<int>": [None, [], [1], [1, 2, 3], [None], [3, None, 1], [None, None], [2, 2, 1], [0, -1, 2147483647, -2147483648]],
    "array<bigint>": [None, [], [1], [1, 2, 3], [3, None, 1], [9223372036854775807]],
    "array<double>": [None, [], ["NaN"], ["0.0"], ["-0.0"], ["-0.0", "0.0", "NaN", None], ["1.5", "NaN", "NaN"], ["Infinity", "-Infinity"]],
    "array<string>": [None, [], [""], ["a"], ["a", "b", None], ["B", "a", "é", "😀"], ["1", "2"], ["null"]],
    "array<decimal(5,2)>": [None, [], ["1.00"], ["-0.01", "999.99", None]],
    "array<boolean>": [None, [], [True], [False, None, True]],
    "array<date>": [None, ["2024-02-29", None, "0001-01-01", "9999-12-31"]],
    "array<timestamp>": [None, [0, 1709168523456789, None]],
    "array<binary>": [None, ["", "YQ==", None, "w6k="]],
    "array<array<int>>": [None, [], [[]], [[1], None, [1, 2]], [None], [[1, None]]],
    "array<struct<a:int,b:string>>": [None, [], [{"a": 1, "b": "x"}], [None, {"a": None, "b": None}], [{"a": 2, "b": "y"}, {"a": 1, "b": "z"}]],
    "array<map<string,int>>": [None, [], [[["k", 1]], None, []]],
}
MAPS = {
    "map<string,int>": [None, [], [["a", 1]], [["a", 1], ["b", None], ["", 3]], [["1", 10], ["é", 5]]],
    "map<int,string>": [None, [], [[1, "one"], [2, None], [-1, ""]]],
    "map<double,int>": [None, [["0.0", 1], ["NaN", 2], ["1.5", None]]],
    "map<bigint,array<int>>": [None, [[1, [1, 2]], [2, None], [3, []]]],
    "map<date,boolean>": [None, [["2024-02-29", True], ["1970-01-01", None]]],
    "map<decimal(5,2),string>": [None, [["1.00", "one"], ["2.50", "more"]]],
    "map<struct<a:int,b:string>,int>": [None, [[{"a": 1, "b": "x"}, 1], [{"a": None, "b": None}, 2]]],
    "map<array<int>,int>": [None, [[[1, 2], 1], [[], 2], [[None], 3]]],
    "map<boolean,map<string,int>>": [None, [[True, [["k", 1]]], [False, None]]],
}
STRUCTS = {
    "struct<a:int,b:string>": [None, {"a": 1, "b": "x"}, {"a": None, "b": None}, {"a": 1, "b": None}, {"a": 2, "b": ""}],
    "struct<c:int,d:string>": [None, {"c": 1, "d": "x"}, {"c": None, "d": None}, {"c": 3, "d": "a"}, {"c": 2, "d": ""}],
    "struct<a:bigint,b:string>": [None, {"a": 1, "b": "x"}, {"a": None, "b": None}, {"a": 1, "b": "y"}, {"a": 9223372036854775807, "b": ""}],
    "struct<x:double>": [None, {"x": "NaN"}, {"x": "-0.0"}, {"x": "0.0"}, {"x": None}],
    "struct<a:int,s:struct<l:array<int>,m:map<string,int>>>": [None, {"a": 1, "s": {"l": [1, 2], "m": [["k", 1]]}}, {"a": 2, "s": None}, {"a": None, "s": {"l": None, "m": None}}],
}
NESTED = {**ARRAYS, **MAPS, **STRUCTS}
ONE = [["i", "int"]]
ONE_ROW = [[1], [None]]


def column(values):
    return [[v] for v in values]


def pairs(a, b):
    return [[x, y] for x in a for y in b]


def zipped(a, b):
    """Rows that pair each value with a few of the other column's."""
    n = max(len(a), len(b))
    return [[a[i % len(a)], b[(i + shift) % len(b)]] for shift in (0, 1) for i in range(n)]


def constructors():
    for sql in ("array()", "array(i)", "array(i, j)", "array(i, j, NULL)", "array(NULL)", "array(NULL, NULL)", "array(i, s)", "array(i, x)", "array(i, 1.5)", "array(i, p)", "array(s, p)", "array(1, 2L)", "array(1Y, 2S)",
                "array(1.5, 2.50, 100)", "array('a', 'b')", "array(array(i), array(j))", "array(array(i), NULL)", "array(array(), array(i))", "array(array(1), array(2L))", "array(array(i), i)", "array(struct(i), struct(j))",
                "array(named_struct('a', i), named_struct('b', j))", "array(named_struct('a', i), named_struct('a', x))", "array(1 / i, 2)", "array(DATE '2024-02-29', TIMESTAMP '2024-02-29 00:00:00')", "array('2024-02-29', DATE '2024-02-29')",
                "array(x, -0.0D)", "array(i, 'x')", "array(1F, 2)", "array(X'00', 'a')", "array(map('a', i), map('b', j))", "array(map('a', i), map('b', 1L))", "array(*)", "ARRAY(i)", "array(i,)",
                "array(array(array(NULL)))", "array(named_struct('a', NULL))", "array(struct(1, 'a'), struct(2, 3))",
                "map()", "map('a', i)", "map('a', i, 'b', j)", "map(i, s)", "map(s, i)", "map(s, NULL)", "map(NULL, i)", "map(i, 1, j, 2)", "map(1, i, 2L, j)", "map('a', i, 'b', x)", "map('a', 1, 'a', 2)", "map('a')", "map('a', 1, 'b')",
                "map(x, 1)", "map(x, 1, 0.0D, 2)", "map(x, 1, CAST('NaN' AS DOUBLE), 2)", "map(-0.0D, 1)", "map(array(i), 1)", "map(struct(i, s), 1)", "map(map('a', 1), 1)", "map(array(map('a', 1)), 1)", "map('a', array(i))", "map('a', map('b', i))",
                "map(1, 'a', '2', 'b')", "map(i, 1, 'x', 2)", "map('a', 1, 'b', 'x')", "map('a', i, 'b', p)", "map(p, 1, true, 2)", "map(DATE '2024-02-29', 1, TIMESTAMP '2024-02-29 00:00:00', 2)", "map(1.0, 1, 1.00, 2)", "map(X'61', i, 'a', j)",
                "map(array(-0.0D), 1, array(0.0D), 2)", "map(struct(x), 1)", "map(NULL, NULL)", "map('a', NULL, 'b', NULL)", "map(1 / i, 1)", "map('a', 1 / i)", "map(CAST(NULL AS STRING), 1)",
                "struct()", "struct(i)", "struct(i, s)", "struct(i, 1)", "struct(1, 2)", "struct(i + 1, s)", "struct(i, i)", "struct(struct(i))", "struct(NULL)", "struct(array(i), map('a', j))", "struct(s, 'x', 1.5, NULL)", "struct(1 / i)", "struct(i, 2, s, 4)",
                "named_struct()", "named_struct('a')", "named_struct('a', i)", "named_struct('a', i, 'b', s)", "named_struct('a', 1, 'b')", "named_struct(i, 1)", "named_struct(NULL, 1)", "named_struct('a', NULL)", "named_struct('A b', i)", "named_struct('', i)",
                "named_struct(1, i)", "named_struct('a', named_struct('b', i))", "named_struct('a' || 'b', i)", "named_struct(concat('a', 'b'), i)", "named_struct('a', 1 / i)", "named_struct(s, i)", "named_struct('a', i, 'A', j)",
                "struct(struct(i, s), array(struct(j)))", "struct(i AS a, j AS b)", "struct(i a)", "array(i AS a)", "(i, j)", "struct(-i)", "struct(cast(i AS BIGINT))", "struct(upper(s))", "struct(array(1)[0])", "struct(struct(i).i)", "struct(map('a', i).a)",
                "struct(struct(i)['i'])", "struct(map('a', i)['a'])", "struct(array(struct(i))[0].i)", "struct((i))"):
        yield sql, INTS, INT_ROWS
    for sql in ("size(struct(st.a, st.b.c))", "struct(st.a)", "struct(st.b.c, st)", "struct(`st`.`a`)", "struct(st.b).b.c", "struct(ST.A)", "named_struct('x', st.b).x.c", "struct(l.a)", "struct(l[0])", "struct(m.k)", "struct(l[0].a)"):
        yield sql, [["st", "struct<a:int,b:struct<c:string>>"], ["l", "array<struct<a:int>>"], ["m", "map<string,int>"]], [[{"a": 1, "b": {"c": "x"}}, [{"a": 1}, None], [["k", 1]]],
                                                                                                                           [None, [{"a": None}], []]]


def access():
    indices = [None, 0, 1, 2, -1, -2, 3, -3, 4, 2147483647, -2147483648]
    for type_, values in ARRAYS.items():
        columns = [["l", type_], ["n", "int"]]
        rows = pairs(values, indices if type_ == "array<int>" else [None, 0, 1, -1, 5])
        for sql in ("l[n]", "element_at(l, n)", "try_element_at(l, n)", "get(l, n)"):
            yield sql, columns, rows
        for sql in ("l[0]", "l[1]", "element_at(l, 1)", "element_at(l, -1)", "element_at(l, 0)", "l[-1]", "size(l)", "cardinality(l)", "array_size(l)", "l IS NULL", "l[NULL]", "element_at(l, NULL)"):
            yield sql, [["l", type_]], column(values)
    rows = pairs([None, [], [1, 2, None]], [None, 0, 1, 3])
    for type_ in ("tinyint", "smallint", "bigint"):
        for sql in ("l[n]", "element_at(l, n)", "get(l, n)", "try_element_at(l, n)"):
            yield sql, [["l", "array<int>"], ["n", type_]], rows
    yield "l[n]", [["l", "array<int>"], ["n", "bigint"]], [[[1, 2], 4294967296], [[1, 2], -4294967296], [[1, 2], 9223372036854775807], [None, 4294967296]]
    yield "l[n]", [["l", "array<int>"], ["n", "decimal(38,0)"]], [[[1, 2], "0"]]
    for sql in ("l['0']", "l['a']", "l[1.0]", "l[1.5]", "l[1e0]", "l[true]", "l[DATE '2024-02-29']", "l[1L]", "l[1Y]", "l[l[0] - 1]", "l[l]", "l[1 / 0]", "element_at(l, '1')", "element_at(l, 1.0)", "element_at(l, 1L)", "element_at(l, 1Y)", "element_at(l, true)",
                "element_at(l)", "element_at(l, 1, 2)", "element_at(NULL, 1)", "element_at(1, 1)", "element_at('abc', 1)", "element_at(NULL, NULL)", "NULL[0]", "l.a", "l.0", "l[0][0]", "l[0].a", "array(1, 2, 3)[1]", "array(1, 2, 3)[3]", "array()[0]", "array(NULL)[0]",
                "element_at(array(1, 2), 1)", "element_at(array(), 1)", "element_at(array(1, 2, 3), -3)", "element_at(array('a'), 2)", "size(array())", "size(NULL)", "size(array(NULL))", "size(1)", "size('a')", "size()", "size(l, l)", "size(l[0])", "cardinality(NULL)",
                "cardinality(map())", "size(struct(1))", "l[0] + l[1]", "array(l[0])", "array_size(NULL)", "array_size(map())", "array_size()", "get(NULL, 0)", "get(l, NULL)", "get(l)", "get(l, 'x')", "get(l, '1')", "get(map(1, 2), 1)", "get(l, 1L)",
                "try_element_at(l, 0)", "try_element_at(l, 7)", "try_element_at(NULL, 1)", "1[0]", "'abc'[0]", "i[0]"):
        yield sql, [["l", "array<int>"]], column([[1, 2], [0], None, []])
    for type_, values in MAPS.items():
        keys = {"map<string,int>": ["string", [None, "a", "b", "c", "", "1"]], "map<int,string>": ["int", [None, 1, 2, 5, -1]], "map<double,int>": ["double", [None, "0.0", "-0.0", "NaN", "2.5"]], "map<bigint,array<int>>": ["bigint", [None, 1, 2, 9]],
                "map<date,boolean>": ["date", [None, "2024-02-29", "1970-01-01"]], "map<decimal(5,2),string>": ["decimal(5,2)", [None, "1.00", "2.50", "3.00"]],
                "map<struct<a:int,b:string>,int>": ["struct<a:int,b:string>", [None, {"a": 1, "b": "x"}, {"a": None, "b": None}, {"a": 1, "b": None}]], "map<array<int>,int>": ["array<int>", [None, [1, 2], [], [None], [1]]],
                "map<boolean,map<string,int>>": ["boolean", [None, True, False]]}[type_]
        for sql in ("m[k]", "element_at(m, k)", "try_element_at(m, k)", "map_contains_key(m, k)"):
            yield sql, [["m", type_], ["k", keys[0]]], pairs(values, keys[1])
        for sql in ("size(m)", "cardinality(m)", "map_keys(m)", "map_values(m)", "map_entries(m)", "m IS NULL", "m[NULL]", "element_at(m, NULL)", "m = m", "m <=> m", "m IN (m)", "m < m"):
            yield sql, [["m", type_]], column(values)
    columns = [["n", "map<int,string>"], ["b", "bigint"], ["y", "tinyint"], ["x", "double"], ["d", "decimal(5,2)"], ["s", "string"], ["p", "boolean"], ["t", "date"], ["u", "timestamp"], ["m", "map<string,int>"], ["w", "map<bigint,int>"], ["f", "map<double,int>"],
               ["e", "map<decimal(5,2),int>"], ["k", "map<date,int>"], ["q", "map<array<int>,int>"], ["r", "map<struct<a:int>,int>"], ["l", "array<int>"], ["v", "array<bigint>"], ["st", "struct<a:int>"], ["sx", "struct<x:int>"], ["sw", "struct<a:bigint>"]]
    row = [[[1, "one"]], 1, 1, "1.0", "1.00", "1", True, "2024-02-29", 1709164800000000, [["1", 1], ["true", 2], ["1.0", 3], ["2024-02-29", 4], ["1.00", 5]], [[1, 1]], [["1.0", 1]], [["1.00", 1]], [["2024-02-29", 1]], [[[1], 1]], [[{"a": 1}, 1]], [1], [1], {"a": 1}, {"x": 1}, {"a": 1}]
    for m, ks in (("n", "byxdspl"), ("m", "byxdsptul"), ("w", "byxdsp"), ("f", "byxdsp"), ("e", "byxdsp"), ("k", "tusb"), ("q", "lv"), ("r", ("st", "sx", "sw", "b"))):
        for k in ks:
            places = [[name for name, _ in columns].index(name) for name in (m, k)]
            two, both = [columns[i] for i in places], [row[i] for i in places]
            yield "%s[%s]" % (m, k), two, [both, [both[0], None]]
            yield "element_at(%s, %s)" % (m, k), two, [both]
            yield "map_contains_key(%s, %s)" % (m, k), two, [both]
    for sql in ("array_contains(l, b)", "array_contains(l, y)", "array_contains(v, y)", "array_contains(l, x)", "array_contains(l, d)", "array_contains(l, s)", "array_contains(v, d)", "array_contains(array(d), b)", "array_contains(array(d), x)", "array_contains(array(d), 1)", "array_contains(array(t), u)",
                "array_contains(array(u), t)", "array_contains(array(s), b)", "array_contains(array(l), v)", "array_contains(array(st), sx)", "array_contains(array(st), sw)", "array_contains(array(d), CAST(d AS DECIMAL(20,4)))", "array_position(l, b)", "array_position(v, y)", "array_position(l, d)", "array_position(array(d), 1)",
                "st = sx", "st = sw", "sx = sw", "st IN (sx, sw)", "st IN (sw)", "sx IN (sw)", "array(st) = array(sx)", "array(st) IN (array(sx))", "array(d) = array(CAST(d AS DECIMAL(20,4)))", "array(CAST(d AS DECIMAL(20,4))) = array(b)", "array(CAST(b AS DECIMAL(20,0))) = array(b)", "array(CAST(b AS DECIMAL(19,0))) = array(b)",
                "array(y) = array(1.5F)", "array(b) < array(1F)", "nullif(st, sx)", "coalesce(st, sx)", "coalesce(st, named_struct('A', 1L))", "st = named_struct('A', 1L)", "CASE st WHEN sx THEN 1 END", "array(NULL) = l", "l = array()", "NULL.a", "NULL['a']", "st['a'] = sx['x']", "r[struct(1)]", "q[array(1L)]", "w[1.5]", "w[1.5D]", "n[300Y]", "n[3000000000]"):
        yield sql, columns, [row]
    for sql in ("m.a", "m.b", "m.A", "m.`a`", "m['a']", "m['z']", "m[1]", "m[i]", "m[1.5]", "m[true]", "element_at(m, 'a')", "element_at(m, 1)", "element_at(m, NULL)", "m.a.b", "m['a'] + 1", "m['a']['b']", "n[1]", "n['1']", "n['x']", "n[1L]", "n[1Y]", "n[1.0]", "n[i]", "n.a",
                "element_at(n, 1)", "element_at(n, 1Y)", "element_at(n, 1L)", "element_at(n, '1')", "element_at(n, 1.0)", "element_at(n, true)", "map('a', 1)['a']", "map('a', 1).a", "map('a', 1).b", "map(1, 'x')[1]", "map(1, 'x')[1L]", "map(1L, 'x')[1]", "map(1.5D, 'x')[1]",
                "map(1.5, 'x')[1]", "map(1.5, 'x')[1.5]", "map(1.5, 'x')[1.50]", "map()[1]", "map()['a']", "map('a', 1)[NULL]", "element_at(map('a', 1), 'b')", "element_at(map(1, 2), 1.5)", "map(DATE '2024-02-29', 1)['2024-02-29']",
                "map_keys(NULL)", "map_values(NULL)", "map_keys(1)", "map_keys(m, m)", "map_keys(map())", "map_values(map())", "map_entries(map())", "map_entries(NULL)", "map_keys(map('a', 1, 'b', 2))", "map_values(map('a', 1, 'b', NULL))", "map_keys(m)[0]", "size(map_keys(m))",
                "map_contains_key(m, 'a')", "map_contains_key(m, NULL)", "map_contains_key(m, 1)", "map_contains_key(n, 1L)", "map_contains_key(n, '1')", "map_contains_key(NULL, 1)", "map_contains_key(map(), 1)", "map_contains_key(1, 1)",
                "map(true, 1)[true]", "map(true, 1)['true']", "map(-0.0D, 1)[0.0D]", "map(array(1), 2)[array(1)]", "map(array(1), 2)[array(1L)]", "map(struct(1), 2)[struct(1)]", "map(struct(1), 2)[named_struct('x', 1)]", "map(named_struct('x', 1), 2)[struct(1L)]",
                "map_keys(map(-0.0D, 1))", "map_from_arrays(array(1, 2), array('a', 'b'))", "map_from_arrays(array(1), array('a', 'b'))", "map_from_arrays(array(1, 1), array('a', 'b'))", "map_from_arrays(array(NULL), array(1))", "map_from_arrays(NULL, array(1))",
                "map_from_arrays(array(), array())", "map_from_arrays(array(i), array('x'))", "map_from_arrays(1, 2)", "map_from_arrays(array(map(1, 2)), array(1))", "map_from_arrays(map_keys(m), map_values(m))", "map_from_arrays(array(-0.0D, 0.0D), array(1, 2))"):
        yield sql, [["m", "map<string,int>"], ["n", "map<int,string>"], ["i", "int"]], [[[["a", 1], ["b", None]], [[1, "one"]], 1], [[["1", 5]], [], None], [None, None, 2], [[], [[2, None]], 3]]
    for sql in ("st.a", "st.s", "st.s.l", "st.s.l[0]", "st.s.m.k", "st.s.m['k']", "st['a']", "st['s']['l'][1]", "st['A']", "st.S.L[0]", "st[0]", "st['z']", "st.z", "st.s.z", "st.a.b", "st[a]", "st['a' || '']", "st[NULL]", "(st).a", "(st.s).l", "struct(st).st.s.m.k",
                "named_struct('q', st).q.s.l[0]", "if(st.a = 1, st, NULL).s.m", "coalesce(st, st).a", "st.s.l[st.a]", "element_at(st.s.l, st.a)", "element_at(st, 'a')", "st.*", "size(st.s.m)", "st.s.m.k + st.a", "CASE WHEN st.a = 1 THEN st.s END.l"):
        yield sql, [["st", "struct<a:int,s:struct<l:array<int>,m:map<string,int>>>"]], column(STRUCTS["struct<a:int,s:struct<l:array<int>,m:map<string,int>>>"] + [{"a": 0, "s": {"l": [5], "m": []}}])
    rows = column([None, [], [{"a": 1, "b": {"c": "x"}}, None, {"a": None, "b": None}], [{"a": 3, "b": {"c": None}}]])
    for sql in ("l.a", "l.b", "l.b.c", "l['a']", "l[0].a", "l[0].b.c", "l[1].a", "l.z", "l.A", "size(l.a)", "l.a[0]", "(l).a", "l.b.c[0]", "array_contains(l.a, 3)", "element_at(l, 1).b", "array(struct(1 AS x)).x", "array(named_struct('x', 1), NULL).x", "l.a = array(3)"):
        yield sql, [["l", "array<struct<a:int,b:struct<c:string>>>"]], rows
    rows = column([None, [["k", {"a": 1}], ["a", None]], [["a", {"a": None}]]])
    for sql in ("m.k.a", "m['k'].a", "m.a", "m.a.a", "m.k", "m.z.a", "map_values(m).a", "map_keys(m)"):
        yield sql, [["m", "map<string,struct<a:int>>"]], rows
    for sql in ("s.x", "named_struct('a', 1, 'a', 2).a", "named_struct('a', 1, 'A', 2).a", "named_struct('a', 1)['a']", "named_struct('A b', 1).`A b`", "named_struct('a', 1).`a`", "struct(1, 2).col2", "struct(1, 2).col3", "named_struct('a.b', 1).`a.b`", "named_struct('a', NULL).a",
                "struct(i).I", "struct(i, 5).i + 1", "-struct(i).i", "NOT struct(p).p", "struct(1).col1 = 1", "array(1)[0] BETWEEN array(0)[0] AND 2"):
        yield sql, [["i", "int"], ["p", "boolean"], ["s", "string"]], [[1, True, "a"], [None, None, None]]


def comparisons():
    operators = ["=", "<", "<=>", ">=", "<>", "<=", ">"]
    for type_, values in {**ARRAYS, **STRUCTS}.items():
        yield "a < b", [["a", type_], ["b", type_]], pairs(values, values)
        for op in operators if type_ in ("array<int>", "struct<a:int,b:string>", "array<double>", "struct<x:double>", "array<struct<a:int,b:string>>") else ["=", "<=>"]:
            yield "a %s b" % op, [["a", type_], ["b", type_]], zipped(values, values)
        for sql in ("a IN (b, NULL)", "a IN (b)", "a BETWEEN b AND b", "nullif(a, b)"):
            yield sql, [["a", type_], ["b", type_]], zipped(values, values)[::2]
    mixed = [("array<int>", "array<bigint>"), ("array<int>", "array<double>"), ("array<int>", "array<string>"), ("array<string>", "array<double>"), ("array<decimal(5,2)>", "array<int>"), ("array<decimal(5,2)>", "array<double>"), ("array<date>", "array<timestamp>"),
             ("array<boolean>", "array<string>"), ("array<boolean>", "array<int>"), ("array<array<int>>", "array<int>"), ("array<binary>", "array<string>"), ("struct<a:int,b:string>", "struct<c:int,d:string>"), ("struct<a:int,b:string>", "struct<a:bigint,b:string>"),
             ("struct<c:int,d:string>", "struct<a:bigint,b:string>"), ("struct<x:double>", "struct<a:int,b:string>"), ("array<int>", "map<string,int>"), ("map<string,int>", "map<string,int>"), ("array<int>", "struct<x:double>"),
             ("array<struct<a:int,b:string>>", "array<int>"), ("map<string,int>", "map<int,string>")]
    for one, two in mixed:
        columns = [["a", one], ["b", two]]
        for sql in ("a = b", "a < b", "b <=> a", "a IN (b)", "coalesce(a, b)", "CASE WHEN a IS NULL THEN b ELSE a END", "array(a, b)", "map('x', a, 'y', b)", "nullif(a, b)", "concat(a, b)"):
            yield sql, columns, zipped(NESTED[one], NESTED[two])
    for type_ in ("int", "string", "boolean", "date"):
        for sql in ("a = b", "coalesce(a, b)", "a IN (b)"):
            for other in ("array<int>", "struct<a:int,b:string>", "map<string,int>"):
                yield sql, [["a", other], ["b", type_]], zipped(NESTED[other][:2], FEW[type_][:2])
    for sql in ("array(1) = array(1L)", "array(1, 2) < array(1, 3)", "array(1) < array(1, 1)", "array() < array(1)", "array() = array()", "array(NULL) = array(NULL)", "array(NULL) < array(1)", "array(1) = NULL", "NULL = array(1)", "array(1) <=> NULL", "struct(1, 2) = struct(1, 2)",
                "struct(1, 'a') = struct(1, 'a', 2)", "struct(1) = named_struct('x', 1)", "struct(1) = named_struct('x', 1L)", "named_struct('a', 1) < named_struct('b', 2)", "struct(NULL) = struct(NULL)", "struct(NULL) <=> struct(NULL)", "struct(NULL) < struct(1)",
                "struct(1, NULL) = struct(1, NULL)", "array(-0.0D) = array(0.0D)", "array(CAST('NaN' AS DOUBLE)) = array(CAST('NaN' AS DOUBLE))", "array(CAST('NaN' AS DOUBLE)) > array(1D)", "struct(CAST('NaN' AS FLOAT)) = struct(CAST('NaN' AS FLOAT))", "map('a', 1) = map('a', 1)",
                "map('a', 1) <=> NULL", "map('a', 1) IS NULL", "array(map('a', 1)) = array(map('a', 1))", "struct(map('a', 1)) = struct(map('a', 1))", "array(1) IN (array(1), array(2))", "array(1) IN (array(2L), NULL)", "struct(1, 'a') IN (struct(1, 'a'))",
                "struct(i) IN (struct(1), struct(NULL))", "(i, 1) IN ((1, 1))", "array(i) IN (array(1), array(NULL))", "array('1') = array(1)", "array('x') = array(1)", "array(1.5) = array(1.50)", "array(1) = array(true)", "array(array(1)) = array(array(1L))",
                "array(struct(1)) = array(named_struct('x', 1))", "array(DATE '2024-02-29') = array('2024-02-29')", "array(1) + array(1)", "-array(1)", "NOT array(true)", "array(true) AND true", "array(1) LIKE '1'", "array(1) || array(2)", "struct(1, array(2, NULL)) = struct(1, array(2, NULL))",
                "array(i, 1) > array(1, i)", "struct(i, 's') <=> struct(i, 's')", "array(i) BETWEEN array(0) AND array(2)", "struct(1, i) < struct(1, 2)", "struct(2, 1 / 0) > struct(1, 1 / 0)", "array(1) = 1", "array(1) = '1'", "struct(1) = 1", "array(1, 2) IS DISTINCT FROM array(1, 2L)"):
        yield sql, ONE, ONE_ROW
    for type_, values in NESTED.items():
        columns = [["a", type_], ["b", type_], ["p", "boolean"]]
        rows = [[x, y, p] for (x, y), p in zip(zipped(values, values), itertools.cycle([True, False, None]))]
        for sql in ("CASE WHEN p THEN a ELSE b END", "coalesce(a, b)", "if(p, a, NULL)", "array(a, b)", "struct(a, p)", "map(1, a, 2, b)", "a"):
            yield sql, columns, rows
    for sql in ("CASE WHEN p THEN array(1) ELSE array(2L) END", "CASE WHEN p THEN array(1) ELSE array('a') END", "CASE WHEN p THEN array(1) ELSE array() END", "CASE WHEN p THEN named_struct('a', 1) ELSE named_struct('b', 2L) END", "if(p, map('a', 1), map('b', 2.5))", "if(p, map(), map('b', 2.5))",
                "coalesce(array(1), array(2.5))", "coalesce(NULL, array(1))", "if(p, array(1), 1)", "if(p, array(1), array(array(1)))", "if(p, struct(1), struct(1, 2))", "if(p, array(1), map(1, 1))", "coalesce(map('a', 1)['b'], 0)", "if(p, array(NULL), array('a'))",
                "if(p, named_struct('a', NULL), named_struct('a', 1))", "if(p, array(DATE '2024-02-29'), array(TIMESTAMP '2024-02-29 00:00:00'))", "if(p, map(1, 1), map(2L, 1))", "if(p, map('1', 1), map(2L, 1))", "if(p, named_struct('a', 1), named_struct('A', 1L))",
                "if(p, array(1.5), array(12345678901234567890))", "if(p, array(1F), array(1))", "if(p, map('x', 1), map(2L, 1))"):
        yield sql, [["p", "boolean"]], [[True], [False], [None]]


def searches():
    needles = {"array<int>": ["int", [None, 1, 3, 0]], "array<bigint>": ["bigint", [None, 1]], "array<double>": ["double", [None, "NaN", "0.0", "-0.0", "1.5"]], "array<string>": ["string", [None, "", "a", "é"]], "array<decimal(5,2)>": ["decimal(5,2)", [None, "1.00"]],
               "array<boolean>": ["boolean", [None, True]], "array<date>": ["date", [None, "2024-02-29"]], "array<timestamp>": ["timestamp", [None, 0]], "array<binary>": ["binary", [None, "", "YQ=="]], "array<array<int>>": ["array<int>", [None, [], [1], [1, None]]],
               "array<struct<a:int,b:string>>": ["struct<a:int,b:string>", [None, {"a": 1, "b": "x"}, {"a": None, "b": None}]], "array<map<string,int>>": ["map<string,int>", [None, []]]}
    for type_, (needle, values) in needles.items():
        for sql in ("array_contains(l, x)", "array_position(l, x)"):
            yield sql, [["l", type_], ["x", needle]], pairs(ARRAYS[type_], values)
    for sql in ("array_contains(l, 1)", "array_contains(l, 1L)", "array_contains(l, 1Y)", "array_contains(l, 1.0)", "array_contains(l, 1.5D)", "array_contains(l, '1')", "array_contains(l, NULL)", "array_contains(l, true)", "array_contains(l, i)", "array_contains(NULL, 1)", "array_contains(1, 1)",
                "array_contains(l)", "array_contains(l, 1, 2)", "array_contains(array(), 1)", "array_contains(array(NULL), 1)", "array_contains(array(1L), 1)", "array_contains(array('1'), 1)", "array_contains(array(1), '1')", "array_contains(array(1), 'x')", "array_contains(array(1.5), 1.50)",
                "array_contains(array(1.5D), 1)", "array_contains(array(1), 1.5D)", "array_contains(array(-0.0D), 0.0D)", "array_contains(array(1, 2), array(1))", "array_contains(array(array(1)), array(1L))", "array_contains(array(struct(1)), struct(1))",
                "array_contains(array(struct(1)), named_struct('x', 1))", "array_contains(array(DATE '2024-02-29'), '2024-02-29')", "array_contains(array(DATE '2024-02-29'), TIMESTAMP '2024-02-29 00:00:00')", "array_contains(map('a', 1), 'a')", "NOT array_contains(l, 1)",
                "array_position(l, 1)", "array_position(l, 1L)", "array_position(l, NULL)", "array_position(NULL, 1)", "array_position(array(1.5D), 1)", "array_position(l, 'x')", "array_position(l, '1')", "array_position(array(), 1)", "array_contains(NULL, NULL)", "array_contains(array(), NULL)"):
        yield sql, [["l", "array<int>"], ["i", "int"]], [[[1, 2, None], 1], [[2], None], [None, 1], [[], 0], [[None], 5]]


def more():
    """Functions of whole arrays and maps."""
    for type_, values in ARRAYS.items():
        for sql in ("array_distinct(l)", "array_min(l)", "array_max(l)", "sort_array(l)", "sort_array(l, false)", "reverse(l)", "flatten(l)"):
            yield sql, [["l", type_]], column(values)
        yield "concat(l, l)", [["l", type_]], column(values)
        yield "array_join(l, ',')", [["l", type_]], column(values)
        yield "array_join(l, '-', 'none')", [["l", type_]], column(values)
    places = [None, 0, 1, 2, 3, 4, -1, -2, -4, 2147483647, -2147483648]
    yield "slice(l, a, b)", [["l", "array<int>"], ["a", "int"], ["b", "int"]], [[l, a, b] for l in (None, [], [1, None, 3]) for a in places for b in (None, 0, 1, 2, 9, -1)]
    for sql in ("slice(l, 1, 2)", "slice(l, 0, 1)", "slice(l, 1, -1)", "slice(l, 1)", "slice(1, 1, 1)", "slice(NULL, 1, 1)", "slice(l, 1L, 1)", "slice(l, '1', 1)", "sort_array(l, NULL)", "sort_array(l, i)", "sort_array(1)", "sort_array(NULL)", "array_min(NULL)", "array_min(1)", "array_max(array())",
                "array_min(array(NULL))", "array_distinct(NULL)", "array_distinct(1)", "flatten(array(array(1), array(2L)))", "flatten(array(array(1), NULL))", "flatten(l)", "flatten(NULL)", "flatten(array())", "flatten(array(array(), array()))", "concat(l, array(1L))", "concat(l, NULL)",
                "concat(l, array('a'))", "concat(array(), l)", "concat(l, 1)", "l || l", "l || array(9)", "reverse(map('a', 1))", "reverse(NULL)", "reverse(array())", "array_join(l, NULL)", "array_join(l, ',', NULL)", "array_join(l, i)", "array_join(array('a', NULL, 'b'), '')", "array_join(1, ',')",
                "array_join(array(), ',')", "array_join(NULL, ',')", 
                "array_max(array(struct(1, 'a'), struct(2, 'b')))", "sort_array(array(struct(2, 'a'), NULL, struct(1, 'b')))", "array_distinct(array(1.0D, CAST('NaN' AS DOUBLE), CAST('NaN' AS DOUBLE), -0.0D, 0.0D))", "array_max(array(1D, CAST('NaN' AS DOUBLE)))", "array_distinct(array(map(1, 2)))",
                "array_join(array(1.5D, 2), ',')", "array_join(array(true, false), '|')", 
                ):
        yield sql, [["l", "array<int>"], ["i", "int"]], [[[3, 1, 2, None], 1], [[1], None], [None, 2], [[], 3], [[None, 1], -1]]


TARGETS = {
    "array<int>": ["array<bigint>", "array<string>", "array<tinyint>", "array<double>", "array<boolean>", "array<date>", "array<decimal(5,2)>", "string", "int", "array<array<int>>", "binary", "map<int,int>", "struct<a:int>"],
    "array<double>": ["array<int>", "array<string>", "array<float>", "string", "array<decimal(5,2)>"],
    "array<string>": ["array<int>", "array<string>", "array<boolean>", "array<binary>", "string", "array<date>"],
    "array<bigint>": ["array<int>", "array<timestamp>", "string"],
    "array<decimal(5,2)>": ["array<decimal(3,0)>", "array<decimal(2,2)>", "string", "array<double>"],
    "array<boolean>": ["array<int>", "string"],
    "array<date>": ["array<timestamp>", "array<string>", "string", "array<int>"],
    "array<timestamp>": ["array<date>", "array<bigint>", "string"],
    "array<binary>": ["array<string>", "string"],
    "array<array<int>>": ["array<array<string>>", "array<string>", "string", "array<array<bigint>>"],
    "array<struct<a:int,b:string>>": ["array<struct<x:bigint,y:string>>", "array<string>", "string", "array<struct<a:int>>", "array<struct<a:string,b:int>>"],
    "array<map<string,int>>": ["array<map<string,bigint>>", "string"],
    "map<string,int>": ["map<string,bigint>", "map<string,string>", "map<int,int>", "string", "map<string,tinyint>", "array<int>", "struct<a:int,b:int>", "map<binary,int>"],
    "map<int,string>": ["map<bigint,string>", "map<string,string>", "map<int,int>", "string", "map<tinyint,string>", "map<boolean,string>"],
    "map<double,int>": ["map<int,int>", "map<string,int>", "string"],
    "map<bigint,array<int>>": ["string", "map<string,array<string>>"],
    "map<date,boolean>": ["string"],
    "map<decimal(5,2),string>": ["string", "map<decimal(3,0),string>"],
    "map<struct<a:int,b:string>,int>": ["string", "map<struct<x:bigint,y:string>,int>"],
    "map<array<int>,int>": ["string", "map<string,int>"],
    "map<boolean,map<string,int>>": ["string"],
    "struct<a:int,b:string>": ["struct<a:bigint,b:string>", "struct<x:string,y:string>", "struct<a:int>", "struct<a:int,b:int>", "string", "struct<b:int,a:string>", "array<string>", "map<string,string>", "struct<a:int,b:string,c:int>", "int"],
    "struct<x:double>": ["struct<x:int>", "string", "struct<x:string>"],
    "struct<a:int,s:struct<l:array<int>,m:map<string,int>>>": ["string", "struct<a:string,s:struct<l:array<string>,m:map<string,string>>>", "struct<a:int,s:string>"],
}


def casts():
    for source, targets in TARGETS.items():
        values = NESTED[source]
        for target in targets:
            yield "CAST(a AS %s)" % target, [["a", source]], column(values)
            if n_of(target) % 2:
                yield "TRY_CAST(a AS %s)" % target, [["a", source]], column(values)
    yield "CAST(a AS STRING)", [["a", "array<float>"]], column([["1.5", "NaN", None, "-0.0", "Infinity", "1.0E10"]])
    yield "CAST(a AS STRING)", [["a", "array<timestamp_ntz>"]], column([[0, 1709168523456789, None]])
    yield "CAST(a AS STRING)", [["a", "struct<a:binary,b:boolean,c:decimal(5,2),d:date,e:timestamp>"]], column([{"a": "YWI=", "b": True, "c": "1.50", "d": "2024-02-29", "e": 1000000}, {"a": None, "b": None, "c": None, "d": None, "e": None}])
    yield "CAST(a AS MAP<INT, STRING>)", [["a", "map<double,int>"]], column([[["1.2", 1], ["1.7", 2]], [["1.2", 1], ["3.0", None]]])
    yield "CAST(a AS MAP<BOOLEAN, INT>)", [["a", "map<string,int>"]], column([[["t", 1], ["true", 2]], [["t", 1]], [["x", 1]]])
    yield "TRY_CAST(a AS MAP<INT, INT>)", [["a", "map<string,int>"]], column([[["t", 1], ["2", 2]], [["1", 1]]])
    for sql in ("CAST(array() AS ARRAY<INT>)", "CAST(array(1) AS ARRAY<STRING>)", "CAST(array('1', '2') AS ARRAY<INT>)", "CAST(array('x') AS ARRAY<INT>)", "TRY_CAST(array('x', '1') AS ARRAY<INT>)", "CAST(NULL AS ARRAY<INT>)", "CAST(NULL AS STRUCT<a: INT>)", "CAST(NULL AS MAP<STRING, INT>)",
                "CAST(array(1) AS array<array<int>>)", "CAST(array(1L) AS ARRAY< BIGINT >)", "array(1)::ARRAY<STRING>", "array(1) :: array<string>", "CAST(struct(1, 'a') AS STRUCT<x: BIGINT, y: STRING>)", "CAST(struct(1, 'a') AS STRUCT<x BIGINT, y STRING>)", "CAST(struct(1, 'a') AS STRUCT<x: INT>)",
                "CAST(named_struct('a', 1) AS STRUCT<`b c`: INT>).`b c`", "CAST(named_struct('a', 1) AS STRUCT<b: INT COMMENT 'free'>)", "CAST(named_struct('a', i) AS STRUCT<b: INT NOT NULL>)", "CAST(array(array(1)) AS ARRAY<ARRAY<STRING>>)",
                "CAST(map('a', 1) AS MAP<STRING, BIGINT>)", "CAST(map('1', 1) AS MAP<INT, STRING>)", "CAST(map(1, 1) AS MAP<STRING>)", "CAST(array(1) AS ARRAY)", "CAST(array(1) AS ARRAY<>)", "CAST(array(1) AS ARRAY<NOPE>)", "CAST(array(1) AS ARRAY<INT)", "CAST(array(1) AS ARRAY<INT>>)",
                "CAST(struct(1) AS STRUCT<>)", "CAST(struct(1) AS STRUCT)", "CAST(1 AS ARRAY<INT>)", "CAST('[1]' AS ARRAY<INT>)", "CAST('a' AS STRUCT<a: STRING>)", "CAST(array(1) AS STRING)", "CAST(array() AS STRING)", "CAST(array(NULL) AS STRING)", "CAST(array(NULL, 1) AS STRING)",
                "CAST(array('a', '', NULL, 'b, c') AS STRING)", "CAST(map() AS STRING)", "CAST(map('a', 1, 'b', NULL) AS STRING)", "CAST(struct(1, NULL, 'x') AS STRING)", "CAST(struct(NULL, 1) AS STRING)", "CAST(struct(array(1, 2), map('k', struct(NULL))) AS STRING)", "array(1) || ''", "'' || struct(1, 'a')",
                "concat('x', array(1))", "upper(array('a'))", "length(array(1))", "CAST(array(1) AS INT)", "CAST(array(1) AS BOOLEAN)", "CAST(struct(1) AS INT)", "CAST(array(1.50, 2) AS STRING)", "CAST(array(1e20) AS STRING)", "CAST(array(DATE '2024-02-29') AS STRING)", "CAST(array(X'61') AS STRING)",
                "CAST(array(TIMESTAMP '2024-02-29 01:02:03.5') AS STRING)", "CAST(array(true, false) AS STRING)", "CAST(array(array()) AS STRING)", "CAST(array(NULL) AS ARRAY<INT>)", "CAST(map('a', NULL) AS MAP<STRING, INT>)", "CAST(named_struct('a', NULL) AS STRUCT<a: INT>)", "CAST(map() AS MAP<STRING, INT>)",
                "CAST(array(1, NULL) AS ARRAY<DECIMAL(10,2)>)", "CAST(array(1) AS ARRAY<DECIMAL(39,2)>)", "CAST(array(300) AS ARRAY<TINYINT>)", "TRY_CAST(array(300, 1) AS ARRAY<TINYINT>)", "TRY_CAST(struct(300, 1) AS STRUCT<a: TINYINT, b: INT>)", "TRY_CAST(map(300, 300) AS MAP<INT, TINYINT>)",
                "CAST(array(1) AS ARRAY<VOID>)", "CAST(CAST(array(1) AS STRING) AS STRING)", "CAST(struct(i) AS STRING)", "CAST(array(i, i) AS STRING)", "TRY_CAST(1 AS ARRAY<INT>)", "TRY_CAST(array(1) AS MAP<INT, INT>)", "TRY_CAST(NULL AS ARRAY<INT>)", "CAST(array(i) AS ARRAY<INT>)", "CAST('abc' AS VARCHAR(2))", "CAST('abc' AS CHAR(5))", "CAST('abc' AS CHARACTER(2))", "CAST('a' AS VARCHAR)", "CAST('a' AS CHAR)", "CAST('a' AS VARCHAR(0))", "CAST(12345 AS VARCHAR(2))", "CAST(array('abc') AS ARRAY<VARCHAR(2)>)", "CAST(map(i, i) AS MAP<STRING, INT>)",
                "CAST(array(1.7D) AS ARRAY<INT>)", "CAST(named_struct('a', 1, 'b', 2) AS STRUCT<b: INT, a: INT>).b", "CAST(struct(1) AS STRUCT<a: INT,>)", "CAST(array(1) AS ARRAY<INT, INT>)", "CAST(array(struct(1)) AS ARRAY<STRUCT<a: STRING>>)", "CAST(array(struct(1)) AS ARRAY<STRUCT<a: ARRAY<INT>>>)"):
        yield sql, ONE, ONE_ROW


def n_of(text):
    return sum(map(ord, text))


class Trees:
    """Random expressions over nested columns."""

    columns = [["i", "int"], ["b", "bigint"], ["s", "string"], ["x", "double"], ["l", "array<int>"], ["w", "array<bigint>"], ["t", "array<string>"], ["m", "map<string,int>"], ["st", "struct<a:int,l:array<int>,s:string>"], ["ls", "array<struct<a:int,s:string>>"]]
    values = {"int": [0, 1, 2, -1, 7], "bigint": [0, 1, 3000000000], "string": ["", "a", "b", "7", "é"], "double": ["0.0", "-0.0", "NaN", "1.5"]}

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *options):
        return self.random.choice(options)

    def value(self, type_):
        if self.random.random() < 0.15:
            return None
        if type_ in self.values:
            return self.random.choice(self.values[type_])
        if type_.startswith("array"):
            return [self.value(type_[6:-1]) for _ in range(self.random.randint(0, 3))]
        if type_.startswith("map"):
            return [[k, self.value("int")] for k in self.random.sample(self.values["string"], self.random.randint(0, 3))]
        if type_ == "struct<a:int,s:string>":
            return {"a": self.value("int"), "s": self.value("string")}
        return {"a": self.value("int"), "l": self.value("array<int>"), "s": self.value("string")}

    def rows(self):
        return [[self.value(t) for _, t in self.columns] for _ in range(8)]

    def tree(self, kind, depth):
        return getattr(self, kind)(depth) if depth > 0 else getattr(self, kind)(0)

    def number(self, d):
        if d <= 0:
            return self.pick("i", "i", "b", "1", "2L", "0", "NULL", "st.a")
        d -= 1
        return self.pick(
            lambda: "size(%s)" % self.pick(self.array, self.map)(d), lambda: "element_at(%s, %s)" % (self.array(d), self.pick("1", "-1", "i", "2")), lambda: "%s[%s]" % (self.array(d), self.pick("0", "1", "i")),
            lambda: "%s[%s]" % (self.map(d), self.text(d)), lambda: "element_at(%s, %s)" % (self.map(d), self.text(d)), lambda: "%s.a" % self.struct(d), lambda: "(%s + %s)" % (self.number(d), self.number(d)),
            lambda: "coalesce(%s, %s)" % (self.number(d), self.number(d)), lambda: "if(%s, %s, %s)" % (self.boolean(d), self.number(d), self.number(d)))()

    def text(self, d):
        if d <= 0:
            return self.pick("s", "'a'", "''", "st.s", "'7'")
        d -= 1
        return self.pick(lambda: "CAST(%s AS STRING)" % self.pick(self.array, self.map, self.struct, self.number)(d), lambda: "%s.s" % self.struct(d), lambda: "element_at(%s, -1)" % self.texts(d), lambda: "map_keys(%s)[0]" % self.map(d),
                         lambda: "concat(%s, %s)" % (self.text(d), self.text(d)), lambda: "coalesce(%s, %s)" % (self.text(d), self.text(d)))()

    def texts(self, d):
        if d <= 0:
            return self.pick("t", "ls.s", "array('a', s)")
        d -= 1
        return self.pick(lambda: "map_keys(%s)" % self.map(d), lambda: "array(%s, %s)" % (self.text(d), self.text(d)), lambda: "CAST(%s AS ARRAY<STRING>)" % self.array(d), lambda: "coalesce(%s, %s)" % (self.texts(d), self.texts(d)))()

    def array(self, d):
        if d <= 0:
            return self.pick("l", "l", "w", "st.l", "array(1, 2)", "ls.a", "array(i)")
        d -= 1
        return self.pick(lambda: "array(%s, %s)" % (self.number(d), self.number(d)), lambda: "map_values(%s)" % self.map(d), lambda: "CAST(%s AS ARRAY<%s>)" % (self.pick(self.array, self.texts)(d), self.pick("INT", "BIGINT")),
                         lambda: "coalesce(%s, %s)" % (self.array(d), self.array(d)), lambda: "CASE WHEN %s THEN %s ELSE %s END" % (self.boolean(d), self.array(d), self.array(d)), lambda: "%s.l" % self.wide(d))()

    def map(self, d):
        if d <= 0:
            return self.pick("m", "m", "map('a', i)", "map('a', 1, 'b', 2)")
        d -= 1
        return self.pick(lambda: "map(%s, %s)" % (self.text(d), self.number(d)), lambda: "coalesce(%s, %s)" % (self.map(d), self.map(d)), lambda: "if(%s, %s, %s)" % (self.boolean(d), self.map(d), self.map(d)))()

    def struct(self, d):
        if d <= 0:
            return self.pick("st", "ls[0]", "named_struct('a', i, 's', s)")
        d -= 1
        return self.pick(lambda: "named_struct('a', %s, 's', %s)" % (self.number(d), self.text(d)), lambda: "element_at(ls, %s)" % self.pick("1", "-1", "i"), lambda: "named_struct('q', %s).q" % self.struct(d), lambda: "array(%s)[0]" % self.struct(d))()

    def wide(self, d):
        return self.pick("st", "named_struct('l', %s)" % self.array(d - 1))

    def boolean(self, d):
        if d <= 0:
            return self.pick("i > 0", "l IS NULL", "s = 'a'", "x IS NOT NULL")
        d -= 1
        kind = self.pick(self.array, self.array, self.texts, self.struct, self.number)
        return self.pick(lambda: "(%s %s %s)" % (kind(d), self.pick("=", "<", "<=>", ">=", "<>"), kind(d)), lambda: "array_contains(%s, %s)" % (self.array(d), self.pick("1", "i", "0")), lambda: "(%s IN (%s, %s))" % (kind(d), kind(0), kind(0)),
                         lambda: "(%s IS NULL)" % self.pick(self.array, self.map, self.struct)(d), lambda: "(%s AND %s)" % (self.boolean(d), self.boolean(d)))()


def trees():
    trees = Trees(20261126)
    tables = [trees.rows() for _ in range(6)]
    for n in range(110):
        kind = ["number", "boolean", "array", "map", "struct", "text", "boolean", "texts"][n % 8]
        yield getattr(trees, kind)(3), Trees.columns, tables[n % len(tables)]


def all_cases():
    for family in (constructors, access, comparisons, searches, casts, more, trees):
        yield from family()
