# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reset PCI devices with exactly the allowed reset types.

    import pcireset

    with pcireset.Context() as machine:
        for device in machine.devices():
            print(device.name, device.types)
        plan = machine.plan("03:00.0", "flr,bus", max_scope="slot")
        print(plan.chosen, plan.members, plan.refused)
        report = plan.run()
        print(report.result)
        for report in machine.reset_all(["03:00.0", "04:00.0"], "flr"):
            print(report.device, report.result)

Returned objects are snapshots. They do not change, and they stay valid after
the context is closed. Words such as "flr" or "verified" are those of
pcireset(1). Use a context and its plans in one thread at a time.

Every argument is checked. A wrong type raises TypeError. A value that is out of
range raises BadArgument.
"""

from __future__ import annotations

import ctypes
import errno
import os
from dataclasses import dataclass, field
from typing import Any, Callable, Iterable, Mapping

from . import _border, _library, _rules, _watch
from ._batch import Batch
from ._border import BadArgument, Error, Words
from ._library import Object
from ._link import Handle, Link, TrainingFailed
from ._qualify import Finding, Qualification, Series
from ._reenumerate import Difference, Power, PowerCycle, Reenumeration, ReenumerationFailed, Steps
from ._rules import Rule
from ._watch import Event, Watch

__all__ = [
    "BadArgument",
    "Batch",
    "Context",
    "Device",
    "Difference",
    "Error",
    "Event",
    "Finding",
    "Link",
    "Member",
    "Plan",
    "Qualification",
    "Power",
    "PowerCycle",
    "Reenumeration",
    "ReenumerationFailed",
    "Report",
    "ResetFailed",
    "Rule",
    "Series",
    "Stats",
    "TrainingFailed",
    "Watch",
    "watch",
]


class ResetFailed(Error):
    """A reset failed or was refused. The report says if anything was touched."""

    def __init__(self, code: int, message: str, report: Report) -> None:
        super().__init__(code, message)
        self.report = report

    def __reduce__(self) -> tuple[Any, ...]:
        return ResetFailed, (self.errno, self.strerror, self.report)


@dataclass(frozen=True)
class Device:
    """One PCI function.

    types: the reset types that would work, in order of choice; "af_flr" is FLR
        through the AF capability
    why_not: the reason for each unsupported type
    scope: the addresses of all functions that each of types affects
    users: the users of the function, such as "net:eth0" or "mount:/data"
    user_details: the processes of each of users, if they are known, such as
        "qemu-system-x86, process 812"
    rules: the administrator's rules that match the function
    """

    name: str
    vendor: int
    device: int
    class_code: int
    driver: str | None
    parent: str | None
    physfn: str | None
    slot: str | None
    is_bridge: bool
    types: tuple[str, ...]
    why_not: Mapping[str, str]
    scope: Mapping[str, tuple[str, ...]]
    users: tuple[str, ...]
    user_details: Mapping[str, str]
    rules: tuple[Rule, ...] = ()

    def plan(self, types: Words, **allowed: Any) -> Plan:
        """Plan a reset of this function; see Context.plan()."""
        return _context_of(self).plan(self, types, **allowed)

    def reset(self, types: Words, **allowed: Any) -> Report:
        """Reset this function; see Context.reset()."""
        return _context_of(self).reset(self, types, **allowed)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_context"}


def _context_of(device: Device) -> Context:
    context = device.__dict__.get("_context")
    if not isinstance(context, Context):
        raise ValueError("this Device is a copy: it belongs to no context")
    return context


@dataclass(frozen=True)
class Member:
    """The result for one affected function.

    reset: True if the function itself was reset, False if it was only cut off
        temporarily
    offset: the offset of the first different byte in config space, if the check
        "config" failed
    """

    name: str
    reset: bool
    state: str
    proof: str
    failed_checks: tuple[str, ...]
    offset: int | None
    ready_ms: float


@dataclass(frozen=True)
class Report:
    """The result of a reset.

    result: "verified", "unverified", "failed" or "refused"
    type: the type that was issued last, None if none was
    issued: all issued types
    error: an errno, 0 if every check passed
    message: the failure or the unknown fact, None if the result is "verified"
    """

    device: str
    result: str
    type: str | None
    issued: tuple[str, ...]
    members: tuple[Member, ...]
    error: int
    message: str | None
    failed_checks: tuple[str, ...]
    proof: str
    wait_ms: float
    total_ms: float


@dataclass(frozen=True)
class Plan:
    """A reset that is decided, but not run.

    chosen: the type that would be issued, regardless of obstacles; None if no
        allowed type is supported
    reaches: "function", "slot" or "bus", None if no allowed type is supported
    members: the addresses of all affected functions
    refused: the reason why run() would refuse the reset, None if it would not
    error: the errno of the refusal, or 0
    chosen_why: the reason why a batch chose this type, None if it did not
    shares: the address of the leader, if the plan shares a reset in a batch, or
        None
    expected_ms: the minimum duration of the reset in milliseconds; None if there
        is no estimate
    unknown: unknown facts that could refuse the reset when it is run
    delay_ms: the delay that a rule requires after the reset in milliseconds, or 0
    """

    device: str
    chosen: str | None
    reaches: str | None
    members: tuple[str, ...]
    refused: str | None
    error: int
    _run: Callable[[], Report] = field(repr=False, compare=False)
    chosen_why: str | None = None
    shares: str | None = None
    expected_ms: float | None = None
    unknown: tuple[str, ...] = ()
    delay_ms: int = 0

    def run(self) -> Report:
        """Run exactly this plan, or nothing.

        The result may be "unverified": there is no proof that the reset took place.
        A plan can be run once. Raises ResetFailed if the plan is refused or the
        reset fails, Error if the plan was run before.
        """
        return self._run()

    def __copy__(self) -> Plan:
        return self

    def __deepcopy__(self, _: object) -> Plan:
        return self


@dataclass(frozen=True)
class Stats:
    """The reset counters of one type since the module was loaded.

    failed: failed resets, including those in timed_out
    functions: affected functions
    last_time: the end of the last reset, seconds since the epoch; None if there
        was none
    last_result: the result of the last reset, or None
    """

    verified: int
    unverified: int
    failed: int
    timed_out: int
    functions: int
    wait_seconds: float
    last_time: float | None
    last_result: str | None


def _text(value: bytes | None) -> str | None:
    return None if value is None else os.fsdecode(value)


def _name(argument: str, device: Device | str) -> str:
    name = device.name if isinstance(device, Device) else device
    _border.text(argument, name)
    return name


def _mts(name: str, speed: float) -> int:
    """Return the speed of a link in MT/s."""
    if isinstance(speed, bool) or not isinstance(speed, (int, float)):
        raise TypeError(f"{name}: expected a number")
    if not 0 <= speed <= 1000:
        raise BadArgument(name, f"{speed!r} is not in the range 0 to 1000")
    return int(speed * 1000)


class Context:
    """A view of one machine: this one, or a recorded one.

    sysroot: a directory with sys/ and proc/, or an archive from "pcireset record"
    dump: instead of sysroot, a file with the output of "lspci -xxxx"
    use_module: False to use sysfs, even if the kernel module is loaded

    The constructor and scan() read the functions. Both raise Error if that fails.
    """

    def __init__(
        self,
        sysroot: str | os.PathLike[str] | None = None,
        *,
        dump: str | os.PathLike[str] | None = None,
        use_module: bool = True,
    ) -> None:
        if sysroot is not None and dump is not None:
            raise ValueError("sysroot and dump are two machines")
        _border.flag("use_module", use_module)
        root = None if sysroot is None else _border.path("sysroot", sysroot)
        file = None if dump is None else _border.path("dump", dump)
        self._lib = _library.Library()
        out = ctypes.c_void_p()
        error = self._lib.ctx_new(root, out) if file is None else self._lib.ctx_new_from_dump(file, out)
        if error < 0:
            place = root if file is None else file
            raise Error(-error, os.strerror(-error), "/" if place is None else os.fsdecode(place))
        self._object = Object(out.value or 0, self._lib.ctx_unref)
        if not use_module:
            self._check(self._lib.ctx_set_backend(self._ctx, 2))
        self.scan()

    def __enter__(self) -> Context:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the context. Objects that it returned before stay valid."""
        self._object.close()

    @property
    def _ctx(self) -> int:
        if not self._object.close.alive:
            raise ValueError("the context is closed")
        return self._object.pointer

    def _check(self, result: int) -> int:
        if result < 0:
            message = _text(self._lib.ctx_get_errmsg(self._ctx))
            raise Error(-result, message or os.strerror(-result))
        return result

    def scan(self) -> int:
        """Read the functions that exist now, and return their number."""
        return self._check(self._lib.ctx_scan(self._ctx))

    @property
    def backend(self) -> str:
        """The back end: "module" or "sysfs"."""
        return _text(self._lib.backend_to_str(self._lib.ctx_get_backend(self._ctx))) or ""

    # ---- functions

    def devices(
        self,
        *,
        driver: str | None = None,
        vendor: int | None = None,
        device: int | None = None,
        class_code: str | None = None,
        slot: str | None = None,
        below: Device | str | None = None,
        types: Words | None = None,
        in_use: bool | None = None,
    ) -> list[Device]:
        """Return all functions that match every filter, in order of address.

        Touches nothing.

        driver: the bound driver; "" for functions without a driver
        vendor, device: the IDs as numbers
        class_code: the first hexadecimal digits of the class: "02" is every
            network card, "0108" is NVMe and similar devices
        slot: the name of the hotplug slot
        below: a bridge; selects the functions at any depth below it
        types: at least one of these types would work
        in_use: True for functions with users, False for functions without users
        """
        wanted = self._filters(driver, slot, class_code, vendor, device)
        mask = None if types is None else self._types(types)
        above = None if below is None else self._find("below", below)
        if in_use is not None:
            _border.flag("in_use", in_use)
        self._check(self._lib.ctx_query(self._ctx))
        found = []
        dev = self._lib.dev_first(self._ctx)
        while dev:
            if self._fits(dev, mask, above):
                shown = self._device(dev)
                if all(test(shown) for test in wanted) and in_use in (None, bool(shown.users)):
                    found.append(shown)
            dev = self._lib.dev_next(dev)
        return found

    @staticmethod
    def _filters(
        driver: str | None, slot: str | None, class_code: str | None, vendor: int | None, device: int | None
    ) -> list[Callable[[Device], bool]]:
        tests: list[Callable[[Device], bool]] = []
        if driver is not None:
            _border.text("driver", driver)
            tests.append(lambda d: (d.driver or "") == driver)
        if slot is not None:
            _border.text("slot", slot)
            tests.append(lambda d: d.slot == slot)
        if class_code is not None:
            digits = _border.text("class_code", class_code).decode("ascii", "replace").lower()
            if not 1 <= len(digits) <= 6 or not set(digits) <= set("0123456789abcdef"):
                raise BadArgument("class_code", f"{class_code!r} is not 1 to 6 hexadecimal digits")
            tests.append(lambda d: f"{d.class_code:06x}".startswith(digits))
        if vendor is not None:
            vendor = _border.number("vendor", vendor, 0xFFFF)
            tests.append(lambda d: d.vendor == vendor)
        if device is not None:
            device = _border.number("device", device, 0xFFFF)
            tests.append(lambda d: d.device == device)
        return tests

    def _fits(self, dev: int, mask: int | None, above: Object | None) -> bool:
        if mask is not None and not self._lib.dev_get_types(dev) & mask:
            return False
        if above is None:
            return True
        bridge = self._lib.dev_get_parent(dev)
        while bridge and self._name(bridge) != self._name(above.pointer):
            bridge = self._lib.dev_get_parent(bridge)
        return bool(bridge)

    def device(self, name: str) -> Device:
        """Return the function with a name.

        The name is an address, vendor:device, a path in /sys or /dev, or an
        interface. Raises Error with ENOENT, ENODEV, EINVAL or ENOTUNIQ. Touches
        nothing.
        """
        _border.text("name", name)
        handle = self._find("name", name)
        self._check(self._lib.dev_query(handle.pointer))
        return self._device(handle.pointer)

    def _find(self, argument: str, device: Device | str) -> Object:
        out = ctypes.c_void_p()
        self._check(self._lib.dev_from_name(self._ctx, os.fsencode(_name(argument, device)), out))
        return Object(out.value or 0, self._lib.dev_unref)

    def _name(self, dev: int | None) -> str | None:
        return _text(self._lib.dev_get_name(dev)) if dev else None

    def _address(self, addr: _library.Addr) -> str:
        buffer = ctypes.create_string_buffer(20)
        return _text(self._lib.addr_to_str(addr, buffer)) or ""

    def _list(self, get: Callable[[int], Any]) -> list[Any]:
        """Return the values of a getter for 0, 1 and so on."""
        found: list[Any] = []
        while item := get(len(found)):
            found.append(item)
        return found

    def _scope(self, dev: int, bit: int) -> tuple[str, ...]:
        members = self._list(lambda i: self._lib.dev_get_member(dev, bit, i))
        return tuple(self._address(m.contents.addr) for m in members)

    def _device(self, dev: int) -> Device:
        lib = self._lib
        types: list[str] = []
        why_not: dict[str, str] = {}
        scope: dict[str, tuple[str, ...]] = {}
        for bit in lib.types():
            if not lib.dev_get_types(dev) & bit:
                reason = _text(lib.dev_get_why_not_text(dev, bit))
                why_not[_text(lib.type_to_str(bit, 0)) or ""] = reason or ""
                continue
            name = _text(lib.type_to_str(bit, lib.dev_get_type_flags(dev, bit))) or ""
            types.append(name)
            scope[name] = self._scope(dev, bit)
        users = tuple(os.fsdecode(u) for u in self._list(lambda i: lib.dev_get_user(dev, i, None)))
        details = ((user, _text(lib.dev_get_user_detail(dev, i))) for i, user in enumerate(users))
        device = Device(
            name=self._name(dev) or "",
            vendor=lib.dev_get_vendor(dev),
            device=lib.dev_get_device(dev),
            class_code=lib.dev_get_class(dev),
            driver=_text(lib.dev_get_driver(dev)),
            parent=self._name(lib.dev_get_parent(dev)),
            physfn=self._name(lib.dev_get_physfn(dev)),
            slot=_text(lib.dev_get_slot(dev)),
            is_bridge=lib.dev_is_bridge(dev),
            types=tuple(types),
            why_not=why_not,
            scope=scope,
            users=users,
            user_details={user: detail for user, detail in details if detail},
            rules=_rules.rules(lib, lambda i: lib.dev_get_rule(dev, i)),
        )
        # Not a field: comparison, copy and repr() cover the snapshot only.
        device.__dict__["_context"] = self
        return device

    # ---- rules

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The administrator's rules, in the order in which they were read."""
        return _rules.rules(self._lib, lambda i: self._lib.ctx_get_rule(self._ctx, i))

    @property
    def rules_errors(self) -> tuple[str, ...]:
        """The errors in the rules. While there is one, every reset is refused."""
        errors = self._list(lambda i: self._lib.ctx_get_rules_error(self._ctx, i))
        return tuple(os.fsdecode(error) for error in errors)

    def check_rules(self, device: Device | str, type: str) -> None:
        """Check whether the rules deny a type, before a reset without a plan.

        type: one reset type; the function need not support it

        Raises Error with EOPNOTSUPP if a rule denies the type, or with EPERM if the
        rules have an error.
        """
        dev = self._find("device", device)
        self._check(self._lib.dev_check_rules(dev.pointer, self._types(type)))

    # ---- plans

    @staticmethod
    def _mask(argument: str, from_str: Callable[..., int], words: Words) -> int:
        mask = 0
        for word in _border.words(argument, words):
            out = ctypes.c_uint32()
            if from_str(word, out) < 0:
                raise BadArgument(argument, f"unknown word {os.fsdecode(word)!r}")
            mask |= out.value
        return mask

    def _types(self, types: Words) -> int:
        out = ctypes.c_uint32()
        self._check(self._lib.types_from_str(self._ctx, b",".join(_border.words("types", types)), out))
        return out.value

    def plan(
        self,
        device: Device | str,
        types: Words,
        *,
        max_scope: str | None = None,
        force: Words = (),
        checks: Words = (),
        timeout_ms: int = 0,
        settle_ms: int = 0,
        link_speed: float = 0,
        escalate: bool = False,
    ) -> Plan:
        """Plan a reset of a function. Touches nothing.

        types: the allowed types, as words or one string with commas; there is no
            default
        max_scope: the widest scope: "function", "slot" or "bus"
        force: uses that are not obstacles, such as "driver" or "net"; never adds
            a type
        checks: the required checks: "link", "config", "proof"; empty for the
            default, which is the first two
        timeout_ms, settle_ms: as the options of pcireset-reset(1), in
            milliseconds; 0 for the default
        link_speed: speed of the link after the reset in GT/s, such as 8; only for types
            that reset the link; 0 for the usual one
        escalate: if a reset fails, try the next allowed type

        Also returns a plan that would be refused. Raises Error if no plan is
        possible.
        """
        dev, plan = self._new_plan(
            device,
            types,
            max_scope=max_scope,
            force=force,
            checks=checks,
            timeout_ms=timeout_ms,
            settle_ms=settle_ms,
            link_speed=link_speed,
            escalate=escalate,
        )
        result = self._lib.plan_resolve(plan.pointer)
        # Rules that cannot be read refuse every reset: that is a plan with a reason, too.
        refused = result in (-errno.EPERM, -errno.EOPNOTSUPP, -errno.EBUSY)
        if not refused or not self._lib.plan_get_message(plan.pointer):
            self._check(result)
        return self._plan(self._name(dev.pointer) or "", plan)

    def _new_plan(
        self,
        device: Device | str,
        types: Words,
        *,
        max_scope: str | None = None,
        force: Words = (),
        checks: Words = (),
        timeout_ms: int = 0,
        settle_ms: int = 0,
        link_speed: float = 0,
        escalate: bool = False,
    ) -> tuple[Object, Object]:
        """Return the function and a plan that is not resolved."""
        lib = self._lib
        scope = 0 if max_scope is None else self._mask("max_scope", lib.scope_from_str, [max_scope])
        settings = (
            (lib.plan_set_types, self._types(types)),
            (lib.plan_set_max_scope, scope),
            (lib.plan_set_force, self._mask("force", lib.use_from_str, force)),
            (lib.plan_set_checks, self._mask("checks", lib.check_from_str, checks)),
            (lib.plan_set_timeout_ms, _border.number("timeout_ms", timeout_ms)),
            (lib.plan_set_settle_ms, _border.number("settle_ms", settle_ms)),
            (lib.plan_set_link_speed, _mts("link_speed", link_speed)),
            (lib.plan_set_flags, _library.ESCALATE if _border.flag("escalate", escalate) else 0),
        )
        dev = self._find("device", device)
        out = ctypes.c_void_p()
        self._check(lib.plan_new(dev.pointer, out))
        plan = Object(out.value or 0, lib.plan_unref)
        for setter, value in settings:
            self._check(setter(plan.pointer, value))
        return dev, plan

    def reenumerate(
        self,
        device: Device | str,
        types: Words = (),
        *,
        program: Callable[[], object] | None = None,
        power_cycle: bool = False,
        **allowed: Any,
    ) -> Reenumeration:
        """Reset a reprogrammed device, remove it, and let the kernel find it again.

        The port above reports no error and no hotplug event meanwhile. The
        functions of the device get their drivers back. Afterwards, older Device
        objects may show a device that no longer exists.

        program: called without arguments while no driver is bound, to program the
            device
        power_cycle: cut the power of the slot instead of a reset, without types, as
            pcireset-re-enumerate(1) does; see find_power()
        allowed: as for plan()

        Raises ReenumerationFailed, or the exception of program. In both cases the
        registers of the port are restored.
        """
        if program is not None and not callable(program):
            raise TypeError("program: expected a function")
        if _border.flag("power_cycle", power_cycle) and types:
            raise _border.BadArgument("types", "a power cycle takes none")
        dev, plan = self._new_plan(device, "any" if power_cycle else types, **allowed)
        steps = Steps(self, plan)
        if power_cycle:
            steps.cut_power()
        return steps.run(self._name(dev.pointer) or "", program)

    def find_power(self, device: Device | str) -> Power:
        """Return the way to cut the power of a function. Touches nothing."""
        dev = self._find("device", device)
        port, text = ctypes.c_void_p(), ctypes.c_char_p()
        method = self._lib.dev_get_power(dev.pointer, port, text)
        word = _text(self._lib.power_to_str(method)) or ""
        words = None if text.value is None else os.fsdecode(text.value)
        return Power(
            method=word,
            port=self._name(port.value) if port.value else None,
            slot=words if word == "slot" else None,
            reason=words if word in ("none", "unknown") else None,
        )

    def link(self, device: Device | str) -> Link:
        """Return the PCI Express link above a device, or the link of a port.

        Touches nothing. Needs root, for the registers of the port.
        """
        return Handle(self, self._find("device", device)).state()

    def retrain(self, device: Device | str, speed: float = 0) -> Link:
        """Train the link above a device again, and return it.

        speed: in GT/s, such as 2.5 or 16; 0 for the fastest that both ends and the
            Target Link Speed allow

        No function is reset, but none below the port can be accessed for some
        milliseconds. Raises TrainingFailed.
        """
        speed_mts = _mts("speed", speed)
        handle = Handle(self, self._find("device", device))
        handle.retrain(speed_mts)
        return handle.state()

    def _plan(self, device: str, plan: Object) -> Plan:
        lib = self._lib
        pointer = plan.pointer
        bit = lib.plan_get_type(pointer)
        members = self._list(lambda i: lib.plan_get_member(pointer, i))
        expected = lib.plan_get_expected_ns(pointer)
        shown = Plan(
            device=device,
            chosen=_text(lib.type_to_str(bit, lib.plan_get_type_flags(pointer))) if bit else None,
            reaches=_text(lib.scope_to_str(lib.plan_get_scope(pointer))),
            members=tuple(self._address(m.contents.addr) for m in members),
            refused=_text(lib.plan_get_message(pointer)),
            error=-lib.plan_get_error(pointer),
            _run=lambda: self._run(device, plan),
            chosen_why=_text(lib.plan_get_choice(pointer)),
            shares=self._name(lib.plan_get_leader(pointer)),
            expected_ms=expected / 1e6 if expected else None,
            unknown=tuple(os.fsdecode(w) for w in self._list(lambda i: lib.plan_get_unknown(pointer, i))),
            delay_ms=lib.plan_get_delay_ms(pointer),
        )
        # Not fields: only a batch needs them.
        shown.__dict__["_of"] = (self, plan)
        return shown

    def reset(self, device: Device | str, types: Words, **allowed: Any) -> Report:
        """Plan a reset and run it; see plan() and Plan.run()."""
        return self.plan(device, types, **allowed).run()

    def _run(self, device: str, plan: Object) -> Report:
        report = self._refusal(device, plan)
        if report is None:
            out = ctypes.c_void_p()
            result = self._lib.plan_run(plan.pointer, out)
            if not out.value:
                self._check(result)
            handle = Object(out.value or 0, self._lib.report_unref)
            report = self._report(device, handle.pointer)
        if report.error:
            raise ResetFailed(report.error, report.message or os.strerror(report.error), report)
        return report

    def _refusal(self, device: str, plan: Object) -> Report | None:
        """Return the report of a refused plan, None for any other plan."""
        out = ctypes.c_void_p()
        result = self._lib.report_new_refused(plan.pointer, out)
        if result == -errno.EINVAL:
            return None
        self._check(result)
        handle = Object(out.value or 0, self._lib.report_unref)
        return self._report(device, handle.pointer)

    # ---- batches

    def batch(self, plans: Iterable[Plan], *, choose: bool = True) -> Batch:
        """Combine plans of this context in a batch; see Batch. Touches nothing.

        choose: merge resets if the plans allow it; False to run each plan
            unchanged
        """
        return Batch(self, plans, choose=choose)

    def reset_all(self, devices: Iterable[Device | str], types: Words, **allowed: Any) -> tuple[Report, ...]:
        """Plan a reset of each function, and run the plans together.

        See plan(), batch() and Batch.run().
        """
        if isinstance(devices, str):
            raise TypeError("devices: expected a list of functions, not one string")
        return self.batch([self.plan(device, types, **allowed) for device in devices]).run()

    # ---- qualification

    def qualify(
        self,
        plans: Iterable[Plan],
        count: int,
        *,
        seed: int = 0,
        journal: str | os.PathLike[str] | None = None,
    ) -> Qualification:
        """Begin a run of many resets; see Qualification. Touches nothing.

        plans: one for each device and type, each with exactly one type
        count: the number of resets of each type
        journal: name of a new file, with which the run can be resumed
        """
        path = None if journal is None else _border.path("journal", journal)
        return Qualification._new(self, plans, count, seed, path)

    def load_run(self, journal: str | os.PathLike[str]) -> Qualification:
        """Read the journal of a run. Touches nothing."""
        out = ctypes.c_void_p()
        self._check(self._lib.qualify_load(self._ctx, _border.path("journal", journal), out))
        return Qualification(self, out.value or 0)

    # ---- reports

    def _checks(self, mask: int) -> tuple[str, ...]:
        bits = (1 << i for i in range(32))
        return tuple(_text(self._lib.check_to_str(bit)) or "" for bit in bits if mask & bit)

    def _member(self, member: _library.Member) -> Member:
        return Member(
            name=self._address(member.addr),
            reset=bool(member.flags & _library.MEMBER_RESET),
            state=_text(self._lib.state_to_str(member.state)) or "",
            proof=_text(self._lib.proof_to_str(member.proof)) or "",
            failed_checks=self._checks(member.failed),
            offset=member.offset if member.failed & _library.CHECK_CONFIG else None,
            ready_ms=member.ready_ns / 1e6,
        )

    def _report(self, device: str, report: int) -> Report:
        lib = self._lib
        flags = lib.report_get_type_flags(report)
        bit = lib.report_get_type(report)
        issued = [t for t in lib.types() if lib.report_get_issued(report) & t]
        members = self._list(lambda i: lib.report_get_member(report, i))
        return Report(
            device=device,
            result=_text(lib.result_to_str(lib.report_get_result(report))) or "",
            type=_text(lib.type_to_str(bit, flags)) if bit else None,
            issued=tuple(_text(lib.type_to_str(t, flags)) or "" for t in issued),
            members=tuple(self._member(m.contents) for m in members),
            error=-lib.report_get_error(report),
            message=_text(lib.report_get_message(report)),
            failed_checks=self._checks(lib.report_get_failed_checks(report)),
            proof=_text(lib.proof_to_str(lib.report_get_proof(report))) or "",
            wait_ms=lib.report_get_wait_ns(report) / 1e6,
            total_ms=lib.report_get_total_ns(report) / 1e6,
        )

    # ---- statistics

    def stats(self) -> dict[str, Stats]:
        """Return the reset counters by type. Raises Error without the module."""
        self._check(self._lib.ctx_read_stats(self._ctx))
        found = {}
        for bit in self._lib.types():
            stats = self._lib.ctx_get_stats(self._ctx, bit).contents
            found[_text(self._lib.type_to_str(bit, 0)) or ""] = self._stats(stats)
        return found

    def _stats(self, stats: _library.Stats) -> Stats:
        # The counters include issued resets only.
        last = self._lib.result_of(-stats.last_errno, stats.type, stats.last_proof)
        return Stats(
            verified=stats.verified,
            unverified=stats.unverified,
            failed=stats.failed + stats.timed_out,
            timed_out=stats.timed_out,
            functions=stats.functions,
            wait_seconds=stats.wait_ns / 1e9,
            last_time=stats.last_ns / 1e9 if stats.last_ns else None,
            last_result=_text(self._lib.result_to_str(last)) if stats.last_ns else None,
        )


def watch(
    *devices: Device | str, timeout_ms: int | None = None, count: int | None = None, tool: str = "pcireset"
) -> Watch:
    """Follow resets as they happen: the events of pcireset-watch(1), one by one.

    The events include the resets of every caller.

    devices: only events of these functions; empty for all
    timeout_ms, count: end after this time, or after this number of events
    tool: the program to run; it must run as root

    Events before the start of the program are missed. Raises Error if the program
    cannot be run or is not permitted to watch.
    """
    names = tuple(_name("devices", device) for device in devices)
    return Watch(_watch.command(tool, names, timeout_ms, count))
