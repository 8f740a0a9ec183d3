// SPDX-License-Identifier: GPL-2.0-only
/* uapi TEST: runs one group of the tests of /dev/pcireset in a guest, and prints TAP. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "uapi.h"

static const struct test {
	const char *name;
	void (*run)(void);
} tests[] = {
	{ "numbers", test_numbers },       { "sizes", test_sizes },
	{ "masks", test_masks },           { "pointers", test_pointers },
	{ "arrays", test_arrays },         { "results", test_results },
	{ "refusals", test_refusals },     { "grants", test_grants },
	{ "passing", test_passing },       { "privilege", test_privilege },
	{ "generation", test_generation }, { "orphans", test_orphans },
	{ "locks", test_locks },           { "many", test_many },
	{ "owners", test_owners },
};

static int usage(void)
{
	fputs("usage: uapi TEST, one of:", stderr);
	for (size_t i = 0; i < ARRAY_SIZE(tests); i++)
		fprintf(stderr, " %s", tests[i].name);
	fputc('\n', stderr);
	return 2;
}

int main(int argc, char **argv)
{
	const struct test *test = tests;

	/* It resets whatever is at the addresses it knows. */
	if (!getenv("PCILAB")) {
		fputs("uapi: runs in a guest of the lab only\n", stderr);
		return 2;
	}
	while (argc == 2 && test < tests + ARRAY_SIZE(tests) && strcmp(argv[1], test->name))
		test++;
	if (argc != 2 || test == tests + ARRAY_SIZE(tests))
		return usage();
	start();
	test->run();
	return finish();
}
