// SPDX-License-Identifier: GPL-2.0-only
/* Descriptors whose device is gone: ENODEV for ever, also when a device is at that address again. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "uapi.h"

static const char *const slot_power = "/sys/bus/pci/slots/109/power";

/* Every command of a device, also in forms that are refused for another reason elsewhere. */
static void is_orphan(int fd, const char *when)
{
	struct pcireset_reset arg = { .generation = 1 };
	struct pcireset_query plan = { 0 };

	gives(narrow(fd, PCI_RESET_FLR, 0, 0), ENODEV, "NARROW %s", when);
	gives(query(fd, 0, &plan), ENODEV, "QUERY %s", when);
	gives(query(fd, PCI_RESET_ANY, &plan), ENODEV, "QUERY of a plan %s", when);
	is(plan.out_generation | plan.out_types, 0, "which tells nothing");
	gives(reset(fd, PCI_RESET_ANY, &arg), ENODEV, "RESET with a generation %s", when);
	arg.generation = 0;
	gives(reset(fd, PCI_RESET_ANY, &arg), ENODEV, "RESET %s", when);
	is(arg.out_issued, 0, "which issued nothing");
	gives(call(fd, _IO(PCIRESET_IOC_TYPE, 0), &arg), ENOTTY, "an unknown command %s", when);
}

static int try_open(struct pcireset_addr addr)
{
	struct pcireset_open arg = { .size = sizeof(arg), .addr = addr };
	int control = open_control();
	int error = call(control, PCIRESET_OPEN, &arg);

	close(control);
	if (!error)
		close(arg.out_fd);
	return error;
}

static void test_removed(void)
{
	unsigned int triggers = count_triggers();
	int fd = open_device(EDU, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER), same = dup(fd), fresh;
	struct pcireset_query plan = { 0 };
	struct pcireset_reset arg = { 0 };

	gives(query(fd, PCI_RESET_BUS, &plan), 0, "QUERY of a device that is there");
	ok(remove_function(EDU), "it is removed");
	is_orphan(fd, "after removal");
	gives(try_open(EDU), ENODEV, "OPEN after removal");

	ok(rescan_until(EDU), "a device is at that address again");
	is_orphan(fd, "after rescan");
	is_orphan(same, "of a duplicate after rescan");
	is(count_triggers() - triggers, 0, "no reset was issued");

	fresh = open_device(EDU, PCI_RESET_ANY, 0, 0);
	gives(reset(fresh, PCI_RESET_BUS, &arg), 0, "RESET on a new descriptor");
	is_orphan(fd, "after the device was reset");
	close(fresh);
	close(fd);
	close(same);
}

/* A real one: the slot's power goes off, and QEMU takes the device away. */
static void test_unplugged(void)
{
	int fd = open_device(VDISK, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	struct pcireset_query plan = { 0 };

	gives(query(fd, PCI_RESET_FLR, &plan), 0, "QUERY of a device in a slot");
	ok(write_text(slot_power, "0") && wait_until_gone(VDISK), "the slot is switched off");
	is_orphan(fd, "after hot-unplug");
	gives(try_open(VDISK), ENODEV, "OPEN after hot-unplug");
	write_text(slot_power, "1");
	is_orphan(fd, "after the slot was switched on again");
	close(fd);
}

/* What a descriptor needs is still there as long as it is open. */
static void test_module(void)
{
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	struct pcireset_query plan = { 0 };
	long result = syscall(SYS_delete_module, "pcireset", O_NONBLOCK);

	is(result < 0 ? (uint64_t)errno : 0, EWOULDBLOCK,
	   "the module is not unloaded while a device's descriptor is open");
	if (!result)
		bail("the module is gone");
	gives(query(fd, 0, &plan), 0, "QUERY after the attempt");
	close(fd);
}

void test_orphans(void)
{
	test_module();
	test_removed();
	test_unplugged();
}
