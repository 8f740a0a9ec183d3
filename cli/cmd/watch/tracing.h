/* SPDX-License-Identifier: GPL-2.0-only */
/* The functions of libtracefs, and of libtraceevent, which it needs. Call trace_load() before. */
#ifndef PCIRESET_CLI_TRACING_H
#define PCIRESET_CLI_TRACING_H

#include <tracefs.h>
#include "library.h"

#define TRACING_FUNCTIONS(X)           \
	X(tracefs_set_loglevel)        \
	X(tracefs_get_tracing_file)    \
	X(tracefs_put_tracing_file)    \
	X(tracefs_instance_create)     \
	X(tracefs_instance_destroy)    \
	X(tracefs_instance_free)       \
	X(tracefs_instance_file_open)  \
	X(tracefs_instance_file_read)  \
	X(tracefs_instance_file_write) \
	X(tracefs_event_file_read)     \
	X(tracefs_event_file_write)    \
	X(tracefs_iterate_raw_events)  \
	X(tep_alloc)                   \
	X(tep_free)                    \
	X(tep_get_field_raw)           \
	X(tep_get_field_val)           \
	X(tep_parse_event)             \
	X(tep_parse_header_page)       \
	X(tep_print_event)             \
	X(tep_set_file_bigendian)      \
	X(tep_set_long_size)           \
	X(trace_seq_destroy)           \
	X(trace_seq_init)              \
	X(trace_seq_terminate)

extern struct tracing {
	TRACING_FUNCTIONS(LIBRARY_POINTER)
} tracing;

#endif /* PCIRESET_CLI_TRACING_H */
