/* SPDX-License-Identifier: GPL-2.0-only */
/* Combine the events of each reset. */
#include <stdlib.h>
#include <string.h>
#include "watch.h"

static struct pcireset_addr address_of(const char *device)
{
	struct pcireset_addr addr = { 0 };
	unsigned int bus, slot, function;

	if (sscanf(device, "%x:%x:%x.%u", &addr.domain, &bus, &slot, &function) == 4) {
		addr.bus = (uint8_t)bus;
		addr.devfn = (uint8_t)(slot << 3 | (function & 7));
	}
	return addr;
}

static void free_reset(struct reset *reset)
{
	free(reset->members);
	free(reset);
}

/* Return the pointer to it, or the place for a new one. */
static struct reset **find_reset(struct watch *watch, uint64_t id)
{
	struct reset **at = &watch->resets;

	while (*at && (*at)->id != id)
		at = &(*at)->next;
	return at;
}

static struct reset *new_reset(const struct trace_event *event)
{
	struct reset *reset = must(calloc(1, sizeof(*reset)));

	reset->id = event->field[FIELD_ID];
	reset->begin = *event;
	strcpy(reset->device, event->device);
	return reset;
}

static void remove_reset(struct reset **at)
{
	struct reset *reset = *at;

	*at = reset->next;
	free_reset(reset);
}

/* All members are known, or no more will arrive. */
static void print_once(struct watch *watch, struct reset *reset)
{
	if (!reset->is_printed)
		print_begin(watch, reset);
	reset->is_printed = true;
}

static void take_begin(struct watch *watch, const struct trace_event *event)
{
	struct reset **at = find_reset(watch, event->field[FIELD_ID]);

	/* The module was loaded again without a notification. */
	if (*at)
		remove_reset(at);
	at = find_reset(watch, event->field[FIELD_ID]);
	*at = new_reset(event);
	if (!event->field[FIELD_MEMBERS])
		print_once(watch, *at);
}

static struct pcireset_member *member_of(struct reset *reset, const char *device)
{
	struct pcireset_addr addr = address_of(device);
	struct pcireset_member *member;

	for (size_t i = 0; i < reset->nr_members; i++)
		if (!memcmp(&reset->members[i].addr, &addr, sizeof(addr)))
			return &reset->members[i];
	reset->members =
		must(reallocarray(reset->members, reset->nr_members + 1, sizeof(*reset->members)));
	member = &reset->members[reset->nr_members++];
	*member = (struct pcireset_member){ .addr = addr };
	return member;
}

static void take_member(struct watch *watch, struct reset *reset, const struct trace_event *event)
{
	member_of(reset, event->device);
	if (reset->nr_members >= reset->begin.field[FIELD_MEMBERS])
		print_once(watch, reset);
}

static void take_check(struct reset *reset, const struct trace_event *event)
{
	struct pcireset_member *member = member_of(reset, event->device);

	member->flags = (uint32_t)event->field[FIELD_FLAGS];
	member->state = (uint32_t)event->field[FIELD_STATE];
	member->proof = (uint32_t)event->field[FIELD_PROOF];
	member->failed = (uint32_t)event->field[FIELD_FAILED];
	member->offset = (uint32_t)event->field[FIELD_OFFSET];
	member->ready_ns = event->field[FIELD_READY_NS];
}

/* A refused reset never began. A reset from before watch has no known beginning. */
static void take_end(struct watch *watch, const struct trace_event *event)
{
	struct reset **at = find_reset(watch, event->field[FIELD_ID]), *reset;

	if (!*at) {
		reset = new_reset(event);
		print_end(watch, reset, event);
		free_reset(reset);
		return;
	}
	print_once(watch, *at);
	print_end(watch, *at, event);
	remove_reset(at);
}

void resets_take(struct watch *watch, const struct trace_event *event)
{
	struct reset *reset = *find_reset(watch, event->field[FIELD_ID]);

	if (event->kind == TRACE_BEGIN) {
		take_begin(watch, event);
		return;
	}
	if (event->kind == TRACE_END) {
		take_end(watch, event);
		return;
	}
	if (!reset)
		return;
	if (event->kind == TRACE_MEMBER) {
		take_member(watch, reset, event);
		return;
	}
	print_once(watch, reset);
	if (event->kind == TRACE_CHECK)
		take_check(reset, event);
}

void resets_forget(struct watch *watch)
{
	while (watch->resets)
		remove_reset(&watch->resets);
}
