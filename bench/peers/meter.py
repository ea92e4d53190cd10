"""The meter, and the line of JSON that a workload prints: see ../README.md."""

import json
import os
import resource
import sys
import time
import urllib.request


def status_mb(key):
    """A memory size of this process: VmRSS now, VmHWM at most."""
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith(key + ":"):
                return round(int(line.split()[1]) / 1024, 1)
    raise KeyError(key)


def cpu_time():
    """The CPU time of this process, user and system, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


CONTROL = os.environ.get("BENCH_CONTROL")  # of bench-store; None: tables are on the local disk
LATENCY_MS = os.environ.get("BENCH_LATENCY_MS", "0")


def ask_store(what):
    """Tells bench-store that the measured part begins or has ended."""
    if CONTROL:
        with urllib.request.urlopen(CONTROL + what) as answer:
            return answer.read()


class Meter:
    """Times the runs of an operation. The shortest wall time and the least CPU time count."""

    def __init__(self):
        self.walls, self.cpus, self.counts = [], [], None
        self.rss_before_mb = status_mb("VmRSS")

    def run(self, operation, repeat=1, prepare=None):
        """Measures operation, repeat times; prepare comes before each and is not measured."""
        for _ in range(repeat):
            if prepare:
                prepare()
            ask_store("/begin?ms=" + LATENCY_MS)
            cpu, start = cpu_time(), time.perf_counter()
            result = operation()
            self.walls.append(round(time.perf_counter() - start, 5))
            self.cpus.append(round(cpu_time() - cpu, 5))
            self.counts = ask_store("/end")
        return result

    def line(self, workload, engine, scale, rows=None, bytes=None, files=None, cpu_s=None, **extra):
        """Prints the line. Give cpu_s when other processes did the work."""
        extra |= {"walls": self.walls, "cpus": self.cpus, "rss_before_mb": self.rss_before_mb, "loadavg1": round(os.getloadavg()[0], 2)}
        if CONTROL:
            extra |= {"store": "s3 %s ms" % LATENCY_MS, "counts": json.loads(self.counts)}
        line = {
            "workload": workload, "engine": engine, "scale": scale, "wall_s": min(self.walls), "cpu_s": cpu_s or min(self.cpus),
            "peak_rss_mb": status_mb("VmHWM"), "rows": rows, "bytes": bytes, "files": files, "extra": extra,
        }
        json.dump(line, sys.stdout)
        print(flush=True)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def milliseconds(seconds):
    return round(1000 * seconds, 3)
