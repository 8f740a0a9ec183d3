// SPDX-License-Identifier: GPL-2.0-only
/* Many resets in one call: making them, what is wrong with them, and what may come of them. */
#include <string.h>
#include "uapi-fuzz.h"

#define MAX_MANY    6    /* as it is made; what is spoiled may say more */
#define ENTRIES_AT  2048 /* in ARENA_TYPES, at the most that much further on */
#define RESETS_AT   PAGE /* in ARENA_TYPES */
#define RESET_ROOM  256
#define MEMBERS     4 /* for each */
#define MEMBER_ROOM 512

static uint64_t front_of(const struct worker *worker, unsigned int which)
{
	return (uintptr_t)arena_of(worker->nr, which)->front;
}

static uint64_t reset_at(const struct worker *worker, uint32_t nr)
{
	return front_of(worker, ARENA_TYPES) + RESETS_AT + RESET_ROOM * nr;
}

/* ---- making them */

static void fill_entry(struct worker *worker, uint32_t nr, uint64_t at, uint32_t size)
{
	struct pcireset_reset_entry entry = { .reset_ptr = reset_at(worker, nr) };
	struct pcireset_reset reset = { .size = sizeof(reset) };

	entry.fd = worker->call.slot->fd;
	call_fill_reset(worker, &reset);
	reset.nr_owners = 0;
	reset.owner_ptr = 0;
	reset.nr_members = below(&worker->chance, MEMBERS + 1);
	reset.member_ptr = front_of(worker, ARENA_MEMBERS) + MEMBER_ROOM * nr;
	memset(back_door(at), 0, size);
	memcpy(back_door(at), &entry, sizeof(entry));
	memcpy(back_door(entry.reset_ptr), &reset, sizeof(reset));
}

/* Each by a descriptor of its own, and the call by any. */
void many_fill(struct worker *worker, struct pcireset_reset_many *arg)
{
	struct chance *chance = &worker->chance;
	struct slot *caller = worker->call.slot;

	arg->nr_entries = 1 + below(chance, MAX_MANY);
	arg->entry_size = (uint32_t)sizeof(struct pcireset_reset_entry) + 8 * below(chance, 8);
	arg->entry_ptr = front_of(worker, ARENA_TYPES) + 8 * below(chance, ENTRIES_AT / 8);
	for (uint32_t i = 0; i < arg->nr_entries; i++) {
		worker->call.slot = call_choose_slot(worker);
		fill_entry(worker, i, arg->entry_ptr + (uint64_t)arg->entry_size * i,
			   arg->entry_size);
	}
	worker->call.slot = caller;
}

/* In one of the entries, or of their resets, while the array is still where it was made. */
void many_spoil(struct worker *worker, const struct pcireset_reset_many *arg)
{
	struct chance *chance = &worker->chance;
	uint32_t nr = below(chance, MAX_MANY);
	uint64_t at = arg->entry_ptr + (uint64_t)arg->entry_size * nr;
	struct pcireset_reset_entry entry;
	uint32_t words[sizeof(struct pcireset_reset) / 4];
	uint8_t *bytes;

	if (nr >= arg->nr_entries || !can_write(at, sizeof(entry)))
		return;
	memcpy(&entry, back_door(at), sizeof(entry));
	switch (below(chance, 6)) {
	case 0:
		entry.fd = worker->slots[below(chance, NR_SLOTS)].fd;
		break;
	case 1: /* perhaps another's */
		entry.reset_ptr = reset_at(worker, below(chance, MAX_MANY));
		break;
	case 2:
		bytes = (uint8_t *)&entry;
		bytes[below(chance, sizeof(entry))] ^= (uint8_t)(1U << below(chance, 8));
		break;
	case 3:
		bytes = back_door(reset_at(worker, nr));
		bytes[below(chance, sizeof(words))] ^= (uint8_t)(1U << below(chance, 8));
		break;
	case 4:
		memcpy(words, back_door(reset_at(worker, nr)), sizeof(words));
		words[below(chance, ARRAY_SIZE(words))] = draw(chance);
		memcpy(back_door(reset_at(worker, nr)), words, sizeof(words));
		break;
	default: /* something behind what is known */
		if (arg->entry_size > sizeof(entry) && can_write(at, arg->entry_size))
			back_door(at)[arg->entry_size - 1] = (uint8_t)draw(chance);
		break;
	}
	memcpy(back_door(at), &entry, sizeof(entry));
}

/* ---- reading them */

static struct pcireset_reset_many many_of(const struct worker *worker)
{
	struct pcireset_reset_many arg;

	memcpy(&arg, back_door(worker->call.address), sizeof(arg));
	return arg;
}

static uint64_t entry_at(const struct pcireset_reset_many *arg, uint32_t nr)
{
	return arg->entry_ptr + (uint64_t)arg->entry_size * nr;
}

static bool get(uint64_t address, void *structure, size_t size)
{
	if (!can_read(address, size))
		return false;
	memcpy(structure, back_door(address), size);
	return true;
}

/* Whether the module can read it. */
static bool get_entry(const struct pcireset_reset_many *arg, uint32_t nr,
		      struct pcireset_reset_entry *entry)
{
	return get(entry_at(arg, nr), entry, sizeof(*entry));
}

static bool get_reset(const struct pcireset_reset_entry *entry, struct pcireset_reset *reset)
{
	return get(entry->reset_ptr, reset, sizeof(*reset));
}

/* Both are there: so says entry_misuses(). */
static void read_entry(const struct pcireset_reset_many *arg, uint32_t nr,
		       struct pcireset_reset_entry *entry, struct pcireset_reset *reset)
{
	get_entry(arg, nr, entry);
	get_reset(entry, reset);
}

static const struct slot *slot_of(const struct worker *worker, int fd)
{
	for (unsigned int i = 0; i < NR_SLOTS; i++)
		if (worker->slots[i].kind == SLOT_DEVICE && worker->slots[i].fd == fd)
			return &worker->slots[i];
	return NULL;
}

/* ---- what is wrong with the call */

static uint32_t entry_misuses(const struct worker *worker, uint64_t at, uint32_t size)
{
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;
	uint32_t set = judge_surplus(at, sizeof(entry), size);

	if (!get(at, &entry, sizeof(entry)))
		return set | SET(E_FAULT);
	set |= if_so(!can_write(at + offsetof(struct pcireset_reset_entry, out_errno), 8), E_FAULT);
	set |= if_so(entry.__reserved, E_INVAL) | if_so(!slot_of(worker, entry.fd), E_BADF);
	set |= judge_structure(entry.reset_ptr, sizeof(reset), PCIRESET_RESET_SIZE_VER0);
	if (get_reset(&entry, &reset))
		set |= reset_misuses(worker, &reset) | if_so(reset.nr_owners, E_OPNOTSUPP);
	return set;
}

/* What is wrong with the first entry with which something is, and its number. */
static uint32_t entries_misuses(const struct worker *worker, const struct pcireset_reset_many *arg,
				uint32_t *ret_nr)
{
	uint32_t set = 0;

	for (*ret_nr = 0; *ret_nr < arg->nr_entries; ++*ret_nr) {
		set = entry_misuses(worker, entry_at(arg, *ret_nr), arg->entry_size);
		if (set)
			break;
	}
	return set;
}

static uint32_t array_misuses(const struct pcireset_reset_many *arg)
{
	return if_so(arg->flags, E_OPNOTSUPP) |
	       if_so(arg->__reserved || !arg->nr_entries ||
			     arg->entry_size < sizeof(struct pcireset_reset_entry),
		     E_INVAL) |
	       if_so(arg->nr_entries > PCIRESET_MAX_RESETS || arg->entry_size > PAGE, E_2BIG);
}

struct range {
	uint64_t at;
	uint64_t size;
};

static bool overlap(const struct range *ranges, unsigned int nr)
{
	for (unsigned int a = 0; a < nr; a++)
		for (unsigned int b = 0; b < a; b++)
			if (overlaps(ranges[a].at, ranges[a].size, ranges[b].at, ranges[b].size))
				return true;
	return false;
}

/*
 * Whether one part of the call lies in another, so that what is asked for changes while it is read. There is
 * no more to be said of such a call than that its errno is documented.
 */
bool many_is_tangled(const struct worker *worker)
{
	const struct pcireset_reset_many arg = many_of(worker);
	struct range ranges[2 + 2 * MAX_MANY] = {
		{ worker->call.address, sizeof(arg) },
		{ arg.entry_ptr, (uint64_t)arg.entry_size * arg.nr_entries },
	};
	unsigned int nr = 2;
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;

	if (array_misuses(&arg))
		return false;
	if (arg.nr_entries > MAX_MANY)
		return true;
	for (uint32_t i = 0; i < arg.nr_entries; i++) {
		if (!get_entry(&arg, i, &entry))
			continue;
		ranges[nr++] = (struct range){ entry.reset_ptr, sizeof(reset) };
		if (!get_reset(&entry, &reset))
			continue;
		ranges[nr++] = (struct range){ reset.member_ptr,
					       (uint64_t)reset.member_size * reset.nr_members };
	}
	return overlap(ranges, nr);
}

/* A part of an array that is only written if there are so many members cannot be. */
bool many_may_miss(const struct worker *worker)
{
	const struct pcireset_reset_many arg = many_of(worker);
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;

	for (uint32_t i = 0; i < arg.nr_entries && i < MAX_MANY; i++)
		if (get_entry(&arg, i, &entry) && get_reset(&entry, &reset) &&
		    may_be_missed(reset.member_ptr, reset.member_size, reset.nr_members))
			return true;
	return false;
}

uint32_t many_misuses(const struct worker *worker)
{
	const struct pcireset_reset_many arg = many_of(worker);
	uint32_t set = array_misuses(&arg), nr;

	if (set || worker->call.is_tangled)
		return set;
	return entries_misuses(worker, &arg, &nr);
}

/* ---- what came of it */

/* What was written: the results of each entry, and what its reset says. */
void many_allow(const struct worker *worker)
{
	const struct pcireset_reset_many arg = many_of(worker);
	const size_t out = offsetof(struct pcireset_reset, out_type);
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;
	struct arena *arena;

	for (unsigned int which = 0; which < NR_ARENAS; which++) {
		arena = arena_of(worker->nr, which);
		if (worker->call.is_tangled)
			arena_allow(arena, (uintptr_t)arena->front, ARENA_SIZE);
		for (uint32_t i = 0; i < arg.nr_entries && i < MAX_MANY; i++) {
			if (!get_entry(&arg, i, &entry))
				break;
			arena_allow(arena,
				    entry_at(&arg, i) +
					    offsetof(struct pcireset_reset_entry, out_errno),
				    8);
			if (!get_reset(&entry, &reset))
				continue;
			arena_allow(arena, entry.reset_ptr + out, sizeof(reset) - out);
			arena_allow(arena, reset.member_ptr,
				    (uint64_t)reset.member_size * reset.nr_members);
		}
	}
}

static void check_entry(const struct worker *worker, const struct pcireset_reset_many *arg,
			uint32_t nr)
{
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;
	const struct slot *slot;
	unsigned int error;
	uint32_t expected;

	read_entry(arg, nr, &entry, &reset);
	slot = slot_of(worker, entry.fd);
	error = error_index((int)entry.out_errno);
	expected = reset_refusals(slot->handle, &reset);
	if (!expected)
		expected = reset_outcomes(slot->handle, &reset);
	if (entry.out_done != 1)
		complain(worker, BAD_RESULT, "entry %u is not over", nr);
	if (!(expected & SET(error)))
		complain(worker, BAD_ERROR, "entry %u: %s, and not %s", nr, error_name(error),
			 set_text(expected));
	if (expected & TOUCHED && error != E_NODEV)
		check_reset(worker, &reset, error);
}

/* Of a call with which nothing is wrong. */
void many_check(const struct worker *worker)
{
	const struct pcireset_reset_many arg = many_of(worker);

	if (worker->call.is_tangled)
		return;
	for (uint32_t i = 0; i < arg.nr_entries; i++)
		check_entry(worker, &arg, i);
}

/* Of one that failed: the entry that is wrong is named. */
void many_check_failure(const struct worker *worker)
{
	struct pcireset_reset_many arg;
	uint32_t nr;

	if (worker->call.slot->kind != SLOT_DEVICE ||
	    judge_structure(worker->call.address, sizeof(arg), PCIRESET_RESET_MANY_SIZE_VER0))
		return;
	arg = many_of(worker);
	if (array_misuses(&arg) || worker->call.is_tangled)
		return;
	if (entries_misuses(worker, &arg, &nr) && arg.out_entry != nr)
		complain(worker, BAD_RESULT, "entry %u is said to be wrong, and it is %u",
			 arg.out_entry, nr);
}

/* The types that were issued by any of them, and whether one says that it may have been in vain. */
uint32_t many_issued(const struct worker *worker, bool *ret_in_vain)
{
	const struct pcireset_reset_many arg = many_of(worker);
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;
	uint32_t issued = 0;

	*ret_in_vain = false;
	for (uint32_t i = 0; i < arg.nr_entries; i++) {
		read_entry(&arg, i, &entry, &reset);
		issued |= reset.out_issued;
		*ret_in_vain |= reset.out_proof == PCIRESET_PROOF_REFUTED;
	}
	return issued;
}

/* Of all entries together, as they may have to run in turn. */
uint64_t many_patience_ms(const struct worker *worker)
{
	struct pcireset_reset_many arg;
	struct pcireset_reset_entry entry;
	struct pcireset_reset reset;
	uint64_t sum = 0;

	if (!get(worker->call.address, &arg, sizeof(arg)))
		return 0;
	for (uint32_t i = 0; i < arg.nr_entries && i < MAX_MANY; i++) {
		if (!get_entry(&arg, i, &entry))
			break;
		if (!get_reset(&entry, &reset))
			continue;
		sum += (uint64_t)reset.timeout_ms + reset.settle_ms;
	}
	return sum;
}
