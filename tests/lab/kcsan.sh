#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# KCSAN finds a data race in a module that is built like pcireset.
# topology: empty
# kernels: 6.12-kcsan 7.3-kcsan
# kcsan: yes
# modules: tests/lab/kmod
. "$(dirname "$0")/lib.sh"

# What is to be found must not fail the run.
stock_begin
modprobe race
stock_end
like "$(dmesg)" 'BUG: KCSAN: data-race in .*count_up' 'two threads that count in one variable'
plan
