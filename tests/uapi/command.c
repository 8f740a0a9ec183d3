// SPDX-License-Identifier: GPL-2.0-only
/* The commands, and the possible mistakes in their structures. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "uapi.h"

#define KNOWN_CHECKS                                                            \
	(PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK | \
	 PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF)
#define KNOWN_FORCE (PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)

#define MASK(type, member, known)                             \
	{                                                     \
		offsetof(struct type, member), known, #member \
	}
#define RESERVED(type, member)                                                             \
	{                                                                                  \
		offsetof(struct type, member), sizeof(((struct type *)0)->member), #member \
	}

static const struct mask info_masks[] = { MASK(pcireset_info, flags, 0), { 0 } };
static const struct mask open_masks[] = {
	MASK(pcireset_open, flags, PCIRESET_GRANT_OWNED),
	MASK(pcireset_open, types, PCI_RESET_ANY),
	MASK(pcireset_open, force, KNOWN_FORCE),
	{ 0 },
};
static const struct mask narrow_masks[] = {
	MASK(pcireset_narrow, flags, PCIRESET_GRANT_OWNED),
	MASK(pcireset_narrow, types, PCI_RESET_ANY),
	MASK(pcireset_narrow, force, KNOWN_FORCE),
	{ 0 },
};
static const struct mask query_masks[] = {
	MASK(pcireset_query, flags, PCIRESET_RESET_ESCALATE | PCIRESET_QUERY_PLAN_ONLY),
	MASK(pcireset_query, types, PCI_RESET_ANY),
	MASK(pcireset_query, force, KNOWN_FORCE),
	{ 0 },
};
static const struct mask expect_masks[] = {
	MASK(pcireset_expect, flags, 0),
	MASK(pcireset_expect, types, PCI_RESET_ANY),
	{ 0 },
};
static const struct mask reset_masks[] = {
	MASK(pcireset_reset, flags,
	     PCIRESET_RESET_ESCALATE | PCIRESET_RESET_TRY | PCIRESET_RESET_SPEED),
	MASK(pcireset_reset, types, PCI_RESET_ANY),
	MASK(pcireset_reset, checks, KNOWN_CHECKS),
	MASK(pcireset_reset, force, KNOWN_FORCE),
	{ 0 },
};

static const struct mask stats_masks[] = {
	MASK(pcireset_stats, flags, 0),
	MASK(pcireset_stats, type, PCI_RESET_ANY),
	{ 0 },
};
static const struct mask empty_bus_masks[] = { MASK(pcireset_empty_bus, flags, 0), { 0 } };
static const struct mask reset_many_masks[] = { MASK(pcireset_reset_many, flags, 0), { 0 } };

static const struct reserved info_reserved[] = { RESERVED(pcireset_info, __reserved), { 0 } };
static const struct reserved open_reserved[] = { RESERVED(pcireset_open, addr.__reserved), { 0 } };
static const struct reserved narrow_reserved[] = { RESERVED(pcireset_narrow, __reserved), { 0 } };
static const struct reserved query_reserved[] = { { 0 } };
static const struct reserved expect_reserved[] = { RESERVED(pcireset_expect, __reserved), { 0 } };
static const struct reserved reset_reserved[] = { RESERVED(pcireset_reset, link_speed), { 0 } };
static const struct reserved reset_many_reserved[] = {
	RESERVED(pcireset_reset_many, __reserved),
	{ 0 },
};

static const struct reserved stats_reserved[] = { RESERVED(pcireset_stats, __reserved), { 0 } };

static const struct reserved empty_bus_reserved[] = {
	RESERVED(pcireset_empty_bus, bridge.__reserved),
	RESERVED(pcireset_empty_bus, __reserved),
	{ 0 },
};

static void fill_info(void *arg)
{
	*(struct pcireset_info *)arg = (struct pcireset_info){
		.size = sizeof(struct pcireset_info),
	};
}

static void fill_open(void *arg)
{
	*(struct pcireset_open *)arg = (struct pcireset_open){
		.size = sizeof(struct pcireset_open),
		.addr = DISK,
		.types = PCI_RESET_FLR,
		.max_scope = PCIRESET_SCOPE_FUNCTION,
	};
}

static void fill_narrow(void *arg)
{
	*(struct pcireset_narrow *)arg = (struct pcireset_narrow){
		.size = sizeof(struct pcireset_narrow),
		.types = PCI_RESET_FLR,
		.max_scope = PCIRESET_SCOPE_FUNCTION,
	};
}

static void fill_query(void *arg)
{
	*(struct pcireset_query *)arg = (struct pcireset_query){
		.size = sizeof(struct pcireset_query),
		.types = PCI_RESET_FLR,
	};
}

static void fill_expect(void *arg)
{
	*(struct pcireset_expect *)arg = (struct pcireset_expect){
		.size = sizeof(struct pcireset_expect),
		.types = PCI_RESET_FLR,
	};
}

static void fill_reset(void *arg)
{
	*(struct pcireset_reset *)arg = (struct pcireset_reset){
		.size = sizeof(struct pcireset_reset),
		.types = PCI_RESET_FLR,
	};
}

/* One entry, which is as fill_reset() says. */
static void fill_reset_many(void *arg)
{
	static struct pcireset_reset reset;
	static struct pcireset_reset_entry entry = { .fd = -1 };

	if (entry.fd < 0)
		entry.fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	entry.reset_ptr = (uintptr_t)&reset;
	fill_reset(&reset);
	*(struct pcireset_reset_many *)arg = (struct pcireset_reset_many){
		.size = sizeof(struct pcireset_reset_many),
		.nr_entries = 1,
		.entry_size = sizeof(entry),
		.entry_ptr = (uintptr_t)&entry,
	};
}

static void fill_stats(void *arg)
{
	*(struct pcireset_stats *)arg = (struct pcireset_stats){
		.size = sizeof(struct pcireset_stats),
		.type = PCI_RESET_FLR,
	};
}

/* The disk is no bridge, so that a call with nothing wrong in it touches nothing. */
static void fill_empty_bus(void *arg)
{
	*(struct pcireset_empty_bus *)arg = (struct pcireset_empty_bus){
		.size = sizeof(struct pcireset_empty_bus),
		.bridge = DISK,
	};
}

const struct command commands[NR_COMMANDS] = {
	{ "INFO", PCIRESET_INFO, PCIRESET_INFO_SIZE_VER0, sizeof(struct pcireset_info), false,
	  fill_info, info_masks, info_reserved, 0, false, 0 },
	{ "OPEN", PCIRESET_OPEN, PCIRESET_OPEN_SIZE_VER0, sizeof(struct pcireset_open), false,
	  fill_open, open_masks, open_reserved, offsetof(struct pcireset_open, max_scope), false,
	  0 },
	{ "NARROW", PCIRESET_NARROW, PCIRESET_NARROW_SIZE_VER0, sizeof(struct pcireset_narrow),
	  true, fill_narrow, narrow_masks, narrow_reserved,
	  offsetof(struct pcireset_narrow, max_scope), true, 0 },
	{ "QUERY", PCIRESET_QUERY, PCIRESET_QUERY_SIZE_VER0, sizeof(struct pcireset_query), true,
	  fill_query, query_masks, query_reserved, offsetof(struct pcireset_query, max_scope),
	  false, 0 },
	{ "EXPECT", PCIRESET_EXPECT, PCIRESET_EXPECT_SIZE_VER0, sizeof(struct pcireset_expect),
	  true, fill_expect, expect_masks, expect_reserved,
	  offsetof(struct pcireset_expect, max_scope), true, 0 },
	{ "RESET", PCIRESET_RESET, PCIRESET_RESET_SIZE_VER0, sizeof(struct pcireset_reset), true,
	  fill_reset, reset_masks, reset_reserved, offsetof(struct pcireset_reset, max_scope), true,
	  0 },
	{ "RESET_MANY", PCIRESET_RESET_MANY, PCIRESET_RESET_MANY_SIZE_VER0,
	  sizeof(struct pcireset_reset_many), true, fill_reset_many, reset_many_masks,
	  reset_many_reserved, 0, false, 0 },
	{ "STATS", PCIRESET_STATS, PCIRESET_STATS_SIZE_VER0, sizeof(struct pcireset_stats), false,
	  fill_stats, stats_masks, stats_reserved, 0, false, 0 },
	{ "EMPTY_BUS", PCIRESET_EMPTY_BUS, PCIRESET_EMPTY_BUS_SIZE_VER0,
	  sizeof(struct pcireset_empty_bus), false, fill_empty_bus, empty_bus_masks,
	  empty_bus_reserved, 0, false, EOPNOTSUPP },
};

/* A descriptor that would grant whatever is asked for, so that only the structure can be wrong. */
int fd_for(const struct command *command)
{
	return command->on_device ? open_device(DISK, PCI_RESET_ANY, 0, KNOWN_FORCE) :
				    open_control();
}

/* Runs a command on a descriptor of its own; what OPEN opened is closed again. */
int try_command(const struct command *command, void *arg)
{
	int fd = fd_for(command);
	int error = call(fd, command->cmd, arg);

	if (!error && command->cmd == PCIRESET_OPEN)
		close(((struct pcireset_open *)arg)->out_fd);
	close(fd);
	return error;
}
