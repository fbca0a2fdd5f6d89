"""What a person sees of a program on a terminal of 80 columns."""

import os
import pty
import re
import select
import struct
import subprocess
import fcntl
import termios
import time

COLUMNS = 80


class Screen:
    """Lines as they stand after what the `drover` command writes: text, colours, the way up and erasing."""

    def __init__(self):
        self.lines, self.row = [""], 0

    def write(self, text):
        for part in re.findall("\033\\[[0-9;]*[A-Za-z]|\r?\n|[^\033\r\n]+|\r", text):
            if part.endswith("\n"):
                self.row += 1
                self.lines += [""] * (self.row + 1 - len(self.lines))
            elif part.startswith("\033"):
                self.obey(part[2:-1], part[-1])
            elif part != "\r":
                self.lines[self.row] += part

    def obey(self, number, letter):
        if letter == "F":
            self.row = max(0, self.row - int(number or 1))
        elif letter == "K":
            self.lines[self.row] = ""
        elif letter != "m":
            raise AssertionError(f"an order to the terminal that is not known here: {number}{letter}")


def seen_on_a_terminal(command, environment, timeout=120, while_running=lambda screen: None):
    """The lines that are left, and the exit status. `while_running(screen)` is called as they come."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
                               env={name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")})
    os.close(theirs)
    screen, until, held = Screen(), time.monotonic() + timeout, b""
    while time.monotonic() < until:
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            held += os.read(ours, 65536)
        except OSError:  # Nobody has the other side any more.
            break
        text, newline, held = held.rpartition(b"\n")
        screen.write((text + newline).decode())
        while_running(screen)
    os.close(ours)
    try:
        return screen.lines, process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
