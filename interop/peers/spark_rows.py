"""Spark data frames → the plain values of canonical.py. Spark does the conversion, because Python's dates end where Spark's do not."""

from canonical import nested


def plain_sql(sql, type_, depth=0):
    """SQL for the plain form of an expression; a map becomes an array of entries."""
    kind, inner = nested(type_)
    if kind == "date":
        return "unix_date(%s)" % sql
    if kind == "timestamp":
        return "unix_micros(%s)" % sql
    if kind == "timestamp_ntz":
        return "unix_micros(CAST(%s AS TIMESTAMP))" % sql
    if kind.startswith("decimal"):
        return "CAST(%s AS STRING)" % sql
    if kind == "variant":
        return "to_json(%s)" % sql
    x = "x%d" % depth
    if kind == "struct":
        fields = ", ".join("'%s', %s" % (n, plain_sql("%s.`%s`" % (sql, n), t, depth)) for n, t in inner)
        return "IF(%s IS NULL, NULL, named_struct(%s))" % (sql, fields)
    if kind == "array":
        return "transform(%s, %s -> %s)" % (sql, x, plain_sql(x, inner, depth + 1))
    if kind == "map":
        key, value = (plain_sql("%s.%s" % (x, f), t, depth + 1) for f, t in zip(("key", "value"), inner))
        return "transform(map_entries(%s), %s -> named_struct('key', %s, 'value', %s))" % (sql, x, key, value)
    return sql


def listed(value):
    """Rows as lists, bytearrays as bytes."""
    if isinstance(value, (tuple, list)):
        return [listed(v) for v in value]
    return bytes(value) if isinstance(value, bytearray) else value


def columns_and_rows(frame):
    """(name, type) of the columns of a data frame, and its rows in plain form."""
    columns = frame.dtypes
    quoted = [(("`%s`" % n.replace("`", "``")), t) for n, t in columns]
    rows = frame.selectExpr(*("%s AS c%d" % (plain_sql(q, t), i) for i, (q, t) in enumerate(quoted))).collect()
    return columns, listed([tuple(r) for r in rows])
