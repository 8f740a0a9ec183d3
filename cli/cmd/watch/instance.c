/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A separate tracing instance. It does not disturb other users of tracing, and the next
 * watch removes the instance of a killed one.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>
#include "tracing.h"
#include "watch.h"

#define PREFIX "pcireset-"

/* The kernel releases a lock on a directory when the process ends in any way. */
static int lock_directory(int at, const char *path, int operation)
{
	int fd = openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || !flock(fd, operation))
		return fd;
	close(fd);
	return -1;
}

/* Each watch holds a lock on its instance. */
static void remove_if_stale(int instances, const char *name)
{
	int lock = lock_directory(instances, name, LOCK_EX | LOCK_NB);

	if (lock < 0)
		return;
	unlinkat(instances, name, AT_REMOVEDIR);
	close(lock);
}

static void remove_stale(const char *path, int instances)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (!strncmp(entry->d_name, PREFIX, strlen(PREFIX)))
			remove_if_stale(instances, entry->d_name);
	if (dir)
		closedir(dir);
}

/*
 * Hold a lock on the directory of all instances: otherwise a new instance without a
 * lock would look stale.
 */
struct tracefs_instance *instance_open(int *ret_lock)
{
	struct tracefs_instance *instance = NULL;
	char *path = tracing.tracefs_get_tracing_file("instances");
	int instances = path ? lock_directory(AT_FDCWD, path, LOCK_EX) : -1, saved;
	char name[32];

	*ret_lock = -1;
	snprintf(name, sizeof(name), PREFIX "%d", (int)getpid());
	if (instances >= 0) {
		remove_stale(path, instances);
		errno = 0;
		instance = tracing.tracefs_instance_create(name);
	}
	if (instance)
		*ret_lock = lock_directory(instances, name, LOCK_EX | LOCK_NB);
	if (instance && *ret_lock < 0) {
		tracing.tracefs_instance_free(instance);
		instance = NULL;
	}
	saved = errno;
	if (instances >= 0)
		close(instances);
	tracing.tracefs_put_tracing_file(path);
	errno = saved;
	return instance;
}

void instance_close(struct tracefs_instance *instance, int lock)
{
	tracing.tracefs_instance_destroy(instance);
	tracing.tracefs_instance_free(instance);
	close(lock);
}
