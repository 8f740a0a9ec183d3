/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Series of resets, and the findings in them. */
#ifndef PCIRESET_QUALIFY_SERIES_H
#define PCIRESET_QUALIFY_SERIES_H

#include "core/core.h"

/* The confidence of each bound. */
#define BOUND_CONFIDENCE 0.95

/* A pattern is found if chance makes it less often than this, in all tests together. */
#define SIGNIFICANCE 0.001

/* Marks that do not count as a failed reset. */
#define HARMLESS_MARKS (PCIRESET_MARK_CORRECTABLE | PCIRESET_MARK_SLOW)

/* A time must be longer by this share and by this much to be a finding. */
#define SLOWER_SHARE 0.05
#define SLOWER_NS    100000

struct samples {
	const struct pcireset_sample *v;
	size_t nr;
};

/*
 * The types of the resets before a reset: the number of each in the order of choice, from 1,
 * in TYPE_BITS bits, the last one lowest. 0 is none.
 */
typedef uint16_t history_t;

#define TYPE_BITS    4
#define MAX_BEFORE   4 /* types of a history, and of a sequence without its last type */
#define NR_HISTORIES (1 << TYPE_BITS * MAX_BEFORE)

/* The last @nr types of a history, and one of these types, 0 for the last one. */
static inline history_t history_end(history_t history, size_t nr)
{
	return (history_t)(history & ((1u << TYPE_BITS * nr) - 1));
}

static inline uint32_t history_type(history_t history, size_t i)
{
	uint32_t number = (uint32_t)history >> TYPE_BITS * i & ((1u << TYPE_BITS) - 1);

	return number ? pcireset_type_at(number - 1) : 0;
}

/* The resets of one device by one type, or by any type, with a known outcome. */
struct series {
	uint32_t device;
	uint32_t type; /* 0 for any */
	const struct pcireset_sample **v;
	history_t *before; /* of each */
	size_t nr;
	size_t nr_interrupted;
};

int series_select(struct series *series, struct samples samples);
void series_free(struct series *series);
int series_summarize(const struct series *series, struct pcireset_series *ret_summary);

struct findings {
	struct pcireset_finding *v;
	char **texts; /* of each */
	size_t nr;
	size_t nr_tests; /* by which each probability is multiplied */
};

/* Return: 0 or -ENOMEM. */
int findings_make(struct findings *findings, struct samples samples);
void findings_free(struct findings *findings);

/* Fill the types before the last one, and the last type of all. */
void finding_set_sequence(struct pcireset_finding *finding, history_t before, size_t nr);

/*
 * find-events.c: find the pattern of one mark. The caller fills who and offset. Return: 1
 * with a finding, 0 without one, or -ENOMEM.
 */
int find_pattern(const struct series *series, uint32_t mark, size_t nr_tests,
		 struct pcireset_finding *ret_finding);

/* find-times.c: at most one finding, because a trend also makes late resets more frequent. */
int find_slower(const struct series *series, size_t nr_tests, struct pcireset_finding *ret_finding);

/* text.c: allocated, or NULL without memory. */
char *finding_text(const struct pcireset_finding *finding);

#endif /* PCIRESET_QUALIFY_SERIES_H */
