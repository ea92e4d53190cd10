"""Values between JSON and Spark without passing through Python's own dates, floats and decimals.

literal(value, type) is the SQL that makes a value; render(sql, type) is the SQL that turns one into text, which
parse(text, type) turns back into JSON. So a value is what Spark says it is, whatever Python could hold.
"""

import base64
import json

from canonical import nested
from pyspark.sql import types as T

zone = "UTC"  # of the session


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
    if type_ == "timestamp_ntz" and zone != "UTC":
        return "timestampadd(MICROSECOND, CAST('%d' AS BIGINT), TIMESTAMP_NTZ '1970-01-01')" % value
    if type_ == "timestamp_ntz":
        return "CAST(timestamp_micros(CAST('%d' AS BIGINT)) AS TIMESTAMP_NTZ)" % value
    if type_ == "boolean":
        return "true" if value else "false"
    return "CAST('%s' AS %s)" % (value, type_)


def render(sql, type_):
    """SQL for the text of a value; strings and binary as hexadecimal, nested values as JSON of such texts."""
    if isinstance(type_, (T.StructType, T.ArrayType, T.MapType)):
        # Field names may be anything, even the same: structs are renamed before they are looked into.
        plain, value = renamed(type_), "(%s)" % sql
        if plain != type_:
            value = "CAST(%s AS %s)" % (value, plain.simpleString())
        return "element_at(transform(array(%s), v -> %s), 1)" % (value, json_text("v", plain, 0))
    if isinstance(type_, (T.StringType, T.BinaryType)):
        return "hex(CAST(%s AS BINARY))" % sql
    if isinstance(type_, T.TimestampType):
        return "CAST(unix_micros(%s) AS STRING)" % sql
    if isinstance(type_, T.TimestampNTZType) and zone != "UTC":
        return "CAST(unix_micros(CAST(CAST(%s AS STRING) || 'Z' AS TIMESTAMP)) AS STRING)" % sql
    if isinstance(type_, T.TimestampNTZType):
        return "CAST(unix_micros(CAST(%s AS TIMESTAMP)) AS STRING)" % sql
    if isinstance(type_, T.AtomicType) or isinstance(type_, T.NullType):
        return "CAST(%s AS STRING)" % sql
    raise ValueError("results of type %s have no form here" % type_.simpleString())


def renamed(type_):
    """The type with the fields of structs named by their places."""
    if isinstance(type_, T.StructType):
        return T.StructType([T.StructField("_%d" % i, renamed(f.dataType)) for i, f in enumerate(type_.fields)])
    if isinstance(type_, T.ArrayType):
        return T.ArrayType(renamed(type_.elementType))
    if isinstance(type_, T.MapType):
        return T.MapType(renamed(type_.keyType), renamed(type_.valueType))
    return type_


def json_text(value, type_, level):
    """SQL for the JSON of a value, which is never null: structs and entries of maps are lists."""
    name = "v%d" % level
    if isinstance(type_, T.StructType):
        fields = [json_text("%s._%d" % (value, i), f.dataType, level) for i, f in enumerate(type_.fields)]
        text = "concat('[', concat_ws(',', %s), ']')" % (", ".join(fields) or "''")
        return "CASE WHEN %s IS NULL THEN 'null' ELSE %s END" % (value, text)
    if isinstance(type_, T.ArrayType):
        text = "concat('[', array_join(transform(%s, %s -> %s), ','), ']')" % (value, name, json_text(name, type_.elementType, level + 1))
    elif isinstance(type_, T.MapType):
        key, item = json_text(name + ".key", type_.keyType, level + 1), json_text(name + ".value", type_.valueType, level + 1)
        text = "concat('[', array_join(transform(map_entries(%s), %s -> concat('[', %s, ',', %s, ']')), ','), ']')" % (value, name, key, item)
    else:
        text = "concat('\"', %s, '\"')" % render(value, type_)
    return "coalesce(%s, 'null')" % text


def parse(text, type_):
    """The JSON value of a rendered text."""
    if text is None:
        return None
    if isinstance(type_, (T.StructType, T.ArrayType, T.MapType)):
        return parse_nested(json.loads(text), type_)
    if isinstance(type_, T.StringType):
        return bytes.fromhex(text).decode()
    if isinstance(type_, T.BinaryType):
        return base64.b64encode(bytes.fromhex(text)).decode()
    if isinstance(type_, (T.TimestampType, T.TimestampNTZType, T.IntegralType)):
        return int(text)
    if isinstance(type_, T.BooleanType):
        return {"true": True, "false": False}[text]
    return text


def parse_nested(value, type_):
    if value is None:
        return None
    if isinstance(type_, T.StructType):
        return {f.name: parse_nested(v, f.dataType) for f, v in zip(type_.fields, value, strict=True)}
    if isinstance(type_, T.ArrayType):
        return [parse_nested(v, type_.elementType) for v in value]
    if isinstance(type_, T.MapType):
        return [[parse_nested(k, type_.keyType), parse_nested(v, type_.valueType)] for k, v in value]
    return parse(value, type_)
