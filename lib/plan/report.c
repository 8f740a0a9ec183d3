/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reports: the result of a reset, also as text. */
#include <errno.h>
#include <string.h>
#include "dev/dev.h"
#include "plan/plan.h"

/* These two errors imply that something was touched. */
static bool was_touched(int error, uint32_t issued)
{
	return issued || error == -EIO || error == -ETIMEDOUT;
}

enum pcireset_result pcireset_result_of(int error, uint32_t issued, uint32_t proof)
{
	if (error)
		return was_touched(error, issued) ? PCIRESET_RESULT_FAILED :
						    PCIRESET_RESULT_REFUSED;
	return proof == PCIRESET_PROOF_SHOWN && issued ? PCIRESET_RESULT_VERIFIED :
							 PCIRESET_RESULT_UNVERIFIED;
}

/* Does the module still wait for a function after the timeout of the caller? */
static bool has_late(const struct pcireset_report *report)
{
	for (size_t i = 0; i < report->members.nr; i++)
		if (report->members.v[i].flags & PCIRESET_MEMBER_LATE)
			return true;
	return false;
}

static const char *words_of(const struct pcireset_report *report)
{
	if (report->why == PCIRESET_WHY_NOT_READY && has_late(report))
		return "it did not come back in time: late, being restored";
	if (report->why)
		return pcireset_why_to_str(report->why, report->type);
	if (report->error)
		return strerror(-report->error);
	if (report->proof == PCIRESET_PROOF_REFUTED)
		return "state that a reset clears is unchanged: nothing was reset";
	return pcireset_why_to_str(PCIRESET_WHY_NO_PROOF, report->type);
}

void report_explain(struct pcireset_report *report, const struct pcireset_plan *plan)
{
	char who[PCIRESET_ADDR_STR_MAX];
	const char *words;

	report->result = pcireset_result_of(report->error, report->issued, report->proof);
	if (report->result == PCIRESET_RESULT_VERIFIED)
		return;
	if (report->message)
		return;
	words = words_of(report);
	if (!addr_is(&report->who, &plan->dev->addr) &&
	    !addr_is(&report->who, &(struct pcireset_addr){ 0 }))
		report->message = format("%s: %s", pcireset_addr_to_str(&report->who, who), words);
	else
		report->message = format("%s", words);
}

/* Find the first of these checks that failed, and the first function for which it failed. */
int report_judge(struct pcireset_report *report, uint32_t checks)
{
	static const struct {
		uint32_t check, why;
		int error;
	} rows[] = {
		{ PCIRESET_CHECK_READY, PCIRESET_WHY_NOT_READY, -ETIMEDOUT },
		{ PCIRESET_CHECK_IDENTITY, PCIRESET_WHY_OTHER_DEVICE, -EIO },
		{ PCIRESET_CHECK_CONFIG, PCIRESET_WHY_CONFIG, -EIO },
		{ PCIRESET_CHECK_LINK, PCIRESET_WHY_LINK, -EIO },
		{ PCIRESET_CHECK_PROOF, PCIRESET_WHY_NO_PROOF, -EIO },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!(report->failed & rows[i].check & checks))
			continue;
		report->why = rows[i].why;
		for (size_t m = report->members.nr; m--;)
			if (report->members.v[m].failed & rows[i].check)
				report->who = report->members.v[m].addr;
		return rows[i].error;
	}
	return 0;
}

struct pcireset_report *report_new(void)
{
	struct pcireset_report *report = calloc(1, sizeof(*report));

	if (report)
		report->refs = 1;
	return report;
}

/* Copy the result of a shared reset for one of its plans. */
void report_share(struct pcireset_report *report, struct pcireset_report *of,
		  const struct pcireset_plan *plan)
{
	unsigned int refs = report->refs;

	*report = *of;
	report->refs = refs;
	report->members = (struct members){ 0 };
	report->message = NULL;
	report->shared = pcireset_report_ref(of);
	view_make(&report->view, &of->members, &plan->dev->addr);
}

int pcireset_report_new_refused(struct pcireset_plan *plan, struct pcireset_report **ret_report)
{
	struct pcireset_report *report;

	if (!plan->is_resolved || !plan->error)
		return ctx_error(plan->dev->ctx, -EINVAL, "%s: the plan is not refused",
				 plan->dev->name);
	report = report_new();
	if (!report)
		return -ENOMEM;
	report->result = PCIRESET_RESULT_REFUSED;
	report->error = plan->error;
	report->why = plan->why;
	report->who = plan->who;
	report->message = plan->message ? strdup(plan->message) : NULL;
	if (plan->message && !report->message) {
		pcireset_report_unref(report);
		return ctx_error(plan->dev->ctx, -ENOMEM, "out of memory");
	}
	*ret_report = report;
	return 0;
}

struct pcireset_report *pcireset_report_ref(struct pcireset_report *report)
{
	report->refs++;
	return report;
}

struct pcireset_report *pcireset_report_unref(struct pcireset_report *report)
{
	if (!report || --report->refs)
		return NULL;
	pcireset_report_unref(report->shared);
	members_clear(&report->members);
	free(report->message);
	free(report);
	return NULL;
}

enum pcireset_result pcireset_report_get_result(const struct pcireset_report *report)
{
	return report->result;
}

int pcireset_report_get_error(const struct pcireset_report *report)
{
	return report->error;
}

/* If memory ran out after a reset, return a shorter text instead of none. */
const char *pcireset_report_get_message(const struct pcireset_report *report)
{
	if (report->message || report->result == PCIRESET_RESULT_VERIFIED)
		return report->message;
	return words_of(report);
}

uint32_t pcireset_report_get_type(const struct pcireset_report *report)
{
	return report->type;
}

uint32_t pcireset_report_get_type_flags(const struct pcireset_report *report)
{
	return report->type_flags;
}

uint32_t pcireset_report_get_issued(const struct pcireset_report *report)
{
	return report->issued;
}

uint32_t pcireset_report_get_scope(const struct pcireset_report *report)
{
	return report->scope;
}

uint32_t pcireset_report_get_why(const struct pcireset_report *report)
{
	return report->why;
}

uint32_t pcireset_report_get_failed_checks(const struct pcireset_report *report)
{
	return report->failed;
}

uint32_t pcireset_report_get_proof(const struct pcireset_report *report)
{
	return report->proof;
}

uint64_t pcireset_report_get_wait_ns(const struct pcireset_report *report)
{
	return report->wait_ns;
}

uint64_t pcireset_report_get_total_ns(const struct pcireset_report *report)
{
	return report->total_ns;
}

static const struct members *members_of(const struct pcireset_report *report)
{
	return report->shared ? &report->shared->members : &report->members;
}

size_t pcireset_report_get_nr_members(const struct pcireset_report *report)
{
	return members_of(report)->nr;
}

const struct pcireset_member *pcireset_report_get_member(const struct pcireset_report *report,
							 size_t i)
{
	return view_get(&report->view, members_of(report), i);
}
