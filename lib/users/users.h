/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Users of functions: mounts, swap, interfaces that are up, VFIO, consoles, open device nodes. */
#ifndef LIBPCIRESET_USERS_H
#define LIBPCIRESET_USERS_H

#include "dev/dev.h"

#define BASE_CLASS_DISPLAY 0x03
#define BASE_CLASS_NETWORK 0x02
#define BASE_CLASS_STORAGE 0x01
#define BASE_CLASS_SERIAL  0x0c
#define CLASS_SDHCI        0x0805

/* users.c */
int users_know(const struct pcireset_dev *dev);
int users_know_all(struct pcireset_ctx *ctx);
const char *users_doubt(const struct pcireset_dev *dev);
void users_refresh(struct pcireset_ctx *ctx);
void users_forget(struct pcireset_ctx *ctx);

/* block.c */
#define LOOP_FILE "loop/backing_file"
typedef void (*block_fn)(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data);
void block_foreach_function(struct pcireset_ctx *ctx, const char *path, block_fn fn, void *data);
void block_foreach_link(struct pcireset_ctx *ctx, const char *dirname, block_fn fn, void *data);

/* copy.c */
void users_expect(struct pcireset_ctx *ctx, const char *file);
void users_lost_descriptors(struct pcireset_ctx *ctx, const char *fds);
int users_expect_processes(struct pcireset_ctx *ctx);
int users_lost_device(struct pcireset_ctx *ctx, const char *dirname, const char *name);
void users_lost_part(struct pcireset_ctx *ctx, const char *link);
int users_check_copy(struct pcireset_ctx *ctx);

/* index.c */
void index_clear(struct name_index *index);
int index_add(struct name_index *index, char *name, char *text, struct pcireset_dev *dev);
void index_sort(struct name_index *index);
struct index_entry *index_find(struct name_index *index, const char *name, size_t i);

/* list.c */
void users_clear(struct users *users);
void users_note_doubt(struct users *users, const char *fmt, ...) PRINTF(2, 3);
void users_note_disk_doubt(struct users *users, const char *fmt, ...) PRINTF(2, 3);
int users_cannot_read(struct pcireset_ctx *ctx, struct users *users, int error, const char *file);
int users_cannot_find(struct pcireset_ctx *ctx, int error, const char *file);
bool users_is_shortage(int error);
int users_add(struct users *users, const struct pcireset_addr *addr, uint32_t use, char *name,
	      char *detail);
int users_sort(struct users *users);
size_t users_place_of(const struct users *users, const struct pcireset_dev *dev, int order);

/* machine.c */
int users_check_proc(struct pcireset_ctx *ctx, struct users *users);
int users_hides_interface(const struct pcireset_dev *dev);
int users_read_hidden_interfaces(struct pcireset_ctx *ctx);
char *users_mount_separator(char *line);
int users_read_machine(struct pcireset_ctx *ctx);

/* processes.c */
bool users_on_vfio(const struct pcireset_dev *dev);
int users_read_processes(struct pcireset_ctx *ctx);

#endif /* LIBPCIRESET_USERS_H */
