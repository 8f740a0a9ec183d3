// SPDX-License-Identifier: GPL-2.0-only
/* pcisim: PCI hierarchies in software, below the kernel's own PCI core. */
#include "pcisim.h"

static int __init pcisim_init(void)
{
	int error;

	error = pcisim_driver_init();
	if (error)
		return error;
	error = pcisim_config_init();
	if (error)
		pcisim_driver_exit();
	return error;
}

static void __exit pcisim_exit(void)
{
	pcisim_config_exit();
	pcisim_driver_exit();
}

module_init(pcisim_init);
module_exit(pcisim_exit);

MODULE_DESCRIPTION("Simulated PCI hierarchies with selectable faults");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
