/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The lines of a journal: one word for their kind, then words with values. */
#include <errno.h>
#include <string.h>
#include "qualify.h"

#define FORMAT 1

/* An address as one word that cannot be anything else. */
#define ADDR_FORMAT  "%x:%02x:%02x"
#define ADDR_WORD(a) (a).domain, (a).bus, (a).devfn

static int write_text(struct pcireset_qualify *qualify, const char *kind, const char *key,
		      const char *value)
{
	_cleanup_free_ char *word = journal_word(value);

	if (!word)
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	return journal_line(qualify, "%s %s %s", kind, key, word);
}

static int write_device(struct pcireset_qualify *qualify, const struct qualify_device *device)
{
	_cleanup_free_ char *driver = journal_word(device->driver);

	if (!driver)
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	return journal_line(qualify, "device " ADDR_FORMAT " %x %x %x %x %x %x %s %x %x",
			    ADDR_WORD(device->addr), device->vendor, device->device, device->class,
			    device->subsystem[0], device->subsystem[1], device->revision, driver,
			    device->speed, device->width);
}

static int write_plan(struct pcireset_qualify *qualify, const struct qualify_plan *plan)
{
	int r = journal_line(qualify, "plan %x %x %x %x %x %x %x %x", plan->device, plan->type,
			     plan->checks, plan->force, plan->max_scope, plan->timeout_ms,
			     plan->settle_ms, plan->flags);

	for (size_t i = 0; i < plan->nr && !r; i++)
		r = journal_line(qualify, "member " ADDR_FORMAT, ADDR_WORD(plan->members[i]));
	return r;
}

int lines_write_head(struct pcireset_qualify *qualify)
{
	int r = journal_line(qualify, "pcireset-qualify %x %x %llx", FORMAT, qualify->count,
			     (unsigned long long)qualify->seed);

	for (size_t i = 0; i < qualify->nr_facts && !r; i++)
		r = write_text(qualify, "fact", qualify->facts[i].key, qualify->facts[i].value);
	for (size_t i = 0; i < qualify->nr_devices && !r; i++)
		r = write_device(qualify, &qualify->devices[i]);
	for (size_t i = 0; i < qualify->nr_plans && !r; i++)
		r = write_plan(qualify, &qualify->plans[i]);
	for (size_t i = 0; i < qualify->nr_watched && !r; i++)
		r = journal_line(qualify, "watched " ADDR_FORMAT, ADDR_WORD(qualify->watched[i]));
	return r;
}

int lines_write_start(struct pcireset_qualify *qualify)
{
	return write_text(qualify, "start", "boot", qualify->boot);
}

int lines_write_begin(struct pcireset_qualify *qualify, uint32_t type)
{
	return journal_line(qualify, "begin %x %x", qualify->round, type);
}

int lines_write_sample(struct pcireset_qualify *qualify, const struct pcireset_sample *s)
{
	return journal_line(qualify, "end %x %x %x %x %x %x " ADDR_FORMAT " %x %x %x %llx %llx",
			    s->device, s->result, (uint32_t)-s->error, s->marks, s->failed_checks,
			    s->offset, ADDR_WORD(s->who), s->who_offset, s->speed, s->width,
			    (unsigned long long)s->ready_ns, (unsigned long long)s->total_ns);
}

/* ---- reading */

/* Hexadecimal numbers, with a limit for each. */
static bool read_number(const char *word, uint64_t most, uint64_t *ret_value)
{
	char *end;

	errno = 0;
	*ret_value = strtoull(word, &end, 16);
	return !errno && end != word && !*end && *ret_value <= most && *word != '-';
}

static bool read_numbers(char **words, size_t nr, uint32_t *ret_values)
{
	uint64_t value;

	for (size_t i = 0; i < nr; i++) {
		if (!read_number(words[i], UINT32_MAX, &value))
			return false;
		ret_values[i] = (uint32_t)value;
	}
	return true;
}

static bool read_addr(const char *word, struct pcireset_addr *ret_addr)
{
	unsigned int domain, bus, devfn;
	char rest;

	if (sscanf(word, "%8x:%2x:%2x%c", &domain, &bus, &devfn, &rest) != 3)
		return false;
	*ret_addr = (struct pcireset_addr){ .domain = domain,
					    .bus = (uint8_t)bus,
					    .devfn = (uint8_t)devfn };
	return true;
}

/* One more element, zeroed; NULL without memory. */
static void *grow_array(void **v, size_t *nr, size_t size)
{
	char *all = reallocarray(*v, *nr + 1, size);

	if (!all)
		return NULL;
	*v = all;
	return memset(all + (*nr)++ * size, 0, size);
}

static int read_head(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	uint32_t v[2];

	if (nr != 4 || qualify->count || !read_numbers(words + 1, 2, v) ||
	    !read_number(words[3], UINT64_MAX, &qualify->seed) || v[0] != FORMAT || !v[1] ||
	    v[1] > MAX_QUALIFY_COUNT)
		return -EBADMSG;
	qualify->count = v[1];
	return 0;
}

static int read_fact(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	_cleanup_free_ char *value = nr == 3 ? journal_text(words[2]) : NULL;

	if (nr != 3)
		return -EBADMSG;
	return value ? qualify_fact(qualify, words[1], value) : -ENOMEM;
}

static int read_device(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	struct pcireset_addr addr;
	struct qualify_device *device;
	uint32_t v[6], link[2];

	if (nr != 11 || !read_addr(words[1], &addr) || !read_numbers(words + 2, 6, v) ||
	    !read_numbers(words + 9, 2, link) || qualify->nr_devices >= MAX_QUALIFY_DEVICES)
		return -EBADMSG;
	device = grow_array((void **)&qualify->devices, &qualify->nr_devices, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->addr = addr;
	pcireset_addr_to_str(&addr, device->name);
	device->vendor = v[0];
	device->device = v[1];
	device->class = v[2];
	device->subsystem[0] = v[3];
	device->subsystem[1] = v[4];
	device->revision = v[5];
	device->speed = link[0];
	device->width = link[1];
	device->driver = journal_text(words[8]);
	return device->driver ? 0 : -ENOMEM;
}

/* The types of a run are those of its plans. */
static void note_type(struct pcireset_qualify *qualify, uint32_t type)
{
	size_t nr = 0;
	uint32_t known = type, at;

	for (size_t i = 0; i < qualify->nr_types; i++)
		known |= qualify->types[i];
	for (size_t i = 0; (at = pcireset_type_at(i)); i++)
		if (known & at)
			qualify->types[nr++] = at;
	qualify->nr_types = nr;
}

static int read_plan(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	struct qualify_plan *plan;
	uint32_t v[8];

	if (nr != 9 || !read_numbers(words + 1, 8, v) || v[0] >= qualify->nr_devices ||
	    type_index(v[1]) < 0 || qualify_plan_of(qualify, v[0], v[1]))
		return -EBADMSG;
	plan = grow_array((void **)&qualify->plans, &qualify->nr_plans, sizeof(*plan));
	if (!plan)
		return -ENOMEM;
	*plan = (struct qualify_plan){ .device = v[0],
				       .type = v[1],
				       .checks = v[2],
				       .force = v[3],
				       .max_scope = v[4],
				       .timeout_ms = v[5],
				       .settle_ms = v[6],
				       .flags = v[7] };
	note_type(qualify, v[1]);
	return 0;
}

static int read_member(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	struct qualify_plan *plan = qualify->plans + qualify->nr_plans - 1;
	struct pcireset_addr addr, *new;

	if (nr != 2 || !qualify->nr_plans || !read_addr(words[1], &addr))
		return -EBADMSG;
	new = grow_array((void **)&plan->members, &plan->nr, sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = addr;
	return 0;
}

static int read_watched(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	struct pcireset_addr addr, *new;

	if (nr != 2 || !read_addr(words[1], &addr))
		return -EBADMSG;
	new = grow_array((void **)&qualify->watched, &qualify->nr_watched, sizeof(*new));
	if (!new)
		return -ENOMEM;
	*new = addr;
	return 0;
}

/* A reset that has begun and not ended before was interrupted. */
static int read_start(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	_cleanup_free_ char *boot = nr == 3 ? journal_text(words[2]) : NULL;

	if (nr != 3 || !qualify->nr_plans ||
	    qualify->nr_plans != qualify->nr_devices * qualify->nr_types)
		return -EBADMSG;
	if (!boot)
		return -ENOMEM;
	if (!*boot)
		return -EBADMSG;
	free(qualify->stop);
	qualify->stop = NULL;
	return qualify_started(qualify, boot);
}

static int read_begin(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	uint32_t v[2];

	if (nr != 3 || !read_numbers(words + 1, 2, v) || !qualify->nr_types ||
	    v[0] != qualify->round || v[1] != order_type(qualify, v[0]))
		return -EBADMSG;
	if (qualify_interrupted(qualify, 0))
		return -ENOMEM;
	qualify->begun = v[1];
	return 0;
}

static int read_end(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	struct pcireset_sample s = { .round = qualify->round,
				     .type = qualify->begun,
				     .previous = qualify->previous };
	uint64_t times[2];
	uint32_t v[6], w[3];

	if (nr != 13 || !qualify->begun || !read_numbers(words + 1, 6, v) ||
	    !read_addr(words[7], &s.who) || !read_numbers(words + 8, 3, w) ||
	    !read_number(words[11], UINT64_MAX, &times[0]) ||
	    !read_number(words[12], UINT64_MAX, &times[1]) || v[0] >= qualify->nr_devices ||
	    !v[1] || v[1] > PCIRESET_RESULT_REFUSED || v[2] > 4095)
		return -EBADMSG;
	s.device = v[0];
	s.result = v[1];
	s.error = -(int32_t)v[2];
	s.marks = v[3];
	s.failed_checks = v[4];
	s.offset = v[5];
	s.who_offset = w[0];
	s.speed = w[1];
	s.width = w[2];
	s.ready_ns = times[0];
	s.total_ns = times[1];
	return qualify_add_sample(qualify, &s);
}

/* The samples of all devices are there: the round is over. */
static int read_done(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	uint32_t round;

	if (nr != 2 || !read_numbers(words + 1, 1, &round) || round != qualify->round ||
	    !qualify->begun)
		return -EBADMSG;
	qualify_ended(qualify);
	return 0;
}

/* Nothing was touched in this round, and it is repeated. */
static int read_void(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	(void)words;
	if (nr != 1 || !qualify->begun)
		return -EBADMSG;
	qualify->begun = 0;
	return 0;
}

/* The exercise of the last round begins, has ended, or was interrupted. */
static int read_use(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	if (nr != 1 || qualify->begun || !qualify->round)
		return -EBADMSG;
	if (!strcmp(words[0], "use"))
		qualify->exercise = EXERCISE_BEGUN;
	else
		qualify->exercise = strcmp(words[0], "used") != 0 ? EXERCISE_NONE : EXERCISE_ENDED;
	return 0;
}

/* A mark for the samples of the last round. */
static int read_mark(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	uint32_t mark;

	if (nr != 2 || !read_numbers(words + 1, 1, &mark) || qualify->begun || !qualify->round)
		return -EBADMSG;
	qualify_mark(qualify, ALL_DEVICES, mark);
	return 0;
}

/* The same for one device. */
static int read_mark_of(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	uint32_t v[2];

	if (nr != 3 || !read_numbers(words + 1, 2, v) || v[0] >= qualify->nr_devices ||
	    qualify->begun || !qualify->round)
		return -EBADMSG;
	qualify_mark(qualify, v[0], v[1]);
	return 0;
}

static int read_stop(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	_cleanup_free_ char *why = nr == 3 ? journal_text(words[2]) : NULL;

	if (nr != 3)
		return -EBADMSG;
	return why ? qualify_stopped(qualify, why) : -ENOMEM;
}

enum phase {
	PHASE_HEAD = 1, /* before the first start */
	PHASE_RUN = 2,
};

static const struct {
	const char *kind;
	int (*read)(struct pcireset_qualify *qualify, char **words, size_t nr);
	unsigned int phases;
} kinds[] = {
	{ "pcireset-qualify", read_head, PHASE_HEAD },
	{ "fact", read_fact, PHASE_HEAD },
	{ "device", read_device, PHASE_HEAD },
	{ "plan", read_plan, PHASE_HEAD },
	{ "member", read_member, PHASE_HEAD },
	{ "watched", read_watched, PHASE_HEAD },
	{ "start", read_start, PHASE_HEAD | PHASE_RUN },
	{ "begin", read_begin, PHASE_RUN },
	{ "end", read_end, PHASE_RUN },
	{ "done", read_done, PHASE_RUN },
	{ "void", read_void, PHASE_RUN },
	{ "use", read_use, PHASE_RUN },
	{ "used", read_use, PHASE_RUN },
	{ "unused", read_use, PHASE_RUN },
	{ "mark", read_mark, PHASE_RUN },
	{ "mark-of", read_mark_of, PHASE_RUN },
	{ "stop", read_stop, PHASE_RUN },
};

/* Start the run. It contains exactly the agreed plans. */
/* The first line has the kind of the file. */
int lines_read(struct pcireset_qualify *qualify, char **words, size_t nr)
{
	unsigned int phase = *qualify->boot ? PHASE_RUN : PHASE_HEAD;

	if (!qualify->count && strcmp(words[0], kinds[0].kind) != 0)
		return -EBADMSG;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(words[0], kinds[i].kind))
			return kinds[i].phases & phase ? kinds[i].read(qualify, words, nr) :
							 -EBADMSG;
	return -EBADMSG;
}
