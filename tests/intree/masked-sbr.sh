#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A Secondary Bus Reset that a CXL port masks is not reported as done.
# topology: cxl
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/intree/lib.sh
. /intree/lib.sh

# CXL r3.1, sec 8.1.5.2: the bit in Bridge Control has no effect until software sets Unmask SBR, which the kernel does not.
port=$(dirname "$(readlink -f /sys/bus/pci/devices/*/reset_subordinate | grep -m 1 '/pci0000:40/')")
exits 0 'there is a CXL port' test -d "$port"
run bash -c "echo 1 >$port/reset_subordinate"
shows 'reset_subordinate of a CXL port with SBR masked' "${output##*: }${output:+, }exit status $status"
is "$status" 1 'the reset fails'
like "$output" 'Inappropriate ioctl for device' 'as not supported'
plan
