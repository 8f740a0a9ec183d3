// SPDX-License-Identifier: GPL-2.0-only
/* The layout of every structure of the interface, for ever: it is compiled for 64 and 32 bit, as C and C++, never run. */
#include <stddef.h>
#include <linux/pcireset.h>

#ifdef __cplusplus
#define ASSERT(condition) static_assert(condition, #condition)
#else
#define ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define SIZE(type, size)           ASSERT(sizeof(struct type) == (size))
#define AT(type, member, expected) ASSERT(offsetof(struct type, member) == (expected))

SIZE(pcireset_addr, 8);
AT(pcireset_addr, domain, 0);
AT(pcireset_addr, bus, 4);
AT(pcireset_addr, devfn, 5);
AT(pcireset_addr, __reserved, 6);

SIZE(pcireset_type_info, 24);
ASSERT(PCIRESET_TYPE_INFO_SIZE_VER0 == 24);
AT(pcireset_type_info, type, 0);
AT(pcireset_type_info, why_not, 4);
AT(pcireset_type_info, scope, 8);
AT(pcireset_type_info, flags, 12);
AT(pcireset_type_info, who, 16);

SIZE(pcireset_member, 40);
ASSERT(PCIRESET_MEMBER_SIZE_VER0 == 40);
AT(pcireset_member, addr, 0);
AT(pcireset_member, flags, 8);
AT(pcireset_member, why_not, 12);
AT(pcireset_member, state, 16);
AT(pcireset_member, proof, 20);
AT(pcireset_member, failed, 24);
AT(pcireset_member, offset, 28);
AT(pcireset_member, ready_ns, 32);

SIZE(pcireset_info, 52);
ASSERT(PCIRESET_INFO_SIZE_VER0 == 40);
AT(pcireset_info, size, 0);
AT(pcireset_info, flags, 4);
AT(pcireset_info, out_types, 8);
AT(pcireset_info, out_checks, 12);
AT(pcireset_info, out_force, 16);
AT(pcireset_info, out_reset_flags, 20);
AT(pcireset_info, out_max_scope, 24);
AT(pcireset_info, out_timeout_ms, 28);
AT(pcireset_info, out_max_timeout_ms, 32);
AT(pcireset_info, __reserved, 36);
AT(pcireset_info, out_late_ms, 40);
AT(pcireset_info, out_max_members, 44);
AT(pcireset_info, out_query_flags, 48);

SIZE(pcireset_open, 32);
ASSERT(PCIRESET_OPEN_SIZE_VER0 == 32);
AT(pcireset_open, size, 0);
AT(pcireset_open, flags, 4);
AT(pcireset_open, addr, 8);
AT(pcireset_open, types, 16);
AT(pcireset_open, max_scope, 20);
AT(pcireset_open, force, 24);
AT(pcireset_open, out_fd, 28);

SIZE(pcireset_narrow, 24);
ASSERT(PCIRESET_NARROW_SIZE_VER0 == 24);
AT(pcireset_narrow, size, 0);
AT(pcireset_narrow, flags, 4);
AT(pcireset_narrow, types, 8);
AT(pcireset_narrow, max_scope, 12);
AT(pcireset_narrow, force, 16);
AT(pcireset_narrow, __reserved, 20);

SIZE(pcireset_query, 112);
ASSERT(PCIRESET_QUERY_SIZE_VER0 == 112);
AT(pcireset_query, size, 0);
AT(pcireset_query, flags, 4);
AT(pcireset_query, types, 8);
AT(pcireset_query, max_scope, 12);
AT(pcireset_query, force, 16);
AT(pcireset_query, type_size, 20);
AT(pcireset_query, nr_types, 24);
AT(pcireset_query, member_size, 28);
AT(pcireset_query, nr_members, 32);
AT(pcireset_query, nr_owners, 36);
AT(pcireset_query, type_ptr, 40);
AT(pcireset_query, member_ptr, 48);
AT(pcireset_query, owner_ptr, 56);
AT(pcireset_query, out_nr_types, 64);
AT(pcireset_query, out_nr_members, 68);
AT(pcireset_query, out_types, 72);
AT(pcireset_query, out_type, 76);
AT(pcireset_query, out_scope, 80);
AT(pcireset_query, out_error, 84);
AT(pcireset_query, out_why, 88);
AT(pcireset_query, out_type_flags, 92);
AT(pcireset_query, out_who, 96);
AT(pcireset_query, out_generation, 104);

SIZE(pcireset_expect, 32);
ASSERT(PCIRESET_EXPECT_SIZE_VER0 == 32);
AT(pcireset_expect, size, 0);
AT(pcireset_expect, flags, 4);
AT(pcireset_expect, types, 8);
AT(pcireset_expect, max_scope, 12);
AT(pcireset_expect, out_type, 16);
AT(pcireset_expect, __reserved, 20);
AT(pcireset_expect, out_ns, 24);

SIZE(pcireset_reset, 128);
ASSERT(PCIRESET_RESET_SIZE_VER0 == 128);
AT(pcireset_reset, size, 0);
AT(pcireset_reset, flags, 4);
AT(pcireset_reset, types, 8);
AT(pcireset_reset, max_scope, 12);
AT(pcireset_reset, checks, 16);
AT(pcireset_reset, force, 20);
AT(pcireset_reset, timeout_ms, 24);
AT(pcireset_reset, member_size, 28);
AT(pcireset_reset, nr_members, 32);
AT(pcireset_reset, settle_ms, 36);
AT(pcireset_reset, member_ptr, 40);
AT(pcireset_reset, generation, 48);
AT(pcireset_reset, owner_ptr, 56);
AT(pcireset_reset, nr_owners, 64);
AT(pcireset_reset, link_speed, 68);
AT(pcireset_reset, out_type, 72);
AT(pcireset_reset, out_issued, 76);
AT(pcireset_reset, out_type_flags, 80);
AT(pcireset_reset, out_scope, 84);
AT(pcireset_reset, out_why, 88);
AT(pcireset_reset, out_failed, 92);
AT(pcireset_reset, out_proof, 96);
AT(pcireset_reset, out_nr_members, 100);
AT(pcireset_reset, out_who, 104);
AT(pcireset_reset, out_wait_ns, 112);
AT(pcireset_reset, out_total_ns, 120);

SIZE(pcireset_reset_entry, 24);
ASSERT(PCIRESET_RESET_ENTRY_SIZE_VER0 == 24);
AT(pcireset_reset_entry, fd, 0);
AT(pcireset_reset_entry, out_errno, 4);
AT(pcireset_reset_entry, out_done, 8);
AT(pcireset_reset_entry, __reserved, 12);
AT(pcireset_reset_entry, reset_ptr, 16);

SIZE(pcireset_reset_many, 32);
ASSERT(PCIRESET_RESET_MANY_SIZE_VER0 == 32);
AT(pcireset_reset_many, size, 0);
AT(pcireset_reset_many, flags, 4);
AT(pcireset_reset_many, nr_entries, 8);
AT(pcireset_reset_many, entry_size, 12);
AT(pcireset_reset_many, entry_ptr, 16);
AT(pcireset_reset_many, out_entry, 24);
AT(pcireset_reset_many, __reserved, 28);

SIZE(pcireset_stats, 112);
ASSERT(PCIRESET_STATS_SIZE_VER0 == 88);
AT(pcireset_stats, size, 0);
AT(pcireset_stats, flags, 4);
AT(pcireset_stats, type, 8);
AT(pcireset_stats, __reserved, 12);
AT(pcireset_stats, out_last_errno, 16);
AT(pcireset_stats, out_last_proof, 20);
AT(pcireset_stats, out_last_ns, 24);
AT(pcireset_stats, out_verified, 32);
AT(pcireset_stats, out_unverified, 40);
AT(pcireset_stats, out_timed_out, 48);
AT(pcireset_stats, out_failed, 56);
AT(pcireset_stats, out_functions, 64);
AT(pcireset_stats, out_wait_ns, 72);
AT(pcireset_stats, out_refused, 80);
AT(pcireset_stats, out_late, 88);
AT(pcireset_stats, out_late_restored, 96);
AT(pcireset_stats, out_late_lost, 104);

SIZE(pcireset_empty_bus, 40);
ASSERT(PCIRESET_EMPTY_BUS_SIZE_VER0 == 40);
AT(pcireset_empty_bus, size, 0);
AT(pcireset_empty_bus, flags, 4);
AT(pcireset_empty_bus, bridge, 8);
AT(pcireset_empty_bus, out_why, 16);
AT(pcireset_empty_bus, __reserved, 20);
AT(pcireset_empty_bus, out_who, 24);
AT(pcireset_empty_bus, out_total_ns, 32);

/* The thread's bits, and the numbers of the commands. */
ASSERT(PCI_RESET_DEV_SPECIFIC == 0x01);
ASSERT(PCI_RESET_FLR == 0x02);
ASSERT(PCI_RESET_PM == 0x04);
ASSERT(PCI_RESET_SLOT == 0x08);
ASSERT(PCI_RESET_BUS == 0x10);
ASSERT(PCI_RESET_ACPI == 0x20);
ASSERT(PCI_RESET_CXL_BUS == 0x40);
ASSERT(PCI_RESET_FUNC == 0x27);
ASSERT(PCI_RESET_LINK_DISABLE == 0x80);
ASSERT(PCI_RESET_LINK == 0xd8);
ASSERT(PCI_RESET_ANY == 0xff);
ASSERT(PCIRESET_IOC_TYPE == 0xb9);
ASSERT(PCIRESET_CMD_INFO == 0x40);
ASSERT(PCIRESET_CMD_OPEN == 0x41);
ASSERT(PCIRESET_CMD_NARROW == 0x42);
ASSERT(PCIRESET_CMD_QUERY == 0x43);
ASSERT(PCIRESET_CMD_RESET == 0x44);
ASSERT(PCIRESET_CMD_RESET_MANY == 0x45);
ASSERT(PCIRESET_CMD_STATS == 0x46);
ASSERT(PCIRESET_CMD_EXPECT == 0x47);
ASSERT(PCIRESET_CMD_EMPTY_BUS == 0x48);
ASSERT(PCIRESET_INFO == 0xb940);
ASSERT(PCIRESET_OPEN == 0xb941);
ASSERT(PCIRESET_NARROW == 0xb942);
ASSERT(PCIRESET_QUERY == 0xb943);
ASSERT(PCIRESET_RESET == 0xb944);
ASSERT(PCIRESET_RESET_MANY == 0xb945);
ASSERT(PCIRESET_STATS == 0xb946);
ASSERT(PCIRESET_EXPECT == 0xb947);
ASSERT(PCIRESET_EMPTY_BUS == 0xb948);

/* Masks. */
ASSERT(PCIRESET_CHECK_READY == 0x1);
ASSERT(PCIRESET_CHECK_IDENTITY == 0x2);
ASSERT(PCIRESET_CHECK_LINK == 0x4);
ASSERT(PCIRESET_CHECK_CONFIG == 0x8);
ASSERT(PCIRESET_CHECK_PROOF == 0x10);
ASSERT(PCIRESET_FORCE_DRIVER == 0x1);
ASSERT(PCIRESET_FORCE_VFIO == 0x2);
ASSERT(PCIRESET_TYPE_AF == 0x1);
ASSERT(PCIRESET_MEMBER_TARGET == 0x1);
ASSERT(PCIRESET_MEMBER_RESET == 0x2);
ASSERT(PCIRESET_MEMBER_VF == 0x4);
ASSERT(PCIRESET_MEMBER_BRIDGE == 0x8);
ASSERT(PCIRESET_MEMBER_DRIVER == 0x10);
ASSERT(PCIRESET_MEMBER_PREPARE == 0x20);
ASSERT(PCIRESET_MEMBER_VFIO == 0x40);
ASSERT(PCIRESET_MEMBER_OWNED == 0x80);
ASSERT(PCIRESET_MEMBER_LATE == 0x100);
ASSERT(PCIRESET_GRANT_OWNED == 0x1);
ASSERT(PCIRESET_MAX_OWNERS == 256);
ASSERT(PCIRESET_RESET_ESCALATE == 0x1);
ASSERT(PCIRESET_RESET_TRY == 0x2);
ASSERT(PCIRESET_RESET_SPEED == 0x4);
ASSERT(PCIRESET_QUERY_PLAN_ONLY == 0x10000);

/* Numbers; new ones come last. */
ASSERT(PCIRESET_SCOPE_FUNCTION == 1);
ASSERT(PCIRESET_SCOPE_SLOT == 2);
ASSERT(PCIRESET_SCOPE_BUS == 3);
ASSERT(PCIRESET_WHY_NONE == 0);
ASSERT(PCIRESET_WHY_NO_CAPABILITY == 1);
ASSERT(PCIRESET_WHY_QUIRK == 2);
ASSERT(PCIRESET_WHY_NO_HANDLER == 3);
ASSERT(PCIRESET_WHY_NO_FIRMWARE == 4);
ASSERT(PCIRESET_WHY_NO_SOFT_RESET == 5);
ASSERT(PCIRESET_WHY_NOT_D0 == 6);
ASSERT(PCIRESET_WHY_NO_BRIDGE == 7);
ASSERT(PCIRESET_WHY_NO_SLOT == 8);
ASSERT(PCIRESET_WHY_HOTPLUG == 9);
ASSERT(PCIRESET_WHY_CXL_MASKED == 10);
ASSERT(PCIRESET_WHY_NO_CXL == 11);
ASSERT(PCIRESET_WHY_GONE == 12);
ASSERT(PCIRESET_WHY_DRIVER == 13);
ASSERT(PCIRESET_WHY_VFIO == 14);
ASSERT(PCIRESET_WHY_SCOPE == 15);
ASSERT(PCIRESET_WHY_LOCK == 16);
ASSERT(PCIRESET_WHY_CHANGED == 17);
ASSERT(PCIRESET_WHY_NOT_READY == 18);
ASSERT(PCIRESET_WHY_OTHER_DEVICE == 19);
ASSERT(PCIRESET_WHY_LINK == 20);
ASSERT(PCIRESET_WHY_CONFIG == 21);
ASSERT(PCIRESET_WHY_NO_PROOF == 22);
ASSERT(PCIRESET_WHY_TRIGGER == 23);
ASSERT(PCIRESET_WHY_NOT_ALLOWED == 24);
ASSERT(PCIRESET_WHY_CANCELLED == 25);
ASSERT(PCIRESET_WHY_CONTAINED == 26);
ASSERT(PCIRESET_WHY_NOT_OWNED == 27);
ASSERT(PCIRESET_WHY_NOT_ENDPOINT == 28);
ASSERT(PCIRESET_WHY_HAS_HANDLER == 29);
ASSERT(PCIRESET_WHY_VFIO_OPEN == 30);
ASSERT(PCIRESET_WHY_LATE == 31);
ASSERT(PCIRESET_WHY_BARS == 32);
ASSERT(PCIRESET_WHY_TSM == 33);
ASSERT(PCIRESET_WHY_LIVE_UPDATE == 34);
ASSERT(PCIRESET_WHY_SPEED == 35);
ASSERT(PCIRESET_PROOF_NONE == 0);
ASSERT(PCIRESET_PROOF_SHOWN == 1);
ASSERT(PCIRESET_PROOF_UNKNOWN == 2);
ASSERT(PCIRESET_PROOF_REFUTED == 3);
ASSERT(PCIRESET_STATE_UNTOUCHED == 0);
ASSERT(PCIRESET_STATE_RESTORED == 1);
ASSERT(PCIRESET_STATE_DEAD == 2);
ASSERT(PCIRESET_STATE_OTHER == 3);
ASSERT(PCIRESET_MAX_RESETS == 16384);
