// SPDX-License-Identifier: GPL-2.0-only
/* What a descriptor grants: less than was asked for at OPEN or NARROW is never exceeded, and never grows. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>
#include "uapi.h"

#define ANY_FORCE (PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)

static int query_as(int fd, uint32_t types, uint32_t max_scope, uint32_t force)
{
	struct pcireset_query arg = { .max_scope = max_scope, .force = force };

	return query(fd, types, &arg);
}

static int reset_as(int fd, uint32_t types, uint32_t max_scope, uint32_t force)
{
	struct pcireset_reset arg = { .max_scope = max_scope, .force = force };

	return reset(fd, types, &arg);
}

/* QUERY and RESET, in one result: both refuse. */
static void denies(int fd, uint32_t types, uint32_t max_scope, uint32_t force, const char *what)
{
	int queried = query_as(fd, types, max_scope, force);
	int result = reset_as(fd, types, max_scope, force);

	gives(queried == EPERM ? result : queried, EPERM, "QUERY and RESET with %s", what);
}

static void test_types(void)
{
	int fd = open_device(DISK, PCI_RESET_FLR | PCI_RESET_PM, 0, 0);

	denies(fd, PCI_RESET_SLOT, 0, 0, "a type that is not granted");
	denies(fd, PCI_RESET_FLR | PCI_RESET_SLOT, 0, 0, "a type more than granted");
	denies(fd, PCI_RESET_ANY, 0, 0, "all types");
	gives(query_as(fd, PCI_RESET_FLR, 0, 0), 0, "QUERY with a granted type");
	close(fd);
}

/* By 0, a program that is older than LINK_DISABLE means the types that it knows. */
static void test_no_name(void)
{
	int fd = open_device(DISK, 0, 0, 0);

	denies(fd, 0x80, 0, 0, "link_disable, which nobody has named");
	denies(fd, 0xff, 0, 0, "all types with link_disable");
	gives(query_as(fd, 0x7f, 0, 0), 0, "QUERY with all types but link_disable");
	close(fd);
}

static void test_scope(void)
{
	int fd = open_device(DISK, PCI_RESET_ANY, PCIRESET_SCOPE_FUNCTION, 0);
	struct pcireset_reset arg = { 0 };

	denies(fd, PCI_RESET_SLOT, PCIRESET_SCOPE_SLOT, 0, "a scope wider than granted");
	denies(fd, PCI_RESET_FLR, PCIRESET_SCOPE_BUS, 0, "a wider scope than is used");
	gives(reset(fd, PCI_RESET_SLOT, &arg), EOPNOTSUPP,
	      "RESET without a scope: the granted one");
	is(arg.out_why, PCIRESET_WHY_SCOPE, "does not reach as far as a slot");
	gives(query_as(fd, PCI_RESET_FLR, PCIRESET_SCOPE_FUNCTION, 0), 0,
	      "QUERY with the granted scope");
	close(fd);
}

static void test_force(void)
{
	int fd = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, 0);

	denies(fd, PCI_RESET_BUS, 0, PCIRESET_FORCE_DRIVER, "FORCE_DRIVER that is not granted");
	close(fd);
	fd = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_VFIO);
	denies(fd, PCI_RESET_BUS, 0, ANY_FORCE, "more force than granted");
	gives(reset_as(fd, PCI_RESET_BUS, 0, PCIRESET_FORCE_VFIO), EBUSY,
	      "RESET with granted force of the wrong kind");
	close(fd);
}

/* Refused by NARROW, and all that was granted before still is. */
static void test_no_more(void)
{
	int fd = open_device(DISK, PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_SLOT,
			     PCIRESET_SCOPE_SLOT, PCIRESET_FORCE_DRIVER);

	gives(narrow(fd, PCI_RESET_FLR | PCI_RESET_BUS, 0, 0), EPERM, "NARROW to another type");
	gives(narrow(fd, PCI_RESET_ANY, 0, 0), EPERM, "NARROW to all types");
	gives(narrow(fd, PCI_RESET_FLR, PCIRESET_SCOPE_BUS, 0), EPERM, "NARROW to a wider scope");
	gives(narrow(fd, PCI_RESET_FLR, PCIRESET_SCOPE_FUNCTION, PCIRESET_FORCE_VFIO), EPERM,
	      "NARROW to another force");
	gives(query_as(fd, PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_SLOT, PCIRESET_SCOPE_SLOT,
		       PCIRESET_FORCE_DRIVER),
	      0, "all that was granted still is");
	denies(fd, PCI_RESET_BUS, 0, 0, "what NARROW was refused");
	close(fd);
}

static void test_ever_less(void)
{
	int fd = open_device(DISK, PCI_RESET_ANY, 0, ANY_FORCE);

	gives(narrow(fd, PCI_RESET_ANY, PCIRESET_SCOPE_BUS, ANY_FORCE), 0, "NARROW to the same");
	gives(query_as(fd, PCI_RESET_ANY, PCIRESET_SCOPE_BUS, ANY_FORCE), 0,
	      "all is granted as before");
	gives(narrow(fd, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER), 0, "NARROW of force alone");
	denies(fd, PCI_RESET_FLR, 0, PCIRESET_FORCE_VFIO, "the force that was taken");
	gives(query_as(fd, PCI_RESET_ANY, PCIRESET_SCOPE_BUS, PCIRESET_FORCE_DRIVER), 0,
	      "types and scope are granted as before");
	gives(narrow(fd, PCI_RESET_ANY, PCIRESET_SCOPE_FUNCTION, 0), 0,
	      "NARROW of scope and force");
	denies(fd, PCI_RESET_FLR, PCIRESET_SCOPE_SLOT, 0, "the scope that was taken");
	gives(narrow(fd, PCI_RESET_FLR | PCI_RESET_PM, 0, 0), 0, "NARROW of types");
	denies(fd, PCI_RESET_FLR, PCIRESET_SCOPE_SLOT, 0, "the scope, still");
	denies(fd, PCI_RESET_ACPI, 0, 0, "a type that was taken");
	gives(narrow(fd, PCI_RESET_ANY, 0, 0), EPERM, "NARROW back to all types");
	gives(narrow(fd, PCI_RESET_PM, 0, 0), 0, "NARROW to one type");
	denies(fd, PCI_RESET_FLR, 0, 0, "the type that went last");
	close(fd);
}

static void test_holders(void)
{
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	int same = dup(fd), other = open_device(DISK, PCI_RESET_ANY, 0, 0);

	gives(narrow(same, PCI_RESET_FLR, 0, 0), 0, "NARROW of a duplicate");
	denies(fd, PCI_RESET_SLOT, 0, 0, "the original descriptor and the type that was taken");
	gives(query_as(other, PCI_RESET_SLOT, 0, 0), 0, "another descriptor of the device has it");
	close(same);
	denies(fd, PCI_RESET_SLOT, 0, 0, "the original after the duplicate was closed");
	close(fd);
	close(other);
}

void test_grants(void)
{
	watch_begin();
	test_types();
	test_no_name();
	test_scope();
	test_force();
	test_no_more();
	test_ever_less();
	test_holders();
	watch_end("what is not granted");
}
