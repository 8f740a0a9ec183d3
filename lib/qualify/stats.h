/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The statistics of a qualification: exact bounds, tests and quantiles. */
#ifndef PCIRESET_QUALIFY_STATS_H
#define PCIRESET_QUALIFY_STATS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bounds of a probability, by Clopper and Pearson, after @hits of @nr trials. Each bound
 * holds by itself with the given confidence: the probability is below the upper bound,
 * and it is above the lower bound. Both are exact. 0 of 0 trials is 0 to 1.
 */
double stats_lower_bound(size_t hits, size_t nr, double confidence);
double stats_upper_bound(size_t hits, size_t nr, double confidence);

/* The distribution function of the beta distribution, for 0 <= @x <= 1. */
double stats_beta(double x, double a, double b);

/*
 * The probability of at least @hits marked items among @drawn items, which are drawn at
 * random from @nr items of which @marked are marked. This is Fisher's exact test.
 */
double stats_hypergeometric(size_t hits, size_t drawn, size_t marked, size_t nr);

/* Its natural logarithm, which is also exact where the probability itself would be 0. */
double stats_log_hypergeometric(size_t hits, size_t drawn, size_t marked, size_t nr);

/* The probability that a standard normal variable exceeds @z. */
double stats_normal(double z);

/* Its natural logarithm. */
double stats_log_normal(double z);

/*
 * Ranks of @v, from 1. Equal values share their average rank. @ret_ties is the sum of
 * t^3 - t over all groups of t equal values. Return: 0 or -ENOMEM.
 */
int stats_ranks(const uint64_t *v, size_t nr, double *ret_ranks, double *ret_ties);

/*
 * Spearman's rank correlation of the values with their order, as a standard normal
 * variable: 0 without a trend, positive if the values grow.
 */
double stats_trend(const double *ranks, size_t nr, double ties);

/*
 * The test by Mann and Whitney as a standard normal variable: positive if the @drawn
 * items, whose ranks sum up to @rank_sum, are larger than the other ones of @nr.
 */
double stats_rank_sum(double rank_sum, size_t drawn, size_t nr, double ties);

/* The value below which the share @q of the sorted values lies; 0 if there are none. */
uint64_t stats_quantile(const uint64_t *sorted, size_t nr, double q);

void stats_sort(uint64_t *v, size_t nr);

#endif /* PCIRESET_QUALIFY_STATS_H */
