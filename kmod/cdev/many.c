// SPDX-License-Identifier: GPL-2.0-only
/* PCIRESET_RESET_MANY: the resets of many descriptors in one call. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pcireset.h"

/**
 * struct job - one reset that user space asked for
 * @file: the device's descriptor
 * @user: where it was read from
 * @user_reset: where its reset was read from
 * @reset: what is asked for, and what came of it
 * @wanted: the plan of the generation that is asked for, or NULL
 */
struct job {
	struct file *file;
	struct pcireset_reset_entry __user *user;
	struct pcireset_reset __user *user_reset;
	struct pcireset_reset reset;
	struct pcireset_plan *wanted;
};

struct jobs {
	struct job *v;
	struct pcireset_item *items;
	u32 nr;
};

/* Nothing is touched yet, and all must be right before anything is. */
static int get_job(struct job *job, struct pcireset_reset_entry __user *user, u32 usize)
{
	struct pcireset_reset_entry arg;
	int error;

	error = copy_struct_from_user(&arg, sizeof(arg), user, usize);
	if (error)
		return error;
	if (arg.__reserved)
		return -EINVAL;
	job->user = user;
	job->user_reset = u64_to_user_ptr(arg.reset_ptr);
	job->file = fget(arg.fd);
	if (!job->file)
		return -EBADF;
	error = pcireset_copy_in(&job->reset, PCIRESET_SIZES(reset, RESET), job->user_reset);
	if (!error)
		error = pcireset_device_check(job->file, &job->reset);
	if (error)
		return error;
	/* Afterwards it is too late to say EFAULT. */
	if (pcireset_copy_out(job->user_reset, sizeof(job->reset), &job->reset) ||
	    put_user(0, &user->out_errno) || put_user(0, &user->out_done))
		return -EFAULT;
	return 0;
}

static int get_jobs(struct jobs *jobs, struct pcireset_reset_many *arg)
{
	u64 from = arg->entry_ptr;
	int error = 0;

	for (; !error && jobs->nr < arg->nr_entries; jobs->nr++, from += arg->entry_size) {
		arg->out_entry = jobs->nr;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		error = get_job(&jobs->v[jobs->nr], u64_to_user_ptr(from), arg->entry_size);
	}
	if (!error)
		arg->out_entry = 0;
	return error;
}

static void put_members(const struct pcireset_item *item, const struct pcireset_reset *reset)
{
	const struct pcireset_report *report = item->report;
	u8 __user *to = u64_to_user_ptr(reset->member_ptr);
	u32 i, nr = min3(reset->nr_members, report->nr_members, report->max_members);
	u32 size = min_t(u32, reset->member_size, sizeof(struct pcireset_member));

	for (i = 0; i < nr; i++, to += reset->member_size) {
		struct pcireset_member member = pcireset_item_member(item, i);

		/* Written to before: if it is gone by now, its owner took it away. */
		if (copy_to_user(to, &member, size) ||
		    clear_user(to + size, reset->member_size - size))
			return;
	}
}

/* Whoever watches from another thread sees out_done last. */
static void put_job(struct job *job, int result)
{
	if (pcireset_copy_out(job->user_reset, sizeof(job->reset), &job->reset) ||
	    put_user(-result, &job->user->out_errno))
		return;
	/* Pairs with the acquiring load of that other thread. */
	smp_wmb();
	if (put_user(1, &job->user->out_done))
		return;
}

static void told(struct pcireset_item *item)
{
	struct job *job = item->data;

	if (item->report) {
		pcireset_device_fill(&job->reset, item->report);
		put_members(item, &job->reset);
	}
	if (item->result == -ENODEV)
		job->reset.out_why = PCIRESET_WHY_GONE;
	put_job(job, item->result);
}

/* The plan of one job, if there can be one. Returns an error if the call is wrong. */
static int plan_job(struct jobs *jobs, u32 nr, u32 *nr_members)
{
	struct pcireset_item *item = &jobs->items[nr];
	struct job *job = &jobs->v[nr];

	item->data = job;
	item->result =
		pcireset_device_plan(job->file, &job->reset, &item->dev, &item->plan, &job->wanted);
	item->wanted = job->wanted;
	if (item->result)
		return 0;
	if (pcireset_device_check_members(&job->reset, item->plan))
		return -EFAULT;
	pcireset_batch_share(jobs->items, nr);
	if (item->plan)
		*nr_members += item->plan->nr_fns;
	return *nr_members > PCIRESET_MAX_MEMBERS ? -E2BIG : 0;
}

static int plan_jobs(struct jobs *jobs, struct pcireset_reset_many *arg)
{
	u32 i, nr_members = 0;
	int error;

	for (i = 0; i < jobs->nr; i++) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		error = plan_job(jobs, i, &nr_members);
		if (error) {
			arg->out_entry = i;
			return error;
		}
	}
	return 0;
}

/* What could not be planned is over already. */
static void tell_unplanned(struct jobs *jobs)
{
	u32 i;

	for (i = 0; i < jobs->nr; i++)
		if (jobs->items[i].result)
			told(&jobs->items[i]);
}

static void put_plans(struct jobs *jobs)
{
	u32 i;

	for (i = 0; i < jobs->nr; i++)
		pcireset_plan_put(jobs->items[i].plan);
}

static void free_jobs(struct jobs *jobs)
{
	u32 i;

	for (i = 0; i < jobs->nr; i++) {
		pcireset_plan_put(jobs->v[i].wanted);
		pci_dev_put(jobs->items[i].dev);
		if (jobs->v[i].file)
			fput(jobs->v[i].file);
	}
	kvfree(jobs->items);
	kvfree(jobs->v);
}

static int check_many(const struct pcireset_reset_many *arg)
{
	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->__reserved || !arg->nr_entries || arg->entry_size < PCIRESET_RESET_ENTRY_SIZE_VER0)
		return -EINVAL;
	if (arg->nr_entries > PCIRESET_MAX_RESETS || arg->entry_size > PAGE_SIZE)
		return -E2BIG;
	return 0;
}

/**
 * pcireset_do_reset_many - PCIRESET_RESET_MANY
 * @file: the descriptor that it is called on, which grants nothing by itself
 * @data: struct pcireset_reset_many
 *
 * Return: as the uAPI header says.
 */
int pcireset_do_reset_many(struct file *file, void *data)
{
	struct pcireset_reset_many *arg = data;
	struct jobs jobs = { NULL };
	int error;

	arg->out_entry = 0;
	error = check_many(arg);
	if (error)
		return error;

	jobs.v = kvcalloc(arg->nr_entries, sizeof(*jobs.v), GFP_KERNEL_ACCOUNT);
	jobs.items = kvcalloc(arg->nr_entries, sizeof(*jobs.items), GFP_KERNEL_ACCOUNT);
	error = jobs.v && jobs.items ? get_jobs(&jobs, arg) : -ENOMEM;
	if (!error) {
		error = plan_jobs(&jobs, arg);
		if (error)
			put_plans(&jobs);
	}
	if (!error) {
		tell_unplanned(&jobs);
		error = pcireset_batch_run(jobs.items, jobs.nr, true, told);
	}
	free_jobs(&jobs);
	return error;
}
