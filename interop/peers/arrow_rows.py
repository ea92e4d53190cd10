"""Arrow tables ⇄ the plain values of canonical.py."""

import base64

import pyarrow as pa

from canonical import nested

SIMPLE = {
    "tinyint": pa.int8(), "smallint": pa.int16(), "int": pa.int32(), "bigint": pa.int64(), "float": pa.float32(), "double": pa.float64(),
    "boolean": pa.bool_(), "string": pa.string(), "binary": pa.binary(), "date": pa.date32(), "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
}
NAMES = {str(arrow): name for name, arrow in SIMPLE.items()} | {
    "large_string": "string", "string_view": "string", "large_binary": "binary", "binary_view": "binary", "null": "void",
}


def type_name(type_):
    """Spark's simple string for an Arrow type."""
    if pa.types.is_dictionary(type_):
        return type_name(type_.value_type)
    if pa.types.is_decimal(type_):
        return "decimal(%d,%d)" % (type_.precision, type_.scale)
    if pa.types.is_struct(type_):
        return "struct<%s>" % ",".join("%s:%s" % (f.name, type_name(f.type)) for f in type_)
    if pa.types.is_map(type_):
        return "map<%s,%s>" % (type_name(type_.key_type), type_name(type_.item_type))
    if pa.types.is_list(type_) or pa.types.is_large_list(type_) or pa.types.is_list_view(type_):
        return "array<%s>" % type_name(type_.value_type)
    if pa.types.is_timestamp(type_) and type_.tz:
        return NAMES[str(pa.timestamp(type_.unit, "UTC"))]
    return NAMES[str(type_)]


def plain(array):
    """The values of an Arrow array in plain form."""
    if isinstance(array, pa.ChunkedArray):
        return [v for chunk in array.chunks for v in plain(chunk)]
    type_ = array.type
    if pa.types.is_dictionary(type_):
        return plain(array.dictionary_decode())
    if pa.types.is_timestamp(type_):
        return array.cast(pa.int64()).to_pylist()
    if pa.types.is_date32(type_):
        return array.cast(pa.int32()).to_pylist()
    if pa.types.is_decimal(type_):
        return [None if v is None else format(v, "f") for v in array.to_pylist()]
    valid = array.is_valid().to_pylist()
    if pa.types.is_struct(type_):
        fields = [plain(array.field(i)) for i in range(type_.num_fields)]
        return [list(row) if ok else None for ok, row in zip(valid, zip(*fields))]
    if pa.types.is_map(type_):
        entries = list(zip(plain(array.keys), plain(array.items)))
    elif hasattr(array, "offsets"):
        entries = plain(array.values)
    else:
        return array.to_pylist()
    offsets = array.offsets.to_pylist()
    return [entries[offsets[i] : offsets[i + 1]] if ok else None for i, ok in enumerate(valid)]


def columns_and_rows(table):
    """(name, type) of the columns of an Arrow table, and its rows in plain form."""
    columns = [(f.name, type_name(f.type)) for f in table.schema]
    rows = [list(row) for row in zip(*(plain(c) for c in table.columns))] if columns else []
    return columns, rows


def arrow_type(name):
    kind, inner = nested(name)
    if kind == "struct":
        return pa.struct([(n, arrow_type(t)) for n, t in inner])
    if kind == "array":
        return pa.list_(pa.field("element", arrow_type(inner)))
    if kind == "map":
        return pa.map_(arrow_type(inner[0]), arrow_type(inner[1]))
    if kind.startswith("decimal"):
        return pa.decimal128(*map(int, kind[8:-1].split(",")))
    return SIMPLE[kind]


def arrow_array(values, name):
    """An Arrow array of values as tables.py writes them down."""
    kind, inner = nested(name)
    type_ = arrow_type(name)
    mask = pa.array([v is None for v in values], pa.bool_())
    if kind == "struct":
        fields = [arrow_array([None if v is None else v[n] for v in values], t) for n, t in inner]
        return pa.StructArray.from_arrays(fields, fields=list(type_), mask=mask)
    if kind in ("array", "map"):
        offsets, flat = [0], []
        for v in values:
            flat += v or []
            offsets.append(len(flat))
        offsets = pa.array([None if v is None else o for v, o in zip(values, offsets)] + [len(flat)], pa.int32())
        if kind == "array":
            return pa.ListArray.from_arrays(offsets, arrow_array(flat, inner), type=type_)
        return pa.MapArray.from_arrays(offsets, arrow_array([k for k, _ in flat], inner[0]), arrow_array([v for _, v in flat], inner[1]), type=type_)
    if kind in ("timestamp", "timestamp_ntz"):
        return pa.array(values, pa.int64()).cast(type_)
    if kind == "date":
        return pa.array(values, pa.string()).cast(type_)
    if kind.startswith("decimal"):
        return pa.array(values, pa.string()).cast(type_)
    if kind in ("float", "double"):
        return pa.array([None if v is None else float(v) for v in values], type_)
    if kind == "binary":
        return pa.array([None if v is None else base64.b64decode(v) for v in values], type_)
    return pa.array(values, type_)


def arrow_table(columns, rows):
    arrays = [arrow_array([row[i] for row in rows], t) for i, (_, t) in enumerate(columns)]
    return pa.Table.from_arrays(arrays, schema=pa.schema([(n, arrow_type(t)) for n, t in columns]))
