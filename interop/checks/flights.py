"""The table of examples/nycflights is read by all with the same rows: 336,776 of them, in twelve commits."""

import os

import pyarrow as pa
import pyarrow.compute
from arrow_rows import type_name
from processes import Failed, call

BUILD_SECONDS = 300


def plain(table):
    """One order of rows, one encoding of each type, so that tables can be compared whole."""
    columns = []
    for field, column in zip(table.schema, table.columns):
        if pa.types.is_dictionary(field.type):
            column = column.cast(field.type.value_type)
        if type_name(column.type) == "string":
            column = column.cast(pa.string())
        columns.append(column.combine_chunks())
    out = pa.table(columns, names=table.column_names)
    return out.sort_by([(name, "ascending") for name in out.column_names])


def differences(ours, theirs):
    if ours.column_names != theirs.column_names:
        return ["columns %s, not %s" % (theirs.column_names, ours.column_names)]
    if ours.num_rows != theirs.num_rows:
        return ["%d rows, not %d" % (theirs.num_rows, ours.num_rows)]
    lines = []
    for name in ours.column_names:
        a, b = ours[name].combine_chunks(), theirs[name].combine_chunks()
        if type_name(a.type) != type_name(b.type):
            lines.append("%s: type %s, not %s" % (name, type_name(b.type), type_name(a.type)))
        elif not a.equals(b):
            different = pa.compute.fill_null(pa.compute.not_equal(a, b), True)
            first = pa.compute.index(different, True).as_py()
            lines.append("%s: in sorted row %d %s, not %s" % (name, first, b[first], a[first]))
    return lines


class Flights:
    def __init__(self, suite):
        self.suite = suite

    def check(self):
        location, files = os.path.join(self.suite.folder, "flights"), os.path.join(self.suite.folder, "flights.%s")
        with self.suite.report.group("flights: read by all") as group:
            code, _, err = call([self.suite.nycflights, location], BUILD_SECONDS)
            if code:
                raise Failed("nycflights: exit code %d: %s" % (code, err))
            with open(files % "ours", "wb") as f:
                f.write(self.suite.foreset.must("cat", location, "-o", "arrow"))
            with pa.ipc.open_stream(files % "ours") as stream:
                ours = plain(stream.read_all())
            group.count("rows", ours.num_rows)
            for reader in self.suite.readers.values():
                path = files % reader.engine
                answer = reader.ask(do="arrow", location=location, path=path)
                if "error" in answer:
                    group.check(reader.engine, "flights", "rows", ["error: " + answer["error"]])
                    continue
                with pa.ipc.open_file(path) as file:
                    group.check(reader.engine, "flights", "rows", differences(ours, plain(file.read_all())))
