// SPDX-License-Identifier: GPL-2.0-only
/* Results in TAP, numbered across all processes of a test. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "uapi.h"

/* Shared with children, who report in place of their parent while it waits for them. */
static struct tally {
	unsigned int run;
	unsigned int failed;
} * tally;

void start(void)
{
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (tally == MAP_FAILED)
		abort();
}

static void result(bool good, const char *fmt, va_list args)
{
	tally->run++;
	tally->failed += !good;
	printf("%sok %u - ", good ? "" : "not ", tally->run);
	vprintf(fmt, args);
}

static void end_line(void)
{
	putchar('\n');
	fflush(stdout);
}

void ok(bool good, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(good, fmt, args);
	va_end(args);
	end_line();
}

void is(uint64_t got, uint64_t want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(got == want, fmt, args);
	va_end(args);
	end_line();
	if (got != want)
		printf("# got %#llx, want %#llx\n", (unsigned long long)got,
		       (unsigned long long)want);
}

static const char *error_name(int error)
{
	return error ? strerrorname_np(error) : "success";
}

void gives(int got, int want, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(got == want, fmt, args);
	va_end(args);
	printf(": %s", error_name(want));
	end_line();
	if (got != want)
		printf("# got %s\n", error_name(got));
}

void skip(const char *reason, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	result(true, fmt, args);
	va_end(args);
	printf(" # SKIP %s", reason);
	end_line();
}

void bail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("Bail out! ");
	vprintf(fmt, args);
	va_end(args);
	end_line();
	exit(1);
}

int finish(void)
{
	printf("1..%u\n", tally->run);
	return !tally->run || tally->failed;
}
