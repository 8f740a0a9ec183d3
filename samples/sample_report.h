/* SPDX-License-Identifier: GPL-2.0-only */
/* Write a report to the kernel log, as one line of NAME=VALUE words. */
#ifndef _SAMPLE_REPORT_H
#define _SAMPLE_REPORT_H

#include "pcireset_api.h"

/*
 * uapi/linux/pcireset.h defines the numbers. A real driver would print a message for the
 * values that it needs. "who" is valid only if "why" is not 0.
 */
static inline void sample_log(struct pci_dev *dev, int result,
			      const struct pcireset_report *report)
{
	pci_info(dev, "result=%d type=%#x issued=%#x scope=%u members=%u proof=%u failed=%#x why=%u who=%04x:%02x:%02x.%u wait_us=%llu total_us=%llu\n",
		 result, report->type, report->issued, report->scope, report->nr_members,
		 report->proof, report->failed, report->why, report->who.domain,
		 report->who.bus, PCI_SLOT(report->who.devfn), PCI_FUNC(report->who.devfn),
		 report->wait_ns / NSEC_PER_USEC, report->total_ns / NSEC_PER_USEC);
}

#endif /* _SAMPLE_REPORT_H */
