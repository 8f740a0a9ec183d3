/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <sys/types.h>
#include "cli.h"

enum output_kind {
	OUTPUT_NEW,      /* nothing is overwritten */
	OUTPUT_REPLACES, /* a regular file, in one step */
};

/* A file in the making. */
struct output {
	const char *name;
	enum output_kind kind;
	int fd;
	char *temporary; /* where the file system has no files without a name */
};

/* 0, -ENODEV if what is there is no regular file, or a negative errno; @mode as for open(), less the umask. */
int output_open(struct output *output, const char *name, enum output_kind kind, mode_t mode);

/* Stores what was written to @output->fd under the name, or nothing; 0 or a negative errno. */
int output_commit(struct output *output);

void output_discard(struct output *output);

#endif
