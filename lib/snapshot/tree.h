/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A tree of files in memory, for reading or writing an archive. */
#ifndef LIBPCIRESET_TREE_H
#define LIBPCIRESET_TREE_H

#include <stdbool.h>
#include <stddef.h>

struct pcireset_ctx;

/* The letters are those of tar. */
enum tree_kind {
	TREE_FILE	= '0',
	TREE_LINK	= '2',	/* symbolic link; the data is the target */
	TREE_DIR	= '5',
};

/* A machine needs much less. Larger trees contain other data. */
#define TREE_MAX_BYTES   (256u << 20)
#define TREE_MAX_ENTRIES (1u << 20)
#define TREE_MAX_PATH    1024

struct entry {
	char *path;		/* relative, inside the tree */
	enum tree_kind kind;
	char *data;		/* size bytes and a terminating zero */
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
int archive_decompress(struct pcireset_ctx *ctx, const char *data, size_t size, char **ret_data,
		       size_t *ret_size);

/* archive-write.c; there is no message for the errno */
int archive_pack(const struct tree *tree, int fd);

/* dump.c: config space in hexadecimal, in the format of lspci -x */
int dump_read(struct pcireset_ctx *ctx, const char *data, size_t size, struct tree *tree);

#endif /* LIBPCIRESET_TREE_H */
