// SPDX-License-Identifier: GPL-2.0-only
/* Dumps of config space, as the lab compares them: two, with a line "--" between them. */
#include "fuzz.h"
/* It says so itself. */
#undef _GNU_SOURCE
int pciconf_main(int argc, char **argv);
#define main pciconf_main
#include "../../../lab/pciconf.c"
#undef main
#include <sys/mman.h>

static void put(const char *path, const uint8_t *data, size_t size)
{
	FILE *file = must_open(path, "we");

	fwrite(data, 1, size, file);
	fclose(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char before[32], after[32];
	const uint8_t *cut;

	if (!*before) {
		/* Differences are not of interest, only that they are found. */
		MUST(freopen("/dev/null", "w", stdout));
		snprintf(before, sizeof(before), "/proc/self/fd/%d", memfd_create("before", 0));
		snprintf(after, sizeof(after), "/proc/self/fd/%d", memfd_create("after", 0));
	}
	cut = memmem(data, size, "\n--\n", 4);
	if (!cut)
		return 0;
	put(before, data, (size_t)(cut - data) + 1);
	put(after, cut + 4, size - (size_t)(cut - data) - 4);
	compare(MAY_CHANGE, before, after);
	return 0;
}
