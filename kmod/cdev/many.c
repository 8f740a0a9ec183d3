// SPDX-License-Identifier: GPL-2.0-only
/* PCIRESET_RESET_MANY: the resets of many descriptors in one call. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev/cdev.h"

/**
 * struct many_job - one reset of a call
 * @file: the device's descriptor
 * @user: the entry in user space
 * @user_reset: the request in user space
 * @reset: the request, and its result
 * @wanted: the plan of the generation that the request names, or NULL
 */
struct many_job {
	struct file *file;
	struct pcireset_reset_entry __user *user;
	struct pcireset_reset __user *user_reset;
	struct pcireset_reset reset;
	struct pcireset_plan *wanted;
};

struct many_jobs {
	const struct file_operations *fops;
	struct many_job *v;
	struct pcireset_item *items;
	u32 nr;
};

/* Ownership cannot be proved for one reset of many. */
static int many_check(const struct many_jobs *jobs, struct many_job *job)
{
	/* Only descriptors of the same kind as the one that the ioctl is for. */
	if (job->file->f_op != jobs->fops)
		return -EBADF;
	return job->reset.nr_owners ? -EOPNOTSUPP : pcireset_reset_check(&job->reset);
}

/* Check everything before anything is touched. */
static int many_get_job(struct many_jobs *jobs, struct pcireset_reset_entry __user *user, u32 usize)
{
	struct many_job *job = &jobs->v[jobs->nr];
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
		error = many_check(jobs, job);
	if (error)
		return error;
	/* After a reset it is too late for EFAULT. */
	if (pcireset_copy_out(job->user_reset, sizeof(job->reset), &job->reset) ||
	    put_user(0, &user->out_errno) || put_user(0, &user->out_done))
		return -EFAULT;
	return 0;
}

static int many_get_jobs(struct many_jobs *jobs, struct pcireset_reset_many *arg)
{
	u64 from = arg->entry_ptr;
	int error = 0;

	for (; !error && jobs->nr < arg->nr_entries; jobs->nr++, from += arg->entry_size) {
		arg->out_entry = jobs->nr;
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		error = many_get_job(jobs, u64_to_user_ptr(from), arg->entry_size);
	}
	if (!error)
		arg->out_entry = 0;
	return error;
}

static void many_put_members(const struct pcireset_item *item, const struct pcireset_reset *reset)
{
	const struct pcireset_report *report = item->report;
	u8 __user *to = u64_to_user_ptr(reset->member_ptr);
	u32 i, nr = min3(reset->nr_members, report->nr_members, report->max_members);
	u32 size = min_t(u32, reset->member_size, sizeof(struct pcireset_member));

	for (i = 0; i < nr; i++, to += reset->member_size) {
		struct pcireset_member member = pcireset_item_member(item, i);

		/* It was writable before the reset; the caller may have unmapped it since. */
		if (copy_to_user(to, &member, size) ||
		    clear_user(to + size, reset->member_size - size))
			return;
	}
}

/* Another thread of the caller may poll out_done, so write it last. */
static void many_put_job(struct many_job *job, int result)
{
	if (pcireset_copy_out(job->user_reset, sizeof(job->reset), &job->reset) ||
	    put_user(-result, &job->user->out_errno))
		return;
	/* Pairs with the load-acquire of that thread. */
	smp_wmb();
	if (put_user(1, &job->user->out_done))
		return;
}

static void many_report_item(struct pcireset_item *item)
{
	struct many_job *job = item->data;

	if (item->report) {
		pcireset_reset_fill(&job->reset, item->report);
		many_put_members(item, &job->reset);
	}
	if (item->result == -ENODEV)
		job->reset.out_why = PCIRESET_WHY_GONE;
	many_put_job(job, item->result);
}

/* The plan of one job, if there can be one. Returns an error if the call is wrong. */
static int many_plan_job(struct many_jobs *jobs, u32 nr, u32 *nr_members)
{
	struct pcireset_item *item = &jobs->items[nr];
	struct many_job *job = &jobs->v[nr];

	item->data = job;
	item->result = pcireset_reset_plan(job->file->private_data, &job->reset, &item->dev,
					   &item->plan, &job->wanted);
	item->wanted = job->wanted;
	if (item->result)
		return 0;
	if (pcireset_reset_check_members(&job->reset, item->plan))
		return -EFAULT;
	pcireset_batch_share(jobs->items, nr, jobs->nr);
	if (item->plan)
		*nr_members += item->plan->nr_fns;
	return *nr_members > PCIRESET_MAX_MEMBERS ? -E2BIG : 0;
}

static int many_plan_jobs(struct many_jobs *jobs, struct pcireset_reset_many *arg)
{
	u32 i, nr_members = 0;
	int error;

	for (i = 0; i < jobs->nr; i++) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		error = many_plan_job(jobs, i, &nr_members);
		if (error) {
			arg->out_entry = i;
			return error;
		}
	}
	return 0;
}

/* Jobs that could not be planned have ended. */
static void many_report_unplanned(struct many_jobs *jobs)
{
	u32 i;

	for (i = 0; i < jobs->nr; i++)
		if (jobs->items[i].result)
			many_report_item(&jobs->items[i]);
}

static void many_put_plans(struct many_jobs *jobs)
{
	u32 i;

	for (i = 0; i < jobs->nr; i++)
		pcireset_plan_put(jobs->items[i].plan);
}

static void many_free_jobs(struct many_jobs *jobs)
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

static int many_check_call(const struct pcireset_reset_many *arg)
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
	struct many_jobs jobs = { .fops = file->f_op };
	int error;

	arg->out_entry = 0;
	error = many_check_call(arg);
	if (error)
		return error;

	jobs.v = kvcalloc(arg->nr_entries, sizeof(*jobs.v), GFP_KERNEL_ACCOUNT);
	jobs.items = kvcalloc(arg->nr_entries, sizeof(*jobs.items), GFP_KERNEL_ACCOUNT);
	error = jobs.v && jobs.items ? many_get_jobs(&jobs, arg) : -ENOMEM;
	if (!error) {
		error = many_plan_jobs(&jobs, arg);
		if (error)
			many_put_plans(&jobs);
	}
	if (!error) {
		many_report_unplanned(&jobs);
		error = pcireset_batch_run(jobs.items, jobs.nr, true, many_report_item);
	}
	many_free_jobs(&jobs);
	return error;
}
