// SPDX-License-Identifier: GPL-2.0-only
/* Is a symbol namespace a bare word? Since 6.13 it is a string. */
#include <linux/module.h>

MODULE_IMPORT_NS(PCIRESET);
