# SPDX-License-Identifier: GPL-2.0-only
"""Resets three simulated functions below one port, by Python: python-reset.py NODE FUNCTION FUNCTION FUNCTION. Prints TAP."""

import errno
import os
import subprocess
import sys
import time

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
    same((type(error), error.errno, error.strerror), (pcireset.ResetFailed, errno.EOPNOTSUPP, plan.refused), "refused: it cannot be run")
    same((error.report.result, error.report.issued), ("refused", ()), "refused: the report")


def resets_many(machine):
    reports = machine.reset_all(functions, "flr")
    same([(r.device, r.result, r.issued) for r in reports], [(f, "verified", ("flr",)) for f in functions], "batch: each FLR")
    # One after the other they take three times 100 ms.
    same(all(r.total_ms < 200 for r in reports), True, f"batch: side by side: {[r.total_ms for r in reports]}")
    batch = machine.batch([machine.plan(f, "any") for f in functions])
    same(sorted(p.shares is None for p in batch.plans), [False, False, True], "batch: one reset for three")
    reports = batch.run()
    same([(r.result, r.type) for r in reports], [("verified", "bus")] * 3, "batch: by the bus")
    same((batch.reports, batch.progress()[1]), (reports, 0), "batch: it keeps its reports")
    report = machine.device(first).reset("flr")
    same((report.device, report.result), (first, "verified"), "a device resets itself")


def wait_for_tracing(process):
    """A watch sees what happens from when its tracing instance is complete."""
    path = f"/sys/kernel/tracing/instances/pcireset-{process.pid}/events/pcireset/pcireset_end/enable"
    for _ in range(100):
        if os.path.exists(path) and open(path).read().startswith("1"):
            break
        time.sleep(0.1)
    time.sleep(0.5)


def follows(machine):
    with pcireset.watch(second, count=2, timeout_ms=60000) as watching:
        wait_for_tracing(watching._process)
        machine.reset(second, "flr")
        events = list(watching)
    same([(e.event, e.device, e.data["type"]) for e in events], [("begin", second, "flr"), ("end", second, "flr")], "watch: begin and end")
    same((events[-1].data["result"], events[0].data["pid"]), ("verified", os.getpid()), "watch: what came of it, and by whom")
    same(events[0].time <= events[-1].time, True, "watch: in order")


def runs_the_example():
    script = os.path.expanduser("~/reset-many.py")
    done = subprocess.run([sys.executable, "-S", script, "flr", *functions], stdout=subprocess.PIPE, text=True)
    same((done.returncode, done.stdout.count(": flr, verified: every check holds")), (0, 3), f"the example: {done.stdout}".replace("\n", " | "))
    done = subprocess.run([sys.executable, "-S", script, "slot", first], stderr=subprocess.PIPE, text=True)
    same((done.returncode, ": refused: slot: " in done.stderr), (3, True), "the example: refused")


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
    same((flr.verified, flr.unverified, flr.failed, flr.timed_out, flr.functions), (10, 0, 1, 1, 11), "counted: flr")
    same((flr.last_result, bus.last_result, stats["pm"].last_result), ("failed", "verified", None), "counted: the last results")
    same((bus.verified, bus.functions), (2, 6), "counted: bus")


with pcireset.Context() as machine:
    same(machine.backend, "module", "the module answers")
    resets_a_function(machine)
    resets_a_bus(machine)
    refuses(machine)
    resets_many(machine)
    follows(machine)
    runs_the_example()
    finds_a_change(machine)
    tells_of_a_failure(machine)
    counts(machine)
same(os.path.exists(f"/sys/bus/pci/devices/{second}"), True, "and its neighbour is still there")
print(f"1..{checks}")
