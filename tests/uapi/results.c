// SPDX-License-Identifier: GPL-2.0-only
/* The out_* members: ignored on entry, written on return, also if the command is refused. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "uapi.h"

static bool is_filled(const void *arg, size_t from, size_t to, uint8_t value)
{
	const uint8_t *bytes = arg;

	for (size_t i = from; i < to; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

static void spoil(void *arg, size_t from, size_t to)
{
	memset((uint8_t *)arg + from, 0xa5, to - from);
}

static void test_info(void)
{
	struct pcireset_info arg = { .size = sizeof(arg) };
	int fd = open_control();

	spoil(&arg, offsetof(struct pcireset_info, out_types),
	      offsetof(struct pcireset_info, __reserved));
	gives(call(fd, PCIRESET_INFO, &arg), 0, "INFO ignores what is in out_*");
	is(arg.out_types, PCI_RESET_ANY, "INFO tells the types");
	is(arg.out_checks, 0x1f, "INFO tells the checks");
	is(arg.out_force, PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO, "INFO tells what is forced");
	is(arg.out_reset_flags, PCIRESET_RESET_ESCALATE | PCIRESET_RESET_TRY | PCIRESET_RESET_SPEED,
	   "INFO tells the flags of RESET");
	is(arg.out_max_scope, PCIRESET_SCOPE_BUS, "INFO tells the widest scope");
	is(arg.out_query_flags, PCIRESET_QUERY_PLAN_ONLY, "INFO tells the flags of QUERY");
	ok(arg.out_timeout_ms && arg.out_timeout_ms <= arg.out_max_timeout_ms,
	   "INFO tells the timeouts");
	is(arg.size, sizeof(arg), "INFO leaves the size");
	close(fd);
}

/* The numbers of one type, over what was in out_* before. */
static struct pcireset_stats stats_of(uint32_t type)
{
	struct pcireset_stats arg;
	int fd = open_control();

	spoil(&arg, 0, sizeof(arg));
	arg.size = sizeof(arg);
	arg.flags = 0;
	arg.type = type;
	arg.__reserved = 0;
	gives(call(fd, PCIRESET_STATS, &arg), 0, "STATS ignores what is in out_*");
	close(fd);
	return arg;
}

/* All but what is checked of one another reset of the same type. */
static void test_stats(void)
{
	struct pcireset_stats flr = stats_of(PCI_RESET_FLR), slot = stats_of(PCI_RESET_SLOT), now;
	struct pcireset_reset arg = { 0 };
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);

	gives(reset(fd, PCI_RESET_FLR, &arg), 0, "a reset to be counted");
	now = stats_of(PCI_RESET_FLR);
	is(now.out_verified + now.out_unverified, flr.out_verified + flr.out_unverified + 1,
	   "STATS counts it as done");
	is(now.out_verified - flr.out_verified, arg.out_proof == PCIRESET_PROOF_SHOWN,
	   "as verified if there is proof");
	is(now.out_functions, flr.out_functions + 1, "with the function it reached");
	is(now.out_wait_ns, flr.out_wait_ns + arg.out_wait_ns, "and the time that was waited");
	is(now.out_last_errno, 0, "the last one succeeded");
	is(now.out_last_proof, arg.out_proof, "with the same proof");
	ok(now.out_last_ns > flr.out_last_ns, "later than the one before");
	is(now.out_timed_out + now.out_failed, flr.out_timed_out + flr.out_failed,
	   "none has failed");
	is(now.out_refused, flr.out_refused, "none was refused");

	gives(reset(fd, PCI_RESET_PM, &arg), EOPNOTSUPP, "a reset to be refused");
	now = stats_of(PCI_RESET_SLOT);
	is(now.out_refused, flr.out_refused + 1, "STATS counts it as refused, whatever the type");
	is(now.out_verified + now.out_unverified, slot.out_verified + slot.out_unverified,
	   "and nothing for another type");
	close(fd);
}

static void test_stats_types(void)
{
	struct pcireset_stats arg = { .size = sizeof(arg) };
	int fd = open_control();

	gives(call(fd, PCIRESET_STATS, &arg), EINVAL, "STATS of no type");
	arg.type = PCI_RESET_FLR | PCI_RESET_PM;
	gives(call(fd, PCIRESET_STATS, &arg), EINVAL, "STATS of two types");
	close(fd);
}

static void test_open(void)
{
	struct pcireset_open arg = { .size = sizeof(arg), .addr = DISK, .out_fd = 12345 };
	int control = open_control();

	gives(call(control, PCIRESET_OPEN, &arg), 0, "OPEN ignores what is in out_fd");
	ok(arg.out_fd >= 0 && arg.out_fd != 12345, "OPEN tells the descriptor");
	is((uint64_t)fcntl(arg.out_fd, F_GETFD), FD_CLOEXEC, "it is closed by exec");
	close(arg.out_fd);

	arg.addr.devfn = 0xff;
	gives(call(control, PCIRESET_OPEN, &arg), ENODEV, "OPEN where there is no function");
	is((uint32_t)arg.out_fd, UINT32_MAX, "out_fd is no descriptor then");
	arg.addr = (struct pcireset_addr){ .domain = UINT32_MAX, .bus = 0xff, .devfn = 0xff };
	gives(call(control, PCIRESET_OPEN, &arg), ENODEV, "OPEN in a domain that cannot be");
	close(control);
}

static void test_query(void)
{
	const size_t from = offsetof(struct pcireset_query, out_nr_types);
	struct pcireset_query arg = { .size = sizeof(arg) };
	int fd = open_device(DISK, PCI_RESET_FUNC, 0, 0);

	spoil(&arg, from, sizeof(arg));
	gives(query(fd, 0, &arg), 0, "QUERY without a plan");
	is(arg.out_types, PCI_RESET_FLR | PCI_RESET_SLOT,
	   "QUERY tells all types that would work, granted or not");
	ok(is_filled(&arg, offsetof(struct pcireset_query, out_type), sizeof(arg), 0),
	   "QUERY without a plan tells of none");

	spoil(&arg, from, sizeof(arg));
	gives(query(fd, PCI_RESET_FUNC, &arg), 0, "QUERY ignores what is in out_*");
	is(arg.out_type, PCI_RESET_FLR, "QUERY tells the type");
	is(arg.out_scope, PCIRESET_SCOPE_FUNCTION, "QUERY tells the scope");
	is(arg.out_nr_members, 1, "QUERY counts the members");
	is(arg.out_error, 0, "QUERY tells that it would work");
	ok(arg.out_generation, "QUERY tells the generation");

	spoil(&arg, from, sizeof(arg));
	gives(query(fd, PCI_RESET_SLOT, &arg), EPERM, "QUERY of a type that is not granted");
	ok(is_filled(&arg, from, sizeof(arg), 0), "nothing is in out_* then");
	close(fd);
}

static void test_plan_only(void)
{
	struct pcireset_query arg = { .flags = PCIRESET_QUERY_PLAN_ONLY };
	struct pcireset_type_info info = { 0 };
	int fd = open_device(DISK, PCI_RESET_FUNC, 0, 0);

	arg.out_types = PCI_RESET_ANY;
	gives(query(fd, PCI_RESET_FUNC, &arg), 0, "QUERY of nothing but the plan");
	is(arg.out_type, PCI_RESET_FLR, "it returns the type of the plan");
	is(arg.out_nr_members, 1, "it counts the members");
	ok(arg.out_generation, "it returns the generation");
	is(arg.out_types, 0, "it does not return the types that would work");
	gives(query(fd, 0, &arg), EINVAL, "QUERY of nothing at all");
	arg.type_ptr = (uintptr_t)&info;
	arg.type_size = sizeof(info);
	arg.nr_types = 1;
	gives(query(fd, PCI_RESET_FUNC, &arg), EINVAL, "QUERY of the plan alone and of the types");
	is(info.type, 0, "nothing is written then");
	close(fd);
}

/* None of these says anything of itself, so that all is the specification's. */
static void test_expect(void)
{
	const struct {
		struct pcireset_addr addr;
		uint32_t types, type;
		uint64_t ms;
	} rows[] = {
		{ DISK, PCI_RESET_ANY, PCI_RESET_FLR, 100 },
		{ DISK, PCI_RESET_LINK, PCI_RESET_SLOT, 102 },
		{ CARD_NIC, PCI_RESET_FUNC, PCI_RESET_PM, 20 },
		{ CARD_NIC, PCI_RESET_BUS, PCI_RESET_BUS, 102 },
		{ CONVENTIONAL, PCI_RESET_BUS, PCI_RESET_BUS, 1019 },
		{ EDU, PCI_RESET_FUNC, 0, 0 },
	};
	struct pcireset_expect arg = { .size = sizeof(arg) };
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		fd = open_device(rows[i].addr, PCI_RESET_ANY, 0, 0);
		arg.types = rows[i].types;
		spoil(&arg.out_type, 0, sizeof(arg.out_type));
		spoil(&arg.out_ns, 0, sizeof(arg.out_ns));
		gives(call(fd, PCIRESET_EXPECT, &arg), 0, "EXPECT of %#x", rows[i].types);
		is(arg.out_type, rows[i].type, "EXPECT tells the type");
		is(arg.out_ns, rows[i].ms * 1000000, "and how long it takes");
		close(fd);
	}
	fd = open_device(DISK, PCI_RESET_FUNC, 0, 0);
	arg.types = PCI_RESET_SLOT;
	spoil(&arg.out_ns, 0, sizeof(arg.out_ns));
	gives(call(fd, PCIRESET_EXPECT, &arg), EPERM, "EXPECT of a type that is not granted");
	is(arg.out_type | arg.out_ns, 0, "nothing is in out_* then");
	close(fd);
}

static void test_reset(void)
{
	const size_t from = offsetof(struct pcireset_reset, out_type);
	struct pcireset_member member;
	struct pcireset_reset arg = {
		.member_ptr = (uintptr_t)&member,
		.member_size = sizeof(member),
		.nr_members = 1,
	};
	int fd = open_device(DISK, PCI_RESET_FUNC, 0, 0);

	spoil(&arg, from, sizeof(arg));
	gives(reset(fd, PCI_RESET_SLOT, &arg), EPERM, "RESET of a type that is not granted");
	ok(is_filled(&arg, from, sizeof(arg), 0), "nothing is in out_* then");

	spoil(&arg, from, sizeof(arg));
	gives(reset(fd, PCI_RESET_PM, &arg), EOPNOTSUPP, "RESET of a type that does not fit");
	is(arg.out_why, PCIRESET_WHY_NO_SOFT_RESET, "out_why tells why");
	ok(is_addr(arg.out_who, DISK), "out_who tells who");
	is(arg.out_type | arg.out_issued | arg.out_scope | arg.out_failed | arg.out_proof, 0,
	   "nothing was issued");
	is(arg.out_wait_ns, 0, "nothing was waited for");

	spoil(&arg, from, sizeof(arg));
	memset(&member, 0xa5, sizeof(member));
	gives(reset(fd, PCI_RESET_FUNC, &arg), 0, "RESET ignores what is in out_*");
	is(arg.out_type, PCI_RESET_FLR, "out_type is the type");
	is(arg.out_issued, PCI_RESET_FLR, "out_issued is the same");
	is(arg.out_scope, PCIRESET_SCOPE_FUNCTION, "out_scope is the function");
	is(arg.out_why, PCIRESET_WHY_NONE, "out_why is nothing");
	is(arg.out_nr_members, 1, "out_nr_members is 1");
	ok(arg.out_total_ns >= arg.out_wait_ns, "the wait is part of the whole");
	ok(is_addr(member.addr, DISK), "the member is the device");
	is(member.state, PCIRESET_STATE_RESTORED, "the member is restored");
	is(member.proof, arg.out_proof, "the member's proof is the report's");
	close(fd);
}

/* The port has another address on arm64. */
static struct pcireset_addr port_above_disk(void)
{
	unsigned int domain, bus, device, function;
	char path[256] = "", *parent;
	ssize_t size = readlink("/sys/bus/pci/devices/0000:01:00.0", path, sizeof(path) - 1);

	parent = size < 0 ? NULL : strstr(path, "/0000:00:");
	if (!parent || sscanf(parent, "/%x:%x:%x.%x", &domain, &bus, &device, &function) != 4)
		bail("the port above 0000:01:00.0 cannot be found");
	return (struct pcireset_addr){ .devfn = (uint8_t)(device << 3 | function) };
}

/* Nothing that the kernel knows is reset by it: the bus has a function, there is no bus, there is no bridge. */
static void test_empty_bus(void)
{
	const struct {
		struct pcireset_addr bridge, who;
		int error;
		uint32_t why;
		const char *name;
	} cases[] = {
		{ port_above_disk(), DISK, EBUSY, PCIRESET_WHY_SCOPE, "the bus has a function" },
		{ DISK, DISK, EOPNOTSUPP, PCIRESET_WHY_NO_BRIDGE, "it is no bridge" },
		{ { .bus = 0xfe }, { 0 }, ENODEV, PCIRESET_WHY_NONE, "there is no such function" },
	};
	struct pcireset_empty_bus arg;
	int fd = open_control();

	watch_begin();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		spoil(&arg, 0, sizeof(arg));
		arg.size = sizeof(arg);
		arg.flags = 0;
		arg.bridge = cases[i].bridge;
		arg.__reserved = 0;
		gives(call(fd, PCIRESET_EMPTY_BUS, &arg), cases[i].error, "EMPTY_BUS: %s",
		      cases[i].name);
		is(arg.out_why, cases[i].why, "and says so");
		ok(is_addr(arg.out_who, cases[i].who), "and names the function");
	}
	watch_end("EMPTY_BUS");
	close(fd);
}

void test_results(void)
{
	test_info();
	test_open();
	test_query();
	test_plan_only();
	test_expect();
	test_reset();
	test_stats();
	test_stats_types();
	test_empty_bus();
}
