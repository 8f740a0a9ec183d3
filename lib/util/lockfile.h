/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lock files that only their owner may open, for the library and the tool.
 *
 * Any user that can open a file can hold an advisory lock on it for ever. A lock on a
 * readable file, or in sysfs, is therefore open to every user.
 */
#ifndef LOCKFILE_H
#define LOCKFILE_H

/* Directory of the files, relative to the root of the machine. */
#define LOCKFILE_DIRECTORY "run/pcireset"

/*
 * Create the directory @path if it is missing, and open it. Return: a descriptor, or a
 * negative errno.
 */
int lockfile_directory(const char *path);

/*
 * Create @name in the directory @dir with mode 0600 if it is missing, open it, and take
 * the exclusive lock. The lock belongs to the file that has this name now, even if
 * another process has removed an older one.
 *
 * Return: 0, -EAGAIN if another process holds the lock, or a negative errno. After
 * -EAGAIN, *@ret_fd is open too, for reading the owner's text. Otherwise it is -1 on
 * failure.
 */
int lockfile_open(int dir, const char *name, int *ret_fd);

/* Replace the content of @fd and wait until it is stored. Return: 0 or a negative errno. */
int lockfile_write(int fd, const char *text);

#endif
