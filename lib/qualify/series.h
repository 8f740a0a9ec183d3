/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Series of resets, and the findings in them. */
#ifndef PCIRESET_QUALIFY_SERIES_H
#define PCIRESET_QUALIFY_SERIES_H

#include "core/core.h"

/* The confidence of each bound. */
#define BOUND_CONFIDENCE 0.95

/* A pattern is found if chance makes it less often than this, in all tests together. */
#define SIGNIFICANCE 0.001

/* Marks that are no failure of a reset. */
#define HARMLESS_MARKS (PCIRESET_MARK_CORRECTABLE | PCIRESET_MARK_SLOW)

/* A time must be longer by this share and by this much to be a finding. */
#define SLOWER_SHARE 0.05
#define SLOWER_NS    100000

struct samples {
	const struct pcireset_sample *v;
	size_t nr;
};

/* The resets of one device by one type, or by any type, with a known outcome. */
struct series {
	uint32_t device;
	uint32_t type; /* 0 for any */
	const struct pcireset_sample **v;
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

/*
 * find-events.c: the pattern of one mark. All but who and offset are filled. Return: 1 with a
 * finding, 0 without one, or -ENOMEM.
 */
int find_pattern(const struct series *series, uint32_t mark, size_t nr_tests,
		 struct pcireset_finding *ret_finding);

/* find-times.c: at most one finding, because a trend also makes late resets more frequent. */
int find_slower(const struct series *series, size_t nr_tests, struct pcireset_finding *ret_finding);

/* text.c: allocated, or NULL without memory. */
char *finding_text(const struct pcireset_finding *finding);

#endif /* PCIRESET_QUALIFY_SERIES_H */
