/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the module share among themselves. */
#ifndef _PCIRESET_H
#define _PCIRESET_H

#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/workqueue.h>

#include "pcireset_api.h"

#define PCIRESET_TIMEOUT_MS     10000
#define PCIRESET_MAX_TIMEOUT_MS 600000

/* How long the worker waits after a reset: as long as the core does. */
#define PCIRESET_LATE_MS 60000

/* Members of the plans of one call at the most: more than any bus has functions. */
#define PCIRESET_MAX_MEMBERS 65536

#define PCIRESET_ALL_CHECKS                                                     \
	(PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK | \
	 PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF)
#define PCIRESET_DEFAULT_CHECKS (PCIRESET_ALL_CHECKS & ~PCIRESET_CHECK_PROOF)
#define PCIRESET_ALL_FORCE      (PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)
#define PCIRESET_ALL_FLAGS      (PCIRESET_RESET_ESCALATE | PCIRESET_RESET_TRY)
#define PCIRESET_ALL_GRANTS     PCIRESET_GRANT_OWNED

#define PCIRESET_NR_TYPES 7

/* Control registers of the port above that are put back. */
#define PCIRESET_NR_PORT_CONTROLS     4
#define PCIRESET_NR_PORT_EXT_CONTROLS 4

/* PCIe r6.0, sec 7.9.16: Readiness Time Reporting; not every kernel has a name for it. */
#define PCIRESET_RTR_ID 0x22

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

/* Vendor-specific capabilities that are known, in the place of an extended capability's ID. */
#define PCIRESET_CXL_DEVICE_ID 0x8000
#define PCIRESET_CXL_PORT_ID   0x8003

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
 * struct pcireset_times - how long a function may not be accessed
 * @flr_us: after an FLR, microseconds
 * @link_us: after the link above it came up, microseconds
 * @d0_us: after it was told to return from D3hot to D0, microseconds
 */
struct pcireset_times {
	u32 flr_us;
	u32 link_us;
	u32 d0_us;
};

/**
 * enum pcireset_unfinished - why a function's reset is not over although nothing is locked
 * @PCIRESET_FINISHED: it is, or locks are held until it is
 * @PCIRESET_WATCHED: the caller will look at it again
 * @PCIRESET_LATE: the worker waits for it
 * @PCIRESET_BRIDGE_ABOVE: not reset itself: below it the worker waits for somebody
 */
enum pcireset_unfinished {
	PCIRESET_FINISHED = 0,
	PCIRESET_WATCHED,
	PCIRESET_LATE,
	PCIRESET_BRIDGE_ABOVE,
};

struct pcireset_plan;
struct pcireset_type;

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
 * @slot_work: makes pciehp act on that, with none of our locks held
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
 * @unfinished: why its reset is not over although it is not locked
 * @unfinished_node: it is found by that
 * @plan: the plan that it is a member of, if its reset is unfinished
 * @gone: it was removed while its reset was unfinished
 * @is_expected: it is late, and its return will be announced
 * @settle: if it is late, when it may be accessed; 0 if its link is down
 *
 * Members of a plan that is being run are written by the task that runs it
 * and by nobody else, but for these: @unfinished and @unfinished_node are protected
 * by late_lock, @prepared is protected by the device lock, and where the reset is
 * unfinished pcireset_topology protects @gone and @blocked.
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
	enum pcireset_unfinished unfinished;
	struct hlist_node unfinished_node;
	struct pcireset_plan *plan;
	bool gone;
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

/**
 * enum pcireset_caller - which locks a caller may hold
 * @PCIRESET_CALLER_FREE: none
 * @PCIRESET_CALLER_LOCKED: device locks, so that nothing may be waited for that
 *	somebody may hold who waits for those, such as pci_bus_sem
 */
enum pcireset_caller {
	PCIRESET_CALLER_FREE,
	PCIRESET_CALLER_LOCKED,
};

static inline enum pcireset_caller pcireset_plan_caller(const struct pcireset_plan *plan)
{
	if (plan->held || plan->request.flags & PCIRESET_RESET_TRY)
		return PCIRESET_CALLER_LOCKED;
	return PCIRESET_CALLER_FREE;
}

/* To read all that is compared takes longer than all else; what is lost later shows only there. */
static inline bool pcireset_compares_config(const struct pcireset_plan *plan)
{
	return plan->request.checks & PCIRESET_CHECK_CONFIG || plan->request.settle_ms;
}

/**
 * struct pcireset_origin - who asked for a reset
 * @id: number of the reset, which no other has while the module is loaded
 * @pid: the process that called
 * @comm: its name
 */
struct pcireset_origin {
	u64 id;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct pcireset_run - a plan being carried out
 * @plan: the plan, nobody else's
 * @wanted: the plan that the result must equal, or NULL
 * @report: what happened, not NULL
 * @origin: who asked, for the tracepoints
 * @killed: set when nobody waits for the result any more, or NULL
 * @impatient: no lock is waited for
 * @type: the type that is being issued
 * @started: when it was begun
 * @error: what the trigger returned
 * @triggered: when the trigger ended
 * @settle: before this time no member may be accessed
 * @deadline: after this time nobody is waited for with locks held
 * @patience: after this time nobody is waited for
 * @quiet: link and hotplug events are expected
 * @attended: late members are waited for, without locks
 * @adrift: the locks were given back and not to be had again
 */
struct pcireset_run {
	struct pcireset_plan *plan;
	const struct pcireset_plan *wanted;
	struct pcireset_report *report;
	struct pcireset_origin origin;
	const bool *killed;
	bool impatient;
	const struct pcireset_type *type;
	ktime_t started;
	int error;
	ktime_t triggered;
	ktime_t settle;
	ktime_t deadline;
	ktime_t patience;
	bool quiet;
	bool attended;
	bool adrift;
};

/* A thread of a batch is not the caller's: it is told when the caller is killed. */
static inline bool pcireset_is_killed(const struct pcireset_run *run)
{
	return fatal_signal_pending(current) || (run->killed && READ_ONCE(*run->killed));
}

enum pcireset_item_state {
	PCIRESET_ITEM_WAITING,
	PCIRESET_ITEM_STARTED,
	PCIRESET_ITEM_LATE,
	PCIRESET_ITEM_POSTPONED,
	PCIRESET_ITEM_DONE,
};

/**
 * struct pcireset_item - one reset of a batch
 * @dev: the function that was asked for, referenced by whoever made the item
 * @plan: what to do, and nobody else's; NULL if it is not to be run
 * @wanted: the plan that the result must equal, or NULL
 * @data: of whoever made the item
 * @result: as that of pcireset_run()
 * @report: what happened, while the item is told
 * @next: the next one of the same thread, or of the same leader
 * @followers: those whose reset this one's is as well
 * @like: the item that has the plan that this one would have, or NULL; the reset is
 *	this one's own
 * @done: in the list of those that are to be told
 * @state: how far it is, where a thread carries several
 * @again: when to look at it again
 * @own: what happened
 * @run: how it is carried out
 *
 * All but the first four are batch.c's, and zero at first.
 */
struct pcireset_item {
	struct pci_dev *dev;
	struct pcireset_plan *plan;
	const struct pcireset_plan *wanted;
	void *data;
	int result;
	struct pcireset_report *report;
	struct pcireset_item *next;
	struct pcireset_item *followers;
	const struct pcireset_item *like;
	struct llist_node done;
	enum pcireset_item_state state;
	ktime_t again;
	struct pcireset_report own;
	struct pcireset_run run;
};

/**
 * enum pcireset_late_event - what happens to a late function
 * @PCIRESET_LATE_BEGIN: it is waited for
 * @PCIRESET_LATE_BACK: it has come back and was restored
 * @PCIRESET_LATE_LOST: it is waited for no more
 */
enum pcireset_late_event {
	PCIRESET_LATE_BEGIN,
	PCIRESET_LATE_BACK,
	PCIRESET_LATE_LOST,
};

/**
 * struct pcireset_type - one way to reset
 * @bit: PCI_RESET_*
 * @name: the word for it
 * @scope: enum pcireset_scope
 * @probe: fill in why the type does not fit, which means nothing if it does
 * @trigger: issue the reset and set @settle; 0, or a negative errno
 *
 * @probe and @trigger are called without and with all locks of the plan.
 */
struct pcireset_type {
	u32 bit;
	const char *name;
	u32 scope;
	void (*probe)(struct pci_dev *dev, enum pcireset_caller caller,
		      struct pcireset_type_info *info);
	int (*trigger)(struct pcireset_run *run);
};

/* type.c */
extern const struct pcireset_type pcireset_types[PCIRESET_NR_TYPES];
const struct pcireset_type *pcireset_type_find(u32 bit);
void pcireset_type_probe(const struct pcireset_type *type, struct pci_dev *dev,
			 enum pcireset_caller caller, struct pcireset_type_info *info);

/* type_*.c */
void pcireset_probe_dev_specific(struct pci_dev *dev, enum pcireset_caller caller,
				 struct pcireset_type_info *info);
int pcireset_trigger_dev_specific(struct pcireset_run *run);
void pcireset_probe_acpi(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info);
int pcireset_trigger_acpi(struct pcireset_run *run);
void pcireset_probe_flr(struct pci_dev *dev, enum pcireset_caller caller,
			struct pcireset_type_info *info);
int pcireset_trigger_flr(struct pcireset_run *run);
void pcireset_probe_pm(struct pci_dev *dev, enum pcireset_caller caller,
		       struct pcireset_type_info *info);
int pcireset_trigger_pm(struct pcireset_run *run);
void pcireset_probe_slot(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info);
int pcireset_trigger_slot(struct pcireset_run *run);
void pcireset_probe_bus(struct pci_dev *dev, enum pcireset_caller caller,
			struct pcireset_type_info *info);
int pcireset_trigger_bus(struct pcireset_run *run);
void pcireset_probe_cxl_bus(struct pci_dev *dev, enum pcireset_caller caller,
			    struct pcireset_type_info *info);
int pcireset_trigger_cxl_bus(struct pcireset_run *run);
struct pci_slot *pcireset_slot_find(struct pci_dev *dev, enum pcireset_caller caller);
int pcireset_slot_reset(struct pcireset_run *run);
int pcireset_secondary_reset(struct pcireset_run *run);
void pcireset_link_probe(struct pci_dev *dev, enum pcireset_caller caller,
			 struct pcireset_type_info *info);
bool pcireset_cxl_masks_sbr(struct pci_dev *bridge);

/* scope.c */
int pcireset_scope_collect(struct pcireset_plan *plan);
struct pci_dev *pcireset_bridge_above(struct pci_dev *dev);
struct pci_dev *pcireset_first_below(struct pci_dev *bridge);
int pcireset_scope_refused(struct pci_dev *bridge, enum pcireset_caller caller,
			   struct pci_dev **ret_who);

/* plan.c */
extern const char *const pcireset_why_text[];
int pcireset_plan_make(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		       struct pcireset_plan **ret_plan);
bool pcireset_plan_same(const struct pcireset_plan *a, const struct pcireset_plan *b);
void pcireset_plan_report(const struct pcireset_plan *plan, struct pcireset_report *report);
void pcireset_plan_judge(struct pcireset_plan *plan);
u32 pcireset_plan_probe(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			struct pcireset_type_info *infos);
bool pcireset_has_new_user(const struct pcireset_fn *fn);

/* owner.c */
int pcireset_owners_get(u64 address, u32 nr, struct pcireset_owners **ret_owners);
void pcireset_owners_put(struct pcireset_owners *owners);
bool pcireset_is_owner(const struct pcireset_owners *owners, struct pci_dev *dev);
bool pcireset_owner_keep(const struct pcireset_owners *owners, struct pci_dev *dev, bool *ret_kept);
void pcireset_owner_let_go(struct pci_dev *dev);
bool pcireset_vfio_is_open(struct pci_dev *dev);
bool pcireset_vfio_keep_closed(struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_vfio_let_open(struct pcireset_fn *fn);

/* lock.c */
int pcireset_lock(struct pcireset_run *run);
int pcireset_lock_bridge(struct pcireset_run *run);
void pcireset_unlock(struct pcireset_plan *plan);
int pcireset_relock(struct pcireset_run *run);
bool pcireset_try_lock_one(struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_unlock_one(struct pcireset_fn *fn);
void pcireset_unlock_awake(struct pcireset_plan *plan);
void pcireset_let_sleep(struct pcireset_plan *plan);
void pcireset_lock_ports(struct pcireset_plan *plan);
void pcireset_unlock_ports(struct pcireset_plan *plan);

/* control.c */
void pcireset_control_restore_first(struct pcireset_fn *fn);
void pcireset_control_restore(struct pcireset_fn *fn);
void pcireset_control_save_port(struct pcireset_fn *port);
void pcireset_control_restore_port(struct pcireset_fn *port);

/* hotplug.c */
void pcireset_hotplug_mask(struct pcireset_fn *port);
void pcireset_hotplug_mask_again(struct pcireset_fn *port);
void pcireset_hotplug_unmask(struct pcireset_fn *port);
void pcireset_hotplug_note(struct pcireset_fn *port, struct pcireset_fn *child);
void pcireset_hotplug_check(struct pcireset_fn *port);
void pcireset_hotplug_tell(struct pcireset_plan *plan, struct pcireset_fn *port);
int pcireset_hotplug_init(void);
void pcireset_hotplug_exit(void);

/* quirk.c */
bool pcireset_quirk_handler(struct pci_dev *dev);
bool pcireset_quirk_no_flr(struct pci_dev *dev);
bool pcireset_quirk_no_pm(struct pci_dev *dev);
bool pcireset_quirk_imm_ready(struct pci_dev *dev);
void pcireset_quirk_woken(const struct pcireset_fn *fn);
void pcireset_quirk_restored(struct pci_dev *dev);
void pcireset_quirk_add(const struct pci_dev *dev);
unsigned int pcireset_quirk_d3hot_ms(const struct pci_dev *dev);

/* retrain.c */
int pcireset_link_retrain(struct pci_dev *port);

/* iommu.c */
int pcireset_iommu_block(struct pcireset_fn *fn);
void pcireset_iommu_unblock(struct pcireset_fn *fn);
void pcireset_iommu_unblock_lost(struct pcireset_fn *fn);

/* state.c */
int pcireset_state_save(const struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_state_quiesce(struct pcireset_fn *fn);
void pcireset_state_restore(struct pcireset_fn *fn);
void pcireset_state_park(struct pcireset_fn *fn);
int pcireset_state_unpark(struct pcireset_fn *fn);
void pcireset_state_free(struct pcireset_fn *fn);

/* quiet.c */
bool pcireset_owns_aer(struct pci_dev *dev);
void pcireset_quiet_begin(struct pcireset_plan *plan, u32 type);
void pcireset_quiet_end(struct pcireset_plan *plan);

/* ready.c */
int pcireset_wait_pending(struct pci_dev *dev, int pos, u16 mask);
int pcireset_wait_secondary(struct pcireset_run *run, struct pci_dev *bridge);
u32 pcireset_secondary_us(struct pci_dev *bridge, u32 since_us, u32 link_us);
int pcireset_wait_ready(struct pcireset_run *run, struct pcireset_fn *fn);
bool pcireset_fn_answers(struct pcireset_fn *fn);
ktime_t pcireset_look_again_at(const struct pcireset_run *run);
bool pcireset_is_over(struct pcireset_run *run, ktime_t *ret_again);
void pcireset_sleep_until(ktime_t when);
bool pcireset_contained(struct pci_dev *port);
bool pcireset_link_is_up(struct pci_dev *port);
bool pcireset_is_pulled(struct pci_dev *dev);
void pcireset_settle_us(struct pcireset_run *run, unsigned int us);

/* times.c */
void pcireset_learn_times(struct pcireset_plan *plan);
const struct pcireset_times *pcireset_target_times(const struct pcireset_plan *plan);
struct pcireset_times pcireset_times_of(const struct pcireset_plan *plan, struct pci_dev *dev);

/* expect.c */
int pcireset_expect(const struct pcireset_plan *plan, u64 *ret_ns);

/* check.c */
void pcireset_witness_set(struct pcireset_fn *fn, u32 type);
void pcireset_witness_read(struct pcireset_fn *fn, u32 type);
void pcireset_witness_clear(struct pcireset_fn *fn);
void pcireset_identity_note(struct pcireset_fn *fn);
u64 pcireset_identity_serial(const struct pcireset_fn *fn);
bool pcireset_identity_holds(struct pcireset_fn *fn);
void pcireset_check_link(struct pcireset_fn *fn, ktime_t until);

/* config.c */
int pcireset_config_save(struct pcireset_fn *fn);
void pcireset_config_free(struct pcireset_fn *fn);
u16 pcireset_ext_capability(const struct pcireset_fn *fn, u16 id);
bool pcireset_check_config(struct pcireset_fn *fn);

/* run.c */
void pcireset_origin_here(struct pcireset_origin *origin);
struct pcireset_origin pcireset_origin_next(const struct pcireset_origin *caller);
int pcireset_run_plan(struct pcireset_run *run);
int pcireset_start(struct pcireset_run *run);
bool pcireset_bring_back(struct pcireset_run *run);
int pcireset_finish(struct pcireset_run *run);
int pcireset_run_like(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		      const struct pcireset_plan *wanted, struct pcireset_report *report);

/* late.c */
bool pcireset_is_unfinished(const struct pci_dev *dev, enum pcireset_unfinished kind,
			    const struct pcireset_plan *but);
void pcireset_attend_begin(struct pcireset_run *run);
bool pcireset_attend(struct pcireset_run *run, ktime_t *ret_again);
int pcireset_attend_end(struct pcireset_run *run);
void pcireset_driver_done(struct pcireset_fn *fn);
bool pcireset_is_late(const struct pcireset_fn *fn);
void pcireset_late_take(struct pcireset_run *run);
void pcireset_late_start(struct pcireset_plan *plan);
void pcireset_late_unbind(struct pci_dev *dev);
void pcireset_late_forget(struct pci_dev *dev);
int pcireset_late_init(void);
void pcireset_late_exit(void);

/* bars.c */
bool pcireset_bars_agree(const struct pcireset_fn *fn);

/* stats.c */
void pcireset_stats_issued(const struct pcireset_run *run, int error);
void pcireset_stats_late(const struct pcireset_type *type, enum pcireset_late_event event);
void pcireset_stats_refused(void);
int pcireset_do_stats(struct file *file, void *data);

/* main.c */
extern struct rw_semaphore pcireset_topology;
const atomic64_t *pcireset_counter(struct pci_dev *dev);

/* find.c */
struct pcireset_addr pcireset_addr_of(const struct pci_dev *dev);
bool pcireset_is_there(struct pci_dev *dev);
struct pci_dev *pcireset_find(const struct pcireset_addr *addr);
void pcireset_find_add(struct pci_dev *dev);
void pcireset_find_remove(struct pci_dev *dev);
void pcireset_find_init(void);
void pcireset_find_exit(void);

/* batch.c */
int pcireset_batch_run(struct pcireset_item *items, unsigned int nr, bool interruptible,
		       void (*told)(struct pcireset_item *item));
void pcireset_batch_share(struct pcireset_item *items, unsigned int nr);
struct pcireset_member pcireset_item_member(const struct pcireset_item *item, u32 nr);
int pcireset_batch_init(void);
void pcireset_batch_exit(void);

/**
 * struct pcireset_sizes - the sizes of a structure of the uAPI
 * @first: the first published one, accepted for ever
 * @known: the size in this module's header
 */
struct pcireset_sizes {
	u32 first;
	u32 known;
};

#define PCIRESET_SIZES(name, NAME) \
	((struct pcireset_sizes){ PCIRESET_##NAME##_SIZE_VER0, sizeof(struct pcireset_##name) })

/* chardev.c */
struct pcireset_command {
	unsigned int cmd;
	struct pcireset_sizes sizes;
	int (*run)(struct file *file, void *arg);
};

int pcireset_copy_in(void *to, struct pcireset_sizes sizes, const void __user *from);
int pcireset_copy_out(void __user *to, u32 known, const void *from);
long pcireset_dispatch(const struct pcireset_command *commands, unsigned int nr, struct file *file,
		       unsigned int cmd, unsigned long arg);
int pcireset_chardev_init(void);
void pcireset_chardev_exit(void);

/* chardev_many.c */
int pcireset_do_reset_many(struct file *file, void *data);

/* device.c */
int pcireset_device_open(struct pcireset_open *open);
int pcireset_device_check(struct file *file, struct pcireset_reset *arg);
int pcireset_device_plan(struct file *file, struct pcireset_reset *arg, struct pci_dev **ret_dev,
			 struct pcireset_plan **ret_plan, struct pcireset_plan **ret_wanted);
int pcireset_device_check_members(const struct pcireset_reset *arg,
				  const struct pcireset_plan *plan);
void pcireset_device_fill(struct pcireset_reset *arg, const struct pcireset_report *report);
void pcireset_device_orphan(struct pci_dev *dev);

/* Lost: what does not answer, or is another device, is not written to. */
static inline bool pcireset_is_lost(const struct pcireset_fn *fn)
{
	return fn->outcome == PCIRESET_STATE_DEAD || fn->outcome == PCIRESET_STATE_OTHER;
}

/* Removed by surprise: the kernel knows that it will not answer any more. */
static inline bool pcireset_is_disconnected(const struct pci_dev *dev)
{
	return READ_ONCE(dev->error_state) == pci_channel_io_perm_failure;
}

static inline bool pcireset_fn_runs(const struct pcireset_fn *fn, u32 type)
{
	return fn->reach & type;
}

/* PCIe r6.0, sec 7.5.3.2: the ports that have a link below them. */
static inline bool pcireset_is_downstream_port(struct pci_dev *dev)
{
	int type = pci_is_pcie(dev) ? pci_pcie_type(dev) : -1;

	return type == PCI_EXP_TYPE_ROOT_PORT || type == PCI_EXP_TYPE_DOWNSTREAM ||
	       type == PCI_EXP_TYPE_PCIE_BRIDGE;
}

#endif /* _PCIRESET_H */
