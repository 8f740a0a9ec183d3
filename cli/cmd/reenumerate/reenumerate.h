/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset re-enumerate". */
#ifndef PCIRESET_CLI_CMD_REENUMERATE_H
#define PCIRESET_CLI_CMD_REENUMERATE_H

#include "cmd/cmd.h"

/* One run of re-enumerate. */
struct reenumeration {
	struct machine machine;
	const struct request *req;
	struct pcireset_dev *device;
	struct pcireset_plan *plan;
	struct pcireset_reenumeration *steps;
	int error; /* of a step, or of the tool itself */
	char *message;
};

/* report.c */
int reenumerate_finish(const struct reenumeration *e);

/* shell.c */
int shell_run(const struct request *req);

#endif /* PCIRESET_CLI_CMD_REENUMERATE_H */
