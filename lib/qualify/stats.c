/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Exact bounds, tests and quantiles. */
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include "stats.h"

/* lgamma() would write the global signgam. */
static double log_gamma(double x)
{
	int sign;

	return lgamma_r(x, &sign);
}

/* The denominators of the continued fraction must not be zero. */
static double not_zero(double x)
{
	return fabs(x) < DBL_MIN / DBL_EPSILON ? DBL_MIN / DBL_EPSILON : x;
}

/*
 * The continued fraction of the incomplete beta function (DLMF 8.17.22), evaluated from
 * the front. It needs about sqrt(max(a, b)) terms if x < (a + 1) / (a + b + 2).
 */
static double beta_fraction(double x, double a, double b)
{
	double c = 1, d = 1 / not_zero(1 - (a + b) * x / (a + 1)), f = d, step = 0;

	for (double m = 1; m < 1e5 && fabs(step - 1) > 4 * DBL_EPSILON; m++) {
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));

		d = 1 / not_zero(1 + even * d);
		c = not_zero(1 + even / c);
		f *= c * d;
		d = 1 / not_zero(1 + odd * d);
		c = not_zero(1 + odd / c);
		step = c * d;
		f *= step;
	}
	return f;
}

double stats_beta(double x, double a, double b)
{
	double front;

	if (x <= 0 || x >= 1)
		return x >= 1;
	front = exp(log_gamma(a + b) - log_gamma(a) - log_gamma(b) + a * log(x) + b * log1p(-x));
	if (x < (a + 1) / (a + b + 2))
		return front * beta_fraction(x, a, b) / a;
	return 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* Bisection is slow but safe: it ends when no number is between the two limits. */
static double beta_quantile(double p, double a, double b)
{
	double low = 0, high = 1, middle = 0.5;

	while (middle > low && middle < high) {
		if (stats_beta(middle, a, b) < p)
			low = middle;
		else
			high = middle;
		middle = low + (high - low) / 2;
	}
	return middle;
}

double stats_lower_bound(size_t hits, size_t nr, double confidence)
{
	return hits ? beta_quantile(1 - confidence, (double)hits, (double)(nr - hits) + 1) : 0;
}

double stats_upper_bound(size_t hits, size_t nr, double confidence)
{
	return hits < nr ? beta_quantile(confidence, (double)hits + 1, (double)(nr - hits)) : 1;
}

static double log_choose(size_t n, size_t k)
{
	return log_gamma((double)n + 1) - log_gamma((double)k + 1) - log_gamma((double)(n - k) + 1);
}

/* log(exp(a) + exp(b)) */
static double log_add(double a, double b)
{
	double high = fmax(a, b);

	return high == -INFINITY ? high : high + log1p(exp(fmin(a, b) - high));
}

double stats_log_hypergeometric(size_t hits, size_t drawn, size_t marked, size_t nr)
{
	size_t most = drawn < marked ? drawn : marked;
	double sum = -INFINITY;

	for (size_t i = hits; i <= most; i++)
		if (drawn - i <= nr - marked)
			sum = log_add(sum, log_choose(marked, i) +
						   log_choose(nr - marked, drawn - i) -
						   log_choose(nr, drawn));
	return fmin(sum, 0);
}

double stats_hypergeometric(size_t hits, size_t drawn, size_t marked, size_t nr)
{
	return exp(stats_log_hypergeometric(hits, drawn, marked, nr));
}

double stats_normal(double z)
{
	return erfc(z / sqrt(2)) / 2;
}

/* Far out, erfc() is 0. The first term of its asymptotic series is exact enough there. */
double stats_log_normal(double z)
{
	return z < 30 ? log(stats_normal(z)) : -z * z / 2 - log(z) - log(2 * M_PI) / 2;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = *(const uint64_t *const *)a, *y = *(const uint64_t *const *)b;

	return *x < *y ? -1 : *x > *y;
}

int stats_ranks(const uint64_t *v, size_t nr, double *ret_ranks, double *ret_ties)
{
	const uint64_t **order = calloc(nr + 1, sizeof(*order));

	if (!order)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++)
		order[i] = &v[i];
	qsort(order, nr, sizeof(*order), by_value);
	*ret_ties = 0;
	for (size_t i = 0, end; i < nr; i = end) {
		double t;

		for (end = i + 1; end < nr && *order[end] == *order[i]; end++)
			;
		t = (double)(end - i);
		*ret_ties += t * t * t - t;
		for (size_t j = i; j < end; j++)
			ret_ranks[order[j] - v] = (double)(i + end + 1) / 2;
	}
	free(order);
	return 0;
}

double stats_trend(const double *ranks, size_t nr, double ties)
{
	double n = (double)nr, mean = (n + 1) / 2, cube = n * n * n - n, sum = 0;

	if (nr < 3 || ties >= cube)
		return 0;
	for (size_t i = 0; i < nr; i++)
		sum += (ranks[i] - mean) * ((double)i + 1 - mean);
	return sum / sqrt(cube / 12 * ((cube - ties) / 12)) * sqrt(n - 1);
}

double stats_rank_sum(double rank_sum, size_t drawn, size_t nr, double ties)
{
	double m = (double)drawn, n = (double)nr, others = n - m;
	double variance;

	if (!drawn || drawn == nr || nr < 3)
		return 0;
	variance = m * others / 12 * (n + 1 - ties / (n * (n - 1)));
	return variance > 0 ? (rank_sum - m * (n + 1) / 2) / sqrt(variance) : 0;
}

uint64_t stats_quantile(const uint64_t *sorted, size_t nr, double q)
{
	size_t at = (size_t)ceil(q * (double)nr);

	if (!nr)
		return 0;
	return sorted[at ? (at <= nr ? at : nr) - 1 : 0];
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

void stats_sort(uint64_t *v, size_t nr)
{
	qsort(v, nr, sizeof(*v), by_number);
}
