#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# For "make demo": resets emulated devices in a guest with FLR, PM, SLOT and BUS, and explains the output. The addresses
# are those of lab/topologies/mixed.
set -u

surprises=0

say() {
	printf '\n== %s\n' "$1"
	shift
	[[ $# -eq 0 ]] || printf '%s\n' "$@"
}

# show STATUS COMMAND...: runs it, and complains if it does not end with this status.
show() {
	local want=$1 got

	shift
	printf '\n$ %s\n' "$*"
	"$@" 2>&1
	got=$?
	[[ $got -eq 0 ]] || printf '(exit status %d)\n' "$got"
	[[ $got -eq $want ]] && return
	printf '*** the exit status should have been %d\n' "$want"
	surprises=$((surprises + 1))
}

say "Kernel $(uname -r), an emulated machine. What is here, and which resets would work now?"
show 0 pcireset list

say '1. FLR: an NVMe disk, and nothing but the disk.' \
	'First the plan, which touches nothing. Then the reset. Then a read from the disk.'
show 0 pcireset plan 01:00.0 --type flr
show 0 pcireset reset 01:00.0 --type flr
show 0 dd if=/dev/nvme0n1 of=/dev/null bs=4k count=1

say '2. BUS is refused for that disk: its port has hotplug, and would take the reset for the card being pulled.' \
	'Nothing is touched. SLOT is the way there, and the driver stays bound.'
show 3 pcireset reset 01:00.0 --type bus
show 0 pcireset reset 01:00.0 --type slot
show 0 dd if=/dev/nvme0n1 of=/dev/null bs=4k count=1

say '3. BUS: a card with three functions behind a port without hotplug. All three are hit, and the plan says so.' \
	'Two have drivers that cannot be told of a reset. That has to be allowed by name.'
show 3 pcireset plan 03:00.0 --type bus
show 0 pcireset reset 03:00.0 --type bus --force driver --yes

say '4. PM: this network card says that D3hot resets it. QEMU does nothing of the kind.' \
	'The kernel would report success. Here it is "unverified", with an exit status of its own.'
show 4 pcireset reset 0a:02.0 --type pm

say '5. FLR is not there: this device has no such capability, only BUS. Nothing wider is used instead.'
show 3 pcireset reset 0c:00.0 --type flr

if [[ $surprises -gt 0 ]]; then
	say "$surprises commands did not end as they should have."
	exit 1
fi
say 'That was everything as it should be. "lab/pcilab" without a command gives you a shell in such a machine.'
