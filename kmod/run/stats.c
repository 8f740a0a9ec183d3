// SPDX-License-Identifier: GPL-2.0-only
/* Counters of all resets since the module was loaded. */
#include <linux/spinlock.h>
#include <linux/timekeeping.h>

#include "run/run.h"

/**
 * struct type_stats - the resets of one type
 * @verified: succeeded, with proof
 * @unverified: succeeded, without proof
 * @timed_out: ended with -ETIMEDOUT
 * @failed: ended with another error
 * @functions: number of members of these resets
 * @wait_ns: sum of wait_ns of the reports
 * @late: number of functions that are late now
 * @late_restored: late functions that came back and were restored
 * @late_lost: late functions that did not come back, or came back different
 * @last_ns: end of the last reset, CLOCK_REALTIME
 * @last_error: errno of the last reset
 * @last_proof: enum pcireset_proof of the last reset
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

/* Protects the two below, so that a reader gets consistent numbers. */
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
 * @run: the run, with the type and its report
 * @error: result of the type
 *
 * Context: Process context.
 */
void pcireset_stats_issued(const struct pcireset_run *run, int error)
{
	struct type_stats *stats = &stats_of_types[run->type - pcireset_types];

	spin_lock(&stats_lock);
	++*stats_counter(stats, error, run->report->proof);
	stats->functions += run->plan->nr_fns;
	/* After a failed trigger there is no wait: the report has the time of an earlier type. */
	if (!run->error)
		stats->wait_ns += run->report->wait_ns;
	stats->last_ns = ktime_get_real_ns();
	stats->last_error = error;
	stats->last_proof = run->report->proof;
	spin_unlock(&stats_lock);
}

/**
 * pcireset_stats_refused - count a reset without an issued type
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
 * @event: the event
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
	if (arg->flags || arg->type & ~PCIRESET_ALL_TYPES)
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
