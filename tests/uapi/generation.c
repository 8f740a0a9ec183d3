// SPDX-License-Identifier: GPL-2.0-only
/* The generation: a RESET runs the plan that QUERY showed, or nothing. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "uapi.h"

static uint32_t nr_members;

static uint64_t generation_of(int fd, uint32_t types)
{
	struct pcireset_query arg = { .force = PCIRESET_FORCE_DRIVER };
	int error = query(fd, types, &arg);

	if (error)
		bail("QUERY: %s", strerror(error));
	nr_members = arg.out_nr_members;
	return arg.out_generation;
}

static int reset_as(int fd, uint32_t types, uint64_t generation)
{
	struct pcireset_reset arg = { .force = PCIRESET_FORCE_DRIVER, .generation = generation };

	return reset(fd, types, &arg);
}

static void is_stale(int fd, uint32_t types, uint64_t generation, const char *what)
{
	struct pcireset_reset arg = { .force = PCIRESET_FORCE_DRIVER, .generation = generation };
	int error;

	watch_begin();
	error = reset(fd, types, &arg);
	gives(error, ESTALE, "RESET, %s", what);
	is(arg.out_why, PCIRESET_WHY_CHANGED, "the reason is told");
	is(arg.out_who.bus, CARD_AUDIO.bus, "and whose plan it was");
	is(arg.out_issued, 0, "nothing was issued");
	watch_end(what);
}

static void test_same(int fd)
{
	unsigned int triggers = count_triggers();
	uint64_t generation = generation_of(fd, PCI_RESET_BUS);

	ok(generation, "QUERY gives a generation");
	is(nr_members, 3, "of a plan for the whole card");
	is(generation_of(fd, PCI_RESET_BUS), generation, "a second QUERY gives the same");
	is(generation_of(fd, PCI_RESET_BUS), generation, "and a third");
	gives(reset_as(fd, PCI_RESET_BUS, generation), 0, "RESET runs that plan");
	is(generation_of(fd, PCI_RESET_BUS), generation, "the reset changed nothing of the plan");
	is(count_triggers() - triggers, 1, "there was one reset");
}

static void test_wrong(int fd)
{
	int other = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	uint64_t generation = generation_of(fd, PCI_RESET_BUS);

	is_stale(fd, PCI_RESET_BUS, generation + 1000, "a generation that never was");
	is_stale(fd, PCI_RESET_BUS, UINT64_MAX, "the last generation of all");
	is_stale(other, PCI_RESET_BUS, generation, "the generation of another descriptor");
	close(other);
}

/* The plan of a generation is for one type; with another one it is not that plan. */
static void test_other_type(void)
{
	int fd = open_device(CARD_RNG, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);
	uint64_t flr = generation_of(fd, PCI_RESET_FLR), bus;

	is_stale(fd, PCI_RESET_BUS, flr, "another type than planned");
	bus = generation_of(fd, PCI_RESET_BUS);
	ok(bus != flr, "another plan has another generation");
	is_stale(fd, PCI_RESET_FLR, flr, "a plan that another one has replaced");
	close(fd);
}

static void test_sibling_removed(int fd)
{
	uint64_t full = generation_of(fd, PCI_RESET_BUS), less;

	if (!remove_function(CARD_RNG))
		bail("03:00.2 cannot be removed");
	is_stale(fd, PCI_RESET_BUS, full, "a function of the scope was removed");
	less = generation_of(fd, PCI_RESET_BUS);
	is(nr_members, 2, "QUERY sees that it is gone");
	ok(less != full, "and gives another generation");
	gives(reset_as(fd, PCI_RESET_BUS, less), 0, "RESET runs the new plan");

	less = generation_of(fd, PCI_RESET_BUS);
	if (!rescan_until(CARD_RNG))
		bail("03:00.2 does not come back");
	is_stale(fd, PCI_RESET_BUS, less, "a function came into the scope");
}

/* A device of another bus is nothing to this plan. */
static void test_stranger(int fd)
{
	uint64_t generation = generation_of(fd, PCI_RESET_BUS);

	if (!remove_function(EDU) || !rescan_until(EDU))
		bail("0c:00.0 cannot be removed and brought back");
	gives(reset_as(fd, PCI_RESET_BUS, generation), 0,
	      "RESET after a function elsewhere went and came");
}

static void test_driver(int fd)
{
	uint64_t generation = generation_of(fd, PCI_RESET_BUS);

	if (!write_text("/sys/bus/pci/drivers/virtio-pci/unbind", "0000:03:00.2"))
		bail("03:00.2 cannot be unbound");
	is_stale(fd, PCI_RESET_BUS, generation, "a member's driver was unbound");

	generation = generation_of(fd, PCI_RESET_BUS);
	if (!write_text("/sys/bus/pci/drivers/virtio-pci/bind", "0000:03:00.2"))
		bail("03:00.2 cannot be bound");
	is_stale(fd, PCI_RESET_BUS, generation, "a member's driver was bound");
}

/* A plan that is refused has a generation too: when nothing is in the way any more, it is another plan. */
static void test_refused(void)
{
	struct pcireset_query plan = { 0 };
	struct pcireset_reset arg = { 0 };
	int fd = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);

	gives(query(fd, PCI_RESET_BUS, &plan), 0, "QUERY of a plan with drivers in the way");
	is(plan.out_error, EBUSY, "it would be refused");
	ok(plan.out_generation, "it has a generation");
	arg.generation = plan.out_generation;
	gives(reset(fd, PCI_RESET_BUS, &arg), EBUSY, "RESET of that plan");
	is_stale(fd, PCI_RESET_BUS, plan.out_generation, "the drivers are forced since");
	close(fd);
}

void test_generation(void)
{
	int fd = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, PCIRESET_FORCE_DRIVER);

	test_same(fd);
	test_wrong(fd);
	test_other_type();
	test_refused();
	test_sibling_removed(fd);
	test_stranger(fd);
	test_driver(fd);
	close(fd);
}
