/* SPDX-License-Identifier: GPL-2.0-only */
/* The policies of "pcireset recover": reading, and the selection of functions. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "policy.h"

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof((a)[0]))

/* Limits of values, and defaults. */
#define MAX_BURST       100
#define MAX_INTERVAL_S  (7 * 24 * 3600)
#define MAX_SETTLE_MS   600000
#define MAX_HOOK_S      3600
#define DEFAULT_BURST   3
#define DEFAULT_SPAN_S  3600
#define DEFAULT_HOOK_MS 30000
#define DEFAULT_SETTLE  1000

static const char *const places[] = {
	"etc/pcireset/recover.d",
	"run/pcireset/recover.d",
	"usr/lib/pcireset/recover.d",
	NULL,
};

static const char *const event_names[NR_EVENTS] = {
	[EVENT_WEDGED] = "wedged",
	[EVENT_AER] = "aer",
	[EVENT_LATE] = "late",
	[EVENT_FAILED] = "failed",
};

struct reader {
	struct policies *policies;
	struct pcireset_ctx *ctx;
	struct policy policy; /* is being read */
};

const char *event_kind_name(enum event_kind kind)
{
	return event_names[kind];
}

const char *step_name(const struct step *step)
{
	switch (step->kind) {
	case STEP_REBIND:
		return "rebind";
	case STEP_POWER_CYCLE:
		return "power-cycle";
	default:
		return pcireset_type_to_str(step->type, 0);
	}
}

static void policy_clear(struct policy *policy)
{
	conf_match_clear(&policy->match);
	free(policy->where);
	free(policy->before);
	free(policy->after);
	*policy = (struct policy){ 0 };
}

/* ---- values: each returns 0, -EINVAL or -ENOMEM */

typedef int (*word_fn)(struct reader *r, const char *word);

/* A list such as "flr,bus". An empty word is an error. */
static int take_list(struct reader *r, const char *value, word_fn take)
{
	char *copy = strdup(value), *rest = copy, *word;
	int ret = copy ? 0 : -ENOMEM;

	while (!ret && (word = strsep(&rest, ",")))
		ret = take(r, word);
	free(copy);
	return ret;
}

static int take_event(struct reader *r, const char *word)
{
	for (size_t i = 0; i < NR_EVENTS; i++) {
		if (strcmp(word, event_names[i]))
			continue;
		if (r->policy.events & 1u << i)
			return -EINVAL;
		r->policy.events |= 1u << i;
		return 0;
	}
	return -EINVAL;
}

static int take_events(void *data, const char *value)
{
	return take_list(data, value, take_event);
}

/* Only the name of one type: the order of several would not be the administrator's. */
static int type_of(struct reader *r, const char *word, uint32_t *ret_type)
{
	*ret_type = 0;
	if (!*word || pcireset_types_from_str(r->ctx, word, ret_type) < 0)
		return -EINVAL;
	return *ret_type & (*ret_type - 1) ? -EINVAL : 0;
}

static int take_step(struct reader *r, const char *word)
{
	struct policy *policy = &r->policy;
	struct step step = { .kind = STEP_RESET };

	if (policy->nr_steps == POLICY_MAX_STEPS || policy->is_never)
		return -EINVAL;
	if (!strcmp(word, "none")) {
		policy->is_never = true;
		return policy->nr_steps ? -EINVAL : 0;
	}
	if (!strcmp(word, "rebind"))
		step.kind = STEP_REBIND;
	else if (!strcmp(word, "power-cycle"))
		step.kind = STEP_POWER_CYCLE;
	else if (type_of(r, word, &step.type))
		return -EINVAL;
	for (size_t i = 0; i < policy->nr_steps; i++)
		if (policy->steps[i].kind == step.kind && policy->steps[i].type == step.type)
			return -EINVAL;
	policy->steps[policy->nr_steps++] = step;
	return 0;
}

static int take_steps(void *data, const char *value)
{
	return take_list(data, value, take_step);
}

static int take_scope(void *data, const char *value)
{
	struct reader *r = data;

	return pcireset_scope_from_str(value, &r->policy.max_scope) < 0 ? -EINVAL : 0;
}

static int take_rebind(void *data, const char *value)
{
	struct reader *r = data;

	r->policy.does_rebind = !strcmp(value, "yes");
	return r->policy.does_rebind || !strcmp(value, "no") ? 0 : -EINVAL;
}

static int take_number(const char *value, uint32_t least, uint32_t most, uint32_t *ret_number)
{
	size_t len = strlen(value);
	unsigned long number = len && len <= 7 ? strtoul(value, NULL, 10) : 0;

	if (!len || len > 7 || strspn(value, "0123456789") != len || number < least ||
	    number > most)
		return -EINVAL;
	*ret_number = (uint32_t)number;
	return 0;
}

static int take_burst(void *data, const char *value)
{
	return take_number(value, 1, MAX_BURST, &((struct reader *)data)->policy.burst);
}

static int take_interval(void *data, const char *value)
{
	return take_number(value, 1, MAX_INTERVAL_S, &((struct reader *)data)->policy.interval_s);
}

static int take_settle(void *data, const char *value)
{
	return take_number(value, 0, MAX_SETTLE_MS, &((struct reader *)data)->policy.settle_ms);
}

static int take_hook_timeout(void *data, const char *value)
{
	uint32_t seconds;
	int ret = take_number(value, 1, MAX_HOOK_S, &seconds);

	if (!ret)
		((struct reader *)data)->policy.hook_timeout_ms = seconds * 1000;
	return ret;
}

size_t hook_split(char *words, char *argv[POLICY_MAX_WORDS + 1])
{
	char *save = NULL;
	size_t nr = 0;

	for (char *word = strtok_r(words, " \t", &save); word;
	     word = strtok_r(NULL, " \t", &save)) {
		if (nr == POLICY_MAX_WORDS)
			return 0;
		argv[nr++] = word;
	}
	argv[nr] = NULL;
	return nr;
}

/* No shell runs a hook, so quotes would become part of its arguments. Reject them. */
static int take_hook(char **field, const char *value)
{
	char *copy = strdup(value), *argv[POLICY_MAX_WORDS + 1];
	bool is_good;

	if (!copy)
		return -ENOMEM;
	is_good = *value == '/' && !strpbrk(value, "\"'`\\") && hook_split(copy, argv);
	free(copy);
	if (!is_good)
		return -EINVAL;
	*field = strdup(value);
	return *field ? 0 : -ENOMEM;
}

static int take_before(void *data, const char *value)
{
	return take_hook(&((struct reader *)data)->policy.before, value);
}

static int take_after(void *data, const char *value)
{
	return take_hook(&((struct reader *)data)->policy.after, value);
}

#define WANTS_HOOK "an absolute path and at most 31 words, without quotes or backslashes"

static const struct conf_key keys[] = {
	{ "Events", take_events, "wedged, aer, late or failed, each once" },
	{ "Steps", take_steps, "none, or up to 8 of rebind, power-cycle and single reset types" },
	{ "MaxScope", take_scope, "function, slot or bus" },
	{ "Rebind", take_rebind, "yes or no" },
	{ "Burst", take_burst, "a number, 1 to 100" },
	{ "Interval", take_interval, "seconds, 1 to 604800" },
	{ "Settle", take_settle, "milliseconds, 0 to 600000" },
	{ "Before", take_before, WANTS_HOOK },
	{ "After", take_after, WANTS_HOOK },
	{ "HookTimeout", take_hook_timeout, "seconds, 1 to 3600" },
};

/* ---- policies */

static void begin_policy(void *data)
{
	struct reader *r = data;

	policy_clear(&r->policy);
	r->policy.burst = DEFAULT_BURST;
	r->policy.interval_s = DEFAULT_SPAN_S;
	r->policy.settle_ms = DEFAULT_SETTLE;
	r->policy.hook_timeout_ms = DEFAULT_HOOK_MS;
}

static const char *missing_in_policy(void *data)
{
	const struct policy *policy = &((struct reader *)data)->policy;

	if (!policy->nr_steps && !policy->is_never)
		return "Steps is not given; for no recovery say Steps=none";
	if (policy->is_never)
		return policy->events ? "Events with Steps=none" : NULL;
	return policy->events ? NULL : "Events is not given";
}

static int complain_about_policy(void *data, const char *message)
{
	struct policies *policies = ((struct reader *)data)->policies;
	char **errors = reallocarray(policies->errors, policies->nr_errors + 1, sizeof(*errors));

	policies->has_failed = true;
	if (!errors)
		return -ENOMEM;
	policies->errors = errors;
	errors[policies->nr_errors] = strdup(message);
	if (!errors[policies->nr_errors])
		return -ENOMEM;
	policies->nr_errors++;
	return 0;
}

static int add_policy(void *data, char *where, struct conf_match *match)
{
	struct reader *r = data;
	struct policies *policies = r->policies;
	struct policy *v;
	char message[128];

	r->policy.where = where;
	r->policy.match = *match;
	if (policies->nr == POLICY_MAX) {
		snprintf(message, sizeof(message), "more than %d policies", POLICY_MAX);
		return complain_about_policy(r, message);
	}
	v = reallocarray(policies->v, policies->nr + 1, sizeof(*v));
	if (!v)
		return -ENOMEM;
	policies->v = v;
	v[policies->nr++] = r->policy;
	r->policy = (struct policy){ 0 };
	return 0;
}

int policies_read(struct policies *policies, struct pcireset_ctx *ctx, const struct conf_file *file)
{
	struct reader r = { .policies = policies, .ctx = ctx };
	const struct conf_grammar grammar = {
		.section = "Recover",
		.keys = keys,
		.nr_keys = ARRAY_LENGTH(keys),
		.begin = begin_policy,
		.missing = missing_in_policy,
		.add = add_policy,
		.complain = complain_about_policy,
		.data = &r,
	};
	int ret = conf_read(&grammar, file);

	policy_clear(&r.policy);
	return ret;
}

static int keep_file(void *data, struct conf_file *file)
{
	struct policies *policies = ((struct reader *)data)->policies;
	struct conf_file *v = reallocarray(policies->files, policies->nr_files + 1, sizeof(*v));

	if (!v) {
		conf_file_clear(file);
		return -ENOMEM;
	}
	policies->files = v;
	v[policies->nr_files++] = *file;
	return 0;
}

static int note_failed(struct reader *r, const struct conf_place *place, int error)
{
	char message[sizeof(place->failed) + 128];

	snprintf(message, sizeof(message), "%s: %s",
		 *place->failed ? place->failed : "the policies", strerror(-error));
	return complain_about_policy(r, message);
}

int policies_load(struct policies *policies, struct pcireset_ctx *ctx, const char *sysroot,
		  const char *directory)
{
	char *path = directory ? realpath(directory, NULL) : NULL;
	const char *const only[] = { path ? path + 1 : "", NULL };
	struct reader r = { .policies = policies, .ctx = ctx };
	struct conf_place place = {
		.sysroot = directory ? "" : sysroot,
		/* A policy makes root reset devices, and run programs. */
		.checks_owners = directory || !*sysroot,
		.directories = directory ? only : places,
		.add = keep_file,
		.complain = complain_about_policy,
		.data = &r,
	};
	int ret = 0;

	if (directory && !path) {
		snprintf(place.failed, sizeof(place.failed), "%s", directory);
		ret = note_failed(&r, &place, -errno);
	} else {
		ret = conf_load(&place);
		if (ret && ret != -ENOMEM)
			ret = note_failed(&r, &place, ret);
	}
	for (size_t i = 0; !ret && i < policies->nr_files; i++)
		ret = policies_read(policies, ctx, &policies->files[i]);
	free(path);
	return ret;
}

void policies_clear(struct policies *policies)
{
	for (size_t i = 0; i < policies->nr; i++)
		policy_clear(&policies->v[i]);
	for (size_t i = 0; i < policies->nr_errors; i++)
		free(policies->errors[i]);
	for (size_t i = 0; i < policies->nr_files; i++)
		conf_file_clear(&policies->files[i]);
	free(policies->v);
	free(policies->errors);
	free(policies->files);
	*policies = (struct policies){ 0 };
}

/* ---- selection */

/* 1 if it does, 0 if it does not, or a negative errno if that is unknown. */
static int fits_subsystem(const char *pattern, const struct pcireset_dev *dev)
{
	uint32_t vendor, device;
	int r = pattern ? pcireset_dev_get_subsystem(dev, &vendor, &device) : 1;

	if (r)
		return r;
	return conf_fits_ids(pattern, vendor, device);
}

static int match_fits(const struct conf_match *match, const struct pcireset_dev *dev)
{
	const char *slot = pcireset_dev_get_slot(dev);

	if (!conf_fits_address(match->address, pcireset_dev_get_name(dev)) ||
	    (match->slot && !(slot && conf_fits(match->slot, slot))) ||
	    (match->vendor && !conf_fits_id(match->vendor, pcireset_dev_get_vendor(dev))) ||
	    (match->device && !conf_fits_id(match->device, pcireset_dev_get_device(dev))))
		return 0;
	return fits_subsystem(match->subsystem, dev);
}

/* A policy that may select the function hides those after it. */
int policies_find(const struct policies *policies, const struct pcireset_dev *dev,
		  const struct policy **ret_policy)
{
	*ret_policy = NULL;
	for (size_t i = 0; i < policies->nr; i++) {
		int r = match_fits(&policies->v[i].match, dev);

		if (r)
			*ret_policy = &policies->v[i];
		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}
