/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of libpcireset share and do not show. */
#ifndef LIBPCIRESET_PRIVATE_H
#define LIBPCIRESET_PRIVATE_H

#include <dirent.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include "libpcireset.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

#define NR_TYPES 7
#define ATTR_MAX 4096
#define RECORDED_PREPARE "pcireset/reset_prepare" /* of a function, in a recording: 0 or 1 */
#define RECORDED_DOUBT	 "pcireset/unknown-users" /* in a recording: why not all users are known */
#define ALL_CHECKS (PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK | \
		    PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF)
#define ALL_USES (PCIRESET_USE_DRIVER | PCIRESET_USE_VFIO | PCIRESET_USE_MOUNT | \
		  PCIRESET_USE_NET | PCIRESET_USE_SWAP | PCIRESET_USE_CONSOLE | \
		  PCIRESET_USE_OPEN | PCIRESET_USE_UNKNOWN)
#define MODULE_USES (PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)

/* Config space as far as it may be read: 64 bytes, 256 or 4096. */
struct config {
	uint8_t b[PCI_CFG_SPACE_EXP_SIZE];
	size_t len;
};

/* A list of members that grows. */
struct members {
	struct pcireset_member *v;
	size_t nr;
};

/* Members as another function of the same reset sees them: which one was asked for differs. */
struct view {
	struct pcireset_member v[2];
	size_t at[2];
	size_t nr;
};

/* Members that several functions of a bus share. */
struct member_list {
	unsigned int refs;
	struct members members;
};

/* One type of one function, as the back end told it. */
struct type_state {
	uint32_t why_not;
	uint32_t scope;
	uint32_t flags;
	struct pcireset_addr who;
	char *detail;			/* what is said of why_not, or NULL for the usual words */
	struct member_list *list;	/* or NULL: no members */
	struct view view;
};

/* One use of one function. */
struct user {
	struct pcireset_addr addr;
	size_t number;		/* in the order in which they were found */
	uint32_t use;
	char *name;
	char *detail;
};

struct users {
	struct user *v;		/* by address, once all are read */
	size_t nr;
	bool is_read;
	uint64_t read_ns;
	char doubt[160];	/* what could not be read, so that there may be more; or "" */
};

/* What a function's directory says. In the running machine it is read once somebody asks. */
struct dev_facts {
	bool knows_identity, knows_driver, knows_physfn;	/* what has been read */
	uint32_t vendor, device, class;
	char driver[NAME_MAX + 1];	/* "": none */
	bool is_vf;
	struct pcireset_addr physfn;
};

struct vfio_fds;

struct pcireset_dev {
	unsigned int refs;	/* of callers; each holds one of the context's, too */
	bool listed;		/* in the context's list, which keeps it alive */
	bool is_gone;		/* the last pcireset_ctx_query() found out */
	bool is_dead;		/* its config space reads as all ones */
	uint64_t looked_ns;	/* when that was found out, 0 for never */
	size_t index;
	struct pcireset_ctx *ctx;
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	char *path;		/* real path in sysfs, with the sysroot */
	struct dev_facts *facts;	/* by dev_identity(), dev_driver() and dev_is_vf() only */
	char *slot;
	char *slot_driver;	/* or NULL: the slot is only a name */
	bool has_parent, has_vfs, is_hotplug_port;
	struct pcireset_addr parent;
	uint32_t types;
	struct type_state state[NR_TYPES];
	bool knows_awareness;	/* the module, or a recording, says whether the driver has reset_prepare */
	bool is_unaware;	/* and that it has none */
	char *unaware_name;
	struct vfio_fds *vfio;	/* the caller's descriptors, or NULL */
	char text[256];
};

struct pcireset_plan {
	unsigned int refs;
	struct pcireset_dev *dev;
	uint32_t types, max_scope, checks, force, timeout_ms, settle_ms, flags;
	bool is_resolved;
	int fd;			/* the function as the module knew it at resolve time */
	int error;
	uint32_t type, type_flags, scope, why, in_way;
	struct pcireset_addr who;
	uint64_t generation;
	const struct backend *backend;	/* that has resolved it */
	struct members members;
	char *message;
	char **unknown;		/* what could refuse it and is not known, NULL at the end; or NULL */
	uint64_t expected_ns;	/* 0 before it was asked for */
	struct pcireset_plan *shared;	/* what is run in its place, also for others, or NULL */
	struct view view;	/* of the members of that */
	char *choice;		/* why that, in words */
	size_t run;		/* of the batch that runs it now, if it is shared */
};

struct pcireset_report {
	unsigned int refs;
	struct pcireset_report *shared;	/* whose members these are, or NULL */
	struct view view;
	enum pcireset_result result;
	int error;
	uint32_t type, type_flags, issued, scope, why, failed, proof;
	struct pcireset_addr who;
	uint64_t wait_ns, total_ns;
	struct members members;
	char *message;
};

struct batch_item {
	struct pcireset_plan *plan;
	struct pcireset_report *report;
	size_t run;
};

/* One reset of a batch, for one of its items or for several. */
struct batch_run {
	struct pcireset_plan *plan;
	struct pcireset_report *report;
};

struct pcireset_batch {
	unsigned int refs;
	struct pcireset_ctx *ctx;
	struct batch_item *v;
	size_t nr, room;
	struct batch_run *runs;	/* once it is run */
	size_t nr_runs;
	bool has_run;
	struct pcireset_reset_entry *entries;	/* one for each run, while and after that, or NULL */
};

/*
 * A back end answers for one function. query() fills dev->types and dev->state; it may
 * take what is the same for both from a sibling that has just been asked, or NULL.
 * resolve() fills type, scope, members, why, who and generation of the plan and
 * returns what running it would. run() fills the report. run_many(), which may
 * be missing, fills those of a batch's runs and their errors, or fails with nothing done.
 * expect(), which may be missing too, knows more of how long a plan takes than config space.
 */
struct backend {
	enum pcireset_backend id;
	int (*query)(struct pcireset_dev *dev, const struct pcireset_dev *sibling);
	int (*resolve)(struct pcireset_plan *plan);
	int (*run)(struct pcireset_plan *plan, struct pcireset_report *report);
	int (*run_many)(struct pcireset_batch *batch);
	uint64_t (*expect)(struct pcireset_plan *plan);
};

/* What a reset by the kernel's files changes for a while: the journal's entry. */
struct narrowing {
	char word[32];		/* what is written to reset_method */
	char was[ATTR_MAX];	/* what it read before */
	uint64_t inode;		/* of the function's directory */
	unsigned int msix;	/* where the mask is that serves as proof, or 0 */
};

/* The lock on a function for such a reset, and the file that is both. */
struct journal {
	int dir, fd;
	char name[PCIRESET_ADDR_STR_MAX];
	bool is_clean;		/* nothing is to be put back */
};

/* Some functions, by path. */
struct dev_list {
	struct pcireset_dev **v;
	size_t nr, room;
};

struct pcireset_ctx {
	unsigned int refs;
	char *sysroot;		/* "" for "/" */
	char *file;		/* what the sysroot is to be made from, or NULL */
	bool is_dump;		/* and that is config space alone */
	bool is_unpacked;	/* the sysroot is a directory of the context's own */
	int remover;		/* removes it however the process ends; see remover.h */
	size_t dump_number;	/* which one in the file, 0 if that was not said */
	char **notes;		/* what of the file is not known, in words */
	size_t nr_notes;
	const struct backend *backend;
	int module_error;	/* why the module is not the back end; -ENOENT also if not wanted */
	int fd;			/* /dev/pcireset */
	struct pcireset_info info;
	struct pcireset_stats stats[NR_TYPES];	/* of size 0 before they were read */
	struct pcireset_dev **devs;	/* by address */
	struct pcireset_dev **by_path;	/* what is below a path is in one piece */
	size_t nr_devs;
	bool knows_vfs;		/* has_vfs of all is as it should be */
	bool knows_broken_links;
	struct dev_list broken_links; /* functions whose link must not be reset; see known_broken_learn() */
	struct dev_list dead;	/* functions that have been found to be dead */
	struct users users;	/* but for processes that have a node open: */
	struct users holders;
	int failure;		/* of what cannot return an error: the first since somebody looked */
	char errmsg[1024];
};

extern const struct backend backend_module, backend_sysfs, backend_vfio;

/* ctx.c */
int ctx_error(struct pcireset_ctx *ctx, int error, const char *fmt, ...) PRINTF(3, 4);
int ctx_fail(struct pcireset_ctx *ctx, int error, const char *what);
int ctx_begin(struct pcireset_ctx *ctx);
int ctx_end(struct pcireset_ctx *ctx, int before, int error);
bool is_absent(int error);
struct dirent *dir_next(DIR *dir);
int ctx_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...) PRINTF(3, 4);
int ctx_realpath(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...)
	PRINTF(3, 4);
int ctx_dev_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *name);
typedef int (*name_fn)(void *data, const char *dirname, const char *name);
int ctx_foreach_name(struct pcireset_ctx *ctx, const char *dirname, name_fn fn, void *data);
int read_file_at(int dir, const char *path, char *buf, size_t size);
int read_file(const char *path, char *buf, size_t size);
int read_link_name_at(int dir, const char *path, char *buf, size_t size);
int read_link_name(const char *path, char *buf, size_t size);

void ctx_learn_vfs(struct pcireset_ctx *ctx);

bool ctx_resets_by_sysfs(const struct pcireset_ctx *ctx);
bool ctx_can_reset(const struct pcireset_ctx *ctx);

/* Files of a function from a dump: why something of it is not known. */
#define DUMP_NO_BRIDGE "unknown_bridge"
#define DUMP_BELOW     "unknown_below"
#define DUMP_VFS       "unknown_vfs"

/* replay.c */
bool replay_split_number(struct pcireset_ctx *ctx, const char *name, char path[PATH_MAX]);
int replay_unpack(struct pcireset_ctx *ctx);
void replay_remove(struct pcireset_ctx *ctx);
void ctx_note(struct pcireset_ctx *ctx, const char *fmt, ...) PRINTF(2, 3);

/* module: open and close the device */
int module_open(struct pcireset_ctx *ctx);

/* dev.c */
int dev_new(struct pcireset_ctx *ctx, const struct pcireset_addr *addr,
	    struct pcireset_dev **ret_dev);
void dev_free(struct pcireset_dev *dev);
const struct dev_facts *dev_identity(const struct pcireset_dev *dev);
const char *dev_driver(const struct pcireset_dev *dev);
void dev_forget_driver(const struct pcireset_dev *dev);
bool dev_is_vf(const struct pcireset_dev *dev);
void dev_forget_types(struct pcireset_dev *dev);
void dev_refuse(struct pcireset_dev *dev, uint32_t type, uint32_t why,
		const struct pcireset_addr *who);
void dev_note_config(struct pcireset_dev *dev, const struct config *config);
void dev_review(struct pcireset_dev *dev);
const struct backend *dev_backend(const struct pcireset_dev *dev);
int dev_query(struct pcireset_dev *dev, const struct pcireset_dev *sibling);
int dev_attr(const struct pcireset_dev *dev, const char *attr, char *buf, size_t size);
struct pcireset_dev *dev_upstream(const struct pcireset_dev *dev);
bool driver_is_idle(const struct pcireset_dev *dev);
const char *dev_wider_text(struct pcireset_dev *dev, uint32_t type);
bool dev_is_below(const struct pcireset_dev *dev, const struct pcireset_dev *above);
void dev_note_driver(struct pcireset_ctx *ctx, const struct pcireset_member *member);

/* avoid.c */
size_t first_below(struct pcireset_dev *const *v, size_t nr, const struct pcireset_dev *above);
int dev_list_add(struct dev_list *list, struct pcireset_dev *dev);
void dev_list_remove(struct dev_list *list, const struct pcireset_dev *dev);
void dev_list_clear(struct dev_list *list);
struct pcireset_dev *dev_list_hit(const struct dev_list *list, const struct pcireset_dev *dev);

/* names.c */
bool addr_parse(const char *str, size_t len, struct pcireset_addr *ret_addr);
bool addr_in_path(const char *path, struct pcireset_addr *ret_addr);
int addr_cmp(const struct pcireset_addr *a, const struct pcireset_addr *b);

static inline bool addr_is(const struct pcireset_addr *a, const struct pcireset_addr *b)
{
	return a->devfn == b->devfn && a->bus == b->bus && a->domain == b->domain;
}

int node_in_sysfs(struct pcireset_ctx *ctx, const char *node, char path[PATH_MAX]);
int node_number_in_sysfs(struct pcireset_ctx *ctx, const char *file, char path[PATH_MAX]);

/* types.c */
int type_index(uint32_t type);

/* config.c */
int config_read(const struct pcireset_dev *dev, struct config *config);
int config_read_fd(int fd, struct config *config);
int config_read_header_fd(int fd, struct config *config);
uint32_t config_get16(const struct config *c, size_t at);
uint32_t config_get32(const struct config *c, size_t at);
size_t config_find(const struct config *c, uint8_t id);
bool config_has_all_capabilities(const struct config *c);
uint32_t config_header_type(const struct config *c);
int config_express_type(const struct config *c);
bool config_is_dead(const struct config *c);
size_t config_find_extended(const struct config *c, uint32_t id, unsigned int nth);
size_t config_find_dvsec(const struct config *c, uint32_t vendor, uint32_t id);
int config_difference(const struct config *was, const struct config *now);
bool config_is_same_device(const struct config *was, const struct config *now);
bool config_link_holds(const struct config *was, const struct config *now);

/* journal.c */
int journal_open(struct pcireset_dev *dev, struct journal *journal, char **ret_message);
int journal_write(struct journal *journal, const struct pcireset_dev *dev,
		  const struct narrowing *narrowing);
void journal_clear(struct journal *journal);
void journal_close(struct journal *journal);

/* sysfs-reset.c */
int sysfs_reset(struct pcireset_plan *plan, struct pcireset_report *report);
void pause_ns(uint64_t ns);
void signals_hold(sigset_t *old);
bool signals_are_waiting(void);
void signals_let_go(const sigset_t *old);

/* members */
int members_add(struct members *list, const struct pcireset_member *member);
int members_copy(struct members *list, const struct members *from);
void members_clear(struct members *list);
void members_retarget(struct members *list, const struct pcireset_addr *target);
bool view_make(struct view *view, const struct members *list, const struct pcireset_addr *target);
struct member_list *list_new(void);
struct member_list *list_ref(struct member_list *list);
struct member_list *list_unref(struct member_list *list);
const struct pcireset_member *view_get(const struct view *view, const struct members *list,
				       size_t i);
int dev_find_members(struct pcireset_dev *target, uint32_t type, struct members *members);
int dev_list_members(struct pcireset_dev *target, uint32_t type, struct type_state *state);

/* users.c */
int users_know(const struct pcireset_dev *dev);
int users_know_all(struct pcireset_ctx *ctx);
const char *users_doubt(const struct pcireset_dev *dev);
void users_refresh(struct pcireset_ctx *ctx);
void users_forget(struct pcireset_ctx *ctx);
uint64_t now_ns(void);
typedef void (*block_fn)(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, void *data);
void block_foreach_function(struct pcireset_ctx *ctx, const char *path, block_fn fn, void *data);

/* plan.c */
char *format(const char *fmt, ...) PRINTF(1, 2);
void plan_explain(struct pcireset_plan *plan);
void plan_unresolve(struct pcireset_plan *plan);
int plan_check_runnable(const struct pcireset_plan *plan);
const struct backend *plan_backend(const struct pcireset_plan *plan);
const struct pcireset_plan *plan_effective(const struct pcireset_plan *plan);
bool plan_is_same_request(const struct pcireset_plan *a, const struct pcireset_plan *b);
bool plan_is_same_link(const struct pcireset_plan *a, const struct pcireset_plan *b);
int plan_new_like(const struct pcireset_plan *like, uint32_t types,
		  struct pcireset_plan **ret_plan);
int plan_share(struct pcireset_plan *plan);
int plan_join(struct pcireset_plan *plan, struct pcireset_plan *shared, const char *choice);
void plan_done(struct pcireset_plan *plan);
int plan_run(struct pcireset_plan *plan, struct pcireset_report *report);

/* expect.c */
uint64_t expect_ns(const struct pcireset_plan *plan);

/* report.c */
struct pcireset_report *report_new(void);
void report_share(struct pcireset_report *report, struct pcireset_report *of,
		  const struct pcireset_plan *plan);
void report_explain(struct pcireset_report *report, const struct pcireset_plan *plan);
int report_judge(struct pcireset_report *report, uint32_t checks);

static inline void free_charp(char **p)
{
	free(*p);
}
#define _cleanup_free_ __attribute__((cleanup(free_charp)))

#endif /* LIBPCIRESET_PRIVATE_H */
