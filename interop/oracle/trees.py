"""Random expression trees over one fixed set of columns, from a fixed seed: the same cases every time."""

import random

SEED, COUNT, DEPTH, ROWS = 20261124, 150, 4, 8

COLUMNS = [["a", "int"], ["b", "bigint"], ["n", "tinyint"], ["x", "double"], ["f", "float"], ["d", "decimal(10,2)"], ["w", "decimal(38,10)"],
           ["s", "string"], ["u", "string"], ["p", "boolean"], ["q", "boolean"], ["dt", "date"], ["ts", "timestamp"], ["nz", "timestamp_ntz"], ["st",
               "struct<i:int,t:string>"]]
VALUES = {
    "int": [0, 1, -1, 2, 7, 100, 2**31 - 1, -(2**31)],
    "bigint": [0, 1, -3, 10, 2**53 + 1, 2**63 - 1, -(2**63)],
    "tinyint": [0, 1, -1, 100, 127, -128],
    "double": ["0.0", "-0.0", "1.0", "2.5", "-1.5", "1.0E20", "NaN", "Infinity", "-Infinity"],
    "float": ["0.0", "-0.0", "0.1", "2.5", "NaN", "3.4028235E38"],
    "decimal(10,2)": ["0.00", "1.00", "2.50", "-0.01", "99999999.99"],
    "decimal(38,10)": ["0.0000000000", "1.0000000000", "-2.5000000000", "9999999999999999999999999999.9999999999"],
    "string": ["", "a", "abc", "7", " 7 ", "2.5", "é", "true", "2024-02-29", "a%c"],
    "boolean": [True, False],
    "date": ["1970-01-01", "2024-02-29", "1969-12-31", "9999-12-31"],
    "timestamp": [0, 1709164800000000, 1709168523456789, -1],
    "timestamp_ntz": [0, 1709164800000000, 1709168523456789, -1],
}
LITERALS = {
    "number": ["0", "1", "2", "-1", "7", "100", "2.5", "0.1", "1e2", "3L", "1Y", "2147483647", "NULL"],
    "string": ["''", "'a'", "'7'", "'2.5'", "'abc'", "'é'", "'2024-02-29'", "NULL"],
    "time": ["DATE '2024-02-29'", "TIMESTAMP '2024-02-29 01:02:03'", "TIMESTAMP_NTZ '1970-01-01 00:00:00'", "'2024-02-29'", "NULL"],
}
NAMES = {"number": ["a", "b", "n", "x", "f", "d", "w", "st.i"], "string": ["s", "u", "st.t"], "time": ["dt", "ts", "nz"], "boolean": ["p", "q"]}


class Trees:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def leaf(self, kind):
        if kind in LITERALS and self.random.random() < 0.35:
            return self.random.choice(LITERALS[kind])
        return self.random.choice(NAMES[kind])

    def tree(self, kind, depth):
        pick = self.random.choice
        if depth == 0 or self.random.random() < 0.1:
            return self.leaf(kind)
        if kind == "number":
            return pick([self.arithmetic, self.arithmetic, self.negative, self.cast_number])(depth - 1)
        if kind == "string":
            return pick([self.leaf, lambda k: "CAST(%s AS STRING)" % self.tree(pick(["number", "boolean", "time"]), depth - 1)])(kind)
        if kind == "time":
            return pick([self.leaf, lambda k: "CAST(%s AS %s)" % (self.tree("time", depth - 1), pick(["DATE", "TIMESTAMP", "TIMESTAMP_NTZ"]))])(kind)
        return pick([self.compare, self.compare, self.connect, self.connect, self.negate, self.test, self.within, self.between, self.like])(depth - 1)

    def arithmetic(self, depth):
        return "(%s %s %s)" % (self.tree("number", depth), self.random.choice(["+", "-", "*", "/", "%", "+", "-", "DIV"]), self.tree("number", depth))

    def negative(self, depth):
        return "-(%s)" % self.tree("number", depth)

    def cast_number(self, depth):
        kind = self.random.choice(["number", "number", "string"])
        return "CAST(%s AS %s)" % (self.tree(kind, depth), self.random.choice(["INT", "BIGINT", "DOUBLE", "DECIMAL(20,4)", "FLOAT", "SMALLINT"]))

    def compare(self, depth):
        kind = self.random.choice(["number", "number", "string", "time", "boolean"])
        return "%s %s %s" % (self.group(kind, depth), self.random.choice(["=", "<", "<=", ">", ">=", "<>", "<=>"]), self.group(kind, depth))

    def group(self, kind, depth):
        text = self.tree(kind, depth)
        return "(%s)" % text if kind == "boolean" else text

    def connect(self, depth):
        left, right = self.tree("boolean", depth), self.tree("boolean", depth)
        form = self.random.choice(["%s AND %s", "%s OR %s", "(%s) AND (%s)", "(%s) OR (%s)"])
        return form % (left, right)

    def negate(self, depth):
        return self.random.choice(["NOT (%s)", "NOT %s"]) % self.tree("boolean", depth)

    def test(self, depth):
        kind = self.random.choice(["number", "string", "boolean", "time"])
        suffix = ["NULL", "NOT NULL"] + (["TRUE", "FALSE", "NOT TRUE"] if kind == "boolean" else [])
        return "(%s) IS %s" % (self.tree(kind, depth), self.random.choice(suffix))

    def within(self, depth):
        kind = self.random.choice(["number", "string", "time"])
        items = [self.leaf(kind) for _ in range(self.random.randint(1, 4))]
        return "%s %sIN (%s)" % (self.tree(kind, depth), self.random.choice(["", "NOT "]), ", ".join(items))

    def between(self, depth):
        kind = self.random.choice(["number", "string", "time"])
        return "%s %sBETWEEN %s AND %s" % (self.tree(kind, depth), self.random.choice(["", "NOT "]), self.leaf(kind), self.leaf(kind))

    def like(self, depth):
        return "%s %sLIKE '%s'" % (self.tree("string", depth), self.random.choice(["", "NOT "]), self.random.choice(["a%", "%", "_", "%7%", "a\\\\%c",
            "é", "%0", "____-%"]))

    def value(self, type_):
        if type_.startswith("struct"):
            return {"i": self.value("int"), "t": self.value("string")}
        return None if self.random.random() < 0.2 else self.random.choice(VALUES[type_])

    def rows(self):
        rows = [[self.value(t) for _, t in COLUMNS] for _ in range(ROWS)]
        rows[0][-1] = None
        return rows


def all_cases():
    trees = Trees(SEED)
    tables = [trees.rows() for _ in range(8)]
    for n in range(COUNT):
        kind = ["boolean", "boolean", "boolean", "number"][n % 4]
        yield trees.tree(kind, DEPTH), COLUMNS, tables[n % len(tables)]
