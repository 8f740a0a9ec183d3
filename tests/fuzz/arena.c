// SPDX-License-Identifier: GPL-2.0-only
/* Memory of which it is known what the module can read and write, and which tells what it wrote. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "uapi-fuzz.h"
#include "tap.h"

/*
 * All arenas are in 4 GiB that belong to nobody else: whatever becomes of the
 * lower half of a pointer, it leads to an arena or to nothing, never into the
 * fuzzer itself. So does the lower half alone.
 */
#define RESERVED (1ULL << 32)
#define BASE     0x123400000000ULL
#define FIRST    0xc0000000ULL
#define APART    (1ULL << 20)

static struct arena arenas[NR_WORKERS * NR_ARENAS];
static unsigned int nr_arenas;

static void *must_map(void *address, size_t size, int protection, int flags, int fd)
{
	void *memory = mmap(address, size, protection, flags, fd, 0);

	if (memory == MAP_FAILED)
		bail("no memory for an arena");
	return memory;
}

static void make_arena(struct arena *arena, uint8_t *front)
{
	int fd = memfd_create("arena", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, ARENA_SIZE))
		bail("no memory for an arena");
	arena->writable = ARENA_SIZE - 2 * PAGE;
	arena->readable = ARENA_SIZE - PAGE;
	arena->front =
		must_map(front, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd);
	mprotect(front + arena->writable, PAGE, PROT_READ);
	mprotect(front + arena->readable, PAGE, PROT_NONE);
	arena->back = must_map(NULL, ARENA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd);
	arena->before = malloc(ARENA_SIZE);
	if (!arena->before)
		bail("no memory for an arena");
	close(fd);
}

void arenas_make(unsigned int nr_workers)
{
	uint8_t *base = must_map((void *)(uintptr_t)BASE, RESERVED, PROT_NONE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
				 -1);

	nr_arenas = nr_workers * NR_ARENAS;
	for (unsigned int i = 0; i < nr_arenas; i++)
		make_arena(&arenas[i], base + FIRST + i * APART);
}

struct arena *arena_of(unsigned int worker, unsigned int which)
{
	return &arenas[worker * NR_ARENAS + which];
}

static struct arena *arena_at(uint64_t address, uint64_t *ret_offset)
{
	for (unsigned int i = 0; i < nr_arenas; i++) {
		*ret_offset = address - (uintptr_t)arenas[i].front;
		if (*ret_offset < ARENA_SIZE)
			return &arenas[i];
	}
	return NULL;
}

bool can_read(uint64_t address, uint64_t size)
{
	uint64_t offset;
	const struct arena *arena = arena_at(address, &offset);

	return arena && offset <= arena->readable && size <= arena->readable - offset;
}

bool can_write(uint64_t address, uint64_t size)
{
	uint64_t offset;
	const struct arena *arena = arena_at(address, &offset);

	return arena && offset <= arena->writable && size <= arena->writable - offset;
}

/* NULL if there is no memory of ours. */
uint8_t *back_door(uint64_t address)
{
	uint64_t offset;
	struct arena *arena = arena_at(address, &offset);

	return arena ? arena->back + offset : NULL;
}

/* Never zero, so that what the module cleared shows; another part of the pattern each time. */
void arena_poison(struct arena *arena, struct chance *chance)
{
	static uint8_t pattern[ARENA_SIZE + 256];

	for (size_t i = 0; !pattern[0] && i < sizeof(pattern); i++)
		pattern[sizeof(pattern) - 1 - i] = (uint8_t)(draw(chance) | 1);
	memcpy(arena->back, pattern + below(chance, 256), ARENA_SIZE);
}

/* What may have changed in this range is not looked at; the range may be anywhere. */
void arena_allow(struct arena *arena, uint64_t address, uint64_t size)
{
	uint64_t begin = (uintptr_t)arena->front, end = begin + ARENA_SIZE;
	uint64_t last = size > UINT64_MAX - address ? UINT64_MAX : address + size;

	begin = address > begin ? address : begin;
	end = last < end ? last : end;
	if (begin >= end)
		return;
	begin -= (uintptr_t)arena->front;
	end -= (uintptr_t)arena->front;
	memcpy(arena->before + begin, arena->back + begin, end - begin);
}

bool arena_is_as_before(const struct arena *arena, size_t *ret_at)
{
	if (!memcmp(arena->before, arena->back, ARENA_SIZE))
		return true;
	*ret_at = 0;
	while (arena->before[*ret_at] == arena->back[*ret_at])
		++*ret_at;
	return false;
}
