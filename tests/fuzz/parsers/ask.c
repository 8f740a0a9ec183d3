// SPDX-License-Identifier: GPL-2.0-only
/* Everything that can be asked of every function of a machine, and what must hold of the answers. */
#include <string.h>
#include "fuzz.h"
#include "libpcireset.h"

/* Each member once, and the function itself among them. */
static void check_members(struct pcireset_dev *dev, uint32_t type, size_t nr)
{
	const struct pcireset_member *member, *other;
	size_t targets = 0;

	for (size_t i = 0; i < nr; i++) {
		member = pcireset_dev_get_member(dev, type, i);
		MUST(member);
		targets += member->flags & PCIRESET_MEMBER_TARGET;
		for (size_t j = 0; j < i; j++) {
			other = pcireset_dev_get_member(dev, type, j);
			MUST(memcmp(&member->addr, &other->addr, sizeof(member->addr)));
		}
	}
	MUST(targets == 1);
	MUST(!pcireset_dev_get_member(dev, type, nr));
}

static void ask_type(struct pcireset_dev *dev, uint32_t type)
{
	uint32_t why = pcireset_dev_get_why_not(dev, type);

	pcireset_dev_get_why_not_text(dev, type);
	MUST(!why == !!(pcireset_dev_get_types(dev) & type));
	MUST(!why == !!pcireset_dev_get_scope(dev, type));
	if (!why)
		check_members(dev, type, pcireset_dev_get_nr_members(dev, type));
	pcireset_dev_get_type_flags(dev, type);
}

static void plan(struct pcireset_dev *dev, uint32_t types)
{
	struct pcireset_report *report = NULL;
	struct pcireset_plan *plan;
	int error;

	MUST(!pcireset_plan_new(dev, &plan) && !pcireset_plan_set_types(plan, types));
	error = pcireset_plan_resolve(plan);
	if (!error)
		MUST(pcireset_plan_get_nr_members(plan) && pcireset_plan_get_type(plan) & types);
	for (size_t i = 0; i < pcireset_plan_get_nr_members(plan); i++)
		MUST(pcireset_plan_get_member(plan, i));
	pcireset_plan_get_message(plan);
	/* Of a machine that is only files: refused, and told why. */
	if (!error)
		MUST(pcireset_plan_run(plan, &report) < 0);
	pcireset_report_unref(report);
	pcireset_plan_unref(plan);
}

static void ask(struct pcireset_ctx *ctx, struct pcireset_dev *dev)
{
	struct pcireset_dev *again = NULL;

	MUST(!pcireset_dev_from_name(ctx, pcireset_dev_get_name(dev), &again) && again == dev);
	pcireset_dev_unref(again);
	pcireset_dev_get_parent(dev);
	pcireset_dev_get_physfn(dev);
	for (size_t i = 0; i < pcireset_dev_get_nr_users(dev); i++) {
		MUST(pcireset_dev_get_user(dev, i, NULL));
		pcireset_dev_get_user_detail(dev, i);
	}
	if (pcireset_dev_query(dev)) {
		MUST(*pcireset_ctx_get_errmsg(ctx));
		return;
	}
	for (size_t i = 0; pcireset_type_at(i); i++)
		ask_type(dev, pcireset_type_at(i));
	plan(dev, PCI_RESET_FUNC);
	plan(dev, PCI_RESET_LINK);
}

static size_t nr_targets(const struct pcireset_plan *plan)
{
	const struct pcireset_member *member;
	size_t nr = 0;

	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++)
		nr += member->flags & PCIRESET_MEMBER_TARGET;
	return nr;
}

/* All that can be reset, together: each still is, once, by what is allowed. */
static void choose(struct pcireset_ctx *ctx)
{
	struct pcireset_batch *batch;
	struct pcireset_plan *plans[64];
	struct pcireset_dev *dev;
	size_t nr = 0;

	MUST(!pcireset_batch_new(ctx, &batch));
	pcireset_dev_foreach(ctx, dev) {
		if (nr == sizeof(plans) / sizeof(plans[0]))
			break;
		MUST(!pcireset_plan_new(dev, &plans[nr]));
		MUST(!pcireset_plan_set_types(plans[nr], PCI_RESET_ANY));
		if (!pcireset_plan_resolve(plans[nr]))
			MUST(!pcireset_batch_add(batch, plans[nr]));
		nr++;
	}
	MUST(!pcireset_batch_choose(batch));
	for (size_t i = 0; i < nr; i++) {
		if (!pcireset_plan_get_error(plans[i]))
			MUST(pcireset_plan_get_type(plans[i]) && nr_targets(plans[i]) == 1);
		pcireset_plan_get_expected_ns(plans[i]);
		pcireset_plan_unref(plans[i]);
	}
	pcireset_batch_unref(batch);
}

void ask_machine(struct pcireset_ctx *ctx)
{
	struct pcireset_dev *dev;
	int nr = pcireset_ctx_scan(ctx);

	MUST(nr >= 0 || *pcireset_ctx_get_errmsg(ctx));
	if (nr > 0)
		for (dev = pcireset_dev_first(ctx); dev; dev = pcireset_dev_next(dev))
			ask(ctx, dev);
	if (nr > 0)
		choose(ctx);
}
