/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Work that must grow with its size, and not with the square of it. Callgrind counts the
 * instructions of it, because another program can make any time longer.
 */
#ifndef TESTS_UNIT_LINEAR_H
#define TESTS_UNIT_LINEAR_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * VALGRIND is the program, or "" if it is not installed. A build for another processor does
 * not define it: Valgrind runs only programs of its own processor.
 */
#ifdef VALGRIND
#include <valgrind/callgrind.h>

#define LINEAR_COUNTS  "LINEAR_COUNTS"
#define LINEAR_SKIPPED 77

/* The child, under Callgrind. The file has the counts. */
static inline void linear_exec(char **argv, const char *path)
{
	char file[64];

	snprintf(file, sizeof(file), "--callgrind-out-file=%s", path);
	setenv(LINEAR_COUNTS, path, true);
	execl(VALGRIND, "valgrind", "--quiet", "--tool=callgrind", "--combine-dumps=yes", file,
	      argv[0], (char *)NULL);
	perror(VALGRIND);
	_exit(1);
}

/**
 * linear_start - run this program under Callgrind
 * @argv: of main()
 *
 * The first call of main(). Returns in a child that Callgrind runs, and in no other process.
 */
static inline void linear_start(char **argv)
{
	char path[] = P_tmpdir "/linear-XXXXXX";
	int status = 1, fd;
	pid_t pid;

	if (RUNNING_ON_VALGRIND)
		return;
	if (VALGRIND[0] == '\0') {
		puts("valgrind is not installed");
		exit(LINEAR_SKIPPED);
	}
	fd = mkstemp(path);
	pid = fd < 0 ? -1 : fork();
	if (!pid)
		linear_exec(argv, path);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		perror(path);
	if (fd >= 0)
		unlink(path);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* From here on instructions count. */
static inline void linear_begin(void)
{
	CALLGRIND_ZERO_STATS;
}

/* Returns the number of instructions since linear_begin(): the file's last total. */
static inline uint64_t linear_end(void)
{
	uint64_t total = 0;
	char line[256];
	FILE *counts;

	CALLGRIND_DUMP_STATS;
	counts = fopen(getenv(LINEAR_COUNTS), "r");
	assert_non_null(counts);
	while (fgets(line, sizeof(line), counts))
		sscanf(line, "totals: %ju", &total);
	fclose(counts);
	assert_int_not_equal(total, 0);
	return total;
}

/**
 * linear_check - count work of two sizes
 * @count: does the work of size @nr and returns linear_end()
 * @nr: the larger size; the smaller one is a quarter of it
 * @arg: passed to @count
 *
 * Quadratic work has 16 times as many instructions, and linear work that also sorts has
 * less than five times as many.
 */
static inline void linear_check(uint64_t (*count)(size_t nr, void *arg), size_t nr, void *arg)
{
	uint64_t few = count(nr / 4, arg), many = count(nr, arg);

	if (many >= 5 * few)
		fail_msg("%zu take %ju instructions, and %zu take %ju", nr / 4, (uintmax_t)few, nr,
			 (uintmax_t)many);
}
#else
static inline void linear_start(char **argv)
{
	(void)argv;
}

static inline void linear_begin(void)
{
}

static inline uint64_t linear_end(void)
{
	return 0;
}

static inline void linear_check(uint64_t (*count)(size_t nr, void *arg), size_t nr, void *arg)
{
	(void)count;
	(void)nr;
	(void)arg;
	skip();
}
#endif

#endif
