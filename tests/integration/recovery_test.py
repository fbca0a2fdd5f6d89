"""Everything is killed at once, in mid-run: what was told to be done is kept, and a rerun runs only the rest."""

import os
import signal
import unittest

from pool import Pool, PoolTest

# Each call leaves a line with its number, so that what ran is known from outside.
NOTED = """
tasks:
  noted:
    command: [python3, noted.py]
    persistent: true
    args: {n: int, journal: str}
    returns: int
"""

PROGRAM = """
import json, os, sys, time
for line in sys.stdin:
    call = json.loads(line)
    n = call["args"]["n"]
    with open(call["args"]["journal"], "a") as journal:
        print(n, file=journal)
    time.sleep(0.01)
    print(json.dumps({"id": call["id"], "result": n * 2}), flush=True)
"""

DOUBLES = """
workflow: doubles
inputs: {count: int, journal: str}
steps:
  numbers:
    task: sequence
    with: {count: $count}
  doubles:
    task: noted
    each: {n: $numbers}
    with: {journal: $journal}
"""


def kill_everything(pool):
    """All processes of the pool at once; none can say goodbye."""
    victims = [pool.pid("droverd"), pool.pid("drover-agent"), *pool.workers()]
    for pid in victims:
        os.kill(pid, signal.SIGSTOP)
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    for program in ("droverd", "drover-agent"):
        pool.wait_until(f"{program} is gone", lambda: pool.pid(program) is None)


class Recovery(PoolTest):
    @staticmethod
    def pool():
        pool = Pool()
        pool.tasks = [pool.folder]
        (pool.folder / "noted.yaml").write_text(NOTED)
        (pool.folder / "noted.py").write_text(PROGRAM)
        return pool

    @staticmethod
    def start(pool):
        run = pool.run(DOUBLES, "count=400", f"journal={pool.folder}/journal")
        pool.wait_until("some are done", lambda: pool.step(run, "doubles")["done"] > 50)
        return run

    @staticmethod
    def noted(pool):
        return [int(line) for line in (pool.folder / "journal").read_text().splitlines()]

    @staticmethod
    def done(pool, run):
        """Indexes of the items that are done now."""
        items = pool.json("items", run, "doubles", "--limit", "1000")["rows"]
        return {item["item"] for item in items if item["state"] == "done"}

    def test_a_run_goes_on_after_everything_was_killed(self):
        with self.pool() as pool:
            run = self.start(pool)
            told = self.done(pool, run)
            kill_everything(pool)
            before = len(self.noted(pool))
            pool.up()
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "doubles"), [2 * n for n in range(400)])
            again = self.noted(pool)[before:]
            self.assertEqual(told & set(again), set())

    def test_a_rerun_after_everything_was_killed_runs_only_what_is_missing(self):
        with self.pool() as pool:
            run = self.start(pool)
            kill_everything(pool)
            pool.up()
            pool.json("cancel", run)
            kept = self.done(pool, run)
            self.assertGreater(len(kept), 50)
            before = len(self.noted(pool))
            rerun = pool.json("rerun", run, "--detach")["run"]
            status, code = pool.finish(rerun)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(rerun, "doubles"), [2 * n for n in range(400)])
            # A call of the old run may begin between the answer to the cancel and its end in the worker.
            again = set(self.noted(pool)[before:])
            self.assertEqual(again, set(range(400)) - kept)


if __name__ == "__main__":
    unittest.main()
