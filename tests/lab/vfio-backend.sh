#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# A user that has only VFIO's descriptors uses the library: exactly the allowed type runs, or it is refused. VFIO itself is shown for
# comparison.
# intree: yes
# topology: vfio
# timeout: 200
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

# A disk with FLR in a slot, a card of three functions of one group in a slot, a network card without FLR in a port without
# hotplug.
disk=0000:01:00.0 card=0000:02:00 nic=0000:03:00.0
all=("$disk" "$card.0" "$card.1" "$card.2" "$nic")
example=/usr/libexec/pcireset/tests/vfio-reset

# A register of the network cards, and one of the disk, that a reset clears and nobody restores.
register=0x2800 mark=0x5a5a5a50
setup=0x14 setup_mark=0x460000

# lists FUNCTION [WORD...]: the administrator sets reset_method to these words.
lists() {
	local function=$1

	shift
	echo "$*" >"$devices/$function/reset_method"
}

# resets STATUS DESC TYPES FUNCTION [REGISTER=VALUE]: as a user without any privilege; leaves output behind.
resets() {
	exits "$1" "$2" su -s /bin/bash nobody -c "exec $example ${*:3}"
}

# marked FUNCTION: the current value of the mark. An open and a close keep it: VFIO resets by "pm" then, which does nothing.
marked() {
	user "$1" "read:$register"
	echo "$said"
}

mark() {
	user "$1" "write:$register=$mark"
}

echo 'nobody:x:65534:65534:nobody:/:/bin/bash' >>/etc/passwd
load_vfio
exits 0 'without our module' rmmod pcireset
to_driver vfio-pci "${all[@]}"
chmod 0666 /dev/vfio/*
for function in "${all[@]}"; do
	diag "$function: $(cat "$devices/$function/reset_method")"
done
is "$(su -s /bin/bash nobody -c "awk '/^CapEff/ { print \$2 }' /proc/self/status")" 0000000000000000 'the user has no privileges'

# One function. What VFIO does depends on a list that the user cannot write.
lists "$disk" flr bus
resets 3 'flr bus: FLR is refused' flr "$disk" "$setup=$setup_mark"
like "$output" 'refused: EOPNOTSUPP: .*flr: VFIO lets the kernel try every type in reset_method' 'flr bus: and why is said'
like "$output" "register: $setup_mark" 'flr bus: nothing was reset'
lists "$disk" flr
resets 0 'flr: FLR' flr "$disk" "$setup=$setup_mark"
is "${output//$'\n'/; }" "would be flr of $disk; unverified: flr of $disk; register: 0" 'flr: shown before, done, and not called more than that'
resets 3 'flr: anything else is refused' pm,acpi,device_specific "$disk" "$setup=$setup_mark"
like "$output" "register: $setup_mark" 'flr: anything else was not reset'

# The same call of VFIO uses the first type in the list.
stock_begin
lists "$nic" bus
user "$nic" "write:$register=$mark" reset "read:$register"
is "$said" 'done done 0' "bus: VFIO's own call for a reset of the device resets the bus"
stock_end
resets 3 'bus: a function alone is refused' func "$nic" "$register=$mark"
like "$output" "register: $mark" 'bus: nothing was reset'
lists "$nic" pm
resets 0 'pm: which does nothing here' pm "$nic" "$register=$mark"
is "${output//$'\n'/; }" "would be pm of $nic; unverified: pm of $nic; register: $mark" 'pm: is not said to have'
lists "$nic" pm bus
ESCALATE=1 resets 3 'pm bus: the caller cannot let it go on to the bus either' func "$nic" "$register=$mark"
like "$output" "register: $mark" 'pm bus: nothing was reset'

# The link: exactly the one that VFIO would reset.
lists "$nic" pm
mark "$nic"
resets 3 'a port without hotplug: no slot' slot "$nic"
is "$(marked "$nic")" "$mark" 'no slot: nothing was reset'
resets 0 'a port without hotplug: bus' link "$nic" "$register=$mark"
is "${output//$'\n'/; }" "would be bus of $nic; unverified: bus of $nic; register: 0" 'bus: shown before, and done'
resets 3 'a port with hotplug: no bus' bus "$disk" "$setup=$setup_mark"
like "$output" "register: $setup_mark" 'no bus: nothing was reset'
resets 0 'a port with hotplug: slot' slot "$disk" "$setup=$setup_mark"
is "${output//$'\n'/; }" "would be slot of $disk; unverified: slot of $disk; register: 0" 'slot: shown before, and done'

# Neighbours.
mark "$card.0"
mark "$card.1"
resets 0 'slot: all of the card' slot "$card.2"
is "${output//$'\n'/; }" "would be slot of $card.0 $card.1 $card.2; unverified: slot of $card.0 $card.1 $card.2" 'slot: with its neighbours, which were shown before'
is "$(marked "$card.0") $(marked "$card.1")" '0 0' 'slot: they were reset'
mark "$card.0"
unbind "$card.1"
resets 3 'slot: not with a neighbour that VFIO does not have' slot "$card.2"
like "$output" "would be slot of $card.0 $card.1 $card.2" 'slot: what it would affect is shown all the same'
like "$output" "refused: EPERM: $card.2: $card.1: it would be affected" 'slot: the neighbour is named'
is "$(marked "$card.0")" "$mark" 'slot: nothing was reset'

# A function of it alone, of which the kernel lists two types.
lists "$card.2" flr pm
resets 3 'flr pm: refused, although both are allowed' flr,pm "$card.2"
ESCALATE=1 resets 0 'flr pm: unless the caller lets the kernel go on' flr,pm "$card.2"
is "${output//$'\n'/; }" "would be flr of $card.2; unverified: flr,pm of $card.2" 'flr pm: and no type is said to have been the one'
lists "$card.2" flr
resets 0 'flr: FLR is no business of the neighbours' flr "$card.2"
is "$(marked "$card.0")" "$mark" 'FLR: nobody else was reset'
plan
