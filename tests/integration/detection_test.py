"""The first user's job: a folder of street images, one of them broken, through the real programs."""

import json
import os
import pathlib
import re
import shutil
import signal
import unittest

from pool import SOURCE, Pool, PoolTest

WORKFLOW = SOURCE / "examples/offline-detection.yaml"
FRAMES = sorted((SOURCE / "tests/data/frames").glob("*.jpg"))
BROKEN = "broken_on_purpose.jpg"


REPEATED = """
workflow: repeated
inputs:
  list: uri
results: uri = ./results
steps:
  listing:
    task: read_list
    with: {file: $list}
  detections:
    task: detect
    each: {image: $listing, score: [0.1, 0.3, 0.6, 0.3]}
    with: {model: nanodet-g-416, draw: true}
"""


def images_with_broken(folder, broken=1):
    """The 24 frames, and copies of the first that end too early."""
    images = folder / "images"
    images.mkdir()
    for frame in FRAMES:
        shutil.copy(frame, images)
    whole = FRAMES[0].read_bytes()
    for i in range(broken):
        (images / (BROKEN if i == 0 else f"broken_{i}.jpg")).write_bytes(whole[:12288])
    return images


class Detection(PoolTest):
    def start(self, pool, images, allow="10%"):
        text = WORKFLOW.read_text().replace("allow_failed: 1%", f"allow_failed: {allow}")
        return pool.run(text, f"images={images}", f"results={pool.folder}/results")

    def files_of(self, pool, run):
        return pathlib.Path(pool.json("show", run)["results"]) / "detections"

    def test_every_image_has_a_state_a_result_and_the_broken_one_a_reason(self):
        with Pool() as pool:
            run = self.start(pool, images_with_broken(pool.folder))
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            step = pool.step(run, "detections")
            self.assertEqual((step["done"], step["failed"]), (len(FRAMES), 1))

            failed = pool.json("items", run, "detections", "--state", "failed")["rows"]
            self.assertEqual([pathlib.Path(row["key"]).name for row in failed], [BROKEN])
            self.assertIn("the JPEG ends after 12,288", failed[0]["reason"])

            results = pool.results(run, "detections")
            self.assertEqual(results.count(None), 1)
            folder = self.files_of(pool, run)
            for result in filter(None, results):
                self.assertEqual(json.loads((folder / f"{result['image']}.json").read_text()), result)
                self.assertTrue((folder / f"{result['image']}.boxes.jpg").exists())
                self.assertGreater(len(result["boxes"]), 0)
                self.assertEqual((result["width"], result["height"]), (768, 576))
            summary = pool.results(run, "summary")[0]
            people = sum(box["label"] == "person" for result in filter(None, results) for box in result["boxes"])
            self.assertEqual({o["label"]: o["objects"] for o in summary["objects"]}["person"], people)

    def test_more_failures_than_allowed_fail_the_run_and_a_rerun_keeps_what_is_done(self):
        with Pool() as pool:
            run = self.start(pool, images_with_broken(pool.folder, broken=3), allow="1%")
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("failed", 1))
            self.assertIn("3 of 27 images failed, allowed 1 % (0)", status["reason"])
            self.assertEqual(pool.step(run, "summary")["state"], "cancelled")

            done = pool.drover("rerun", run, "--allow-failed", "50%", "--json")
            self.assertEqual(done.returncode, 0, done.stderr)
            again = json.loads(done.stdout)
            step = next(s for s in again["steps"] if s["name"] == "detections")
            self.assertEqual((step["done"], step["kept"], step["failed"]), (24, 24, 3))
            self.assertEqual(pool.results(again["run"], "summary")[0]["images"], 24)
            told = pool.drover("watch", again["run"]).stdout
            kept = rf"(?m)^  kept +{re.escape(str(self.files_of(pool, run)))}/$"
            self.assertRegex(told, kept)

            third = json.loads(pool.drover("rerun", again["run"], "--json").stdout)  # Its parent has no files.
            step = next(s for s in third["steps"] if s["name"] == "detections")
            self.assertEqual(step["kept_in"], [str(self.files_of(pool, run).parent)])
            self.assertRegex(pool.drover("watch", third["run"]).stdout, kept)
            self.assertRegex(pool.drover("results", third["run"], "detections").stderr, kept)
            self.assertIn(str(self.files_of(pool, run).parent), pool.drover("show", third["run"]).stdout)

    def test_kills_in_mid_run_change_no_result(self):
        with Pool() as pool:
            images = images_with_broken(pool.folder)
            quiet = self.start(pool, images)
            pool.finish(quiet)
            expected = pool.results(quiet, "detections")

            run = self.start(pool, images)
            pool.wait_until("detection began", lambda: pool.step(run, "detections")["done"] > 1)
            os.kill(pool.workers()[0], signal.SIGKILL)
            pool.wait_until("it goes on", lambda: pool.step(run, "detections")["done"] > 4)
            pool.kill("droverd")
            pool.up()
            pool.wait_until("it goes on", lambda: pool.step(run, "detections")["done"] > 8)
            pool.kill("drover-agent")
            pool.up()
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "detections"), expected)
            self.assertTrue(status["events"], "what happened is told")

    def test_an_image_that_is_listed_three_times_has_three_files(self):
        with Pool() as pool:
            frames = [FRAMES[1], FRAMES[0], FRAMES[1], FRAMES[1]]
            (pool.folder / "list.txt").write_text("\n".join(map(str, frames)) + "\n")
            run = pool.run(REPEATED, f"list={pool.folder}/list.txt", f"results={pool.folder}/results")
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0), status)
            folder = self.files_of(pool, run)
            names = [f"{FRAMES[1].name}", f"{FRAMES[0].name}", f"{FRAMES[1].name}~2", f"{FRAMES[1].name}~3"]
            results = pool.results(run, "detections")
            self.assertNotEqual(results[0]["boxes"], results[2]["boxes"], "their thresholds differ")
            self.assertEqual([json.loads((folder / f"{name}.json").read_text()) for name in names], results)
            self.assertEqual(sorted(file.name for file in folder.glob("*.boxes.jpg")),
                             sorted(f"{name}.boxes.jpg" for name in names))

    def test_a_folder_that_is_not_there_is_named(self):
        with Pool() as pool:
            run = self.start(pool, pool.folder / "nowhere")
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("failed", 1))
            self.assertIn("nowhere", json.dumps(status["failures"]))
            self.assertIn(f" -i images={pool.folder}/nowhere", status["anew"])


if __name__ == "__main__":
    unittest.main()
