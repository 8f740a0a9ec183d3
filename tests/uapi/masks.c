// SPDX-License-Identifier: GPL-2.0-only
/* Unknown bits and values, reserved members, empty masks, limits. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "uapi.h"

static uint64_t words[ROOM / sizeof(uint64_t)];
static uint8_t *const bytes = (uint8_t *)words;

static int try_value(const struct command *command, size_t offset, uint32_t value)
{
	memset(words, 0, sizeof(words));
	command->fill(words);
	memcpy(bytes + offset, &value, sizeof(value));
	return try_command(command, words);
}

static bool refuses(const struct command *command, size_t offset, uint32_t value, int want)
{
	int error = try_value(command, offset, value);

	if (error != want)
		printf("# %#x gives %d\n", value, error);
	return error == want;
}

/* Each unknown bit alone, and together with all that are known. */
static void test_mask(const struct command *command, const struct mask *mask)
{
	unsigned int unknown = 0;
	bool good = true;

	for (unsigned int i = 0; i < 32; i++) {
		uint32_t bit = UINT32_C(1) << i;

		if (mask->known & bit)
			continue;
		unknown++;
		good &= refuses(command, mask->offset, bit, EOPNOTSUPP);
		good &= refuses(command, mask->offset, bit | mask->known, EOPNOTSUPP);
	}
	ok(good, "%s: each of %u unknown bits of %s is EOPNOTSUPP", command->name, unknown,
	   mask->name);
}

static void test_reserved(const struct command *command, const struct reserved *reserved)
{
	bool good = true;

	for (size_t i = 0; i < reserved->size * 8; i++) {
		int error;

		memset(words, 0, sizeof(words));
		command->fill(words);
		bytes[reserved->offset + i / 8] = (uint8_t)(1U << i % 8);
		error = try_command(command, words);
		if (error != EINVAL)
			printf("# bit %zu gives %d\n", i, error);
		good &= error == EINVAL;
	}
	ok(good, "%s: each bit of %s is EINVAL", command->name, reserved->name);
}

static void test_scope(const struct command *command)
{
	static const uint32_t unknown[] = { PCIRESET_SCOPE_BUS + 1, 8, 0x80000000U, UINT32_MAX };
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		good &= refuses(command, command->scope, unknown[i], EOPNOTSUPP);
	ok(good, "%s: each unknown max_scope is EOPNOTSUPP", command->name);
}

static void test_command(const struct command *command)
{
	for (const struct mask *mask = command->masks; mask->name; mask++) {
		test_mask(command, mask);
		if (!strcmp(mask->name, "types") && command->no_types_refused)
			gives(try_value(command, mask->offset, 0), EINVAL, "%s without a type",
			      command->name);
	}
	for (const struct reserved *r = command->reserved; r->name; r++)
		test_reserved(command, r);
	if (command->scope)
		test_scope(command);
}

static void test_timeout(void)
{
	struct pcireset_info info = { .size = sizeof(info) };
	struct pcireset_reset arg = { .timeout_ms = UINT32_MAX };
	int control = open_control();
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);

	gives(call(control, PCIRESET_INFO, &info), 0, "INFO");
	gives(reset(fd, PCI_RESET_FLR, &arg), EINVAL, "RESET with the largest timeout_ms");
	arg.timeout_ms = info.out_max_timeout_ms + 1;
	gives(reset(fd, PCI_RESET_FLR, &arg), EINVAL,
	      "RESET with a timeout_ms longer than INFO allows");
	is(arg.out_issued, 0, "and out_issued says that nothing was issued");
	arg.timeout_ms = 0;
	arg.settle_ms = info.out_max_timeout_ms + 1;
	gives(reset(fd, PCI_RESET_FLR, &arg), EINVAL, "RESET with a settle_ms as long");
	is(arg.out_issued, 0, "and out_issued says that nothing was issued");
	close(fd);
	close(control);
}

static void test_known(void)
{
	struct pcireset_reset arg = {
		.max_scope = PCIRESET_SCOPE_FUNCTION,
		.checks = PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK |
			  PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF,
		.force = PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO,
		.timeout_ms = 600000,
		.flags = PCIRESET_RESET_TRY,
	};
	int fd = open_device(DISK, PCI_RESET_ANY, PCIRESET_SCOPE_BUS, arg.force);
	int error = EAGAIN;

	/* Somebody may just look at the device: that is what TRY is for. */
	for (unsigned int i = 0; i < 100 && error == EAGAIN; i++) {
		error = reset(fd, PCI_RESET_FLR, &arg);
		usleep(10000);
	}
	gives(error, 0, "RESET with every known bit but ESCALATE and SPEED");
	arg.flags = PCIRESET_RESET_ESCALATE;
	gives(reset(fd, PCI_RESET_ANY, &arg), 0, "RESET with every known type and ESCALATE");
	is(arg.out_issued, PCI_RESET_FLR, "which had no reason to go on to a second type");
	close(fd);
}

void test_masks(void)
{
	watch_begin();
	for (size_t i = 0; i < NR_COMMANDS; i++)
		test_command(&commands[i]);
	test_timeout();
	watch_end("unknown bits and values");
	test_known();
}
