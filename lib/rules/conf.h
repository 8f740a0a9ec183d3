/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files of the administrator, for the library and the tool. A block
 * consists of a section [Match], which selects functions, and a section with the settings
 * for them.
 */
#ifndef LIBPCIRESET_CONF_H
#define LIBPCIRESET_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONF_MAX_BYTES (64u << 10) /* of one file */

/* Patterns of [Match]. NULL matches everything. IDs have four lower case digits. */
struct conf_match {
	char *vendor, *device, *subsystem, *slot, *address;
};

/* One file, with its name on its own machine. */
struct conf_file {
	char *path;
	char *text;
	size_t size;
};

/* take() returns 0, -ENOMEM, or -EINVAL for a value that does not fit @wants. */
struct conf_key {
	const char *name;
	int (*take)(void *data, const char *value);
	const char *wants;
};

/**
 * struct conf_grammar - the format of a file
 * @section: name of the section after [Match]
 * @keys: its keys
 * @nr_keys: at most 26
 * @begin: a block begins
 * @missing: why the values of the block are not complete, or NULL if they are
 * @add: the block is complete; takes over the content of @match and @where ("FILE:LINE").
 *	Return: 0 or a negative errno
 * @complain: report an error, as "FILE:LINE: ERROR". Return: 0 or a negative errno
 * @data: for the calls above
 */
struct conf_grammar {
	const char *section;
	const struct conf_key *keys;
	size_t nr_keys;
	void (*begin)(void *data);
	const char *(*missing)(void *data);
	int (*add)(void *data, char *where, struct conf_match *match);
	int (*complain)(void *data, const char *message);
	void *data;
};

/* conf-read.c */

/* Read one file. complain() gets its errors. Return: 0 or what a callback returned. */
int conf_read(const struct conf_grammar *grammar, const struct conf_file *file);

/* conf-match.c */

/* Names of the keys of [Match], and what their values must be. NULL after the last one. */
const char *conf_match_key_at(size_t i);
const char *conf_match_wants(size_t i);

/* Set key @i. Return: 0, -ENOMEM, or -EINVAL if the value is invalid. */
int conf_match_take(struct conf_match *match, size_t i, const char *value);

/* The reason why a [Match] is incomplete, or NULL. */
const char *conf_match_missing(const struct conf_match *match);
void conf_match_clear(struct conf_match *match);

/* Each is true if the pattern is NULL. */
bool conf_fits(const char *pattern, const char *value);
bool conf_fits_id(const char *pattern, uint32_t id);
bool conf_fits_ids(const char *pattern, uint32_t vendor, uint32_t device);
bool conf_fits_address(const char *pattern, const char *name);

/* conf-files.c */

/**
 * struct conf_place - where the files are
 * @sysroot: the root of another machine, or ""; a link in it does not lead out of it
 * @directories: relative to the root, in order of precedence, and then NULL
 * @add: a file was read; takes over its members. Return: 0 or a negative errno
 * @complain: a file or directory cannot be read, because of a mistake of the
 *	administrator. Return: 0 or a negative errno
 * @data: for the calls above
 * @checks_owners: it is a mistake if somebody else than root and the caller may change a
 *	file or directory, or the directory that it is in, also through a link
 */
struct conf_place {
	const char *sysroot;
	bool checks_owners;
	const char *const *directories;
	int (*add)(void *data, struct conf_file *file);
	int (*complain)(void *data, const char *message);
	void *data;
	char failed[512]; /* from conf_load(): the path that could not be read */
};

/*
 * Load the files whose name ends in ".conf", in the order of their names. Of files with
 * the same name, the first directory has the one that counts.
 *
 * Return: 0, or a negative errno if it is not known which files exist: @failed says where.
 */
int conf_load(struct conf_place *place);
void conf_file_clear(struct conf_file *file);

#endif /* LIBPCIRESET_CONF_H */
