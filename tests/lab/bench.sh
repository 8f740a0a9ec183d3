#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# bench/run really measures each of its rows, here with one function.
# topology: empty
# kernels: 7.3
# timeout: 400
# icount: yes
# add: bench/guest:/bench
. "$(dirname "$0")/lib.sh"

# rows NAME FUNCTIONS: prints all rows of a table, their cells parted by "|".
rows() {
	BENCH_FUNCTIONS=$2 bash "/bench/$1.sh" 2>&1 | sed -E '/^(table|kernel) |^$/d; s/ {2,}/|/g'
	rmdir /sys/kernel/config/pcisim/host
}

# looks_whole NAME FUNCTIONS ROWS
looks_whole() {
	local all

	all=$(rows "$1" "$2")
	is "$(grep -vc 'how|seconds' <<<"$all")" "$3" "$1: $3 rows"
	# What is not there has its reason; nothing else may lack a figure.
	[[ -r /proc/schedstat ]] || all=$(sed -E 's/-(\|[^|]*)$/no schedstat\1/' <<<"$all")
	is "$(grep -E '\|-\|' <<<"$all" | grep -v 'no simulated function has an IOMMU group')" '' "$1: every figure"
	is "$(grep -E 'pcireset\|' <<<"$all" | grep -Ev '\|(seen ready after at most [0-9.]+ ms)?$')" '' "$1: all of pcireset's were reset, and verified"
	is "$(grep -Ev 'setpci' <<<"$all" | grep -E 'failed|were reset|as before')" '' "$1: and all of the kernel's"
}

# Three ways, and again in the table of bridges.
looks_whole many 1 6
# Four types by three ways, two by six, and again all below one bridge.
looks_whole types 1 24
like "$(rows tool 1 | tail -n 1)" '^\|?1(\|[1-9][0-9]*){7}$' 'tool: every figure'
modprobe -r pcisim
plan
