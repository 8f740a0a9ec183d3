// SPDX-License-Identifier: GPL-2.0-only
/* What became of all resets since the module was loaded. */
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "run/run.h"

/**
 * struct type_stats - the resets of one type
 * @verified: succeeded, with proof
 * @unverified: succeeded, and nothing shows that they took place
 * @timed_out: ended with -ETIMEDOUT
 * @failed: ended with another error
 * @functions: members of all of these
 * @wait_ns: sum of those of the reports
 * @late: functions that are waited for although the caller's time is over
 * @late_restored: those that came back and were restored
 * @late_lost: those that did not, or not as they were
 * @last_ns: when the last one was over, CLOCK_REALTIME
 * @last_error: what it ended with
 * @last_proof: enum pcireset_proof of it
 */
struct type_stats {
	u64 verified;
	u64 unverified;
	u64 timed_out;
	u64 failed;
	u64 functions;
	u64 wait_ns;
	u64 late;
	u64 late_restored;
	u64 late_lost;
	u64 last_ns;
	int last_error;
	u32 last_proof;
};

/* Protects the two below: numbers that are read together fit together. */
static DEFINE_SPINLOCK(stats_lock);
static struct type_stats stats_of_types[PCIRESET_NR_TYPES];
static u64 stats_refused;

static u64 *stats_counter(struct type_stats *stats, int error, u32 proof)
{
	if (error == -ETIMEDOUT)
		return &stats->timed_out;
	if (error)
		return &stats->failed;
	return proof == PCIRESET_PROOF_SHOWN ? &stats->verified : &stats->unverified;
}

/**
 * pcireset_stats_issued - count a type that was issued
 * @run: its type has been issued, and its report tells of that
 * @error: what came of it
 *
 * Context: Process context.
 */
void pcireset_stats_issued(const struct pcireset_run *run, int error)
{
	struct type_stats *stats = &stats_of_types[run->type - pcireset_types];

	spin_lock(&stats_lock);
	++*stats_counter(stats, error, run->report->proof);
	stats->functions += run->plan->nr_fns;
	/* A trigger that failed is not waited for: the report's is that of a type before. */
	if (!run->error)
		stats->wait_ns += run->report->wait_ns;
	stats->last_ns = ktime_get_real_ns();
	stats->last_error = error;
	stats->last_proof = run->report->proof;
	spin_unlock(&stats_lock);
}

/**
 * pcireset_stats_refused - count a reset of which no type was issued
 *
 * Context: Process context.
 */
void pcireset_stats_refused(void)
{
	spin_lock(&stats_lock);
	stats_refused++;
	spin_unlock(&stats_lock);
}

/**
 * pcireset_stats_late - count a function that is late
 * @type: the type that was issued
 * @event: what has happened to it
 *
 * Context: Process context.
 */
void pcireset_stats_late(const struct pcireset_type *type, enum pcireset_late_event event)
{
	struct type_stats *stats = &stats_of_types[type - pcireset_types];

	spin_lock(&stats_lock);
	if (event == PCIRESET_LATE_BEGIN)
		stats->late++;
	else
		stats->late--;
	stats->late_restored += event == PCIRESET_LATE_BACK;
	stats->late_lost += event == PCIRESET_LATE_LOST;
	spin_unlock(&stats_lock);
}

static int stats_check(const struct pcireset_stats *arg)
{
	if (arg->flags || arg->type & ~PCI_RESET_ANY)
		return -EOPNOTSUPP;
	return arg->__reserved || hweight32(arg->type) != 1 ? -EINVAL : 0;
}

/**
 * pcireset_stats_read - read the counters of one type
 * @arg: the type; out_* are written
 *
 * Return: 0, -EINVAL or -EOPNOTSUPP, as for PCIRESET_STATS.
 */
int pcireset_stats_read(struct pcireset_stats *arg)
{
	size_t from = offsetof(struct pcireset_stats, out_last_errno);
	const struct type_stats *stats;
	int error;

	memset((void *)arg + from, 0, sizeof(*arg) - from);
	error = stats_check(arg);
	if (error)
		return error;

	stats = &stats_of_types[pcireset_type_find(arg->type) - pcireset_types];
	spin_lock(&stats_lock);
	arg->out_last_errno = -stats->last_error;
	arg->out_last_proof = stats->last_proof;
	arg->out_last_ns = stats->last_ns;
	arg->out_verified = stats->verified;
	arg->out_unverified = stats->unverified;
	arg->out_timed_out = stats->timed_out;
	arg->out_failed = stats->failed;
	arg->out_functions = stats->functions;
	arg->out_wait_ns = stats->wait_ns;
	arg->out_refused = stats_refused;
	arg->out_late = stats->late;
	arg->out_late_restored = stats->late_restored;
	arg->out_late_lost = stats->late_lost;
	spin_unlock(&stats_lock);
	return 0;
}
