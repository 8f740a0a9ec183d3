/* SPDX-License-Identifier: GPL-2.0-only */
/* Hide differences between kernels. Included before every file of the simulator. */
#ifndef _PCISIM_COMPAT_H
#define _PCISIM_COMPAT_H

#include <linux/module.h>
#include <linux/pci.h>

#ifdef PCISIM_ASSIGN_STR_TAKES_2
#define pcisim_assign_str(destination, source) __assign_str(destination, source)
#else
#define pcisim_assign_str(destination, source) __assign_str(destination)
#endif

#endif /* _PCISIM_COMPAT_H */
