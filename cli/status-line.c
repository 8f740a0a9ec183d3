/* SPDX-License-Identifier: GPL-2.0-only */
/* A line on the terminal that replaces itself, for the progress of a command. */
#include <string.h>
#include <unistd.h>
#include "status-line.h"

void status_line_begin(struct status_line *line, const struct request *req)
{
	line->is_wanted = isatty(STDERR_FILENO) && !is_given(req, OPT_QUIET);
	line->is_dirty = false;
}

/* The last column stays empty: after it, erasing the rest of the line erases a character. */
size_t status_line_fitting(const char *const *parts, size_t nr, size_t width)
{
	size_t used = 0, i = 0;

	while (i < nr && used + strlen(parts[i]) < width)
		used += strlen(parts[i++]);
	return i;
}

void status_line_show(struct status_line *line, const char *const *parts, size_t nr)
{
	if (!line->is_wanted)
		return;
	nr = status_line_fitting(parts, nr, output_width(stderr));
	line->is_dirty = true;
	fputs("\r", stderr);
	for (size_t i = 0; i < nr; i++)
		fputs(parts[i], stderr);
	fputs("\033[K", stderr);
}

void status_line_erase(struct status_line *line)
{
	if (line->is_dirty)
		fputs("\r\033[K", stderr);
	line->is_dirty = false;
}
