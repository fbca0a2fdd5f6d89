"""Chaos on the real programs: one scheduler, four agents of two slots, a fault about every second, an outside checker.

CHAOS_SECONDS says for how long (default 120), CHAOS_SEED with which random numbers; the seed is printed. What real
programs do is not decided by a seed alone, so a seed gives the same faults, not the same history.
"""

import os
import random
import shutil
import threading
import time
import unittest

from client import Client
from cluster import Cluster, SLOTS
from workload import Workload

SECONDS = float(os.environ.get("CHAOS_SECONDS", 120))
AGENTS = 4
FAULTS_AT_ONCE = 2
IDLE_WITHIN = 15  # seconds after the end of the last run


class Chaos(unittest.TestCase):
    def test_nothing_is_lost_and_nothing_counts_twice(self):
        seed = int(os.environ.get("CHAOS_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)
        print(f"seed {seed}, {SECONDS:.0f} s", flush=True)
        with Cluster(AGENTS, seed) as cluster:
            workload = Workload(Client(cluster.address), cluster.folder, random.Random(seed))
            failed = []
            self.check_idle(workload, AGENTS)  # All agents are there.
            stop = threading.Event()
            threads = [threading.Thread(target=self.guarded, args=(failed, work))
                       for work in (*[lambda: self.make_faults(cluster, stop)] * FAULTS_AT_ONCE,
                                    lambda: self.use(workload, stop))]
            for thread in threads:
                thread.start()
            until = time.monotonic() + SECONDS
            while time.monotonic() < until and not failed:
                cluster.look()
                time.sleep(0.1)
            stop.set()
            for thread in threads:
                thread.join()
            if not failed:
                self.guarded(failed, workload.finish)
                self.guarded(failed, lambda: self.check_idle(workload, AGENTS))
            violations = failed + workload.violations + cluster.unasked_ends()
            losses = {name: sum(proxy.counts[name] for proxy in cluster.proxies) for name in ("lost", "repeated")}
            self.report(cluster, workload, violations, losses)
        violations += [text for text in cluster.unasked_ends() if text not in violations]
        if violations:
            self.fail(f"seed {seed}:\n" + "\n".join(violations[:20]) + f"\nlogs and state: {cluster.folder}")
        shutil.rmtree(cluster.folder, ignore_errors=True)

    @staticmethod
    def guarded(failed, work):
        try:
            work()
        except Exception as error:  # It must reach the report, whichever thread it is in.
            failed.append(f"{type(error).__name__}: {error}")

    @staticmethod
    def make_faults(cluster, stop):
        if SECONDS > 20:
            stop.wait(3)  # A first run without faults.
        while not stop.is_set():
            cluster.fault()
            stop.wait(cluster.random.expovariate(1.0))

    @staticmethod
    def use(workload, stop):
        while not stop.is_set():
            workload.act()
            stop.wait(0.2)

    @staticmethod
    def check_idle(workload, agents):
        """All slots are back and hold nothing (S7)."""
        until = time.monotonic() + IDLE_WITHIN
        while True:
            there = workload.client.expect("agents", "list_agents")["agents"]
            busy = [f"{agent['name']} slot {slot['slot']}: {slot['doing']}"
                    for agent in there for slot in agent["slots"] if slot["doing"]]
            away = [agent["name"] for agent in there if agent["state"] != "connected"]
            slots = sum(len(agent["slots"]) for agent in there)
            if not busy and not away and slots == agents * SLOTS:
                return
            if time.monotonic() > until:
                raise AssertionError(f"after all runs have ended: busy {busy}, away {away}, {slots} slots")
            time.sleep(0.1)

    @staticmethod
    def report(cluster, workload, violations, losses):
        told = sum(len(run.done_seen) for run in workload.runs)
        print(f"{sum(cluster.faults.values())} faults: "
              + ", ".join(f"{name} {count}" for name, count in sorted(cluster.faults.items()))
              + f"; messages lost {losses['lost']}, repeated {losses['repeated']}")
        if not cluster.own_disk:
            print("not shown here: a full disk (no right to mount one)")
        cancelled = sum(run.cancelled_with is not None for run in workload.runs)
        print(f"{len(workload.runs)} runs, {cancelled} of them cancelled and run again; {told} items told to be done; "
              f"{len(violations)} violations", flush=True)


if __name__ == "__main__":
    unittest.main()
