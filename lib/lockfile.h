/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lock files that only their owner may open. Whoever can open a file can hold an advisory lock on it for ever, so
 * a lock on a file that others may read, or in sysfs, is one that any user can take. Used by the library and the tool.
 */
#ifndef LOCKFILE_H
#define LOCKFILE_H

/* Where they are, below the root of the machine. */
#define LOCKFILE_DIRECTORY "run/pcireset"

/* Make the directory at @path if it is missing, and open it. Return: a descriptor, or a negative errno. */
int lockfile_directory(const char *path);

/*
 * Create @name in the directory @dir with mode 0600 if it is missing, open it and take the exclusive lock. The lock
 * belongs to the file that has this name now, also if another process removed an older one meanwhile.
 * Return: 0, -EAGAIN if another process has the lock, or a negative errno. *@ret_fd is open after -EAGAIN, too, for
 * reading what the owner wrote; else it is -1.
 */
int lockfile_open(int dir, const char *name, int *ret_fd);

/* Replace the contents of @fd and wait until they are stored. Return: 0 or a negative errno. */
int lockfile_write(int fd, const char *text);

#endif
