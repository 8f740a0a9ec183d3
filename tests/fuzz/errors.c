// SPDX-License-Identifier: GPL-2.0-only
/* Sets of errno: a bit for each that the interface knows, and one for everything else. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "uapi-fuzz.h"

static const int errors[NR_ERRORS] = {
	[E_OK] = 0,
	[E_NOTTY] = ENOTTY,
	[E_INVAL] = EINVAL,
	[E_2BIG] = E2BIG,
	[E_FAULT] = EFAULT,
	[E_NOMEM] = ENOMEM,
	[E_OPNOTSUPP] = EOPNOTSUPP,
	[E_PERM] = EPERM,
	[E_STALE] = ESTALE,
	[E_BUSY] = EBUSY,
	[E_AGAIN] = EAGAIN,
	[E_INTR] = EINTR,
	[E_NODEV] = ENODEV,
	[E_TIMEDOUT] = ETIMEDOUT,
	[E_IO] = EIO,
	[E_BADF] = EBADF,
	[E_OTHER] = -1,
};

unsigned int error_index(int error)
{
	unsigned int i = 0;

	while (i < E_OTHER && errors[i] != error)
		i++;
	return i;
}

const char *error_name(unsigned int index)
{
	if (index == E_OK)
		return "success";
	return index < E_OTHER ? strerrorname_np(errors[index]) : "another errno";
}

const char *set_text(uint32_t set)
{
	static char text[512];
	size_t len = 0;

	text[0] = '\0';
	for (unsigned int i = 0; i < NR_ERRORS; i++)
		if (set & SET(i))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s",
						len ? ", " : "", error_name(i));
	return text;
}
