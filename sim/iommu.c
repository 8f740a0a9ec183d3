// SPDX-License-Identifier: GPL-2.0-only
/*
 * An IOMMU in software, so that simulated functions have IOMMU groups and VFIO accepts
 * them. Simulated functions do no DMA, so mappings are only recorded.
 */
#include <linux/iommu.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "compat/iommu.h"
#include "pcisim.h"

/**
 * struct sim_domain - an address space
 * @domain: for the core
 * @pages: page frame of each mapped page
 */
struct sim_domain {
	struct iommu_domain domain;
	struct xarray pages;
};

/* Protects iommu_users. */
static DEFINE_MUTEX(iommu_lock);
static unsigned int iommu_users;
static struct iommu_device sim_iommu;

static struct sim_domain *to_sim_domain(struct iommu_domain *domain)
{
	return container_of(domain, struct sim_domain, domain);
}

static struct pcisim_host *iommu_host_of(struct device *dev)
{
	struct pci_dev *pdev;

	if (!dev_is_pci(dev))
		return NULL;
	pdev = to_pci_dev(dev);
	if (pdev->bus->ops != &pcisim_ops)
		return NULL;
	return container_of(pdev->bus->sysdata, struct pcisim_host, sysdata);
}

static bool iommu_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY || cap == PCISIM_IOMMU_CAP_INTR_REMAP;
}

static struct iommu_device *iommu_probe(struct device *dev)
{
	struct pcisim_host *host = iommu_host_of(dev);

	return host && host->iommu != PCISIM_IOMMU_NONE ? &sim_iommu : ERR_PTR(-ENODEV);
}

static void iommu_release(struct device *dev)
{
}

static struct iommu_group *iommu_group_of(struct device *dev)
{
	if (iommu_host_of(dev)->iommu == PCISIM_IOMMU_PCI)
		return pci_device_group(dev);
	return generic_device_group(dev);
}

/* The kernel's own DMA needs no translation. */
static int iommu_default_type(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static int iommu_attach(PCISIM_ATTACH_ARGUMENTS)
{
	return 0;
}

static int iommu_map_all(struct iommu_domain *domain, unsigned long iova, phys_addr_t paddr,
			 size_t pgsize, size_t pgcount, int prot, gfp_t gfp, size_t *mapped)
{
	struct xarray *pages = &to_sim_domain(domain)->pages;
	unsigned long page = iova >> PAGE_SHIFT;
	int error;

	for (; pgcount; pgcount--, page++, paddr += PAGE_SIZE) {
		error = xa_insert(pages, page, xa_mk_value(paddr >> PAGE_SHIFT), gfp);
		if (error)
			return error == -EBUSY ? -EEXIST : error;
		*mapped += PAGE_SIZE;
	}
	return 0;
}

static size_t iommu_unmap_all(struct iommu_domain *domain, unsigned long iova, size_t pgsize,
			      size_t pgcount, struct iommu_iotlb_gather *gather)
{
	struct xarray *pages = &to_sim_domain(domain)->pages;
	unsigned long page = iova >> PAGE_SHIFT;
	size_t done = 0;

	while (pgcount-- && xa_erase(pages, page++))
		done += PAGE_SIZE;
	return done;
}

static phys_addr_t iommu_translate(struct iommu_domain *domain, dma_addr_t iova)
{
	void *entry = xa_load(&to_sim_domain(domain)->pages, iova >> PAGE_SHIFT);

	return entry ? PFN_PHYS(xa_to_value(entry)) + offset_in_page(iova) : 0;
}

static void iommu_free(struct iommu_domain *domain)
{
	struct sim_domain *sim = to_sim_domain(domain);

	xa_destroy(&sim->pages);
	kfree(sim);
}

static const struct iommu_domain_ops domain_ops = {
	.attach_dev = iommu_attach,
	.map_pages = iommu_map_all,
	.unmap_pages = iommu_unmap_all,
	.iova_to_phys = iommu_translate,
	.free = iommu_free,
};

static struct iommu_domain *iommu_alloc(void)
{
	struct sim_domain *sim = kzalloc(sizeof(*sim), GFP_KERNEL);

	if (!sim)
		return NULL;
	xa_init(&sim->pages);
	sim->domain.ops = &domain_ops;
	sim->domain.pgsize_bitmap = PAGE_SIZE;
	sim->domain.geometry.aperture_end = DMA_BIT_MASK(48);
	sim->domain.geometry.force_aperture = true;
	return &sim->domain;
}

static const struct iommu_ops sim_iommu_ops = {
	PCISIM_IOMMU_OPS,
	.capable = iommu_capable,
	.probe_device = iommu_probe,
	.release_device = iommu_release,
	.device_group = iommu_group_of,
	.def_domain_type = iommu_default_type,
	.default_domain_ops = &domain_ops,
	.owner = THIS_MODULE,
};

/* Kernels query only the first IOMMU of a machine. */
static bool machine_has_iommu(void)
{
	struct iommu_group *group = NULL;
	struct pci_dev *dev = NULL;

	while (!group && (dev = pci_get_device(PCI_ANY_ID, PCI_ANY_ID, dev)))
		group = iommu_group_get(&dev->dev);
	pci_dev_put(dev);
	iommu_group_put(group);
	return group;
}

static int iommu_register(void)
{
	int error;

	if (machine_has_iommu()) {
		pr_err("pcisim: the machine has another IOMMU\n");
		return -EBUSY;
	}
	error = iommu_device_sysfs_add(&sim_iommu, NULL, NULL, "pcisim");
	if (error)
		return error;
	error = iommu_device_register(&sim_iommu, &sim_iommu_ops, NULL);
	if (error)
		iommu_device_sysfs_remove(&sim_iommu);
	return error;
}

static void iommu_unregister(void)
{
	iommu_device_unregister(&sim_iommu);
	pcisim_forget_iommu_ops();
	iommu_device_sysfs_remove(&sim_iommu);
	memset(&sim_iommu, 0, sizeof(sim_iommu));
}

/**
 * pcisim_iommu_start - have the IOMMU that a host wants
 * @host: the host; none of its functions is known to the kernel
 *
 * Context: host->lock is held.
 * Return: 0, or a negative errno; -EBUSY if the machine has another IOMMU.
 */
int pcisim_iommu_start(struct pcisim_host *host)
{
	int error = 0;

	if (host->iommu == PCISIM_IOMMU_NONE)
		return 0;
	mutex_lock(&iommu_lock);
	if (!iommu_users)
		error = iommu_register();
	if (!error)
		iommu_users++;
	mutex_unlock(&iommu_lock);
	return error;
}

/**
 * pcisim_iommu_stop - a host needs the IOMMU no longer
 * @host: the host; none of its functions is known to the kernel
 *
 * Context: host->lock is held.
 */
void pcisim_iommu_stop(struct pcisim_host *host)
{
	if (host->iommu == PCISIM_IOMMU_NONE)
		return;
	mutex_lock(&iommu_lock);
	if (!--iommu_users)
		iommu_unregister();
	mutex_unlock(&iommu_lock);
}
