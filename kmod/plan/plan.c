// SPDX-License-Identifier: GPL-2.0-only
/* The plan of a reset: its types, its members, and its obstacles. Changes nothing. */
#include <linux/iommu.h>
#include <linux/slab.h>

#include "plan/plan.h"
#include "table/reasons.h"
#include "table/request.h"

/**
 * pcireset_why_text - return the text of a reason
 * @why: enum pcireset_why
 *
 * Return: the text, about the function that the reason names.
 */
const char *pcireset_why_text(u32 why)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(pcireset_reasons) - 1; i++)
		if (pcireset_reasons[i].why == why)
			break;
	return pcireset_reasons[i].text;
}

/* PCIe r6.0, sec 2.3.1 and SR-IOV: a VF has no Vendor ID of its own; present means it answers. */
static bool plan_is_gone(struct pci_dev *dev)
{
	u32 command;

	if (!pcireset_is_there(dev) || dev->error_state == pci_channel_io_perm_failure)
		return true;
	pci_read_config_dword(dev, PCI_COMMAND, &command);
	return PCI_POSSIBLE_ERROR(command);
}

/* A late function does not answer, and is not gone. */
static u32 plan_why_absent(struct pci_dev *dev)
{
	if (pcireset_is_unfinished(dev, PCIRESET_LATE, NULL))
		return PCIRESET_WHY_LATE;
	return plan_is_gone(dev) ? PCIRESET_WHY_GONE : PCIRESET_WHY_NONE;
}

/* A removed VF may have outlived its PF, which leads to its bridge: the hardware is not asked. */
static void plan_fill_absent(struct pci_dev *dev, u32 mask, u32 absent,
			     struct pcireset_type_info *infos)
{
	unsigned int i;

	for (i = 0; i < PCIRESET_NR_TYPES; i++)
		if (mask & pcireset_types[i].bit)
			infos[i] = (struct pcireset_type_info){
				.type = pcireset_types[i].bit,
				.why_not = absent,
				.who = pcireset_addr_of(dev),
			};
}

/* Leave out types that are not in @mask: a query for a bus reads every function on it. */
static u32 plan_query_types(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			    struct pcireset_type_info *infos)
{
	struct pcireset_probe probe;
	u32 types = 0;
	unsigned int i;

	pcireset_probe_begin(&probe, dev, caller);
	for (i = 0; i < PCIRESET_NR_TYPES; i++) {
		if (!(mask & pcireset_types[i].bit))
			continue;
		pcireset_type_probe(&pcireset_types[i], &probe, &infos[i]);
		if (!infos[i].why_not)
			types |= infos[i].type;
	}
	pcireset_probe_end(&probe);
	return types;
}

/**
 * pcireset_plan_types - query which types fit a function
 * @dev: the function, awake
 * @mask: mask of PCI_RESET_* to query
 * @caller: locks that the caller may hold
 * @infos: PCIRESET_NR_TYPES entries in order of choice; those in @mask are written
 *
 * Context: The caller holds pcireset_topology.
 * Return: mask of the types that would work now.
 */
u32 pcireset_plan_types(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			struct pcireset_type_info *infos)
{
	u32 absent;

	lockdep_assert_held(&pcireset_topology);
	absent = plan_why_absent(dev);
	if (!absent)
		return plan_query_types(dev, mask, caller, infos);
	plan_fill_absent(dev, mask, absent, infos);
	return 0;
}

static bool plan_is_vfio_used(struct pci_dev *dev)
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
 * pcireset_has_new_user - has a VFIO user opened a member since it was planned?
 * @fn: the member
 *
 * Context: The caller holds the member's device lock.
 * Return: true if one has.
 */
bool pcireset_has_new_user(const struct pcireset_planned *fn)
{
	const struct pci_driver *driver = fn->dev->driver;

	return driver && driver->driver_managed_dma &&
	       !(fn->flags & (PCIRESET_MEMBER_BRIDGE | PCIRESET_MEMBER_VFIO)) &&
	       (plan_is_vfio_used(fn->dev) || pcireset_vfio_is_open(fn->dev));
}

/**
 * pcireset_plan_read_driver - look up the driver of a member, and its users
 * @plan: the plan
 * @fn: the member; @fn->driver and @fn->flags are written
 *
 * A driver that manages DMA itself belongs to VFIO, or it is pcieport or pci-stub,
 * which lose nothing in a reset. All others must be able to prepare for a reset.
 *
 * Context: The caller holds the member's device lock, so that its driver stays.
 */
void pcireset_plan_read_driver(const struct pcireset_plan *plan, struct pcireset_planned *fn)
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
	if (fn->vfio_open || (!(fn->flags & PCIRESET_MEMBER_BRIDGE) && plan_is_vfio_used(fn->dev)))
		fn->flags |= PCIRESET_MEMBER_VFIO;
	else
		fn->flags |= PCIRESET_MEMBER_PREPARE;
}

/*
 * The core assigns addresses to a new function and writes them without a lock. To
 * restore its old registers would undo that. The core has finished when the function
 * enters /proc, before its driver is bound. So a driver that calls from probe() comes
 * after that for all functions around it.
 */
static bool plan_is_being_found(const struct pcireset_plan *plan, struct pci_dev *dev)
{
	return IS_ENABLED(CONFIG_PROC_FS) && !plan->held && !dev->procent;
}

static u32 plan_obstacle(const struct pcireset_plan *plan, const struct pcireset_planned *fn)
{
	u32 force = plan->request.force;

	if (plan_is_being_found(plan, fn->dev))
		return PCIRESET_WHY_CHANGED;
	/* The TSM or the next kernel relies on its state and cannot be notified. */
	if (pcireset_has_tsm(fn->dev))
		return PCIRESET_WHY_TSM;
	if (pcireset_is_handed_over(fn->dev))
		return PCIRESET_WHY_LIVE_UPDATE;
	if (plan->held && fn->dev == plan->dev)
		return PCIRESET_WHY_NONE;
	/* Neither force nor ownership revokes a mapping: reads would hit a dead link. */
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

/* A reset of its link needs an owner, and the caller is not the owner. */
static bool plan_is_unowned(const struct pcireset_plan *plan, const struct pcireset_planned *fn)
{
	return plan->request.must_own &&
	       !(fn->flags & (PCIRESET_MEMBER_OWNED | PCIRESET_MEMBER_BRIDGE));
}

static void plan_refuse(struct pcireset_plan *plan, int error, u32 why, struct pcireset_addr who)
{
	plan->error = error;
	plan->why = why;
	plan->who = who;
}

static u32 plan_blocked_types(const struct pcireset_plan *plan)
{
	u32 types = 0;
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		const struct pcireset_planned *fn = &plan->fns[i];

		if (fn->why_not)
			types |= fn->reach;
		if (plan_is_unowned(plan, fn))
			types |= fn->reach & PCIRESET_LINK_TYPES;
	}
	return types;
}

static void plan_drop_type(struct pcireset_plan *plan, unsigned int nr)
{
	plan->nr_types--;
	memmove(&plan->types[nr], &plan->types[nr + 1],
		(plan->nr_types - nr) * sizeof(plan->types[0]));
}

/* Do not report who uses a function that the caller does not own. FUNC types need no owner. */
static void plan_mark_unowned(struct pcireset_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_planned *fn = &plan->fns[i];

		if (plan_is_unowned(plan, fn) && fn->reach & plan->types[0] & PCIRESET_LINK_TYPES &&
		    (!fn->why_not || fn->why_not == PCIRESET_WHY_VFIO ||
		     fn->why_not == PCIRESET_WHY_VFIO_OPEN || fn->why_not == PCIRESET_WHY_DRIVER))
			fn->why_not = PCIRESET_WHY_NOT_OWNED;
	}
}

static int plan_refusal_error(const struct pcireset_plan *plan, const struct pcireset_planned *fn)
{
	if (fn->why_not == PCIRESET_WHY_GONE && fn->dev == plan->dev)
		return -ENODEV;
	return fn->why_not == PCIRESET_WHY_NOT_OWNED ? -EPERM : -EBUSY;
}

/**
 * pcireset_plan_find_obstacle - find what prevents a reset of a member
 * @plan: the plan
 * @fn: the member; its driver has been read, @fn->why_not is written
 */
void pcireset_plan_find_obstacle(const struct pcireset_plan *plan, struct pcireset_planned *fn)
{
	fn->why_not = plan_why_absent(fn->dev);
	if (!fn->why_not)
		fn->why_not = plan_obstacle(plan, fn);
}

/**
 * pcireset_plan_decide - decide whether a plan is refused
 * @plan: the plan; the obstacle of each member is known
 *
 * Only the first type decides. A wider type to escalate to that would reset a member
 * with an obstacle is left out.
 */
void pcireset_plan_decide(struct pcireset_plan *plan)
{
	u32 blocked = plan_blocked_types(plan);
	unsigned int i;

	for (i = plan->nr_types - 1; i > 0; i--)
		if (blocked & plan->types[i])
			plan_drop_type(plan, i);

	plan_mark_unowned(plan);
	for (i = 0; i < plan->nr_fns; i++) {
		struct pcireset_planned *fn = &plan->fns[i];

		if (!fn->why_not || !(fn->reach & plan->types[0]))
			continue;
		plan_refuse(plan, plan_refusal_error(plan, fn), fn->why_not,
			    pcireset_addr_of(fn->dev));
		return;
	}
}

/*
 * PCIe r6.0, sec 7.5.3.18: the supported speeds, bit n is code n. A port without Link Control
 * 2, before version 2 of the capability (sec 7.5.3.2), has no speed that could be set.
 */
static bool plan_port_has_speed(struct pci_dev *port, u32 speed)
{
	u32 speeds, caps;

	if (!pcireset_is_downstream_port(port) || (pcie_caps_reg(port) & PCI_EXP_FLAGS_VERS) < 2)
		return false;
	pcie_capability_read_dword(port, PCI_EXP_LNKCAP2, &speeds);
	pcie_capability_read_dword(port, PCI_EXP_LNKCAP, &caps);
	if (PCI_POSSIBLE_ERROR(speeds) || PCI_POSSIBLE_ERROR(caps))
		return false;
	speeds &= PCIRESET_LINK_SPEEDS;
	return speeds ? speeds & 1U << speed : speed <= (caps & PCI_EXP_LNKCAP_SLS);
}

/* Maximum of a function; a VF and a function that does not answer have none. */
static bool plan_fn_has_speed(struct pci_dev *dev, u32 speed)
{
	u32 caps = 0;

	if (dev->is_virtfn || !pci_is_pcie(dev))
		return true;
	pcie_capability_read_dword(dev, PCI_EXP_LNKCAP, &caps);
	return !(caps & PCI_EXP_LNKCAP_SLS) || speed <= (caps & PCI_EXP_LNKCAP_SLS);
}

static u32 plan_check_speed(struct pci_dev *dev, u32 speed, struct pcireset_addr *ret_who)
{
	struct pci_dev *port = pcireset_bridge_above(dev);
	u32 why = PCIRESET_WHY_SPEED;

	if (!port)
		return PCIRESET_WHY_NO_BRIDGE;
	if (!plan_port_has_speed(port, speed))
		*ret_who = pcireset_addr_of(port);
	else if (!plan_fn_has_speed(dev, speed))
		*ret_who = pcireset_addr_of(dev);
	else
		why = PCIRESET_WHY_NONE;
	pci_dev_put(port);
	return why;
}

static void plan_choose_types(struct pcireset_plan *plan, struct pcireset_type_info *infos)
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
		if (!why && request->link_speed)
			why = plan_check_speed(plan->dev, request->link_speed, &infos[i].who);
		if (why) {
			if (!plan->why)
				plan_refuse(plan, -EOPNOTSUPP, why, infos[i].who);
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
		plan_refuse(plan, 0, PCIRESET_WHY_NONE, (struct pcireset_addr){ 0 });
}

static int plan_check_bits(u32 bits, u32 known)
{
	return bits & ~known ? -EOPNOTSUPP : 0;
}

static int plan_check_scope(u32 scope, u32 widest)
{
	return scope > widest ? -EOPNOTSUPP : 0;
}

static int plan_check_ms(u32 ms, u32 longest)
{
	return ms > longest ? -EINVAL : 0;
}

#define PLAN_CHECK_FIELD(name, kind, limit) \
	(error = error ?: plan_check_##kind(request->name, limit))

/**
 * pcireset_request_check - check that each field of a request is within its limit
 * @request: permissions of the caller
 *
 * Return: 0, -EOPNOTSUPP if a bit or the scope is unknown, -EINVAL if a time is too long, or
 * the speed of a link is unknown or not for all types.
 */
int pcireset_request_check(const struct pcireset_request *request)
{
	int error = 0;

	PCIRESET_REQUEST_FIELDS(PLAN_CHECK_FIELD);
	/* Only a reset of the link decides its speed. */
	if (!error && request->link_speed &&
	    (request->link_speed > PCIRESET_MAX_LINK_SPEED ||
	     request->types & ~PCIRESET_LINK_TYPES))
		return -EINVAL;
	return error;
}

/**
 * pcireset_plan_new - check a request and start a plan for it
 * @dev: the function
 * @request: permissions of the caller
 * @ret_plan: the plan, without types and members
 *
 * Return: 0, -EINVAL, -EOPNOTSUPP if a bit is unknown, or -ENOMEM.
 */
int pcireset_plan_new(struct pci_dev *dev, const struct pcireset_request *request,
		      struct pcireset_plan **ret_plan)
{
	struct pcireset_plan *plan;
	int error;

	if (!request->types)
		return -EINVAL;
	error = pcireset_request_check(request);
	if (error)
		return error;
	plan = kzalloc(sizeof(*plan), GFP_KERNEL_ACCOUNT);
	if (!plan)
		return -ENOMEM;

	kref_init(&plan->ref);
	plan->dev = pci_dev_get(dev);
	plan->request = *request;
	if (!plan->request.max_scope)
		plan->request.max_scope = PCIRESET_SCOPE_BUS;
	if (!plan->request.checks)
		plan->request.checks = PCIRESET_DEFAULT_CHECKS;
	if (plan->request.link_speed)
		plan->request.checks |= PCIRESET_CHECK_LINK;
	if (!plan->request.timeout_ms)
		plan->request.timeout_ms = PCIRESET_TIMEOUT_MS;
	*ret_plan = plan;
	return 0;
}

/**
 * pcireset_plan_fill - choose the types of a plan and collect its members
 * @plan: the plan, refused if no type fits
 *
 * Context: The caller holds pcireset_topology, and keeps the function awake.
 * Return: 0 or -ENOMEM.
 */
int pcireset_plan_fill(struct pcireset_plan *plan)
{
	struct pcireset_type_info infos[PCIRESET_NR_TYPES];
	u32 absent = plan_why_absent(plan->dev);
	int error;

	lockdep_assert_held(&pcireset_topology);
	if (absent) {
		error = absent == PCIRESET_WHY_LATE ? -EBUSY : -ENODEV;
		plan_refuse(plan, error, absent, pcireset_addr_of(plan->dev));
		return 0;
	}

	plan->counter = pcireset_counter(plan->dev);
	plan->topology = atomic64_read(plan->counter);
	plan_query_types(plan->dev, plan->request.types, pcireset_plan_caller(plan), infos);
	plan_choose_types(plan, infos);
	if (!plan->nr_types)
		return 0;
	error = pcireset_scope_collect(plan);
	if (error == -ENODEV) {
		plan->nr_types = 0;
		plan_refuse(plan, error, PCIRESET_WHY_GONE, pcireset_addr_of(plan->dev));
		return 0;
	}
	return error;
}

static bool plan_is_same_fn(const struct pcireset_planned *a, const struct pcireset_planned *b)
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
		if (!plan_is_same_fn(&a->fns[i], &b->fns[i]))
			return false;
	return true;
}

static void plan_free(struct kref *ref)
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
		kref_put(&plan->ref, plan_free);
}
PCIRESET_EXPORT(pcireset_plan_put);

static void plan_report_member(const struct pcireset_planned *fn, struct pcireset_member *member)
{
	*member = (struct pcireset_member){
		.addr = pcireset_addr_of(fn->dev),
		.flags = fn->flags,
		.why_not = fn->why_not,
	};
}

/**
 * pcireset_plan_report - report the members of a plan
 * @plan: the plan
 * @report: its members, why and who are filled in
 */
void pcireset_plan_report(const struct pcireset_plan *plan, struct pcireset_report *report)
{
	unsigned int i;

	report->nr_members = plan->nr_fns;
	for (i = 0; report->members && i < min(plan->nr_fns, report->max_members); i++)
		plan_report_member(&plan->fns[i], &report->members[i]);
	if (plan->error) {
		report->why = plan->why;
		report->who = plan->who;
	}
}

/**
 * pcireset_plan_type - return the type that a plan would issue first
 * @plan: the plan
 *
 * Return: one PCI_RESET_*, or 0 if no allowed type is supported.
 */
u32 pcireset_plan_type(const struct pcireset_plan *plan)
{
	return plan->nr_types ? plan->types[0] : 0;
}
PCIRESET_EXPORT(pcireset_plan_type);

/**
 * pcireset_plan_nr_members - return the number of affected functions
 * @plan: the plan
 *
 * Return: the number.
 */
unsigned int pcireset_plan_nr_members(const struct pcireset_plan *plan)
{
	return plan->nr_fns;
}
PCIRESET_EXPORT(pcireset_plan_nr_members);

/**
 * pcireset_plan_member - return one affected function
 * @plan: the plan
 * @nr: from 0, parents before children
 *
 * Return: the function, or NULL if @nr is too large. The plan keeps the
 * reference.
 */
struct pci_dev *pcireset_plan_member(const struct pcireset_plan *plan, unsigned int nr)
{
	return nr < plan->nr_fns ? plan->fns[nr].dev : NULL;
}
PCIRESET_EXPORT(pcireset_plan_member);
