/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The objects of the library, their errors and paths, and facts about reset types and
 * config space.
 */
#ifndef LIBPCIRESET_CORE_H
#define LIBPCIRESET_CORE_H

#include <errno.h>
#include <linux/pci_regs.h>
#include "util/util.h"
#include "table/limits.h"

#define NR_TYPES PCIRESET_NR_TYPES

/* The effect of a rule on reset types. */
enum rule_effect {
	RULE_DENIES,
	RULE_DELAYS,
	NR_EFFECTS
};

#define RECORDED_PREPARE "pcireset/reset_prepare" /* of a function, in a recording: 0 or 1 */
#define RECORDED_DOUBT   "pcireset/unknown-users" /* in a recording: reason for unknown users */
#define RECORDED_DISKS   "pcireset/unknown-disks" /* the same, if only disks can be in use */
#define RECORDED_MARK    "pcireset/recorded"      /* the files of the machine that were looked at */

#define LINK_BROKEN (-ENOLINK) /* a link leads nowhere; see ctx_realpath() */

/* Files of a function from a dump: the reason why a fact is unknown. */
#define DUMP_NO_BRIDGE "unknown_bridge"
#define DUMP_BELOW     "unknown_below"
#define DUMP_VFS       "unknown_vfs"

#define DUMP_REASON_MAX 192

#define ALL_CHECKS PCIRESET_ALL_CHECKS
#define ALL_USES                                                                           \
	(PCIRESET_USE_DRIVER | PCIRESET_USE_VFIO | PCIRESET_USE_MOUNT | PCIRESET_USE_NET | \
	 PCIRESET_USE_SWAP | PCIRESET_USE_CONSOLE | PCIRESET_USE_OPEN | PCIRESET_USE_UNKNOWN)
#define MODULE_USES PCIRESET_ALL_FORCE

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
	size_t target; /* index of the target, or more than there are members */
};

/* One type of one function, from the back end. */
struct type_state {
	uint32_t why_not;
	uint32_t scope;
	uint32_t flags;
	struct pcireset_addr who;
	char *detail;             /* text for why_not, or NULL for the general text */
	struct member_list *list; /* NULL: no members */
	struct view view;
};

/* One use of one function. */
struct user {
	struct pcireset_addr addr;
	size_t number; /* in the order in which they were found */
	uint32_t use;
	char *name;
	char *detail;
};

/* The entries of a name, such as the functions behind a device node. */
struct index_entry {
	char *name, *text;
	struct pcireset_dev *dev; /* or NULL */
	size_t number;            /* in the order in which they were added */
	unsigned long last_pid;   /* the last of the processes that were added for the entry */
	unsigned int nr_holders;  /* number of these processes */
};

struct name_index {
	struct index_entry *v; /* sorted by name once the index is ready */
	size_t nr;
	bool is_ready;
};

struct users {
	struct name_index index; /* only while the users are read */
	struct user *v;          /* sorted by address after reading */
	size_t nr;
	bool is_read;
	uint64_t read_ns;
	char doubt[160];      /* reason for possible unknown users, or "" */
	char disk_doubt[160]; /* the same, if only disks can be in use */
};

/* Facts from the function's directory. On the running machine, they are read on demand. */
struct dev_facts {
	bool knows_identity, knows_driver, knows_physfn; /* already read */
	bool knows_subsystem;
	int subsystem_error; /* 0, or negative errno of reading the subsystem IDs */
	uint32_t vendor, device, class, subsystem[2];
	char driver[NAME_MAX + 1]; /* "" if none */
	bool is_vf;
	struct pcireset_addr physfn;
};

struct vfio_fds;

struct pcireset_dev {
	unsigned int refs;          /* of callers; each also holds a reference to the context */
	bool listed;                /* in the context's list, which holds a reference */
	bool is_gone;               /* set by the last pcireset_ctx_query() */
	uint32_t ruled[NR_EFFECTS]; /* types, by rules about the function itself; see rules_learn() */
	bool is_dead;               /* its config space reads as all-ones */
	uint64_t looked_ns;         /* time of that check, 0 for never */
	size_t index, path_index;   /* in devs and in by_path of the context */
	struct pcireset_ctx *ctx;
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	char *path;              /* real path in sysfs, with the sysroot */
	struct dev_facts *facts; /* access with dev_identity(), dev_driver() and dev_is_vf() only */
	char *slot;
	char *slot_driver; /* NULL: the slot is only a name */
	bool has_parent, is_hotplug_port;
	struct pcireset_dev *first_vf, *next_vf; /* see dev_find_members() */
	struct pcireset_addr parent;
	struct pcireset_dev *first_dead; /* below it in a dump; see dead_beside() */
	struct member_list *below; /* members of a reset of its link, while shares_lists is set */
	uint32_t types;
	struct type_state state[NR_TYPES];
	bool knows_awareness; /* from the module or a recording: is_unaware is valid */
	bool is_unaware;      /* the driver has no reset_prepare */
	char *unaware_name;
	const struct backend *backend; /* of this function only, or NULL for the context's */
	struct vfio_fds *vfio;         /* the caller's descriptors, or NULL */
	char text[256];
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
	uint32_t judged_uses;     /* uses that it judges itself, or that are the caller's own */
	bool knows_drivers;       /* it reports the drivers of members, and their reset_prepare */
	bool guesses_drivers;     /* neither it nor the kernel reports reset_prepare */
	bool finds_dead;          /* the library has to look for members that do not answer */
	bool has_longest_time;    /* info.out_max_timeout_ms of the context limits all times */
	bool knows_flags;         /* info.out_reset_flags of the context has its abilities */
	bool writes_kernel_files; /* it resets by files that do not keep other processes away */
	bool serves_one;          /* facts and resets are by descriptors for one function */
	int (*query)(struct pcireset_dev *dev, const struct pcireset_dev *sibling);
	int (*resolve)(struct pcireset_plan *plan);
	int (*run)(struct pcireset_plan *plan, struct pcireset_report *report);
	int (*run_many)(struct pcireset_batch *batch);
	uint64_t (*expect)(struct pcireset_plan *plan);
	/* Without it, the library resets the bus itself. -ENOTTY: the same. */
	int (*reset_empty_bus)(struct pcireset_ctx *ctx, const struct pcireset_addr *bridge);
};

/* A set of functions, sorted by path. */
struct dev_list {
	struct pcireset_dev **v;
	size_t nr, room;
};

struct pcireset_ctx {
	unsigned int refs;
	char *sysroot;      /* "" for "/" */
	char *file;         /* archive or dump to unpack, or NULL */
	bool is_dump;       /* the file is a dump of config space */
	bool is_unpacked;   /* the context owns the sysroot directory */
	int remover;        /* removes that directory; see remover.h */
	size_t dump_number; /* number of the dump in the file, 0 if not given */
	bool is_recording;  /* the sysroot omits what does not belong to functions */
	char *recorded;     /* the mark of a recording: a line for each file, or NULL */
	char **notes;       /* problems with the file as text */
	size_t nr_notes;
	const struct backend *backend;
	int module_error; /* reason why the module is not used; -ENOENT also if not wanted */
	int fd;           /* /dev/pcireset */
	struct pcireset_info info;
	struct pcireset_stats stats[NR_TYPES]; /* size is 0 before they are read */
	struct pcireset_dev **devs;            /* sorted by address */
	struct pcireset_dev **by_path;         /* functions below a path are adjacent */
	size_t nr_devs;
	bool knows_vfs;    /* first_vf of all functions is valid */
	bool shares_lists; /* all functions are being queried: lists are shared in a port */
	enum {
		METHODS_UNKNOWN,
		METHODS_NONE,
		METHODS_SOME
	} has_methods;         /* reset_method files */
	bool knows_first_dead; /* first_dead of all functions is valid */
	bool knows_broken_links;
	struct dev_list broken_links; /* their links must not be reset; see known_broken_learn() */
	struct dev_list dead;         /* functions that do not answer */
	struct rules *rules;          /* the administrator's, of the last scan, or NULL */
	struct users users;           /* without processes that have a node open */
	struct users holders;
	int failure; /* first failure that no call returned; see ctx_fail() */
	char errmsg[1024];
};

/* error.c */
int ctx_error(struct pcireset_ctx *ctx, int error, const char *fmt, ...) PRINTF(3, 4);
int ctx_fail(struct pcireset_ctx *ctx, int error, const char *what);
int ctx_begin(struct pcireset_ctx *ctx);
int ctx_end(struct pcireset_ctx *ctx, int before, int error);
void ctx_note(struct pcireset_ctx *ctx, const char *fmt, ...) PRINTF(2, 3);
void ctx_drop_notes(struct pcireset_ctx *ctx, const char *prefix);
void ctx_forget_notes(struct pcireset_ctx *ctx);

/* recording.c */
int recording_learn(struct pcireset_ctx *ctx);

/* path.c */
int ctx_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...) PRINTF(3, 4);
int ctx_realpath(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *fmt, ...)
	PRINTF(3, 4);
int ctx_look(const struct pcireset_ctx *ctx, const char *file, char path[PATH_MAX]);
bool ctx_lacks(const struct pcireset_ctx *ctx, const char *file);
int ctx_dev_path(const struct pcireset_ctx *ctx, char buf[PATH_MAX], const char *name);
typedef int (*name_fn)(void *data, const char *dirname, const char *name);
int ctx_foreach_name(struct pcireset_ctx *ctx, const char *dirname, name_fn fn, void *data);
int node_in_sysfs(struct pcireset_ctx *ctx, const char *node, char path[PATH_MAX]);
int node_number_in_sysfs(struct pcireset_ctx *ctx, const char *file, char path[PATH_MAX]);

/* find.c */
size_t ctx_first_from(const struct pcireset_ctx *ctx, const struct pcireset_addr *addr);

/* permission.c */
bool ctx_resets_by_sysfs(const struct pcireset_ctx *ctx);
bool ctx_can_reset(const struct pcireset_ctx *ctx);

/* speed.c */
uint32_t link_speed_of(uint32_t code);
uint32_t link_code_of(uint32_t mts);

/* types.c */
int type_index(uint32_t type);

/* config.c */
int config_read(const struct pcireset_dev *dev, struct config *config);
int config_read_start(const struct pcireset_dev *dev, struct config *config, size_t size);
int config_read_fd(int fd, struct config *config);
int config_read_header_fd(int fd, struct config *config);
uint32_t config_get16(const struct config *c, size_t at);
uint32_t config_get32(const struct config *c, size_t at);
size_t config_find(const struct config *c, uint8_t id);
bool config_has_all_capabilities(const struct config *c);
uint32_t config_header_type(const struct config *c);
int config_express_type(const struct config *c);
bool config_is_dead(const struct config *c);
void config_explain_cut(const struct config *c, const char *name, char reason[DUMP_REASON_MAX]);
size_t config_find_extended(const struct config *c, uint32_t id, unsigned int nth);
size_t config_find_dvsec(const struct config *c, uint32_t vendor, uint32_t id);
int config_difference(const struct config *was, const struct config *now);
bool config_is_same_device(const struct config *was, const struct config *now);
bool config_link_holds(const struct config *was, const struct config *now);

#endif /* LIBPCIRESET_CORE_H */
