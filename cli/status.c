/* SPDX-License-Identifier: GPL-2.0-only */
/* Exit statuses of errors, and of several devices. */
#include <errno.h>
#include "util.h"

/* For errors after which nothing was touched. */
int status_of_error(int r)
{
	switch (r) {
	case 0:
		return STATUS_DONE;
	case -EINVAL:
		return STATUS_USAGE;
	case -EOPNOTSUPP:
	case -EPERM:
	case -EACCES:
	case -EBUSY:
	case -EAGAIN:
	case -ESTALE:
	case -EROFS:
		return STATUS_REFUSED;
	default:
		return STATUS_ERROR;
	}
}

/* One status for several devices. */
int status_merge(const int *statuses, size_t nr)
{
	static const int worst_first[] = { STATUS_TOUCHED, STATUS_ERROR, STATUS_REFUSED,
					   STATUS_USAGE, STATUS_UNKNOWN };
	size_t done = 0, unknown = 0;

	for (size_t i = 0; i < nr; i++) {
		done += statuses[i] == STATUS_DONE;
		unknown += statuses[i] == STATUS_UNKNOWN;
	}
	if (done + unknown == nr)
		return unknown ? STATUS_UNKNOWN : STATUS_DONE;
	if (done)
		return STATUS_SOME;
	for (size_t w = 0; w < ARRAY_SIZE(worst_first); w++)
		for (size_t i = 0; i < nr; i++)
			if (statuses[i] == worst_first[w])
				return worst_first[w];
	return STATUS_ERROR;
}
