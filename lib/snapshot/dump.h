/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Config spaces out of a text, on their way to being a machine. */
#ifndef LIBPCIRESET_DUMP_H
#define LIBPCIRESET_DUMP_H

#include "private.h"

#define DUMP_NONE SIZE_MAX

struct function {
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	struct config config;	/* empty if the function is only listed */
	size_t line;		/* where its config space begins */
	size_t order, nr_dump;	/* in the file; which of several dumps it belongs to */
	uint32_t vendor, device;
	uint8_t first, last;	/* buses below, 0 if there are none */
	size_t parent, physfn;	/* which of the functions, or DUMP_NONE */
	bool has_no_bridge;	/* the bridge right above is not in the dump */
	char below[128];	/* why the functions below it are not all known, or "" */
	char vfs[128];		/* the same of its VFs */
};

/* Sorted by address once it is read; each address is there once. */
struct dump {
	struct pcireset_ctx *ctx;
	struct function **v;
	size_t nr, room;
};

/* dump-text.c */
int dump_text_read(struct dump *dump, const char *data, size_t size);
void dump_clear(struct dump *dump);

static inline bool function_is_listed_only(const struct function *f)
{
	return !f->config.len;
}

#endif /* LIBPCIRESET_DUMP_H */
