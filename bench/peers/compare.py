"""Prints the lines of a run as tables, this library beside delta-rs, and fails if an answer is wrong.

    compare.py RESULTS.jsonl --data BENCH_DATA

Of several lines of one engine for one workload the shortest wall time, the least CPU time and the largest memory count.
"""

import argparse
import json
import os
import sys

OURS, PEER = "foreset", "delta-rs"


def variant(line):
    """What is compared with what: the workload, its input, and the flags that make a difference."""
    extra = line["extra"]
    options = [extra[key] for key in ("compression", "input", "mode", "store") if key in extra]
    scale = [] if line["scale"] == "sf1" else [line["scale"]]
    return " ".join([line["workload"], *scale, *options])


def expected_answers(line, expected, data):
    """The answers that every engine must give."""
    workload = line["workload"]
    if workload in expected:
        return expected[workload]
    if workload in ("W3_snapshot", "W3_incremental", "W3_plan", "W4c_checkpoint"):
        with open(os.path.join(data, "logs", line["scale"] + ".json")) as file:
            answers = json.load(file)
        if workload == "W3_incremental":
            return {"files": answers["files"] + line["extra"]["commits"]}
        if workload == "W3_plan":  # a file in 365 is of the day, and has 10,000 ids
            return {"files": answers["files"], "kept": sum(i % 365 == 60 for i in range(100, min(50_001, answers["files"])))}
        return answers if workload == "W3_snapshot" else {key: answers[key] for key in ("files", "version")}
    if workload == "W4_small_commits":
        commits = int(line["scale"].removeprefix("n"))
        return {"rows": commits, "files": commits + 1}
    return {} if workload == "W0_idle" else {"lost": 0, "doubled": 0}


def wrong(line, answers):
    got = {key: line["extra"].get(key, line.get(key)) for key in answers}
    return ["%s is %s, not %s" % (key, got[key], answers[key]) for key in answers if abs((got[key] or 0) - answers[key]) > 0.01]


def fold(lines):
    """The lines of one engine for one variant as one."""
    return {
        "wall_s": min(line["wall_s"] for line in lines), "cpu_s": min(line["cpu_s"] for line in lines),
        "peak_rss_mb": max(line["peak_rss_mb"] for line in lines), "lines": lines,
    }


def seconds(x):
    return "%.4f" % x if x < 0.1 else "%.3f" % x if x < 1 else "%.2f" % x


def cell(by_engine, engine, key):
    found = by_engine.get(engine)
    if not found:
        return "–"
    return "%.0f" % found[key] if key == "peak_rss_mb" else seconds(found[key])


def table(rows):
    print()
    for i, row in enumerate(rows):
        print("| " + " | ".join(row) + " |")
        if i == 0:
            print("|---|" + "---:|" * (len(row) - 1))


def print_both(found):
    """This library beside the faster of delta-rs's ways."""
    rows = [["workload", "CPU s", PEER, "ratio", "wall s", PEER, "peak RSS MB", PEER]]
    for name, by_engine in found.items():
        peers = [engine for engine in by_engine if engine.startswith(PEER)]
        if OURS not in by_engine or not peers:
            continue
        peer = min(peers, key=lambda engine: by_engine[engine]["cpu_s"])
        ratio = by_engine[OURS]["cpu_s"] / by_engine[peer]["cpu_s"]
        row = [name + ("" if len(peers) == 1 else " (%s)" % peer.rpartition(", ")[2]), *[cell(by_engine, e, "cpu_s") for e in (OURS, peer)], "%.2f" % ratio]
        rows.append(row + [cell(by_engine, e, key) for key in ("wall_s", "peak_rss_mb") for e in (OURS, peer)])
    table(rows)


def print_all_engines(found, prefix):
    """CPU seconds of the scans (W2) or the expressions (W10), every engine."""
    scans = {name: by_engine for name, by_engine in found.items() if name.startswith(prefix)}
    engines = list(dict.fromkeys(engine for by_engine in scans.values() for engine in by_engine))
    if scans:
        table([["CPU s", *engines]] + [[name, *[cell(by_engine, e, "cpu_s") for e in engines]] for name, by_engine in scans.items()])


def print_contention(found):
    rows = [["contention", "engine", "appends", "failed", "there all the same", "lost", "doubled", "p50 ms", "p99 ms"]]
    for name, by_engine in found.items():
        for engine, one in by_engine.items():
            extras = [line["extra"] for line in one["lines"]]
            if "writers" in extras[0]:
                total = [sum(e[key] for e in extras) for key in ("ok", "failed", "stray", "lost", "doubled")]
                total[0] += total[1]
                rows.append([name, engine, *map(str, total), *["%.1f" % min(e[key] for e in extras) for key in ("p50_ms", "p99_ms")]])
    if len(rows) > 1:
        table(rows)


def print_store(found):
    """What the operations ask of an object store, and how fast they are."""
    rows = [["on S3", "requests", PEER, "in a row", PEER, "wall s", PEER, "per s", PEER]]
    for name, by_engine in found.items():
        pair = [next((one for engine, one in by_engine.items() if engine.startswith(which)), None) for which in (OURS, PEER)]
        if not pair[0] or "counts" not in pair[0]["lines"][0]["extra"]:
            continue
        row = [name]
        for value in (requests, lambda one: counted(one, "depth"), lambda one: seconds(one["wall_s"]), per_second):
            row += [value(one) if one else "–" for one in pair]
        rows.append(row)
    if len(rows) > 1:
        table(rows)


def counted(one, key):
    """The least of the runs: what comes on top are tries that were repeated."""
    return str(min(line["extra"]["counts"][key] for line in one["lines"]))


def requests(one):
    probes = one["lines"][0]["extra"]["counts"]["probes"]
    return counted(one, "requests") + (" + %d probing" % probes if probes else "")


def per_second(one):
    rows = one["lines"][0]["rows"]
    return "%.1f" % (rows / one["wall_s"]) if rows and rows < 100_000 else "–"


def print_idle(found):
    rows = [["open and idle", "engine", "files", "heap MB", "RSS MB", "goroutines", "threads", "descriptors"]]
    for name, by_engine in found.items():
        for engine, one in by_engine.items():
            if name.startswith("W0"):
                line = one["lines"][0]
                for when, held in line["extra"]["held"].items():
                    cells = [str(held.get(key, "–")) for key in ("heap_mb", "rss_mb", "goroutines", "threads", "descriptors")]
                    rows.append([name + ", " + when, engine, str(line["files"]), *cells])
    if len(rows) > 1:
        table(rows)


def main():
    flags = argparse.ArgumentParser()
    flags.add_argument("results")
    flags.add_argument("--data", required=True)
    a = flags.parse_args()
    with open(os.path.join(os.path.dirname(__file__), "expected.json")) as file:
        expected = json.load(file)
    with open(a.results) as file:
        lines = [json.loads(text) for text in file]
    found, failures = {}, []
    for line in lines:
        name = variant(line)
        found.setdefault(name, {}).setdefault(line["engine"], []).append(line)
        failures += ["%s with %s: %s" % (name, line["engine"], text) for text in wrong(line, expected_answers(line, expected, a.data))]
    found = {name: {engine: fold(lines) for engine, lines in by_engine.items()} for name, by_engine in found.items()}
    print_both(found)
    print_all_engines(found, "W2")
    print_all_engines(found, "W10")
    print_contention(found)
    print_store(found)
    print_idle(found)
    print("\nwrong answers:" if failures else "\nevery answer is right", *failures, sep="\n  ")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
