// SPDX-License-Identifier: GPL-2.0-only
/* What would be done: types, members and what is in the way. Changes nothing. */
#include <linux/delay.h>
#include <linux/iommu.h>
#include <linux/pm_runtime.h>
#include <linux/slab.h>

#include "pcireset.h"

/* How often a plan tries for locks that are not free, over all its members. */
#define MAX_LOCK_TRIES 50

const char *const pcireset_why_text[] = {
	[PCIRESET_WHY_NONE] = "is fine",
	[PCIRESET_WHY_NO_CAPABILITY] = "has no capability for this type",
	[PCIRESET_WHY_QUIRK] = "is known to break with this type",
	[PCIRESET_WHY_NO_HANDLER] = "has no handler in this kernel",
	[PCIRESET_WHY_NO_FIRMWARE] = "has no _RST in the firmware",
	[PCIRESET_WHY_NO_SOFT_RESET] = "has No_Soft_Reset set",
	[PCIRESET_WHY_NOT_D0] = "is not in D0",
	[PCIRESET_WHY_NO_BRIDGE] = "is on a root bus",
	[PCIRESET_WHY_NO_SLOT] = "is in no slot that can be reset",
	[PCIRESET_WHY_HOTPLUG] = "is a hotplug port",
	[PCIRESET_WHY_CXL_MASKED] = "masks Secondary Bus Reset",
	[PCIRESET_WHY_NO_CXL] = "is below no CXL port",
	[PCIRESET_WHY_GONE] = "is gone",
	[PCIRESET_WHY_DRIVER] = "has a driver that cannot prepare",
	[PCIRESET_WHY_VFIO] = "is held by a VFIO user",
	[PCIRESET_WHY_SCOPE] = "would be reached as well",
	[PCIRESET_WHY_LOCK] = "is locked by somebody else",
	[PCIRESET_WHY_CHANGED] = "or its neighbours changed meanwhile",
	[PCIRESET_WHY_NOT_READY] = "did not come back in time",
	[PCIRESET_WHY_OTHER_DEVICE] = "came back as another device",
	[PCIRESET_WHY_LINK] = "came back with a worse link",
	[PCIRESET_WHY_CONFIG] = "came back with another configuration",
	[PCIRESET_WHY_NO_PROOF] = "does not show that it was reset",
	[PCIRESET_WHY_TRIGGER] = "could not be reset",
	[PCIRESET_WHY_NOT_ALLOWED] = "may not be reset this way",
	[PCIRESET_WHY_CANCELLED] = "was left alone, as the batch was cancelled",
	[PCIRESET_WHY_CONTAINED] = "is cut off by a port above, which contains an error",
	[PCIRESET_WHY_NOT_OWNED] = "is not shown to be the caller's",
	[PCIRESET_WHY_NOT_ENDPOINT] = "is no endpoint",
	[PCIRESET_WHY_HAS_HANDLER] = "has a reset of its own in this kernel",
	[PCIRESET_WHY_VFIO_OPEN] = "is open in VFIO",
	[PCIRESET_WHY_LATE] = "is late after a reset, and being restored",
	[PCIRESET_WHY_BARS] = "has not the addresses that the kernel has assigned",
	[PCIRESET_WHY_TSM] = "is connected to a TSM",
	[PCIRESET_WHY_LIVE_UPDATE] = "is in a live update",
};

/* PCIe r6.0, sec 2.3.1 and SR-IOV: a VF has no Vendor ID of its own; present means it answers. */
static bool is_gone(struct pci_dev *dev)
{
	u32 command;

	if (!pcireset_is_there(dev) || dev->error_state == pci_channel_io_perm_failure)
		return true;
	pci_read_config_dword(dev, PCI_COMMAND, &command);
	return PCI_POSSIBLE_ERROR(command);
}

/* What is late does not answer, and is not gone. */
static u32 why_absent(struct pci_dev *dev)
{
	if (pcireset_is_unfinished(dev, PCIRESET_LATE, NULL))
		return PCIRESET_WHY_LATE;
	return is_gone(dev) ? PCIRESET_WHY_GONE : PCIRESET_WHY_NONE;
}

/* Only what is in @mask: to ask about a bus means to look at everything on it. */
static u32 probe_types(struct pci_dev *dev, u32 absent, u32 mask, enum pcireset_caller caller,
		       struct pcireset_type_info *infos)
{
	u32 types = 0;
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_TYPES; i++) {
		if (!(mask & pcireset_types[i].bit))
			continue;
		/* A VF that is gone may have outlived its PF, and leads nowhere. */
		if (absent)
			infos[i] = (struct pcireset_type_info){
				.type = pcireset_types[i].bit,
				.why_not = absent,
				.who = pcireset_addr_of(dev),
			};
		else
			pcireset_type_probe(&pcireset_types[i], dev, caller, &infos[i]);
		if (!infos[i].why_not)
			types |= infos[i].type;
	}
	return types;
}

/**
 * pcireset_plan_probe - ask about types
 * @dev: the function
 * @mask: mask of PCI_RESET_*: which ones
 * @caller: what locks it may hold
 * @infos: PCIRESET_NR_TYPES entries in order of choice; those of @mask are filled in
 *
 * Wakes the function up if it sleeps, and touches nothing else.
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
	types = probe_types(dev, why_absent(dev), mask, caller, infos);
	up_read(&pcireset_topology);
	pm_runtime_put(&dev->dev);
	return types;
}

static bool is_vfio_used(struct pci_dev *dev)
{
	struct iommu_group *group = iommu_group_get(&dev->dev);
	bool used;

	if (!group)
		return false;
	used = iommu_group_dma_owner_claimed(group);
	iommu_group_put(group);
	return used;
}

/**
 * pcireset_has_new_user - has a VFIO user come since a member was judged?
 * @fn: the member
 *
 * Context: The caller holds the member's device lock.
 * Return: true if one has.
 */
bool pcireset_has_new_user(const struct pcireset_fn *fn)
{
	const struct pci_driver *driver = fn->dev->driver;

	return driver && driver->driver_managed_dma &&
	       !(fn->flags & (PCIRESET_MEMBER_BRIDGE | PCIRESET_MEMBER_VFIO)) &&
	       (is_vfio_used(fn->dev) || pcireset_vfio_is_open(fn->dev));
}

/*
 * A driver that manages DMA itself is VFIO's, or pcieport and pci-stub, which
 * have nothing to lose. All others must be able to prepare for a reset.
 */
static void look_at_driver(const struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	struct pci_driver *driver = fn->dev->driver;
	const struct pci_error_handlers *handler = driver ? driver->err_handler : NULL;

	fn->calls_back = handler && (handler->reset_prepare || handler->reset_done);
	fn->flags &= ~(PCIRESET_MEMBER_DRIVER | PCIRESET_MEMBER_PREPARE | PCIRESET_MEMBER_VFIO |
		       PCIRESET_MEMBER_OWNED);
	fn->driver = driver;
	fn->vfio_open = false;
	if (!driver)
		return;

	fn->flags |= PCIRESET_MEMBER_DRIVER;
	if (handler && handler->reset_prepare)
		fn->flags |= PCIRESET_MEMBER_PREPARE;
	if (!driver->driver_managed_dma)
		return;
	if (pcireset_is_owner(plan->request.owners, fn->dev))
		fn->flags |= PCIRESET_MEMBER_OWNED;
	fn->vfio_open = pcireset_vfio_is_open(fn->dev);
	if (fn->vfio_open || (!(fn->flags & PCIRESET_MEMBER_BRIDGE) && is_vfio_used(fn->dev)))
		fn->flags |= PCIRESET_MEMBER_VFIO;
	else
		fn->flags |= PCIRESET_MEMBER_PREPARE;
}

/*
 * The core assigns addresses to a function it has just found, and writes them
 * without any lock: putting back what was there before would undo that. It is
 * done when the function enters /proc, before its driver is bound. A driver
 * that calls from probe() comes later than that for all functions around it.
 */
static bool is_being_found(const struct pcireset_plan *plan, struct pci_dev *dev)
{
	return IS_ENABLED(CONFIG_PROC_FS) && !plan->held && !dev->procent;
}

static u32 in_the_way(const struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	u32 force = plan->request.force;

	if (is_being_found(plan, fn->dev))
		return PCIRESET_WHY_CHANGED;
	/* Somebody else relies on its state, and nobody here can tell them. */
	if (pcireset_has_tsm(fn->dev))
		return PCIRESET_WHY_TSM;
	if (pcireset_is_handed_over(fn->dev))
		return PCIRESET_WHY_LIVE_UPDATE;
	if (plan->held && fn->dev == plan->dev)
		return PCIRESET_WHY_NONE;
	/* Neither force nor ownership revokes a mapping: reads of it would meet a dead link. */
	if (fn->vfio_open && plan->request.by_user)
		return PCIRESET_WHY_VFIO_OPEN;
	if ((fn->flags & PCIRESET_MEMBER_VFIO) && !(fn->flags & PCIRESET_MEMBER_OWNED) &&
	    !(force & PCIRESET_FORCE_VFIO))
		return PCIRESET_WHY_VFIO;
	if ((fn->flags & PCIRESET_MEMBER_DRIVER) &&
	    !(fn->flags & (PCIRESET_MEMBER_PREPARE | PCIRESET_MEMBER_VFIO)) &&
	    !(force & PCIRESET_FORCE_DRIVER))
		return PCIRESET_WHY_DRIVER;
	return PCIRESET_WHY_NONE;
}

/* Does the caller have to hold it for its link to be reset, and has not shown that it does? */
static bool is_unowned(const struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	return plan->request.must_own &&
	       !(fn->flags & (PCIRESET_MEMBER_OWNED | PCIRESET_MEMBER_BRIDGE));
}

static void refuse(struct pcireset_plan *plan, int error, u32 why, struct pcireset_addr who)
{
	plan->error = error;
	plan->why = why;
	plan->who = who;
}

static u32 blocked_types(const struct pcireset_plan *plan)
{
	u32 types = 0;
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		const struct pcireset_fn *fn = &plan->fns[i];

		if (fn->why_not)
			types |= fn->reach;
		if (is_unowned(plan, fn))
			types |= fn->reach & PCI_RESET_LINK;
	}
	return types;
}

static void drop_type(struct pcireset_plan *plan, unsigned int nr)
{
	plan->nr_types--;
	memmove(&plan->types[nr], &plan->types[nr + 1],
		(plan->nr_types - nr) * sizeof(plan->types[0]));
}

/* Who uses what is not the caller's is none of its business. FUNC types need no proof. */
static void mark_unowned(struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_fn *fn = &plan->fns[i];

		if (is_unowned(plan, fn) && fn->reach & plan->types[0] & PCI_RESET_LINK &&
		    (!fn->why_not || fn->why_not == PCIRESET_WHY_VFIO ||
		     fn->why_not == PCIRESET_WHY_VFIO_OPEN || fn->why_not == PCIRESET_WHY_DRIVER))
			fn->why_not = PCIRESET_WHY_NOT_OWNED;
	}
}

static int refusal(const struct pcireset_plan *plan, const struct pcireset_fn *fn)
{
	if (fn->why_not == PCIRESET_WHY_GONE && fn->dev == plan->dev)
		return -ENODEV;
	return fn->why_not == PCIRESET_WHY_NOT_OWNED ? -EPERM : -EBUSY;
}

/*
 * The first type decides whether the plan is refused. A wider type to escalate
 * to that would hit something in the way is merely left out.
 */
static void judge(struct pcireset_plan *plan)
{
	u32 blocked = blocked_types(plan);
	unsigned int i;

	for (i = plan->nr_types - 1; i > 0; i--)
		if (blocked & plan->types[i])
			drop_type(plan, i);

	mark_unowned(plan);
	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_fn *fn = &plan->fns[i];

		if (!fn->why_not || !pcireset_fn_runs(fn, plan->types[0]))
			continue;
		refuse(plan, refusal(plan, fn), fn->why_not, pcireset_addr_of(fn->dev));
		return;
	}
}

/* Whose device it was when it was looked at may have closed it since. */
static void keep_owned(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	if (fn->flags & PCIRESET_MEMBER_OWNED &&
	    !pcireset_owner_keep(plan->request.owners, fn->dev, &fn->owner_kept))
		fn->flags &= ~PCIRESET_MEMBER_OWNED;
}

/* No user opens what was closed a moment ago. A driver that calls takes care of that itself. */
static void keep_closed(struct pcireset_plan *plan, struct pcireset_fn *fn)
{
	if (plan->request.by_user && !fn->why_not && fn->driver &&
	    !pcireset_vfio_keep_closed(plan, fn))
		fn->why_not = PCIRESET_WHY_LOCK;
	/* It may have been opened just before. */
	if (fn->vfio_set && pcireset_vfio_is_open(fn->dev))
		fn->why_not = PCIRESET_WHY_VFIO_OPEN;
}

/**
 * pcireset_plan_judge - see who is in the way, with the members locked
 * @plan: the plan
 *
 * Whose functions they are stays so until pcireset_unlock().
 *
 * Context: The caller holds the device locks of all members.
 */
void pcireset_plan_judge(struct pcireset_plan *plan)
{
	unsigned int i;

	plan->error = 0;
	plan->why = PCIRESET_WHY_NONE;
	for (i = 0; i < plan->nr_fns; i++) {
		look_at_driver(plan, &plan->fns[i]);
		keep_owned(plan, &plan->fns[i]);
		plan->fns[i].why_not = why_absent(plan->fns[i].dev);
		if (!plan->fns[i].why_not)
			plan->fns[i].why_not = in_the_way(plan, &plan->fns[i]);
		keep_closed(plan, &plan->fns[i]);
	}
	judge(plan);
}

/*
 * A driver may be unloaded unless its device is locked. Whoever holds the lock
 * is brief, or busy for longer than a look is worth; removals wait meanwhile.
 */
static bool lock_briefly(struct pci_dev *dev, unsigned int *patience)
{
	while (!device_trylock(&dev->dev)) {
		if (!*patience || fatal_signal_pending(current))
			return false;
		--*patience;
		usleep_range(500, 1000);
	}
	return true;
}

static void look(struct pcireset_plan *plan, struct pcireset_fn *fn, unsigned int *patience)
{
	fn->driver = READ_ONCE(fn->dev->driver);
	if (plan->held && fn->dev == plan->dev) {
		look_at_driver(plan, fn);
	} else if (lock_briefly(fn->dev, patience)) {
		look_at_driver(plan, fn);
		device_unlock(&fn->dev->dev);
	} else if (fn->driver) {
		fn->flags |= PCIRESET_MEMBER_DRIVER | PCIRESET_MEMBER_PREPARE;
	}
	/* The target was there a moment ago, or there would be no plan. */
	fn->why_not = fn->dev != plan->dev ? why_absent(fn->dev) : PCIRESET_WHY_NONE;
	if (!fn->why_not)
		fn->why_not = in_the_way(plan, fn);
}

static void survey(struct pcireset_plan *plan)
{
	/* Whoever does not wait for locks may hold those that are not free. */
	unsigned int patience = plan->request.flags & PCIRESET_RESET_TRY ? 0 : MAX_LOCK_TRIES;
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_fn *fn = &plan->fns[i];

		pm_runtime_get_sync(&fn->dev->dev);
		look(plan, fn, &patience);
		pm_runtime_put(&fn->dev->dev);
	}
	judge(plan);
}

static void choose(struct pcireset_plan *plan, const struct pcireset_type_info *infos)
{
	const struct pcireset_request *request = &plan->request;
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_TYPES; i++) {
		u32 why;

		if (!(request->types & pcireset_types[i].bit))
			continue;
		why = infos[i].why_not;
		if (!why && infos[i].scope > request->max_scope)
			why = PCIRESET_WHY_SCOPE;
		if (why) {
			if (!plan->why)
				refuse(plan, -EOPNOTSUPP, why, infos[i].who);
			continue;
		}
		if (!plan->nr_types) {
			plan->scope = infos[i].scope;
			plan->type_flags = infos[i].flags;
		}
		plan->types[plan->nr_types++] = infos[i].type;
		if (!(request->flags & PCIRESET_RESET_ESCALATE))
			break;
	}
	if (plan->nr_types)
		refuse(plan, 0, PCIRESET_WHY_NONE, (struct pcireset_addr){ 0 });
}

static int check_request(const struct pcireset_request *request)
{
	if (!request->types)
		return -EINVAL;
	if (request->types & ~PCI_RESET_ANY || request->checks & ~PCIRESET_ALL_CHECKS ||
	    request->force & ~PCIRESET_ALL_FORCE || request->flags & ~PCIRESET_ALL_FLAGS ||
	    request->max_scope > PCIRESET_SCOPE_BUS)
		return -EOPNOTSUPP;
	if (request->timeout_ms > PCIRESET_MAX_TIMEOUT_MS ||
	    request->settle_ms > PCIRESET_MAX_TIMEOUT_MS)
		return -EINVAL;
	return 0;
}

static struct pcireset_plan *new_plan(struct pci_dev *dev, const struct pcireset_request *request)
{
	struct pcireset_plan *plan = kzalloc(sizeof(*plan), GFP_KERNEL_ACCOUNT);

	if (!plan)
		return NULL;

	kref_init(&plan->ref);
	plan->dev = pci_dev_get(dev);
	plan->request = *request;
	if (!plan->request.max_scope)
		plan->request.max_scope = PCIRESET_SCOPE_BUS;
	if (!plan->request.checks)
		plan->request.checks = PCIRESET_DEFAULT_CHECKS;
	if (!plan->request.timeout_ms)
		plan->request.timeout_ms = PCIRESET_TIMEOUT_MS;
	return plan;
}

static int fill(struct pcireset_plan *plan)
{
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];
	u32 absent = why_absent(plan->dev);
	int error;

	if (absent) {
		error = absent == PCIRESET_WHY_LATE ? -EBUSY : -ENODEV;
		refuse(plan, error, absent, pcireset_addr_of(plan->dev));
		return 0;
	}

	plan->counter = pcireset_counter(plan->dev);
	plan->topology = atomic64_read(plan->counter);
	probe_types(plan->dev, PCIRESET_WHY_NONE, plan->request.types, pcireset_plan_caller(plan),
		    infos);
	choose(plan, infos);
	if (!plan->nr_types)
		return 0;
	error = pcireset_scope_collect(plan);
	if (error == -ENODEV) {
		plan->nr_types = 0;
		refuse(plan, error, PCIRESET_WHY_GONE, pcireset_addr_of(plan->dev));
		return 0;
	}
	if (!error)
		survey(plan);
	return error;
}

/**
 * pcireset_plan_make - decide what would be done
 * @dev: the function
 * @request: what the caller allows
 * @held: the caller holds @dev's device lock
 * @ret_plan: the plan, possibly a refused one
 *
 * Context: Process context. No device lock is held but perhaps @dev's.
 * Return: 0, -EINVAL, -EOPNOTSUPP if a bit is not known, -ENOMEM.
 */
int pcireset_plan_make(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		       struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan;
	int error;

	error = check_request(request);
	if (error)
		return error;

	plan = new_plan(dev, request);
	if (!plan)
		return -ENOMEM;
	plan->held = held;

	pm_runtime_get_sync(&dev->dev);
	down_read(&pcireset_topology);
	error = fill(plan);
	up_read(&pcireset_topology);
	pm_runtime_put(&dev->dev);
	if (error) {
		pcireset_plan_put(plan);
		return error;
	}

	*ret_plan = plan;
	return 0;
}

static bool same_fn(const struct pcireset_fn *a, const struct pcireset_fn *b)
{
	return a->dev == b->dev && a->reach == b->reach && a->reset == b->reset &&
	       a->flags == b->flags && a->driver == b->driver;
}

/**
 * pcireset_plan_same - would two plans do the same?
 * @a: a plan
 * @b: another one
 *
 * Return: true if types and members are the same and in the same state.
 */
bool pcireset_plan_same(const struct pcireset_plan *a, const struct pcireset_plan *b)
{
	unsigned int i;

	if (a->dev != b->dev || a->bridge != b->bridge || a->nr_types != b->nr_types ||
	    a->nr_fns != b->nr_fns || a->error != b->error)
		return false;
	for (i = 0; i < a->nr_types; i++)
		if (a->types[i] != b->types[i])
			return false;
	for (i = 0; i < a->nr_fns; i++)
		if (!same_fn(&a->fns[i], &b->fns[i]))
			return false;
	return true;
}

static void free_plan(struct kref *ref)
{
	struct pcireset_plan *plan = container_of(ref, struct pcireset_plan, ref);
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++)
		pci_dev_put(plan->fns[i].dev);
	kvfree(plan->fns);
	pci_dev_put(plan->bridge);
	pci_dev_put(plan->dev);
	kfree(plan);
}

/**
 * pcireset_plan_put - release a plan
 * @plan: the plan, or NULL
 */
void pcireset_plan_put(struct pcireset_plan *plan)
{
	if (plan)
		kref_put(&plan->ref, free_plan);
}
PCIRESET_EXPORT(pcireset_plan_put);

static void report_member(const struct pcireset_fn *fn, struct pcireset_member *member)
{
	*member = (struct pcireset_member){
		.addr = pcireset_addr_of(fn->dev),
		.flags = fn->flags,
		.why_not = fn->why_not,
		.state = fn->outcome,
		.proof = fn->proof,
		.failed = fn->failed,
		.offset = fn->offset,
		.ready_ns = fn->ready_ns,
	};
}

/**
 * pcireset_plan_report - tell what a plan holds
 * @plan: the plan
 * @report: its members, why and who are filled in
 */
void pcireset_plan_report(const struct pcireset_plan *plan, struct pcireset_report *report)
{
	unsigned int i;

	report->nr_members = plan->nr_fns;
	for (i = 0; report->members && i < min(plan->nr_fns, report->max_members); i++)
		report_member(&plan->fns[i], &report->members[i]);
	if (plan->error) {
		report->why = plan->why;
		report->who = plan->who;
	}
}
