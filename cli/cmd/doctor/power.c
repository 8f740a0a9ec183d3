/* SPDX-License-Identifier: GPL-2.0-only */
/* Which slots can be power-cycled, and by which method: a line for each port with functions below it. */
#include <stdlib.h>
#include <string.h>
#include "doctor.h"

static bool is_known(const struct doctor *doctor, size_t first, const char *name)
{
	for (size_t i = first; i < doctor->nr; i++)
		if (!strcmp(doctor->v[i].device ? doctor->v[i].device : "", name))
			return true;
	return false;
}

/* todo: NULL for a method that is known */
static void add_port(struct doctor *doctor, const char *name, char *words, const char *todo)
{
	struct finding *f =
		doctor_add(doctor, "power-cycle", todo ? VERDICT_NOTE : VERDICT_OK, words);

	f->device = *name ? text("%s", name) : NULL;
	f->todo = todo ? text("%s", todo) : NULL;
}

static void check_power(struct doctor *doctor, struct pcireset_dev *dev, size_t first)
{
	struct pcireset_dev *port;
	const char *words, *name;
	enum pcireset_power power = pcireset_dev_get_power(dev, &port, &words);

	name = port ? pcireset_dev_get_name(port) : "";
	if (power == PCIRESET_POWER_NONE || is_known(doctor, first, name))
		return;
	if (power == PCIRESET_POWER_SLOT)
		add_port(doctor, name, text("slot %s: by its power controller", words), NULL);
	else if (power == PCIRESET_POWER_D3COLD)
		add_port(doctor, name, text("by D3cold, with power resources of firmware"), NULL);
	else
		add_port(doctor, name, text("unknown: %s", words),
			 "sudo pcireset doctor, on the machine itself");
}

/* The words before the name of its port at the end of an unknown finding, or 0. */
static size_t len_without_port(const struct finding *f)
{
	size_t len = strlen(f->text), end = f->device ? strlen(f->device) : 0;

	if (f->verdict != VERDICT_NOTE || !end || len < end ||
	    strcmp(f->text + len - end, f->device) != 0)
		return 0;
	return len - end;
}

static void count_ports_in(struct finding *f, size_t len, size_t nr)
{
	char *counted = text("%.*s%zu ports", (int)len, f->text, nr);

	free(f->text);
	f->text = counted;
	free(f->device);
	f->device = NULL;
}

/* A recording can lack the same fact about all ports: count them in one note. */
static void merge_ports(struct doctor *doctor, size_t first)
{
	for (size_t i = first; i < doctor->nr; i++) {
		size_t len = len_without_port(&doctor->v[i]), nr = 1;

		for (size_t j = i + 1; len && j < doctor->nr;) {
			if (len_without_port(&doctor->v[j]) != len ||
			    memcmp(doctor->v[j].text, doctor->v[i].text, len) != 0) {
				j++;
				continue;
			}
			doctor_drop_at(doctor, j);
			nr++;
		}
		if (nr > 1)
			count_ports_in(&doctor->v[i], len, nr);
	}
}

/* Query facts that functions below one port share only once. */
void doctor_check_power(struct doctor *doctor)
{
	struct pcireset_dev *dev, *last = NULL;
	size_t first = doctor->nr;

	pcireset_dev_foreach(doctor->machine.ctx, dev) {
		struct pcireset_dev *parent = pcireset_dev_get_parent(dev);

		if (parent && parent != last && !pcireset_dev_get_physfn(dev))
			check_power(doctor, dev, first);
		last = parent;
	}
	merge_ports(doctor, first);
	if (doctor->nr == first)
		doctor_add(doctor, "power-cycle", VERDICT_OK,
			   text("the power of no slot can be cut"));
}
