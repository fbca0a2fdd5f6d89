"""A scheduler and an agent of its own, for one test: the real programs, in a folder that goes afterwards.

The programs are those of the build folder that DROVER_BUILD names.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

BUILD = pathlib.Path(os.environ["DROVER_BUILD"])
SOURCE = pathlib.Path(__file__).resolve().parents[2]
DEADLINE = 60  # seconds, for anything that is waited for

# Items that take time and nothing else.
SLEEPS = """
workflow: sleeps
inputs:
  count: int
  milliseconds: float = 20
steps:
  numbers:
    task: sequence
    with: {count: $count}
  naps:
    task: sleep
    each: {value: $numbers}
    with: {milliseconds: $milliseconds}
  counts:
    task: count_succeeded
    with: {results: $naps}
"""


class Pool:
    """`drover up` in a folder of its own. Use it with `with`."""

    def __init__(self, slots=2, tasks=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-test-"))
        self.state = self.folder / "state"
        self.slots = slots
        self.tasks = tasks

    def __enter__(self):
        self.up()
        return self

    def __exit__(self, *error):
        self.drover("down")
        for program in ("droverd", "drover-agent"):
            pid = self.pid(program)
            if pid:
                os.kill(pid, signal.SIGKILL)
        if error[0] is not None:
            print(self.logs())
        shutil.rmtree(self.folder, ignore_errors=True)

    def up(self):
        words = ["up", "--slots", str(self.slots)]
        for folder in self.tasks:
            words += ["--tasks", str(folder)]
        done = self.drover(*words)
        if done.returncode != 0:
            raise AssertionError(f"drover up failed: {done.stdout}{done.stderr}{self.logs()}")
        return done

    def drover(self, *words, timeout=DEADLINE, cwd=None):
        """Runs a command against this pool; returns it with its output as text."""
        command = [str(BUILD / "bin/drover"), words[0], *map(str, words[1:])]
        if words[0] not in ("call", "model", "version", "help", "--help"):
            command += ["--state", str(self.state)]
        environment = {k: v for k, v in os.environ.items() if k != "DROVER_ADDRESS"}
        return subprocess.run(command, capture_output=True, text=True, timeout=timeout, cwd=cwd, env=environment,
                              stdin=subprocess.DEVNULL)

    def json(self, *words, **options):
        """The JSON that a command prints; it must succeed."""
        done = self.drover(*words, "--json", **options)
        if not done.stdout:
            raise AssertionError(f"drover {words}: {done.returncode} {done.stderr}")
        return json.loads(done.stdout)

    def run(self, workflow, *inputs, detach=False):
        """Starts a workflow (a path, or its text) and returns the run's id."""
        path = pathlib.Path(workflow) if isinstance(workflow, pathlib.Path) else self.folder / "workflow.yaml"
        if not isinstance(workflow, pathlib.Path):
            path.write_text(workflow)
        words = ["run", path, "--detach"]
        for given in inputs:
            words += ["-i", given]
        said = self.json(*words, cwd=self.folder)
        if "run" not in said:
            raise AssertionError(f"the workflow was refused: {said}")
        return said["run"]

    def finish(self, run):
        """Waits until the run ends; returns what `wait --json` says and the exit status."""
        done = self.drover("wait", run, "--json")
        if not done.stdout:
            raise AssertionError(f"wait: {done.returncode} {done.stderr}{self.logs()}")
        return json.loads(done.stdout), done.returncode

    def results(self, run, step):
        """Every element of a step's result, as Python values."""
        done = self.drover("results", run, step, "--json")
        if done.returncode != 0:
            raise AssertionError(f"results: {done.stderr}")
        return [json.loads(line)["value"] for line in done.stdout.splitlines()]

    def step(self, run, name):
        """The status of one step now."""
        return next(s for s in self.json("show", run)["steps"] if s["name"] == name)

    def wait_until(self, what, condition):
        """Polls until condition() holds."""
        until = time.monotonic() + DEADLINE
        while time.monotonic() < until:
            if condition():
                return
            time.sleep(0.01)
        raise AssertionError(f"not within {DEADLINE} s: {what}{self.logs()}")

    def facts(self, program):
        path = self.state / "scheduler.json" if program == "droverd" else self.state / "agent/agent.json"
        return json.loads(path.read_text()) if path.exists() else None

    def pid(self, program):
        """The process of droverd or drover-agent, if it runs."""
        facts = self.facts(program)
        if facts is None:
            return None
        try:
            return facts["pid"] if os.readlink(f"/proc/{facts['pid']}/exe").endswith(program) else None
        except OSError:
            return None

    def workers(self):
        """Processes of this pool's workers."""
        agent = self.pid("drover-agent")
        found = subprocess.run(["pgrep", "-P", str(agent), "-f", "drover-worker"], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]

    def kill(self, program):
        """kill -9, and waits until the process is gone."""
        pid = self.pid(program)
        os.kill(pid, signal.SIGKILL)
        self.wait_until(f"{program} is gone", lambda: self.pid(program) is None)

    def logs(self):
        text = ""
        for name in ("droverd.log", "drover-agent.log"):
            path = self.state / name
            if path.exists():
                text += f"\n--- {name}\n" + path.read_text()[-3000:]
        return text


def copied(command):
    """What a command does that was copied from what drover printed, in a shell that knows of no scheduler."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DROVER_STATE", "DROVER_ADDRESS")}
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL,
                          env={**environment, "PATH": f"{BUILD}/bin:{os.environ['PATH']}", "XDG_STATE_HOME": "/nowhere"})


class PoolTest(unittest.TestCase):
    """Tests that say the whole difference."""

    maxDiff = None
