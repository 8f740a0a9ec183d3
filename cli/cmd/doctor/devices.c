/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings about each function: properties that affect its resets in an unexpected way. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "doctor.h"

/* Take over the text. */
static void add_note(struct doctor *doctor, const struct pcireset_dev *dev, char *words,
		     const char *todo)
{
	struct finding *f = doctor_add(doctor, "device", VERDICT_NOTE, words);

	f->todo = text("%s", todo);
	f->device = text("%s", pcireset_dev_get_name(dev));
}

static bool is_gone(const struct pcireset_dev *dev)
{
	return pcireset_dev_get_why_not(dev, PCI_RESET_FLR) == PCIRESET_WHY_GONE;
}

static void check_driver(struct doctor *doctor, const struct pcireset_dev *dev)
{
	const char *user;
	uint32_t use;

	for (size_t i = 0; (user = pcireset_dev_get_user(dev, i, &use)); i++)
		if (use == PCIRESET_USE_DRIVER)
			add_note(doctor, dev,
				 text("driver %s has no reset_prepare callback",
				      pcireset_dev_get_driver(dev)),
				 "unbind it first, or use --force driver and rebind it afterwards");
}

static void check_types(struct doctor *doctor, const struct pcireset_dev *dev)
{
	uint32_t types = pcireset_dev_get_types(dev);

	if (pcireset_dev_get_why_not(dev, PCI_RESET_BUS) == PCIRESET_WHY_CXL_MASKED ||
	    pcireset_dev_get_why_not(dev, PCI_RESET_SLOT) == PCIRESET_WHY_CXL_MASKED)
		add_note(doctor, dev,
			 text("the CXL port above ignores slot and bus resets, although the kernel "
			      "reports success"),
			 "use --type cxl_bus");
	if (pcireset_dev_get_why_not(dev, PCI_RESET_FLR) == PCIRESET_WHY_NOT_LISTED)
		add_note(doctor, dev,
			 text("the device supports FLR, but reset_method does not list it: known "
			      "to be broken, or disabled"),
			 "use another type; or, if it was disabled, echo default > reset_method");
	if (!(types & PCI_RESET_FUNC) && !pcireset_dev_is_bridge(dev) &&
	    pcireset_dev_get_why_not(dev, PCI_RESET_PM) == PCIRESET_WHY_NO_SOFT_RESET)
		add_note(doctor, dev,
			 text("pm would reset nothing (No_Soft_Reset), and there is no other reset "
			      "of the function alone"),
			 "use slot or bus, which affect more functions");
}

/* The behaviour of the kernel's own "reset" file, which differs from that of pcireset. */
static void check_method(struct doctor *doctor, const struct pcireset_dev *dev)
{
	char file[128], list[256];

	snprintf(file, sizeof(file), "sys/bus/pci/devices/%s/reset_method",
		 pcireset_dev_get_name(dev));
	if (!doctor_read(doctor, file, list, sizeof(list)))
		return;
	if (!*list)
		add_note(doctor, dev,
			 text("reset_method is empty: the resets of this function are disabled"),
			 "echo default > reset_method");
	else if (pcireset_dev_get_physfn(dev) && pcireset_dev_get_slot(dev) && strstr(list, "bus"))
		add_note(doctor, dev,
			 text("if its FLR fails, the kernel's own reset continues with the whole "
			      "slot, including the PF"),
			 "before you assign it to a guest: echo flr > reset_method");
}

static void check_device(struct doctor *doctor, struct pcireset_dev *dev)
{
	struct finding *f;

	int r = pcireset_dev_query(dev);

	if (r < 0 && r != -ENODEV)
		process_abort(pcireset_ctx_get_errmsg(doctor->machine.ctx));
	if (r < 0)
		return;
	if (is_gone(dev)) {
		f = doctor_todo(doctor, "device", text("it does not respond"),
				"re-enumerate it or power-cycle it");
		f->device = text("%s", pcireset_dev_get_name(dev));
		return;
	}
	check_driver(doctor, dev);
	check_types(doctor, dev);
	check_method(doctor, dev);
}

void doctor_check_devices(struct doctor *doctor)
{
	struct pcireset_dev *dev;
	size_t before = doctor->nr;

	pcireset_dev_foreach(doctor->machine.ctx, dev) {
		size_t first = doctor->nr;
		struct finding *f;

		check_device(doctor, dev);
		f = doctor_end_check(doctor, "device", first);
		if (f)
			f->device = text("%s", pcireset_dev_get_name(dev));
	}
	if (doctor->nr == before)
		doctor_add(doctor, "device", VERDICT_OK,
			   text("no known problem with any function"));
}
