/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of interest, the end, and the clock of watch. */
#include <stdio.h>
#include <string.h>
#include "watch.h"

bool watch_wants(const struct watch *watch, const char *device)
{
	for (size_t i = 0; i < watch->nr_names; i++)
		if (!strcmp(watch->names[i], device))
			return true;
	return !watch->nr_names;
}

void watch_printed(struct watch *watch)
{
	watch->nr_printed++;
	if (watch->nr_printed == watch->req->count || ferror(stdout))
		watch->is_over = true;
}
