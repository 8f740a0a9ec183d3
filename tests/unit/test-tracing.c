/* SPDX-License-Identifier: GPL-2.0-only */
/* libtracefs has all functions that watch takes from it. Some are in a header only, in some versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "cmd/watch/tracing.h"
#include "cmd/watch/watch.h"

static void all_functions_are_found(void **state)
{
	(void)state;
	assert_int_equal(trace_load(), STATUS_DONE);
	assert_non_null(tracing.tracefs_iterate_raw_events);
	assert_non_null(tracing.tep_parse_event);
	assert_int_equal(trace_load(), STATUS_DONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(all_functions_are_found) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
