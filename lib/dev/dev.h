/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One PCI function: its facts from sysfs, its place in the tree, and the functions that
 * its reset affects.
 */
#ifndef LIBPCIRESET_DEV_H
#define LIBPCIRESET_DEV_H

#include "core/core.h"

/* dev.c */
int dev_new(struct pcireset_ctx *ctx, const struct pcireset_addr *addr,
	    const struct pcireset_dev *other, struct pcireset_dev **ret_dev);
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
const struct backend *dev_backend(const struct pcireset_dev *dev);
bool dev_attr_path(const struct pcireset_dev *dev, const char *attr, char path[PATH_MAX]);
bool dev_has_failed(const struct pcireset_dev *dev, int r);
int dev_attr(const struct pcireset_dev *dev, const char *attr, char *buf, size_t size);
struct pcireset_dev *dev_upstream(const struct pcireset_dev *dev);
bool driver_is_idle(const struct pcireset_dev *dev);
bool dev_is_below(const struct pcireset_dev *dev, const struct pcireset_dev *above);
void dev_note_driver(struct pcireset_ctx *ctx, const struct pcireset_member *member);

bool ctx_has_reset_methods(struct pcireset_ctx *ctx);

/* power.c */

/* How the power of a device can be cut. */
struct power {
	enum pcireset_power method;
	const struct pcireset_dev *port; /* above the device, unless it has none */
	char allowed[8];                 /* d3cold_allowed of the port, for D3COLD */
	char text[256];                  /* name of the slot; or the reason for NONE or UNKNOWN */
};

void dev_find_power(const struct pcireset_dev *dev, struct power *ret_power);

/* gone.c */
void dev_note_config(struct pcireset_dev *dev, const struct config *config);
void dev_look_at(struct pcireset_dev *dev);

/* list.c */
size_t first_below(struct pcireset_dev *const *v, size_t nr, const struct pcireset_dev *above);
int dev_list_add(struct dev_list *list, struct pcireset_dev *dev);
void dev_list_remove(struct dev_list *list, const struct pcireset_dev *dev);
void dev_list_clear(struct dev_list *list);
struct pcireset_dev *dev_list_hit(const struct dev_list *list, const struct pcireset_dev *dev);

/* members.c */
int members_add(struct members *list, const struct pcireset_member *member);
int members_copy(struct members *list, const struct members *from);
void members_clear(struct members *list);
void members_retarget(struct members *list, const struct pcireset_addr *target);
void view_differ(struct view *view, const struct members *list, size_t i);
bool view_make(struct view *view, const struct members *list, const struct pcireset_addr *target);
struct member_list *list_new(void);
struct member_list *list_ref(struct member_list *list);
struct member_list *list_unref(struct member_list *list);
const struct pcireset_member *view_get(const struct view *view, const struct members *list,
				       size_t i);

/* scope.c */
int dev_find_members(struct pcireset_dev *target, uint32_t type, struct members *members);
int dev_list_members(struct pcireset_dev *target, uint32_t type, struct type_state *state);

#endif /* LIBPCIRESET_DEV_H */
