#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# /dev/pcireset waits for a held lock in bounds or not at all, and not past a fatal signal.
# nightly: 6.12
# icount: yes
# topology: mixed
# modules: tests/lab/kmod
# timeout: 180
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"

hold 0000:01:00.0
program_results locks /usr/libexec/pcireset/tests/uapi locks
release
exits 0 'without the lock the reset runs' pcireset reset 01:00.0 --type flr
plan
