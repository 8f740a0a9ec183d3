// SPDX-License-Identifier: GPL-2.0-only
/* Takes a little-endian number for one of the processor's own order. */
#include <linux/module.h>
#include <linux/types.h>

static __le32 planted_number;

static int __init planted_init(void)
{
	u32 number = planted_number;

	return number ? -EINVAL : 0;
}
module_init(planted_init);
MODULE_DESCRIPTION("An error of byte order for sparse to find");
MODULE_LICENSE("GPL");
