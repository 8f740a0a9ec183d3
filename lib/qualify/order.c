/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The order of the types: in each group of rounds, every type once, in an order that the
 * seed and the number of the group fix. Every type thus follows every other one, and a
 * run that is resumed goes on as it began.
 */
#include "qualify.h"

/* The generator "splitmix64" by Sebastiano Vigna, as a function of its counter. */
static uint64_t random_at(uint64_t seed, uint64_t number)
{
	uint64_t z = seed + (number + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/*
 * Numbers of random_at() for each group. A journal is read with the order that it was
 * written with, so this number stays, however many types there are.
 */
#define GROUP_NUMBERS 7

uint32_t order_type(const struct pcireset_qualify *qualify, uint32_t round)
{
	uint32_t types[NR_TYPES] = { 0 }, nr = (uint32_t)qualify->nr_types, group = round / nr;

	for (uint32_t i = 0; i < nr; i++)
		types[i] = qualify->types[i];
	for (uint32_t i = nr - 1; i; i--) {
		uint32_t j =
			(uint32_t)(random_at(qualify->seed, (uint64_t)group * GROUP_NUMBERS + i) %
				   (i + 1));
		uint32_t type = types[i];

		types[i] = types[j];
		types[j] = type;
	}
	return types[round % nr];
}
