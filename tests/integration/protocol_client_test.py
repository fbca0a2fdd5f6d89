"""docs/protocol.md is enough to write a client from: the one that was, and the page's own example, against a real pool.

They run in the Python that DROVER_TEST_PYTHON names: the tests' own environment, which has pyzmq and msgpack.
"""

import json
import os
import pathlib
import re
import subprocess
import unittest

from pool import DEADLINE, SOURCE, Pool, PoolTest

HERE = pathlib.Path(__file__).resolve().parent
PAGE = SOURCE / "docs/protocol.md"
NUMBERS = SOURCE / "examples/numbers.yaml"

SUBMITS_TWICE = """
import json, os, sys
from protocol_client import Scheduler
scheduler = Scheduler(sys.argv[1])
count = "workflow: count\\nsteps:\\n  numbers:\\n    task: sequence\\n    with: {count: 3}\\n"
run = {"run": os.urandom(16), "file": "count.yaml", "text": count, "inputs": {}, "working_directory": os.getcwd()}
answers = [scheduler.ask("submit", **run), scheduler.ask("submit", **run),
           scheduler.ask("submit", **{**run, "text": count.replace("3", "4")})]
print(json.dumps([[kind, answer.get("already"), answer.get("code")] for kind, answer in answers]))
"""

REPEATS_A_RERUN = """
import json, os, sys
from protocol_client import Scheduler
scheduler = Scheduler(sys.argv[1])
count = "workflow: count\\nsteps:\\n  numbers:\\n    task: sequence\\n    with: {count: 3}\\n"
first, again = os.urandom(16), os.urandom(16)
scheduler.expect("submitted", "submit", run=first, file="count.yaml", text=count, inputs={},
                 working_directory=os.getcwd())
while scheduler.expect("run_status", "wait", run=first.hex())["state"] == "running":
    pass
rerun = {"run": again, "parent": "last", "failed_only": False, "items": [], "allow_failed": None, "submitted_by": "a@b"}
answers = [scheduler.ask("rerun", **rerun), scheduler.ask("rerun", **rerun)]
while scheduler.expect("run_status", "wait", run=again.hex())["state"] == "running":
    pass
answers += [scheduler.ask("rerun", **rerun), scheduler.ask("rerun", **{**rerun, "run": first})]
answers += [scheduler.ask("rerun", **{**rerun, "run": bytes(16)}),
            scheduler.ask("submit", run=bytes(16), file="count.yaml", text=count, inputs={}, working_directory="/")]
print(json.dumps([[kind, answer.get("already"), answer.get("code")] for kind, answer in answers]))
"""

ASKS_FOR_A_RUN_THAT_IS_NOT_THERE = """
import json, os, sys
from protocol_client import Scheduler
print(json.dumps(Scheduler(sys.argv[1]).ask("show_run", run="beef" * 8)))
"""

CANCELS_WHAT_IS_NOT_THERE_MANY_TIMES = """
import json, sys
from protocol_client import Scheduler
scheduler = Scheduler(sys.argv[1])
answers = [scheduler.ask("cancel", run="beef" * 8) for _ in range(600)]
print(json.dumps(sorted({(kind, answer["context"]) for kind, answer in answers})))
"""

SPEAKS_ANOTHER_VERSION = """
import json, sys, msgpack
from protocol_client import ANSWER_SECONDS, Scheduler
scheduler = Scheduler(sys.argv[1])
for kind in ("ping", "hello"):
    scheduler.socket.send(msgpack.packb(["drover", 7, kind, 5, 6, "a body that version 1 does not know"]))
    if not scheduler.socket.poll(ANSWER_SECONDS * 1000):
        raise SystemExit("no answer to " + kind)
    print(json.dumps(msgpack.unpackb(scheduler.socket.recv())))
"""


def python():
    """The interpreter of the tests' environment."""
    path = os.environ.get("DROVER_TEST_PYTHON", "")
    if not path:
        raise AssertionError("DROVER_TEST_PYTHON is not set: it names the Python that has pyzmq and msgpack "
                             "(ctest sets it; scripts/setup --tests makes .setup/venv/bin/python)")
    try:
        found = subprocess.run([path, "-c", "import msgpack, zmq"], capture_output=True, text=True, timeout=DEADLINE)
    except OSError as error:
        raise AssertionError(f"{path} cannot be run ({error.strerror}): scripts/setup --tests makes it") from None
    if found.returncode != 0:
        raise AssertionError(f"{path} lacks what scripts/requirements-tests.txt lists: run scripts/setup --tests\n"
                             f"{found.stderr}")
    return path


class ProtocolClient(PoolTest):
    @classmethod
    def setUpClass(cls):
        cls.python = python()
        cls.pool = cls.enterClassContext(Pool())
        cls.address = cls.pool.facts("droverd")["address"]

    def run_python(self, *words):
        """Runs a program in the tests' Python and returns it with its output as text."""
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        return subprocess.run([self.python, *map(str, words)], capture_output=True, text=True, timeout=DEADLINE,
                              cwd=self.pool.folder, env=environment, stdin=subprocess.DEVNULL)

    def printed(self, *words):
        """The lines of JSON that a program prints; it must succeed."""
        done = self.run_python(*words)
        self.assertEqual(done.returncode, 0, f"{done.stdout}{done.stderr}{self.pool.logs()}")
        return [json.loads(line) for line in done.stdout.splitlines()]

    def test_a_client_of_at_most_sixty_lines_reads_a_hundred_results(self):
        client = HERE / "protocol_client.py"
        self.assertLessEqual(len(client.read_text().splitlines()), 60)
        self.assertEqual(self.printed(client, self.address, NUMBERS, "count=100"), [list(range(100))])

    def test_what_is_wrong_with_a_workflow_reaches_the_client(self):
        done = self.run_python(HERE / "protocol_client.py", self.address, NUMBERS, "cuont=100")
        self.assertEqual(done.returncode, 1)
        self.assertIn("did you mean 'count'?", done.stderr)

    def test_the_example_of_the_page_does_what_the_page_says(self):
        example = re.search(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL).group(1)
        self.assertEqual(self.printed("-c", example, self.address), [[0, 1, 2]])

    def test_a_run_that_is_submitted_again_is_there_already(self):
        self.assertEqual(self.printed("-c", SUBMITS_TWICE, self.address),
                         [[["submitted", False, None], ["submitted", True, None], ["failed", None, "exists"]]])

    def test_a_rerun_that_is_asked_for_again_is_there_already_and_no_id_is_all_zeros(self):
        self.assertEqual(self.printed("-c", REPEATS_A_RERUN, self.address),
                         [[["submitted", False, None], ["submitted", True, None], ["submitted", True, None],
                           ["failed", None, "exists"], ["failed", None, "invalid"], ["failed", None, "invalid"]]])

    def test_a_run_that_is_not_there_is_not_found(self):
        [[kind, answer]] = self.printed("-c", ASKS_FOR_A_RUN_THAT_IS_NOT_THERE, self.address)
        self.assertEqual((kind, answer["code"]), ("failed", "not_found"))
        self.assertIn("beef" * 8, answer["context"])

    def test_requests_that_are_refused_take_no_place_for_ever(self):
        [answers] = self.printed("-c", CANCELS_WHAT_IS_NOT_THERE_MANY_TIMES, self.address)
        self.assertEqual([kind for kind, _ in answers], ["failed"])
        self.assertIn("beef" * 8, answers[0][1])

    def test_another_version_is_answered_with_both(self):
        client, agent = self.printed("-c", SPEAKS_ANOTHER_VERSION, self.address)
        self.assertEqual(client[:5], ["drover", 1, "failed", 5, 6])
        self.assertEqual(client[5]["code"], "invalid")
        self.assertEqual(agent[:4], ["drover", 1, "refused", 5])
        for text in (client[5]["context"], agent[5]["reason"]):
            self.assertRegex(text, r"version 7\b.*\bversion 1\b")


if __name__ == "__main__":
    unittest.main()
