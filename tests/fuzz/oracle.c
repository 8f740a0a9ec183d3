// SPDX-License-Identifier: GPL-2.0-only
/*
 * What may come of a call, told from the bytes that are handed over, as the header
 * has it: not from what was done to them, and not from the module's order of checks.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "uapi-fuzz.h"

#define ALL_FORCE   ((uint32_t)PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)
#define ALL_CHECKS  0x1fU
#define MAX_TIMEOUT 600000U
#define MAX_ENTRIES 65536U
#define MAX_OWNERS  256U
#define TOLD        16 /* complaints of a kind that are printed */

static unsigned int nr_complaints[NR_VERDICTS];

unsigned int complaints(enum verdict verdict)
{
	return nr_complaints[verdict];
}

static void dump_structure(const struct worker *worker)
{
	const uint8_t *now = back_door(worker->call.address);
	const struct arena *arena = arena_of(worker->nr, ARENA_CALL);
	size_t at;

	if (!now || now < arena->back || now > arena->back + ARENA_SIZE - 128)
		return;
	at = (size_t)(now - arena->back);
	printf("#  before:");
	for (size_t i = 0; i < 128; i++)
		printf("%s%02x", i % 4 ? "" : " ", arena->before[at + i]);
	printf("\n#  after: ");
	for (size_t i = 0; i < 128; i++)
		printf("%s%02x", i % 4 ? "" : " ", arena->back[at + i]);
	putchar('\n');
}

void complain(const struct worker *worker, enum verdict verdict, const char *fmt, ...)
{
	const struct call *call = &worker->call;
	int nr = command_of(call->cmd);
	va_list args;

	if (__atomic_add_fetch(&nr_complaints[verdict], 1, __ATOMIC_RELAXED) > TOLD)
		return;
	printf("# call %llu of worker %u, %s (%#x), descriptor %d of kind %d, address %#llx, manner %d: ",
	       (unsigned long long)call->number, worker->nr,
	       nr < 0 ? "no command" : commands[nr].name, call->cmd, call->slot->fd,
	       (int)call->slot->kind, (unsigned long long)call->address, (int)call->manner);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
	dump_structure(worker);
}

/* ---- what is wrong with the arguments */

uint32_t if_so(bool condition, unsigned int error)
{
	return condition ? SET(error) : 0;
}

static uint32_t judge_limits(uint32_t types, uint32_t max_scope, uint32_t force)
{
	return if_so(types & ~PCI_RESET_ANY || max_scope > PCIRESET_SCOPE_BUS || force & ~ALL_FORCE,
		     E_OPNOTSUPP);
}

/* Of an array a page is looked at, whatever there is to write. */
static uint64_t looked_at(uint32_t given, uint32_t nr)
{
	uint64_t size = (uint64_t)given * nr;

	return size < PAGE ? size : PAGE;
}

static uint32_t judge_array(uint64_t address, uint32_t given, size_t size, uint32_t nr)
{
	if (!nr)
		return 0;
	return if_so(given < size, E_INVAL) | if_so(given > PAGE || nr > MAX_ENTRIES, E_2BIG) |
	       if_so(!can_write(address, looked_at(given, nr)), E_FAULT);
}

/* What is behind is only written as far as there are entries. */
uint32_t may_be_missed(uint64_t address, uint32_t given, uint32_t nr)
{
	return if_so(nr && !can_write(address, (uint64_t)given * nr), E_FAULT);
}

static uint32_t judge_grant(const struct handle *handle, uint32_t types, uint32_t max_scope,
			    uint32_t force)
{
	if (!handle)
		return 0;
	return if_so(handle->is_orphan, E_NODEV) |
	       if_so(types & ~handle->types || force & ~handle->force ||
			     max_scope > handle->max_scope,
		     E_PERM);
}

/* No descriptor here is VFIO's. */
static uint32_t judge_owners(uint64_t address, uint32_t nr)
{
	if (!nr)
		return 0;
	if (nr > MAX_OWNERS)
		return SET(E_2BIG);
	return can_read(address, sizeof(int32_t) * (uint64_t)nr) ? SET(E_BADF) | SET(E_INVAL) :
								   SET(E_FAULT);
}

static uint32_t judge_info(const struct pcireset_info *arg)
{
	return if_so(arg->flags, E_OPNOTSUPP) | if_so(arg->__reserved, E_INVAL);
}

static uint32_t judge_open(const struct worker *worker, const struct pcireset_open *arg)
{
	return if_so(arg->flags & ~PCIRESET_GRANT_OWNED, E_OPNOTSUPP) |
	       if_so(arg->addr.__reserved, E_INVAL) |
	       if_so(worker->call.manner == AS_NOBODY, E_PERM) |
	       judge_limits(arg->types, arg->max_scope, arg->force);
}

static uint32_t judge_narrow(const struct worker *worker, const struct pcireset_narrow *arg)
{
	return if_so(arg->flags & ~PCIRESET_GRANT_OWNED, E_OPNOTSUPP) |
	       if_so(arg->__reserved || !arg->types, E_INVAL) |
	       judge_limits(arg->types, arg->max_scope, arg->force) |
	       judge_grant(worker->call.slot->handle, arg->types, arg->max_scope, arg->force);
}

static uint32_t judge_query(const struct worker *worker, const struct pcireset_query *arg)
{
	const uint32_t flags = PCIRESET_RESET_ESCALATE | PCIRESET_QUERY_PLAN_ONLY;

	return if_so(arg->flags & ~flags, E_OPNOTSUPP) |
	       if_so(arg->flags & PCIRESET_QUERY_PLAN_ONLY && (!arg->types || arg->nr_types),
		     E_INVAL) |
	       judge_limits(arg->types, arg->max_scope, arg->force) |
	       judge_owners(arg->owner_ptr, arg->nr_owners) |
	       judge_array(arg->type_ptr, arg->type_size, sizeof(struct pcireset_type_info),
			   arg->nr_types) |
	       judge_array(arg->member_ptr, arg->member_size, sizeof(struct pcireset_member),
			   arg->nr_members) |
	       judge_grant(worker->call.slot->handle, arg->types, arg->max_scope, arg->force);
}

static bool is_speed_valid(const struct pcireset_reset *arg)
{
	if (!(arg->flags & PCIRESET_RESET_SPEED))
		return !arg->link_speed;
	return arg->link_speed && arg->link_speed <= 6 && !(arg->types & ~PCI_RESET_LINK);
}

/* What is wrong with a reset whatever the descriptor grants; its owners aside. */
uint32_t reset_misuses(const struct worker *worker, const struct pcireset_reset *arg)
{
	const uint32_t flags = PCIRESET_RESET_ESCALATE | PCIRESET_RESET_TRY | PCIRESET_RESET_SPEED;

	return if_so(arg->flags & ~flags || arg->checks & ~ALL_CHECKS, E_OPNOTSUPP) |
	       if_so(!arg->types || arg->timeout_ms > MAX_TIMEOUT || arg->settle_ms > MAX_TIMEOUT ||
			     !is_speed_valid(arg),
		     E_INVAL) |
	       if_so(arg->link_speed && worker->call.manner == AS_NOBODY, E_PERM) |
	       judge_limits(arg->types, arg->max_scope, arg->force) |
	       judge_array(arg->member_ptr, arg->member_size, sizeof(struct pcireset_member),
			   arg->nr_members);
}

/* What the descriptor refuses of it. */
uint32_t reset_refusals(const struct handle *handle, const struct pcireset_reset *arg)
{
	return judge_grant(handle, arg->types, arg->max_scope, arg->force) |
	       if_so(arg->generation && handle && arg->generation != handle->generation, E_STALE);
}

static uint32_t judge_reset(const struct worker *worker, const struct pcireset_reset *arg)
{
	return reset_misuses(worker, arg) | judge_owners(arg->owner_ptr, arg->nr_owners) |
	       reset_refusals(worker->call.slot->handle, arg);
}

static uint32_t judge_stats(const struct pcireset_stats *arg)
{
	bool is_one = arg->type && !(arg->type & (arg->type - 1));

	return if_so(arg->flags || arg->type & ~PCI_RESET_ANY, E_OPNOTSUPP) |
	       if_so(arg->__reserved || !is_one, E_INVAL);
}

static uint32_t judge_expect(const struct worker *worker, const struct pcireset_expect *arg)
{
	return if_so(arg->flags, E_OPNOTSUPP) | if_so(arg->__reserved || !arg->types, E_INVAL) |
	       judge_limits(arg->types, arg->max_scope, 0) |
	       judge_grant(worker->call.slot->handle, arg->types, arg->max_scope, 0);
}

static uint32_t judge_empty_bus(const struct worker *worker, const struct pcireset_empty_bus *arg)
{
	return if_so(worker->call.manner == AS_NOBODY, E_PERM) | if_so(arg->flags, E_OPNOTSUPP) |
	       if_so(arg->__reserved || arg->bridge.__reserved, E_INVAL);
}

static uint32_t judge_members(const struct worker *worker, int nr)
{
	union {
		struct pcireset_info info;
		struct pcireset_open open;
		struct pcireset_narrow narrow;
		struct pcireset_query query;
		struct pcireset_reset reset;
		struct pcireset_stats stats;
		struct pcireset_expect expect;
		struct pcireset_empty_bus empty_bus;
	} arg;

	memcpy(&arg, back_door(worker->call.address), commands[nr].size);
	switch (nr) {
	case CMD_INFO:
		return judge_info(&arg.info);
	case CMD_OPEN:
		return judge_open(worker, &arg.open);
	case CMD_NARROW:
		return judge_narrow(worker, &arg.narrow);
	case CMD_QUERY:
		return judge_query(worker, &arg.query);
	case CMD_STATS:
		return judge_stats(&arg.stats);
	case CMD_RESET_MANY:
		return many_misuses(worker);
	case CMD_EXPECT:
		return judge_expect(worker, &arg.expect);
	case CMD_EMPTY_BUS:
		return judge_empty_bus(worker, &arg.empty_bus);
	default:
		return judge_reset(worker, &arg.reset);
	}
}

/* A structure longer than ours: what is beyond must be there, and zero. */
uint32_t judge_surplus(uint64_t address, uint32_t known, uint32_t size)
{
	uint32_t set = 0;

	if (size > PAGE)
		return SET(E_2BIG);
	for (uint32_t i = known; i < size; i++) {
		if (!can_read(address + i, 1))
			return set | SET(E_FAULT);
		set |= if_so(*back_door(address + i), E_2BIG);
	}
	return set;
}

/* A structure that begins with its size: what keeps it from being read. */
uint32_t judge_structure(uint64_t address, uint32_t known, uint32_t first)
{
	uint32_t size;

	if (!can_read(address, sizeof(size)))
		return SET(E_FAULT);
	memcpy(&size, back_door(address), sizeof(size));
	if (size < first)
		return SET(E_INVAL) | if_so(!can_read(address, size), E_FAULT);
	if (size < known)
		return if_so(!can_write(address, size), E_FAULT);
	if (!can_read(address, known))
		return SET(E_FAULT) | if_so(size > PAGE, E_2BIG);
	return judge_surplus(address, known, size) | if_so(!can_write(address, known), E_FAULT);
}

/* Everything that is wrong with a call: it has to fail with one of these, whichever is found first. */
uint32_t misuses(const struct worker *worker)
{
	const struct call *call = &worker->call;
	int nr = command_of(call->cmd);
	uint32_t set;

	if (call->slot->kind == SLOT_CLOSED)
		return SET(E_BADF);
	if (nr < 0 || call->slot->kind != (commands[nr].on_device ? SLOT_DEVICE : SLOT_CONTROL))
		return SET(E_NOTTY);
	set = judge_structure(call->address, commands[nr].size, commands[nr].first);
	return can_read(call->address, commands[nr].size) ? set | judge_members(worker, nr) : set;
}

/* What may come of a reset that is well-formed and granted. */
uint32_t reset_outcomes(const struct handle *handle, const struct pcireset_reset *arg)
{
	return TOUCHED | may_be_missed(arg->member_ptr, arg->member_size, arg->nr_members) |
	       SET(E_OPNOTSUPP) | SET(E_BUSY) | SET(E_NODEV) |
	       if_so(arg->flags & PCIRESET_RESET_TRY, E_AGAIN) | if_so(arg->generation, E_STALE) |
	       if_so(handle->must_own && arg->types & PCI_RESET_LINK, E_PERM);
}

/* What may come of a call with which nothing is wrong. */
uint32_t outcomes(const struct worker *worker)
{
	int nr = command_of(worker->call.cmd);
	uint32_t lost = if_so(sim_may_lose_functions(), E_NODEV);
	struct pcireset_reset reset;
	struct pcireset_query query;
	struct pcireset_open open;

	switch (nr) {
	case CMD_OPEN:
		memcpy(&open, back_door(worker->call.address), sizeof(open));
		return lost | (sim_is_there(open.addr) ? SET(E_OK) : SET(E_NODEV));
	case CMD_QUERY:
		memcpy(&query, back_door(worker->call.address), sizeof(query));
		return lost | SET(E_OK) |
		       may_be_missed(query.type_ptr, query.type_size, query.nr_types) |
		       may_be_missed(query.member_ptr, query.member_size, query.nr_members);
	case CMD_NARROW:
	case CMD_EXPECT:
		return lost | SET(E_OK);
	case CMD_RESET:
		memcpy(&reset, back_door(worker->call.address), sizeof(reset));
		return reset_outcomes(worker->call.slot->handle, &reset);
	case CMD_RESET_MANY:
		if (worker->call.is_tangled)
			return commands[nr].documented;
		return SET(E_OK) | if_so(many_may_miss(worker), E_FAULT);
	case CMD_EMPTY_BUS:
		return SET(E_OK) | SET(E_BUSY) | SET(E_OPNOTSUPP) | SET(E_NODEV);
	default:
		return SET(E_OK);
	}
}

/* ---- what was written */

static void allow_arrays(const struct worker *worker, int nr)
{
	struct pcireset_query query;
	struct pcireset_reset reset;
	unsigned int i;

	if (nr == CMD_QUERY) {
		memcpy(&query, back_door(worker->call.address), sizeof(query));
		for (i = 0; i < NR_ARENAS; i++) {
			arena_allow(arena_of(worker->nr, i), query.type_ptr,
				    (uint64_t)query.type_size * query.nr_types);
			arena_allow(arena_of(worker->nr, i), query.member_ptr,
				    (uint64_t)query.member_size * query.nr_members);
		}
	} else if (nr == CMD_RESET) {
		memcpy(&reset, back_door(worker->call.address), sizeof(reset));
		for (i = 0; i < NR_ARENAS; i++)
			arena_allow(arena_of(worker->nr, i), reset.member_ptr,
				    (uint64_t)reset.member_size * reset.nr_members);
	} else if (nr == CMD_RESET_MANY) {
		many_allow(worker);
	}
}

/* Nothing but out_* members and the arrays. What an array at the structure's own place does to it is the caller's doing. */
void check_memory(const struct worker *worker)
{
	const struct call *call = &worker->call;
	int nr = command_of(call->cmd);
	size_t at;

	if (nr >= 0 && can_write(call->address, commands[nr].size)) {
		arena_allow(arena_of(worker->nr, ARENA_CALL),
			    call->address + commands[nr].out_begin,
			    commands[nr].out_end - commands[nr].out_begin);
		allow_arrays(worker, nr);
	}
	for (unsigned int i = 0; i < NR_ARENAS; i++)
		if (!arena_is_as_before(arena_of(worker->nr, i), &at))
			complain(worker, BAD_MEMORY, "wrote to %#zx of arena %u: %02x was %02x", at,
				 i, arena_of(worker->nr, i)->back[at],
				 arena_of(worker->nr, i)->before[at]);
}

/* ---- what came out: all is within what the header knows, so no byte is the kernel's own */

static bool is_address(struct pcireset_addr addr)
{
	return !addr.__reserved;
}

static bool is_type_info(const struct pcireset_type_info *info)
{
	return info->type && !(info->type & ~PCI_RESET_ANY) && !(info->type & (info->type - 1)) &&
	       info->why_not <= PCIRESET_WHY_SPEED && info->scope <= PCIRESET_SCOPE_BUS &&
	       !(info->flags & ~PCIRESET_TYPE_AF) && is_address(info->who) &&
	       !info->why_not == !!info->scope;
}

static bool is_member(const struct pcireset_member *member)
{
	return is_address(member->addr) && !(member->flags & ~0x1ffU) &&
	       member->why_not <= PCIRESET_WHY_SPEED && member->state <= PCIRESET_STATE_OTHER &&
	       member->proof <= PCIRESET_PROOF_REFUTED && !(member->failed & ~ALL_CHECKS) &&
	       member->offset < PAGE && member->ready_ns < 3600ULL * 1000000000;
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	while (size && !bytes[size - 1])
		size--;
	return !size;
}

/* Each entry in its place, zero behind it up to the caller's size, and nothing behind the last one. */
static void check_array(const struct worker *worker, uint64_t address, uint32_t size, uint32_t room,
			uint32_t there, bool is_members)
{
	size_t known = is_members ? sizeof(struct pcireset_member) :
				    sizeof(struct pcireset_type_info);
	struct pcireset_type_info info;
	struct pcireset_member member;
	const uint8_t *entry;
	bool good;

	for (uint32_t i = 0; i < room; i++) {
		entry = back_door(address + (uint64_t)i * size);
		/* There is room only by what the caller says. */
		if (!entry && i >= there)
			continue;
		memcpy(&info, entry, sizeof(info));
		memcpy(&member, entry, is_members ? sizeof(member) : sizeof(info));
		/* A page has been cleared, or more. */
		if (i >= there)
			good = (uint64_t)size * (i + 1) > PAGE || is_zero(entry, size);
		else
			good = (is_members ? is_member(&member) : is_type_info(&info)) &&
			       is_zero(entry + known, size - known);
		if (!good)
			complain(worker, BAD_RESULT, "entry %u of %u (%s) is wrong", i, there,
				 is_members ? "members" : "types");
	}
}

static void check_info(const struct worker *worker, const struct pcireset_info *arg)
{
	if (arg->out_types != PCI_RESET_ANY || arg->out_checks != ALL_CHECKS ||
	    arg->out_force != ALL_FORCE || arg->out_reset_flags != 7 ||
	    arg->out_max_scope != PCIRESET_SCOPE_BUS || arg->out_timeout_ms != 10000 ||
	    arg->out_max_timeout_ms != MAX_TIMEOUT)
		complain(worker, BAD_RESULT, "is not what the header says");
}

static void check_query(const struct worker *worker, const struct pcireset_query *arg)
{
	bool good = arg->out_nr_types == 8 && !(arg->out_types & ~PCI_RESET_ANY) &&
		    !(arg->out_type & ~arg->types) && arg->out_scope <= PCIRESET_SCOPE_BUS &&
		    arg->out_why <= PCIRESET_WHY_SPEED &&
		    !(arg->out_type_flags & ~PCIRESET_TYPE_AF) && is_address(arg->out_who) &&
		    !arg->out_generation == !arg->types;

	if (arg->types)
		good = good && !arg->out_error == !arg->out_why &&
		       (arg->out_error || arg->out_type) && (arg->out_error || arg->out_nr_members);
	else
		good = good && !arg->out_nr_members && !arg->out_error;
	if (arg->max_scope && !arg->out_error && arg->out_scope > arg->max_scope)
		good = false;
	if (arg->flags & PCIRESET_QUERY_PLAN_ONLY && arg->out_types)
		good = false;
	if (!good)
		complain(worker, BAD_RESULT, "says what cannot be");
	check_array(worker, arg->type_ptr, arg->type_size, arg->nr_types, arg->out_nr_types, false);
	check_array(worker, arg->member_ptr, arg->member_size, arg->nr_members, arg->out_nr_members,
		    true);
}

/* What nothing is known of is not expected to take any time. */
static void check_expect(const struct worker *worker, const struct pcireset_expect *arg)
{
	bool is_known = arg->out_type & (PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_LINK);

	if (arg->out_type & ~arg->types || arg->out_type & (arg->out_type - 1) ||
	    is_known != !!arg->out_ns || arg->out_ns > 3600ULL * 1000000000)
		complain(worker, BAD_RESULT, "type %#x would take %llu ns", arg->out_type,
			 (unsigned long long)arg->out_ns);
}

static bool is_reset(const struct pcireset_reset *arg, unsigned int error)
{
	bool touched = TOUCHED & SET(error);

	if (arg->out_issued & ~arg->types || arg->out_type & ~arg->out_issued ||
	    !arg->out_issued == touched || !arg->out_type == touched)
		return false;
	if (touched && (!arg->out_scope || !arg->out_nr_members))
		return false;
	if (arg->max_scope && arg->out_scope > arg->max_scope)
		return false;
	if ((error == E_OK) != !arg->out_why)
		return false;
	return arg->out_scope <= PCIRESET_SCOPE_BUS && arg->out_why <= PCIRESET_WHY_SPEED &&
	       !(arg->out_type_flags & ~PCIRESET_TYPE_AF) && !(arg->out_failed & ~ALL_CHECKS) &&
	       arg->out_proof <= PCIRESET_PROOF_REFUTED && is_address(arg->out_who) &&
	       arg->out_total_ns < 3600ULL * 1000000000 && arg->out_wait_ns <= arg->out_total_ns;
}

/* A check that was asked for and failed may not be a success. */
static bool holds_what_was_asked(const struct pcireset_reset *arg, unsigned int error)
{
	uint32_t checks = arg->checks ? arg->checks : ALL_CHECKS & ~(uint32_t)PCIRESET_CHECK_PROOF;

	checks |= PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY;
	return error != E_OK || !(arg->out_failed & checks);
}

void check_reset(const struct worker *worker, const struct pcireset_reset *arg, unsigned int error)
{
	/* There is no place to tell of the members: nothing was done. */
	if (error == E_FAULT)
		return;
	if (!is_reset(arg, error) || !holds_what_was_asked(arg, error))
		complain(worker, BAD_RESULT, "%s, and says what cannot be", error_name(error));
	check_array(worker, arg->member_ptr, arg->member_size, arg->nr_members, arg->out_nr_members,
		    true);
}

bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

/* A call that was good and got as far as its device; its arrays are where nothing else is. */
void check_results(const struct worker *worker, unsigned int error)
{
	uint64_t address = worker->call.address;
	int nr = command_of(worker->call.cmd);
	struct pcireset_query query;
	struct pcireset_reset reset;
	struct pcireset_expect expect;
	struct pcireset_info info;

	if (nr == CMD_EXPECT && error == E_OK) {
		memcpy(&expect, back_door(address), sizeof(expect));
		check_expect(worker, &expect);
	} else if (nr == CMD_INFO && error == E_OK) {
		memcpy(&info, back_door(address), sizeof(info));
		check_info(worker, &info);
	} else if (nr == CMD_QUERY && error == E_OK) {
		memcpy(&query, back_door(address), sizeof(query));
		uint64_t types = (uint64_t)query.type_size * query.nr_types;
		uint64_t members = (uint64_t)query.member_size * query.nr_members;

		if (!overlaps(address, sizeof(query), query.type_ptr, types) &&
		    !overlaps(address, sizeof(query), query.member_ptr, members) &&
		    !overlaps(query.type_ptr, types, query.member_ptr, members))
			check_query(worker, &query);
	} else if (nr == CMD_RESET && error != E_NODEV) {
		memcpy(&reset, back_door(address), sizeof(reset));
		if (!overlaps(address, sizeof(reset), reset.member_ptr,
			      (uint64_t)reset.member_size * reset.nr_members))
			check_reset(worker, &reset, error);
	} else if (nr == CMD_RESET_MANY && error == E_OK) {
		many_check(worker);
	}
}

/* ---- what was done to the machine */

/* A reset that was issued shows in the counts, and no other way than those that were issued. */
static void check_ways(const struct worker *worker, uint32_t issued, bool in_vain,
		       const struct counts *before, const struct counts *after)
{
	static const uint32_t by[3] = { PCI_RESET_LINK, PCI_RESET_FLR | PCI_RESET_DEV_SPECIFIC,
					PCI_RESET_PM };
	uint64_t all = 0;

	for (unsigned int way = 0; way < 3; way++) {
		uint64_t nr = after->resets[way] - before->resets[way];

		all += nr;
		if (nr && !(issued & by[way]))
			complain(worker, BAD_TOUCH, "%llu resets of way %u, and issued is %#x",
				 (unsigned long long)nr, way, issued);
	}
	/* A function that still resets loses what is written to it, and the report must say so. */
	if (!all && !in_vain)
		complain(worker, BAD_TOUCH, "issued %#x, and nothing was reset", issued);
}

/* The types that a call says it has issued, and whether it says that this may have been in vain. */
static uint32_t issued_by(const struct worker *worker, unsigned int error, bool *ret_in_vain)
{
	int nr = command_of(worker->call.cmd);
	struct pcireset_reset arg;

	*ret_in_vain = false;
	if (nr == CMD_RESET_MANY && error == E_OK)
		return many_issued(worker, ret_in_vain);
	if (nr != CMD_RESET || !(TOUCHED & SET(error)))
		return 0;
	memcpy(&arg, back_door(worker->call.address), sizeof(arg));
	*ret_in_vain = arg.out_proof == PCIRESET_PROOF_REFUTED;
	return arg.out_issued;
}

void check_counts(const struct worker *worker, unsigned int error, const struct counts *before,
		  const struct counts *after)
{
	bool written = before->writes != after->writes, in_vain;
	uint32_t issued = issued_by(worker, error, &in_vain);

	if (issued) {
		check_ways(worker, issued, in_vain, before, after);
		return;
	}
	/* What is lost is found again, and taken apart, by the kernel: that writes as well. */
	if (sim_may_lose_functions())
		return;
	if (memcmp(before->resets, after->resets, sizeof(before->resets)) || written)
		complain(worker, BAD_TOUCH,
			 "this call or one of those before it reset or wrote: %llu writes, %s",
			 (unsigned long long)(after->writes - before->writes), error_name(error));
}
