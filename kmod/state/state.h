/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a function and of the port above: saved, masked, compared and restored. */
#ifndef _PCIRESET_STATE_H
#define _PCIRESET_STATE_H

#include <linux/workqueue.h>

#include "plan/plan.h"

/* Numbers of control registers of the port above that are restored. */
#define PCIRESET_NR_PORT_CONTROLS     4
#define PCIRESET_NR_PORT_EXT_CONTROLS 4

/**
 * struct pcireset_witness - a register that a reset must change
 * @offset: in config space, 0 if the function has no suitable register
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
 * @pos: offset
 * @id: of a capability's first register: the capability's ID, or PCIRESET_CXL_*
 * @mask: bits that are compared
 * @value: saved value
 */
struct pcireset_register {
	u16 pos;
	u16 id;
	u32 mask;
	u32 value;
};

/**
 * struct pcireset_config - saved registers of a function's capabilities
 * @registers: the first register of each capability, then the others
 * @nr: number of @registers
 * @nr_headers: number of first registers
 * @max: room in @registers
 */
struct pcireset_config {
	struct pcireset_register *registers;
	unsigned int nr;
	unsigned int nr_headers;
	unsigned int max;
};

/**
 * struct pcireset_locks - locks and references of a transaction for a function
 * @resumed: a runtime PM reference
 * @device_locked: the device lock
 * @cfg_locked: the config access lock
 * @owner_kept: a claim of its DMA ownership, for the same owner
 * @vfio_set: its VFIO device set, whose lock is held through this member, or NULL
 */
struct pcireset_locks {
	bool resumed;
	bool device_locked;
	bool cfg_locked;
	bool owner_kept;
	struct vfio_device_set *vfio_set;
};

/**
 * struct pcireset_saved - the state of a function before the first trigger
 * @driver_state: the driver's own saved state, or NULL
 * @state: the core's saved state, or NULL
 * @set_aside: @driver_state is kept, and the core's saved state is ours
 * @header: the first 64 bytes of config space
 * @config: its capabilities, if they are to be compared
 * @pme: PME_Enable was set
 * @serial: Device Serial Number, 0 if it has none
 * @times: waits before an access after a reset
 * @link: Link Status
 * @controls: control registers of the port above
 * @ext_controls: control registers of the port's extended capabilities
 * @bridge_control: its Bridge Control
 * @controls_kept: these three are still to be restored
 * @disables_link: a reset disables its link, which may still be to be enabled
 * @speed: former speed of Link Control 2 of the port above, and who may change it
 * @speed_is_set: @speed is still to be restored
 */
struct pcireset_saved {
	struct pci_saved_state *driver_state;
	struct pci_saved_state *state;
	bool set_aside;
	u32 header[16];
	struct pcireset_config config;
	bool pme;
	u64 serial;
	struct pcireset_times times;
	u16 link;
	u16 controls[PCIRESET_NR_PORT_CONTROLS];
	u32 ext_controls[PCIRESET_NR_PORT_EXT_CONTROLS];
	u16 bridge_control;
	bool controls_kept;
	bool disables_link;
	u16 speed;
	bool speed_is_set;
};

/**
 * struct pcireset_masked - masked events of a port while its link may go down
 * @quiet: its hotplug events and errors are expected
 * @stays_quiet: they stay expected until the worker has finished
 * @was_ignoring: its hotplug events were already ignored before
 * @hushed: the module has masked its Surprise Down
 * @surprise: former mask bit of Surprise Down
 * @slot_child: function 0 in its slot before the trigger, or NULL
 * @slot_present: the slot reported a card before the trigger
 * @slot_changed: the card in its slot has left or was replaced since
 * @slot_work: makes pciehp act on the change, without locks of the module
 * @slot_tx: the transaction that @slot_work has a reference to while it is queued
 * @slot_enables: the events of its slot that were enabled before
 * @slot_settings: indicators and power of its slot, as pciehp last set them
 * @slot_is_saved: @slot_settings was written
 */
struct pcireset_masked {
	bool quiet;
	bool stays_quiet;
	bool was_ignoring;
	bool hushed;
	u32 surprise;
	struct pcireset_fn *slot_child;
	bool slot_present;
	bool slot_changed;
	struct work_struct slot_work;
	struct pcireset_tx *slot_tx;
	u16 slot_enables;
	u16 slot_settings;
	bool slot_is_saved;
};

/**
 * struct pcireset_found - the state of a function after the trigger
 * @answer: its last answer: Vendor and Device ID, or Command of a VF
 * @witness: the register that proves the reset
 * @outcome: enum pcireset_state
 * @proof: enum pcireset_proof
 * @failed: mask of enum pcireset_check that failed
 * @flags: PCIRESET_MEMBER_LATE, or 0
 * @offset: first byte of config space that differs
 * @ready_ns: from the end of the trigger until it answered
 * @contained: it was lost while a port above contained an error
 */
struct pcireset_found {
	u32 answer;
	struct pcireset_witness witness;
	u32 outcome;
	u32 proof;
	u32 failed;
	u32 flags;
	u32 offset;
	u64 ready_ns;
	bool contained;
};

/**
 * struct pcireset_fn - one member of a transaction
 * @dev: the function; the plan has a reference
 * @planned: its part in the plan
 * @locks: valid from pcireset_lock() to pcireset_unlock()
 * @saved: valid from pcireset_state_save() to pcireset_state_free()
 * @masked: valid from pcireset_quiet_begin() to pcireset_quiet_end()
 * @found: valid after a trigger
 * @prepared: the callbacks of the driver whose reset_prepare ran and whose reset_done
 *	did not run yet, or NULL
 * @driver_left: its driver has left during a wait without locks
 * @quiesced: Command was cleared and not yet restored
 * @blocked: its IOMMU translation is blocked
 * @secondary_up: the wait for the bus below this bridge is over
 * @unfinished: its entry in the table of functions whose reset is not finished
 * @is_expected: it is late, and its return will be reported
 * @access_at: if it is late, when it may be accessed; 0 if its link is down
 *
 * The task that runs the transaction writes all members, with these exceptions:
 * pcireset_unfinished_lock protects @unfinished, the device lock protects @prepared and
 * @driver_left, and pcireset_topology protects @blocked of a function whose reset is unfinished.
 */
struct pcireset_fn {
	struct pci_dev *dev;
	struct pcireset_planned *planned;
	struct pcireset_locks locks;
	struct pcireset_saved saved;
	struct pcireset_masked masked;
	struct pcireset_found found;
	const struct pci_error_handlers *prepared;
	bool driver_left;
	bool quiesced;
	bool blocked;
	bool secondary_up;
	struct pcireset_unfinished unfinished;
	bool is_expected;
	ktime_t access_at;
};

/**
 * struct pcireset_late - the late members of a transaction
 * @is_used: the worker has to finish the transaction
 * @work: waits for them
 * @id: of the reset
 * @type: the type that was issued last
 * @triggered: when its trigger ended
 * @quiet: link and hotplug events are still expected
 * @pulled: time since when the slot above reports itself empty, or 0
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
 * struct pcireset_tx - a transaction: a plan with its members' locks and saved state
 * @ref: references
 * @plan: the plan, referenced
 * @bridge_fn: the bridge of @plan, if it has one
 * @fns: the members, in the order of those of @plan
 * @nr_fns: number of @fns
 * @late: those of @fns that are late
 */
struct pcireset_tx {
	struct kref ref;
	struct pcireset_plan *plan;
	struct pcireset_fn bridge_fn;
	struct pcireset_fn *fns;
	unsigned int nr_fns;
	struct pcireset_late late;
};

/* tx.c */
int pcireset_tx_new(struct pcireset_plan *plan, struct pcireset_tx **ret_tx);
void pcireset_tx_put(struct pcireset_tx *tx);
void pcireset_tx_report(const struct pcireset_tx *tx, struct pcireset_report *report);

/* state.c */
int pcireset_state_save(const struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_state_quiesce(struct pcireset_fn *fn);
void pcireset_state_woken(struct pcireset_fn *fn);
void pcireset_state_restore(struct pcireset_fn *fn);
void pcireset_state_park(struct pcireset_fn *fn);
int pcireset_state_unpark(struct pcireset_fn *fn);
void pcireset_state_free(struct pcireset_fn *fn);

/* config.c */
int pcireset_config_save(struct pcireset_fn *fn);
void pcireset_config_free(struct pcireset_fn *fn);
u16 pcireset_ext_capability(const struct pcireset_fn *fn, u16 id);
bool pcireset_check_config(struct pcireset_fn *fn);

/* control.c */
void pcireset_control_restore_first(struct pcireset_fn *fn);
void pcireset_control_restore(struct pcireset_fn *fn);
void pcireset_control_save_port(struct pcireset_fn *port);
void pcireset_control_restore_port(struct pcireset_fn *port);

/* speed.c */
int pcireset_speed_set(struct pcireset_tx *tx);
void pcireset_speed_check(struct pcireset_tx *tx, ktime_t until);
void pcireset_speed_restore(struct pcireset_tx *tx);

/* bars.c */
bool pcireset_bars_agree(const struct pcireset_fn *fn);

/* check.c */
bool pcireset_fn_answers(struct pcireset_fn *fn);
void pcireset_witness_set(struct pcireset_fn *fn, u32 type);
void pcireset_witness_read(struct pcireset_fn *fn, u32 type);
void pcireset_witness_clear(struct pcireset_fn *fn);
void pcireset_identity_note(struct pcireset_fn *fn);
u64 pcireset_identity_serial(const struct pcireset_fn *fn);
bool pcireset_identity_holds(struct pcireset_fn *fn);
void pcireset_check_link(struct pcireset_fn *fn, ktime_t until);

/* mask.c */
void pcireset_quiet_begin(struct pcireset_tx *tx, u32 type);
void pcireset_quiet_end(struct pcireset_tx *tx);

/* hotplug.c */
void pcireset_hotplug_mask(struct pcireset_fn *port);
void pcireset_hotplug_mask_again(struct pcireset_fn *port);
void pcireset_hotplug_unmask(struct pcireset_fn *port);
void pcireset_hotplug_save(struct pcireset_fn *port);
void pcireset_hotplug_restore(struct pcireset_fn *port);
void pcireset_hotplug_note(struct pcireset_fn *port, struct pcireset_fn *child);
void pcireset_hotplug_check(struct pcireset_fn *port);
void pcireset_hotplug_notify(struct pcireset_tx *tx, struct pcireset_fn *port);
int pcireset_hotplug_init(void);
void pcireset_hotplug_exit(void);

/* iommu.c */
int pcireset_iommu_block(struct pcireset_fn *fn);
void pcireset_iommu_unblock(struct pcireset_fn *fn);
void pcireset_iommu_unblock_lost(struct pcireset_fn *fn);

/* Compare config space only on request: it takes the most time. @settle_ms needs it, too. */
static inline bool pcireset_compares_config(const struct pcireset_plan *plan)
{
	return plan->request.checks & PCIRESET_CHECK_CONFIG || plan->request.settle_ms;
}

/* Lost: the function does not answer, or is another device. Never write to it. */
static inline bool pcireset_is_lost(const struct pcireset_fn *fn)
{
	return fn->found.outcome == PCIRESET_STATE_DEAD ||
	       fn->found.outcome == PCIRESET_STATE_OTHER;
}

static inline bool pcireset_fn_runs(const struct pcireset_fn *fn, u32 type)
{
	return fn->planned->reach & type;
}

#endif /* _PCIRESET_STATE_H */
