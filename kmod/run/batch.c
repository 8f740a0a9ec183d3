// SPDX-License-Identifier: GPL-2.0-only
/* Run many plans: overlapping ones one after the other or as one, the rest in parallel. */
#include <linux/freezer.h>
#include <linux/hash.h>
#include <linux/jhash.h>
#include <linux/memcontrol.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "run/run.h"
#include "table/request.h"

/* Maximum number of threads. Each mostly sleeps. Workqueues of all kernels allow this many. */
#define MAX_THREADS 512

/* Maximum number of resets in progress per thread: lockdep follows 48 locks of a task. */
#define MAX_CARRIED 32

static struct workqueue_struct *batch_queue;

/**
 * struct batch - resets that are run together
 * @items: the items
 * @nr: number of @items
 * @caller: the requester
 * @payer: the caller's memory cgroup, charged for the memory of the threads
 * @groups: for each item, the number of the first item that it overlaps with
 * @loads: the work of each thread
 * @nr_loads: number of @loads
 * @done: items that are finished and not yet reported
 * @wait: wait queue of the caller, for @done
 * @deaf: ignore signals, which come from the freezer
 * @cancelled: begin no further item
 * @killed: the caller was killed
 */
struct batch {
	struct pcireset_item *items;
	unsigned int nr;
	struct pcireset_origin caller;
	struct mem_cgroup *payer;
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
 * struct batch_load - the work of one thread
 * @work: work item
 * @batch: the batch
 * @first: list of items, in the order of the request
 * @last: last item
 * @nr: number of items
 * @carried: the items have no common function, and run at the same time
 */
struct batch_load {
	struct work_struct work;
	struct batch *batch;
	struct pcireset_item *first;
	struct pcireset_item *last;
	unsigned int nr;
	bool carried;
};

/* A function and an item that affects it. Sorted by function, equal neighbours overlap. */
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

/* The only wait is for the function itself, so a thread can carry several such items. */
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

/* Light items that overlap with no other share a thread. Every other group has its own. */
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

/* The items that are finished since the last call, in the order of their ends. */
static struct llist_node *batch_take_done(struct batch *batch)
{
	return llist_reverse_order(llist_del_all(&batch->done));
}

/* Make the plan again: pcireset_batch_share() dropped it, as it equals another item's. */
static int batch_plan_like(struct pcireset_item *item)
{
	return pcireset_plan_make(item->dev, &item->like->plan->request, false, &item->plan);
}

/* Returns true if the item can begin. Otherwise it is finished. */
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
		item->again = item->run.access_at;
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
 * Returns true if the item can be finished. A late item has released its locks. It takes
 * them again only while this thread holds no other locks, because it may wait for them.
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

/* Finishes the items that are back. Returns the time of the next look, 0 if none is left. */
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
 * Begin items while others are in progress. The thread then holds the locks of several
 * items, so it waits for no lock: an item whose lock is not free runs alone, at the end.
 */
static void batch_carry(struct batch_load *load)
{
	/* As for run_execute(): drivers wait for the end of the resets. */
	unsigned int flags = memalloc_noio_save();
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
	memalloc_noio_restore(flags);
}

static void batch_run_load(struct batch_load *load)
{
	struct pcireset_item *item;

	if (load->carried) {
		batch_carry(load);
		return;
	}
	for (item = load->first; item; item = item->next)
		if (batch_open_item(load->batch, item))
			batch_run_alone(load->batch, item);
}

/* Allocations of a worker are not charged to the caller. */
static void batch_work(struct work_struct *work)
{
	struct batch_load *load = container_of(work, struct batch_load, work);
	struct mem_cgroup *before = set_active_memcg(load->batch->payer);

	batch_run_load(load);
	set_active_memcg(before);
}

/*
 * After a signal, begin no further item. After a fatal one, also wait no longer than the
 * specification lets a function take. The freezer's wakeup looks like a signal: the batch
 * continues, and the freezer waits for its end.
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

	/* A later plan has more members, and the report does not have all of them. */
	if (report->nr_members > report->max_members)
		return true;
	for (i = 0; i < report->nr_members; i++)
		if (batch_is_same_addr(&report->members[i].addr, &addr))
			return true;
	return false;
}

static void batch_report_item(struct pcireset_item *leader,
			      void (*finished)(struct pcireset_item *item))
{
	struct pcireset_item *item;

	leader->report = &leader->own;
	finished(leader);
	for (item = leader->followers; item; item = item->next) {
		item->report = &leader->own;
		item->result = leader->result;
		/* The plan may have been replaced by one without this function. */
		if (!item->result && !batch_is_member(item->report, item->dev))
			item->result = -ENODEV;
		finished(item);
	}
	kvfree(leader->own.members);
	leader->own.members = NULL;
}

static void batch_run_loads(struct batch *batch, bool interruptible,
			    void (*finished)(struct pcireset_item *item))
{
	struct pcireset_item *item, *next;
	unsigned int i, left = 0;

	for (i = 0; i < batch->nr_loads; i++) {
		left += batch->loads[i].nr;
		INIT_WORK(&batch->loads[i].work, batch_work);
		queue_work(batch_queue, &batch->loads[i].work);
	}
	while (left) {
		batch_wait_for_some(batch, interruptible);
		llist_for_each_entry_safe(item, next, batch_take_done(batch), done) {
			batch_report_item(item, finished);
			left--;
		}
	}
	/* All items are finished, but their threads may still be running. */
	for (i = 0; i < batch->nr_loads; i++)
		flush_work(&batch->loads[i].work);
}

#define BATCH_HASH(name, kind, limit) (hash = jhash_1word(request->name, hash))

/* Equal requests have equal hashes. */
static u32 batch_hash_options(const struct pcireset_request *request, u32 hash)
{
	PCIRESET_REQUEST_OPTIONS(BATCH_HASH);
	return jhash_1word(request->link_speed, hash);
}

static u32 batch_hash_reset(const struct pcireset_plan *plan)
{
	u32 hash = hash_long((unsigned long)plan->bridge, 32);

	return batch_hash_options(&plan->request, jhash_1word(plan->types[0], hash));
}

static u32 batch_hash_plan(const struct pcireset_plan *plan)
{
	const struct pcireset_request *request = &plan->request;
	u32 hash = hash_long((unsigned long)plan->dev, 32);

	return batch_hash_options(request, jhash_2words(request->types, request->max_scope, hash));
}

#define BATCH_COMPARE(name, kind, limit) (same &= a->name == b->name)

static bool batch_is_same_request(const struct pcireset_request *a,
				  const struct pcireset_request *b)
{
	bool same = a->must_own == b->must_own && a->by_user == b->by_user &&
		    a->link_speed == b->link_speed;

	PCIRESET_REQUEST_OPTIONS(BATCH_COMPARE);
	return same;
}

/* One reset of a link serves all equal requests, for any function on that link. */
static bool batch_is_same_reset(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	return a->bridge == b->bridge && a->types[0] == b->types[0] && a->nr_fns == b->nr_fns &&
	       a->fns[0].dev == b->fns[0].dev && a->counter == b->counter &&
	       a->topology == b->topology && batch_is_same_request(&a->request, &b->request);
}

/* Can the item share its reset with other items? */
static bool batch_is_shareable(const struct pcireset_item *item)
{
	const struct pcireset_plan *plan = item->plan;

	if (!plan || plan->error || plan->nr_types != 1 || !(plan->types[0] & PCIRESET_LINK_TYPES))
		return false;
	return !item->wanted || pcireset_plan_same(plan, item->wanted);
}

/* Only an item with a particular plan may get ESTALE: do not mix the two. */
static bool batch_serves(const struct pcireset_item *leader, const struct pcireset_item *item)
{
	return leader->plan && batch_is_same_reset(leader->plan, item->plan) &&
	       !leader->wanted == !item->wanted;
}

/* @at: the hash of @item; returns true if the reset of an earlier item serves it, too. */
static bool batch_share_reset(struct pcireset_item *items, unsigned int at,
			      struct pcireset_item *item)
{
	unsigned int nr;

	for (nr = items[at].resets.first; nr; nr = items[nr - 1].resets.next) {
		struct pcireset_item *leader = &items[nr - 1];

		if (!batch_serves(leader, item))
			continue;
		item->next = leader->followers;
		leader->followers = item;
		return true;
	}
	item->resets.next = items[at].resets.first;
	items[at].resets.first = item - items + 1;
	return false;
}

static bool batch_is_same_plan(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	return a->dev == b->dev && a->request.types == b->request.types &&
	       a->request.max_scope == b->request.max_scope &&
	       batch_is_same_request(&a->request, &b->request) && pcireset_plan_same(a, b);
}

/* @at: the hash of @item; returns true if an earlier item has an equal plan. */
static bool batch_share_plan(struct pcireset_item *items, unsigned int at,
			     struct pcireset_item *item)
{
	unsigned int nr;

	for (nr = items[at].plans.first; nr; nr = items[nr - 1].plans.next) {
		if (!batch_is_same_plan(items[nr - 1].plan, item->plan))
			continue;
		item->like = &items[nr - 1];
		return true;
	}
	item->plans.next = items[at].plans.first;
	items[at].plans.first = item - items + 1;
	return false;
}

/**
 * pcireset_batch_share - let an item share the reset or the plan of an earlier item
 * @items: the items
 * @nr: number of the item, which has a plan, and of the items before it
 * @nr_items: number of all @items
 *
 * Puts the plan of the item in both cases. So the plans of thousands of functions on a
 * bus, or of hundreds of VFs, are not in memory at the same time. Called for each item in
 * turn: the time for all of them grows with their number, not with its square.
 */
void pcireset_batch_share(struct pcireset_item *items, unsigned int nr, unsigned int nr_items)
{
	struct pcireset_item *item = &items[nr];
	const struct pcireset_plan *plan = item->plan;

	if (!(batch_is_shareable(item) &&
	      batch_share_reset(items, batch_hash_reset(plan) % nr_items, item)) &&
	    !batch_share_plan(items, batch_hash_plan(plan) % nr_items, item))
		return;
	pcireset_plan_put(item->plan);
	item->plan = NULL;
}

/**
 * pcireset_batch_run - run many plans at once
 * @items: the items; those with a plan are run, and the plans are put
 * @nr: number of @items
 * @interruptible: a signal cancels the items that have not begun
 * @finished: called in the caller's thread for each item that has finished, in the
 *	order of their ends; the report is valid during the call
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: 0 if the plans were run, with any results; -ENOMEM if none was run.
 */
int pcireset_batch_run(struct pcireset_item *items, unsigned int nr, bool interruptible,
		       void (*finished)(struct pcireset_item *item))
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
	if (!error) {
		batch.payer = get_mem_cgroup_from_mm(current->mm);
		batch_run_loads(&batch, interruptible, finished);
		mem_cgroup_put(batch.payer);
	}

	for (i = 0; i < nr; i++)
		pcireset_plan_put(items[i].plan);
	kvfree(batch.loads);
	kvfree(batch.groups);
	return error;
}

/**
 * pcireset_item_member - return a member of an item's report
 * @item: the item, finished
 * @nr: number of the member in the report
 *
 * Return: the member, with PCIRESET_MEMBER_TARGET only for the item's own function.
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

/* Make a new plan for each job: the caller may run its own plan more than once. */
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
		pcireset_batch_share(items, i, nr);
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
