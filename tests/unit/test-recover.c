/* SPDX-License-Identifier: GPL-2.0-only */
/* pcireset recover: each mistake in a policy is named, and each decision obeys the policy. */
#include <stdio.h>
#include "sysroot.h"
#include "../../cli/cmd/recover/engine.h"

#define GPU       "0000:03:00.0"
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define MATCH   "[Match]\nAddress=*\n"
#define RECOVER MATCH "[Recover]\n"
#define GOOD    RECOVER "Events=wedged\nSteps=flr\n"

static struct pcireset_ctx *ctx;

static int make_context(void **state)
{
	return sysroot_make(state) || pcireset_ctx_new(sysroot, &ctx) ||
	       pcireset_ctx_scan(ctx) <= 0;
}

static int drop_context(void **state)
{
	pcireset_ctx_unref(ctx);
	return sysroot_remove(state);
}

static struct policies read_text(const char *text)
{
	struct conf_file file = { .path = (char *)"x.conf", .text = (char *)text };
	struct policies policies = { 0 };

	file.size = strlen(text);
	assert_int_equal(policies_read(&policies, ctx, &file), 0);
	return policies;
}

/* ---- mistakes */

static const struct {
	const char *text, *error;
} mistakes[] = {
	{ "Vendor=10de\n", "1: Vendor does not belong in this section" },
	{ "[Match]\nAddress=*\n[Reset]\n", "3: unknown section [Reset]; known are [Match] and" },
	{ "[Recover]\n", "1: [Recover] needs a [Match] of its own before it" },
	{ "[Match]\n[Recover]\nEvents=aer\nSteps=flr\n", "1: [Match] is empty" },
	{ "[Match]\nVendor=xyz\n", "2: Vendor=xyz: expected up to four hexadecimal digits" },
	{ "[Match]\nDevice=1\n[Recover]\nSteps=none\n", "1: Device says nothing without Vendor" },
	{ RECOVER, "1: Steps is not given; for no recovery say Steps=none" },
	{ RECOVER "Steps=flr\n", "1: Events is not given" },
	{ RECOVER "Events=aer\n", "1: Steps is not given" },
	{ RECOVER "Events=aer\nSteps=none\n", "1: Events with Steps=none" },
	{ RECOVER "Event=aer\n", "4: unknown key Event" },
	{ RECOVER "events=aer\n", "4: unknown key events" },
	{ RECOVER "Events=\n", "4: Events=: expected wedged, aer, late or failed" },
	{ RECOVER "Events=any\n", "4: Events=any: expected" },
	{ RECOVER "Events=aer,\n", "4: Events=aer,: expected" },
	{ RECOVER "Events=aer,aer\n", "4: Events=aer,aer: expected" },
	{ RECOVER "Events=aer\nEvents=late\n", "5: Events is given twice" },
	{ RECOVER "Steps=\n", "4: Steps=: expected none, or up to 8" },
	{ RECOVER "Steps=any\n", "4: Steps=any: expected" },
	{ RECOVER "Steps=link\n", "4: Steps=link: expected" },
	{ RECOVER "Steps=flr,warm\n", "4: Steps=flr,warm: expected" },
	{ RECOVER "Steps=flr,flr\n", "4: Steps=flr,flr: expected" },
	{ RECOVER "Steps=flr,,bus\n", "4: Steps=flr,,bus: expected" },
	{ RECOVER "Steps=none,flr\n", "4: Steps=none,flr: expected" },
	{ RECOVER "Steps=flr,none\n", "4: Steps=flr,none: expected" },
	{ RECOVER "Steps=power_cycle\n", "4: Steps=power_cycle: expected" },
	{ RECOVER "Steps=cold-reset\n", "4: Steps=cold-reset: expected" },
	{ RECOVER "MaxScope=machine\n", "4: MaxScope=machine: expected function, slot or bus" },
	{ RECOVER "Rebind=1\n", "4: Rebind=1: expected yes or no" },
	{ RECOVER "Burst=0\n", "4: Burst=0: expected a number, 1 to 100" },
	{ RECOVER "Burst=101\n", "4: Burst=101: expected" },
	{ RECOVER "Burst=-1\n", "4: Burst=-1: expected" },
	{ RECOVER "Burst=\n", "4: Burst=: expected" },
	{ RECOVER "Burst=2 \n1\n", "5: \"1\" is neither a section nor KEY=VALUE" },
	{ RECOVER "Interval=1h\n", "4: Interval=1h: expected seconds, 1 to 604800" },
	{ RECOVER "Interval=604801\n", "4: Interval=604801: expected" },
	{ RECOVER "Settle=600001\n", "4: Settle=600001: expected milliseconds" },
	{ RECOVER "Settle=99999999999999999999\n", "4: Settle=99999999999999999999: expected" },
	{ RECOVER "Before=drain\n", "4: Before=drain: expected an absolute path" },
	{ RECOVER "Before=\n", "4: Before=: expected" },
	{ RECOVER "Before=/bin/sh -c \"x\"\n", "4: Before=/bin/sh -c \"x\": expected" },
	{ RECOVER "After=/bin/echo a\\ b\n", "4: After=/bin/echo a\\ b: expected" },
	{ RECOVER
	  "After=/x 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 "
	  "28 29 30 31 32\n",
	  "4: After=/x 1 2" },
	{ RECOVER "HookTimeout=0\n", "4: HookTimeout=0: expected seconds, 1 to 3600" },
	{ "# x\r" GOOD, "1: a carriage return is within a line" },
};

static void each_mistake_is_named_and_stops_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(mistakes); i++) {
		struct policies policies = read_text(mistakes[i].text);
		char want[256];

		assert_true(policies.has_failed);
		assert_int_not_equal(policies.nr_errors, 0);
		snprintf(want, sizeof(want), "x.conf:%s", mistakes[i].error);
		if (strncmp(policies.errors[0], want, strlen(want)))
			fail_msg("said \"%s\" and not \"%s\"", policies.errors[0], want);
		policies_clear(&policies);
	}
}

static void a_policy_has_its_values_and_defaults(void **state)
{
	struct policies policies = read_text(
		RECOVER "Events=wedged,late\nSteps=rebind,flr,bus,power-cycle\nMaxScope=slot\n"
			"Rebind=yes\nBurst=2\nInterval=60\nSettle=0\nBefore=/bin/drain a b\n"
			"HookTimeout=5\n" MATCH "[Recover]\nSteps=none\n" GOOD);
	const struct policy *p = policies.v;

	(void)state;
	assert_int_equal(policies.nr_errors, 0);
	assert_int_equal(policies.nr, 3);
	assert_string_equal(p->where, "x.conf:1");
	assert_int_equal(p->events, 1 << EVENT_WEDGED | 1 << EVENT_LATE);
	assert_int_equal(p->nr_steps, 4);
	assert_string_equal(step_name(&p->steps[0]), "rebind");
	assert_string_equal(step_name(&p->steps[1]), "flr");
	assert_string_equal(step_name(&p->steps[2]), "bus");
	assert_string_equal(step_name(&p->steps[3]), "power-cycle");
	assert_int_equal(p->max_scope, PCIRESET_SCOPE_SLOT);
	assert_true(p->does_rebind);
	assert_int_equal(p->burst, 2);
	assert_int_equal(p->interval_s, 60);
	assert_int_equal(p->settle_ms, 0);
	assert_int_equal(p->hook_timeout_ms, 5000);
	assert_string_equal(p->before, "/bin/drain a b");
	assert_null(p->after);
	assert_true(p[1].is_never);
	assert_int_equal(p[2].burst, 3);
	assert_int_equal(p[2].interval_s, 3600);
	assert_int_equal(p[2].settle_ms, 1000);
	assert_int_equal(p[2].hook_timeout_ms, 30000);
	assert_int_equal(p[2].max_scope, 0);
	assert_false(p[2].does_rebind);
	policies_clear(&policies);
}

/* ---- events */

static const char *property(void *data, const char *name)
{
	const char *const *list = data;
	size_t len = strlen(name);

	for (size_t i = 0; list[i]; i++)
		if (!strncmp(list[i], name, len) && list[i][len] == '=')
			return list[i] + len + 1;
	return NULL;
}

#define DRM "DEVPATH=/devices/pci0000:00/0000:00:02.0/" GPU "/drm/card0"
#define PCI "DEVPATH=/devices/pci0000:00/0000:00:02.0/" GPU

static const struct {
	const char *properties[6];
	bool is_event, is_failure;
	enum event_kind kind;
	uint32_t wedged;
} uevents[] = {
	{ { "ACTION=change", DRM, "WEDGED=rebind,bus-reset" },
	  true,
	  true,
	  EVENT_WEDGED,
	  1 << WEDGED_REBIND | 1 << WEDGED_BUS_RESET },
	{ { "ACTION=change", DRM, "WEDGED=cold-reset" },
	  true,
	  true,
	  EVENT_WEDGED,
	  1 << WEDGED_COLD_RESET },
	{ { "ACTION=change", DRM, "WEDGED=none" }, true, false, EVENT_WEDGED, 1 << WEDGED_NONE },
	{ { "ACTION=change", DRM, "WEDGED=unknown" },
	  true,
	  true,
	  EVENT_WEDGED,
	  1 << WEDGED_UNKNOWN },
	{ { "ACTION=change", DRM, "WEDGED=vendor-specific" },
	  true,
	  true,
	  EVENT_WEDGED,
	  1 << WEDGED_VENDOR },
	{ { "ACTION=change", DRM, "WEDGED=pray,rebind2" }, true, true, EVENT_WEDGED, 0 },
	{ { "ACTION=change", DRM, "WEDGED=" }, true, true, EVENT_WEDGED, 0 },
	{ { "ACTION=change", PCI, "ERROR_EVENT=FAILED_RECOVERY" }, true, true, EVENT_AER, 0 },
	{ { "ACTION=change", PCI, "ERROR_EVENT=BEGIN_RECOVERY" }, true, false, EVENT_AER, 0 },
	{ { "ACTION=change", PCI, "ERROR_EVENT=SUCCESSFUL_RECOVERY" }, true, false, EVENT_AER, 0 },
	{ { "ACTION=change", PCI, "PCIRESET_TYPE=flr", "PCIRESET_LATE=lost" },
	  true,
	  true,
	  EVENT_LATE,
	  0 },
	{ { "ACTION=change", PCI, "PCIRESET_TYPE=flr", "PCIRESET_LATE=failed" },
	  true,
	  true,
	  EVENT_LATE,
	  0 },
	{ { "ACTION=change", PCI, "PCIRESET_TYPE=flr", "PCIRESET_LATE=restored" },
	  true,
	  false,
	  EVENT_LATE,
	  0 },
	{ { "ACTION=change", PCI, "PCIRESET_RESULT=failed" }, true, true, EVENT_FAILED, 0 },
	{ { "ACTION=change", PCI, "PCIRESET_RESULT=failed", "PCIRESET_LATE=pending" },
	  true,
	  false,
	  EVENT_FAILED,
	  0 },
	{ { "ACTION=change", PCI, "PCIRESET_RESULT=verified" }, true, false, EVENT_FAILED, 0 },
	{ { "ACTION=change", PCI, "PCIRESET_RESULT=unverified" }, true, false, EVENT_FAILED, 0 },
	{ { "ACTION=add", PCI, "WEDGED=rebind" }, false, false, EVENT_WEDGED, 0 },
	{ { "ACTION=change", PCI, "DRIVER=igb" }, false, false, EVENT_WEDGED, 0 },
	{ { "ACTION=change", "DEVPATH=/devices/platform/gpu/drm/card0", "WEDGED=rebind" },
	  false,
	  false,
	  EVENT_WEDGED,
	  0 },
	/* a card behind a USB controller: the controller has not failed */
	{ { "ACTION=change", PCI "/usb1/1-1/1-1:1.0/drm/card1", "WEDGED=rebind" },
	  false,
	  false,
	  EVENT_WEDGED,
	  0 },
	{ { "ACTION=change", PCI "/accel/accel0", "WEDGED=rebind" },
	  true,
	  true,
	  EVENT_WEDGED,
	  1 << WEDGED_REBIND },
	{ { "ACTION=change", "WEDGED=rebind" }, false, false, EVENT_WEDGED, 0 },
	{ { DRM, "WEDGED=rebind" }, false, false, EVENT_WEDGED, 0 },
};

static void each_uevent_is_understood(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(uevents); i++) {
		struct event e;
		bool is_event = event_from_uevent(&e, property, (void *)uevents[i].properties);

		if (is_event != uevents[i].is_event)
			fail_msg("event %zu", i);
		if (!is_event)
			continue;
		assert_string_equal(e.device, GPU);
		if (e.kind != uevents[i].kind || e.is_failure != uevents[i].is_failure ||
		    e.wedged != uevents[i].wedged)
			fail_msg("event %zu: %s", i, e.text);
	}
}

/* ---- decisions: devices x policies x events */

#define ALL_EVENTS "Events=wedged,aer,late,failed\n"
#define ALL_STEPS  "Steps=rebind,flr,bus,power-cycle\n"

static const struct {
	const char *device, *policies, *wedged;
	enum event_kind kind; /* if wedged is NULL */
	enum verdict verdict;
	uint32_t steps;
	const char *why;
} decisions[] = {
	/* no policy */
	{ GPU, "", "rebind", 0, VERDICT_IGNORE, 0, "no policy selects" },
	{ GPU, "[Match]\nVendor=ffff\n[Recover]\n" ALL_EVENTS ALL_STEPS, "rebind", 0,
	  VERDICT_IGNORE, 0, "no policy selects" },
	{ GPU, "[Match]\nSlot=9\n[Recover]\n" ALL_EVENTS ALL_STEPS, "rebind", 0, VERDICT_IGNORE, 0,
	  "no policy selects" },
	{ "0000:7f:00.0", GOOD, "rebind", 0, VERDICT_REFUSE, 0, "there is no such function" },
	{ "0000:7f:00.0", "", "rebind", 0, VERDICT_IGNORE, 0, "there is no such function" },
	/* selection */
	{ GPU, "[Match]\nSlot=3\n[Recover]\n" ALL_EVENTS ALL_STEPS, "rebind", 0, VERDICT_RECOVER,
	  0xf, NULL },
	{ GPU, "[Match]\nAddress=03:00.*\n[Recover]\n" ALL_EVENTS ALL_STEPS, "rebind", 0,
	  VERDICT_RECOVER, 0xf, NULL },
	{ GPU, "[Match]\nAddress=" GPU "\n[Recover]\nSteps=none\n" RECOVER ALL_EVENTS ALL_STEPS,
	  "rebind", 0, VERDICT_IGNORE, 0, "x.conf:1 has Steps=none" },
	{ GPU, "[Match]\nAddress=01:00.0\n[Recover]\nSteps=none\n" RECOVER ALL_EVENTS ALL_STEPS,
	  "rebind", 0, VERDICT_RECOVER, 0xf, NULL },
	/* wedged: the least that the driver asks for, and everything stronger */
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "rebind,bus-reset", 0, VERDICT_RECOVER, 0xf, NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "bus-reset", 0, VERDICT_RECOVER, 0xc, NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "bus-reset,cold-reset", 0, VERDICT_RECOVER, 0xc,
	  NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "cold-reset", 0, VERDICT_RECOVER, 0x8, NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "unknown", 0, VERDICT_RECOVER, 0xf, NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "none", 0, VERDICT_IGNORE, 0, "not a failure" },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "vendor-specific", 0, VERDICT_REFUSE, 0,
	  "the driver asks for a procedure of the vendor" },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "vendor-specific,rebind", 0, VERDICT_RECOVER, 0xf,
	  NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "exorcism", 0, VERDICT_REFUSE, 0,
	  "the event has no method that is known" },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, "exorcism,bus-reset", 0, VERDICT_RECOVER, 0xc, NULL },
	{ GPU, RECOVER ALL_EVENTS "Steps=rebind,flr\n", "bus-reset", 0, VERDICT_REFUSE, 0,
	  "allows no step that is strong enough" },
	{ GPU, RECOVER ALL_EVENTS "Steps=rebind,flr,bus\n", "cold-reset", 0, VERDICT_REFUSE, 0,
	  "allows no step that is strong enough" },
	{ GPU, RECOVER ALL_EVENTS "Steps=bus,flr\n", "rebind", 0, VERDICT_RECOVER, 0x3, NULL },
	/* other events take all steps */
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, NULL, EVENT_AER, VERDICT_RECOVER, 0xf, NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, NULL, EVENT_LATE, VERDICT_RECOVER, 0xf, NULL },
	{ GPU, RECOVER ALL_EVENTS ALL_STEPS, NULL, EVENT_FAILED, VERDICT_RECOVER, 0xf, NULL },
	{ GPU, RECOVER "Events=aer\n" ALL_STEPS, "rebind", 0, VERDICT_IGNORE, 0,
	  "does not name the event wedged" },
	{ GPU, RECOVER "Events=wedged\n" ALL_STEPS, NULL, EVENT_LATE, VERDICT_IGNORE, 0,
	  "does not name the event late" },
	{ GPU, RECOVER "Events=wedged\n" ALL_STEPS, NULL, EVENT_AER, VERDICT_IGNORE, 0,
	  "does not name the event aer" },
	/* an error anywhere stops everything */
	{ GPU, GOOD MATCH "[Recover]\nStepz=flr\n", "rebind", 0, VERDICT_REFUSE, 0,
	  "the policies have an error: x.conf:9: unknown key Stepz" },
	{ GPU, GOOD "[Match]\nAddress=01:00.0\n[Recover]\nSteps=fl\n", "rebind", 0, VERDICT_REFUSE,
	  0, "the policies have an error: x.conf:9: Steps=fl" },
};

static void each_decision_obeys_the_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(decisions); i++) {
		struct policies policies = read_text(decisions[i].policies);
		char wedged[64];
		const char *properties[] = { "ACTION=change", DRM, wedged, NULL };
		struct event event = { .kind = decisions[i].kind, .is_failure = true };
		struct situation s = { .event = &event, .policies = &policies };
		struct pcireset_dev *dev = NULL;
		struct decision d;

		snprintf(wedged, sizeof(wedged), "WEDGED=%s", decisions[i].wedged);
		if (decisions[i].wedged)
			assert_true(event_from_uevent(&event, property, properties));
		if (pcireset_dev_from_name(ctx, decisions[i].device, &dev))
			dev = NULL;
		s.dev = dev;
		decide(&d, &s);
		if (d.verdict != decisions[i].verdict || d.steps != decisions[i].steps)
			fail_msg("decision %zu: %d, steps %#x, %s", i, d.verdict, d.steps, d.why);
		if (decisions[i].why && !strstr(d.why, decisions[i].why))
			fail_msg("decision %zu: \"%s\"", i, d.why);
		pcireset_dev_unref(dev);
		policies_clear(&policies);
	}
}

/* A policy that may be about the function hides those after it. */
static void an_unknown_subsystem_may_match(void **state)
{
	struct policies policies = read_text(
		"[Match]\nSubsystem=1234:*\n[Recover]\nSteps=none\n" RECOVER ALL_EVENTS ALL_STEPS);
	struct event event = { .kind = EVENT_AER, .is_failure = true };
	struct situation s = { .event = &event, .policies = &policies };
	struct pcireset_ctx *other;
	struct decision d;

	(void)state;
	sysroot_write("sys/bus/pci/devices/" GPU "/config", "short");
	assert_int_equal(pcireset_ctx_new(sysroot, &other), 0);
	assert_true(pcireset_ctx_scan(other) > 0);
	s.dev = find(other, GPU);
	decide(&d, &s);
	assert_int_equal(d.verdict, VERDICT_REFUSE);
	assert_non_null(strstr(d.why, "it is unknown whether x.conf:1 selects the function"));
	pcireset_ctx_unref(other);
	policies_clear(&policies);
}

static void the_rate_limit_counts_the_interval(void **state)
{
	static const struct {
		int64_t began_s[4];
		size_t nr;
		int64_t now_s;
		enum verdict verdict;
	} cases[] = {
		{ { 0 }, 0, 1000, VERDICT_RECOVER },
		{ { 990 }, 1, 1000, VERDICT_RECOVER },
		{ { 990, 995 }, 2, 1000, VERDICT_REFUSE },
		{ { 900, 995 }, 2, 1000, VERDICT_RECOVER },
		{ { 940, 995 }, 2, 1000, VERDICT_RECOVER }, /* exactly the interval */
		{ { 941, 995 }, 2, 1000, VERDICT_REFUSE },
		{ { 1, 2, 3, 4 }, 4, 1000, VERDICT_RECOVER },
	};
	struct policies policies = read_text(GOOD "Burst=2\nInterval=60\n");
	struct event event = { .kind = EVENT_WEDGED,
			       .is_failure = true,
			       .wedged = 1 << WEDGED_REBIND };

	(void)state;
	for (size_t i = 0; i < LENGTH(cases); i++) {
		struct history history = { .nr = 0 };
		struct situation s = { .event = &event,
				       .policies = &policies,
				       .dev = find(ctx, GPU),
				       .history = &history,
				       .now_s = cases[i].now_s };
		struct decision d;

		for (size_t n = 0; n < cases[i].nr; n++)
			history_add(&history, cases[i].began_s[n]);
		decide(&d, &s);
		if (d.verdict != cases[i].verdict)
			fail_msg("case %zu: %s", i, d.why);
		if (d.verdict == VERDICT_REFUSE)
			assert_non_null(strstr(d.why, "rate limit: 2 recoveries in 60 s"));
	}
	policies_clear(&policies);
}

static void a_long_history_keeps_the_latest(void **state)
{
	struct history history = { .nr = 0 };

	(void)state;
	for (int64_t i = 0; i < HISTORY_MAX + 5; i++)
		history_add(&history, i);
	assert_int_equal(history.nr, HISTORY_MAX);
	assert_int_equal(history.began_s[0], 5);
	assert_int_equal(history.began_s[HISTORY_MAX - 1], HISTORY_MAX + 4);
}

/* ---- recoveries: a device that is played */

/* One letter for each outcome in turn, and for events while recover waits. */
struct play {
	const char *steps; /* v: verified, r: refused, i: impossible, f: failed, l: late, s: stuck */
	const char *events; /* for each wait: -: none, f: fails again, r: restored, L: lost */
	const char *binds, *hooks;
	uint32_t waited_ms;
	char log[512];
};

static enum outcome outcome_of(const char **letters)
{
	static const char names[] = "vrifls";
	const char *at = **letters ? strchr(names, *(*letters)++) : names;

	return (enum outcome)(at - names);
}

static void note(struct recovery *recovery, const char *words)
{
	struct play *play = recovery->data;

	snprintf(play->log + strlen(play->log), sizeof(play->log) - strlen(play->log), "%s%s",
		 *play->log ? " " : "", words);
}

static enum outcome play_step(struct recovery *recovery, const struct step *step)
{
	note(recovery, step_name(step));
	return outcome_of(&((struct play *)recovery->data)->steps);
}

static enum outcome play_unbind(struct recovery *recovery)
{
	note(recovery, "unbind");
	return outcome_of(&((struct play *)recovery->data)->binds);
}

static enum outcome play_bind(struct recovery *recovery)
{
	note(recovery, "bind");
	return outcome_of(&((struct play *)recovery->data)->binds);
}

static int play_hook(struct recovery *recovery, const char *command, const char *step)
{
	(void)step;
	note(recovery, command);
	return outcome_of(&((struct play *)recovery->data)->hooks) == OUTCOME_VERIFIED ? 0 : -EIO;
}

/* The next event comes after 200 ms. */
static bool play_wait(struct recovery *recovery, uint32_t *ms, struct event *ret_event)
{
	struct play *play = recovery->data;
	char letter = *play->events ? *play->events++ : '-';
	uint32_t waited_ms = letter == '-' || *ms < 200 ? *ms : 200;

	if (*ms < 200)
		letter = '-';
	*ms -= waited_ms;
	play->waited_ms += waited_ms;
	*ret_event = (struct event){ .kind = letter == 'f' ? EVENT_WEDGED : EVENT_LATE,
				     .is_failure = letter != 'r',
				     .is_restored = letter == 'r' };
	return letter != '-';
}

static void play_report(struct recovery *recovery, const char *action, const char *result)
{
	(void)recovery;
	(void)action;
	(void)result;
}

static const struct recovery_ops play_ops = {
	.step = play_step,
	.hook = play_hook,
	.unbind = play_unbind,
	.bind = play_bind,
	.wait = play_wait,
	.report = play_report,
};

#define THREE   RECOVER "Events=wedged\nSteps=rebind,flr,bus\nSettle=0\n"
#define SETTLES RECOVER "Events=wedged\nSteps=flr,bus\nSettle=500\n"
#define UNBINDS RECOVER "Events=wedged\nSteps=flr,bus\nSettle=0\nRebind=yes\n"
#define COLD    RECOVER "Events=wedged\nSteps=rebind,bus,power-cycle\nSettle=0\nRebind=yes\n"
#define HOOKS   THREE "Before=/B\nAfter=/A\n"

static const struct {
	const char *policy, *steps, *events, *binds, *hooks;
	uint32_t mask;
	enum result result;
	const char *log;
} plays[] = {
	/* at the first, at the second, at the third, and never */
	{ THREE, "v", "", "", "", 7, RESULT_RECOVERED, "rebind" },
	{ THREE, "fv", "", "", "", 7, RESULT_RECOVERED, "rebind flr" },
	{ THREE, "ffv", "", "", "", 7, RESULT_RECOVERED, "rebind flr bus" },
	{ THREE, "fff", "", "", "", 7, RESULT_GAVE_UP, "rebind flr bus" },
	/* only the steps of the decision */
	{ THREE, "v", "", "", "", 4, RESULT_RECOVERED, "bus" },
	{ THREE, "f", "", "", "", 4, RESULT_GAVE_UP, "bus" },
	/* what touches nothing is no end */
	{ THREE, "riv", "", "", "", 7, RESULT_RECOVERED, "rebind flr bus" },
	{ THREE, "rrr", "", "", "", 7, RESULT_GAVE_UP, "rebind flr bus" },
	{ THREE, "iii", "", "", "", 7, RESULT_GAVE_UP, "rebind flr bus" },
	/* a step that does not end forbids the next one */
	{ THREE, "sv", "", "", "", 7, RESULT_GAVE_UP, "rebind" },
	/* a late function: restored, lost, or no report */
	{ THREE, "lv", "r", "", "", 7, RESULT_RECOVERED, "rebind" },
	{ THREE, "lv", "L", "", "", 7, RESULT_RECOVERED, "rebind flr" },
	{ THREE, "lv", "-", "", "", 7, RESULT_RECOVERED, "rebind flr" },
	/* verified, but it fails again */
	{ SETTLES, "vv", "f-", "", "", 3, RESULT_RECOVERED, "flr bus" },
	{ SETTLES, "vv", "ff", "", "", 3, RESULT_GAVE_UP, "flr bus" },
	{ SETTLES, "v", "r-", "", "", 3, RESULT_RECOVERED, "flr" },
	/* another event does not prolong the time: the failure comes after it */
	{ SETTLES, "vv", "rrf", "", "", 3, RESULT_RECOVERED, "flr" },
	{ SETTLES, "vv", "rf-", "", "", 3, RESULT_RECOVERED, "flr bus" },
	/* the driver is unbound once, and bound when a reset is verified */
	{ UNBINDS, "v", "", "vv", "", 3, RESULT_RECOVERED, "unbind flr bind" },
	{ UNBINDS, "fv", "", "vv", "", 3, RESULT_RECOVERED, "unbind flr bus bind" },
	{ UNBINDS, "vv", "", "vfv", "", 3, RESULT_RECOVERED, "unbind flr bind bus bind" },
	{ UNBINDS, "ff", "", "v", "", 3, RESULT_GAVE_UP, "unbind flr bus" },
	{ UNBINDS, "rr", "", "vv", "", 3, RESULT_GAVE_UP, "unbind flr bus bind" },
	{ UNBINDS, "vv", "", "r", "", 3, RESULT_RECOVERED, "unbind unbind bus bind" },
	{ UNBINDS, "v", "", "i", "", 3, RESULT_RECOVERED, "unbind flr" },
	{ UNBINDS, "v", "", "s", "", 3, RESULT_GAVE_UP, "unbind" },
	/* a power cycle unbinds the driver itself, and is the last step */
	{ COLD, "v", "", "", "", 4, RESULT_RECOVERED, "power-cycle" },
	{ COLD, "ffv", "", "vv", "", 7, RESULT_RECOVERED, "rebind unbind bus power-cycle bind" },
	{ COLD, "fff", "", "v", "", 7, RESULT_GAVE_UP, "rebind unbind bus power-cycle" },
	{ COLD, "rri", "", "vv", "", 7, RESULT_GAVE_UP, "rebind unbind bus power-cycle bind" },
	/* hooks */
	{ HOOKS, "v", "", "", "vv", 7, RESULT_RECOVERED, "/B rebind /A" },
	{ HOOKS, "v", "", "", "f", 7, RESULT_GAVE_UP, "/B" },
	{ HOOKS, "vv", "", "", "vfv", 7, RESULT_RECOVERED, "/B rebind /A flr /A" },
	{ HOOKS, "fff", "", "", "v", 7, RESULT_GAVE_UP, "/B rebind flr bus" },
};

static void each_device_gets_the_least_that_helps(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(plays); i++) {
		struct policies policies = read_text(plays[i].policy);
		struct event event = { .kind = EVENT_WEDGED, .is_failure = true };
		struct play play = { .steps = plays[i].steps,
				     .events = plays[i].events,
				     .binds = plays[i].binds,
				     .hooks = plays[i].hooks };
		struct recovery recovery = { .ops = &play_ops,
					     .data = &play,
					     .policy = policies.v,
					     .event = &event,
					     .steps = plays[i].mask };
		enum result result = recovery_run(&recovery);

		if (result != plays[i].result || strcmp(play.log, plays[i].log))
			fail_msg("play %zu: %s: %s", i, result_name(result), play.log);
		policies_clear(&policies);
	}
}

static void a_late_function_is_awaited_longer_than_the_module_does(void **state)
{
	struct policies policies = read_text(THREE);
	struct event event = { .kind = EVENT_WEDGED, .is_failure = true };
	struct play play = { .steps = "lfv", .events = "-", .binds = "", .hooks = "" };
	struct recovery recovery = {
		.ops = &play_ops, .data = &play, .policy = policies.v, .event = &event, .steps = 7
	};

	(void)state;
	assert_int_equal(recovery_run(&recovery), RESULT_RECOVERED);
	assert_true(play.waited_ms > 65000);
	policies_clear(&policies);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_mistake_is_named_and_stops_all),
		cmocka_unit_test(a_policy_has_its_values_and_defaults),
		cmocka_unit_test(each_uevent_is_understood),
		cmocka_unit_test(each_decision_obeys_the_policy),
		cmocka_unit_test(the_rate_limit_counts_the_interval),
		cmocka_unit_test(a_long_history_keeps_the_latest),
		cmocka_unit_test(each_device_gets_the_least_that_helps),
		cmocka_unit_test(a_late_function_is_awaited_longer_than_the_module_does),
		cmocka_unit_test(an_unknown_subsystem_may_match),
	};

	return cmocka_run_group_tests(tests, make_context, drop_context);
}
