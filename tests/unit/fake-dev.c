/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "fake-dev.h"

struct pcireset_dev *fake_dev(struct pcireset_ctx *ctx, size_t number, const char *above)
{
	struct pcireset_dev *dev = calloc(1, sizeof(*dev));
	char path[64];

	assert_non_null(dev);
	dev->ctx = ctx;
	dev->listed = true;
	dev->addr.domain = (uint32_t)(number >> 16);
	dev->addr.bus = (uint8_t)(number >> 8);
	dev->addr.devfn = (uint8_t)number;
	pcireset_addr_to_str(&dev->addr, dev->name);
	snprintf(path, sizeof(path), "%s/%s", above, dev->name);
	dev->path = strdup(path);
	dev->facts = calloc(1, sizeof(*dev->facts));
	assert_true(dev->path && dev->facts);
	dev->facts->knows_identity = dev->facts->knows_driver = dev->facts->knows_physfn = true;
	return dev;
}
