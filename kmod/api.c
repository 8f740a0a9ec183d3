// SPDX-License-Identifier: GPL-2.0-only
/* The functions that other kernel modules call, one for each of the PCI core's. */
#include <linux/slab.h>

#include "run/run.h"

static int api_run(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		   struct pcireset_report *report)
{
	struct pcireset_report unwanted = { NULL };

	return pcireset_run_like(dev, request, held, NULL, report ? report : &unwanted);
}

/*
 * A wrong type gives another error than an unknown one: the caller of a bus reset must
 * mean the link.
 */
static int api_run_link(struct pci_dev *dev, struct pcireset_request *request, bool held,
			struct pcireset_report *report)
{
	if (request->types & PCI_RESET_FUNC)
		return -EINVAL;
	return api_run(dev, request, held, report);
}

/**
 * pcireset_probe_function - return the types that would work now
 * @dev: the function
 * @types: mask of PCI_RESET_* to query
 *
 * Queries the hardware, not a list from the time of enumeration. Touches
 * nothing. Does not check for users or other obstacles.
 *
 * Context: Process context, may sleep. @dev must not go away during the call.
 * Return: mask of the supported @types.
 */
u32 pcireset_probe_function(struct pci_dev *dev, u32 types)
{
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];

	return pcireset_plan_probe(dev, types, PCIRESET_CALLER_LOCKED, infos);
}
PCIRESET_EXPORT(pcireset_probe_function);

/**
 * pcireset_function - reset a function
 * @dev: the function
 * @types: mask of the allowed PCI_RESET_*
 * @report: result of the reset, or NULL
 *
 * Locks, saves, resets and restores all functions that the chosen type affects.
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: 0, or a value from the list at the beginning of pcireset_api.h.
 */
int pcireset_function(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types };

	return api_run(dev, &request, false, report);
}
PCIRESET_EXPORT(pcireset_function);

/**
 * pcireset_try_function - reset a function, never wait for a lock
 * @dev: the function
 * @types: mask of the allowed PCI_RESET_*
 * @report: result of the reset, or NULL
 *
 * Context: Process context, may sleep. The caller may hold any device lock.
 * Return: as pcireset_function(), and -EAGAIN if a lock is held.
 */
int pcireset_try_function(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types, .flags = PCIRESET_RESET_TRY };

	return api_run(dev, &request, false, report);
}
PCIRESET_EXPORT(pcireset_try_function);

/**
 * pcireset_function_locked - reset a function from its driver's probe() or remove()
 * @dev: the function; the caller holds its device lock
 * @types: mask of the allowed PCI_RESET_*, including those that reset the link
 * @report: result of the reset, or NULL
 *
 * Tries all other locks for a bounded time, because their holder may be waiting
 * for the caller's lock. Does not call the reset callbacks of @dev's own driver,
 * because that driver is the caller.
 *
 * Context: Process context, may sleep. The caller holds only @dev's device lock.
 * Return: as pcireset_function().
 */
int pcireset_function_locked(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types };

	device_lock_assert(&dev->dev);
	return api_run(dev, &request, true, report);
}
PCIRESET_EXPORT(pcireset_function_locked);

/**
 * pcireset_bus - reset the link of a function and everything below it
 * @dev: the function
 * @types: mask of the allowed types in PCI_RESET_LINK
 * @report: result of the reset, or NULL
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: as pcireset_function(), and -EINVAL if a type does not reset the link.
 */
int pcireset_bus(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types };

	return api_run_link(dev, &request, false, report);
}
PCIRESET_EXPORT(pcireset_bus);

/**
 * pcireset_try_bus - as pcireset_bus(), never wait for a lock
 * @dev: the function
 * @types: mask of the allowed types in PCI_RESET_LINK
 * @report: result of the reset, or NULL
 *
 * Context: Process context, may sleep. The caller may hold any device lock.
 * Return: as pcireset_bus(), and -EAGAIN if a lock is held.
 */
int pcireset_try_bus(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types, .flags = PCIRESET_RESET_TRY };

	return api_run_link(dev, &request, false, report);
}
PCIRESET_EXPORT(pcireset_try_bus);

/**
 * pcireset_bus_locked - as pcireset_bus(), from the driver's probe() or remove()
 * @dev: the function; the caller holds its device lock
 * @types: mask of the allowed types in PCI_RESET_LINK
 * @report: result of the reset, or NULL
 *
 * Context: Process context, may sleep. The caller holds only @dev's device lock.
 * Return: as pcireset_bus().
 */
int pcireset_bus_locked(struct pci_dev *dev, u32 types, struct pcireset_report *report)
{
	struct pcireset_request request = { .types = types };

	device_lock_assert(&dev->dev);
	return api_run_link(dev, &request, true, report);
}
PCIRESET_EXPORT(pcireset_bus_locked);

/**
 * pcireset_plan - make a plan
 * @dev: the function
 * @request: permissions of the caller
 * @ret_plan: the plan; release it with pcireset_plan_put()
 *
 * A plan may be refused: it then has no type, or pcireset_run() fails.
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: 0, -EINVAL, -EOPNOTSUPP if a bit is unknown, or -ENOMEM.
 */
int pcireset_plan(struct pci_dev *dev, const struct pcireset_request *request,
		  struct pcireset_plan **ret_plan)
{
	return pcireset_plan_make(dev, request, false, ret_plan);
}
PCIRESET_EXPORT(pcireset_plan);

/**
 * pcireset_run - run exactly this plan
 * @plan: the plan
 * @report: result of the reset, or NULL
 *
 * A plan may be run more than once.
 *
 * Context: Process context, may sleep. The caller holds no device lock.
 * Return: as pcireset_function(), and -ESTALE if types, members or their
 * drivers differ from the plan.
 */
int pcireset_run(struct pcireset_plan *plan, struct pcireset_report *report)
{
	struct pcireset_report unwanted = { NULL };

	return pcireset_run_like(plan->dev, &plan->request, false, plan,
				 report ? report : &unwanted);
}
PCIRESET_EXPORT(pcireset_run);
