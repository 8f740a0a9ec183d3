// SPDX-License-Identifier: GPL-2.0-only
/*
 * iommufd-owner FUNCTION[,FUNCTION...][/FUNCTION...] ACTION...: binds functions to iommufds, another one after each "/", and resets
 * the first one's link by a descriptor for owners; says what comes of each action.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/pcireset.h>
#include "cdev.h"

#define MAX_HELD 16

/**
 * struct owner - what this process holds
 * @iommufds: iommufds
 * @nr_iommufds: number of @iommufds
 * @devices: the functions, by VFIO
 * @nr_devices: number of @devices
 * @reset: descriptor of /dev/pcireset for the first one
 * @shown: how many of @iommufds the next reset shows
 */
struct owner {
	int32_t iommufds[MAX_HELD];
	uint32_t nr_iommufds;
	int devices[MAX_HELD];
	unsigned int nr_devices;
	int reset;
	uint32_t shown;
};

static int tell(const char *action, int ret)
{
	printf("%s: %s\n", action, ret < 0 ? strerrorname_np(errno) : "done");
	fflush(stdout);
	return ret < 0;
}

static int bind_functions(struct owner *owner, char *functions)
{
	int iommufd = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	char *rest = NULL;

	if (iommufd < 0 || owner->nr_iommufds == MAX_HELD)
		return -1;
	owner->iommufds[owner->nr_iommufds++] = iommufd;
	for (char *name = strtok_r(functions, ",", &rest); name;
	     name = strtok_r(NULL, ",", &rest)) {
		int device = owner->nr_devices < MAX_HELD ? cdev_open(name) : -1;

		if (device < 0 || cdev_bind(device, iommufd))
			return -1;
		owner->devices[owner->nr_devices++] = device;
	}
	return 0;
}

static int open_reset(struct owner *owner, const char *function)
{
	struct pcireset_open arg = { .size = sizeof(arg), .flags = PCIRESET_GRANT_OWNED };
	int control = open("/dev/pcireset", O_RDWR | O_CLOEXEC);
	unsigned int bus, slot, func;

	if (control < 0 ||
	    sscanf(function, "%x:%x:%x.%x", &arg.addr.domain, &bus, &slot, &func) != 4)
		return -1;
	arg.addr.bus = (uint8_t)bus;
	arg.addr.devfn = (uint8_t)(slot << 3 | func);
	if (ioctl(control, PCIRESET_OPEN, &arg))
		return -1;
	owner->reset = arg.out_fd;
	return close(control);
}

static int open_all(struct owner *owner, char *functions)
{
	char *rest = NULL;

	if (open_reset(owner, functions))
		return -1;
	for (char *some = strtok_r(functions, "/", &rest); some; some = strtok_r(NULL, "/", &rest))
		if (bind_functions(owner, some))
			return -1;
	return 0;
}

/* Who is in the way comes with the refusal. */
static int reset_slot(struct owner *owner)
{
	struct pcireset_reset reset = {
		.size = sizeof(reset),
		.types = PCI_RESET_SLOT,
		.owner_ptr = (uintptr_t)owner->iommufds,
		.nr_owners = owner->shown,
	};
	int ret = ioctl(owner->reset, PCIRESET_RESET, &reset);

	if (ret && reset.out_why == PCIRESET_WHY_NOT_OWNED)
		printf("slot: not %04x:%02x:%02x.%x's owner: %s\n", reset.out_who.domain,
		       reset.out_who.bus, reset.out_who.devfn >> 3, reset.out_who.devfn & 7,
		       strerrorname_np(errno));
	else
		tell("slot", ret);
	fflush(stdout);
	return ret != 0;
}

/* "slot:N": by the first N iommufds. */
static int do_slot(struct owner *owner, const char *text)
{
	owner->shown = (uint32_t)strtoul(text, NULL, 0);
	return owner->shown <= owner->nr_iommufds && reset_slot(owner);
}

/* The device that was bound last; its iommufd stays open. */
static int do_close(struct owner *owner, const char *text)
{
	(void)text;
	return tell("close", owner->nr_devices ? close(owner->devices[--owner->nr_devices]) : -1);
}

static const struct action {
	const char *name;
	int (*run)(struct owner *owner, const char *text);
} actions[] = {
	{ "slot", do_slot },
	{ "close", do_close },
};

static int act(struct owner *owner, const char *word)
{
	size_t len = strcspn(word, ":");

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strlen(actions[i].name) == len && !strncmp(word, actions[i].name, len))
			return actions[i].run(owner, word[len] ? word + len + 1 : "");
	fprintf(stderr, "iommufd-owner: no action '%s'\n", word);
	return 2;
}

int main(int argc, char **argv)
{
	struct owner owner = { 0 };
	int status = 0;

	/* It resets what it is given. */
	if (!getenv("PCILAB")) {
		fputs("iommufd-owner: runs in a guest of the lab only\n", stderr);
		return 2;
	}
	if (argc < 3) {
		fputs("usage: iommufd-owner FUNCTION[,FUNCTION...][/FUNCTION...] ACTION...\n",
		      stderr);
		return 2;
	}
	if (open_all(&owner, argv[1]))
		return tell("open", -1);
	for (int i = 2; i < argc && status < 2; i++)
		status |= act(&owner, argv[i]);
	return status;
}
