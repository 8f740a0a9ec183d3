/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes older and newer kernels look like one. Included before every file of the module. */
#ifndef _PCIRESET_COMPAT_H
#define _PCIRESET_COMPAT_H

#include <linux/export.h>
#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>

#ifdef PCIRESET_NS_IS_TOKEN
#define PCIRESET_EXPORT(symbol)   EXPORT_SYMBOL_NS_GPL(symbol, PCIRESET)
#define PCIRESET_IMPORT()         MODULE_IMPORT_NS(PCIRESET)
#define PCIRESET_IMPORT_IOMMUFD() MODULE_IMPORT_NS(IOMMUFD)
#else
#define PCIRESET_EXPORT(symbol)   EXPORT_SYMBOL_NS_GPL(symbol, "PCIRESET")
#define PCIRESET_IMPORT()         MODULE_IMPORT_NS("PCIRESET")
#define PCIRESET_IMPORT_IOMMUFD() MODULE_IMPORT_NS("IOMMUFD")
#endif

#ifdef PCIRESET_ASSIGN_STR_TAKES_2
#define pcireset_assign_str(destination, source) __assign_str(destination, source)
#else
#define pcireset_assign_str(destination, source) __assign_str(destination)
#endif

#ifndef PCIRESET_HAVE_IOMMU_RESET
static inline int pci_dev_reset_iommu_prepare(struct pci_dev *dev)
{
	return 0;
}

static inline void pci_dev_reset_iommu_done(struct pci_dev *dev)
{
}
#endif

/* A kernel with the patches in in-tree/ takes a mask of types, and has no other function. */
#ifdef PCIRESET_HAVE_RESET_TYPES
#define pcireset_core_reset(dev, types) __pci_reset_function_types_locked(dev, types)
#else
#define pcireset_core_reset(dev, types) __pci_reset_function_locked(dev)
#endif

/* Ownership by an iommufd. A kernel without iommufd has no owner. */
#ifdef PCIRESET_HAVE_IOMMUFD
#include <linux/iommufd.h>

#define pcireset_iommufd_symbol(symbol) symbol_get(symbol)
#define pcireset_claim_dma(dev, owner)  iommu_device_claim_dma_owner(dev, owner)
#define pcireset_release_dma(dev)       iommu_device_release_dma_owner(dev)
#else
struct iommufd_ctx;

#define pcireset_iommufd_symbol(symbol) NULL

static inline int pcireset_claim_dma(struct device *dev, void *owner)
{
	return -ENODEV;
}

static inline void pcireset_release_dma(struct device *dev)
{
}
#endif

/* Where ACPI is off all else has a stub. Not an inline: its header would be in every file. */
#ifndef CONFIG_ACPI
#define acpi_has_method(handle, name) false
#endif

/* Without a driver for error containment the kernel does not look for the capability. */
#ifdef CONFIG_PCIE_DPC
#define pcireset_dpc_cap(dev) ((dev)->dpc_cap)
#else
#define pcireset_dpc_cap(dev) 0
#endif

/* Has a security manager of the platform (TSM) connected a function, or bound it to a guest? */
#ifdef PCIRESET_HAVE_TSM
#define pcireset_has_tsm(dev) READ_ONCE((dev)->tsm)
#else
#define pcireset_has_tsm(dev) NULL
#endif

/* Has the kernel before this one left a function at work, or will this one? */
#ifdef PCIRESET_HAVE_LIVE_UPDATE
#define pcireset_is_handed_over(dev) \
	(READ_ONCE((dev)->liveupdate.outgoing) || READ_ONCE((dev)->liveupdate.incoming))
#else
#define pcireset_is_handed_over(dev) false
#endif

#endif /* _PCIRESET_COMPAT_H */
