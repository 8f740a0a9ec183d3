/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Determine the effect of VFIO's two resets from the facts about a function. Reads and
 * writes nothing.
 */
#include <errno.h>
#include <string.h>
#include "backend/vfio.h"
#include "backend/backend.h"

/* The words of reset_method. Words that affect more than the function have no type here. */
static const struct {
	const char *word;
	uint32_t type, flags;
} words[] = {
	{ "device_specific", PCI_RESET_DEV_SPECIFIC, 0 },
	{ "acpi", PCI_RESET_ACPI, 0 },
	{ "flr", PCI_RESET_FLR, 0 },
	{ "af_flr", PCI_RESET_FLR, PCIRESET_TYPE_AF },
	{ "pm", PCI_RESET_PM, 0 },
	{ "bus", 0, 0 },
	{ "cxl_bus", 0, 0 },
};

static bool is_word(const char *p, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(p, word, len);
}

static void add_word(struct vfio_methods *m, const char *p, size_t len)
{
	uint32_t type = 0, flags = 0;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		if (!is_word(p, len, words[i].word))
			continue;
		type = words[i].type;
		flags = words[i].flags;
	}
	m->has_bus |= is_word(p, len, "bus");
	m->has_cxl_bus |= is_word(p, len, "cxl_bus");
	m->has_other |= !type;
	m->types |= type;
	if (m->nr++)
		return;
	m->first = type;
	m->first_flags = flags;
}

void vfio_parse_methods(const char *text, struct vfio_methods *methods)
{
	static const char separators[] = " \t\n";

	memset(methods, 0, sizeof(*methods));
	for (const char *p = text + strspn(text, separators); *p; p += strspn(p, separators)) {
		size_t len = strcspn(p, separators);

		add_word(methods, p, len);
		p += len;
	}
}

/*
 * Drivers with a VFIO_DEVICE_RESET that is exactly the kernel's reset_method. Other
 * drivers may do anything, and are not used.
 */
bool vfio_is_stock_driver(const char *driver)
{
	static const char *const names[] = {
		"vfio-pci",      "hisi_acc_vfio_pci",    "ism_vfio_pci",
		"mlx5_vfio_pci", "nvgrace_gpu_vfio_pci", "pds_vfio_pci",
		"qat_vfio_pci",  "virtio_vfio_pci",      "xe_vfio_pci",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], driver))
			return true;
	return false;
}

/*
 * The kernel resets the slot if the slot has a reset of its own, otherwise the bus. On
 * x86 and Arm, only the slots of pciehp have one. The functions in its slot depend on
 * the version of the kernel, except for device 0.
 */
enum vfio_link vfio_choose_link(const struct vfio_place *place)
{
	if (!place->has_bridge)
		return VFIO_LINK_NONE;
	if (place->has_pciehp)
		return place->is_in_slot && !place->has_device_number ? VFIO_LINK_SLOT :
									VFIO_LINK_UNKNOWN;
	return place->is_in_slot && !place->is_slot_plain ? VFIO_LINK_UNKNOWN : VFIO_LINK_BUS;
}

static uint32_t why_not_func(const struct vfio_facts *f, uint32_t type)
{
	if (!(f->methods.types & type))
		return PCIRESET_WHY_NOT_LISTED;
	if (!f->is_kernels)
		return PCIRESET_WHY_VFIO_DRIVER;
	if (!f->has_reset)
		return PCIRESET_WHY_VFIO_NO_RESET;
	return f->methods.nr == 1 ? 0 : PCIRESET_WHY_METHOD_WIDER;
}

/* A reset that the kernel lacks has priority over the reset that it would use instead. */
static uint32_t why_not_link(const struct vfio_facts *f, uint32_t type)
{
	if (f->link == VFIO_LINK_NONE || (f->hot_error == -ENODEV && f->is_vf))
		return PCIRESET_WHY_NO_BRIDGE;
	if (type == PCI_RESET_LINK_DISABLE)
		return PCIRESET_WHY_NEEDS_MODULE;
	if (type == PCI_RESET_CXL_BUS)
		return f->methods.has_cxl_bus ? PCIRESET_WHY_NEEDS_MODULE : PCIRESET_WHY_NO_CXL;
	if (f->hot_error == -ENODEV)
		return PCIRESET_WHY_QUIRK;
	if (f->hot_error || f->link == VFIO_LINK_UNKNOWN)
		return PCIRESET_WHY_LINK_UNKNOWN;
	if (!f->is_hot_kernels)
		return PCIRESET_WHY_VFIO_DRIVER;
	if (type == PCI_RESET_SLOT)
		return f->link == VFIO_LINK_SLOT ? 0 : PCIRESET_WHY_NO_SLOT;
	if (f->link == VFIO_LINK_SLOT)
		return PCIRESET_WHY_HOTPLUG;
	return f->methods.has_cxl_bus && !f->methods.has_bus ? PCIRESET_WHY_CXL_MASKED : 0;
}

/* Return enum pcireset_why or pcireset_lib_why, 0 if VFIO does exactly this type or nothing. */
uint32_t vfio_why_not(const struct vfio_facts *f, uint32_t type)
{
	return type & PCI_RESET_FUNC ? why_not_func(f, type) : why_not_link(f, type);
}

/* With several words, the kernel may try another one after it has issued the first. */
bool vfio_may_go_on(const struct vfio_methods *methods, uint32_t allowed)
{
	return methods->nr > 1 && !methods->has_other && !(methods->types & ~allowed);
}

struct pcireset_addr vfio_listed_addr(const struct vfio_facts *f, size_t i)
{
	const struct vfio_pci_dependent_device *d = &f->hot->devices[i];

	return (struct pcireset_addr){ .domain = d->segment, .bus = d->bus, .devfn = d->devfn };
}

bool vfio_is_listed(const struct vfio_facts *f, const struct pcireset_addr *addr, size_t *ret_i)
{
	for (size_t i = 0; f->hot && i < f->hot->count; i++) {
		struct pcireset_addr listed = vfio_listed_addr(f, i);

		if (!addr_is(&listed, addr))
			continue;
		*ret_i = i;
		return true;
	}
	return false;
}

/*
 * Check the groups that the caller holds. A character device of VFIO has no groups. For
 * it, VFIO itself checks that the function is bound to the caller's iommufd, or that
 * nobody else can bind it.
 */
bool vfio_is_owned(const struct vfio_facts *f, size_t i)
{
	uint32_t id = f->hot->devices[i].group_id;

	if (f->hot->flags & VFIO_PCI_HOT_RESET_FLAG_DEV_ID)
		return (int32_t)id >= 0;
	for (size_t g = 0; g < f->nr_groups; g++)
		if (f->group_ids[g] == id)
			return true;
	return false;
}

/*
 * Meaning of an errno of VFIO after all earlier checks. If it is ambiguous, report that
 * something was touched: -EIO or -ETIMEDOUT.
 */
int vfio_judge_errno(uint32_t type, uint32_t flags, int error, uint32_t *ret_why)
{
	bool is_hot = type & PCI_RESET_LINK;

	*ret_why = 0;
	switch (error) {
	case 0:
	case EBADF:
	case EFAULT:
	case ENOMEM:
		return -error;
	case ENODEV:
		*ret_why = PCIRESET_WHY_GONE;
		return -ENODEV;
	case ENOTTY: /* the kernel's errno for a function that does not come back */
		*ret_why = PCIRESET_WHY_NOT_READY;
		return -ETIMEDOUT;
	}
	if (error == EAGAIN || (is_hot && error == EBUSY)) {
		*ret_why = PCIRESET_WHY_LOCK;
		return flags & PCIRESET_RESET_TRY ? -EAGAIN : -EBUSY;
	}
	if (is_hot && error == EINVAL) { /* the caller no longer owns all functions */
		*ret_why = PCIRESET_WHY_CHANGED;
		return -ESTALE;
	}
	*ret_why = PCIRESET_WHY_TRIGGER;
	return -EIO;
}
