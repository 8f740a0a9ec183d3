/* SPDX-License-Identifier: GPL-2.0-only */
/* Options on the kernel command line that affect resets. */
#include <stdlib.h>
#include <string.h>
#include "doctor.h"

#define TAKE_OFF "remove it from the kernel command line"

/*
 * Linux asks firmware for slots and errors (PCI Firmware Specification r3.3, sec 4.5.1:
 * _OSC) only if it can handle ASPM, MSI and extended config space itself. Firmware's
 * answer is in the kernel log only. The port services that are bound show the result.
 */
static const struct boot_word {
	const char *option;
	const char *value; /* one of the comma-separated values, or NULL for any */
	const char *finding;
	const char *todo;
} boot_words[] = {
	{ "pcie_ports", "compat",
	  "the kernel handles no hotplug slots and no errors of ports: type slot is unsupported",
	  TAKE_OFF },
	{ "pcie_ports", "native",
	  "the kernel handles slots and errors without permission from firmware: both may "
	  "react to a reset",
	  TAKE_OFF ", unless the firmware is known not to handle them" },
	{ "pcie_ports", "dpc-native",
	  "the kernel handles DPC without permission from firmware: both may handle the same "
	  "error",
	  TAKE_OFF ", unless the firmware is known not to handle it" },
	{ "pci", "noaer", "errors are not reported to drivers, and no device recovers from them",
	  TAKE_OFF },
	{ "pci", "nomsi", "the kernel does not request slots and errors from firmware", TAKE_OFF },
	{ "pci", "nommconf",
	  "config space ends at byte 256: extended config space is neither saved nor compared, "
	  "and the kernel does not request slots and errors from firmware",
	  TAKE_OFF },
	{ "pcie_aspm", "off", "the kernel does not request slots and errors from firmware",
	  "use pcie_aspm.policy=performance instead" },
	{ "pcie_aspm", "force", "links without working ASPM may enter a low-power state",
	  TAKE_OFF " if a link stays down after a reset" },
	{ "vfio_pci.ids", NULL, "vfio-pci binds every function with these IDs",
	  "to bind only some of them, use driver_override" },
	{ "pci_stub.ids", NULL, "pci-stub binds every function with these IDs",
	  "to bind only some of them, use driver_override" },
};

/* The kernel treats "-" as "_" in names. */
static bool is_option(const char *word, size_t len, const char *option)
{
	if (strlen(option) != len)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((word[i] == '-' ? '_' : word[i]) != option[i])
			return false;
	return true;
}

static bool has_value(const char *values, const char *value)
{
	size_t len;

	for (; value; values += len + 1) {
		len = strcspn(values, ",");
		if (len == strlen(value) && !strncmp(values, value, len))
			return true;
		if (!values[len])
			return false;
	}
	return true;
}

static void check_word(struct doctor *doctor, const char *word)
{
	size_t len = strcspn(word, "=");

	if (!word[len])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(boot_words); i++) {
		const struct boot_word *w = &boot_words[i];
		struct finding *f;

		if (!is_option(word, len, w->option) || !has_value(word + len + 1, w->value))
			continue;
		f = doctor_add(doctor, "command-line", VERDICT_NOTE,
			       text("%.*s=%s: %s", (int)len, word,
				    w->value ? w->value : word + len + 1, w->finding));
		f->todo = text("%s", w->todo);
	}
}

void doctor_check_boot(struct doctor *doctor)
{
	char line[4096], *save;
	size_t before = doctor->nr;

	if (!doctor_knows(doctor, "command-line", "proc/cmdline"))
		return;
	if (!doctor_read(doctor, "proc/cmdline", line, sizeof(line))) {
		doctor_note(doctor, "command-line", text("cannot be read"),
			    "check /proc/cmdline for pcie_ports, pci and pcie_aspm");
		return;
	}
	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		check_word(doctor, word);
	if (doctor->nr == before)
		doctor_add(doctor, "command-line", VERDICT_OK,
			   text("no option that is known to affect resets"));
}
