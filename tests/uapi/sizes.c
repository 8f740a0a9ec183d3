// SPDX-License-Identifier: GPL-2.0-only
/* Structures that are too short, exact and longer, with a surplus of zeroes or not. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "uapi.h"

/* PAGE_SIZE of the module: no structure of any version is longer. */
#define LONGEST 4096U

static uint64_t words[ROOM / sizeof(uint64_t)];
static uint8_t *const bytes = (uint8_t *)words;

static int try_size(const struct command *command, size_t size)
{
	uint32_t claimed = (uint32_t)size;

	memset(words, 0, sizeof(words));
	command->fill(words);
	memcpy(words, &claimed, sizeof(claimed));
	return try_command(command, words);
}

/* The byte at @at is not zero. */
static int try_surplus(const struct command *command, size_t size, size_t at)
{
	uint32_t claimed = (uint32_t)size;

	memset(words, 0, sizeof(words));
	command->fill(words);
	memcpy(words, &claimed, sizeof(claimed));
	bytes[at] = 1;
	return try_command(command, words);
}

static void test_refused(const struct command *command)
{
	const size_t size = command->size, first = command->first;
	const char *name = command->name;

	gives(try_size(command, 0), EINVAL, "%s of size 0", name);
	gives(try_size(command, 1), EINVAL, "%s of size 1", name);
	gives(try_size(command, 4), EINVAL, "%s of size 4", name);
	gives(try_size(command, first - 8), EINVAL, "%s 8 bytes too short", name);
	gives(try_size(command, first - 1), EINVAL, "%s 1 byte too short", name);
	gives(try_surplus(command, size + 1, size), E2BIG, "%s with 1 byte of surplus", name);
	gives(try_surplus(command, size + 8, size + 7), E2BIG, "%s with surplus in byte 8 of 8",
	      name);
	gives(try_surplus(command, LONGEST, LONGEST - 1), E2BIG,
	      "%s with surplus in the last byte of a page", name);
	gives(try_size(command, LONGEST + 1), E2BIG, "%s longer than a page", name);
	gives(try_size(command, UINT32_MAX), E2BIG, "%s of the largest size", name);
}

/* What lies behind the structure is the caller's, whatever size it claims. */
static bool is_zero_behind(size_t size)
{
	for (size_t i = size; i < sizeof(words); i++)
		if (bytes[i])
			return false;
	return true;
}

/* A program that was built with the first published header. */
static void test_first(const struct command *command)
{
	gives(try_size(command, command->first), command->error, "%s of the first published size",
	      command->name);
	ok(is_zero_behind(command->first), "%s of that size writes nothing behind it",
	   command->name);
}

static void test_accepted(const struct command *command)
{
	static const size_t surplus[] = { 0, 1, 8 };
	const char *name = command->name;

	for (size_t i = 0; i < ARRAY_SIZE(surplus); i++) {
		gives(try_size(command, command->size + surplus[i]), command->error,
		      "%s with %zu bytes of surplus, zero", name, surplus[i]);
		ok(is_zero_behind(command->size), "%s writes nothing behind its structure", name);
	}
	gives(try_size(command, LONGEST), command->error, "%s of a page, zero behind the structure",
	      name);
	gives(try_surplus(command, command->size, command->size), command->error,
	      "%s does not look behind its size", name);
}

void test_sizes(void)
{
	unsigned int triggers = count_triggers();

	watch_begin();
	for (size_t i = 0; i < NR_COMMANDS; i++)
		test_refused(&commands[i]);
	watch_end("wrong sizes");

	for (size_t i = 0; i < NR_COMMANDS; i++) {
		test_first(&commands[i]);
		test_accepted(&commands[i]);
	}
	is(count_triggers() - triggers, 12,
	   "each RESET and RESET_MANY that was accepted was issued, once");
}
