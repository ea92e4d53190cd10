"""Values between JSON and Spark without passing through Python's own dates, floats and decimals.

literal(value, type) is the SQL that makes a value; render(sql, type) is the SQL that turns one into text, which
parse(text, type) turns back into JSON. So a value is what Spark says it is, whatever Python could hold.
"""

import base64
import re

from pyspark.sql import types as T

INTEGERS = ("tinyint", "smallint", "int", "bigint")


def split_fields(text):
    """'x:int,y:struct<z:int>' → ['x:int', 'y:struct<z:int>']: splits at commas outside brackets."""
    parts, depth, start = [], 0, 0
    for i, c in enumerate(text):
        depth += (c in "<(") - (c in ">)")
        if c == "," and depth == 0:
            parts.append(text[start:i])
            start = i + 1
    return parts + [text[start:]]


def literal(value, type_):
    """SQL for a JSON value of a type given by its simple string."""
    if value is None:
        return "CAST(NULL AS %s)" % type_
    nested = re.fullmatch(r"(struct|array|map)<(.*)>", type_)
    if nested and nested[1] == "struct":
        fields = [f.split(":", 1) for f in split_fields(nested[2])]
        inner = ", ".join("'%s', %s" % (name, literal(value[name], t)) for name, t in fields)
        return "CAST(named_struct(%s) AS %s)" % (inner, type_)
    if nested and nested[1] == "array":
        return "CAST(array(%s) AS %s)" % (", ".join(literal(v, nested[2]) for v in value), type_)
    if nested:
        types = split_fields(nested[2])
        inner = ", ".join(literal(v, t) for pair in value for v, t in zip(pair, types))
        return "CAST(map(%s) AS %s)" % (inner, type_)
    if type_ == "string":
        return "CAST(unbase64('%s') AS STRING)" % base64.b64encode(value.encode()).decode()
    if type_ == "binary":
        return "unbase64('%s')" % value
    if type_ == "timestamp":
        return "timestamp_micros(CAST('%d' AS BIGINT))" % value
    if type_ == "timestamp_ntz":
        return "CAST(timestamp_micros(CAST('%d' AS BIGINT)) AS TIMESTAMP_NTZ)" % value
    if type_ == "boolean":
        return "true" if value else "false"
    return "CAST('%s' AS %s)" % (value, type_)


def render(sql, type_):
    """SQL for the text of a value; strings and binary as hexadecimal."""
    if isinstance(type_, (T.StringType, T.BinaryType)):
        return "hex(CAST(%s AS BINARY))" % sql
    if isinstance(type_, T.TimestampType):
        return "CAST(unix_micros(%s) AS STRING)" % sql
    if isinstance(type_, T.TimestampNTZType):
        return "CAST(unix_micros(CAST(%s AS TIMESTAMP)) AS STRING)" % sql
    if isinstance(type_, T.AtomicType) or isinstance(type_, T.NullType):
        return "CAST(%s AS STRING)" % sql
    raise ValueError("results of type %s have no form here" % type_.simpleString())


def parse(text, type_):
    """The JSON value of a rendered text."""
    if text is None:
        return None
    if isinstance(type_, T.StringType):
        return bytes.fromhex(text).decode()
    if isinstance(type_, T.BinaryType):
        return base64.b64encode(bytes.fromhex(text)).decode()
    if isinstance(type_, (T.TimestampType, T.TimestampNTZType, T.IntegralType)):
        return int(text)
    if isinstance(type_, T.BooleanType):
        return {"true": True, "false": False}[text]
    return text
