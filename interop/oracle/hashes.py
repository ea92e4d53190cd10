"""Hashes, and the ways of writing bytes: hexadecimal, base 64, character sets."""

import base64
import itertools
import random

from cases import FEW, SAMPLES, TEXTS, TYPES, column, decimal

UNARY = ["md5", "sha1", "sha", "crc32", "hash", "xxhash64", "hex", "unhex", "base64", "unbase64"]
LONG = [("0123456789abcdefghijklmnopqrstuvwxyzABCDEF" * 3)[:n] for n in list(range(1, 42)) + [63, 64, 65, 100]]
BYTES = [base64.b64encode(bytes((37 * i + n) % 256 for i in range(n))).decode() for n in list(range(0, 20)) + [31, 32, 33, 63, 64, 65, 96, 129]]


def hashes():
    for name in ("hash", "xxhash64"):
        for type_ in TYPES:
            yield "%s(a)" % name, [["a", type_]], column(SAMPLES[type_])
        yield "%s(a)" % name, [["a", "string"]], column(TEXTS + LONG)
        yield "%s(a)" % name, [["a", "binary"]], column(BYTES)
        for p, s in ((1, 0), (9, 2), (18, 0), (18, 18), (19, 0), (19, 5), (38, 0), (38, 38)):
            values = [0, 1, -1, 10**p - 1, 1 - 10**p, 10**p // 3, 127, 128, -128, -129, 255, 256, -(2**31), 2**63 - 1, 2**63, -(2**63), 2**64,
                      -(2**64) - 1]
            yield "%s(a)" % name, [["a", "decimal(%d,%d)" % (p, s)]], column([decimal(v, s) for v in values if abs(v) < 10**p])
        rows = [[x, y, z] for x, y, z in zip([None, 1, 1, None, 2], ["a", None, "a", None, ""], ["1.5", "-0.0", None, None, "NaN"])]
        columns = [["a", "int"], ["s", "string"], ["x", "double"]]
        for sql in ("%s(a, s)", "%s(s, a)", "%s(a, s, x)", "%s(x, x, x, x)", "%s()", "%s(NULL)", "%s(NULL, a)", "%s(1, 2L, 3.5, 'x', true)", "%s(0.0D)",
                    "%s(-0.0D)", "%s(-0.0F)", "%s(1Y) = %s(1)", "%s(1) = %s(1L)", "%s(1.0BD) = %s(1.00BD)", "%s(DATE '1970-01-02') = %s(1)",
                    "%s(TIMESTAMP_NTZ '1970-01-01 00:00:01', x)", "%s(X'')", "%s(X'00', a)", "%s('') = %s(X'')", "%s(true) = %s(1)", "%s(a, 1 / a)",
                    "%s(CAST('x' AS INT))", "pmod(%s(s), 10)"):
            yield sql.replace("%s", name), columns, rows


def digests():
    for name in ("md5", "sha1", "sha", "crc32"):
        yield "%s(a)" % name, [["a", "string"]], column(TEXTS + LONG[::5])
        yield "%s(a)" % name, [["a", "binary"]], column([None] + BYTES)
        for type_ in ("int", "double", "date", "boolean", "decimal(5,2)", "timestamp"):
            yield "%s(a)" % name, [["a", type_]], column(FEW[type_])
        for sql in ("%s(NULL)", "%s()", "%s('a', 'b')", "%s('a')", "%s(X'61')", "upper(%s('a'))"):
            if name != "crc32" or "upper" not in sql:
                yield sql % name, [["n", "int"]], [[1]]
    for bits in (0, 224, 256, 384, 512, 1, -1, 128):
        yield "sha2(a, %d)" % bits, [["a", "string"]], column(TEXTS[:5] + LONG[::12])
        yield "sha2(a, %d)" % bits, [["a", "binary"]], column([None] + BYTES[::6])
    yield "sha2(a, b)", [["a", "string"], ["b", "int"]], [list(p) for p in itertools.product([None, "", "é"], [None, 0, 224, 256, 384, 512, 100])]
    for sql in ("sha2(a)", "sha2(a, '256')", "sha2(a, 256L)", "sha2(a, NULL)", "sha2(NULL, 256)", "sha2(a, 'x')", "sha2(a, 256Y)", "sha2(n, 256)",
                "sha2(a, 256, 1)", "sha2(a, true)", "sha2(a, 224.0)"):
        yield sql, [["a", "string"], ["n", "int"]], [["abc", 1], [None, None]]


def hexadecimal():
    for type_ in TYPES:
        yield "hex(a)", [["a", type_]], column(SAMPLES[type_])
    yield "hex(a)", [["a", "string"]], column(TEXTS)
    yield "hex(a)", [["a", "binary"]], column(BYTES)
    texts = [None, "", "0", "1", "a", "F", "g", "00", "0F", "f0", "fg", "g0", "abc", "ABC", "gbc", "abg", "xyz", "é", "0é", "é0", " 41", "41 ", "0x41",
             "00ff00FF", "123456789", "0\u0000", "-1", "１１", "616263646566", "abcdefABCDEF0123456789", "\n", "6 1"]
    yield "unhex(a)", [["a", "string"]], column(texts)
    yield "hex(unhex(a))", [["a", "string"]], column(texts)
    for type_ in TYPES:
        if type_ != "string":
            yield "unhex(a)", [["a", type_]], column(FEW[type_])
    for sql in ("hex(NULL)", "hex()", "hex(1, 2)", "hex('a')", "hex(17)", "hex(-1)", "hex(-1Y)", "hex(X'0A')", "unhex(NULL)", "unhex()", "unhex('41')",
                "unhex('zz')", "hex(true)", "hex(9223372036854775807)", "hex(1.9)", "unhex(41)", "hex('')", "unhex('4')", "unhex('41', 1)"):
        yield sql, [["n", "int"]], [[1]]


def base_64():
    yield "base64(a)", [["a", "binary"]], column([None] + BYTES)
    yield "base64(a)", [["a", "string"]], column(TEXTS + LONG[::9])
    good = [base64.b64encode(bytes(range(n))).decode() for n in range(0, 12)] + [base64.b64encode(bytes(range(100, 200))).decode()]
    texts = good + [None, "A", "AA", "AAA", "AA=", "AA==", "AAA=", "AAAA=", "A=", "A==", "A===", "=", "==", "====", "AB==", "AQ==AQ==", "AQ==\n", " AQ == ",
                    "A\nQ\r\n=\n=", "AQ=", "AQ", "AQI", "AQI=", "AQJ=", "AB", "ABC", "-_-_", "+/+/", "A-Q==", "é", "AéQ==", "!!!!", "AQ=!=", "AQ=A",
                    "AQ==A", "AQI=AQI=", "AAAAA", "AAAAAA", "AAAA AAAA", "\u0000AAAA", "AAAA====", "AQID=", "AQ= =", "AQ\n", "A Q I D", "w6k", "/w==", "Zh==",
                    "=AAA", "AAAA\nA", "AQ==!", "AQ==\nBB"]
    yield "unbase64(a)", [["a", "string"]], column(texts)
    for type_ in TYPES:
        if type_ != "string":
            yield "unbase64(a)", [["a", type_]], column(FEW[type_])
        if type_ not in ("string", "binary"):
            yield "base64(a)", [["a", type_]], column(FEW[type_])
    for sql in ("base64(NULL)", "base64()", "base64('a', 'b')", "base64('Spark SQL')", "unbase64(NULL)", "unbase64()", "unbase64('U3BhcmsgU1FM')",
                "unbase64('x')", "CAST(unbase64('w6k=') AS STRING)", "base64(unbase64('AQ=='))", "unbase64('AQ==', true)", "base64(1)",
                "base64(sha1('a'))"):
        yield sql, [["n", "int"]], [[1]]


def character_sets():
    texts = TEXTS + ["naïve", "e\u0301", "\ufeffx", "Ā"]
    for name in ("UTF-8", "utf-8", "utf8", "US-ASCII", "ISO-8859-1", "UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "latin1", "nope", ""):
        yield "encode(a, '%s')" % name, [["a", "string"]], column(texts if name not in ("utf8", "latin1", "nope", "") else texts[:4])
        blobs = [None, "", "YQ==", "w6k=", "YWJj", "8J+YgA==", "/w==", "wyg=", "7aCA", "/v8AYQ==", "//5hAA==", "AGE=", "YQA=", "2D3eAA==", "2AA=", "AAAAYQ==", "/v8=", "AAD+/wAAAGE=", "//4AAGEAAAA=", "AADYAA==", "ABEAAA==",
                 "/v8AYf7/"]
        yield "decode(a, '%s')" % name, [["a", "binary"]], column(blobs if name not in ("utf8", "latin1", "nope", "") else blobs[:4])
    for sql in ("encode(s, s)", "encode(s, NULL)", "encode(NULL, 'utf-8')", "encode(s)", "encode(n, 'utf-8')", "decode(s, 'utf-8')", "decode(b, NULL)",
                "decode(NULL, 'utf-8')", "decode(b)", "decode(b, s)", "decode(n, 1, 'one', 2, 'two', 'other')", "decode(n, 1, 'one')", "decode(n, 'utf-8')",
                "encode(b, 'utf-8')", "decode(encode(s, 'UTF-8'), 'UTF-8')", "decode(n, NULL, 'none', 1, 'one')", "decode(n, 1, n, 2)",
                "decode(s, 'x', 1, 'utf-8', 2)", "encode('a', 1)", "decode(n, 1, 'one', 2, 2)", "decode(n, 'x', 'one', 'no')"):
        yield sql, [["n", "int"], ["s", "string"], ["b", "binary"]], [[1, "utf-8", "YQ=="], [2, "x", "w6k="], [None, None, None]]


class Trees:
    COLUMNS = [["a", "int"], ["x", "double"], ["s", "string"], ["b", "binary"], ["d", "decimal(20,2)"], ["dt", "date"], ["p", "boolean"]]
    VALUES = {"int": [0, 1, -1, 2**31 - 1], "double": ["0.0", "-0.0", "2.5", "NaN"], "string": ["", "a", "61", "AQ==", "é", "zz", "x y"],
              "binary": ["", "AQ==", "/w=="], "decimal(20,2)": ["0.00", "-1.50", "123456789012345678.90"], "date": ["1970-01-01", "2024-02-29"],
              "boolean": [True, False]}

    def __init__(self, seed):
        self.random = random.Random(seed)

    def tree(self, depth):
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.2:
            return pick(["a", "x", "s", "b", "d", "dt", "p", "1", "'a'", "2.5", "NULL"])
        return pick([lambda: "%s(%s)" % (pick(UNARY), self.tree(depth - 1)), lambda: "%s(%s)" % (pick(UNARY), self.tree(depth - 1)),
                     lambda: "sha2(%s, %s)" % (self.tree(depth - 1), pick(["0", "224", "512", "a"])),
                     lambda: "%s(%s)" % (pick(["hash", "xxhash64"]), ", ".join(self.tree(depth - 1) for _ in range(self.random.randint(1, 3)))),
                     lambda: "coalesce(%s, %s)" % (self.tree(depth - 1), self.tree(depth - 1))])()

    def rows(self):
        return [[None if self.random.random() < 0.2 else self.random.choice(self.VALUES[t]) for _, t in self.COLUMNS] for _ in range(6)]


def all_cases():
    for family in (hashes, digests, hexadecimal, base_64, character_sets):
        yield from family()
    trees = Trees(20261125)
    tables = [trees.rows() for _ in range(5)]
    for n in range(120):
        yield trees.tree(4), Trees.COLUMNS, tables[n % len(tables)]
