// SPDX-License-Identifier: GPL-2.0-only
/* PCIRESET_RESET: one reset for a descriptor. */
#include <linux/capability.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "cdev/cdev.h"
#include "table/request.h"

/* A plan that is made again may have more members than the one before it. */
#define RESET_SPARE_MEMBERS 64

/* How many of a caller's entries may be written. */
static u32 reset_nr_wanted(const struct pcireset_reset *arg, const struct pcireset_plan *plan)
{
	return min(arg->nr_members, plan->nr_fns + RESET_SPARE_MEMBERS);
}

/**
 * pcireset_reset_check_members - check that members can be written to the caller's array
 * @arg: the request
 * @plan: the plan for it
 *
 * Writes as many entries as there are members, and no more: a large array of the
 * caller costs nothing.
 *
 * Return: 0 or -EFAULT.
 */
int pcireset_reset_check_members(const struct pcireset_reset *arg, const struct pcireset_plan *plan)
{
	/* Before anything is touched: after a reset it is too late for EFAULT. */
	return clear_user(u64_to_user_ptr(arg->member_ptr),
			  (size_t)arg->member_size * reset_nr_wanted(arg, plan)) ?
		       -EFAULT :
		       0;
}

/**
 * pcireset_reset_fill - copy a report to the structure of user space
 * @arg: out_* are written
 * @report: the report
 */
void pcireset_reset_fill(struct pcireset_reset *arg, const struct pcireset_report *report)
{
	arg->out_type = report->type;
	arg->out_issued = report->issued;
	arg->out_type_flags = report->type_flags;
	arg->out_scope = report->scope;
	arg->out_why = report->why;
	arg->out_failed = report->failed;
	arg->out_proof = report->proof;
	arg->out_nr_members = report->nr_members;
	arg->out_who = report->who;
	arg->out_wait_ns = report->wait_ns;
	arg->out_total_ns = report->total_ns;
}

#define RESET_COPY_FIELD(name, kind, limit) (request.name = arg->name)

static struct pcireset_request reset_request_of(const struct pcireset_reset *arg)
{
	struct pcireset_request request = { 0 };

	PCIRESET_REQUEST_FIELDS(RESET_COPY_FIELD);
	/* In the module, the speed alone says that there is one. */
	request.flags &= ~PCIRESET_RESET_SPEED;
	request.link_speed = arg->link_speed;
	return request;
}

static int reset_prepare_request(struct pcireset_handle *handle, struct pcireset_reset *arg,
				 struct pcireset_request *request, struct pci_dev **ret_dev,
				 struct pcireset_plan **ret_wanted)
{
	int error;

	*request = reset_request_of(arg);
	error = pcireset_handle_grant(handle, request, ret_dev);
	if (error == -ENODEV)
		arg->out_why = PCIRESET_WHY_GONE;
	if (error)
		return error;

	error = pcireset_handle_get_plan(handle, arg->generation, ret_wanted);
	if (error == -ESTALE) {
		arg->out_why = PCIRESET_WHY_CHANGED;
		arg->out_who = pcireset_addr_of(*ret_dev);
	}
	if (error)
		pci_dev_put(*ret_dev);
	return error;
}

static int reset_run(struct pcireset_run *run, struct pcireset_reset *arg)
{
	struct pcireset_report *report = run->report;
	int error;

	error = pcireset_reset_check_members(arg, run->plan);
	if (error)
		return error;
	report->max_members = reset_nr_wanted(arg, run->plan);
	if (report->max_members) {
		report->members =
			kvcalloc(report->max_members, sizeof(*report->members), GFP_KERNEL_ACCOUNT);
		if (!report->members)
			return -ENOMEM;
	}
	error = pcireset_run_plan(run);
	pcireset_reset_fill(arg, report);
	/* The array was writable before the reset; the caller may have unmapped it since. */
	pcireset_copy_array(arg->member_ptr, arg->member_size, report->members,
			    sizeof(*report->members), min(report->max_members, report->nr_members));
	kvfree(report->members);
	return error;
}

static int reset_plan_and_run(struct pci_dev *dev, const struct pcireset_request *request,
			      const struct pcireset_plan *wanted, struct pcireset_reset *arg)
{
	struct pcireset_report report = { NULL };
	struct pcireset_run run = {
		.wanted = wanted,
		.report = &report,
		.started = ktime_get(),
	};
	int error;

	pcireset_origin_here(&run.origin);
	error = pcireset_plan_make(dev, request, false, &run.plan);
	if (error)
		return error;
	error = reset_run(&run, arg);
	pcireset_plan_put(run.plan);
	return error;
}

static void reset_clear_results(struct pcireset_reset *arg)
{
	size_t from = offsetof(struct pcireset_reset, out_type);

	memset((void *)arg + from, 0, sizeof(*arg) - from);
}

/**
 * pcireset_reset_check - check a request for a reset
 * @arg: the request; out_* are cleared
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL, -EPERM, -E2BIG, -EFAULT.
 */
int pcireset_reset_check(struct pcireset_reset *arg)
{
	struct pcireset_request request = reset_request_of(arg);
	int error;

	reset_clear_results(arg);
	error = pcireset_request_check(&request);
	if (error)
		return error;
	if (!arg->types || !(arg->flags & PCIRESET_RESET_SPEED) != !arg->link_speed)
		return -EINVAL;
	/* The link keeps the speed for its next user: a descriptor alone does not allow it. */
	if (arg->link_speed && !capable(CAP_SYS_ADMIN))
		return -EPERM;
	return pcireset_check_array(arg->member_ptr, arg->member_size, PCIRESET_MEMBER_SIZE_VER0,
				    arg->nr_members);
}

/**
 * pcireset_do_reset - PCIRESET_RESET
 * @file: a device's descriptor
 * @data: struct pcireset_reset
 *
 * Return: as the uAPI header says.
 */
int pcireset_do_reset(struct file *file, void *data)
{
	struct pcireset_handle *handle = file->private_data;
	struct pcireset_reset *arg = data;
	struct pcireset_request request;
	struct pcireset_owners *owners;
	struct pcireset_plan *wanted;
	struct pci_dev *dev;
	int error;

	error = pcireset_reset_check(arg);
	if (error)
		return error;
	error = reset_prepare_request(handle, arg, &request, &dev, &wanted);
	if (error)
		return error;
	error = pcireset_owners_get(arg->owner_ptr, arg->nr_owners, &owners);
	request.owners = owners;
	if (!error)
		error = reset_plan_and_run(dev, &request, wanted, arg);
	pcireset_owners_put(owners);
	pcireset_plan_put(wanted);
	pci_dev_put(dev);
	return error;
}

/**
 * pcireset_reset_plan - plan the reset of a request
 * @handle: the handle of the device
 * @arg: the request, checked
 * @ret_dev: the device, referenced
 * @ret_plan: the plan
 * @ret_wanted: the plan of the generation that the request names, or NULL
 *
 * Return: 0, -ENODEV, -EPERM, -ESTALE, -ENOMEM.
 */
int pcireset_reset_plan(struct pcireset_handle *handle, struct pcireset_reset *arg,
			struct pci_dev **ret_dev, struct pcireset_plan **ret_plan,
			struct pcireset_plan **ret_wanted)
{
	struct pcireset_request request;
	struct pcireset_plan *wanted;
	struct pci_dev *dev;
	int error;

	error = reset_prepare_request(handle, arg, &request, &dev, &wanted);
	if (error)
		return error;
	error = pcireset_plan_make(dev, &request, false, ret_plan);
	if (error) {
		pcireset_plan_put(wanted);
		pci_dev_put(dev);
		return error;
	}
	*ret_dev = dev;
	*ret_wanted = wanted;
	return 0;
}
