# SPDX-License-Identifier: LGPL-2.1-or-later
"""The PCI Express link above a device."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ._border import Error
from ._library import Object

if TYPE_CHECKING:
    from . import Context


@dataclass(frozen=True)
class Link:
    """A link, as its port reports it. Speeds are in GT/s, None if there is none.

    port: address of the port
    functions: addresses of all functions below the port
    up, disabled: True if the link is up; if Link Disable is set
    speed, width: now; width 0 if the link is down
    max_speed, max_width: supported by both ends
    target_speed: the Target Link Speed of the port
    equalization: "none", "complete", "requested" or "failed", at the current speed
    """

    port: str
    functions: tuple[str, ...]
    up: bool
    disabled: bool
    speed: float | None
    width: int
    max_speed: float | None
    max_width: int
    target_speed: float | None
    equalization: str


class TrainingFailed(Error):
    """A link was not trained as requested.

    touched: True if the training was started
    """

    def __init__(self, code: int, message: str, touched: bool) -> None:
        super().__init__(code, message)
        self.touched = touched


def _speed(mts: int) -> float | None:
    return mts / 1000 if mts else None


class Handle:
    """The library's object."""

    def __init__(self, context: Context, dev: Object) -> None:
        self._lib = context._lib
        self._context = context
        out = ctypes.c_void_p()
        context._check(self._lib.link_new(dev.pointer, out))
        self._object = Object(out.value or 0, self._lib.link_unref)

    def retrain(self, speed_mts: int) -> None:
        """Train the link again."""
        try:
            self._context._check(self._lib.link_retrain(self._object.pointer, speed_mts))
        except Error as error:
            touched = self._lib.link_is_touched(self._object.pointer)
            raise TrainingFailed(error.errno or 0, error.strerror or os.strerror(error.errno or 0), touched) from None

    def state(self) -> Link:
        """Return the values of the last read."""
        lib = self._lib
        pointer = self._object.pointer
        members = self._context._list(lambda i: lib.link_get_member(pointer, i))
        name = lib.equalization_to_str(lib.link_get_equalization(pointer))
        return Link(
            port=self._context._name(lib.link_get_port(pointer)) or "",
            functions=tuple(self._context._name(member) or "" for member in members),
            up=lib.link_is_up(pointer),
            disabled=lib.link_is_disabled(pointer),
            speed=_speed(lib.link_get_speed(pointer)),
            width=lib.link_get_width(pointer),
            max_speed=_speed(lib.link_get_max_speed(pointer)),
            max_width=lib.link_get_max_width(pointer),
            target_speed=_speed(lib.link_get_target_speed(pointer)),
            equalization=os.fsdecode(name or b""),
        )
