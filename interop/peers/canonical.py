"""One text for one row, whichever engine read it: the NDJSON of `foreset cat -o ndjson`.

Types are Spark's simple strings (`bigint`, `decimal(9,2)`, `struct<x:int,y:array<string>>`). Values come in a plain form that
every engine can be brought to without loss:

    date → days since 1970, timestamp and timestamp_ntz → microseconds, decimal → text padded to its scale, binary → bytes,
    struct → list of field values, array → list, map → list of (key, value), variant → its JSON, the rest as Python has it.
"""

import base64
import json
import math
import re

import numpy

DAY = 86_400_000_000


def split_fields(text):
    """'x:int,y:struct<z:int>' → ['x:int', 'y:struct<z:int>']: splits at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return parts + [text[start:]]


def nested(type_):
    """('struct', [(name, type), …]), ('array', type), ('map', (key, value)), or (type, None) of a primitive."""
    match = re.fullmatch(r"(struct|array|map)<(.*)>", type_, re.DOTALL)
    if not match:
        return type_, None
    kind, inner = match.groups()
    if kind == "struct":
        return kind, [tuple(f.split(":", 1)) for f in split_fields(inner)]
    return kind, tuple(split_fields(inner)) if kind == "map" else inner


def date_text(days):
    """YYYY-MM-DD in the proleptic Gregorian calendar; years outside 0–9999 with a sign, as in java.time."""
    era, day_of_era = divmod(days + 719468, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    year = era * 400 + year_of_era + (month <= 2)
    sign = "" if 0 <= year <= 9999 else "-" if year < 0 else "+"
    return "%s%04d-%02d-%02d" % (sign, abs(year), month, day_of_year - (153 * shifted + 2) // 5 + 1)


def timestamp_text(micros):
    days, rest = divmod(micros, DAY)
    seconds, micros = divmod(rest, 1_000_000)
    return "%sT%02d:%02d:%02d.%06d" % (date_text(days), seconds // 3600, seconds // 60 % 60, seconds % 60, micros)


def float_text(value, bits):
    """The shortest digits that read back at this width, without exponent from 1e-6 up to 1e21, as encoding/json of Go has it."""
    if math.isnan(value):
        return '"NaN"'
    if math.isinf(value):
        return '"Infinity"' if value > 0 else '"-Infinity"'
    short = numpy.float32(value) if bits == 32 else numpy.float64(value)
    if value == 0 or 1e-6 <= abs(short) < 1e21:
        return numpy.format_float_positional(short, unique=True, trim="-")
    digits, exponent = numpy.format_float_scientific(short, unique=True, trim="-").split("e")
    return "%se%s%d" % (digits, exponent[0], int(exponent[1:]))


def string_text(value):
    return json.dumps(value, ensure_ascii=False)


def text(value, type_):
    """The JSON text of a plain value."""
    if value is None:
        return "null"
    kind, inner = nested(type_)
    if kind == "struct":
        return "{" + ",".join(string_text(n) + ":" + text(v, t) for (n, t), v in zip(inner, value, strict=True)) + "}"
    if kind == "array":
        return "[" + ",".join(text(v, inner) for v in value) + "]"
    if kind == "map":
        keys = [k for k, _ in value]
        if inner[0] == "string" and len(set(keys)) == len(keys):
            return "{" + ",".join(string_text(k) + ":" + text(v, inner[1]) for k, v in value) + "}"
        return "[" + ",".join("[%s,%s]" % (text(k, inner[0]), text(v, inner[1])) for k, v in value) + "]"
    if kind == "variant":
        return value
    if kind == "boolean":
        return "true" if value else "false"
    if kind in ("tinyint", "smallint", "int", "bigint"):
        return str(value)
    if kind in ("float", "double"):
        return float_text(value, 32 if kind == "float" else 64)
    if kind == "date":
        return '"%s"' % date_text(value)
    if kind in ("timestamp", "timestamp_ntz"):
        return '"%s%s"' % (timestamp_text(value), "Z" if kind == "timestamp" else "")
    if kind == "binary":
        return '"%s"' % base64.b64encode(value).decode()
    if kind == "string" or kind.startswith("decimal"):
        return string_text(value)
    raise ValueError("no text for type " + type_)


def row_text(columns, row):
    """One NDJSON line, without the newline; columns are (name, type)."""
    return "{" + ",".join(string_text(n) + ":" + text(v, t) for (n, t), v in zip(columns, row, strict=True)) + "}"


def sorted_rows(columns, rows):
    """The lines of rows in the order of their bytes: row order means nothing in a table."""
    return sorted((row_text(columns, row) for row in rows), key=str.encode)
