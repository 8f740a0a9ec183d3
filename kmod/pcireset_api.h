/* SPDX-License-Identifier: GPL-2.0-only */
/* The interface for other kernel modules: reset a PCI function with exactly the allowed types. */
#ifndef _PCIRESET_API_H
#define _PCIRESET_API_H

#include <linux/pci.h>
#include "uapi/linux/pcireset.h"

/**
 * DOC: Calling pcireset from a driver
 *
 * The exports are in the symbol namespace PCIRESET. A caller needs
 * MODULE_IMPORT_NS(), and a build with this module's Module.symvers in
 * KBUILD_EXTRA_SYMBOLS. The folder samples/ of the sources has three example drivers.
 *
 * Types are the PCI_RESET_* of the uAPI header. Scope, check, force, why, proof
 * and state are its enums.
 *
 * All functions may sleep. The caller must not hold a PCI bus semaphore or the
 * rescan/remove lock. There is one exception: a driver's probe() may call the
 * _locked functions, although the PCI core holds the rescan/remove lock.
 *
 * Every function returns 0 if the reset was issued, all functions came back, and
 * all requested checks passed. Other values:
 *
 * Nothing was touched: -EOPNOTSUPP no allowed type is supported, -EINVAL an empty
 * mask or an unknown bit, -EBUSY a lock, a driver or a user is an obstacle (the
 * report names it), -EAGAIN a lock is held and the function never waits, -ESTALE
 * the plan is out of date, -ENODEV the device is gone, -EINTR a fatal signal
 * arrived while waiting for a lock, -ENOMEM out of memory.
 *
 * A reset was issued: -ETIMEDOUT a function did not come back in time, -EIO a
 * function came back wrong or a check failed.
 */

struct pcireset_owners;

/**
 * struct pcireset_request - permissions of the caller
 * @types: mask of PCI_RESET_*, not empty
 * @max_scope: widest enum pcireset_scope, 0 for any
 * @checks: mask of enum pcireset_check, required checks, 0 for all except PROOF
 * @force: mask of enum pcireset_force
 * @flags: mask of PCIRESET_RESET_ESCALATE and PCIRESET_RESET_TRY
 * @timeout_ms: time limit for the functions to come back, 0 for the default
 * @settle_ms: time until a second check for lost configuration, 0 for none
 * @link_speed: speed of the link after the reset, 1 is 2.5 GT/s, 6 is 64 GT/s; only for
 *	types that reset the link; 0 for the usual one
 * @must_own: reset a link only if @owners holds everything on it
 * @owners: the VFIO groups and iommufds of a user space caller, or NULL
 * @by_user: user space is the caller, and cannot have revoked any mapping
 *
 * A driver leaves the last three members at zero. A driver that sets
 * PCIRESET_FORCE_VFIO in @force must ensure that no VFIO user can access the
 * memory of a member during the reset: it holds the memory_lock of vfio-pci-core
 * for each member, with mappings revoked.
 */
struct pcireset_request {
	u32 types;
	u32 max_scope;
	u32 checks;
	u32 force;
	u32 flags;
	u32 timeout_ms;
	u32 settle_ms;
	u32 link_speed;
	bool must_own;
	const struct pcireset_owners *owners;
	bool by_user;
};

/**
 * struct pcireset_report - result of a reset
 * @members: the caller's array for the members, parents first, or NULL
 * @max_members: room in @members, entries
 * @nr_members: total number of members
 * @type: the type that was issued last, 0 if none
 * @issued: mask of the issued types
 * @type_flags: PCIRESET_TYPE_* of @type
 * @scope: enum pcireset_scope of the reset
 * @why: enum pcireset_why, reason for a failure
 * @who: function to which @why applies
 * @failed: mask of enum pcireset_check, checks that failed for any member
 * @proof: enum pcireset_proof, the weakest of all members that were reset
 * @wait_ns: time from the end of the trigger until all members answered, nanoseconds
 * @total_ns: duration of the call, nanoseconds
 *
 * The caller sets @members and @max_members, or zeroes the whole structure.
 */
struct pcireset_report {
	struct pcireset_member *members;
	u32 max_members;
	u32 nr_members;
	u32 type;
	u32 issued;
	u32 type_flags;
	u32 scope;
	u32 why;
	struct pcireset_addr who;
	u32 failed;
	u32 proof;
	u64 wait_ns;
	u64 total_ns;
};

/**
 * struct pcireset_job - one reset of a batch
 * @plan: the plan to run
 * @report: the report to fill, or NULL
 * @result: 0 or a negative errno, as from pcireset_run(); written
 */
struct pcireset_job {
	struct pcireset_plan *plan;
	struct pcireset_report *report;
	int result;
};

struct pcireset_plan;

u32 pcireset_probe_function(struct pci_dev *dev, u32 types);

int pcireset_function(struct pci_dev *dev, u32 types, struct pcireset_report *report);
int pcireset_try_function(struct pci_dev *dev, u32 types, struct pcireset_report *report);
int pcireset_function_locked(struct pci_dev *dev, u32 types, struct pcireset_report *report);
int pcireset_raw_function_locked(struct pci_dev *dev, u32 types, struct pcireset_report *report);

int pcireset_bus(struct pci_dev *dev, u32 types, struct pcireset_report *report);
int pcireset_try_bus(struct pci_dev *dev, u32 types, struct pcireset_report *report);
int pcireset_bus_locked(struct pci_dev *dev, u32 types, struct pcireset_report *report);
int pcireset_raw_bus(struct pci_dev *bridge, struct pcireset_report *report);

int pcireset_plan(struct pci_dev *dev, const struct pcireset_request *request,
		  struct pcireset_plan **ret_plan);
u32 pcireset_plan_type(const struct pcireset_plan *plan);
unsigned int pcireset_plan_nr_members(const struct pcireset_plan *plan);
struct pci_dev *pcireset_plan_member(const struct pcireset_plan *plan, unsigned int nr);
int pcireset_run(struct pcireset_plan *plan, struct pcireset_report *report);
void pcireset_plan_put(struct pcireset_plan *plan);

int pcireset_run_batch(struct pcireset_job *jobs, unsigned int nr_jobs);

#endif /* _PCIRESET_API_H */
