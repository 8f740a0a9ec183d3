#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Each misuse of /dev/pcireset gives the documented errno and touches nothing, with programs of 64 and 32 bit.
# topology: mixed
# timeout: 300
. "$(dirname "$0")/lib.sh"

programs=/usr/libexec/pcireset/tests
tests=(numbers sizes masks pointers arrays results refusals grants passing privilege generation many owners)

for program in uapi uapi-32; do
	if [[ ! -x $programs/$program ]]; then
		skip "$program" 'it was not built: no 32-bit compiler when the build was configured'
		continue
	fi
	for name in "${tests[@]}"; do
		program_results "$program $name" "$programs/$program" "$name"
	done
done
# Last, and once: the device that it unplugs does not come back.
program_results 'uapi orphans' "$programs/uapi" orphans
plan
