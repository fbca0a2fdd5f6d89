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

from pool import SLEEPS, SOURCE, Pool, PoolTest

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


if __name__ == "__main__":
    unittest.main()
