/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The link between a port and the device below it: its state, and its training. */
#ifndef LIBPCIRESET_LINK_H
#define LIBPCIRESET_LINK_H

#include "backend/backend.h"
#include "reenumerate/reenumerate.h"

/* The state of a link, as the port reports it. Speeds are in MT/s, 0 is unknown. */
struct link_state {
	bool is_up, is_reported; /* the port reports whether the link is up */
	bool is_disabled, is_training, is_fixed, is_contained; /* by DPC */
	uint32_t speed, width, target;
	enum pcireset_equalization equalization;
};

struct pcireset_link {
	unsigned int refs;
	struct pcireset_dev *port, *partner; /* partner: NULL, or the named function below */
	struct pcireset_dev **members;
	size_t nr_members;
	char doubt[DUMP_REASON_MAX];           /* the reason why members are unknown, or "" */
	unsigned int express;                  /* position of the port's PCI Express capability */
	bool has_target;                       /* the port has Link Control 2 */
	uint32_t speeds;                       /* supported by the port, bit n is code n */
	uint32_t max_width;                    /* of the port */
	uint32_t partner_speed, partner_width; /* maximum, 0 if unknown */
	bool has_notification;                 /* the port reports that a training has ended */
	struct link_state now;
	bool is_touched;
};

/* state.c */
int link_fail(const struct pcireset_dev *dev, int r);
int link_read_config(const struct pcireset_dev *dev, struct config *config);
int link_read_state(struct pcireset_link *link);
uint32_t link_best_speed(const struct pcireset_link *link, uint32_t target);
int link_check_now(const struct pcireset_link *link);
int link_check_speed(const struct pcireset_link *link, uint32_t speed);

/* train.c */
int link_train(struct pcireset_link *link, uint32_t speed);

#endif /* LIBPCIRESET_LINK_H */
