/* SPDX-License-Identifier: GPL-2.0-only */
/* The certificate: exactly the observations, and the machine. */
#include <stdlib.h>
#include "qualify.h"

static void put_series(const struct result *result, const struct pcireset_series *s, FILE *out)
{
	char *below = percent_below(s->failed_high);
	size_t nr = 0;

	while (pcireset_qualify_get_member(result->qualify, s->device, s->type, nr))
		nr++;
	fprintf(out,
		"  %s: %llu resets, %llu failed (below %s at 95 %%), %llu unverified, %llu "
		"interrupted, %zu function%s affected\n"
		"    ready after %.1f ms (median), %.1f ms (99 %%), %.1f ms (slowest)\n",
		pcireset_type_to_str(s->type, 0), (unsigned long long)s->nr,
		(unsigned long long)s->nr_failed, below, (unsigned long long)s->nr_unverified,
		(unsigned long long)s->nr_interrupted, nr, nr == 1 ? "" : "s",
		(double)s->ready_ns[1] / 1e6, (double)s->ready_ns[3] / 1e6,
		(double)s->ready_ns[4] / 1e6);
	free(below);
}

static void put_devices(const struct result *result, FILE *out)
{
	const char *name;

	for (uint32_t d = 0; (name = pcireset_qualify_get_device(result->qualify, d)); d++) {
		fprintf(out, "\nDevice %s: %s\n", name,
			pcireset_qualify_get_identity(result->qualify, d));
		for (size_t i = 0; i < result->nr_series; i++)
			if (result->series[i].device == d)
				put_series(result, &result->series[i], out);
	}
}

static void put_findings(const struct result *result, FILE *out)
{
	const struct pcireset_finding *finding;

	fprintf(out, "\nFindings:%s\n", result->nr_findings ? "" : " none");
	for (size_t i = 0; (finding = pcireset_qualify_get_finding(result->qualify, i)); i++) {
		char *sequence = sequence_text(finding);

		say(out, "  %s: %s%s",
		    pcireset_qualify_get_device(result->qualify, finding->device),
		    pcireset_qualify_get_finding_text(result->qualify, i), sequence);
		free(sequence);
	}
}

void certificate_write(const struct result *result, FILE *out)
{
	const struct pcireset_addr *addr;
	const char *key, *value, *stop = pcireset_qualify_get_stop(result->qualify);
	char name[PCIRESET_ADDR_STR_MAX];

	fprintf(out, "pcireset qualification certificate\n\nVerdict: %s\n", result->line);
	if (stop)
		say(out, "Stopped: %s", stop);
	put_devices(result, out);
	put_findings(result, out);
	fputs("\nObserved functions outside the scope:", out);
	for (size_t i = 0; (addr = pcireset_qualify_get_watched(result->qualify, i)); i++)
		fprintf(out, "%s%s", i % 4 ? " " : "\n  ", pcireset_addr_to_str(addr, name));
	fputs(pcireset_qualify_get_watched(result->qualify, 0) ? "\n\nMachine:\n" :
								 " none\n\nMachine:\n",
	      out);
	for (size_t i = 0; (value = pcireset_qualify_get_fact(result->qualify, i, &key)); i++)
		say(out, "  %s: %s", key, value);
	fputs("\nThis certificate states what was observed on this machine, with these devices,\n"
	      "this kernel and this firmware. It says nothing about other devices, and nothing\n"
	      "about the use of a device between resets.\n",
	      out);
}
