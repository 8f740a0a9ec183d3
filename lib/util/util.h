/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The ground floor: text, arrays, time, signals, files, addresses. It knows no object of the library. */
#ifndef LIBPCIRESET_UTIL_H
#define LIBPCIRESET_UTIL_H

#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include "libpcireset.h"
#include "util/lockfile.h"

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

static inline void free_charp(char **p)
{
	free(*p);
}
#define _cleanup_free_ __attribute__((cleanup(free_charp)))

/* text.c; to be freed, NULL without memory */
char *format(const char *fmt, ...) PRINTF(1, 2);

/* array.c */
void *array_room(void *v, size_t nr, size_t size);

/* clock.c */
uint64_t now_ns(void);
void pause_ns(uint64_t ns);

/* signals.c */
void signals_hold(sigset_t *old);
bool signals_are_waiting(void);
bool signals_are_fatal(void);
void signals_let_go(const sigset_t *old);

/* files.c */
#define ATTR_MAX 4096 /* of a file in sysfs */

bool is_absent(int error);
struct dirent *dir_next(DIR *dir);
int read_file_at(int dir, const char *path, char *buf, size_t size);
int read_file(const char *path, char *buf, size_t size);
int read_link_name_at(int dir, const char *path, char *buf, size_t size);
int read_link_name(const char *path, char *buf, size_t size);

/* addr.c */
#define ADDR_ANY_FUNCTION 0x100 /* no function was given */

/* An address from the command line. It distinguishes missing fields from 0. */
struct addr_typed {
	unsigned long domain, bus, dev, func;
	bool has_bus;
};

bool addr_parse_field(const char *str, size_t len, unsigned long max, unsigned long *ret_value);
bool addr_parse_typed(const char *str, size_t len, struct addr_typed *t);
bool addr_parse(const char *str, size_t len, struct pcireset_addr *ret_addr);
bool addr_in_path(const char *path, struct pcireset_addr *ret_addr);
int addr_cmp(const struct pcireset_addr *a, const struct pcireset_addr *b);

static inline bool addr_is(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	return a->devfn == b->devfn && a->bus == b->bus && a->domain == b->domain;
}

#endif /* LIBPCIRESET_UTIL_H */
