"""`drover run --reuse`: new images appear in a folder; only they run."""

import os
import textwrap
import unittest

from pool import Pool, PoolTest

# Each call leaves a line with its argument, so that what ran is known from outside.
TASKS = """
tasks:
  length:
    command: [python3, length.py]
    persistent: true
    args: {file: uri, journal: str, factor: int}
    returns: int
  copy:
    command: [python3, copy_to.py]
    args: {file: uri, folder: str}
    returns: uri
  in_all:
    command: [python3, in_all.py]
    args: {number: int, files: "list[list[uri]]"}
    returns: int
"""

COPY = """
import json, pathlib, shutil, sys
call = json.load(sys.stdin)
made = pathlib.Path(call["folder"], pathlib.Path(call["file"].removeprefix("file://")).name)
shutil.copy(call["file"].removeprefix("file://"), made)
print(json.dumps(str(made)))
"""

IN_ALL = """
import json, os, sys
call = json.load(sys.stdin)
print(call["number"] + sum(os.stat(file.removeprefix("file://")).st_size for files in call["files"] for file in files))
"""

PROGRAM = """
import json, sys
for line in sys.stdin:
    call = json.loads(line)
    path = call["args"]["file"].removeprefix("file://")
    with open(call["args"]["journal"], "a") as journal:
        print(path.rsplit("/", 1)[1], file=journal)
    print("reads", path, file=sys.stderr)
    with open(path) as text:
        print(json.dumps({"id": call["id"], "result": len(text.read()) * call["args"]["factor"]}), flush=True)
"""

LENGTHS = """
workflow: lengths
item: text
inputs: {folder: uri, journal: str, factor: int = 1}
steps:
  texts:
    task: list_objects
    with: {prefix: $folder}
  lengths:
    task: length
    each: {file: $texts}
    with: {journal: $journal, factor: $factor}
    allow_failed: 100%
  counted:
    task: count_succeeded
    with: {results: $lengths}
"""


class Reuse(PoolTest):
    @staticmethod
    def pool():
        pool = Pool()
        pool.tasks = [pool.folder / "tasks"]
        pool.tasks[0].mkdir()
        (pool.tasks[0] / "length.yaml").write_text(TASKS)
        for name, text in {"length": PROGRAM, "copy_to": COPY, "in_all": IN_ALL}.items():
            (pool.tasks[0] / f"{name}.py").write_text(text)
        (pool.folder / "texts").mkdir()
        for name, text in {"b": "bb", "d": "dddd", "f": "ffffff"}.items():
            (pool.folder / "texts" / name).write_text(text)
        (pool.folder / "lengths.yaml").write_text(LENGTHS)
        return pool

    def run_it(self, pool, *words):
        """What the run says, and the names of the files that it read."""
        journal = pool.folder / "journal"
        journal.write_text("")
        done = pool.drover("run", pool.folder / "lengths.yaml", "-i", f"folder={pool.folder}/texts", "-i",
                           f"journal={journal}", *words, cwd=pool.folder)
        return done, sorted(journal.read_text().split())

    def test_only_what_is_new_or_changed_runs(self):
        with self.pool() as pool:
            done, read = self.run_it(pool)
            self.assertEqual((done.returncode, read), (0, ["b", "d", "f"]), done.stderr)
            first = pool.json("ls")["runs"][0]["run"]

            texts = pool.folder / "texts"
            (texts / "a").write_text("a")
            (texts / "e").write_text("eeeee")
            was = os.stat(texts / "d")
            (texts / "d").write_text("DDDD")  # As long as before: only its time tells.
            os.utime(texts / "d", ns=(was.st_atime_ns, was.st_mtime_ns + 1))
            (texts / "b").rename(texts / "c")  # Another name is another file.
            done, read = self.run_it(pool, "--reuse", "last")
            self.assertEqual((done.returncode, read), (0, ["a", "c", "d", "e"]), done.stdout + done.stderr)
            self.assertIn(f"1 of them kept from {first[:4]}", done.stdout)

            second = pool.json("ls")["runs"][0]["run"]
            status = pool.json("show", second)
            self.assertEqual((status["parent"], status["reuses"]), (first, True))
            self.assertEqual(pool.results(second, "lengths"), [1, 2, 4, 5, 6])
            said = pool.drover("logs", second, "lengths", "f")
            self.assertIn(f"reads {texts}/f", said.stdout, said.stderr)

            # A third takes over of the second also what that had taken over, and survives a restart.
            done, read = self.run_it(pool, "--reuse", second)
            self.assertEqual((done.returncode, read), (0, []), done.stdout + done.stderr)
            pool.kill("droverd")
            pool.up()
            third = pool.json("ls")["runs"][0]["run"]
            self.assertEqual(pool.results(third, "lengths"), [1, 2, 4, 5, 6])
            self.assertEqual(pool.step(third, "lengths")["kept"], 5)

    def test_what_failed_runs_again_and_what_is_given_otherwise_runs_whole(self):
        with self.pool() as pool:
            texts = pool.folder / "texts"
            (texts / "d").chmod(0)
            broken = texts / "z"
            broken.symlink_to(pool.folder / "missing")
            done, read = self.run_it(pool)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("z", read)
            done, read = self.run_it(pool, "--reuse", "last")
            self.assertEqual(read[-1], "z")
            self.assertNotIn("b", read)
            done, read = self.run_it(pool, "-i", "factor=2", "--reuse", "last")
            self.assertEqual((done.returncode, read), (2, []), done.stdout + done.stderr)
            self.assertIn("its 'factor' had another value there", done.stderr)
            self.assertIn("without --reuse everything runs", done.stderr)

    def run_steps(self, pool, steps, *words):
        """Runs a workflow of these steps; what it says, and the names of the files that `length` read."""
        journal = pool.folder / "journal"
        journal.write_text("")
        (pool.folder / "steps.yaml").write_text("workflow: steps\nsteps:\n" + textwrap.indent(textwrap.dedent(steps).replace(
            "FOLDER", str(pool.folder)), "  "))
        done = pool.drover("run", pool.folder / "steps.yaml", *words, cwd=pool.folder)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done, sorted(journal.read_text().split())

    def test_files_of_which_nothing_but_the_name_is_known_are_read_again(self):
        length = "with: {journal: FOLDER/journal, factor: 1}\n"
        numbers = "numbers: {task: noop, each: {value: [1, 2]}}\n"  # Of this step all can be kept.
        for steps, why in (
                ("listed: {task: list_objects, with: {prefix: FOLDER/texts}}\n"
                 "all: {task: flatten, with: {lists: [$listed]}}\n"
                 "lengths:\n  task: length\n  each: {file: $all}\n  " + length, "the task 'flatten' of step 'all' does not say"),
                ("listed: {task: list_objects, each: {prefix: [FOLDER/texts]}}\n"
                 "all: {task: flatten, with: {lists: $listed.ok}}\n"
                 "lengths:\n  task: length\n  each: {file: $all}\n  " + length, "step 'listed': its 'prefix' names files itself"),
                ("lengths:\n  task: length\n  each: {file: [FOLDER/texts/b, FOLDER/texts/d, FOLDER/texts/f]}\n  " + length,
                 "its 'file' names files itself")):
            with self.pool() as pool:
                self.assertEqual(self.run_steps(pool, numbers + steps)[1], ["b", "d", "f"])
                (pool.folder / "texts/d").write_text("changed")
                _, read = self.run_steps(pool, numbers + steps, "--reuse", "last")
                self.assertEqual(read, ["b", "d", "f"])
                run = pool.json("ls")["runs"][0]["run"]
                self.assertEqual((pool.step(run, "numbers")["kept"], pool.step(run, "lengths")["kept"]), (2, 0))
                self.assertEqual(sorted(pool.results(run, "lengths")), [2, 6, 7])
                self.assertIn(why, pool.drover("show", run).stdout)

    def test_a_list_inside_a_value_is_not_taken_for_the_same(self):
        steps = """
            listed: {task: list_objects, with: {prefix: FOLDER/texts}}
            counted: {task: in_all, each: {number: [1, 2]}, with: {files: [$listed]}}
            numbers: {task: noop, each: {value: [1, 2]}}
            """
        with self.pool() as pool:
            self.run_steps(pool, steps)
            (pool.folder / "texts/d").write_text("changed")
            self.run_steps(pool, steps, "--reuse", "last")
            run = pool.json("ls")["runs"][0]["run"]
            self.assertEqual(pool.results(run, "counted"), [16, 17])
            self.assertEqual((pool.step(run, "numbers")["kept"], pool.step(run, "counted")["kept"]), (2, 0))

    def test_files_that_a_step_made_are_the_same_where_their_item_is_kept(self):
        steps = """
            listed: {task: list_objects, with: {prefix: FOLDER/texts}}
            copies: {task: copy, each: {file: $listed}, with: {folder: FOLDER/copies}}
            lengths:
              task: length
              each: {file: $copies.ok}
              with: {journal: FOLDER/journal, factor: 1}
            """
        with self.pool() as pool:
            (pool.folder / "copies").mkdir()
            self.assertEqual(self.run_steps(pool, steps)[1], ["b", "d", "f"])
            (pool.folder / "texts/d").write_text("changed")  # Its copy has the same name as before.
            (pool.folder / "texts/e").write_text("eeeee")
            self.assertEqual(self.run_steps(pool, steps, "--reuse", "last")[1], ["d", "e"])
            run = pool.json("ls")["runs"][0]["run"]
            self.assertEqual(pool.results(run, "lengths"), [2, 7, 5, 6])

    def test_a_run_that_goes_on_and_one_that_is_not_there_are_refused_by_name(self):
        with self.pool() as pool:
            done, read = self.run_it(pool, "--reuse", "dddd")
            self.assertEqual((done.returncode, read), (2, []), done.stdout + done.stderr)
            self.assertIn("--reuse: there is no run 'dddd'", done.stderr)
            (pool.folder / "naps.yaml").write_text("workflow: naps\nsteps:\n  naps:\n    task: sleep\n    each: {value: "
                                                  "[1]}\n    with: {milliseconds: 60000}\n")
            started = pool.drover("run", pool.folder / "naps.yaml", "--detach")
            self.assertEqual(started.returncode, 0, started.stderr)
            done, read = self.run_it(pool, "--reuse", "last")
            self.assertEqual((done.returncode, read), (2, []), done.stdout + done.stderr)
            self.assertIn("has not ended", done.stderr)
            self.assertIn("drover cancel", done.stderr)


if __name__ == "__main__":
    unittest.main()
