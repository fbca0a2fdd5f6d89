"""A warm worker in Python: whatever is loaded up here is loaded once.

Each line of stdin is a JSON object of the task's arguments; each answer is one line of JSON on stdout: the
result, or {"error": "..."}. What the program prints on stderr is the item's log.
"""

import json
import sys

for line in sys.stdin:
    arguments = json.loads(line)
    print("counting", arguments["file"], file=sys.stderr, flush=True)
    try:
        with open(arguments["file"], encoding="utf-8") as file:
            text = file.read()
        answer = {"lines": len(text.splitlines()), "words": len(text.split())}
    except OSError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
