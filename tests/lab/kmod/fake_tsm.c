// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a PCI function look as if a TSM had connected it, as long as the module is
 * loaded. No lab has a platform with one; nothing but the pointer is looked at.
 */
#include <linux/module.h>
#include <linux/pci.h>
#ifdef PCIRESET_HAVE_TSM
#include <linux/pci-tsm.h>
#endif

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "address of the function, such as 0000:03:00.1");

static struct pci_dev *dev;

#ifdef PCIRESET_HAVE_TSM
static struct pci_tsm tsm;

static int fake_tsm_connect(void)
{
	if (dev->tsm)
		return -EBUSY;
	tsm.pdev = dev;
	WRITE_ONCE(dev->tsm, &tsm);
	return 0;
}

static void fake_tsm_disconnect(void)
{
	WRITE_ONCE(dev->tsm, NULL);
}
#else
static int fake_tsm_connect(void)
{
	return -EOPNOTSUPP;
}

static void fake_tsm_disconnect(void)
{
}
#endif

static int __init fake_tsm_init(void)
{
	unsigned int domain, bus, slot, func;
	int error;

	if (!function || sscanf(function, "%x:%x:%x.%x", &domain, &bus, &slot, &func) != 4)
		return -EINVAL;
	dev = pci_get_domain_bus_and_slot(domain, bus, PCI_DEVFN(slot, func));
	if (!dev)
		return -ENODEV;
	error = fake_tsm_connect();
	if (error)
		pci_dev_put(dev);
	return error;
}

static void __exit fake_tsm_exit(void)
{
	fake_tsm_disconnect();
	pci_dev_put(dev);
}

module_init(fake_tsm_init);
module_exit(fake_tsm_exit);

MODULE_DESCRIPTION("Makes a function look connected to a TSM for a test");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
