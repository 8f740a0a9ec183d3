// SPDX-License-Identifier: GPL-2.0-only
/* Errors: detection by a function, the path of its message, and containment by a port. */
#include "pcisim.h"
#include "pcisim_trace.h"

static u32 error_get32(const u8 *at)
{
	return pcisim_get16(at) | (u32)pcisim_get16(at + 2) << 16;
}

static void set_bits16(u8 *at, u16 bits)
{
	pcisim_put16(at, pcisim_get16(at) | bits);
}

/* PCIe r6.0, sec 6.2.11.1: software chooses the errors that a port contains. */
static bool error_is_contained(const struct pcisim_function *fn, bool fatal)
{
	u16 control;

	if (!fn->port || !fn->template->dpc)
		return false;
	control = pcisim_get16(fn->space + fn->template->dpc + PCI_EXP_DPC_CTL);
	switch (control & PCISIM_DPC_ENABLED) {
	case PCISIM_DPC_FATAL:
		return fatal;
	case PCISIM_DPC_NONFATAL:
		return true;
	default:
		return false;
	}
}

/**
 * pcisim_contain - disable the link below a port until software releases it
 * @port: the port, with DPC
 * @reason: Trigger Reason as in DPC Status
 * @source: requester ID of the source
 *
 * PCIe r6.0, sec 6.2.11: nothing more is contained until Trigger Status is cleared.
 *
 * Context: the host's hw lock is held.
 */
void pcisim_contain(struct pcisim_function *port, u16 reason, u16 source)
{
	u8 *dpc = port->space + port->template->dpc;
	u16 status = PCI_EXP_DPC_STATUS_TRIGGER | reason;

	if (pcisim_get16(dpc + PCI_EXP_DPC_STATUS) & PCI_EXP_DPC_STATUS_TRIGGER)
		return;
	atomic64_inc(&port->node->counts.contained);
	if (pcisim_get16(dpc + PCI_EXP_DPC_CTL) & PCI_EXP_DPC_CTL_INT_EN)
		status |= PCI_EXP_DPC_STATUS_INTERRUPT;
	pcisim_put16(dpc + PCI_EXP_DPC_STATUS, status);
	pcisim_put16(dpc + PCI_EXP_DPC_SOURCE_ID, source);
	pcisim_hold(port, PCISIM_HELD_DPC);
	if (status & PCI_EXP_DPC_STATUS_INTERRUPT)
		pcisim_raise_irq(port);
}

/* PCIe r6.0, sec 7.8.4.10: keep the first error, and only a flag for further ones. */
static void report_correctable_to_root(struct pcisim_function *root, u16 source)
{
	u8 *aer = root->space + root->template->aer;

	if (!root->port || !root->template->aer)
		return;
	if (pcisim_get16(aer + PCI_ERR_ROOT_STATUS) & PCI_ERR_ROOT_COR_RCV) {
		set_bits16(aer + PCI_ERR_ROOT_STATUS, PCI_ERR_ROOT_MULTI_COR_RCV);
	} else {
		set_bits16(aer + PCI_ERR_ROOT_STATUS, PCI_ERR_ROOT_COR_RCV);
		pcisim_put16(aer + PCI_ERR_ROOT_ERR_SRC, source);
	}
	if (pcisim_get16(aer + PCI_ERR_ROOT_COMMAND) & PCI_ERR_ROOT_CMD_COR_EN)
		pcisim_raise_irq(root);
}

/* The same for uncorrectable errors. */
static void report_to_root(struct pcisim_function *root, u16 source, bool fatal)
{
	u8 *aer = root->space + root->template->aer;
	u32 bits = fatal ? PCI_ERR_ROOT_FATAL_RCV : PCI_ERR_ROOT_NONFATAL_RCV;
	u32 enable = fatal ? PCI_ERR_ROOT_CMD_FATAL_EN : PCI_ERR_ROOT_CMD_NONFATAL_EN;

	if (!root->port || !root->template->aer)
		return;
	if (pcisim_get16(aer + PCI_ERR_ROOT_STATUS) & PCI_ERR_ROOT_UNCOR_RCV) {
		bits |= PCI_ERR_ROOT_MULTI_UNCOR_RCV;
	} else {
		bits |= PCI_ERR_ROOT_UNCOR_RCV | (fatal ? PCI_ERR_ROOT_FIRST_FATAL : 0);
		pcisim_put16(aer + PCI_ERR_ROOT_ERR_SRC + 2, source);
	}
	set_bits16(aer + PCI_ERR_ROOT_STATUS, bits);
	if (pcisim_get16(aer + PCI_ERR_ROOT_COMMAND) & enable)
		pcisim_raise_irq(root);
}

/*
 * Send the message up to the root port, unless a port contains it. A link that is down
 * loses the message.
 */
static bool send_message(struct pcisim_function *fn, u16 source, bool fatal)
{
	u16 reason = fatal ? PCISIM_DPC_GOT_FATAL : PCISIM_DPC_GOT_NONFATAL;

	while (fn->bus->bridge) {
		fn = fn->bus->bridge;
		if (!pcisim_link_is_up(fn))
			return false;
		if (error_is_contained(fn, fatal)) {
			pcisim_contain(fn, reason, source);
			return true;
		}
	}
	report_to_root(fn, source, fatal);
	return true;
}

static bool error_is_reported(const struct pcisim_function *fn, bool fatal)
{
	u16 control = pcisim_get16(fn->space + fn->template->pcie + PCI_EXP_DEVCTL);

	return control & (fatal ? PCI_EXP_DEVCTL_FERE : PCI_EXP_DEVCTL_NFERE);
}

/**
 * pcisim_error - a function detects errors
 * @fn: the function
 * @errors: bits of Uncorrectable Error Status
 *
 * Its registers control whether the errors are reported (PCIe r6.0, sec 6.2.5).
 * System Error bits of bridges count as set, as firmware leaves them.
 *
 * Context: the host's hw lock is held.
 */
void pcisim_error(struct pcisim_function *fn, u32 errors)
{
	u8 *aer = fn->space + fn->template->aer;
	u8 *pcie = fn->space + fn->template->pcie;
	u16 source = fn->bus->number << 8 | fn->devfn;
	bool fatal;

	if (!fn->template->aer || fn->gone || !pcisim_settle(fn))
		return;
	pcisim_put32(aer + PCI_ERR_UNCOR_STATUS, error_get32(aer + PCI_ERR_UNCOR_STATUS) | errors);
	fatal = errors & error_get32(aer + PCI_ERR_UNCOR_SEVER);
	set_bits16(pcie + PCI_EXP_DEVSTA, fatal ? PCI_EXP_DEVSTA_FED : PCI_EXP_DEVSTA_NFED);

	errors &= ~error_get32(aer + PCI_ERR_UNCOR_MASK);
	if (!errors)
		return;
	fatal = errors & error_get32(aer + PCI_ERR_UNCOR_SEVER);
	if (error_is_contained(fn, fatal))
		pcisim_contain(fn, PCISIM_DPC_OWN_ERROR, 0);
	else if (!error_is_reported(fn, fatal) || !send_message(fn, source, fatal))
		return;
	atomic64_inc(&fn->node->counts.errors);
	trace_pcisim_error(fn->node->host->domain, fn->bus->number, fn->devfn, errors, fatal);
}

/* No port contains a correctable error. A link that is down loses the message. */
static bool send_correctable(struct pcisim_function *fn)
{
	u16 source = fn->bus->number << 8 | fn->devfn;

	while (fn->bus->bridge) {
		fn = fn->bus->bridge;
		if (!pcisim_link_is_up(fn))
			return false;
	}
	report_correctable_to_root(fn, source);
	return true;
}

/**
 * pcisim_correctable - a function detects errors and corrects them
 * @fn: the function
 * @errors: bits of Correctable Error Status
 *
 * Its registers decide whether it reports them (PCIe r6.0, sec 6.2.5).
 *
 * Context: the host's hw lock is held.
 */
void pcisim_correctable(struct pcisim_function *fn, u32 errors)
{
	u8 *aer = fn->space + fn->template->aer;
	u8 *pcie = fn->space + fn->template->pcie;

	if (!fn->template->aer || fn->gone || !pcisim_settle(fn))
		return;
	pcisim_put32(aer + PCI_ERR_COR_STATUS, error_get32(aer + PCI_ERR_COR_STATUS) | errors);
	set_bits16(pcie + PCI_EXP_DEVSTA, PCI_EXP_DEVSTA_CED);
	errors &= ~error_get32(aer + PCI_ERR_COR_MASK);
	if (!errors || !(pcisim_get16(pcie + PCI_EXP_DEVCTL) & PCI_EXP_DEVCTL_CERE) ||
	    !send_correctable(fn))
		return;
	atomic64_inc(&fn->node->counts.errors);
	trace_pcisim_error(fn->node->host->domain, fn->bus->number, fn->devfn, errors, false);
}
