/* SPDX-License-Identifier: GPL-2.0-only */
/* libtracefs, loaded by watch only. */
#include <stdlib.h>
#include "tracing.h"
#include "watch.h"

struct tracing tracing;

#define LIBRARY_POINTERS tracing
LIBRARY(library, TRACING_FUNCTIONS, "tracepoints are read", "libtracefs and libtraceevent",
	"libtracefs.so.1");

int trace_load(void)
{
	char *why = library_load(&library);

	if (!why)
		return STATUS_DONE;
	error("%s", why);
	free(why);
	return STATUS_ERROR;
}
