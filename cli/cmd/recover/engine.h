/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Decisions of "pcireset recover", without side effects: the reaction to an event, and
 * the next step.
 */
#ifndef PCIRESET_CLI_ENGINE_H
#define PCIRESET_CLI_ENGINE_H

#include "policy.h"

/* Words of WEDGED, in the order of their strength. */
enum wedged_word {
	WEDGED_NONE,    /* the driver needs no help */
	WEDGED_UNKNOWN, /* the driver does not know a remedy */
	WEDGED_REBIND,
	WEDGED_BUS_RESET,
	WEDGED_COLD_RESET,
	WEDGED_VENDOR, /* a procedure of the vendor */
	NR_WEDGED,
};

#define EVENT_TEXT_MAX 128

/* A report about a function. */
struct event {
	char device[PCIRESET_ADDR_STR_MAX];
	enum event_kind kind;
	bool is_failure;           /* otherwise there is nothing to do about it */
	bool is_restored;          /* a late function came back */
	uint32_t wedged;           /* mask of 1 << enum wedged_word */
	char text[EVENT_TEXT_MAX]; /* such as "WEDGED=rebind,bus-reset" */
};

/* The value of a property of a uevent, or NULL. */
typedef const char *(*property_fn)(void *data, const char *name);

/* Return false if the uevent says nothing about the state of a function. */
bool event_from_uevent(struct event *event, property_fn get, void *data);

/* Earlier recoveries of a function. Times are seconds since boot. */
#define HISTORY_MAX 100

struct history {
	char device[PCIRESET_ADDR_STR_MAX];
	int64_t began_s[HISTORY_MAX]; /* the latest last */
	size_t nr;
};

void history_add(struct history *history, int64_t now_s);

/* Why a policy does not use a step for an event, or NULL. */
const char *step_why_not(const struct event *event, const struct step *step);

enum verdict {
	VERDICT_IGNORE, /* the event is not a failure, or no policy names it */
	VERDICT_REFUSE, /* a policy names the event, but nothing may be done */
	VERDICT_RECOVER,
};

/* The facts about an event, for its decision. */
struct situation {
	const struct event *event;
	const struct policies *policies;
	const struct pcireset_dev *dev; /* NULL if the function does not exist */
	const struct history *history;  /* or NULL */
	int64_t now_s;
};

struct decision {
	enum verdict verdict;
	const struct policy *policy; /* or NULL */
	uint32_t steps;              /* mask of 1 << index in the policy */
	char why[512];               /* reason for the verdict, unless it is VERDICT_RECOVER */
};

void decide(struct decision *decision, const struct situation *situation);

/* Outcome of a step. */
enum outcome {
	OUTCOME_VERIFIED,
	OUTCOME_REFUSED,    /* nothing was touched */
	OUTCOME_IMPOSSIBLE, /* not with this version, or not in this slot */
	OUTCOME_FAILED,     /* touched, and not verified */
	OUTCOME_LATE,       /* a reset timed out, and the module waits for the function */
	OUTCOME_STUCK,      /* the step did not end, so nothing else may touch the function */
	NR_OUTCOMES,
};

const char *outcome_name(enum outcome outcome);

/* Results of a recovery. */
enum result {
	RESULT_RECOVERED,
	RESULT_GAVE_UP,
	NR_RESULTS,
};

const char *result_name(enum result result);

/* The actions, reports and questions of a recovery; tests replace them. */
struct recovery;
struct recovery_ops {
	/* Each fills @why (of @recovery), unless it succeeds. */
	enum outcome (*step)(struct recovery *recovery, const struct step *step);
	int (*hook)(struct recovery *recovery, const char *command, const char *step);
	enum outcome (*unbind)(struct recovery *recovery);
	enum outcome (*bind)(struct recovery *recovery);
	/* The next event of the function within *@ms, which becomes the rest; false if none. */
	bool (*wait)(struct recovery *recovery, uint32_t *ms, struct event *ret_event);
	void (*report)(struct recovery *recovery, const char *action, const char *result);
};

struct recovery {
	const struct recovery_ops *ops;
	void *data;
	const struct policy *policy;
	const struct event *event;
	uint32_t steps;        /* from the decision */
	const char *last_step; /* the last step that began, or NULL */
	bool is_unbound;       /* by this recovery */
	bool is_reset;         /* a step touched the function */
	char why[512];
};

/*
 * Run the steps until one recovers the function. Return: the result; why has the reason
 * for RESULT_GAVE_UP.
 */
enum result recovery_run(struct recovery *recovery);

#endif /* PCIRESET_CLI_ENGINE_H */
