/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of an IOMMU driver that differ between kernels. */
#ifndef _PCISIM_COMPAT_IOMMU_H
#define _PCISIM_COMPAT_IOMMU_H

#include <linux/iommu.h>
#include <linux/platform_device.h>

/* attach_dev() also gets the previous domain (7.0). */
#ifdef PCISIM_ATTACH_TAKES_OLD
#define PCISIM_ATTACH_ARGUMENTS \
	struct iommu_domain *domain, struct device *dev, struct iommu_domain *old
#else
#define PCISIM_ATTACH_ARGUMENTS struct iommu_domain *domain, struct device *dev
#endif

/* Kernels without this capability query the interrupt controller (6.3). */
#ifdef PCISIM_HAVE_CAP_INTR_REMAP
#define PCISIM_IOMMU_CAP_INTR_REMAP IOMMU_CAP_INTR_REMAP
#else
#define PCISIM_IOMMU_CAP_INTR_REMAP IOMMU_CAP_CACHE_COHERENCY
#endif

/* Page sizes are a property of the driver, or of a domain (6.17). */
#ifdef PCISIM_HAVE_OPS_PGSIZE
#define PCISIM_IOMMU_PGSIZE .pgsize_bitmap = PAGE_SIZE,
#else
#define PCISIM_IOMMU_PGSIZE
#endif

/* Defined by iommu.c. */
static int iommu_attach(PCISIM_ATTACH_ARGUMENTS);
static struct iommu_domain *iommu_alloc(void);

/*
 * Domains are allocated by type. Newer kernels allocate only those with mappings, and the
 * others are static.
 */
#ifdef PCISIM_HAVE_ALLOC_PAGING
static inline struct iommu_domain *iommu_alloc_paging(struct device *dev)
{
	return iommu_alloc();
}

static const struct iommu_domain_ops iommu_fixed_ops = {
	.attach_dev = iommu_attach,
};

static struct iommu_domain iommu_identity = {
	.type = IOMMU_DOMAIN_IDENTITY,
	.ops = &iommu_fixed_ops,
};

static struct iommu_domain iommu_blocked = {
	.type = IOMMU_DOMAIN_BLOCKED,
	.ops = &iommu_fixed_ops,
};

#define PCISIM_IOMMU_OPS                                                       \
	PCISIM_IOMMU_PGSIZE .domain_alloc_paging = iommu_alloc_paging,           \
			    .identity_domain = &iommu_identity,                  \
			    .blocked_domain = &iommu_blocked
#else
static inline struct iommu_domain *iommu_alloc_type(unsigned int type)
{
	return iommu_alloc();
}

#define PCISIM_IOMMU_OPS PCISIM_IOMMU_PGSIZE .domain_alloc = iommu_alloc_type
#endif

/* 6.1 leaves the driver's ops in each bus after the driver is removed. */
#ifdef PCISIM_HAVE_BUS_IOMMU_OPS
static inline void pcisim_forget_iommu_ops(void)
{
	pci_bus_type.iommu_ops = NULL;
	platform_bus_type.iommu_ops = NULL;
}
#else
static inline void pcisim_forget_iommu_ops(void)
{
}
#endif

#endif /* _PCISIM_COMPAT_IOMMU_H */
