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
    """Resets that are run together. They take as long as the slowest of them, and those that share a link share one reset.

    plans: what would be run, in the order in which the plans were given. Plan.chosen_why and Plan.shares say what was
        made of them. A plan that is refused is not run, and keeps back none of the others.

    Made by Context.batch(). The plans that it was made of can no longer be run by themselves once it was run.
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
        """Reset. Returns a report for each plan, in the order of plans, whatever came of it: look at Report.result.

        While it runs, a signal that Python handles keeps back what has not begun; its report has the error EINTR. The
        handler runs when the rest is over. If that raises an exception, as Ctrl-C does, reports has the reports.
        Raises Error if the batch as a whole cannot be run, or was run. Then nothing was touched.
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
        """The reports of all plans after run(); before that, none."""
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
        """How many resets are over, and how many of them failed. Another thread may ask this during run()."""
        failed = ctypes.c_size_t()
        done = self._lib.batch_get_nr_done(self._object.pointer, failed)
        return done, failed.value
