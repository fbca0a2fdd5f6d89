"""What a person meets at the command line: errors that name the thing and the way out, and exit codes."""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import tempfile
import unittest

from pool import BUILD, SLEEPS, SOURCE, Pool, PoolTest, copied
from screen import COLUMNS, seen_on_a_terminal

NUMBERS = SOURCE / "examples/numbers.yaml"

PRINTS = """
workflow: prints
inputs:
  words: list[str]
steps:
  lines:
    task: print
    each: {text: $words}
"""


class CommandLine(PoolTest):
    def test_without_a_scheduler_a_command_says_how_to_start_one(self):
        pool = Pool()
        done = pool.drover("ls")
        self.assertEqual(done.returncode, 4)
        self.assertIn("drover up", done.stderr)
        gone = pool.drover("ls", "--address", "tcp://127.0.0.1:9")
        self.assertEqual(gone.returncode, 4)
        self.assertIn("no scheduler answers at tcp://127.0.0.1:9", gone.stderr)
        self.assertNotIn("waiting", gone.stderr)  # Nobody listens there: no use to wait.

    def test_after_down_a_command_says_at_once_that_nothing_runs(self):
        with Pool() as pool:
            self.assertEqual(pool.drover("down").returncode, 0)
            done = pool.drover("ls")
            self.assertEqual(done.returncode, 4)
            self.assertIn(f"no scheduler runs in {pool.state}\n", done.stderr)
            self.assertIn("drover up", done.stderr)
            self.assertNotIn("waiting", done.stderr)

    def test_up_shows_of_a_log_only_what_this_start_wrote(self):
        with Pool() as pool:
            pool.drover("down")
            (pool.state / "drover.db").write_bytes(b"not a database" * 1000)
            failed = pool.drover("up")
            self.assertEqual(failed.returncode, 4)
            self.assertIn("droverd did not start", failed.stderr)
            self.assertIn("drover.db", failed.stderr)
            self.assertNotIn("listens on", failed.stderr)  # The start before wrote that.

    def test_up_says_the_address_and_where_the_logs_are(self):
        with Pool() as pool:
            said = pool.up().stdout
            self.assertIn("scheduler and 2 cpu slots ready", said)
            address = re.search(r"tcp://127\.0\.0\.1:\d+", said)[0]
            self.assertEqual(pool.drover("ls", "--address", address).returncode, 0)
            logs = [line.split()[-1] for line in said.splitlines() if line.endswith(".log")]
            self.assertEqual([pathlib.Path(log).is_file() for log in logs], [True, True])

    def test_a_scheduler_that_runs_and_does_not_answer_is_named(self):
        with Pool() as pool:
            pid = pool.pid("droverd")
            os.kill(pid, signal.SIGSTOP)
            try:
                for command in ("ls", "up"):
                    silent = pool.drover(command)
                    self.assertNotEqual(silent.returncode, 0)
                    self.assertIn(f"runs as process {pid} and does not answer", silent.stderr)
                    self.assertIn(f"kill -9 {pid}; drover up --state ", silent.stderr)
                os.kill(pid, signal.SIGCONT)
                run = pool.run(SLEEPS, "count=2", "milliseconds=20000")
                following = subprocess.Popen([BUILD / "bin/drover", "watch", run, "--state", pool.state], stdout=subprocess.PIPE,
                                             stderr=subprocess.PIPE, text=True)
                following.stdout.readline()
                os.kill(pid, signal.SIGSTOP)
                told = following.communicate(timeout=60)[1]
                self.assertEqual(following.returncode, 4)
                self.assertIn(f"runs as process {pid} and does not answer", told)
                self.assertRegex(told, rf"nothing of the run is lost; back to it:  drover watch --state \S+ {run[:4]}")
            finally:
                os.kill(pid, signal.SIGCONT)

    def test_up_said_twice_at_once_is_up_once(self):
        pool = Pool()
        with concurrent.futures.ThreadPoolExecutor() as both:
            first, second = both.submit(pool.up), both.submit(pool.up)
            said = first.result().stdout, second.result().stdout
        with pool:
            address = pool.facts("droverd")["address"]
            for text in said:
                self.assertIn(address, text)

    def test_up_does_not_pass_over_what_cannot_take_effect(self):
        with Pool() as pool:
            self.assertEqual(pool.up().returncode, 0)  # The same again is no contradiction.
            for words in (("--tasks", pool.folder), ("--slots", "3")):
                late = pool.drover("up", *words)
                self.assertEqual(late.returncode, 2, words)
                at = f"--state {pool.state}"
                again = shlex.join(["--", *map(str, words)])[3:]
                self.assertIn(f"\n  drover down {at} && drover up {at} {again}\n", late.stderr)
            mine = pool.folder / "my tasks"
            mine.mkdir()
            late = pool.drover("up", "--tasks", mine, "--slots", "1")
            again = copied(late.stderr.splitlines()[-1])
            self.assertEqual(again.returncode, 0, again)
            self.assertIn("scheduler and 1 cpu slot ready\n", again.stdout)
            self.assertRegex(again.stdout, fr"\n  tasks +none +from {mine}\n")
            self.assertIn(f"no tasks loaded from {mine}: it has no library (*.so)", again.stdout)
            pool.drover("down")
            wrong = pool.drover("up", "--tasks", pool.folder / "nowhere")
            self.assertEqual(wrong.returncode, 2)
            self.assertIn("nowhere: there is no such folder", wrong.stderr)

    def test_up_says_what_it_loaded_from_a_folder(self):
        folder = pathlib.Path(Pool().folder)
        (folder / "times.yaml").write_text(TIMES + TIMES.replace("tasks:", "").replace("times:", "times_too:"))
        (folder / "broken.so").write_bytes(b"not a library")
        with Pool(tasks=[folder]) as pool:
            said = pool.up().stdout
            self.assertRegex(said, fr"\n  tasks +times and times_too +from {folder}\n")
            self.assertIn("broken.so not loaded: ", said)

    def test_an_item_that_printed_nothing_says_so(self):
        with Pool() as pool:
            run = pool.run(NUMBERS, "count=3")
            pool.finish(run)
            log = pool.drover("logs", run, "1")
            self.assertEqual((log.returncode, log.stdout), (0, ""))
            self.assertIn("attempt 1 printed nothing", log.stderr)
            self.assertIn(f"drover explain --state {pool.state} {run} same 1\n", log.stderr)
            of_plain_step = pool.drover("logs", run, "numbers")
            self.assertIn("attempt 1 printed nothing", of_plain_step.stderr)

    def test_a_step_that_runs_once_fails_with_its_reason(self):
        with Pool() as pool:
            (pool.folder / "once.yaml").write_text("workflow: once\nsteps:\n  breaks:\n    task: fail\n"
                                                   "    with: {value: 1, message: no luck today}\n")
            done = pool.drover("run", pool.folder / "once.yaml", cwd=pool.folder)
            self.assertEqual(done.returncode, 1)
            end = done.stdout[done.stdout.index("\nrun ") :]
            self.assertRegex(end, r"^\nrun \w+  failed after .*: step 'breaks': .*no luck today")
            self.assertEqual(end.count("no luck today"), 1)
            explain = re.search(r"drover explain .* breaks(?=  )", end)[0]  # As it printed nothing.
            self.assertIn("no luck today", copied(explain).stdout)
            self.assertNotIn("--allow-failed", end)

    def test_a_folder_without_a_picture_is_named(self):
        with Pool() as pool:
            empty = pool.folder / "empty"
            empty.mkdir()
            (empty / "notes.txt").write_text("no picture")
            workflow = SOURCE / "examples/offline-detection.yaml"
            done = pool.drover("run", workflow, "-i", f"images={empty}", cwd=pool.folder)
            self.assertEqual(done.returncode, 0, done.stderr)
            why = f"0 images: list_objects gave an empty list for prefix {empty}, suffixes .jpg, .jpeg and .png\n"
            self.assertIn(f"listing: succeeded {why}", done.stdout)
            self.assertIn(f"  listing    {why}", done.stdout[done.stdout.index("\nrun "):])

    def test_an_input_that_is_torn_is_shown_as_one_word(self):
        done = Pool().drover("run", NUMBERS, "-i", "count", "3")
        self.assertEqual(done.returncode, 2)
        self.assertIn("-i count=3\n", done.stderr)

    def test_a_state_that_is_none_is_not_taken_for_a_folder(self):
        wrong = Pool().drover("items", "last", "--state", "nonsense")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("'nonsense' is no state of items", wrong.stderr)

    def test_wrong_usage_has_status_2_and_help_has_an_example(self):
        pool = Pool()
        unknown = pool.drover("runn", "x")
        self.assertEqual(unknown.returncode, 2)
        self.assertIn("'runn' is not a command; did you mean 'run'?", unknown.stderr)
        self.assertEqual(pool.drover("help").stdout, pool.drover("--help").stdout)
        self.assertEqual(pool.drover("help", "explain").stdout, pool.drover("explain", "--help").stdout)
        self.assertIn("RUN [WHAT] [ITEM]", pool.drover("help", "explain").stdout)
        for command in ("run", "check", "watch", "wait", "ls", "show", "items", "logs", "results", "explain", "cancel",
                        "rerun", "call", "agents", "tasks", "up", "down"):
            helped = pool.drover(command, "--help")
            self.assertEqual(helped.returncode, 0)
            self.assertIn(f"Example:  drover {command}", helped.stdout)

    def test_all_problems_of_a_workflow_are_told_together(self):
        with Pool() as pool:
            workflow = pool.folder / "wrong.yaml"
            workflow.write_text("workflow: wrong\ninputs:\n  count: int\nsteps:\n  numbers:\n    task: sequense\n"
                                "    with: {count: $count}\n")
            done = pool.drover("run", workflow, "-i", "cuont=3")
            self.assertEqual(done.returncode, 2)
            self.assertIn("3 problems, nothing was started", done.stderr)
            self.assertIn("wrong.yaml:6:11", done.stderr)
            self.assertIn("did you mean 'sequence'", done.stderr)
            self.assertIn("did you mean 'count'", done.stderr)
            problems = json.loads(pool.drover("check", workflow, "-i", "cuont=3", "--json").stdout)["problems"]
            self.assertEqual(len(problems), 3)

    def test_a_log_is_exactly_what_the_attempt_wrote(self):
        with Pool() as pool:
            run = pool.run(PRINTS, "words=[alpha, beta, gamma]")
            self.assertEqual(pool.finish(run)[1], 0)
            for item, word in enumerate(("alpha", "beta", "gamma")):
                self.assertEqual(pool.drover("logs", run, str(item)).stdout.split(), [word])

    def test_what_waits_is_explained(self):
        with Pool() as pool:
            text = NUMBERS.read_text().replace("    each: {value: $numbers}",
                                               "    each: {value: $numbers}\n    resources: {gpu: 1}")
            run = pool.run(text, "count=10")
            pool.wait_until("the map is open", lambda: pool.step(run, "same")["total"] == 10)
            said = pool.drover("explain", run, "same").stdout
            self.assertIn("no GPU", said)
            pool.json("cancel", run)

    def test_a_run_is_found_by_what_is_unique_of_its_id_and_by_last(self):
        with Pool() as pool:
            run = pool.run(NUMBERS, "count=3")
            pool.finish(run)
            for name in (run, run[:6], "last"):
                self.assertEqual(pool.json("show", name)["run"], run)
            self.assertEqual(pool.drover("show", "zzzz").returncode, 2)

    def test_a_task_is_called_without_a_scheduler(self):
        pool = Pool()
        self.assertEqual(json.loads(pool.drover("call", "sequence", "count=3").stdout), [0, 1, 2])
        failed = pool.drover("call", "fail", "value=1", "message=no luck")
        self.assertEqual(failed.returncode, 1)
        self.assertIn("no luck", failed.stderr)
        crashed = pool.drover("call", "crash", "value=1")
        self.assertEqual(crashed.returncode, 1)
        self.assertRegex(crashed.stderr, r"^task 'crash' crashed: SIG[A-Z]+\n$")
        crashed = pool.drover("call", "crash_at", "value=1", "item=1")
        self.assertRegex(crashed.stderr, r"^task 'crash_at' crashed: SIG[A-Z]+ while about to crash\n$")
        unknown = pool.drover("call", "sequense")
        self.assertEqual(unknown.returncode, 2)
        self.assertEqual(unknown.stderr, "there is no task 'sequense'; did you mean 'sequence'?\n"
                                         "  sequence(count: int) -> list[int]\n")
        self.assertEqual(pool.drover("call", "of_my_own").stderr, "there is no task 'of_my_own'\n  all:    drover tasks\n"
                                                                  "  yours:  drover call of_my_own --tasks DIR\n")
        image = SOURCE / "tests/data/frames/frame_0001.jpg"
        called = pool.drover("call", "detect", f"image={image}", "model=nanodet-g-416", cwd=pool.folder)
        self.assertEqual(called.returncode, 0, called.stderr)
        written = list(pathlib.Path(pool.folder).glob("results/call-*/call/frame_0001*.json"))
        self.assertEqual(len(written), 1)
        self.assertIn(f"files of this call are in {pool.folder}/results/call-", called.stderr)

    def test_a_task_that_was_changed_is_used_by_the_next_run(self):
        folder = pathlib.Path(Pool().folder)
        (folder / "times.yaml").write_text(TIMES)
        (folder / "times.py").write_text(TIMES_PROGRAM % 2)
        with Pool(tasks=[folder]) as pool:
            run = pool.run(TIMES_OF_ALL)
            self.assertEqual(pool.finish(run)[1], 0)
            self.assertEqual(pool.results(run, "products"), [2, 4, 6])
            (folder / "times.py").write_text(TIMES_PROGRAM % 10)
            run = pool.run(TIMES_OF_ALL)
            self.assertEqual(pool.finish(run)[1], 0)
            self.assertEqual(pool.results(run, "products"), [10, 20, 30])
            (folder / "more.yaml").write_text(TIMES.replace("times:", "times_too:"))
            pool.wait_until("the new task is there", lambda: "times_too" in pool.drover("tasks").stdout)

    def test_a_task_that_no_agent_has_any_more_is_marked(self):
        folder = pathlib.Path(Pool().folder)
        (folder / "times.yaml").write_text(TIMES)
        (folder / "times.py").write_text(TIMES_PROGRAM % 2)
        (folder / "products.txt").write_text(TIMES_OF_ALL)
        with Pool(tasks=[f"{folder}/."]) as pool:
            (folder / "times.yaml").rename(folder / "times.old")
            pool.wait_until("it is marked", lambda: re.search(r"times\(.*\(no agent has it now\)", pool.drover("tasks").stdout))
            self.assertIn(f"no tasks loaded from {folder}: it has no library", pool.drover("agents").stdout)
            told = pool.drover("run", folder / "products.txt", "--detach")
            self.assertIn(f"no tasks loaded from {folder}", told.stdout + told.stderr)

    def test_a_folder_that_is_gone_is_named_by_the_commands_that_need_one(self):
        pool = Pool()
        gone = pool.folder / "gone"
        gone.mkdir()
        for words in ("call sequence count=3", f"run {NUMBERS} -i count=3"):
            done = subprocess.run(["sh", "-c", f"rmdir {gone}; {BUILD}/bin/drover {words}; status=$?; mkdir {gone}; exit $status"],
                                  cwd=gone, capture_output=True, text=True)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn("is not there any more: cd to another", done.stderr)

    def test_a_library_that_does_not_load_is_a_line_in_agents(self):
        folder = pathlib.Path(Pool().folder)
        (folder / "broken.so").write_bytes(b"not a library")
        with Pool(tasks=[folder]) as pool:
            self.assertIn("broken.so", pool.drover("agents").stdout)
            (folder / "mine.yaml").write_text(TIMES_OF_ALL)
            for words in (["tasks", "times"], ["run", folder / "mine.yaml"]):
                said = pool.drover(*words).stderr
                self.assertIn("there is no task 'times'", said)
                self.assertIn("broken.so not loaded: ", said)
            self.assertEqual(pool.finish(pool.run(NUMBERS, "count=3"))[1], 0)


TIMES = """
tasks:
  times:
    command: [python3, times.py]
    persistent: true
    args: {n: int}
    returns: int
"""

TIMES_PROGRAM = """
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    print(json.dumps({"id": call["id"], "result": call["args"]["n"] * %d}), flush=True)
"""

TIMES_OF_ALL = """
workflow: products
steps:
  products:
    task: times
    each: {n: [1, 2, 3]}
"""


TWO_MAPS = """
workflow: two
steps:
  numbers:
    task: fail
    each: {value: [1, 2]}
    with: {message: no luck}
    allow_failed: 2
  words:
    task: fail
    each: {value: [3, 4]}
    with: {message: "no luck\\neither"}
    allow_failed: 2
"""


FAILURES = """
workflow: failures
steps:
  tries:
    task: detect
    each: {image: [%(folder)s/a.jpg, %(folder)s/b.jpg]}
    with: {model: nanodet-g-416}
    allow_failed: 2
  whole:
    task: keys_of
    with: {failures: $tries.failed}
  each:
    task: key_of
    each: {failure: $tries.failed}
"""

KEY_TASKS = """
tasks:
  keys_of:
    command: [python3, keys.py]
    args: {failures: "list[Failure]"}
    returns: list[str]
  key_of:
    command: [python3, keys.py]
    args: {failure: Failure}
    returns: str
types:
  Failure: {index: int, key: str, reason: str}
"""

KEYS = """
import json, sys
given = json.load(sys.stdin)
print(json.dumps([f["key"] for f in given["failures"]] if "failures" in given else given["failure"]["key"]))
"""


class Printed(PoolTest):
    def test_every_command_that_is_printed_can_be_run(self):
        with Pool() as pool:
            run = pool.run(TWO_MAPS)
            self.assertEqual(pool.finish(run)[1], 0)
            address = pool.facts("droverd")["address"]
            for there in (["--state", str(pool.state)], ["--address", address]):
                printed = ""
                for words in (["show", run], ["watch", run], ["explain", run, "words"], ["explain", run, "words", "1"]):
                    printed += copied(shlex.join(["drover", *words, *there])).stdout
                commands = {re.split(" {2,}", line.strip().removeprefix("next:").strip())[0] for line in printed.splitlines()}
                commands = {command for command in commands if command.startswith("drover ")}
                self.assertTrue(any("explain" in command for command in commands), printed)
                for command in sorted(commands):
                    self.assertIn(shlex.join(there), command)
                    done = copied(command)
                    self.assertEqual(done.returncode, 0, f"{command}: {done.stdout}{done.stderr}")

    def test_show_says_what_to_do_next_where_something_is_left_to_do(self):
        with Pool() as pool:
            run = pool.run(TWO_MAPS)
            pool.finish(run)
            lines = pool.drover("show", run).stdout.splitlines()
            shown = lines[next(i for i, line in enumerate(lines) if line.startswith("next:")):]
            self.assertTrue(any(f"drover rerun --state {pool.state} {run[:4]} --failed" in line for line in shown), shown)
            self.assertFalse(any("drover show" in line for line in shown), "that was just done")
            fine = pool.run("workflow: fine\nsteps:\n  numbers:\n    task: sequence\n    with: {count: 1}\n")
            pool.finish(fine)
            self.assertNotIn("next:", pool.drover("show", fine).stdout)

    def test_a_scheduler_that_the_environment_names_is_not_repeated(self):
        with Pool() as pool:
            run = pool.run(TWO_MAPS)
            pool.finish(run)
            printed = copied(f"DROVER_STATE={shlex.quote(str(pool.state))} drover watch {run}").stdout
            self.assertIn(f"  drover show {run[:4]}", printed)


    def test_commands_in_the_list_of_failed_items_are_whole(self):
        with Pool() as pool:
            status, _ = pool.finish(pool.run(TWO_MAPS))
            path = pathlib.Path(status["results"], "failed.jsonl")
            pool.wait_until("the list of failed items is written", path.exists)
            for line in map(json.loads, path.read_text().splitlines()):
                self.assertEqual(copied(line["log"]).returncode, 0, line["log"])

    def test_the_next_page_of_items_is_a_command(self):
        with Pool() as pool:
            run = pool.run(NUMBERS, "count=5")
            pool.finish(run)
            page = pool.drover("items", run, "--limit", "2", "--state", "done").stdout
            following = copied(re.search("the next page:  (.*)", page)[1])
            self.assertRegex(following.stdout, r"^item .*\n2 .*\n3 ")
            self.assertIn(" --state done --limit 2 --after 3", following.stdout)


LONG = """
tasks:
  sentence:
    command: [python3, sentence.py]
    args: {n: int}
    returns: str
"""

SENTENCE = "import json, sys; print(json.dumps('a word ' * 30 + str(json.load(sys.stdin)['n'])))"


class OnATerminal(PoolTest):
    def seen(self, pool, *words):
        environment = {**os.environ, "DROVER_STATE": str(pool.state), "TERM": "xterm"}
        lines, _ = seen_on_a_terminal([str(BUILD / "bin/drover"), *map(str, words)], environment)
        return lines

    def test_what_goes_to_standard_error_breaks_at_blanks_and_commands_stay_whole(self):
        with Pool() as pool:
            lines = self.seen(pool, "up", "--slots", "3", "--tasks", pool.folder)
            commands = [line for line in lines if "drover " in line]
            self.assertEqual(commands, [f"  drover down && drover up --slots 3 --tasks {pool.folder}"])
            self.assertLessEqual(max(len(line) for line in lines if line not in commands), COLUMNS)
            text = " ".join(line.strip() for line in lines)
            self.assertIn("an agent runs here already with other --slots or --tasks; they count when it starts:", text)

    def test_long_results_are_cut_to_the_window_and_whole_in_a_pipe(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "long.yaml").write_text(LONG)
        (folder / "sentence.py").write_text(SENTENCE)
        with Pool(tasks=[folder]) as pool:
            run = pool.run("workflow: long\nsteps:\n  words:\n    task: sentence\n    each: {n: [1, 2]}\n")
            self.assertEqual(pool.finish(run)[1], 0)
            lines = self.seen(pool, "results", run)
            self.assertEqual([(len(line), line[-1]) for line in lines[:2]], [(COLUMNS, "…")] * 2)
            self.assertIn(f"drover results {run} words --json", "\n".join(lines))
            piped = pool.drover("results", run).stdout.splitlines()
            self.assertEqual([json.loads(line.split("\t")[1])[-1] for line in piped], ["1", "2"])


class Failures(PoolTest):
    def test_a_list_of_failures_has_the_keys_of_its_items(self):
        folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "keys.yaml").write_text(KEY_TASKS)
        (folder / "keys.py").write_text(KEYS)
        with Pool(tasks=[folder]) as pool:
            run = pool.run(FAILURES % {"folder": folder})
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0), status)
            keys = [f"{folder}/a.jpg", f"{folder}/b.jpg"]
            self.assertEqual(pool.results(run, "whole"), keys)
            self.assertEqual(pool.results(run, "each"), keys)


if __name__ == "__main__":
    unittest.main()
