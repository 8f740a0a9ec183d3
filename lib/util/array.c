/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Arrays that grow. */
#include "util/util.h"

/*
 * Room for one more entry behind nr of them. The room doubles: it is the next power of
 * two. Return the array, or NULL without memory, and then the old array is still valid.
 */
void *array_room(void *v, size_t nr, size_t size)
{
	return nr & (nr - 1) ? v : reallocarray(v, nr ? nr * 2 : 1, size);
}
