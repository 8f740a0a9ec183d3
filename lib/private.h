/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Internal interface between the files of libpcireset. */
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

/* What a rule does to types of reset. */
enum rule_effect {
	RULE_DENIES,
	RULE_DELAYS,
	NR_EFFECTS
};

#define ATTR_MAX 4096
#define RECORDED_PREPARE "pcireset/reset_prepare" /* of a function, in a recording: 0 or 1 */
#define RECORDED_DOUBT	 "pcireset/unknown-users" /* in a recording: reason for unknown users */
#define ALL_CHECKS (PCIRESET_CHECK_READY | PCIRESET_CHECK_IDENTITY | PCIRESET_CHECK_LINK | \
		    PCIRESET_CHECK_CONFIG | PCIRESET_CHECK_PROOF)
#define ALL_USES (PCIRESET_USE_DRIVER | PCIRESET_USE_VFIO | PCIRESET_USE_MOUNT | \
		  PCIRESET_USE_NET | PCIRESET_USE_SWAP | PCIRESET_USE_CONSOLE | \
		  PCIRESET_USE_OPEN | PCIRESET_USE_UNKNOWN)
#define MODULE_USES (PCIRESET_FORCE_DRIVER | PCIRESET_FORCE_VFIO)

/* The readable part of config space: 64, 256 or 4096 bytes. */
struct config {
	uint8_t b[PCI_CFG_SPACE_EXP_SIZE];
	size_t len;
};

/* A list of members that grows. */
struct members {
	struct pcireset_member *v;
	size_t nr;
};

/* Differences of a shared member list for another target of the same reset. */
struct view {
	struct pcireset_member v[2];
	size_t at[2];
	size_t nr;
};

/* Members that several functions of a bus share. */
struct member_list {
	unsigned int refs;
	struct members members;
	size_t target;		/* index of the target, or more than there are members */
};

/* One type of one function, from the back end. */
struct type_state {
	uint32_t why_not;
	uint32_t scope;
	uint32_t flags;
	struct pcireset_addr who;
	char *detail;			/* text for why_not, or NULL for the general text */
	struct member_list *list;	/* NULL: no members */
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
	struct user *v;		/* sorted by address after reading */
	size_t nr;
	bool is_read;
	uint64_t read_ns;
	char doubt[160];	/* reason for possible unknown users, or "" */
};

/* Facts from the function's directory. On the running machine, they are read on demand. */
struct dev_facts {
	bool knows_identity, knows_driver, knows_physfn;	/* already read */
	bool knows_subsystem;
	int subsystem_error;		/* 0, or negative errno of reading the subsystem IDs */
	uint32_t vendor, device, class, subsystem[2];
	char driver[NAME_MAX + 1];	/* "" if none */
	bool is_vf;
	struct pcireset_addr physfn;
};

struct vfio_fds;

struct pcireset_dev {
	unsigned int refs;	/* of callers; each also holds a reference to the context */
	bool listed;		/* in the context's list, which holds a reference */
	bool is_gone;		/* set by the last pcireset_ctx_query() */
	uint32_t ruled[NR_EFFECTS]; /* types, by rules about the function itself; see rules_learn() */
	bool is_dead;		/* its config space reads as all-ones */
	uint64_t looked_ns;	/* time of that check, 0 for never */
	size_t index, path_index; /* in devs and in by_path of the context */
	struct pcireset_ctx *ctx;
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	char *path;		/* real path in sysfs, with the sysroot */
	struct dev_facts *facts;	/* access with dev_identity(), dev_driver() and dev_is_vf() only */
	char *slot;
	char *slot_driver;	/* NULL: the slot is only a name */
	bool has_parent, is_hotplug_port;
	struct pcireset_dev *first_vf, *next_vf; /* see ctx_learn_vfs() */
	struct pcireset_addr parent;
	struct member_list *below; /* members of a reset of its link, while shares_lists is set */
	uint32_t types;
	struct type_state state[NR_TYPES];
	bool knows_awareness;	/* from the module or a recording: is_unaware is valid */
	bool is_unaware;	/* the driver has no reset_prepare */
	char *unaware_name;
	struct vfio_fds *vfio;	/* the caller's descriptors, or NULL */
	char text[256];
};

struct pcireset_plan {
	unsigned int refs;
	struct pcireset_dev *dev;
	uint32_t types, max_scope, checks, force, timeout_ms, settle_ms, flags;
	uint32_t delay_ms;	/* that a rule asks for after the reset, once it is resolved */
	uint32_t allowed;	/* of the types, once it is resolved: those that no rule denies */
	bool is_resolved;
	int fd;			/* the module's descriptor from resolve time */
	int error;
	uint32_t type, type_flags, scope, why, in_way;
	struct pcireset_addr who;
	uint64_t generation;
	const struct backend *backend;	/* that resolved it */
	struct members members;
	char *message;
	char **unknown;		/* unknown facts that could refuse it, NULL-terminated; or NULL */
	uint64_t expected_ns;	/* 0 before it was computed */
	struct pcireset_plan *shared;	/* the shared reset that runs instead, or NULL */
	struct view view;	/* of the members of the shared reset */
	char *choice;		/* reason for the choice as text */
	size_t run;		/* number in the batch that runs it now, if shared */
};

struct pcireset_report {
	unsigned int refs;
	struct pcireset_report *shared;	/* the report with the members, or NULL */
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

/* One reset of a batch, for one or several of its items. */
struct batch_run {
	struct pcireset_plan *plan;
	struct pcireset_report *report;
};

struct pcireset_batch {
	unsigned int refs;
	struct pcireset_ctx *ctx;
	struct batch_item *v;
	size_t nr, room;
	struct batch_run *runs;	/* set when it runs */
	size_t nr_runs;
	bool has_run;
	struct pcireset_reset_entry *entries;	/* one for each run, from its beginning, or NULL */
};

/*
 * The operations of a back end.
 *
 * query() fills dev->types and dev->state. It may copy common facts from @sibling, which
 * was queried just before, or is NULL. resolve() fills type, scope, members, why, who and
 * generation of the plan, and returns the result that run() would have. run() fills the
 * report. run_many() is optional: it fills the reports and errors of a batch's runs, or
 * fails and touches nothing. expect() is optional, too: it returns a better estimate of
 * the duration than config space provides.
 */
struct backend {
	enum pcireset_backend id;
	int (*query)(struct pcireset_dev *dev, const struct pcireset_dev *sibling);
	int (*resolve)(struct pcireset_plan *plan);
	int (*run)(struct pcireset_plan *plan, struct pcireset_report *report);
	int (*run_many)(struct pcireset_batch *batch);
	uint64_t (*expect)(struct pcireset_plan *plan);
};

/* Settings that a reset through sysfs changes temporarily: an entry of the journal. */
struct narrowing {
	char word[32];		/* written to reset_method */
	char was[ATTR_MAX];	/* former content of reset_method */
	uint64_t inode;		/* of the function's directory */
	unsigned int msix;	/* offset of the mask that serves as proof, or 0 */
};

/* The journal file of a function, which is also the lock for such a reset. */
struct journal {
	int dir, fd;
	char name[PCIRESET_ADDR_STR_MAX];
	bool is_clean;		/* there is nothing to restore */
};

/* A set of functions, sorted by path. */
struct dev_list {
	struct pcireset_dev **v;
	size_t nr, room;
};

struct pcireset_ctx {
	unsigned int refs;
	char *sysroot;		/* "" for "/" */
	char *file;		/* archive or dump to unpack, or NULL */
	bool is_dump;		/* the file is a dump of config space */
	bool is_unpacked;	/* the context owns the sysroot directory */
	int remover;		/* removes that directory; see remover.h */
	size_t dump_number;	/* number of the dump in the file, 0 if not given */
	char **notes;		/* problems with the file as text */
	size_t nr_notes;
	const struct backend *backend;
	int module_error;	/* reason why the module is not used; -ENOENT also if not wanted */
	int fd;			/* /dev/pcireset */
	struct pcireset_info info;
	struct pcireset_stats stats[NR_TYPES];	/* size is 0 before they are read */
	struct pcireset_dev **devs;	/* sorted by address */
	struct pcireset_dev **by_path;	/* functions below a path are adjacent */
	size_t nr_devs;
	bool knows_vfs;		/* first_vf of all functions is valid */
	bool shares_lists;	/* all functions are being queried: lists are shared in a port */
	enum { METHODS_UNKNOWN, METHODS_NONE, METHODS_SOME } has_methods; /* reset_method files */
	bool knows_broken_links;
	struct dev_list broken_links; /* their links must not be reset; see known_broken_learn() */
	struct dev_list dead;	/* functions that do not answer */
	struct rules *rules;	/* the administrator's, of the last scan, or NULL */
	struct users users;	/* without processes that have a node open */
	struct users holders;
	int failure;		/* first failure that no call returned; see ctx_fail() */
	char errmsg[1024];
};

extern const struct backend backend_module, backend_sysfs, backend_vfio;

/* ctx.c */
int ctx_error(struct pcireset_ctx *ctx, int error, const char *fmt, ...) PRINTF(3, 4);
int ctx_fail(struct pcireset_ctx *ctx, int error, const char *what);
int ctx_begin(struct pcireset_ctx *ctx);
int ctx_end(struct pcireset_ctx *ctx, int before, int error);
bool is_absent(int error);
void *array_room(void *v, size_t nr, size_t size);
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
bool ctx_has_reset_methods(struct pcireset_ctx *ctx);
size_t ctx_first_from(const struct pcireset_ctx *ctx, const struct pcireset_addr *addr);

bool ctx_resets_by_sysfs(const struct pcireset_ctx *ctx);
bool ctx_can_reset(const struct pcireset_ctx *ctx);

/* Files of a function from a dump: the reason why a fact is unknown. */
#define DUMP_NO_BRIDGE "unknown_bridge"
#define DUMP_BELOW     "unknown_below"
#define DUMP_VFS       "unknown_vfs"

/* replay.c */
bool replay_split_number(struct pcireset_ctx *ctx, const char *name, char path[PATH_MAX]);
int replay_unpack(struct pcireset_ctx *ctx);
void replay_remove(struct pcireset_ctx *ctx);
void ctx_note(struct pcireset_ctx *ctx, const char *fmt, ...) PRINTF(2, 3);
void ctx_drop_notes(struct pcireset_ctx *ctx, const char *prefix);

/* module: open and close the device */
int module_open(struct pcireset_ctx *ctx);

/* dev.c */
int dev_new(struct pcireset_ctx *ctx, const struct pcireset_addr *addr,
	    struct pcireset_dev **ret_dev);
void dev_free(struct pcireset_dev *dev);
const struct dev_facts *dev_identity(const struct pcireset_dev *dev);
const char *dev_driver(const struct pcireset_dev *dev);
void dev_forget_driver(const struct pcireset_dev *dev);
int dev_subsystem(const struct pcireset_dev *dev, uint32_t *ret_vendor, uint32_t *ret_device);
void dev_forget_subsystem(const struct pcireset_dev *dev);
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

/* rules.c; rules_denial() gives words to be freed, or NULL if no rule denies the type */
int rules_load(struct pcireset_ctx *ctx);
typedef int (*rules_file_fn)(void *data, const char *path, const char *text, size_t size);
int rules_foreach_file(struct pcireset_ctx *ctx, rules_file_fn fn, void *data);
void rules_forget(struct pcireset_ctx *ctx);
void rules_drop(struct pcireset_ctx *ctx, const struct pcireset_dev *dev);
const char *rules_error(const struct pcireset_ctx *ctx);
uint32_t rules_delay_ms(const struct pcireset_plan *plan, uint32_t types);
bool rules_are_given(const struct pcireset_ctx *ctx);
int rules_learn(struct pcireset_ctx *ctx);
int rules_review(struct pcireset_dev *dev);
uint32_t rules_why(const struct pcireset_ctx *ctx);
char *rules_denial(const struct pcireset_dev *dev, uint32_t type,
		   const struct pcireset_dev **ret_who);

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
int users_sort(struct users *users);
int users_know_all(struct pcireset_ctx *ctx);
bool users_on_vfio(const struct pcireset_dev *dev);
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
uint32_t plan_settle_ms(const struct pcireset_plan *plan);
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
