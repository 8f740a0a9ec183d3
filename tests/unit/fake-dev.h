/* SPDX-License-Identifier: GPL-2.0-only */
/* A function without files, for tests that count on nothing but lists and paths. */
#ifndef PCIRESET_TEST_FAKE_DEV_H
#define PCIRESET_TEST_FAKE_DEV_H

#include "dev/dev.h"

/* At the number 256 * (256 * domain + bus) + devfn, below a path. dev_free() frees it. */
struct pcireset_dev *fake_dev(struct pcireset_ctx *ctx, size_t number, const char *above);

#endif /* PCIRESET_TEST_FAKE_DEV_H */
