# SPDX-License-Identifier: LGPL-2.1-or-later
"""Checks of all arguments.

ctypes truncates large numbers, and C ends a string at a NUL byte.
"""

from __future__ import annotations

import errno
import operator
import os
import reprlib
from typing import Any, Iterable, Union

Words = Union[str, Iterable[str]]
UINT32_MAX = 2**32 - 1


class Error(OSError):
    """An operation failed: errno is from libpcireset, strerror is the reason."""


class BadArgument(Error, ValueError):
    """An argument is out of range or malformed: EINVAL. Nothing was touched."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(errno.EINVAL, f"{name}: {problem}")

    def __reduce__(self) -> tuple[Any, ...]:
        name, _, problem = str(self.strerror).partition(": ")
        return BadArgument, (name, problem)


def _kind(value: object) -> str:
    return type(value).__name__


def number(name: str, value: int, largest: int = UINT32_MAX) -> int:
    """Return the number. It must be an integer from 0 to largest, not a bool."""
    try:
        if isinstance(value, bool):
            raise TypeError
        found = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: expected an integer, not {_kind(value)}") from None
    if not 0 <= found <= largest:
        raise BadArgument(name, f"{reprlib.repr(found)} is not in the range 0 to {largest}")
    return found


def flag(name: str, value: bool) -> bool:
    """Return the flag. It must be a bool, because a string such as "no" is true."""
    if not isinstance(value, bool):
        raise TypeError(f"{name}: expected True or False, not {_kind(value)}")
    return value


def path(name: str, value: str | os.PathLike[str]) -> bytes:
    """Return the path as bytes for C."""
    try:
        encoded = os.fsencode(value)
    except TypeError:
        raise TypeError(f"{name}: expected a string or a path, not {_kind(value)}") from None
    except UnicodeEncodeError:
        raise BadArgument(name, f"{reprlib.repr(value)} cannot be encoded") from None
    if b"\0" in encoded:
        raise BadArgument(name, f"{reprlib.repr(value)} contains a NUL byte")
    return encoded


def text(name: str, value: str) -> bytes:
    """Return the string as bytes for C."""
    if not isinstance(value, str):
        raise TypeError(f"{name}: expected a string, not {_kind(value)}")
    return path(name, value)


def words(name: str, value: Words) -> list[bytes]:
    """Return the words of a list, or of one string with commas or spaces."""
    if isinstance(value, str):
        found = value.replace(",", " ").split()
    else:
        try:
            found = list(value)
        except TypeError:
            raise TypeError(f"{name}: expected a string or a list of strings, not {_kind(value)}") from None
    return [text(name, word) for word in found]
