"""Bad items in calls of several: they stand alone in the end, with the right cause; all others are done."""

import json
import pathlib
import subprocess
import unittest

from pool import BUILD, Pool, PoolTest

ITEMS = 200
POISON = {17: "segfault", 18: "abort", 77: "exit", 120: "loop", 163: "hog"}
CAUSES = {"segfault": "crash", "abort": "crash", "exit": "crash", "loop": "timeout", "hog": "out_of_memory"}

BEHAVE = """
workflow: poison
inputs:
  how: list[str]
steps:
  behaving:
    task: behave
    each: {how: $how}
    batch: 8
    timeout: 1s
    allow_failed: 5
"""


class Poison(PoolTest):
    def test_only_the_bad_items_of_a_call_fail(self):
        with Pool() as pool:
            pool.kill("drover-agent")
            agent = subprocess.Popen([BUILD / "bin/drover-agent", "--scheduler", pool.facts("droverd")["address"], "--state",
                                      pool.state / "agent", "--slots", "2", "--memory", "1GiB"],
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            how = [POISON.get(item, f"well {item}") for item in range(ITEMS)]
            run = pool.run(BEHAVE, f"how={json.dumps(how)}")
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "behaving"), [None if item in POISON else how[item] for item in range(ITEMS)])
            failed = pool.json("items", run, "behaving", "--state", "failed")["rows"]
            self.assertEqual({row["item"]: row["cause"] for row in failed},
                             {item: CAUSES[kind] for item, kind in POISON.items()})
            path = pathlib.Path(status["results"], "failed.jsonl")
            pool.wait_until("the list of failed items is written", path.exists)
            listed = [json.loads(line) for line in path.read_text().splitlines()]
            self.assertEqual({line["item"]: (line["key"], line["cause"], line["agent"]) for line in listed},
                             {item: (str(item), CAUSES[kind], listed[0]["agent"]) for item, kind in POISON.items()})
            self.assertEqual(pool.drover(*listed[0]["log"].split()[1:]).returncode, 0)
            pool.drover("down")
            agent.wait(timeout=20)


if __name__ == "__main__":
    unittest.main()
