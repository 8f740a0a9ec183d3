// SPDX-License-Identifier: GPL-2.0-only
/* A call that is good, and then what is wrong with it. */
#include <string.h>
#include "uapi-fuzz.h"

/* The structure is made here and put in its place when it is finished. */
union structure {
	uint32_t size;
	struct pcireset_info info;
	struct pcireset_open open;
	struct pcireset_narrow narrow;
	struct pcireset_query query;
	struct pcireset_reset reset;
	struct pcireset_reset_many many;
	struct pcireset_stats stats;
	struct pcireset_empty_bus empty_bus;
	struct pcireset_expect expect;
	uint8_t bytes[2 * PAGE];
	uint32_t words[2 * PAGE / 4];
};

struct draft {
	struct worker *worker;
	union structure *structure;
	unsigned int nr; /* of the command it began as */
	uint32_t given;  /* bytes that are there, whatever the structure says */
};

static const struct handle no_handle = { .types = PCI_RESET_ANY,
					 .max_scope = PCIRESET_SCOPE_BUS,
					 .force = PCIRESET_FORCE_DRIVER };

static const struct handle *handle_of(const struct worker *worker)
{
	const struct handle *handle = worker->call.slot->handle;

	return handle ? handle : &no_handle;
}

static uint64_t arena_address(struct worker *worker, unsigned int which)
{
	return (uintptr_t)arena_of(worker->nr, which)->front;
}

static uint32_t some_types(struct chance *chance, uint32_t granted)
{
	uint32_t types = granted & draw(chance);

	return one_in(chance, 3) || !types ? granted : types;
}

static uint32_t some_timeout(struct chance *chance)
{
	static const uint32_t any[] = { 0, 1, 50, 1000, 600000 };
	static const uint32_t short_ones[] = { 1, 20, 300 };

	/* What never comes back is waited for as long as this. */
	return sim_is_faulty() ? short_ones[below(chance, ARRAY_SIZE(short_ones))] :
				 any[below(chance, ARRAY_SIZE(any))];
}

static uint32_t some_number(struct chance *chance)
{
	return one_in(chance, 3) ? 0 : below(chance, 40);
}

static uint32_t some_entry(struct chance *chance, uint32_t size)
{
	return one_in(chance, 3) ? size + 8 * below(chance, 8) : size;
}

/* None of them is an owner's. */
static uint32_t some_owners(struct chance *chance)
{
	return one_in(chance, 32) ? below(chance, 4) : 0;
}

static void fill_open(struct worker *worker, struct pcireset_open *arg)
{
	struct chance *chance = &worker->chance;

	arg->addr = sim_function(below(chance, sim_nr_functions()));
	arg->types = one_in(chance, 2) ? 0 : some_types(chance, PCI_RESET_ANY);
	arg->max_scope = one_in(chance, 2) ? 0 : below(chance, PCIRESET_SCOPE_BUS + 1);
	arg->force = one_in(chance, 2) ? PCIRESET_FORCE_DRIVER : 0;
	arg->flags = one_in(chance, 8) ? PCIRESET_GRANT_OWNED : 0;
}

static void fill_narrow(struct worker *worker, struct pcireset_narrow *arg)
{
	struct chance *chance = &worker->chance;
	const struct handle *handle = handle_of(worker);

	arg->types = one_in(chance, 8) ? some_types(chance, handle->types) : handle->types;
	arg->max_scope = one_in(chance, 8) ? below(chance, handle->max_scope + 1) : 0;
	arg->force = one_in(chance, 8) ? 0 : handle->force;
	arg->flags = one_in(chance, 32) ? PCIRESET_GRANT_OWNED : 0;
}

static void fill_query(struct worker *worker, struct pcireset_query *arg)
{
	struct chance *chance = &worker->chance;
	const struct handle *handle = handle_of(worker);

	arg->flags = one_in(chance, 4) ? PCIRESET_RESET_ESCALATE : 0;
	arg->types = one_in(chance, 8) ? 0 : some_types(chance, handle->types);
	arg->max_scope = one_in(chance, 2) ? 0 : below(chance, handle->max_scope + 1);
	arg->force = one_in(chance, 2) ? 0 : handle->force;
	arg->type_size = some_entry(chance, sizeof(struct pcireset_type_info));
	arg->nr_types = some_number(chance);
	if (one_in(chance, 4)) {
		arg->flags |= PCIRESET_QUERY_PLAN_ONLY;
		arg->nr_types = one_in(chance, 8);
	}
	arg->type_ptr = arena_address(worker, ARENA_TYPES) + 8 * below(chance, 64);
	arg->member_size = some_entry(chance, sizeof(struct pcireset_member));
	arg->nr_members = some_number(chance);
	arg->member_ptr = arena_address(worker, ARENA_MEMBERS) + 8 * below(chance, 64);
	arg->nr_owners = some_owners(chance);
	arg->owner_ptr = arena_address(worker, ARENA_TYPES) + 4 * below(chance, 64);
}

static void fill_expect(struct worker *worker, struct pcireset_expect *arg)
{
	struct chance *chance = &worker->chance;
	const struct handle *handle = handle_of(worker);

	arg->types = some_types(chance, handle->types);
	arg->max_scope = one_in(chance, 2) ? 0 : below(chance, handle->max_scope + 1);
}

void call_fill_reset(struct worker *worker, struct pcireset_reset *arg)
{
	struct chance *chance = &worker->chance;
	const struct handle *handle = handle_of(worker);

	arg->flags = below(chance, 4) & draw(chance);
	arg->types = some_types(chance, handle->types);
	if (one_in(chance, 16) && arg->types & PCI_RESET_LINK) {
		arg->flags |= PCIRESET_RESET_SPEED;
		arg->types &= PCI_RESET_LINK;
		arg->link_speed = 1 + below(chance, 6);
	}
	arg->max_scope = one_in(chance, 2) ? 0 : below(chance, handle->max_scope + 1);
	arg->checks = one_in(chance, 2) ? 0 : below(chance, 0x20);
	arg->force = one_in(chance, 2) ? 0 : handle->force;
	arg->timeout_ms = some_timeout(chance);
	arg->settle_ms = one_in(chance, 4) ? below(chance, 100) : 0;
	arg->member_size = some_entry(chance, sizeof(struct pcireset_member));
	arg->nr_members = some_number(chance);
	arg->member_ptr = arena_address(worker, ARENA_MEMBERS) + 8 * below(chance, 64);
	arg->generation = one_in(chance, 3) ? handle->generation : 0;
	arg->nr_owners = some_owners(chance);
	arg->owner_ptr = arena_address(worker, ARENA_TYPES) + 4 * below(chance, 64);
}

static void fill_empty_bus(struct worker *worker, struct pcireset_empty_bus *arg)
{
	arg->bridge = sim_function(below(&worker->chance, sim_nr_functions()));
}

static void fill(struct draft *draft)
{
	union structure *structure = draft->structure;

	memset(structure, 0, commands[draft->nr].size);
	structure->size = commands[draft->nr].size;
	draft->given = structure->size;
	switch (draft->nr) {
	case CMD_OPEN:
		fill_open(draft->worker, &structure->open);
		break;
	case CMD_NARROW:
		fill_narrow(draft->worker, &structure->narrow);
		break;
	case CMD_QUERY:
		fill_query(draft->worker, &structure->query);
		break;
	case CMD_RESET:
		call_fill_reset(draft->worker, &structure->reset);
		break;
	case CMD_RESET_MANY:
		many_fill(draft->worker, &structure->many);
		break;
	case CMD_STATS:
		structure->stats.type = 1U << below(&draft->worker->chance, 7);
		break;
	case CMD_EXPECT:
		fill_expect(draft->worker, &structure->expect);
		break;
	case CMD_EMPTY_BUS:
		fill_empty_bus(draft->worker, &structure->empty_bus);
		break;
	default:
		break;
	}
}

/* ---- what is wrong: each takes a draft and spoils one thing */

static void spoil_size(struct draft *draft)
{
	struct chance *chance = &draft->worker->chance;
	uint32_t good = commands[draft->nr].size;
	const uint32_t sizes[] = { 0,        1,          4,          8,          good - 8,
				   good - 1, good + 1,   good + 8,   PAGE - 1,   PAGE,
				   PAGE + 1, 0x7fffffff, 0x80000000, 0xffffffff, draw(chance) };
	uint32_t size = sizes[below(chance, ARRAY_SIZE(sizes))];

	draft->structure->size = size;
	if (size <= good || size > 2 * PAGE)
		return;
	draft->given = size;
	memset(draft->structure->bytes + good, 0, size - good);
	if (one_in(chance, 2))
		draft->structure->bytes[good + below(chance, size - good)] = (uint8_t)draw(chance);
}

static void spoil_bit(struct draft *draft)
{
	struct chance *chance = &draft->worker->chance;
	uint32_t at = 4 + below(chance, commands[draft->nr].size - 4);

	draft->structure->bytes[at] ^= (uint8_t)(1U << below(chance, 8));
}

static void spoil_word(struct draft *draft)
{
	static const uint32_t limits[] = { 0,          1,          2,       0xff,
					   0xffff,     0x10000,    0x10001, 0x7fffffff,
					   0x80000000, 0xffffffff, 600001,  PAGE };
	struct chance *chance = &draft->worker->chance;
	uint32_t at = 1 + below(chance, commands[draft->nr].size / 4 - 1);

	draft->structure->words[at] = one_in(chance, 3) ? draw(chance) :
							  limits[below(chance, ARRAY_SIZE(limits))];
}

/* Nowhere, in the kernel, where nothing can be written, across such a border, and in the structure itself. */
static uint64_t bad_address(struct worker *worker, unsigned int which, uint32_t size)
{
	struct chance *chance = &worker->chance;
	struct arena *arena = arena_of(worker->nr, which);
	uint64_t front = (uintptr_t)arena->front;
	const uint64_t addresses[] = {
		0,
		4095,
		1ULL << 47,
		UINT64_MAX,
		UINT64_MAX - 3,
		(uint64_t)INT64_MIN,
		0xffff888000000000ULL,
		0xffffffff81000000ULL,
		front + arena->writable,
		front + arena->readable,
		front + arena->writable - below(chance, size + 1),
		front + arena->readable - below(chance, size + 1),
		front + arena->writable - size,
	};

	return addresses[below(chance, ARRAY_SIZE(addresses))];
}

static void spoil_address(struct draft *draft)
{
	struct worker *worker = draft->worker;

	worker->call.address = bad_address(worker, ARENA_CALL, draft->given);
	if (one_in(&worker->chance, 8))
		worker->call.address++;
}

static void spoil_array(struct draft *draft)
{
	static const uint32_t numbers[] = { 0, 1, 2, 512, 65536, 65537, 0x10000000, 0xffffffff };
	struct worker *worker = draft->worker;
	struct chance *chance = &worker->chance;
	union structure *structure = draft->structure;
	uint32_t size = 24 + 8 * below(chance, 8);
	uint64_t address = one_in(chance, 8) ? worker->call.address :
					       bad_address(worker, ARENA_MEMBERS, size);
	uint32_t number = numbers[below(chance, ARRAY_SIZE(numbers))];
	bool is_address = one_in(chance, 2);

	if (draft->nr == CMD_QUERY && one_in(chance, 2)) {
		if (is_address)
			structure->query.type_ptr = address;
		else
			structure->query.nr_types = number;
	} else if (draft->nr == CMD_QUERY) {
		if (is_address)
			structure->query.member_ptr = address;
		else
			structure->query.nr_members = number;
	} else if (draft->nr == CMD_RESET) {
		if (is_address)
			structure->reset.member_ptr = address;
		else
			structure->reset.nr_members = number;
	}
}

static void spoil_entry(struct draft *draft)
{
	struct chance *chance = &draft->worker->chance;
	const uint32_t sizes[] = { 0,
				   1,
				   sizeof(struct pcireset_type_info) - 1,
				   sizeof(struct pcireset_member) - 1,
				   sizeof(struct pcireset_member) + 1,
				   PAGE,
				   PAGE + 1,
				   0xffffffff };
	uint32_t size = sizes[below(chance, ARRAY_SIZE(sizes))];

	if (draft->nr == CMD_QUERY && one_in(chance, 2))
		draft->structure->query.type_size = size;
	else if (draft->nr == CMD_QUERY)
		draft->structure->query.member_size = size;
	else if (draft->nr == CMD_RESET)
		draft->structure->reset.member_size = size;
}

static void spoil_function(struct draft *draft)
{
	struct chance *chance = &draft->worker->chance;
	struct pcireset_addr *addr = &draft->structure->open.addr;

	if (draft->nr == CMD_OPEN && one_in(chance, 2))
		addr->devfn = (uint8_t)draw(chance);
	else if (draft->nr == CMD_OPEN)
		addr->bus = (uint8_t)draw(chance);
	else if (draft->nr == CMD_RESET)
		draft->structure->reset.generation += (uint64_t)below(chance, 3) - 1;
}

/* Only within our own type of ioctl: what every file understands does things of its own. */
static void spoil_command(struct draft *draft)
{
	struct chance *chance = &draft->worker->chance;
	unsigned int *cmd = &draft->worker->call.cmd;

	switch (below(chance, 3)) {
	case 0:
		*cmd = commands[below(chance, NR_COMMANDS)].cmd;
		break;
	case 1:
		*cmd = _IO(PCIRESET_IOC_TYPE, below(chance, 256));
		break;
	default:
		*cmd ^= 1U << (16 + below(chance, 16));
		break;
	}
}

static void spoil_slot(struct draft *draft)
{
	struct worker *worker = draft->worker;
	struct slot *slot = &worker->slots[below(&worker->chance, NR_SLOTS)];

	if (slot->kind != SLOT_FREE)
		worker->call.slot = slot;
}

static void spoil(struct draft *draft)
{
	static void (*const ways[])(struct draft * draft) = {
		spoil_size,  spoil_bit,   spoil_bit,   spoil_word,     spoil_word,    spoil_address,
		spoil_array, spoil_array, spoil_entry, spoil_function, spoil_command, spoil_slot,
	};

	if (draft->nr == CMD_RESET_MANY && one_in(&draft->worker->chance, 2))
		many_spoil(draft->worker, &draft->structure->many);
	else
		ways[below(&draft->worker->chance, ARRAY_SIZE(ways))](draft);
}

/* A device's, if there is one. */
struct slot *call_choose_slot(struct worker *worker)
{
	struct slot *slot;

	for (unsigned int tries = 0; tries < NR_SLOTS; tries++) {
		slot = &worker->slots[FIRST_SLOT + below(&worker->chance, NR_SLOTS - FIRST_SLOT)];
		if (slot->kind == SLOT_DEVICE)
			return slot;
	}
	return &worker->slots[0];
}

/* As much of it as there is memory for. */
static void place(const struct draft *draft)
{
	uint64_t address = draft->worker->call.address;
	uint8_t *to;

	for (uint32_t i = 0; i < draft->given; i++) {
		to = back_door(address + i);
		if (to)
			*to = draft->structure->bytes[i];
	}
}

void call_make(struct worker *worker)
{
	static const unsigned int often[] = { CMD_INFO,       CMD_OPEN,  CMD_OPEN,  CMD_NARROW,
					      CMD_NARROW,     CMD_QUERY, CMD_QUERY, CMD_EMPTY_BUS,
					      CMD_RESET,      CMD_RESET, CMD_RESET, CMD_STATS,
					      CMD_RESET_MANY, CMD_EXPECT };
	struct chance *chance = &worker->chance;
	struct call *call = &worker->call;
	union structure structure;
	struct draft draft = { worker, &structure, often[below(chance, ARRAY_SIZE(often))], 0 };

	call->number = worker->calls++;
	call->cmd = commands[draft.nr].cmd;
	call->slot = commands[draft.nr].on_device ? call_choose_slot(worker) : &worker->slots[0];
	call->manner = one_in(chance, 24) ? 1 + below(chance, 3) : HERE;
	call->address = arena_address(worker, ARENA_CALL) + 8 * below(chance, 128);

	for (unsigned int i = 0; i < NR_ARENAS; i++)
		arena_poison(arena_of(worker->nr, i), chance);
	fill(&draft);
	if (!one_in(chance, 3))
		for (unsigned int n = 1 + below(chance, 3); n; n--)
			spoil(&draft);
	place(&draft);
	call->is_tangled = call->cmd == PCIRESET_RESET_MANY &&
			   can_read(call->address, sizeof(structure.many)) &&
			   many_is_tangled(worker);
	for (unsigned int i = 0; i < NR_ARENAS; i++)
		memcpy(arena_of(worker->nr, i)->before, arena_of(worker->nr, i)->back, ARENA_SIZE);
}
