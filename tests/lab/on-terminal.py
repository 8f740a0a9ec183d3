# SPDX-License-Identifier: GPL-2.0-only
"""Runs a command on a terminal of its own: types what comes from the FIFO KEYS, prints what appears, and ends as the command ends.

Usage: on-terminal.py KEYS COMMAND...
"""
import os
import pty
import select
import signal
import sys


def screen(master):
    """What appears, or nothing once nobody has the terminal open."""
    try:
        return os.read(master, 4096)
    except OSError:
        return b""


def main(keys, command):
    pid, master = pty.fork()
    if not pid:
        # A shell has what it runs in the background ignore it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.execvp(command[0], command)
    # For writing too, so that it does not end with the first that types.
    keyboard = os.open(keys, os.O_RDWR)
    while True:
        ready = select.select([master, keyboard], [], [])[0]
        if keyboard in ready:
            os.write(master, os.read(keyboard, 64))
        if master in ready:
            text = screen(master)
            if not text:
                break
            os.write(1, text)
    status = os.waitpid(pid, 0)[1]
    return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)


sys.exit(main(sys.argv[1], sys.argv[2:]))
