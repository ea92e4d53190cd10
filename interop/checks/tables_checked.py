"""Checks that several parts make of a table."""

from compare import same_rows
from copies import without_checkpoints, without_commits


def named(check):
    """A check in words."""
    said = [word + str(value) for word, value in (("version ", check.get("version")), ("where ", check.get("where"))) if value is not None]
    if check.get("columns"):
        said.append("columns " + ",".join(check["columns"]))
    return "rows" + "".join(", " + s for s in said)


def types_differ(expected, got):
    return ["%s: expected %s, got %s" % (a[0], a[1], b[1:] if a[0] == b[0] else b) for a, b in zip(map(list, expected), map(list, got)) if a != b] + (
        ["%d columns, got %d" % (len(expected), len(got))] if len(expected) != len(got) else [])


def we_read(group, foreset, table, location, checks, note=""):
    """Our command reads the rows that each check says."""
    for check in checks:
        code, rows, err = foreset.read(location, check)
        group.check("foreset", table, named(check) + note, ["exit code %d: %s" % (code, err)] if code else same_rows(rows, check["rows"]))


def we_read_all(group, foreset, table, location, manifest):
    """Whether we read a table of a writer of peers/: its rows, types and number of rows, and rows from less of a log."""
    we_read(group, foreset, table, location, manifest["checks"])
    if foreset.call("schema", location)[0]:
        return False
    group.check("foreset", table, "types", types_differ(manifest["types"], foreset.types(location)))
    everything = manifest["checks"][0]["rows"]
    count = foreset.info(location)["numRecords"]
    group.check("foreset", table, "number of rows", [] if count in (None, len(everything)) else ["%s rows, not %d" % (count, len(everything))])
    for copy, note in reduced(location):
        we_read(group, foreset, table, copy, manifest["checks"][:1], note)
    return True


def they_read(group, reader, table, location, types, checks, note=""):
    """Another engine reads the rows that each check says, and, where all columns are read, the types."""
    for check in checks:
        what = named(check) + note
        answer = reader.ask(location=location, **{key: check.get(key) for key in ("version", "where", "columns")})
        if "error" in answer:
            group.check(reader.engine, table, what, ["error: " + answer["error"]])
            continue
        # In compare.py the first side is ours, whose rows are the expectation here.
        group.check(reader.engine, table, what, same_rows(check["rows"], answer["rows"]))
        if types and all(check.get(key) is None for key in ("version", "where", "columns")):
            group.check(reader.engine, table, "types" + note, types_differ(types, answer["types"]))


def reduced(location):
    """The copies of a table that have less of a log, with words for each."""
    copies = ((without_checkpoints(location), ", commits alone"), (without_commits(location), ", checkpoint alone"))
    return [(to, note) for to, note in copies if to]
