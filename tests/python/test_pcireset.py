# SPDX-License-Identifier: GPL-2.0-only
"""The Python binding on machines that were recorded in the lab: it says what the tool says. Resets nothing."""

import dataclasses
import errno
import gc
import json
import lzma
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import pcireset
from pcireset import _library

ROOT = pathlib.Path(__file__).parents[2]
TOOL = os.environ["PCIRESET_TOOL"]
MACHINES = sorted((ROOT / "tests/machines").glob("*.tar.xz"))


def tool(*args):
    """What the tool says as JSON, whatever its exit status."""
    done = subprocess.run([TOOL, *args, "--json"], stdout=subprocess.PIPE, check=False)
    return json.loads(done.stdout)


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
                    code = errno.errorcode[plan.error] if plan.error else None
                    self.assertEqual({"ENOTSUP": "EOPNOTSUPP"}.get(code, code), want["error"])

    def test_what_is_allowed_is_what_is_planned(self):
        with pcireset.Context(self.mixed) as machine:
            card = machine.device("03:00.0")
            self.assertEqual(card.types, ("pm", "bus"))
            self.assertEqual(machine.plan(card, ["bus", "flr"]).chosen, "bus")
            self.assertEqual(machine.plan(card, "bus,pm").chosen, "pm")
            self.assertEqual(len(machine.plan(card, "bus").members), 3)
            self.assertIn("net:eth1", machine.plan(card, "bus", force="driver").refused)
            self.assertIsNone(machine.plan(card, "bus", force=["driver", "net"]).refused)
            self.assertEqual(machine.plan(card, "bus").error, errno.EBUSY)
            self.assertEqual(machine.plan(card, "bus", max_scope="function").error, errno.EOPNOTSUPP)
            self.assertEqual(machine.plan(card, "flr").error, errno.EOPNOTSUPP)

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
            with self.assertRaises(pcireset.Error) as caught:
                machine.reset("03:00.0", "bus")
            self.assertEqual(caught.exception.errno, errno.EBUSY)
            self.assertIn("in use", caught.exception.strerror)

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

    def test_a_dump_is_a_machine(self):
        dump = os.path.join(self.directory.name, "dump")
        pathlib.Path(dump).write_bytes(lzma.decompress((ROOT / "tests/machines/mixed.dump.xz").read_bytes()))
        with pcireset.Context(dump=dump) as machine, pcireset.Context(self.mixed) as recorded:
            self.assertEqual([d.name for d in machine.devices()], [d.name for d in recorded.devices()])


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
