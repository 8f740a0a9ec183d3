/* SPDX-License-Identifier: GPL-2.0-only */
/* Of what the tests in tests/uapi share, only the results in TAP. */
#ifndef FUZZ_TAP_H
#define FUZZ_TAP_H

#include <stdbool.h>

void start(void);
void ok(bool good, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void bail(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
int finish(void);

#endif
