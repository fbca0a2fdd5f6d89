"""A client that goes on asking while the scheduler is killed or stopped, or its disk is full."""

import pathlib
import sys
import time

import msgpack
import zmq

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
from protocol_client import Scheduler

ASK_AGAIN = 2  # seconds
PATIENCE = 90  # seconds, for one answer


class Client(Scheduler):
    """One thread's own connection."""

    def ask(self, kind, **body):
        self.sequence += 1
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            self.socket.send(msgpack.packb(["drover", 1, kind, self.session, self.sequence, body]))
            again = time.monotonic() + ASK_AGAIN
            while self.socket.poll(max(0, again - time.monotonic()) * 1000):
                _, _, reply, session, sequence, answer = msgpack.unpackb(self.socket.recv())
                if (session, sequence) != (self.session, self.sequence):
                    continue
                if reply == "failed" and answer["code"] == "full":
                    time.sleep(0.2)  # New runs are not taken while the disk is nearly full.
                    break
                return reply, answer
        raise AssertionError(f"no answer to {kind} {body} within {PATIENCE} s")

    def expect(self, wanted, kind, **body):
        reply, answer = self.ask(kind, **body)
        if reply != wanted:
            raise AssertionError(f"{kind} {body} was answered by {reply}: {answer}")
        return answer

    def status(self, run):
        return self.expect("run_status", "show_run", run=run.hex())

    def items(self, run, step, state):
        """The indices of the items of a step in that state."""
        found, after = [], None
        while True:
            page = self.expect("items", "list_items", run=run.hex(), step=step, state=state, after=after, limit=500)
            found += [row["item"] for row in page["rows"]]
            after = page["next"]
            if after is None:
                return found
