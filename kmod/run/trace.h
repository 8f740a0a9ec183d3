/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: begin, members, trigger, readiness and checks of each member, and end. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pcireset

#if !defined(_PCIRESET_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PCIRESET_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

#include "run/run.h"

/*
 * The id connects the events of one reset. Fields are added but never removed or
 * changed: "pcireset watch" and other programs read them by name.
 */

/* The locks are held, and nothing is touched yet. */
TRACE_EVENT(pcireset_begin,
	TP_PROTO(const struct pcireset_run *run, u32 types),
	TP_ARGS(run, types),
	TP_STRUCT__entry(
		__string(device, pci_name(run->plan->dev))
		__field(u32, types)
		__field(unsigned int, members)
		__field(u64, id)
		__field(pid_t, caller_pid)
		__array(char, caller_comm, TASK_COMM_LEN)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(run->plan->dev));
		__entry->types = types;
		__entry->members = run->plan->nr_fns;
		__entry->id = run->origin.id;
		__entry->caller_pid = run->origin.pid;
		memcpy(__entry->caller_comm, run->origin.comm, TASK_COMM_LEN);
	),
	TP_printk("device=%s types=%#x members=%u id=%llu caller_pid=%d caller_comm=%s",
		  __get_str(device), __entry->types, __entry->members, __entry->id,
		  __entry->caller_pid, __entry->caller_comm)
);

/* One for each affected function, directly after the begin. */
TRACE_EVENT(pcireset_member,
	TP_PROTO(const struct pcireset_run *run, struct pci_dev *dev),
	TP_ARGS(run, dev),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__field(u64, id)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(dev));
		__entry->id = run->origin.id;
	),
	TP_printk("device=%s id=%llu", __get_str(device), __entry->id)
);

TRACE_EVENT(pcireset_trigger,
	TP_PROTO(const struct pcireset_run *run, u32 type, int error),
	TP_ARGS(run, type, error),
	TP_STRUCT__entry(
		__string(device, pci_name(run->plan->dev))
		__field(u32, type)
		__field(int, error)
		__field(u64, id)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(run->plan->dev));
		__entry->type = type;
		__entry->error = error;
		__entry->id = run->origin.id;
	),
	TP_printk("device=%s type=%#x error=%d id=%llu", __get_str(device), __entry->type,
		  __entry->error, __entry->id)
);

TRACE_EVENT(pcireset_ready,
	TP_PROTO(const struct pcireset_run *run, const struct pcireset_fn *fn, int error),
	TP_ARGS(run, fn, error),
	TP_STRUCT__entry(
		__string(device, pci_name(fn->dev))
		__field(int, error)
		__field(u64, ready_ns)
		__field(u64, id)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(fn->dev));
		__entry->error = error;
		__entry->ready_ns = fn->found.ready_ns;
		__entry->id = run->origin.id;
	),
	TP_printk("device=%s error=%d ready_ns=%llu id=%llu", __get_str(device), __entry->error,
		  __entry->ready_ns, __entry->id)
);

/* State of a member after the checks. A later event of the same member replaces it. */
TRACE_EVENT(pcireset_check,
	TP_PROTO(const struct pcireset_run *run, const struct pcireset_fn *fn),
	TP_ARGS(run, fn),
	TP_STRUCT__entry(
		__string(device, pci_name(fn->dev))
		__field(u32, failed)
		__field(u32, proof)
		__field(u32, offset)
		__field(u32, state)
		__field(u32, flags)
		__field(u64, ready_ns)
		__field(u64, id)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(fn->dev));
		__entry->failed = fn->found.failed;
		__entry->proof = fn->found.proof;
		__entry->offset = fn->found.offset;
		__entry->state = fn->found.outcome;
		__entry->flags = fn->planned->flags | fn->found.flags;
		__entry->ready_ns = fn->found.ready_ns;
		__entry->id = run->origin.id;
	),
	TP_printk("device=%s failed=%#x proof=%u offset=%#x state=%u flags=%#x ready_ns=%llu id=%llu",
		  __get_str(device), __entry->failed, __entry->proof, __entry->offset,
		  __entry->state, __entry->flags, __entry->ready_ns, __entry->id)
);

/*
 * The end of a function that was late: 0 if it was restored and is as before, -EIO if
 * it is not, -ETIMEDOUT if it did not come back, -ENODEV if it was removed.
 */
TRACE_EVENT(pcireset_late,
	TP_PROTO(const struct pcireset_tx *tx, const struct pcireset_fn *fn, int result),
	TP_ARGS(tx, fn, result),
	TP_STRUCT__entry(
		__string(device, pci_name(fn->dev))
		__field(int, result)
		__field(u32, last_type)
		__field(u32, failed)
		__field(u32, proof)
		__field(u32, offset)
		__field(u32, state)
		__field(u64, ready_ns)
		__field(u64, id)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(fn->dev));
		__entry->result = result;
		__entry->last_type = tx->late.type->bit;
		__entry->failed = fn->found.failed;
		__entry->proof = fn->found.proof;
		__entry->offset = fn->found.offset;
		__entry->state = fn->found.outcome;
		__entry->ready_ns = fn->found.ready_ns;
		__entry->id = tx->late.id;
	),
	TP_printk("device=%s result=%d last_type=%#x failed=%#x proof=%u offset=%#x state=%u ready_ns=%llu id=%llu",
		  __get_str(device), __entry->result, __entry->last_type, __entry->failed,
		  __entry->proof, __entry->offset, __entry->state, __entry->ready_ns, __entry->id)
);

/* A refused reset has only this event: no type was issued, and there is no begin. */
TRACE_EVENT(pcireset_end,
	TP_PROTO(const struct pcireset_run *run, int result),
	TP_ARGS(run, result),
	TP_STRUCT__entry(
		__string(device, pci_name(run->plan->dev))
		__field(u32, issued)
		__field(int, result)
		__field(u64, total_ns)
		__field(u64, wait_ns)
		__field(u64, id)
		__field(u32, last_type)
		__field(u32, type_flags)
		__field(u32, failed)
		__field(u32, proof)
		__field(u32, why)
		__field(u32, who_domain)
		__field(u8, who_bus)
		__field(u8, who_devfn)
		__field(unsigned int, members)
		__field(pid_t, caller_pid)
		__array(char, caller_comm, TASK_COMM_LEN)
	),
	TP_fast_assign(
		pcireset_assign_str(device, pci_name(run->plan->dev));
		__entry->issued = run->report->issued;
		__entry->result = result;
		__entry->total_ns = run->report->total_ns;
		__entry->wait_ns = run->report->wait_ns;
		__entry->id = run->origin.id;
		__entry->last_type = run->report->type;
		__entry->type_flags = run->report->type_flags;
		__entry->failed = run->report->failed;
		__entry->proof = run->report->proof;
		__entry->why = run->report->why;
		__entry->who_domain = run->report->who.domain;
		__entry->who_bus = run->report->who.bus;
		__entry->who_devfn = run->report->who.devfn;
		__entry->members = run->report->nr_members;
		__entry->caller_pid = run->origin.pid;
		memcpy(__entry->caller_comm, run->origin.comm, TASK_COMM_LEN);
	),
	TP_printk("device=%s issued=%#x result=%d total_ns=%llu wait_ns=%llu id=%llu last_type=%#x type_flags=%#x failed=%#x proof=%u why=%u who=%04x:%02x:%02x.%d members=%u caller_pid=%d caller_comm=%s",
		  __get_str(device), __entry->issued, __entry->result, __entry->total_ns,
		  __entry->wait_ns, __entry->id, __entry->last_type, __entry->type_flags,
		  __entry->failed, __entry->proof, __entry->why, __entry->who_domain,
		  __entry->who_bus, __entry->who_devfn >> 3, __entry->who_devfn & 7,
		  __entry->members, __entry->caller_pid, __entry->caller_comm)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH run
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
