/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <sys/types.h>
#include "util.h"

enum output_kind {
	OUTPUT_NEW,      /* never overwrite */
	OUTPUT_REPLACES, /* replace a regular file atomically */
};

/* A file that is being written. */
struct output {
	const char *name;
	enum output_kind kind;
	int fd;
	char *temporary; /* for a file system without unnamed files */
};

/*
 * Open a file. @mode is as for open(), without the umask. Return: 0, -ENODEV if the
 * existing file is not a regular file, or another negative errno.
 */
int output_open(struct output *output, const char *name, enum output_kind kind, mode_t mode);

/*
 * Store the content of @output->fd under the name, or nothing. Return: 0 or a negative
 * errno.
 */
int output_commit(struct output *output);

void output_discard(struct output *output);

#endif
