// SPDX-License-Identifier: GPL-2.0-only
/* Many plans at once: what overlaps runs in turn or as one, the rest side by side. */
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/workqueue.h>

#include "pcireset.h"

/* Plans that run side by side at the most; each sleeps most of the time. */
#define MAX_ACTIVE 256

static struct workqueue_struct *queue;

/**
 * struct group - jobs that share functions, directly or through others
 * @work: runs them, in the order given
 * @jobs: all jobs of the batch
 * @groups: for each job the number of its group
 * @nr_jobs: number of @jobs
 * @number: which of them are this group's
 */
struct group {
	struct work_struct work;
	struct pcireset_job *jobs;
	const unsigned int *groups;
	unsigned int nr_jobs;
	unsigned int number;
};

/* A function and a job that hits it: sorted by function, neighbours overlap. */
struct hit {
	struct pci_dev *dev;
	unsigned int job;
};

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return 0;
}

static unsigned int find_group(unsigned int *groups, unsigned int job)
{
	while (groups[job] != job) {
		groups[job] = groups[groups[job]];
		job = groups[job];
	}
	return job;
}

static void join(unsigned int *groups, unsigned int a, unsigned int b)
{
	a = find_group(groups, a);
	b = find_group(groups, b);
	groups[max(a, b)] = min(a, b);
}

static unsigned int count_hits(const struct pcireset_job *jobs, unsigned int nr_jobs)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_jobs; i++)
		nr += jobs[i].plan->nr_fns + 2;
	return nr;
}

static struct hit *add_hits(struct hit *hit, const struct pcireset_plan *plan, unsigned int job)
{
	unsigned int i;

	*hit++ = (struct hit){ plan->dev, job };
	if (plan->bridge)
		*hit++ = (struct hit){ plan->bridge, job };
	for (i = 0; i < plan->nr_fns; i++)
		*hit++ = (struct hit){ plan->fns[i].dev, job };
	return hit;
}

static int form_groups(struct pcireset_job *jobs, unsigned int nr_jobs, unsigned int *groups)
{
	struct hit *hits, *end;
	unsigned int i;

	hits = kvcalloc(count_hits(jobs, nr_jobs), sizeof(*hits), GFP_KERNEL);
	if (!hits)
		return -ENOMEM;

	end = hits;
	for (i = 0; i < nr_jobs; i++) {
		groups[i] = i;
		end = add_hits(end, jobs[i].plan, i);
	}
	sort(hits, end - hits, sizeof(*hits), compare_hits, NULL);
	for (i = 1; i < end - hits; i++)
		if (hits[i].dev == hits[i - 1].dev)
			join(groups, hits[i].job, hits[i - 1].job);
	for (i = 0; i < nr_jobs; i++)
		groups[i] = find_group(groups, i);

	kvfree(hits);
	return 0;
}

/* One reset of a link serves all that asked for the same one, whichever function they named. */
static bool is_same_reset(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	unsigned int i;

	if (!a->nr_types || !b->nr_types || a->types[0] != b->types[0] ||
	    !(a->types[0] & PCI_RESET_LINK) || a->nr_types != 1 || b->nr_types != 1 ||
	    a->nr_fns != b->nr_fns || a->error || b->error)
		return a == b;
	for (i = 0; i < a->nr_fns; i++)
		if (a->fns[i].dev != b->fns[i].dev)
			return false;
	return a->request.checks == b->request.checks && a->request.force == b->request.force &&
	       a->request.flags == b->request.flags &&
	       a->request.timeout_ms == b->request.timeout_ms &&
	       a->request.settle_ms == b->request.settle_ms;
}

static bool is_same_job(const struct group *group, unsigned int a, unsigned int b)
{
	return group->groups[a] == group->number && group->groups[b] == group->number &&
	       is_same_reset(group->jobs[a].plan, group->jobs[b].plan);
}

static bool is_done(const struct group *group, unsigned int nr)
{
	unsigned int i;

	for (i = group->number; i < nr; i++)
		if (is_same_job(group, i, nr))
			return true;
	return false;
}

static bool is_addr_of(const struct pcireset_addr *addr, const struct pci_dev *dev)
{
	struct pcireset_addr other = pcireset_addr_of(dev);

	return addr->domain == other.domain && addr->bus == other.bus && addr->devfn == other.devfn;
}

/* The same story for all: but for the room for members, and who was asked for. */
static void tell(const struct pcireset_report *report, int result, struct pcireset_job *job)
{
	struct pcireset_report *to = job->report;
	struct pcireset_member *members;
	u32 i, max;

	job->result = result;
	if (!to)
		return;

	members = to->members;
	max = to->max_members;
	*to = *report;
	to->members = members;
	to->max_members = max;
	for (i = 0; members && i < min3(max, report->max_members, report->nr_members); i++) {
		members[i] = report->members[i];
		members[i].flags &= ~PCIRESET_MEMBER_TARGET;
		if (is_addr_of(&members[i].addr, job->plan->dev))
			members[i].flags |= PCIRESET_MEMBER_TARGET;
	}
}

/* Each caller may have room for fewer members, or none: the reset is told here first. */
static void run_job(const struct group *group, unsigned int nr)
{
	struct pcireset_plan *plan = group->jobs[nr].plan;
	struct pcireset_report report = { .max_members = plan->nr_fns };
	int result = -ENOMEM;
	unsigned int i;

	report.members = kvcalloc(plan->nr_fns, sizeof(*report.members), GFP_KERNEL);
	if (report.members)
		result = pcireset_run(plan, &report);
	for (i = nr; i < group->nr_jobs; i++)
		if (is_same_job(group, nr, i))
			tell(&report, result, &group->jobs[i]);
	kvfree(report.members);
}

static void run_group(struct work_struct *work)
{
	struct group *group = container_of(work, struct group, work);
	unsigned int i;

	for (i = group->number; i < group->nr_jobs; i++)
		if (group->groups[i] == group->number && !is_done(group, i))
			run_job(group, i);
}

static int run_groups(struct pcireset_job *jobs, const unsigned int *groups, unsigned int nr_jobs)
{
	struct group *list;
	unsigned int i;

	list = kvcalloc(nr_jobs, sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;

	for (i = 0; i < nr_jobs; i++) {
		if (groups[i] != i)
			continue;
		list[i] = (struct group){
			.jobs = jobs,
			.groups = groups,
			.nr_jobs = nr_jobs,
			.number = i,
		};
		INIT_WORK(&list[i].work, run_group);
		queue_work(queue, &list[i].work);
	}
	for (i = 0; i < nr_jobs; i++)
		if (groups[i] == i)
			flush_work(&list[i].work);

	kvfree(list);
	return 0;
}

/**
 * pcireset_run_batch - run many plans at once
 * @jobs: plans, and where to put what happened; result of each is written
 * @nr_jobs: number of @jobs
 *
 * Plans that share no function run side by side. Plans that reset the same
 * link run as one. Other plans that overlap run in the order given.
 * A failure of one does not stop the others.
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: 0 if the plans were run, whatever came of them; -ENOMEM if none was.
 */
int pcireset_run_batch(struct pcireset_job *jobs, unsigned int nr_jobs)
{
	unsigned int *groups;
	int error;

	if (!nr_jobs)
		return 0;
	groups = kvcalloc(nr_jobs, sizeof(*groups), GFP_KERNEL);
	if (!groups)
		return -ENOMEM;

	error = form_groups(jobs, nr_jobs, groups);
	if (!error)
		error = run_groups(jobs, groups, nr_jobs);
	kvfree(groups);
	return error;
}
PCIRESET_EXPORT(pcireset_run_batch);

int pcireset_batch_init(void)
{
	queue = alloc_workqueue("pcireset", WQ_UNBOUND, MAX_ACTIVE);
	return queue ? 0 : -ENOMEM;
}

void pcireset_batch_exit(void)
{
	destroy_workqueue(queue);
}
