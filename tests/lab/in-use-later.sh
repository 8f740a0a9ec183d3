#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A program that has scanned the machine once still notices a new driver and new users of its device.
# topology: mixed
# kernels: 6.1
# python: pcireset
. "$(dirname "$0")/lib.sh"

function=0000:01:00.0
export PYTHONPATH=/usr/lib/python3/dist-packages
echo "$function" >/sys/bus/pci/drivers/nvme/unbind
program_results later python3 -S "${BASH_SOURCE[0]%.sh}.py" "$function"
plan
