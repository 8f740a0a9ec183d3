#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Users of the VFIO sample reset exactly with the allowed types, and only their own devices. vfio-pci is shown for
# comparison.
# icount: yes
# intree: yes
# topology: vfio
# modules: tests/lab/kmod
# timeout: 400
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-vfio.sh"

# A disk with FLR in a slot, a card of three functions in a slot, a network card without FLR in a port without hotplug.
disk=0000:01:00.0 card=0000:02:00 nic=0000:03:00.0
all=("$disk" "$card.0" "$card.1" "$card.2" "$nic")
parameter=/sys/module/vfio_typed_pci/parameters/types
proof_refuted=3

# A register of the network card that a reset clears, and no driver's or VFIO's restoring of config space brings back.
register=0x2800 mark=0x5a5a5a50

# The same of the disk: how its controller is to be set up, though not to start.
setup=0x14 setup_mark=0x460000

# allow TYPES: and clear the record of issued types.
allow() {
	echo $(($1)) >"$parameter"
	log_mark
	: >"$tracing/trace"
}

# issued: the types of all resets since, by any user; never ambiguous, as all of a test's are by this module.
issued() {
	sed -n 's/.*pcireset_trigger:.* type=\([^ ]*\).*/\1/p' "$tracing/trace" | paste -sd ' '
}

# results_of FUNCTION: "result/type" of each reset, from the kernel log.
results_of() {
	log_since | sed -n "s/.*vfio_typed_pci $1: result=\([^ ]*\) type=\([^ ]*\) .*/\1\/\2/p" | paste -sd ' '
}

load_vfio
stock_begin
to_driver vfio-pci "$nic"
user "$nic" "write:$register=$mark" reset "read:$register"
is "$said" "done done $mark" 'vfio-pci: a reset that the kernel chose is done, and reset nothing'
echo bus >"$devices/$nic/reset_method"
user "$nic" "write:$register=$mark" reset "read:$register"
is "$said" 'done done 0' 'vfio-pci: the same call may as well reset the bus'
echo default >"$devices/$nic/reset_method"
stock_end

exits 0 'the sample loads' modprobe vfio_typed_pci
to_driver vfio_typed_pci "${all[@]}"
for function in "${all[@]}"; do
	is "$(driver_of "$function")" vfio_typed_pci "$function is bound"
done
methods=$(cat "$devices"/*/reset_method)
triggers_begin

allow $flr
user "$nic" "write:$register=$mark" reset "read:$register"
is "$said" "done EOPNOTSUPP $mark" 'no FLR: the user has the device, no reset, and is told'
is "$(issued)" '' 'no FLR: nothing was issued when it was opened, reset and closed'
allow $bus
user "$nic" "write:$register=$mark" reset "read:$register"
is "$said" 'done done 0' 'bus allowed, and nobody else is on it: done, and it was reset'
is "$(issued)" "$bus $bus $bus" 'bus allowed: when opened, when asked, when closed'
allow $pm
user "$nic" reset
is "$said" 'open: EIO' 'a type that does nothing: the user does not get the device as if it were clean'
has "$(logged vfio_typed_pci "$nic" result=)" 'and the log says so' type=$pm proof=$proof_refuted

allow $flr
user "$disk" "write:$setup=$setup_mark" reset "read:$setup" "write:$setup=$setup_mark" flr "read:$setup"
is "$said" 'done done 0 done done 0' 'FLR: done, and it was reset'
is "$(results_of "$disk")" "0/$flr 0/$flr 0/$flr 0/$flr" 'FLR: when opened, when asked, by the FLR bit, when closed'
is "$(issued)" "$flr $flr $flr $flr" 'FLR: and no other reset'
allow 0
user "$disk" "write:$setup=$setup_mark" reset flr "read:$setup"
is "$said" "done EOPNOTSUPP done $setup_mark" 'nothing allowed: refused, but a bit has no answer; and nothing was reset'
is "$(issued)" '' 'nothing allowed: nothing was issued'
like "$(log_since)" "vfio_typed_pci $disk: not reset by the FLR bit: $eopnotsupp" 'nothing allowed: the log has the answer'
allow 0
if [[ -e /proc/sys/vm/unprivileged_userfaultfd ]]; then
	user "$disk" "write:$setup=$setup_mark" sneak "read:$setup"
	is "$said" "done done $setup_mark" 'nothing allowed: nor is it reset by a bit that is set while VFIO reads the buffer'
else
	skip 'nothing allowed: a bit that is set while VFIO reads the buffer' 'this kernel is built without userfaultfd'
fi

# What VFIO does by itself when a device is opened and when its last user leaves.
echo bus >"$devices/$nic/reset_method"
user "$nic" "write:$register=$mark"
user "$nic" "read:$register"
is "$said" "$mark" 'nothing allowed: closed and opened again, and not even VFIO has reset it'
like "$(cat "$devices/$nic/reset_method")" '^bus$' 'a list of the administrator is still there'
echo default >"$devices/$nic/reset_method"

# Mappings of BARs are taken away before a reset, or there are none.
allow $flr
user "$disk" touch touch reset touch
if [[ ${PCILAB_KERNEL%%-*} == 6.1 ]]; then
	is "$said" 'EINVAL EINVAL done EINVAL' 'no BAR can be mapped where the mapping could not be taken away'
else
	is "$said" 'fault there done fault' 'a mapped BAR is taken away by a reset, and can be had again'
fi

# The hot reset: of all that the user's groups hold, by the one type that is allowed.
allow $slot
user "$card.0" hot
is "$said" 'done' 'hot reset: slot'
has "$(logged vfio_typed_pci "$card.0" result=)" 'hot reset: all of the card, verified' result=0 type=$slot issued=$slot \
	members=3 proof=$proof_shown failed=0x0
is "$(issued)" $slot 'hot reset: once, and none when opened and closed'
user "$card.0" reset
is "$said" EPERM 'VFIO_DEVICE_RESET: not by a type that hits its neighbours'
like "$(log_since)" "vfio_typed_pci $card.0: not reset: $card.1 would be affected and is not its user's" 'and the neighbour is named'
allow $bus
user "$card.0" hot
is "$said" EOPNOTSUPP 'hot reset: never a plain bus reset below a hotplug port'
allow $flr
user "$card.2" hot reset
is "$said" 'EOPNOTSUPP done' 'hot reset: not by FLR, which is for one function'
unbind "$card.1"
allow $slot
user "$card.0" hot
is "$said" EPERM 'hot reset: not if a function has no driver'
like "$(log_since)" "not reset: $card.1 would be affected" 'hot reset: it is named'
to_driver vfio-pci "$card.1"
user "$card.0" hot
is "$said" EPERM "hot reset: not if a function is another VFIO driver's"
to_driver vfio_typed_pci "$card.1"
is "$(issued)" '' 'hot reset: none of these was issued'

# A driver is taken off while its device is open: that waits, with the device's lock held, for the user to leave.
allow $flr
hold_open "$disk"
echo "$disk" >"$drivers/vfio_typed_pci/unbind" &
sleep 1
let_go
wait
is "$(driver_of "$disk")" '' 'taken off while open: it is off'
is "$(results_of "$disk")" "0/$flr $eagain/0x0 0/$flr" 'taken off while open: reset after all, under the lock that was in the way'

# Somebody else has the lock.
to_driver vfio_typed_pci "$disk"
hold "$disk"
allow $flr
user "$disk" reset
is "$said" 'open: EAGAIN' 'locked: the device is not given away unreset'
release

is "$(cat "$devices"/*/reset_method)" "$methods" 'reset_method reads as before, of every function'
plan
