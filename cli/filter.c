/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Selection of functions for list: by driver, class, vendor and slot, with one table
 * for all.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "request.h"

/* One parsed option. A class or vendor is a value under a mask, a class may also be a name. */
struct filter {
	const struct filter_row *row;
	const char *arg;
	uint32_t value, mask;
};

struct filter_row {
	const char *option;
	const char *unknown; /* a fact that a dump lacks; NULL if it has it */
	int (*read)(struct filter *filter);
	bool (*fits)(const struct filter *filter, const struct pcireset_dev *dev);
};

/* Hexadecimal digits; "x" is any digit. */
static bool read_digits(const char *digits, uint32_t *ret_value, uint32_t *ret_mask)
{
	*ret_value = *ret_mask = 0;
	for (; *digits; digits++) {
		char c = (char)tolower((unsigned char)*digits);

		if (!isxdigit((unsigned char)c) && c != 'x')
			return false;
		*ret_value <<= 4;
		*ret_mask <<= 4;
		if (c == 'x')
			continue;
		*ret_value |= (uint32_t)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
		*ret_mask |= 0xf;
	}
	return true;
}

static const char *skip_0x(const char *arg)
{
	return strncasecmp(arg, "0x", 2) ? arg : arg + 2;
}

static int bad_value(const struct filter *filter, const char *wanted)
{
	return usage_error("--%s: '%s' is not %s", filter->row->option, filter->arg, wanted);
}

static int read_name(struct filter *filter)
{
	return *filter->arg ? STATUS_DONE : bad_value(filter, "a name");
}

static int read_vendor(struct filter *filter)
{
	const char *digits = skip_0x(filter->arg);

	if (!*digits || strlen(digits) > 4 || strspn(digits, "xX") ||
	    !read_digits(digits, &filter->value, &filter->mask))
		return bad_value(filter, "a vendor ID (such as 8086 or 0x8086)");
	return STATUS_DONE;
}

/* "03", "0300", "030000", "0300:00", each also after "::" as for lspci -d; otherwise a name. */
static int read_class(struct filter *filter)
{
	const char *arg = filter->arg + (strncmp(filter->arg, "::", 2) ? 0 : 2), *p = skip_0x(arg);
	bool is_name = !isdigit((unsigned char)*arg) && p == filter->arg;
	char digits[8] = "";
	size_t nr = 0;

	for (; *p && nr < sizeof(digits) - 1; p++)
		if (*p != ':' || nr != 4 || !p[1])
			digits[nr++] = *p;
	if (!*p && (nr == 2 || nr == 4 || nr == 6) &&
	    read_digits(digits, &filter->value, &filter->mask)) {
		filter->value <<= 24 - 4 * nr;
		filter->mask <<= 24 - 4 * nr;
		return STATUS_DONE;
	}
	if (!*filter->arg || !is_name)
		return bad_value(filter, "a class (such as 02, 0200, 020000 or ethernet)");
	return class_names_check() ? STATUS_DONE :
				     usage_error("--class: cannot read the names of classes; "
						 "use a number such as 0200");
}

static bool fits_driver(const struct filter *filter, const struct pcireset_dev *dev)
{
	const char *driver = pcireset_dev_get_driver(dev);

	return driver && !strcmp(driver, filter->arg);
}

static bool fits_slot(const struct filter *filter, const struct pcireset_dev *dev)
{
	const char *slot = pcireset_dev_get_slot(dev);

	return slot && !strcmp(slot, filter->arg);
}

static bool fits_vendor(const struct filter *filter, const struct pcireset_dev *dev)
{
	return pcireset_dev_get_vendor(dev) == filter->value;
}

static bool fits_class(const struct filter *filter, const struct pcireset_dev *dev)
{
	uint32_t class = pcireset_dev_get_class(dev);

	return filter->mask ? (class & filter->mask) == filter->value :
			      class_has_name(class, filter->arg);
}

static const struct filter_row rows[] = {
	{ "driver", "drivers", read_name, fits_driver },
	{ "class", NULL, read_class, fits_class },
	{ "vendor", NULL, read_vendor, fits_vendor },
	{ "slot", "slots", read_name, fits_slot },
};

/* The argument of one of the options above. It must outlive the request. */
int filter_add(struct request *req, const char *option, const char *arg)
{
	struct filter filter = { .arg = arg };
	int status;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].option, option))
			filter.row = &rows[i];
	status = filter.row->read(&filter);
	if (status)
		return status;
	req->filters = must(reallocarray(req->filters, req->nr_filters + 1, sizeof(filter)));
	req->filters[req->nr_filters++] = filter;
	return STATUS_DONE;
}

/* An unknown fact neither matches nor differs, so there is no correct list. */
int filters_check(const struct request *req)
{
	for (size_t i = 0; req->dump && i < req->nr_filters; i++)
		if (req->filters[i].row->unknown)
			return usage_error("--%s: a dump (--file) does not contain %s",
					   req->filters[i].row->option,
					   req->filters[i].row->unknown);
	return STATUS_DONE;
}

/* A function must match one value of each given option. */
bool filters_fit(const struct request *req, const struct pcireset_dev *dev)
{
	bool given[ARRAY_SIZE(rows)] = { false }, fits[ARRAY_SIZE(rows)] = { false };

	for (size_t i = 0; i < req->nr_filters; i++) {
		const struct filter *filter = &req->filters[i];
		size_t row = (size_t)(filter->row - rows);

		given[row] = true;
		fits[row] = fits[row] || filter->row->fits(filter, dev);
	}
	for (size_t row = 0; row < ARRAY_SIZE(rows); row++)
		if (given[row] && !fits[row])
			return false;
	return true;
}
