/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Text in allocated memory. */
#include <stdio.h>
#include "util/util.h"

char *format(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return s;
}
