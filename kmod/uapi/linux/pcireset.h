/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/* The interface of /dev/pcireset: reset a PCI function with exactly the allowed types. */
#ifndef _UAPI_LINUX_PCIRESET_H
#define _UAPI_LINUX_PCIRESET_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Calling convention
 *
 * Each command is an ioctl() with a pointer to one structure. The first member
 * of the structure is its size. Structures only grow at their end.
 *
 * A module that knows a shorter structure accepts a longer one if the surplus
 * is zero. A module that knows a longer structure accepts every size from the
 * first published one, PCIRESET_*_SIZE_VER0. It treats the missing members as
 * zero, and writes no more than the given size. Zero always means "default".
 *
 * Masks are closed: the module rejects an unknown bit. It writes the members
 * named out_*, and ignores them on entry. It only reads all other members.
 * Members named __reserved must be zero.
 *
 * An array is an address, the size of one entry and the number of entries that
 * have room. The module writes as many entries as fit, and always returns the
 * total number. It zero-fills the rest of an entry that is longer than its own.
 * It writes the beginning of an entry that is shorter, but not shorter than its
 * PCIRESET_*_SIZE_VER0.
 *
 * An errno has the same meaning for every command:
 *
 *  Nothing was touched:
 *   - ENOTTY: this file descriptor has no such command
 *   - EINVAL: the size is too small, or a known member has an invalid value
 *   - E2BIG: the surplus is not zero, or a size or number exceeds its limit
 *   - EFAULT: an address cannot be read or written
 *   - ENOMEM: out of memory
 *   - EMFILE, ENFILE: no file descriptor is available for OPEN
 *   - EBADF: one of many resets has a descriptor of no device, or an owner has
 *     an invalid descriptor
 *   - EOPNOTSUPP: a bit or value is unknown, or no allowed type is supported
 *   - EPERM: the caller or this file descriptor has no permission
 *   - ESTALE: the plan of that generation is out of date
 *   - EBUSY: a lock, a driver, a user or a late function is an obstacle
 *   - EAGAIN: a lock is held, and %PCIRESET_RESET_TRY is set
 *   - EINTR: a fatal signal arrived while waiting for a lock, or any signal
 *     arrived before one of many resets began
 *   - ENODEV: the device is gone; this file descriptor never works again
 *
 *  A reset was issued, and the out_* members show its progress:
 *   - ETIMEDOUT: a function did not come back in time; see %PCIRESET_MEMBER_LATE
 *   - EIO: a function came back wrong, or a requested check failed
 */

#define PCIRESET_IOC_TYPE 0xB9

enum {
	PCIRESET_CMD_INFO = 0x40,
	PCIRESET_CMD_OPEN,
	PCIRESET_CMD_NARROW,
	PCIRESET_CMD_QUERY,
	PCIRESET_CMD_RESET,
	PCIRESET_CMD_RESET_MANY,
	PCIRESET_CMD_STATS,
	PCIRESET_CMD_EXPECT,
	PCIRESET_CMD_EMPTY_BUS,
};

/**
 * DOC: Reset types
 *
 * Each type is one bit. Bits 0 to 4 have the values that were published on
 * linux-pci in 2018. The values do not define the order of choice, which is
 * narrow before wide: device_specific, acpi, flr, pm, slot, bus, cxl_bus,
 * link_disable. An alias contains each type that this header knows: a program
 * that was built with an older header does not allow a newer type.
 *
 * A kernel with the patches in in-tree/ defines the same names with the same
 * values in linux/pci.h, except LINK_DISABLE: its aliases are without that bit.
 */
#ifndef PCI_RESET_LINK_DISABLE
#define PCI_RESET_LINK_DISABLE (1U << 7) /* Link Disable of the upstream port, and back */
#endif
#ifndef PCI_RESET_ANY
#define PCI_RESET_DEV_SPECIFIC (1U << 0) /* the kernel's method for this device */
#define PCI_RESET_FLR          (1U << 1) /* PCIe r6.0, sec 6.6.2, or the AF capability */
#define PCI_RESET_PM           (1U << 2) /* D3hot to D0 without No_Soft_Reset */
#define PCI_RESET_SLOT         (1U << 3) /* the hotplug slot's own reset */
#define PCI_RESET_BUS          (1U << 4) /* Secondary Bus Reset of the upstream bridge */
#define PCI_RESET_ACPI         (1U << 5) /* the firmware's _RST method */
#define PCI_RESET_CXL_BUS      (1U << 6) /* Secondary Bus Reset with the CXL mask lifted */

#define PCI_RESET_FUNC (PCI_RESET_DEV_SPECIFIC | PCI_RESET_ACPI | PCI_RESET_FLR | PCI_RESET_PM)
#define PCI_RESET_LINK (PCI_RESET_SLOT | PCI_RESET_BUS | PCI_RESET_CXL_BUS | PCI_RESET_LINK_DISABLE)
#define PCI_RESET_ANY  (PCI_RESET_FUNC | PCI_RESET_LINK)
#endif

/**
 * enum pcireset_scope - extent of a reset, narrowest first
 * @PCIRESET_SCOPE_FUNCTION: the function; for a PF also its VFs, for a bridge also
 *	everything below it
 * @PCIRESET_SCOPE_SLOT: every function in the hotplug slot, and everything below it
 * @PCIRESET_SCOPE_BUS: everything below the upstream bridge
 */
enum pcireset_scope {
	PCIRESET_SCOPE_FUNCTION = 1,
	PCIRESET_SCOPE_SLOT = 2,
	PCIRESET_SCOPE_BUS = 3,
};

/**
 * enum pcireset_check - checks after a reset, one bit each
 * @PCIRESET_CHECK_READY: config space answers; always checked
 * @PCIRESET_CHECK_IDENTITY: the same device answers; always checked
 * @PCIRESET_CHECK_LINK: the link is up with at least its former speed and width
 * @PCIRESET_CHECK_CONFIG: config space reads as before the reset
 * @PCIRESET_CHECK_PROOF: there is evidence that the reset took place
 *
 * If a requested check fails, the call returns EIO, or ETIMEDOUT for READY. The
 * module runs CONFIG only if it is requested or @settle_ms of struct
 * pcireset_reset is set. It runs and reports all other checks in any case. CONFIG
 * compares the header and the registers that the specification defines for each
 * capability, except status registers and vendor-specific registers.
 */
enum pcireset_check {
	PCIRESET_CHECK_READY = 1U << 0,
	PCIRESET_CHECK_IDENTITY = 1U << 1,
	PCIRESET_CHECK_LINK = 1U << 2,
	PCIRESET_CHECK_CONFIG = 1U << 3,
	PCIRESET_CHECK_PROOF = 1U << 4,
};

/**
 * enum pcireset_force - obstacles that the caller overrides, one bit each
 * @PCIRESET_FORCE_DRIVER: a bound driver without a reset_prepare callback
 * @PCIRESET_FORCE_VFIO: a VFIO user that holds the group of the function, but does not
 *	have the function open
 *
 * Force never adds a type or widens the scope.
 */
enum pcireset_force {
	PCIRESET_FORCE_DRIVER = 1U << 0,
	PCIRESET_FORCE_VFIO = 1U << 1,
};

/**
 * enum pcireset_why - reason for an unsupported type, a refusal or a failure
 * @PCIRESET_WHY_NONE: no reason: the type is supported, or the reset succeeded
 * @PCIRESET_WHY_NO_CAPABILITY: the function lacks the capability for this type
 * @PCIRESET_WHY_QUIRK: a kernel quirk marks this type as broken on this device
 * @PCIRESET_WHY_NO_HANDLER: the kernel has no reset method for this device
 * @PCIRESET_WHY_NO_FIRMWARE: the firmware has no _RST method for this device
 * @PCIRESET_WHY_NO_SOFT_RESET: No_Soft_Reset is set: D3hot to D0 resets nothing
 * @PCIRESET_WHY_NOT_D0: the function is not in D0
 * @PCIRESET_WHY_NO_BRIDGE: the function is on a root bus, without an upstream bridge
 * @PCIRESET_WHY_NO_SLOT: the function is not in a hotplug slot with a reset
 * @PCIRESET_WHY_HOTPLUG: below this hotplug port, a bus reset would be a surprise
 *	removal; use a slot reset
 * @PCIRESET_WHY_CXL_MASKED: the CXL port ignores Secondary Bus Reset
 * @PCIRESET_WHY_NO_CXL: the function is not below a CXL port
 * @PCIRESET_WHY_GONE: a function is gone, disconnected or reads all-ones
 * @PCIRESET_WHY_DRIVER: a bound driver has no reset_prepare callback
 * @PCIRESET_WHY_VFIO: a VFIO user holds the group of the function
 * @PCIRESET_WHY_SCOPE: the scope of the type is wider than allowed
 * @PCIRESET_WHY_LOCK: timed out waiting for a lock
 * @PCIRESET_WHY_CHANGED: topology changed: functions appeared, disappeared or changed
 * @PCIRESET_WHY_NOT_READY: timed out waiting for the function to come back
 * @PCIRESET_WHY_OTHER_DEVICE: a different device came back
 * @PCIRESET_WHY_LINK: the link failed its check: speed, width or equalization
 * @PCIRESET_WHY_CONFIG: config space does not read as before
 * @PCIRESET_WHY_NO_PROOF: nothing shows that the reset took place
 * @PCIRESET_WHY_TRIGGER: the reset could not be triggered
 * @PCIRESET_WHY_NOT_ALLOWED: the caller did not allow the type
 * @PCIRESET_WHY_CANCELLED: a signal arrived before this one of many resets began
 * @PCIRESET_WHY_CONTAINED: a port above is in DPC containment
 * @PCIRESET_WHY_NOT_OWNED: the caller must prove ownership of the function, and did not
 * @PCIRESET_WHY_NOT_ENDPOINT: PCIe defines this type for endpoints only; the function is
 *	a port or a bridge
 * @PCIRESET_WHY_HAS_HANDLER: the kernel has a device_specific reset for this device, which
 *	does more than this type
 * @PCIRESET_WHY_VFIO_OPEN: a VFIO user has the function open, and may access its memory at
 *	any time. Only a reset through VFIO revokes its mappings; force and ownership do not
 * @PCIRESET_WHY_LATE: the function is late after an earlier reset. The module restores it
 *	when it answers, or gives up 60 s after that reset
 * @PCIRESET_WHY_BARS: the BARs of the function differ from the kernel's assignment: the
 *	function has lost its configuration, and must not be saved in this state
 * @PCIRESET_WHY_TSM: the platform's security manager (TSM) has connected the function, and
 *	a reset would end the secure session
 * @PCIRESET_WHY_LIVE_UPDATE: a live update preserves the function across kernels
 * @PCIRESET_WHY_SPEED: the port above or the function does not support the speed that the
 *	caller wants for the link
 */
enum pcireset_why {
	PCIRESET_WHY_NONE = 0,
	PCIRESET_WHY_NO_CAPABILITY,
	PCIRESET_WHY_QUIRK,
	PCIRESET_WHY_NO_HANDLER,
	PCIRESET_WHY_NO_FIRMWARE,
	PCIRESET_WHY_NO_SOFT_RESET,
	PCIRESET_WHY_NOT_D0,
	PCIRESET_WHY_NO_BRIDGE,
	PCIRESET_WHY_NO_SLOT,
	PCIRESET_WHY_HOTPLUG,
	PCIRESET_WHY_CXL_MASKED,
	PCIRESET_WHY_NO_CXL,
	PCIRESET_WHY_GONE,
	PCIRESET_WHY_DRIVER,
	PCIRESET_WHY_VFIO,
	PCIRESET_WHY_SCOPE,
	PCIRESET_WHY_LOCK,
	PCIRESET_WHY_CHANGED,
	PCIRESET_WHY_NOT_READY,
	PCIRESET_WHY_OTHER_DEVICE,
	PCIRESET_WHY_LINK,
	PCIRESET_WHY_CONFIG,
	PCIRESET_WHY_NO_PROOF,
	PCIRESET_WHY_TRIGGER,
	PCIRESET_WHY_NOT_ALLOWED,
	PCIRESET_WHY_CANCELLED,
	PCIRESET_WHY_CONTAINED,
	PCIRESET_WHY_NOT_OWNED,
	PCIRESET_WHY_NOT_ENDPOINT,
	PCIRESET_WHY_HAS_HANDLER,
	PCIRESET_WHY_VFIO_OPEN,
	PCIRESET_WHY_LATE,
	PCIRESET_WHY_BARS,
	PCIRESET_WHY_TSM,
	PCIRESET_WHY_LIVE_UPDATE,
	PCIRESET_WHY_SPEED,
};

/**
 * enum pcireset_proof - evidence that a reset took place
 * @PCIRESET_PROOF_NONE: not applicable: this function itself was not reset
 * @PCIRESET_PROOF_SHOWN: a register that was set before reads as after a reset
 * @PCIRESET_PROOF_UNKNOWN: the function has no register that can provide evidence
 * @PCIRESET_PROOF_REFUTED: a bit that a reset must clear is still set
 */
enum pcireset_proof {
	PCIRESET_PROOF_NONE = 0,
	PCIRESET_PROOF_SHOWN,
	PCIRESET_PROOF_UNKNOWN,
	PCIRESET_PROOF_REFUTED,
};

/**
 * enum pcireset_state - state of a function after a reset
 * @PCIRESET_STATE_UNTOUCHED: no reset was issued
 * @PCIRESET_STATE_RESTORED: the function answers, and its configuration is restored
 * @PCIRESET_STATE_DEAD: the function does not answer, and nothing was written to it; see
 *	also %PCIRESET_MEMBER_LATE
 * @PCIRESET_STATE_OTHER: a different device answers, and nothing was written to it
 */
enum pcireset_state {
	PCIRESET_STATE_UNTOUCHED = 0,
	PCIRESET_STATE_RESTORED,
	PCIRESET_STATE_DEAD,
	PCIRESET_STATE_OTHER,
};

/**
 * struct pcireset_addr - address of a PCI function
 * @domain: PCI domain (segment)
 * @bus: bus number
 * @devfn: device << 3 | function
 * @__reserved: must be 0
 */
struct pcireset_addr {
	__u32 domain;
	__u8 bus;
	__u8 devfn;
	__u16 __reserved;
};

/* struct pcireset_type_info.flags */
#define PCIRESET_TYPE_AF (1U << 0) /* FLR through the AF capability */

/**
 * struct pcireset_type_info - one type, queried from the hardware; written by the module
 * @type: bit of the type
 * @why_not: enum pcireset_why, 0 if the type would work
 * @scope: enum pcireset_scope of the type, 0 if it is unsupported
 * @flags: PCIRESET_TYPE_*
 * @who: function to which @why_not applies
 */
struct pcireset_type_info {
	__u32 type;
	__u32 why_not;
	__u32 scope;
	__u32 flags;
	struct pcireset_addr who;
};

#define PCIRESET_TYPE_INFO_SIZE_VER0 24

/* struct pcireset_member.flags */
#define PCIRESET_MEMBER_TARGET  (1U << 0) /* the requested function */
#define PCIRESET_MEMBER_RESET   (1U << 1) /* itself reset, not only cut off temporarily */
#define PCIRESET_MEMBER_VF      (1U << 2) /* an SR-IOV virtual function */
#define PCIRESET_MEMBER_BRIDGE  (1U << 3) /* a bridge */
#define PCIRESET_MEMBER_DRIVER  (1U << 4) /* a driver is bound */
#define PCIRESET_MEMBER_PREPARE (1U << 5) /* it has reset_prepare, or is VFIO's and unused */
#define PCIRESET_MEMBER_VFIO    (1U << 6) /* a VFIO user holds it */
#define PCIRESET_MEMBER_OWNED   (1U << 7) /* the caller has proved to be that user */
#define PCIRESET_MEMBER_LATE    (1U << 8) /* dead now; restored when it answers */

/**
 * struct pcireset_member - one affected function; written by the module
 * @addr: address of the function
 * @flags: PCIRESET_MEMBER_*
 * @why_not: enum pcireset_why, obstacle at this function
 * @state: enum pcireset_state
 * @proof: enum pcireset_proof
 * @failed: mask of enum pcireset_check, failed checks
 * @offset: offset of the first different byte in config space, if CONFIG failed
 * @ready_ns: time from the end of the reset's trigger to the first answer, nanoseconds
 */
struct pcireset_member {
	struct pcireset_addr addr;
	__u32 flags;
	__u32 why_not;
	__u32 state;
	__u32 proof;
	__u32 failed;
	__u32 offset;
	__aligned_u64 ready_ns;
};

#define PCIRESET_MEMBER_SIZE_VER0 40

/**
 * struct pcireset_info - ioctl(PCIRESET_INFO), on the control node
 * @size: sizeof(struct pcireset_info)
 * @flags: must be 0
 * @out_types: mask of the known types; PCIRESET_OPEN with it allows them all
 * @out_checks: mask of the known checks
 * @out_force: mask of the known enum pcireset_force
 * @out_reset_flags: mask of the flags that PCIRESET_RESET accepts
 * @out_max_scope: widest known enum pcireset_scope
 * @out_timeout_ms: default timeout of PCIRESET_RESET, milliseconds
 * @out_max_timeout_ms: longest timeout that PCIRESET_RESET accepts, milliseconds
 * @__reserved: must be 0
 * @out_late_ms: how long after a reset the module waits for a late function, milliseconds
 * @out_max_members: maximum number of members in all plans of one PCIRESET_RESET_MANY
 * @out_query_flags: mask of the flags that PCIRESET_QUERY accepts, except
 *	PCIRESET_RESET_ESCALATE, which all versions accept
 *
 * Use this command instead of a comparison of versions.
 */
struct pcireset_info {
	__u32 size;
	__u32 flags;
	__u32 out_types;
	__u32 out_checks;
	__u32 out_force;
	__u32 out_reset_flags;
	__u32 out_max_scope;
	__u32 out_timeout_ms;
	__u32 out_max_timeout_ms;
	__u32 __reserved;
	__u32 out_late_ms;
	__u32 out_max_members;
	__u32 out_query_flags;
};

#define PCIRESET_INFO_SIZE_VER0 40
#define PCIRESET_INFO           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_INFO)

/**
 * DOC: Ownership
 *
 * Two functions behind one bridge may belong to two users. A descriptor with
 * %PCIRESET_GRANT_OWNED still allows slot, bus and cxl_bus resets of the link,
 * but each call must show that the caller owns every function that would be
 * reset. Otherwise it fails with EPERM and %PCIRESET_WHY_NOT_OWNED, and returns
 * the first function without an owner. Bridges need no owner.
 *
 * Ownership is shown as for VFIO's own hot reset: by open descriptors of VFIO
 * groups (/dev/vfio/NUMBER), or of iommufds (/dev/iommu). Functions must be
 * bound to the iommufd, and must have been opened through their own nodes
 * (/dev/vfio/devices). The kernel gives a group to one descriptor at a time.
 *
 * The caller owns a function under two conditions. The driver of the function
 * is vfio-pci, or another driver on top of vfio-pci-core. One of the descriptors
 * is the group of the function, or an iommufd to which at least one function of
 * that group is bound. A function without a driver or without an IOMMU has no
 * owner. A device descriptor does not count, nor does an iommufd without functions.
 *
 * Ownership lasts from the beginning of the reset to its end. If the owner
 * closes a function in the meantime, nobody else can open it before the end.
 *
 * With any descriptor, a VFIO user that proves to be the caller is no obstacle,
 * unless it has a function open: %PCIRESET_WHY_VFIO_OPEN. It must close the
 * function and keep the group, or reset through VFIO. Nobody can open a function
 * through VFIO during its reset.
 */

/* struct pcireset_open.flags, struct pcireset_narrow.flags */
#define PCIRESET_GRANT_OWNED (1U << 0) /* slot and bus only for the owner of all members */

/* Maximum number of entries of @owner_ptr. */
#define PCIRESET_MAX_OWNERS 256

/**
 * struct pcireset_open - ioctl(PCIRESET_OPEN), on the control node
 * @size: sizeof(struct pcireset_open)
 * @flags: PCIRESET_GRANT_OWNED or 0
 * @addr: the function
 * @types: mask of the types that the new descriptor allows, 0 for all but LINK_DISABLE
 * @max_scope: widest enum pcireset_scope that it allows, 0 for the widest
 * @force: mask of enum pcireset_force that it allows, 0 for none
 * @out_fd: file descriptor for that function, always O_CLOEXEC
 *
 * The descriptor represents the device that is at @addr now. After that device is
 * removed, the descriptor always returns ENODEV, even if another device takes the
 * address. Every holder of the descriptor has its rights, with or without
 * privileges.
 *
 * LINK_DISABLE has to be named, because a program that means "all" by 0 may be older
 * than that type.
 */
struct pcireset_open {
	__u32 size;
	__u32 flags;
	struct pcireset_addr addr;
	__u32 types;
	__u32 max_scope;
	__u32 force;
	__s32 out_fd;
};

#define PCIRESET_OPEN_SIZE_VER0 32
#define PCIRESET_OPEN           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_OPEN)

/**
 * struct pcireset_narrow - ioctl(PCIRESET_NARROW), on a device's descriptor
 * @size: sizeof(struct pcireset_narrow)
 * @flags: PCIRESET_GRANT_OWNED to require ownership from now on, 0 for no change
 * @types: mask of the types that remain allowed; 0 is refused
 * @max_scope: widest enum pcireset_scope that remains allowed, 0 for no change
 * @force: mask of enum pcireset_force that remains allowed
 * @__reserved: must be 0
 *
 * Removes rights permanently, for every holder of the same open descriptor. A
 * request for a right that was not granted fails with EPERM and changes nothing.
 */
struct pcireset_narrow {
	__u32 size;
	__u32 flags;
	__u32 types;
	__u32 max_scope;
	__u32 force;
	__u32 __reserved;
};

#define PCIRESET_NARROW_SIZE_VER0 24
#define PCIRESET_NARROW           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_NARROW)

/* struct pcireset_query.flags, beside PCIRESET_RESET_ESCALATE */
#define PCIRESET_QUERY_PLAN_ONLY (1U << 16) /* examine only the types in @types */

/**
 * struct pcireset_query - ioctl(PCIRESET_QUERY), on a device's descriptor
 * @size: sizeof(struct pcireset_query)
 * @flags: PCIRESET_RESET_ESCALATE to plan with it, PCIRESET_QUERY_PLAN_ONLY, or 0
 * @types: mask of the types to plan with, 0 for no plan
 * @max_scope: widest enum pcireset_scope to plan with, 0 for the widest granted
 * @force: mask of enum pcireset_force to plan with
 * @type_size: sizeof(struct pcireset_type_info)
 * @nr_types: room in @type_ptr, entries
 * @member_size: sizeof(struct pcireset_member)
 * @nr_members: room in @member_ptr, entries
 * @nr_owners: number of descriptors at @owner_ptr
 * @type_ptr: address of an array of struct pcireset_type_info, in order of choice
 * @member_ptr: address of an array of struct pcireset_member, parents first
 * @owner_ptr: address of an array of __s32: VFIO groups and iommufds that the caller holds
 * @out_nr_types: total number of types
 * @out_nr_members: number of members of the plan
 * @out_types: mask of the types that would work now, regardless of obstacles; granted
 *	or not, but LINK_DISABLE only if the descriptor allows it
 * @out_type: type of the plan, 0 if there is none
 * @out_scope: enum pcireset_scope of the plan
 * @out_error: errno with which PCIRESET_RESET would fail, 0 if it would run
 * @out_why: enum pcireset_why, reason for @out_error
 * @out_type_flags: PCIRESET_TYPE_* of @out_type
 * @out_who: function to which @out_why applies
 * @out_generation: pass it to PCIRESET_RESET to run this plan or nothing
 *
 * Writes to no device. The call also succeeds for a refused plan.
 *
 * With %PCIRESET_QUERY_PLAN_ONLY, the module makes the plan, and examines no type that
 * is not in @types. @types must not be 0, @nr_types must be 0, and @out_types is 0. The
 * types that reset the link depend on all functions on the bus, so this saves much time
 * before a reset of many functions.
 */
struct pcireset_query {
	__u32 size;
	__u32 flags;
	__u32 types;
	__u32 max_scope;
	__u32 force;
	__u32 type_size;
	__u32 nr_types;
	__u32 member_size;
	__u32 nr_members;
	__u32 nr_owners;
	__aligned_u64 type_ptr;
	__aligned_u64 member_ptr;
	__aligned_u64 owner_ptr;
	__u32 out_nr_types;
	__u32 out_nr_members;
	__u32 out_types;
	__u32 out_type;
	__u32 out_scope;
	__u32 out_error;
	__u32 out_why;
	__u32 out_type_flags;
	struct pcireset_addr out_who;
	__aligned_u64 out_generation;
};

#define PCIRESET_QUERY_SIZE_VER0 112
#define PCIRESET_QUERY           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_QUERY)

/**
 * struct pcireset_expect - ioctl(PCIRESET_EXPECT), on a device's descriptor
 * @size: sizeof(struct pcireset_expect)
 * @flags: must be 0
 * @types: mask of the types to plan with; 0 is refused
 * @max_scope: widest enum pcireset_scope to plan with, 0 for the widest granted
 * @out_type: type of the plan, regardless of obstacles, 0 if there is none
 * @__reserved: must be 0
 * @out_ns: minimum time from the reset's trigger until the functions may be accessed,
 *	nanoseconds, at least 1; 0 if there is no type or no estimate
 *
 * The estimate is the time that the specification requires, or the time that the
 * functions (Immediate Readiness, Readiness Time Reporting) and the firmware
 * (_DSM) report instead. It does not include the training time of the link, or
 * the delay of a late function. There is no estimate for %PCI_RESET_DEV_SPECIFIC
 * and %PCI_RESET_ACPI. Writes to no device.
 */
struct pcireset_expect {
	__u32 size;
	__u32 flags;
	__u32 types;
	__u32 max_scope;
	__u32 out_type;
	__u32 __reserved;
	__aligned_u64 out_ns;
};

#define PCIRESET_EXPECT_SIZE_VER0 32
#define PCIRESET_EXPECT           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_EXPECT)

/* struct pcireset_reset.flags */
#define PCIRESET_RESET_ESCALATE (1U << 0) /* if a reset fails, try a wider allowed type */
#define PCIRESET_RESET_TRY      (1U << 1) /* do not wait for a lock, return EAGAIN */
#define PCIRESET_RESET_SPEED    (1U << 2) /* train the link to @link_speed */

/**
 * struct pcireset_reset - ioctl(PCIRESET_RESET), on a device's descriptor
 * @size: sizeof(struct pcireset_reset)
 * @flags: PCIRESET_RESET_*
 * @types: mask of the allowed types; 0 is refused
 * @max_scope: widest allowed enum pcireset_scope, 0 for the widest granted
 * @checks: mask of enum pcireset_check, required checks, 0 for all except PROOF
 * @force: mask of enum pcireset_force
 * @timeout_ms: time limit for the functions to come back, 0 for the default
 * @member_size: sizeof(struct pcireset_member)
 * @nr_members: room in @member_ptr, entries
 * @settle_ms: time until a second check for lost configuration, 0 for none
 * @member_ptr: address of an array of struct pcireset_member, parents first
 * @generation: from PCIRESET_QUERY on the same descriptor, or 0 for any plan
 * @owner_ptr: address of an array of __s32: VFIO groups and iommufds that the caller holds
 * @nr_owners: number of descriptors at @owner_ptr; must be 0 in PCIRESET_RESET_MANY
 * @link_speed: with %PCIRESET_RESET_SPEED, speed of the link after the reset: 1 is 2.5 GT/s,
 *	2 is 5, 3 is 8, 4 is 16, 5 is 32, 6 is 64 GT/s; otherwise 0
 * @out_type: the type that was issued last, 0 if none
 * @out_issued: mask of the issued types
 * @out_type_flags: PCIRESET_TYPE_* of @out_type
 * @out_scope: enum pcireset_scope of the reset
 * @out_why: enum pcireset_why, reason for a failure
 * @out_failed: mask of enum pcireset_check, checks that failed for any member
 * @out_proof: enum pcireset_proof, the weakest of all members that were reset
 * @out_nr_members: number of members
 * @out_who: function to which @out_why applies
 * @out_wait_ns: time from the end of the trigger until all members answered, nanoseconds
 * @out_total_ns: duration of the call, nanoseconds
 *
 * Uses the first allowed type, in order of choice, that the device supports. It
 * tries another type only if %PCIRESET_RESET_ESCALATE is set, and only after an
 * issued reset has failed. It never exceeds @types or @max_scope.
 *
 * Some devices lose their configuration again some time after they were ready.
 * After @settle_ms, the module repeats all checks except PROOF, and restores lost
 * configuration once more. The call fails in this case. A fatal signal ends the
 * waiting time early. The module holds no lock during this time, but other resets
 * of the same functions wait, or fail with EBUSY and %PCIRESET_WHY_LOCK. If a
 * function was removed or got another driver in the meantime, the call fails with
 * EIO and %PCIRESET_WHY_CHANGED.
 *
 * With %PCIRESET_RESET_SPEED, @types has only types that reset the link, and the caller
 * needs CAP_SYS_ADMIN. The module limits the link to the speed before the reset, and
 * checks at the port that the link has this speed and that its equalization has not
 * failed; %PCIRESET_CHECK_LINK fails otherwise. Then it restores the former limit of the
 * port. The link keeps its speed until something trains it again. A speed that the
 * port or the function does not support is refused with %PCIRESET_WHY_SPEED.
 *
 * @timeout_ms limits the call, not the recovery. A function that does not answer
 * in time is late: its member has %PCIRESET_MEMBER_LATE. The module keeps its
 * state, restores it when it answers, and sends a uevent with
 * PCIRESET_LATE=restored (or failed, lost). The module gives up 60 s after the
 * reset. Until then it refuses another reset of the function with EBUSY and
 * %PCIRESET_WHY_LATE.
 */
struct pcireset_reset {
	__u32 size;
	__u32 flags;
	__u32 types;
	__u32 max_scope;
	__u32 checks;
	__u32 force;
	__u32 timeout_ms;
	__u32 member_size;
	__u32 nr_members;
	__u32 settle_ms;
	__aligned_u64 member_ptr;
	__aligned_u64 generation;
	__aligned_u64 owner_ptr;
	__u32 nr_owners;
	__u32 link_speed;
	__u32 out_type;
	__u32 out_issued;
	__u32 out_type_flags;
	__u32 out_scope;
	__u32 out_why;
	__u32 out_failed;
	__u32 out_proof;
	__u32 out_nr_members;
	struct pcireset_addr out_who;
	__aligned_u64 out_wait_ns;
	__aligned_u64 out_total_ns;
};

#define PCIRESET_RESET_SIZE_VER0 128
#define PCIRESET_RESET           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_RESET)

/* Maximum number of entries of one PCIRESET_RESET_MANY. */
#define PCIRESET_MAX_RESETS 16384

/**
 * struct pcireset_reset_entry - one of many resets
 * @fd: a device's descriptor
 * @out_errno: errno with which PCIRESET_RESET would fail, 0 if none
 * @out_done: 1 when @out_errno and all data behind @reset_ptr are final
 * @__reserved: must be 0
 * @reset_ptr: address of a struct pcireset_reset, different for each entry
 *
 * Another thread may poll @out_done with an acquiring load.
 */
struct pcireset_reset_entry {
	__s32 fd;
	__u32 out_errno;
	__u32 out_done;
	__u32 __reserved;
	__aligned_u64 reset_ptr;
};

#define PCIRESET_RESET_ENTRY_SIZE_VER0 24

/**
 * struct pcireset_reset_many - ioctl(PCIRESET_RESET_MANY), on any device's descriptor
 * @size: sizeof(struct pcireset_reset_many)
 * @flags: must be 0
 * @nr_entries: number of entries, not 0
 * @entry_size: sizeof(struct pcireset_reset_entry)
 * @entry_ptr: address of an array of struct pcireset_reset_entry
 * @out_entry: if the call fails, the number of the invalid entry
 * @__reserved: must be 0
 *
 * Each entry has the rights of its own descriptor, for any caller. Entries that
 * affect no common function run in parallel. Entries that reset the same link
 * with the same checks, force, flags, speed and times are one reset, and each of
 * them gets its result. Other overlapping entries run in the given order. A failed
 * entry does not stop the others.
 *
 * If the call fails, an entry or this structure is invalid, or memory ran out,
 * and nothing was touched. Otherwise @out_errno has the result of each entry. A
 * signal cancels the entries that have not begun (EINTR), and the call waits for
 * the others. After a fatal signal, it waits for each function no longer than the
 * second that PCIe r6.0, sec 6.6.1 grants.
 */
struct pcireset_reset_many {
	__u32 size;
	__u32 flags;
	__u32 nr_entries;
	__u32 entry_size;
	__aligned_u64 entry_ptr;
	__u32 out_entry;
	__u32 __reserved;
};

#define PCIRESET_RESET_MANY_SIZE_VER0 32
#define PCIRESET_RESET_MANY           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_RESET_MANY)

/**
 * struct pcireset_stats - ioctl(PCIRESET_STATS), on the control node
 * @size: sizeof(struct pcireset_stats)
 * @flags: must be 0
 * @type: one PCI_RESET_*
 * @__reserved: must be 0
 * @out_last_errno: errno of the last reset of the type, 0 if it succeeded
 * @out_last_proof: enum pcireset_proof of the last reset
 * @out_last_ns: end of the last reset, nanoseconds of CLOCK_REALTIME; 0 if there was none
 * @out_verified: number of successful resets with proof
 * @out_unverified: number of successful resets without proof
 * @out_timed_out: number of resets in which a function timed out (ETIMEDOUT)
 * @out_failed: number of resets that failed in another way (EIO)
 * @out_functions: number of affected functions of all these resets
 * @out_wait_ns: sum of @out_wait_ns of PCIRESET_RESET, nanoseconds
 * @out_refused: number of resets, of any type, that were refused before anything was issued
 * @out_late: number of functions that are late now, after a reset of the type
 * @out_late_restored: number of late functions that came back and were restored
 * @out_late_lost: number of late functions that did not come back, or came back different
 *
 * The numbers start when the module is loaded. They include every caller: this
 * interface and other kernel modules. A reset that continued with a second type
 * counts for each issued type. Entries that shared one reset of a link count
 * once. An invalid call, such as one with EPERM, is not a refused reset.
 */
struct pcireset_stats {
	__u32 size;
	__u32 flags;
	__u32 type;
	__u32 __reserved;
	__u32 out_last_errno;
	__u32 out_last_proof;
	__aligned_u64 out_last_ns;
	__aligned_u64 out_verified;
	__aligned_u64 out_unverified;
	__aligned_u64 out_timed_out;
	__aligned_u64 out_failed;
	__aligned_u64 out_functions;
	__aligned_u64 out_wait_ns;
	__aligned_u64 out_refused;
	__aligned_u64 out_late;
	__aligned_u64 out_late_restored;
	__aligned_u64 out_late_lost;
};

#define PCIRESET_STATS_SIZE_VER0 88
#define PCIRESET_STATS           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_STATS)

/**
 * struct pcireset_empty_bus - ioctl(PCIRESET_EMPTY_BUS), on the control node
 * @size: sizeof(struct pcireset_empty_bus)
 * @flags: must be 0
 * @bridge: the bridge whose secondary bus is to be reset
 * @out_why: enum pcireset_why, reason for a failure
 * @__reserved: must be 0
 * @out_who: function to which @out_why applies
 * @out_total_ns: duration of the call, nanoseconds
 *
 * Resets a device that does not answer, after its functions were removed: there is
 * nothing to save and to restore. If the kernel knows a function below @bridge, the
 * call fails with EBUSY and %PCIRESET_WHY_SCOPE, and names it. Returns when the reset
 * is no longer asserted. The caller keeps the port from reporting the link down,
 * waits for the link and the device, and rescans the bus. Counted as a bus reset of
 * no function, without proof.
 */
struct pcireset_empty_bus {
	__u32 size;
	__u32 flags;
	struct pcireset_addr bridge;
	__u32 out_why;
	__u32 __reserved;
	struct pcireset_addr out_who;
	__aligned_u64 out_total_ns;
};

#define PCIRESET_EMPTY_BUS_SIZE_VER0 40
#define PCIRESET_EMPTY_BUS           _IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_EMPTY_BUS)

#endif /* _UAPI_LINUX_PCIRESET_H */
