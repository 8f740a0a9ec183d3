/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The administrator's rules: files in rules.d that deny types of reset, or ask for a delay. */
#ifndef LIBPCIRESET_RULES_H
#define LIBPCIRESET_RULES_H

#include "dev/dev.h"
#include "rules/conf.h"

#define RULES_MAX     1024 /* of all files */
#define RULES_REFUSAL "no reset is allowed: "
#define RULES_MAX_MS  PCIRESET_MAX_TIMEOUT_MS

struct pcireset_rule {
	char *where; /* "FILE:LINE" of its [Match] */
	struct conf_match match;
	uint32_t types[NR_EFFECTS]; /* masks of PCI_RESET_* */
	uint32_t delay_ms;
	char *reason;
};

struct rules {
	struct conf_file *files;
	size_t nr_files;
	struct pcireset_rule *v;
	size_t nr;
	char **errors; /* "FILE:LINE: what is wrong" */
	size_t nr_errors;
	bool is_incomplete; /* a file could not be read at all */
	bool has_failed;  /* there is an error, perhaps without a message because memory ran out */
	bool are_learned; /* the matches of functions and the lists are current */
	struct dev_list lists[NR_EFFECTS]
			     [NR_TYPES]; /* functions with a rule that denies a reset of the link */
};

/* read.c: the errors of a file are added to those of the rules. Return: 0 or -ENOMEM. */
int rules_read(struct pcireset_ctx *ctx, struct rules *rules, const struct conf_file *file);
void rule_clear(struct pcireset_rule *rule);
int rules_complain(struct rules *rules, const char *fmt, ...) PRINTF(2, 3);

/* known-broken.c: resets that Linux knows to be broken on certain devices */

#define ANY_REVISION 0xffff

/* The functions of a row. */
struct known_device {
	uint16_t vendor;
	uint16_t device, mask; /* device ID, compared in the bits of the mask */
	uint32_t class;        /* base and sub-class; 0 for any */
	uint16_t revision;     /* or ANY_REVISION */
	bool is_downstream;    /* only a downstream port of a switch */
};

/**
 * struct known_broken - one kind of reset that must not be issued to one kind of device
 * @id: the device
 * @types: mask of PCI_RESET_*
 * @is_off_root: only below a bridge, not on a root bus
 * @what: what goes wrong
 * @symbol: where drivers/pci/quirks.c has it
 * @since: the first of the kernels 6.1, 6.12 and 7.3 that has it
 */
struct known_broken {
	struct known_device id;
	uint32_t types;
	bool is_off_root;
	const char *what, *symbol, *since;
};

/**
 * struct known_handler - a device that the kernel resets in a way of its own
 * @id: the device
 * @wants_flr: only if the function has FLR
 * @is_sure: config space is enough to identify a device of the handler
 * @what: what it does that FLR alone does not
 * @symbol: where drivers/pci/quirks.c has it
 * @since: as above
 */
struct known_handler {
	struct known_device id;
	bool wants_flr, is_sure;
	const char *what, *symbol, *since;
};

const struct known_broken *known_broken_at(size_t i);
const struct known_handler *known_handler_at(size_t i);
const struct known_broken *known_broken_find(const struct pcireset_dev *dev,
					     const struct config *config, uint32_t type);
const struct known_handler *known_handler_find(const struct pcireset_dev *dev,
					       const struct config *config, bool has_flr);

int known_broken_learn(struct pcireset_ctx *ctx);

/* Return a text to be freed, or NULL if memory runs out. */
char *known_broken_text(const struct known_broken *broken);

/* rules.c: rules_denial() returns a text to be freed, or NULL if no rule denies the type */
int rules_load(struct pcireset_ctx *ctx);
typedef int (*rules_file_fn)(void *data, const char *path, const char *text, size_t size);
int rules_foreach_file(struct pcireset_ctx *ctx, rules_file_fn fn, void *data);
void rules_forget(struct pcireset_ctx *ctx);
void rules_drop(struct pcireset_ctx *ctx, const struct pcireset_dev *dev);
const char *rules_error(const struct pcireset_ctx *ctx);
uint32_t rules_delay_ms(const struct pcireset_dev *dev, const struct members *members,
			uint32_t types);
bool rules_are_given(const struct pcireset_ctx *ctx);
int rules_learn(struct pcireset_ctx *ctx);
int rules_review(struct pcireset_dev *dev);
uint32_t rules_why(const struct pcireset_ctx *ctx);
char *rules_denial(const struct pcireset_dev *dev, uint32_t type,
		   const struct pcireset_dev **ret_who);

#endif /* LIBPCIRESET_RULES_H */
