#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# As sweep: fails every allocation, open and read of reset and re-enumerate, one in each run.
# topology: empty
# kernels: 7.3
# nightly: 7.3
# icount: yes
# timeout: 3600
SWEEP_LIMIT=1000000
. "$(dirname "$0")/sweep.sh"
