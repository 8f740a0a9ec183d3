/* SPDX-License-Identifier: GPL-2.0-only */
/* Time since an arbitrary start. Neither a new date nor a suspended machine changes it. */
#include <time.h>
#include "util.h"

/* The kernel's trace buffers have the same clock. */
int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t clock_ms(void)
{
	return clock_ns() / 1000000;
}

double clock_seconds(void)
{
	return (double)clock_ns() / 1e9;
}
