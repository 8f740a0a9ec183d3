/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Words for types, scopes, checks, uses, results and reasons, with one table for each. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "core/core.h"
#include "table/reasons.h"

struct word {
	uint32_t value;
	const char *name;
};

/* In order of choice: narrow before wide. */
static const struct word types[NR_TYPES] = {
	{ PCI_RESET_DEV_SPECIFIC, "device_specific" },
	{ PCI_RESET_ACPI, "acpi" },
	{ PCI_RESET_FLR, "flr" },
	{ PCI_RESET_PM, "pm" },
	{ PCI_RESET_SLOT, "slot" },
	{ PCI_RESET_BUS, "bus" },
	{ PCI_RESET_CXL_BUS, "cxl_bus" },
	{ PCI_RESET_LINK_DISABLE, "link_disable" },
};

static const struct word aliases[] = {
	{ PCI_RESET_FUNC, "func" },
	{ PCI_RESET_LINK, "link" },
	{ PCI_RESET_ANY, "any" },
};

static const struct word scopes[] = {
	{ PCIRESET_SCOPE_FUNCTION, "function" },
	{ PCIRESET_SCOPE_SLOT, "slot" },
	{ PCIRESET_SCOPE_BUS, "bus" },
};

static const struct word checks[] = {
	{ PCIRESET_CHECK_READY, "ready" }, { PCIRESET_CHECK_IDENTITY, "identity" },
	{ PCIRESET_CHECK_LINK, "link" },   { PCIRESET_CHECK_CONFIG, "config" },
	{ PCIRESET_CHECK_PROOF, "proof" },
};

static const struct word uses[] = {
	{ PCIRESET_USE_DRIVER, "driver" }, { PCIRESET_USE_VFIO, "vfio" },
	{ PCIRESET_USE_MOUNT, "mount" },   { PCIRESET_USE_NET, "net" },
	{ PCIRESET_USE_SWAP, "swap" },     { PCIRESET_USE_CONSOLE, "console" },
	{ PCIRESET_USE_OPEN, "open" },     { PCIRESET_USE_UNKNOWN, "unknown-users" },
};

static const struct word results[] = {
	{ PCIRESET_RESULT_VERIFIED, "verified" },
	{ PCIRESET_RESULT_UNVERIFIED, "unverified" },
	{ PCIRESET_RESULT_FAILED, "failed" },
	{ PCIRESET_RESULT_REFUSED, "refused" },
};

static const struct word states[] = {
	{ PCIRESET_STATE_UNTOUCHED, "untouched" },
	{ PCIRESET_STATE_RESTORED, "restored" },
	{ PCIRESET_STATE_DEAD, "dead" },
	{ PCIRESET_STATE_OTHER, "other" },
};

static const struct word proofs[] = {
	{ PCIRESET_PROOF_NONE, "none" },
	{ PCIRESET_PROOF_SHOWN, "shown" },
	{ PCIRESET_PROOF_UNKNOWN, "unknown" },
	{ PCIRESET_PROOF_REFUTED, "refuted" },
};

static const struct word backends[] = {
	{ PCIRESET_BACKEND_MODULE, "module" },
	{ PCIRESET_BACKEND_SYSFS, "sysfs" },
	{ PCIRESET_BACKEND_VFIO, "vfio" },
};

#define ERRNO(e)      \
	{             \
		e, #e \
	}
static const struct word errnos[] = {
	ERRNO(EPERM),    ERRNO(ENOENT),     ERRNO(EINTR),     ERRNO(EIO),     ERRNO(ENXIO),
	ERRNO(E2BIG),    ERRNO(EBADF),      ERRNO(EAGAIN),    ERRNO(ENOMEM),  ERRNO(EACCES),
	ERRNO(EFAULT),   ERRNO(EBUSY),      ERRNO(ENODEV),    ERRNO(ENOTDIR), ERRNO(EINVAL),
	ERRNO(ENFILE),   ERRNO(EMFILE),     ERRNO(ENOTTY),    ERRNO(EROFS),   ERRNO(ENOBUFS),
	ERRNO(ENOTUNIQ), ERRNO(EOPNOTSUPP), ERRNO(ETIMEDOUT), ERRNO(ESTALE),  ERRNO(ENAMETOOLONG),
	ERRNO(ELOOP),    ERRNO(ENOSPC),
};

/*
 * Reasons that the module does not have, and texts for one type, which precede the general
 * text. The reasons of the module are in table/reasons.h.
 */
static const struct {
	uint32_t why;
	uint32_t type;
	const char *text;
} reasons[] = {
	{ PCIRESET_WHY_NO_CAPABILITY, PCI_RESET_FLR,
	  "no FLR in Device Capabilities and none in an AF capability" },
	{ PCIRESET_WHY_NO_CAPABILITY, PCI_RESET_PM, "no Power Management capability" },
	{ PCIRESET_WHY_NO_CAPABILITY, PCI_RESET_LINK_DISABLE,
	  "the port above has no PCI Express link that reports its state" },
	{ PCIRESET_WHY_UNKNOWN, PCI_RESET_LINK_DISABLE,
	  "only root can read the link capabilities of the port above" },
	{ PCIRESET_WHY_IN_USE, 0, "it is in use" },
	{ PCIRESET_WHY_NOT_LISTED, 0,
	  "the kernel does not list it in reset_method: known to be broken, or removed from it" },
	{ PCIRESET_WHY_UNKNOWN, 0,
	  "the kernel does not list it in reset_method; only root can find out more" },
	{ PCIRESET_WHY_NO_MODULE, 0, "module pcireset is not loaded; run: modprobe pcireset" },
	{ PCIRESET_WHY_NO_PERMISSION, 0, "opening /dev/pcireset requires CAP_SYS_ADMIN" },
	{ PCIRESET_WHY_NEEDS_MODULE, PCI_RESET_SLOT,
	  "a stock kernel may use bus instead of slot; run: modprobe "
	  "pcireset" },
	{ PCIRESET_WHY_NEEDS_MODULE, PCI_RESET_BUS,
	  "a stock kernel may use slot instead of bus; run: modprobe "
	  "pcireset" },
	{ PCIRESET_WHY_NEEDS_MODULE, PCI_RESET_CXL_BUS,
	  "a stock kernel does not restore all functions; run: modprobe pcireset" },
	{ PCIRESET_WHY_NEEDS_MODULE, PCI_RESET_LINK_DISABLE,
	  "only the module supports this type; run: modprobe pcireset" },
	{ PCIRESET_WHY_NEEDS_MODULE, 0,
	  "a stock kernel restores one function only, and can neither try nor escalate; "
	  "run: modprobe pcireset" },
	{ PCIRESET_WHY_METHOD_REFUSED, 0,
	  "the kernel rejects this type alone, or its own list, in reset_method; run: "
	  "modprobe pcireset" },
	{ PCIRESET_WHY_METHOD_CHANGED, 0, "another process changed reset_method" },
	{ PCIRESET_WHY_METHOD_LEFT, 0,
	  "reset_method could not be restored; when the device answers, run: pcireset doctor "
	  "--repair" },
	{ PCIRESET_WHY_LEFT_OVER, 0,
	  "a killed pcireset left reset_method changed; run: pcireset doctor --repair" },
	{ PCIRESET_WHY_SYSROOT, 0, "a recorded machine cannot be reset" },
	{ PCIRESET_WHY_DUMP, 0, "unknown: a dump of config space does not contain it" },
	{ PCIRESET_WHY_LISTS_DIFFER, 0, "it would be affected, but VFIO does not list it" },
	{ PCIRESET_WHY_METHOD_WIDER, 0,
	  "VFIO lets the kernel try every type in reset_method; write only this type there" },
	{ PCIRESET_WHY_LINK_UNKNOWN, 0, "unknown whether VFIO would reset the slot or the bus" },
	{ PCIRESET_WHY_VFIO_NO_RESET, 0, "no reset worked when VFIO opened it" },
	{ PCIRESET_WHY_VFIO_NO_PROOF, 0, "VFIO cannot prove a reset; leave out the check proof" },
	{ PCIRESET_WHY_RULE, 0, "an administrator's rule denies it" },
	{ PCIRESET_WHY_BAD_RULES, 0, "no reset is allowed: the rules cannot be read" },
	{ PCIRESET_WHY_OLD_MODULE, 0,
	  "the loaded module is older than this type; load the installed one" },
	{ PCIRESET_WHY_VFIO_DRIVER, 0, "the reset of its VFIO driver is unknown" },
};

static const char *name_of(const struct word *words, size_t nr, uint32_t value)
{
	for (size_t i = 0; i < nr; i++)
		if (words[i].value == value)
			return words[i].name;
	return NULL;
}

static int plain_char(char c)
{
	return c == '-' ? '_' : tolower((unsigned char)c);
}

/* "FLR" and "cxl-bus" mean the same as "flr" and "cxl_bus". */
static bool is_word(const char *word, const char *typed, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!word[i] || plain_char(word[i]) != plain_char(typed[i]))
			return false;
	return !word[len];
}

static int value_of(const struct word *words, size_t nr, const char *name, size_t len,
		    uint32_t *ret_value)
{
	for (size_t i = 0; i < nr; i++) {
		if (!is_word(words[i].name, name, len))
			continue;
		*ret_value = words[i].value;
		return 0;
	}
	return -EINVAL;
}

int type_index(uint32_t type)
{
	for (size_t i = 0; i < NR_TYPES; i++)
		if (types[i].value == type)
			return (int)i;
	return -1;
}

uint32_t pcireset_type_at(size_t i)
{
	return i < NR_TYPES ? types[i].value : 0;
}

const char *pcireset_type_to_str(uint32_t type, uint32_t flags)
{
	if (type == PCI_RESET_FLR && (flags & PCIRESET_TYPE_AF))
		return "af_flr";
	return name_of(types, NR_TYPES, type);
}

static int bad_type(struct pcireset_ctx *ctx, const char *word, size_t len)
{
	if (is_word("af_flr", word, len))
		return ctx_error(ctx, -EINVAL,
				 "\"af_flr\" cannot be asked for: say flr, the report tells which");
	return ctx_error(ctx, -EINVAL,
			 "unknown type of reset \"%.*s\"; known are device_specific, acpi, flr, "
			 "pm, slot, bus, cxl_bus, link_disable, and func, link, any for several "
			 "of them",
			 (int)(len < 64 ? len : 64), word);
}

int pcireset_types_from_str(struct pcireset_ctx *ctx, const char *str, uint32_t *ret_types)
{
	static const char separators[] = ", \t\n";
	uint32_t mask = 0;

	for (const char *p = str + strspn(str, separators); *p; p += strspn(p, separators)) {
		size_t len = strcspn(p, separators);
		uint32_t bits;

		if (value_of(types, NR_TYPES, p, len, &bits) &&
		    value_of(aliases, ARRAY_SIZE(aliases), p, len, &bits))
			return bad_type(ctx, p, len);
		mask |= bits;
		p += len;
	}
	if (!mask)
		return ctx_error(ctx, -EINVAL, "no type of reset is given");
	*ret_types = mask;
	return 0;
}

int pcireset_types_to_str(uint32_t mask, char *buf, size_t size)
{
	size_t len = 0;

	if (mask & ~PCI_RESET_ANY)
		return -EINVAL;
	if (!size)
		return -ENOBUFS;
	buf[0] = '\0';
	for (size_t i = 0; i < NR_TYPES; i++) {
		if (!(mask & types[i].value))
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? "," : "",
					types[i].name);
		if (len >= size)
			return -ENOBUFS;
	}
	return (int)len;
}

#define WORDS(what, table)                                       \
	const char *pcireset_##what##_to_str(uint32_t value)     \
	{                                                        \
		return name_of(table, ARRAY_SIZE(table), value); \
	}

#define WORDS_BOTH_WAYS(what, table)                                                    \
	WORDS(what, table)                                                              \
	int pcireset_##what##_from_str(const char *str, uint32_t *ret_value)            \
	{                                                                               \
		return value_of(table, ARRAY_SIZE(table), str, strlen(str), ret_value); \
	}

WORDS_BOTH_WAYS(scope, scopes)
WORDS_BOTH_WAYS(check, checks)
WORDS_BOTH_WAYS(use, uses)
WORDS(state, states)
WORDS(proof, proofs)

const char *pcireset_result_to_str(enum pcireset_result result)
{
	return name_of(results, ARRAY_SIZE(results), result);
}

const char *pcireset_backend_to_str(enum pcireset_backend backend)
{
	return name_of(backends, ARRAY_SIZE(backends), backend);
}

const char *pcireset_errno_to_str(int error)
{
	const char *name = name_of(errnos, ARRAY_SIZE(errnos), (uint32_t)abs(error));

	return name ? name : "EUNKNOWN";
}

const char *pcireset_why_to_str(uint32_t why, uint32_t type)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].why == why && (!reasons[i].type || reasons[i].type == type))
			return reasons[i].text;
	for (size_t i = 0; i < ARRAY_SIZE(pcireset_reasons); i++)
		if (pcireset_reasons[i].why == why)
			return pcireset_reasons[i].text;
	return "for a reason that this version does not know";
}
