/* SPDX-License-Identifier: GPL-2.0-only */
/* Names by libpci: silent, with errors in the format of pcireset. */
#include <errno.h>
#include <pci/pci.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "library.h"
#include "util.h"

#define FUNCTIONS(X)          \
	X(pci_alloc)          \
	X(pci_cleanup)        \
	X(pci_load_name_list) \
	X(pci_lookup_name)    \
	X(pci_set_param)

static struct {
	FUNCTIONS(LIBRARY_POINTER)
} libpci;

#define LIBRARY_POINTERS libpci
LIBRARY(library, FUNCTIONS, "the names of devices and classes are read", "libpci (pciutils)",
	"libpci.so.3");

static void ignore_message(char *fmt, ...)
{
	(void)fmt;
}

/* libpci expects that this function does not return. */
static void __attribute__((noreturn)) give_up(char *fmt, ...)
{
	char *reason;
	va_list ap;

	va_start(ap, fmt);
	reason = vtext(fmt, ap);
	va_end(ap);
	process_abort(text("libpci cannot read PCI names or config space: %s", reason));
}

static struct pci_access *libpci_new(void)
{
	char *why = library_load(&library);
	struct pci_access *access;

	if (why)
		process_abort(why);
	access = must(libpci.pci_alloc());
	access->warning = ignore_message;
	access->debug = ignore_message;
	access->error = give_up;
	return access;
}

/* The names of vendors, devices and classes, loaded on demand. */
static struct pci_access *names;

/*
 * Load all names at once, to detect a file that cannot be read. Machines without the
 * file use udev's copy of the names, which crashes if memory runs out.
 */
static void names_open(void)
{
	char parameter[] = "hwdb.disable", yes[] = "1";

	if (names)
		return;
	names = libpci_new();
	errno = 0;
	if (libpci.pci_load_name_list(names))
		libpci.pci_set_param(names, parameter, yes);
	else if (is_exhausted())
		process_abort("cannot read the names of PCI devices");
}

void names_close(void)
{
	if (names)
		libpci.pci_cleanup(names);
	names = NULL;
}

/* If there are many functions, most are like the previous one. */
char *device_description(struct pcireset_dev *dev)
{
	static uint32_t last_vendor, last_device;
	static char last[256];
	uint32_t vendor = pcireset_dev_get_vendor(dev), device = pcireset_dev_get_device(dev);
	char buf[sizeof(last)];

	if (!names || !*last || vendor != last_vendor || device != last_device) {
		names_open();
		/* It may return another pointer than buf. */
		snprintf(last, sizeof(last), "%s",
			 libpci.pci_lookup_name(names, buf, sizeof(buf),
						PCI_LOOKUP_VENDOR | PCI_LOOKUP_DEVICE, (int)vendor,
						(int)device));
		last_vendor = vendor;
		last_device = device;
	}
	return text("%s", last);
}

/* Are the names of classes available? */
bool class_names_check(void)
{
	names_open();
	return libpci.pci_load_name_list(names);
}

static bool is_part(const char *name, const char *part)
{
	/* libpci appends the number if only the base class has a name. */
	char *plain = text("%.*s", (int)(name ? strcspn(name, "[") : 0), name ? name : "");
	bool found = strcasestr(plain, part);

	free(plain);
	return found;
}

/* Is this a part of the name of the class, the base class or the programming interface? */
bool class_has_name(uint32_t class, const char *part)
{
	int base = (int)(class >> 8 & 0xff00), sub = (int)(class >> 8), interface = class & 0xff;
	const int known = PCI_LOOKUP_NO_NUMBERS;
	char buf[256];

	names_open();
	return is_part(libpci.pci_lookup_name(names, buf, sizeof(buf), PCI_LOOKUP_CLASS | known,
					      sub),
		       part) ||
	       is_part(libpci.pci_lookup_name(names, buf, sizeof(buf), PCI_LOOKUP_CLASS | known,
					      base | 0xff),
		       part) ||
	       is_part(libpci.pci_lookup_name(names, buf, sizeof(buf), PCI_LOOKUP_PROGIF | known,
					      sub, interface),
		       part);
}
