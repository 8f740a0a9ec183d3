#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A wider type is used only after a failed reset and with --escalate, and the report lists every issued type.
# nightly: 6.1 6.12
# topology: mixed
. "$(dirname "$0")/lib.sh"

# On this function PM is offered and resets nothing, which is a failed reset once proof is asked for.
device=0000:03:00.0
# Nothing restores the message address of a function with MSI off, so it shows every reset.
sibling=0000:03:00.1

# issued: the types of the last report, in one line
issued() {
	tr -d ' \n' <<<"$output" | sed -n 's/.*"issued":\[\([^]]*\)\].*/\1/p'
}

field() {
	tr -d ' \n' <<<"$output" | sed -n "s/.*\"$1\":\"\([a-z_]*\)\".*/\1/p"
}

set_witness() {
	setpci -s $sibling CAP_MSI+4.L=fee12340
}

witness() {
	setpci -s $sibling CAP_MSI+4.L
}

for function in 0 2; do
	driver=$(basename "$(readlink "/sys/bus/pci/devices/0000:03:00.$function/driver")")
	echo "0000:03:00.$function" >"/sys/bus/pci/drivers/$driver/unbind"
done
config_dump /tmp/before
set_witness
is "$(witness)" fee12340 'the sibling has a register that tells of a reset'

exits 4 'without escalation a failed narrow reset stays the only one' \
	pcireset reset $device --type pm,bus --check proof -y -J
is "$(issued)" '"pm"' 'only pm was issued'
is "$(witness)" fee12340 'the sibling was not reset'

exits 0 'with escalation the wider allowed type is next' \
	pcireset reset $device --type pm,bus --check proof --escalate -y -J
is "$(issued)" '"pm","bus"' 'the report lists both types, in order'
is "$(field type)" bus 'and bus as the one that ran last'
is "$(field result)" verified 'which is verified'
is "$(witness)" 00000000 'the sibling was reset'

set_witness
exits 4 'escalation never goes beyond the mask' \
	pcireset reset $device --type pm --check proof --escalate -y -J
is "$(issued)" '"pm"' 'only pm was issued again'

exits 4 'escalation never goes beyond the scope' \
	pcireset reset $device --type pm,bus --max-scope function --check proof --escalate -y -J
is "$(issued)" '"pm"' 'only pm was issued, bus reaches too far'

exits 0 'a narrow reset that succeeds is the last one' \
	pcireset reset 0000:03:00.2 --type flr,bus --escalate -y -J
is "$(issued)" '"flr"' 'only flr was issued'
is "$(witness)" fee12340 'none of these reset the sibling'

setpci -s $sibling CAP_MSI+4.L=0
config_dump /tmp/after
config_is_same /tmp/before /tmp/after 'config space is as before'
plan
