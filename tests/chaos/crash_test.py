"""The scheduler dies at every labelled point, again and again, under a load; what was told holds afterwards.

CRASHES says how often (default 300). A point is a system call of SQLite or ZeroMQ, just before it or just after it: between
begin, write and commit of the database, between commit and answer, between two answers. crash_points.cpp has how.
"""

import os
import random
import shutil
import signal
import subprocess
import threading
import unittest

import chaos_test
from client import Client
from cluster import BUILD, Cluster
from workload import Workload

CRASHES = int(os.environ.get("CRASHES", 300))
POINTS = [f"{when} {call}" for call in ("fdatasync", "pwrite", "send") for when in ("before", "after")]
REACHED_WITHIN = 5  # seconds; else the point lay too far
EX_IOERR = 74
LIBRARY = BUILD / "lib/libcrash_points.so"


class Crashes(unittest.TestCase):
    def test_what_was_told_holds_whenever_the_scheduler_dies(self):
        seed = int(os.environ.get("CHAOS_SEED", 0)) or random.SystemRandom().randrange(1, 1 << 32)
        print(f"seed {seed}, {CRASHES} crashes", flush=True)
        chance = random.Random(seed)
        reached = dict.fromkeys(POINTS, 0)
        with Cluster(2, seed) as cluster:
            workload = Workload(Client(cluster.address), cluster.folder, chance)
            failed, stop = [], threading.Event()
            chaos_test.Chaos.check_idle(workload, 2)
            user = threading.Thread(target=chaos_test.Chaos.guarded, args=(failed, lambda: chaos_test.Chaos.use(workload, stop)))
            user.start()
            for _ in range(CRASHES):
                point = chance.choice(POINTS)
                if self.die_at(cluster.scheduler, f"{point} {1 + int(chance.expovariate(1 / 20))}"):
                    reached[point] += 1
                if failed:
                    break
            cluster.scheduler.start()
            stop.set()
            user.join()
            if not failed:
                chaos_test.Chaos.guarded(failed, workload.finish)
                chaos_test.Chaos.guarded(failed, lambda: chaos_test.Chaos.check_idle(workload, 2))
            violations = failed + workload.violations
            print(", ".join(f"{point} {count}" for point, count in reached.items()))
            print(f"{len(workload.runs)} runs, {sum(len(run.done_seen) for run in workload.runs)} items told to be done; "
                  f"{len(violations)} violations", flush=True)
        violations += cluster.unasked_ends()
        if violations:
            self.fail(f"seed {seed}:\n" + "\n".join(violations[:20]) + f"\nlogs and state: {cluster.folder}")
        for point, count in reached.items():
            self.assertGreater(count, CRASHES // 50, f"{point} was hardly ever reached")
        shutil.rmtree(cluster.folder, ignore_errors=True)

    def test_a_disk_that_fails_ends_the_scheduler_before_it_promises_more(self):
        with Cluster(1, 1) as cluster:
            workload = Workload(Client(cluster.address), cluster.folder, random.Random(1))
            chaos_test.Chaos.check_idle(workload, 1)
            cluster.scheduler.kill()
            cluster.scheduler.start(LD_PRELOAD=str(LIBRARY), CRASH_POINT="fail fdatasync 40")
            user_stops = threading.Event()
            failed = []
            user = threading.Thread(target=chaos_test.Chaos.guarded,
                                    args=(failed, lambda: chaos_test.Chaos.use(workload, user_stops)))
            user.start()
            self.assertEqual(cluster.scheduler.process.wait(timeout=60), EX_IOERR)
            cluster.scheduler.start()
            user_stops.set()
            user.join()
            chaos_test.Chaos.guarded(failed, workload.finish)
        self.assertEqual(failed + workload.violations + cluster.unasked_ends(), [])
        shutil.rmtree(cluster.folder)

    @staticmethod
    def die_at(scheduler, point):
        """Starts it anew, to die at that point; says whether it did. It is not running afterwards."""
        if scheduler.process.poll() is None:
            scheduler.kill()
        scheduler.start(LD_PRELOAD=str(LIBRARY), CRASH_POINT=point)
        try:
            return scheduler.process.wait(timeout=REACHED_WITHIN) == -signal.SIGKILL
        except subprocess.TimeoutExpired:
            scheduler.kill()
            return False


if __name__ == "__main__":
    unittest.main()
