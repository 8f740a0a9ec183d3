/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LIBPCIRESET_REMOVER_H
#define LIBPCIRESET_REMOVER_H

/* A descriptor that stands for the process which removes, or a negative errno. */
int remover_start(void);

/* From now on @path, which mkdtemp() made, is removed when the descriptor is closed by the end of this process. */
int remover_takes(int fd, const char *path);

/* The directory is removed already. */
void remover_stop(int fd);

#endif
