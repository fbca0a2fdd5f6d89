"""Workers, or the scheduler, are killed again and again in one run: nothing is lost and nothing counts twice.

Small in every build. KILLS=1000 kills so many workers in a run of 300 times as many items of 1 ms. SCHEDULER_KILLS=100 FRAMES=DIR
kills the scheduler so often in ten passes of detection over the images of DIR (default: the 24 of the tests).
"""

import json
import os
import pathlib
import random
import signal
import time
import unittest

from pool import BUILD, SLEEPS, SOURCE, Pool, PoolTest
from screen import COLUMNS, seen_on_a_terminal

KILLS = int(os.environ.get("KILLS", 20))
SCHEDULER_KILLS = int(os.environ.get("SCHEDULER_KILLS", 4))
FRAMES = pathlib.Path(os.environ.get("FRAMES", SOURCE / "tests/data/frames"))
PASSES = 10
ITEMS_A_KILL = 300
HOURS = 4 * 3600  # enough for any number of kills

DETECTIONS = """
workflow: passes
inputs: {list: uri}
steps:
  images:
    task: read_list
    with: {file: $list}
  detections:
    task: detect
    each: {image: $images}
    with: {model: nanodet-g-416}
"""


class Kills(PoolTest):
    def test_kills_of_workers(self):
        count = KILLS * ITEMS_A_KILL
        chance = random.Random(1)
        with Pool() as pool:
            begun = time.monotonic()
            run = pool.run(SLEEPS.replace("task: sleep", "task: sleep\n    retries: 20"), f"count={count}", "milliseconds=1")
            killed = 0
            while killed < KILLS and pool.step(run, "naps")["state"] != "succeeded":
                workers = pool.workers()
                if workers:
                    try:
                        os.kill(chance.choice(workers), signal.SIGKILL)
                        killed += 1
                    except ProcessLookupError:
                        pass
                time.sleep(0.02 + chance.random() * 0.08)
            status, code = self.finish(pool, run)
            seconds = time.monotonic() - begun
            self.assertEqual((status["state"], code), ("succeeded", 0))
            step = pool.step(run, "naps")
            self.assertEqual((step["done"], step["failed"]), (count, 0))
            self.assertEqual(pool.results(run, "naps"), list(range(count)))
            print(f"{killed} workers killed in {count} items, {seconds:.1f} s, 0 lost, 0 counted twice", flush=True)
            self.assertGreater(killed, KILLS // 2)

    def test_kills_of_the_scheduler_during_detection(self):
        chance = random.Random(2)
        images = sorted(FRAMES.glob("*.jpg"))
        with Pool() as pool:
            once, often = pool.folder / "once.txt", pool.folder / "often.txt"
            once.write_text("".join(f"{image}\n" for image in images))
            often.write_text(once.read_text() * PASSES)
            undisturbed = pool.run(DETECTIONS, f"list={once}")
            self.assertEqual(self.finish(pool, undisturbed)[1], 0)
            expected = pool.results(undisturbed, "detections")
            run = pool.run(DETECTIONS, f"list={often}")
            killed, told = 0, 0
            share = len(images) * PASSES / (SCHEDULER_KILLS + 1)
            while True:
                step = pool.step(run, "detections")
                self.assertGreaterEqual(step["done"], told, "what was told to be done is not done any more")
                told = step["done"]
                if step["state"] in ("succeeded", "failed"):
                    break
                if killed < SCHEDULER_KILLS and told >= (killed + 1) * share:
                    time.sleep(chance.random() * 0.1)
                    pool.kill("droverd")
                    killed += 1
                    pool.up()
                time.sleep(0.02)
            self.assertEqual(self.finish(pool, run)[1], 0)
            self.assertEqual(pool.results(run, "detections"), expected * PASSES)
            print(f"{killed} kills of the scheduler in {len(images) * PASSES} images, results equal", flush=True)
            self.assertEqual(killed, SCHEDULER_KILLS)

    @staticmethod
    def finish(pool, run):
        done = pool.drover("wait", run, "--json", timeout=HOURS)
        return json.loads(done.stdout), done.returncode


class Demonstration(PoolTest):
    def test_each_kill_is_told_when_it_happens_and_the_live_view_goes_on_below(self):
        with Pool() as pool:
            workflow = pool.folder / "sleeps.yaml"
            workflow.write_text(SLEEPS)
            command = [SOURCE / "scripts/kill_in_mid_run.py", BUILD / "bin/drover", workflow, "-i", "count=600", "-i", "milliseconds=20"]
            pool.finish(pool.run(workflow, "count=3"))
            told = []  # Whether the run had ended at each line about a kill.

            def look(screen):
                kills = sum(line.startswith("  killed ") for line in screen.lines)
                if kills > len(told):
                    told.append(any(" succeeded in " in line for line in screen.lines))

            lines, status = seen_on_a_terminal(command, {**os.environ, "DROVER_STATE": str(pool.state), "TERM": "xterm"},
                                               while_running=look)
            seen = "\n".join(lines)
            self.assertEqual(status, 0, seen)
            self.assertEqual(told, [False] * 3, seen)
            for name in ("worker", "agent", "scheduler"):
                self.assertRegex(seen, rf"  killed     the {name} \(process \d+\), by kill -9, when \d+ of 600")
            self.assertLessEqual(max(map(len, lines)), COLUMNS, seen)
            self.assertEqual(sum(line.startswith("run ") for line in lines), 5, seen)  # Four views, which are whole, and the end.
            self.assertIn("equal those of the undisturbed run", " ".join(seen.split()))


if __name__ == "__main__":
    unittest.main()
