# SPDX-License-Identifier: LGPL-2.1-or-later
"""The C library for ctypes: structures and function signatures."""

from __future__ import annotations

import ctypes as c
import errno
import weakref
from typing import Any, Callable

from ._border import Error

SONAME = "libpcireset.so.1"


class Addr(c.Structure):
    """struct pcireset_addr"""

    _fields_ = [
        ("domain", c.c_uint32),
        ("bus", c.c_uint8),
        ("devfn", c.c_uint8),
        ("reserved", c.c_uint16),
    ]


class Member(c.Structure):
    """struct pcireset_member"""

    _fields_ = [
        ("addr", Addr),
        ("flags", c.c_uint32),
        ("why_not", c.c_uint32),
        ("state", c.c_uint32),
        ("proof", c.c_uint32),
        ("failed", c.c_uint32),
        ("offset", c.c_uint32),
        ("ready_ns", c.c_uint64),
    ]


class Stats(c.Structure):
    """struct pcireset_stats"""

    _fields_ = [
        ("size", c.c_uint32),
        ("flags", c.c_uint32),
        ("type", c.c_uint32),
        ("reserved", c.c_uint32),
        ("last_errno", c.c_uint32),
        ("last_proof", c.c_uint32),
        ("last_ns", c.c_uint64),
        ("verified", c.c_uint64),
        ("unverified", c.c_uint64),
        ("timed_out", c.c_uint64),
        ("failed", c.c_uint64),
        ("functions", c.c_uint64),
        ("wait_ns", c.c_uint64),
        ("refused", c.c_uint64),
        ("late", c.c_uint64),
        ("late_restored", c.c_uint64),
        ("late_lost", c.c_uint64),
    ]


class QualifySeries(c.Structure):
    """struct pcireset_series"""

    _fields_ = [
        ("device", c.c_uint32),
        ("type", c.c_uint32),
        ("nr", c.c_uint64),
        ("nr_failed", c.c_uint64),
        ("nr_unverified", c.c_uint64),
        ("nr_interrupted", c.c_uint64),
        ("ready_ns", c.c_uint64 * 5),
        ("total_ns", c.c_uint64 * 5),
        ("failed_low", c.c_double),
        ("failed_high", c.c_double),
    ]


class QualifyFinding(c.Structure):
    """struct pcireset_finding"""

    _fields_ = [
        ("mark", c.c_uint32),
        ("pattern", c.c_uint32),
        ("device", c.c_uint32),
        ("type", c.c_uint32),
        ("previous", c.c_uint32),
        ("period", c.c_uint32),
        ("first", c.c_uint32),
        ("offset", c.c_uint32),
        ("who", Addr),
        ("sequence", c.c_uint32 * 5),
        ("repeats", c.c_uint32),
        ("nr", c.c_uint64),
        ("of", c.c_uint64),
        ("low", c.c_double),
        ("high", c.c_double),
        ("p", c.c_double),
        ("ns_per_reset", c.c_double),
    ]


# Constants of linux/pcireset.h.
ESCALATE = 1 << 0
TRY = 1 << 1
MEMBER_RESET = 1 << 1
CHECK_CONFIG = 1 << 3

_P = c.c_void_p  # an object
_S = c.c_char_p
_U = c.c_uint32
_N = c.c_size_t
_OUT = c.POINTER(c.c_void_p)
_OUT_U = c.POINTER(c.c_uint32)
_OUT_N = c.POINTER(c.c_size_t)

# name without "pcireset_": return type and argument types
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "addr_to_str": (_S, [c.POINTER(Addr), _S]),
    "backend_to_str": (_S, [c.c_int]),
    "batch_add": (c.c_int, [_P, _P]),
    "batch_choose": (c.c_int, [_P]),
    "batch_get_nr_done": (_N, [_P, _OUT_N]),
    "batch_get_report": (_P, [_P, _N]),
    "batch_new": (c.c_int, [_P, _OUT]),
    "batch_run": (c.c_int, [_P]),
    "batch_unref": (_P, [_P]),
    "check_from_str": (c.c_int, [_S, _OUT_U]),
    "check_to_str": (_S, [_U]),
    "ctx_get_backend": (c.c_int, [_P]),
    "ctx_get_errmsg": (_S, [_P]),
    "ctx_get_rule": (_P, [_P, _N]),
    "ctx_get_rules_error": (_S, [_P, _N]),
    "ctx_get_stats": (c.POINTER(Stats), [_P, _U]),
    "ctx_new": (c.c_int, [_S, _OUT]),
    "ctx_new_from_dump": (c.c_int, [_S, _OUT]),
    "ctx_query": (c.c_int, [_P]),
    "ctx_read_stats": (c.c_int, [_P]),
    "ctx_scan": (c.c_int, [_P]),
    "ctx_set_backend": (c.c_int, [_P, c.c_int]),
    "ctx_unref": (_P, [_P]),
    "dev_check_rules": (c.c_int, [_P, _U]),
    "dev_first": (_P, [_P]),
    "dev_from_name": (c.c_int, [_P, _S, _OUT]),
    "dev_get_class": (_U, [_P]),
    "dev_get_device": (_U, [_P]),
    "dev_get_driver": (_S, [_P]),
    "dev_get_member": (c.POINTER(Member), [_P, _U, _N]),
    "dev_get_name": (_S, [_P]),
    "dev_get_parent": (_P, [_P]),
    "dev_get_physfn": (_P, [_P]),
    "dev_get_power": (c.c_int, [_P, _OUT, c.POINTER(_S)]),
    "dev_get_rule": (_P, [_P, _N]),
    "dev_get_slot": (_S, [_P]),
    "dev_get_type_flags": (_U, [_P, _U]),
    "dev_get_types": (_U, [_P]),
    "dev_get_user": (_S, [_P, _N, _OUT_U]),
    "dev_get_user_detail": (_S, [_P, _N]),
    "dev_get_vendor": (_U, [_P]),
    "dev_get_why_not_text": (_S, [_P, _U]),
    "dev_is_bridge": (c.c_bool, [_P]),
    "dev_next": (_P, [_P]),
    "dev_query": (c.c_int, [_P]),
    "dev_unref": (_P, [_P]),
    "equalization_to_str": (_S, [c.c_int]),
    "link_get_equalization": (c.c_int, [_P]),
    "link_get_max_speed": (_U, [_P]),
    "link_get_max_width": (_U, [_P]),
    "link_get_member": (_P, [_P, _N]),
    "link_get_port": (_P, [_P]),
    "link_get_speed": (_U, [_P]),
    "link_get_target_speed": (_U, [_P]),
    "link_get_width": (_U, [_P]),
    "link_is_disabled": (c.c_bool, [_P]),
    "link_is_touched": (c.c_bool, [_P]),
    "link_is_up": (c.c_bool, [_P]),
    "link_new": (c.c_int, [_P, _OUT]),
    "link_check_speed": (c.c_int, [_P, _U]),
    "link_retrain": (c.c_int, [_P, _U]),
    "link_unref": (_P, [_P]),
    "mark_to_str": (_S, [_U]),
    "pattern_to_str": (_S, [_U]),
    "difference_get_device": (_S, [_P]),
    "difference_get_now": (_S, [_P]),
    "difference_get_was": (_S, [_P]),
    "difference_get_what": (_S, [_P]),
    "difference_is_missing": (c.c_bool, [_P]),
    "plan_get_choice": (_S, [_P]),
    "plan_get_delay_ms": (_U, [_P]),
    "plan_get_error": (c.c_int, [_P]),
    "plan_get_expected_ns": (c.c_uint64, [_P]),
    "plan_get_leader": (_P, [_P]),
    "plan_get_member": (c.POINTER(Member), [_P, _N]),
    "plan_get_message": (_S, [_P]),
    "plan_get_scope": (_U, [_P]),
    "plan_get_type": (_U, [_P]),
    "plan_get_type_flags": (_U, [_P]),
    "plan_get_unknown": (_S, [_P, _N]),
    "plan_new": (c.c_int, [_P, _OUT]),
    "plan_resolve": (c.c_int, [_P]),
    "plan_run": (c.c_int, [_P, _OUT]),
    "plan_set_checks": (c.c_int, [_P, _U]),
    "plan_set_flags": (c.c_int, [_P, _U]),
    "plan_set_force": (c.c_int, [_P, _U]),
    "plan_set_max_scope": (c.c_int, [_P, _U]),
    "plan_set_link_speed": (c.c_int, [_P, _U]),
    "plan_set_settle_ms": (c.c_int, [_P, _U]),
    "plan_set_timeout_ms": (c.c_int, [_P, _U]),
    "plan_set_types": (c.c_int, [_P, _U]),
    "plan_unref": (_P, [_P]),
    "power_to_str": (_S, [c.c_int]),
    "proof_to_str": (_S, [_U]),
    "qualify_add": (c.c_int, [_P, _P]),
    "qualify_create": (c.c_int, [_P, _S]),
    "qualify_find": (c.c_int, [_P]),
    "qualify_get_device": (_S, [_P, _U]),
    "qualify_get_finding": (c.POINTER(QualifyFinding), [_P, _N]),
    "qualify_get_finding_text": (_S, [_P, _N]),
    "qualify_get_nr_done": (_U, [_P]),
    "qualify_get_nr_rounds": (_U, [_P]),
    "qualify_get_series": (c.c_int, [_P, _U, _U, c.POINTER(QualifySeries)]),
    "qualify_get_stop": (_S, [_P]),
    "qualify_get_types": (_U, [_P]),
    "qualify_load": (c.c_int, [_P, _S, _OUT]),
    "qualify_new": (c.c_int, [_P, _OUT]),
    "qualify_note_exercise": (c.c_int, [_P, c.c_int]),
    "qualify_begin_exercise": (c.c_int, [_P]),
    "qualify_is_exercised": (c.c_bool, [_P]),
    "qualify_resume": (c.c_int, [_P, _S]),
    "qualify_set_count": (c.c_int, [_P, _U]),
    "qualify_set_seed": (c.c_int, [_P, c.c_uint64]),
    "qualify_step": (c.c_int, [_P]),
    "qualify_unref": (_P, [_P]),
    "reenumeration_begin": (c.c_int, [_P]),
    "reenumeration_cancel": (None, [_P]),
    "reenumeration_get_after": (_S, [_P, _N, _OUT]),
    "reenumeration_get_before": (_S, [_P, _N, _OUT]),
    "reenumeration_get_difference": (_P, [_P, _N]),
    "reenumeration_get_message": (_S, [_P]),
    "reenumeration_get_port": (_S, [_P]),
    "reenumeration_get_power": (c.c_int, [_P]),
    "reenumeration_get_report": (_P, [_P]),
    "reenumeration_get_sign": (c.c_int, [_P, c.c_int]),
    "reenumeration_get_slot": (_S, [_P]),
    "reenumeration_get_type": (_U, [_P]),
    "reenumeration_is_changed": (c.c_bool, [_P]),
    "reenumeration_is_touched": (c.c_bool, [_P]),
    "reenumeration_new": (c.c_int, [_P, _OUT]),
    "reenumeration_replace": (c.c_int, [_P, _P, _P]),
    "reenumeration_reset": (c.c_int, [_P]),
    "reenumeration_resolve": (c.c_int, [_P]),
    "reenumeration_set_changed": (None, [_P]),
    "reenumeration_set_power_cycle": (c.c_int, [_P]),
    "reenumeration_unref": (_P, [_P]),
    "report_get_error": (c.c_int, [_P]),
    "report_get_failed_checks": (_U, [_P]),
    "report_get_issued": (_U, [_P]),
    "report_get_member": (c.POINTER(Member), [_P, _N]),
    "report_get_message": (_S, [_P]),
    "report_get_proof": (_U, [_P]),
    "report_get_result": (c.c_int, [_P]),
    "report_get_total_ns": (c.c_uint64, [_P]),
    "report_get_type": (_U, [_P]),
    "report_get_type_flags": (_U, [_P]),
    "report_get_wait_ns": (c.c_uint64, [_P]),
    "report_new_refused": (c.c_int, [_P, _OUT]),
    "report_unref": (_P, [_P]),
    "result_of": (c.c_int, [c.c_int, _U, _U]),
    "result_to_str": (_S, [c.c_int]),
    "rule_get_delay_ms": (_U, [_P]),
    "rule_get_delayed": (_U, [_P]),
    "rule_get_denied": (_U, [_P]),
    "rule_get_reason": (_S, [_P]),
    "rule_get_where": (_S, [_P]),
    "scope_from_str": (c.c_int, [_S, _OUT_U]),
    "scope_to_str": (_S, [_U]),
    "state_to_str": (_S, [_U]),
    "type_at": (_U, [_N]),
    "type_to_str": (_S, [_U, _U]),
    "types_from_str": (c.c_int, [_P, _S, _OUT_U]),
    "use_from_str": (c.c_int, [_S, _OUT_U]),
}


class Object:
    """One reference to an object of the library."""

    def __init__(self, pointer: int, unref: Callable[[int], Any]) -> None:
        self.pointer = pointer
        self.close = weakref.finalize(self, unref, pointer)


class Library:
    """libpcireset, with its functions as attributes without the prefix."""

    def __init__(self) -> None:
        # Without use_errno: no function of the library reports through errno.
        library = self._load()
        for name, (result, arguments) in _FUNCTIONS.items():
            try:
                function = library["pcireset_" + name]
            except AttributeError:
                raise Error(errno.ENOSYS, f"{SONAME} is older than this module: it has no pcireset_{name}()") from None
            function.restype = result
            function.argtypes = arguments
            setattr(self, name, function)

    @staticmethod
    def _load() -> c.CDLL:
        try:
            return c.CDLL(SONAME)
        except OSError as error:
            raise Error(
                errno.ENOENT,
                f"{error}. Install the package libpcireset1 (Debian) or libpcireset (RPM), run ldconfig after make install,"
                " or name the library's directory in LD_LIBRARY_PATH, such as build/meson/lib in a checkout",
            ) from None

    def __getattr__(self, name: str) -> Callable[..., Any]:
        raise AttributeError(f"no function pcireset_{name}")

    def types(self) -> list[int]:
        """Return all types, in order of choice."""
        found: list[int] = []
        while bit := self.type_at(len(found)):
            found.append(bit)
        return found
