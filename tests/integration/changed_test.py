"""A task was built anew since it gave results that a new run would keep: that is told, and asked about."""

import os
import pty
import select
import subprocess
import time
import unittest

from pool import BUILD, DEADLINE, Pool, PoolTest

TASKS = """
tasks:
  times:
    command: [python3, times.py]
    args: {number: int}
    returns: int
  again:
    command: [python3, again.py]
    args: {number: int}
    returns: int
"""

TIMES = """
import json, sys
number = json.load(sys.stdin)["number"]
if number == REFUSED:
    sys.exit("no such number")
print(number * FACTOR)
"""

WORKFLOW = """
workflow: times
inputs: {count: int = 4}
steps:
  numbers:
    task: sequence
    with: {count: $count}
  times:
    task: times
    each: {number: $numbers}
    allow_failed: 100%
  again:
    task: again
    each: {number: $times}
"""


def asked(command, answer):
    """What a command prints on a terminal and its exit status, where its question gets that answer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    text, until = b"", time.monotonic() + DEADLINE
    answered = False
    while time.monotonic() < until:
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            text += os.read(ours, 65536)
        except OSError:  # Nobody has the other side any more.
            break
        if not answered and b"[s]top?" in text:
            os.write(ours, answer)
            answered = True
    os.close(ours)
    return text.decode(), process.wait(DEADLINE)


class Changed(PoolTest):
    def pool(self):
        pool = Pool()
        pool.tasks = [pool.folder / "tasks"]
        pool.tasks[0].mkdir()
        (pool.tasks[0] / "tasks.yaml").write_text(TASKS)
        (pool.tasks[0] / "again.py").write_text("import json, sys\nprint(json.load(sys.stdin)['number'] + 1)\n")
        (pool.folder / "times.yaml").write_text(WORKFLOW)
        self.build(pool, factor=10, refused=2)
        return pool

    @staticmethod
    def build(pool, factor, refused):
        program = TIMES.replace("FACTOR", str(factor)).replace("REFUSED", str(refused))
        (pool.tasks[0] / "times.py").write_text(program)

    def first(self, pool):
        """A run in which one of four failed; then its task is built anew."""
        done = pool.drover("run", pool.folder / "times.yaml", cwd=pool.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        run = pool.json("ls")["runs"][0]["run"]
        self.assertEqual(pool.results(run, "again"), [1, 11, None, 31])
        self.build(pool, factor=100, refused=-1)
        return run

    def last(self, pool):
        run = pool.json("ls")["runs"][0]["run"]
        self.assertEqual(pool.finish(run)[1], 0)
        return pool.results(run, "times"), pool.results(run, "again")

    def test_results_are_kept_where_nobody_is_there_to_be_asked_and_that_is_told(self):
        with self.pool() as pool:
            first = self.first(pool)
            done = pool.drover("rerun", first, "--failed")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("step 'times': 3 results of run " + first[:4], done.stderr)
            self.assertIn("--changed again", done.stderr)
            self.assertNotIn("step 'again'", done.stderr, "nobody built that anew")
            self.assertEqual(self.last(pool), ([0, 10, 200, 30], [1, 11, 201, 31]))
            builds = {build for run in pool.json("ls")["runs"] for build in pool.step(run["run"], "times")["builds"]}
            self.assertEqual(len(builds), 2, "what gave the results is recorded")

            # Of a chain of runs too: the first one's results are still of the older build.
            done = pool.drover("rerun", "last", "--changed", "stop")
            self.assertEqual(done.returncode, 2, done.stdout)
            self.assertIn("4 results of run", done.stderr)
            self.assertIn("nothing was started", done.stderr)
            self.assertEqual(len(pool.json("ls")["runs"]), 2)

    def test_they_are_made_anew_where_that_is_wanted_and_what_follows_from_them_too(self):
        with self.pool() as pool:
            first = self.first(pool)
            done = pool.drover("rerun", first, "--changed", "again")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.last(pool), ([0, 100, 200, 300], [1, 101, 201, 301]))
            done = pool.drover("rerun", "last", "--changed", "stop")
            self.assertEqual(done.returncode, 0, "nothing is of an older build any more")

    def test_whoever_sits_at_a_terminal_is_asked(self):
        with self.pool() as pool:
            first = self.first(pool)
            command = [str(BUILD / "bin/drover"), "rerun", first, "--state", str(pool.state)]
            text, status = asked(command, b"s\n")
            self.assertEqual(status, 2, text)
            self.assertEqual(len(pool.json("ls")["runs"]), 1)
            text, status = asked(command, b"what?\na\n")
            self.assertEqual(status, 0, text)
            self.assertEqual(text.count("[s]top?"), 2, text)
            self.assertEqual(self.last(pool)[0], [0, 100, 200, 300])

    def test_of_a_run_that_is_used_again_too(self):
        with self.pool() as pool:
            first = self.first(pool)
            words = ["run", pool.folder / "times.yaml", "-i", "count=5", "--reuse", first]
            done = pool.drover(*words, cwd=pool.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("step 'times': 3 results of run " + first[:4], done.stderr)
            self.assertEqual(self.last(pool)[0], [0, 10, 200, 30, 400])
            done = pool.drover(*words, "--changed", "again", cwd=pool.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.last(pool)[0], [0, 100, 200, 300, 400])

    def test_built_again_as_it_was_it_is_the_same(self):
        with self.pool() as pool:
            first = self.first(pool)
            self.build(pool, factor=10, refused=2)
            done = pool.drover("rerun", first, "--failed", "--changed", "stop")
            self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
