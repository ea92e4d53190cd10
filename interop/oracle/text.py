"""The functions of strings: families of (sql, columns, rows)."""

from cases import FEW, SAMPLES, TYPES, column

S = [["s", "string"]]
TEXTS = [None, "", " ", "a", "abc", "Abc DEF", "  ab  ", "\tab\n", "\u00a0a\u3000", "hello world", "xxaxbxx", "aaaa", "a,b,,c", ",", "é",
    "e\u0301", "ß", "日本語",
         "😀", "a😀b", "😀😀", "👨\u200d👩", "ﬁ", "\u0000", "a\u0000b", "100%", "1234567890"]
BYTES = [None, "", "AA==", "YWJj", "ICBh", "/wCA", "w6k=", "8J+YgA=="]
NUMBERS = [None, 0, 1, 2, 3, 4, 5, 10, 11, -1, -2, -3, -4, -10, -11, 2**31 - 1, -(2**31)]
CASED = [(0x20, 0x2AF), (0x345, 0x345), (0x370, 0x58F), (0x10A0, 0x10FF), (0x13A0, 0x13FF), (0x1C80, 0x1CBF), (0x1D00, 0x1DBF), (0x1E00, 0x1FFF),
    (0x2090, 0x209F),
         (0x2100, 0x218F), (0x24B0, 0x24EF), (0x2C00, 0x2D2F), (0xA640, 0xA69F), (0xA720, 0xA7FF), (0xAB30, 0xABBF), (0xFB00, 0xFB1F),
             (0xFF20, 0xFF5F),
         (0x10400, 0x1044F), (0x104B0, 0x104FF), (0x10570, 0x105BF), (0x10C80, 0x10CFF), (0x10D50, 0x10D8F), (0x118A0, 0x118DF),
             (0x16E40, 0x16E7F), (0x16EA0, 0x16EDF),
         (0x1E900, 0x1E94F)]


def quoted(text):
    return "'%s'" % text.replace("\\", "\\\\").replace("'", "\\'")


def with_number(texts, numbers, type_="string"):
    return [["s", type_], ["n", "int"]], [[t, n] for t in texts for n in numbers]


def cases_of_letters():
    """Every code point of the blocks that have letters of two cases, and sigma in its places."""
    blocks = ["".join(chr(c) for c in range(first, last + 1)) for first, last in CASED]
    for name in ("upper", "lower"):
        yield name + "(s)", S, column(blocks)
    yield "initcap(s)", S, column([" ".join(block) for block in blocks] + ["x" + block.replace(" ", "") for block in blocks])
    words = ["Σ", "ΑΣ", "ΣΑ", "ΑΣΑ", "ΑΣ ", "ΑΣ ΣΑ", " Σ", "ΑΣ'", "ΑΣ'Α", "'ΑΣ", "Α'Σ", "1Σ", "Α1Σ", "ΑΣ1", "ΑΣΣ", "ΣΣΣ", "ΑΣ.", "ΑΣ.Β", "ΑΣ:Β",
        "ΑΣ;Β", "Α\u0301Σ",
             "ΑΣ\u0301", "ΑΣ\u0301Β", "ΑΣ\u00adΒ", "ΑΣ\u200dΒ", "ΑΣ日", "日Σ", "𐐀Σ", "Σ𐐀", "ΑΣ𐐀", "ΑʰΣ", "ʰΣ", "ΑΣʰ", "ΑΣªΒ", "ΑΣ·Β", "ΑΣ’Β",
                 "ΑΣ„Β", "ΑΣ^Β", "ΑΣ`Β", "ΑΣ¨Β",
             "ΑΣ\u0897Β", "ΑΣ\u1adcΒ", "ΑΣ\U00010d4eΒ", "Α\U00010d50Σ", "\U00016ea0Σ", "Α\U0001e5eeΣ", "\u0295Σ", "ⅠΣ", "ⓐΣ", "ǅΣ", "İ",
                 "İSTANBUL", "ISTANBUL ı", "I\u0307", "ŉa ŉa",
             "straße STRASSE", "ǆ ǆa aǆ Ǆ ǅ", "ﬃ aﬃ ﬃa", "և եւ", "ᾳ ᾼ aᾼ", "ΐ", "hello  world\tfoo\nbar", "o'neil-smith mc donald", "123abc ABC",
                 "a\u00a0b a\u3000b", "éa Éa", "ა Ა",
             "\u0345a a\u0345"]
    for name in ("upper", "lower", "ucase", "lcase", "initcap", "upper(lower", "lower(upper"):
        yield name + "(s)" + ")" * name.count("("), S, column(TEXTS + words)


def lengths():
    for name in ("length", "len", "char_length", "character_length", "octet_length", "bit_length"):
        yield name + "(s)", S, column(TEXTS)
        yield name + "(s)", [["s", "binary"]], column(BYTES)
    for sql in ("length('abc')", "length(NULL)", "length(X'00ff')", "bit_length('é')", "octet_length(X'')", "len('😀')", "length()",
        "length('a', 'b')", "length(1.50)", "char_length(s, s)"):
        yield sql, S, [["a"]]


ONE = ["upper", "lower", "initcap", "trim", "ltrim", "rtrim", "btrim", "length", "octet_length", "bit_length", "reverse", "ascii", "char_length",
    "space", "chr"]


def one_argument():
    """Each function of one argument, by each type."""
    for name in ONE:
        for type_ in TYPES:
            if type_ != "string":
                values = [None, "", "MQ==", "IFhZw6kg"] if type_ == "binary" else FEW[type_]
                if name == "space":
                    values = [v for v in values if type_ not in ("int", "bigint", "smallint") or v is None or v <= 1]
                yield "%s(a)" % name, [["a", type_]], column(values)
        for type_, row in (("array<int>", [1]), ("struct<x:int>", {"x": 1}), ("map<string,int>", [["k", 1]])):
            if name not in ("reverse",):
                yield "%s(a)" % name, [["a", type_]], [[row]]
        for sql in ("%s(NULL)", "%s()", "%s('a', 'b', 'c', 'd', 'e')", "%s('Ab é')"):
            if sql != "%s('Ab é')" or name not in ("space", "chr"):
                yield sql % name, S, [["a"]]


def trims():
    texts = TEXTS + ["axbax", "éaé", "ab", "ba", "\r\n a\r\n", "日a日", "😀a😀", "e\u0301ae\u0301"]
    for name in ("trim", "ltrim", "rtrim", "btrim"):
        yield name + "(s)", S, column(texts)
        for chars in ("'x'", "'ab'", "' '", "''", "NULL", "'é'", "'😀'", "'日😀 '", "'\\u0000'", "'ax'", "s", "'\\u0301e'", "12"):
            yield "%s(%s)" % (name, ("s, " + chars) if name == "btrim" else (chars + ", s")), S, column(texts)
    for form in ("TRIM(s)", "TRIM(BOTH FROM s)", "TRIM(LEADING FROM s)", "TRIM(TRAILING FROM s)", "TRIM(BOTH 'ax' FROM s)",
        "TRIM(LEADING 'ax' FROM s)", "TRIM(TRAILING 'ax' FROM s)", "trim('ax' FROM s)",
                 "trim(both s from 'abc')", "TRIM(BOTH NULL FROM s)", "TRIM(LEADING 'a' || 'x' FROM s)", "TRIM(LEADING 1 FROM 121)",
                     "TRIM(BOTH s)", "TRIM(FROM s)", "TRIM('x', 'a', s)", "TRIM(MIDDLE 'x' FROM s)",
                 "TRIM(BOTH 'x', s)", "LTRIM(LEADING 'x' FROM s)", "TRIM(BOTH 'x' FROM s) || '!'", "BTRIM('x' FROM s)", "TRIM(both)",
                     "trim(leading)", "trim(both, s)"):
        yield form, S, column(["axa", "xay", " a ", None, ""])
    columns = [["s", "string"], ["c", "string"]]
    rows = [["abcba", "ab"], ["abcba", ""], ["", "a"], [None, "a"], ["a", None], ["ééaé", "é"], ["aaa", "a"], ["😀a😀", "a😀"]]
    for sql in ("trim(c, s)", "ltrim(c, s)", "rtrim(c, s)", "btrim(s, c)", "TRIM(LEADING c FROM s)"):
        yield sql, columns, rows
    for sql in ("trim(s)", "trim(X'20', s)", "ltrim(s)", "btrim(s)", "trim(s, X'20')", "btrim(s, X'20')", "btrim(s, ' ')", "TRIM(BOTH ' ' FROM s)"):
        yield sql, [["s", "binary"]], column(["ICBhICA=", "YQ==", None, ""])


def parts():
    texts = [None, "", "a", "hello world", "a😀b日", "éeé"]
    columns, rows = with_number(texts, NUMBERS)
    for name in ("substring", "substr"):
        yield name + "(s, n)", columns, rows
    for n in (-3, 0, 1, 3, 2**31 - 1, -(2**31)):
        yield "substring(s, n, %d)" % n, columns, rows
        if n > -(2**31):
            yield "substr(s, %d, n)" % n, columns, rows
    yield "substring(s, n, n)", columns, rows
    for name in ("left", "right"):
        yield name + "(s, n)", columns, rows
    for sql in ("SUBSTRING(s FROM n)", "SUBSTRING(s FROM 2 FOR 3)", "SUBSTR(s FROM -3 FOR n)", "substring(s from n for n)",
        "SUBSTRING(s FROM 2 FOR)", "SUBSTRING(s FOR 2)", "substring(s, 2 FOR 3)", "substring(s FROM 2, 3)",
                "substring(s)", "substring(s, 1, 2, 3)", "substring(s, '2')", "substring(s, 2.5)", "substring(s, 2L)", "substring(s, 'x')",
                    "substring(s, NULL)", "substring(NULL, 1)", "substring(s, 1, NULL)", "substring(12345, 2, 3)",
                "substring(1.50, 2)", "substring(true, 1, 2)", "substring(DATE '2024-02-29', 6)", "substring(s, true)", "left(s)", "left(s, '2')",
                    "left(12345, 2)", "right(12345, 2)", "left(s, NULL)", "right(s, NULL)", "left(NULL, 1)", "right(NULL, 1)",
                "right(s, 2L)", "left(s, 1.9)", "right(s, 1, 2)", "left(s, 3000000000)", "substring(s, 3000000000)", "left(s, 1Y)",
                    "right(s, 1S)", "substring(s, 1Y, 2S)", "right(NULL, 0)", "right(NULL, NULL)",
                "SUBSTRING(s FROM 2) || '!'"):
        yield sql, columns, [["hello", 2], [None, 1], ["é日", None]]
    columns, rows = with_number(BYTES, NUMBERS[:-1], "binary")  # the least int is more than Java has memory for
    for sql in ("substring(s, n)", "substr(s, 2, n)", "substring(s, n, n)", "substring(s, -2, n)", "left(s, n)"):
        yield sql, columns, rows
    yield "right(s, n)", columns, [[t, n] for t in (None, "", "YWJj", "w6k=") for n in NUMBERS]


def joins():
    columns = [["a", "string"], ["b", "string"], ["c", "string"], ["n", "int"], ["x", "binary"], ["d", "date"]]
    rows = [["a", "b", "c", 1, "YQ==", "2024-02-29"], [None, "b", "c", 2, "", None], ["a", None, None, None, None, "1970-01-01"],
        [None, None, None, 4, "w6k=", None], ["", "", "", 0, "", None], ["é", "😀", "日", -1, "YWJj", "0001-01-01"],
            [", ", None, "x", 7, "Cg==", None]]
    for sql in ("concat()", "concat(a)", "concat(a, b)", "concat(a, b, c)", "concat(a, n)", "concat(n, n)", "concat(a, NULL)", "concat(x, x)",
        "concat(a, x)", "concat(x)", "concat(n)", "concat(d, '!', n)", "concat(a, true)", "concat(1.50, 2e0)",
                "a || b || c", "a || n", "x || x", "x || a", "NULL || NULL", "concat(NULL)", "concat(NULL, NULL)", "concat(NULL, x)",
                    "concat(x, NULL)", "'a' || 'b' || a",
                "concat_ws(a)", "concat_ws(',')", "concat_ws(',', a)", "concat_ws(',', a, b, c)", "concat_ws(a, b, c)", "concat_ws('', a, b, c)",
                    "concat_ws(NULL, a, b)", "concat_ws(', ', a, NULL, c)", "concat_ws('-', NULL)",
                "concat_ws('-', NULL, NULL)", "concat_ws('日', b, a, b)", "concat_ws(n, a, b)", "concat_ws('-', n, a)", "concat_ws('-', d, a)",
                    "concat_ws('-', x, a)", "concat_ws()", "concat_ws(NULL)", "concat_ws('-', 'x', 'y')",
                "concat_ws(',', a, 'x', b)", "concat_ws(',', concat(a, b), c)", "concat_ws(x, a, b)", "concat_ws('-', 1)", "concat_ws(1, 2, 3)",
                    "concat_ws('-', true, 1.5)"):
        yield sql, columns, rows
    for name in ("concat", "concat_ws"):
        yield name + "(s, s)", [["s", "struct<x:int>"]], [[{"x": 1}]]
        yield name + "(s, s)", [["s", "map<string,int>"]], [[[["k", 1]]]]


def replacing():
    texts = TEXTS + ["abcabc", "abab", "éaéa", "a.c", "\\a\\"]
    for sql in ("replace(s, 'a', 'X')", "replace(s, 'a')", "replace(s, 'a', '')", "replace(s, '', 'X')", "replace(s, 'aa', 'a')",
        "replace(s, 'ab', 'aba')", "replace(s, 'é', 'ee')", "replace(s, '😀', ':)')", "replace(s, s, 'all')",
                "replace(s, 'a', s)", "replace(s, NULL, 'x')", "replace(s, 'a', NULL)", "replace(s, NULL)", "replace(s, '.', '\\\\')",
                    "replace(s, 'A', 'x')", "replace(12321, 2, 9)", "replace(s)", "replace(s, 'a', 'b', 'c')", "replace('', '', 'x')",
                "replace('abc', 'abc', '')", "replace(s, '日本', '')", "replace(s, '\\u0000', '0')",
                "translate(s, 'abc', 'xyz')", "translate(s, 'abc', 'x')", "translate(s, 'abc', '')", "translate(s, '', 'xyz')",
                    "translate(s, 'aab', 'xyz')", "translate(s, 'a', 'xyz')", "translate(s, 'é日', 'e😀')", "translate(s, '😀', 'é')",
                "translate(s, 'ab', 'x\\u0000')", "translate(s, '\\u0000', 'x')", "translate(s, 'ab', 'ba')", "translate(s, NULL, 'a')",
                    "translate(s, 'a', NULL)", "translate(NULL, 'a', 'b')", "translate(s, 'e\\u0301', 'E')", "translate(12321, 2, 9)",
                "translate(s, s, 'xyz')", "translate(s, 'abcdefgh', s)", "translate(s, 'a')", "translate(s, ' ', '_')", "translate(s, 'A', 'x')",
                "reverse(s)", "reverse(reverse(s))", "reverse(12345)", "reverse(-1.5)", "reverse(s, s)"):
        yield sql, S, column(texts)
    columns = [["s", "string"], ["f", "string"], ["t", "string"]]
    rows = [["abcabc", "b", "XY"], ["abcabc", "bc", ""], ["aaa", "a", "aa"], ["", "a", "b"], ["abc", "", "x"], [None, "a", "b"], ["a", None, "b"],
        ["a", "a", None], ["日本日", "日", "é"], ["abc", "abc", "cba"], ["abc", "cba", "ab"]]
    for sql in ("replace(s, f, t)", "replace(s, f)", "translate(s, f, t)"):
        yield sql, columns, rows
    for sql in ("replace(s, X'61', X'62')", "replace(s, 'a', 'b')", "translate(s, 'a', 'b')", "reverse(s)"):
        yield sql, [["s", "binary"]], column(["YWJj", None, ""])


def repeating():
    small = [None, 0, 1, 2, 3, -1, -(2**31)]
    columns, rows = with_number([None, "", "a", "ab", "é😀"], small)
    for sql in ("repeat(s, n)", "repeat('xy', n)", "repeat(s, 2)", "repeat(s, 0)", "repeat(n, 2)", "repeat(s, NULL)", "repeat(NULL, n)",
        "repeat(s, '2')", "repeat(s, 2.7)", "repeat(s, 2L)", "repeat(s, 3000000000)", "repeat(s, 'x')", "repeat(s)", "repeat('', 2147483647)",
        "repeat(s, true)"):
        yield sql, columns, rows
    yield "repeat(s, 2)", [["s", "binary"]], column(["YWJj", None, ""])
    for sql in ("space(n)", "'[' || space(n) || ']'", "space('2')", "space(2.7)", "space(2L)", "space(NULL)", "space('x')"):
        yield sql, columns, rows
    texts = [None, "", "a", "hello", "é日", "😀b"]
    columns, rows = with_number(texts, [None, 0, 1, 2, 3, 5, 6, 8, -1, -(2**31)])
    for name in ("lpad", "rpad"):
        for pad in ("", ", ' '", ", 'xy'", ", ''", ", '日😀'", ", NULL", ", s", ", 0"):
            yield "%s(s, n%s)" % (name, pad), columns, rows
        for sql in ("%s('hi', 5, '?')", "%s(s, NULL, 'x')", "%s(NULL, 3, 'x')", "%s(12, 5, 0)", "%s(12, 5)", "%s(s, '4', 'x')", "%s(s, 4L)",
            "%s(s, 4.9)", "%s(s)", "%s(s, 1, 'a', 'b')", "%s('a', 2147483647, '')", "%s(s, 3000000000)", "%s(s, 4, X'00')",
                    "%s(X'61', 4, 'x')", "%s(X'61', 4)", "%s(X'61', 4, X'62')", "%s(NULL, 4)", "%s(X'61', NULL)", "%s(s, true)", "%s(1.5, 6, 'x')"):
            yield sql % name, columns, [["abc", 2], [None, None]]
        columns_, rows_ = with_number(BYTES, [None, 0, 1, 2, 3, 5, 8], "binary")  # a negative length is a NegativeArraySizeException
        for sql in ("%s(s, n)", "%s(s, n, X'0102')", "%s(s, n, X'')", "%s(s, n, s)", "%s(s, n, NULL)"):
            yield sql % name, columns_, rows_
        yield "%s(s, n, 'é')" % name, columns_, [[t, n] for t in (None, "YWJj", "w6k=") for n in (None, 0, 2, 5)]


def searching():
    needles = ["''", "'a'", "'b'", "'ab'", "'é'", "'😀'", "'日本'", "' '", "'A'", "NULL", "'\\u0301'", "'\\u0000'", "s", "'abc'", "','"]
    for needle in needles:
        for sql in ("instr(s, %s)", "locate(%s, s)", "position(%s, s)", "startswith(s, %s)", "endswith(s, %s)", "contains(s, %s)"):
            yield sql % needle, S, column(TEXTS)
    columns = [["s", "string"], ["p", "string"], ["n", "int"]]
    rows = [["abcabc", "b", 1], ["abcabc", "b", 3], ["abcabc", "b", 6], ["abcabc", "b", 7], ["abcabc", "b", 0], ["abcabc", "b", -1], ["abcabc",
        "", 1], ["abcabc", "", 4], ["abcabc", "", 7], ["abcabc", "", 100], ["", "", 1], ["", "a", 1], ["é日é日", "日", 1],
            ["é日é日", "日", 3], ["a😀b😀", "😀", 3], ["a😀b😀", "b", 3], ["abc", None, 1], [None, "a", 1], ["abc", "a", None], [None, None, None],
                ["abc", "b", 2**31 - 1], ["abc", "b", -(2**31)], ["abc", "abcd", 1], ["aaa", "aa", 2], ["abc", "abc", 1], ["abc", "c", 3]]
    for sql in ("locate(p, s, n)", "position(p, s, n)", "charindex(p, s)", "charindex(p, s, n)", "POSITION(p IN s)", "position('b' in s)",
        "POSITION(p || '' IN s)", "instr(s, p)", "locate(p, s)", "locate('b', s, n)", "locate(p, 'abcabc', n)", "locate(p, s, 2)",
                "locate(p, s, NULL)", "locate(NULL, s, NULL)", "locate(CAST(1 DIV (n - n) AS STRING), s, NULL)", "locate(CAST(1 DIV (n - n) AS STRING), s, n)",
                "locate(NULL, CAST(1 DIV (n - n) AS STRING), 1)", "locate(p, CAST(1 DIV (n - n) AS STRING), -1)",
                "locate(CAST(CAST('x' AS INT) AS STRING), s, 1 DIV (n - n))", "locate(p, s, n + 1 - 1)", "locate(p, s, '2')", "locate(p, s, 2L)", "locate(p, s, 1.5)", "locate(p)",
                    "locate(p, s, 1, 2)", "instr(s)", "instr(s, p, 1)", "instr(12345, 34)", "locate(34, 12345)", "POSITION(p IN s, 2)",
                "POSITION(p IN (s))", "POSITION((p) IN s)", "POSITION(1 IN 21)", "POSITION(p)", "position(p = 'b' IN s)", "POSITION(p IN s) + 1",
                    "startswith(s, p)", "endswith(s, p)", "contains(s, p)", "startswith(p, s)", "contains('abcabcabc', p)", "startswith(s)",
                "endswith(s, p, s)", "contains(12345, 34)", "startswith(12345, 12)", "startswith(s, 1)", "startsWith(s, p)", "NOT contains(s, p)",
                    "startswith(s, p) AND endswith(s, p)", "contains(s, p) = true", "instr(s, p) > 0",
                "split_part(s, p, n)", "split_part(s, p, 1)"):
        yield sql, columns, rows
    columns = [["x", "binary"], ["y", "binary"], ["s", "string"]]
    rows = [["YWJj", "YQ==", "a"], ["YWJj", "", ""], ["/wCA", "/w==", "b"], ["/wCA", "gA==", "c"], [None, "AA==", None], ["AA==", None, "a"],
        ["w6k=", "qQ==", "é"]]
    for name in ("startswith", "endswith", "contains"):
        for args in ("x, y", "x, X'00'", "s, s", "NULL, y", "x, NULL", "NULL, NULL"):
            yield "%s(%s)" % (name, args), columns, rows
        for args in ("x, s", "s, x", "x, 'a'"):
            yield "%s(%s)" % (name, args), columns, [["YWJj", "YQ==", "a"], ["w6k=", "w6k=", "é"], [None, None, None]]
    for sql in ("instr(x, y)", "locate(y, x)", "split_part(x, y, 1)", "instr(s, x)"):
        yield sql, columns, [["YWJj", "YQ==", "a"], ["w6k=", "w6k=", "é"], [None, None, None]]
    columns, rows = with_number([None, "", "a", "a,b,,c", ",a,", "日,本", "a.b.c", "aXXbXXc", "aXXX"], NUMBERS)
    for sql in ("split_part(s, ',', n)", "split_part(s, '', n)", "split_part(s, '.', n)", "split_part(s, 'XX', n)", "split_part(s, s, n)"):
        yield sql, columns, rows
    rows = [["a,b,c", 1], [None, 0], ["", 0], ["a", None]]
    for sql in ("split_part(s, NULL, n)", "split_part(s, ',', -1)", "split_part(s, ',', 0)", "split_part(s, ',', NULL)", "split_part(s, ',', '2')",
                 "split_part(s, ',', 2L)", "split_part(12321, 2, 2)", "split_part(s, ',')", "split_part(NULL, ',', 0)", "split_part(s, NULL, 0)",
                     "split_part(NULL, NULL, NULL)"):
        yield sql, columns, rows


def characters():
    for sql in ("ascii(s)", "chr(ascii(s))"):
        yield sql, S, column(TEXTS)
    numbers = [None, 0, 1, 9, 10, 32, 65, 97, 127, 128, 160, 233, 255, 256, 257, 321, 512, 65536, -1, -65, -256, 2**31, 2**63 - 1, -(2**63)]
    for sql in ("chr(n)", "char(n)", "ascii(chr(n))", "chr(n + 1)", "length(chr(n))", "hex(n)"):
        if "hex" not in sql:
            yield sql, [["n", "bigint"]], column([n for n in numbers if sql != "chr(n + 1)" or n != 2**63 - 1])
    for sql in ("chr(65)", "char(65)", "chr('65')", "chr(65.9)", "chr(NULL)", "chr(X'41')", "chr('x')", "char()", "chr(1, 2)", "chr(65Y)",
        "chr(true)", "chr(9223372036854775807)", "ascii(234)", "ascii('')", "ascii(true)"):
        yield sql, S, [["a"]]


def ilikes():
    values = [None, "", "a", "ABC", "abc", "aBc", "A%c", "a_c", "a\\c", "É", "é", "E\u0301", "ß", "SS", "İ", "i̇", "ΑΣ", "ας", "ασ", "ΑΣΑ", "ǅ",
        "K", "ﬁ", "FI", "日本", "😀"]
    for pattern in ("a%", "A%", "%C", "aBc", "A_C", "é", "É", "ß", "ẞ", "ss", "SS", "İ", "i\\u0307", "ας", "ΑΣ", "%σ%", "Σ", "k", "ǆ", "ﬁ", "",
        "%", "A\\\\%C", "A\\\\\\\\C", "\\\\A", "a\\\\"):
        yield "s ILIKE '%s'" % pattern, S, column(values)
    for sql in ("s NOT ILIKE 'A%'", "ilike(s, 'A%')", "ilike(s, 'A!%C', '!')", "s ILIKE 'A!%C' ESCAPE '!'", "s ILIKE 'AX%C' ESCAPE 'X'",
        "s ILIKE 'Ax%C' ESCAPE 'x'", "s ILIKE 'A' ESCAPE 'ab'", "s ILIKE NULL", "NULL ILIKE s", "s ILIKE s", "s ILIKE upper(s)",
                "NOT s ILIKE 'a%'", "s ilike 'a' || '%'", "s ILIKE 1", "s ILIKE", "ilike(s)", "ilike(s, 'a', 'b', 'c')", "ilike(s, 'a%', s)",
                    "ilike(s, 'a%', '')", "like(s, 'a%')", "like(s, 'a!%c', '!')", "like(s)", "s ILIKE ('a%')", "ilike(12, '1%')",
                "s LIKE 'a%' OR s ILIKE 'b%'", "s ILIKE 'a%' = true", "s ILIKE 'a%' IS NULL", "s ILIKE 'É%'", "lower(s) LIKE lower('A%')"):
        yield sql, S, column(values)
    yield "s ILIKE p", [["s", "string"], ["p", "string"]], [["ABC", "a%"], ["abc", "A%"], ["ΑΣ", "ας"], ["a", "A\\"], ["a", "\\A"], [None, "A"],
        ["a", None], ["É", "é"], ["A%C", "a\\%c"]]
    for type_ in ("int", "date", "boolean", "binary", "decimal(5,2)"):
        yield "a ILIKE '%1%'", [["a", type_]], column(FEW[type_] if type_ != "binary" else ["MQ==", None])
    yield "a ILIKE 'T%'", [["a", "boolean"]], column(SAMPLES["boolean"])


def all_cases():
    for family in (cases_of_letters, lengths, one_argument, trims, parts, joins, replacing, repeating, searching, characters, ilikes):
        for sql, columns, rows in family():
            yield sql, columns, rows
