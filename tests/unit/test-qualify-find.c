// SPDX-License-Identifier: GPL-2.0-only
/* The finders of a qualification: they find each planted fault and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "qualify/series.h"

#define SEEDS 40

/* A run of one device, made from a seed. */
struct run {
	struct pcireset_sample *v;
	size_t nr;
	uint64_t state;
};

/* Marsaglia's xorshift */
static double chance(struct run *run)
{
	run->state ^= run->state << 13;
	run->state ^= run->state >> 7;
	run->state ^= run->state << 17;
	return (double)(run->state >> 11) / 9007199254740992.0;
}

/* Types in a random order; times around 100 ms, some of them late, without a pattern. */
static struct run make(uint64_t seed, size_t nr, uint32_t types)
{
	struct run run = { calloc(nr, sizeof(struct pcireset_sample)), nr,
			   (seed + 1) * 0x9e3779b97f4a7c15 };
	uint32_t list[NR_TYPES] = { 0 }, nr_types = 0, type;

	assert_non_null(run.v);
	for (size_t i = 0; (type = pcireset_type_at(i)); i++)
		if (types & type)
			list[nr_types++] = type;
	for (size_t i = 0; i < nr; i++) {
		run.v[i] = (struct pcireset_sample){
			.round = (uint32_t)i,
			.type = list[(size_t)(chance(&run) * nr_types)],
			.previous = i ? run.v[i - 1].type : 0,
			.result = PCIRESET_RESULT_VERIFIED,
			.ready_ns = 100000000 + (uint64_t)(chance(&run) * 2e6),
			.total_ns = 120000000,
		};
		if (chance(&run) < 0.01)
			run.v[i].ready_ns += 50000000;
	}
	return run;
}

static struct findings find_in(const struct run *run)
{
	struct findings findings;

	assert_int_equal(findings_make(&findings, (struct samples){ run->v, run->nr }), 0);
	return findings;
}

/* The one finding, whose text is shown if it is another one. */
static void finds(struct run *run, uint32_t mark, uint32_t pattern, uint32_t detail)
{
	struct findings findings = find_in(run);
	const struct pcireset_finding *f = findings.v;

	for (size_t i = 0; i < findings.nr && findings.nr != 1; i++)
		print_error("finding: %s\n", findings.texts[i]);
	assert_int_equal(findings.nr, 1);
	if (f->mark != mark || f->pattern != pattern)
		print_error("finding: %s\n", findings.texts[0]);
	assert_int_equal(f->mark, mark);
	assert_int_equal(f->pattern, pattern);
	if (pattern == PCIRESET_PATTERN_PERIOD)
		assert_int_equal(f->period, detail);
	if (pattern == PCIRESET_PATTERN_AFTER)
		assert_int_equal(f->previous, detail);
	if (pattern >= PCIRESET_PATTERN_PERIOD)
		assert_true(f->p < SIGNIFICANCE);
	else
		assert_true(f->p == 1);
	findings_free(&findings);
	free(run->v);
}

static void finds_nothing_where_nothing_is_planted(void **state)
{
	static const uint32_t types[] = { PCI_RESET_FLR, PCI_RESET_FLR | PCI_RESET_PM,
					  PCI_RESET_FUNC | PCI_RESET_BUS };

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		for (size_t t = 0; t < ARRAY_SIZE(types); t++) {
			struct run run = make(seed, 3000, types[t]);
			struct findings findings = find_in(&run);

			for (size_t i = 0; i < findings.nr; i++)
				print_error("seed %u: %s\n", (unsigned int)seed, findings.texts[i]);
			assert_int_equal(findings.nr, 0);
			free(run.v);
		}
}

static void finds_every_300th(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 6000, PCI_RESET_BUS | PCI_RESET_FLR);
		size_t nr = 17 * seed;

		for (size_t i = 0; i < run.nr; i++)
			if (run.v[i].type == PCI_RESET_BUS && ++nr % 300 == 0)
				run.v[i].marks = PCIRESET_MARK_LINK_WIDTH;
		finds(&run, PCIRESET_MARK_LINK_WIDTH, PCIRESET_PATTERN_PERIOD, 300);
	}
}

/* Also if it is nearly as often as not, and far beyond what a double can hold. */
static void finds_short_periods(void **state)
{
	(void)state;
	for (uint32_t period = 2; period < 12; period++) {
		struct run run = make(period, 10000, PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i += period)
			run.v[i].marks = PCIRESET_MARK_CONFIG;
		finds(&run, PCIRESET_MARK_CONFIG, PCIRESET_PATTERN_PERIOD, period);
	}
}

/* A period beside the same deviation at random. */
static void finds_a_period_in_noise(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 5000, PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i++)
			if (i % 100 == 42 || chance(&run) < 0.01)
				run.v[i].marks = PCIRESET_MARK_CONFIG;
		finds(&run, PCIRESET_MARK_CONFIG, PCIRESET_PATTERN_PERIOD, 100);
	}
}

/* A counter of the device that counts resets of any type. */
static void finds_a_period_of_all_types(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 5000, PCI_RESET_BUS | PCI_RESET_FLR | PCI_RESET_PM);

		for (size_t i = 100; i < run.nr; i += 128)
			run.v[i].marks = PCIRESET_MARK_CONFIG;
		finds(&run, PCIRESET_MARK_CONFIG, PCIRESET_PATTERN_PERIOD, 128);
	}
}

static void finds_pm_after_flr(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 300, PCI_RESET_PM | PCI_RESET_FLR | PCI_RESET_BUS);

		for (size_t i = 0; i < run.nr; i++)
			if (run.v[i].type == PCI_RESET_PM && run.v[i].previous == PCI_RESET_FLR)
				run.v[i].marks = PCIRESET_MARK_NO_EFFECT;
		finds(&run, PCIRESET_MARK_NO_EFFECT, PCIRESET_PATTERN_AFTER, PCI_RESET_FLR);
	}
}

/* Even if it happens in one of four only. */
static void finds_pm_sometimes_after_flr(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 2000, PCI_RESET_PM | PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i++)
			if (run.v[i].type == PCI_RESET_PM && run.v[i].previous == PCI_RESET_FLR &&
			    chance(&run) < 0.25)
				run.v[i].marks = PCIRESET_MARK_NO_EFFECT;
		finds(&run, PCIRESET_MARK_NO_EFFECT, PCIRESET_PATTERN_AFTER, PCI_RESET_FLR);
	}
}

/* The types of the last resets before one, oldest first, and then its own; 0 at the end. */
static bool is_at_end_of(const struct run *run, size_t at, const uint32_t *sequence)
{
	size_t nr = 0;

	while (sequence[nr])
		nr++;
	if (at + 1 < nr)
		return false;
	for (size_t i = 0; i < nr; i++)
		if (run->v[at + 1 - nr + i].type != sequence[i])
			return false;
	return true;
}

/* The only finding has this sequence, and this text at its beginning. */
static void finds_sequence(const struct run *run, const uint32_t *sequence, const char *text)
{
	struct findings findings = find_in(run);

	for (size_t i = 0; i < findings.nr && findings.nr != 1; i++)
		print_error("finding: %s\n", findings.texts[i]);
	assert_int_equal(findings.nr, 1);
	if (strncmp(findings.texts[0], text, strlen(text)) != 0)
		print_error("finding: %s\n", findings.texts[0]);
	assert_memory_equal(findings.texts[0], text, strlen(text));
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(findings.v->sequence[i], *sequence);
		sequence += *sequence != 0;
	}
	findings_free(&findings);
}

/* The shortest sequence is named, neither a part of it nor a longer one. */
static void finds_sequences_of_each_length(void **state)
{
	static const struct {
		uint32_t sequence[6];
		const char *text;
	} cases[] = {
		{ { PCI_RESET_FLR, PCI_RESET_BUS }, "bus after flr: the reset" },
		{ { PCI_RESET_FLR, PCI_RESET_PM, PCI_RESET_BUS }, "bus after flr, pm: the reset" },
		{ { PCI_RESET_PM, PCI_RESET_PM, PCI_RESET_FLR, PCI_RESET_BUS },
		  "bus after pm, pm, flr: the reset" },
		{ { PCI_RESET_FLR, PCI_RESET_FLR, PCI_RESET_FLR, PCI_RESET_FLR, PCI_RESET_FLR },
		  "flr after flr, flr, flr, flr: the reset" },
	};

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++)
		for (size_t c = 0; c < ARRAY_SIZE(cases); c++) {
			struct run run =
				make(seed, 6000, PCI_RESET_PM | PCI_RESET_FLR | PCI_RESET_BUS);

			for (size_t i = 0; i < run.nr; i++)
				if (is_at_end_of(&run, i, cases[c].sequence))
					run.v[i].marks = PCIRESET_MARK_NO_EFFECT;
			finds_sequence(&run, cases[c].sequence, cases[c].text);
			free(run.v);
		}
}

static void finds_slower_after_two(void **state)
{
	static const uint32_t sequence[] = { PCI_RESET_BUS, PCI_RESET_FLR, PCI_RESET_BUS, 0 };

	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 2000, PCI_RESET_BUS | PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i++)
			if (is_at_end_of(&run, i, sequence))
				run.v[i].ready_ns += 30000000;
		finds_sequence(&run, sequence, "bus after bus, flr: ready later than usual");
		free(run.v);
	}
}

/* The run stops at its first failure: the shortest end that has never passed. */
static void keeps_the_smallest_failing_sequence(void **state)
{
	static const uint32_t types[] = { PCI_RESET_FLR, PCI_RESET_BUS,
					  PCI_RESET_PM,  PCI_RESET_BUS,
					  PCI_RESET_FLR, PCI_RESET_PM,
					  PCI_RESET_BUS, 0 };
	struct run run = make(1, ARRAY_SIZE(types) - 1, PCI_RESET_FLR);

	(void)state;
	for (size_t i = 0; i < run.nr; i++) {
		run.v[i].type = types[i];
		run.v[i].previous = i ? types[i - 1] : 0;
	}
	run.v[run.nr - 1].marks = PCIRESET_MARK_FAILED;
	/* A bus reset after pm alone has passed. */
	finds_sequence(&run, types + 4, "bus, once: the reset failed");
	/* No other bus reset is known, so the types before may not matter. */
	run.v[3].type = run.v[1].type = PCI_RESET_PM;
	finds_sequence(&run, types + 6, "bus, once: the reset failed");
	free(run.v);
}

/* A probability is no pattern; and its bounds contain it, except once in ten times. */
static void finds_no_pattern_in_a_probability(void **state)
{
	size_t nr_outside = 0;

	(void)state;
	for (uint64_t seed = 0; seed < 3 * SEEDS; seed++) {
		struct run run = make(seed, 4000, PCI_RESET_FLR);
		struct findings findings;

		for (size_t i = 0; i < run.nr; i++)
			if (chance(&run) < 0.01)
				run.v[i].marks = PCIRESET_MARK_NOT_READY;
		findings = find_in(&run);
		assert_int_equal(findings.nr, 1);
		assert_int_equal(findings.v->pattern, PCIRESET_PATTERN_RANDOM);
		nr_outside += findings.v->low > 0.01 || findings.v->high < 0.01;
		findings_free(&findings);
		free(run.v);
	}
	/* 12 are expected of 120; more than 24 happen once in a thousand times. */
	assert_in_range(nr_outside, 0, 24);
}

static void finds_more_and_more(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 4000, PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i++)
			if (chance(&run) < 0.1 * (double)i / (double)run.nr)
				run.v[i].marks = PCIRESET_MARK_FAILED;
		finds(&run, PCIRESET_MARK_FAILED, PCIRESET_PATTERN_RISING, 0);
	}
}

static void finds_single_events(void **state)
{
	struct run run = make(1, 1000, PCI_RESET_FLR);

	(void)state;
	run.v[500].marks = PCIRESET_MARK_NEIGHBOUR;
	run.v[500].who = (struct pcireset_addr){ .bus = 3 };
	run.v[500].who_offset = 0x44;
	finds(&run, PCIRESET_MARK_NEIGHBOUR, PCIRESET_PATTERN_ONCE, 0);

	run = make(1, 1000, PCI_RESET_FLR);
	for (size_t i = 0; i < run.nr; i++)
		run.v[i].marks = PCIRESET_MARK_ATS;
	finds(&run, PCIRESET_MARK_ATS, PCIRESET_PATTERN_ALWAYS, 0);
}

static void finds_slower_with_each_reset(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 3000, PCI_RESET_BUS | PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i++)
			if (run.v[i].type == PCI_RESET_BUS)
				run.v[i].ready_ns += i * 5000;
		finds(&run, PCIRESET_MARK_SLOW, PCIRESET_PATTERN_TREND, 0);
	}
}

/* One disturbance, one step or a shorter time is no trend. */
static void finds_no_trend_in_a_step(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 3000, PCI_RESET_FLR);
		struct findings findings;

		for (size_t i = 0; i < run.nr; i++)
			if (i > 2800)
				run.v[i].ready_ns += 3000000;
			else
				run.v[i].ready_ns -= i;
		findings = find_in(&run);
		assert_int_equal(findings.nr, 0);
		free(run.v);
	}
}

static void finds_slower_after_bus(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 600, PCI_RESET_BUS | PCI_RESET_FLR);

		for (size_t i = 0; i < run.nr; i++)
			if (run.v[i].type == PCI_RESET_FLR && run.v[i].previous == PCI_RESET_BUS)
				run.v[i].ready_ns += 30000000;
		finds(&run, PCIRESET_MARK_SLOW, PCIRESET_PATTERN_AFTER, PCI_RESET_BUS);
	}
}

static void finds_every_50th_late(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		struct run run = make(seed, 3000, PCI_RESET_FLR);

		for (size_t i = 7; i < run.nr; i += 50)
			run.v[i].ready_ns += 80000000;
		finds(&run, PCIRESET_MARK_SLOW, PCIRESET_PATTERN_PERIOD, 50);
	}
}

static void finds_a_restart(void **state)
{
	struct run run = make(1, 100, PCI_RESET_FLR);

	(void)state;
	run.v[50].result = 0;
	run.v[50].marks = PCIRESET_MARK_MACHINE;
	finds(&run, PCIRESET_MARK_MACHINE, PCIRESET_PATTERN_ONCE, 0);
}

static void summary_counts_each_reset_once(void **state)
{
	struct run run = make(1, 3003, PCI_RESET_FLR);
	struct series series = { .type = PCI_RESET_FLR };
	struct pcireset_series summary;

	(void)state;
	run.v[0].result = 0;
	run.v[1].marks = PCIRESET_MARK_CORRECTABLE;
	run.v[2].result = PCIRESET_RESULT_UNVERIFIED;
	run.v[3].marks = PCIRESET_MARK_NOT_READY | PCIRESET_MARK_CONFIG;
	assert_int_equal(series_select(&series, (struct samples){ run.v, run.nr }), 0);
	assert_int_equal(series_summarize(&series, &summary), 0);
	assert_int_equal(summary.nr, 3002);
	assert_int_equal(summary.nr_interrupted, 1);
	assert_int_equal(summary.nr_unverified, 1);
	assert_int_equal(summary.nr_failed, 1);
	assert_true(summary.failed_low > 0 && summary.failed_high < 0.002);
	assert_true(summary.ready_ns[0] >= 100000000 && summary.ready_ns[1] < 102000000);
	assert_true(summary.ready_ns[4] > 150000000);
	series_free(&series);
	free(run.v);
}

static void words_of_findings(void **state)
{
	struct pcireset_finding finding = {
		.mark = PCIRESET_MARK_LINK_WIDTH,
		.pattern = PCIRESET_PATTERN_PERIOD,
		.type = PCI_RESET_BUS,
		.period = 300,
		.nr = 33,
		.of = 10000,
		.low = 0.0024,
		.high = 0.0045,
		.p = 1e-80,
	};
	char *text = finding_text(&finding);

	(void)state;
	assert_string_equal(text, "every 300th bus: fewer lanes (33 of 10000 resets, 0.24 % to "
				  "0.45 % at 95 % each; p = 1e-80)");
	free(text);
	assert_string_equal(pcireset_mark_to_str(PCIRESET_MARK_NEIGHBOUR), "neighbour");
	assert_string_equal(pcireset_pattern_to_str(PCIRESET_PATTERN_TREND), "trend");
	assert_null(pcireset_mark_to_str(0));
	assert_null(pcireset_pattern_to_str(99));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_nothing_where_nothing_is_planted),
		cmocka_unit_test(finds_every_300th),
		cmocka_unit_test(finds_short_periods),
		cmocka_unit_test(finds_a_period_in_noise),
		cmocka_unit_test(finds_a_period_of_all_types),
		cmocka_unit_test(finds_pm_after_flr),
		cmocka_unit_test(finds_pm_sometimes_after_flr),
		cmocka_unit_test(finds_sequences_of_each_length),
		cmocka_unit_test(finds_slower_after_two),
		cmocka_unit_test(keeps_the_smallest_failing_sequence),
		cmocka_unit_test(finds_no_pattern_in_a_probability),
		cmocka_unit_test(finds_more_and_more),
		cmocka_unit_test(finds_single_events),
		cmocka_unit_test(finds_slower_with_each_reset),
		cmocka_unit_test(finds_no_trend_in_a_step),
		cmocka_unit_test(finds_slower_after_bus),
		cmocka_unit_test(finds_every_50th_late),
		cmocka_unit_test(finds_a_restart),
		cmocka_unit_test(summary_counts_each_reset_once),
		cmocka_unit_test(words_of_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
