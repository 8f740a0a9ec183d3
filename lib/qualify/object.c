/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The object of a qualification: its parts, and the getters. */
#include <errno.h>
#include <string.h>
#include "qualify.h"

#define DEFAULT_COUNT 1000

int qualify_new(struct pcireset_ctx *ctx, struct pcireset_qualify **ret_qualify)
{
	struct pcireset_qualify *qualify = calloc(1, sizeof(*qualify));

	if (!qualify)
		return ctx_error(ctx, -ENOMEM, "out of memory");
	qualify->refs = 1;
	qualify->ctx = pcireset_ctx_ref(ctx);
	qualify->journal = -1;
	*ret_qualify = qualify;
	return 0;
}

int pcireset_qualify_new(struct pcireset_ctx *ctx, struct pcireset_qualify **ret_qualify)
{
	int r = qualify_new(ctx, ret_qualify);

	if (!r)
		(*ret_qualify)->count = DEFAULT_COUNT;
	return r;
}

struct pcireset_qualify *pcireset_qualify_ref(struct pcireset_qualify *qualify)
{
	qualify->refs++;
	return qualify;
}

void facts_free(struct pcireset_qualify *qualify)
{
	for (size_t i = 0; i < qualify->nr_facts; i++) {
		free(qualify->facts[i].key);
		free(qualify->facts[i].value);
	}
	free(qualify->facts);
}

static void free_parts(struct pcireset_qualify *qualify)
{
	for (size_t i = 0; i < qualify->nr_devices; i++) {
		free(qualify->devices[i].driver);
		pcireset_dev_unref(qualify->devices[i].dev);
	}
	for (size_t i = 0; i < qualify->nr_plans; i++) {
		free(qualify->plans[i].members);
		pcireset_plan_unref(qualify->plans[i].plan);
	}
	facts_free(qualify);
}

struct pcireset_qualify *pcireset_qualify_unref(struct pcireset_qualify *qualify)
{
	if (!qualify || --qualify->refs)
		return NULL;
	observer_free(qualify->observer);
	free_parts(qualify);
	findings_free(&qualify->findings);
	if (qualify->lines)
		fclose(qualify->lines);
	free(qualify->line);
	journal_end(qualify);
	free(qualify->devices);
	free(qualify->plans);
	free(qualify->watched);
	free(qualify->samples);
	free(qualify->stop);
	pcireset_ctx_unref(qualify->ctx);
	free(qualify);
	return NULL;
}

/* ---- parts */

int qualify_fact(struct pcireset_qualify *qualify, const char *key, const char *value)
{
	struct qualify_fact *facts =
		reallocarray(qualify->facts, qualify->nr_facts + 1, sizeof(*facts));
	struct qualify_fact fact = { strdup(key), strdup(value) };

	if (facts)
		qualify->facts = facts;
	if (!facts || !fact.key || !fact.value) {
		free(fact.key);
		free(fact.value);
		return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
	}
	facts[qualify->nr_facts++] = fact;
	return 0;
}

struct qualify_plan *qualify_plan_of(const struct pcireset_qualify *qualify, uint32_t device,
				     uint32_t type)
{
	for (size_t i = 0; i < qualify->nr_plans; i++)
		if (qualify->plans[i].device == device && qualify->plans[i].type == type)
			return &qualify->plans[i];
	return NULL;
}

int qualify_add_sample(struct pcireset_qualify *qualify, const struct pcireset_sample *sample)
{
	size_t room = qualify->room ? 2 * qualify->room : 1024;
	struct pcireset_sample *v = qualify->samples;

	if (qualify->nr_samples == qualify->room) {
		v = reallocarray(v, room, sizeof(*v));
		if (!v)
			return ctx_error(qualify->ctx, -ENOMEM, "out of memory");
		qualify->samples = v;
		qualify->room = room;
	}
	v[qualify->nr_samples++] = *sample;
	qualify->knows_findings = false;
	return 0;
}

/* More marks for a device in the round that ended last. */
void qualify_mark(struct pcireset_qualify *qualify, uint32_t device, uint32_t marks)
{
	for (size_t i = qualify->nr_samples; i-- > 0;) {
		struct pcireset_sample *sample = &qualify->samples[i];

		if (sample->round + 1 != qualify->round)
			break;
		if (sample->result && (device == ALL_DEVICES || sample->device == device))
			sample->marks |= marks;
	}
	qualify->knows_findings = false;
}

/* The reset that has begun has an unknown outcome. The round is repeated. */
int qualify_interrupted(struct pcireset_qualify *qualify, uint32_t marks)
{
	struct pcireset_sample sample = { .round = qualify->round,
					  .type = qualify->begun,
					  .previous = qualify->previous,
					  .marks = marks };
	int r = 0;

	if (!qualify->begun)
		return 0;
	while (qualify->nr_samples &&
	       qualify->samples[qualify->nr_samples - 1].round == qualify->round &&
	       qualify->samples[qualify->nr_samples - 1].result)
		qualify->nr_samples--;
	for (uint32_t d = 0; d < qualify->nr_devices && !r; d++) {
		sample.device = d;
		r = qualify_add_sample(qualify, &sample);
	}
	qualify->previous = qualify->begun;
	qualify->begun = 0;
	return r;
}

/* The run begins, or goes on, possibly after the machine was restarted. */
int qualify_started(struct pcireset_qualify *qualify, const char *boot)
{
	bool is_other = strcmp(boot, qualify->boot) != 0;

	if (qualify->exercise == EXERCISE_BEGUN) {
		qualify_mark(qualify, ALL_DEVICES, is_other ? PCIRESET_MARK_EXERCISE : 0);
		qualify->exercise = is_other ? EXERCISE_ENDED : EXERCISE_NONE;
	}
	snprintf(qualify->boot, sizeof(qualify->boot), "%s", boot);
	return qualify_interrupted(qualify, is_other ? PCIRESET_MARK_MACHINE : 0);
}

/* All devices of the round have a sample, and the run goes on. */
void qualify_ended(struct pcireset_qualify *qualify)
{
	free(qualify->stop);
	qualify->stop = NULL;
	qualify->exercise = EXERCISE_NONE;
	qualify->previous = qualify->begun;
	qualify->begun = 0;
	qualify->round++;
}

int qualify_stopped(struct pcireset_qualify *qualify, const char *why)
{
	free(qualify->stop);
	qualify->stop = strdup(why);
	return qualify->stop ? 0 : ctx_error(qualify->ctx, -ENOMEM, "out of memory");
}

/* ---- setters */

static int check_not_open(struct pcireset_qualify *qualify)
{
	if (!qualify->is_open && !qualify->nr_samples && !qualify->sure_of)
		return 0;
	return ctx_error(qualify->ctx, -EBUSY, "the run has begun");
}

int pcireset_qualify_set_count(struct pcireset_qualify *qualify, uint32_t count)
{
	int r = check_not_open(qualify);

	if (r)
		return r;
	if (!count || count > MAX_QUALIFY_COUNT)
		return ctx_error(qualify->ctx, -EINVAL, "%u resets: the limits are 1 and %u", count,
				 MAX_QUALIFY_COUNT);
	qualify->count = count;
	return 0;
}

int pcireset_qualify_set_seed(struct pcireset_qualify *qualify, uint64_t seed)
{
	int r = check_not_open(qualify);

	if (!r)
		qualify->seed = seed;
	return r;
}

static bool is_key(const char *key)
{
	return *key && strlen(key) < 32 && !key[strspn(key, "abcdefghijklmnopqrstuvwxyz_")];
}

int pcireset_qualify_add_fact(struct pcireset_qualify *qualify, const char *key, const char *value)
{
	int r = check_not_open(qualify);

	if (r)
		return r;
	if (!is_key(key))
		return ctx_error(qualify->ctx, -EINVAL,
				 "fact \"%s\": a key has lower-case letters and _ only", key);
	return qualify_fact(qualify, key, value);
}

/* ---- getters */

uint32_t pcireset_qualify_get_count(const struct pcireset_qualify *qualify)
{
	return qualify->count;
}

uint64_t pcireset_qualify_get_seed(const struct pcireset_qualify *qualify)
{
	return qualify->seed;
}

uint32_t pcireset_qualify_get_nr_rounds(const struct pcireset_qualify *qualify)
{
	return qualify->count * (uint32_t)qualify->nr_types;
}

uint32_t pcireset_qualify_get_nr_done(const struct pcireset_qualify *qualify)
{
	return qualify->round;
}

uint32_t pcireset_qualify_get_types(const struct pcireset_qualify *qualify)
{
	uint32_t types = 0;

	for (size_t i = 0; i < qualify->nr_types; i++)
		types |= qualify->types[i];
	return types;
}

const char *pcireset_qualify_get_stop(const struct pcireset_qualify *qualify)
{
	return qualify->stop;
}

const char *pcireset_qualify_get_fact(const struct pcireset_qualify *qualify, size_t i,
				      const char **ret_key)
{
	if (i >= qualify->nr_facts)
		return NULL;
	if (ret_key)
		*ret_key = qualify->facts[i].key;
	return qualify->facts[i].value;
}

const char *pcireset_qualify_get_device(const struct pcireset_qualify *qualify, uint32_t device)
{
	return device < qualify->nr_devices ? qualify->devices[device].name : NULL;
}

const char *pcireset_qualify_get_identity(const struct pcireset_qualify *qualify, uint32_t device)
{
	static _Thread_local char text[256];
	const struct qualify_device *d = &qualify->devices[device];

	if (device >= qualify->nr_devices)
		return NULL;
	snprintf(text, sizeof(text), "%04x:%04x subsystem %04x:%04x class %06x revision %02x",
		 d->vendor, d->device, d->subsystem[0], d->subsystem[1], d->class, d->revision);
	return text;
}

const struct pcireset_addr *pcireset_qualify_get_member(const struct pcireset_qualify *qualify,
							uint32_t device, uint32_t type, size_t i)
{
	const struct qualify_plan *plan = qualify_plan_of(qualify, device, type);

	return plan && i < plan->nr ? &plan->members[i] : NULL;
}

const struct pcireset_addr *pcireset_qualify_get_watched(const struct pcireset_qualify *qualify,
							 size_t i)
{
	return i < qualify->nr_watched ? &qualify->watched[i] : NULL;
}

size_t pcireset_qualify_get_nr_samples(const struct pcireset_qualify *qualify)
{
	return qualify->nr_samples;
}

const struct pcireset_sample *pcireset_qualify_get_sample(const struct pcireset_qualify *qualify,
							  size_t i)
{
	return i < qualify->nr_samples ? &qualify->samples[i] : NULL;
}

int pcireset_qualify_get_series(struct pcireset_qualify *qualify, uint32_t device, uint32_t type,
				struct pcireset_series *ret_series)
{
	struct series series = { .device = device, .type = type };
	int r;

	if (!qualify_plan_of(qualify, device, type))
		return ctx_error(qualify->ctx, -EINVAL, "the run has no such device and type");
	r = series_select(&series, (struct samples){ qualify->samples, qualify->nr_samples });
	if (!r)
		r = series_summarize(&series, ret_series);
	series_free(&series);
	return r ? ctx_error(qualify->ctx, r, "out of memory") : 0;
}

int pcireset_qualify_find(struct pcireset_qualify *qualify)
{
	int r;

	if (!qualify->knows_findings) {
		findings_free(&qualify->findings);
		r = findings_make(&qualify->findings,
				  (struct samples){ qualify->samples, qualify->nr_samples });
		if (r)
			return ctx_error(qualify->ctx, r, "out of memory");
		qualify->knows_findings = true;
	}
	return (int)qualify->findings.nr;
}

const struct pcireset_finding *pcireset_qualify_get_finding(const struct pcireset_qualify *qualify,
							    size_t i)
{
	return qualify->knows_findings && i < qualify->findings.nr ? &qualify->findings.v[i] : NULL;
}

const char *pcireset_qualify_get_finding_text(const struct pcireset_qualify *qualify, size_t i)
{
	return qualify->knows_findings && i < qualify->findings.nr ? qualify->findings.texts[i] :
								     NULL;
}
