/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Find and load the administrator's rules from three directories. */
#include <errno.h>
#include <string.h>
#include "rules/rules.h"

/* In order of precedence. */
static const char *const places[] = {
	"etc/pcireset/rules.d",
	"run/pcireset/rules.d",
	"usr/lib/pcireset/rules.d",
	NULL,
};

/* Take over the file. */
static int keep_file(void *data, struct conf_file *file)
{
	struct rules *rules = data;
	struct conf_file *v = array_room(rules->files, rules->nr_files, sizeof(*v));

	if (!v) {
		conf_file_clear(file);
		return -ENOMEM;
	}
	rules->files = v;
	v[rules->nr_files++] = *file;
	return 0;
}

static int cannot_read(void *data, const char *message)
{
	struct rules *rules = data;

	rules->is_incomplete = true;
	return rules_complain(rules, "%s", message);
}

/* Commands that only list functions must show the error, too. */
static void note_errors(struct pcireset_ctx *ctx)
{
	ctx_drop_notes(ctx, RULES_REFUSAL);
	if (rules_error(ctx))
		ctx_note(ctx, RULES_REFUSAL "%s", rules_error(ctx));
}

/* Each scan reads the rules. An error in them does not fail the scan. */
int rules_load(struct pcireset_ctx *ctx)
{
	struct conf_place place = {
		.sysroot = ctx->sysroot,
		.checks_owners = !*ctx->sysroot, /* other machines have other owners */
		.directories = places,
		.add = keep_file,
		.complain = cannot_read,
	};
	int r = 0;

	rules_forget(ctx);
	ctx->rules = calloc(1, sizeof(*ctx->rules));
	if (!ctx->rules)
		return -ENOMEM;
	place.data = ctx->rules;
	if (!ctx->is_dump)
		r = conf_load(&place);
	if (r && *place.failed)
		return ctx_error(ctx, r, "%s: %s", place.failed, strerror(-r));
	for (size_t i = 0; !r && i < ctx->rules->nr_files; i++)
		r = rules_read(ctx, ctx->rules, &ctx->rules->files[i]);
	if (!r)
		note_errors(ctx);
	return r;
}

void rules_forget(struct pcireset_ctx *ctx)
{
	struct rules *rules = ctx->rules;

	if (!rules)
		return;
	for (size_t i = 0; i < NR_TYPES; i++) {
		dev_list_clear(&rules->lists[RULE_DENIES][i]);
		dev_list_clear(&rules->lists[RULE_DELAYS][i]);
	}
	for (size_t i = 0; i < rules->nr_files; i++)
		conf_file_clear(&rules->files[i]);
	for (size_t i = 0; i < rules->nr; i++)
		rule_clear(&rules->v[i]);
	for (size_t i = 0; i < rules->nr_errors; i++)
		free(rules->errors[i]);
	free(rules->files);
	free(rules->v);
	free(rules->errors);
	free(rules);
	ctx->rules = NULL;
}

/* For an archive: the files that count, under their names on this machine. */
int rules_foreach_file(struct pcireset_ctx *ctx, rules_file_fn fn, void *data)
{
	const struct rules *rules = ctx->rules;
	int r = 0;

	if (!rules || rules->is_incomplete)
		return ctx_error(ctx, -EIO, "%s", rules_error(ctx));
	for (size_t i = 0; !r && i < rules->nr_files; i++)
		r = fn(data, rules->files[i].path + 1, rules->files[i].text, rules->files[i].size);
	return r;
}
