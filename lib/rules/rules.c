/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's rules: the functions that they match, and the types that they deny. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "rules/rules.h"

/* The reason why every reset is refused, or NULL. */
const char *rules_error(const struct pcireset_ctx *ctx)
{
	const struct rules *rules = ctx->rules;

	if (!rules)
		return "the rules have not been read";
	if (!rules->has_failed)
		return NULL;
	return rules->nr_errors ? rules->errors[0] : "the rules cannot be read";
}

/* A function was removed; see drop_gone(). */
void rules_drop(struct pcireset_ctx *ctx, const struct pcireset_dev *dev)
{
	for (size_t i = 0; ctx->rules && i < NR_TYPES; i++) {
		dev_list_remove(&ctx->rules->lists[RULE_DENIES][i], dev);
		dev_list_remove(&ctx->rules->lists[RULE_DELAYS][i], dev);
	}
}

/* ---- the functions of a rule */

/* An unreadable value may match. */
static bool fits_subsystem(const char *pattern, const struct pcireset_dev *dev)
{
	uint32_t vendor, device;

	if (!pattern || dev_subsystem(dev, &vendor, &device) < 0)
		return true;
	return conf_fits_ids(pattern, vendor, device);
}

static bool is_about(const struct pcireset_rule *rule, const struct pcireset_dev *dev)
{
	const struct conf_match *match = &rule->match;
	const struct dev_facts *facts = match->vendor ? dev_identity(dev) : NULL;

	return conf_fits_address(match->address, dev->name) &&
	       (!match->slot || (dev->slot && conf_fits(match->slot, dev->slot))) &&
	       (!facts || (conf_fits_id(match->vendor, facts->vendor) &&
			   (!match->device || conf_fits_id(match->device, facts->device)))) &&
	       fits_subsystem(match->subsystem, dev);
}

static int learn_effect(struct rules *rules, struct pcireset_dev *dev, enum rule_effect effect)
{
	int r = 0;

	dev->ruled[effect] = 0;
	for (size_t i = 0; i < rules->nr; i++)
		if (rules->v[i].types[effect] && is_about(&rules->v[i], dev))
			dev->ruled[effect] |= rules->v[i].types[effect];
	for (size_t i = 0; !r && i < NR_TYPES; i++)
		if (dev->ruled[effect] & pcireset_type_at(i) & PCI_RESET_LINK)
			r = dev_list_add(&rules->lists[effect][i], dev);
	return r;
}

/* Match each rule with all functions, once for each scan. */
int rules_learn(struct pcireset_ctx *ctx)
{
	struct rules *rules = ctx->rules;
	struct pcireset_dev *dev;

	if (!rules->nr || rules->are_learned)
		return 0;
	pcireset_dev_foreach(ctx, dev) {
		dev_forget_subsystem(dev);
		if (learn_effect(rules, dev, RULE_DENIES) < 0 ||
		    learn_effect(rules, dev, RULE_DELAYS) < 0)
			return ctx_fail(ctx, -ENOMEM, dev->name);
	}
	rules->are_learned = true;
	return 0;
}

/* ---- denied types */

static const struct pcireset_rule *own_rule(const struct pcireset_dev *dev, uint32_t type,
					    enum rule_effect effect)
{
	const struct rules *rules = dev->ctx->rules;

	/* Forget the types of the previous scan. */
	if (dev->listed && !(dev->ruled[effect] & type))
		return NULL;
	for (size_t i = 0; i < rules->nr; i++)
		if (rules->v[i].types[effect] & type && is_about(&rules->v[i], dev))
			return &rules->v[i];
	return NULL;
}

/*
 * A rule about the function denies its own types. A reset of the link is also denied by a
 * rule about the port above, or about any affected function.
 */
static const struct pcireset_rule *find_rule(const struct pcireset_dev *dev, uint32_t type,
					     enum rule_effect effect,
					     const struct pcireset_dev **ret_who)
{
	const struct pcireset_rule *rule = own_rule(dev, type, effect);
	const struct pcireset_dev *port = type & PCI_RESET_LINK ? dev_upstream(dev) : NULL;
	const struct dev_list *list = &dev->ctx->rules->lists[effect][type_index(type)];

	*ret_who = dev;
	if (rule || !port)
		return rule;
	*ret_who = port->ruled[effect] & type ? port : dev_list_hit(list, dev);
	return *ret_who ? own_rule(*ret_who, type, effect) : NULL;
}

static char *deny_text(const struct pcireset_rule *rule, const struct pcireset_dev *who)
{
	uint32_t vendor, device;
	bool is_in_doubt = rule->match.subsystem && dev_subsystem(who, &vendor, &device) < 0;

	return format("denied by the rule at %s%s: %s", rule->where,
		      is_in_doubt ? " (its subsystem ID cannot be read)" : "", rule->reason);
}

/*
 * Return the reason, to be freed. NULL if no rule denies the type, or if memory runs out,
 * which fails the call.
 */
char *rules_denial(const struct pcireset_dev *dev, uint32_t type,
		   const struct pcireset_dev **ret_who)
{
	const struct pcireset_rule *rule = NULL;
	char *text;

	*ret_who = dev;
	if (!rules_error(dev->ctx)) {
		rule = rules_learn(dev->ctx) ? NULL : find_rule(dev, type, RULE_DENIES, ret_who);
		if (!rule)
			return NULL;
	}
	text = rule ? deny_text(rule, *ret_who) : format(RULES_REFUSAL "%s", rules_error(dev->ctx));
	if (!text)
		ctx_fail(dev->ctx, -ENOMEM, dev->name);
	return text;
}

static uint32_t own_delay_ms(const struct pcireset_dev *dev, uint32_t types)
{
	const struct rules *rules = dev->ctx->rules;
	uint32_t ms = 0;

	for (size_t i = 0; dev->ruled[RULE_DELAYS] & types && i < rules->nr; i++)
		if (rules->v[i].types[RULE_DELAYS] & types && rules->v[i].delay_ms > ms &&
		    is_about(&rules->v[i], dev))
			ms = rules->v[i].delay_ms;
	return ms;
}

/* The longest delay of any rule about an affected function. */
uint32_t rules_delay_ms(const struct pcireset_dev *dev, const struct members *members,
			uint32_t types)
{
	struct pcireset_ctx *ctx = dev->ctx;
	uint32_t ms;

	if (!rules_are_given(ctx) || !ctx->rules->are_learned)
		return 0;
	ms = own_delay_ms(dev, types);
	for (size_t i = 0; types & PCI_RESET_LINK && i < members->nr; i++) {
		const struct pcireset_dev *member = pcireset_ctx_get_dev(ctx, &members->v[i].addr);
		uint32_t more = member ? own_delay_ms(member, types & PCI_RESET_LINK) : 0;

		ms = more > ms ? more : ms;
	}
	return ms;
}

bool rules_are_given(const struct pcireset_ctx *ctx)
{
	return ctx->rules && ctx->rules->nr;
}

uint32_t rules_why(const struct pcireset_ctx *ctx)
{
	return rules_error(ctx) ? PCIRESET_WHY_BAD_RULES : PCIRESET_WHY_RULE;
}

/* Remove the denied types from a function that a back end has queried. */
int rules_review(struct pcireset_dev *dev)
{
	int r = rules_error(dev->ctx) ? 0 : rules_learn(dev->ctx);

	for (size_t i = 0; !r && i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);
		const struct pcireset_dev *who;
		char *text = dev->types & type ? rules_denial(dev, type, &who) : NULL;

		if (!text)
			continue;
		dev_refuse(dev, type, rules_why(dev->ctx), &who->addr);
		dev->state[i].detail = text;
	}
	return r;
}

/* ---- for callers */

const struct pcireset_rule *pcireset_dev_get_rule(const struct pcireset_dev *dev, size_t i)
{
	const struct rules *rules = dev->ctx->rules;

	for (size_t r = 0; rules && r < rules->nr; r++)
		if (is_about(&rules->v[r], dev) && !i--)
			return &rules->v[r];
	return NULL;
}

int pcireset_dev_check_rules(struct pcireset_dev *dev, uint32_t type)
{
	struct pcireset_ctx *ctx = dev->ctx;
	const struct pcireset_dev *who;
	_cleanup_free_ char *denial = NULL;
	int before, r;

	if (type_index(type) < 0)
		return ctx_error(ctx, -EINVAL, "%#x: is not a reset type", type);
	before = ctx_begin(ctx);
	denial = rules_denial(dev, type, &who);
	r = ctx_end(ctx, before, 0);
	if (r || !denial)
		return r;
	return ctx_error(ctx, rules_error(ctx) ? -EPERM : -EOPNOTSUPP, "%s: %s", who->name, denial);
}

const char *pcireset_rule_get_where(const struct pcireset_rule *rule)
{
	return rule->where;
}

const char *pcireset_rule_get_reason(const struct pcireset_rule *rule)
{
	return rule->reason;
}

uint32_t pcireset_rule_get_denied(const struct pcireset_rule *rule)
{
	return rule->types[RULE_DENIES];
}

uint32_t pcireset_rule_get_delayed(const struct pcireset_rule *rule)
{
	return rule->types[RULE_DELAYS];
}

uint32_t pcireset_rule_get_delay_ms(const struct pcireset_rule *rule)
{
	return rule->delay_ms;
}

const char *pcireset_ctx_get_rules_error(const struct pcireset_ctx *ctx, size_t i)
{
	const struct rules *rules = ctx->rules;

	if (!i || !rules)
		return rules_error(ctx);
	return i < rules->nr_errors ? rules->errors[i] : NULL;
}

const struct pcireset_rule *pcireset_ctx_get_rule(const struct pcireset_ctx *ctx, size_t i)
{
	return ctx->rules && i < ctx->rules->nr ? &ctx->rules->v[i] : NULL;
}
