# SPDX-License-Identifier: LGPL-2.1-or-later
"""Many resets at once."""

from __future__ import annotations

import ctypes
import errno
from typing import TYPE_CHECKING, Iterable

from . import _border
from ._border import BadArgument, Error
from ._library import Object

if TYPE_CHECKING:
    from . import Context, Plan, Report


class Batch:
    """Plans that run together, created by Context.batch().

    A batch takes as long as its slowest reset. Resets of the same link are one
    reset.

    plans: the plans that would run, in the given order. Plan.chosen_why and
        Plan.shares describe the changes. A refused plan is not run, and does not
        stop the others.

    After run(), the original plans can no longer be run separately.
    """

    def __init__(self, context: Context, plans: Iterable[Plan], *, choose: bool = True) -> None:
        _border.flag("choose", choose)
        self._context = context
        self._lib = context._lib
        self._given = [self._handle(plan) for plan in plans]
        if len({id(handle) for _, handle in self._given}) < len(self._given):
            raise BadArgument("plans", "a plan is there twice")
        out = ctypes.c_void_p()
        context._check(self._lib.batch_new(context._ctx, out))
        self._object = Object(out.value or 0, self._lib.batch_unref)
        self._refusals = [context._refusal(name, handle) for name, handle in self._given]
        for (_, handle), refusal in zip(self._given, self._refusals):
            if refusal is None:
                self._add(handle)
        if choose:
            context._check(self._lib.batch_choose(self._object.pointer))
        self.plans = tuple(context._plan(name, handle) for name, handle in self._given)
        self._was_run = False

    def _handle(self, plan: Plan) -> tuple[str, Object]:
        if not hasattr(plan, "chosen"):
            raise TypeError(f"plans: expected plans, not {type(plan).__name__}")
        context, handle = plan.__dict__.get("_of", (None, None))
        if context is not self._context or not isinstance(handle, Object):
            raise BadArgument("plans", f"the plan of {plan.device} is of another context")
        return plan.device, handle

    def _add(self, handle: Object) -> None:
        result = self._lib.batch_add(self._object.pointer, handle.pointer)
        if result == -errno.EINVAL:
            raise BadArgument("plans", "a plan was run before")
        self._context._check(result)

    def run(self) -> tuple[Report, ...]:
        """Run all plans, and return a report for each, in the order of plans.

        Check Report.result: there is a report for each plan, also for a failed
        one.

        A signal that Python handles cancels the plans that have not begun. Their
        reports have the error EINTR. The handler runs when the other plans are
        finished. If it raises an exception, as for Ctrl-C, the property reports
        has the reports. Raises Error if the batch cannot be run, or was run
        before; nothing was touched then.
        """
        # Raises ValueError if the context is closed.
        self._context._check(0 if self._context._ctx else -errno.EINVAL)
        if self._was_run:
            raise Error(errno.EINVAL, "the batch was run before")
        if None in self._refusals:
            self._was_run = True
            self._context._check(self._lib.batch_run(self._object.pointer))
        self._was_run = True
        return self.reports

    @property
    def reports(self) -> tuple[Report, ...]:
        """The reports of all plans; empty before run()."""
        if not self._was_run:
            return ()
        found = []
        number = 0
        for (name, _), refusal in zip(self._given, self._refusals):
            if refusal is None:
                report = self._lib.batch_get_report(self._object.pointer, number)
                number += 1
                if not report:
                    return ()
                refusal = self._context._report(name, report)
            found.append(refusal)
        return tuple(found)

    def progress(self) -> tuple[int, int]:
        """Return the number of finished resets, and of failed ones.

        Another thread may call this method during run().
        """
        failed = ctypes.c_size_t()
        done = self._lib.batch_get_nr_done(self._object.pointer, failed)
        return done, failed.value
