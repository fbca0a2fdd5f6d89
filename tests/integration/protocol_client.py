"""Runs a workflow and prints the results of its step `same` as JSON: protocol_client.py ADDRESS WORKFLOW name=value...

Written from docs/protocol.md alone, to show that a client in another language needs no more.
"""
import json, os, pathlib, struct, sys, time
import msgpack, zmq

ANSWER_SECONDS = 20  # Longer than the 10 s for which `wait` holds its answer back.


class Scheduler:
    def __init__(self, address):
        self.socket = zmq.Context.instance().socket(zmq.DEALER)
        self.socket.linger = 0
        self.socket.connect(address)
        self.session, self.sequence = int.from_bytes(os.urandom(8), "little"), 0

    def ask(self, kind, **body):
        """The kind and body of the reply. A request is repeated as it is: its answer may have been lost."""
        self.sequence += 1
        for _ in range(3):
            self.socket.send(msgpack.packb(["drover", 1, kind, self.session, self.sequence, body]))
            until = time.monotonic() + ANSWER_SECONDS
            while self.socket.poll(max(0, until - time.monotonic()) * 1000):
                _, version, reply, session, sequence, answer = msgpack.unpackb(self.socket.recv())
                if version != 1:
                    raise SystemExit(f"the scheduler speaks version {version} of the protocol, this client 1")
                if (session, sequence) == (self.session, self.sequence):
                    return reply, answer
        raise SystemExit("the scheduler does not answer")

    def expect(self, wanted, kind, **body):
        reply, answer = self.ask(kind, **body)
        if reply != wanted:
            raise SystemExit(answer.get("context") or answer.get("text") or f"{kind} was answered by {reply}")
        return answer

    def results(self, run, step):
        """Every element of a step's results; None where there is none."""
        values, total = [], 1
        while len(values) < total:
            page = self.expect("results_page", "read_results", run=run, step=step, first=len(values), limit=64)
            offsets, data = page["columns"]["offsets"], page["columns"]["bytes"]
            ends = struct.unpack(f"<{len(offsets) // 4}I", offsets)
            values += [msgpack.unpackb(data[a:b]) if b > a else None for a, b in zip(ends, ends[1:])]
            total = page["total"]
        return values


if __name__ == "__main__":
    scheduler, workflow, run = Scheduler(sys.argv[1]), pathlib.Path(sys.argv[2]), os.urandom(16)
    inputs = dict(given.split("=", 1) for given in sys.argv[3:])
    scheduler.expect("submitted", "submit", run=run, file=workflow.name, text=workflow.read_text(), inputs=inputs,
                     working_directory=os.getcwd())
    while (status := scheduler.expect("run_status", "wait", run=run.hex()))["state"] in ("waiting", "running"):
        pass
    if status["state"] != "succeeded":
        raise SystemExit(f"{status['state']}: {status['reason']}")
    print(json.dumps(scheduler.results(run.hex(), "same")))
