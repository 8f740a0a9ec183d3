/* SPDX-License-Identifier: GPL-2.0-only */
/* --complete-words: the devices and other words of a machine, for the shell completions. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include "cmd/cmd.h"

/*
 * One word and its description. Words come from hardware and from administrators. Omit
 * a word that looks like an option, or that would break the lines of the output.
 */
static void print_word(const char *word, char *description)
{
	char *copy = printable(text("%s", word));

	description = printable(description);
	if (*word && *word != '-' && !strcmp(copy, word))
		printf("%s\t%s\n", word, description);
	free(copy);
	free(description);
}

/* Omit the domain if it is 0, unless the user has typed its digits. */
static void print_address(struct pcireset_dev *dev, const char *typed)
{
	const char *name = pcireset_dev_get_name(dev);
	bool is_short = !strncmp(name, "0000:", 5) && strncmp(typed, "000", 3);

	print_word(name + (is_short ? 5 : 0), device_description(dev));
}

/* Interfaces that name a function: not loopback, bridges, or interfaces behind USB. */
static void print_interfaces(struct pcireset_ctx *ctx, const struct request *req)
{
	char *path = text("%s/sys/class/net", req->sysroot ? req->sysroot : "");
	DIR *dir = req->dump ? NULL : opendir(path);
	struct pcireset_dev *dev;
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.' || pcireset_dev_from_name(ctx, entry->d_name, &dev) < 0)
			continue;
		print_word(entry->d_name,
			   text("network interface of %s", pcireset_dev_get_name(dev)));
		pcireset_dev_unref(dev);
	}
	if (dir)
		closedir(dir);
	free(path);
}

static void print_devices(struct machine *m, const struct request *req, const char *typed)
{
	struct pcireset_dev *dev;

	pcireset_dev_foreach(m->ctx, dev)
		print_address(dev, typed);
	print_interfaces(m->ctx, req);
}

/* The arguments of the options that select functions. */
static char *driver_of(struct pcireset_dev *dev)
{
	const char *driver = pcireset_dev_get_driver(dev);

	return text("%s", driver ? driver : "");
}

static char *slot_of(struct pcireset_dev *dev)
{
	const char *slot = pcireset_dev_get_slot(dev);

	return text("%s", slot ? slot : "");
}

static char *vendor_of(struct pcireset_dev *dev)
{
	return text("%04x", pcireset_dev_get_vendor(dev));
}

static char *class_of(struct pcireset_dev *dev)
{
	return text("%04x", pcireset_dev_get_class(dev) >> 8);
}

static const struct {
	const char *kind;
	char *(*get)(struct pcireset_dev *dev);
} values[] = {
	{ "DRIVER", driver_of },
	{ "SLOT", slot_of },
	{ "ID", vendor_of },
	{ "CLASS", class_of },
};

static bool has_value(struct pcireset_dev *dev, const char *value,
		      char *(*get)(struct pcireset_dev *dev))
{
	char *own = get(dev);
	bool has = !strcmp(own, value);

	free(own);
	return has;
}

/* Print each value once, with the first function that has it. */
static void print_values(struct machine *m, char *(*get)(struct pcireset_dev *dev))
{
	struct pcireset_dev *dev, *other;

	pcireset_dev_foreach(m->ctx, dev) {
		char *value = get(dev);

		pcireset_dev_foreach(m->ctx, other)
			if (other == dev || has_value(other, value, get))
				break;
		if (other == dev)
			print_word(value, device_description(dev));
		free(value);
	}
}

/*
 * --complete-words KIND TYPED [--sysroot DIR | --file DUMP]: the words of a kind on a
 * machine. The scripts compare them with the typed text.
 */
int complete_machine(int argc, char **argv)
{
	struct request req = { .given = OPT_NO_MODULE };
	struct machine m = { 0 };
	int status;

	if (argc == 4 && !strcmp(argv[2], "--sysroot"))
		req.sysroot = argv[3];
	else if (argc == 4 && !strcmp(argv[2], "--file"))
		req.dump = argv[3];
	else if (argc != 2)
		return usage_error("--complete-words: KIND and TYPED are required");
	status = machine_open(&m, &req);
	if (!status && !strcmp(argv[0], "DEVICE"))
		print_devices(&m, &req, argv[1]);
	for (size_t i = 0; !status && i < ARRAY_SIZE(values); i++)
		if (!strcmp(argv[0], values[i].kind))
			print_values(&m, values[i].get);
	machine_close(&m);
	return status;
}
