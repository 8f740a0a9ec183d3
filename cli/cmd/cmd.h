/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands. */
#ifndef PCIRESET_CLI_CMD_H
#define PCIRESET_CLI_CMD_H

#include "machine.h"

int command_list(const struct request *req);
int command_show(const struct request *req);
int command_plan(const struct request *req);
int command_record(const struct request *req);
int command_reset(const struct request *req);
int command_reenumerate(const struct request *req);
int command_doctor(const struct request *req);
int command_metrics(const struct request *req);
int command_qualify(const struct request *req);
int command_recover(const struct request *req);
int command_link(const struct request *req);
int command_watch(const struct request *req);
int complete_machine(int argc, char **argv);

/*
 * The metrics of all runs in /var/lib/pcireset/qualify. Return: 0, or a negative errno
 * after a message if some cannot be read.
 */
int qualify_print_metrics(FILE *out);

/* commands.c */
void commands_start(void);

#endif /* PCIRESET_CLI_CMD_H */
