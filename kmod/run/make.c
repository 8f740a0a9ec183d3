// SPDX-License-Identifier: GPL-2.0-only
/* Wake and lock the functions of a machine, so that plan/ can decide without side effects. */
#include <linux/delay.h>
#include <linux/pm_runtime.h>

#include "run/run.h"

/* How often one plan tries device locks that are held, over all its members. */
#define MAKE_LOCK_TRIES 50

/**
 * pcireset_plan_probe - query which types fit a function
 * @dev: the function
 * @mask: mask of PCI_RESET_* to query
 * @caller: locks that the caller may hold
 * @infos: PCIRESET_NR_TYPES entries in order of choice; those in @mask are written
 *
 * Wakes the function if it sleeps. Changes nothing else.
 *
 * Context: Process context, may sleep.
 * Return: mask of the types that would work now.
 */
u32 pcireset_plan_probe(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			struct pcireset_type_info *infos)
{
	u32 types;

	pm_runtime_get_sync(&dev->dev);
	down_read(&pcireset_topology);
	types = pcireset_plan_types(dev, mask, caller, infos);
	up_read(&pcireset_topology);
	pm_runtime_put(&dev->dev);
	return types;
}

/*
 * The device lock keeps the driver from being unloaded. Its holder needs it for a
 * moment only, or for longer than a look is worth. Removals wait meanwhile.
 */
static bool make_lock_briefly(struct pci_dev *dev, unsigned int *tries)
{
	while (!device_trylock(&dev->dev)) {
		if (!*tries || fatal_signal_pending(current))
			return false;
		--*tries;
		usleep_range(500, 1000);
	}
	return true;
}

/*
 * If the driver cannot be read, assume that it has reset_prepare. It is read again under
 * the lock.
 */
static void make_read_driver(struct pcireset_plan *plan, struct pcireset_planned *fn,
			     unsigned int *tries)
{
	fn->driver = READ_ONCE(fn->dev->driver);
	if (plan->held && fn->dev == plan->dev) {
		pcireset_plan_read_driver(plan, fn);
	} else if (make_lock_briefly(fn->dev, tries)) {
		pcireset_plan_read_driver(plan, fn);
		device_unlock(&fn->dev->dev);
	} else if (fn->driver) {
		fn->flags |= PCIRESET_MEMBER_DRIVER | PCIRESET_MEMBER_PREPARE;
	}
}

static void make_look_at_members(struct pcireset_plan *plan)
{
	/* A caller that does not wait for locks may itself hold those that are not free. */
	unsigned int tries = plan->request.flags & PCIRESET_RESET_TRY ? 0 : MAKE_LOCK_TRIES;
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_planned *fn = &plan->fns[i];

		pm_runtime_get_sync(&fn->dev->dev);
		make_read_driver(plan, fn, &tries);
		pcireset_plan_find_obstacle(plan, fn);
		pm_runtime_put(&fn->dev->dev);
	}
}

static int make_fill(struct pcireset_plan *plan)
{
	int error = pcireset_plan_fill(plan);

	if (error || !plan->nr_types)
		return error;
	make_look_at_members(plan);
	pcireset_plan_decide(plan);
	return 0;
}

/**
 * pcireset_plan_make - make a plan
 * @dev: the function
 * @request: permissions of the caller
 * @held: the caller holds @dev's device lock
 * @ret_plan: the plan, possibly a refused one
 *
 * Context: Process context. No device lock is held, except perhaps @dev's.
 * Return: 0, -EINVAL, -EOPNOTSUPP if a bit is unknown, or -ENOMEM.
 */
int pcireset_plan_make(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		       struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan;
	int error;

	error = pcireset_plan_new(dev, request, &plan);
	if (error)
		return error;
	plan->held = held;

	pm_runtime_get_sync(&dev->dev);
	down_read(&pcireset_topology);
	error = make_fill(plan);
	up_read(&pcireset_topology);
	pm_runtime_put(&dev->dev);
	if (error) {
		pcireset_plan_put(plan);
		return error;
	}

	*ret_plan = plan;
	return 0;
}

static void make_wake_members(const struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (pcireset_estimate_reads(plan, &plan->fns[i]))
			pm_runtime_get_sync(&plan->fns[i].dev->dev);
}

static void make_let_members_sleep(const struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		if (pcireset_estimate_reads(plan, &plan->fns[i]))
			pm_runtime_put(&plan->fns[i].dev->dev);
}

/**
 * pcireset_plan_expect - estimate the time that a plan takes at least
 * @plan: the plan, possibly a refused one
 * @ret_ns: written, as by pcireset_estimate()
 *
 * Wakes the members that the first type asks for their times.
 *
 * Context: Process context, may sleep. No device lock is held.
 * Return: 0, -ENOMEM, or -ESTALE if a function was added or removed since @plan was made.
 */
int pcireset_plan_expect(const struct pcireset_plan *plan, u64 *ret_ns)
{
	int error;

	*ret_ns = 0;
	if (!plan->nr_types)
		return 0;
	down_read(&pcireset_topology);
	if (atomic64_read(plan->counter) != plan->topology) {
		error = -ESTALE;
	} else {
		make_wake_members(plan);
		error = pcireset_estimate(plan, ret_ns);
		make_let_members_sleep(plan);
	}
	up_read(&pcireset_topology);
	return error;
}
