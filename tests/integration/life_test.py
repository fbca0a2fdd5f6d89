"""Runs of whole numbers through the real four programs, and what kills do to them: nothing."""

import os
import signal
import subprocess
import unittest
import urllib.request

from pool import BUILD, SLEEPS, SOURCE, Pool, PoolTest

NUMBERS = SOURCE / "examples/numbers.yaml"


PRINTS = """
workflow: prints
inputs:
  milliseconds: float
steps:
  lines:
    task: print
    each: {text: ["one", "two and more", "", "four"]}
  crashes:
    task: crash_at
    each: {value: [6, 7, 8]}
    with: {item: 7}
    allow_failed: 1
  numbers:
    task: sequence
    with: {count: 200}
  naps:
    task: sleep
    each: {value: $numbers}
    with: {milliseconds: $milliseconds}
"""


def is_droverd(pid):
    try:
        return os.readlink(f"/proc/{pid}/exe").endswith("droverd")
    except OSError:
        return False


class Life(PoolTest):
    def test_counts_a_thousand_numbers(self):
        with Pool() as pool:
            run = pool.run(NUMBERS, "count=1000")
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "same"), list(range(1000)))
            self.assertEqual(pool.results(run, "counts"), [{"succeeded": 1000, "failed": 0}])

    def test_an_empty_list_is_a_run_of_nothing(self):
        with Pool() as pool:
            run = pool.run(NUMBERS, "count=0")
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "counts"), [{"succeeded": 0, "failed": 0}])

    def test_kill_of_the_scheduler_in_mid_run_loses_nothing(self):
        with Pool() as pool:
            run = pool.run(SLEEPS, "count=300")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 20)
            done_before = pool.step(run, "naps")["done"]
            pool.kill("droverd")
            pool.up()
            self.assertGreaterEqual(pool.step(run, "naps")["done"], done_before)
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "naps"), list(range(300)))

    def test_kill_of_the_agent_in_mid_run_loses_nothing(self):
        with Pool() as pool:
            run = pool.run(SLEEPS, "count=200")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 20)
            pool.kill("drover-agent")
            pool.up()
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "naps"), list(range(200)))

    def test_logs_outlive_the_agent(self):
        with Pool() as pool:
            run = pool.run(PRINTS, "milliseconds=20")
            logs = [("lines", str(i)) for i in range(4)] + [("crashes", str(i)) for i in range(3)]
            pool.wait_until("what prints is done", lambda: all(
                pool.step(run, name)["state"] == "succeeded" for name in ("lines", "crashes")))

            def read():
                return [pool.drover("logs", run, item, "--step", step).stdout for step, item in logs]

            before = read()
            self.assertEqual(before[5], "item 7 crashes\n")
            self.assertIn("two and more", before[1])
            self.assertEqual((before[4], before[6]), ("", ""))
            pool.kill("drover-agent")
            pool.up()
            self.assertEqual(read(), before)
            self.assertEqual(pool.finish(run)[1], 0)
            pool.drover("down")
            pool.up()
            self.assertEqual(read(), before)

    def test_kill_of_a_worker_in_mid_run_costs_one_attempt(self):
        with Pool() as pool:
            run = pool.run(SLEEPS, "count=200")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 20)
            os.kill(pool.workers()[0], signal.SIGKILL)
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("succeeded", 0))
            self.assertEqual(pool.results(run, "naps"), list(range(200)))

    def test_a_slot_whose_call_was_cancelled_is_said_to_end_until_it_has(self):
        with Pool(slots=1) as pool:
            run = pool.run(SLEEPS, "count=1", "milliseconds=2500")
            doing = lambda: pool.json("agents")["agents"][0]["slots"][0]["doing"]
            pool.wait_until("the nap runs", lambda: doing().endswith(" naps") and pool.step(run, "naps")["running"] == 1)
            pool.json("cancel", run)
            self.assertRegex(doing(), "^ending [0-9a-f]+ naps$")
            self.assertIn("ending", pool.drover("agents").stdout)
            pool.wait_until("it has ended", lambda: doing() == "")

    def test_a_cancelled_run_ends_and_keeps_what_is_done(self):
        with Pool() as pool:
            run = pool.run(SLEEPS, "count=5000")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 5)
            pool.json("cancel", run)
            status, code = pool.finish(run)
            self.assertEqual((status["state"], code), ("cancelled", 3))
            self.assertGreater(pool.step(run, "naps")["done"], 5)
            self.assertIn("  cancelled", pool.drover("cancel", run).stdout, "again")
            again = pool.run(NUMBERS, "count=10")
            self.assertEqual(pool.finish(again)[1], 0)
            late = pool.drover("cancel", again)
            self.assertEqual(late.returncode, 0)
            self.assertRegex(late.stdout, r"^run [0-9a-f]+ has already ended: succeeded$")
            self.assertEqual(pool.json("cancel", again)["state"], "succeeded")

    def test_two_runs_share_the_slots(self):
        with Pool() as pool:  # The short one, submitted last, ends first.
            long = pool.run(SLEEPS, "count=2000")
            short = pool.run(SLEEPS, "count=20")
            self.assertEqual(pool.finish(short)[1], 0)
            self.assertEqual(pool.json("show", long)["state"], "running")
            pool.drover("cancel", long)

    def test_down_ends_both_programs_cleanly(self):
        with Pool() as pool:
            pool.finish(pool.run(NUMBERS, "count=10"))
            self.assertEqual(pool.drover("down").returncode, 0)
            self.assertIsNone(pool.pid("droverd"))
            self.assertIsNone(pool.pid("drover-agent"))
            for word in ("terminate", "free()", "pure virtual", "Sanitizer", "broken assumption"):
                self.assertNotIn(word, pool.logs())

    def test_metrics_count_every_item_and_stay_where_they_were(self):
        with Pool() as pool:
            pool.finish(pool.run(NUMBERS, "count=1000"))
            served = [pool.facts(program)["http"] for program in ("droverd", "drover-agent")]
            with urllib.request.urlopen(f"http://{served[0]}/metrics") as page:
                metrics = page.read().decode()
            self.assertIn("drover_item_seconds_count 1002\n", metrics, "the list and the sum are items too")
            self.assertIn("drover_items_total{outcome=\"done\"} 1002\n", metrics)
            self.assertEqual(pool.drover("down").returncode, 0)
            pool.up()
            self.assertEqual([pool.facts(program)["http"] for program in ("droverd", "drover-agent")], served)

    def test_a_second_scheduler_on_the_same_folder_is_refused(self):
        with Pool() as pool:
            second = subprocess.run([BUILD / "bin/droverd", "--state", pool.state], capture_output=True, text=True,
                                    timeout=10)
            self.assertEqual(second.returncode, 75)
            self.assertIn(str(pool.state), second.stderr + second.stdout)
            self.assertEqual(pool.finish(pool.run(NUMBERS, "count=10"))[1], 0)

    def test_a_scheduler_whose_folder_is_moved_away_promises_nothing_more(self):
        with Pool() as pool:
            run = pool.run(SLEEPS, "count=2000")
            pool.wait_until("some naps are done", lambda: pool.step(run, "naps")["done"] > 5)
            scheduler = pool.pid("droverd")
            moved = pool.folder / "moved"
            os.rename(pool.state, moved)
            pool.wait_until("the scheduler ends", lambda: not is_droverd(scheduler))
            self.assertIn("the state folder was moved or removed", (moved / "droverd.log").read_text())
            os.rename(moved, pool.state)
            pool.up()
            self.assertGreater(pool.step(run, "naps")["done"], 5)
            pool.drover("cancel", run)

    def test_an_address_that_is_none_is_not_taken_from_the_last_life(self):
        with Pool() as pool:
            pool.drover("down")
            (pool.state / "scheduler.json").write_text('{"address": 5}')
            pool.up()
            self.assertEqual(pool.finish(pool.run(NUMBERS, "count=10"))[1], 0)

    def test_a_scheduler_that_cannot_say_where_it_is_ends(self):
        pool = Pool()
        (pool.state / "scheduler.json" / "in_the_way").mkdir(parents=True)
        ended = subprocess.run([BUILD / "bin/droverd", "--state", pool.state], capture_output=True, text=True, timeout=10)
        self.assertEqual(ended.returncode, 69)
        self.assertIn("scheduler.json cannot be replaced", ended.stderr + ended.stdout)


if __name__ == "__main__":
    unittest.main()
