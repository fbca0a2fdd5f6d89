#!/usr/bin/env python3
"""Runs a workflow, kills a worker, then the agent and then the scheduler in mid-run, and compares the result files with
those of the newest run before it.

    kill_in_mid_run.py DROVER WORKFLOW [-i name=value ...]

Drover must be up, with the state folder that the environment names. Exit status 1 if the run fails or a file differs.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap
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


def say(label, text):
    """A line, or several on a terminal that is narrower, at once."""
    line = f"  {label:<10} {text}"
    if sys.stdout.isatty():
        line = textwrap.fill(line, shutil.get_terminal_size().columns, subsequent_indent=" " * 13,
                             break_long_words=False, break_on_hyphens=False)
    print(line, flush=True)


class Watch:
    """`drover watch`, the live view of the run."""

    def __init__(self, drover, run):
        self.command = [drover, "watch", run]
        self.process = subprocess.Popen(self.command)

    @contextlib.contextmanager
    def aside(self):
        """While something is said. On a terminal the view writes over its own lines, so it ends where it is and begins anew
        below; in a pipe it only ever adds lines."""
        if not sys.stdout.isatty():
            yield
            return
        self.process.terminate()
        self.process.wait()
        yield
        self.process = subprocess.Popen(self.command)

    def end(self):
        return self.process.wait()


def wait_for(drover, run, share):
    """The widest step once that share of it is done; None where the run ends before."""
    while True:
        status = ask(drover, "show", run)
        if status and status["ended_ms"] is not None:
            return None
        if status and share_done(status)[0] >= share:
            return share_done(status)[1]
        time.sleep(0.1)


def kill(name, process, step):
    os.kill(process, signal.SIGKILL)
    say("killed", f"the {name} (process {process}), by kill -9, when {step['done']} of {step['total']} were done")


def kill_worker(_, step):
    kill("worker", next(workers_of(pid_in("agent/agent.json"))), step)


def kill_agent(drover, step):
    kill("agent", pid_in("agent/agent.json"), step)
    start_again(drover, "agent")


def kill_scheduler(drover, step):
    kill("scheduler", pid_in("scheduler.json"), step)
    start_again(drover, "scheduler")


def start_again(drover, name):
    started = subprocess.run([drover, "up"], capture_output=True, text=True)
    if started.returncode != 0:
        sys.exit(f"the {name} does not start again:  drover up   says\n{started.stdout}{started.stderr}")
    say("started", f"the {name} again, by drover up")


KILLS = ((WORKER_DIES_AT, kill_worker), (AGENT_DIES_AT, kill_agent), (SCHEDULER_DIES_AT, kill_scheduler))


def kill_while_watching(drover, run):
    """Whether the run succeeded, and all was killed in it."""
    watch = Watch(drover, run)
    for share, act in KILLS:
        step = wait_for(drover, run, share)
        if step is None:
            break
        with watch.aside():
            act(drover, step)
    ended = watch.end()
    print()
    if step is None:
        say("not killed", "the run ended before there was something to kill: too few items")
    return ended == 0 and step is not None


def result_files(run):
    folder = pathlib.Path(run["results"].removeprefix("file://"))
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.json"))}


def main():
    drover, workflow, *inputs = sys.argv[1:]
    before = ask(drover, "show", "last")
    started = ask(drover, "run", workflow, *inputs, "--detach")
    if not before or not started:
        sys.exit("kill_in_mid_run.py: the scheduler does not answer; is Drover up?  drover up")
    as_wanted = kill_while_watching(drover, started["run"])
    after = ask(drover, "show", started["run"])

    for event in after["events"]:
        say("event", event["text"])
    undisturbed, disturbed = result_files(before), result_files(after)
    differing = sorted(str(name) for name in undisturbed.keys() | disturbed.keys() if undisturbed.get(name) != disturbed.get(name))
    say("compared", f"{len(disturbed)} result files, {len(disturbed) - len(differing)} equal those of the undisturbed run {before['short_id']}")
    for name in differing[:5]:
        say("differs", name)
    return 0 if as_wanted and not differing else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # The live view was told, too, and has said how to come back.
        sys.exit(128 + signal.SIGINT)
