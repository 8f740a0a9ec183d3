// SPDX-License-Identifier: GPL-2.0-only
/* The arrays of types and members: entries of other sizes, too little room, bad addresses. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "uapi.h"

#define TYPE_SIZE   ((uint32_t)sizeof(struct pcireset_type_info))
#define MEMBER_SIZE ((uint32_t)sizeof(struct pcireset_member))

/* More than any bus has functions. */
#define TOO_MANY 65537

struct array {
	uint64_t ptr;
	uint32_t size;
	uint32_t nr;
};

static int query_arrays(struct array types, struct array members)
{
	struct pcireset_query arg = {
		.type_ptr = types.ptr,
		.type_size = types.size,
		.nr_types = types.nr,
		.member_ptr = members.ptr,
		.member_size = members.size,
		.nr_members = members.nr,
	};
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	int error = query(fd, PCI_RESET_FLR, &arg);

	close(fd);
	return error;
}

static int query_type_array(struct array array)
{
	return query_arrays(array, (struct array){ 0 });
}

static int query_member_array(struct array array)
{
	return query_arrays((struct array){ 0 }, array);
}

static int reset_member_array(struct array array)
{
	struct pcireset_reset arg = {
		.member_ptr = array.ptr,
		.member_size = array.size,
		.nr_members = array.nr,
	};
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	int error = reset(fd, PCI_RESET_FLR, &arg);

	close(fd);
	return error;
}

static const struct way {
	const char *name;
	int (*try)(struct array array);
	uint32_t size;
} ways[] = {
	{ "QUERY types", query_type_array, TYPE_SIZE },
	{ "QUERY members", query_member_array, MEMBER_SIZE },
	{ "RESET members", reset_member_array, MEMBER_SIZE },
};

static uint64_t address(const void *p)
{
	return (uintptr_t)p;
}

static void *map(size_t size, int prot)
{
	void *p = mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		bail("no memory");
	return p;
}

static void test_sizes_of(const struct way *way, uint64_t ptr)
{
	const uint32_t size = way->size;

	gives(way->try((struct array){ ptr, 0, 1 }), EINVAL, "%s, entries of 0 bytes", way->name);
	gives(way->try((struct array){ ptr, size - 4, 1 }), EINVAL, "%s, entries 4 bytes short",
	      way->name);
	gives(way->try((struct array){ ptr, size - 1, 1 }), EINVAL, "%s, entries 1 byte short",
	      way->name);
	gives(way->try((struct array){ ptr, 4097, 1 }), E2BIG, "%s, entries longer than a page",
	      way->name);
	gives(way->try((struct array){ ptr, UINT32_MAX, 1 }), E2BIG,
	      "%s, entries as long as can be", way->name);
	gives(way->try((struct array){ ptr, size, TOO_MANY }), E2BIG, "%s, too many entries",
	      way->name);
	gives(way->try((struct array){ ptr, size, UINT32_MAX }), E2BIG, "%s, the most entries",
	      way->name);
}

static void test_addresses_of(const struct way *way)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const uint32_t size = way->size;
	uint8_t *read_only = map(page, PROT_READ);
	uint8_t *end = (uint8_t *)map(2 * page, PROT_READ | PROT_WRITE) + page;

	munmap(end, page);
	gives(way->try((struct array){ 0, size, 1 }), EFAULT, "%s at address 0", way->name);
	gives(way->try((struct array){ address(end), size, 1 }), EFAULT,
	      "%s where nothing is mapped", way->name);
	gives(way->try((struct array){ address(read_only), size, 1 }), EFAULT,
	      "%s that cannot be written", way->name);
	gives(way->try((struct array){ address(end - size), size, 2 }), EFAULT,
	      "%s whose second entry is not mapped", way->name);
	gives(way->try((struct array){ UINT64_C(1) << 63, size, 1 }), EFAULT,
	      "%s where the kernel is", way->name);
	gives(way->try((struct array){ UINT64_MAX - 3, size, 2 }), EFAULT, "%s that wraps around",
	      way->name);
	munmap(read_only, page);
	munmap(end - page, page);
}

/* With room for none, neither address nor size matter. */
static void test_accepted_by(const struct way *way)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *end = (uint8_t *)map(2 * page, PROT_READ | PROT_WRITE) + page;

	munmap(end, page);
	gives(way->try((struct array){ address(end - way->size), way->size, 1 }), 0,
	      "%s that just fits", way->name);
	gives(way->try((struct array){ UINT64_MAX, UINT32_MAX, 0 }), 0, "%s, room for none",
	      way->name);
	munmap(end - page, page);
}

static bool is_all(const uint8_t *bytes, size_t from, size_t to, uint8_t value)
{
	for (size_t i = from; i < to; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* Entries as a later version of the interface would have them. */
static void test_longer_entries(void)
{
	static uint8_t types[16][TYPE_SIZE + 24], members[4][MEMBER_SIZE + 24];
	struct pcireset_query arg = {
		.type_size = sizeof(types[0]),
		.nr_types = ARRAY_SIZE(types),
		.type_ptr = address(types),
		.member_size = sizeof(members[0]),
		.nr_members = ARRAY_SIZE(members),
		.member_ptr = address(members),
	};
	int fd = open_device(DISK, PCI_RESET_ANY, 0, 0);
	struct pcireset_type_info info;
	struct pcireset_member member;
	uint32_t seen = 0;

	memset(types, 0xff, sizeof(types));
	memset(members, 0xff, sizeof(members));
	gives(query(fd, PCI_RESET_FLR, &arg), 0, "QUERY with longer entries");
	for (size_t i = 0; i < arg.out_nr_types && i < ARRAY_SIZE(types); i++) {
		memcpy(&info, types[i], sizeof(info));
		seen |= info.type;
		if (!is_all(types[i], TYPE_SIZE, sizeof(types[i]), 0))
			seen = 0;
	}
	is(seen, PCI_RESET_ANY, "each type is told, its entry filled up with zeroes");
	memcpy(&member, members[0], sizeof(member));
	is(arg.out_nr_members, 1, "one member is told");
	ok(is_addr(member.addr, DISK), "it is the device");
	ok(is_all(members[0], MEMBER_SIZE, sizeof(members[0]), 0),
	   "its entry is filled up with zeroes");
	close(fd);
}

static void test_little_room(void)
{
	static struct pcireset_member members[3];
	static struct pcireset_type_info infos[2];
	struct pcireset_query arg = {
		.type_size = TYPE_SIZE,
		.nr_types = 1,
		.type_ptr = address(infos),
		.member_size = MEMBER_SIZE,
		.nr_members = 2,
		.member_ptr = address(members),
	};
	int fd = open_device(CARD_AUDIO, PCI_RESET_ANY, 0, 0);

	memset(members, 0xff, sizeof(members));
	memset(infos, 0xff, sizeof(infos));
	gives(query(fd, PCI_RESET_BUS, &arg), 0, "QUERY with room for less than there is");
	is(arg.out_nr_types, 8, "all types are counted");
	is(arg.out_nr_members, 3, "all members are counted");
	is(infos[0].type, PCI_RESET_DEV_SPECIFIC, "the first type fits");
	is(infos[1].type, UINT32_MAX, "the second is not written");
	ok(is_addr(members[1].addr, CARD_AUDIO), "the second member fits");
	is(members[2].flags, UINT32_MAX, "the third is not written");
	close(fd);
}

void test_arrays(void)
{
	static uint8_t space[2 * 4096];
	unsigned int triggers;

	watch_begin();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		test_sizes_of(&ways[i], address(space));
		test_addresses_of(&ways[i]);
	}
	test_longer_entries();
	test_little_room();
	watch_end("wrong arrays");

	triggers = count_triggers();
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++)
		test_accepted_by(&ways[i]);
	is(count_triggers() - triggers, 2, "RESET with a right array was issued, once");
}
