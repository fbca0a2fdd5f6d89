#!/usr/bin/env python3
"""Runs a workflow, kills a worker, then the agent and then the scheduler in mid-run, and compares the result files with
those of the newest run before it.

    kill_in_mid_run.py DROVER WORKFLOW [-i name=value ...]

Drover must be up, with the state folder that the environment names. Exit status 1 if the run fails or a file differs.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time

WORKER_DIES_AT = 0.2  # Shares of the items that are done by then.
AGENT_DIES_AT = 0.4
SCHEDULER_DIES_AT = 0.7


def ask(drover, *arguments):
    """The JSON that a command prints; None while the scheduler does not answer."""
    answer = subprocess.run([drover, *arguments, "--json"], capture_output=True, text=True, check=False)
    try:
        return json.loads(answer.stdout)
    except json.JSONDecodeError:
        return None


def state_folder():
    if os.environ.get("DROVER_STATE"):
        return pathlib.Path(os.environ["DROVER_STATE"])
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return pathlib.Path(base, "drover")


def pid_in(facts):
    return json.loads((state_folder() / facts).read_text())["pid"]


def workers_of(agent):
    """Processes that run drover-worker below the agent."""
    for status in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            name, rest = status.read_text().split(" (", 1)[1].rsplit(") ", 1)
        except (OSError, IndexError):
            continue  # It ended meanwhile.
        if name.startswith("drover-worker") and int(rest.split()[1]) == agent:
            yield int(status.parent.name)


def share_done(status):
    """Done items of the widest step; 0 before it opened."""
    widest = max(status["steps"], key=lambda step: step["total"] or 0)
    return widest["done"] / widest["total"] if widest["map"] and widest["total"] else 0.0, widest


class Killer(threading.Thread):
    """Watches the run beside the live view; `told` has what it did."""

    def __init__(self, drover, run):
        super().__init__(daemon=True)
        self.drover, self.run_id, self.told, self.kills = drover, run, [], 0

    def run(self):
        self.wait_for(WORKER_DIES_AT, self.kill_worker)
        self.wait_for(AGENT_DIES_AT, self.kill_agent)
        self.wait_for(SCHEDULER_DIES_AT, self.kill_scheduler)

    def wait_for(self, share, act):
        while True:
            status = ask(self.drover, "show", self.run_id)
            if status and status["ended_ms"] is not None:
                self.told.append("the run ended before there was something to kill: too few items")
                return
            if status and share_done(status)[0] >= share:
                act(share_done(status)[1])
                self.kills += 1
                return
            time.sleep(0.1)

    def kill_worker(self, step):
        worker = next(workers_of(pid_in("agent/agent.json")))
        os.kill(worker, signal.SIGKILL)
        self.told.append(f"kill -9 of a worker (process {worker}) when {step['done']} of {step['total']} were done")

    def kill_agent(self, step):
        self.kill_daemon("agent", pid_in("agent/agent.json"), step)

    def kill_scheduler(self, step):
        self.kill_daemon("scheduler", pid_in("scheduler.json"), step)

    def kill_daemon(self, name, process, step):
        os.kill(process, signal.SIGKILL)
        subprocess.run([self.drover, "up"], capture_output=True, check=True)
        self.told.append(f"kill -9 of the {name} (process {process}) when {step['done']} of {step['total']} were done,"
                         " then  drover up")


def result_files(run):
    folder = pathlib.Path(run["results"].removeprefix("file://"))
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def say(label, text):
    print(f"  {label:<10} {text}")


def main():
    drover, workflow, *inputs = sys.argv[1:]
    before = ask(drover, "show", "last")
    started = ask(drover, "run", workflow, *inputs, "--detach")
    if not before or not started:
        sys.exit("kill_in_mid_run.py: the scheduler does not answer; is Drover up?  drover up")
    killer = Killer(drover, started["run"])
    killer.start()
    ended = subprocess.run([drover, "watch", started["run"]], check=False).returncode
    killer.join(timeout=10)
    after = ask(drover, "show", started["run"])

    print()
    for sentence in killer.told:
        say("killed", sentence)
    for event in after["events"]:
        say("event", event["text"])
    undisturbed, disturbed = result_files(before), result_files(after)
    differing = sorted(str(name) for name in undisturbed.keys() | disturbed.keys() if undisturbed.get(name) != disturbed.get(name))
    say("compared", f"{len(disturbed)} result files, {len(disturbed) - len(differing)} equal those of the undisturbed run {before['short_id']}")
    for name in differing[:5]:
        say("differs", name)
    return 1 if ended or differing or killer.kills < 3 else 0


if __name__ == "__main__":
    sys.exit(main())
