/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings about the administrator's rules: unreadable ones, and those without a match. */
#include <stdlib.h>
#include "doctor.h"

static void mark_rule(const struct pcireset_ctx *ctx, const struct pcireset_rule *rule, bool *used)
{
	const struct pcireset_rule *other;

	for (size_t i = 0; (other = pcireset_ctx_get_rule(ctx, i)); i++)
		used[i] |= other == rule;
}

/* Return an array with true for each rule that matches. Visit each function once. */
static bool *find_used(const struct doctor *doctor, size_t nr)
{
	bool *used = must(calloc(nr + 1, sizeof(*used)));
	const struct pcireset_rule *rule;
	struct pcireset_dev *dev;

	pcireset_dev_foreach(doctor->machine.ctx, dev)
		for (size_t i = 0; (rule = pcireset_dev_get_rule(dev, i)); i++)
			mark_rule(doctor->machine.ctx, rule, used);
	return used;
}

void doctor_check_rules(struct doctor *doctor)
{
	const struct pcireset_ctx *ctx = doctor->machine.ctx;
	const struct pcireset_rule *rule;
	const char *wrong;
	size_t before = doctor->nr, nr = 0;
	bool *used;

	for (size_t i = 0; (wrong = pcireset_ctx_get_rules_error(ctx, i)); i++)
		doctor_todo(doctor, "rules", text("%s", wrong),
			    "correct the file; until then, every reset is refused");
	while (pcireset_ctx_get_rule(ctx, nr))
		nr++;
	used = find_used(doctor, nr);
	for (size_t i = 0; (rule = pcireset_ctx_get_rule(ctx, i)); i++)
		if (!used[i])
			doctor_note(doctor, "rules",
				    text("the rule at %s matches no function of this machine",
					 pcireset_rule_get_where(rule)),
				    "compare with: pcireset list");
	free(used);
	if (doctor->nr == before)
		doctor_add(doctor, "rules", VERDICT_OK,
			   nr ? text("%zu active, and each matches a function", nr) : text("none"));
}
