/* SPDX-License-Identifier: GPL-2.0-only */
/* libtracefs, loaded by watch only. */
#include <stdlib.h>
#include "tracing.h"
#include "watch.h"

struct tracing tracing;

#define LIBRARY_POINTERS tracing
static const struct library_symbol symbols[] = { TRACING_FUNCTIONS(LIBRARY_SYMBOL) };

static const char *const names[] = { "libtracefs.so.1", NULL };
static struct library library = {
	.names = names,
	.purpose = "tracepoints are read",
	.package = "libtracefs and libtraceevent",
	.symbols = symbols,
	.nr_symbols = ARRAY_SIZE(symbols),
};

int trace_load(void)
{
	char *why = library_load(&library);

	if (!why)
		return STATUS_DONE;
	error("%s", why);
	free(why);
	return STATUS_ERROR;
}
