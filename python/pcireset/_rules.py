# SPDX-License-Identifier: LGPL-2.1-or-later
"""The administrator's rules: pcireset-rules(5)."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Callable

from ._library import Library


@dataclass(frozen=True)
class Rule:
    """One rule of the administrator.

    where: the file and the line of its [Match] section
    denies: the types that it denies
    delays: the types after which it requires a delay
    delay_ms: the delay, 0 if it has none
    reason: the administrator's reason; a rule that denies types always has one
    """

    where: str
    denies: tuple[str, ...]
    delays: tuple[str, ...]
    delay_ms: int
    reason: str | None


def _types(lib: Library, mask: int) -> tuple[str, ...]:
    return tuple(os.fsdecode(lib.type_to_str(bit, 0)) for bit in lib.types() if mask & bit)


def rule(lib: Library, handle: int) -> Rule:
    """Copy a rule of the library."""
    reason = lib.rule_get_reason(handle)
    return Rule(
        where=os.fsdecode(lib.rule_get_where(handle)),
        denies=_types(lib, lib.rule_get_denied(handle)),
        delays=_types(lib, lib.rule_get_delayed(handle)),
        delay_ms=lib.rule_get_delay_ms(handle),
        reason=None if reason is None else os.fsdecode(reason),
    )


def rules(lib: Library, get: Callable[[int], int | None]) -> tuple[Rule, ...]:
    """Copy all rules that a getter returns for 0, 1 and so on."""
    found: list[Rule] = []
    while handle := get(len(found)):
        found.append(rule(lib, handle))
    return tuple(found)
