// SPDX-License-Identifier: GPL-2.0-only
/* Numbers that look like chance and repeat with the seed: splitmix64. */
#include "uapi-fuzz.h"

uint32_t draw(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return (uint32_t)((z ^ (z >> 31)) >> 32);
}

uint32_t below(struct chance *chance, uint32_t limit)
{
	return draw(chance) % limit;
}

bool one_in(struct chance *chance, uint32_t n)
{
	return !below(chance, n);
}
