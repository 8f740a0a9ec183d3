/* SPDX-License-Identifier: GPL-2.0-only */
/* Policies of "pcireset recover": files in recover.d. Their format is in pcireset-recover.d(5). */
#ifndef PCIRESET_CLI_POLICY_H
#define PCIRESET_CLI_POLICY_H

#include <libpcireset.h>
#include "rules/conf.h"

#define POLICY_MAX       256 /* of all files */
#define POLICY_MAX_STEPS 8
#define POLICY_MAX_WORDS 32 /* of a hook */

/* Failures that a policy can name. */
enum event_kind {
	EVENT_WEDGED, /* a DRM driver has given up its device */
	EVENT_AER,    /* the kernel's error recovery failed */
	EVENT_LATE,   /* a late function is lost, or came back different */
	EVENT_FAILED, /* a reset by the module failed */
	NR_EVENTS,
};

/* In order of strength. */
enum step_kind {
	STEP_REBIND,
	STEP_RESET, /* with a type */
	STEP_POWER_CYCLE,
};

struct step {
	enum step_kind kind;
	uint32_t type; /* PCI_RESET_*, or 0 */
};

struct policy {
	char *where; /* "FILE:LINE" of its [Match] */
	struct conf_match match;
	uint32_t events; /* mask of 1 << enum event_kind */
	struct step steps[POLICY_MAX_STEPS];
	size_t nr_steps;
	bool is_never;      /* Steps=none */
	uint32_t max_scope; /* PCIRESET_SCOPE_*; 0: only the function itself */
	bool does_rebind;
	uint32_t burst, interval_s;
	uint32_t settle_ms, hook_timeout_ms;
	char *before, *after; /* command lines, or NULL */
};

struct policies {
	struct policy *v;
	size_t nr;
	char **errors;
	size_t nr_errors;
	bool has_failed; /* there are errors, perhaps without memory for their text */
	struct conf_file *files;
	size_t nr_files;
};

/**
 * policies_load - read the policies of a machine
 * @policies: all members are 0
 * @ctx: for the names of reset types
 * @sysroot: the root of the machine, or ""
 * @directory: read only this directory, or NULL for the ones of the machine
 *
 * Return: 0, also if @policies->errors has errors, or a negative errno.
 */
int policies_load(struct policies *policies, struct pcireset_ctx *ctx, const char *sysroot,
		  const char *directory);
int policies_read(struct policies *policies, struct pcireset_ctx *ctx,
		  const struct conf_file *file);
void policies_clear(struct policies *policies);

/**
 * policies_find - find the first policy that selects a function
 * @policies: policies
 * @dev: function
 * @ret_policy: the policy, or NULL if none selects the function
 *
 * Return: 0, or a negative errno if it is unknown whether *@ret_policy selects the
 * function, because its subsystem IDs cannot be read.
 */
int policies_find(const struct policies *policies, const struct pcireset_dev *dev,
		  const struct policy **ret_policy);

const char *event_kind_name(enum event_kind kind);

/* "rebind", "flr" or "power-cycle" */
const char *step_name(const struct step *step);

/* Split a hook into words that end with NULL. Return: their number, 0 if there are too many. */
size_t hook_split(char *words, char *argv[POLICY_MAX_WORDS + 1]);

#endif /* PCIRESET_CLI_POLICY_H */
