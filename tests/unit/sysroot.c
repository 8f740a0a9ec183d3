// SPDX-License-Identifier: GPL-2.0-only
/* Create the small machine in a temporary directory, and remove it. */
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sysroot.h"

char sysroot[] = P_tmpdir "/pcireset-test-XXXXXX";

static int run(const char *program, const char *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		execl(program, program, arg, NULL);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

int sysroot_make(void **state)
{
	(void)state;
	if (!mkdtemp(sysroot))
		return -1;
	return run(MAKE_SYSROOT, sysroot);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int sysroot_remove(void **state)
{
	(void)state;
	return nftw(sysroot, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int context_make(void **state)
{
	struct pcireset_ctx *ctx;

	if (pcireset_ctx_new(sysroot, &ctx) < 0 || pcireset_ctx_scan(ctx) < 0)
		return -1;
	*state = ctx;
	return 0;
}

int context_remove(void **state)
{
	pcireset_ctx_unref(*state);
	return 0;
}

void sysroot_write(const char *file, const char *text)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", sysroot, file);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void sysroot_write_config(const char *name, long at, const void *bytes, size_t size)
{
	char path[PATH_MAX];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/bus/pci/devices/%s/config", sysroot, name);
	f = fopen(path, "r+e");
	assert_non_null(f);
	assert_int_equal(fseek(f, at, SEEK_SET), 0);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Without a reference of its own: the context keeps it. */
struct pcireset_dev *find(struct pcireset_ctx *ctx, const char *name)
{
	struct pcireset_dev *dev;

	assert_int_equal(pcireset_dev_from_name(ctx, name, &dev), 0);
	pcireset_dev_unref(dev);
	return dev;
}

const char *join_members(const struct pcireset_member *v, size_t nr)
{
	static char all[1024];
	char buf[PCIRESET_ADDR_STR_MAX];

	all[0] = '\0';
	for (size_t i = 0; i < nr; i++) {
		strcat(all, i ? " " : "");
		strcat(all, pcireset_addr_to_str(&v[i].addr, buf));
	}
	return all;
}

int sysroot_mkdirs(const char *const directories[], size_t nr)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < nr; i++) {
		snprintf(path, sizeof(path), "%s/%s", sysroot, directories[i]);
		if (mkdir(path, 0755) && errno != EEXIST)
			return -1;
	}
	return 0;
}
