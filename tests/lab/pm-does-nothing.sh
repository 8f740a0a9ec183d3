#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A PM reset without effect is "unverified" with exit status 4. The stock kernel reports success.
# topology: mixed
# timeout: 240
# shares: yes
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"

# The canary is the address of a message in an MSI capability that is off: a reset clears it, nobody uses it, and the
# kernel does not restore it. INTx Disable, which the module looks at, would not do: the kernel sets it itself before
# every reset and puts it back afterwards, so from outside it always looks untouched.
nic=0000:02:00.0
canary=fee0e750

plant_canary() {
	setpci -s "$nic" CAP_MSI+4.l=$canary
}

canary_now() {
	setpci -s "$nic" CAP_MSI+4.l
}

# stock METHOD: the kernel's own reset, by this method and no other; its status.
stock() {
	local file=$devices/$nic/reset_method was status

	read -r was <"$file"
	echo "$1" >"$file" || return
	echo 1 >"$devices/$nic/reset"
	status=$?
	echo "$was" >"$file"
	return "$status"
}

# unverified FUNCTION ARGUMENT...
unverified() {
	local function=$1

	exits 4 "$*: exit 4" pcireset reset "$@" --type pm --force driver --yes -J
	read_reports "$output"
	is "${report[$function type]:-}" pm "$*: pm was issued"
	is "${report[$function members]:-}" "${scope[$function pm]}" "$*: the members are told"
}

read_machine list
is "$(setpci -s "$nic" CAP_MSI+2.w | sed 's/.*\(.\)$/\1/')" 0 'MSI is off, so its address is free to be the canary'
# A network card of each bus, a disk, and a bridge.
for function in "$nic" 0000:0a:02.0 0000:0b:00.0 0000:09:00.0; do
	unverified "$function"
	is "${report[$function result]:-}" unverified "$function: the result is unverified"
	is "${report[$function error]:-}" '' "$function: and no error, as nobody asked for proof"
done

unverified "$nic" --check proof
is "${report[$nic result]:-}" failed 'with proof asked for it has failed'

plant_canary
exits 0 'the stock kernel says that a PM reset succeeded' stock pm
is "$(canary_now)" "$canary" 'and the canary is alive: nothing was reset'
plant_canary
exits 0 'the stock kernel resets by the bus' stock bus
is "$(canary_now)" 00000000 'and the canary is gone: it can tell a reset'

plant_canary
exits 4 'ours, by PM: exit 4' pcireset reset "$nic" --type pm --force driver --yes -J
is "$(canary_now)" "$canary" 'and rightly so'
plant_canary
exits 0 'ours, by the bus: exit 0' pcireset reset "$nic" --type bus --force driver --yes -J
is "$(canary_now)" 00000000 'and rightly so'

exits 4 'without JSON: exit 4' pcireset reset "$nic" --type pm --force driver --yes
like "$output" unverified 'and the word is unverified'
is "$(grep -cw verified <<<"$output")" 0 'and never verified'
plan
