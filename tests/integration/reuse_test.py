"""`drover run --reuse`: new images appear in a folder; only they run."""

import os
import pathlib
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
        (pool.tasks[0] / "length.py").write_text(PROGRAM)
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
