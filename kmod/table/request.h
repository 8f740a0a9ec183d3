/* SPDX-License-Identifier: GPL-2.0-only OR LGPL-2.1-or-later */
/*
 * The fields of a request for a reset. They have the same names in struct pcireset_reset
 * of the uAPI, in struct pcireset_request of the module, and in the library's plans.
 * Needs linux/pcireset.h.
 */
#ifndef _PCIRESET_TABLE_REQUEST_H
#define _PCIRESET_TABLE_REQUEST_H

#include "table/limits.h"

/*
 * field(NAME, KIND, LIMIT) for each field. KIND is bits (a mask within LIMIT), scope (up
 * to LIMIT) or ms (milliseconds, up to LIMIT). Two requests for the same functions can
 * share one reset if their options are equal.
 */
#define PCIRESET_REQUEST_OPTIONS(field)                 \
	field(checks, bits, PCIRESET_ALL_CHECKS);       \
	field(force, bits, PCIRESET_ALL_FORCE);         \
	field(flags, bits, PCIRESET_ALL_FLAGS);         \
	field(timeout_ms, ms, PCIRESET_MAX_TIMEOUT_MS); \
	field(settle_ms, ms, PCIRESET_MAX_TIMEOUT_MS)

#define PCIRESET_REQUEST_FIELDS(field)               \
	field(types, bits, PCIRESET_ALL_TYPES);      \
	field(max_scope, scope, PCIRESET_SCOPE_BUS); \
	PCIRESET_REQUEST_OPTIONS(field)

#endif /* _PCIRESET_TABLE_REQUEST_H */
