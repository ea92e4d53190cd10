"""Values between JSON and Spark without passing through Python's own dates, floats and decimals.

literal(value, type) is the SQL that makes a value; render(sql, type) is the SQL that turns one into text, which
parse(text, type) turns back into JSON. So a value is what Spark says it is, whatever Python could hold.
"""

import base64

from canonical import nested
from pyspark.sql import types as T


def literal(value, type_):
    """SQL for a JSON value of a type given by its simple string."""
    if value is None:
        return "CAST(NULL AS %s)" % type_
    kind, inner = nested(type_)
    if kind == "struct":
        fields = ", ".join("'%s', %s" % (name, literal(value[name], t)) for name, t in inner)
        return "CAST(named_struct(%s) AS %s)" % (fields, type_)
    if kind == "array":
        return "CAST(array(%s) AS %s)" % (", ".join(literal(v, inner) for v in value), type_)
    if kind == "map":
        entries = ", ".join(literal(v, t) for pair in value for v, t in zip(pair, inner))
        return "CAST(map(%s) AS %s)" % (entries, type_)
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
