"""Random trees over the functions of strings, from a fixed seed: the same cases every time."""

import random

SEED, COUNT, DEPTH, ROWS = 20261126, 160, 4, 8

COLUMNS = [["s", "string"], ["u", "string"], ["x", "binary"], ["n", "int"], ["k", "bigint"], ["d", "decimal(10,2)"], ["dt", "date"], ["p", "boolean"]]
VALUES = {
    "string": ["", "a", "abc", "Hello World", " padded ", "a,b,c", "aXbXc", "ÀÉ", "straße", "日本語", "a😀b", "ΑΣ", "100%", "a_b", "x\ny", "7"],
    "binary": ["", "YWJj", "w6k=", "ICA=", "8J+YgA=="],
    "int": [0, 1, 2, 3, 7, -1, -2, -5, 2**31 - 1],
    "bigint": [0, 65, 233, 300, -1, 2**31],
    "decimal(10,2)": ["0.00", "1.50", "-0.01", "12345678.90"],
    "date": ["1970-01-01", "2024-02-29", "0001-01-01"],
    "boolean": [True, False],
}
TEXTS = ["''", "'a'", "'abc'", "','", "'X'", "'é'", "'😀'", "' '", "'lo W'", "'Σ'", "NULL", "'%'"]
NUMBERS = ["0", "1", "2", "3", "-1", "-3", "5", "NULL", "'2'"]


class Sentences:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self, depth):
        pick, r = self.random.choice, self.random.random()
        if depth == 0 or r < 0.12:
            return pick(TEXTS) if self.random.random() < 0.3 else pick(["s", "u", "s", "u", "n", "d", "dt", "p"])
        t, n = lambda: self.text(depth - 1), lambda: self.number(depth - 1)
        form = pick(["upper(T)", "lower(T)", "initcap(T)", "trim(T)", "ltrim(T, T)", "rtrim(T)", "btrim(T, T)", "substring(T, N)",
            "substring(T, N, N)", "left(T, N)", "right(T, N)", "concat(T, T)", "T || T",
                     "concat_ws(T, T, T)", "replace(T, T, T)", "translate(T, T, T)", "reverse(T)", "repeat(T, SMALL)", "lpad(T, SMALL, T)",
                         "rpad(T, SMALL)", "chr(N)", "CASE WHEN B THEN T ELSE T END", "coalesce(T, T)",
                     "if(B, T, T)", "split_part(T, T, SMALL)", "TRIM(LEADING T FROM T)", "SUBSTRING(T FROM N FOR N)"])
        return self.fill(form, t, n, depth)

    def number(self, depth):
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.3:
            return pick(NUMBERS + ["n", "n"])
        form = pick(["length(T)", "octet_length(T)", "instr(T, T)", "locate(T, T, N)", "ascii(T)", "POSITION(T IN T)", "bit_length(T)"])
        return self.fill(form, lambda: self.text(depth - 1), lambda: self.number(depth - 1), depth)

    def boolean(self, depth):
        form = self.random.choice(["startswith(T, T)", "endswith(T, T)", "contains(T, T)", "(T) LIKE '%a%'", "(T) ILIKE 'a%'", "(T) = (T)",
            "(T) < (T)", "(N) > (N)", "(T) IS NULL", "B AND B", "NOT (B)", "p"])
        return self.fill(form, lambda: self.text(depth - 1), lambda: self.number(depth - 1), depth) if depth > 0 else "p"

    def fill(self, form, text, number, depth):
        out, i = "", 0
        while i < len(form):
            if form.startswith("SMALL", i):
                out, i = out + self.random.choice(["0", "1", "2", "3", "5", "8", "-1", "length(s)"]), i + 5
            elif form[i] in "TNB" and not (form[i - 1:i].isalpha() or form[i + 1:i + 2].isalpha()):
                out += {"T": text, "N": number, "B": lambda: self.boolean(depth - 1)}[form[i]]()
                i += 1
            else:
                out, i = out + form[i], i + 1
        return out

    def value(self, type_):
        return None if self.random.random() < 0.15 else self.random.choice(VALUES[type_])

    def rows(self):
        return [[self.value(t) for _, t in COLUMNS] for _ in range(ROWS)]


def all_cases():
    trees = Sentences(SEED)
    tables = [trees.rows() for _ in range(8)]
    for i in range(COUNT):
        make = [trees.text, trees.text, trees.number, trees.boolean][i % 4]
        yield make(DEPTH), COLUMNS, tables[i % len(tables)]
