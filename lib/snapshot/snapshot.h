/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Machines in files: archives, dumps of config space, and the directory they are unpacked into. */
#ifndef LIBPCIRESET_SNAPSHOT_H
#define LIBPCIRESET_SNAPSHOT_H

#include "core/core.h"

/* The letters are those of tar. */
enum tree_kind {
	TREE_FILE = '0',
	TREE_LINK = '2', /* symbolic link; the data is the target */
	TREE_DIR = '5',
};

/* A machine needs much less. Larger trees contain other data. */
#define TREE_MAX_BYTES   (256u << 20)
#define TREE_MAX_ENTRIES (1u << 20)
#define TREE_MAX_PATH    1024

struct entry {
	char *path; /* relative, inside the tree */
	enum tree_kind kind;
	char *data; /* size bytes and a terminating zero */
	size_t size;
};

struct tree {
	struct entry *v;
	size_t nr, room, bytes;
};

/* tree.c; for a negative errno, the context has a message */
int tree_add(struct pcireset_ctx *ctx, struct tree *tree, enum tree_kind kind, const char *path,
	     const void *data, size_t size);
int tree_sort(struct pcireset_ctx *ctx, struct tree *tree);
int tree_strip_top(struct pcireset_ctx *ctx, struct tree *tree);
int tree_write(struct pcireset_ctx *ctx, const struct tree *tree, const char *dirname);
void tree_clear(struct tree *tree);

/* archive-read.c; @data is a whole file, possibly compressed */
int archive_unpack(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree);
bool archive_is_compressed(const char *data, size_t size);

/* @data is not compressed: is it a tar or zip archive? The tree gets its regular files. */
bool archive_is_bundle(const char *data, size_t size);
int archive_read_bundle(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree);

int archive_decompress(struct pcireset_ctx *ctx, const char *data, size_t size, char **ret_data,
		       size_t *ret_size);

/* Has the text the checksums of the gzip file that it was in? */
bool gzip_is_intact(const char *data, size_t size, const char *plain, size_t len);

/* archive-write.c; there is no message for the errno */
int archive_pack(const struct tree *tree, int fd);

/* dump.c: config space in hexadecimal, in the format of lspci -x */
int dump_read(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree);

#define DUMP_NONE SIZE_MAX

struct function {
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	struct config config;  /* empty if only the name of the function is known */
	size_t line;           /* offset of its config space */
	size_t order, nr_dump; /* in the file; which of several dumps it belongs to */
	uint32_t vendor, device;
	uint8_t first, last;   /* buses below, or 0 */
	size_t parent, physfn; /* index of the parent, or DUMP_NONE */
	bool has_no_bridge;    /* the bridge right above is not in the dump */
	bool is_logged;        /* a log put its time before the name */
	char below[128];       /* the reason why functions below it are unknown, or "" */
	char vfs[128];         /* the same for its VFs */
};

/* Sorted by address after reading. Each address occurs once. */
struct dump {
	struct pcireset_ctx *ctx;
	struct function **v;
	size_t nr, room;
};

#define DUMP_LINE_BYTES 16
#define PREFIX_MAX      160

/* Text that a program printed before each line of a dump, with its trailing blanks. */
struct prefix {
	char text[PREFIX_MAX];
	size_t len; /* 0: none is known */
};

/* dump-characters.c */

/* Return the text as lspci prints it, without zeros, to be freed. NULL if memory runs out. */
char *dump_narrow(const char *data, size_t size, size_t *ret_size);

/* dump-mail.c */

/* Decode the parts of a mail in place, with room for one more byte. Return the new size. */
size_t dump_decode_mail(char *text, size_t size);

/* dump-row.c */

/* Return the value of a hexadecimal digit, or -1. */
int dump_hex_digit(char c);

/* Read bytes separated by blanks, up to the given number. Return the number of bytes. */
size_t dump_read_bytes(const char **p, uint8_t *bytes, size_t room);

/* Read "1f0: 00 01 ...": 2 or 3 digits, a multiple of 16. Return the number of bytes after it. */
size_t dump_read_row(const char *line, size_t *ret_offset, uint8_t bytes[DUMP_LINE_BYTES],
		     const char **ret_rest);

/* dump-early.c */

/* Return the address in "pci 0000:02:00.0: config space:", or NULL. Rows follow this line. */
const char *dump_skip_early(const char *line);

/* The same as dump_read_row(), with an offset of eight digits. */
size_t dump_read_early_row(const char *line, size_t *ret_offset, uint8_t bytes[DUMP_LINE_BYTES],
			   const char **ret_rest);

/* dump-prefix.c */

/* Take the prefix of the first row of config space, if @line is one and none is known. */
void prefix_learn(struct prefix *prefix, const char *line);

/* Return the text after a prefix like the learned one, or NULL. */
const char *prefix_skip(const struct prefix *prefix, const char *line);

/* Does the first row of a config space follow a prefix, learned or not? */
bool prefix_is_other(const char *line);

/* dump-text.c */

/* Is there config space in the text, readable or not? Return 1, 0 or -ENOMEM. */
int dump_text_probe(struct pcireset_ctx *ctx, const char *data, size_t size);
int dump_text_read(struct dump *dump, const char *data, size_t size);
void dump_clear(struct dump *dump);

static inline bool function_is_listed_only(const struct function *f)
{
	return !f->config.len;
}

/* remover.c */

/* Return a descriptor of the removing process, or a negative errno. */
int remover_start(void);

/*
 * Create a directory of a new name in @place, and return its path. When @fd is closed, by
 * the caller or by the end of this process, the removing process removes the directory.
 */
int remover_mkdir(int fd, const char *place, char *path, size_t size);

/* Close @fd. The caller has already removed the directory. */
void remover_stop(int fd);

/* replay.c */
bool replay_split_number(struct pcireset_ctx *ctx, const char *name, char path[PATH_MAX]);
int replay_unpack(struct pcireset_ctx *ctx);
void replay_remove(struct pcireset_ctx *ctx);

#endif /* LIBPCIRESET_SNAPSHOT_H */
