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
AT(pcireset_type_info, type, 0);
AT(pcireset_type_info, why_not, 4);
AT(pcireset_type_info, scope, 8);
AT(pcireset_type_info, flags, 12);
AT(pcireset_type_info, who, 16);

SIZE(pcireset_member, 40);
AT(pcireset_member, addr, 0);
AT(pcireset_member, flags, 8);
AT(pcireset_member, why_not, 12);
AT(pcireset_member, state, 16);
AT(pcireset_member, proof, 20);
AT(pcireset_member, failed, 24);
AT(pcireset_member, offset, 28);
AT(pcireset_member, ready_ns, 32);

SIZE(pcireset_info, 40);
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

SIZE(pcireset_open, 32);
AT(pcireset_open, size, 0);
AT(pcireset_open, flags, 4);
AT(pcireset_open, addr, 8);
AT(pcireset_open, types, 16);
AT(pcireset_open, max_scope, 20);
AT(pcireset_open, force, 24);
AT(pcireset_open, out_fd, 28);

SIZE(pcireset_narrow, 24);
AT(pcireset_narrow, size, 0);
AT(pcireset_narrow, flags, 4);
AT(pcireset_narrow, types, 8);
AT(pcireset_narrow, max_scope, 12);
AT(pcireset_narrow, force, 16);
AT(pcireset_narrow, __reserved, 20);

SIZE(pcireset_query, 104);
AT(pcireset_query, size, 0);
AT(pcireset_query, flags, 4);
AT(pcireset_query, types, 8);
AT(pcireset_query, max_scope, 12);
AT(pcireset_query, force, 16);
AT(pcireset_query, type_size, 20);
AT(pcireset_query, nr_types, 24);
AT(pcireset_query, member_size, 28);
AT(pcireset_query, nr_members, 32);
AT(pcireset_query, __reserved, 36);
AT(pcireset_query, type_ptr, 40);
AT(pcireset_query, member_ptr, 48);
AT(pcireset_query, out_nr_types, 56);
AT(pcireset_query, out_nr_members, 60);
AT(pcireset_query, out_types, 64);
AT(pcireset_query, out_type, 68);
AT(pcireset_query, out_scope, 72);
AT(pcireset_query, out_error, 76);
AT(pcireset_query, out_why, 80);
AT(pcireset_query, out_type_flags, 84);
AT(pcireset_query, out_who, 88);
AT(pcireset_query, out_generation, 96);

SIZE(pcireset_reset, 112);
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
AT(pcireset_reset, out_type, 56);
AT(pcireset_reset, out_issued, 60);
AT(pcireset_reset, out_type_flags, 64);
AT(pcireset_reset, out_scope, 68);
AT(pcireset_reset, out_why, 72);
AT(pcireset_reset, out_failed, 76);
AT(pcireset_reset, out_proof, 80);
AT(pcireset_reset, out_nr_members, 84);
AT(pcireset_reset, out_who, 88);
AT(pcireset_reset, out_wait_ns, 96);
AT(pcireset_reset, out_total_ns, 104);

/* The thread's bits, and the numbers of the commands. */
ASSERT(PCI_RESET_DEV_SPECIFIC == 0x01);
ASSERT(PCI_RESET_FLR == 0x02);
ASSERT(PCI_RESET_PM == 0x04);
ASSERT(PCI_RESET_SLOT == 0x08);
ASSERT(PCI_RESET_BUS == 0x10);
ASSERT(PCI_RESET_ACPI == 0x20);
ASSERT(PCI_RESET_CXL_BUS == 0x40);
ASSERT(PCI_RESET_ANY == 0x7f);
ASSERT(PCIRESET_INFO == 0xb940);
ASSERT(PCIRESET_OPEN == 0xb941);
ASSERT(PCIRESET_NARROW == 0xb942);
ASSERT(PCIRESET_QUERY == 0xb943);
ASSERT(PCIRESET_RESET == 0xb944);
