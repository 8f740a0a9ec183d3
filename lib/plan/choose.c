/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Choose resets for a set of functions: the fewest resets, then the shortest ones. A
 * chosen reset affects only functions that are named, or that their first types would
 * affect anyway.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dev/dev.h"
#include "plan/plan.h"

/* These types exist for devices on which the other types do not work. No type replaces them. */
#define IRREPLACEABLE (PCI_RESET_DEV_SPECIFIC | PCI_RESET_ACPI)

/* Effect on a function if nothing is chosen. */
enum reach {
	REACH_NOT,
	REACH_CUT_OFF,
	REACH_RESET,
};

/* One reset that could serve several items of the batch. */
struct way {
	struct pcireset_plan *plan; /* resolved; from the batch, or created for this way */
	bool is_own;                /* issued anyway, if there is no better way */
	bool is_out;                /* no longer available */
	size_t item;                /* the item of the plan */
	size_t *serves, nr;         /* the items for which it is sufficient */
	size_t former; /* 1 + the former way whose plan has the same first member, or 0 */
};

/* Items with the same answer to the question for a reset of the link. */
struct same {
	size_t bridge; /* 1 + index, or 0 */
	unsigned int slot;
	uint32_t types;
	size_t item;
};

struct choice {
	struct pcireset_batch *batch;
	bool *is_settled;     /* by item: a way was chosen for it */
	bool *is_asked;       /* by item: its link was examined */
	size_t *next_same;    /* by item: 1 + the next one with the same answer, or 0 */
	size_t *way_of;       /* by function: 1 + the last way with this first member */
	size_t *item_of;      /* by function: 1 + the item, 0 if it is not named */
	bool may_reset_links; /* does any plan allow it? */
	size_t *below;        /* by bridge, if so: number of items below */
	unsigned char *reach; /* by function: enum reach */
	const struct pcireset_plan **links; /* buffer for counting, one entry per item */
	struct way *ways;
	size_t nr_ways;
};

static struct pcireset_plan *plan_of(const struct choice *c, size_t item)
{
	return c->batch->v[item].plan;
}

/* The reset that would run for this item without a choice. */
static const struct pcireset_plan *run_of(const struct choice *c, size_t item)
{
	return plan_effective(plan_of(c, item));
}

static struct pcireset_dev *dev_of(const struct choice *c, const struct pcireset_member *member)
{
	return pcireset_ctx_get_dev(c->batch->ctx, &member->addr);
}

/* ---- the set */

/* Refused plans do not take part, nor do functions with VFIO descriptors. */
static bool takes_part(const struct pcireset_plan *plan)
{
	return !plan_check_runnable(plan) && plan->dev->listed &&
	       !dev_backend(plan->dev)->serves_one;
}

static void note_reach(struct choice *c, const struct pcireset_plan *plan)
{
	/* The members include those of later types, which may never be tried. */
	if (plan->flags & PCIRESET_RESET_ESCALATE)
		return;
	for (size_t i = 0; i < plan->members.nr; i++) {
		const struct pcireset_dev *dev = dev_of(c, &plan->members.v[i]);
		unsigned char reach = plan->members.v[i].flags & PCIRESET_MEMBER_RESET ?
					      REACH_RESET :
					      REACH_CUT_OFF;

		if (dev && c->reach[dev->index] < reach)
			c->reach[dev->index] = reach;
	}
}

static void note_item(struct choice *c, size_t item)
{
	struct pcireset_dev *dev = plan_of(c, item)->dev;

	if (!takes_part(plan_of(c, item)) || c->item_of[dev->index])
		return;
	c->item_of[dev->index] = item + 1;
	if (!plan_of(c, item)->shared || plan_of(c, item)->shared->dev == dev)
		note_reach(c, run_of(c, item));
	while (c->may_reset_links && (dev = dev_upstream(dev)))
		c->below[dev->index]++;
}

static bool is_named(const struct choice *c, const struct pcireset_dev *dev)
{
	return dev && c->item_of[dev->index];
}

/* If a function has two items, the second one does not take part. */
static bool is_part(const struct choice *c, size_t item)
{
	const struct pcireset_dev *dev = plan_of(c, item)->dev;

	return dev->listed && c->item_of[dev->index] == item + 1;
}

/* ---- ways */

/* Is the way sufficient for another item that it resets? */
static bool is_enough(const struct choice *c, const struct way *way, size_t item)
{
	const struct pcireset_plan *plan = plan_of(c, item), *run = run_of(c, item);

	if (item == way->item)
		return true;
	return !(run->type & IRREPLACEABLE) && plan->allowed & way->plan->type &&
	       plan_is_same_request(plan, plan_of(c, way->item));
}

/* Does it affect only functions that are named or affected anyway? */
static bool is_within_reach(const struct choice *c, const struct pcireset_plan *plan)
{
	for (size_t i = 0; i < plan->members.nr; i++) {
		const struct pcireset_member *member = &plan->members.v[i];
		const struct pcireset_dev *dev = dev_of(c, member);

		if (!dev)
			return false;
		if (!is_named(c, dev) &&
		    c->reach[dev->index] <
			    (member->flags & PCIRESET_MEMBER_RESET ? REACH_RESET : REACH_CUT_OFF))
			return false;
	}
	return true;
}

/* Return false if the way would reset a named function that needs another reset. */
static bool find_served(const struct choice *c, struct way *way)
{
	const struct pcireset_plan *plan = way->plan;
	bool all = true;

	for (size_t i = 0; i < plan->members.nr; i++) {
		const struct pcireset_dev *dev = dev_of(c, &plan->members.v[i]);

		if (!is_named(c, dev) || !(plan->members.v[i].flags & PCIRESET_MEMBER_RESET))
			continue;
		if (is_enough(c, way, c->item_of[dev->index] - 1))
			way->serves[way->nr++] = c->item_of[dev->index] - 1;
		else
			all = false;
	}
	return all;
}

/* Functions that the context does not know have the entry behind all others. */
static size_t *last_way(const struct choice *c, const struct pcireset_plan *plan)
{
	const struct members *members = &plan_effective(plan)->members;
	const struct pcireset_dev *first = members->nr ? dev_of(c, &members->v[0]) : NULL;

	return &c->way_of[first ? first->index : c->batch->ctx->nr_devs];
}

/* Take over the plan, and release it if it serves only one item. */
static int add_way(struct choice *c, struct way way)
{
	bool all;

	way.serves = calloc(way.plan->members.nr + 1, sizeof(*way.serves));
	if (!way.serves) {
		pcireset_plan_unref(way.plan);
		return -ENOMEM;
	}
	all = find_served(c, &way);
	if (way.nr > 1 && (way.is_own || (all && is_within_reach(c, way.plan)))) {
		way.former = *last_way(c, way.plan);
		c->ways[c->nr_ways++] = way;
		*last_way(c, way.plan) = c->nr_ways;
		return 0;
	}
	pcireset_plan_unref(way.plan);
	free(way.serves);
	return 0;
}

/*
 * Make a plan for one item with these types, or return NULL. It does not escalate
 * unless @flags say so.
 */
static struct pcireset_plan *try_types(const struct choice *c, size_t item, uint32_t types,
				       uint32_t flags)
{
	struct pcireset_plan *plan;

	if (plan_new_like(plan_of(c, item), types, &plan) < 0)
		return NULL;
	plan->flags = flags;
	if (pcireset_plan_resolve(plan) < 0)
		return pcireset_plan_unref(plan);
	return plan;
}

static bool resets_others(const struct choice *c, const struct pcireset_plan *plan)
{
	size_t nr = 0;

	for (size_t i = 0; i < plan->members.nr && nr < 2; i++)
		nr += plan->members.v[i].flags & PCIRESET_MEMBER_RESET &&
		      is_named(c, dev_of(c, &plan->members.v[i]));
	return nr > 1;
}

/* The item's own reset may serve others: a PF resets its VFs, too. */
static int add_own_way(struct choice *c, size_t item)
{
	struct pcireset_plan *plan = plan_of(c, item);
	struct way way = { .is_own = true, .item = item };

	if (plan->shared && plan->shared->dev != plan->dev)
		return 0;
	if (!resets_others(c, run_of(c, item)))
		return 0;
	if (plan->flags & PCIRESET_RESET_ESCALATE)
		way.plan = try_types(c, item, run_of(c, item)->type,
				     plan->flags & ~PCIRESET_RESET_ESCALATE);
	else
		way.plan = pcireset_plan_ref(plan->shared ? plan->shared : plan);
	return way.plan ? add_way(c, way) : 0;
}

static int by_answer(const void *a, const void *b)
{
	const struct same *x = a, *y = b;

	if (x->bridge != y->bridge)
		return x->bridge < y->bridge ? -1 : 1;
	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	if (x->types != y->types)
		return x->types < y->types ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

static bool is_same_answer(const struct same *a, const struct same *b)
{
	return a->bridge == b->bridge && a->slot == b->slot && a->types == b->types;
}

/* The answer is the same for the same types and the same slot of the same bus. */
static int find_same(struct choice *c)
{
	struct same *all = calloc(c->batch->nr + 1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < c->batch->nr; i++) {
		const struct pcireset_plan *plan = plan_of(c, i);
		const struct pcireset_dev *bridge = dev_upstream(plan->dev);

		all[i].bridge = bridge ? bridge->index + 1 : 0;
		all[i].slot = plan->dev->addr.devfn >> 3;
		all[i].types = plan->types;
		all[i].item = i;
	}
	qsort(all, c->batch->nr, sizeof(*all), by_answer);
	for (size_t i = 1; i < c->batch->nr; i++)
		if (is_same_answer(&all[i - 1], &all[i]))
			c->next_same[all[i - 1].item] = all[i].item + 1;
	free(all);
	return 0;
}

static void mark_asked(struct choice *c, size_t item)
{
	for (size_t i = item + 1; i; i = c->next_same[i - 1])
		c->is_asked[i - 1] = true;
}

static void mark_members_asked(struct choice *c, const struct pcireset_plan *plan, size_t item)
{
	const struct pcireset_dev *bridge = dev_upstream(plan->dev);

	for (size_t i = 0; i < plan->members.nr; i++) {
		const struct pcireset_dev *dev = dev_of(c, &plan->members.v[i]);
		size_t other = is_named(c, dev) ? c->item_of[dev->index] - 1 : item;

		if (plan->members.v[i].flags & PCIRESET_MEMBER_RESET &&
		    plan_of(c, other)->types == plan_of(c, item)->types &&
		    dev_upstream(plan_of(c, other)->dev) == bridge)
			c->is_asked[other] = true;
	}
}

/* Resets of one link have the same first member. */
static bool is_known(const struct choice *c, const struct pcireset_plan *plan)
{
	for (size_t i = *last_way(c, plan); i; i = c->ways[i - 1].former)
		if (plan_is_same_link(c->ways[i - 1].plan, plan))
			return true;
	return false;
}

/* Add a reset of the link, if other items are below the same bridge. */
static int add_link_way(struct choice *c, size_t item)
{
	const struct pcireset_plan *plan = plan_of(c, item);
	const struct pcireset_dev *bridge;
	uint32_t links = plan->types & PCI_RESET_LINK;
	struct way way = { .item = item };

	if (!links || run_of(c, item)->type & (PCI_RESET_LINK | IRREPLACEABLE))
		return 0;
	bridge = dev_upstream(plan->dev);
	if (!bridge || c->below[bridge->index] < 2)
		return 0;
	mark_asked(c, item);
	way.plan = try_types(c, item, links, plan->flags & ~PCIRESET_RESET_ESCALATE);
	if (!way.plan)
		return 0;
	mark_members_asked(c, way.plan, item);
	if (!is_known(c, way.plan))
		return add_way(c, way);
	pcireset_plan_unref(way.plan);
	return 0;
}

/* ---- the choice */

static size_t nr_open(const struct choice *c, const struct way *way)
{
	size_t nr = 0;

	for (size_t i = 0; i < way->nr; i++)
		nr += !c->is_settled[way->serves[i]];
	/* A reset must not repeat for a settled item, unless it is issued anyway. */
	if (way->is_out || c->is_settled[way->item] || (!way->is_own && nr < way->nr))
		return 0;
	return nr;
}

static bool way_serves(const struct way *way, size_t item)
{
	for (size_t i = 0; i < way->nr; i++)
		if (way->serves[i] == item)
			return true;
	return false;
}

/* Of two ways for the same functions, is the first one shorter? Unknown times are not. */
static bool is_sooner(const struct way *a, const struct way *b)
{
	uint64_t x = pcireset_plan_get_expected_ns(a->plan);
	uint64_t y = pcireset_plan_get_expected_ns(b->plan);

	return x && y && x < y;
}

/* @ret_rival: a way that would have served the same functions, or NULL */
static struct way *find_best(const struct choice *c, struct way **ret_rival)
{
	struct way *best = NULL;
	size_t most = 1;

	*ret_rival = NULL;
	for (size_t i = 0; i < c->nr_ways; i++) {
		struct way *way = &c->ways[i];
		size_t nr = nr_open(c, way);

		if (nr > most) {
			*ret_rival = NULL;
			best = way;
			most = nr;
		} else if (best && nr == most && way_serves(best, way->item)) {
			*ret_rival = is_sooner(way, best) ? best : way;
			best = is_sooner(way, best) ? way : best;
		}
	}
	return best;
}

/* Count the replaced resets by type. Several resets of one link count once. */
static size_t count_replaced(const struct choice *c, const struct way *way, size_t nr[NR_TYPES])
{
	size_t nr_links = 0, all = 0;

	for (size_t i = 0; i < way->nr; i++) {
		const struct pcireset_plan *run = run_of(c, way->serves[i]);
		size_t l = 0;

		if (c->is_settled[way->serves[i]])
			continue;
		while (l < nr_links && !plan_is_same_link(c->links[l], run))
			l++;
		if (l < nr_links)
			continue;
		if (run->type & PCI_RESET_LINK)
			c->links[nr_links++] = run;
		nr[type_index(run->type)]++;
		all++;
	}
	return all;
}

/* "2 flr, 1 pm and 1 bus" */
static void say_replaced(FILE *out, const size_t nr[NR_TYPES], size_t all)
{
	size_t said = 0;

	for (size_t i = 0; i < NR_TYPES; i++) {
		if (!nr[i])
			continue;
		if (said)
			fputs(said + nr[i] == all ? " and " : ", ", out);
		fprintf(out, "%zu %s", nr[i], pcireset_type_to_str(pcireset_type_at(i), 0));
		said += nr[i];
	}
}

static bool is_all_named(const struct choice *c, const struct pcireset_plan *plan)
{
	for (size_t i = 0; i < plan->members.nr; i++)
		if (!is_named(c, dev_of(c, &plan->members.v[i])))
			return false;
	return true;
}

static void say_why(FILE *out, const struct choice *c, const struct way *way)
{
	if (way->plan->type & PCI_RESET_FUNC)
		fputs("it resets its virtual functions too", out);
	else if (is_all_named(c, way->plan))
		fputs("all functions that it affects are named", out);
	else
		fputs("it affects only these functions", out);
}

static const char *name_of(const struct way *way)
{
	return pcireset_type_to_str(way->plan->type, way->plan->type_flags);
}

static void say_times(FILE *out, const struct way *way, const struct way *rival)
{
	uint64_t ns = pcireset_plan_get_expected_ns(way->plan);
	uint64_t other = pcireset_plan_get_expected_ns(rival->plan);

	if (ns && other && ns != other)
		fprintf(out, "; it takes %.1f ms, and %s %.1f ms", (double)ns / 1e6, name_of(rival),
			(double)other / 1e6);
}

static void print_way(FILE *out, const struct choice *c, const struct way *way,
		      const struct way *rival)
{
	size_t nr[NR_TYPES] = { 0 }, all = count_replaced(c, way, nr);

	if (way->plan->type & PCI_RESET_FUNC)
		fprintf(out, "one %s of %s", name_of(way), way->plan->dev->name);
	else
		fprintf(out, "one %s reset", name_of(way));
	if (all > 1) {
		fputs(" instead of ", out);
		say_replaced(out, nr, all);
		fputs(": ", out);
		say_why(out, c, way);
	} else {
		fprintf(out, " for %zu functions: they share the link", nr_open(c, way));
	}
	if (rival)
		say_times(out, way, rival);
}

static char *words_for(const struct choice *c, const struct way *way, const struct way *rival)
{
	char *words = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&words, &size);

	if (!out)
		return NULL;
	print_way(out, c, way, rival);
	if (!(ferror(out) | fclose(out)))
		return words;
	free(words);
	return NULL;
}

static uint32_t this_and_wider(uint32_t allowed, uint32_t type)
{
	uint32_t types = 0;

	for (size_t i = (size_t)type_index(type); i < NR_TYPES; i++)
		types |= allowed & pcireset_type_at(i);
	return types;
}

/*
 * The reset that all items join. If the plan escalates, it is planned again with the
 * wider types.
 */
static struct pcireset_plan *reset_of(const struct choice *c, const struct way *way)
{
	struct pcireset_plan *plan = plan_of(c, way->item), *own;

	if (!(plan->flags & PCIRESET_RESET_ESCALATE)) {
		if (way->plan == plan)
			return plan_share(plan) < 0 ? NULL : pcireset_plan_ref(plan->shared);
		return pcireset_plan_ref(way->plan);
	}
	own = try_types(c, way->item, this_and_wider(plan->types, way->plan->type), plan->flags);
	if (own && own->type != way->plan->type)
		own = pcireset_plan_unref(own);
	return own;
}

static int take_way(struct choice *c, struct way *way, const struct way *rival)
{
	char *words = words_for(c, way, rival);
	struct pcireset_plan *shared = words ? reset_of(c, way) : NULL;
	int r = words ? 0 : -ENOMEM;

	way->is_out = true;
	for (size_t i = 0; shared && !r && i < way->nr; i++) {
		size_t item = way->serves[i];

		if (c->is_settled[item])
			continue;
		r = plan_join(plan_of(c, item), shared, words);
		if (r == -ESTALE) /* the function is gone, and its own plan reports it */
			r = 0;
		c->is_settled[item] = true;
	}
	pcireset_plan_unref(shared);
	free(words);
	return r;
}

static int choose_ways(struct choice *c)
{
	struct way *best, *rival;
	int r = 0;

	for (size_t i = 0; i < c->batch->nr; i++)
		c->may_reset_links |= plan_of(c, i)->types & PCI_RESET_LINK;
	for (size_t i = 0; i < c->batch->nr; i++)
		note_item(c, i);
	for (size_t i = 0; !r && i < c->batch->nr; i++)
		if (is_part(c, i))
			r = add_own_way(c, i);
	if (!r && c->may_reset_links)
		r = find_same(c);
	for (size_t i = 0; !r && i < c->batch->nr; i++)
		if (is_part(c, i) && !c->is_asked[i])
			r = add_link_way(c, i);
	while (!r && (best = find_best(c, &rival)))
		r = take_way(c, best, rival);
	return r;
}

static int choice_begin(struct choice *c)
{
	const size_t nr_devs = c->batch->ctx->nr_devs + 1, nr = c->batch->nr + 1;

	c->item_of = calloc(nr_devs, sizeof(*c->item_of));
	c->below = calloc(nr_devs, sizeof(*c->below));
	c->reach = calloc(nr_devs, sizeof(*c->reach));
	c->is_settled = calloc(nr, sizeof(*c->is_settled));
	c->is_asked = calloc(nr, sizeof(*c->is_asked));
	c->next_same = calloc(nr, sizeof(*c->next_same));
	c->way_of = calloc(nr_devs, sizeof(*c->way_of));
	c->links = calloc(nr, sizeof(*c->links));
	c->ways = calloc(2 * nr, sizeof(*c->ways));
	return c->item_of && c->below && c->reach && c->is_settled && c->is_asked && c->next_same &&
			       c->way_of && c->links && c->ways ?
		       0 :
		       -ENOMEM;
}

static void choice_end(struct choice *c)
{
	for (size_t i = 0; i < c->nr_ways; i++) {
		pcireset_plan_unref(c->ways[i].plan);
		free(c->ways[i].serves);
	}
	free(c->ways);
	free(c->links);
	free(c->way_of);
	free(c->next_same);
	free(c->is_asked);
	free(c->is_settled);
	free(c->reach);
	free(c->below);
	free(c->item_of);
}

int pcireset_batch_choose(struct pcireset_batch *batch)
{
	struct choice c = { .batch = batch };
	char errmsg[sizeof(batch->ctx->errmsg)];
	int r;

	if (batch->has_run || batch->entries)
		return ctx_error(batch->ctx, -EINVAL, "the batch has been run");
	/* Unsuccessful attempts must not leave a message in the context. */
	memcpy(errmsg, batch->ctx->errmsg, sizeof(errmsg));
	r = choice_begin(&c);
	if (!r)
		r = choose_ways(&c);
	choice_end(&c);
	memcpy(batch->ctx->errmsg, errmsg, sizeof(errmsg));
	return r < 0 ? ctx_error(batch->ctx, r, "out of memory") : 0;
}
