/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of known broken resets: each row is refused for its device, and for no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "rules/rules.h"

#define BYTES 4096

/* A function of the row's kind that has PM and FLR, below a port. */
struct machine {
	uint8_t port[BYTES], function[BYTES];
	char path[64];
	struct pcireset_ctx *ctx;
	struct pcireset_dev *dev;
};

static void put16(uint8_t *config, size_t at, unsigned int value)
{
	config[at] = (uint8_t)value;
	config[at + 1] = (uint8_t)(value >> 8);
}

/* PM at 0x40 without No_Soft_Reset, PCI Express of that type at 0x50. */
static void fill(uint8_t *config, unsigned int vendor, unsigned int device, unsigned int class,
		 unsigned int express)
{
	memset(config, 0, BYTES);
	put16(config, PCI_VENDOR_ID, vendor);
	put16(config, PCI_DEVICE_ID, device);
	put16(config, PCI_STATUS, PCI_STATUS_CAP_LIST);
	put16(config, PCI_CLASS_DEVICE, class);
	config[PCI_CAPABILITY_LIST] = 0x40;
	put16(config, 0x40, 0x5000 | PCI_CAP_ID_PM);
	put16(config, 0x50, PCI_CAP_ID_EXP);
	put16(config, 0x52, 2 | express << 4);
	if (express == PCI_EXP_TYPE_ENDPOINT)
		put16(config, 0x56, PCI_EXP_DEVCAP_FLR >> 16);
}

static void print_function(FILE *out, const char *name, const uint8_t *config)
{
	fprintf(out, "%s device\n", name);
	for (size_t at = 0; at < BYTES; at += 16) {
		fprintf(out, "%02zx:", at);
		for (size_t i = 0; i < 16; i++)
			fprintf(out, " %02x", config[at + i]);
		fputc('\n', out);
	}
	fputc('\n', out);
}

/* Scan a dump of the port, of the function 01:00.0 and, if it is there, of 01:00.1. */
static void scan(struct machine *m, const uint8_t *neighbour)
{
	FILE *out;
	int fd;

	snprintf(m->path, sizeof(m->path), "%s/known-broken-XXXXXX", P_tmpdir);
	fd = mkstemp(m->path);
	assert_true(fd >= 0);
	out = fdopen(fd, "w");
	if (m->port[0])
		print_function(out, "00:01.0", m->port);
	print_function(out, "01:00.0", m->function);
	if (neighbour)
		print_function(out, "01:00.1", neighbour);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(pcireset_ctx_new_from_dump(m->path, &m->ctx), 0);
	assert_int_equal(pcireset_ctx_scan(m->ctx), !!m->port[0] + 1 + !!neighbour);
}

static void make_port(struct machine *m, const struct known_device *id, unsigned int device,
		      unsigned int express, const uint8_t *neighbour)
{
	fill(m->port, 0x8086, 0x1234, 0x0604, PCI_EXP_TYPE_ROOT_PORT);
	m->port[PCI_HEADER_TYPE] = PCI_HEADER_TYPE_BRIDGE;
	m->port[PCI_SECONDARY_BUS] = m->port[PCI_SUBORDINATE_BUS] = 1;
	fill(m->function, id->vendor, device, id->class ? id->class : 0x0200, express);
	if (id->revision != ANY_REVISION)
		m->function[PCI_REVISION_ID] = (uint8_t)id->revision;
	scan(m, neighbour);
	assert_int_equal(pcireset_dev_from_name(m->ctx, "01:00.0", &m->dev), 0);
	assert_int_equal(pcireset_dev_query(m->dev), 0);
}

static void make(struct machine *m, const struct known_device *id, unsigned int device)
{
	make_port(m, id, device,
		  id->is_downstream ? PCI_EXP_TYPE_DOWNSTREAM : PCI_EXP_TYPE_ENDPOINT, NULL);
}

static void unmake(struct machine *m)
{
	pcireset_dev_unref(m->dev);
	pcireset_ctx_unref(m->ctx);
	unlink(m->path);
}

/* Of the link types the bus is what the machine has. */
static uint32_t types_of(const struct known_broken *broken)
{
	return broken->types & (PCI_RESET_FLR | PCI_RESET_PM | PCI_RESET_BUS);
}

/* "lspci -s" leaves out the bridge above. A function on bus 1 is on no root bus. */
static void a_missing_port_is_not_a_root_bus(void **state)
{
	const struct known_broken *broken;
	size_t nr = 0;

	(void)state;
	for (size_t i = 0; (broken = known_broken_at(i)); i++) {
		struct machine m = { .ctx = NULL };

		if (!broken->is_off_root)
			continue;
		fill(m.function, broken->id.vendor, broken->id.device,
		     broken->id.class ? broken->id.class : 0x0200, PCI_EXP_TYPE_ENDPOINT);
		scan(&m, NULL);
		assert_int_equal(pcireset_dev_from_name(m.ctx, "01:00.0", &m.dev), 0);
		assert_int_equal(pcireset_dev_query(m.dev), 0);
		assert_int_equal(pcireset_dev_get_why_not(m.dev, broken->types),
				 PCIRESET_WHY_QUIRK);
		unmake(&m);
		nr++;
	}
	assert_int_equal(nr, 5);
}

static void each_row_is_refused_for_its_device(void **state)
{
	const struct known_broken *broken;

	(void)state;
	for (size_t i = 0; (broken = known_broken_at(i)); i++) {
		struct machine m;
		uint32_t type = types_of(broken);
		const char *text;

		make(&m, &broken->id, broken->id.device | (~broken->id.mask & 0x0005));
		assert_int_equal(pcireset_dev_get_types(m.dev) & type, 0);
		assert_int_equal(pcireset_dev_get_why_not(m.dev, type), PCIRESET_WHY_QUIRK);
		text = pcireset_dev_get_why_not_text(m.dev, type);
		assert_non_null(strstr(text, "known broken (kernel quirk)"));
		assert_non_null(strstr(text, broken->what));
		assert_non_null(strstr(text, broken->symbol));
		unmake(&m);
	}
	assert_true(known_broken_at(0));
}

static bool is_listed(unsigned int vendor, unsigned int device)
{
	const struct known_broken *broken;

	for (size_t i = 0; (broken = known_broken_at(i)); i++)
		if (broken->id.vendor == vendor && (device & broken->id.mask) == broken->id.device)
			return true;
	return false;
}

static void the_next_device_is_not_refused(void **state)
{
	const struct known_broken *broken;

	(void)state;
	for (size_t i = 0; (broken = known_broken_at(i)); i++) {
		unsigned int other = broken->id.device ^ 0x8000;
		struct machine m;

		if (is_listed(broken->id.vendor, other))
			continue;
		make(&m, &broken->id, other);
		assert_int_equal(pcireset_dev_get_types(m.dev) & types_of(broken),
				 types_of(broken));
		unmake(&m);
	}
}

static void another_port_of_the_switch_is_not_refused(void **state)
{
	const struct known_broken *broken;
	size_t nr = 0;

	(void)state;
	for (size_t i = 0; (broken = known_broken_at(i)); i++) {
		struct machine m;

		if (!broken->id.is_downstream)
			continue;
		make_port(&m, &broken->id, broken->id.device, PCI_EXP_TYPE_UPSTREAM, NULL);
		assert_int_equal(pcireset_dev_get_types(m.dev) & types_of(broken),
				 types_of(broken));
		unmake(&m);
		nr++;
	}
	assert_int_equal(nr, 3);
}

/* A bare FLR is not what the kernel does to these, and its own way is. */
/* A reset of their link would hit the function of the row, too. */
static void a_neighbour_is_not_reset_with_it(void **state)
{
	const struct known_broken *broken;
	uint8_t neighbour[BYTES];
	size_t nr = 0;

	(void)state;
	fill(neighbour, 0x8086, 0x4321, 0x0200, PCI_EXP_TYPE_ENDPOINT);
	for (size_t i = 0; (broken = known_broken_at(i)); i++) {
		struct pcireset_dev *dev;
		struct machine m;

		if (!(types_of(broken) & PCI_RESET_BUS) || broken->id.is_downstream)
			continue;
		make_port(&m, &broken->id, broken->id.device, PCI_EXP_TYPE_ENDPOINT, neighbour);
		assert_int_equal(pcireset_dev_from_name(m.ctx, "01:00.1", &dev), 0);
		assert_int_equal(pcireset_dev_query(dev), 0);
		assert_int_equal(pcireset_dev_get_types(dev), PCI_RESET_FLR | PCI_RESET_PM);
		assert_int_equal(pcireset_dev_get_why_not(dev, PCI_RESET_BUS), PCIRESET_WHY_QUIRK);
		assert_non_null(
			strstr(pcireset_dev_get_why_not_text(dev, PCI_RESET_BUS), broken->what));
		pcireset_dev_unref(dev);
		unmake(&m);
		nr++;
	}
	assert_true(nr > 0);
}

static void a_handler_stands_in_for_flr(void **state)
{
	const struct known_handler *handler;

	(void)state;
	for (size_t i = 0; (handler = known_handler_at(i)); i++) {
		struct machine m;
		uint32_t specific;

		make(&m, &handler->id, handler->id.device);
		specific = pcireset_dev_get_types(m.dev) & PCI_RESET_DEV_SPECIFIC;
		assert_int_equal(specific, handler->is_sure ? PCI_RESET_DEV_SPECIFIC : 0);
		assert_int_equal(pcireset_dev_get_why_not(m.dev, PCI_RESET_FLR),
				 PCIRESET_WHY_HAS_HANDLER);
		assert_non_null(strstr(pcireset_dev_get_why_not_text(m.dev, PCI_RESET_FLR),
				       handler->symbol));
		unmake(&m);
	}
	assert_true(known_handler_at(0));
}

static void every_row_has_all_there_is_to_say(void **state)
{
	const struct known_broken *a, *b;

	(void)state;
	for (size_t i = 0; (a = known_broken_at(i)); i++) {
		assert_true(*a->what && *a->symbol && *a->since && a->types);
		assert_int_equal(a->id.device & ~a->id.mask, 0);
		for (size_t j = 0; j < i && (b = known_broken_at(j)); j++)
			assert_false(!memcmp(&a->id, &b->id, sizeof(a->id)) &&
				     a->types == b->types);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_refused_for_its_device),
		cmocka_unit_test(a_missing_port_is_not_a_root_bus),
		cmocka_unit_test(the_next_device_is_not_refused),
		cmocka_unit_test(another_port_of_the_switch_is_not_refused),
		cmocka_unit_test(a_neighbour_is_not_reset_with_it),
		cmocka_unit_test(a_handler_stands_in_for_flr),
		cmocka_unit_test(every_row_has_all_there_is_to_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
