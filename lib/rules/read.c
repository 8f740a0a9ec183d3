/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Read one file of rules. pcireset-rules(5) describes the format. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "rules/rules.h"

struct reader {
	struct pcireset_ctx *ctx;
	struct rules *rules;
	struct pcireset_rule rule; /* the rule of the current block */
};

int rules_complain(struct rules *rules, const char *fmt, ...)
{
	char **errors = reallocarray(rules->errors, rules->nr_errors + 1, sizeof(*errors));
	va_list ap;
	int r;

	rules->has_failed = true;
	if (!errors)
		return -ENOMEM;
	rules->errors = errors;
	va_start(ap, fmt);
	r = vasprintf(&errors[rules->nr_errors], fmt, ap);
	va_end(ap);
	if (r < 0)
		return -ENOMEM;
	rules->nr_errors++;
	return 0;
}

void rule_clear(struct pcireset_rule *rule)
{
	conf_match_clear(&rule->match);
	free(rule->where);
	free(rule->reason);
	*rule = (struct pcireset_rule){ 0 };
}

/* ---- values: each returns 0, -EINVAL or -ENOMEM */

static int take_reason(void *data, const char *value)
{
	struct reader *r = data;

	if (!*value)
		return -EINVAL;
	r->rule.reason = strdup(value);
	return r->rule.reason ? 0 : -ENOMEM;
}

static int take_denies(void *data, const char *value)
{
	struct reader *r = data;

	return pcireset_types_from_str(r->ctx, value, &r->rule.types[RULE_DENIES]) ? -EINVAL : 0;
}

static int take_delays(void *data, const char *value)
{
	struct reader *r = data;

	return pcireset_types_from_str(r->ctx, value, &r->rule.types[RULE_DELAYS]) ? -EINVAL : 0;
}

static int take_delay(void *data, const char *value)
{
	struct reader *r = data;
	size_t len = strlen(value);
	unsigned long ms = len <= 6 ? strtoul(value, NULL, 10) : 0;

	if (strspn(value, "0123456789") != len || !ms || ms > RULES_MAX_MS)
		return -EINVAL;
	r->rule.delay_ms = (uint32_t)ms;
	return 0;
}

static const struct conf_key keys[] = {
	{ "Deny", take_denies, "types of reset" },
	{ "Reason", take_reason, "words" },
	{ "Delay", take_delay, "milliseconds, 1 to 600000" },
	{ "Types", take_delays, "types of reset" },
};

/* ---- rules */

static void begin_rule(void *data)
{
	struct reader *r = data;

	rule_clear(&r->rule);
}

static const char *missing_in_rule(void *data)
{
	const struct pcireset_rule *rule = &((struct reader *)data)->rule;

	if (!rule->types[RULE_DENIES] && !rule->delay_ms)
		return "neither Deny nor Delay is given";
	if (rule->types[RULE_DENIES] && !rule->reason)
		return "Deny without Reason";
	if (rule->types[RULE_DELAYS] && !rule->delay_ms)
		return "Types without Delay";
	return NULL;
}

/* The rule owns both, so that rule_clear() frees them after an error. */
static int add_rule(void *data, char *where, struct conf_match *match)
{
	struct reader *r = data;
	struct rules *rules = r->rules;
	struct pcireset_rule *v;

	r->rule.where = where;
	r->rule.match = *match;
	if (rules->nr == RULES_MAX)
		return rules_complain(rules, "%s: more than %u rules", where, RULES_MAX);
	v = array_room(rules->v, rules->nr, sizeof(*v));
	if (!v)
		return -ENOMEM;
	rules->v = v;
	if (r->rule.delay_ms && !r->rule.types[RULE_DELAYS])
		r->rule.types[RULE_DELAYS] = PCI_RESET_ANY;
	v[rules->nr++] = r->rule;
	r->rule = (struct pcireset_rule){ 0 };
	return 0;
}

static int reader_complain(void *data, const char *message)
{
	return rules_complain(((struct reader *)data)->rules, "%s", message);
}

int rules_read(struct pcireset_ctx *ctx, struct rules *rules, const struct conf_file *file)
{
	struct reader r = { .ctx = ctx, .rules = rules };
	const struct conf_grammar grammar = {
		.section = "Reset",
		.keys = keys,
		.nr_keys = ARRAY_SIZE(keys),
		.begin = begin_rule,
		.missing = missing_in_rule,
		.add = add_rule,
		.complain = reader_complain,
		.data = &r,
	};
	int ret = conf_read(&grammar, file);

	rule_clear(&r.rule);
	return ret;
}
