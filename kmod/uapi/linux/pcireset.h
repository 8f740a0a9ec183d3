/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/* The interface of /dev/pcireset: reset a PCI function with exactly the types allowed. */
#ifndef _UAPI_LINUX_PCIRESET_H
#define _UAPI_LINUX_PCIRESET_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * DOC: Calling convention
 *
 * Each command is an ioctl() on a pointer to one structure whose first member
 * is the structure's size. Structures only ever grow at their end. A module that
 * knows a shorter structure accepts a longer one if the surplus is zero. A module
 * that knows a longer one accepts every size from the first published one,
 * PCIRESET_*_SIZE_VER0, and takes the missing members as zero. It writes no more
 * than the size that was given. Zero always means "default".
 *
 * Masks are closed: a bit that is not known is refused, never ignored. Members
 * named out_* are written by the module and ignored on entry, all others are
 * only read. Members named __reserved must be zero.
 *
 * Arrays are passed as an address, the size of one entry and the number of
 * entries there is room for. The module writes as many entries as fit and
 * always tells how many there are. An entry that is longer than the module's
 * is filled up with zeroes. Of one that is shorter, but not shorter than its
 * PCIRESET_*_SIZE_VER0, the beginning is written.
 *
 * An errno means the same for every command:
 *
 *  Nothing was touched:
 *   - ENOTTY: there is no such command on this file descriptor
 *   - EINVAL: the size is too small, or a member that is understood is wrong
 *   - E2BIG: the surplus is not zero, or a size or number is beyond all reason
 *   - EFAULT: an address cannot be read or written
 *   - ENOMEM: no memory
 *   - EMFILE, ENFILE: no descriptor is free for the one that OPEN makes
 *   - EBADF: one of many resets names no descriptor of a device, or an owner none at all
 *   - EOPNOTSUPP: a bit or value is not known, or no allowed type fits
 *   - EPERM: the caller or this file descriptor may not do this
 *   - ESTALE: the plan of that generation is no longer what would be done
 *   - EBUSY: a lock, a driver, a user or a late function stands in the way
 *   - EAGAIN: a lock stands in the way and %PCIRESET_RESET_TRY was set
 *   - EINTR: a fatal signal arrived while waiting for a lock, or any signal before
 *     one of many resets began
 *   - ENODEV: the device is gone; this file descriptor never works again
 *
 *  A reset was issued, and the out_* members say how far it went:
 *   - ETIMEDOUT: a function did not come back in time; see %PCIRESET_MEMBER_LATE
 *   - EIO: a function came back wrong, or a check that was asked for failed
 */

#define PCIRESET_IOC_TYPE	0xB9

enum {
	PCIRESET_CMD_INFO = 0x40,
	PCIRESET_CMD_OPEN,
	PCIRESET_CMD_NARROW,
	PCIRESET_CMD_QUERY,
	PCIRESET_CMD_RESET,
	PCIRESET_CMD_RESET_MANY,
	PCIRESET_CMD_STATS,
	PCIRESET_CMD_EXPECT,
};

/**
 * DOC: Reset types
 *
 * One bit each; bits 0 to 4 are fixed by their publication on linux-pci in
 * 2018. The values say nothing about the order of choice, which is narrow
 * before wide: device_specific, acpi, flr, pm, slot, bus, cxl_bus.
 */
#define PCI_RESET_DEV_SPECIFIC	(1U << 0)	/* the kernel's quirk for this device */
#define PCI_RESET_FLR		(1U << 1)	/* PCIe r6.0, sec 6.6.2, or the AF capability's */
#define PCI_RESET_PM		(1U << 2)	/* D3hot to D0 without No_Soft_Reset */
#define PCI_RESET_SLOT		(1U << 3)	/* the hotplug slot's own reset */
#define PCI_RESET_BUS		(1U << 4)	/* Secondary Bus Reset of the bridge above */
#define PCI_RESET_ACPI		(1U << 5)	/* the firmware's _RST method */
#define PCI_RESET_CXL_BUS	(1U << 6)	/* Secondary Bus Reset with the CXL mask lifted */

#define PCI_RESET_FUNC	(PCI_RESET_DEV_SPECIFIC | PCI_RESET_ACPI | \
			 PCI_RESET_FLR | PCI_RESET_PM)
#define PCI_RESET_LINK	(PCI_RESET_SLOT | PCI_RESET_BUS | PCI_RESET_CXL_BUS)
#define PCI_RESET_ANY	(PCI_RESET_FUNC | PCI_RESET_LINK)

/**
 * enum pcireset_scope - how much a reset reaches, narrowest first
 * @PCIRESET_SCOPE_FUNCTION: the function; a PF also its VFs, a bridge also all below it
 * @PCIRESET_SCOPE_SLOT: every function in the hotplug slot, and all below it
 * @PCIRESET_SCOPE_BUS: everything below the bridge above
 */
enum pcireset_scope {
	PCIRESET_SCOPE_FUNCTION	= 1,
	PCIRESET_SCOPE_SLOT	= 2,
	PCIRESET_SCOPE_BUS	= 3,
};

/**
 * enum pcireset_check - what to verify after a reset, one bit each
 * @PCIRESET_CHECK_READY: config space answers; always made
 * @PCIRESET_CHECK_IDENTITY: it is the same device; always made
 * @PCIRESET_CHECK_LINK: the link is up at no less than its former speed and width
 * @PCIRESET_CHECK_CONFIG: config space reads as it did before the reset
 * @PCIRESET_CHECK_PROOF: there is evidence that the reset took place
 *
 * A check that was asked for and fails makes the call return EIO, READY
 * ETIMEDOUT. CONFIG is made if it was asked for, or with @settle_ms of struct
 * pcireset_reset; every other one is made and reported either way. It compares
 * the header and what the specification defines of each capability, but for
 * status and for a vendor's own registers.
 */
enum pcireset_check {
	PCIRESET_CHECK_READY	= 1U << 0,
	PCIRESET_CHECK_IDENTITY	= 1U << 1,
	PCIRESET_CHECK_LINK	= 1U << 2,
	PCIRESET_CHECK_CONFIG	= 1U << 3,
	PCIRESET_CHECK_PROOF	= 1U << 4,
};

/**
 * enum pcireset_force - what the caller resets although it is in the way, one bit each
 * @PCIRESET_FORCE_DRIVER: a bound driver that has no reset_prepare callback
 * @PCIRESET_FORCE_VFIO: a VFIO user who holds the function's group and does not have the
 *	function open
 *
 * Force never widens the types or the scope.
 */
enum pcireset_force {
	PCIRESET_FORCE_DRIVER	= 1U << 0,
	PCIRESET_FORCE_VFIO	= 1U << 1,
};

/**
 * enum pcireset_why - why a type does not fit, or a reset was refused or failed
 * @PCIRESET_WHY_NONE: no reason, it would work or did
 * @PCIRESET_WHY_NO_CAPABILITY: the function has no capability for this type
 * @PCIRESET_WHY_QUIRK: the kernel knows this device's reset of this type to be broken
 * @PCIRESET_WHY_NO_HANDLER: the kernel has no handler for this device
 * @PCIRESET_WHY_NO_FIRMWARE: the firmware has no _RST for this device
 * @PCIRESET_WHY_NO_SOFT_RESET: No_Soft_Reset is set: D3hot to D0 resets nothing
 * @PCIRESET_WHY_NOT_D0: the function is not in D0
 * @PCIRESET_WHY_NO_BRIDGE: the function is on a root bus, no bridge is above it
 * @PCIRESET_WHY_NO_SLOT: it is in no hotplug slot that can be reset
 * @PCIRESET_WHY_HOTPLUG: plain bus reset below this hotplug port would be a surprise
 *	removal; the slot's own reset is the way
 * @PCIRESET_WHY_CXL_MASKED: the CXL port ignores Secondary Bus Reset
 * @PCIRESET_WHY_NO_CXL: the function is below no CXL port
 * @PCIRESET_WHY_GONE: a function is gone, disconnected or reads all-ones
 * @PCIRESET_WHY_DRIVER: a bound driver has no reset_prepare callback
 * @PCIRESET_WHY_VFIO: a VFIO user holds the function
 * @PCIRESET_WHY_SCOPE: the type reaches further than was allowed
 * @PCIRESET_WHY_LOCK: somebody held a lock for too long
 * @PCIRESET_WHY_CHANGED: functions came, went or changed meanwhile
 * @PCIRESET_WHY_NOT_READY: the function did not come back in time
 * @PCIRESET_WHY_OTHER_DEVICE: another device came back
 * @PCIRESET_WHY_LINK: the link came back slower or narrower, or not at all
 * @PCIRESET_WHY_CONFIG: config space does not read as before
 * @PCIRESET_WHY_NO_PROOF: nothing shows that the reset took place
 * @PCIRESET_WHY_TRIGGER: the way to trigger the reset failed
 * @PCIRESET_WHY_NOT_ALLOWED: the caller did not allow the type
 * @PCIRESET_WHY_CANCELLED: a signal arrived before this one of many resets began
 * @PCIRESET_WHY_CONTAINED: a port above has cut the function off because of an error (DPC)
 * @PCIRESET_WHY_NOT_OWNED: the caller has not shown that the function is its own, as it has to
 * @PCIRESET_WHY_NOT_ENDPOINT: PCIe defines this type for endpoints only; this is a port or bridge
 * @PCIRESET_WHY_HAS_HANDLER: the kernel has a reset of its own for this device, device_specific,
 *	which does more than this type
 * @PCIRESET_WHY_VFIO_OPEN: a VFIO user has the function open, and may access its memory at any
 *	time. Only a reset through VFIO revokes its mappings; force and ownership do not
 * @PCIRESET_WHY_LATE: the function is late after an earlier reset. The module restores it
 *	when it answers, or gives up 60 s after that reset
 * @PCIRESET_WHY_BARS: the function's BARs are not what the kernel has assigned: it has lost
 *	its configuration, and saving it would keep the wrong one
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
};

/**
 * enum pcireset_proof - whether a reset is known to have taken place
 * @PCIRESET_PROOF_NONE: not asked of this function: it was not itself reset
 * @PCIRESET_PROOF_SHOWN: a register that was set before reads as after a reset
 * @PCIRESET_PROOF_UNKNOWN: the function has no register that could tell
 * @PCIRESET_PROOF_REFUTED: what a reset must clear is still set
 */
enum pcireset_proof {
	PCIRESET_PROOF_NONE = 0,
	PCIRESET_PROOF_SHOWN,
	PCIRESET_PROOF_UNKNOWN,
	PCIRESET_PROOF_REFUTED,
};

/**
 * enum pcireset_state - where a reset left a function
 * @PCIRESET_STATE_UNTOUCHED: no reset was issued
 * @PCIRESET_STATE_RESTORED: it answers and has its configuration back
 * @PCIRESET_STATE_DEAD: it does not answer; nothing was written to it, see also
 *	%PCIRESET_MEMBER_LATE
 * @PCIRESET_STATE_OTHER: another device answers; nothing was written to it
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
#define PCIRESET_TYPE_AF	(1U << 0)	/* FLR means the AF capability's */

/**
 * struct pcireset_type_info - one type, asked of the hardware now; written by the module
 * @type: the type's bit
 * @why_not: enum pcireset_why, 0 if the type would work
 * @scope: enum pcireset_scope, how much it reaches, 0 if it does not fit
 * @flags: PCIRESET_TYPE_*
 * @who: the function that @why_not speaks of
 */
struct pcireset_type_info {
	__u32 type;
	__u32 why_not;
	__u32 scope;
	__u32 flags;
	struct pcireset_addr who;
};

#define PCIRESET_TYPE_INFO_SIZE_VER0	24

/* struct pcireset_member.flags */
#define PCIRESET_MEMBER_TARGET	(1U << 0)	/* the function that was asked for */
#define PCIRESET_MEMBER_RESET	(1U << 1)	/* is itself reset, not only cut off meanwhile */
#define PCIRESET_MEMBER_VF	(1U << 2)	/* an SR-IOV virtual function */
#define PCIRESET_MEMBER_BRIDGE	(1U << 3)	/* a bridge */
#define PCIRESET_MEMBER_DRIVER	(1U << 4)	/* a driver is bound */
#define PCIRESET_MEMBER_PREPARE	(1U << 5)	/* that driver is told before and after */
#define PCIRESET_MEMBER_VFIO	(1U << 6)	/* a VFIO user holds it */
#define PCIRESET_MEMBER_OWNED	(1U << 7)	/* the caller has shown that it is that user */
#define PCIRESET_MEMBER_LATE	(1U << 8)	/* dead so far; it is restored when it answers */

/**
 * struct pcireset_member - one function in the scope; written by the module
 * @addr: the function
 * @flags: PCIRESET_MEMBER_*
 * @why_not: enum pcireset_why, what of this function stands in the way
 * @state: enum pcireset_state
 * @proof: enum pcireset_proof
 * @failed: mask of the enum pcireset_check that failed
 * @offset: first byte in config space that differs if CONFIG failed
 * @ready_ns: from the end of the reset's trigger until it answered, nanoseconds
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

#define PCIRESET_MEMBER_SIZE_VER0	40

/**
 * struct pcireset_info - ioctl(PCIRESET_INFO), on the control node
 * @size: sizeof(struct pcireset_info)
 * @flags: must be 0
 * @out_types: mask of the types that are known
 * @out_checks: mask of the checks that are known
 * @out_force: mask of enum pcireset_force that is known
 * @out_reset_flags: mask of the flags that PCIRESET_RESET takes
 * @out_max_scope: widest enum pcireset_scope that is known
 * @out_timeout_ms: default timeout of PCIRESET_RESET, milliseconds
 * @out_max_timeout_ms: longest timeout that PCIRESET_RESET takes, milliseconds
 * @__reserved: must be 0
 * @out_late_ms: how long after a reset the module waits for a late function, milliseconds
 * @out_max_members: how many members the plans of one PCIRESET_RESET_MANY may have
 *
 * Ask this instead of comparing versions.
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
};

#define PCIRESET_INFO_SIZE_VER0	40
#define PCIRESET_INFO	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_INFO)

/**
 * DOC: Ownership
 *
 * Two functions behind one bridge may belong to two users. A descriptor with
 * %PCIRESET_GRANT_OWNED lets its holder reset the link all the same, by slot,
 * bus or cxl_bus, but only if it shows with each call that every function that
 * would be reset is its own: EPERM and %PCIRESET_WHY_NOT_OWNED otherwise, with
 * the first one that is not. Bridges belong to nobody and are not asked for.
 *
 * The proof is that of VFIO's own hot reset: open descriptors of VFIO groups
 * (/dev/vfio/NUMBER), or of iommufds (/dev/iommu) to which functions have been
 * bound that were opened by their own nodes (/dev/vfio/devices). The kernel gives a
 * group to one of them at a time. A function is owned if its driver is vfio-pci, or
 * another one on top of vfio-pci-core, and one of the descriptors is its
 * group's, or an iommufd's to which at least one function of its group is bound.
 * One without a driver, or without an IOMMU, is nobody's. The descriptor of a device
 * is no proof, and neither is an iommufd that has nothing.
 *
 * Whoever owns a function when its reset begins does so until it is over: closed
 * meanwhile, it cannot be opened by anybody else before.
 *
 * With any descriptor, a VFIO user who proves to be the caller itself is not in
 * the way, unless it has a function open: %PCIRESET_WHY_VFIO_OPEN. It closes the
 * function first and keeps the group, or it resets through VFIO. Nobody can open
 * a function through VFIO while it is being reset.
 */

/* struct pcireset_open.flags, struct pcireset_narrow.flags */
#define PCIRESET_GRANT_OWNED	(1U << 0)	/* slot and bus of what the caller owns alone */

/* Entries of @owner_ptr at the most. */
#define PCIRESET_MAX_OWNERS	256

/**
 * struct pcireset_open - ioctl(PCIRESET_OPEN), on the control node
 * @size: sizeof(struct pcireset_open)
 * @flags: PCIRESET_GRANT_OWNED or 0
 * @addr: the function
 * @types: mask of the types the new descriptor may use, 0 for all
 * @max_scope: widest enum pcireset_scope it may reach, 0 for the widest
 * @force: mask of enum pcireset_force it may use, 0 for none
 * @out_fd: file descriptor for that function, always O_CLOEXEC
 *
 * The descriptor stands for the device that is at @addr now. Once that device
 * is removed it answers ENODEV for ever, even if another takes the address.
 * Whoever holds it can do what it grants, privileged or not.
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

#define PCIRESET_OPEN_SIZE_VER0	32
#define PCIRESET_OPEN	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_OPEN)

/**
 * struct pcireset_narrow - ioctl(PCIRESET_NARROW), on a device's descriptor
 * @size: sizeof(struct pcireset_narrow)
 * @flags: PCIRESET_GRANT_OWNED to ask for a proof from now on, 0 for no change
 * @types: mask of the types that remain allowed; 0 is refused
 * @max_scope: widest enum pcireset_scope that remains allowed, 0 for no change
 * @force: mask of enum pcireset_force that remains allowed
 * @__reserved: must be 0
 *
 * Takes away for good, from everybody who holds the same open descriptor. What
 * was not granted cannot be asked for: EPERM, and nothing changes.
 */
struct pcireset_narrow {
	__u32 size;
	__u32 flags;
	__u32 types;
	__u32 max_scope;
	__u32 force;
	__u32 __reserved;
};

#define PCIRESET_NARROW_SIZE_VER0	24
#define PCIRESET_NARROW	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_NARROW)

/**
 * struct pcireset_query - ioctl(PCIRESET_QUERY), on a device's descriptor
 * @size: sizeof(struct pcireset_query)
 * @flags: PCIRESET_RESET_ESCALATE to plan with it, or 0
 * @types: mask of the types to plan with, 0 not to plan
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
 * @out_nr_types: number of types there are
 * @out_nr_members: number of members the plan has
 * @out_types: mask of the types that would work now, whoever is in the way
 * @out_type: the type the plan uses, 0 if there is none
 * @out_scope: enum pcireset_scope of the plan
 * @out_error: errno that PCIRESET_RESET would fail with, 0 if it would run
 * @out_why: enum pcireset_why behind @out_error
 * @out_type_flags: PCIRESET_TYPE_* of @out_type
 * @out_who: the function that @out_why speaks of
 * @out_generation: pass it to PCIRESET_RESET to run this plan or nothing
 *
 * Writes to no device. A refused plan is an answer, not an error.
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

#define PCIRESET_QUERY_SIZE_VER0	112
#define PCIRESET_QUERY	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_QUERY)

/**
 * struct pcireset_expect - ioctl(PCIRESET_EXPECT), on a device's descriptor
 * @size: sizeof(struct pcireset_expect)
 * @flags: must be 0
 * @types: mask of the types to plan with; 0 is refused
 * @max_scope: widest enum pcireset_scope to plan with, 0 for the widest granted
 * @out_type: the type the plan uses, whoever is in the way, 0 if there is none
 * @__reserved: must be 0
 * @out_ns: how long the reset takes at least, from its trigger until the functions may be
 *	accessed, nanoseconds, at least 1; 0 if there is no type or nothing tells
 *
 * That is what the specification demands, or what the functions (Immediate Readiness,
 * Readiness Time Reporting) and the firmware (_DSM) say instead. Not known beforehand are
 * the time a link needs to train and by how much a function is late, and of
 * %PCI_RESET_DEV_SPECIFIC and %PCI_RESET_ACPI nothing. Writes to no device.
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

#define PCIRESET_EXPECT_SIZE_VER0	32
#define PCIRESET_EXPECT	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_EXPECT)

/* struct pcireset_reset.flags */
#define PCIRESET_RESET_ESCALATE	(1U << 0)	/* a reset failed: go on to a wider allowed type */
#define PCIRESET_RESET_TRY	(1U << 1)	/* do not wait for a lock, EAGAIN instead */

/**
 * struct pcireset_reset - ioctl(PCIRESET_RESET), on a device's descriptor
 * @size: sizeof(struct pcireset_reset)
 * @flags: PCIRESET_RESET_*
 * @types: mask of the types that may be used; 0 is refused
 * @max_scope: widest enum pcireset_scope that may be reached, 0 for the widest granted
 * @checks: mask of the enum pcireset_check that must hold, 0 for all but PROOF
 * @force: mask of enum pcireset_force
 * @timeout_ms: how long to wait for the functions to come back, 0 for the default
 * @member_size: sizeof(struct pcireset_member)
 * @nr_members: room in @member_ptr, entries
 * @settle_ms: how long to watch afterwards that nothing is lost again, 0 for not at all
 * @member_ptr: address of an array of struct pcireset_member, parents first
 * @generation: from PCIRESET_QUERY on the same descriptor, or 0 for any plan
 * @owner_ptr: address of an array of __s32: VFIO groups and iommufds that the caller holds
 * @nr_owners: number of descriptors at @owner_ptr; must be 0 in PCIRESET_RESET_MANY
 * @__reserved: must be 0
 * @out_type: the type that was issued last, 0 if none
 * @out_issued: mask of the types that were issued
 * @out_type_flags: PCIRESET_TYPE_* of @out_type
 * @out_scope: enum pcireset_scope that was reached
 * @out_why: enum pcireset_why behind a failure
 * @out_failed: mask of the enum pcireset_check that failed for any member
 * @out_proof: enum pcireset_proof, the weakest of all members that were reset
 * @out_nr_members: number of members
 * @out_who: the function that @out_why speaks of
 * @out_wait_ns: from the end of the trigger until all members answered, nanoseconds
 * @out_total_ns: the whole call, nanoseconds
 *
 * Uses the first allowed type in order of choice that the device has. It goes
 * on to another one only if %PCIRESET_RESET_ESCALATE is set and the former
 * was issued and failed. Never goes beyond @types or @max_scope.
 *
 * Some devices lose their configuration again a while after they were ready.
 * After @settle_ms all but PROOF is checked again; what was lost is restored once
 * more, and the call has failed all the same. A fatal signal ends the time early.
 * No lock is held for that time, but other resets of the same functions wait for
 * it or fail with EBUSY and %PCIRESET_WHY_LOCK. If a function was removed or got
 * another driver meanwhile, the call has failed: EIO, %PCIRESET_WHY_CHANGED.
 *
 * @timeout_ms bounds the call and not the recovery. A function that does not answer
 * by then is late: its member has %PCIRESET_MEMBER_LATE, and the module keeps its
 * state, restores it when it answers and announces that by a uevent with
 * PCIRESET_LATE=restored (or failed, lost). 60 s after the reset the module gives
 * up. Until then another reset of it is refused: EBUSY, %PCIRESET_WHY_LATE.
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
	__u32 __reserved;
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

#define PCIRESET_RESET_SIZE_VER0	128
#define PCIRESET_RESET	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_RESET)

/* Entries of one PCIRESET_RESET_MANY at the most. */
#define PCIRESET_MAX_RESETS	16384

/**
 * struct pcireset_reset_entry - one of many resets
 * @fd: a device's descriptor
 * @out_errno: errno that PCIRESET_RESET would fail with, 0 if none
 * @out_done: 1 once @out_errno and all that @reset_ptr leads to are final
 * @__reserved: must be 0
 * @reset_ptr: address of a struct pcireset_reset, no other entry's
 *
 * Another thread may watch @out_done, with an acquiring load.
 */
struct pcireset_reset_entry {
	__s32 fd;
	__u32 out_errno;
	__u32 out_done;
	__u32 __reserved;
	__aligned_u64 reset_ptr;
};

#define PCIRESET_RESET_ENTRY_SIZE_VER0	24

/**
 * struct pcireset_reset_many - ioctl(PCIRESET_RESET_MANY), on any device's descriptor
 * @size: sizeof(struct pcireset_reset_many)
 * @flags: must be 0
 * @nr_entries: number of entries, not 0
 * @entry_size: sizeof(struct pcireset_reset_entry)
 * @entry_ptr: address of an array of struct pcireset_reset_entry
 * @out_entry: if the call fails, the number of the entry that is wrong
 * @__reserved: must be 0
 *
 * Each entry may do what its own descriptor grants, whoever calls. Entries that
 * hit no function in common run side by side. Those that reset the same link,
 * with the same checks, force, flags and times, are one reset, told to each.
 * Others that overlap run in the order given. A failure of one does not stop
 * the others.
 *
 * If the call fails, an entry or this structure is wrong, or there is no
 * memory: nothing was touched. Otherwise @out_errno tells of each entry. A signal
 * keeps back what has not begun (EINTR) and waits for the rest; a fatal one also
 * waits for no function longer than the second that PCIe r6.0, sec 6.6.1
 * grants it.
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

#define PCIRESET_RESET_MANY_SIZE_VER0	32
#define PCIRESET_RESET_MANY	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_RESET_MANY)

/**
 * struct pcireset_stats - ioctl(PCIRESET_STATS), on the control node
 * @size: sizeof(struct pcireset_stats)
 * @flags: must be 0
 * @type: the type to tell of, one PCI_RESET_*
 * @__reserved: must be 0
 * @out_last_errno: errno that the last reset of the type ended with, 0 if it succeeded
 * @out_last_proof: enum pcireset_proof of it
 * @out_last_ns: when it was over, nanoseconds of CLOCK_REALTIME; 0 if there was none
 * @out_verified: how many succeeded, with proof that they took place
 * @out_unverified: how many succeeded, and nothing shows that they took place
 * @out_timed_out: of how many a function did not come back in time (ETIMEDOUT)
 * @out_failed: how many failed in another way (EIO)
 * @out_functions: how many functions all of these reached
 * @out_wait_ns: sum of the @out_wait_ns that PCIRESET_RESET tells, nanoseconds
 * @out_refused: how many resets, of any type, were refused before anything was issued
 * @out_late: how many functions are late now, after a reset of the type
 * @out_late_restored: how many were late, came back and were restored
 * @out_late_lost: how many were late and did not come back, or not as they were
 *
 * Numbers are since the module was loaded, whoever asked for the reset: this
 * interface or another kernel module. One that went on to a second type counts
 * for each type that was issued. Many that were one reset of a link count once.
 * What is wrong with a call itself, EPERM for one, is no reset that was refused.
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

#define PCIRESET_STATS_SIZE_VER0	88
#define PCIRESET_STATS	_IO(PCIRESET_IOC_TYPE, PCIRESET_CMD_STATS)

#endif /* _UAPI_LINUX_PCIRESET_H */
