/* SPDX-License-Identifier: GPL-2.0-only */
/* What doctor looks at of the administrator's rules: whether they can be read, and about whom they are. */
#include <stdlib.h>
#include "doctor.h"

static bool is_about_any(const struct doctor *doctor, const struct pcireset_rule *rule)
{
	const struct pcireset_rule *other;
	struct pcireset_dev *dev;

	pcireset_dev_foreach(doctor->machine.ctx, dev)
		for (size_t i = 0; (other = pcireset_dev_get_rule(dev, i)); i++)
			if (other == rule)
				return true;
	return false;
}

void doctor_check_rules(struct doctor *doctor)
{
	const struct pcireset_ctx *ctx = doctor->machine.ctx;
	const struct pcireset_rule *rule;
	const char *wrong;
	size_t before = doctor->nr, nr = 0;

	for (size_t i = 0; (wrong = pcireset_ctx_get_rules_error(ctx, i)); i++)
		doctor_todo(doctor, "rules", text("%s", wrong),
			    "correct the file; until then nothing is reset");
	for (; (rule = pcireset_ctx_get_rule(ctx, nr)); nr++)
		if (!is_about_any(doctor, rule))
			doctor_note(doctor, "rules",
				    text("the rule at %s matches no function of this machine",
					 pcireset_rule_get_where(rule)),
				    "compare it with: pcireset list");
	if (doctor->nr == before)
		doctor_add(doctor, "rules", VERDICT_OK,
			   nr ? text("%zu in force, and each matches a function", nr) :
				text("there are none"));
}
