/* SPDX-License-Identifier: GPL-2.0-only */
/* Run plans, one or many at a time: lock, issue, wait, judge and report. */
#ifndef _PCIRESET_RUN_H
#define _PCIRESET_RUN_H

#include <linux/llist.h>
#include <linux/sched/signal.h>

#include "state/state.h"

/**
 * struct pcireset_origin - the requester of a reset
 * @id: number of the reset, unique while the module is loaded
 * @pid: the calling process
 * @comm: its name
 */
struct pcireset_origin {
	u64 id;
	pid_t pid;
	char comm[TASK_COMM_LEN];
};

/**
 * struct pcireset_run - a plan that is being run
 * @plan: the plan, of this run only
 * @tx: the transaction, NULL before the plan is locked
 * @wanted: the plan that the result must equal, or NULL
 * @report: the result, not NULL
 * @origin: the requester, for the tracepoints
 * @killed: set when the caller was killed, or NULL
 * @impatient: do not wait for locks
 * @type: the type that is being issued
 * @started: when the run began
 * @error: errno of the trigger
 * @triggered: when the trigger ended
 * @access_at: before this time no member may be accessed
 * @deadline: end of the wait for members with locks held
 * @patience: end of the wait for members
 * @quiet: link and hotplug events are expected
 * @released: the locks were released since the plan was checked under them
 * @attended: the run waits for late members without locks
 * @adrift: the locks were released and could not be taken again
 */
struct pcireset_run {
	struct pcireset_plan *plan;
	struct pcireset_tx *tx;
	const struct pcireset_plan *wanted;
	struct pcireset_report *report;
	struct pcireset_origin origin;
	const bool *killed;
	bool impatient;
	const struct pcireset_type *type;
	ktime_t started;
	int error;
	ktime_t triggered;
	ktime_t access_at;
	ktime_t deadline;
	ktime_t patience;
	bool quiet;
	bool released;
	bool attended;
	bool adrift;
};

/* A batch's thread does not get the caller's signals: @killed replaces them. */
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
 * struct pcireset_chain - items that may be equal, because their hashes are
 * @first: the first item of the chain, counted from 1, or 0; the hash is the number of
 *	the item that @first is a member of
 * @next: the item after this one, counted from 1, or 0
 */
struct pcireset_chain {
	unsigned int first;
	unsigned int next;
};

/**
 * struct pcireset_item - one reset of a batch
 * @dev: the requested function; the creator of the item has a reference
 * @plan: the plan of this item only, or NULL for no reset
 * @wanted: the plan that the result must equal, or NULL
 * @data: for the creator of the item
 * @result: errno, as of pcireset_run_plan()
 * @report: the result, during the callback of pcireset_batch_run()
 * @next: the next item of the same thread, or of the same leader
 * @followers: the items that share this item's reset
 * @like: the item with an equal plan, or NULL; this item still has a reset of its
 *	own
 * @resets: chain of items with a plan that may serve others
 * @plans: chain of items with a plan
 * @done: entry in the list of finished items
 * @state: progress, if a thread carries several items
 * @again: when to look at the item again
 * @own: storage of the result
 * @run: the run of the plan
 *
 * Only batch.c writes the members after @data. They are zero at first.
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
	struct pcireset_chain resets;
	struct pcireset_chain plans;
	struct llist_node done;
	enum pcireset_item_state state;
	ktime_t again;
	struct pcireset_report own;
	struct pcireset_run run;
};

/**
 * enum pcireset_late_event - what happens to a late function
 * @PCIRESET_LATE_BEGIN: the wait for it begins
 * @PCIRESET_LATE_BACK: it is back and was restored
 * @PCIRESET_LATE_LOST: the wait has ended without success
 */
enum pcireset_late_event {
	PCIRESET_LATE_BEGIN,
	PCIRESET_LATE_BACK,
	PCIRESET_LATE_LOST,
};

/* make.c */
int pcireset_plan_make(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		       struct pcireset_plan **ret_plan);
u32 pcireset_plan_probe(struct pci_dev *dev, u32 mask, enum pcireset_caller caller,
			struct pcireset_type_info *infos);
int pcireset_plan_expect(const struct pcireset_plan *plan, u64 *ret_ns);

/* claim.c */
bool pcireset_claim_try(struct pcireset_tx *tx, struct pcireset_fn *fn);
void pcireset_claim_members(struct pcireset_tx *tx);
bool pcireset_claim_again(struct pcireset_tx *tx, struct pcireset_fn *fn);
bool pcireset_claim_unopened(struct pcireset_tx *tx, struct pcireset_fn *fn);
void pcireset_claim_wait(struct pcireset_fn *fn);
void pcireset_claim_end(struct pcireset_fn *fn);

/* lock.c */
int pcireset_lock(struct pcireset_run *run);
int pcireset_lock_bridge(struct pcireset_run *run);
void pcireset_unlock(struct pcireset_tx *tx);
int pcireset_relock(struct pcireset_run *run);
bool pcireset_try_lock_one(struct pcireset_tx *tx, struct pcireset_fn *fn);
void pcireset_unlock_one(struct pcireset_fn *fn);
void pcireset_unlock_awake(struct pcireset_tx *tx);
void pcireset_let_sleep(struct pcireset_tx *tx);
void pcireset_lock_ports(struct pcireset_tx *tx);
void pcireset_unlock_ports(struct pcireset_tx *tx);

/* issue.c */
int pcireset_issue(struct pcireset_run *run);

/* ready.c */
void pcireset_learn_times(struct pcireset_tx *tx);
const struct pcireset_times *pcireset_target_times(const struct pcireset_tx *tx);
int pcireset_wait_secondary(struct pcireset_run *run, struct pci_dev *bridge);
int pcireset_wait_ready(struct pcireset_run *run, struct pcireset_fn *fn);
ktime_t pcireset_look_again_at(const struct pcireset_run *run);
bool pcireset_is_over(struct pcireset_run *run, ktime_t *ret_again);

/* run.c */
void pcireset_origin_here(struct pcireset_origin *origin);
struct pcireset_origin pcireset_origin_next(const struct pcireset_origin *caller);
int pcireset_run_plan(struct pcireset_run *run);
void pcireset_run_fill_report(struct pcireset_run *run, int error);
int pcireset_start(struct pcireset_run *run);
bool pcireset_bring_back(struct pcireset_run *run);
int pcireset_finish(struct pcireset_run *run);
int pcireset_run_like(struct pci_dev *dev, const struct pcireset_request *request, bool held,
		      const struct pcireset_plan *wanted, struct pcireset_report *report);

/* late.c */
void pcireset_attend_begin(struct pcireset_run *run);
bool pcireset_attend(struct pcireset_run *run, ktime_t *ret_again);
int pcireset_attend_end(struct pcireset_run *run);
void pcireset_driver_done(struct pcireset_fn *fn);
bool pcireset_is_late(const struct pcireset_tx *tx, const struct pcireset_fn *fn);
void pcireset_late_take(struct pcireset_run *run);
void pcireset_late_start(struct pcireset_tx *tx);
void pcireset_late_unbind(struct pci_dev *dev);
void pcireset_late_forget(struct pci_dev *dev);
int pcireset_late_init(void);
void pcireset_late_exit(void);

/* stats.c */
void pcireset_stats_issued(const struct pcireset_run *run, int error);
void pcireset_stats_late(const struct pcireset_type *type, enum pcireset_late_event event);
void pcireset_stats_refused(void);
int pcireset_stats_read(struct pcireset_stats *arg);

/* empty.c */
int pcireset_empty_bus_reset(struct pci_dev *bridge, struct pcireset_report *report);

/* batch.c */
int pcireset_batch_run(struct pcireset_item *items, unsigned int nr, bool interruptible,
		       void (*finished)(struct pcireset_item *item));
void pcireset_batch_share(struct pcireset_item *items, unsigned int nr, unsigned int nr_items);
struct pcireset_member pcireset_item_member(const struct pcireset_item *item, u32 nr);
int pcireset_batch_init(void);
void pcireset_batch_exit(void);

#endif /* _PCIRESET_RUN_H */
