"""A disk that fills up in mid-run, and a start on a full one: nothing is lost, questions are answered, and it goes on."""

import os
import subprocess
import time
import unittest

from pool import BUILD, SLEEPS, Pool, PoolTest

SIZE = 16 << 20  # bytes
ANSWERED_WITHIN = 1.0  # seconds


class SmallDisk:
    """A pool whose state folder is on a disk of its own."""

    def __init__(self):
        self.pool = Pool()

    def __enter__(self):
        self.pool.state.mkdir(mode=0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "drover-test", self.pool.state],
                                 capture_output=True, text=True)
        if mounted.returncode != 0:
            raise unittest.SkipTest(f"a disk of its own cannot be mounted here: {mounted.stderr.strip()}")
        self.pool.__enter__()
        return self

    def __exit__(self, *error):
        self.pool.drover("down")
        subprocess.run(["umount", "-l", self.pool.state], check=True)
        self.pool.__exit__(*error)

    def fill(self):
        file = os.open(self.pool.state / "ballast", os.O_WRONLY | os.O_CREAT)
        for size in (1 << 16, 1):
            try:
                while os.write(file, bytes(size)):
                    pass
            except OSError:
                continue  # It is full, for so many bytes.
        os.close(file)

    def free(self):
        (self.pool.state / "ballast").unlink()


class FullDisk(PoolTest):
    def test_a_run_waits_while_the_disk_is_full_and_goes_on_by_itself(self):
        with SmallDisk() as disk:
            pool = disk.pool
            run = pool.run(SLEEPS, "count=600", "milliseconds=10")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 20)
            disk.fill()
            pool.wait_until("the scheduler says so", lambda: "disk is full" in pool.logs())
            pool.wait_until("the store finds it full too", lambda: "disk is full" in pool.step(run, "naps")["reason"])
            done = pool.step(run, "naps")["done"]
            self.assertLess(done, 600)
            for words in (("show", run), ("ls",), ("items", run, "naps"), ("explain", run), ("agents",)):
                begun = time.monotonic()
                pool.json(*words)
                self.assertLess(time.monotonic() - begun, ANSWERED_WITHIN, words)
            self.assertEqual(pool.step(run, "naps")["done"], done, "nothing is stored meanwhile")
            disk.free()
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "naps"), list(range(600)))

    def test_a_disk_that_is_nearly_full_takes_no_new_runs_and_finishes_those_it_has(self):
        with SmallDisk() as disk:
            pool = disk.pool
            run = pool.run(SLEEPS, "count=300", "milliseconds=10")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 20)
            free = os.statvfs(pool.state).f_bavail * os.statvfs(pool.state).f_frsize
            (pool.state / "ballast").write_bytes(bytes(free - SIZE // 12))
            for words in (("run", pool.folder / "workflow.yaml", "-i", "count=3"), ("rerun", run)):
                refused = pool.drover(*words)
                self.assertEqual(refused.returncode, 2, refused)
                self.assertIn("storage low: the disk of", refused.stderr)
                self.assertIn("new runs are taken from 1.6 MiB on", refused.stderr)
            self.assertEqual(pool.finish(run)[1], 0)
            disk.free()
            self.assertEqual(pool.finish(pool.run(SLEEPS, "count=3"))[1], 0)

    def test_a_scheduler_that_starts_on_a_full_disk_waits_for_room(self):
        with SmallDisk() as disk:
            pool = disk.pool
            run = pool.run(SLEEPS, "count=600", "milliseconds=10")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 20)
            pool.drover("down")  # Cleanly: so the next start needs room for a new log of the database.
            disk.fill()
            starting = subprocess.Popen([BUILD / "bin/droverd", "--state", pool.state], stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
            self.assertIn("waiting for room on the disk", starting.stdout.readline())
            disk.free()
            pool.wait_until("it listens", lambda: pool.pid("droverd") == starting.pid)
            pool.up()  # The agent.
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "naps"), list(range(600)))
            pool.drover("down")
            starting.communicate(timeout=20)
            self.assertEqual(starting.returncode, 0)


if __name__ == "__main__":
    unittest.main()
