/* SPDX-License-Identifier: GPL-2.0-only */
/* A context on the small machine that make-sysroot builds, for each test program. */
#ifndef PCIRESET_TEST_SYSROOT_H
#define PCIRESET_TEST_SYSROOT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "backend/backend.h"
#include "ctx/ctx.h"
#include "rules/rules.h"
#include "users/users.h"

extern char sysroot[];

int sysroot_make(void **state);
int sysroot_remove(void **state);

/* Parents first. A directory that exists is no error. Return 0 or -1. */
int sysroot_mkdirs(const char *const directories[], size_t nr);

/* For each test: a scanned context in *state. */
int context_make(void **state);
int context_remove(void **state);

void sysroot_write(const char *file, const char *text);
/* Write to a function's config space. The file is in the sysroot already. */
void sysroot_write_config(const char *name, long at, const void *bytes, size_t size);
struct pcireset_dev *find(struct pcireset_ctx *ctx, const char *name);
const char *join_members(const struct pcireset_member *v, size_t nr);

#endif /* PCIRESET_TEST_SYSROOT_H */
