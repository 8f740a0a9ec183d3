// SPDX-License-Identifier: GPL-2.0-only
/*
 * abuse wait FUNCTION TYPE TIMEOUT SETTLE: one reset, by nobody
 * abuse many FUNCTION TYPE ENTRIES: many resets in one call, no two alike, by nobody
 * abuse room FUNCTION ENTRIES: many in one call, each with room for 256 MiB of members, the last one wrong
 *
 * What the holder of a descriptor does to others. Prints "errno MILLISECONDS".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/pcireset.h>
#include "drop.h"

#define PIECE  (2U << 20)
#define LARGE  (256U << 20)
#define PERIOD 1000

static void must(long result, const char *what)
{
	if (result >= 0)
		return;
	perror(what);
	exit(2);
}

static int open_function(const char *name, uint32_t types)
{
	struct pcireset_open arg = { .size = sizeof(arg), .types = types, .force = 1 };
	unsigned int domain, bus, device, function;
	int control = open("/dev/pcireset", O_RDWR | O_CLOEXEC);

	must(control, "/dev/pcireset");
	if (sscanf(name, "%x:%x:%x.%x", &domain, &bus, &device, &function) != 4)
		exit(2);
	arg.addr.domain = domain;
	arg.addr.bus = (uint8_t)bus;
	arg.addr.devfn = (uint8_t)(device << 3 | function);
	must(ioctl(control, PCIRESET_OPEN, &arg), name);
	close(control);
	drop_to_nobody();
	return arg.out_fd;
}

static double now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static int call(int fd, unsigned long cmd, void *arg)
{
	double begin = now_ms();
	int error = ioctl(fd, cmd, arg) ? errno : 0;

	printf("%d %.0f\n", error, now_ms() - begin);
	return 0;
}

static int wait_long(char **arg)
{
	uint32_t type = (uint32_t)strtoul(arg[1], NULL, 0);
	struct pcireset_reset reset = {
		.size = sizeof(reset),
		.types = type,
		.force = 1,
		.timeout_ms = (uint32_t)atoi(arg[2]),
		.settle_ms = (uint32_t)atoi(arg[3]),
	};

	return call(open_function(arg[0], type), PCIRESET_RESET, &reset);
}

static void *map_room(void)
{
	int fd = memfd_create("members", 0);
	uint8_t *room;

	must(fd, "memfd");
	must(ftruncate(fd, PIECE), "memfd");
	room = mmap(NULL, LARGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	for (size_t at = 0; at < LARGE; at += PIECE)
		if (mmap(room + at, PIECE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) ==
		    MAP_FAILED)
			must(-1, "mmap");
	return room;
}

static int call_many(int fd, struct pcireset_reset *resets, uint32_t nr)
{
	struct pcireset_reset_entry *entries = calloc(nr, sizeof(*entries));
	struct pcireset_reset_many many = {
		.size = sizeof(many),
		.nr_entries = nr,
		.entry_size = sizeof(*entries),
		.entry_ptr = (uintptr_t)entries,
	};

	if (!entries)
		return 2;
	for (uint32_t i = 0; i < nr; i++) {
		entries[i].fd = fd;
		entries[i].reset_ptr = (uintptr_t)&resets[i];
	}
	return call(fd, PCIRESET_RESET_MANY, &many);
}

static struct pcireset_reset *make_resets(uint32_t nr, uint32_t type)
{
	struct pcireset_reset *resets = calloc(nr, sizeof(*resets));

	if (!resets)
		exit(2);
	for (uint32_t i = 0; i < nr; i++) {
		resets[i].size = sizeof(resets[i]);
		resets[i].types = type;
		resets[i].force = 1;
		resets[i].timeout_ms = PERIOD + i;
	}
	return resets;
}

static int many(char **arg)
{
	uint32_t type = (uint32_t)strtoul(arg[1], NULL, 0), nr = (uint32_t)atoi(arg[2]);

	return call_many(open_function(arg[0], type), make_resets(nr, type), nr);
}

static int much_room(char **arg)
{
	uint32_t nr = (uint32_t)atoi(arg[1]);
	struct pcireset_reset *resets = make_resets(nr, PCI_RESET_FLR);
	void *room = map_room();

	for (uint32_t i = 0; i < nr; i++) {
		resets[i].member_ptr = (uintptr_t)room;
		resets[i].member_size = 4096;
		resets[i].nr_members = 65536;
	}
	resets[nr - 1].link_speed = 1; /* without the flag */
	return call_many(open_function(arg[0], PCI_RESET_FLR), resets, nr);
}

int main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 6 && !strcmp(argv[1], "wait"))
		return wait_long(argv + 2);
	if (argc == 5 && !strcmp(argv[1], "many"))
		return many(argv + 2);
	if (argc == 4 && !strcmp(argv[1], "room"))
		return much_room(argv + 2);
	fprintf(stderr, "usage: abuse wait|many|room ARGUMENT...\n");
	return 2;
}
