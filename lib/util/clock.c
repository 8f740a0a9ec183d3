/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Time and pauses. */
#include <errno.h>
#include <time.h>
#include "util/util.h"

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void pause_ns(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000ull), (long)(ns % 1000000000ull) };

	while (nanosleep(&t, &t) && errno == EINTR)
		;
}
