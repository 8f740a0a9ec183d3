#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# link_disable with siblings and of a PF with VFs, with each hardware fault. fault-matrix.sh has it for one function.
# topology: empty
# kernels: 6.1 6.12 7.3
# nightly: 6.1 6.12
# icount: yes
# modules: tests/lab/kmod
# timeout: 900
. "$(dirname "$0")/fault-matrix.sh" disable
