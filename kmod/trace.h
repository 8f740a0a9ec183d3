/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: a reset's begin, trigger, each member's readiness and checks, and end. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pcireset

#if !defined(_PCIRESET_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PCIRESET_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

TRACE_EVENT(pcireset_begin,
	TP_PROTO(struct pci_dev *dev, u32 types, unsigned int members),
	TP_ARGS(dev, types, members),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__field(u32, types)
		__field(unsigned int, members)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(dev));
		__entry->types = types;
		__entry->members = members;
	),
	TP_printk("device=%s types=%#x members=%u", __get_str(device), __entry->types,
		  __entry->members)
);

TRACE_EVENT(pcireset_trigger,
	TP_PROTO(struct pci_dev *dev, u32 type, int error),
	TP_ARGS(dev, type, error),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__field(u32, type)
		__field(int, error)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(dev));
		__entry->type = type;
		__entry->error = error;
	),
	TP_printk("device=%s type=%#x error=%d", __get_str(device), __entry->type,
		  __entry->error)
);

TRACE_EVENT(pcireset_ready,
	TP_PROTO(struct pci_dev *dev, int error, u64 ready_ns),
	TP_ARGS(dev, error, ready_ns),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__field(int, error)
		__field(u64, ready_ns)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(dev));
		__entry->error = error;
		__entry->ready_ns = ready_ns;
	),
	TP_printk("device=%s error=%d ready_ns=%llu", __get_str(device), __entry->error,
		  __entry->ready_ns)
);

TRACE_EVENT(pcireset_check,
	TP_PROTO(struct pci_dev *dev, u32 failed, u32 proof, u32 offset),
	TP_ARGS(dev, failed, proof, offset),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__field(u32, failed)
		__field(u32, proof)
		__field(u32, offset)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(dev));
		__entry->failed = failed;
		__entry->proof = proof;
		__entry->offset = offset;
	),
	TP_printk("device=%s failed=%#x proof=%u offset=%#x", __get_str(device),
		  __entry->failed, __entry->proof, __entry->offset)
);

TRACE_EVENT(pcireset_end,
	TP_PROTO(struct pci_dev *dev, u32 issued, int result, u64 total_ns),
	TP_ARGS(dev, issued, result, total_ns),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__field(u32, issued)
		__field(int, result)
		__field(u64, total_ns)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(dev));
		__entry->issued = issued;
		__entry->result = result;
		__entry->total_ns = total_ns;
	),
	TP_printk("device=%s issued=%#x result=%d total_ns=%llu", __get_str(device),
		  __entry->issued, __entry->result, __entry->total_ns)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
