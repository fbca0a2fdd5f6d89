"""One scheduler and several agents, each agent behind a proxy: the real programs, and what can happen to them."""

import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from proxy import Proxy

BUILD = pathlib.Path(os.environ["DROVER_BUILD"])
TASKS = pathlib.Path(__file__).resolve().parent / "tasks"
SLOTS = 2  # of each agent
DISK = 48 << 20  # bytes, of the scheduler's state folder where a disk of its own can be mounted


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Program:
    """A daemon that is started again after each kill; one that ends by itself is a violation."""

    def __init__(self, name, command, log):
        self.name, self.command, self.log = name, command, log
        self.unasked = []
        self.process = None
        self.start()

    def start(self, **environment):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                            env={**os.environ, **environment})

    def look(self, allowed=()):
        """Starts it again if it ended though nobody killed it, and remembers that it did."""
        status = self.process.poll()
        if status is not None:
            if status not in allowed:
                self.unasked.append(f"{self.name} ended by itself: {status}")
            self.start()

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def workers(self):
        found = subprocess.run(["pgrep", "-P", str(self.process.pid), "-f", "drover-worker"], capture_output=True, text=True)
        return [int(pid) for pid in found.stdout.split()]


class Cluster:
    """Use it with `with`."""

    def __init__(self, agents, seed):
        self.random = random.Random(seed)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="drover-chaos-"))
        self.state = self.folder / "scheduler"
        self.state.mkdir(mode=0o700)
        self.own_disk = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=700", "drover-chaos", self.state],
                                       capture_output=True).returncode == 0
        self.port = free_port()
        self.scheduler = Program("droverd", [BUILD / "bin/droverd", "--state", self.state, "--listen",
                                             f"tcp://127.0.0.1:{self.port}"], self.folder / "droverd.log")
        self.proxies = [Proxy(lambda: self.port, seed + i) for i in range(agents)]
        self.agents = [self._agent(i) for i in range(agents)]
        self.faults = {}
        self.lock = threading.Lock()  # Held while a fault is made: the watch looks at quiet programs only.

    def _agent(self, i):
        return Program(f"agent {i}", [BUILD / "bin/drover-agent", "--scheduler", f"tcp://127.0.0.1:{self.proxies[i].port}",
                                      "--state", self.folder / f"agent-{i}", "--slots", str(SLOTS), "--tasks", TASKS,
                                      "--name", f"host-{i}"], self.folder / f"agent-{i}.log")

    @property
    def address(self):
        return f"tcp://127.0.0.1:{self.port}"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for program in [*self.agents, self.scheduler]:
            program.signal(signal.SIGCONT)
            program.process.terminate()
        for program in [*self.agents, self.scheduler]:
            try:
                program.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                program.unasked.append(f"{program.name} did not end within 15 s of SIGTERM")
                program.kill()
        for proxy in self.proxies:
            proxy.close()
        if self.own_disk:
            shutil.copytree(self.state, self.folder / "scheduler-kept")
            subprocess.run(["umount", self.state], check=False)

    def look(self):
        with self.lock:
            for program in [self.scheduler, *self.agents]:
                program.look()

    def unasked_ends(self):
        return [text for program in [self.scheduler, *self.agents] for text in program.unasked]

    # Each fault heals by itself before it returns, but for what the restarted program still has to do.

    def kill_scheduler(self):
        with self.lock:
            self.scheduler.kill()
            time.sleep(self.random.uniform(0, 1.5))
            self.scheduler.start()

    def kill_agent(self):
        agent = self.random.choice(self.agents)
        with self.lock:
            agent.kill()
            time.sleep(self.random.choice([0, 0.5, 4]))  # 4 s: it is declared lost meanwhile.
            agent.start()

    def kill_everything(self):
        with self.lock:
            for program in [self.scheduler, *self.agents]:
                program.process.kill()
            for program in [self.scheduler, *self.agents]:
                program.process.wait()
                program.start()

    def kill_worker(self):
        workers = self.random.choice(self.agents).workers()
        if workers:
            self._send(self.random.choice(workers), signal.SIGKILL)

    def stop_worker(self):
        workers = self.random.choice(self.agents).workers()
        if workers:
            self._pause(self.random.choice(workers), self.random.uniform(0.2, 2))

    def stop_agent(self):
        self._pause(self.random.choice(self.agents).process.pid, self.random.choice([0.5, 1.5, 5]))

    def stop_scheduler(self):
        self._pause(self.scheduler.process.pid, self.random.choice([0.5, 1.5, 5]))

    def cut(self):
        self.random.choice(self.proxies).cut()

    def half_close(self):
        proxy = self.random.choice(self.proxies)
        proxy.half_close()
        time.sleep(self.random.uniform(0.1, 2))
        proxy.cut()

    def silence(self):
        """Nothing passes in one direction, or in both; then all of it."""
        proxy = self.random.choice(self.proxies)
        sides = self.random.choice([(proxy.up,), (proxy.down,), (proxy.up, proxy.down)])
        for side in sides:
            side.held = True
        time.sleep(self.random.choice([0.5, 2, 5]))
        proxy.heal()

    def lossy(self):
        self._spoil(lose=0.1)

    def repeating(self):
        self._spoil(repeat=0.2)

    def slow(self):
        self._spoil(delay=self.random.uniform(0.01, 0.3))

    def full_disk(self):
        if not self.own_disk:
            return
        ballast = self.state / "ballast"
        file = os.open(ballast, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            while os.write(file, bytes(1 << 16)):
                pass
        except OSError:
            pass  # It is full.
        os.close(file)
        time.sleep(self.random.uniform(0.5, 3))
        ballast.unlink(missing_ok=True)

    def _spoil(self, **what):
        proxy = self.random.choice(self.proxies)
        for side in (proxy.up, proxy.down):
            for name, value in what.items():
                setattr(side, name, value)
        time.sleep(self.random.uniform(0.5, 3))
        proxy.heal()

    def _pause(self, pid, seconds):
        if self._send(pid, signal.SIGSTOP):
            time.sleep(seconds)
            self._send(pid, signal.SIGCONT)

    @staticmethod
    def _send(pid, number):
        try:
            os.kill(pid, number)
            return True
        except ProcessLookupError:
            return False  # It ended meanwhile.

    def fault(self):
        """Makes one fault, and counts it. The common ones are those that happen most."""
        weights = {self.kill_worker: 6, self.stop_worker: 3, self.kill_agent: 4, self.stop_agent: 3, self.kill_scheduler: 4,
                   self.stop_scheduler: 2, self.kill_everything: 1, self.cut: 4, self.half_close: 2, self.silence: 4,
                   self.lossy: 3, self.repeating: 3, self.slow: 3, self.full_disk: 2}
        make = self.random.choices(list(weights), list(weights.values()))[0]
        make()
        self.faults[make.__name__] = self.faults.get(make.__name__, 0) + 1
        return make.__name__
