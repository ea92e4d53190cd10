"""What depends on the session's time zone, in one with summer time: gaps, overlaps, and local mean time before 1893."""

from moments import DATES, NAMES, Trees, column, pairs, quoted

SEED, COUNT, DEPTH = 20261126, 45, 4
HOUR = 3_600_000_000
GAP, OVERLAP = 1711846800000000, 1729990800000000  # 2024-03-31 and 2024-10-27, 01:00 UTC
MOMENTS = [None, 0, -1, GAP - 1, GAP, GAP + HOUR // 2, GAP - 24 * HOUR, GAP + 23 * HOUR, GAP - 3 * HOUR, OVERLAP - HOUR, OVERLAP - 1, OVERLAP, OVERLAP + HOUR // 2, OVERLAP + HOUR,
           OVERLAP - 24 * HOUR, OVERLAP - 25 * HOUR, OVERLAP + 24 * HOUR, OVERLAP - 3 * HOUR, 1709168523456789, 1720000000000000, -757386000000000, -776563200000000,
           -1693706400000000, -2422054409000000, -2422054408000001, -4000000000000000, -62135596800000000, -62135596800000001, 253402300799999999, 7289654400000000]
WALLS = [None, 0, GAP + HOUR - 1, GAP + HOUR, GAP + HOUR + HOUR // 2, GAP + 2 * HOUR, OVERLAP + HOUR - 1, OVERLAP + HOUR, OVERLAP + HOUR + HOUR // 2, OVERLAP + 2 * HOUR, -2422051200000000, 1720000000000000]
SPANS = ["1 MONTH", "-1 MONTH", "7 MONTHS", "1 DAY", "-1 DAY", "24 HOURS", "25 HOURS", "1 HOUR", "-1 HOUR", "30 MINUTES", "'1-7' YEAR TO MONTH", "'1 02:00:00' DAY TO SECOND",
         "'-1 02:30:00' DAY TO SECOND", "1 SECOND"]
TEXTS = ["2024-03-31 01:59:59", "2024-03-31 02:00:00", "2024-03-31 02:30:00", "2024-03-31 03:00:00", "2024-10-27 01:59:59", "2024-10-27 02:00:00", "2024-10-27 02:30:00",
         "2024-10-27 03:00:00", "1893-04-01 00:03:00", "1893-03-31 23:59:59", "1800-01-01 00:00:00", "0001-01-01 00:00:00"]


def all_cases():
    one = ["year(a)", "day(a)", "hour(a)", "minute(a)", "second(a)", "EXTRACT(SECOND FROM a)", "unix_timestamp(a)", "to_date(a)", "to_timestamp(a)", "to_timestamp_ntz(a)", "last_day(a)",
           "CAST(a AS DATE)", "to_date(a, 'x')", "to_timestamp(a, 'x')", "to_timestamp_ntz(a, 'x')", "unix_timestamp(a, 'x')", "trunc(a, 'month')", "datediff(a, DATE '2024-03-31')",
           "date_format(a, 'yyyy-MM-dd HH:mm:ss.SSSSSS VV O OOOO X XX XXX XXXX XXXXX x xx xxx xxxx xxxxx Z ZZZZ ZZZZZ')", "to_utc_timestamp(a, 'America/Los_Angeles')",
           "from_utc_timestamp(a, 'Europe/Berlin')", "to_utc_timestamp(a, 'Europe/Berlin')", "from_utc_timestamp(a, 'Australia/Lord_Howe')", "to_utc_timestamp(a, 'Australia/Lord_Howe')",
           "CAST(a AS TIMESTAMP)", "CAST(a AS TIMESTAMP_NTZ)", "CAST(a AS STRING)"]
    for sql in one:
        yield sql, [["a", "timestamp"]], column(MOMENTS)
        yield sql, [["a", "timestamp_ntz"]], column(WALLS)
        yield sql, [["a", "date"]], column(DATES)
    for unit in ("year", "quarter", "month", "week", "day", "hour", "minute", "second", "millisecond", "microsecond"):
        yield "date_trunc('%s', a)" % unit, [["a", "timestamp"]], column(MOMENTS)
        yield "date_trunc('%s', a)" % unit, [["a", "timestamp_ntz"]], column(WALLS)
    for span in SPANS:
        yield "a + INTERVAL %s" % span, [["a", "timestamp"]], column(MOMENTS)
        yield "a - INTERVAL %s" % span, [["a", "timestamp_ntz"]], column(WALLS)
        yield "a - INTERVAL %s" % span, [["a", "date"]], column(DATES)
    yield "months_between(a, b)", [["a", "timestamp"], ["b", "timestamp"]], pairs(MOMENTS[:14], MOMENTS[:14])
    yield "months_between(a, b, false)", [["a", "timestamp_ntz"], ["b", "date"]], pairs(WALLS, DATES[1:6])
    for name in ("to_timestamp", "to_timestamp_ntz", "to_date", "unix_timestamp"):
        yield "%s(a, 'yyyy-MM-dd HH:mm:ss')" % name, [["a", "string"]], column(TEXTS)
        yield "%s(a, 'yyyy-MM-dd HH:mm:ss XXX')" % name, [["a", "string"]], column([t + " +05:30" for t in TEXTS])
    yield "to_timestamp(a)", [["a", "string"]], column(TEXTS + [t + " America/St_Johns" for t in TEXTS])
    yield "to_timestamp(a, 'yyyy-MM-dd HH:mm:ss VV')", [["a", "string"]], column([t + " America/St_Johns" for t in TEXTS] + [t + " UTC+01:00" for t in TEXTS[:2]])
    yield "from_unixtime(a)", [["a", "bigint"]], column([None, 0, GAP // 1_000_000, GAP // 1_000_000 - 1, OVERLAP // 1_000_000, -2422054409, -4000000000])
    yield "from_unixtime(a, 'yyyy-MM-dd HH:mm XXX')", [["a", "bigint"]], column([None, 0, GAP // 1_000_000, GAP // 1_000_000 - 1, OVERLAP // 1_000_000, -2422054409, -4000000000])
    for name in ("make_timestamp", "make_timestamp_ntz"):
        yield name + "(2024, a, b, 2, 30, 0)", [["a", "int"], ["b", "int"]], [[3, 31], [10, 27], [7, 1]]
    yield "make_timestamp(2024, a, b, 2, 30, 0, 'America/Los_Angeles')", [["a", "int"], ["b", "int"]], [[3, 10], [11, 3], [7, 1]]
    for sql in ("current_timezone()", "current_date() = to_date(now())", "CAST(localtimestamp() AS TIMESTAMP) = now()"):
        yield sql, [["a", "int"]], [[1]]
    for pattern in ("yyyy-MM-dd'T'HH:mm:ssXXX", "VV", "OOOO"):
        yield "date_format(a, %s)" % quoted(pattern), [["a", "string"]], column(TEXTS)
    trees = Trees(SEED)
    for n in range(COUNT):
        rows = [[trees.random.choice(values) for values in (DATES, DATES, MOMENTS, MOMENTS, WALLS, [None, 0, 1, -1, 31, 400], [None, 0, 2, -5, 12])] for _ in range(8)]
        yield trees.tree(["date", "time", "number"][n % 3], DEPTH), NAMES, rows
