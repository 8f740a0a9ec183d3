// SPDX-License-Identifier: GPL-2.0-only
/* A directory of this process's own; in memory, if there is such a place. */
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz.h"

static char path[64];
static pid_t owner;

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return ftw->level ? remove(name) : 0;
}

void sandbox_empty(void)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Not by a child, nor by what libFuzzer's crash handling calls exit() from. */
static void remove_sandbox(void)
{
	if (getpid() != owner)
		return;
	sandbox_empty();
	rmdir(path);
}

const char *sandbox_make(void)
{
	const char *place = access("/dev/shm", W_OK) ? P_tmpdir : "/dev/shm";

	snprintf(path, sizeof(path), "%s/pcireset-fuzz-XXXXXX", place);
	MUST(mkdtemp(path));
	owner = getpid();
	atexit(remove_sandbox);
	return path;
}

static char file_name[sizeof(path) + 8];

FILE *sandbox_file(const char **ret_name)
{
	FILE *file;

	if (!owner)
		MUST(!setenv("TMPDIR", sandbox_make(), 1));
	snprintf(file_name, sizeof(file_name), "%s/file", path);
	file = fopen(file_name, "we");
	MUST(file);
	*ret_name = file_name;
	return file;
}

void sandbox_end_file(void)
{
	MUST(!unlink(file_name) && !rmdir(path) && !mkdir(path, 0700));
}
