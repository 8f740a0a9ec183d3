/* SPDX-License-Identifier: GPL-2.0-only */
/* Plans and affected functions as text and as pictures. */
#ifndef PCIRESET_CLI_REPORT_H
#define PCIRESET_CLI_REPORT_H

#include "machine.h"
#include "table.h"

/* report.c */
void plan_print(const struct request *req, struct pcireset_plan *plan, FILE *out);
void member_print(const struct pcireset_member *member);

/* svg.c */
int svg_draw(const struct request *req, struct pcireset_plan *plan);

#endif /* PCIRESET_CLI_REPORT_H */
