/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The interface of libpcireset, and its complete documentation. */
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
 * - Output parameters come last and are named ret_*. They are written on success
 *   only, unless the function says otherwise.
 * - Functions named *_is_*, *_has_* and *_can_* return bool and cannot fail.
 * - Functions named *_from_* parse text or a file. They return 0 or a negative
 *   errno, and write the result to ret_*.
 * - Objects are opaque and reference-counted. *_new returns the first reference.
 *   *_ref takes another one. *_unref drops one, accepts NULL and returns NULL. An
 *   object keeps a reference to the object that it came from.
 * - A getter's return value belongs to the object.
 * - The library prints nothing, never exits, and has no global state. Use a
 *   context and all objects from it in one thread at a time.
 * - linux/pcireset.h defines and documents the types, scopes, checks, reasons and
 *   the layout of a member.
 * - Only pcireset_plan_run(), pcireset_batch_run(), pcireset_qualify_step() and a
 *   re-enumeration that has begun write to a device. pcireset_leftovers_repair()
 *   writes the settings that a killed reset or re-enumeration left changed.
 */

/**
 * DOC: Objects
 *
 * - struct pcireset_ctx: a view of one machine, its functions and their users
 * - struct pcireset_dev: one PCI function, in its state at the time of the scan
 * - struct pcireset_plan: a reset that is decided, but not run
 * - struct pcireset_batch: many plans that run together
 * - struct pcireset_report: the result of a reset
 * - struct pcireset_reenumeration: the reset and rescan of a reprogrammed device
 * - struct pcireset_link: the PCI Express link above a device
 * - struct pcireset_qualify: a run of many resets, and what it shows
 */
struct pcireset_ctx;
struct pcireset_dev;
struct pcireset_plan;
struct pcireset_batch;
struct pcireset_report;
struct pcireset_reenumeration;
struct pcireset_link;
struct pcireset_difference;
struct pcireset_rule;

/**
 * enum pcireset_backend - source of facts and resets
 * @PCIRESET_BACKEND_MODULE: /dev/pcireset: queries the hardware, and resets
 * @PCIRESET_BACKEND_SYSFS: the files of a stock kernel: lists and plans everything,
 *	resets one function by device_specific, acpi, flr or pm
 * @PCIRESET_BACKEND_VFIO: VFIO descriptors that the caller holds, of one function: see
 *	pcireset_dev_set_vfio()
 * @_PCIRESET_BACKEND_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_backend {
	PCIRESET_BACKEND_MODULE = 1,
	PCIRESET_BACKEND_SYSFS = 2,
	PCIRESET_BACKEND_VFIO = 3,
	_PCIRESET_BACKEND_PAD = 0x7fffffff,
};

/**
 * enum pcireset_use - uses of a function, one bit each
 * @PCIRESET_USE_DRIVER: a bound driver without a reset_prepare callback
 * @PCIRESET_USE_VFIO: a program holds the function through VFIO
 * @PCIRESET_USE_MOUNT: a file system on the function is mounted
 * @PCIRESET_USE_NET: a network interface of the function is up
 * @PCIRESET_USE_SWAP: the function holds active swap space
 * @PCIRESET_USE_CONSOLE: the kernel's console is on the function
 * @PCIRESET_USE_OPEN: another process has a device node of the function open
 * @PCIRESET_USE_UNKNOWN: there may be other uses, because a source of information cannot
 *	be read; pcireset_dev_get_user_detail() names it
 * @_PCIRESET_USE_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_use {
	PCIRESET_USE_DRIVER = 1 << 0,
	PCIRESET_USE_VFIO = 1 << 1,
	PCIRESET_USE_MOUNT = 1 << 2,
	PCIRESET_USE_NET = 1 << 3,
	PCIRESET_USE_SWAP = 1 << 4,
	PCIRESET_USE_CONSOLE = 1 << 5,
	PCIRESET_USE_OPEN = 1 << 6,
	PCIRESET_USE_UNKNOWN = 1 << 7,
	_PCIRESET_USE_PAD = 0x7fffffff,
};

/**
 * enum pcireset_lib_why - reasons of the library, in addition to enum pcireset_why
 * @PCIRESET_WHY_IN_USE: an affected function is in use
 * @PCIRESET_WHY_NOT_LISTED: the function has the capability, but the kernel's
 *	reset_method does not list it: a known defect, or another program removed it
 * @PCIRESET_WHY_UNKNOWN: the kernel's reset_method does not list it, and the
 *	capabilities cannot be read to find the reason
 * @PCIRESET_WHY_NO_MODULE: the module is not loaded
 * @PCIRESET_WHY_NO_PERMISSION: the caller may not open /dev/pcireset
 * @PCIRESET_WHY_SYSROOT: the context shows another machine
 * @PCIRESET_WHY_NEEDS_MODULE: a stock kernel cannot be limited to this type
 * @PCIRESET_WHY_METHOD_REFUSED: the kernel does not accept this one type in reset_method,
 *	or would not accept the current content back
 * @PCIRESET_WHY_METHOD_CHANGED: another process wrote reset_method during the reset
 * @PCIRESET_WHY_METHOD_LEFT: reset_method could not be restored
 * @PCIRESET_WHY_LEFT_OVER: a killed reset left reset_method changed
 * @PCIRESET_WHY_DUMP: the context shows a dump of config space or a copy, which lacks this fact
 * @PCIRESET_WHY_LISTS_DIFFER: an affected function is not in VFIO's own list
 * @PCIRESET_WHY_METHOD_WIDER: the kernel's reset_method lists more than this type, and
 *	through VFIO the kernel tries all of them
 * @PCIRESET_WHY_LINK_UNKNOWN: VFIO would reset the slot or the bus, and the library cannot
 *	determine which
 * @PCIRESET_WHY_VFIO_NO_RESET: VFIO found no working reset when the device was opened
 * @PCIRESET_WHY_VFIO_DRIVER: the driver is not known to behave like vfio-pci
 * @PCIRESET_WHY_VFIO_NO_PROOF: proof is requested, and VFIO never provides proof
 * @PCIRESET_WHY_RULE: a rule of the administrator denies the type; see pcireset-rules(5)
 * @PCIRESET_WHY_BAD_RULES: the administrator's rules contain an error or cannot be read,
 *	which prevents every reset
 * @PCIRESET_WHY_OLD_MODULE: the loaded module is older than the type
 * @_PCIRESET_WHY_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_lib_why {
	PCIRESET_WHY_IN_USE = 0x10000,
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
	PCIRESET_WHY_RULE,
	PCIRESET_WHY_BAD_RULES,
	PCIRESET_WHY_OLD_MODULE,
	_PCIRESET_WHY_PAD = 0x7fffffff,
};

/**
 * enum pcireset_result - result of a reset
 * @PCIRESET_RESULT_VERIFIED: every check passed, and there is proof of the reset
 * @PCIRESET_RESULT_UNVERIFIED: the reset was issued, and nothing shows that it took place
 * @PCIRESET_RESULT_FAILED: the reset was issued, and failed
 * @PCIRESET_RESULT_REFUSED: nothing was touched
 * @_PCIRESET_RESULT_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_result {
	PCIRESET_RESULT_VERIFIED = 1,
	PCIRESET_RESULT_UNVERIFIED = 2,
	PCIRESET_RESULT_FAILED = 3,
	PCIRESET_RESULT_REFUSED = 4,
	_PCIRESET_RESULT_PAD = 0x7fffffff,
};

/* ------------------------------------------------------------------ context */

/**
 * pcireset_ctx_new - create a context
 * @sysroot: directory with sys/, proc/ and dev/, or a tar archive of such a directory, as
 *	pcireset_ctx_record() writes it, or NULL for "/"
 * @ret_ctx: the context
 *
 * A context with a sysroot other than "/" reads that tree, never opens
 * /dev/pcireset, and refuses every reset.
 *
 * An archive may be compressed with gzip, bzip2, xz, lzma or zstd, and may come from a
 * pipe. The machine may be in a subdirectory of the archive. The library loads
 * libarchive to read it.
 * pcireset_ctx_scan() unpacks the archive into a directory in $TMPDIR or /tmp, and
 * reports errors in it. The directory lives as long as the context.
 *
 * For "/", the back end is the module if it is loaded and the caller may open its
 * device, which requires CAP_SYS_ADMIN. Otherwise it is sysfs. A context has no
 * functions before pcireset_ctx_scan().
 *
 * Return: 0, -ENOMEM, or the errno of accessing @sysroot.
 * Since: 0.1
 */
int pcireset_ctx_new(const char *sysroot, struct pcireset_ctx **ret_ctx);

/**
 * pcireset_ctx_new_from_dump - create a context from config spaces alone
 * @dump: file with the output of "lspci -xxxx", also with -D, -v and other options; it
 *	may be compressed, and come from a pipe, like an archive. It may be the only dump
 *	in a tar or zip archive. "NAME#2" is the second of several dumps in the file NAME.
 * @ret_ctx: the context
 *
 * The text may be quoted, indented, in UTF-16, or otherwise changed by a mail program.
 * pcireset_ctx_get_note() reports text that could not be read. The library derives the
 * hierarchy from the bus numbers of bridges, and the position of virtual functions from
 * their physical functions. If a function must exist but is not in the dump, the affected
 * functions are unknown.
 *
 * A dump contains no drivers, users or slots. It does not show whether a hotplug driver
 * owns a port, which function provides a separate domain (VMD), or which resets the
 * firmware and the kernel provide. A type that depends on such a fact has
 * %PCIRESET_WHY_DUMP. In other respects, a dump behaves like a sysroot.
 *
 * Return: 0, -ENOMEM, or the errno of accessing @dump.
 * Since: 0.1
 */
int pcireset_ctx_new_from_dump(const char *dump, struct pcireset_ctx **ret_ctx);

/**
 * pcireset_ctx_is_dump - check whether a context has config space only
 * @ctx: context
 *
 * Return: true if it is from pcireset_ctx_new_from_dump().
 * Since: 0.1
 */
bool pcireset_ctx_is_dump(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_sysroot - return the directory with the files of the machine
 * @ctx: context, scanned
 *
 * Return: the directory with sys/ and proc/, for an archive the directory into which it
 * was unpacked, "" for the running machine. It belongs to @ctx.
 * Since: 0.1
 */
const char *pcireset_ctx_get_sysroot(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_has_recorded - check whether the absence of a file is a fact
 * @ctx: context, scanned
 * @file: path without the leading slash, such as "proc/cmdline"
 *
 * A recording omits most files of its machine, and lists those that were looked at.
 *
 * Return: false if the machine is a recording, or a dump, that does not list the file; true
 * otherwise
 * Since: 0.1
 */
bool pcireset_ctx_has_recorded(const struct pcireset_ctx *ctx, const char *file);

/**
 * pcireset_ctx_get_note - return one problem with the file of a context
 * @ctx: context, scanned
 * @i: 0 for the first note
 *
 * For an archive or a dump: the parts that were skipped or duplicate, and their number.
 * Also the error in the administrator's rules, if there is one.
 *
 * Return: text that belongs to @ctx, or NULL if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_ctx_get_note(const struct pcireset_ctx *ctx, size_t i);

/**
 * enum pcireset_record_flags - optional data for pcireset_ctx_record()
 * @PCIRESET_RECORD_SERIALS: serial numbers, MAC addresses in interface names, and the
 *	names of home directories in mount points
 * @_PCIRESET_RECORD_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_record_flags {
	PCIRESET_RECORD_SERIALS = 1 << 0,
	_PCIRESET_RECORD_PAD = 0x7fffffff,
};

/**
 * pcireset_ctx_record - save all data that the library reads from this machine
 * @ctx: context, scanned, not from a dump
 * @fd: file descriptor to write to
 * @flags: mask of enum pcireset_record_flags
 *
 * Writes an uncompressed tar archive that pcireset_ctx_new() accepts as a sysroot. An
 * unchanged machine produces the same bytes. The archive contains the config space that
 * this process may read. Touches nothing, but the kernel wakes a suspended function
 * before it is read.
 *
 * Return: 0; -EOPNOTSUPP if @flags has an unknown bit or @ctx is from a dump;
 * -EFBIG if the machine is too large; -ENOMEM; or the errno of writing.
 * Since: 0.1
 */
int pcireset_ctx_record(struct pcireset_ctx *ctx, int fd, uint32_t flags);
struct pcireset_ctx *pcireset_ctx_ref(struct pcireset_ctx *ctx);
struct pcireset_ctx *pcireset_ctx_unref(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_errmsg - return the reason of the last failure
 * @ctx: context
 *
 * Return: a string that stays valid until the next call that fails on @ctx or on an
 * object from it; "" if none has failed.
 * Since: 0.1
 */
const char *pcireset_ctx_get_errmsg(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_backend - return the back end in use
 * @ctx: context
 *
 * Applies to all functions without VFIO descriptors of their own; see
 * pcireset_dev_get_backend().
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
 * With %PCIRESET_BACKEND_SYSFS, the library does not use the module, even if it is
 * loaded.
 *
 * Return: 0; -EBUSY if functions have been scanned; -EOPNOTSUPP if there is no such
 * back end, or it is %PCIRESET_BACKEND_VFIO, which belongs to a function; for
 * %PCIRESET_BACKEND_MODULE -ENOENT if the module is not loaded, -EPERM if the caller may
 * not open its device, -EROFS if the context has a sysroot, or the errno of opening the
 * device.
 * Since: 0.1
 */
int pcireset_ctx_set_backend(struct pcireset_ctx *ctx, enum pcireset_backend backend);

/**
 * pcireset_backend_to_str - return the name of a back end
 * @backend: one of enum pcireset_backend
 *
 * Return: "module", "sysfs" or "vfio", or NULL if there is no such back end.
 * Since: 0.1
 */
const char *pcireset_backend_to_str(enum pcireset_backend backend);

/**
 * pcireset_ctx_check_reset - check whether this context can reset
 * @ctx: context
 *
 * Does not apply to functions with VFIO descriptors of their own.
 *
 * Return: 0; -EPERM if the caller may not open the module's device or, without the
 * module, is not root; -EROFS if the context has a sysroot; or the errno of opening the
 * device. pcireset_ctx_get_errmsg() returns the reason and a remedy.
 * Since: 0.1
 */
int pcireset_ctx_check_reset(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_scan - read the PCI functions that exist now
 * @ctx: context
 *
 * Replaces the result of an earlier scan. Functions from an earlier scan that are still
 * referenced keep their state, and are no longer part of the iteration.
 *
 * Return: number of functions; -EBADMSG if the archive or dump is damaged or
 * contradicts itself; -EFBIG if it exceeds the size of any machine; -ENOTSUP if
 * libarchive cannot be loaded to read it; or another negative errno.
 * Since: 0.1
 */
int pcireset_ctx_scan(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_failure - check whether a getter failed to read its value
 * @ctx: context
 *
 * Some getters cannot return an error. If memory or descriptors run out or a file cannot
 * be read, they return the value of a function without driver, users or members. Call
 * this function before showing the values of getters. Calls that return an error do not
 * need it.
 *
 * Return: 0, or the errno of the first failure since pcireset_ctx_scan().
 * Since: 0.1
 */
int pcireset_ctx_get_failure(const struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_read_stats - read the module's reset counters
 * @ctx: context; need not be scanned
 *
 * The counters include every process and other kernel modules, since the module was
 * loaded. They do not include resets without the module.
 *
 * Return: 0; -ENOENT if the module is not loaded or not in use; -EPERM if the caller may
 * not open its device; -EROFS if the context has a sysroot; -EOPNOTSUPP if the module has
 * no counters; or the errno of opening the device.
 * Since: 0.1
 */
int pcireset_ctx_read_stats(struct pcireset_ctx *ctx);

/**
 * pcireset_ctx_get_stats - return the reset counters of one type
 * @ctx: context
 * @type: one PCI_RESET_*
 *
 * Return: the numbers from the last pcireset_ctx_read_stats(), which belong to @ctx;
 * NULL if it has not succeeded yet, or if there is no such type.
 * Since: 0.1
 */
const struct pcireset_stats *pcireset_ctx_get_stats(const struct pcireset_ctx *ctx, uint32_t type);

/* ------------------------------------------------------------------ functions */

/**
 * pcireset_dev_first - return the first function of the last scan, in order of address
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
 * pcireset_dev_get_ctx - return the context of a function
 * @dev: function
 *
 * Return: the context, without a reference of its own.
 * Since: 0.1
 */
struct pcireset_ctx *pcireset_dev_get_ctx(const struct pcireset_dev *dev);

/**
 * pcireset_dev_from_name - find the function with a name
 * @ctx: context, scanned
 * @name: [domain:]bus:device.function in hexadecimal, function optional if there is only
 *	one; vendor:device, four hexadecimal digits each; a path in /sys; a block or
 *	character device in /dev; slot:NAME, a physical slot; a network interface;
 *	another device of any class in /sys/class, such as nvme0; a driver, or
 *	driver:NAME
 * @ret_dev: the function, with a reference
 *
 * A device in /dev, an interface or a device of a class names the function behind it. A
 * device behind a USB host controller does not name that controller. A driver names the
 * function that it is bound to, if there is only one, and a slot names the function in
 * it.
 *
 * If a word has several meanings, an interface precedes other devices, and these precede
 * drivers. Devices of one name behind different functions are -ENOTUNIQ, and so is a
 * driver with several functions. The message lists the functions.
 *
 * Return: 0; -EINVAL if @name cannot be parsed; -ENOTUNIQ if it matches several
 * functions; -ENOENT if it matches nothing; -ENODEV if it matches a device that is not
 * behind a PCI function; -ENOMEM.
 * Since: 0.1
 */
int pcireset_dev_from_name(struct pcireset_ctx *ctx, const char *name,
			   struct pcireset_dev **ret_dev);

/**
 * pcireset_ctx_get_dev - find the function at an address
 * @ctx: context, scanned
 * @addr: address
 *
 * Return: the function, without a reference of its own, or NULL.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_ctx_get_dev(struct pcireset_ctx *ctx,
					  const struct pcireset_addr *addr);

/**
 * pcireset_dev_get_name - return the address as text, such as "0000:03:00.0"
 * @dev: function
 *
 * Return: the address in the format of sysfs.
 * Since: 0.1
 */
const char *pcireset_dev_get_name(const struct pcireset_dev *dev);
const struct pcireset_addr *pcireset_dev_get_addr(const struct pcireset_dev *dev);
uint32_t pcireset_dev_get_vendor(const struct pcireset_dev *dev);
uint32_t pcireset_dev_get_device(const struct pcireset_dev *dev);
uint32_t pcireset_dev_get_class(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_driver - return the name of the bound driver
 * @dev: function
 *
 * Return: the name, or NULL if no driver is bound.
 * Since: 0.1
 */
const char *pcireset_dev_get_driver(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_parent - return the upstream bridge
 * @dev: function
 *
 * Return: the bridge, without a reference of its own, or NULL on a root bus.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_get_parent(const struct pcireset_dev *dev);

/**
 * pcireset_dev_has_unknown_parent - is the upstream bridge missing in a dump?
 * @dev: function
 *
 * A dump of config space may lack the bridge right above a function. Then
 * pcireset_dev_get_parent() returns a bridge further up, or NULL.
 *
 * Return: true if the function has a bridge right above it, and the dump lacks that bridge.
 * Since: 0.1
 */
bool pcireset_dev_has_unknown_parent(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_physfn - return the physical function of a virtual function
 * @dev: function
 *
 * Return: the PF, without a reference of its own, or NULL if @dev is not a VF.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_get_physfn(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_topmost_gone - find the bridge to re-enumerate for a missing function
 * @dev: function
 *
 * No function below a port that does not answer can answer. To recover @dev, that port,
 * or another bridge above @dev, must be reset and enumerated again. If there is no bridge
 * above it, only a power cycle helps.
 *
 * Return: the topmost function on the way up that does not answer, possibly @dev itself,
 * without a reference of its own; NULL if @dev answers.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_dev_get_topmost_gone(struct pcireset_dev *dev);

/**
 * pcireset_dev_get_slot - return the name of the physical slot
 * @dev: function
 *
 * Return: the name in /sys/bus/pci/slots, or NULL.
 * Since: 0.1
 */
const char *pcireset_dev_get_slot(const struct pcireset_dev *dev);

/**
 * enum pcireset_power - ways to cut the power of a device
 * @PCIRESET_POWER_NONE: nothing can cut it
 * @PCIRESET_POWER_SLOT: the power controller of the hotplug slot, through pciehp
 * @PCIRESET_POWER_D3COLD: the power resources (_PR3) that firmware has for a port above it
 * @PCIRESET_POWER_UNKNOWN: the file with this fact cannot be read, or is not recorded
 * @_PCIRESET_POWER_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_power {
	PCIRESET_POWER_NONE = 0,
	PCIRESET_POWER_SLOT = 1,
	PCIRESET_POWER_D3COLD = 2,
	PCIRESET_POWER_UNKNOWN = 3,
	_PCIRESET_POWER_PAD = 0x7fffffff,
};

/**
 * pcireset_dev_get_power - find a way to cut the power of a device
 * @dev: function
 * @ret_port: the port that cuts the power, or may, without a reference of its own; NULL for
 *	none; may be NULL
 * @ret_text: the name of the slot, or the reason for none or unknown, or NULL; valid until
 *	the next call for @dev; may be NULL
 *
 * Touches nothing. The port is the nearest one above @dev that can. It cuts the power of
 * all functions below it. See pcireset_reenumeration_set_power_cycle().
 *
 * Return: one of enum pcireset_power.
 * Since: 0.1
 */
enum pcireset_power pcireset_dev_get_power(struct pcireset_dev *dev, struct pcireset_dev **ret_port,
					   const char **ret_text);

/**
 * pcireset_power_to_str - return the word for a way to cut the power
 * @power: one of enum pcireset_power
 *
 * Return: "none", "slot", "d3cold" or "unknown".
 * Since: 0.1
 */
const char *pcireset_power_to_str(enum pcireset_power power);

/**
 * pcireset_dev_get_subsystem - return the subsystem IDs
 * @dev: function
 * @ret_vendor: subsystem vendor ID
 * @ret_device: subsystem device ID
 *
 * A function without subsystem IDs, such as a bridge, has 0.
 *
 * Return: 0, or a negative errno if they cannot be read, such as -ENODATA if config space
 * is known only in part.
 * Since: 0.1
 */
int pcireset_dev_get_subsystem(const struct pcireset_dev *dev, uint32_t *ret_vendor,
			       uint32_t *ret_device);
bool pcireset_dev_is_bridge(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_backend - return the back end of a function
 * @dev: function
 *
 * Return: one of enum pcireset_backend.
 * Since: 0.1
 */
enum pcireset_backend pcireset_dev_get_backend(const struct pcireset_dev *dev);

/**
 * pcireset_dev_set_vfio - reset a function through VFIO descriptors that the caller holds
 * @dev: function; the caller needs a reference, because a later scan creates a new object
 * @device_fd: VFIO's descriptor of that function, or -1 to return to the context's back end
 * @group_fds: descriptors of VFIO groups, which prove that the caller holds the other
 *	functions that a reset of the link affects; the group of @dev must be one of them
 * @nr_groups: their number; 0 if @device_fd is a character device bound to an iommufd,
 *	because VFIO then knows the other functions bound to that iommufd
 *
 * For a process without privileges, such as a virtual machine monitor, which has the
 * device, but neither /dev/pcireset nor a narrowed descriptor of it. The descriptors
 * belong to the caller and are not duplicated. They must stay open until a call with -1,
 * or until the last reference to @dev is dropped.
 *
 * The library checks that @device_fd belongs to @dev. It compares the address if
 * @device_fd is a character device or Linux is 6.18 or later, otherwise vendor, device
 * and class. A plan of @dev that another back end resolved cannot be run any more.
 *
 * Queries, plans and resets of @dev then go through VFIO. They have the same meaning,
 * with these differences:
 *
 * - SLOT and BUS are VFIO's hot reset. For it, the kernel resets the slot if the slot has
 *   a reset of its own, and the bus otherwise. The library offers the one that the kernel
 *   would use, and refuses the other. If it cannot determine which
 *   (%PCIRESET_WHY_LINK_UNKNOWN), it refuses both.
 * - Every function that SLOT or BUS affects must be in VFIO's list of affected functions,
 *   must have a VFIO driver, and must be in one of the groups, or in a group with a
 *   function bound to the same iommufd. For the first function that is not:
 *   -EPERM with %PCIRESET_WHY_NOT_OWNED or %PCIRESET_WHY_LISTS_DIFFER.
 * - The other types are VFIO_DEVICE_RESET, for which the kernel tries all types in
 *   reset_method. The library offers a type if it is the only one in that list. If the
 *   list has several types, all of them must be allowed and reset only the function, and
 *   PCIRESET_RESET_ESCALATE must be set. The type that the kernel issued is then unknown:
 *   the report has the type 0, and its issued types are those that the kernel may have
 *   issued.
 * - The library reads reset_method immediately before and after the reset. A difference
 *   is a failure, because the issued type is unknown. The library cannot detect a change
 *   that is undone in time.
 * - There is never proof, and the result is %PCIRESET_RESULT_UNVERIFIED. A plan that
 *   requires PCIRESET_CHECK_PROOF is refused. The library checks the header of every
 *   function and, for @dev, all config space that VFIO shows, including its link.
 * - CXL_BUS, LINK_DISABLE, a function with VFs, and PCIRESET_RESET_ESCALATE to a LINK type
 *   are refused.
 * - The library waits for no lock: -EBUSY, and -EAGAIN with PCIRESET_RESET_TRY. The
 *   timeout does not limit the kernel's own waits for the functions, which may last
 *   minutes.
 *
 * Return: 0; -EINVAL if @device_fd does not belong to VFIO, or belongs to another
 * function, or one of @group_fds is not a group; -EBADF if it is not open; -ENODEV if the
 * function is gone; -EROFS if the context has a sysroot; -E2BIG; -ENOMEM. On failure,
 * nothing changes.
 * Since: 0.1
 */
int pcireset_dev_set_vfio(struct pcireset_dev *dev, int device_fd, const int *group_fds,
			  size_t nr_groups);

/**
 * pcireset_ctx_query - pcireset_dev_query() for every function
 * @ctx: context, scanned
 *
 * This is faster than a query of each function, because functions on one bus share the
 * list of functions that a reset of the bus affects. A function that is gone is removed
 * from the iteration, and stays valid as long as the caller holds a reference.
 *
 * Return: number of remaining functions; or a negative errno, with a message in
 * pcireset_ctx_get_errmsg().
 * Since: 0.1
 */
int pcireset_ctx_query(struct pcireset_ctx *ctx);

/**
 * pcireset_dev_query - query the current reset types of a function
 * @dev: function
 *
 * Provides the values of the getters below. The module queries the hardware. Sysfs has
 * the kernel's own list, and the capabilities if the caller may read them, which requires
 * CAP_SYS_ADMIN.
 *
 * Return: 0; -ENODEV if the function is gone; or another negative errno.
 * Since: 0.1
 */
int pcireset_dev_query(struct pcireset_dev *dev);

/**
 * pcireset_dev_get_types - return the types that would work
 * @dev: function, queried
 *
 * Return: mask of PCI_RESET_*, regardless of obstacles.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_types(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_why_not - return the reason for an unsupported type
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: enum pcireset_why or enum pcireset_lib_why, 0 if the type would work.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_why_not(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_why_not_text - return the reason for an unsupported type as text
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: text, which names the function if the reason applies to another one than @dev;
 * NULL if the type would work.
 * Since: 0.1
 */
const char *pcireset_dev_get_why_not_text(struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_type_flags - return the flags of a type
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: mask of PCIRESET_TYPE_*.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_type_flags(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_scope - return the scope of a type
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: enum pcireset_scope, 0 if the type would not work.
 * Since: 0.1
 */
uint32_t pcireset_dev_get_scope(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_nr_members - return the number of functions that a type affects
 * @dev: function, queried
 * @type: one PCI_RESET_*
 *
 * Return: their number, 0 if the type would not work.
 * Since: 0.1
 */
size_t pcireset_dev_get_nr_members(const struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_dev_get_member - return one function that a type affects, parents first
 * @dev: function, queried
 * @type: one PCI_RESET_*
 * @i: 0 to pcireset_dev_get_nr_members() - 1
 *
 * Return: the member, or NULL if there is no such @i.
 * Since: 0.1
 */
const struct pcireset_member *pcireset_dev_get_member(const struct pcireset_dev *dev, uint32_t type,
						      size_t i);

/**
 * pcireset_dev_get_nr_users - return the number of known users of the function
 * @dev: function
 *
 * The library searches for users at the first call after the scan, and again when a plan
 * is resolved. PCIRESET_USE_DRIVER is known only after pcireset_dev_query() with the
 * module, or from a recording. Mounts are those of the caller's mount namespace. A source
 * of information that cannot be read is a user of its own, PCIRESET_USE_UNKNOWN: without
 * /proc, or without CAP_SYS_PTRACE if a process could have a device node open.
 *
 * Return: their number.
 * Since: 0.1
 */
size_t pcireset_dev_get_nr_users(const struct pcireset_dev *dev);

/**
 * pcireset_dev_get_user - return one user of the function
 * @dev: function
 * @i: 0 to pcireset_dev_get_nr_users() - 1
 * @ret_use: one of enum pcireset_use, or NULL
 *
 * Return: the use as stable text: "net:eth0", "mount:/data", "swap:/dev/sda2", "vfio",
 * "driver:e1000e", "console", "open:/dev/nvme0" or "unknown"; NULL if there is no such
 * @i.
 * Since: 0.1
 */
const char *pcireset_dev_get_user(const struct pcireset_dev *dev, size_t i, uint32_t *ret_use);

/**
 * pcireset_dev_get_user_detail - return details of a user as text
 * @dev: function
 * @i: 0 to pcireset_dev_get_nr_users() - 1
 *
 * Return: for VFIO and open nodes the program and its process ID, if they are known; for
 * PCIRESET_USE_UNKNOWN the source of information that cannot be read; otherwise NULL.
 * Since: 0.1
 */
const char *pcireset_dev_get_user_detail(const struct pcireset_dev *dev, size_t i);

/* ------------------------------------------------------------------ rules */

/*
 * The administrator's rules, see pcireset-rules(5). Each pcireset_ctx_scan() reads the
 * rules of the machine that the context shows; a dump has none. Every plan refuses a
 * denied type with %PCIRESET_WHY_RULE. An error in the rules refuses every plan with
 * %PCIRESET_WHY_BAD_RULES. Rules belong to the context, and are valid until its next scan.
 */

/**
 * pcireset_ctx_get_rule - iterate over the rules
 * @ctx: context, scanned
 * @i: 0 for the first rule
 *
 * Return: the rule, or NULL if there is no such @i.
 * Since: 0.1
 */
const struct pcireset_rule *pcireset_ctx_get_rule(const struct pcireset_ctx *ctx, size_t i);

/**
 * pcireset_ctx_get_rules_error - iterate over the errors in the rules
 * @ctx: context, scanned
 * @i: 0 for the first error
 *
 * Return: text that begins with the file and, if known, the line, and belongs to @ctx; NULL
 * if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_ctx_get_rules_error(const struct pcireset_ctx *ctx, size_t i);

/**
 * pcireset_dev_get_rule - iterate over the rules that match a function
 * @dev: function
 * @i: 0 for the first rule
 *
 * A rule for another affected function may also deny a reset of the link; see
 * pcireset_dev_check_rules().
 *
 * Return: the rule, or NULL if there is no such @i.
 * Since: 0.1
 */
const struct pcireset_rule *pcireset_dev_get_rule(const struct pcireset_dev *dev, size_t i);

/**
 * pcireset_dev_check_rules - check whether the rules deny a type
 * @dev: function
 * @type: one PCI_RESET_*
 *
 * For programs that reset without a plan. The function need not support the type. For a
 * reset of the link, the rules for every affected function and for the bridge that issues
 * the reset apply.
 *
 * Return: 0 if no rule denies it; -EOPNOTSUPP if a rule denies it, or -EPERM if the rules
 * have an error, with a message in pcireset_ctx_get_errmsg(); -EINVAL if @type is not one
 * type; or -ENOMEM.
 * Since: 0.1
 */
int pcireset_dev_check_rules(struct pcireset_dev *dev, uint32_t type);

/**
 * pcireset_rule_get_where - return the location of a rule
 * @rule: rule
 *
 * Return: "FILE:LINE" of its [Match] section, on the machine of the rule.
 * Since: 0.1
 */
const char *pcireset_rule_get_where(const struct pcireset_rule *rule);

/**
 * pcireset_rule_get_reason - return the administrator's reason
 * @rule: rule
 *
 * Return: text, or NULL. A rule that denies types always has a reason.
 * Since: 0.1
 */
const char *pcireset_rule_get_reason(const struct pcireset_rule *rule);

/**
 * pcireset_rule_get_denied - return the denied types
 * @rule: rule
 *
 * Return: mask of PCI_RESET_*.
 * Since: 0.1
 */
uint32_t pcireset_rule_get_denied(const struct pcireset_rule *rule);

/**
 * pcireset_rule_get_delayed - return the types with a delay
 * @rule: rule
 *
 * Return: mask of PCI_RESET_*.
 * Since: 0.1
 */
uint32_t pcireset_rule_get_delayed(const struct pcireset_rule *rule);

/**
 * pcireset_rule_get_delay_ms - return the time to wait after these types
 * @rule: rule
 *
 * Return: milliseconds, 0 if the rule has no delay.
 * Since: 0.1
 */
uint32_t pcireset_rule_get_delay_ms(const struct pcireset_rule *rule);

/* ------------------------------------------------------------------ plan */

/**
 * pcireset_plan_new - create a plan
 * @dev: the function to reset
 * @ret_plan: the plan
 *
 * A new plan allows no type and every scope, and forces nothing. Set the allowed types,
 * resolve the plan, check the affected functions, then run the plan.
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int pcireset_plan_new(struct pcireset_dev *dev, struct pcireset_plan **ret_plan);
struct pcireset_plan *pcireset_plan_ref(struct pcireset_plan *plan);
struct pcireset_plan *pcireset_plan_unref(struct pcireset_plan *plan);

/**
 * pcireset_plan_set_types - set the allowed types
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
 * pcireset_plan_set_max_scope - set the widest allowed scope
 * @plan: plan
 * @scope: one of enum pcireset_scope, or 0 for any
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_max_scope(struct pcireset_plan *plan, uint32_t scope);

/**
 * pcireset_plan_set_checks - set the required checks
 * @plan: plan
 * @checks: mask of enum pcireset_check, or 0 for all except PCIRESET_CHECK_PROOF
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_checks(struct pcireset_plan *plan, uint32_t checks);

/**
 * pcireset_plan_set_force - set the uses that are not obstacles
 * @plan: plan
 * @uses: mask of enum pcireset_use
 *
 * Never adds a type or widens the scope.
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_force(struct pcireset_plan *plan, uint32_t uses);

/**
 * pcireset_plan_set_timeout_ms - set the time limit for the functions to come back
 * @plan: plan
 * @timeout_ms: milliseconds, 0 for the module's default
 *
 * Return: 0; -EINVAL if it exceeds the longest timeout of the module.
 * Since: 0.1
 */
int pcireset_plan_set_timeout_ms(struct pcireset_plan *plan, uint32_t timeout_ms);

/**
 * pcireset_plan_set_settle_ms - set the time until a second check for lost configuration
 * @plan: plan
 * @settle_ms: milliseconds after everything was restored, 0 for no second check
 *
 * Some devices lose their configuration again after they were ready. After this time, all
 * checks except proof are repeated. Lost configuration is restored once more, but the
 * reset has failed.
 *
 * Return: 0; -EINVAL if it exceeds the longest timeout of the module.
 * Since: 0.1
 */
int pcireset_plan_set_settle_ms(struct pcireset_plan *plan, uint32_t settle_ms);

/**
 * pcireset_plan_set_link_speed - set the speed of the link after the reset
 * @plan: plan; its types are types that reset the link
 * @speed_mts: speed in MT/s, such as 8000; 0 for the usual one
 *
 * The module limits the link to this speed before the reset, and restores the former Target
 * Link Speed of the port afterwards. The link keeps its speed until something trains it
 * again. If the port then has another speed, or equalization has failed, the check
 * PCIRESET_CHECK_LINK fails, also if it is not among those of the plan.
 *
 * pcireset_plan_resolve() returns -EINVAL if another type is allowed, and -EOPNOTSUPP without
 * a module that can do this. It does not compare the speed with the hardware: see
 * pcireset_link_check_speed(). The module refuses a speed that the hardware lacks with
 * PCIRESET_WHY_SPEED. It needs CAP_SYS_ADMIN.
 *
 * Return: 0; -EINVAL if PCI Express has no such speed.
 * Since: 0.1
 */
int pcireset_plan_set_link_speed(struct pcireset_plan *plan, uint32_t speed_mts);

/**
 * pcireset_plan_set_flags - set the flags of the reset
 * @plan: plan
 * @flags: mask of PCIRESET_RESET_*
 *
 * Return: 0 or -EOPNOTSUPP.
 * Since: 0.1
 */
int pcireset_plan_set_flags(struct pcireset_plan *plan, uint32_t flags);

/**
 * pcireset_plan_resolve - determine the reset that the plan would run
 * @plan: plan
 *
 * Touches nothing. Afterwards the getters below are valid, also after -EOPNOTSUPP, -EBUSY
 * and -EPERM. If the plan is already resolved, it is resolved again.
 *
 * Return: 0; -EOPNOTSUPP if no allowed type is supported; -EBUSY if a user, a driver or a
 * lock is an obstacle; -EPERM if the descriptors of pcireset_dev_set_vfio() do not own an
 * affected function; -ESTALE if VFIO lists a function that the last scan did not find;
 * -EINVAL if no type is allowed, or such a descriptor has changed; -ENODEV if the
 * function is gone; or another negative errno.
 * Since: 0.1
 */
int pcireset_plan_resolve(struct pcireset_plan *plan);

/**
 * pcireset_plan_get_dev - return the function to reset
 * @plan: plan
 *
 * Return: the function, without a reference of its own.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_plan_get_dev(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_error - return the result of the last pcireset_plan_resolve()
 * @plan: plan
 *
 * Return: 0 or a negative errno; -EINVAL if the plan is not resolved.
 * Since: 0.1
 */
int pcireset_plan_get_error(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_type - return the type that would be issued
 * @plan: plan, resolved
 *
 * Return: one PCI_RESET_*, regardless of obstacles; 0 if no allowed type is supported.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_type(const struct pcireset_plan *plan);
uint32_t pcireset_plan_get_type_flags(const struct pcireset_plan *plan);
uint32_t pcireset_plan_get_scope(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_why - return the reason for pcireset_plan_get_error()
 * @plan: plan, resolved
 *
 * Return: enum pcireset_why or enum pcireset_lib_why.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_why(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_in_way - return the uses that are obstacles
 * @plan: plan, resolved
 *
 * Return: mask of enum pcireset_use of all members, without the forced ones.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_in_way(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_unknown - return one unknown fact that could lead to a refusal
 * @plan: plan, resolved
 * @i: 0 for the first
 *
 * A context that can reset refuses unknown facts, with PCIRESET_USE_UNKNOWN or
 * PCIRESET_USE_DRIVER as the obstacle. A context that cannot reset, because it shows
 * another machine or the caller has no right to reset, resolves such a plan without an
 * error. The plan then has the affected functions, but does not promise that the reset
 * would run.
 *
 * Return: text for people, or NULL if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_plan_get_unknown(const struct pcireset_plan *plan, size_t i);

/**
 * pcireset_plan_get_message - return the reason for the refusal of a plan as text
 * @plan: plan, resolved
 *
 * Return: text, or NULL if the plan is not refused.
 * Since: 0.1
 */
const char *pcireset_plan_get_message(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_nr_members - return the number of functions that the plan affects
 * @plan: plan, resolved
 *
 * Return: their number, 0 if no allowed type is supported.
 * Since: 0.1
 */
size_t pcireset_plan_get_nr_members(const struct pcireset_plan *plan);
const struct pcireset_member *pcireset_plan_get_member(const struct pcireset_plan *plan, size_t i);

/**
 * pcireset_plan_get_expected_ns - return the minimum duration of the reset
 * @plan: plan, resolved
 *
 * The time runs from the reset's trigger until the functions may be accessed again. It is
 * the time that the specification requires, or the time that the functions report
 * (Immediate Readiness, Readiness Time Reporting). It does not include the training time
 * of the link. The first call reads the config space of every affected function.
 *
 * Return: nanoseconds, at least 1; 0 if no allowed type is supported or there is no
 * estimate, as for DEV_SPECIFIC and ACPI.
 * Since: 0.1
 */
uint64_t pcireset_plan_get_expected_ns(struct pcireset_plan *plan);

/**
 * pcireset_plan_get_choice - return the reason why the plan shares a reset as text
 * @plan: plan, resolved
 *
 * Return: text, such as "one bus reset instead of 3 flr: all functions that it affects
 * are named"; NULL if pcireset_batch_choose() has not changed the plan, and its first
 * type applies.
 * Since: 0.1
 */
const char *pcireset_plan_get_choice(const struct pcireset_plan *plan);

/**
 * pcireset_plan_get_leader - return the leader of a shared reset
 * @plan: plan, resolved
 *
 * The leader is the function that is reset for all plans that share the reset. The reset
 * is issued once. The other getters describe it.
 *
 * Return: the leader, without a reference of its own; NULL if it is the plan's own
 * function, or the reset is not shared.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_plan_get_leader(const struct pcireset_plan *plan);

/**
 * pcireset_plan_run - reset
 * @plan: a plan for which pcireset_plan_resolve() returned 0
 * @ret_report: the result of the reset, or NULL
 *
 * Runs exactly the resolved plan. @ret_report is filled for every return value except
 * -ENOMEM and -EINVAL. The plan is unresolved afterwards.
 *
 * Without the module, the kernel itself waits for the function for up to two minutes,
 * before the library can check the timeout. The library blocks SIGINT, SIGTERM and SIGHUP
 * in the calling thread until reset_method is restored. A signal that will end the
 * process shortens the wait afterwards.
 *
 * 0 means that every requested check passed. It does not mean that there is proof: see
 * pcireset_report_get_result().
 *
 * Return: 0. Something was touched: -ETIMEDOUT if a function did not come back; -EIO if a
 * function came back wrong or a check failed. Nothing was touched: -ESTALE if the machine
 * has changed since the plan was resolved; -EINVAL if the plan is not resolved; a return
 * value of pcireset_ctx_check_reset(); or an errno from the list in linux/pcireset.h.
 * Since: 0.1
 */
int pcireset_plan_run(struct pcireset_plan *plan, struct pcireset_report **ret_report);

/**
 * pcireset_plan_get_delay_ms - return the delay from the administrator's rules
 * @plan: plan, resolved
 *
 * The library returns the report after this delay, and repeats the checks at its end, as
 * for pcireset_plan_set_settle_ms().
 *
 * Return: milliseconds, 0 if no rule requests a delay after this type.
 * Since: 0.1
 */
uint32_t pcireset_plan_get_delay_ms(const struct pcireset_plan *plan);

/* ------------------------------------------------------------------ batch */

/**
 * pcireset_batch_new - create a set of plans that run together
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
 * pcireset_batch_add - add a plan
 * @batch: a batch that has not been run
 * @plan: a plan of the same context for which pcireset_plan_resolve() returned 0; the
 *	batch takes a reference
 *
 * Return: 0, -EINVAL or -ENOMEM.
 * Since: 0.1
 */
int pcireset_batch_add(struct pcireset_batch *batch, struct pcireset_plan *plan);
size_t pcireset_batch_get_nr(const struct pcireset_batch *batch);

/**
 * pcireset_batch_choose - choose the cheapest resets for the whole set
 * @batch: a batch that has not been run
 *
 * A single plan uses the first supported type, narrow before wide. For a set of
 * functions, one wider reset may replace many narrow ones: a reset of a link with all its
 * functions in the batch, or of a PF for its VFs. This function chooses the fewest
 * resets. If several choices affect the same functions, it takes the one with the
 * shortest expected time, or the narrower type if the times are unknown.
 *
 * - A chosen reset resets only functions that are in the batch or would be reset anyway.
 *   It cuts off only functions that are in the batch or would be cut off anyway. A
 *   refused plan is not in the batch, so its function is never affected.
 * - The plan of each function must allow the type and the scope. The plans must have the
 *   same checks, forced uses, times and flags. The chosen reset must not be refused for
 *   users, drivers, locks or hotplug.
 * - A function keeps its first type if that is DEV_SPECIFIC or ACPI, if the function
 *   would be reset alone, or if it is reset through VFIO.
 *
 * The plans that share a reset change to that reset, and their getters describe it:
 * pcireset_plan_get_type(), pcireset_plan_get_choice() and so on. pcireset_batch_run()
 * runs it, or nothing. A plan that is resolved again leaves the shared reset. Touches
 * nothing.
 *
 * Return: 0; -EINVAL if the batch has been run; -ENOMEM: the plans that were not reached
 * are unchanged.
 * Since: 0.1
 */
int pcireset_batch_choose(struct pcireset_batch *batch);

/**
 * pcireset_batch_run - run all plans
 * @batch: batch, not empty
 *
 * Takes as long as the slowest reset, not the sum. Plans that affect no common function
 * run in parallel. Plans that reset the same link are one reset, and so are plans for
 * which pcireset_batch_choose() has chosen one. Other overlapping plans run in the order
 * in which they were added. A failed plan does not stop the others. Each plan is
 * unresolved afterwards.
 *
 * A caught signal cancels the plans that have not begun. Their reports have -EINTR, and
 * their functions were not touched. The call waits for the other plans.
 *
 * Return: 0 if the plans were run: pcireset_batch_get_report() returns the result of
 * each. Nothing was touched: -EINVAL if a plan is not resolved or refused, or the batch
 * is empty or has been run; -E2BIG if there are more than PCIRESET_MAX_RESETS; -ENOMEM.
 * Since: 0.1
 */
int pcireset_batch_run(struct pcireset_batch *batch);

/**
 * pcireset_batch_get_nr_done - return the number of finished resets
 * @batch: batch
 * @ret_nr_failed: number of resets that failed or were refused, or NULL
 *
 * This is the only function that another thread may call during pcireset_batch_run().
 *
 * Return: their number; 0 before the run, and without the module also during the run.
 * Since: 0.1
 */
size_t pcireset_batch_get_nr_done(const struct pcireset_batch *batch, size_t *ret_nr_failed);

/**
 * pcireset_batch_get_report - return the report of one plan
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
 * pcireset_report_new_refused - create a report for a refused plan
 * @plan: plan, resolved with an error
 * @ret_report: a report with %PCIRESET_RESULT_REFUSED and the reason
 *
 * Use it to list the results of many plans in a uniform way.
 *
 * Return: 0; -EINVAL if @plan is not resolved or not refused; -ENOMEM.
 * Since: 0.1
 */
int pcireset_report_new_refused(struct pcireset_plan *plan, struct pcireset_report **ret_report);
struct pcireset_report *pcireset_report_ref(struct pcireset_report *report);
struct pcireset_report *pcireset_report_unref(struct pcireset_report *report);

/**
 * pcireset_report_get_result - return the result of the reset
 * @report: report
 *
 * Return: one of enum pcireset_result.
 * Since: 0.1
 */
enum pcireset_result pcireset_report_get_result(const struct pcireset_report *report);

/**
 * pcireset_result_of - compute the result of a reset without a report
 * @error: 0 or a negative errno, with which the reset ended
 * @issued: mask of the issued types, 0 for none
 * @proof: enum pcireset_proof
 *
 * For other sources that describe resets, such as the module's statistics and
 * tracepoints. pcireset_report_get_result() applies this function to a report.
 *
 * Return: one of enum pcireset_result.
 * Since: 0.1
 */
enum pcireset_result pcireset_result_of(int error, uint32_t issued, uint32_t proof);

/**
 * pcireset_report_get_error - return the result of pcireset_plan_run()
 * @report: report
 *
 * Return: 0 or a negative errno.
 * Since: 0.1
 */
int pcireset_report_get_error(const struct pcireset_report *report);

/**
 * pcireset_report_get_message - return the failure or the unknown fact as text
 * @report: report
 *
 * Return: text, or NULL if the result is %PCIRESET_RESULT_VERIFIED.
 * Since: 0.1
 */
const char *pcireset_report_get_message(const struct pcireset_report *report);

/**
 * pcireset_report_get_type - return the type that was issued last
 * @report: report
 *
 * Return: one PCI_RESET_*, also for a refused reset; 0 if there is none, or if the kernel
 * chose one of several types through VFIO and does not report it.
 * Since: 0.1
 */
uint32_t pcireset_report_get_type(const struct pcireset_report *report);
uint32_t pcireset_report_get_type_flags(const struct pcireset_report *report);

/**
 * pcireset_report_get_issued - return all issued types
 * @report: report
 *
 * Return: mask of PCI_RESET_*; more than one bit only with PCIRESET_RESET_ESCALATE. If
 * there is more than one through VFIO, the kernel issued at least one of them.
 * Since: 0.1
 */
uint32_t pcireset_report_get_issued(const struct pcireset_report *report);
uint32_t pcireset_report_get_scope(const struct pcireset_report *report);
uint32_t pcireset_report_get_why(const struct pcireset_report *report);

/**
 * pcireset_report_get_failed_checks - return the checks that failed for any member
 * @report: report
 *
 * Return: mask of enum pcireset_check, including checks that were not requested.
 * Since: 0.1
 */
uint32_t pcireset_report_get_failed_checks(const struct pcireset_report *report);

/**
 * pcireset_report_get_proof - return the weakest proof of all members that were reset
 * @report: report
 *
 * Return: enum pcireset_proof.
 * Since: 0.1
 */
uint32_t pcireset_report_get_proof(const struct pcireset_report *report);
uint64_t pcireset_report_get_wait_ns(const struct pcireset_report *report);
uint64_t pcireset_report_get_total_ns(const struct pcireset_report *report);
size_t pcireset_report_get_nr_members(const struct pcireset_report *report);
const struct pcireset_member *pcireset_report_get_member(const struct pcireset_report *report,
							 size_t i);

/* ------------------------------------------------------------------ qualification */

/*
 * A qualification runs resolved plans many times, each type in a random order that a seed
 * fixes, and measures each reset: its result, the time until the function was ready, and
 * what changed in the function, its link, its error counters and the functions around it.
 * It then looks for patterns. It never runs anything but the plans that were added.
 */
struct pcireset_qualify;

/**
 * enum pcireset_mark - deviations that a qualification observes after a reset, one bit each
 * @PCIRESET_MARK_NOT_READY: the function did not come back in time
 * @PCIRESET_MARK_IDENTITY: a different device came back
 * @PCIRESET_MARK_LINK_WIDTH: the link has fewer lanes
 * @PCIRESET_MARK_LINK_SPEED: the link is slower
 * @PCIRESET_MARK_CONFIG: a register of an affected function has changed
 * @PCIRESET_MARK_NO_EFFECT: a bit that a reset must clear is still set
 * @PCIRESET_MARK_FAILED: the reset failed for another reason
 * @PCIRESET_MARK_DRIVER: another driver is bound, or none
 * @PCIRESET_MARK_INTERRUPTS: MSI or MSI-X is switched off
 * @PCIRESET_MARK_ATS: ATS is switched off
 * @PCIRESET_MARK_ERRORS: an AER counter of uncorrectable errors has grown
 * @PCIRESET_MARK_CORRECTABLE: an AER counter of correctable errors has grown; not a failure
 * @PCIRESET_MARK_NEIGHBOUR: a function that the plan does not affect has changed or is gone
 * @PCIRESET_MARK_EXERCISE: the exercise after the reset failed
 * @PCIRESET_MARK_MACHINE: the machine was restarted during the reset
 * @PCIRESET_MARK_SLOW: the function was ready later than usual; in findings only, not a
 *	failure
 * @_PCIRESET_MARK_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_mark {
	PCIRESET_MARK_NOT_READY = 1 << 0,
	PCIRESET_MARK_IDENTITY = 1 << 1,
	PCIRESET_MARK_LINK_WIDTH = 1 << 2,
	PCIRESET_MARK_LINK_SPEED = 1 << 3,
	PCIRESET_MARK_CONFIG = 1 << 4,
	PCIRESET_MARK_NO_EFFECT = 1 << 5,
	PCIRESET_MARK_FAILED = 1 << 6,
	PCIRESET_MARK_DRIVER = 1 << 7,
	PCIRESET_MARK_INTERRUPTS = 1 << 8,
	PCIRESET_MARK_ATS = 1 << 9,
	PCIRESET_MARK_ERRORS = 1 << 10,
	PCIRESET_MARK_CORRECTABLE = 1 << 11,
	PCIRESET_MARK_NEIGHBOUR = 1 << 12,
	PCIRESET_MARK_EXERCISE = 1 << 13,
	PCIRESET_MARK_MACHINE = 1 << 14,
	PCIRESET_MARK_SLOW = 1 << 15,
	_PCIRESET_MARK_PAD = 0x7fffffff,
};

/**
 * enum pcireset_place - what has changed at a function that the plan does not affect, if it
 *	is not a register. Offsets of registers are below these values.
 * @PCIRESET_PLACE_ERRORS: its AER counter of uncorrectable errors has grown
 * @PCIRESET_PLACE_CORRECTABLE: its AER counter of correctable errors has grown
 * @PCIRESET_PLACE_DRIVER: another driver is bound, or none
 * @_PCIRESET_PLACE_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_place {
	PCIRESET_PLACE_ERRORS = 0x10000,
	PCIRESET_PLACE_CORRECTABLE = 0x10001,
	PCIRESET_PLACE_DRIVER = 0x10002,
	_PCIRESET_PLACE_PAD = 0x7fffffff,
};

/**
 * enum pcireset_pattern - the pattern of a deviation
 * @PCIRESET_PATTERN_ONCE: it occurred once
 * @PCIRESET_PATTERN_ALWAYS: it occurred after every reset of the series
 * @PCIRESET_PATTERN_RANDOM: it occurred several times, without a significant pattern
 * @PCIRESET_PATTERN_PERIOD: it occurs at every n-th reset
 * @PCIRESET_PATTERN_AFTER: it occurs after a certain type, or after a sequence of types
 * @PCIRESET_PATTERN_RISING: it occurs more often as the run goes on
 * @PCIRESET_PATTERN_TREND: the time grows with each reset
 * @_PCIRESET_PATTERN_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_pattern {
	PCIRESET_PATTERN_ONCE = 1,
	PCIRESET_PATTERN_ALWAYS = 2,
	PCIRESET_PATTERN_RANDOM = 3,
	PCIRESET_PATTERN_PERIOD = 4,
	PCIRESET_PATTERN_AFTER = 5,
	PCIRESET_PATTERN_RISING = 6,
	PCIRESET_PATTERN_TREND = 7,
	_PCIRESET_PATTERN_PAD = 0x7fffffff,
};

/**
 * struct pcireset_sample - one reset of one device
 * @round: number of the reset in the order of the run, from 0; the devices of one round
 *	were reset together
 * @device: index of the device
 * @type: one PCI_RESET_*
 * @previous: the type of the previous round, 0 for the first round
 * @result: one of enum pcireset_result; 0 if the run was interrupted during the reset, and
 *	its outcome is unknown
 * @error: 0 or a negative errno
 * @marks: mask of enum pcireset_mark
 * @failed_checks: mask of enum pcireset_check, as in pcireset_report_get_failed_checks()
 * @offset: offset of the first changed register, for %PCIRESET_MARK_CONFIG
 * @who: the function that changed, for %PCIRESET_MARK_NEIGHBOUR; or the function with
 *	correctable errors that the plan does not affect, for %PCIRESET_MARK_CORRECTABLE
 * @who_offset: offset of its first changed register, or one of enum pcireset_place
 * @speed: speed of the link in GT/s of its generation: 1 is 2.5 GT/s; 0 if unknown
 * @width: lanes of the link; 0 if unknown
 * @ready_ns: time from the end of the reset's trigger to the first answer
 * @total_ns: duration of the whole reset
 *
 * The structure belongs to the qualification. Newer versions may add members at its end.
 */
struct pcireset_sample {
	uint32_t round;
	uint32_t device;
	uint32_t type;
	uint32_t previous;
	uint32_t result;
	int32_t error;
	uint32_t marks;
	uint32_t failed_checks;
	uint32_t offset;
	struct pcireset_addr who;
	uint32_t who_offset;
	uint32_t speed;
	uint32_t width;
	__aligned_u64 ready_ns;
	__aligned_u64 total_ns;
};

/**
 * struct pcireset_series - all resets of one device by one type
 * @device: index of the device
 * @type: one PCI_RESET_*
 * @nr: number of resets with a known outcome
 * @nr_failed: of these, those with a deviation that is a failure
 * @nr_unverified: of these, those without a failure and without proof
 * @nr_interrupted: resets with an unknown outcome; not part of @nr
 * @ready_ns: quantiles of the time until the function was ready: 0, 50, 90, 99 and 100 %
 * @total_ns: the same of the duration of the whole reset
 * @failed_low: exact lower bound of the probability of a failure, at 95 % (Clopper-Pearson)
 * @failed_high: exact upper bound of it, at 95 %
 *
 * Each bound holds by itself. The times are those of resets without a failure.
 */
struct pcireset_series {
	uint32_t device;
	uint32_t type;
	__aligned_u64 nr;
	__aligned_u64 nr_failed;
	__aligned_u64 nr_unverified;
	__aligned_u64 nr_interrupted;
	__aligned_u64 ready_ns[5];
	__aligned_u64 total_ns[5];
	double failed_low;
	double failed_high;
};

/**
 * struct pcireset_finding - one deviation and its pattern
 * @mark: one of enum pcireset_mark
 * @pattern: one of enum pcireset_pattern
 * @device: index of the device
 * @type: one PCI_RESET_*; 0 if the device counts resets of all types together
 * @previous: the type of the previous reset, for %PCIRESET_PATTERN_AFTER
 * @period: the distance in resets of this type, for %PCIRESET_PATTERN_PERIOD
 * @first: round of the first occurrence
 * @offset: offset of the register, for %PCIRESET_MARK_CONFIG and %PCIRESET_MARK_NEIGHBOUR;
 *	or one of enum pcireset_place
 * @who: the function that changed, as in &struct pcireset_sample
 * @sequence: shortest sequence of types that leads to the deviation, oldest first, 0 at
 *	its end: for %PCIRESET_PATTERN_AFTER the types of the pattern; without a pattern,
 *	the types after which each reset of the run had the deviation
 * @repeats: how often the last type of @sequence must be repeated, usually 1
 * @nr: number of occurrences
 * @of: number of resets among which they occurred
 * @low: exact lower bound of the probability of an occurrence, at 95 %
 * @high: exact upper bound of it, at 95 %
 * @p: probability of such a pattern by chance, corrected for the number of tests: at most
 *	0.001 for a pattern that was tested, 1 for a pattern that was not
 * @ns_per_reset: growth of the time for each reset, for %PCIRESET_PATTERN_TREND
 */
struct pcireset_finding {
	uint32_t mark;
	uint32_t pattern;
	uint32_t device;
	uint32_t type;
	uint32_t previous;
	uint32_t period;
	uint32_t first;
	uint32_t offset;
	struct pcireset_addr who;
	uint32_t sequence[5];
	uint32_t repeats;
	__aligned_u64 nr;
	__aligned_u64 of;
	double low;
	double high;
	double p;
	double ns_per_reset;
};

/**
 * pcireset_mark_to_str - return the name of a deviation
 * @mark: one of enum pcireset_mark
 *
 * Return: the name, such as "link_width", or NULL if there is no such mark.
 * Since: 0.1
 */
const char *pcireset_mark_to_str(uint32_t mark);

/**
 * pcireset_pattern_to_str - return the name of a pattern
 * @pattern: one of enum pcireset_pattern
 *
 * Return: the name, such as "period", or NULL if there is no such pattern.
 * Since: 0.1
 */
const char *pcireset_pattern_to_str(uint32_t pattern);

/**
 * pcireset_qualify_new - create a qualification
 * @ctx: context, scanned
 * @ret_qualify: the qualification, without plans
 *
 * Add a plan for each device and type, set the count, create the run, and call
 * pcireset_qualify_step() until it returns 0.
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int pcireset_qualify_new(struct pcireset_ctx *ctx, struct pcireset_qualify **ret_qualify);
struct pcireset_qualify *pcireset_qualify_ref(struct pcireset_qualify *qualify);
struct pcireset_qualify *pcireset_qualify_unref(struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_add - add the plan of one device and one type
 * @qualify: a qualification that has not begun
 * @plan: a plan of the same context for which pcireset_plan_resolve() returned 0, with
 *	exactly one allowed type, without flags and without a speed of the link; the
 *	qualification takes a reference
 *
 * The functions that the plan affects now are those that the run may affect. The plan is
 * resolved again before each reset. If it then affects other functions, the run stops and
 * touches nothing.
 *
 * Return: 0; -EINVAL if the plan is refused or allows several types or has a speed, or
 * there is one for the device and type already; -EBUSY if the run has begun; -ENOMEM.
 * Since: 0.1
 */
int pcireset_qualify_add(struct pcireset_qualify *qualify, struct pcireset_plan *plan);

/**
 * pcireset_qualify_set_count - set the number of resets of each type
 * @qualify: a qualification that has not begun
 * @count: number of resets of each type of each device; 1000 if it is never set
 *
 * Return: 0; -EINVAL if @count is 0 or too large; -EBUSY if the run has begun.
 * Since: 0.1
 */
int pcireset_qualify_set_count(struct pcireset_qualify *qualify, uint32_t count);

/**
 * pcireset_qualify_set_seed - set the seed of the order of types
 * @qualify: a qualification that has not begun
 * @seed: any number; the same number gives the same order
 *
 * Return: 0, or -EBUSY if the run has begun.
 * Since: 0.1
 */
int pcireset_qualify_set_seed(struct pcireset_qualify *qualify, uint64_t seed);

/**
 * pcireset_qualify_add_fact - add a fact for the report
 * @qualify: a qualification that has not begun
 * @key: name of the fact, of lower-case letters and "_"
 * @value: any text
 *
 * pcireset_qualify_create() adds the kernel, the machine and its firmware.
 *
 * Return: 0; -EINVAL for an invalid @key; -EBUSY if the run has begun; -ENOMEM.
 * Since: 0.1
 */
int pcireset_qualify_add_fact(struct pcireset_qualify *qualify, const char *key, const char *value);

/**
 * pcireset_qualify_create - begin a run
 * @qualify: a qualification with a plan for each device and type
 * @path: name of the journal, which must not exist; NULL for a run that cannot be resumed
 *
 * Reads the state of all affected functions and of up to 32 other functions, which
 * takes a tenth of a second. Touches nothing. The journal is written and synced before
 * and after each reset.
 *
 * Return: 0; -EINVAL if a plan is missing; -EEXIST if the journal exists; -EBUSY if the
 * run has begun; -ENODEV if a function does not answer; -ENOMEM; or the errno of writing.
 * Since: 0.1
 */
int pcireset_qualify_create(struct pcireset_qualify *qualify, const char *path);

/**
 * pcireset_qualify_load - read the journal of a run
 * @ctx: context; need not be scanned, and may be of another machine
 * @path: name of the journal
 * @ret_qualify: the qualification, for the getters and for pcireset_qualify_resume()
 *
 * Accepts a journal that ends within a line, because the machine crashed. A reset that
 * has begun and not ended has an unknown outcome.
 *
 * Return: 0; -EBADMSG if the journal is damaged; -ENOMEM; or the errno of reading.
 * Since: 0.1
 */
int pcireset_qualify_load(struct pcireset_ctx *ctx, const char *path,
			  struct pcireset_qualify **ret_qualify);

/**
 * pcireset_qualify_resume - continue a run that was interrupted
 * @qualify: a qualification from pcireset_qualify_load(), of a scanned context
 * @path: name of the same journal
 *
 * Each device must be the one that the run began with, and each plan must affect exactly
 * the functions that it affected then. A reset with an unknown outcome is repeated, and
 * counted as interrupted. Touches nothing.
 *
 * Return: 0; -ESTALE if a device or a plan differs; -ENODEV if a device is missing;
 * -EBUSY if another process runs the run, or it is open already; a return value of
 * pcireset_plan_resolve(); or the errno of writing.
 * Since: 0.1
 */
int pcireset_qualify_resume(struct pcireset_qualify *qualify, const char *path);

/**
 * pcireset_qualify_step - run the next round
 * @qualify: a qualification that was created or resumed
 *
 * Resets all devices by the next type, and waits until their outcome is stored. Signals
 * are blocked in the meantime. If the last reset left a function behind that does not
 * answer, a call may wait for it for a second instead, up to 65 times.
 *
 * A failed reset does not stop the run, and is not an error of this function.
 *
 * Return: 1 if there are more rounds, 0 if there are none. A negative errno if the run
 * stops here: -ESTALE if a plan affects other functions than at its beginning; another
 * errno of pcireset_plan_resolve(), for which nothing was touched; or the errno of
 * writing the journal. The run can be resumed.
 * Since: 0.1
 */
int pcireset_qualify_step(struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_begin_exercise - note that an exercise of the devices begins
 * @qualify: a qualification that was created or resumed
 *
 * Call it before each exercise. If the machine goes down before the end of the exercise
 * is noted, the exercise has failed. If only the process ends, the exercise is unknown.
 *
 * Return: 0; -EINVAL before the first round; or the errno of writing the journal.
 * Since: 0.1
 */
int pcireset_qualify_begin_exercise(struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_is_exercised - has the last round an exercise that has ended?
 * @qualify: qualification
 *
 * If not, a run with exercises that was interrupted continues with the exercise.
 *
 * Return: whether pcireset_qualify_note_exercise() was called for the last round. true
 * before the first round.
 * Since: 0.1
 */
bool pcireset_qualify_is_exercised(const struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_note_exercise - note that the devices were exercised
 * @qualify: a qualification that was created or resumed
 * @status: 0 if the exercise succeeded, negative if it was interrupted
 *
 * Call it after each exercise. A failure counts for the round before. An exercise that was
 * interrupted is unknown.
 *
 * Return: 0, or the errno of writing the journal.
 * Since: 0.1
 */
int pcireset_qualify_note_exercise(struct pcireset_qualify *qualify, int status);

/**
 * pcireset_qualify_get_count - return the number of resets of each type
 * @qualify: qualification
 *
 * Return: the number.
 * Since: 0.1
 */
uint32_t pcireset_qualify_get_count(const struct pcireset_qualify *qualify);
uint64_t pcireset_qualify_get_seed(const struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_get_nr_rounds - return the number of rounds of a complete run
 * @qualify: qualification that has begun
 *
 * Return: the count times the number of types.
 * Since: 0.1
 */
uint32_t pcireset_qualify_get_nr_rounds(const struct pcireset_qualify *qualify);
uint32_t pcireset_qualify_get_nr_done(const struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_get_types - return the types of the run
 * @qualify: qualification that has begun
 *
 * Return: mask of PCI_RESET_*.
 * Since: 0.1
 */
uint32_t pcireset_qualify_get_types(const struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_get_stop - return the reason why the run stopped
 * @qualify: qualification
 *
 * Return: text, or NULL if it did not stop by itself.
 * Since: 0.1
 */
const char *pcireset_qualify_get_stop(const struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_get_fact - iterate over the facts
 * @qualify: qualification
 * @i: 0 for the first fact
 * @ret_key: name of the fact, or NULL
 *
 * No fact is a serial number. A key may occur several times.
 *
 * Return: the value, or NULL if there is no such @i.
 * Since: 0.1
 */
const char *pcireset_qualify_get_fact(const struct pcireset_qualify *qualify, size_t i,
				      const char **ret_key);

/**
 * pcireset_qualify_get_device - return the address of a device
 * @qualify: qualification
 * @device: 0 for the first device
 *
 * Return: the address in the format of sysfs, or NULL if there is no such device.
 * Since: 0.1
 */
const char *pcireset_qualify_get_device(const struct pcireset_qualify *qualify, uint32_t device);

/**
 * pcireset_qualify_get_identity - return the identity of a device when the run began
 * @qualify: qualification that has begun
 * @device: 0 for the first device
 *
 * Return: vendor, device, subsystem, class and revision as text that is valid until the
 * next call in this thread; NULL if there is no such device.
 * Since: 0.1
 */
const char *pcireset_qualify_get_identity(const struct pcireset_qualify *qualify, uint32_t device);

/**
 * pcireset_qualify_get_member - iterate over the functions that a type may affect
 * @qualify: qualification
 * @device: index of the device
 * @type: one PCI_RESET_*
 * @i: 0 for the first function
 *
 * Return: the address, or NULL if there is no such @i.
 * Since: 0.1
 */
const struct pcireset_addr *pcireset_qualify_get_member(const struct pcireset_qualify *qualify,
							uint32_t device, uint32_t type, size_t i);

/**
 * pcireset_qualify_get_watched - iterate over the observed functions outside all plans
 * @qualify: qualification that has begun
 * @i: 0 for the first function
 *
 * Return: the address, or NULL if there is no such @i.
 * Since: 0.1
 */
const struct pcireset_addr *pcireset_qualify_get_watched(const struct pcireset_qualify *qualify,
							 size_t i);
size_t pcireset_qualify_get_nr_samples(const struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_get_sample - return one reset
 * @qualify: qualification
 * @i: 0 to pcireset_qualify_get_nr_samples() - 1, in the order of the run
 *
 * Return: the sample, valid until the next pcireset_qualify_step(); NULL if there is no
 * such @i.
 * Since: 0.1
 */
const struct pcireset_sample *pcireset_qualify_get_sample(const struct pcireset_qualify *qualify,
							  size_t i);

/**
 * pcireset_qualify_get_series - summarize all resets of a device by a type
 * @qualify: qualification that has begun
 * @device: index of the device
 * @type: one PCI_RESET_*
 * @ret_series: the summary
 *
 * Return: 0; -EINVAL if the run has no such device and type; -ENOMEM.
 * Since: 0.1
 */
int pcireset_qualify_get_series(struct pcireset_qualify *qualify, uint32_t device, uint32_t type,
				struct pcireset_series *ret_series);

/**
 * pcireset_qualify_find - look for deviations and their patterns
 * @qualify: qualification
 *
 * A deviation is always a finding. A pattern is named if chance produces it less often
 * than once in a thousand runs, all tests of the run taken together (Bonferroni). A time
 * is a finding only with a pattern, and if it is longer by at least 5 % and 0.1 ms.
 *
 * Return: number of findings, or -ENOMEM.
 * Since: 0.1
 */
int pcireset_qualify_find(struct pcireset_qualify *qualify);

/**
 * pcireset_qualify_get_finding - return one finding
 * @qualify: qualification, after pcireset_qualify_find()
 * @i: 0 for the first finding
 *
 * Return: the finding, valid until the next pcireset_qualify_step(); NULL if there is no
 * such @i.
 * Since: 0.1
 */
const struct pcireset_finding *pcireset_qualify_get_finding(const struct pcireset_qualify *qualify,
							    size_t i);

/**
 * pcireset_qualify_get_finding_text - return a finding as text
 * @qualify: qualification, after pcireset_qualify_find()
 * @i: 0 for the first finding
 *
 * Return: text, such as "every 300th bus: fewer lanes (...)", or NULL if there is no
 * such @i.
 * Since: 0.1
 */
const char *pcireset_qualify_get_finding_text(const struct pcireset_qualify *qualify, size_t i);

/* ------------------------------------------------------------------ re-enumeration */

/**
 * typedef pcireset_wait_fn - callback while the library waits
 * @data: pointer from the caller
 *
 * Return: true to go on waiting, false to end the wait.
 */
typedef bool (*pcireset_wait_fn)(void *data);

/**
 * pcireset_reenumeration_new - start the re-enumeration of a device
 * @plan: the reset of the device; need not be resolved. The re-enumeration keeps a
 *	reference, resolves the plan and runs it
 * @ret_reenumeration: new reference
 *
 * A re-enumeration resets a device whose configuration may have changed, such as an FPGA
 * card with a new bitstream, and lets the kernel find it again. Touches nothing. The
 * steps are, in this order: pcireset_reenumeration_resolve(), _begin(), the caller's own
 * programming of the device, _reset() and _replace(). A call out of order returns -EINVAL
 * and does nothing. After a failed step, the re-enumeration has ended.
 *
 * The device is the function of the plan, the other functions below the same port, and
 * all functions below them. Below a port that is not point-to-point, the device is the
 * functions with the same device number.
 *
 * Return: 0 or -ENOMEM.
 * Since: 0.1
 */
int pcireset_reenumeration_new(struct pcireset_plan *plan,
			       struct pcireset_reenumeration **ret_reenumeration);

/**
 * pcireset_reenumeration_ref - take a reference
 * @reenumeration: re-enumeration
 *
 * Return: @reenumeration.
 * Since: 0.1
 */
struct pcireset_reenumeration *
pcireset_reenumeration_ref(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_unref - drop a reference
 * @reenumeration: re-enumeration, or NULL
 *
 * The last reference restores the registers of the port, if _begin() changed them. It
 * does not bind drivers; see pcireset_reenumeration_cancel().
 *
 * Return: NULL.
 * Since: 0.1
 */
struct pcireset_reenumeration *
pcireset_reenumeration_unref(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_set_power_cycle - cut the power instead of a reset
 * @reenumeration: re-enumeration that is not resolved
 *
 * The plan is not run, and its types do not count. pcireset_dev_get_power() tells the port.
 * The device is everything below that port. _resolve() refuses a device whose power cannot
 * be cut (-EOPNOTSUPP), or for which that is unknown (-EBUSY), one that is in use, and one
 * for which a rule denies %PCI_RESET_BUS. _replace() removes the device, cuts its power for
 * a second, and switches it on again. It fails with -EIO if the power was not cut, or if
 * nothing shows that it was, see pcireset_reenumeration_get_sign(); the device is then back
 * with its drivers. It also fails if the power cannot be switched on again: then
 * pcireset_leftovers_repair() tries again.
 *
 * Return: 0, or -EINVAL if the re-enumeration is resolved.
 * Since: 0.1
 */
int pcireset_reenumeration_set_power_cycle(struct pcireset_reenumeration *reenumeration);

/**
 * enum pcireset_sign - signs that the power of a device was cut
 * @PCIRESET_SIGN_OFF: the power controller, or the power resources, read as off
 * @PCIRESET_SIGN_ABSENT: the slot reported no card. Not every slot does, without power
 * @PCIRESET_SIGN_LINK_DOWN: the link was down
 * @PCIRESET_SIGN_FORGOT: the functions have forgotten a register that was set before. This
 *	is the witness in the device
 * @_PCIRESET_SIGN_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_sign {
	PCIRESET_SIGN_OFF = 0,
	PCIRESET_SIGN_ABSENT = 1,
	PCIRESET_SIGN_LINK_DOWN = 2,
	PCIRESET_SIGN_FORGOT = 3,
	_PCIRESET_SIGN_PAD = 0x7fffffff,
};

/**
 * pcireset_reenumeration_get_sign - return a sign that the power was cut
 * @reenumeration: replaced re-enumeration
 * @sign: one of enum pcireset_sign
 *
 * Return: 1 for yes, 0 for no, -ENODATA if it is unknown, or -EINVAL.
 * Since: 0.1
 */
int pcireset_reenumeration_get_sign(const struct pcireset_reenumeration *reenumeration,
				    enum pcireset_sign sign);

/**
 * pcireset_reenumeration_get_power - return the way to cut the power
 * @reenumeration: resolved re-enumeration
 *
 * Return: one of enum pcireset_power, %PCIRESET_POWER_NONE if the power is not cut.
 * Since: 0.1
 */
enum pcireset_power
pcireset_reenumeration_get_power(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_get_port - return the port whose power is cut
 * @reenumeration: resolved re-enumeration
 *
 * Return: the address, or NULL if the power is not cut.
 * Since: 0.1
 */
const char *pcireset_reenumeration_get_port(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_get_slot - return the slot whose power is cut
 * @reenumeration: resolved re-enumeration
 *
 * Return: the name, or NULL if the power is not cut, or not by a slot.
 * Since: 0.1
 */
const char *pcireset_reenumeration_get_slot(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_resolve - check the device, its users and the plan
 * @reenumeration: re-enumeration
 *
 * Locks the port above the device against other re-enumerations, reads the state of the
 * device, and resolves the plan. A user of the device other than its driver refuses the
 * re-enumeration unless the plan forces that use. If the drivers of the device are the only
 * obstacle of the plan, the call adds %PCIRESET_USE_DRIVER to the forced uses of the plan,
 * because _begin() unbinds them. Touches nothing.
 *
 * Return: 0; -EBUSY if the device is in use, another process re-enumerates below the port,
 * or its state is unknown; -EOPNOTSUPP if the device is on a root bus or a virtual
 * function; an errno of pcireset_ctx_check_reset() or pcireset_plan_resolve(); or another
 * negative errno.
 * Since: 0.1
 */
int pcireset_reenumeration_resolve(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_begin - unbind the drivers and quiet the port
 * @reenumeration: resolved re-enumeration
 *
 * On success, no driver is bound to a function of the device, and the port above reports
 * no error, contains nothing and sends no hotplug event. The caller can now program the
 * device. On failure, the drivers are bound again.
 *
 * Checks the uses once more before that, because a person may have been asked since
 * pcireset_reenumeration_resolve().
 *
 * Return: 0 or a negative errno. Nothing was touched: -EBUSY if a function is in use now,
 * -ESTALE if a function was added or its driver changed since it was resolved.
 * Since: 0.1
 */
int pcireset_reenumeration_begin(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_set_changed - record that the device may have changed
 * @reenumeration: re-enumeration
 *
 * Call this before the device is programmed. If the re-enumeration then fails, no driver
 * is bound to the device, which may have become another one.
 * Since: 0.1
 */
void pcireset_reenumeration_set_changed(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_cancel - give up
 * @reenumeration: re-enumeration
 *
 * Restores the registers of the port. Binds the drivers again, unless the device may have
 * changed. Does nothing after the last step or a failed one.
 * Since: 0.1
 */
void pcireset_reenumeration_cancel(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_reset - reset the device
 * @reenumeration: re-enumeration that has begun
 *
 * Resolves the plan again and runs it. The plan must affect no other functions than before.
 * If the device does not answer, its bus is reset by the port, in the next step; see
 * pcireset_reenumeration_is_by_port(). A device that comes back different is no failure. On
 * failure, the port is restored, and the drivers are bound again, unless the device may have
 * changed.
 *
 * Return: 0; -ESTALE if the plan changed; or an errno of pcireset_plan_run().
 * Since: 0.1
 */
int pcireset_reenumeration_reset(struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_replace - remove the device, rescan its bus, and compare
 * @reenumeration: re-enumeration that is reset
 * @fn: called about 20 times a second during the waits, or NULL
 * @data: passed to @fn
 *
 * Waits for missing functions as long as the timeout of the plan, or 5 s, and then 5 s for
 * missing drivers. Scans the context: functions of earlier scans are no longer listed.
 * Restores the registers of the port, also on failure.
 *
 * Return: 0, also if items are missing, see pcireset_reenumeration_has_missing(); or a
 * negative errno.
 * Since: 0.1
 */
int pcireset_reenumeration_replace(struct pcireset_reenumeration *reenumeration,
				   pcireset_wait_fn fn, void *data);

/**
 * pcireset_reenumeration_get_type - return the reset type
 * @reenumeration: resolved re-enumeration
 *
 * Return: one PCI_RESET_*, 0 if the re-enumeration is not resolved.
 * Since: 0.1
 */
uint32_t pcireset_reenumeration_get_type(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_is_by_port - is the bus reset through the port, without the plan?
 * @reenumeration: resolved re-enumeration
 *
 * The device does not answer or has lost its configuration, so there is no state to
 * restore. The port resets the bus after the device was removed.
 *
 * Return: true if no plan is run.
 * Since: 0.1
 */
bool pcireset_reenumeration_is_by_port(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_is_refused_by_plan - did the plan refuse the reset?
 * @reenumeration: re-enumeration
 *
 * Return: true if a step failed because pcireset_plan_resolve() did.
 * Since: 0.1
 */
bool pcireset_reenumeration_is_refused_by_plan(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_is_touched - was the device touched?
 * @reenumeration: re-enumeration
 *
 * Return: true once drivers were unbound.
 * Since: 0.1
 */
bool pcireset_reenumeration_is_touched(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_is_changed - may the device have changed?
 * @reenumeration: re-enumeration
 *
 * Return: true after pcireset_reenumeration_set_changed(), a failed reset that touched the
 * device, or the removal of the device.
 * Since: 0.1
 */
bool pcireset_reenumeration_is_changed(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_get_error - return the first error
 * @reenumeration: re-enumeration
 *
 * Return: 0, or the negative errno of the step that failed.
 * Since: 0.1
 */
int pcireset_reenumeration_get_error(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_get_message - return the first error as text
 * @reenumeration: re-enumeration
 *
 * Return: the reason for the failure, without the address of the device, or NULL if no
 * step failed.
 * Since: 0.1
 */
const char *pcireset_reenumeration_get_message(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_get_report - return the report of the reset
 * @reenumeration: re-enumeration
 *
 * Return: the report, or NULL if no plan was run.
 * Since: 0.1
 */
struct pcireset_report *
pcireset_reenumeration_get_report(const struct pcireset_reenumeration *reenumeration);

/**
 * pcireset_reenumeration_get_before - return a function of the device before the removal
 * @reenumeration: resolved re-enumeration
 * @i: number, from 0
 * @ret_driver: its driver, or NULL for none; may be NULL
 *
 * Return: the address, or NULL if there are not so many.
 * Since: 0.1
 */
const char *pcireset_reenumeration_get_before(const struct pcireset_reenumeration *reenumeration,
					      size_t i, const char **ret_driver);

/**
 * pcireset_reenumeration_get_after - return a function of the device after the rescan
 * @reenumeration: replaced re-enumeration
 * @i: number, from 0
 * @ret_driver: its driver, or NULL for none; may be NULL
 *
 * Return: the address, or NULL if there are not so many.
 * Since: 0.1
 */
const char *pcireset_reenumeration_get_after(const struct pcireset_reenumeration *reenumeration,
					     size_t i, const char **ret_driver);

/**
 * pcireset_reenumeration_get_difference - return one difference
 * @reenumeration: replaced re-enumeration
 * @i: number, from 0
 *
 * Return: the difference, or NULL if there are not so many.
 * Since: 0.1
 */
const struct pcireset_difference *
pcireset_reenumeration_get_difference(const struct pcireset_reenumeration *reenumeration, size_t i);

/**
 * pcireset_difference_get_device - return the function that differs
 * @difference: difference
 *
 * Return: its address.
 * Since: 0.1
 */
const char *pcireset_difference_get_device(const struct pcireset_difference *difference);

/**
 * pcireset_difference_get_what - return the item that differs
 * @difference: difference
 *
 * Return: "function", "id", "class", "subsystem", "bar 0" to "bar 5", "rom", "driver",
 * "vfs", "link speed" or "link width".
 * Since: 0.1
 */
const char *pcireset_difference_get_what(const struct pcireset_difference *difference);

/**
 * pcireset_difference_get_was - return the value before
 * @difference: difference
 *
 * Return: the value as text, or NULL if there was none.
 * Since: 0.1
 */
const char *pcireset_difference_get_was(const struct pcireset_difference *difference);

/**
 * pcireset_difference_get_now - return the value after
 * @difference: difference
 *
 * Return: the value as text, or NULL if there is none.
 * Since: 0.1
 */
const char *pcireset_difference_get_now(const struct pcireset_difference *difference);

/**
 * pcireset_difference_is_missing - did the item exist before, or should it exist?
 * @difference: difference
 *
 * Return: true if the re-enumeration is incomplete without it.
 * Since: 0.1
 */
bool pcireset_difference_is_missing(const struct pcireset_difference *difference);

/**
 * pcireset_reenumeration_has_missing - is a function, a driver, or another item missing?
 * @reenumeration: replaced re-enumeration
 *
 * Return: true if pcireset_difference_is_missing() is true for one of the differences.
 * Since: 0.1
 */
bool pcireset_reenumeration_has_missing(const struct pcireset_reenumeration *reenumeration);

/* ------------------------------------------------------------------ leftovers */

/**
 * DOC: Links
 *
 * The link between a PCI Express port and the device below it, as the registers of the
 * port describe it. Speeds are in MT/s for each lane: 2500, 5000, 8000, 16000, 32000 or
 * 64000. Needs the complete config space of the port, which only root may read.
 */

/**
 * enum pcireset_equalization - equalization at the current speed
 * @PCIRESET_EQUALIZATION_NONE: none is recorded, or the speed needs none
 * @PCIRESET_EQUALIZATION_COMPLETE: it is complete
 * @PCIRESET_EQUALIZATION_REQUESTED: the port requests another one
 * @PCIRESET_EQUALIZATION_FAILED: it ended without success
 * @_PCIRESET_EQUALIZATION_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_equalization {
	PCIRESET_EQUALIZATION_NONE = 0,
	PCIRESET_EQUALIZATION_COMPLETE,
	PCIRESET_EQUALIZATION_REQUESTED,
	PCIRESET_EQUALIZATION_FAILED,
	_PCIRESET_EQUALIZATION_PAD = 0x7fffffff,
};

/**
 * pcireset_link_new - read the link above a function, or the link of a port
 * @dev: function below the port, or the port itself
 * @ret_link: new reference. It is valid until the next scan of the context
 *
 * Touches nothing.
 *
 * Return: 0; -EOPNOTSUPP if no PCI Express port is above the function, or a dump of config
 * space lacks that port or its capabilities; -EACCES without privileges; -ENODEV if the
 * port does not answer; or another negative errno.
 * Since: 0.1
 */
int pcireset_link_new(struct pcireset_dev *dev, struct pcireset_link **ret_link);

/**
 * pcireset_link_ref - take a reference
 * @link: link
 *
 * Return: @link.
 * Since: 0.1
 */
struct pcireset_link *pcireset_link_ref(struct pcireset_link *link);

/**
 * pcireset_link_unref - drop a reference
 * @link: link, or NULL
 *
 * Return: NULL.
 * Since: 0.1
 */
struct pcireset_link *pcireset_link_unref(struct pcireset_link *link);

/**
 * pcireset_link_read - read the registers of the port again
 * @link: link
 *
 * Return: 0, or a negative errno. -ENODEV: the port does not answer, and all values are
 * the former ones.
 * Since: 0.1
 */
int pcireset_link_read(struct pcireset_link *link);

/**
 * pcireset_link_check_speed - check whether both ends of a link support a speed
 * @link: link
 * @speed_mts: speed in MT/s
 *
 * Return: 0; -EINVAL if PCI Express has no such speed; -EOPNOTSUPP if one of the ends does
 * not support it, or the port has no Target Link Speed (PCI Express 1.x).
 * Since: 0.1
 */
int pcireset_link_check_speed(struct pcireset_link *link, uint32_t speed_mts);

/**
 * pcireset_link_retrain - retrain the link
 * @link: link
 * @speed_mts: speed in MT/s, which becomes the Target Link Speed; 0 for the fastest speed
 *	that both ends and the Target Link Speed allow
 *
 * Does not reset the functions below. They cannot be accessed for some milliseconds. The
 * wait is limited to 1 s. The result is judged at the port: its speed, its width, which
 * must not be less than before, and its equalization. While the link trains to a given
 * speed, Hardware Autonomous Speed Disable is set. The interrupts for changes of bandwidth
 * are off, because a driver would clear what the port shows. On failure, Target Link Speed
 * and that bit are restored, and the link trains again if they were changed.
 *
 * Return: 0. Nothing was touched: -EINVAL if there is no such speed, -EOPNOTSUPP if one of
 * the ends does not support it, the port has no Target Link Speed (PCI Express 1.x), or the
 * machine is a recorded one, -EBUSY if the link is disabled or training, or another process
 * trains it or re-enumerates a device below the port, -EPERM if the registers cannot be written. Touched, see
 * pcireset_link_is_touched(): -EIO if speed, width or equalization are not as wanted,
 * -ETIMEDOUT if the link did not come up, -ENODEV if the port does not answer any more.
 * Since: 0.1
 */
int pcireset_link_retrain(struct pcireset_link *link, uint32_t speed_mts);

/**
 * pcireset_link_is_touched - did the last pcireset_link_retrain() start a training?
 * @link: link
 *
 * Return: true if it did.
 * Since: 0.1
 */
bool pcireset_link_is_touched(const struct pcireset_link *link);

/**
 * pcireset_link_get_port - return the port
 * @link: link
 *
 * Return: the port, borrowed.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_link_get_port(const struct pcireset_link *link);

/**
 * pcireset_link_get_member - iterate over the functions below the port
 * @link: link
 * @i: 0 for the first function
 *
 * Return: the function, borrowed, or NULL after the last one.
 * Since: 0.1
 */
struct pcireset_dev *pcireset_link_get_member(const struct pcireset_link *link, size_t i);

/**
 * pcireset_link_get_doubt - return the reason why functions below the port are unknown
 * @link: link
 *
 * A dump of config space may lack functions that must exist.
 *
 * Return: the reason why pcireset_link_get_member() may not return all functions, valid as
 * long as @link, or NULL if it returns all.
 * Since: 0.1
 */
const char *pcireset_link_get_doubt(const struct pcireset_link *link);

/**
 * pcireset_link_is_up - is the link up?
 * @link: link
 *
 * Return: false if the port reports that it is down. A port that does not report it
 * counts as up.
 * Since: 0.1
 */
bool pcireset_link_is_up(const struct pcireset_link *link);

/**
 * pcireset_link_is_disabled - is Link Disable set?
 * @link: link
 *
 * Return: true if it is.
 * Since: 0.1
 */
bool pcireset_link_is_disabled(const struct pcireset_link *link);

/**
 * pcireset_link_get_speed - return the current speed
 * @link: link
 *
 * Return: MT/s, or 0 if the link is down.
 * Since: 0.1
 */
uint32_t pcireset_link_get_speed(const struct pcireset_link *link);

/**
 * pcireset_link_get_width - return the current width
 * @link: link
 *
 * Return: lanes, or 0 if the link is down.
 * Since: 0.1
 */
uint32_t pcireset_link_get_width(const struct pcireset_link *link);

/**
 * pcireset_link_get_max_speed - return the fastest speed that both ends support
 * @link: link
 *
 * Return: MT/s; that of the port if the device does not answer.
 * Since: 0.1
 */
uint32_t pcireset_link_get_max_speed(const struct pcireset_link *link);

/**
 * pcireset_link_get_max_width - return the largest width that both ends support
 * @link: link
 *
 * Return: lanes; those of the port if the device does not answer.
 * Since: 0.1
 */
uint32_t pcireset_link_get_max_width(const struct pcireset_link *link);

/**
 * pcireset_link_get_target_speed - return the Target Link Speed of the port
 * @link: link
 *
 * Return: MT/s, or 0 if the port has none.
 * Since: 0.1
 */
uint32_t pcireset_link_get_target_speed(const struct pcireset_link *link);

/**
 * pcireset_link_get_equalization - return the equalization at the current speed
 * @link: link
 *
 * Return: the state of the equalization.
 * Since: 0.1
 */
enum pcireset_equalization pcireset_link_get_equalization(const struct pcireset_link *link);

/**
 * pcireset_equalization_to_str - return a word for a state of the equalization
 * @equalization: the state
 *
 * Return: "none", "complete", "requested", "failed", or "unknown".
 * Since: 0.1
 */
const char *pcireset_equalization_to_str(enum pcireset_equalization equalization);

/**
 * enum pcireset_leftover - state of the settings that a process changed temporarily
 * @PCIRESET_LEFTOVER_RUNNING: nothing to do: the process is running
 * @PCIRESET_LEFTOVER_VOID: nothing to do: the settings are unchanged, or gone
 * @PCIRESET_LEFTOVER_TO_REPAIR: the process was killed, and reset_method of the function,
 *	or the registers of the port, must be restored
 * @PCIRESET_LEFTOVER_REPAIRED: they were restored by this call
 * @PCIRESET_LEFTOVER_OVERWRITTEN: the reset was killed, and another process has written
 *	reset_method since then: its value is kept
 * @PCIRESET_LEFTOVER_UNKNOWN: there is an entry that the caller cannot read
 * @_PCIRESET_LEFTOVER_PAD: do not use; keeps the enum 32 bits wide
 */
enum pcireset_leftover {
	PCIRESET_LEFTOVER_RUNNING = 1,
	PCIRESET_LEFTOVER_VOID = 2,
	PCIRESET_LEFTOVER_TO_REPAIR = 3,
	PCIRESET_LEFTOVER_REPAIRED = 4,
	PCIRESET_LEFTOVER_OVERWRITTEN = 5,
	PCIRESET_LEFTOVER_UNKNOWN = 6,
	_PCIRESET_LEFTOVER_PAD = 0x7fffffff,
};

/**
 * typedef pcireset_leftover_fn - callback for one leftover
 * @name: address of the function, in the format of sysfs
 * @state: state of the settings
 * @text: the state as text
 * @data: pointer from the caller
 */
typedef void (*pcireset_leftover_fn)(const char *name, enum pcireset_leftover state,
				     const char *text, void *data);

/**
 * pcireset_leftovers_look - find settings that killed processes left changed
 * @ctx: context; need not be scanned
 * @fn: called for each
 * @data: passed to @fn
 *
 * A reset without the module changes reset_method temporarily. A re-enumeration changes
 * registers of the port above the device. Both save the former values in a file below
 * /run/pcireset, in case the process is killed before it restores them.
 *
 * Return: number of leftovers to repair, or a negative errno.
 * Since: 0.1
 */
int pcireset_leftovers_look(struct pcireset_ctx *ctx, pcireset_leftover_fn fn, void *data);

/**
 * pcireset_leftovers_repair - restore settings that killed processes left changed
 * @ctx: context; need not be scanned
 * @fn: called for each, with its new state
 * @data: passed to @fn
 *
 * Restores reset_method only if it still has the value that the killed process wrote.
 *
 * Return: number of leftovers that could not be repaired; -EROFS if the context has a
 * sysroot; or another negative errno.
 * Since: 0.1
 */
int pcireset_leftovers_repair(struct pcireset_ctx *ctx, pcireset_leftover_fn fn, void *data);

/* ------------------------------------------------------------------ words */

/**
 * pcireset_types_from_str - parse a list of reset types
 * @ctx: context that gets the error message
 * @str: words separated by commas or spaces: device_specific, acpi, flr, pm,
 *	slot, bus, cxl_bus, link_disable, and func, link, any for several of them; in upper or
 *	lower case, and with - or _
 * @ret_types: mask of PCI_RESET_*, never empty
 *
 * Return: 0, or -EINVAL if there is no word or an unknown word.
 * Since: 0.1
 */
int pcireset_types_from_str(struct pcireset_ctx *ctx, const char *str, uint32_t *ret_types);

/**
 * pcireset_types_to_str - format a mask of reset types
 * @types: mask of PCI_RESET_*
 * @buf: output buffer
 * @size: size of @buf; 64 is enough for all types
 *
 * The words are in order of choice, separated by commas. pcireset_types_from_str() can
 * parse them.
 *
 * Return: length of the string, -EINVAL if @types has an unknown bit, -ENOBUFS if
 * @buf is too small.
 * Since: 0.1
 */
int pcireset_types_to_str(uint32_t types, char *buf, size_t size);

/**
 * pcireset_type_at - iterate over the types in order of choice
 * @i: 0 for the type that is chosen first
 *
 * Return: one PCI_RESET_*, or 0 if there is no such @i.
 * Since: 0.1
 */
uint32_t pcireset_type_at(size_t i);

/**
 * pcireset_type_to_str - return the name of one type
 * @type: one PCI_RESET_*
 * @flags: PCIRESET_TYPE_*: with %PCIRESET_TYPE_AF, the name of FLR is "af_flr"
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
 * pcireset_errno_to_str - return the name of an errno, such as "EBUSY"
 * @error: errno, positive or negative
 *
 * Return: the name; "EUNKNOWN" for an errno that no function of this library returns.
 * Since: 0.1
 */
const char *pcireset_errno_to_str(int error);

/**
 * pcireset_why_to_str - return a reason as text
 * @why: enum pcireset_why or enum pcireset_lib_why
 * @type: the PCI_RESET_* to which it applies, or 0
 *
 * Return: text that a person can act on, "" for %PCIRESET_WHY_NONE.
 * Since: 0.1
 */
const char *pcireset_why_to_str(uint32_t why, uint32_t type);

/** PCIRESET_ADDR_STR_MAX - size of the buffer for an address as text */
#define PCIRESET_ADDR_STR_MAX 20

/**
 * pcireset_addr_to_str - format an address in the way of sysfs
 * @addr: address
 * @buf: output buffer of PCIRESET_ADDR_STR_MAX bytes
 *
 * Return: @buf.
 * Since: 0.1
 */
const char *pcireset_addr_to_str(const struct pcireset_addr *addr, char buf[PCIRESET_ADDR_STR_MAX]);

#ifdef __cplusplus
}
#endif

#endif /* LIBPCIRESET_H */
