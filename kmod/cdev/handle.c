// SPDX-License-Identifier: GPL-2.0-only
/* A handle: one device as it was when it was opened, and the permissions of the descriptor. */
#include <linux/slab.h>

#include "cdev/cdev.h"

/* All handles, protected by handles_lock. */
static LIST_HEAD(handles);
static DEFINE_MUTEX(handles_lock);
static atomic64_t handle_next_generation = ATOMIC64_INIT(1);

static void handle_forget_device(struct pcireset_handle *handle)
{
	lockdep_assert_held(&handle->lock);

	pcireset_plan_put(handle->plan);
	handle->plan = NULL;
	pci_dev_put(handle->dev);
	handle->dev = NULL;
}

/**
 * pcireset_handle_orphan - a device is being removed
 * @dev: the device
 *
 * Every descriptor for it answers ENODEV from now on.
 */
void pcireset_handle_orphan(struct pci_dev *dev)
{
	struct pcireset_handle *handle;

	mutex_lock(&handles_lock);
	list_for_each_entry(handle, &handles, list) {
		mutex_lock(&handle->lock);
		if (handle->dev == dev)
			handle_forget_device(handle);
		mutex_unlock(&handle->lock);
	}
	mutex_unlock(&handles_lock);
}

/**
 * pcireset_handle_check_limits - check the permissions that a caller asks for
 * @types: mask of PCI_RESET_*
 * @max_scope: enum pcireset_scope
 * @force: mask of enum pcireset_force
 *
 * Return: 0, or -EOPNOTSUPP if a bit or the scope is unknown.
 */
int pcireset_handle_check_limits(u32 types, u32 max_scope, u32 force)
{
	struct pcireset_request request = {
		.types = types,
		.max_scope = max_scope,
		.force = force,
	};

	return pcireset_request_check(&request);
}

static int handle_narrow_locked(struct pcireset_handle *handle, const struct pcireset_narrow *arg)
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

/**
 * pcireset_handle_narrow - narrow the permissions of a handle
 * @handle: the handle
 * @arg: the new permissions, checked
 *
 * Return: 0, -ENODEV, or -EPERM if the handle does not have a permission.
 */
int pcireset_handle_narrow(struct pcireset_handle *handle, const struct pcireset_narrow *arg)
{
	int error;

	mutex_lock(&handle->lock);
	error = handle_narrow_locked(handle, arg);
	mutex_unlock(&handle->lock);
	return error;
}

/**
 * pcireset_handle_types - look up the types that a handle allows
 * @handle: the handle
 *
 * Return: mask of PCI_RESET_*.
 */
u32 pcireset_handle_types(struct pcireset_handle *handle)
{
	u32 types;

	mutex_lock(&handle->lock);
	types = handle->types;
	mutex_unlock(&handle->lock);
	return types;
}

/**
 * pcireset_handle_grant - check a request against the permissions of a handle
 * @handle: the handle
 * @request: the request; a max_scope of 0 becomes the widest scope granted
 * @ret_dev: the device, referenced
 *
 * Return: 0, -ENODEV, or -EPERM.
 */
int pcireset_handle_grant(struct pcireset_handle *handle, struct pcireset_request *request,
			  struct pci_dev **ret_dev)
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

/**
 * pcireset_handle_remember - keep the plan that a query returns
 * @handle: the handle
 * @plan: the plan, whose reference becomes the handle's; its id is written
 *
 * A plan equal to the one before gets the same generation.
 */
void pcireset_handle_remember(struct pcireset_handle *handle, struct pcireset_plan *plan)
{
	mutex_lock(&handle->lock);
	if (!handle->dev) {
		pcireset_plan_put(plan);
	} else if (handle->plan && pcireset_plan_same(handle->plan, plan)) {
		plan->id = handle->plan->id;
		swap(handle->plan, plan);
		pcireset_plan_put(plan);
	} else {
		plan->id = atomic64_inc_return(&handle_next_generation);
		swap(handle->plan, plan);
		pcireset_plan_put(plan);
	}
	mutex_unlock(&handle->lock);
}

/**
 * pcireset_handle_get_plan - look up the plan of a generation
 * @handle: the handle
 * @generation: from PCIRESET_QUERY, or 0
 * @ret_plan: the plan, referenced, or NULL if @generation is 0
 *
 * Return: 0, -ENODEV, or -ESTALE if it is not the generation of the last query.
 */
int pcireset_handle_get_plan(struct pcireset_handle *handle, u64 generation,
			     struct pcireset_plan **ret_plan)
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
 * pcireset_handle_new - make a handle for a device
 * @arg: the device and the permissions, checked
 *
 * Return: the handle, whose dev is NULL if there is no such device; NULL if there is
 * no memory.
 */
struct pcireset_handle *pcireset_handle_new(const struct pcireset_open *arg)
{
	struct pcireset_handle *handle = kzalloc(sizeof(*handle), GFP_KERNEL_ACCOUNT);

	if (!handle)
		return NULL;

	mutex_init(&handle->lock);
	handle->types = arg->types ? arg->types : PCIRESET_UNNAMED_TYPES;
	handle->max_scope = arg->max_scope ? arg->max_scope : PCIRESET_SCOPE_BUS;
	handle->force = arg->force;
	handle->must_own = arg->flags & PCIRESET_GRANT_OWNED;

	/* Under the lock of the list, so that a removal after this finds the handle. */
	mutex_lock(&handles_lock);
	handle->dev = pcireset_find(&arg->addr);
	list_add(&handle->list, &handles);
	mutex_unlock(&handles_lock);
	return handle;
}

/**
 * pcireset_handle_put - free a handle
 * @handle: the handle
 */
void pcireset_handle_put(struct pcireset_handle *handle)
{
	mutex_lock(&handles_lock);
	list_del(&handle->list);
	mutex_unlock(&handles_lock);

	mutex_lock(&handle->lock);
	handle_forget_device(handle);
	mutex_unlock(&handle->lock);
	mutex_destroy(&handle->lock);
	kfree(handle);
}
