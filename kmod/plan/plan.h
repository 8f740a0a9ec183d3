/* SPDX-License-Identifier: GPL-2.0-only */
/* What a reset would do: its types, its members, and what prevents it. Decides and changes nothing. */
#ifndef _PCIRESET_PLAN_H
#define _PCIRESET_PLAN_H

#include <linux/kref.h>
#include <linux/workqueue.h>

#include "pcireset_api.h"
#include "type/type.h"

struct iommufd_ctx;
struct vfio_device_set;

/* Control registers of the port above that are put back. */
#define PCIRESET_NR_PORT_CONTROLS     4
#define PCIRESET_NR_PORT_EXT_CONTROLS 4

/**
 * struct pcireset_witness - a register that a reset must change
 * @offset: in config space, 0 if the function has none that could tell
 * @mask: bits that were set before the trigger and are clear after a reset
 * @old: the register's value before the bits were set
 */
struct pcireset_witness {
	u16 offset;
	u16 mask;
	u16 old;
};

/**
 * struct pcireset_register - a dword of config space
 * @pos: where
 * @id: of a capability's first one: the capability's ID, or PCIRESET_CXL_*
 * @mask: bits that are compared
 * @value: what it was
 */
struct pcireset_register {
	u16 pos;
	u16 id;
	u32 mask;
	u32 value;
};

/**
 * struct pcireset_config - what was read of a function's capabilities
 * @registers: the first one of each capability, then the others that are compared
 * @nr: number of @registers
 * @nr_headers: how many of them are a capability's first
 * @max: room in @registers
 */
struct pcireset_config {
	struct pcireset_register *registers;
	unsigned int nr;
	unsigned int nr_headers;
	unsigned int max;
};

/**
 * struct pcireset_fn - one function in the scope of a plan
 * @dev: the function, referenced
 * @reach: mask of the plan's types that reach it
 * @reset: mask of the plan's types that reset it itself
 * @parent: index of the member it hangs on (bridge, or PF of a VF), -1 if none
 * @flags: PCIRESET_MEMBER_*
 * @driver: what is bound, only to compare
 * @why_not: enum pcireset_why, what of it stands in the way
 * @calls_back: the driver has something to do before or after
 * @resumed: a runtime PM reference is held
 * @device_locked: we took the device lock
 * @cfg_locked: we took the config access lock
 * @owner_kept: it stays the caller's as long as it is locked
 * @vfio_open: a VFIO user has it open
 * @vfio_set: its VFIO device set, whose lock is held through this member, or NULL
 * @prepared: whose reset_prepare ran and is not followed by reset_done yet, or NULL
 * @quiesced: Command was cleared and not yet restored
 * @blocked: its IOMMU translation is blocked
 * @secondary_up: the bus below this bridge has been waited for
 * @quiet: its hotplug events and errors are expected
 * @stays_quiet: and will be until the worker has done with what is late
 * @was_ignoring: its hotplug events were ignored before already
 * @contained: it was lost while a port above contained an error
 * @driver_state: what the driver itself had saved, or NULL
 * @state: what was saved before the first trigger, or NULL
 * @set_aside: @driver_state is kept, and the core's saved state is ours
 * @header: the first 64 bytes of config space before the first trigger
 * @config: its capabilities before the first trigger, if they are to be compared
 * @pme: PME_Enable was set before the first trigger
 * @hushed: its Surprise Down was masked by us
 * @surprise: whether it was masked before, in place
 * @slot_child: function 0 in this port's slot as it was before the trigger, or NULL
 * @slot_present: the slot said that it has a card then
 * @slot_changed: the card in this port's slot has left or was replaced meanwhile
 * @slot_work: makes pciehp act on that, without any of our locks
 * @slot_plan: the plan that @slot_work has a reference to while it is queued
 * @slot_enables: the events of this port's slot that interrupted before we masked them
 * @controls: control registers of the port above before the trigger
 * @ext_controls: and of its extended capabilities
 * @bridge_control: its Bridge Control
 * @controls_kept: these three are still to be put back
 * @serial: Device Serial Number before the first trigger, 0 if it has none
 * @times: what it needs before it may be accessed again
 * @link: Link Status before the first trigger
 * @answer: what it last answered: Vendor and Device ID, but for a VF
 * @witness: the register that proves the reset
 * @outcome: enum pcireset_state
 * @proof: enum pcireset_proof
 * @failed: mask of enum pcireset_check that failed
 * @offset: first byte of config space that differs
 * @ready_ns: from the end of the trigger until it answered
 * @unfinished: its entry in the table of functions whose reset is not finished
 * @is_expected: it is late, and its return will be announced
 * @settle: if it is late, when it may be accessed; 0 if its link is down
 *
 * Members of a plan that is being run are written by the task that runs it
 * and by nobody else, but for these: pcireset_unfinished_lock protects @unfinished, the
 * device lock protects @prepared, and where the reset is unfinished pcireset_topology
 * protects @blocked.
 */
struct pcireset_fn {
	struct pci_dev *dev;
	u32 reach;
	u32 reset;
	int parent;
	u32 flags;
	const struct pci_driver *driver;
	u32 why_not;
	bool calls_back;
	bool resumed;
	bool device_locked;
	bool cfg_locked;
	bool owner_kept;
	bool vfio_open;
	struct vfio_device_set *vfio_set;
	const struct pci_error_handlers *prepared;
	bool quiesced;
	bool blocked;
	bool secondary_up;
	bool quiet;
	bool stays_quiet;
	bool was_ignoring;
	bool contained;
	struct pci_saved_state *driver_state;
	struct pci_saved_state *state;
	bool set_aside;
	u32 header[16];
	struct pcireset_config config;
	bool pme;
	bool hushed;
	u32 surprise;
	struct pcireset_fn *slot_child;
	bool slot_present;
	bool slot_changed;
	struct work_struct slot_work;
	struct pcireset_plan *slot_plan;
	u16 slot_enables;
	u16 controls[PCIRESET_NR_PORT_CONTROLS];
	u32 ext_controls[PCIRESET_NR_PORT_EXT_CONTROLS];
	u16 bridge_control;
	bool controls_kept;
	u64 serial;
	struct pcireset_times times;
	u16 link;
	u32 answer;
	struct pcireset_witness witness;
	u32 outcome;
	u32 proof;
	u32 failed;
	u32 offset;
	u64 ready_ns;
	struct pcireset_unfinished unfinished;
	bool is_expected;
	ktime_t settle;
};

/**
 * struct pcireset_late - the members of a plan that are late
 * @is_used: there are some, or the end is left to the worker
 * @work: waits for them
 * @id: of the reset
 * @type: the type that was issued last
 * @triggered: when its trigger ended
 * @quiet: link and hotplug events are expected still
 * @pulled: since when the slot above says that it is empty, 0 if it does not
 *
 * Written before @work is queued, and read by it.
 */
struct pcireset_late {
	bool is_used;
	struct work_struct work;
	u64 id;
	const struct pcireset_type *type;
	ktime_t triggered;
	bool quiet;
	ktime_t pulled;
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
 * @bridge_fn: what is saved of @bridge; it is locked and never reset itself
 * @fns: the members, parents first
 * @nr_fns: number of @fns
 * @max_fns: room in @fns
 * @late: those of @fns that are late
 *
 * Not changed once it is made, but for the members of a plan that is run: each
 * run makes and runs a plan of its own.
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
	struct pcireset_fn bridge_fn;
	struct pcireset_fn *fns;
	unsigned int nr_fns;
	unsigned int max_fns;
	struct pcireset_late late;
};

/* plan.c */
const char *pcireset_why_text(u32 why);
int pcireset_plan_new(struct pci_dev *dev, const struct pcireset_request *request,
		      struct pcireset_plan **ret_plan);
int pcireset_plan_fill(struct pcireset_plan *plan);
void pcireset_plan_read_driver(const struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_plan_find_obstacle(const struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_plan_decide(struct pcireset_plan *plan);
u32 pcireset_plan_types(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			struct pcireset_type_info *infos);
bool pcireset_plan_same(const struct pcireset_plan *a, const struct pcireset_plan *b);
void pcireset_plan_report(const struct pcireset_plan *plan, struct pcireset_report *report);
bool pcireset_has_new_user(const struct pcireset_fn *fn);

/* scope.c */
int pcireset_scope_collect(struct pcireset_plan *plan);

/* owner.c */
int pcireset_owners_get(u64 address, u32 nr, struct pcireset_owners **ret_owners);
void pcireset_owners_put(struct pcireset_owners *owners);
bool pcireset_is_owner(const struct pcireset_owners *owners, struct pci_dev *dev);
struct iommufd_ctx *pcireset_owner_iommufd(const struct pcireset_owners *owners,
					   struct pci_dev *dev);
bool pcireset_owner_has_group(const struct pcireset_owners *owners, struct iommufd_ctx *iommufd,
			      struct pci_dev *dev);
struct vfio_device_set *pcireset_vfio_set(struct pci_dev *dev);
bool pcireset_vfio_is_open(struct pci_dev *dev);

/* estimate.c */
int pcireset_estimate(const struct pcireset_plan *plan, u64 *ret_ns);

static inline enum pcireset_caller pcireset_plan_caller(const struct pcireset_plan *plan)
{
	if (plan->held || plan->request.flags & PCIRESET_RESET_TRY)
		return PCIRESET_CALLER_LOCKED;
	return PCIRESET_CALLER_FREE;
}

static inline bool pcireset_fn_runs(const struct pcireset_fn *fn, u32 type)
{
	return fn->reach & type;
}

#endif /* _PCIRESET_PLAN_H */
