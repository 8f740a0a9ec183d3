// SPDX-License-Identifier: GPL-2.0-only
/* Resets that are refused for what the machine is like, with the reason and the function it is about. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "uapi.h"

static struct pcireset_member members[8];

static struct pcireset_reset with_members(void)
{
	return (struct pcireset_reset){
		.member_ptr = (uintptr_t)members,
		.member_size = sizeof(members[0]),
		.nr_members = ARRAY_SIZE(members),
	};
}

/* The first function in the way is named, and every function in the way is marked. */
static void test_driver_refused(int fd)
{
	struct pcireset_reset arg = with_members();
	struct pcireset_query plan = { 0 };

	watch_begin();
	gives(query(fd, PCI_RESET_BUS, &plan), 0,
	      "QUERY of a bus with drivers that cannot prepare");
	is(plan.out_error, EBUSY, "the plan is refused with EBUSY");
	is(plan.out_why, PCIRESET_WHY_DRIVER, "for the driver");
	ok(is_addr(plan.out_who, CARD_NIC), "of the network card");

	gives(reset(fd, PCI_RESET_BUS, &arg), EBUSY, "RESET of it");
	is(arg.out_why, PCIRESET_WHY_DRIVER, "for the driver");
	ok(is_addr(arg.out_who, CARD_NIC), "of the network card");
	is(arg.out_issued, 0, "nothing was issued");
	is(arg.out_nr_members, 3, "the members are told");
	is(members[0].why_not, PCIRESET_WHY_DRIVER, "the network card is in the way");
	is(members[1].why_not, PCIRESET_WHY_NONE, "the function without a driver is not");
	is(members[1].flags, PCIRESET_MEMBER_TARGET | PCIRESET_MEMBER_RESET,
	   "it is what was asked for");
	is(members[0].state | members[1].state | members[2].state, PCIRESET_STATE_UNTOUCHED,
	   "no member was touched");
	watch_end("drivers in the way");
}

static void test_driver_forced(int fd)
{
	struct pcireset_reset arg = with_members();
	unsigned int triggers = count_triggers();

	arg.force = PCIRESET_FORCE_DRIVER;
	gives(reset(fd, PCI_RESET_BUS, &arg), 0, "RESET with FORCE_DRIVER");
	is(arg.out_issued, PCI_RESET_BUS, "the bus was reset");
	is(arg.out_scope, PCIRESET_SCOPE_BUS, "and the report says so");
	is(arg.out_nr_members, 3, "with three functions");
	is(members[0].state & members[1].state & members[2].state, PCIRESET_STATE_RESTORED,
	   "each of them restored");
	is(count_triggers() - triggers, 1, "by one reset");
}

static void test_scope(int fd)
{
	struct pcireset_reset arg = { .max_scope = PCIRESET_SCOPE_FUNCTION };
	struct pcireset_query plan = { .max_scope = PCIRESET_SCOPE_SLOT };

	watch_begin();
	gives(query(fd, PCI_RESET_LINK, &plan), 0,
	      "QUERY with a max_scope too narrow for any type");
	is(plan.out_error, EOPNOTSUPP, "the plan is refused with EOPNOTSUPP");
	is(plan.out_type, 0, "it has no type");
	is(plan.out_nr_members, 0, "and no member");

	arg.force = PCIRESET_FORCE_DRIVER;
	gives(reset(fd, PCI_RESET_BUS, &arg), EOPNOTSUPP,
	      "RESET with a max_scope narrower than bus");
	is(arg.out_why, PCIRESET_WHY_SCOPE, "for its scope; force does not widen it");
	ok(is_addr(arg.out_who, CARD_AUDIO), "of the function that was asked for");
	is(arg.out_issued | arg.out_scope, 0, "nothing was issued");
	watch_end("a scope too narrow");
}

static void refuses_type(struct pcireset_addr addr, uint32_t types, uint32_t why)
{
	struct pcireset_reset arg = { .force = PCIRESET_FORCE_DRIVER };
	int fd = open_device(addr, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);

	gives(reset(fd, types, &arg), EOPNOTSUPP, "%02x:%02x.%u type %#x", addr.bus,
	      addr.devfn >> 3, addr.devfn & 7U, types);
	is(arg.out_why, why, "for the right reason");
	is(arg.out_issued, 0, "nothing was issued");
	close(fd);
}

static void test_types(void)
{
	watch_begin();
	refuses_type(DISK, PCI_RESET_DEV_SPECIFIC, PCIRESET_WHY_NO_HANDLER);
	refuses_type(DISK, PCI_RESET_ACPI, PCIRESET_WHY_NO_FIRMWARE);
	refuses_type(DISK, PCI_RESET_PM, PCIRESET_WHY_NO_SOFT_RESET);
	refuses_type(DISK, PCI_RESET_BUS, PCIRESET_WHY_HOTPLUG);
	refuses_type(DISK, PCI_RESET_CXL_BUS, PCIRESET_WHY_NO_CXL);
	refuses_type(EDU, PCI_RESET_FLR, PCIRESET_WHY_NO_CAPABILITY);
	refuses_type(EDU, PCI_RESET_PM, PCIRESET_WHY_NO_CAPABILITY);
	refuses_type(EDU, PCI_RESET_SLOT, PCIRESET_WHY_NO_SLOT);
	refuses_type((struct pcireset_addr){ .devfn = 0x88 }, PCI_RESET_BUS,
		     PCIRESET_WHY_NO_BRIDGE);
	watch_end("types that do not fit");
}

static void test_no_descriptor_free(void)
{
	struct pcireset_open arg = { .size = sizeof(arg), .addr = DISK };
	struct rlimit limit, none;
	int control = open_control();

	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	watch_begin();
	setrlimit(RLIMIT_NOFILE, &none);
	gives(call(control, PCIRESET_OPEN, &arg), EMFILE, "OPEN with no descriptor free");
	setrlimit(RLIMIT_NOFILE, &limit);
	is((uint64_t)arg.out_fd, (uint64_t)-1, "it gives none");
	watch_end("no descriptor free");
	close(control);
}

void test_refusals(void)
{
	int fd = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);

	test_no_descriptor_free();
	test_types();
	test_scope(fd);
	test_driver_refused(fd);
	test_driver_forced(fd);
	close(fd);
}
