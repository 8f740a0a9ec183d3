/* SPDX-License-Identifier: GPL-2.0-only */
/* The interface for other kernel modules: reset a PCI function with exactly the types allowed. */
#ifndef _PCIRESET_API_H
#define _PCIRESET_API_H

#include <linux/pci.h>
#include "uapi/linux/pcireset.h"

/**
 * DOC: Calling pcireset from a driver
 *
 * The exports are in the symbol namespace PCIRESET: a caller needs
 * MODULE_IMPORT_NS(), and to be built with this module's Module.symvers in
 * KBUILD_EXTRA_SYMBOLS. Three drivers to copy from are in samples/.
 *
 * Types are the PCI_RESET_* of the uAPI header, and so are the words scope,
 * check, force, why, proof and state.
 *
 * All functions may sleep. None may be called with a PCI bus semaphore or the
 * rescan/remove lock held by the caller, with one exception: a driver's
 * probe() may use the _locked ones although the PCI core calls it with the
 * rescan/remove lock held.
 *
 * Every function returns 0 when the reset was issued, all functions came back
 * and all checks asked for hold. Other values:
 *
 * Nothing was touched: -EOPNOTSUPP no allowed type fits, -EINVAL an empty mask
 * or an unknown bit, -EBUSY a lock, a driver or a user in the way (the report
 * says who), -EAGAIN a lock in the way of a function that never waits, -ESTALE
 * the plan is no longer what would be done, -ENODEV gone, -EINTR a fatal
 * signal while waiting for a lock, -ENOMEM.
 *
 * A reset was issued: -ETIMEDOUT a function did not come back in time, -EIO a
 * function came back wrong or a check failed.
 */

struct pcireset_owners;

/**
 * struct pcireset_request - what a caller allows
 * @types: mask of PCI_RESET_*, not empty
 * @max_scope: widest enum pcireset_scope, 0 for any
 * @checks: mask of enum pcireset_check that must hold, 0 for all but PROOF
 * @force: mask of enum pcireset_force
 * @flags: mask of PCIRESET_RESET_ESCALATE and PCIRESET_RESET_TRY
 * @timeout_ms: how long to wait for the functions to come back, 0 for the default
 * @settle_ms: how long to watch afterwards that nothing is lost again
 * @must_own: reset a link only if all on it is held by @owners
 * @owners: what user space has shown to hold, or NULL
 * @by_user: user space asks, which cannot have revoked any mapping
 *
 * A driver leaves the last three at zero. One that sets PCIRESET_FORCE_VFIO in
 * @force answers for it that no VFIO user can reach a member's memory meanwhile:
 * it holds vfio-pci-core's memory_lock of each, with mappings revoked.
 */
struct pcireset_request {
	u32 types;
	u32 max_scope;
	u32 checks;
	u32 force;
	u32 flags;
	u32 timeout_ms;
	u32 settle_ms;
	bool must_own;
	const struct pcireset_owners *owners;
	bool by_user;
};

/**
 * struct pcireset_report - what happened
 * @members: array of the caller's for the members, parents first, or NULL
 * @max_members: room in @members, entries
 * @nr_members: number of members there are
 * @type: the type that was issued last, 0 if none
 * @issued: mask of the types that were issued
 * @type_flags: PCIRESET_TYPE_* of @type
 * @scope: enum pcireset_scope that was reached
 * @why: enum pcireset_why behind a failure
 * @who: the function that @why speaks of
 * @failed: mask of the enum pcireset_check that failed for any member
 * @proof: enum pcireset_proof, the weakest of all members that were reset
 * @wait_ns: from the end of the trigger until all members answered, nanoseconds
 * @total_ns: the whole call, nanoseconds
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
 * @report: what happened, or NULL
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
