#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The module loads and unloads cleanly, its node appears and disappears, and the tool sees every function.
# topology: empty mixed
# shares: yes
. "$(dirname "$0")/lib.sh"

# has_node: is there a character device, for root alone?
has_node() {
	[[ -c /dev/pcireset && $(stat -c '%a %u' /dev/pcireset) == '600 0' ]]
}

lists_every_function() {
	local function listed

	listed=$(pcireset list) || return
	while IFS= read -r function; do
		grep -q "^$function" <<<"$listed" || return
	done < <(pci_functions)
}

exits 0 'the node is there after loading' has_node
exits 0 'list names every function' lists_every_function
is "${TERM:-}" dumb 'what a command prints has no colours'
for round in 1 2 3; do
	exits 0 "unloads, round $round" rmmod pcireset
	exits 1 "the node is gone, round $round" test -e /dev/pcireset
	exits 0 "loads again, round $round" modprobe pcireset
	exits 0 "the node is back, round $round" has_node
done
rmmod pcireset
exits 0 'list names every function without the module too' lists_every_function
exits 0 'loads once more' modprobe pcireset
plan
