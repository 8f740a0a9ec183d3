/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on the terminal that replaces itself, for the progress of a command. */
#ifndef PCIRESET_CLI_STATUS_LINE_H
#define PCIRESET_CLI_STATUS_LINE_H

#include "table.h"

struct status_line {
	bool is_wanted; /* standard error is a terminal, without --quiet */
	bool is_dirty;  /* the terminal has a text of it */
};

void status_line_begin(struct status_line *line, const struct request *req);

/*
 * The number of parts, from the first one, that fit on a terminal of this width. A part
 * is never cut, because a shortened number is a wrong one.
 */
size_t status_line_fitting(const char *const *parts, size_t nr, size_t width);

void status_line_show(struct status_line *line, const char *const *parts, size_t nr);
void status_line_erase(struct status_line *line);

#endif /* PCIRESET_CLI_STATUS_LINE_H */
