# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many resets of the same plans, and what they show."""

from __future__ import annotations

import ctypes
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Iterable

from . import _border, _library
from ._border import BadArgument
from ._library import Object

if TYPE_CHECKING:
    from . import Context, Plan


@dataclass(frozen=True)
class Series:
    """All resets of one device by one type.

    failed_low, failed_high: exact bounds of the probability of a failure, each at 95 %.
    ready_ms, total_ms: the fastest, 50, 90 and 99 %, and the slowest.
    """

    device: str
    type: str
    resets: int
    failed: int
    unverified: int
    interrupted: int
    failed_low: float
    failed_high: float
    ready_ms: tuple[float, ...]
    total_ms: tuple[float, ...]


@dataclass(frozen=True)
class Finding:
    """One deviation and its pattern. p is 1 if no pattern was tested."""

    device: str
    type: str | None
    deviation: str
    pattern: str
    after: str | None
    period: int
    occurrences: int
    of: int
    low: float
    high: float
    p: float
    text: str
    sequence: tuple[str, ...]  # the shortest one that leads to the deviation, oldest first


class Qualification:
    """A run of many resets, created by Context.qualify() or Context.load_run().

    Call step() until it returns False. Each step is a round.
    """

    def __init__(self, context: Context, handle: int) -> None:
        self._context = context
        self._lib = context._lib
        self._object = Object(handle, self._lib.qualify_unref)

    @classmethod
    def _new(cls, context: Context, plans: Iterable[Plan], count: int, seed: int, journal: bytes | None) -> Qualification:
        out = ctypes.c_void_p()
        context._check(context._lib.qualify_new(context._ctx, out))
        run = cls(context, out.value or 0)
        for plan in plans:
            run._add(plan)
        context._check(context._lib.qualify_set_count(run._object.pointer, _border.number("count", count)))
        context._check(context._lib.qualify_set_seed(run._object.pointer, _border.number("seed", seed)))
        context._check(context._lib.qualify_create(run._object.pointer, journal))
        return run

    def _add(self, plan: Plan) -> None:
        context, handle = plan.__dict__.get("_of", (None, None))
        if context is not self._context or not isinstance(handle, Object):
            raise BadArgument("plans", "expected plans of this context")
        self._context._check(self._lib.qualify_add(self._object.pointer, handle.pointer))

    def resume(self, journal: str | os.PathLike[str]) -> None:
        """Continue a run from Context.load_run(). Touches nothing."""
        self._context._check(self._lib.qualify_resume(self._object.pointer, _border.path("journal", journal)))

    def step(self) -> bool:
        """Reset all devices by the next type. Return whether there are more rounds."""
        return self._context._check(self._lib.qualify_step(self._object.pointer)) > 0

    def begin_exercise(self) -> None:
        """Note that an exercise of the devices begins. If the machine goes down meanwhile, it has failed."""
        self._context._check(self._lib.qualify_begin_exercise(self._object.pointer))

    @property
    def exercised(self) -> bool:
        """Whether the exercise of the last round was noted. If not, a run that is resumed begins with it."""
        return bool(self._lib.qualify_is_exercised(self._object.pointer))

    def note_exercise(self, failed: bool) -> None:
        """Note that the device was exercised after the last round."""
        self._context._check(self._lib.qualify_note_exercise(self._object.pointer, int(_border.flag("failed", failed))))

    @property
    def rounds(self) -> int:
        """The number of rounds of the complete run."""
        return int(self._lib.qualify_get_nr_rounds(self._object.pointer))

    @property
    def done(self) -> int:
        """The number of finished rounds."""
        return int(self._lib.qualify_get_nr_done(self._object.pointer))

    @property
    def stopped(self) -> str | None:
        """The reason if the run stopped by itself."""
        text = self._lib.qualify_get_stop(self._object.pointer)
        return None if text is None else text.decode(errors="replace")

    @property
    def devices(self) -> tuple[str, ...]:
        """The addresses of the devices."""
        found: list[str] = []
        while (name := self._lib.qualify_get_device(self._object.pointer, len(found))) is not None:
            found.append(name.decode())
        return tuple(found)

    def _type(self, bit: int) -> str | None:
        return self._lib.type_to_str(bit, 0).decode() if bit else None

    @property
    def series(self) -> tuple[Series, ...]:
        """A summary for each device and type."""
        types = self._lib.qualify_get_types(self._object.pointer)
        found = []
        for number, device in enumerate(self.devices):
            for bit in self._lib.types():
                if not types & bit:
                    continue
                raw = _library.QualifySeries()
                self._context._check(self._lib.qualify_get_series(self._object.pointer, number, bit, raw))
                found.append(self._series(device, raw))
        return tuple(found)

    def _series(self, device: str, raw: _library.QualifySeries) -> Series:
        return Series(
            device=device,
            type=self._type(raw.type) or "",
            resets=raw.nr,
            failed=raw.nr_failed,
            unverified=raw.nr_unverified,
            interrupted=raw.nr_interrupted,
            failed_low=raw.failed_low,
            failed_high=raw.failed_high,
            ready_ms=tuple(ns / 1e6 for ns in raw.ready_ns),
            total_ms=tuple(ns / 1e6 for ns in raw.total_ns),
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All deviations, with their patterns."""
        number = self._context._check(self._lib.qualify_find(self._object.pointer))
        return tuple(self._finding(i) for i in range(number))

    def _finding(self, i: int) -> Finding:
        raw = self._lib.qualify_get_finding(self._object.pointer, i).contents
        return Finding(
            device=self.devices[raw.device],
            type=self._type(raw.type),
            deviation=self._lib.mark_to_str(raw.mark).decode(),
            pattern=self._lib.pattern_to_str(raw.pattern).decode(),
            after=self._type(raw.previous),
            period=raw.period,
            occurrences=raw.nr,
            of=raw.of,
            low=raw.low,
            high=raw.high,
            p=raw.p,
            text=self._lib.qualify_get_finding_text(self._object.pointer, i).decode(errors="replace"),
            sequence=tuple(self._lib.type_to_str(t, 0).decode() for t in raw.sequence if t),
        )
