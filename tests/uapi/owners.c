// SPDX-License-Identifier: GPL-2.0-only
/* A descriptor that resets a link only for the owner of all on it, where nobody owns anything; with VFIO: tests/lab/vfio-*. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include "uapi.h"

static int open_owned(struct pcireset_addr addr)
{
	struct pcireset_open arg = {
		.size = sizeof(arg),
		.flags = PCIRESET_GRANT_OWNED,
		.addr = addr,
		.force = PCIRESET_FORCE_DRIVER,
	};
	int control = open_control();

	if (call(control, PCIRESET_OPEN, &arg))
		bail("OPEN for owners");
	close(control);
	return arg.out_fd;
}

/* QUERY and RESET, in one result. */
static int with_owners(int fd, const int32_t *owners, uint32_t nr)
{
	struct pcireset_query shown = { .owner_ptr = (uintptr_t)owners, .nr_owners = nr };
	struct pcireset_reset arg = { .owner_ptr = (uintptr_t)owners, .nr_owners = nr };
	int queried = query(fd, PCI_RESET_FLR, &shown);
	int error = reset(fd, PCI_RESET_FLR, &arg);

	return queried == error ? error : -1;
}

static void test_what_is_no_group(void)
{
	static int32_t many[PCIRESET_MAX_OWNERS + 1];
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0),
	    null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int32_t closed = 900, both[2] = { null, closed };
	uint8_t *none = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	gives(with_owners(fd, &closed, 1), EBADF, "an owner that is no descriptor");
	gives(with_owners(fd, &null, 1), EINVAL, "an owner that is no VFIO group");
	gives(with_owners(fd, &fd, 1), EINVAL, "a device's descriptor proves nothing itself");
	gives(with_owners(fd, both, 2), EINVAL, "the first owner that is wrong");
	gives(with_owners(fd, (int32_t *)none, 1), EFAULT, "owners that cannot be read");
	gives(with_owners(fd, NULL, 1), EFAULT, "owners at address 0");
	gives(with_owners(fd, many, PCIRESET_MAX_OWNERS + 1), E2BIG, "one owner too many");
	munmap(none, 4096);
	close(null);
	close(fd);
}

/* CARD_AUDIO has no driver and hangs on a link with two that do not belong to the caller either. */
static void test_unproved(int fd, const char *how)
{
	struct pcireset_member members[8] = { 0 };
	struct pcireset_query shown = {
		.force = PCIRESET_FORCE_DRIVER,
		.member_size = sizeof(members[0]),
		.nr_members = 8,
		.member_ptr = (uintptr_t)members,
	};
	struct pcireset_reset arg = { .force = PCIRESET_FORCE_DRIVER };
	uint32_t unowned = 0;

	gives(query(fd, PCI_RESET_BUS, &shown), 0, "%s: QUERY of BUS", how);
	is(shown.out_error, EPERM, "%s: shows that it would be refused", how);
	is(shown.out_why, PCIRESET_WHY_NOT_OWNED, "%s: for want of a proof", how);
	for (uint32_t i = 0; i < shown.out_nr_members && i < 8; i++)
		unowned += members[i].why_not == PCIRESET_WHY_NOT_OWNED;
	is(unowned, 3, "%s: every function is told that is not the caller's", how);
	gives(reset(fd, PCI_RESET_BUS, &arg), EPERM, "%s: RESET by BUS", how);
	is(arg.out_why, PCIRESET_WHY_NOT_OWNED, "%s: says why", how);
	ok(is_addr(arg.out_who, CARD_NIC), "%s: names the first that is not the caller's", how);
	arg.flags = PCIRESET_RESET_ESCALATE;
	gives(reset(fd, PCI_RESET_LINK, &arg), EPERM, "%s: RESET by anything wide", how);
}

static void test_link(void)
{
	int fd = open_owned(CARD_AUDIO),
	    other = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	struct pcireset_narrow arg = {
		.size = sizeof(arg),
		.flags = PCIRESET_GRANT_OWNED,
		.types = PCI_RESET_ANY,
		.force = PCIRESET_FORCE_DRIVER,
	};

	test_unproved(fd, "opened for owners");
	gives(narrow(fd, PCI_RESET_ANY & ~PCI_RESET_LINK_DISABLE, 0, PCIRESET_FORCE_DRIVER), 0,
	      "NARROW without the flag");
	test_unproved(fd, "which does not lift it");
	gives(call(other, PCIRESET_NARROW, &arg), 0, "NARROW of another to owners");
	test_unproved(other, "narrowed to owners");
	close(other);
	close(fd);
}

static void test_many_resets(void)
{
	struct pcireset_reset resets[2] = {
		{ .size = sizeof(resets[0]), .types = PCI_RESET_BUS },
		{ .size = sizeof(resets[0]), .types = PCI_RESET_BUS },
	};
	struct pcireset_reset_entry entries[2] = {
		{ .fd = open_owned(EDU), .reset_ptr = (uintptr_t)&resets[0] },
		{ .fd = open_device(EDU, PCI_RESET_ANY, 0, 0), .reset_ptr = (uintptr_t)&resets[1] },
	};
	struct pcireset_reset_many arg = {
		.size = sizeof(arg),
		.nr_entries = 2,
		.entry_size = sizeof(entries[0]),
		.entry_ptr = (uintptr_t)entries,
	};
	unsigned int triggers = count_triggers();
	int32_t owner = 0;

	gives(call(entries[0].fd, PCIRESET_RESET_MANY, &arg), 0, "RESET_MANY of one link");
	is(entries[0].out_errno, EPERM, "by a descriptor for owners");
	is(entries[1].out_errno, 0, "and by another one");
	is(resets[0].out_issued, 0, "who may not is not told of a reset");
	is(count_triggers() - triggers, 1, "one was issued");
	resets[0].owner_ptr = (uintptr_t)&owner;
	resets[0].nr_owners = 1;
	gives(call(entries[0].fd, PCIRESET_RESET_MANY, &arg), EOPNOTSUPP,
	      "RESET_MANY with a proof");
	is(arg.out_entry, 0, "the entry is named");
	close(entries[0].fd);
	close(entries[1].fd);
}

static void test_function(void)
{
	struct pcireset_reset arg = { 0 };
	int fd = open_owned(DISK);

	gives(reset(fd, PCI_RESET_FLR, &arg), 0, "what resets the function alone needs no proof");
	arg.flags = PCIRESET_RESET_ESCALATE;
	gives(reset(fd, PCI_RESET_FLR | PCI_RESET_SLOT, &arg), 0,
	      "nor where it might have gone on to the link");
	is(arg.out_issued, PCI_RESET_FLR, "which is left out");
	close(fd);
}

void test_owners(void)
{
	watch_begin();
	test_what_is_no_group();
	test_link();
	watch_end("what is not the caller's");
	test_many_resets();
	test_function();
}
