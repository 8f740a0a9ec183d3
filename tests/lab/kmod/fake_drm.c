// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver that reports its device as wedged in the way of DRM, and fails to bind again as often as
 * the test says.
 */
#include <linux/device.h>
#include <linux/module.h>
#include <linux/pci.h>

static struct class drm_class = { .name = "drm" };
static DEFINE_MUTEX(fake_lock);
static struct device *card; /* fake_lock protects it, and failures */
static unsigned int failures;

static int fake_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	int error = 0;

	mutex_lock(&fake_lock);
	if (card) {
		error = -EBUSY;
	} else if (failures) {
		failures--;
		error = -EDEADLK; /* an errno that pcireset uses for itself */
	} else {
		card = device_create(&drm_class, &dev->dev, MKDEV(0, 0), NULL, "card0");
		error = PTR_ERR_OR_ZERO(card);
		if (error)
			card = NULL;
	}
	mutex_unlock(&fake_lock);
	return error;
}

static void fake_remove(struct pci_dev *dev)
{
	mutex_lock(&fake_lock);
	device_unregister(card);
	card = NULL;
	mutex_unlock(&fake_lock);
}

/* Bound by driver_override. */
static struct pci_driver fake_driver = {
	.name = "fake_drm",
	.probe = fake_probe,
	.remove = fake_remove,
};

/* "METHODS FAILURES": report METHODS, and fail the next FAILURES probes. */
static int wedge_set(const char *value, const struct kernel_param *param)
{
	char methods[64], text[80];
	char *env[2] = { text };
	unsigned int nr;
	int error = -ENODEV;

	if (sscanf(value, "%63s %u", methods, &nr) != 2)
		return -EINVAL;
	snprintf(text, sizeof(text), "WEDGED=%s", methods);
	mutex_lock(&fake_lock);
	failures = nr;
	if (card)
		error = kobject_uevent_env(&card->kobj, KOBJ_CHANGE, env);
	mutex_unlock(&fake_lock);
	return error;
}

static const struct kernel_param_ops wedge_ops = { .set = wedge_set };
module_param_cb(wedge, &wedge_ops, NULL, 0200);
MODULE_PARM_DESC(wedge, "METHODS FAILURES");

static int __init fake_init(void)
{
	int error = class_register(&drm_class);

	if (error)
		return error;
	error = pci_register_driver(&fake_driver);
	if (error)
		class_unregister(&drm_class);
	return error;
}

static void __exit fake_exit(void)
{
	pci_unregister_driver(&fake_driver);
	class_unregister(&drm_class);
}

module_init(fake_init);
module_exit(fake_exit);

MODULE_DESCRIPTION("Reports its device as wedged for a test");
MODULE_AUTHOR("The pcireset authors");
MODULE_LICENSE("GPL");
