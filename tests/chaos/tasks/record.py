"""Notes in a journal when each call begins and ends, on the machine's monotonic clock; gives the value back."""

import json
import os
import sys
import time

for line in sys.stdin:
    request = json.loads(line)
    call = request["args"]
    journal = os.open(call["journal"].removeprefix("file://"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def note(what):
        os.write(journal, f"{what} {call['value']} {time.monotonic():.6f}\n".encode())

    note("begin")
    time.sleep(call["milliseconds"] / 1000)
    note("end")
    os.close(journal)
    print(json.dumps({"id": request["id"], "result": call["value"]}), flush=True)
