/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's rules: files in rules.d that deny types of reset, or ask for a delay. */
#ifndef LIBPCIRESET_RULES_H
#define LIBPCIRESET_RULES_H

#include "private.h"

#define RULES_MAX_BYTES (64u << 10) /* of one file */
#define RULES_MAX	1024	    /* of all files */
#define RULES_REFUSAL	"no reset is allowed: "
#define RULES_MAX_MS	600000	    /* the module's longest timeout */

/* Patterns are NULL where the rule does not ask; IDs are of four lower case digits. */
struct pcireset_rule {
	char *where;		/* "FILE:LINE" of its [Match] */
	char *vendor, *device, *subsystem, *slot, *address;
	uint32_t types[NR_EFFECTS]; /* masks of PCI_RESET_* */
	uint32_t delay_ms;
	char *reason;
};

/* One rules file, under the name that it has on its own machine. */
struct rules_file {
	char *path;
	char *text;
	size_t size;
};

struct rules {
	struct rules_file *files;
	size_t nr_files;
	struct pcireset_rule *v;
	size_t nr;
	char **errors;		/* "FILE:LINE: what is wrong" */
	size_t nr_errors;
	bool is_incomplete;	/* a file could not be read at all */
	bool has_failed;	/* there is something wrong, perhaps with no memory to say what */
	bool are_learned;	/* what is kept of functions, and the lists, are as they should be */
	struct dev_list lists[NR_EFFECTS][NR_TYPES]; /* functions with a rule of their own on the type of link */
};

/* rules-read.c; what is wrong with a file is in the rules' errors afterwards. Return: 0 or -ENOMEM. */
int rules_read(struct pcireset_ctx *ctx, struct rules *rules, const struct rules_file *file);
void rule_clear(struct pcireset_rule *rule);
int rules_complain(struct rules *rules, const char *fmt, ...) PRINTF(2, 3);

#endif /* LIBPCIRESET_RULES_H */
