/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The back ends: the module, the files of the kernel, and VFIO. */
#ifndef LIBPCIRESET_BACKEND_H
#define LIBPCIRESET_BACKEND_H

#include "plan/plan.h"

/* Settings that a reset through sysfs changes temporarily: an entry of the journal. */
struct narrowing {
	char word[32];      /* written to reset_method */
	char was[ATTR_MAX]; /* former content of reset_method */
	uint64_t inode;     /* of the function's directory */
	unsigned int msix;  /* offset of the mask that serves as proof, or 0 */
};

/* The journal file of a function, which is also the lock for such a reset. */
struct journal {
	int dir, fd;
	char name[PCIRESET_ADDR_STR_MAX];
	bool is_clean; /* nothing needs to be restored */
};

extern const struct backend backend_module, backend_sysfs, backend_vfio;

/* module.c */
int module_open(struct pcireset_ctx *ctx);

/* A walk over what killed processes left behind. */
struct leftover_walk {
	struct pcireset_ctx *ctx;
	bool repairs;
	pcireset_leftover_fn fn;
	void *data;
	int nr_left; /* those that were not repaired, by failure or by request */
};

/* journal.c */
int journal_foreach_leftover(struct leftover_walk *walk);
int journal_open(struct pcireset_dev *dev, struct journal *journal, char **ret_message);
int journal_write(struct journal *journal, const struct pcireset_dev *dev,
		  const struct narrowing *narrowing);
void journal_clear(struct journal *journal);
void journal_close(struct journal *journal);

/* sysfs-reset.c */
int sysfs_reset(struct pcireset_plan *plan, struct pcireset_report *report);

#endif /* LIBPCIRESET_BACKEND_H */
