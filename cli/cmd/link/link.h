/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset link". */
#ifndef PCIRESET_CLI_LINK_H
#define PCIRESET_CLI_LINK_H

#include "cmd/cmd.h"

struct link_job {
	struct machine machine;
	const struct request *req;
	struct pcireset_dev *device;
	struct pcireset_link *link;
	uint32_t was_speed, was_width; /* before the training */
	int error;
	char *message;
};

/* report.c */
int link_finish(const struct link_job *job);

#endif /* PCIRESET_CLI_LINK_H */
