// SPDX-License-Identifier: GPL-2.0-only
/* PCIRESET_QUERY and PCIRESET_EXPECT: the plan of a reset, and its duration. */
#include <linux/slab.h>

#include "cdev/cdev.h"

/* How often to plan again while functions are added or removed, before PCIRESET_EXPECT gives up. */
#define QUERY_MAX_EXPECTS 16

/*
 * A program older than LINK_DISABLE may pass this mask to RESET. Its descriptor does not
 * allow LINK_DISABLE, and RESET of the whole mask would fail.
 */
static int query_types(struct pcireset_handle *handle, struct pci_dev *dev,
		       struct pcireset_query *arg)
{
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];
	u32 types = PCIRESET_UNNAMED_TYPES | pcireset_handle_types(handle);

	arg->out_nr_types = PCIRESET_NR_TYPES;
	if (arg->flags & PCIRESET_QUERY_PLAN_ONLY)
		return 0;
	arg->out_types = types &
			 pcireset_plan_probe(dev, PCIRESET_ALL_TYPES, PCIRESET_CALLER_FREE, infos);
	return pcireset_copy_array(arg->type_ptr, arg->type_size, infos, sizeof(infos[0]),
				   min_t(u32, arg->nr_types, PCIRESET_NR_TYPES));
}

static int query_copy_plan(struct pcireset_plan *plan, struct pcireset_query *arg)
{
	u32 nr = min(arg->nr_members, plan->nr_fns);
	struct pcireset_report report = { .max_members = nr };
	int error;

	if (nr) {
		report.members = kvcalloc(nr, sizeof(*report.members), GFP_KERNEL_ACCOUNT);
		if (!report.members)
			return -ENOMEM;
	}
	pcireset_plan_report(plan, &report);
	error = pcireset_copy_array(arg->member_ptr, arg->member_size, report.members,
				    sizeof(*report.members), nr);
	kvfree(report.members);

	arg->out_nr_members = plan->nr_fns;
	arg->out_type = pcireset_plan_type(plan);
	arg->out_scope = plan->scope;
	arg->out_type_flags = plan->type_flags;
	arg->out_error = -plan->error;
	arg->out_why = plan->why;
	arg->out_who = plan->who;
	return error;
}

static int query_make_plan(struct pcireset_handle *handle, struct pci_dev *dev,
			   const struct pcireset_request *request, struct pcireset_query *arg)
{
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan_make(dev, request, false, &plan);
	if (error)
		return error;
	/* The handle keeps the plan, while the owners are released at the end of the call. */
	plan->request.owners = NULL;
	error = query_copy_plan(plan, arg);
	if (error) {
		pcireset_plan_put(plan);
		return error;
	}
	kref_get(&plan->ref);
	pcireset_handle_remember(handle, plan);
	arg->out_generation = plan->id;
	pcireset_plan_put(plan);
	return 0;
}

static void query_clear_results(struct pcireset_query *arg)
{
	size_t from = offsetof(struct pcireset_query, out_nr_types);

	memset((void *)arg + from, 0, sizeof(*arg) - from);
}

static int query_check(const struct pcireset_query *arg)
{
	int error;

	if (arg->flags & ~(PCIRESET_RESET_ESCALATE | PCIRESET_QUERY_PLAN_ONLY))
		return -EOPNOTSUPP;
	if (arg->flags & PCIRESET_QUERY_PLAN_ONLY && (!arg->types || arg->nr_types))
		return -EINVAL;
	error = pcireset_handle_check_limits(arg->types, arg->max_scope, arg->force);
	if (error)
		return error;
	error = pcireset_check_array(arg->type_ptr, arg->type_size, PCIRESET_TYPE_INFO_SIZE_VER0,
				     arg->nr_types);
	if (error)
		return error;
	return pcireset_check_array(arg->member_ptr, arg->member_size, PCIRESET_MEMBER_SIZE_VER0,
				    arg->nr_members);
}

/**
 * pcireset_do_query - PCIRESET_QUERY
 * @file: a device's descriptor
 * @data: struct pcireset_query
 *
 * Return: as the uAPI header says.
 */
int pcireset_do_query(struct file *file, void *data)
{
	struct pcireset_handle *handle = file->private_data;
	struct pcireset_query *arg = data;
	struct pcireset_request request = {
		.types = arg->types,
		.max_scope = arg->max_scope,
		.force = arg->force,
		.flags = arg->flags & PCIRESET_RESET_ESCALATE,
	};
	struct pcireset_owners *owners;
	struct pci_dev *dev;
	int error;

	query_clear_results(arg);
	error = query_check(arg);
	if (error)
		return error;
	error = pcireset_handle_grant(handle, &request, &dev);
	if (error)
		return error;
	error = pcireset_owners_get(arg->owner_ptr, arg->nr_owners, &owners);
	if (!error)
		error = query_types(handle, dev, arg);
	request.owners = owners;
	if (!error && request.types)
		error = query_make_plan(handle, dev, &request, arg);
	pcireset_owners_put(owners);
	pci_dev_put(dev);
	return error;
}

static int query_expect_once(struct pci_dev *dev, const struct pcireset_request *request,
			     struct pcireset_expect *arg)
{
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan_make(dev, request, false, &plan);
	if (error)
		return error;
	arg->out_type = pcireset_plan_type(plan);
	error = pcireset_plan_expect(plan, &arg->out_ns);
	pcireset_plan_put(plan);
	return error;
}

static int query_expect(struct pcireset_handle *handle, struct pcireset_request *request,
			struct pcireset_expect *arg)
{
	unsigned int left = QUERY_MAX_EXPECTS;
	struct pci_dev *dev;
	int error;

	error = pcireset_handle_grant(handle, request, &dev);
	if (error)
		return error;
	do
		error = query_expect_once(dev, request, arg);
	while (error == -ESTALE && --left);
	pci_dev_put(dev);
	return error == -ESTALE ? -EBUSY : error;
}

/**
 * pcireset_do_expect - PCIRESET_EXPECT
 * @file: a device's descriptor
 * @data: struct pcireset_expect
 *
 * Return: as the uAPI header says.
 */
int pcireset_do_expect(struct file *file, void *data)
{
	struct pcireset_expect *arg = data;
	struct pcireset_request request = {
		.types = arg->types,
		.max_scope = arg->max_scope,
	};
	int error;

	arg->out_type = 0;
	arg->out_ns = 0;
	if (arg->flags)
		return -EOPNOTSUPP;
	if (arg->__reserved || !arg->types)
		return -EINVAL;
	error = pcireset_handle_check_limits(arg->types, arg->max_scope, 0);
	return error ? error : query_expect(file->private_data, &request, arg);
}
