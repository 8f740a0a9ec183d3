// SPDX-License-Identifier: GPL-2.0-only
/* The descriptor for one device as it was when it was opened: query, narrow, reset. */
#include <linux/anon_inodes.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "pcireset.h"

/* A plan that is made again may have more members than the one before. */
#define SPARE_MEMBERS 64

/* How often to plan again while functions come and go, before PCIRESET_EXPECT gives up. */
#define MAX_EXPECTS 16

/**
 * struct handle - an open descriptor
 * @list: in handles, protected by handles_lock
 * @lock: protects all that follows; taken inside handles_lock
 * @dev: the device, referenced, or NULL once it is removed
 * @types: mask of the types it grants
 * @max_scope: widest enum pcireset_scope it grants
 * @force: mask of enum pcireset_force it grants
 * @must_own: it grants a reset of a link only to the owner of all on it
 * @plan: what PCIRESET_QUERY last showed, or NULL
 */
struct handle {
	struct list_head list;
	struct mutex lock; /* protects the members below */
	struct pci_dev *dev;
	u32 types;
	u32 max_scope;
	u32 force;
	bool must_own;
	struct pcireset_plan *plan;
};

static LIST_HEAD(handles);
static DEFINE_MUTEX(handles_lock);
static atomic64_t next_generation = ATOMIC64_INIT(1);

static void forget_device(struct handle *handle)
{
	lockdep_assert_held(&handle->lock);

	pcireset_plan_put(handle->plan);
	handle->plan = NULL;
	pci_dev_put(handle->dev);
	handle->dev = NULL;
}

/**
 * pcireset_device_orphan - a device is being removed
 * @dev: the device
 *
 * Every descriptor for it answers ENODEV from now on.
 */
void pcireset_device_orphan(struct pci_dev *dev)
{
	struct handle *handle;

	mutex_lock(&handles_lock);
	list_for_each_entry(handle, &handles, list) {
		mutex_lock(&handle->lock);
		if (handle->dev == dev)
			forget_device(handle);
		mutex_unlock(&handle->lock);
	}
	mutex_unlock(&handles_lock);
}

static int handle_release(struct inode *inode, struct file *file)
{
	struct handle *handle = file->private_data;

	mutex_lock(&handles_lock);
	list_del(&handle->list);
	mutex_unlock(&handles_lock);

	mutex_lock(&handle->lock);
	forget_device(handle);
	mutex_unlock(&handle->lock);
	mutex_destroy(&handle->lock);
	kfree(handle);
	return 0;
}

static int check_limits(u32 types, u32 max_scope, u32 force)
{
	if (types & ~PCI_RESET_ANY || force & ~PCIRESET_ALL_FORCE || max_scope > PCIRESET_SCOPE_BUS)
		return -EOPNOTSUPP;
	return 0;
}

static int narrow(struct handle *handle, const struct pcireset_narrow *arg)
{
	if (!handle->dev)
		return -ENODEV;
	if (arg->types & ~handle->types || arg->force & ~handle->force ||
	    arg->max_scope > handle->max_scope)
		return -EPERM;

	handle->types = arg->types;
	handle->force = arg->force;
	if (arg->max_scope)
		handle->max_scope = arg->max_scope;
	if (arg->flags & PCIRESET_GRANT_OWNED)
		handle->must_own = true;
	return 0;
}

static int do_narrow(struct file *file, void *data)
{
	struct handle *handle = file->private_data;
	struct pcireset_narrow *arg = data;
	int error;

	if (arg->flags & ~PCIRESET_ALL_GRANTS)
		return -EOPNOTSUPP;
	if (arg->__reserved || !arg->types)
		return -EINVAL;
	error = check_limits(arg->types, arg->max_scope, arg->force);
	if (error)
		return error;

	mutex_lock(&handle->lock);
	error = narrow(handle, arg);
	mutex_unlock(&handle->lock);
	return error;
}

/* Takes what is asked for if it is granted; fills in the widest granted scope for "default". */
static int claim(struct handle *handle, struct pcireset_request *request, struct pci_dev **ret_dev)
{
	int error = 0;

	mutex_lock(&handle->lock);
	if (!handle->dev)
		error = -ENODEV;
	else if (request->types & ~handle->types || request->force & ~handle->force ||
		 request->max_scope > handle->max_scope)
		error = -EPERM;
	if (!error) {
		if (!request->max_scope)
			request->max_scope = handle->max_scope;
		request->must_own = handle->must_own;
		request->by_user = true;
		*ret_dev = pci_dev_get(handle->dev);
	}
	mutex_unlock(&handle->lock);
	return error;
}

static int check_array(u64 address, u32 usize, u32 first, u32 nr)
{
	if (!nr)
		return 0;
	if (usize < first)
		return -EINVAL;
	if (usize > PAGE_SIZE || nr > PCIRESET_MAX_MEMBERS)
		return -E2BIG;
	/* A first look. The rest is written to when it is known how much of it is needed. */
	return clear_user(u64_to_user_ptr(address), min_t(size_t, (size_t)usize * nr, PAGE_SIZE)) ?
		       -EFAULT :
		       0;
}

/* How many of a caller's entries may be written. */
static u32 nr_wanted(const struct pcireset_reset *arg, const struct pcireset_plan *plan)
{
	return min(arg->nr_members, plan->nr_fns + SPARE_MEMBERS);
}

/**
 * pcireset_device_check_members - can the members be told to a caller?
 * @arg: what is asked for
 * @plan: the plan for it
 *
 * Writes as many entries as there are members, and no more: how many the caller
 * has room for costs nothing.
 *
 * Return: 0 or -EFAULT.
 */
int pcireset_device_check_members(const struct pcireset_reset *arg,
				  const struct pcireset_plan *plan)
{
	/* Before anything is touched: afterwards it is too late to say EFAULT. */
	return clear_user(u64_to_user_ptr(arg->member_ptr),
			  (size_t)arg->member_size * nr_wanted(arg, plan)) ?
		       -EFAULT :
		       0;
}

/* What is behind the module's own entry is zero. */
static int copy_array(u64 address, u32 usize, const void *from, u32 ksize, u32 nr)
{
	void __user *to = u64_to_user_ptr(address);
	u32 i, size = min(usize, ksize);

	for (i = 0; i < nr; i++, to += usize, from += ksize)
		if (copy_to_user(to, from, size) || clear_user(to + size, usize - size))
			return -EFAULT;
	return 0;
}

static int query_types(struct pci_dev *dev, struct pcireset_query *arg)
{
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];

	arg->out_types = pcireset_plan_probe(dev, PCI_RESET_ANY, PCIRESET_CALLER_FREE, infos);
	arg->out_nr_types = PCIRESET_NR_TYPES;
	return copy_array(arg->type_ptr, arg->type_size, infos, sizeof(infos[0]),
			  min_t(u32, arg->nr_types, PCIRESET_NR_TYPES));
}

/* A plan equal to the one shown before keeps its generation. */
static void remember(struct handle *handle, struct pcireset_plan *plan)
{
	mutex_lock(&handle->lock);
	if (!handle->dev) {
		pcireset_plan_put(plan);
	} else if (handle->plan && pcireset_plan_same(handle->plan, plan)) {
		plan->id = handle->plan->id;
		swap(handle->plan, plan);
		pcireset_plan_put(plan);
	} else {
		plan->id = atomic64_inc_return(&next_generation);
		swap(handle->plan, plan);
		pcireset_plan_put(plan);
	}
	mutex_unlock(&handle->lock);
}

static int show_plan(struct pcireset_plan *plan, struct pcireset_query *arg)
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
	error = copy_array(arg->member_ptr, arg->member_size, report.members,
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

static int query_plan(struct handle *handle, struct pci_dev *dev,
		      const struct pcireset_request *request, struct pcireset_query *arg)
{
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan_make(dev, request, false, &plan);
	if (error)
		return error;
	/* The plan is kept, and what the caller holds is given back. */
	plan->request.owners = NULL;
	error = show_plan(plan, arg);
	if (error) {
		pcireset_plan_put(plan);
		return error;
	}
	kref_get(&plan->ref);
	remember(handle, plan);
	arg->out_generation = plan->id;
	pcireset_plan_put(plan);
	return 0;
}

static void clear_query_results(struct pcireset_query *arg)
{
	size_t from = offsetof(struct pcireset_query, out_nr_types);

	memset((void *)arg + from, 0, sizeof(*arg) - from);
}

static int check_query(const struct pcireset_query *arg)
{
	int error;

	if (arg->flags & ~PCIRESET_RESET_ESCALATE)
		return -EOPNOTSUPP;
	error = check_limits(arg->types, arg->max_scope, arg->force);
	if (error)
		return error;
	error = check_array(arg->type_ptr, arg->type_size, PCIRESET_TYPE_INFO_SIZE_VER0,
			    arg->nr_types);
	if (error)
		return error;
	return check_array(arg->member_ptr, arg->member_size, PCIRESET_MEMBER_SIZE_VER0,
			   arg->nr_members);
}

static int do_query(struct file *file, void *data)
{
	struct handle *handle = file->private_data;
	struct pcireset_query *arg = data;
	struct pcireset_request request = {
		.types = arg->types,
		.max_scope = arg->max_scope,
		.force = arg->force,
		.flags = arg->flags,
	};
	struct pcireset_owners *owners;
	struct pci_dev *dev;
	int error;

	clear_query_results(arg);
	error = check_query(arg);
	if (error)
		return error;
	error = claim(handle, &request, &dev);
	if (error)
		return error;
	error = pcireset_owners_get(arg->owner_ptr, arg->nr_owners, &owners);
	if (!error)
		error = query_types(dev, arg);
	request.owners = owners;
	if (!error && request.types)
		error = query_plan(handle, dev, &request, arg);
	pcireset_owners_put(owners);
	pci_dev_put(dev);
	return error;
}

static int expect_once(struct pci_dev *dev, const struct pcireset_request *request,
		       struct pcireset_expect *arg)
{
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan_make(dev, request, false, &plan);
	if (error)
		return error;
	arg->out_type = pcireset_plan_type(plan);
	error = pcireset_expect(plan, &arg->out_ns);
	pcireset_plan_put(plan);
	return error;
}

static int expect(struct handle *handle, struct pcireset_request *request,
		  struct pcireset_expect *arg)
{
	unsigned int left = MAX_EXPECTS;
	struct pci_dev *dev;
	int error;

	error = claim(handle, request, &dev);
	if (error)
		return error;
	do
		error = expect_once(dev, request, arg);
	while (error == -ESTALE && --left);
	pci_dev_put(dev);
	return error == -ESTALE ? -EBUSY : error;
}

static int do_expect(struct file *file, void *data)
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
	error = check_limits(arg->types, arg->max_scope, 0);
	return error ? error : expect(file->private_data, &request, arg);
}

static int get_wanted(struct handle *handle, u64 generation, struct pcireset_plan **ret_plan)
{
	int error = 0;

	*ret_plan = NULL;
	if (!generation)
		return 0;

	mutex_lock(&handle->lock);
	if (handle->plan && handle->plan->id == generation) {
		kref_get(&handle->plan->ref);
		*ret_plan = handle->plan;
	} else {
		error = handle->dev ? -ESTALE : -ENODEV;
	}
	mutex_unlock(&handle->lock);
	return error;
}

/**
 * pcireset_device_fill - tell user space what happened
 * @arg: out_* are written
 * @report: what happened
 */
void pcireset_device_fill(struct pcireset_reset *arg, const struct pcireset_report *report)
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

static int prepare_reset(struct handle *handle, struct pcireset_reset *arg,
			 struct pcireset_request *request, struct pci_dev **ret_dev,
			 struct pcireset_plan **ret_wanted)
{
	int error;

	*request = (struct pcireset_request){
		.types = arg->types,
		.max_scope = arg->max_scope,
		.checks = arg->checks,
		.force = arg->force,
		.flags = arg->flags,
		.timeout_ms = arg->timeout_ms,
		.settle_ms = arg->settle_ms,
	};
	error = claim(handle, request, ret_dev);
	if (error == -ENODEV)
		arg->out_why = PCIRESET_WHY_GONE;
	if (error)
		return error;

	error = get_wanted(handle, arg->generation, ret_wanted);
	if (error == -ESTALE) {
		arg->out_why = PCIRESET_WHY_CHANGED;
		arg->out_who = pcireset_addr_of(*ret_dev);
	}
	if (error)
		pci_dev_put(*ret_dev);
	return error;
}

static int run_and_tell(struct pcireset_run *run, struct pcireset_reset *arg)
{
	struct pcireset_report *report = run->report;
	int error;

	error = pcireset_device_check_members(arg, run->plan);
	if (error)
		return error;
	report->max_members = nr_wanted(arg, run->plan);
	if (report->max_members) {
		report->members =
			kvcalloc(report->max_members, sizeof(*report->members), GFP_KERNEL_ACCOUNT);
		if (!report->members)
			return -ENOMEM;
	}
	error = pcireset_run_plan(run);
	pcireset_device_fill(arg, report);
	/* The array was written to before; if it is gone by now, its owner took it away. */
	copy_array(arg->member_ptr, arg->member_size, report->members, sizeof(*report->members),
		   min(report->max_members, report->nr_members));
	kvfree(report->members);
	return error;
}

static int reset(struct pci_dev *dev, const struct pcireset_request *request,
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
	error = run_and_tell(&run, arg);
	pcireset_plan_put(run.plan);
	return error;
}

static void clear_reset_results(struct pcireset_reset *arg)
{
	size_t from = offsetof(struct pcireset_reset, out_type);

	memset((void *)arg + from, 0, sizeof(*arg) - from);
}

static int check_reset(const struct pcireset_reset *arg)
{
	int error;

	if (arg->flags & ~PCIRESET_ALL_FLAGS || arg->checks & ~PCIRESET_ALL_CHECKS)
		return -EOPNOTSUPP;
	if (arg->__reserved || !arg->types || arg->timeout_ms > PCIRESET_MAX_TIMEOUT_MS ||
	    arg->settle_ms > PCIRESET_MAX_TIMEOUT_MS)
		return -EINVAL;
	error = check_limits(arg->types, arg->max_scope, arg->force);
	if (error)
		return error;
	return check_array(arg->member_ptr, arg->member_size, PCIRESET_MEMBER_SIZE_VER0,
			   arg->nr_members);
}

static int do_reset(struct file *file, void *data)
{
	struct handle *handle = file->private_data;
	struct pcireset_reset *arg = data;
	struct pcireset_request request;
	struct pcireset_owners *owners;
	struct pcireset_plan *wanted;
	struct pci_dev *dev;
	int error;

	clear_reset_results(arg);
	error = check_reset(arg);
	if (error)
		return error;
	error = prepare_reset(handle, arg, &request, &dev, &wanted);
	if (error)
		return error;
	error = pcireset_owners_get(arg->owner_ptr, arg->nr_owners, &owners);
	request.owners = owners;
	if (!error)
		error = reset(dev, &request, wanted, arg);
	pcireset_owners_put(owners);
	pcireset_plan_put(wanted);
	pci_dev_put(dev);
	return error;
}

static const struct pcireset_command commands[] = {
	{ PCIRESET_NARROW, PCIRESET_SIZES(narrow, NARROW), do_narrow },
	{ PCIRESET_QUERY, PCIRESET_SIZES(query, QUERY), do_query },
	{ PCIRESET_EXPECT, PCIRESET_SIZES(expect, EXPECT), do_expect },
	{ PCIRESET_RESET, PCIRESET_SIZES(reset, RESET), do_reset },
	{ PCIRESET_RESET_MANY, PCIRESET_SIZES(reset_many, RESET_MANY), pcireset_do_reset_many },
};

static long handle_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	return pcireset_dispatch(commands, ARRAY_SIZE(commands), file, cmd, arg);
}

static const struct file_operations handle_fops = {
	.owner = THIS_MODULE,
	.release = handle_release,
	.unlocked_ioctl = handle_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/**
 * pcireset_device_check - is a request to a descriptor well-formed?
 * @file: any file
 * @arg: out_* are cleared
 *
 * Return: 0, -EBADF if @file is no device's descriptor, or what PCIRESET_RESET
 * says of such an @arg.
 */
int pcireset_device_check(struct file *file, struct pcireset_reset *arg)
{
	if (file->f_op != &handle_fops)
		return -EBADF;
	clear_reset_results(arg);
	if (arg->nr_owners)
		return -EOPNOTSUPP;
	return check_reset(arg);
}

/**
 * pcireset_device_plan - plan what is asked of a descriptor
 * @file: a device's descriptor
 * @arg: what is asked of it, checked
 * @ret_dev: the device, referenced
 * @ret_plan: the plan
 * @ret_wanted: the plan of the generation that is asked for, or NULL
 *
 * Return: 0, -ENODEV, -EPERM, -ESTALE, -ENOMEM.
 */
int pcireset_device_plan(struct file *file, struct pcireset_reset *arg, struct pci_dev **ret_dev,
			 struct pcireset_plan **ret_plan, struct pcireset_plan **ret_wanted)
{
	struct pcireset_request request;
	struct pcireset_plan *wanted;
	struct pci_dev *dev;
	int error;

	error = prepare_reset(file->private_data, arg, &request, &dev, &wanted);
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

static struct handle *new_handle(const struct pcireset_open *arg)
{
	struct handle *handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);

	if (!handle)
		return NULL;

	mutex_init(&handle->lock);
	handle->types = arg->types ? arg->types : PCI_RESET_ANY;
	handle->max_scope = arg->max_scope ? arg->max_scope : PCIRESET_SCOPE_BUS;
	handle->force = arg->force;
	handle->must_own = arg->flags & PCIRESET_GRANT_OWNED;
	return handle;
}

static int check_open(const struct pcireset_open *arg)
{
	if (arg->flags & ~PCIRESET_ALL_GRANTS)
		return -EOPNOTSUPP;
	if (arg->addr.__reserved)
		return -EINVAL;
	return check_limits(arg->types, arg->max_scope, arg->force);
}

/**
 * pcireset_device_open - make a descriptor for a device
 * @arg: which, and what it grants; out_fd is written
 *
 * Return: 0, -EOPNOTSUPP, -EINVAL, -ENODEV, -ENOMEM, or the errno of making a
 * descriptor.
 */
int pcireset_device_open(struct pcireset_open *arg)
{
	struct handle *handle;
	int fd, error;

	arg->out_fd = -1;
	error = check_open(arg);
	if (error)
		return error;
	handle = new_handle(arg);
	if (!handle)
		return -ENOMEM;

	/* In the list before it is looked at: a removal in between then finds it. */
	mutex_lock(&handles_lock);
	handle->dev = pcireset_find(&arg->addr);
	list_add(&handle->list, &handles);
	mutex_unlock(&handles_lock);

	fd = -ENODEV;
	if (handle->dev)
		fd = anon_inode_getfd("[pcireset]", &handle_fops, handle, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		mutex_lock(&handles_lock);
		list_del(&handle->list);
		mutex_unlock(&handles_lock);
		pci_dev_put(handle->dev);
		kfree(handle);
		return fd;
	}
	arg->out_fd = fd;
	return 0;
}
