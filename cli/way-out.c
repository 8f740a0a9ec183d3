/* SPDX-License-Identifier: GPL-2.0-only */
/* The remedy at the end of each refusal message. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "machine.h"

/* "--force mount,swap", including the uses that are already forced. */
static char *force_option(uint32_t uses)
{
	char *all = text("--force");

	for (uint32_t bit = 1; bit; bit <<= 1) {
		const char *word = uses & bit ? pcireset_use_to_str(bit) : NULL;
		char *longer;

		if (!word)
			continue;
		longer = text("%s%s%s", all, strchr(all, ' ') ? "," : " ", word);
		free(all);
		all = longer;
	}
	return all;
}

static char *force_way(const struct request *req, const struct pcireset_plan *plan)
{
	char *option = force_option(req->force | pcireset_plan_get_in_way(plan));
	char *way = text("end that use or use %s", option);

	free(option);
	return way;
}

/* "--type pm (1 function) or --type bus (3 functions)"; NULL if no type would work. */
static char *type_options(const struct pcireset_dev *dev, uint32_t types)
{
	char *all = text("%s", ""), *longer;
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		size_t nr = pcireset_dev_get_nr_members(dev, type);

		if (!(types & type))
			continue;
		longer = text("%s%s--type %s (%zu function%s)", all, *all ? " or " : "",
			      pcireset_type_to_str(type, 0), nr, nr == 1 ? "" : "s");
		free(all);
		all = longer;
	}
	if (*all)
		return all;
	free(all);
	return NULL;
}

/* The types that would work and are not allowed, or that are allowed and too wide. */
static char *type_way(const struct request *req, struct pcireset_plan *plan)
{
	struct pcireset_dev *dev = pcireset_plan_get_dev(plan);
	struct pcireset_ctx *ctx = pcireset_dev_get_ctx(dev);
	uint32_t allowed, works = pcireset_dev_get_types(dev);
	char *options, *way;

	if (pcireset_types_from_str(ctx, req->types, &allowed))
		return NULL;
	if (works & allowed)
		return text("use a wider --max-scope");
	if (allowed == PCI_RESET_ANY)
		return NULL;
	/* link_disable is for a port whose other resets are broken. */
	if (works & ~(uint32_t)PCI_RESET_LINK_DISABLE)
		works &= ~(uint32_t)PCI_RESET_LINK_DISABLE;
	options = type_options(dev, works);
	way = options ? text("use %s", options) : text("no other type is supported");
	free(options);
	return way;
}

/*
 * A function below a port can be re-enumerated, beginning with the topmost one that is gone.
 * A VF is found again with its PF.
 */
char *way_to_find(struct pcireset_dev *dev)
{
	const struct pcireset_dev *top = pcireset_dev_get_topmost_gone(dev), *physfn;

	top = top ? top : dev;
	physfn = pcireset_dev_get_physfn(top);
	top = physfn ? physfn : top;
	if (!pcireset_dev_get_parent(top) && !pcireset_dev_has_unknown_parent(top))
		return NULL;
	return text("pcireset re-enumerate %s --type bus", pcireset_dev_get_name(top));
}

static char *gone_way(struct pcireset_dev *dev)
{
	char *command = way_to_find(dev), *way;

	if (!command)
		return text("no port is above it; restart the machine");
	way = text("to re-enumerate it, run: %s; or power-cycle it", command);
	free(command);
	return way;
}

/* Another affected function that is gone: the reason begins with its address. */
static struct pcireset_dev *other_that_is_gone(struct pcireset_dev *dev)
{
	struct pcireset_dev *other;
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		const char *why = pcireset_dev_get_why_not_text(dev, type), *end;
		char name[PCIRESET_ADDR_STR_MAX];

		end = why && pcireset_dev_get_why_not(dev, type) == PCIRESET_WHY_GONE ?
			      strstr(why, ": ") :
			      NULL;
		if (!end || (size_t)(end - why) >= sizeof(name))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(end - why), why);
		if (!pcireset_dev_from_name(pcireset_dev_get_ctx(dev), name, &other)) {
			pcireset_dev_unref(other); /* the context keeps a reference */
			return other;
		}
	}
	return NULL;
}

/* Is the function itself gone, and not another affected one? */
static bool is_gone(struct pcireset_dev *dev)
{
	const char *gone = pcireset_why_to_str(PCIRESET_WHY_GONE, 0), *why;
	uint32_t type;

	for (size_t i = 0; (type = pcireset_type_at(i)); i++) {
		why = pcireset_dev_get_why_not_text(dev, type);
		if (why && !strcmp(why, gone))
			return true;
	}
	return false;
}

static char *way_of_plan(const struct request *req, struct pcireset_plan *plan)
{
	struct pcireset_ctx *ctx = pcireset_dev_get_ctx(pcireset_plan_get_dev(plan));
	uint32_t in_way = pcireset_plan_get_in_way(plan);
	uint32_t why = pcireset_plan_get_why(plan);
	int error = pcireset_plan_get_error(plan);

	/* These reasons already include a remedy. */
	if (!error || why == PCIRESET_WHY_NEEDS_MODULE)
		return NULL;
	if ((in_way == PCIRESET_USE_DRIVER || why == PCIRESET_WHY_VFIO_OPEN) &&
	    pcireset_ctx_get_backend(ctx) == PCIRESET_BACKEND_SYSFS)
		return NULL;
	/* The module refuses what is open in VFIO, forced or not. */
	if (why == PCIRESET_WHY_VFIO_OPEN)
		return in_way ? text("end that use") : NULL;
	if (is_gone(pcireset_plan_get_dev(plan)))
		return gone_way(pcireset_plan_get_dev(plan));
	if (in_way)
		return force_way(req, plan);
	if (other_that_is_gone(pcireset_plan_get_dev(plan)))
		return gone_way(other_that_is_gone(pcireset_plan_get_dev(plan)));
	return error == -EOPNOTSUPP ? type_way(req, plan) : NULL;
}

static char *behind_message(char *way)
{
	char *end = way ? text("; %s", way) : text("%s", "");

	free(way);
	return end;
}

/* The text to append to a plan's message: "; use --force mount", or "". */
char *way_out(const struct request *req, struct pcireset_plan *plan)
{
	return behind_message(way_of_plan(req, plan));
}

/* The same without a plan. */
char *way_out_of_error(struct pcireset_dev *dev, int r)
{
	if (r == -ENODEV)
		return behind_message(gone_way(dev));
	return behind_message(r == -EROFS ? text("to see the affected functions, run: pcireset "
						 "plan") :
					    NULL);
}
