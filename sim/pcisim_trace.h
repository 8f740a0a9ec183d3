/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: every config request, every reset, every change of a link, every error. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pcisim

#if !defined(_PCISIM_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _PCISIM_TRACE_H

#include <linux/pci.h>
#include <linux/tracepoint.h>

TRACE_EVENT(pcisim_read,
	TP_PROTO(int domain, u8 bus, unsigned int devfn, int where, int size, u32 value),
	TP_ARGS(domain, bus, devfn, where, size, value),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(u8, size)
		__field(u16, where)
		__field(u32, value)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->bus = bus;
		__entry->devfn = devfn;
		__entry->size = size;
		__entry->where = where;
		__entry->value = value;
	),
	TP_printk("device=%04x:%02x:%02x.%d where=%#x size=%u value=%#x", __entry->domain,
		  __entry->bus, PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  __entry->where, __entry->size, __entry->value)
);

TRACE_EVENT(pcisim_write,
	TP_PROTO(int domain, u8 bus, unsigned int devfn, int where, int size, u32 value,
		 bool lost),
	TP_ARGS(domain, bus, devfn, where, size, value, lost),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(u8, size)
		__field(bool, lost)
		__field(u16, where)
		__field(u32, value)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->bus = bus;
		__entry->devfn = devfn;
		__entry->size = size;
		__entry->lost = lost;
		__entry->where = where;
		__entry->value = value;
	),
	TP_printk("device=%04x:%02x:%02x.%d where=%#x size=%u value=%#x lost=%d", __entry->domain,
		  __entry->bus, PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  __entry->where, __entry->size, __entry->value, __entry->lost)
);

TRACE_EVENT(pcisim_reset,
	TP_PROTO(int domain, u8 bus, unsigned int devfn, int way, bool ignored),
	TP_ARGS(domain, bus, devfn, way, ignored),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(u8, way)
		__field(bool, ignored)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->bus = bus;
		__entry->devfn = devfn;
		__entry->way = way;
		__entry->ignored = ignored;
	),
	TP_printk("device=%04x:%02x:%02x.%d way=%s ignored=%d", __entry->domain, __entry->bus,
		  PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  __print_symbolic(__entry->way, { 0, "bus" }, { 1, "flr" }, { 2, "pm" },
				   { 3, "power_on" }),
		  __entry->ignored)
);

TRACE_EVENT(pcisim_trigger,
	TP_PROTO(int domain, u8 bus, unsigned int devfn, int way, unsigned int number, u32 nth),
	TP_ARGS(domain, bus, devfn, way, number, nth),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(u8, way)
		__field(u8, number)
		__field(u32, nth)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->bus = bus;
		__entry->devfn = devfn;
		__entry->way = way;
		__entry->number = number;
		__entry->nth = nth;
	),
	TP_printk("device=%04x:%02x:%02x.%d way=%s trigger=%u nth=%u", __entry->domain,
		  __entry->bus, PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn),
		  __print_symbolic(__entry->way, { 0, "bus" }, { 1, "flr" }, { 2, "pm" },
				   { 3, "power_on" }),
		  __entry->number, __entry->nth)
);

TRACE_EVENT(pcisim_link,
	TP_PROTO(int domain, u8 bus, unsigned int devfn, bool up),
	TP_ARGS(domain, bus, devfn, up),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(bool, up)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->bus = bus;
		__entry->devfn = devfn;
		__entry->up = up;
	),
	TP_printk("device=%04x:%02x:%02x.%d up=%d", __entry->domain, __entry->bus,
		  PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn), __entry->up)
);

TRACE_EVENT(pcisim_error,
	TP_PROTO(int domain, u8 bus, unsigned int devfn, u32 errors, bool fatal),
	TP_ARGS(domain, bus, devfn, errors, fatal),
	TP_STRUCT__entry(
		__field(int, domain)
		__field(u8, bus)
		__field(u8, devfn)
		__field(bool, fatal)
		__field(u32, errors)
	),
	TP_fast_assign(
		__entry->domain = domain;
		__entry->bus = bus;
		__entry->devfn = devfn;
		__entry->fatal = fatal;
		__entry->errors = errors;
	),
	TP_printk("device=%04x:%02x:%02x.%d errors=%#x fatal=%d", __entry->domain, __entry->bus,
		  PCI_SLOT(__entry->devfn), PCI_FUNC(__entry->devfn), __entry->errors,
		  __entry->fatal)
);

/* Calls of the driver for simulated endpoints. */
TRACE_EVENT(pcisim_driver,
	TP_PROTO(struct pci_dev *dev, const char *call),
	TP_ARGS(dev, call),
	TP_STRUCT__entry(
		__string(device, pci_name(dev))
		__string(call, call)
	),
	TP_fast_assign(
		pcisim_assign_str(device, pci_name(dev));
		pcisim_assign_str(call, call);
	),
	TP_printk("device=%s call=%s", __get_str(device), __get_str(call))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE pcisim_trace
#include <trace/define_trace.h>
