"""Whether two sets of NDJSON rows are the same: same_rows(ours, theirs) → the differences, none if equal.

    compare.py OURS THEIRS      files of NDJSON rows in any order; prints the differences, exit code 1 if there are any

Escapes in a string and the exponents of floats may be written in more ways than one; all else is compared as text: the order of keys, integers without
exponent, floats without a needless ".0", decimals with their zeros, timestamps with six digits.
"""

import collections
import json
import sys


class Number(str):
    """The text of a JSON number."""


def number(text):
    if text.lstrip("-").isdigit():
        return Number(text)
    value = float(text)
    whole = 1e16 <= abs(value) < 1e21 and value.is_integer()  # beyond 2^53 both 1e20 and 100000000000000000000 are a float's text
    return Number(int(value) if whole else repr(value))


def normal(line):
    """A row as text that does not depend on who wrote it."""
    parsed = json.loads(line, object_pairs_hook=lambda pairs: ["object", *map(list, pairs)], parse_int=number, parse_float=number)
    return json.dumps(tagged(parsed), ensure_ascii=False)


def tagged(value):
    if isinstance(value, Number):
        return ["number", str(value)]
    return [tagged(v) for v in value] if isinstance(value, list) else value


def same_rows(ours, theirs):
    """Lines for the rows that only one side has."""
    sides = [[(normal(line), line) for line in lines if line.strip()] for lines in (ours, theirs)]
    left, right = (collections.Counter(row for row, _ in side) for side in sides)
    text = dict(sides[0] + sides[1])
    return sorted(["only ours:   " + text[row] for row in (left - right).elements()] + ["only theirs: " + text[row] for row in (right - left).elements()])


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: compare.py OURS THEIRS")
    with open(sys.argv[1], encoding="utf-8") as ours, open(sys.argv[2], encoding="utf-8") as theirs:
        differences = same_rows(ours, theirs)
    for line in differences:
        print(line)
    raise SystemExit(1 if differences else 0)


if __name__ == "__main__":
    main()
