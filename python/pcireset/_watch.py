# SPDX-License-Identifier: LGPL-2.1-or-later
"""Resets as they happen: the events of "pcireset watch --json"."""

from __future__ import annotations

import errno
import json
import subprocess
import tempfile
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, Iterator, Mapping

from . import _border
from ._border import Error

# Exit status of the tool to errno.
_ERRNO = {2: errno.EINVAL, 3: errno.EPERM}


@dataclass(frozen=True)
class Event:
    """One event.

    event: "begin" or "end" of a reset, "late", "add", "remove", "bind", "unbind",
        "change", "error", "kernel", "reset" or "lost"
    time: the time of the event, in UTC
    device: the address of the function; None for "lost"
    data: every key of the JSON object, as pcireset-watch(1) lists them
    """

    event: str
    time: datetime
    device: str | None
    data: Mapping[str, Any]


def _event(line: str) -> Event:
    data = json.loads(line)
    time = datetime.fromisoformat(data["time"].replace("Z", "+00:00"))
    return Event(event=data["event"], time=time, device=data.get("device"), data=data)


class Watch(Iterator[Event]):
    """An iterator over events.

    Use it in a "with" statement, or call close(). Both end the process behind it.
    """

    def __init__(self, command: list[str]) -> None:
        # A file, because nobody reads a pipe while waiting for the next event.
        self._messages: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")
        try:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self._messages, text=True, encoding="utf-8"
            )
        except FileNotFoundError:
            self._messages.close()
            raise Error(errno.ENOENT, f"{command[0]} is not installed or not in PATH; the package is pcireset") from None
        assert self._process.stdout is not None
        self._lines: IO[str] = self._process.stdout

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __next__(self) -> Event:
        if self._lines.closed:
            raise StopIteration
        line = self._lines.readline()
        if line:
            return _event(line)
        status = self._process.wait()
        message = self._message()
        self.close()
        if status > 0:
            raise Error(_ERRNO.get(status, errno.EIO), message)
        raise StopIteration

    def _message(self) -> str:
        self._messages.seek(0)
        return self._messages.read().removeprefix("pcireset: ").strip()

    def close(self) -> None:
        """End the watch. Can be called more than once."""
        if self._process.poll() is None:
            self._process.terminate()
        self._process.wait()
        self._lines.close()
        self._messages.close()


def command(tool: str, devices: tuple[str, ...], timeout_ms: int | None, count: int | None) -> list[str]:
    """Return the command line of the tool."""
    options = []
    if timeout_ms is not None:
        options += ["--timeout", f"{_border.number('timeout_ms', timeout_ms)}ms"]
    if count is not None:
        options += ["--count", str(_border.number("count", count))]
    for device in devices:
        _border.text("devices", device)
    _border.text("tool", tool)
    return [tool, "watch", "--json", *options, "--", *devices]
