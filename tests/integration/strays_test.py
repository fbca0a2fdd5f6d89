"""What a task has started and sent away, into a session of its own, ends with the worker that it belongs to."""

import os
import signal
import unittest

from pool import Pool, PoolTest

TASKS = """
tasks:
  send_away:
    command: [python3, send_away.py]
    persistent: true
    args: {value: int}
    returns: int
"""

# A child of a child in a session of its own, whose parent has gone: nothing ties it to the worker but its environment.
SEND_AWAY = """
import json, os, subprocess, sys
for line in sys.stdin:
    call = json.loads(line)
    away = subprocess.run(["setsid", "sh", "-c", "sleep 1000 >/dev/null 2>&1 & echo $!"], stdout=subprocess.PIPE, text=True)
    print(json.dumps({"id": call["id"], "result": int(away.stdout)}), flush=True)
"""

WORKFLOW = """
workflow: strays
inputs: {count: int}
steps:
  numbers:
    task: sequence
    with: {count: $count}
  strays:
    task: send_away
    each: {value: $numbers}
"""


def lives(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


class Strays(PoolTest):
    def setUp(self):
        self.strays = []

    def tearDown(self):
        for pid in self.strays:
            if lives(pid):
                os.kill(pid, signal.SIGKILL)

    def start(self, pool):
        folder = pool.folder / "tasks"
        folder.mkdir()
        (folder / "tasks.yaml").write_text(TASKS)
        (folder / "send_away.py").write_text(SEND_AWAY)
        pool.drover("down")
        pool.tasks = [folder]
        pool.up()

    def send_some_away(self, pool):
        run = pool.run(WORKFLOW, "count=4")
        self.assertEqual(pool.finish(run)[1], 0)
        self.strays += pool.results(run, "strays")
        for pid in self.strays[-4:]:
            self.assertTrue(lives(pid), "it lives as long as its worker")

    def gone(self):
        return not any(lives(pid) for pid in self.strays)

    def test_they_end_with_their_worker(self):
        with Pool() as pool:
            self.start(pool)
            self.send_some_away(pool)
            for worker in pool.workers():
                os.kill(worker, signal.SIGKILL)
            pool.wait_until("all of them are gone", self.gone)
            self.send_some_away(pool)
            self.assertEqual(pool.drover("down").returncode, 0)
            self.assertTrue(self.gone(), "also where the worker is asked to leave")

    def test_those_of_an_agent_that_was_killed_end_when_it_is_started_again(self):
        with Pool() as pool:
            self.start(pool)
            self.send_some_away(pool)
            pool.kill("drover-agent")
            pool.up()
            pool.wait_until("all of them are gone", self.gone)


if __name__ == "__main__":
    unittest.main()
