/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface of libpcireset, and all of its documentation. */
#ifndef LIBPCIRESET_H
#define LIBPCIRESET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <linux/pcireset.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * DOC: Rules that hold for every function
 *
 * - A function that can fail returns int: 0 or a count, or a negative errno.
 *   errno itself is never part of the interface.
 * - What a function fills comes last and is named ret_*. It is written on
 *   success only, unless the function says otherwise.
 * - Functions named *_is_*, *_has_* and *_can_* return bool and cannot fail.
 * - Objects are opaque and counted: *_new gives the first reference, *_ref takes
 *   one more, *_unref drops one, takes NULL and returns NULL. An object keeps
 *   alive what it came from.
 * - What a getter returns belongs to the object that was asked.
 * - Nothing is printed, nothing exits, there is no global state. A context and
 *   all that came from it is for one thread at a time.
 * - The types, scopes, checks, reasons and the layout of a member are those of
 *   linux/pcireset.h, which is documented in the same way.
 * - Only pcireset_plan_run() and pcireset_batch_run() write to a device, and
 *   pcireset_leftovers_repair() to what a reset that was killed has left.
 */

/**
 * DOC: Objects
 *
 * - struct pcireset_ctx: a view of one machine, its functions and who uses them
 * - struct pcireset_dev: one PCI function, as it was when it was scanned
 * - struct pcireset_plan: what a reset would do, decided and not done
 * - struct pcireset_batch: many plans that are run together
 * - struct pcireset_report: what a reset did
 */
struct pcireset_ctx;
struct pcireset_dev;
struct pcireset_plan;
struct pcireset_batch;
struct pcireset_report;

/**
 * enum pcireset_backend - what answers questions and carries out resets
 * @PCIRESET_BACKEND_MODULE: /dev/pcireset: asks the hardware, and resets
 * @PCIRESET_BACKEND_SYSFS: what a stock kernel tells and does: lists and plans all,
 *	resets one function by device_specific, acpi, flr or pm
 * @PCIRESET_BACKEND_VFIO: VFIO descriptors that the caller holds, of one function: see
 *	pcireset_dev_set_vfio()
 * @_PCIRESET_BACKEND_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_backend {
	PCIRESET_BACKEND_MODULE	= 1,
	PCIRESET_BACKEND_SYSFS	= 2,
	PCIRESET_BACKEND_VFIO	= 3,
	_PCIRESET_BACKEND_PAD	= 0x7fffffff,
};

/**
 * enum pcireset_use - what uses a function, one bit each
 * @PCIRESET_USE_DRIVER: a bound driver that has no reset_prepare callback
 * @PCIRESET_USE_VFIO: a program that holds the function through VFIO
 * @PCIRESET_USE_MOUNT: a mounted file system is on it
 * @PCIRESET_USE_NET: a network interface of it is up
 * @PCIRESET_USE_SWAP: it is swapped to
 * @PCIRESET_USE_CONSOLE: the kernel's console is on it
 * @PCIRESET_USE_OPEN: another process has a device node of it open
 * @PCIRESET_USE_UNKNOWN: there may be more users, because what would tell of them
 *	cannot be read; pcireset_dev_get_user_detail() says what
 * @_PCIRESET_USE_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_use {
	PCIRESET_USE_DRIVER	= 1 << 0,
	PCIRESET_USE_VFIO	= 1 << 1,
	PCIRESET_USE_MOUNT	= 1 << 2,
	PCIRESET_USE_NET	= 1 << 3,
	PCIRESET_USE_SWAP	= 1 << 4,
	PCIRESET_USE_CONSOLE	= 1 << 5,
	PCIRESET_USE_OPEN	= 1 << 6,
	PCIRESET_USE_UNKNOWN	= 1 << 7,
	_PCIRESET_USE_PAD	= 0x7fffffff,
};

/**
 * enum pcireset_lib_why - reasons that only the library knows, beside enum pcireset_why
 * @PCIRESET_WHY_IN_USE: a function that would be hit is in use
 * @PCIRESET_WHY_NOT_LISTED: the function has the capability, but the kernel's
 *	reset_method does not list it: a known defect, or somebody took it off
 * @PCIRESET_WHY_UNKNOWN: the kernel's reset_method does not list it, and the
 *	capabilities may not be read to find out why
 * @PCIRESET_WHY_NO_MODULE: the module is not loaded
 * @PCIRESET_WHY_NO_PERMISSION: /dev/pcireset may not be opened
 * @PCIRESET_WHY_SYSROOT: the context shows another machine than this one
 * @PCIRESET_WHY_NEEDS_MODULE: a stock kernel cannot be held to it
 * @PCIRESET_WHY_METHOD_REFUSED: the kernel does not take the one type in reset_method,
 *	or would not take back what is there now
 * @PCIRESET_WHY_METHOD_CHANGED: somebody else wrote reset_method during the reset
 * @PCIRESET_WHY_METHOD_LEFT: reset_method could not be put back
 * @PCIRESET_WHY_LEFT_OVER: a reset that was killed has left reset_method changed
 * @PCIRESET_WHY_DUMP: the context shows a dump of config space, which does not tell
 * @PCIRESET_WHY_LISTS_DIFFER: a function that would be hit is not in VFIO's own list
 * @PCIRESET_WHY_METHOD_WIDER: the kernel's reset_method lists more than this type, and VFIO
 *	has the kernel try all of it
 * @PCIRESET_WHY_LINK_UNKNOWN: VFIO would reset the slot or the bus, and nothing tells which
 * @PCIRESET_WHY_VFIO_NO_RESET: VFIO found no reset that worked when the device was opened
 * @PCIRESET_WHY_VFIO_DRIVER: the driver is not known to do what vfio-pci does
 * @PCIRESET_WHY_VFIO_NO_PROOF: proof is asked for, which there never is through VFIO
 * @_PCIRESET_WHY_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_lib_why {
	PCIRESET_WHY_IN_USE	= 0x10000,
	PCIRESET_WHY_NOT_LISTED,
	PCIRESET_WHY_UNKNOWN,
	PCIRESET_WHY_NO_MODULE,
	PCIRESET_WHY_NO_PERMISSION,
	PCIRESET_WHY_SYSROOT,
	PCIRESET_WHY_NEEDS_MODULE,
	PCIRESET_WHY_METHOD_REFUSED,
	PCIRESET_WHY_METHOD_CHANGED,
	PCIRESET_WHY_METHOD_LEFT,
	PCIRESET_WHY_LEFT_OVER,
	PCIRESET_WHY_DUMP,
	PCIRESET_WHY_LISTS_DIFFER,
	PCIRESET_WHY_METHOD_WIDER,
	PCIRESET_WHY_LINK_UNKNOWN,
	PCIRESET_WHY_VFIO_NO_RESET,
	PCIRESET_WHY_VFIO_DRIVER,
	PCIRESET_WHY_VFIO_NO_PROOF,
	_PCIRESET_WHY_PAD	= 0x7fffffff,
};

/**
 * enum pcireset_result - what came of a reset
 * @PCIRESET_RESULT_VERIFIED: done, every check held, and there is proof that it took place
 * @PCIRESET_RESULT_UNVERIFIED: issued, and nothing shows that it took place
 * @PCIRESET_RESULT_FAILED: issued, and it went wrong
 * @PCIRESET_RESULT_REFUSED: nothing was touched
 * @_PCIRESET_RESULT_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_result {
	PCIRESET_RESULT_VERIFIED	= 1,
	PCIRESET_RESULT_UNVERIFIED	= 2,
	PCIRESET_RESULT_FAILED		= 3,
	PCIRESET_RESULT_REFUSED		= 4,
	_PCIRESET_RESULT_PAD		= 0x7fffffff,
};

/* ------------------------------------------------------------------ context */

/**
 * pcireset_ctx_new - create a context
 * @sysroot: directory that holds sys/, proc/ and dev/, or a tar archive of one, such as
 *	pcireset_ctx_record() writes, or NULL for "/"
 * @ret_ctx: the context
 *
 * A context with a sysroot other than "/" reads that tree, never opens
 * /dev/pcireset, and refuses to reset anything. An archive may be compressed with
 * gzip, bzip2, xz, lzma or zstd, and may have the machine in a folder; libarchive
 * reads it, and is loaded at that moment. A file is unpacked by
 * pcireset_ctx_scan(), which tells what is wrong with it, into a directory in
 * $TMPDIR or /tmp that lives as long as the context. For "/" the back end is the
 * module if it is loaded and may be opened, which takes CAP_SYS_ADMIN, else
 * sysfs. pcireset_ctx_scan() has to be called before there are functions.
 *
 * Return: 0, -ENOMEM, or the errno of looking at @sysroot.
 * Since: 0.1
 */
int pcireset_ctx_new(const char *sysroot, struct pcireset_ctx **ret_ctx);

/**
 * pcireset_ctx_new_from_dump - create a context from config spaces alone
 * @dump: file with what "lspci -xxxx" printed, also with -D, -v and other options; it
 *	may be compressed as an archive may. "NAME#2" is the second of several dumps in
 *	the file NAME.
 * @ret_ctx: the context
 *
 * The text may be quoted, indented, in UTF-16 or otherwise changed by a mail;
 * pcireset_ctx_get_note() tells what could not be read. Bridges tell by their bus
 * numbers what is below them, and physical functions where their virtual ones are. What
 * must be there and is not in the dump makes the reach unknown. Not known are drivers, users, slots, whether a
 * hotplug driver owns a port, on which function a domain of its own hangs (VMD),
 * the firmware's and the kernel's own resets; a type
 * that depends on that has %PCIRESET_WHY_DUMP. Otherwise as a sysroot.
 *
 * Return: 0, -ENOMEM, or the errno of looking at @dump.
 * Since: 0.1
 */
int pcireset_ctx_new_from_dump(const char *dump, struct pcireset_ctx **ret_ctx);

/**
 * pcireset_ctx_is_dump - tell whether there is config space and nothing else
 * @ctx: context
 *
 * Return: true if it is from pcireset_ctx_new_from_dump().
 * Since: 0.1
 */
bool pcireset_ctx_is_dump(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_sysroot - tell where the files of the machine are
 * @ctx: context, scanned
 *
 * Return: the directory that holds sys/ and proc/, for a file that to which it was
 * unpacked, "" for the running machine. It belongs to @ctx.
 * Since: 0.1
 */
const char *pcireset_ctx_get_sysroot(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_note - tell what of a file could not be read, or is there twice
 * @ctx: context, scanned
 * @i: 0 for the first note
 *
 * For a file in place of a machine: what was skipped, and how much.
 *
 * Return: words that belong to @ctx, or NULL if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_ctx_get_note(const struct pcireset_ctx *ctx, size_t i);

/**
 * enum pcireset_record_flags - what pcireset_ctx_record() is to keep
 * @PCIRESET_RECORD_SERIALS: serial numbers, MAC addresses in interfaces' names,
 *	and whose home a mount point is
 * @_PCIRESET_RECORD_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_record_flags {
	PCIRESET_RECORD_SERIALS	= 1 << 0,
	_PCIRESET_RECORD_PAD	= 0x7fffffff,
};

/**
 * pcireset_ctx_record - write down all that the library reads of this machine
 * @ctx: context, scanned, not from a dump
 * @fd: where to write to
 * @flags: mask of enum pcireset_record_flags
 *
 * Writes an uncompressed tar archive that pcireset_ctx_new() takes in place of a
 * sysroot. A machine that did not change gives the same bytes. Config space goes
 * as far as this process may read it. Nothing is touched, but a function that
 * sleeps is woken by the kernel to be read.
 *
 * Return: 0; -EOPNOTSUPP if @flags has an unknown bit or @ctx is from a dump;
 * -EFBIG if the machine is too large; -ENOMEM; or the errno of writing.
 * Since: 0.1
 */
int pcireset_ctx_record(struct pcireset_ctx *ctx, int fd, uint32_t flags);
struct pcireset_ctx *pcireset_ctx_ref(struct pcireset_ctx *ctx);
struct pcireset_ctx *pcireset_ctx_unref(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_errmsg - say in words why the last call failed
 * @ctx: context
 *
 * Return: a string that stays valid until the next call that fails on @ctx or on
 * something that came from it; "" if none has failed.
 * Since: 0.1
 */
const char *pcireset_ctx_get_errmsg(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_backend - tell which back end is in use
 * @ctx: context
 *
 * For all functions but those with descriptors of their own: pcireset_dev_get_backend().
 *
 * Return: one of enum pcireset_backend.
 * Since: 0.1
 */
enum pcireset_backend pcireset_ctx_get_backend(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_set_backend - choose the back end
 * @ctx: context, not scanned
 * @backend: one of enum pcireset_backend
 *
 * With %PCIRESET_BACKEND_SYSFS the module is left alone although it is loaded.
 *
 * Return: 0; -EBUSY if functions have been scanned; -EOPNOTSUPP if there is no such
 * back end, or it is %PCIRESET_BACKEND_VFIO, which is a function's own; for %PCIRESET_BACKEND_MODULE -ENOENT if the module is not loaded, -EPERM
 * if its device may not be opened, -EROFS if the context has a sysroot, or the errno
 * of opening the device.
 * Since: 0.1
 */
int pcireset_ctx_set_backend(struct pcireset_ctx *ctx, enum pcireset_backend backend);

/**
 * pcireset_backend_to_str - the name of a back end
 * @backend: one of enum pcireset_backend
 *
 * Return: "module", "sysfs" or "vfio", or NULL if there is no such back end.
 * Since: 0.1
 */
const char *pcireset_backend_to_str(enum pcireset_backend backend);

/**
 * pcireset_ctx_check_reset - find out whether this context can reset at all
 * @ctx: context
 *
 * Says nothing of functions with VFIO descriptors of their own.
 *
 * Return: 0; -EPERM if the module's device may not be opened or, without the
 * module, the caller is not root; -EROFS if the context has a sysroot; or the errno
 * of opening the device. pcireset_ctx_get_errmsg() says what to do about it.
 * Since: 0.1
 */
int pcireset_ctx_check_reset(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_scan - read the PCI functions that exist now
 * @ctx: context
 *
 * Replaces what an earlier scan found. Functions from an earlier scan that are
 * still referenced stay what they were, and are no longer part of the walk.
 *
 * Return: number of functions; -EBADMSG if the file that was given in place of a
 * sysroot is damaged or contradicts itself; -EFBIG if no machine is as large; -ENOTSUP
 * if libarchive, which reads it, cannot be loaded;
 * or another negative errno.
 * Since: 0.1
 */
int pcireset_ctx_scan(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_failure - tell whether a getter could not read what it was asked for
 * @ctx: context
 *
 * A getter that returns no error returns what a function without driver, users or
 * members has, if memory or descriptors run out or a file cannot be read. Whoever
 * shows what getters returned asks this afterwards. Calls that return an error
 * fail by themselves.
 *
 * Return: 0, or the errno of the first failure since pcireset_ctx_scan().
 * Since: 0.1
 */
int pcireset_ctx_get_failure(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_read_stats - ask the module what came of all resets so far
 * @ctx: context; need not be scanned
 *
 * Counted are those of every process and of other kernel modules, since the module
 * was loaded. What is done without the module is not.
 *
 * Return: 0; -ENOENT if the module is not loaded or not wanted; -EPERM if its
 * device may not be opened; -EROFS if the context has a sysroot; -EOPNOTSUPP if the
 * module is one that does not count; or the errno of opening the device.
 * Since: 0.1
 */
int pcireset_ctx_read_stats(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_stats - what came of the resets of one type
 * @ctx: context
 * @type: one PCI_RESET_*
 *
 * Return: the numbers as pcireset_ctx_read_stats() read them last, which belong to
 * @ctx; NULL if that has not succeeded yet, or if there is no such type.
 * Since: 0.1
 */
const struct pcireset_stats *pcireset_ctx_get_stats(const struct pcireset_ctx *ctx,
						    uint32_t type);

/* ------------------------------------------------------------------ functions */

/**
 * pcireset_dev_first - first function of the last scan, in order of address
 * @ctx: context
 *
 * Return: the function, without a reference of its own, or NULL.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_first(struct pcireset_ctx *ctx);
struct pcireset_dev *pcireset_dev_next(struct pcireset_dev *dev);

#define pcireset_dev_foreach(ctx, dev) \
	for ((dev) = pcireset_dev_first(ctx); (dev); (dev) = pcireset_dev_next(dev))

struct pcireset_dev *pcireset_dev_ref(struct pcireset_dev *dev);
struct pcireset_dev *pcireset_dev_unref(struct pcireset_dev *dev);

/**
 * pcireset_dev_get_ctx - the context that a function came from
 * @dev: function
 *
 * Return: the context, without a reference of its own.
 * Since: 0.1
 */
struct pcireset_ctx *pcireset_dev_get_ctx(const struct pcireset_dev *dev);

/**
 * pcireset_dev_from_name - find the one function that a name means
 * @ctx: context, scanned
 * @name: [domain:]bus:device.function in hexadecimal, function optional where
 *	there is only one; vendor:device, four hexadecimal digits each; a path
 *	in /sys; a block or character device in /dev; slot:NAME, a physical slot; a
 *	network interface; another device of any class in /sys/class, such as nvme0;
 *	a driver, or driver:NAME
 * @ret_dev: the function, with a reference
 *
 * A device in /dev, an interface or a device of a class means the function that it
 * hangs on. What is behind a USB host controller does not name that controller. A
 * driver means the function that it is bound to, if there is only one, and a slot
 * the function in it.
 *
 * Several may fit a word: an interface comes before other devices, and these before
 * drivers. Devices of one name that hang on different functions are -ENOTUNIQ, and so
 * is a driver with several functions. The message lists the functions.
 *
 * Return: 0; -EINVAL if @name cannot be read; -ENOTUNIQ if it fits several
 * functions; -ENOENT if there is no such thing; -ENODEV if there is, and it is on
 * no PCI function; -ENOMEM.
 * Since: 0.1
 */
int pcireset_dev_from_name(struct pcireset_ctx *ctx, const char *name,
			   struct pcireset_dev **ret_dev);

/**
 * pcireset_dev_from_addr - find the function at an address
 * @ctx: context, scanned
 * @addr: address
 *
 * Return: the function, without a reference of its own, or NULL.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_from_addr(struct pcireset_ctx *ctx,
					    const struct pcireset_addr *addr);

/**
 * pcireset_dev_get_name - the address in words, such as "0000:03:00.0"
 * @dev: function
 *
 * Return: the address as sysfs writes it.
 * Since: 0.1
 */
const char *pcireset_dev_get_name(const struct pcireset_dev *dev);
const struct pcireset_addr *pcireset_dev_get_addr(const struct pcireset_dev *dev);
uint32_t pcireset_dev_get_vendor(const struct pcireset_dev *dev);
uint32_t pcireset_dev_get_device(const struct pcireset_dev *dev);
uint32_t pcireset_dev_get_class(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_driver - name of the driver that is bound
 * @dev: function
 *
 * Return: the name, or NULL if none is bound.
 * Since: 0.1
 */
const char *pcireset_dev_get_driver(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_parent - the bridge right above
 * @dev: function
 *
 * Return: the bridge, without a reference of its own, or NULL on a root bus.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_get_parent(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_physfn - the physical function that a virtual one belongs to
 * @dev: function
 *
 * Return: the PF, without a reference of its own, or NULL if @dev is no VF.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_get_physfn(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_topmost_gone - where to begin to find a function anew
 * @dev: function
 *
 * Below a port that does not answer, nothing does: it is that port, or another bridge above
 * @dev, that has to be reset and enumerated again. If nothing is above it, only a power
 * cycle helps.
 *
 * Return: the topmost function on the way up that does not answer, perhaps @dev itself,
 * without a reference of its own; NULL if @dev answers.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_get_topmost_gone(struct pcireset_dev *dev);

/**
 * pcireset_dev_get_slot - name of the physical slot
 * @dev: function
 *
 * Return: the name as in /sys/bus/pci/slots, or NULL.
 * Since: 0.1
 */
const char *pcireset_dev_get_slot(const struct pcireset_dev *dev);
bool pcireset_dev_is_bridge(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_backend - tell which back end serves a function
 * @dev: function
 *
 * Return: one of enum pcireset_backend.
 * Since: 0.1
 */
enum pcireset_backend pcireset_dev_get_backend(const struct pcireset_dev *dev);

/**
 * pcireset_dev_set_vfio - have a function reset by VFIO descriptors that the caller holds
 * @dev: function; the caller needs a reference, as a later scan finds another object
 * @device_fd: VFIO's descriptor of that function, or -1 to go back to the context's back end
 * @group_fds: descriptors of VFIO groups that prove that the caller holds what else a
 *	reset of the link hits; that of @dev's own group is one of them
 * @nr_groups: their number; 0 if @device_fd is a character device bound to an iommufd,
 *	where VFIO knows by itself what else is bound to it
 *
 * For a process without privileges, such as a virtual machine's monitor, which has the
 * device and neither /dev/pcireset nor a narrowed descriptor of it. The descriptors stay
 * the caller's, are not duplicated, and have to stay open until they are taken back here
 * or @dev is let go. That @device_fd is the function's own is checked by what VFIO tells:
 * its address if @device_fd is a character device or Linux is 6.18 or later, else
 * vendor, device and class. A plan of @dev that another back end has resolved cannot be
 * run any more.
 *
 * Queries, plans and resets of @dev then go through VFIO and mean the same, but:
 *
 * - SLOT and BUS are VFIO's hot reset, for which the kernel takes the slot if that has a
 *   reset of its own, else the bus. The one that it would take is offered and the other
 *   refused; where nothing tells which (%PCIRESET_WHY_LINK_UNKNOWN), both are.
 * - Every function that SLOT or BUS hits has to be in VFIO's list of what it hits, to
 *   have a driver of VFIO and to be in one of the groups, or in a group of which a
 *   function is bound to the same iommufd. The first that is not is named: -EPERM with
 *   %PCIRESET_WHY_NOT_OWNED or %PCIRESET_WHY_LISTS_DIFFER.
 * - The other types are VFIO_DEVICE_RESET, for which the kernel tries all that
 *   reset_method lists. A type is offered if it alone is in that list. Several that are
 *   all allowed, and reset no more than the function, run only with
 *   PCIRESET_RESET_ESCALATE; which of them the kernel issued is then not known: the
 *   report's type is 0, and its issued types are those that may have been.
 * - reset_method is read right before and after. A change in between is a failure, as
 *   what ran is not known; one that is undone in time cannot be seen.
 * - There is never proof, and the result is %PCIRESET_RESULT_UNVERIFIED. A plan that
 *   demands PCIRESET_CHECK_PROOF is refused. Looked at are the header of every function
 *   and, of @dev, all of config space that VFIO shows, its link included.
 * - CXL_BUS, a function with VFs and PCIRESET_RESET_ESCALATE to a LINK type are refused.
 * - No lock is waited for: -EBUSY, and -EAGAIN with PCIRESET_RESET_TRY. The kernel's own
 *   waits for the functions, up to minutes, are not bounded by the timeout.
 *
 * Return: 0; -EINVAL if @device_fd is not VFIO's, or of another function, or one of
 * @group_fds is no group's; -EBADF if it is not open; -ENODEV if the function is gone;
 * -EROFS if the context has a sysroot; -E2BIG; -ENOMEM. Then all is as before.
 * Since: 0.1
 */
int pcireset_dev_set_vfio(struct pcireset_dev *dev, int device_fd, const int *group_fds,
			  size_t nr_groups);

/**
 * pcireset_ctx_query - pcireset_dev_query() for every function
 * @ctx: context, scanned
 *
 * Takes less than to ask them one by one, as functions that share a bus share
 * what a reset of it reaches. A function that is gone is dropped from the list,
 * and stays valid as long as the caller holds a reference.
 *
 * Return: number of functions that are left; or a negative errno, of which
 * pcireset_ctx_get_errmsg() tells more.
 * Since: 0.1
 */
int pcireset_ctx_query(struct pcireset_ctx *ctx);

/**
 * pcireset_dev_query - ask what kinds of reset the function has now
 * @dev: function
 *
 * Fills in what the functions below return. The module asks the hardware. Sysfs
 * has the kernel's own list, and the capabilities if they may be read, which
 * takes CAP_SYS_ADMIN.
 *
 * Return: 0; -ENODEV if the function is gone; or another negative errno.
 * Since: 0.1
 */
int pcireset_dev_query(struct pcireset_dev *dev);

/**
 * pcireset_dev_get_types - the types that would work
 * @dev: function, queried
 *
 * Return: mask of PCI_RESET_*, whoever may be in the way.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_types(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_why_not - why a type would not work
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: enum pcireset_why or enum pcireset_lib_why, 0 if it would work.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_why_not(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_why_not_text - why a type would not work, in words
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: words, with the function they speak of if it is not @dev; NULL if the
 * type would work.
 * Since: 0.1
 */
const char *pcireset_dev_get_why_not_text(struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_type_flags - more about a type
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: mask of PCIRESET_TYPE_*.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_type_flags(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_scope - how far a type reaches
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: enum pcireset_scope, 0 if the type would not work.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_scope(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_nr_members - how many functions a type reaches
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: their number, 0 if the type would not work.
 * Since: 0.1
 */
size_t pcireset_dev_get_nr_members(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_member - one function that a type reaches, parents first
 * @dev: function, queried
 * @type: one PCI_RESET_*
 * @i: 0 to pcireset_dev_get_nr_members() - 1
 *
 * Return: the member, or NULL if there is no such @i.
 * Since: 0.1
 */
const struct pcireset_member *pcireset_dev_get_member(const struct pcireset_dev *dev,
						      uint32_t type, size_t i);

/**
 * pcireset_dev_get_nr_users - how many users of the function are known
 * @dev: function
 *
 * Users are looked for when they are first asked for after the context was scanned,
 * and again when a plan is resolved.
 * PCIRESET_USE_DRIVER is known only after pcireset_dev_query() with the module, or
 * from a recording. Mounts are those of the caller's mount namespace. What
 * cannot be read is a user of its own, PCIRESET_USE_UNKNOWN: without /proc, or
 * without CAP_SYS_PTRACE where somebody could have a device node open.
 *
 * Return: their number.
 * Since: 0.1
 */
size_t pcireset_dev_get_nr_users(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_user - one user of the function
 * @dev: function
 * @i: 0 to pcireset_dev_get_nr_users() - 1
 * @ret_use: one of enum pcireset_use, or NULL
 *
 * Return: the use in words that do not change: "net:eth0", "mount:/data",
 * "swap:/dev/sda2", "vfio", "driver:e1000e", "console", "open:/dev/nvme0" or
 * "unknown"; NULL if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_dev_get_user(const struct pcireset_dev *dev, size_t i, uint32_t *ret_use);

/**
 * pcireset_dev_get_user_detail - more about a user, for people
 * @dev: function
 * @i: 0 to pcireset_dev_get_nr_users() - 1
 *
 * Return: for VFIO and open nodes the program and its process number, where it could
 * be found out; for PCIRESET_USE_UNKNOWN what cannot be read; else NULL.
 * Since: 0.1
 */
const char *pcireset_dev_get_user_detail(const struct pcireset_dev *dev, size_t i);

/* ------------------------------------------------------------------ plan */

/**
 * pcireset_plan_new - begin to plan a reset
 * @dev: the function to reset
 * @ret_plan: the plan
 *
 * A new plan allows no type, every scope, and forces nothing. Say what is
 * allowed, resolve the plan, look at what it would reach, then run it.
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int pcireset_plan_new(struct pcireset_dev *dev, struct pcireset_plan **ret_plan);
struct pcireset_plan *pcireset_plan_ref(struct pcireset_plan *plan);
struct pcireset_plan *pcireset_plan_unref(struct pcireset_plan *plan);

/**
 * pcireset_plan_set_types - say which types are allowed
 * @plan: plan
 * @types: mask of PCI_RESET_*
 *
 * Every pcireset_plan_set_*() makes a resolved plan unresolved.
 *
 * Return: 0; -EINVAL if @types is empty; -EOPNOTSUPP if it has an unknown bit.
 * Since: 0.1
 */
int pcireset_plan_set_types(struct pcireset_plan *plan, uint32_t types);

/**
 * pcireset_plan_set_max_scope - say how far the reset may reach
 * @plan: plan
 * @scope: one of enum pcireset_scope, or 0 for any
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_max_scope(struct pcireset_plan *plan, uint32_t scope);

/**
 * pcireset_plan_set_checks - say which checks must hold
 * @plan: plan
 * @checks: mask of enum pcireset_check, or 0 for all but PCIRESET_CHECK_PROOF
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_checks(struct pcireset_plan *plan, uint32_t checks);

/**
 * pcireset_plan_set_force - say which uses are not to stand in the way
 * @plan: plan
 * @uses: mask of enum pcireset_use
 *
 * Never widens the types or the scope.
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_force(struct pcireset_plan *plan, uint32_t uses);

/**
 * pcireset_plan_set_timeout_ms - say how long to wait for the functions
 * @plan: plan
 * @timeout_ms: milliseconds, 0 for the module's default
 *
 * Return: 0; -EINVAL if it is longer than the module takes.
 * Since: 0.1
 */
int pcireset_plan_set_timeout_ms(struct pcireset_plan *plan, uint32_t timeout_ms);

/**
 * pcireset_plan_set_settle_ms - watch for a while that nothing is lost again
 * @plan: plan
 * @settle_ms: milliseconds after everything was restored, 0 for not at all
 *
 * Some devices lose their configuration again after they were ready. All but
 * the proof is checked anew then; what was lost is restored once more, and the
 * reset has failed all the same.
 *
 * Return: 0; -EINVAL if it is longer than the longest timeout of the module.
 * Since: 0.1
 */
int pcireset_plan_set_settle_ms(struct pcireset_plan *plan, uint32_t settle_ms);

/**
 * pcireset_plan_set_flags - set how the plan is run
 * @plan: plan
 * @flags: mask of PCIRESET_RESET_*
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_flags(struct pcireset_plan *plan, uint32_t flags);

/**
 * pcireset_plan_resolve - find out what running the plan would do
 * @plan: plan
 *
 * Touches nothing. The getters below answer afterwards, also after -EOPNOTSUPP,
 * -EBUSY and -EPERM. A plan that is already resolved is resolved anew.
 *
 * Return: 0; -EOPNOTSUPP if no allowed type fits; -EBUSY if a user, a driver or a
 * lock stands in the way; -EPERM if a function that would be hit is not the caller's
 * by the descriptors of pcireset_dev_set_vfio(); -ESTALE if VFIO lists one that the last
 * scan did not find; -EINVAL if no type is allowed, or such a descriptor is not what it
 * was; -ENODEV if the function is gone; or another negative errno.
 * Since: 0.1
 */
int pcireset_plan_resolve(struct pcireset_plan *plan);

/**
 * pcireset_plan_get_dev - the function that is to be reset
 * @plan: plan
 *
 * Return: the function, without a reference of its own.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_plan_get_dev(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_error - what the last pcireset_plan_resolve() returned
 * @plan: plan
 *
 * Return: 0 or a negative errno; -EINVAL if the plan is not resolved.
 * Since: 0.1
 */
int pcireset_plan_get_error(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_type - the type that would be issued
 * @plan: plan, resolved
 *
 * Return: one PCI_RESET_*, also if somebody stands in the way; 0 if none fits.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_type(const struct pcireset_plan *plan);
uint32_t pcireset_plan_get_type_flags(const struct pcireset_plan *plan);
uint32_t pcireset_plan_get_scope(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_why - the reason behind pcireset_plan_get_error()
 * @plan: plan, resolved
 *
 * Return: enum pcireset_why or enum pcireset_lib_why.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_why(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_in_way - the uses that stand in the way
 * @plan: plan, resolved
 *
 * Return: mask of enum pcireset_use, of all members, that are not forced.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_in_way(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_unknown - one thing that is not known and could refuse the reset
 * @plan: plan, resolved
 * @i: 0 for the first
 *
 * A context that can reset refuses what it does not know, with PCIRESET_USE_UNKNOWN or
 * PCIRESET_USE_DRIVER in the way. One that cannot, because it shows another machine
 * or the caller has no right to reset, resolves such a plan without an error: it
 * says what would be reset, and not that it would be.
 *
 * Return: words for people, or NULL if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_plan_get_unknown(const struct pcireset_plan *plan, size_t i);

/**
 * pcireset_plan_get_message - why the plan is refused, in words
 * @plan: plan, resolved
 *
 * Return: words, or NULL if it is not refused.
 * Since: 0.1
 */
const char *pcireset_plan_get_message(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_nr_members - how many functions the plan would hit
 * @plan: plan, resolved
 *
 * Return: their number, 0 if no type fits.
 * Since: 0.1
 */
size_t pcireset_plan_get_nr_members(const struct pcireset_plan *plan);
const struct pcireset_member *pcireset_plan_get_member(const struct pcireset_plan *plan,
						       size_t i);

/**
 * pcireset_plan_get_expected_ns - how long the reset takes at least
 * @plan: plan, resolved
 *
 * From its trigger until the functions may be accessed again, as the specification
 * demands it or the functions say of themselves (Immediate Readiness, Readiness Time
 * Reporting); a link's own training is not known beforehand. To find out, the config
 * space of every function that would be hit is looked at when this is asked first.
 *
 * Return: nanoseconds, at least 1; 0 if no type fits or nothing tells, as for
 * DEV_SPECIFIC and ACPI.
 * Since: 0.1
 */
uint64_t pcireset_plan_get_expected_ns(struct pcireset_plan *plan);

/**
 * pcireset_plan_get_choice - why the plan is to share a reset with others, in words
 * @plan: plan, resolved
 *
 * Return: words, such as "one bus reset instead of 3 flr: all it reaches is named"; NULL
 * if pcireset_batch_choose() has chosen nothing for it, and its first type is the one.
 * Since: 0.1
 */
const char *pcireset_plan_get_choice(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_leader - the function whose reset the plan shares
 * @plan: plan, resolved
 *
 * What the other getters tell is that reset, which is issued once for all that share it.
 *
 * Return: the function, without a reference of its own; NULL if it is the plan's own, or
 * the reset is not shared.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_plan_get_leader(const struct pcireset_plan *plan);

/**
 * pcireset_plan_run - reset
 * @plan: a plan that pcireset_plan_resolve() returned 0 for
 * @ret_report: what happened, or NULL not to know
 *
 * Does what was resolved and nothing else. @ret_report is filled whatever is
 * returned, except for -ENOMEM and -EINVAL. The plan is unresolved afterwards.
 *
 * Without the module the kernel itself waits for the function, for up to two
 * minutes, before the timeout can be looked at. SIGINT, SIGTERM and SIGHUP are held
 * back in the calling thread until reset_method is as before. One that will end the
 * process then cuts the waiting short.
 *
 * 0 means that every check that was asked for holds. It does not mean that
 * there is proof: see pcireset_report_get_result().
 *
 * Return: 0. Something was touched: -ETIMEDOUT if a function did not come back;
 * -EIO if one came back wrong or a check failed. Nothing was touched: -ESTALE if
 * the machine changed since the plan was resolved; -EINVAL if it is not
 * resolved; what pcireset_ctx_check_reset() returns; or what linux/pcireset.h
 * lists.
 * Since: 0.1
 */
int pcireset_plan_run(struct pcireset_plan *plan, struct pcireset_report **ret_report);

/* ------------------------------------------------------------------ batch */

/**
 * pcireset_batch_new - begin to collect plans that are to be run together
 * @ctx: context
 * @ret_batch: the batch
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int pcireset_batch_new(struct pcireset_ctx *ctx, struct pcireset_batch **ret_batch);
struct pcireset_batch *pcireset_batch_ref(struct pcireset_batch *batch);
struct pcireset_batch *pcireset_batch_unref(struct pcireset_batch *batch);

/**
 * pcireset_batch_add - one more plan
 * @batch: a batch that has not been run
 * @plan: a plan of the same context that pcireset_plan_resolve() returned 0 for;
 *	the batch takes a reference
 *
 * Return: 0, -EINVAL or -ENOMEM.
 * Since: 0.1
 */
int pcireset_batch_add(struct pcireset_batch *batch, struct pcireset_plan *plan);
size_t pcireset_batch_get_nr(const struct pcireset_batch *batch);

/**
 * pcireset_batch_choose - choose by cost where the masks allow several ways for the set
 * @batch: a batch that has not been run
 *
 * A plan by itself uses the first type that fits, narrow before wide. For a set of
 * functions one wider reset may do what many narrow ones would: that of a link all of
 * whose functions are in the batch, or of a PF for its VFs. Chosen are the fewest
 * resets; of several ways for the same functions the one that is expected to be over
 * first; and where that is not known, the narrower type.
 *
 * - Nothing is reset but what is in the batch or would be reset anyway, nothing cut off
 *   but what is in the batch or would be cut off anyway. A plan that was refused is
 *   not in the batch, so that its function is spared.
 * - Each function's own plan allows the type, and its scope; the plans ask for the same
 *   checks, forced uses, times and flags; and that reset is not refused for users,
 *   drivers, locks or hotplug.
 * - A function whose first type is DEV_SPECIFIC or ACPI keeps it, and so does one that
 *   would be reset alone, or through VFIO.
 *
 * The plans of those that are to share a reset become that reset, which their getters
 * tell: pcireset_plan_get_type(), pcireset_plan_get_choice() and so on. It is what
 * pcireset_batch_run() runs, or nothing. A plan that is resolved anew is on its own
 * again. Touches nothing.
 *
 * Return: 0; -EINVAL if the batch has been run; -ENOMEM: the plans that were not looked at
 * by then stay what they were.
 * Since: 0.1
 */
int pcireset_batch_choose(struct pcireset_batch *batch);

/**
 * pcireset_batch_run - reset
 * @batch: batch, not empty
 *
 * Takes as long as the slowest reset, not the sum: plans that hit no function in
 * common run side by side. Plans that reset the same link are one reset, and so are
 * those for which pcireset_batch_choose() has chosen one. Others that overlap run in
 * the order in which they were added. A failure of one does
 * not stop the others. Each plan is unresolved afterwards.
 *
 * A signal that is caught keeps back what has not begun: -EINTR in its report, and
 * nothing of it was touched. What has begun is waited for.
 *
 * Return: 0 if the plans were run: pcireset_batch_get_report() tells what came
 * of each. Nothing was touched: -EINVAL if a plan is not resolved or refused, or
 * the batch is empty or has been run; -E2BIG if there are more than
 * PCIRESET_MAX_RESETS; -ENOMEM.
 * Since: 0.1
 */
int pcireset_batch_run(struct pcireset_batch *batch);

/**
 * pcireset_batch_get_nr_done - how many resets are over
 * @batch: batch
 * @ret_nr_failed: how many of them failed or were refused, or NULL
 *
 * The one function that another thread may call while pcireset_batch_run() is
 * under way.
 *
 * Return: their number; 0 before, and without the module also meanwhile.
 * Since: 0.1
 */
size_t pcireset_batch_get_nr_done(const struct pcireset_batch *batch, size_t *ret_nr_failed);

/**
 * pcireset_batch_get_report - what came of one plan
 * @batch: a batch that has been run
 * @i: number of the plan, in the order in which they were added
 *
 * Return: the report, without a reference of its own; NULL if there is no such
 * @i, or the batch has not been run.
 * Since: 0.1
 */
struct pcireset_report *pcireset_batch_get_report(const struct pcireset_batch *batch, size_t i);

/* ------------------------------------------------------------------ report */

/**
 * pcireset_report_new_refused - a report of a plan that was not run
 * @plan: plan, resolved with an error
 * @ret_report: a report with %PCIRESET_RESULT_REFUSED that says why
 *
 * For callers that list what became of many plans in one way.
 *
 * Return: 0; -EINVAL if @plan is not resolved or not refused; -ENOMEM.
 * Since: 0.1
 */
int pcireset_report_new_refused(struct pcireset_plan *plan,
				struct pcireset_report **ret_report);
struct pcireset_report *pcireset_report_ref(struct pcireset_report *report);
struct pcireset_report *pcireset_report_unref(struct pcireset_report *report);

/**
 * pcireset_report_get_result - what came of the reset
 * @report: report
 *
 * Return: one of enum pcireset_result.
 * Since: 0.1
 */
enum pcireset_result pcireset_report_get_result(const struct pcireset_report *report);

/**
 * pcireset_result_of - what came of a reset, where there is no report
 * @error: 0 or a negative errno: what the reset ended with
 * @issued: mask of the types that were issued, 0 for none
 * @proof: enum pcireset_proof
 *
 * For what tells of resets of others, such as the module's statistics and tracepoints;
 * pcireset_report_get_result() is this of the report's own.
 *
 * Return: one of enum pcireset_result.
 * Since: 0.1
 */
enum pcireset_result pcireset_result_of(int error, uint32_t issued, uint32_t proof);

/**
 * pcireset_report_get_error - what pcireset_plan_run() returned
 * @report: report
 *
 * Return: 0 or a negative errno.
 * Since: 0.1
 */
int pcireset_report_get_error(const struct pcireset_report *report);

/**
 * pcireset_report_get_message - what went wrong or is not known, in words
 * @report: report
 *
 * Return: words, or NULL if the result is %PCIRESET_RESULT_VERIFIED.
 * Since: 0.1
 */
const char *pcireset_report_get_message(const struct pcireset_report *report);

/**
 * pcireset_report_get_type - the type that was issued last
 * @report: report
 *
 * Return: one PCI_RESET_*, also if it was refused; 0 if there is none, or if the kernel
 * chose one of several through VFIO and does not tell.
 * Since: 0.1
 */
uint32_t pcireset_report_get_type(const struct pcireset_report *report);
uint32_t pcireset_report_get_type_flags(const struct pcireset_report *report);

/**
 * pcireset_report_get_issued - all types that were issued
 * @report: report
 *
 * Return: mask of PCI_RESET_*; more than one bit only with PCIRESET_RESET_ESCALATE. Through
 * VFIO more than one are those of which the kernel issued one or more.
 * Since: 0.1
 */
uint32_t pcireset_report_get_issued(const struct pcireset_report *report);
uint32_t pcireset_report_get_scope(const struct pcireset_report *report);
uint32_t pcireset_report_get_why(const struct pcireset_report *report);

/**
 * pcireset_report_get_failed_checks - the checks that failed for any member
 * @report: report
 *
 * Return: mask of enum pcireset_check, also of checks that were not asked for.
 * Since: 0.1
 */
uint32_t pcireset_report_get_failed_checks(const struct pcireset_report *report);

/**
 * pcireset_report_get_proof - the weakest proof of all members that were reset
 * @report: report
 *
 * Return: enum pcireset_proof.
 * Since: 0.1
 */
uint32_t pcireset_report_get_proof(const struct pcireset_report *report);
uint64_t pcireset_report_get_wait_ns(const struct pcireset_report *report);
uint64_t pcireset_report_get_total_ns(const struct pcireset_report *report);
size_t pcireset_report_get_nr_members(const struct pcireset_report *report);
const struct pcireset_member *
pcireset_report_get_member(const struct pcireset_report *report, size_t i);

/* ------------------------------------------------------------------ leftovers */

/**
 * enum pcireset_leftover - what is to be done about a reset without the module
 * @PCIRESET_LEFTOVER_RUNNING: nothing, it is under way
 * @PCIRESET_LEFTOVER_VOID: nothing: what it changed is as before, or gone
 * @PCIRESET_LEFTOVER_TO_REPAIR: it was killed, and reset_method is to be put back
 * @PCIRESET_LEFTOVER_REPAIRED: reset_method was put back just now
 * @PCIRESET_LEFTOVER_OVERWRITTEN: it was killed, and somebody else wrote
 *	reset_method since: that stays
 * @PCIRESET_LEFTOVER_UNKNOWN: there is an entry that the caller cannot read
 * @_PCIRESET_LEFTOVER_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_leftover {
	PCIRESET_LEFTOVER_RUNNING	= 1,
	PCIRESET_LEFTOVER_VOID		= 2,
	PCIRESET_LEFTOVER_TO_REPAIR	= 3,
	PCIRESET_LEFTOVER_REPAIRED	= 4,
	PCIRESET_LEFTOVER_OVERWRITTEN	= 5,
	PCIRESET_LEFTOVER_UNKNOWN	= 6,
	_PCIRESET_LEFTOVER_PAD		= 0x7fffffff,
};

/**
 * typedef pcireset_leftover_fn - is told of one leftover
 * @name: address of the function, as sysfs writes it
 * @state: what is to be done
 * @text: the same in words
 * @data: what the caller passed
 */
typedef void (*pcireset_leftover_fn)(const char *name, enum pcireset_leftover state,
				     const char *text, void *data);

/**
 * pcireset_leftovers_look - find what resets without the module have left behind
 * @ctx: context; need not be scanned
 * @fn: called for each
 * @data: passed to @fn
 *
 * Such a reset changes reset_method for a while. What was there is in a file below
 * /run/pcireset, for the case that the process is killed meanwhile.
 *
 * Return: how many are to be repaired, or a negative errno.
 * Since: 0.1
 */
int pcireset_leftovers_look(struct pcireset_ctx *ctx, pcireset_leftover_fn fn, void *data);

/**
 * pcireset_leftovers_repair - put back what killed resets have left
 * @ctx: context; need not be scanned
 * @fn: called for each, with what has become of it
 * @data: passed to @fn
 *
 * Only where reset_method still is what the killed process wrote.
 *
 * Return: how many could not be repaired; -EROFS if the context has a sysroot; or
 * another negative errno.
 * Since: 0.1
 */
int pcireset_leftovers_repair(struct pcireset_ctx *ctx, pcireset_leftover_fn fn, void *data);

/* ------------------------------------------------------------------ words */

/**
 * pcireset_types_from_str - read a list of reset types
 * @ctx: context that gets the error message
 * @str: words separated by commas or spaces: device_specific, acpi, flr, pm,
 *	slot, bus, cxl_bus, and func, link, any for several of them; in upper or
 *	lower case, and with - or _
 * @ret_types: mask of PCI_RESET_*, never empty
 *
 * Return: 0, or -EINVAL if there is no word or one that is not known.
 * Since: 0.1
 */
int pcireset_types_from_str(struct pcireset_ctx *ctx, const char *str, uint32_t *ret_types);

/**
 * pcireset_types_to_str - write a mask of reset types
 * @types: mask of PCI_RESET_*
 * @buf: where to write
 * @size: room in @buf; 64 is enough for all
 *
 * The words are in order of choice, with a comma between them, and can be read
 * by pcireset_types_from_str().
 *
 * Return: length of the string, -EINVAL if @types has an unknown bit, -ENOBUFS if
 * @buf is too small.
 * Since: 0.1
 */
int pcireset_types_to_str(uint32_t types, char *buf, size_t size);

/**
 * pcireset_type_at - walk over the types in order of choice
 * @i: 0 for the type that is chosen first
 *
 * Return: one PCI_RESET_*, or 0 if there is no such @i.
 * Since: 0.1
 */
uint32_t pcireset_type_at(size_t i);

/**
 * pcireset_type_to_str - the name of one type
 * @type: one PCI_RESET_*
 * @flags: PCIRESET_TYPE_*: with %PCIRESET_TYPE_AF, FLR is called "af_flr"
 *
 * Return: the name, or NULL if there is no such type.
 * Since: 0.1
 */
const char *pcireset_type_to_str(uint32_t type, uint32_t flags);
const char *pcireset_scope_to_str(uint32_t scope);
int pcireset_scope_from_str(const char *str, uint32_t *ret_scope);
const char *pcireset_check_to_str(uint32_t check);
int pcireset_check_from_str(const char *str, uint32_t *ret_check);
const char *pcireset_use_to_str(uint32_t use);
int pcireset_use_from_str(const char *str, uint32_t *ret_use);
const char *pcireset_result_to_str(enum pcireset_result result);
const char *pcireset_state_to_str(uint32_t state);
const char *pcireset_proof_to_str(uint32_t proof);

/**
 * pcireset_errno_to_str - the name of an errno, such as "EBUSY"
 * @error: errno, positive or negative
 *
 * Return: the name; "EUNKNOWN" for what no function of this library returns.
 * Since: 0.1
 */
const char *pcireset_errno_to_str(int error);

/**
 * pcireset_why_to_str - a reason in words
 * @why: enum pcireset_why or enum pcireset_lib_why
 * @type: the PCI_RESET_* it is about, or 0
 *
 * Return: words that a person can act on, "" for %PCIRESET_WHY_NONE.
 * Since: 0.1
 */
const char *pcireset_why_to_str(uint32_t why, uint32_t type);

/** PCIRESET_ADDR_STR_MAX - room that an address takes in words */
#define PCIRESET_ADDR_STR_MAX 20

/**
 * pcireset_addr_to_str - write an address the way sysfs does
 * @addr: address
 * @buf: where to write, PCIRESET_ADDR_STR_MAX bytes
 *
 * Return: @buf.
 * Since: 0.1
 */
const char *pcireset_addr_to_str(const struct pcireset_addr *addr,
				 char buf[PCIRESET_ADDR_STR_MAX]);

#ifdef __cplusplus
}
#endif

#endif /* LIBPCIRESET_H */
