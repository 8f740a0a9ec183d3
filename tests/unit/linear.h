/* SPDX-License-Identifier: GPL-2.0-only */
/* Work whose time must grow with its size, and not with the square of it. */
#ifndef TESTS_UNIT_LINEAR_H
#define TESTS_UNIT_LINEAR_H

#include <stdint.h>
#include <time.h>

#define LINEAR_ROUNDS 20

static inline uint64_t linear_cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t linear_least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/**
 * linear_check - measure work of two sizes
 * @time_of: does the work of size @nr and returns its CPU time in nanoseconds
 * @nr: the larger size; the smaller one is a quarter of it
 * @arg: passed to @time_of
 *
 * Other programs can only add to a time, because they take the caches. So the least of
 * several counts, and more rounds follow until the times show linear work. Quadratic work
 * takes 16 times as long, and never less than 8 times.
 */
static inline void linear_check(uint64_t (*time_of)(size_t nr, void *arg), size_t nr, void *arg)
{
	uint64_t few = UINT64_MAX, many = UINT64_MAX;

	for (size_t round = 0; round < LINEAR_ROUNDS; round++) {
		few = linear_least(few, time_of(nr / 4, arg));
		many = linear_least(many, time_of(nr, arg));
		if (round >= 2 && many < 8 * few)
			return;
	}
	fail_msg("%zu take %ju ns, and %zu take %ju ns", nr / 4, (uintmax_t)few, nr,
		 (uintmax_t)many);
}

#endif
