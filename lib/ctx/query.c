/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reset types of a function: those of the back end, without those that rules or dead
 * functions deny.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "ctx/ctx.h"
#include "rules/rules.h"

int dev_query(struct pcireset_dev *dev, const struct pcireset_dev *sibling)
{
	int before = ctx_begin(dev->ctx), r;

	dev_forget_types(dev);
	r = dev_backend(dev)->query(dev, sibling);
	if (!r)
		r = rules_review(dev);
	r = ctx_end(dev->ctx, before, r);
	if (r < 0)
		dev_forget_types(dev);
	return r;
}

static const struct members *members_of(const struct type_state *state)
{
	static const struct members none;

	return state->list ? &state->list->members : &none;
}

static void look_at_members(struct pcireset_dev *dev)
{
	for (size_t i = 0; i < NR_TYPES; i++) {
		const struct members *members = members_of(&dev->state[i]);

		for (size_t m = 0; m < members->nr; m++) {
			struct pcireset_dev *other =
				pcireset_ctx_get_dev(dev->ctx, &members->v[m].addr);

			if (other)
				dev_look_at(other);
		}
	}
}

/* A reset of the function itself also affects its VFs, and functions below a bridge. */
static const struct pcireset_dev *find_dead_member(struct pcireset_dev *dev,
						   const struct members *members)
{
	for (size_t m = 0; m < members->nr; m++) {
		const struct pcireset_dev *other =
			pcireset_ctx_get_dev(dev->ctx, &members->v[m].addr);

		if (other && other->is_dead)
			return other;
	}
	return NULL;
}

/* As in the module: a gone function cannot be saved and would not be restored. */
static void refuse_dead(struct pcireset_dev *dev)
{
	const struct dev_list *all = &dev->ctx->dead;
	const struct pcireset_dev *at_link = dev->types & PCI_RESET_LINK ? dev_list_hit(all, dev) :
									   NULL;

	for (size_t i = 0; all->nr && i < NR_TYPES; i++) {
		uint32_t type = pcireset_type_at(i);
		const struct pcireset_dev *dead =
			type & PCI_RESET_LINK ? at_link :
						find_dead_member(dev, members_of(&dev->state[i]));

		if (dead && dev->types & type)
			dev_refuse(dev, type, PCIRESET_WHY_GONE, &dead->addr);
	}
}

/* Remove the types that affect a dead or protected function. */
void dev_review(struct pcireset_dev *dev)
{
	if (dev_backend(dev)->finds_dead)
		refuse_dead(dev);
}

int pcireset_dev_query(struct pcireset_dev *dev)
{
	int r = dev_query(dev, NULL);

	if (r < 0)
		return r;
	if (dev_backend(dev)->finds_dead)
		look_at_members(dev);
	dev_review(dev);
	return 0;
}

enum pcireset_backend pcireset_dev_get_backend(const struct pcireset_dev *dev)
{
	return dev_backend(dev)->id;
}

static const struct type_state *state_of(const struct pcireset_dev *dev, uint32_t type)
{
	static const struct type_state none;
	int i = type_index(type);

	return i < 0 ? &none : &dev->state[i];
}

uint32_t pcireset_dev_get_types(const struct pcireset_dev *dev)
{
	return dev->types;
}

uint32_t pcireset_dev_get_why_not(const struct pcireset_dev *dev, uint32_t type)
{
	return state_of(dev, type)->why_not;
}

/* The type works, but affects more functions than the caller allows. */
const char *dev_wider_text(struct pcireset_dev *dev, uint32_t type)
{
	const char *wider = pcireset_why_to_str(PCIRESET_WHY_SCOPE, type);
	const struct members *members = members_of(&dev->state[type_index(type)]);
	const struct pcireset_member *other = NULL;
	char name[PCIRESET_ADDR_STR_MAX];

	for (size_t i = 0; i < members->nr && !other; i++)
		if (!addr_is(&members->v[i].addr, &dev->addr))
			other = &members->v[i];
	if (!other)
		return wider;
	pcireset_addr_to_str(&other->addr, name);
	if (members->nr > 2)
		snprintf(dev->text, sizeof(dev->text), "%s: %s and %zu more", wider, name,
			 members->nr - 2);
	else
		snprintf(dev->text, sizeof(dev->text), "%s: %s", wider, name);
	return dev->text;
}

/* Name the slot's driver, so that nobody suspects the card. */
static const char *slot_text(struct pcireset_dev *dev)
{
	const char *driver = dev->slot_driver;

	if (driver)
		snprintf(dev->text, sizeof(dev->text),
			 "slot %s is run by %s%s, which cannot reset one", dev->slot, driver,
			 strcmp(driver, "acpiphp") ? "" : " (ACPI hotplug)");
	else
		snprintf(dev->text, sizeof(dev->text),
			 "slot %s has no hotplug driver that could reset it", dev->slot);
	return dev->text;
}

/* The module reports a known defect, and the table describes it. */
static void explain_quirk(const struct pcireset_dev *dev, struct type_state *state, uint32_t type)
{
	const struct pcireset_dev *who = pcireset_ctx_get_dev(dev->ctx, &state->who);
	const struct known_broken *broken;
	struct config config;

	if (!who || state->detail)
		return;
	config_read(who, &config);
	broken = known_broken_find(who, &config, type);
	if (broken)
		state->detail = known_broken_text(broken);
}

const char *pcireset_dev_get_why_not_text(struct pcireset_dev *dev, uint32_t type)
{
	const struct type_state *state = state_of(dev, type);
	char who[PCIRESET_ADDR_STR_MAX];
	const char *text;

	if (!state->why_not)
		return NULL;
	if (state->why_not == PCIRESET_WHY_NO_SLOT && dev->slot)
		return slot_text(dev);
	if (state->why_not == PCIRESET_WHY_QUIRK)
		explain_quirk(dev, &dev->state[type_index(type)], type);
	text = state->detail ? state->detail : pcireset_why_to_str(state->why_not, type);
	/* Address zero stands for no particular function. */
	if (addr_is(&state->who, &dev->addr) || addr_is(&state->who, &(struct pcireset_addr){ 0 }))
		return text;
	snprintf(dev->text, sizeof(dev->text), "%s: %s", pcireset_addr_to_str(&state->who, who),
		 text);
	return dev->text;
}

uint32_t pcireset_dev_get_type_flags(const struct pcireset_dev *dev, uint32_t type)
{
	return state_of(dev, type)->flags;
}

uint32_t pcireset_dev_get_scope(const struct pcireset_dev *dev, uint32_t type)
{
	const struct type_state *state = state_of(dev, type);

	return state->why_not ? 0 : state->scope;
}

size_t pcireset_dev_get_nr_members(const struct pcireset_dev *dev, uint32_t type)
{
	return members_of(state_of(dev, type))->nr;
}

const struct pcireset_member *pcireset_dev_get_member(const struct pcireset_dev *dev, uint32_t type,
						      size_t i)
{
	const struct type_state *state = state_of(dev, type);

	return view_get(&state->view, members_of(state), i);
}

static void drop_gone(struct pcireset_ctx *ctx)
{
	size_t kept = 0;

	ctx->knows_vfs = false;
	ctx->knows_first_dead = false;
	for (size_t i = 0; i < ctx->nr_devs; i++)
		if (!ctx->by_path[i]->is_gone) {
			ctx->by_path[i]->path_index = kept;
			ctx->by_path[kept++] = ctx->by_path[i];
		}
	kept = 0;
	for (size_t i = 0; i < ctx->nr_devs; i++) {
		struct pcireset_dev *dev = ctx->devs[i];

		dev->listed = !dev->is_gone;
		dev->index = kept;
		if (dev->listed) {
			ctx->devs[kept++] = dev;
			continue;
		}
		rules_drop(ctx, dev);
		dev_list_remove(&ctx->broken_links, dev);
		dev_list_remove(&ctx->dead, dev);
		if (!dev->refs)
			dev_free(dev);
	}
	ctx->nr_devs = kept;
}

/* In order of address: functions on one bus are adjacent. */
static int query_all(struct pcireset_ctx *ctx)
{
	const struct pcireset_dev *sibling = NULL;

	for (size_t i = 0; i < ctx->nr_devs; i++) {
		int r = dev_query(ctx->devs[i], sibling);

		ctx->devs[i]->is_gone = r == -ENODEV;
		if (r < 0 && r != -ENODEV)
			return r;
		if (!r && !dev_backend(ctx->devs[i])->serves_one)
			sibling = ctx->devs[i];
	}
	return 0;
}

int pcireset_ctx_query(struct pcireset_ctx *ctx)
{
	int r;

	ctx->shares_lists = true;
	r = query_all(ctx);
	ctx->shares_lists = false;
	for (size_t i = 0; i < ctx->nr_devs; i++)
		ctx->devs[i]->below = list_unref(ctx->devs[i]->below);
	if (r < 0)
		return r;
	drop_gone(ctx);
	for (size_t i = 0; i < ctx->nr_devs; i++)
		dev_review(ctx->devs[i]);
	return (int)ctx->nr_devs;
}
