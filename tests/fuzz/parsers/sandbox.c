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
