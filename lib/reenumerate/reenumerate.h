/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Re-enumeration: the port above a device, the functions of the device, and the steps. */
#ifndef LIBPCIRESET_REENUMERATE_H
#define LIBPCIRESET_REENUMERATE_H

#include "backend/backend.h"
#include "users/users.h"

#define NR_SIGNS   (PCIRESET_SIGN_FORGOT + 1)
#define NR_REGIONS 7 /* six BARs and the expansion ROM */

/* The device and its place. The device may come back different. */
struct place {
	struct pcireset_addr port, device;
	bool is_whole_bus; /* everything below the port is one device */
};

/* The first file with unknown content, because it cannot be read. */
struct unread {
	int error; /* 0, or a negative errno */
	char path[256];
};

/* ---- port.c: the config space of the port */

/* Some bits of one register. */
struct held {
	unsigned int at, size;
	uint32_t mask, was, wanted;
};

struct port {
	int fd;
	struct config config;     /* as it was when the port was opened */
	unsigned int express;     /* position of the PCI Express capability, or 0 */
	unsigned int slot_status; /* position, or 0 if it is no hotplug slot */
};

int port_open(struct port *port, const char *path);
void port_close(struct port *port);
int port_try_read(const struct port *port, unsigned int at, unsigned int size, uint32_t *ret_value);
uint32_t port_read(const struct port *port, unsigned int at, unsigned int size);
int port_write(const struct port *port, const struct held *held, uint32_t bits);
int port_write_bits(const struct port *port, const struct held *held, uint32_t bits);
bool port_is_point_to_point(const struct port *port);
void port_forget_events(const struct port *port);
int port_link_is_down(const struct port *port);
void port_await_link(const struct port *port, unsigned int timeout_ms);
int port_reset_bus(const struct port *port, unsigned int timeout_ms);
bool port_is_dead(const struct port *port);

/* ---- revive.c: the port after its power resources were switched on */

int port_check_alive(const struct port *port, struct pcireset_ctx *ctx, const char *name);
int port_await_alive(const struct port *port, struct pcireset_ctx *ctx, const char *name,
		     unsigned int limit_ms);
int port_enumerate(struct port *port, struct pcireset_ctx *ctx, const char *name);

/* ---- supply.c: the power below the port */

struct supply {
	struct pcireset_ctx *ctx;
	enum pcireset_power method; /* NONE: the power is not cut */
	char port[PCIRESET_ADDR_STR_MAX];
	char slot[NAME_MAX + 1]; /* or "" */
	char allowed[8];         /* d3cold_allowed of the port, or "" */
};

int supply_off(const struct supply *supply);
int supply_on(const struct supply *supply);
int supply_is_off(const struct supply *supply);

/* ---- witness.c: a register that shows whether a function has lost its power */

#define MAX_WITNESSES 8

struct witness {
	char name[PCIRESET_ADDR_STR_MAX];
	uint8_t was, value; /* Cache Line Size before and during a power cycle; 0: no witness */
};

struct witnesses {
	struct witness v[MAX_WITNESSES];
	size_t nr;
};

struct subtree_function;

bool witness_choose(struct pcireset_ctx *ctx, const struct subtree_function *f,
		    struct witness *ret_witness);
void witness_call(struct pcireset_ctx *ctx, struct witness *witness);
int witness_ask(struct pcireset_ctx *ctx, const struct witness *witness);

/* ---- guard.c: the port reports no error and no hotplug event for a while */

struct guard;

int guard_open(struct pcireset_ctx *ctx, const struct pcireset_addr *addr, struct unread *unread,
	       struct guard **ret_guard);
const struct port *guard_port(const struct guard *guard);
void guard_set_supply(struct guard *guard, const struct supply *supply);
void guard_set_witnesses(struct guard *guard, const struct witnesses *witnesses);
void guard_keep_note(struct guard *guard);
bool guard_keeps_note(const struct guard *guard);
int guard_begin(struct guard *guard);
void guard_end(struct guard *guard);
int guard_note_training(struct guard *guard, const struct held *bits, size_t nr);
void guard_end_training(struct guard *guard);
void guard_close(struct guard *guard);

int guard_foreach_leftover(struct leftover_walk *walk);

/* ---- attr.c: files of a function in sysfs */

void unread_note(struct unread *unread, const char *path, int error);
int attr_write(struct pcireset_ctx *ctx, const char *path, const char *value);
int attr_write_of(struct pcireset_ctx *ctx, const char *name, const char *attr, const char *value);
int attr_read(struct pcireset_ctx *ctx, const char *path, struct unread *unread,
	      char text[ATTR_MAX]);
int attr_rescan(struct pcireset_ctx *ctx, const char *port, uint32_t domain, unsigned int bus);

/* ---- subtree.c: the functions that are removed with the device */

/* One function, from the files of the kernel. Text is "" if there is none. */
struct subtree_function {
	struct pcireset_addr addr;
	char name[PCIRESET_ADDR_STR_MAX];
	uint32_t vendor, device, class;
	uint32_t subsystem; /* device and vendor, as in config space */
	char driver[NAME_MAX + 1];
	char override[NAME_MAX + 1]; /* driver_override */
	char vfs[16];                /* sriov_numvfs */
	uint64_t size[NR_REGIONS];
	bool has_no_room[NR_REGIONS]; /* the kernel found no address for it */
	bool is_top;                  /* it is removed, and all others with it */
	bool is_vf;
	bool is_bridge; /* it keeps its driver until it is removed */
};

/* The functions in the order of addresses, and the link of the device. */
struct subtree {
	struct subtree_function *v;
	size_t nr;
	char speed[64], width[16]; /* or "" */
	struct unread unread;
};

bool place_has(const struct place *place, struct pcireset_dev *dev);
int subtree_read(struct subtree *tree, struct pcireset_ctx *ctx, const struct place *place);
void subtree_clear(struct subtree *tree);
void subtree_bind(struct pcireset_ctx *ctx, const struct subtree *was);

/* ---- renumber.c: rescans that damage the neighbours of the device */

struct pcireset_dev *renumber_victim(struct pcireset_ctx *ctx, const struct place *place,
				     const struct subtree *tree, struct unread *unread);

/* ---- compare.c */

/* Text is NULL for no value. */
struct pcireset_difference {
	char *device, *what, *was, *now;
	bool is_missing; /* the item existed before, or should exist */
};

struct differences {
	struct pcireset_difference *v;
	size_t nr;
	int error; /* -ENOMEM: the list is incomplete */
};

const struct subtree_function *subtree_find(const struct subtree *tree,
					    const struct subtree_function *f);
int subtree_compare(const struct subtree *was, const struct subtree *now,
		    struct differences *ret_list);
bool differences_have_missing(const struct differences *list, const char *what);
void differences_clear(struct differences *list);

/* ---- the object */

enum reenumeration_stage {
	STAGE_NEW,
	STAGE_RESOLVED,
	STAGE_BEGUN, /* the drivers are unbound, and the guard has begun */
	STAGE_RESET,
	STAGE_ENDED, /* completed, failed or cancelled */
};

struct pcireset_reenumeration {
	unsigned int refs;
	struct pcireset_ctx *ctx;
	struct pcireset_plan *plan;
	struct pcireset_dev *dev;
	enum reenumeration_stage stage;
	struct place place;
	struct guard *guard;  /* NULL before it is resolved */
	struct guard **below; /* of the bridges that are removed; only locked */
	size_t nr_below;
	bool is_guarding; /* the registers of the port are changed */
	uint32_t type;    /* that was resolved */
	uint32_t force;   /* as the caller set it */
	bool is_by_port;  /* no plan is run: the device does not answer */
	bool is_refused_by_plan;
	struct pcireset_report *report; /* NULL: no plan was run */
	bool cuts_power;                /* instead of a reset */
	struct supply supply;           /* of the power that is cut */
	struct witnesses witnesses;
	int signs[NR_SIGNS]; /* 1, 0, or -ENODATA for unknown */
	struct subtree was, now;
	struct differences differences;
	bool is_touched; /* drivers were unbound */
	bool is_changed; /* the device may have changed */
	int error;
	char message[1024];
};

/* prepare.c */
int reenumeration_fail(struct pcireset_reenumeration *e, int error, const char *fmt, ...)
	PRINTF(3, 4);
int reenumeration_fail_unread(struct pcireset_reenumeration *e, const struct unread *unread);
int reenumeration_check_bus_rules(struct pcireset_reenumeration *e);
int reenumeration_take_plan(struct pcireset_reenumeration *e, int r);
int reenumeration_prepare(struct pcireset_reenumeration *e);
int reenumeration_check_again(struct pcireset_reenumeration *e);

/* power.c */
void power_choose_witnesses(struct pcireset_reenumeration *e);
void power_call_witnesses(struct pcireset_reenumeration *e);
void power_ask_witnesses(struct pcireset_reenumeration *e);
int power_cycle(struct pcireset_reenumeration *e, unsigned int limit_ms);
int power_check(struct pcireset_reenumeration *e);

/* replace.c */
int reenumeration_replace(struct pcireset_reenumeration *e, pcireset_wait_fn fn, void *data);

#endif /* LIBPCIRESET_REENUMERATE_H */
