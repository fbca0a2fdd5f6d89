"""Bad items in calls of several: they stand alone in the end, with the right cause; all others are done, few of them twice.

Small in every build. FRAMES=DIR detects in all images of DIR (default: the 24 of the tests, several times), of which five
are such as the library that looks at them cannot stand.
"""

import collections
import json
import os
import pathlib
import subprocess
import time
import unittest

from pool import BUILD, DEADLINE, SOURCE, Pool, PoolTest, copied

FRAMES = pathlib.Path(os.environ.get("FRAMES", SOURCE / "tests/data/frames"))
FEWEST = 96  # images
BATCH = 8

# How an item misbehaves: the cause that is named, what its reason says, and how often it is tried.
Kind = collections.namedtuple("Kind", "cause evidence attempts")
KINDS = {"segfault": Kind("crash", "SIGSEGV", 3), "abort": Kind("crash", "SIGABRT", 3),
         "exit": Kind("crash", "status 0", 3), "loop": Kind("timeout", "timeout", 2),
         "hog": Kind("out_of_memory", "memory", 2)}

BEHAVE = f"""
workflow: poison
inputs:
  how: list[str]
  journal: str
steps:
  calls:
    task: behave
    each: {{how: $how}}
    with: {{milliseconds: 1, journal: $journal}}
    batch: {BATCH}
    timeout: 6s
    allow_failed: 5
"""

DETECT = f"""
workflow: careless-detection
item: image
inputs:
  list: uri
  journal: str
steps:
  images:
    task: read_list
    with: {{file: $list}}
  calls:
    task: careless_detect
    each: {{image: $images}}
    with: {{model: nanodet-g-416, journal: $journal}}
    batch: {BATCH}
    timeout: 6s
    allow_failed: 5
"""


def spread(count):
    """The kinds by the items that get them: one in the first call and one in the last, two of them beside each other."""
    places = [3, count // 3, count // 3 + 1, count // 2 + 5, count - 2]
    return dict(zip(places, KINDS))


class Poison(PoolTest):
    def test_only_the_bad_items_of_a_call_fail(self):
        poison = spread(200)
        how = [poison.get(item, f"well {item}") for item in range(200)]
        with Pool() as pool, bounded_memory(pool):
            journal = pool.folder / "journal"
            run = pool.run(BEHAVE, f"how={json.dumps(how)}", f"journal={journal}")
            self.ended_well(pool, run, poison, {item: str(item) for item in poison}, journal)
            self.assertEqual(pool.results(run, "calls"), [None if item in poison else how[item] for item in range(200)])

    def test_only_the_images_that_detection_cannot_stand_fail(self):
        frames = sorted(FRAMES.glob("frame_*.jpg"))
        images = frames * -(-FEWEST // len(frames))
        poison = spread(len(images))
        with Pool() as pool, bounded_memory(pool):
            for item, kind in poison.items():
                bad = pool.folder / f"{images[item].stem}.{kind}.jpg"
                bad.symlink_to(images[item])
                images[item] = bad
            listed, journal = pool.folder / "images.txt", pool.folder / "journal"
            listed.write_text("".join(f"{image}\n" for image in images))
            run = pool.run(DETECT, f"list={listed}", f"journal={journal}")
            self.ended_well(pool, run, poison, {item: str(images[item]) for item in poison}, journal)
            missing = [item for item, found in enumerate(pool.results(run, "calls")) if found is None]
            self.assertEqual(missing, list(poison))

    def ended_well(self, pool, run, poison, keys, journal):
        """The run succeeded, its bad items are known by their causes, and the good ones of their calls only ran again."""
        begun = time.monotonic()
        done = pool.drover("wait", run, "--json", timeout=10 * DEADLINE)
        status = json.loads(done.stdout)
        self.assertEqual((status["state"], done.returncode), ("succeeded", 0), status["reason"])
        step = pool.step(run, "calls")
        self.assertEqual((step["done"], step["failed"]), (step["total"] - len(poison), len(poison)))

        path = pathlib.Path(status["results"], "failed.jsonl")
        pool.wait_until("the list of failed items is written", path.exists)
        listed = {line["item"]: line for line in map(json.loads, path.read_text().splitlines())}
        agent = pool.json("agents")["agents"][0]["name"]
        said = ("key", "cause", "attempts", "agent", "step")
        self.assertEqual({item: tuple(line[each] for each in said) for item, line in listed.items()},
                         {item: (keys[item], KINDS[kind].cause, KINDS[kind].attempts, agent, "calls")
                          for item, kind in poison.items()})
        for item, line in listed.items():
            self.assertIn(KINDS[poison[item]].evidence, line["reason"])
            self.assertTrue(line["signature"])
            self.assertIn(line["slot"], (0, 1))
            self.assertEqual(copied(line["log"]).returncode, 0)

        runs = collections.Counter(map(int, journal.read_text().split()))
        self.assertEqual(set(runs), set(range(step["total"])))
        again = [item for item, times in runs.items() if times > 1 and item not in poison]
        self.assertLessEqual(len(again), len(poison) * (BATCH - 1))
        print(f"{step['done']} done, {step['failed']} failed, {len(again)} good ones ran twice or more "
              f"({sum(runs[item] - 1 for item in again)} times too often), {time.monotonic() - begun:.1f} s", flush=True)


class bounded_memory:
    """Runs the pool with an agent whose two slots have half a GiB each."""

    def __init__(self, pool):
        self.pool = pool

    def __enter__(self):
        self.pool.kill("drover-agent")
        self.agent = subprocess.Popen(
            [BUILD / "bin/drover-agent", "--scheduler", self.pool.facts("droverd")["address"], "--state", self.pool.state / "agent",
             "--slots", "2", "--memory", "1GiB", "--tasks", BUILD / "tests/integration/tasks/lib"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.pool.wait_until("the agent is there", lambda: any(task["name"] == "careless_detect" for task in self.pool.json("tasks")["tasks"]))

    def __exit__(self, *error):
        self.pool.drover("down")
        self.agent.wait(timeout=20)


if __name__ == "__main__":
    unittest.main()
