# SPDX-License-Identifier: GPL-2.0-only
"""The Python binding on machines that were recorded in the lab: it says what the tool says. Resets nothing."""

import contextlib
import dataclasses
import errno
import gc
import inspect
import io
import json
import lzma
import os
import pathlib
import pickle
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import unittest.mock

import pcireset
from pcireset import _library

ROOT = pathlib.Path(__file__).parents[2]
TOOL = os.environ["PCIRESET_TOOL"]
MACHINES = sorted((ROOT / "tests/machines").glob("*.tar.xz"))


def tool(*args):
    """What the tool says as JSON, whatever its exit status."""
    done = subprocess.run([TOOL, *args, "--json"], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


class Runs(unittest.TestCase):
    """Saved runs of pcireset qualify."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def load(self, machine, fault):
        path = pathlib.Path(self.directory.name) / fault
        subprocess.run([ROOT / "tests/cli/make-run", path, "900", fault], check=True)
        return path, machine.load_run(path / "journal")

    def test_a_saved_run_says_what_the_tool_says(self):
        with pcireset.Context() as machine:
            for fault in ("none", "lanes", "after", "slower"):
                path, run = self.load(machine, fault)
                told = tool("qualify", "--report", str(path))
                self.assertEqual((run.done, run.rounds, run.stopped), (2700, 2700, None))
                self.assertEqual([f.text for f in run.findings], [f["text"] for f in told["findings"]])
                self.assertEqual(run.devices, ("0000:01:00.0",))
                for series, other in zip(run.series, told["devices"][0]["series"]):
                    self.assertEqual((series.type, series.resets, series.failed), (other["type"], other["resets"], other["failed"]))
                    self.assertAlmostEqual(series.failed_high, other["failed_high"], 6)
                    self.assertAlmostEqual(series.ready_ms[1], other["ready_ms"]["p50"], 0)

    def test_a_finding_has_its_pattern(self):
        with pcireset.Context() as machine:
            _, run = self.load(machine, "after")
            (finding,) = run.findings
            self.assertEqual((finding.type, finding.pattern, finding.after), ("pm", "after", "flr"))
            self.assertLess(finding.p, 0.001)

    def test_what_cannot_run_is_an_error(self):
        with pcireset.Context() as machine:
            with self.assertRaises(pcireset.Error):
                machine.load_run("/nonexistent/journal")
            with self.assertRaises(pcireset.Error):
                machine.qualify([], 10)
            with self.assertRaises(pcireset.BadArgument):
                machine.qualify([], -1)
            _, run = self.load(machine, "half")
            with self.assertRaises(pcireset.Error):
                run.step()
            with self.assertRaises(pcireset.Error):
                run.begin_exercise()
            self.assertFalse(run.exercised)


class Machines(unittest.TestCase):
    """Each recorded machine as a file."""

    @classmethod
    def setUpClass(cls):
        cls.directory = tempfile.TemporaryDirectory()
        cls.files = {}
        for packed in MACHINES:
            name = packed.name.split(".")[0]
            cls.files[name] = os.path.join(cls.directory.name, name)
            pathlib.Path(cls.files[name]).write_bytes(lzma.decompress(packed.read_bytes()))

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def setUp(self):
        self.assertGreaterEqual(len(self.files), 6)
        self.mixed = self.files["mixed"]

    def test_devices_are_those_of_the_tool(self):
        for name, file in self.files.items():
            with self.subTest(name), pcireset.Context(file) as machine:
                told = tool("list", "--sysroot", file)["devices"]
                found = [
                    {
                        "device": d.name,
                        "vendor": f"0x{d.vendor:04x}",
                        "id": f"0x{d.device:04x}",
                        "class": f"0x{d.class_code:06x}",
                        "driver": d.driver,
                        "types": list(d.types),
                        "why_not": d.why_not,
                        "scope": {t: list(d.scope[t]) for t in d.types},
                        "users": list(d.users),
                        "user_details": d.user_details,
                    }
                    for d in machine.devices()
                ]
                self.assertEqual(found, told)
                self.assertEqual(machine.backend, "sysfs")

    def test_plans_are_those_of_the_tool(self):
        for name, file in self.files.items():
            with self.subTest(name), pcireset.Context(file) as machine:
                names = [d.name for d in machine.devices()]
                told = tool("plan", *names, "--type", "any", "--sysroot", file)["devices"]
                for device, want in zip(names, told, strict=True):
                    # For several the tool chooses together; a plan is of one.
                    if want["chosen_why"]:
                        want = tool("plan", device, "--type", "any", "--sysroot", file)["devices"][0]
                    plan = machine.plan(device, "any")
                    self.assertEqual(plan.device, device)
                    self.assertEqual(plan.chosen, want["chosen"])
                    self.assertEqual(plan.reaches, want["reaches"])
                    self.assertEqual(list(plan.members), want["members"])
                    self.assertEqual(plan.refused, want["refused"])
                    self.assertEqual(list(plan.unknown), want["unknown"])
                    code = errno.errorcode[plan.error] if plan.error else None
                    self.assertEqual({"ENOTSUP": "EOPNOTSUPP"}.get(code, code), want["error"])

    def test_what_is_allowed_is_what_is_planned(self):
        with pcireset.Context(self.mixed) as machine:
            card = machine.device("03:00.0")
            self.assertEqual(card.types, ("pm", "bus", "link_disable"))
            self.assertEqual(machine.plan(card, ["bus", "flr"]).chosen, "bus")
            self.assertEqual(machine.plan(card, "bus,pm").chosen, "pm")
            self.assertEqual(len(machine.plan(card, "bus").members), 3)
            self.assertIn("net:eth1", machine.plan(card, "bus", force="driver").refused)
            self.assertIsNone(machine.plan(card, "bus", force=["driver", "net"]).refused)
            self.assertEqual(machine.plan(card, "bus").error, errno.EBUSY)
            self.assertEqual(machine.plan(card, "bus", max_scope="function").error, errno.EOPNOTSUPP)
            self.assertEqual(machine.plan(card, "flr").error, errno.EOPNOTSUPP)

    def test_the_speed_of_a_link_is_checked(self):
        cases = (
            (7, "bus", errno.EINVAL),
            (8, "flr,bus", errno.EINVAL),
            (-1, "bus", errno.EINVAL),
            (8, "bus", errno.EOPNOTSUPP),  # without the module
        )
        with pcireset.Context(self.mixed) as machine:
            for speed, types, code in cases:
                with self.assertRaises(pcireset.Error) as caught:
                    machine.plan("03:00.0", types, link_speed=speed)
                self.assertEqual(caught.exception.errno, code)
            with self.assertRaises(TypeError):
                machine.plan("03:00.0", "bus", link_speed=True)

    def test_rules_are_obeyed(self):
        with tempfile.TemporaryDirectory() as directory:
            with tarfile.open(self.mixed) as archive:
                archive.extractall(directory)
            rules = pathlib.Path(directory, "etc/pcireset/rules.d")
            rules.mkdir(parents=True)
            file = rules / "10-test.conf"
            file.write_text("[Match]\nAddress=03:00.0\n[Reset]\nDeny=pm\nReason=because\n", encoding="utf-8")
            denied = "denied by the rule at /etc/pcireset/rules.d/10-test.conf:1: because"
            with pcireset.Context(directory) as machine:
                card = machine.device("03:00.0")
                self.assertEqual((card.types, card.why_not["pm"]), (("bus", "link_disable"), denied))
                plan = machine.plan(card, "pm", force=["driver", "net"])
                self.assertEqual((plan.error, plan.refused), (errno.EOPNOTSUPP, f"pm: {denied}"))
                with self.assertRaises(pcireset.ResetFailed) as caught:
                    card.reset("pm")
                self.assertEqual(caught.exception.report.result, "refused")
            with file.open("a", encoding="utf-8") as text:
                text.write("[Match]\nAddress=03:*\n[Reset]\nDelay=300\nTypes=bus,pm\n")
            with pcireset.Context(directory) as machine:
                where = "/etc/pcireset/rules.d/10-test.conf:"
                deny = pcireset.Rule(where + "1", ("pm",), (), 0, "because")
                delay = pcireset.Rule(where + "6", (), ("pm", "bus"), 300, None)
                self.assertEqual(machine.rules, (deny, delay))
                self.assertEqual(machine.rules_errors, ())
                self.assertEqual(machine.device("03:00.0").rules, (deny, delay))
                self.assertEqual(machine.device("01:00.0").rules, ())
                self.assertEqual(machine.plan("03:00.0", "bus").delay_ms, 300)
                self.assertEqual(machine.plan("01:00.0", "flr").delay_ms, 0)
                machine.check_rules("03:00.0", "bus")
                with self.assertRaises(pcireset.Error) as denied_by:
                    machine.check_rules("03:00.0", "pm")
                self.assertEqual(denied_by.exception.errno, errno.EOPNOTSUPP)
                self.assertIn(denied, str(denied_by.exception))
            file.write_text("Frobnicate=1\n", encoding="utf-8")
            with pcireset.Context(directory) as machine:
                self.assertEqual(machine.rules, ())
                self.assertRegex(machine.rules_errors[0], "^/etc/pcireset/rules.d/10-test.conf:1: ")
                with self.assertRaises(pcireset.Error) as refused:
                    machine.check_rules("03:00.0", "pm")
                self.assertEqual(refused.exception.errno, errno.EPERM)
                self.assertEqual(machine.device("03:00.0").types, ())
                plan = machine.plan("03:00.0", "bus")
                self.assertEqual(plan.error, errno.EPERM)
                self.assertRegex(plan.refused, "no reset is allowed: .*10-test.conf:1")

    def test_a_recorded_machine_is_not_reset(self):
        with pcireset.Context(self.mixed) as machine:
            plan = machine.plan("01:00.0", "flr", force="mount")
            self.assertIsNone(plan.refused)
            with self.assertRaises(pcireset.ResetFailed) as caught:
                plan.run()
            self.assertEqual(caught.exception.errno, errno.EROFS)
            report = caught.exception.report
            self.assertEqual((report.result, report.issued, report.type), ("refused", (), None))
            self.assertEqual(report.error, errno.EROFS)
            self.assertEqual(report.message, "a recorded machine cannot be reset")
            self.assertEqual(report.device, "0000:01:00.0")

    def test_a_refusal_has_a_report(self):
        with pcireset.Context(self.mixed) as machine:
            card = machine.device("03:00.0")
            for code, call in (
                (errno.EBUSY, lambda: machine.reset(card, "bus")),
                (errno.EBUSY, lambda: card.reset("bus")),
                (errno.EBUSY, machine.plan(card, "bus").run),
                (errno.EOPNOTSUPP, lambda: card.reset("flr", timeout_ms=5)),
            ):
                with self.assertRaises(pcireset.ResetFailed) as caught:
                    call()
                report = caught.exception.report
                self.assertEqual((caught.exception.errno, report.error), (code, code))
                self.assertEqual((report.device, report.result, report.issued), (card.name, "refused", ()))
                self.assertEqual(caught.exception.strerror, report.message)
                again = pickle.loads(pickle.dumps(caught.exception))
                self.assertEqual((again.errno, again.report), (code, report))

    def test_a_device_plans_and_resets_itself(self):
        with pcireset.Context(self.mixed) as machine:
            card = machine.device("03:00.0")
            self.assertEqual(card.plan("bus", force="driver,net"), machine.plan(card, "bus", force="driver,net"))
            copied = pickle.loads(pickle.dumps(card))
            self.assertEqual(copied, card)
            self.assertEqual(dataclasses.asdict(copied), dataclasses.asdict(card))
            with self.assertRaisesRegex(ValueError, "is a copy"):
                copied.reset("flr")
        with self.assertRaisesRegex(ValueError, "closed"):
            card.plan("bus")

    def test_a_batch_is_chosen_as_the_tool_chooses(self):
        names = [f"0000:03:00.{i}" for i in range(3)] + ["0000:01:00.0", "0000:08:00.0"]
        told = tool("plan", *names, "--type", "any", "--force", "driver,net", "--sysroot", self.mixed)["devices"]
        with pcireset.Context(self.mixed) as machine:
            plans = [machine.plan(name, "any", force="driver,net") for name in names]
            batch = machine.batch(plans)
            for plan, want in zip(batch.plans, told, strict=True):
                got = (plan.device, plan.chosen, plan.chosen_why, plan.shares, plan.expected_ms, plan.refused)
                self.assertEqual(got, tuple(want[k] for k in ("device", "chosen", "chosen_why", "shares", "expected_ms", "refused")))
            self.assertEqual([p.shares for p in batch.plans[:3]], ["0000:03:00.1", None, "0000:03:00.1"])
            self.assertIn("mount", batch.plans[3].refused)
            self.assertEqual((batch.reports, batch.progress()), ((), (0, 0)))
            reports = batch.run()
            self.assertEqual(batch.reports, reports)
            self.assertEqual([r.device for r in reports], names)
            # The one that is refused for itself keeps its reason.
            self.assertEqual([r.error for r in reports], [errno.EROFS] * 3 + [errno.EBUSY, errno.EROFS])
            for call in (batch.run, plans[0].run, lambda: machine.batch(plans)):
                with self.assertRaises(pcireset.Error) as caught:
                    call()
                self.assertEqual(caught.exception.errno, errno.EINVAL)
            alone = machine.batch([machine.plan(name, "any", force="driver,net") for name in names], choose=False)
            self.assertEqual([p.chosen for p in alone.plans[:3]], ["pm", "bus", "flr"])

    def test_a_batch_takes_plans_of_its_context_once(self):
        with pcireset.Context(self.mixed) as machine, pcireset.Context(self.mixed) as other:
            plan = machine.plan("01:00.0", "flr")
            for plans in ([plan, plan], [other.plan("01:00.0", "flr")], [dataclasses.replace(plan)]):
                with self.assertRaises(pcireset.BadArgument):
                    machine.batch(plans)
            for plans in (["01:00.0"], 5, [None]):
                with self.assertRaises(TypeError):
                    machine.batch(plans)
            with self.assertRaises(TypeError):
                machine.reset_all("01:00.0", "flr")
            self.assertEqual(machine.reset_all([], "flr"), ())
            refused = machine.reset_all(["01:00.0", "06:00.0"], "flr")
            self.assertEqual([r.result for r in refused], ["refused", "refused"])
            batch = machine.batch([plan])
        with self.assertRaisesRegex(ValueError, "closed"):
            batch.run()

    def test_filters_are_those_of_what_they_filter(self):
        with pcireset.Context(self.mixed) as machine:
            every = machine.devices()
            bridge = machine.device("0000:00:09.0")
            for filters, test in (
                ({"driver": "nvme"}, lambda d: d.driver == "nvme"),
                ({"driver": ""}, lambda d: d.driver is None),
                ({"vendor": 0x8086}, lambda d: d.vendor == 0x8086),
                ({"vendor": 0x8086, "device": 0x10D3}, lambda d: (d.vendor, d.device) == (0x8086, 0x10D3)),
                ({"class_code": "02"}, lambda d: d.class_code >> 16 == 2),
                ({"class_code": "010802"}, lambda d: d.class_code == 0x010802),
                ({"slot": "101"}, lambda d: d.slot == "101"),
                ({"below": bridge}, lambda d: d.parent == bridge.name),
                ({"below": "0000:00:09.0", "driver": "none"}, lambda d: False),
                ({"types": "flr,pm"}, lambda d: {"flr", "af_flr", "pm"} & set(d.types)),
                ({"in_use": True}, lambda d: d.users),
                ({"in_use": False}, lambda d: not d.users),
            ):
                want = [d for d in every if test(d)]
                self.assertEqual(machine.devices(**filters), want, filters)
                self.assertNotEqual(len(want), len(every))
            for wrong in ({"class_code": ""}, {"class_code": "0x"}, {"class_code": "0108020"}, {"vendor": 0x10000}):
                with self.assertRaises(pcireset.BadArgument):
                    machine.devices(**wrong)

    def test_what_c_would_cut_or_wrap_is_refused(self):
        """Every argument of every public call, by its annotation: a new one is tried without a new test."""
        wrong = {
            "int": (-1, 2**32, 2**32 + 5, 2**64, 1.5, "5", None, True),
            "float": (-1, 1001, float("nan"), float("inf"), "5", None, True),
            "bool": ("no", 1, None),
            "str": ("a\0b", "\0", "\ud800", 5, b"flr", ["flr"], None),
            "Words": ("a\0b", ["flr", "a\0b"], ["flr", 5], [b"flr"], b"flr", 5, None),
            "str | os.PathLike[str]": ("a\0b", "/\0", "\ud800", 5, ["a"]),
            "Device | str": ("a\0b", 5, b"01:00.0", None),
        }
        tried = 0
        with pcireset.Context(self.mixed) as machine:
            for call, given in (
                (pcireset.Context, {}),
                (machine.device, {"name": "01:00.0"}),
                (machine.devices, {}),
                (machine.plan, {"device": "01:00.0", "types": "flr"}),
                (machine.batch, {"plans": []}),
                (pcireset.watch, {}),
            ):
                for name, parameter in inspect.signature(call).parameters.items():
                    kind, optional, _ = parameter.annotation.partition(" | None")
                    if kind == "Iterable[Plan]":
                        continue
                    for value in wrong[kind]:
                        if value is None and optional:
                            continue
                        args = (value,) if parameter.kind is parameter.VAR_POSITIONAL else ()
                        with self.subTest(f"{call.__name__} {name}={value!r}"):
                            with self.assertRaises((pcireset.BadArgument, TypeError)) as caught:
                                call(*args, **({} if args else {**given, name: value}))
                            self.assertIn(name, str(caught.exception))
                            tried += 1
        self.assertGreater(tried, 100)

    def test_errors_have_an_errno(self):
        with pcireset.Context(self.mixed) as machine:
            for code, call in (
                (errno.ENOENT, lambda: machine.device("77:00.0")),
                (errno.EINVAL, lambda: machine.device("no name at all")),
                (errno.EINVAL, lambda: machine.plan("01:00.0", "melt")),
                (errno.EINVAL, lambda: machine.plan("01:00.0", "")),
                (errno.EINVAL, lambda: machine.plan("01:00.0", "flr", force="melt")),
                (errno.EINVAL, lambda: machine.plan("01:00.0", "flr", max_scope="world")),
                (errno.EROFS, machine.stats),
            ):
                with self.assertRaises(pcireset.Error) as caught:
                    call()
                self.assertEqual(caught.exception.errno, code, caught.exception)
                self.assertIsInstance(caught.exception, OSError)
        with self.assertRaises(pcireset.Error) as caught:
            pcireset.Context(os.path.join(self.directory.name, "none"))
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        with self.assertRaises(ValueError):
            pcireset.Context(self.mixed, dump=self.mixed)

    def test_what_was_returned_outlives_the_context(self):
        with pcireset.Context(self.mixed) as machine:
            device = machine.device("01:00.0")
            plan = machine.plan(device, "flr")
        with self.assertRaises(ValueError):
            machine.devices()
        gc.collect()
        self.assertEqual((device.name, plan.chosen), ("0000:01:00.0", "flr"))
        with self.assertRaises(dataclasses.FrozenInstanceError):
            device.name = "another"
        machine.close()

    def test_a_closed_context_keeps_no_descriptor(self):
        before = os.listdir("/proc/self/fd")
        for _ in range(3):
            pcireset.Context(self.mixed).close()
        self.assertEqual(len(os.listdir("/proc/self/fd")), len(before))

    def test_a_dump_is_a_machine(self):
        dump = os.path.join(self.directory.name, "dump")
        pathlib.Path(dump).write_bytes(lzma.decompress((ROOT / "tests/machines/mixed.dump.xz").read_bytes()))
        with pcireset.Context(dump=dump) as machine, pcireset.Context(self.mixed) as recorded:
            self.assertEqual([d.name for d in machine.devices()], [d.name for d in recorded.devices()])

    def test_the_programs_of_the_page_run(self):
        """Each one in docs/python.md, with what the ones above it have left."""
        page = (ROOT / "docs/python.md").read_text(encoding="utf-8")
        blocks = re.findall(r"^```python\n(.*?)^```", page, re.S | re.M)
        self.assertGreaterEqual(len(blocks), 5)
        # Without a recording it would be this machine whose devices are reset.
        self.assertNotIn("pcireset.Context()", "".join(blocks))
        before = os.getcwd()
        os.chdir(self.directory.name)
        self.addCleanup(os.chdir, before)
        os.link(self.mixed, "machine.tar")
        said = io.StringIO()
        with pcireset.Context(self.mixed) as machine, contextlib.redirect_stdout(said):
            names = {"pcireset": pcireset}
            for block in blocks:
                names["machine"] = machine
                exec(compile(block, "docs/python.md", "exec"), names)  # pylint: disable=exec-used
        for words in ("0000:01:00.0 ('flr', 'slot') ('mount:/mnt',)", "refused: in use by net:eth1", "bus 0000:03:00.1 one bus"):
            self.assertIn(words, said.getvalue())
        self.assertEqual([r.error for r in names["reports"]], [errno.EROFS] * 3)


class Rules(unittest.TestCase):
    """Rules that cannot be read refuse every reset."""

    def test_broken_rules_are_a_plan_with_a_reason(self):
        with tempfile.TemporaryDirectory() as directory:
            root = pathlib.Path(directory)
            subprocess.run([ROOT / "tests/cli/make-sysroot", root], check=True)
            rules = root / "etc/pcireset/rules.d"
            rules.mkdir(parents=True, exist_ok=True)
            (rules / "broken.conf").write_text("Colour=red\n", encoding="utf-8")
            with pcireset.Context(root) as machine:
                plan = machine.plan("0000:01:00.0", "flr")
                self.assertEqual(plan.error, errno.EPERM)
                self.assertIn("broken.conf", plan.refused)


class Reenumerating(unittest.TestCase):
    """Nothing is touched: the machine is a recorded one."""

    def test_a_recorded_machine_is_refused(self):
        with pcireset.Context(MACHINES[0]) as machine:
            device = next(d for d in machine.devices() if d.parent)
            called = []
            with self.assertRaises(pcireset.ReenumerationFailed) as caught:
                machine.reenumerate(device, "bus", program=lambda: called.append(1))
        self.assertEqual(caught.exception.errno, errno.EROFS)
        self.assertEqual((caught.exception.touched, caught.exception.changed), (False, False))
        self.assertEqual(called, [])

    def test_arguments_are_checked(self):
        with pcireset.Context(MACHINES[0]) as machine:
            device = machine.devices()[0]
            with self.assertRaises(TypeError):
                machine.reenumerate(device, "bus", program="flash")
            with self.assertRaises(pcireset.BadArgument):
                machine.reenumerate(device, "bus", timeout_ms=-1)
            with self.assertRaises(pcireset.BadArgument):
                machine.reenumerate(device, "bus", power_cycle=True)
            with self.assertRaises(pcireset.ReenumerationFailed) as caught:
                machine.reenumerate(device, power_cycle=True)
            self.assertFalse(caught.exception.touched)

    def test_the_way_to_cut_the_power(self):
        mixed = next(path for path in MACHINES if path.name.startswith("mixed"))
        with pcireset.Context(mixed) as machine:
            self.assertEqual(
                machine.find_power("00:00.0"),
                pcireset.Power(method="none", port=None, slot=None, reason="it is on a root bus"),
            )
            slot = machine.find_power("01:00.0")
            self.assertEqual((slot.method, slot.port), ("unknown", "0000:00:09.0"))
            self.assertIsNotNone(slot.reason)


class Watching(unittest.TestCase):
    """watch() reads what the tool prints; here a script stands for the tool."""

    LINES = (
        '{"pcireset":1,"event":"end","time":"2026-11-29T01:02:03.000004Z","device":"0000:01:00.0","result":"verified"}',
        '{"pcireset":1,"event":"lost","time":"2026-11-29T01:02:04.000000Z","source":"trace","events":null}',
    )

    def stand_in(self, body):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        script = pathlib.Path(directory.name, "tool")
        script.write_text("#!/bin/sh\n" + body, encoding="utf-8")
        script.chmod(0o755)
        return str(script)

    def test_events(self):
        told = "".join(f"echo '{line}'\n" for line in self.LINES)
        tool = self.stand_in(f'[ "$*" = "watch --json --timeout 500ms --count 2 -- 0000:01:00.0" ] || exit 2\n{told}')
        events = list(pcireset.watch("0000:01:00.0", timeout_ms=500, count=2, tool=tool))
        self.assertEqual([(e.event, e.device) for e in events], [("end", "0000:01:00.0"), ("lost", None)])
        self.assertEqual(events[0].time.isoformat(), "2026-11-29T01:02:03.000004+00:00")
        self.assertEqual(events[0].data["result"], "verified")

    def test_errors(self):
        for status, code in ((1, errno.EIO), (2, errno.EINVAL), (3, errno.EPERM)):
            with self.assertRaises(pcireset.Error) as caught:
                next(pcireset.watch(tool=self.stand_in(f"echo 'pcireset: a reason' >&2; exit {status}")))
            self.assertEqual((caught.exception.errno, caught.exception.strerror), (code, "a reason"))
        with self.assertRaisesRegex(pcireset.Error, "not installed or not in PATH"):
            pcireset.watch(tool="/nowhere/pcireset")

    def test_close_ends_the_tool(self):
        told = "".join(f"echo '{line}'\n" for line in self.LINES)
        with pcireset.watch(tool=self.stand_in(f"{told}exec sleep 1000")) as watching:
            self.assertEqual(next(watching).event, "end")
            process = watching._process
        self.assertIsNotNone(process.returncode)
        self.assertEqual(list(watching), [])


class Library(unittest.TestCase):
    """What is said where the library is missing or too old."""

    def test_a_missing_library(self):
        with unittest.mock.patch.object(_library, "SONAME", "libnowhere.so.1"):
            with self.assertRaises(pcireset.Error) as caught:
                pcireset.Context()
        self.assertEqual(caught.exception.errno, errno.ENOENT)
        for word in ("libnowhere.so.1", "libpcireset1", "ldconfig", "LD_LIBRARY_PATH"):
            self.assertIn(word, caught.exception.strerror)

    def test_an_old_library(self):
        with unittest.mock.patch.dict(_library._FUNCTIONS, {"not_yet": (None, [])}):
            with self.assertRaisesRegex(pcireset.Error, "older than this module: it has no pcireset_not_yet"):
                pcireset.Context()


class Interface(unittest.TestCase):
    """The binding has the library's interface right."""

    def test_structures_have_the_headers_layout(self):
        layout = (ROOT / "tests/uapi/layout.c").read_text(encoding="utf-8")
        for structure, name in (
            (_library.Addr, "pcireset_addr"),
            (_library.Member, "pcireset_member"),
            (_library.Stats, "pcireset_stats"),
        ):
            size = re.search(rf"SIZE\({name}, (\d+)\)", layout)
            self.assertEqual(_library.c.sizeof(structure), int(size[1]))
            members = re.findall(rf"AT\({name}, (\w+), (\d+)\)", layout)
            self.assertEqual(len(members), len(structure._fields_))
            for (member, offset), (field, _) in zip(members, structure._fields_, strict=True):
                self.assertEqual(member.removeprefix("out_").strip("_"), field)
                self.assertEqual(getattr(structure, field).offset, int(offset))

    def test_functions_are_declared_as_they_are_used(self):
        header = (ROOT / "lib/libpcireset.h").read_text(encoding="utf-8")
        header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
        kinds = {"int": "c_int", "bool": "c_bool", "uint32_t": "c_uint", "uint64_t": "c_ulong", "size_t": "c_ulong"}
        for name, (result, arguments) in _library._FUNCTIONS.items():
            found = re.search(rf"^([a-z].*?)\bpcireset_{name}\(([^)]*)\);", header, re.S | re.M)
            self.assertIsNotNone(found, name)
            self.assertEqual(len(found[2].split(",")), len(arguments), name)
            kind = found[1].split()[-1]
            if "*" not in found[1] and not found[1].startswith("enum"):
                self.assertEqual(result.__name__, kinds[kind], name)
            for declared, given in zip(found[2].split(","), arguments):
                words = declared.split()
                if "*" not in declared and "[" not in declared and words[0] in kinds:
                    self.assertEqual(given.__name__, kinds[words[0]], name)


if __name__ == "__main__":
    sys.exit(unittest.main())
