/* SPDX-License-Identifier: GPL-2.0-only */
/* The progress line of qualify: its estimate, its parts, and when it is drawn. The clock is that of the test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "interrupt.h"
#include "cmd/qualify/qualify.h"

static const struct request req;
static struct timespec now;
static bool is_second;
static char shown[256];
static size_t nr_shown;

int __wrap_clock_gettime(clockid_t id, struct timespec *ret_time);

/* The clock that a new date does not change. */
int __wrap_clock_gettime(clockid_t id, struct timespec *ret_time)
{
	assert_int_equal(id, CLOCK_MONOTONIC);
	*ret_time = now;
	return 0;
}

bool interrupt_is_second(void)
{
	return is_second;
}

void status_line_begin(struct status_line *line, const struct request *given)
{
	line->is_wanted = given == &req;
}

void status_line_show(struct status_line *line, const char *const *parts, size_t nr)
{
	assert_true(line->is_wanted);
	*shown = '\0';
	for (size_t i = 0; i < nr; i++)
		strcat(shown, parts[i]);
	nr_shown++;
}

void status_line_erase(struct status_line *line)
{
	line->is_dirty = false;
}

static int begin_at_zero(void **state)
{
	(void)state;
	now = (struct timespec){ .tv_sec = 1000 };
	is_second = false;
	*shown = '\0';
	nr_shown = 0;
	return 0;
}

static void pass_ms(long ms)
{
	long ns = now.tv_nsec + ms % 1000 * 1000000;

	now.tv_sec += ms / 1000 + ns / 1000000000;
	now.tv_nsec = ns % 1000000000;
}

/* The seconds of a clock that are left, or -1. */
static int64_t left(const struct run_progress *progress)
{
	uint64_t seconds;

	if (!run_progress_seconds_left(progress, (double)now.tv_sec + (double)now.tv_nsec / 1e9,
				       &seconds))
		return -1;
	return (int64_t)seconds;
}

static void rounds(struct run_progress *progress, uint32_t nr, long ms)
{
	for (uint32_t i = 0; i < nr; i++) {
		pass_ms(ms);
		run_progress_note(progress, progress->done + 1, 0);
	}
}

static void before_the_first_round_nothing_is_known(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 0, 10);
	assert_int_equal(left(&progress), -1);
	pass_ms(60000);
	assert_int_equal(left(&progress), -1);
	run_progress_show(&progress);
	assert_string_equal(shown, "0 of 10 rounds, 0 failed");
}

static void each_round_takes_as_long_as_the_average(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 0, 100);
	rounds(&progress, 10, 2000);
	assert_int_equal(left(&progress), 180);
	rounds(&progress, 10, 4000);
	assert_int_equal(left(&progress), 240);
	rounds(&progress, 80, 3000);
	assert_int_equal(left(&progress), 0);
}

/* The rounds of earlier processes took an unknown time. */
static void a_resumed_run_has_the_estimate_of_its_own_rounds(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 900, 1000);
	assert_int_equal(left(&progress), -1);
	rounds(&progress, 1, 2000);
	assert_int_equal(left(&progress), 198);
	run_progress_show(&progress);
	assert_string_equal(shown, "901 of 1000 rounds, 0 failed, 0:03:18 left");
}

/* One round of ten minutes: the estimate falls to that of the others and does not reach 0. */
static void a_round_that_lasts_leaves_the_others(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 0, 100);
	rounds(&progress, 50, 10000);
	assert_int_equal(left(&progress), 500);
	pass_ms(4000);
	assert_int_equal(left(&progress), 496);
	pass_ms(6000);
	assert_int_equal(left(&progress), 490);
	pass_ms(590000);
	assert_int_equal(left(&progress), 490);
	run_progress_note(&progress, 51, 1);
	/* 1100 s for 51 rounds */
	assert_int_equal(left(&progress), 1100 * 49 / 51);
}

static void the_last_round_may_last_longer(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 0, 2);
	rounds(&progress, 1, 5000);
	pass_ms(9000);
	assert_int_equal(left(&progress), 0);
}

/* More seconds than 32 bits have, and a full day. */
static void long_times_have_no_days(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 0, 1000000000);
	rounds(&progress, 1, 3600000);
	run_progress_show(&progress);
	assert_string_equal(shown, "1 of 1000000000 rounds, 0 failed, 999999999:00:00 left");
	run_progress_begin(&progress, &req, 0, 27);
	rounds(&progress, 1, 3661000);
	run_progress_show(&progress);
	assert_string_equal(shown, "1 of 27 rounds, 0 failed, 26:26:26 left");
}

static void all_failures_of_the_run_are_shown(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 7, 9);
	run_progress_note(&progress, 7, 3);
	pass_ms(1000);
	run_progress_show(&progress);
	assert_string_equal(shown, "7 of 9 rounds, 3 failed");
}

static void it_is_drawn_once_a_second(void **state)
{
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &req, 0, 10000);
	for (int i = 0; i < 100; i++) {
		run_progress_show(&progress);
		pass_ms(100);
	}
	assert_in_range(nr_shown, 8, 10);
	is_second = true;
	pass_ms(5000);
	run_progress_show(&progress);
	assert_in_range(nr_shown, 8, 10);
}

static void without_a_terminal_nothing_is_drawn(void **state)
{
	static const struct request other;
	struct run_progress progress;

	(void)state;
	run_progress_begin(&progress, &other, 0, 100);
	rounds(&progress, 3, 5000);
	run_progress_show(&progress);
	assert_int_equal(nr_shown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(before_the_first_round_nothing_is_known, begin_at_zero),
		cmocka_unit_test_setup(each_round_takes_as_long_as_the_average, begin_at_zero),
		cmocka_unit_test_setup(a_resumed_run_has_the_estimate_of_its_own_rounds,
				       begin_at_zero),
		cmocka_unit_test_setup(a_round_that_lasts_leaves_the_others, begin_at_zero),
		cmocka_unit_test_setup(the_last_round_may_last_longer, begin_at_zero),
		cmocka_unit_test_setup(long_times_have_no_days, begin_at_zero),
		cmocka_unit_test_setup(all_failures_of_the_run_are_shown, begin_at_zero),
		cmocka_unit_test_setup(it_is_drawn_once_a_second, begin_at_zero),
		cmocka_unit_test_setup(without_a_terminal_nothing_is_drawn, begin_at_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
