"""What the clients of a chaos test submit, and what must come of it whatever happens.

The promises are those of docs/reliability.md: S1 (every item ends in exactly one state and the counts agree), S2 and S3
(a result is the item's own, once), S4 (its file is whole), S6 (after a cancel nothing more counts), S8 (asking twice is
asking once), and that nothing is run again of which somebody was told that it is done: but for what an agent still
held that was given up as lost and could not hear so.
"""

import json
import os
import pathlib
import time

ENDED = ("succeeded", "failed", "cancelled")
RUNS_WITHIN = 120  # seconds, once the faults have stopped

RECORD = """
workflow: record
inputs:
  count: int
  milliseconds: float
  journal: uri
results: uri = ./results
steps:
  numbers:
    task: sequence
    with: {count: $count}
  recorded:
    task: record
    each: {value: $numbers}
    with: {milliseconds: $milliseconds, journal: $journal}
    retries: 20
  doubled:
    task: noop
    each: {value: $recorded.ok}
  counts:
    task: count_succeeded
    with: {results: $doubled}
"""

POISON = """
workflow: poison
inputs:
  count: int
  item: int
steps:
  numbers:
    task: sequence
    with: {count: $count}
  crashing:
    task: crash_at
    each: {value: $numbers}
    with: {item: $item}
    retries: 2
    allow_failed: 1
  counts:
    task: count_succeeded
    with: {results: $crashing}
"""


DETECT = """
workflow: detect
inputs:
  images: uri
results: uri = ./results
steps:
  listing:
    task: list_objects
    with: {prefix: $images, suffixes: [.jpg]}
  detections:
    task: detect
    each: {image: $listing}
    with: {model: nanodet-g-416}
    retries: 20
"""

WORKFLOWS = {"record": RECORD, "poison": POISON, "detect": DETECT}
BOX = ("label", "score", "x", "y", "width", "height")
FRAMES = pathlib.Path(__file__).resolve().parents[1] / "data/frames"


class Run:
    """A run that was submitted, and what was seen of it."""

    def __init__(self, kind, inputs, folder):
        self.id = os.urandom(16)
        self.kind, self.inputs, self.folder = kind, inputs, folder
        self.done_seen = {}  # item -> when somebody was told that it is done
        self.cancelled_with = None  # done items of each step, as the cancel was answered
        self.parent = None

    @property
    def short(self):
        return self.id.hex()[:8]

    def body(self):
        return {"run": self.id, "file": f"{self.kind}.yaml", "text": WORKFLOWS[self.kind], "inputs": self.inputs,
                "working_directory": str(self.folder)}


class Workload:
    """One client: submits, looks, cancels, reruns. `violations` says what must not have been."""

    def __init__(self, client, folder, random):
        self.client, self.folder, self.random = client, pathlib.Path(folder), random
        self.runs, self.violations = [], []

    def wrong(self, run, text):
        self.violations.append(f"run {run.short} ({run.kind}): {text}")

    # While the faults go on.

    def act(self):
        """One step of a client's life."""
        active = [run for run in self.runs if self.state(run) not in ENDED]
        if len(active) < 3:
            self.submit()
        for run in active:
            if run.kind == "record":
                self.look(run)
        if active and self.random.random() < 0.05:
            self.cancel(self.random.choice(active))

    def state(self, run):
        return self.client.status(run.id)["state"]

    def submit(self):
        kind = self.random.choices(["record", "poison", "detect"], [6, 3, 1])[0]
        if kind == "record":
            journal = self.folder / f"journal-{len(self.runs)}"
            journal.touch()
            run = Run("record", {"count": str(self.random.randint(20, 300)), "journal": str(journal),
                                 "milliseconds": str(self.random.choice([0, 5, 30, 100]))}, self.folder)
        elif kind == "detect":
            run = Run("detect", {"images": str(FRAMES)}, self.folder)
        else:
            count = self.random.randint(5, 120)
            run = Run("poison", {"count": str(count), "item": str(self.random.randrange(count))}, self.folder)
        self.client.expect("submitted", "submit", **run.body())
        if self.random.random() < 0.3:  # As if the answer had been lost.
            if not self.client.expect("submitted", "submit", **run.body())["already"]:
                self.wrong(run, "submitted twice, and taken for new")
        self.runs.append(run)

    def look(self, run):
        """Notes what is told to be done: from now on it must not start again."""
        if not self.client.status(run.id)["steps"][1]["done"]:
            return
        for item in self.client.items(run.id, "recorded", "done"):
            run.done_seen.setdefault(item, time.monotonic())

    def cancel(self, run):
        kind, answer = self.client.ask("cancel", run=run.id.hex())
        if kind == "run_status" and answer["state"] == "cancelled":
            run.cancelled_with = {step["name"]: step["done"] for step in answer["steps"]}

    # Once the faults have stopped.

    def finish(self):
        """Waits for every run, reruns those that were cancelled, and checks all."""
        until = time.monotonic() + RUNS_WITHIN
        reruns = [self.rerun(run) for run in self.runs if run.cancelled_with is not None]
        self.runs += reruns
        for run in self.runs:
            while self.state(run) not in ENDED:
                if time.monotonic() > until:
                    self.wrong(run, f"has not ended {RUNS_WITHIN} s after the last fault: {self.client.status(run.id)}")
                    break
                time.sleep(0.1)
            else:
                self.check(run)

    def rerun(self, parent):
        run = Run(parent.kind, parent.inputs, self.folder)
        run.parent = parent
        self.client.expect("submitted", "rerun", run=run.id, parent=parent.id.hex())
        self.client.expect("submitted", "rerun", run=run.id, parent=parent.id.hex())
        return run

    def check(self, run):
        status = self.client.status(run.id)
        steps = {step["name"]: step for step in status["steps"]}
        for step in status["steps"]:
            ended = step["done"] + step["failed"] + step["skipped"] + step["cancelled"]
            if step["total"] is not None and ended != step["total"]:
                self.wrong(run, f"step {step['name']} has {ended} ended items of {step['total']}")
            if step["running"] or step["waiting"] or step["retrying"]:
                self.wrong(run, f"step {step['name']} has open items after the run's end")
        if run.cancelled_with is not None:
            for name, done in run.cancelled_with.items():
                if steps[name]["done"] != done:
                    self.wrong(run, f"{steps[name]['done']} items of {name} are done, {done} were when the cancel was answered")
        elif status["state"] != "succeeded":
            self.wrong(run, f"ended as {status['state']}: {status['reason']} {status['failures']}")
        elif run.kind == "record":
            self.check_recorded(run)
        elif run.kind == "detect":
            self.check_files(run, status)
        else:
            self.check_poison(run, steps)
        if run.kind == "record":
            self.check_journal(run, any("silent for" in event["text"] for event in status["events"]))

    def check_recorded(self, run):
        count = int(run.inputs["count"])
        for step in ("recorded", "doubled"):
            if (values := self.client.results(run.id.hex(), step)) != list(range(count)):
                self.wrong(run, f"step {step} has the results {values}")
        if (counts := self.client.results(run.id.hex(), "counts")) != [[count, 0]]:
            self.wrong(run, f"counted {counts}")

    def check_poison(self, run, steps):
        poison = int(run.inputs["item"])
        wanted = [None if item == poison else item for item in range(int(run.inputs["count"]))]
        if (values := self.client.results(run.id.hex(), "crashing")) != wanted:
            self.wrong(run, f"item {poison} crashes; the results are {values}")
        page = self.client.expect("items", "list_items", run=run.id.hex(), step="crashing", state="failed", limit=10)
        found = [(row["item"], row["cause"]) for row in page["rows"]]
        if found != [(poison, "crash")]:
            self.wrong(run, f"item {poison} crashes; failed are {found}")

    def check_files(self, run, status):
        """Every image has its file, whole and with what its result says (S4); there are no others."""
        names = sorted(frame.name for frame in FRAMES.glob("*.jpg"))
        values = self.client.results(run.id.hex(), "detections")
        folders = [pathlib.Path(status["results"], "detections")]
        if run.parent:  # What was taken over stays where it is.
            folders.append(pathlib.Path(self.client.status(run.parent.id)["results"], "detections"))
        files = {file.name: file for folder in folders if folder.exists() for file in folder.iterdir()}
        if sorted(files) != [f"{name}.json" for name in names]:
            self.wrong(run, f"the files are {sorted(files)}")
            return
        for name, value in zip(names, values, strict=True):
            boxes = json.loads(files[f"{name}.json"].read_text())["boxes"]
            if boxes != [dict(zip(BOX, box)) for box in value[-1]]:
                self.wrong(run, f"{name}.json has other boxes than the result")

    def check_journal(self, run, agent_lost):
        """No item starts after somebody was told that it is done; none is done that did not run."""
        ended = set()
        for line in pathlib.Path(run.inputs["journal"]).read_text().splitlines():
            what, item, at = line.split()
            item, at = int(item), float(at)
            if what == "end":
                ended.add(item)
            elif run.done_seen.get(item, at) < at and not agent_lost:
                self.wrong(run, f"item {item} started again {at - run.done_seen[item]:.3f} s after it was told to be done")
        for item in self.client.items(run.id, "recorded", "done"):
            if item not in ended:
                self.wrong(run, f"item {item} is done and has never run")
