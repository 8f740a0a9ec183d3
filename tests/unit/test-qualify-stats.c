// SPDX-License-Identifier: GPL-2.0-only
/* The statistics of a qualification, against published and exactly known values. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#include "util/util.h"
#include "qualify/stats.h"

/* cmocka has its own for float only. */
static void is_near(double got, double want, double relative)
{
	if (fabs(got - want) <= relative * fabs(want))
		return;
	print_error("got %.17g, want %.17g\n", got, want);
	fail();
}

/* The failures that nobody saw: 1 - (1 - confidence) ^ (1 / n). */
static void no_failure_of_many(void **state)
{
	(void)state;
	for (size_t nr = 1; nr <= 10000000; nr *= 10)
		is_near(stats_upper_bound(0, nr, 0.95), -expm1(log(0.05) / (double)nr), 1e-8);
	assert_true(stats_upper_bound(0, 3000, 0.95) < 0.001);
	assert_true(stats_upper_bound(0, 2900, 0.95) > 0.001);
	assert_true(stats_lower_bound(0, 3000, 0.95) == 0);
}

/* By symmetry, with all of them failed. */
static void all_of_many(void **state)
{
	(void)state;
	is_near(stats_lower_bound(20, 20, 0.95), exp(log(0.05) / 20), 1e-12);
	assert_true(stats_upper_bound(20, 20, 0.95) == 1);
	assert_true(stats_lower_bound(0, 0, 0.95) == 0);
	assert_true(stats_upper_bound(0, 0, 0.95) == 1);
}

/* The tail of the binomial distribution, summed in the plain way. */
static double binomial_up_to(size_t hits, size_t nr, double p)
{
	double term = pow(1 - p, (double)nr), sum = term;

	for (size_t i = 1; i <= hits; i++) {
		term *= (double)(nr - i + 1) / (double)i * p / (1 - p);
		sum += term;
	}
	return sum;
}

/* The definition of the bounds: the tail at the bound is exactly 1 - confidence. */
static void bounds_fit_their_definition(void **state)
{
	static const size_t cases[][2] = { { 1, 2 },   { 1, 10 },   { 3, 50 },  { 10, 100 },
					   { 9, 10 },  { 33, 900 }, { 1, 400 }, { 200, 400 },
					   { 7, 700 }, { 5, 5 },    { 0, 30 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		size_t hits = cases[i][0], nr = cases[i][1];
		double low = stats_lower_bound(hits, nr, 0.95);
		double high = stats_upper_bound(hits, nr, 0.95);

		if (hits < nr)
			is_near(binomial_up_to(hits, nr, high), 0.05, 1e-9);
		if (hits > 1)
			is_near(1 - binomial_up_to(hits - 1, nr, low), 0.05, 1e-8);
		assert_true(low <= (double)hits / (double)nr && high >= (double)hits / (double)nr);
	}
}

/* Two-sided 95 % intervals, as textbooks print them: one-sided 97.5 % twice. */
static void bounds_are_those_of_tables(void **state)
{
	(void)state;
	is_near(stats_lower_bound(1, 10, 0.975), 0.0025285785, 1e-7);
	is_near(stats_upper_bound(1, 10, 0.975), 0.4450161170, 1e-7);
	is_near(stats_lower_bound(5, 10, 0.975), 0.1870860284, 1e-7);
	is_near(stats_upper_bound(5, 10, 0.975), 0.8129139716, 1e-7);
}

/* I_x(a, b) for whole numbers is a polynomial; and I_x(a, b) = 1 - I_(1-x)(b, a). */
static void beta_is_the_polynomial(void **state)
{
	(void)state;
	for (double x = 0.05; x < 1; x += 0.1) {
		is_near(stats_beta(x, 1, 1), x, 1e-13);
		is_near(stats_beta(x, 2, 1), x * x, 1e-13);
		is_near(stats_beta(x, 2, 2), x * x * (3 - 2 * x), 1e-13);
		is_near(stats_beta(x, 0.5, 0.5), 2 / M_PI * asin(sqrt(x)), 1e-12);
		is_near(stats_beta(x, 40, 900), 1 - stats_beta(1 - x, 900, 40), 1e-11);
	}
	assert_true(stats_beta(0, 3, 4) == 0);
	assert_true(stats_beta(1, 3, 4) == 1);
}

/* The lady tasting tea: all four cups of eight, and at least three of them. */
static void hypergeometric_is_fishers(void **state)
{
	(void)state;
	is_near(stats_hypergeometric(4, 4, 4, 8), 1.0 / 70, 1e-12);
	is_near(stats_hypergeometric(3, 4, 4, 8), 17.0 / 70, 1e-12);
	is_near(stats_hypergeometric(0, 4, 4, 8), 1, 1e-12);
	/* More are drawn than there are unmarked ones. */
	is_near(stats_hypergeometric(2, 4, 6, 8), 1, 1e-12);
	/* All 1000 of 10000 are hit: 1 / C(10000, 1000), which is 0 as a double. */
	is_near(stats_log_hypergeometric(1000, 1000, 1000, 10000),
		lgamma(1001) + lgamma(9001) - lgamma(10001), 1e-9);
}

static void normal_is_that_of_tables(void **state)
{
	(void)state;
	is_near(stats_normal(0), 0.5, 1e-14);
	is_near(stats_normal(1.959963984540054), 0.025, 1e-12);
	is_near(stats_normal(-1.959963984540054), 0.975, 1e-12);
	/* Both ways to compute it meet. */
	is_near(stats_log_normal(30.0000001), stats_log_normal(29.9999999), 1e-5);
	is_near(stats_log_normal(37), log(stats_normal(37)), 1e-5);
}

static void ranks_share_their_average(void **state)
{
	static const uint64_t v[] = { 30, 10, 20, 20, 40, 20 };
	static const double want[] = { 5, 1, 3, 3, 6, 3 };
	double ranks[6], ties;

	(void)state;
	assert_int_equal(stats_ranks(v, 6, ranks, &ties), 0);
	for (size_t i = 0; i < 6; i++)
		assert_true(ranks[i] == want[i]);
	assert_true(ties == 24);
}

static void trend_of_growing_values(void **state)
{
	double up[100], down[100], flat[100];

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		up[i] = (double)i + 1;
		down[i] = 100 - (double)i;
		flat[i] = 50.5;
	}
	is_near(stats_trend(up, 100, 0), sqrt(99), 1e-12);
	is_near(stats_trend(down, 100, 0), -sqrt(99), 1e-12);
	assert_true(stats_trend(flat, 100, 999900) == 0);
}

/* Five against five, all larger: U = 25, mean 12.5, variance 25 * 11 / 12. */
static void rank_sum_of_the_larger_half(void **state)
{
	(void)state;
	is_near(stats_rank_sum(6 + 7 + 8 + 9 + 10, 5, 10, 0), 12.5 / sqrt(275.0 / 12), 1e-12);
	assert_true(stats_rank_sum(0, 0, 10, 0) == 0);
	/* All values are equal. */
	assert_true(stats_rank_sum(5.5 * 5, 5, 10, 990) == 0);
}

static void quantiles_are_values(void **state)
{
	uint64_t v[] = { 50, 10, 40, 20, 30 };

	(void)state;
	stats_sort(v, 5);
	assert_int_equal(stats_quantile(v, 5, 0), 10);
	assert_int_equal(stats_quantile(v, 5, 0.5), 30);
	assert_int_equal(stats_quantile(v, 5, 0.99), 50);
	assert_int_equal(stats_quantile(v, 5, 1), 50);
	assert_int_equal(stats_quantile(v, 0, 0.5), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_failure_of_many),
		cmocka_unit_test(all_of_many),
		cmocka_unit_test(bounds_fit_their_definition),
		cmocka_unit_test(bounds_are_those_of_tables),
		cmocka_unit_test(beta_is_the_polynomial),
		cmocka_unit_test(hypergeometric_is_fishers),
		cmocka_unit_test(normal_is_that_of_tables),
		cmocka_unit_test(ranks_share_their_average),
		cmocka_unit_test(trend_of_growing_values),
		cmocka_unit_test(rank_sum_of_the_larger_half),
		cmocka_unit_test(quantiles_are_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
