"""A machine that breaks everything it is given, beside one that does not: it gets a few items and then none."""

import os
import subprocess
import unittest

from pool import BUILD, Pool, PoolTest

TASKS = """
tasks:
  touch_device:
    command: [python3, touch_device.py]
    persistent: true
    args: {value: int}
    returns: int
"""

TOUCH_DEVICE = """
import json, os, sys, time
for line in sys.stdin:
    call = json.loads(line)
    if os.environ.get("DEVICE") == "broken":
        os.abort()
    time.sleep(0.02)
    print(json.dumps({"id": call["id"], "result": call["args"]["value"]}), flush=True)
"""

WORKFLOW = """
workflow: devices
inputs: {count: int}
steps:
  numbers:
    task: sequence
    with: {count: $count}
  touched:
    task: touch_device
    each: {value: $numbers}
"""


class BrokenSlot(PoolTest):
    def test_it_is_put_out_of_service_and_says_why(self):
        with Pool(slots=2) as pool:
            folder = pool.folder / "tasks"
            folder.mkdir()
            (folder / "tasks.yaml").write_text(TASKS)
            (folder / "touch_device.py").write_text(TOUCH_DEVICE)
            pool.drover("down")
            pool.tasks = [folder]
            pool.up()
            broken = subprocess.Popen(
                [BUILD / "bin/drover-agent", "--scheduler", pool.facts("droverd")["address"], "--state", pool.folder / "broken",
                 "--name", "broken", "--slots", "1", "--tasks", folder],
                env={**os.environ, "DEVICE": "broken"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                pool.wait_until("both agents are there", lambda: len(pool.json("agents")["agents"]) == 2)
                run = pool.run(WORKFLOW, "count=1000")
                status, code = pool.finish(run)
                self.assertEqual((status["state"], code), ("succeeded", 0))
                self.assertEqual(pool.results(run, "touched"), list(range(1000)))
                said = [event["text"] for event in status["events"]]
                out = [text for text in said if "out of service" in text]
                self.assertEqual(len(out), 1, said)
                self.assertRegex(out[0], r"^broken slot 0 is out of service for 60 s: 3 items failed in it and were done elsewhere$")
                deaths = [text for text in said if text.startswith("broken slot 0, item")]
                self.assertLessEqual(len(deaths), 20, "2 % of the items at most see it")
                self.assertIn("slot 0 is out of service for another ", pool.drover("agents").stdout)
            finally:
                broken.terminate()
                broken.wait(timeout=20)


if __name__ == "__main__":
    unittest.main()
