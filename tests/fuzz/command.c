// SPDX-License-Identifier: GPL-2.0-only
/* The commands, and the errno that the header promises for each. */
#include "uapi-fuzz.h"

/* To the end, where the last out_* member is. */
#define FROM(type, member) offsetof(struct type, member), sizeof(struct type)

const struct command commands[NR_COMMANDS] = {
	[CMD_INFO] = { "INFO", PCIRESET_INFO, PCIRESET_INFO_SIZE_VER0, sizeof(struct pcireset_info),
		       false, FROM(pcireset_info, out_types), SET(E_OK) | MISUSED,
		       SET(E_OK) | MISUSED },
	[CMD_OPEN] = { "OPEN", PCIRESET_OPEN, PCIRESET_OPEN_SIZE_VER0, sizeof(struct pcireset_open),
		       false, FROM(pcireset_open, out_fd), SET(E_OK) | ON_DEVICE | SET(E_NOMEM),
		       SET(E_OK) | ON_DEVICE },
	[CMD_NARROW] = { "NARROW", PCIRESET_NARROW, PCIRESET_NARROW_SIZE_VER0,
			 sizeof(struct pcireset_narrow), true, 0, 0, SET(E_OK) | ON_DEVICE,
			 SET(E_OK) | ON_DEVICE },
	[CMD_QUERY] = { "QUERY", PCIRESET_QUERY, PCIRESET_QUERY_SIZE_VER0,
			sizeof(struct pcireset_query), true, FROM(pcireset_query, out_nr_types),
			SET(E_OK) | ON_DEVICE | SET(E_NOMEM) | SET(E_BADF),
			SET(E_OK) | ON_DEVICE | SET(E_BADF) },
	/* What comes of others, or of hardware that fails just there, is not wanted. */
	[CMD_RESET] = { "RESET", PCIRESET_RESET, PCIRESET_RESET_SIZE_VER0,
			sizeof(struct pcireset_reset), true, FROM(pcireset_reset, out_type),
			TOUCHED | ON_DEVICE | SET(E_NOMEM) | SET(E_STALE) | SET(E_BUSY) |
				SET(E_AGAIN) | SET(E_INTR) | SET(E_BADF),
			SET(E_OK) | SET(E_IO) | ON_DEVICE | SET(E_STALE) | SET(E_BADF) },
	/* What is refused or fails of one of them is told in its entry. */
	[CMD_RESET_MANY] = { "RESET_MANY", PCIRESET_RESET_MANY, PCIRESET_RESET_MANY_SIZE_VER0,
			     sizeof(struct pcireset_reset_many), true,
			     offsetof(struct pcireset_reset_many, out_entry),
			     offsetof(struct pcireset_reset_many, __reserved),
			     SET(E_OK) | MISUSED | SET(E_NOMEM) | SET(E_BADF),
			     SET(E_OK) | MISUSED | SET(E_BADF) },
	[CMD_STATS] = { "STATS", PCIRESET_STATS, PCIRESET_STATS_SIZE_VER0,
			sizeof(struct pcireset_stats), false, FROM(pcireset_stats, out_last_errno),
			SET(E_OK) | MISUSED, SET(E_OK) | MISUSED },
	[CMD_EXPECT] = { "EXPECT", PCIRESET_EXPECT, PCIRESET_EXPECT_SIZE_VER0,
			 sizeof(struct pcireset_expect), true, FROM(pcireset_expect, out_type),
			 SET(E_OK) | ON_DEVICE | SET(E_NOMEM), SET(E_OK) | ON_DEVICE },
	[CMD_EMPTY_BUS] = { "EMPTY_BUS", PCIRESET_EMPTY_BUS, PCIRESET_EMPTY_BUS_SIZE_VER0,
			    sizeof(struct pcireset_empty_bus), false,
			    FROM(pcireset_empty_bus, out_why),
			    TOUCHED | ON_DEVICE | SET(E_NOMEM) | SET(E_BUSY) | SET(E_INTR),
			    MISUSED | SET(E_BUSY) },
};

/* -1 if there is no such command. */
int command_of(unsigned int cmd)
{
	for (int i = 0; i < NR_COMMANDS; i++)
		if (commands[i].cmd == cmd)
			return i;
	return -1;
}
