/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine, its named functions, and their plans. */
#ifndef PCIRESET_CLI_MACHINE_H
#define PCIRESET_CLI_MACHINE_H

#include "request.h"

/* The named functions, without duplicates. */
struct machine {
	struct pcireset_ctx *ctx;
	struct pcireset_dev **devs; /* the named functions, in order */
	size_t nr_devs;
	void *known; /* the same as a tree, for machine_has() */
};

/* machine.c */
size_t machine_count(const struct machine *m);
bool machine_has(const struct machine *m, const struct pcireset_dev *dev);
void machine_add(struct machine *m, struct pcireset_dev *dev);
void machine_note_unknown(const struct machine *m);
int machine_finish(struct machine *m, int status);
void machine_close(struct machine *m);

/* names.c */
int names_find(struct machine *m, const struct request *req, const char *name);
int names_check_types(struct machine *m, const struct request *req);

/* name-hint.c */
char *name_hint(struct machine *m, const struct request *req, const char *name);

/* open.c */
int machine_open(struct machine *m, const struct request *req);
int machine_query(struct machine *m);

/* plans.c */
int machine_plan(struct machine *m, const struct request *req, struct pcireset_dev *dev,
		 struct pcireset_plan **ret_plan);
char *unnamed_members(const struct machine *m, const struct pcireset_plan *plan);
void allow_many_files(const struct machine *m);
struct pcireset_batch *batch_new(const struct machine *m);
int resolve_into(struct pcireset_batch *batch, struct pcireset_plan *plan);
void choose(struct pcireset_batch *batch);

/* way-out.c */
char *way_to_find(struct pcireset_dev *dev);
char *way_out(const struct request *req, struct pcireset_plan *plan);
char *way_out_of_error(struct pcireset_dev *dev, int r);

#endif /* PCIRESET_CLI_MACHINE_H */
