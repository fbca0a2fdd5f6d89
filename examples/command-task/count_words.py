"""A warm worker in Python: whatever is loaded up here is loaded once.

Each line of stdin is a call, {"id": 17, "args": {...}}; each is answered by one line on stdout, {"id": 17, "result": ...}
or {"id": 17, "error": "..."}. What the program prints on stderr is the item's log.
"""

import json
import sys

for line in sys.stdin:
    call = json.loads(line)
    path = call["args"]["file"]
    print("counting", path, file=sys.stderr, flush=True)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        answer = {"result": {"lines": len(text.splitlines()), "words": len(text.split())}}
    except OSError as error:
        answer = {"error": str(error)}
    print(json.dumps({"id": call["id"], **answer}), flush=True)
