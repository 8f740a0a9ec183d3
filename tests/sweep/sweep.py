#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Lets each call of a kind in a command fail once: the answer is the same, an error, or says what is unknown.

usage: sweep.py SHIM LIMIT COMMAND...

Runs COMMAND as it is, then again with each memory allocation, opened file and read failing, one a run, and with each file
being empty, at most LIMIT runs a kind, evenly spread. Prints the number of runs and each answer that is different. Exit
status: 0 if there is none.
"""
import concurrent.futures
import itertools
import os
import subprocess
import sys
import tempfile

KINDS = ("memory", "open", "read", "empty")


def run(shim, kind, nth, command, count=None):
    env = dict(os.environ, LD_PRELOAD=shim, FAIL_KIND=kind, FAIL_NTH=str(nth))
    if count:
        env["FAIL_COUNT"] = count
    done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def has_more_doubts(want, got):
    return any(got.count(words) > want.count(words) for words in (b"unknown", b"cannot be read"))


def is_right(kind, want, got):
    if got[:2] == want[:2]:
        return True
    # An error says so (libpci in its own words); the statuses of a reset say whether anything was touched.
    if got[0] in (1, 4, 64) and got[2].startswith((b"pcireset: ", b"pcilib: ", b"Fatal Internal Error in libarchive")):
        return True
    # What cannot be read may be unknown. For memory that is so only if the answer names it.
    said = got[1] + got[2]
    return got[0] in (want[0], 3, 5) and has_more_doubts(want[1] + want[2], said) and (kind != "memory" or b"allocate memory" in said)


def first_difference(want, got):
    """The first line of the answer that is another one."""
    for line, other in itertools.zip_longest(want.splitlines(), got.splitlines(), fillvalue=b""):
        if line != other:
            return f"  {other.decode(errors='replace')[:200]}\n  instead of {line.decode(errors='replace')[:200]}"
    return "  the output is the same"


def sweep(shim, limit, command, kind):
    with tempfile.NamedTemporaryFile() as count:
        want = run(shim, kind, 0, command, count.name)
        said = count.read()
    if not said:
        print(f"{kind}: no count, so the shim was not loaded or the command was killed: status {want[0]}: {want[2][-200:]}")
        return 1
    calls = int(said)
    step = max(1, -(-calls // limit))
    numbers = range(1, calls + 1, step)
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for nth, got in zip(numbers, pool.map(lambda n: run(shim, kind, n, command), numbers)):
            if is_right(kind, want, got):
                continue
            wrong += 1
            print(f"{kind} {nth}: status {got[0]} instead of {want[0]}: {got[2].decode(errors='replace').strip()[-200:]}")
            print(first_difference(want[1], got[1]))
    print(f"{kind}: {calls} calls, {len(numbers)} runs, {wrong} wrong")
    return wrong


def main():
    shim, limit, command = os.path.abspath(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    # A recording is a copy, also of what is empty.
    kinds = [kind for kind in KINDS if kind != "empty" or "record" not in command]
    return 1 if sum([sweep(shim, limit, command, kind) for kind in kinds]) else 0


if __name__ == "__main__":
    sys.exit(main())
