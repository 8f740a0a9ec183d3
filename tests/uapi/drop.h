/* SPDX-License-Identifier: GPL-2.0-only */
/* Giving up privileges for good, in a process of its own. */
#ifndef UAPI_DROP_H
#define UAPI_DROP_H

#define NOBODY 65534

void drop_to_nobody(void);
void drop_capabilities(void);

#endif
