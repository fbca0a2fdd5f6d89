"""A task is built anew while runs go on: the next run uses it, and the one that goes on keeps what it has."""

import os
import pathlib
import signal
import tempfile
import unittest

from pool import Pool, PoolTest

TASKS = """
tasks:
  numbers_of:
    command: [python3, look.py, list]
    args: {count: int}
    returns: list[int]
  look:
    command: [python3, look.py, look]
    persistent: true
    args: {number: int, until: uri}
    returns: %s
"""

# `look` ends once the file `until` is there, or the one of its number.
PROGRAM = """
import json, os, sys, time
if sys.argv[1] == "list":
    print(json.dumps(list(range(json.load(sys.stdin)["count"]))))
    sys.exit()
for line in sys.stdin:
    call = json.loads(line)
    until, number = call["args"]["until"], call["args"]["number"]
    open(f"{until}.began.{number}", "w").close()
    while not os.path.exists(until) and not os.path.exists(f"{until}.{number}"):
        time.sleep(0.01)
    print(json.dumps({"id": call["id"], "result": MAKE(number)}), flush=True)
"""

LOOKING = """
workflow: looking
inputs:
  count: int
  until: uri
steps:
  numbers:
    task: numbers_of
    with: {count: $count}
  looks:
    task: look
    each: {number: $numbers}
    with: {until: $until}
"""


# Of tasks that come with Drover.
BUILTIN = """
workflow: builtin
inputs:
  count: int
steps:
  numbers:
    task: sequence
    with: {count: $count}
  nothings:
    task: noop
    each: {value: $numbers}
"""


class Rebuilt(PoolTest):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="drover-rebuilt-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def build(self, type_name, make=None):
        (self.folder / "look.py").write_text(PROGRAM.replace("MAKE", f"({make or type_name})"))
        (self.folder / "tasks.yaml").write_text(TASKS % type_name)

    def start(self, pool, gate, count):
        return pool.run(LOOKING, f"count={count}", f"until={self.folder / gate}")

    def began(self, gate, number):
        return (self.folder / f"{gate}.began.{number}").exists()

    def open(self, gate):
        (self.folder / gate).write_text("")

    def test_the_run_that_is_started_the_moment_after_uses_it(self):
        self.build("int")
        self.open("gate")
        with Pool(slots=2, tasks=[self.folder]) as pool:
            pool.finish(self.start(pool, "gate", 4))
            for make in (str, int, float, str, int, float):
                self.build(make.__name__)
                said = pool.json("run", pool.folder / "workflow.yaml", "--detach", "-i", "count=4", "-i",
                                 f"until={self.folder / 'gate'}")
                self.assertEqual(said["warnings"], [])
                run = said["run"]
                said, status = pool.finish(run)
                self.assertEqual(status, 0, said)
                self.assertEqual(pool.results(run, "looks"), [make(number) for number in range(4)])

    def test_a_rerun_the_moment_after_the_types_changed_is_refused(self):
        self.build("int")
        with Pool(slots=2, tasks=[self.folder]) as pool:
            run = self.start(pool, "gate", 4)
            pool.drover("cancel", run)
            pool.finish(run)
            self.build("str")
            refused = pool.drover("rerun", run)
            self.assertEqual(refused.returncode, 2, refused.stdout)
            self.assertIn("now look(number: int, until: uri) -> str", refused.stderr)

    def test_an_item_waits_for_its_task_where_a_worker_dies_while_it_does_not_load(self):
        self.build("int")
        with Pool(slots=2, tasks=[self.folder]) as pool:
            run = self.start(pool, "gate", 12)
            pool.wait_until("both slots are busy", lambda: self.began("gate", 0) and self.began("gate", 1))
            (self.folder / "tasks.yaml").write_text("tasks: [")
            pool.wait_until("they do not load", lambda: "tasks.yaml" in pool.drover("agents").stdout)
            for worker in pool.workers():
                os.kill(worker, signal.SIGKILL)
            pool.wait_until("the run waits", lambda: "tasks.yaml" in pool.drover("explain", run).stdout)
            told = pool.drover("run", pool.folder / "workflow.yaml", "--detach", "-i", "count=1", "-i",
                               f"until={self.folder / 'gate'}")
            self.assertIn("tasks.yaml", told.stdout + told.stderr, "the cause is said where the run is started")
            self.build("int")
            self.open("gate")
            said, status = pool.finish(run)
            self.assertEqual(status, 0, said)
            self.assertEqual(pool.results(run, "looks"), list(range(12)))

    def test_a_run_that_goes_on_keeps_a_slot_and_what_it_has(self):
        self.build("int")
        with Pool(slots=2, tasks=[self.folder]) as pool:
            old = self.start(pool, "old", 12)
            pool.wait_until("both slots are busy", lambda: self.began("old", 0) and self.began("old", 1))
            self.build("str")
            self.open("new")
            new = self.start(pool, "new", 6)
            self.open("old.0")
            self.assertEqual(pool.finish(new)[1], 0)
            self.assertEqual(pool.results(new, "looks"), [str(number) for number in range(6)])
            self.assertEqual(pool.step(old, "looks")["state"], "running")
            self.assertIn("task 'look' was built anew: 1 slot goes on with it as it was", " ".join(pool.drover("agents").stdout.split()))
            explained = pool.drover("explain", old).stdout
            self.assertIn("1 of 2 slots goes on with the types it was started with", explained)
            self.assertNotIn("the step fails", explained)
            self.open("old")
            said, status = pool.finish(old)
            self.assertEqual(status, 0, said)
            self.assertEqual(pool.results(old, "looks"), list(range(12)))

    def test_a_run_of_what_was_not_built_anew_takes_no_slot_from_an_older_one(self):
        self.build("int")
        with Pool(slots=2, tasks=[self.folder]) as pool:
            old = self.start(pool, "old", 12)
            pool.wait_until("both slots are busy", lambda: self.began("old", 0) and self.began("old", 1))
            workers = sorted(pool.workers())
            self.build("str")
            new = pool.run(BUILTIN, "count=40")
            self.open("old.0")
            self.open("old.1")
            self.assertEqual(pool.finish(new)[1], 0)
            pool.wait_until("both slots go on", lambda: len(list(self.folder.glob("old.began.*"))) == 4)
            self.assertEqual(sorted(pool.workers()), workers)
            self.assertIn("2 slots go on with it as it was", " ".join(pool.drover("agents").stdout.split()))
            self.open("old")
            self.assertEqual(pool.finish(old)[1], 0)

    def test_code_that_changed_and_no_types_is_what_the_next_run_uses(self):
        self.build("int")
        self.open("gate")
        with Pool(slots=2, tasks=[self.folder]) as pool:
            pool.finish(self.start(pool, "gate", 4))
            for add in range(3):
                self.build("int", f"lambda number: number + {add}")
                run = self.start(pool, "gate", 4)
                pool.finish(run)
                self.assertEqual(pool.results(run, "looks"), [number + add for number in range(4)])

    def test_where_one_slot_is_all_there_is_the_new_run_waits_and_says_for_what(self):
        self.build("int")
        with Pool(slots=1, tasks=[self.folder]) as pool:
            old = self.start(pool, "old", 3)
            pool.wait_until("the slot is busy", lambda: self.began("old", 0))
            self.build("str")
            self.open("new")
            new = self.start(pool, "new", 3)
            pool.wait_until("it says for what", lambda: "kept for an older run" in pool.drover("explain", new).stdout)
            self.open("old")
            said, status = pool.finish(old)
            self.assertEqual(status, 0, said)
            self.assertEqual(pool.finish(new)[1], 0)
            self.assertEqual(pool.results(old, "looks"), [0, 1, 2])
            self.assertEqual(pool.results(new, "looks"), ["0", "1", "2"])


if __name__ == "__main__":
    unittest.main()
