/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The speeds of links, as registers number them. */
#include "core/core.h"

/*
 * PCIe r6.0, sec 7.5.3.8 and 7.5.3.18: the code of a speed is its position in the vector of
 * speeds.
 */
static const uint32_t link_speeds[] = { 0, 2500, 5000, 8000, 16000, 32000, 64000 };

/* Return MT/s, 0 for an unknown code. */
uint32_t link_speed_of(uint32_t code)
{
	return code < ARRAY_SIZE(link_speeds) ? link_speeds[code] : 0;
}

/* Return 0 if no link has this speed. */
uint32_t link_code_of(uint32_t mts)
{
	for (uint32_t code = 1; code < ARRAY_SIZE(link_speeds); code++)
		if (link_speeds[code] == mts)
			return code;
	return 0;
}
