#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# As sweep: fails every allocation, opened file and read of reset and re-enumerate, one a run.
# topology: empty
# kernels: 7.3
# nightly: 7.3
# icount: yes
# timeout: 3600
SWEEP_LIMIT=1000000
. "$(dirname "$0")/sweep.sh"
