/* SPDX-License-Identifier: GPL-2.0-only */
/* Compatibility for the samples only, in addition to the compat.h of the module. */
#ifndef _SAMPLES_COMPAT_H
#define _SAMPLES_COMPAT_H

/* A VFIO device's mappings, NULL if they cannot be found. */
#ifdef PCIRESET_HAVE_VFIO_INODE
#define pcireset_vfio_mapping(device) ((device)->inode->i_mapping)
#else
#define pcireset_vfio_mapping(device) ((struct address_space *)NULL)
#endif

/* The calls of a VFIO driver that 6.1 does not have. */
#ifdef PCIRESET_HAVE_VFIO_REGION
#define PCIRESET_VFIO_REGION_OPS .get_region_info_caps = vfio_pci_ioctl_get_region_info,
#else
#define PCIRESET_VFIO_REGION_OPS
#endif

#ifdef PCIRESET_HAVE_VFIO_TOKEN
#define PCIRESET_VFIO_TOKEN_OPS .match_token_uuid = vfio_pci_core_match_token_uuid,
#else
#define PCIRESET_VFIO_TOKEN_OPS
#endif

#ifdef PCIRESET_HAVE_VFIO_IOMMUFD
#define PCIRESET_VFIO_IOMMUFD_OPS                         \
	.bind_iommufd = vfio_iommufd_physical_bind,       \
	.unbind_iommufd = vfio_iommufd_physical_unbind,   \
	.attach_ioas = vfio_iommufd_physical_attach_ioas, \
	.detach_ioas = vfio_iommufd_physical_detach_ioas,
#else
#define PCIRESET_VFIO_IOMMUFD_OPS
#endif

#endif /* _SAMPLES_COMPAT_H */
