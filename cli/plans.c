/* SPDX-License-Identifier: GPL-2.0-only */
/* Plans from the options, alone and as a set. */
#include <stdlib.h>
#include <sys/resource.h>
#include "machine.h"

#define MAX_LISTED 32

/* The affected functions that were not named, for a message; NULL if there are none. */
char *unnamed_members(const struct machine *m, const struct pcireset_plan *plan)
{
	const struct pcireset_member *member;
	char *all = text("%s", ""), name[PCIRESET_ADDR_STR_MAX];
	size_t nr = 0;

	for (size_t i = 0; (member = pcireset_plan_get_member(plan, i)); i++) {
		const struct pcireset_dev *dev = pcireset_ctx_get_dev(m->ctx, &member->addr);

		if (dev && machine_has(m, dev))
			continue;
		if (nr++ < MAX_LISTED)
			all = join(all, text("%s", pcireset_addr_to_str(&member->addr, name)));
	}
	if (nr > MAX_LISTED)
		all = join(all, text("and %zu more", nr - MAX_LISTED));
	if (nr)
		return all;
	free(all);
	return NULL;
}

/* Other open files of the process: files in sysfs, the control node, inherited files. */
#define OTHER_FILES 64

/*
 * Each plan keeps a descriptor of its device open until it is released, possibly at the
 * same time as its successor. Only root may raise the hard limit.
 */
void allow_many_files(const struct machine *m)
{
	rlim_t wanted = 2 * (rlim_t)m->nr_devs + OTHER_FILES;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= wanted)
		return;
	if (limit.rlim_max < wanted &&
	    !setrlimit(RLIMIT_NOFILE, &(struct rlimit){ wanted, wanted }))
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

struct pcireset_batch *batch_new(const struct machine *m)
{
	struct pcireset_batch *batch;

	if (pcireset_batch_new(m->ctx, &batch) < 0)
		return must(NULL);
	return batch;
}

/* The choice covers all plans that would run. */
int resolve_into(struct pcireset_batch *batch, struct pcireset_plan *plan)
{
	int r = pcireset_plan_resolve(plan);

	if (!r && pcireset_batch_add(batch, plan) < 0)
		must(NULL);
	return r;
}

/* Take over the batch. Its plans then have the choice for the whole set. */
void choose(struct pcireset_batch *batch)
{
	if (pcireset_batch_choose(batch) < 0)
		must(NULL);
	pcireset_batch_unref(batch);
}

/* Create an unresolved plan from the options. */
int machine_plan(struct machine *m, const struct request *req, struct pcireset_dev *dev,
		 struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan;
	uint32_t types = PCI_RESET_ANY; /* a power cycle does not run the plan */
	int r = req->types ? pcireset_types_from_str(m->ctx, req->types, &types) : 0;

	if (!r)
		r = pcireset_plan_new(dev, &plan);
	if (r < 0)
		return r;
	r = pcireset_plan_set_types(plan, types);
	if (!r)
		r = pcireset_plan_set_max_scope(plan, req->max_scope);
	if (!r)
		r = pcireset_plan_set_force(plan, req->force);
	if (!r)
		r = pcireset_plan_set_checks(plan, req->checks);
	if (!r)
		r = pcireset_plan_set_timeout_ms(plan, req->timeout_ms);
	if (!r)
		r = pcireset_plan_set_settle_ms(plan, req->settle_ms);
	if (!r)
		r = pcireset_plan_set_link_speed(plan, req->link_speed_mts);
	if (!r)
		r = pcireset_plan_set_flags(plan, req->escalates ? PCIRESET_RESET_ESCALATE : 0);
	if (r < 0)
		pcireset_plan_unref(plan);
	else
		*ret_plan = plan;
	return r;
}
