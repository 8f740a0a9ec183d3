/* SPDX-License-Identifier: GPL-2.0-only */
/* The line of progress on a pseudo-terminal, or on a pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "status-line.h"

static const char *const parts[] = { "12 of 60 rounds", ", 0 failed", ", 0:10:00 left" };
static const struct request req;

/* The width of the terminal is another file's. */
static size_t width;

size_t output_width(FILE *out)
{
	assert_ptr_equal(out, stderr);
	return width;
}

/* Standard error is a terminal during the test. */
static int master, saved;

static int terminal_open(void **state)
{
	int slave;

	(void)state;
	assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
	saved = dup(STDERR_FILENO);
	dup2(slave, STDERR_FILENO);
	close(slave);
	width = 80;
	return 0;
}

static int terminal_close(void **state)
{
	(void)state;
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(master);
	return 0;
}

/* All that the terminal got until now. It comes a little later. */
static const char *screen(void)
{
	static char text[256];
	size_t len = 0;

	fputc('#', stderr);
	do
		assert_int_equal(read(master, text + len, 1), 1);
	while (text[len++] != '#');
	text[len - 1] = '\0';
	return text;
}

static void parts_that_fit_are_whole(void **state)
{
	static const struct {
		size_t width, nr;
	} wanted[] = { { 80, 3 }, { 40, 3 }, { 39, 2 }, { 26, 2 }, { 25, 1 },
		       { 16, 1 }, { 15, 0 }, { 1, 0 },  { 0, 0 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
		assert_int_equal(status_line_fitting(parts, 3, wanted[i].width), wanted[i].nr);
}

static void each_text_replaces_the_last_one(void **state)
{
	struct status_line line;

	(void)state;
	status_line_begin(&line, &req);
	status_line_erase(&line);
	assert_string_equal(screen(), "");
	status_line_show(&line, parts, 3);
	assert_string_equal(screen(), "\r12 of 60 rounds, 0 failed, 0:10:00 left\033[K");
	width = 30;
	status_line_show(&line, parts, 3);
	assert_string_equal(screen(), "\r12 of 60 rounds, 0 failed\033[K");
	status_line_erase(&line);
	assert_string_equal(screen(), "\r\033[K");
	status_line_erase(&line);
	assert_string_equal(screen(), "");
}

static void quiet_means_no_line(void **state)
{
	const struct request quiet = { .given = OPT_QUIET };
	struct status_line line;

	(void)state;
	status_line_begin(&line, &quiet);
	status_line_show(&line, parts, 3);
	status_line_erase(&line);
	assert_string_equal(screen(), "");
}

static void a_file_gets_no_line(void **state)
{
	struct status_line line;
	int ends[2];
	char byte;

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	status_line_begin(&line, &req);
	status_line_show(&line, parts, 3);
	status_line_erase(&line);
	fflush(stderr);
	assert_int_equal(read(ends[0], &byte, 1), -1);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_that_fit_are_whole),
		cmocka_unit_test_setup_teardown(each_text_replaces_the_last_one, terminal_open,
						terminal_close),
		cmocka_unit_test_setup_teardown(quiet_means_no_line, terminal_open, terminal_close),
		cmocka_unit_test_setup_teardown(a_file_gets_no_line, terminal_open, terminal_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
