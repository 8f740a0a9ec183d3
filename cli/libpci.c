/* SPDX-License-Identifier: GPL-2.0-only */
/* libpci as all that use it want it: silent, and its errors are ours. */
#include <pci/pci.h>
#include <stdlib.h>
#include "cli.h"

static void ignore(char *fmt, ...)
{
	(void)fmt;
}

/* libpci expects that this does not return. */
static void __attribute__((noreturn)) give_up(char *fmt, ...)
{
	char *why = text("neither PCI names nor config space can be read: %s", fmt);

	process_abort(why);
}

struct pci_access *libpci_new(void)
{
	struct pci_access *access = must(pci_alloc());

	access->warning = ignore;
	access->debug = ignore;
	access->error = give_up;
	return access;
}
