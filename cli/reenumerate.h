/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset re-enumerate". */
#ifndef PCIRESET_CLI_REENUMERATE_H
#define PCIRESET_CLI_REENUMERATE_H

#include "cli.h"

#define NR_REGIONS 7 /* six BARs and the expansion ROM */

/* The device and its place. The device may come back different. */
struct place {
	struct pcireset_addr port, device;
	bool is_whole_bus; /* everything below the port is one device */
};

/* The first file with unknown content, because it cannot be read. */
struct unread {
	int error; /* 0, or a negative errno */
	char *path;
};

/* One function, from the data of the kernel. */
struct function {
	char *name;
	uint32_t vendor, device, class;
	uint32_t subsystem; /* device and vendor, as in config space */
	char *driver;       /* or NULL */
	char *override;     /* driver_override, or NULL */
	char *vfs;          /* sriov_numvfs, or NULL */
	uint64_t size[NR_REGIONS];
	bool has_no_room[NR_REGIONS]; /* the kernel found no address for it */
	bool is_top;                  /* it is removed, and all others with it */
	bool is_vf;
	bool is_bridge; /* it keeps its driver until it is removed */
};

/* The functions that are removed with the device, and its link. */
struct subtree {
	struct function *v;
	size_t nr;
	char *speed, *width; /* or NULL */
	struct unread unread;
};

/* One difference. */
struct difference {
	char *device, *what;
	char *was, *now; /* or NULL: nothing */
	bool is_missing; /* it existed before, or should exist */
};

struct differences {
	struct difference *v;
	size_t nr;
};

/* One run of re-enumerate. */
struct reenumeration {
	struct machine machine;
	const struct request *req;
	struct pcireset_dev *device;
	struct place place;
	struct hold *hold;
	struct pcireset_plan *plan;
	uint32_t type;                  /* that the user agreed to */
	bool is_dead;                   /* it does not answer: there is no state to restore */
	struct pcireset_report *report; /* NULL: there was no reset */
	struct subtree was, now;
	struct differences differences;
	bool is_touched; /* drivers were unbound */
	bool is_changed; /* the device may have changed */
	int error;
	char *message;
};

/* re-enumerate-report.c */
int reenumerate_finish(const struct reenumeration *e);

/* subtree.c */
bool place_has(const struct place *place, struct pcireset_dev *dev);
int subtree_read(struct subtree *tree, struct pcireset_ctx *ctx, const struct place *place);
void subtree_clear(struct subtree *tree);
void subtree_bind(const struct subtree *was);
void unread_note(struct unread *unread, const char *path, int error);
void unread_clear(struct unread *unread);
char *file_read(const char *path, struct unread *unread);
char *attr_read(const char *name, const char *attr, struct unread *unread);
int attr_write(const char *name, const char *attr, const char *value);

/* compare.c */
void subtree_compare(const struct subtree *was, const struct subtree *now,
		     struct differences *ret_list);
bool differences_has_missing(const struct differences *list);
void differences_clear(struct differences *list);

/* hold.c */
struct hold;
int hold_open(const struct pcireset_dev *port, struct unread *unread, struct hold **ret_hold);
bool hold_is_point_to_point(const struct hold *hold);
int hold_begin(struct hold *hold);
void hold_forget(const struct hold *hold);
void hold_reset_bus(const struct hold *hold, unsigned int timeout_ms);
void hold_end(struct hold *hold);
void hold_close(struct hold *hold);
void hold_leftovers(bool repairs, pcireset_leftover_fn fn, void *data);

#endif /* PCIRESET_CLI_REENUMERATE_H */
