# SPDX-License-Identifier: LGPL-2.1-or-later
"""The re-enumeration of a reprogrammed device."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable

from ._border import Error
from ._library import Object

if TYPE_CHECKING:
    from . import Context, Report


@dataclass(frozen=True)
class Difference:
    """One difference of a device after its re-enumeration.

    what: "function", "id", "class", "subsystem", "bar 0" to "bar 5", "rom",
        "driver", "vfs", "link speed" or "link width"
    was, now: the value before and after, None if there was or is none
    missing: True if the item existed before, or should exist
    """

    device: str
    what: str
    was: str | None
    now: str | None
    missing: bool


@dataclass(frozen=True)
class Power:
    """The way to cut the power of a device.

    method: "slot", "d3cold", "none" or "unknown"
    port: the port that cuts the power, or may; None for none
    slot: the name of the slot, None if the method is another one
    reason: the reason for "none" and "unknown", otherwise None
    """

    method: str
    port: str | None
    slot: str | None
    reason: str | None


@dataclass(frozen=True)
class PowerCycle:
    """A power cycle, with the signs that the power was cut. None is unknown.

    method: "slot" or "d3cold"
    port, slot: as in Power
    off: the power controller, or the power resources, read as off
    absent: the slot reported no card
    link_down: the link was down
    forgot: the device has forgotten a register that was set before
    """

    method: str
    port: str
    slot: str | None
    off: bool | None
    absent: bool | None
    link_down: bool | None
    forgot: bool | None


@dataclass(frozen=True)
class Reenumeration:
    """The result of Context.reenumerate().

    type: the type of the reset, "" for a power cycle
    report: the report of the reset; None if the device did not answer, and its
        bus was reset through the port, and for a power cycle
    power: the power cycle, None for a reset
    before, after: the addresses of the functions of the device
    differences: empty if the device came back unchanged
    """

    type: str
    report: Report | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    differences: tuple[Difference, ...]
    power: PowerCycle | None = None

    @property
    def complete(self) -> bool:
        """True if nothing is missing."""
        return not any(difference.missing for difference in self.differences)


class ReenumerationFailed(Error):
    """A re-enumeration failed.

    touched: True if the drivers were unbound
    changed: True if the device may have changed; its drivers are not bound again
    """

    def __init__(self, code: int, message: str, touched: bool, changed: bool) -> None:
        super().__init__(code, message)
        self.touched = touched
        self.changed = changed


def _text(value: bytes | None) -> str | None:
    return None if value is None else os.fsdecode(value)


class Steps:
    """The steps on one plan, in their order."""

    def __init__(self, context: Context, plan: Object) -> None:
        self._lib = context._lib
        self._context = context
        out = ctypes.c_void_p()
        context._check(self._lib.reenumeration_new(plan.pointer, out))
        self._object = Object(out.value or 0, self._lib.reenumeration_unref)

    def cut_power(self) -> None:
        """Cut the power instead of a reset."""
        self._step(self._lib.reenumeration_set_power_cycle(self._object.pointer))

    def _step(self, result: int) -> None:
        if result >= 0:
            return
        lib, pointer = self._lib, self._object.pointer
        message = _text(lib.reenumeration_get_message(pointer)) or os.strerror(-result)
        touched, changed = lib.reenumeration_is_touched(pointer), lib.reenumeration_is_changed(pointer)
        raise ReenumerationFailed(-result, message, touched, changed)

    def run(self, device: str, program: Callable[[], object] | None) -> Reenumeration:
        lib, pointer = self._lib, self._object.pointer
        self._step(lib.reenumeration_resolve(pointer))
        self._step(lib.reenumeration_begin(pointer))
        try:
            if program is not None:
                lib.reenumeration_set_changed(pointer)
                program()
            self._step(lib.reenumeration_reset(pointer))
            self._step(lib.reenumeration_replace(pointer, None, None))
        finally:
            lib.reenumeration_cancel(pointer)
        return self._result(device)

    def _result(self, device: str) -> Reenumeration:
        lib, pointer = self._lib, self._object.pointer
        report = lib.reenumeration_get_report(pointer)
        names = [
            self._context._list(lambda i, get=get: get(pointer, i, None))
            for get in (lib.reenumeration_get_before, lib.reenumeration_get_after)
        ]
        found = self._context._list(lambda i: lib.reenumeration_get_difference(pointer, i))
        return Reenumeration(
            type=_text(lib.type_to_str(lib.reenumeration_get_type(pointer), 0)) or "",
            report=self._context._report(device, report) if report else None,
            before=tuple(os.fsdecode(name) for name in names[0]),
            after=tuple(os.fsdecode(name) for name in names[1]),
            differences=tuple(self._difference(difference) for difference in found),
            power=self._power(),
        )

    def _power(self) -> PowerCycle | None:
        lib, pointer = self._lib, self._object.pointer
        method = lib.reenumeration_get_power(pointer)
        if not method:
            return None
        signs = [lib.reenumeration_get_sign(pointer, sign) for sign in range(4)]
        return PowerCycle(
            _text(lib.power_to_str(method)) or "",
            _text(lib.reenumeration_get_port(pointer)) or "",
            _text(lib.reenumeration_get_slot(pointer)),
            *(None if sign < 0 else bool(sign) for sign in signs),
        )

    def _difference(self, difference: int) -> Difference:
        lib = self._lib
        return Difference(
            device=_text(lib.difference_get_device(difference)) or "",
            what=_text(lib.difference_get_what(difference)) or "",
            was=_text(lib.difference_get_was(difference)),
            now=_text(lib.difference_get_now(difference)),
            missing=lib.difference_is_missing(difference),
        )
