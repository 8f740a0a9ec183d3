// SPDX-License-Identifier: GPL-2.0-only
/* Commands that do not exist, or not on this descriptor, and descriptors that are closed. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "uapi.h"

static uint64_t structure[ROOM / sizeof(uint64_t)];

static bool belongs(unsigned long cmd, bool on_device)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (commands[i].cmd == cmd)
			return commands[i].on_device == on_device;
	return false;
}

static bool is_unknown(int fd, unsigned long cmd)
{
	int error = call(fd, cmd, structure);

	if (error != ENOTTY)
		printf("# %#lx gives %d\n", cmd, error);
	return error == ENOTTY;
}

static bool all_unknown(int fd, bool on_device, unsigned int type)
{
	bool good = true;

	for (unsigned int nr = 0; nr < 256; nr++)
		if (!belongs(_IO(type, nr), on_device))
			good &= is_unknown(fd, _IO(type, nr));
	return good;
}

/* The same numbers with a direction and a size, which another interface would have put there. */
static bool all_directions_unknown(int fd)
{
	bool good = true;

	for (unsigned int nr = PCIRESET_CMD_INFO; nr <= PCIRESET_CMD_EMPTY_BUS; nr++) {
		good &= is_unknown(fd, _IOR(PCIRESET_IOC_TYPE, nr, struct pcireset_info));
		good &= is_unknown(fd, _IOW(PCIRESET_IOC_TYPE, nr, struct pcireset_info));
		good &= is_unknown(fd, _IOWR(PCIRESET_IOC_TYPE, nr, struct pcireset_reset));
	}
	return good;
}

static void test_descriptor(int fd, bool on_device, const char *name)
{
	ok(all_unknown(fd, on_device, PCIRESET_IOC_TYPE), "%s: every other number is ENOTTY", name);
	ok(all_unknown(fd, on_device, PCIRESET_IOC_TYPE - 1), "%s: another type is ENOTTY", name);
	ok(all_directions_unknown(fd), "%s: a number with a direction is ENOTTY", name);
	close(fd);
}

static void test_command(const struct command *command)
{
	int wrong = command->on_device ? open_control() : open_device(DISK, PCI_RESET_ANY, 0, 0);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	command->fill(structure);
	gives(call(wrong, command->cmd, structure), ENOTTY, "%s on the other kind of descriptor",
	      command->name);
	gives(call(null, command->cmd, structure), ENOTTY, "%s on /dev/null", command->name);
	close(null);
	close(wrong);
	gives(call(wrong, command->cmd, structure), EBADF, "%s on a closed descriptor",
	      command->name);
}

void test_numbers(void)
{
	watch_begin();
	test_descriptor(open_control(), false, "control node");
	test_descriptor(open_device(DISK, PCI_RESET_ANY, 0, 0), true, "device");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		test_command(&commands[i]);
	watch_end("unknown commands");
}
