#!/usr/bin/env python3
"""Reads every source file and says where it breaks the layers the design rests on.

A core/ folder decides and touches nothing of the world: its files, and every header of common/ that they reach
(with the source beside it), name no clock, no thread, no file, no library that does I/O. Scheduler and agent meet
in common/ only. CAF stays in shell/ folders and main.cpp, the wall clock in common/clock.*, and nothing starts a command shell.

    scripts/check_layers.py [ROOT]     prints `file:line: reason` for each breach; exit status 1 if there is one
"""

import dataclasses
import pathlib
import re
import sys

SUFFIXES = {".hpp", ".cpp", ".cu", ".h"}
CORES = ("scheduler/core/", "agent/core/")

# The folders of ours that each top folder may include, besides itself. Tests may include everything.
MAY_INCLUDE = {
    "common": (),
    "scheduler": ("common/",),
    "agent": ("common/", "models/", "drover/"),
    "models": ("common/", "agent/vision/"),
    "tools": ("common/", "agent/", "models/", "drover/"),
}
# Where files of agent/sdk/drover are found by authors of tasks: <drover/task.hpp>.
OUR_ROOTS = ("common/", "scheduler/", "agent/", "models/", "tools/", "tests/", "drover/")

WORLD_HEADERS = re.compile(
    r"(caf/|zmq|sqlite3|cuda|nvml|opencv2?/|prometheus/|yaml-cpp/|spdlog/|curl/|microhttpd|png|turbojpeg|onnxruntime"
    r"|sys/|unistd\.h|fcntl\.h|pthread\.h|dirent\.h|poll\.h|time\.h|ctime$"
    r"|(thread|mutex|shared_mutex|condition_variable|future|stop_token|semaphore|barrier|latch)$"
    r"|(fstream|filesystem|iostream)$)")
WORLD_NAMES = (
    (re.compile(r"::now\s*\("), "reads a clock: time is the argument `now`"),
    (re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)\b"), "names a clock: time is the argument `now`"),
    (re.compile(r"\brandom_device\b"), "draws randomness from outside: use the seeded generator of the state"),
    (re.compile(r"\bstd::j?thread\b"), "starts a thread"),
    (re.compile(r"\bgetenv\s*\("), "reads the environment"),
)
HASH_ORDER_HEADER = re.compile(r"unordered_(map|set)$")
HASH_ORDER_NAME = re.compile(r"\bunordered_(multi)?(map|set)\b")
WALL_CLOCK = re.compile(
    r"\b(system_clock|gettimeofday|CLOCK_REALTIME)\b|(\bstd|(?<!\w))::time\s*\(|(?<![\w.>:])time\s*\(\s*(nullptr|NULL|0|&)")
# A call, not a declaration (`actor_system system(config)`) or a member.
COMMAND_SHELL = re.compile(r"(^|[^\w\s.>:]|\b(return|else|do))\s*(std::|::)?(system|popen)\s*\(")


@dataclasses.dataclass(frozen=True, order=True)
class Breach:
    file: str
    line: int
    reason: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.reason}"


@dataclasses.dataclass(frozen=True)
class Include:
    line: int
    path: str
    quoted: bool

    def is_ours(self):
        return self.path.startswith(OUR_ROOTS)

    def __str__(self):
        return f'"{self.path}"' if self.quoted else f"<{self.path}>"


def without_comments_and_strings(text):
    """The same text with comments and the contents of literals blanked, line by line as before."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return pattern.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)), text)


class SourceFile:
    """One file: its includes, and its lines of code without comments and literals."""

    def __init__(self, name, text):
        self.name = name
        self.lines = []
        self.includes = []
        code = without_comments_and_strings(text).split("\n")
        for number, (blanked, original) in enumerate(zip(code, text.split("\n")), start=1):
            match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', original)
            if match and blanked.lstrip().startswith("#"):
                self.includes.append(Include(number, match.group(2), match.group(1) == '"'))
                blanked = ""
            self.lines.append((number, blanked))

    def uses(self, pattern):
        return [number for number, line in self.lines if pattern.search(line)]


def read_tree(root):
    root = pathlib.Path(root)
    files = {}
    for top in sorted(MAY_INCLUDE):
        for path in sorted((root / top).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                name = path.relative_to(root).as_posix()
                files[name] = SourceFile(name, path.read_text(encoding="utf-8"))
    return files


def world_uses(file):
    """(line, reason) for each place where the file touches the world."""
    for include in file.includes:
        if WORLD_HEADERS.match(include.path):
            yield include.line, f"includes {include}"
    for pattern, reason in WORLD_NAMES:
        for line in file.uses(pattern):
            yield line, reason


def impurity_of_header(files, name, seen):
    """Why a core cannot include this header, or None: the first thing of the world it or its source touches."""
    if name in seen or name not in files:
        return None
    seen.add(name)
    source = re.sub(r"\.(hpp|h)$", ".cpp", name)
    for place in {name, source}:
        if place in files:
            for line, reason in world_uses(files[place]):
                return f"{place}:{line} {reason}"
    for include in files[name].includes:
        reason = impurity_of_header(files, include.path, seen)
        if reason:
            return reason
    return None


def breaches_of_core(files, file, core):
    for line, reason in world_uses(file):
        yield line, f"{reason}; a core decides and touches nothing of the world"
    for include in file.includes:
        if HASH_ORDER_HEADER.match(include.path):
            yield include.line, f"includes {include}: hash order must not decide; use std::map or a sorted vector"
        if include.path.startswith(core) or not (include.quoted or include.is_ours()):
            continue
        if not include.path.startswith("common/"):
            yield include.line, f"includes {include}: a core includes common/ and its own folder only"
            continue
        reason = impurity_of_header(files, include.path, set())
        if reason:
            yield include.line, f"includes {include}, which is no pure code: {reason}"
    for line in file.uses(HASH_ORDER_NAME):
        yield line, "a container of hash order: use std::map or a sorted vector"


def breaches_of_file(files, file):
    top = file.name.split("/")[0]
    for include in file.includes:
        if include.is_ours() and not include.path.startswith((f"{top}/", *MAY_INCLUDE[top])):
            allowed = ", ".join((f"{top}/", *MAY_INCLUDE[top]))
            yield include.line, f"includes {include}: {top}/ may include {allowed} only"
        if include.path.startswith("caf/") and "/shell/" not in file.name and not file.name.endswith("/main.cpp"):
            yield include.line, f"includes {include}: CAF stays in shell/ folders and the main.cpp beside them"
    if not re.match(r"common/clock\.(hpp|cpp)$", file.name):
        for line in file.uses(WALL_CLOCK):
            yield line, "reads the wall clock: only common/clock does"
    for line in file.uses(COMMAND_SHELL):
        yield line, "runs a command shell: start programs with posix_spawn and an argument vector"
    for core in CORES:
        if file.name.startswith(core):
            yield from breaches_of_core(files, file, core)


def find_breaches(root):
    files = read_tree(root)
    return sorted({Breach(file.name, line, reason) for file in files.values() for line, reason in breaches_of_file(files, file)})


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    breaches = find_breaches(root)
    for breach in breaches:
        print(breach)
    print(f"layers: {len(breaches)} breaches" if breaches else f"layers: {len(read_tree(root))} files, none breaks them")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
