# SPDX-License-Identifier: GPL-2.0-only
"""Plans for an NVMe without a driver, and again once it has one and a process has its disk open. Prints TAP."""

import os
import sys
import time

import pcireset

function = sys.argv[1]


def wait_for_disk():
    for _ in range(100):
        for name in os.listdir("/sys/class/block"):
            disk = "/dev/" + name
            if f"/{function}/" in os.path.realpath("/sys/class/block/" + name) and os.path.exists(disk):
                return disk
        time.sleep(0.1)
    sys.exit("there is no disk")


def hold(disk):
    """The process number of one that has the disk open."""
    ready, done = os.pipe()
    child = os.fork()
    if not child:
        os.open(disk, os.O_RDONLY)
        os.write(done, b"x")
        time.sleep(1000)
    os.read(ready, 1)
    return child


def look(machine):
    plan = machine.plan(function, "flr")
    return plan.refused or ""


for options in {}, {"use_module": False}:
    name = "without the module" if options else "with the module"
    machine = pcireset.Context(**options)
    print("ok" if not look(machine) else "not ok", "-", name, "no driver: nobody is in the way")
    with open("/sys/bus/pci/drivers/nvme/bind", "w") as file:
        file.write(function)
    disk = wait_for_disk()
    child = hold(disk)
    time.sleep(0.2)
    refused = look(machine)
    print("ok" if f"open:{disk}" in refused else "not ok", "-", name, "a driver has come, and a process has the disk open")
    print("#", refused)
    os.kill(child, 9)
    os.waitpid(child, 0)
    with open("/sys/bus/pci/drivers/nvme/unbind", "w") as file:
        file.write(function)
print("1..4")
