/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared declarations of "pcireset list". */
#ifndef PCIRESET_CLI_LIST_H
#define PCIRESET_CLI_LIST_H

#include "machine.h"
#include "table.h"

/* tree.c */
void tree_select(const struct machine *m, const struct request *req, struct selection *list);

#endif /* PCIRESET_CLI_LIST_H */
