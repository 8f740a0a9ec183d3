// SPDX-License-Identifier: GPL-2.0-only
/* The library's header for users of 64 and 32 bit, C and C++: it stands alone, and its enums are 32 bits wide. Compiled, never run. */
#include <stddef.h>
#include <libpcireset.h>

#ifdef __cplusplus
#define ASSERT(condition) static_assert(condition, #condition)
#else
#define ASSERT(condition) _Static_assert(condition, #condition)
#endif
#define SIZE(type, size)           ASSERT(sizeof(struct type) == (size))
#define AT(type, member, expected) ASSERT(offsetof(struct type, member) == (expected))

ASSERT(sizeof(enum pcireset_backend) == 4);
ASSERT(sizeof(enum pcireset_use) == 4);
ASSERT(sizeof(enum pcireset_result) == 4);
ASSERT(sizeof(enum pcireset_lib_why) == 4);
ASSERT(sizeof(enum pcireset_record_flags) == 4);
ASSERT(sizeof(enum pcireset_leftover) == 4);
ASSERT(sizeof(enum pcireset_pattern) == 4);
ASSERT(sizeof(enum pcireset_mark) == 4);
ASSERT(sizeof(enum pcireset_power) == 4);
ASSERT(sizeof(enum pcireset_place) == 4);
ASSERT(sizeof(enum pcireset_sign) == 4);
ASSERT(sizeof(enum pcireset_equalization) == 4);

/* Numbers and masks; new ones come last. */
ASSERT(PCIRESET_BACKEND_MODULE == 1);
ASSERT(PCIRESET_BACKEND_SYSFS == 2);
ASSERT(PCIRESET_BACKEND_VFIO == 3);
ASSERT(PCIRESET_USE_DRIVER == 1);
ASSERT(PCIRESET_USE_VFIO == 2);
ASSERT(PCIRESET_USE_MOUNT == 4);
ASSERT(PCIRESET_USE_NET == 8);
ASSERT(PCIRESET_USE_SWAP == 0x10);
ASSERT(PCIRESET_USE_CONSOLE == 0x20);
ASSERT(PCIRESET_USE_OPEN == 0x40);
ASSERT(PCIRESET_USE_UNKNOWN == 0x80);
ASSERT(PCIRESET_WHY_IN_USE == 0x10000);
ASSERT(PCIRESET_WHY_NOT_LISTED == 0x10001);
ASSERT(PCIRESET_WHY_UNKNOWN == 0x10002);
ASSERT(PCIRESET_WHY_NO_MODULE == 0x10003);
ASSERT(PCIRESET_WHY_NO_PERMISSION == 0x10004);
ASSERT(PCIRESET_WHY_SYSROOT == 0x10005);
ASSERT(PCIRESET_WHY_NEEDS_MODULE == 0x10006);
ASSERT(PCIRESET_WHY_METHOD_REFUSED == 0x10007);
ASSERT(PCIRESET_WHY_METHOD_CHANGED == 0x10008);
ASSERT(PCIRESET_WHY_METHOD_LEFT == 0x10009);
ASSERT(PCIRESET_WHY_LEFT_OVER == 0x1000a);
ASSERT(PCIRESET_WHY_DUMP == 0x1000b);
ASSERT(PCIRESET_WHY_LISTS_DIFFER == 0x1000c);
ASSERT(PCIRESET_WHY_METHOD_WIDER == 0x1000d);
ASSERT(PCIRESET_WHY_LINK_UNKNOWN == 0x1000e);
ASSERT(PCIRESET_WHY_VFIO_NO_RESET == 0x1000f);
ASSERT(PCIRESET_WHY_VFIO_DRIVER == 0x10010);
ASSERT(PCIRESET_WHY_VFIO_NO_PROOF == 0x10011);
ASSERT(PCIRESET_WHY_RULE == 0x10012);
ASSERT(PCIRESET_WHY_BAD_RULES == 0x10013);
ASSERT(PCIRESET_WHY_OLD_MODULE == 0x10014);
ASSERT(PCIRESET_RESULT_VERIFIED == 1);
ASSERT(PCIRESET_RESULT_UNVERIFIED == 2);
ASSERT(PCIRESET_RESULT_FAILED == 3);
ASSERT(PCIRESET_RESULT_REFUSED == 4);
ASSERT(PCIRESET_RECORD_SERIALS == 1);
ASSERT(PCIRESET_LEFTOVER_RUNNING == 1);
ASSERT(PCIRESET_LEFTOVER_UNKNOWN == 6);
ASSERT(PCIRESET_LEFTOVER_VOID == 2);
ASSERT(PCIRESET_LEFTOVER_TO_REPAIR == 3);
ASSERT(PCIRESET_LEFTOVER_REPAIRED == 4);
ASSERT(PCIRESET_LEFTOVER_OVERWRITTEN == 5);
ASSERT(PCIRESET_ADDR_STR_MAX == 20);
ASSERT(PCIRESET_MARK_NOT_READY == 1);
ASSERT(PCIRESET_MARK_IDENTITY == 2);
ASSERT(PCIRESET_MARK_LINK_WIDTH == 4);
ASSERT(PCIRESET_MARK_LINK_SPEED == 8);
ASSERT(PCIRESET_MARK_CONFIG == 0x10);
ASSERT(PCIRESET_MARK_NO_EFFECT == 0x20);
ASSERT(PCIRESET_MARK_FAILED == 0x40);
ASSERT(PCIRESET_MARK_DRIVER == 0x80);
ASSERT(PCIRESET_MARK_INTERRUPTS == 0x100);
ASSERT(PCIRESET_MARK_ATS == 0x200);
ASSERT(PCIRESET_MARK_ERRORS == 0x400);
ASSERT(PCIRESET_MARK_CORRECTABLE == 0x800);
ASSERT(PCIRESET_MARK_NEIGHBOUR == 0x1000);
ASSERT(PCIRESET_MARK_EXERCISE == 0x2000);
ASSERT(PCIRESET_MARK_MACHINE == 0x4000);
ASSERT(PCIRESET_MARK_SLOW == 0x8000);
ASSERT(PCIRESET_PATTERN_ONCE == 1);
ASSERT(PCIRESET_PATTERN_ALWAYS == 2);
ASSERT(PCIRESET_PATTERN_RANDOM == 3);
ASSERT(PCIRESET_PATTERN_PERIOD == 4);
ASSERT(PCIRESET_PATTERN_AFTER == 5);
ASSERT(PCIRESET_PATTERN_RISING == 6);
ASSERT(PCIRESET_PATTERN_TREND == 7);

/* The structures grow at their end only. */
SIZE(pcireset_sample, 72);
AT(pcireset_sample, round, 0);
AT(pcireset_sample, device, 4);
AT(pcireset_sample, type, 8);
AT(pcireset_sample, previous, 12);
AT(pcireset_sample, result, 16);
AT(pcireset_sample, error, 20);
AT(pcireset_sample, marks, 24);
AT(pcireset_sample, failed_checks, 28);
AT(pcireset_sample, offset, 32);
AT(pcireset_sample, who, 36);
AT(pcireset_sample, who_offset, 44);
AT(pcireset_sample, speed, 48);
AT(pcireset_sample, width, 52);
AT(pcireset_sample, ready_ns, 56);
AT(pcireset_sample, total_ns, 64);
SIZE(pcireset_series, 136);
AT(pcireset_series, device, 0);
AT(pcireset_series, type, 4);
AT(pcireset_series, nr, 8);
AT(pcireset_series, nr_failed, 16);
AT(pcireset_series, nr_unverified, 24);
AT(pcireset_series, nr_interrupted, 32);
AT(pcireset_series, ready_ns, 40);
AT(pcireset_series, total_ns, 80);
AT(pcireset_series, failed_low, 120);
AT(pcireset_series, failed_high, 128);
SIZE(pcireset_finding, 112);
AT(pcireset_finding, mark, 0);
AT(pcireset_finding, pattern, 4);
AT(pcireset_finding, device, 8);
AT(pcireset_finding, type, 12);
AT(pcireset_finding, previous, 16);
AT(pcireset_finding, period, 20);
AT(pcireset_finding, first, 24);
AT(pcireset_finding, offset, 28);
AT(pcireset_finding, who, 32);
AT(pcireset_finding, sequence, 40);
AT(pcireset_finding, repeats, 60);
AT(pcireset_finding, nr, 64);
AT(pcireset_finding, of, 72);
AT(pcireset_finding, low, 80);
AT(pcireset_finding, high, 88);
AT(pcireset_finding, p, 96);
AT(pcireset_finding, ns_per_reset, 104);
ASSERT(PCIRESET_POWER_NONE == 0);
ASSERT(PCIRESET_POWER_SLOT == 1);
ASSERT(PCIRESET_POWER_D3COLD == 2);
ASSERT(PCIRESET_POWER_UNKNOWN == 3);
ASSERT(PCIRESET_PLACE_ERRORS == 0x10000);
ASSERT(PCIRESET_PLACE_CORRECTABLE == 0x10001);
ASSERT(PCIRESET_PLACE_DRIVER == 0x10002);
ASSERT(PCIRESET_SIGN_OFF == 0);
ASSERT(PCIRESET_SIGN_ABSENT == 1);
ASSERT(PCIRESET_SIGN_LINK_DOWN == 2);
ASSERT(PCIRESET_SIGN_FORGOT == 3);
ASSERT(PCIRESET_EQUALIZATION_NONE == 0);
ASSERT(PCIRESET_EQUALIZATION_COMPLETE == 1);
ASSERT(PCIRESET_EQUALIZATION_REQUESTED == 2);
ASSERT(PCIRESET_EQUALIZATION_FAILED == 3);
