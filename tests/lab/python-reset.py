# SPDX-License-Identifier: GPL-2.0-only
"""Resets three simulated functions below one port, by Python: python-reset.py NODE FUNCTION FUNCTION FUNCTION. Prints TAP."""

import errno
import os
import sys

import pcireset

node, *functions = sys.argv[1:]
first, second, third = functions
checks = 0


def same(got, want, what):
    global checks
    checks += 1
    print(f"{'ok' if got == want else 'not ok'} {checks} - {what}")
    if got != want:
        print(f"# got {got!r}\n# want {want!r}")


def write(path, value):
    with open(path, "w") as file:
        file.write(value)


def raised(kind, call):
    try:
        returned = call()
    except kind as error:
        return error
    return pcireset.ResetFailed(0, f"returned {returned}", None)


def states(report):
    return [(m.name, m.reset, m.state, m.proof, m.failed_checks, m.offset) for m in report.members]


def restored(*names):
    return [(name, True, "restored", "shown", (), None) for name in names]


def resets_a_function(machine):
    plan = machine.plan(first, "flr")
    same((plan.chosen, plan.reaches, plan.members, plan.refused, plan.error), ("flr", "function", (first,), None, 0), "flr: the plan")
    report = plan.run()
    same((report.device, report.result, report.type, report.issued), (first, "verified", "flr", ("flr",)), "flr: what ran")
    same((report.error, report.message, report.failed_checks, report.proof), (0, None, (), "shown"), "flr: what came of it")
    same(states(report), restored(first), "flr: its member")
    # PCIe r6.0, sec 6.6.2: 100 ms.
    same(100 <= report.members[0].ready_ms <= report.wait_ms <= report.total_ms < 1000, True, f"flr: its times: {report}")
    error = raised(pcireset.Error, plan.run)
    same((type(error), error.errno), (pcireset.Error, errno.EINVAL), "flr: a plan is run once")


def resets_a_bus(machine):
    report = machine.reset(second, "flr,bus", max_scope="function")
    same((report.result, report.issued), ("verified", ("flr",)), "narrow before wide")
    report = machine.reset(second, ["bus"])
    same((report.device, report.result, report.type, report.issued), (second, "verified", "bus", ("bus",)), "bus: what ran")
    same(states(report), restored(*functions), "bus: its members")


def refuses(machine):
    plan = machine.plan(first, "slot")
    same((plan.chosen, plan.error), (None, errno.EOPNOTSUPP), "refused: the plan")
    error = raised(pcireset.Error, plan.run)
    same((type(error), error.errno, error.strerror), (pcireset.Error, errno.EOPNOTSUPP, plan.refused), "refused: it cannot be run")


def finds_a_change(machine):
    """A function that the plan names goes away."""
    plan = machine.plan(first, "bus")
    write(f"/sys/bus/pci/devices/{third}/remove", "1")
    error = raised(pcireset.ResetFailed, plan.run)
    same(error.errno, errno.ESTALE, "changed since it was planned: ESTALE")
    report = error.report
    same((report.result, report.type, report.issued, report.error), ("refused", None, (), errno.ESTALE), "changed: nothing ran")
    same(error.strerror, report.message, "changed: the reason is the report's")
    machine.scan()
    same(machine.plan(first, "bus").members, (first, second), "changed: planned again, without it")


def tells_of_a_failure(machine):
    write(f"{node}/only", "0")
    write(f"{node}/ready_flr_us", "never")
    error = raised(pcireset.ResetFailed, lambda: machine.reset(first, "flr", timeout_ms=500))
    report = error.report
    same((error.errno, report.error, report.result), (errno.ETIMEDOUT, errno.ETIMEDOUT, "failed"), "failed: the result")
    same((report.type, report.issued, "ready" in report.failed_checks), ("flr", ("flr",), True), "failed: what ran, and what did not hold")
    same([m.state for m in report.members], ["dead"], "failed: its member")


def counts(machine):
    stats = machine.stats()
    flr, bus = stats["flr"], stats["bus"]
    same((flr.verified, flr.unverified, flr.failed, flr.timed_out, flr.functions), (2, 0, 1, 1, 3), "counted: flr")
    same((flr.last_result, bus.last_result, stats["pm"].last_result), ("failed", "verified", None), "counted: the last results")
    same((bus.verified, bus.functions), (1, 3), "counted: bus")


with pcireset.Context() as machine:
    same(machine.backend, "module", "the module answers")
    resets_a_function(machine)
    resets_a_bus(machine)
    refuses(machine)
    finds_a_change(machine)
    tells_of_a_failure(machine)
    counts(machine)
same(os.path.exists(f"/sys/bus/pci/devices/{second}"), True, "and its neighbour is still there")
print(f"1..{checks}")
