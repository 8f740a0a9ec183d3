// SPDX-License-Identifier: GPL-2.0-only
/* Many plans at once: what overlaps runs in turn or as one, the rest side by side. */
#include <linux/freezer.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "run/run.h"

/* Threads at the most; each sleeps most of the time. No kernel's workqueue has fewer. */
#define MAX_THREADS 512

/* Resets that one thread carries at a time: lockdep follows 48 locks of a task. */
#define MAX_CARRIED 32

static struct workqueue_struct *batch_queue;

/**
 * struct batch - resets that are run together
 * @items: all of them
 * @nr: number of @items
 * @caller: who asked for them
 * @groups: for each of @items the number of the first that it overlaps with
 * @loads: what the threads do
 * @nr_loads: number of @loads
 * @done: items that are over and not yet told of
 * @wait: the caller waits there for @done
 * @deaf: signals are the freezer's, which has to wait
 * @cancelled: nothing more is begun
 * @killed: nobody waits for the result
 */
struct batch {
	struct pcireset_item *items;
	unsigned int nr;
	struct pcireset_origin caller;
	unsigned int *groups;
	struct batch_load *loads;
	unsigned int nr_loads;
	struct llist_head done;
	wait_queue_head_t wait;
	bool deaf;
	bool cancelled;
	bool killed;
};

/**
 * struct batch_load - what one thread does
 * @work: does it
 * @batch: the batch
 * @first: its items, in the order given
 * @last: the last of them
 * @nr: how many there are
 * @carried: they share no function, and run together
 */
struct batch_load {
	struct work_struct work;
	struct batch *batch;
	struct pcireset_item *first;
	struct pcireset_item *last;
	unsigned int nr;
	bool carried;
};

/* A function and an item that hits it: sorted by function, neighbours overlap. */
struct batch_hit {
	struct pci_dev *dev;
	unsigned int item;
};

static int batch_compare_hits(const void *a, const void *b)
{
	const struct batch_hit *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return 0;
}

static unsigned int batch_find_group(unsigned int *groups, unsigned int item)
{
	while (groups[item] != item) {
		groups[item] = groups[groups[item]];
		item = groups[item];
	}
	return item;
}

static void batch_join_groups(unsigned int *groups, unsigned int a, unsigned int b)
{
	a = batch_find_group(groups, a);
	b = batch_find_group(groups, b);
	groups[max(a, b)] = min(a, b);
}

static size_t batch_count_hits(const struct batch *batch)
{
	unsigned int i;
	size_t nr = 0;

	for (i = 0; i < batch->nr; i++)
		if (batch->items[i].plan)
			nr += batch->items[i].plan->nr_fns + 2;
	return nr;
}

static struct batch_hit *batch_add_hits(struct batch_hit *hit, const struct pcireset_plan *plan,
					unsigned int item)
{
	unsigned int i;

	*hit++ = (struct batch_hit){ plan->dev, item };
	if (plan->bridge)
		*hit++ = (struct batch_hit){ plan->bridge, item };
	for (i = 0; i < plan->nr_fns; i++)
		*hit++ = (struct batch_hit){ plan->fns[i].dev, item };
	return hit;
}

static int batch_form_groups(struct batch *batch)
{
	struct batch_hit *hits, *end;
	unsigned int i;

	hits = kvcalloc(batch_count_hits(batch), sizeof(*hits), GFP_KERNEL_ACCOUNT);
	if (!hits)
		return -ENOMEM;

	end = hits;
	for (i = 0; i < batch->nr; i++) {
		batch->groups[i] = i;
		if (batch->items[i].plan)
			end = batch_add_hits(end, batch->items[i].plan, i);
		else if (batch->items[i].like)
			batch_join_groups(batch->groups, i, batch->items[i].like - batch->items);
	}
	sort(hits, end - hits, sizeof(*hits), batch_compare_hits, NULL);
	for (i = 1; i < end - hits; i++)
		if (hits[i].dev == hits[i - 1].dev)
			batch_join_groups(batch->groups, hits[i].item, hits[i - 1].item);
	for (i = 0; i < batch->nr; i++)
		batch->groups[i] = batch_find_group(batch->groups, i);

	kvfree(hits);
	return 0;
}

/* Nothing in it waits but for the function itself. */
static bool batch_is_light(const struct pcireset_item *item)
{
	const struct pcireset_plan *plan = item->plan;

	if (plan->error)
		return true;
	return plan->nr_types == 1 && plan->types[0] == PCI_RESET_FLR && plan->nr_fns == 1 &&
	       !plan->request.settle_ms && !plan->fns[0].calls_back;
}

static void batch_append(struct batch_load *load, struct pcireset_item *item)
{
	if (load->last)
		load->last->next = item;
	else
		load->first = item;
	load->last = item;
	load->nr++;
}

static struct batch_load *batch_add_load(struct batch *batch, bool carried)
{
	struct batch_load *load = &batch->loads[batch->nr_loads++];

	load->batch = batch;
	load->carried = carried;
	return load;
}

/* A group of one that is light goes with others of the kind, any other group by itself. */
static void batch_share_out(struct batch *batch, const unsigned int *sizes,
			    struct batch_load **of_group)
{
	unsigned int room, i;
	struct batch_load *light = NULL;

	room = clamp(DIV_ROUND_UP(batch->nr, num_online_cpus()), 1U, (unsigned int)MAX_CARRIED);
	for (i = 0; i < batch->nr; i++) {
		struct pcireset_item *item = &batch->items[i];
		unsigned int group = batch->groups[i];

		if (!item->plan && !item->like)
			continue;
		if (sizes[group] == 1 && batch_is_light(item)) {
			if (!light || light->nr == room)
				light = batch_add_load(batch, true);
			batch_append(light, item);
			continue;
		}
		if (!of_group[group])
			of_group[group] = batch_add_load(batch, false);
		batch_append(of_group[group], item);
	}
}

static int batch_form_loads(struct batch *batch)
{
	struct batch_load **of_group;
	unsigned int *sizes, i;
	int error = -ENOMEM;

	sizes = kvcalloc(batch->nr, sizeof(*sizes), GFP_KERNEL_ACCOUNT);
	of_group = kvcalloc(batch->nr, sizeof(*of_group), GFP_KERNEL_ACCOUNT);
	batch->loads = kvcalloc(batch->nr, sizeof(*batch->loads), GFP_KERNEL_ACCOUNT);
	if (sizes && of_group && batch->loads) {
		for (i = 0; i < batch->nr; i++)
			sizes[batch->groups[i]]++;
		batch_share_out(batch, sizes, of_group);
		error = 0;
	}
	kvfree(of_group);
	kvfree(sizes);
	return error;
}

static void batch_set_done(struct batch *batch, struct pcireset_item *item, int result)
{
	item->result = result;
	llist_add(&item->done, &batch->done);
	wake_up(&batch->wait);
}

/* Its plan was the same as that of another, and not kept. */
static int batch_plan_like(struct pcireset_item *item)
{
	return pcireset_plan_make(item->dev, &item->like->plan->request, false, &item->plan);
}

/* True if the item can be begun; else it is done. */
static bool batch_open_item(struct batch *batch, struct pcireset_item *item)
{
	if (READ_ONCE(batch->cancelled)) {
		item->own.why = PCIRESET_WHY_CANCELLED;
		item->own.who = pcireset_addr_of(item->dev);
		batch_set_done(batch, item, -EINTR);
		return false;
	}
	if (!item->plan && batch_plan_like(item)) {
		batch_set_done(batch, item, -ENOMEM);
		return false;
	}
	item->own.max_members = item->plan->nr_fns;
	item->own.members =
		kvcalloc(item->plan->nr_fns, sizeof(*item->own.members), GFP_KERNEL_ACCOUNT);
	if (!item->own.members && item->plan->nr_fns) {
		batch_set_done(batch, item, -ENOMEM);
		return false;
	}
	item->run = (struct pcireset_run){
		.plan = item->plan,
		.wanted = item->wanted,
		.report = &item->own,
		.origin = pcireset_origin_next(&batch->caller),
		.killed = &batch->killed,
		.started = ktime_get(),
	};
	return true;
}

static void batch_run_alone(struct batch *batch, struct pcireset_item *item)
{
	int result = pcireset_run_plan(&item->run);

	item->plan = item->run.plan;
	if (item->like) {
		pcireset_plan_put(item->plan);
		item->plan = NULL;
	}
	batch_set_done(batch, item, result);
}

static void batch_start_item(struct batch *batch, struct pcireset_item *item)
{
	int result;

	item->state = PCIRESET_ITEM_DONE;
	if (!batch_open_item(batch, item))
		return;
	result = pcireset_start(&item->run);
	if (result == -EAGAIN) {
		item->state = PCIRESET_ITEM_POSTPONED;
	} else if (result) {
		batch_set_done(batch, item, result);
	} else {
		item->state = PCIRESET_ITEM_STARTED;
		item->again = item->run.settle;
	}
}

static bool batch_holds_locks(const struct batch_load *load)
{
	const struct pcireset_item *item;

	for (item = load->first; item; item = item->next)
		if (item->state == PCIRESET_ITEM_STARTED)
			return true;
	return false;
}

/*
 * Nothing of it is waited for. A late one has given its locks back, and takes them
 * again when this thread holds no others: it may have to wait for them.
 */
static bool batch_is_back(const struct batch_load *load, struct pcireset_item *item)
{
	if (item->state == PCIRESET_ITEM_LATE) {
		if (pcireset_attend(&item->run, &item->again))
			return false;
		item->again = ktime_add_ms(ktime_get(), 1);
		return !batch_holds_locks(load);
	}
	if (!pcireset_is_over(&item->run, &item->again))
		return false;
	if (pcireset_bring_back(&item->run))
		return true;
	item->state = PCIRESET_ITEM_LATE;
	item->again = ktime_get();
	return false;
}

/* Finishes what need not be waited for; returns when to look at the rest, 0 if there is none. */
static ktime_t batch_look_at_all(struct batch_load *load, const struct pcireset_item *end)
{
	struct pcireset_item *item;
	ktime_t again = 0;

	for (item = load->first; item != end; item = item->next) {
		if (item->state != PCIRESET_ITEM_STARTED && item->state != PCIRESET_ITEM_LATE)
			continue;
		if (!ktime_before(ktime_get(), item->again) && batch_is_back(load, item)) {
			item->state = PCIRESET_ITEM_DONE;
			batch_set_done(load->batch, item, pcireset_finish(&item->run));
		} else if (!again || ktime_before(item->again, again)) {
			again = item->again;
		}
	}
	return again;
}

/*
 * One is begun while others are waited for. The locks of several are held
 * then, so none is waited for: who would have to comes last, by itself.
 */
static void batch_carry(struct batch_load *load)
{
	struct pcireset_item *item;
	ktime_t again;

	for (item = load->first; item; item = item->next) {
		batch_start_item(load->batch, item);
		batch_look_at_all(load, item->next);
	}
	while ((again = batch_look_at_all(load, NULL)))
		pcireset_sleep_until(again);

	for (item = load->first; item; item = item->next)
		if (item->state == PCIRESET_ITEM_POSTPONED)
			batch_run_alone(load->batch, item);
}

static void batch_run_load(struct work_struct *work)
{
	struct batch_load *load = container_of(work, struct batch_load, work);
	struct pcireset_item *item;

	if (load->carried) {
		batch_carry(load);
		return;
	}
	for (item = load->first; item; item = item->next)
		if (batch_open_item(load->batch, item))
			batch_run_alone(load->batch, item);
}

/*
 * A signal: nothing more is begun. A fatal one: nobody is waited for longer
 * than the specification allows a function to take. The freezer only seems to
 * signal; it waits until all is done.
 */
static void batch_wait_for_some(struct batch *batch, bool interruptible)
{
	if (interruptible && !batch->deaf && !batch->cancelled) {
		if (!wait_event_interruptible(batch->wait, !llist_empty(&batch->done)))
			return;
		batch->deaf = freezing(current);
		WRITE_ONCE(batch->cancelled, !batch->deaf);
	}
	if (!batch->killed) {
		if (!wait_event_killable(batch->wait, !llist_empty(&batch->done)))
			return;
		WRITE_ONCE(batch->cancelled, true);
		WRITE_ONCE(batch->killed, true);
	}
	wait_event(batch->wait, !llist_empty(&batch->done));
}

static bool batch_is_same_addr(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	return a->domain == b->domain && a->bus == b->bus && a->devfn == b->devfn;
}

static bool batch_is_member(const struct pcireset_report *report, const struct pci_dev *dev)
{
	struct pcireset_addr addr = pcireset_addr_of(dev);
	u32 i;

	/* There are more than were planned for, and not all are told. */
	if (report->nr_members > report->max_members)
		return true;
	for (i = 0; i < report->nr_members; i++)
		if (batch_is_same_addr(&report->members[i].addr, &addr))
			return true;
	return false;
}

static void batch_report_item(struct pcireset_item *leader,
			      void (*told)(struct pcireset_item *item))
{
	struct pcireset_item *item;

	leader->report = &leader->own;
	told(leader);
	for (item = leader->followers; item; item = item->next) {
		item->report = &leader->own;
		item->result = leader->result;
		/* Planned anew since, perhaps, and without this one. */
		if (!item->result && !batch_is_member(item->report, item->dev))
			item->result = -ENODEV;
		told(item);
	}
	kvfree(leader->own.members);
	leader->own.members = NULL;
}

static void batch_run_loads(struct batch *batch, bool interruptible,
			    void (*told)(struct pcireset_item *item))
{
	struct pcireset_item *item, *next;
	unsigned int i, left = 0;

	for (i = 0; i < batch->nr_loads; i++) {
		left += batch->loads[i].nr;
		INIT_WORK(&batch->loads[i].work, batch_run_load);
		queue_work(batch_queue, &batch->loads[i].work);
	}
	while (left) {
		batch_wait_for_some(batch, interruptible);
		llist_for_each_entry_safe(item, next, llist_del_all(&batch->done), done) {
			batch_report_item(item, told);
			left--;
		}
	}
	/* All is done; the threads may still be on their way out. */
	for (i = 0; i < batch->nr_loads; i++)
		flush_work(&batch->loads[i].work);
}

static bool batch_is_same_request(const struct pcireset_request *a,
				  const struct pcireset_request *b)
{
	return a->checks == b->checks && a->force == b->force && a->flags == b->flags &&
	       a->timeout_ms == b->timeout_ms && a->settle_ms == b->settle_ms &&
	       a->must_own == b->must_own && a->by_user == b->by_user;
}

/* One reset of a link serves all that asked for the same one, whichever function they named. */
static bool batch_is_same_reset(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	return a->bridge == b->bridge && a->types[0] == b->types[0] && a->nr_fns == b->nr_fns &&
	       a->fns[0].dev == b->fns[0].dev && a->counter == b->counter &&
	       a->topology == b->topology && batch_is_same_request(&a->request, &b->request);
}

/* May other items be part of it, or it part of another one? */
static bool batch_is_shareable(const struct pcireset_item *item)
{
	const struct pcireset_plan *plan = item->plan;

	if (!plan || plan->error || plan->nr_types != 1 || !(plan->types[0] & PCI_RESET_LINK))
		return false;
	return !item->wanted || pcireset_plan_same(plan, item->wanted);
}

static bool batch_share_reset(struct pcireset_item *items, struct pcireset_item *item)
{
	struct pcireset_item *other;

	if (!batch_is_shareable(item))
		return false;
	for (other = items; other < item; other++) {
		/* Only who wants one particular plan may be told that it is stale. */
		if (!batch_is_shareable(other) || !batch_is_same_reset(other->plan, item->plan) ||
		    !other->wanted != !item->wanted)
			continue;
		item->next = other->followers;
		other->followers = item;
		return true;
	}
	return false;
}

static bool batch_is_same_plan(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	return a->dev == b->dev && a->request.types == b->request.types &&
	       a->request.max_scope == b->request.max_scope &&
	       batch_is_same_request(&a->request, &b->request) && pcireset_plan_same(a, b);
}

static bool batch_share_plan(struct pcireset_item *items, struct pcireset_item *item)
{
	struct pcireset_item *other;

	for (other = items; other < item; other++) {
		if (!other->plan || !batch_is_same_plan(other->plan, item->plan))
			continue;
		item->like = other;
		return true;
	}
	return false;
}

/**
 * pcireset_batch_share - let one item be part of another one's reset, or have its plan
 * @items: the items before it
 * @nr: how many these are, and the number of the item in question
 *
 * Its plan is put in both cases: not all plans of a bus with thousands of functions,
 * or of a PF with hundreds of VFs, need be there at a time.
 */
void pcireset_batch_share(struct pcireset_item *items, unsigned int nr)
{
	struct pcireset_item *item = &items[nr];

	if (!batch_share_reset(items, item) && !batch_share_plan(items, item))
		return;
	pcireset_plan_put(item->plan);
	item->plan = NULL;
}

/**
 * pcireset_batch_run - run many plans at once
 * @items: those that have a plan are run; puts the plans
 * @nr: number of @items
 * @interruptible: a signal cancels what has not begun
 * @told: called in the caller's thread for each item that is over, in the
 *	order in which that happens; its report is there that long
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: 0 if the plans were run, whatever came of them; -ENOMEM if none was.
 */
int pcireset_batch_run(struct pcireset_item *items, unsigned int nr, bool interruptible,
		       void (*told)(struct pcireset_item *item))
{
	struct batch batch = { .items = items, .nr = nr };
	unsigned int i;
	int error;

	pcireset_origin_here(&batch.caller);
	init_llist_head(&batch.done);
	init_waitqueue_head(&batch.wait);
	batch.groups = kvcalloc(nr, sizeof(*batch.groups), GFP_KERNEL_ACCOUNT);
	error = batch.groups ? batch_form_groups(&batch) : -ENOMEM;
	if (!error)
		error = batch_form_loads(&batch);
	if (!error)
		batch_run_loads(&batch, interruptible, told);

	for (i = 0; i < nr; i++)
		pcireset_plan_put(items[i].plan);
	kvfree(batch.loads);
	kvfree(batch.groups);
	return error;
}

/**
 * pcireset_item_member - a member of the report that an item is told
 * @item: the item
 * @nr: number of the member, less than that of the report
 *
 * Return: the member as seen by the function that was asked for.
 */
struct pcireset_member pcireset_item_member(const struct pcireset_item *item, u32 nr)
{
	struct pcireset_member member = item->report->members[nr];
	struct pcireset_addr addr = pcireset_addr_of(item->dev);

	member.flags &= ~PCIRESET_MEMBER_TARGET;
	if (batch_is_same_addr(&member.addr, &addr))
		member.flags |= PCIRESET_MEMBER_TARGET;
	return member;
}

static void batch_report_job(struct pcireset_item *item)
{
	struct pcireset_job *job = item->data;
	struct pcireset_report *to = job->report;
	struct pcireset_member *members;
	u32 i, max;

	job->result = item->result;
	if (!to)
		return;
	members = to->members;
	max = to->max_members;
	*to = *item->report;
	to->members = members;
	to->max_members = max;
	for (i = 0; members && i < min3(max, item->report->max_members, to->nr_members); i++)
		members[i] = pcireset_item_member(item, i);
}

/* A plan of the caller's may be run more than once, and is not run itself. */
static int batch_make_items(struct pcireset_job *jobs, struct pcireset_item *items, unsigned int nr)
{
	unsigned int i;
	int error;

	for (i = 0; i < nr; i++) {
		struct pcireset_plan *plan = jobs[i].plan;

		items[i].data = &jobs[i];
		items[i].dev = plan->dev;
		items[i].wanted = plan;
		error = pcireset_plan_make(plan->dev, &plan->request, false, &items[i].plan);
		if (error)
			return error;
		pcireset_batch_share(items, i);
	}
	return 0;
}

/**
 * pcireset_run_batch - run many plans at once
 * @jobs: plans and their reports; the result of each is written
 * @nr_jobs: number of @jobs
 *
 * Plans without a common function run in parallel. Plans that reset the same link
 * run as one. Other overlapping plans run in the given order. A failed plan does
 * not stop the others. A fatal signal cancels the plans that have not begun, with
 * -EINTR.
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: 0 if the plans were run, whether they succeeded or not; -ENOMEM if none
 * was run.
 */
int pcireset_run_batch(struct pcireset_job *jobs, unsigned int nr_jobs)
{
	struct pcireset_item *items;
	unsigned int i;
	int error;

	if (!nr_jobs)
		return 0;
	items = kvcalloc(nr_jobs, sizeof(*items), GFP_KERNEL);
	if (!items)
		return -ENOMEM;

	error = batch_make_items(jobs, items, nr_jobs);
	if (!error)
		error = pcireset_batch_run(items, nr_jobs, false, batch_report_job);
	else
		for (i = 0; i < nr_jobs; i++)
			pcireset_plan_put(items[i].plan);
	kvfree(items);
	return error;
}
PCIRESET_EXPORT(pcireset_run_batch);

int pcireset_batch_init(void)
{
	batch_queue = alloc_workqueue("pcireset", WQ_UNBOUND, MAX_THREADS);
	return batch_queue ? 0 : -ENOMEM;
}

void pcireset_batch_exit(void)
{
	destroy_workqueue(batch_queue);
}
