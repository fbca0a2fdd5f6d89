"""What is told of attempts and reruns: logs that are empty, programs that print too much, tasks with other types, folders."""

import json
import pathlib
import re
import unittest

from pool import Pool, PoolTest, copied

TASKS = """
tasks:
  list_words:
    command: [python3, -u, words.py, list]
    args: {}
    returns: list[str]
  look:
    command: [python3, words.py, look]
    args: {word: str}
    returns: %s
  chats:
    command: [python3, words.py, chats]
    args: {word: str}
    returns: str
"""

PROGRAM = """
import json, sys
call, what = json.load(sys.stdin), sys.argv[1]
if what == "list":
    print("listing quickly", file=sys.stderr)
    print(json.dumps(["a", "bad", "mute"]))
elif what == "chats":
    print("loading the model for", call["word"])
    print(json.dumps(call["word"]))
elif call["word"] == "mute":
    print(json.dumps({"error": "no luck"}))
else:
    print("looking at", call["word"], file=sys.stderr)
    print(json.dumps({"error": "it is bad"} if call["word"] == "bad" else call["word"]))
"""

LOOKING = """
workflow: looking
steps:
  listing:
    task: list_words
  looks:
    task: %s
    each: {word: $listing}
    allow_failed: 3
"""


TWO_MAPS = """
workflow: two
steps:
  looks:
    task: look
    each: {word: [a, bad]}
    allow_failed: 2
  chats:
    task: chats
    each: {word: [c, d]}
    allow_failed: 2
"""


class Told(PoolTest):
    def setUp(self):
        self.folder = pathlib.Path(Pool().folder)
        self.write_tasks("str")
        (self.folder / "words.py").write_text(PROGRAM)

    def write_tasks(self, returns):
        (self.folder / "tasks.yaml").write_text(TASKS % returns)

    def looked(self, pool, task="look"):
        run = pool.run(LOOKING % task)
        self.assertEqual(pool.finish(run)[1], 0)
        return run

    def test_a_step_that_ran_once_has_its_log_as_items_have(self):
        with Pool(tasks=[self.folder]) as pool:
            run = self.looked(pool)
            log = pool.drover("logs", run, "listing")
            self.assertEqual((log.returncode, log.stdout), (0, "listing quickly\n"), log.stderr)
            again = pool.json("rerun", run, "--failed")["run"]
            self.assertEqual(pool.drover("logs", again, "listing").stdout, "listing quickly\n")
            self.assertEqual(pool.drover("logs", again, "0").stdout, "looking at a\n")

    def test_a_step_is_named_alike_by_all_commands_about_items(self):
        with Pool(tasks=[self.folder]) as pool:
            run = pool.run(TWO_MAPS)
            pool.finish(run)
            for words in (["looks", "1"], ["1", "--step", "looks"], ["looks", "1", "--step", "looks"]):
                self.assertEqual(pool.drover("logs", run, *words).stdout, "looking at bad\n")
                self.assertIn("it is bad", pool.drover("explain", run, *words).stdout)
            for command in ("logs", "explain"):
                twice = pool.drover(command, run, "looks", "1", "--step", "chats")
                self.assertEqual(twice.returncode, 2)
                self.assertIn("two steps are named, 'looks' and --step chats", twice.stderr)
            for words in (["logs", run, "0"], ["explain", run, "0"], ["items", run]):
                asked = pool.drover(*words)
                self.assertEqual(asked.returncode, 2)
                self.assertIn("say which step, looks or chats:\n", asked.stderr)
                self.assertEqual(copied(asked.stderr.splitlines()[-1]).returncode, 0, asked.stderr)

    def test_more_tasks_than_can_be_told_are_left_out_with_their_file(self):
        one = "  {name}:\n    command: [python3, words.py, list]\n    args: {{{long}: int}}\n    returns: int\n"
        tasks = (one.format(name=f"big_{number}", long="a" * 1000) for number in range(300))
        (self.folder / "big.yaml").write_text("tasks:\n" + "".join(tasks))
        with Pool(tasks=[self.folder]) as pool:
            said = pool.up().stdout
            self.assertRegex(said, f"big.yaml of {self.folder} not loaded: the types of its 300 tasks take .* KiB, and of 160.0 KiB")
            self.assertNotIn("big_", pool.drover("tasks").stdout)
            self.looked(pool)

    def test_nobody_is_sent_to_a_log_that_is_empty(self):
        with Pool(tasks=[self.folder]) as pool:
            run = self.looked(pool)
            log = pool.drover("logs", run, "2")
            self.assertEqual(log.stdout, "")
            self.assertIn("attempt 1 printed nothing", log.stderr)
            told = copied(re.search(r"drover explain .*", log.stderr)[0]).stdout
            self.assertIn("no luck", told)
            self.assertIn("it printed nothing", told)
            self.assertNotIn("drover logs", told)

            told = pool.drover("explain", run, "1").stdout
            self.assertEqual(copied(re.search(r"drover logs .*", told)[0]).stdout, "looking at bad\n")

    def test_a_program_that_prints_more_than_its_result_is_told_where_to(self):
        with Pool(tasks=[self.folder]) as pool:
            failures = pool.json("show", self.looked(pool, "chats"))["failures"]
            self.assertRegex(failures[0]["text"], r'words.py printed "loading the model for \w+ \\"\w+\\"" on its stdout, which is for the '
                                                  r"result only, as JSON: print logs to stderr")
            self.assertEqual([failure["count"] for failure in failures], [3], "what it printed is no part of the kind")

    def test_a_rerun_of_a_task_with_other_types_is_refused(self):
        with Pool(tasks=[self.folder]) as pool:
            run = self.looked(pool)
            self.write_tasks("int")
            pool.wait_until("the agent offers it", lambda: "-> int" in pool.drover("tasks", "look").stdout)
            refused = pool.drover("rerun", run)
            self.assertEqual(refused.returncode, 2)
            self.assertIn("then look(word: str) -> str, now look(word: str) -> int", refused.stderr)
            self.assertIn("drover run ", refused.stderr)
            self.write_tasks("str")
            pool.wait_until("as it was", lambda: "-> str" in pool.drover("tasks", "look").stdout)
            again = json.loads(pool.drover("rerun", run, "--json").stdout)
            step = next(s for s in again["steps"] if s["name"] == "looks")
            self.assertEqual((step["kept"], step["failed"]), (1, 2))


if __name__ == "__main__":
    unittest.main()
