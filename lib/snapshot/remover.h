/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBPCIRESET_REMOVER_H
#define LIBPCIRESET_REMOVER_H

/* Return a descriptor of the removing process, or a negative errno. */
int remover_start(void);

/*
 * From now on, the end of this process closes the descriptor and removes @path, which
 * mkdtemp() created.
 */
int remover_takes(int fd, const char *path);

/* The caller has already removed the directory. */
void remover_stop(int fd);

#endif
