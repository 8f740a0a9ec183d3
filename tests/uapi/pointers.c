// SPDX-License-Identifier: GPL-2.0-only
/* Structures at addresses that cannot be read, or not be written: EFAULT before anything is touched. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "uapi.h"

static uint8_t *pages; /* one that can be written, one that can be read, one that is not there */
static size_t page;

static void map_pages(void)
{
	page = (size_t)sysconf(_SC_PAGESIZE);
	pages = mmap(NULL, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pages == MAP_FAILED)
		bail("no memory");
	munmap(pages + 2 * page, page);
}

static int try_at(const struct command *command, void *arg)
{
	int fd = fd_for(command);
	int error = call(fd, command->cmd, arg);

	close(fd);
	return error;
}

static int try_read_only(const struct command *command)
{
	uint8_t *arg = pages + page;
	int error;

	mprotect(arg, page, PROT_READ | PROT_WRITE);
	memset(arg, 0, page);
	command->fill(arg);
	mprotect(arg, page, PROT_READ);
	error = try_at(command, arg);
	mprotect(arg, page, PROT_READ | PROT_WRITE);
	return error;
}

/* The size can be read, the end of the structure cannot. */
static int try_cut_off(const struct command *command)
{
	uint8_t *arg = pages + 2 * page - 8;
	uint64_t structure[ROOM / sizeof(uint64_t)] = { 0 };

	command->fill(structure);
	memcpy(arg, structure, 8);
	return try_at(command, arg);
}

/* The beginning can be read and written, the end only read. */
static int try_half_read_only(const struct command *command)
{
	uint64_t structure[ROOM / sizeof(uint64_t)] = { 0 };
	uint8_t *arg = pages + page - command->size / 8 * 4;
	int error;

	command->fill(structure);
	mprotect(pages + page, page, PROT_READ | PROT_WRITE);
	memcpy(arg, structure, command->size);
	mprotect(pages + page, page, PROT_READ);
	error = try_at(command, arg);
	mprotect(pages + page, page, PROT_READ | PROT_WRITE);
	return error;
}

/* The surplus is claimed to be zero, and is not there. */
static int try_surplus_missing(const struct command *command)
{
	uint8_t *arg = pages + 2 * page - command->size;
	uint32_t size = (uint32_t)command->size + 8;

	command->fill(arg);
	memcpy(arg, &size, sizeof(size));
	return try_at(command, arg);
}

static void test_command(const struct command *command)
{
	const char *name = command->name;

	gives(try_at(command, NULL), EFAULT, "%s at address 0", name);
	gives(try_at(command, pages + 2 * page), EFAULT, "%s where nothing is mapped", name);
	gives(try_at(command, (void *)(uintptr_t)INTPTR_MIN), EFAULT, "%s where the kernel is",
	      name);
	gives(try_at(command, (void *)~(uintptr_t)3), EFAULT, "%s at the end of all addresses",
	      name);
	gives(try_cut_off(command), EFAULT, "%s whose end is not mapped", name);
	gives(try_surplus_missing(command), EFAULT, "%s whose surplus is not mapped", name);
	gives(try_read_only(command), EFAULT, "%s that cannot be written", name);
	gives(try_half_read_only(command), EFAULT, "%s whose end cannot be written", name);
}

/* While the reset waits: PCIe r6.0, sec 6.6.2 gives the function 100 ms. */
static void *take_away(void *arg)
{
	usleep(40000);
	mprotect(arg, page, PROT_NONE);
	return NULL;
}

/* EFAULT promises that nothing was touched: it may not come of a reset that was made. */
static void test_taken_away(void)
{
	struct pcireset_reset *arg = (void *)(pages + page);
	unsigned int triggers = count_triggers();
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	pthread_t thread;
	int error;

	memset(arg, 0, page);
	arg->size = sizeof(*arg);
	arg->types = PCI_RESET_FLR;
	if (pthread_create(&thread, NULL, take_away, arg))
		bail("no thread");
	error = call(fd, PCIRESET_RESET, arg);
	pthread_join(thread, NULL);
	mprotect(arg, page, PROT_READ | PROT_WRITE);
	gives(error, 0, "RESET whose structure is taken away meanwhile");
	is(arg->out_issued, 0, "it was taken away before the end");
	is(count_triggers() - triggers, 1, "and the reset was issued");
	close(fd);
}

void test_pointers(void)
{
	map_pages();
	watch_begin();
	for (size_t i = 0; i < NR_COMMANDS; i++)
		test_command(&commands[i]);
	watch_end("bad addresses");
	test_taken_away();
}
