#!/usr/bin/env python3
"""Started anew for every item: reads the arguments as JSON, prints the result as JSON."""

import json
import sys

arguments = json.load(sys.stdin)
with open(arguments["file"], encoding="utf-8") as file:
    print(json.dumps(file.readline().rstrip("\n")[: arguments["most"]]))
