/* SPDX-License-Identifier: GPL-2.0-only */
/* The plan of a reset: its types, its members, and its obstacles. Changes nothing. */
#ifndef _PCIRESET_PLAN_H
#define _PCIRESET_PLAN_H

#include <linux/kref.h>

#include "pcireset_api.h"
#include "type/type.h"

struct iommufd_ctx;
struct vfio_device_set;

/**
 * struct pcireset_planned - a function in the scope of a plan
 * @dev: the function, referenced
 * @reach: mask of the plan's types that reach it
 * @reset: mask of the plan's types that reset the function itself
 * @parent: index of the member above it (bridge, or PF of a VF), -1 if there is none
 * @flags: PCIRESET_MEMBER_*, except those of a result
 * @driver: the bound driver, only to compare
 * @why_not: enum pcireset_why, what prevents its reset
 * @calls_back: the driver has a callback before or after a reset
 * @vfio_open: a VFIO user has it open
 */
struct pcireset_planned {
	struct pci_dev *dev;
	u32 reach;
	u32 reset;
	int parent;
	u32 flags;
	const struct pci_driver *driver;
	u32 why_not;
	bool calls_back;
	bool vfio_open;
};

/**
 * struct pcireset_plan - what would be done, decided and not done
 * @ref: references
 * @dev: the function that was asked for, referenced
 * @request: what the caller allows, defaults filled in
 * @held: the caller holds @dev's device lock
 * @id: the generation that the uAPI shows
 * @counter: moves when functions come and go around @dev; outlives them all
 * @topology: what @counter said when the members were collected
 * @types: the types to use, in order of choice
 * @nr_types: number of @types; 0 if the plan is refused
 * @scope: widest enum pcireset_scope of @types[0]
 * @type_flags: PCIRESET_TYPE_* of @types[0]
 * @error: 0, or the negative errno that running it fails with
 * @why: enum pcireset_why behind @error
 * @who: the function that @why speaks of
 * @bridge: the bridge above if a type resets the link, referenced, or NULL
 * @bridge_fn: @bridge, which is locked and never reset itself
 * @fns: the members, parents first
 * @nr_fns: number of @fns
 * @max_fns: room in @fns
 *
 * Each run makes a plan of its own. Under its locks it reads the drivers of the members
 * again and decides once more. Nothing else changes a plan once it is made.
 */
struct pcireset_plan {
	struct kref ref;
	struct pci_dev *dev;
	struct pcireset_request request;
	bool held;
	u64 id;
	const atomic64_t *counter;
	u64 topology;
	u32 types[PCIRESET_NR_TYPES];
	unsigned int nr_types;
	u32 scope;
	u32 type_flags;
	int error;
	u32 why;
	struct pcireset_addr who;
	struct pci_dev *bridge;
	struct pcireset_planned bridge_fn;
	struct pcireset_planned *fns;
	unsigned int nr_fns;
	unsigned int max_fns;
};

/* plan.c */
const char *pcireset_why_text(u32 why);
int pcireset_request_check(const struct pcireset_request *request);
int pcireset_plan_new(struct pci_dev *dev, const struct pcireset_request *request,
		      struct pcireset_plan **ret_plan);
int pcireset_plan_fill(struct pcireset_plan *plan);
void pcireset_plan_read_driver(const struct pcireset_plan *plan, struct pcireset_planned *fn);
void pcireset_plan_find_obstacle(const struct pcireset_plan *plan, struct pcireset_planned *fn);
void pcireset_plan_decide(struct pcireset_plan *plan);
u32 pcireset_plan_types(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			struct pcireset_type_info *infos);
bool pcireset_plan_same(const struct pcireset_plan *a, const struct pcireset_plan *b);
void pcireset_plan_report(const struct pcireset_plan *plan, struct pcireset_report *report);
bool pcireset_has_new_user(const struct pcireset_planned *fn);

/* scope.c */
int pcireset_scope_collect(struct pcireset_plan *plan);

/* owner.c */
int pcireset_owners_get(u64 address, u32 nr, struct pcireset_owners **ret_owners);
void pcireset_owners_put(struct pcireset_owners *owners);
bool pcireset_is_owner(const struct pcireset_owners *owners, struct pci_dev *dev);
bool pcireset_owner_find(const struct pcireset_owners *owners, struct pci_dev *dev,
			 struct iommufd_ctx **ret_iommufd);
bool pcireset_owner_has_group(const struct pcireset_owners *owners, struct iommufd_ctx *iommufd,
			      struct pci_dev *dev);
struct vfio_device_set *pcireset_vfio_set(struct pci_dev *dev);
bool pcireset_vfio_is_open(struct pci_dev *dev);

/* estimate.c */
bool pcireset_estimate_reads(const struct pcireset_plan *plan, const struct pcireset_planned *fn);
int pcireset_estimate(const struct pcireset_plan *plan, u64 *ret_ns);

static inline enum pcireset_caller pcireset_plan_caller(const struct pcireset_plan *plan)
{
	if (plan->held || plan->request.flags & PCIRESET_RESET_TRY)
		return PCIRESET_CALLER_LOCKED;
	return PCIRESET_CALLER_FREE;
}

#endif /* _PCIRESET_PLAN_H */
