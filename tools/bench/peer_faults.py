#!/usr/bin/env python3
"""What a killed worker and one bad input cost in Drover, Dask and Ray: the same work on the same machine, in turn.

    python3 -m venv /tmp/peers && /tmp/peers/bin/pip install distributed ray
    /tmp/peers/bin/python tools/bench/peer_faults.py --drover build/release/bin/drover [--repetitions 5] [--json FILE]

Needs nothing but those two packages (a third of a GB with what they need) and a build of Drover; what is not installed is
left out. A quiet machine is best. Where it is not, `nice -n -15` as root makes up for much of that, and Ray, which gives
its workers the lowest priority, then needs RAY_worker_niceness=0. Each system has two workers on this machine, its
defaults, and work that sleeps:

  killed    200 items of 100 ms, one in a call; when two in five have begun, the process that began the newest is killed (SIGKILL)
  poison    1,000 items of 10 ms in calls of 50; one of them calls abort()

A system is told the work and asked for all results, as its introduction does it; the time ends when each item has a
result or an error. *Lost* are good items without a result at the end, *twice* those of which more than one call began,
by a journal that the work itself writes. Added is the time above an undisturbed run of the same items in the same
repetition.
"""

import argparse
import collections
import contextlib
import importlib.metadata
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import tempfile
import time

WORKERS = 2
BAD = 487  # The item that aborts, in the middle of a call.

Work = collections.namedtuple("Work", "items batch milliseconds bad kill", defaults=(None, False))
CASES = {"killed": Work(200, 1, 100), "poison": Work(1000, 50, 10)}
TROUBLED = {"killed": CASES["killed"]._replace(kill=True), "poison": CASES["poison"]._replace(bad=BAD)}


def call(items, milliseconds, bad, journal):
    """The work of one call, in whatever process it runs."""
    file = os.open(journal, os.O_WRONLY | os.O_APPEND)
    os.write(file, "".join(f"{item} {os.getpid()}\n" for item in items).encode())
    os.close(file)
    for item in items:
        if item == bad:
            os.abort()
        time.sleep(milliseconds / 1000)
    return items


def calls_of(work):
    return [list(range(first, first + work.batch)) for first in range(0, work.items, work.batch)]


class Journal:
    """What the calls wrote: lines of an item, and of a process where the system is in Python."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder, "journal")
        self.path.write_text("")

    def lines(self):
        return [line.split() for line in self.path.read_text().splitlines()]

    def ran_twice(self, bad):
        begun = collections.Counter(int(line[0]) for line in self.lines())
        return sum(1 for item, times in begun.items() if times > 1 and item != bad)

    def kill_when_due(self, work, worker=None):
        """Waits until two in five items have begun and half of the newest is over; kills its process, or `worker()`."""
        while len(self.lines()) < work.items * 0.4:
            time.sleep(0.001)
        time.sleep(work.milliseconds / 2000)
        os.kill(worker() if worker else int(self.lines()[-1][1]), signal.SIGKILL)


class Dask:
    def __init__(self, folder):
        from distributed import Client, LocalCluster
        self.cluster = LocalCluster(n_workers=WORKERS, threads_per_worker=1, processes=True, dashboard_address=None,
                                    silence_logs="CRITICAL", local_directory=folder)
        self.client = Client(self.cluster)

    @staticmethod
    def version():
        return "Dask distributed " + importlib.metadata.version("distributed")

    def run(self, work, journal):
        futures = self.client.map(lambda items: call(items, work.milliseconds, work.bad, str(journal.path)), calls_of(work), pure=False)
        if work.kill:
            journal.kill_when_due(work)
        return {item for items in self.client.gather(futures, errors="skip") for item in items}

    def stop(self):
        self.client.close()
        self.cluster.close()


class Ray:
    def __init__(self, folder):
        import ray
        self.ray = ray
        ray.init(num_cpus=WORKERS, include_dashboard=False, log_to_driver=False, logging_level="CRITICAL", _temp_dir=folder)
        self.call = ray.remote(call)

    @staticmethod
    def version():
        return "Ray " + importlib.metadata.version("ray")

    def run(self, work, journal):
        calls = [self.call.remote(items, work.milliseconds, work.bad, str(journal.path)) for items in calls_of(work)]
        if work.kill:
            journal.kill_when_due(work)
        done = set()
        for each in calls:
            with contextlib.suppress(self.ray.exceptions.RayError):
                done.update(self.ray.get(each))
        return done

    def stop(self):
        self.ray.shutdown()


class Drover:
    program = None
    workflow = """
workflow: peer
inputs:
  how: list[str]
  journal: str
steps:
  calls:
    task: behave
    each: {{how: $how}}
    with: {{milliseconds: {milliseconds}, journal: $journal}}
    batch: {batch}
    allow_failed: 1
"""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ask("up", "--slots", WORKERS)
        self.agent = json.loads((self.folder / "state/agent/agent.json").read_text())["pid"]

    @classmethod
    def version(cls):
        return "Drover " + subprocess.run([cls.program, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def ask(self, *words):
        command = [self.program, *map(str, words), "--state", str(self.folder / "state")]
        return subprocess.run(command, capture_output=True, text=True, check=True, cwd=self.folder).stdout

    def run(self, work, journal):
        how = ["abort" if item == work.bad else str(item) for item in range(work.items)]
        file = self.folder / "peer.yaml"
        file.write_text(self.workflow.format(milliseconds=work.milliseconds, batch=work.batch))
        run = json.loads(self.ask("run", file, "--detach", "--json", "-i", f"how={json.dumps(how)}", "-i", f"journal={journal.path}"))["run"]
        if work.kill:
            journal.kill_when_due(work, self.worker)
        self.ask("wait", run, "--json")
        lines = self.ask("results", run, "calls", "--json").splitlines()
        return {result["index"] for result in map(json.loads, lines) if result["value"] is not None}

    def worker(self):
        return int(subprocess.run(["pgrep", "-P", str(self.agent), "drover-worker"], capture_output=True, text=True, check=True).stdout.split()[0])

    def stop(self):
        self.ask("down")


def measure(system, work, folder):
    """Seconds, good items without a result, good items that ran twice."""
    journal = Journal(folder)
    begun = time.monotonic()
    done = system.run(work, journal)
    seconds = time.monotonic() - begun
    return seconds, work.items - len(done) - (work.bad is not None), journal.ran_twice(work.bad)


def figures_of(kind, repetitions):
    with tempfile.TemporaryDirectory(prefix="peer-", dir="/tmp") as folder:
        system = kind(folder)
        try:
            measure(system, Work(20, 1, 1), folder)  # Workers start.
            for case, undisturbed in CASES.items():
                rows = []
                for _ in range(repetitions):
                    plain, lost, _ = measure(system, undisturbed, folder)
                    assert lost == 0, f"{kind.version()}: {lost} lost without a fault"
                    rows.append((plain, *measure(system, TROUBLED[case], folder)))
                added = [seconds - plain for plain, seconds, _, _ in rows]
                yield {"system": kind.version(), "case": case, "undisturbed": statistics.median(row[0] for row in rows),
                       "added": statistics.median(added), "added_all": added,
                       "lost": statistics.median(row[2] for row in rows), "twice": statistics.median(row[3] for row in rows)}
        finally:
            system.stop()


def installed(kind):
    try:
        return bool(kind.version())
    except importlib.metadata.PackageNotFoundError:
        print(f"{kind.__name__} is not installed and left out", file=sys.stderr)
        return False


def table_of(figures):
    lines = [f"{'system':28} {'case':8} {'undisturbed s':>14} {'added s':>9} {'least':>7} {'most':>7} {'lost':>6} {'twice':>6}"]
    for one in figures:
        lines.append(f"{one['system']:28} {one['case']:8} {one['undisturbed']:14.2f} {one['added']:9.2f} {min(one['added_all']):7.2f} "
                     f"{max(one['added_all']):7.2f} {one['lost']:6.0f} {one['twice']:6.0f}")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drover", default="build/release/bin/drover", help="the command line of a build (%(default)s)")
    parser.add_argument("--systems", nargs="+", default=["drover", "dask", "ray"], choices=["drover", "dask", "ray"])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--json", help="write the figures into this file, too")
    options = parser.parse_args()
    Drover.program = str(pathlib.Path(options.drover).resolve())
    figures = []
    for kind in (Drover, Dask, Ray):
        if kind.__name__.lower() in options.systems and installed(kind):
            print(f"{kind.version()} ...", file=sys.stderr)
            figures += figures_of(kind, options.repetitions)
    print(table_of(figures))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
