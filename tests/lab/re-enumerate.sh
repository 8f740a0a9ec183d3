#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# pcireset re-enumerate brings back a reprogrammed card without a surprise removal, an error or a containment. It
# removes only the card, reports missing functions, and restores the port above, also after kill -9.
# nightly: 6.1 6.12
# icount: yes
# topology: mixed
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-machine.sh"
. "$(dirname "$0")/lib-sim.sh"

driver_of() {
	REPLY=$(readlink "$devices/$1/driver")
	REPLY=${REPLY##*/}
}

# born FUNCTION: sets REPLY to a value that changes when it is removed and found again.
born() {
	REPLY=$(stat -c %i "$devices/$1/")
}

differs() {
	if [[ $1 != "$2" ]]; then
		ok "$3"
	else
		not_ok "$3" "still $1"
	fi
}

# again STATUS DESC ARGUMENT...: re-enumerates, and the port above is as before.
again() {
	local want=$1 desc=$2 bridge

	shift 2
	bridge=$(readlink -f "$devices/$1/..")
	bridge=${bridge##*/}
	config_dump port-before "$bridge"
	exits "$want" "$desc" pcireset re-enumerate --yes "$@"
	config_dump port-after "$bridge"
	config_is_same port-before port-after "$desc: the port above is as before"
	[[ ! -e /run/pcireset/$bridge.held ]] || not_ok "$desc: a note of it is left"
}

# refused STATUS PATTERN ARGUMENT...: nothing is touched.
refused() {
	local want=$1 pattern=$2

	shift 2
	born "$1"
	local was=$REPLY
	exits "$want" "refused: $pattern" pcireset re-enumerate --yes "$@"
	like "$output" "$pattern" 'and it is said why'
	born "$1"
	is "$REPLY" "$was" 'and it was not removed'
}

# kernel_said PATTERN: since the last mark.
kernel_said() {
	dmesg | sed "1,/re-enumerate: mark $marks\$/d" | grep -E "$1"
}

marks=0
mark() {
	marks=$((marks + 1))
	echo "re-enumerate: mark $marks" >/dev/kmsg
}

# ---- QEMU's devices

mount_disk() {
	block_device_of "$1" && mke2fs "$REPLY" >/dev/null 2>&1 && mount -t ext4 "$REPLY" "$2"
}

nvme=0000:01:00.0
mark
born "$nvme"
was=$REPLY
again 0 'an NVMe in a hotplug slot' "$nvme" --type slot
like "$output" 'slot reset, 1 function removed, 1 found, all as before' 'all is as before'
born "$nvme"
differs "$REPLY" "$was" 'it is another function'
driver_of "$nvme"
is "$REPLY" nvme 'its driver is bound again'
is "$(kernel_said 'Link Down|Card not present|AER|DPC')" '' 'no hotplug event, no error'
born 0000:03:00.1
was=$REPLY
exits 3 'a card with three functions, one named and nobody to ask' pcireset re-enumerate 0000:03:00.1 --type bus
like "$output" 'not named: 0000:03:00.0 0000:03:00.2; use --yes' 'and they are named'
born 0000:03:00.1
is "$REPLY" "$was" 'and nothing was removed'
again 0 'a card with three functions' 0000:03:00.1 --type bus
like "$output" '3 functions removed, 3 found, all as before' 'goes as a whole'
born 0000:0a:01.0
bystander=$REPLY
again 0 'one of three devices behind a conventional bridge' 0000:0a:02.0 --type bus
like "$output" '1 function removed, 1 found' 'goes alone'
born 0000:0a:01.0
is "$REPLY" "$bystander" 'the others on its bus stay'
refused 3 'root bus' 0000:00:11.0 --type flr
# A rescan without firmware would find the functions below the switch's other ports twice.
if [[ -e /sys/firmware/devicetree/base/compatible && ! -e /sys/firmware/acpi/tables ]]; then
	refused 3 'renumbers buses at each rescan' "$(port_to 06)" --type bus --force driver
fi
mkdir -p /mnt/data
exits 0 'a disk is mounted' mount_disk "$nvme" /mnt/data
refused 3 'in use: mount:' "$nvme" --type slot
umount /mnt/data
refused 3 'no FLR' 0000:02:00.0 --type flr
exits 0 'a card with one function needs no --yes' pcireset re-enumerate 0000:0c:00.0 --type bus
exits 2 'two devices are a mistake' pcireset re-enumerate 0000:02:00.0 "$nvme" --type bus

# ---- a reprogrammed card: its link goes down, it reports errors, and it returns as another device

cat >program-anew <<EOF
#!/usr/bin/env bash
echo 0 >$sim/host/01.0/link
echo 1 >$sim/host/01.0/link
while [[ \$(setpci -s \$1 0.l) == ffffffff ]]; do sleep 0.01; done
echo 0x10 >$sim/host/01.0/00.0/error
sleep \${2:-0.2}
exit \${3:-0}
EOF
chmod +x program-anew

sim_load
card=${sim_bus[1]}:00.0
port=${sim_bus[0]}:01.0
sim_node 01.0 kind=root-port hotplug=1 dllla=1 aer=1 dpc=1 surprise_down=1
sim_node 01.0/00.0 "${driverless[@]}" aer=1
sim_node 01.0/00.1 kind=endpoint class=0x068000
sim_live
echo pcisim >"$devices/$card/driver_override"
echo "$card" >/sys/bus/pci/drivers_probe

mark
sim_set 01.0/00.0 identity=c0de:0777 return_bar_size=1048576
again 0 'a card that is programmed anew' "$card" --type link --run "./program-anew $card"
like "$output" "$card: id was c0de:0012, and is c0de:0777" 'it is said that it is another device'
like "$output" "$card: bar 0 was 4K, and is 1M" 'and has another BAR'
like "$output" '(slot|bus) reset, 2 functions removed, 2 found' 'the whole card was found anew'
read -r REPLY _ <"$devices/$card/resource"
like "$REPLY" '[1-9a-f]' 'its BAR has an address'
read -r REPLY <"$devices/$card/driver_override"
is "$REPLY" pcisim 'what was to be its driver is so again'
driver_of "$card"
is "$REPLY" pcisim 'and is bound'
driver_of "${card%0}1"
is "$REPLY" pcisim 'the driver of the other function is bound'
is "$(kernel_said 'Link Down|Card not present|containment|AER:')" '' 'no surprise removal, no error, no containment'
sim_count 01.0 contained
is "$REPLY" 0 'the port contained nothing'

again 0 'nobody is bound meanwhile' "$card" --type link --run "! test -e $devices/${card%0}1/driver"

# The same without the protection of re-enumerate.
mark
stock_begin
./program-anew "$card" 2>/dev/null
sleep 2
stock_end
like "$(kernel_said 'Link Down|Card not present|containment|AER:')" '.' 'stock: the kernel takes it for a surprise'

# ---- missing functions, and failures

sim_set 01.0/00.0 identity=none return_bar_size=0
again 4 'COMMAND fails' "$card" --type link --run "./program-anew $card 0 3"
like "$output" 'failed with status 3; nothing was reset; its drivers are unbound' 'and it is said'
again 0 'again' "$card" --type link
sim_set 01.0 return_width=1
again 4 'a link that comes back with one lane' "$card" --type link
like "$output" 'link width was [0-9]+, and is 1' 'is told'
sim_set 01.0 return_width=0
again 0 'and with all again' "$card" --type link
sim_set 01.0/00.0 ready_bus_us=never ready_power_on_us=never
again 4 'a card that does not come back' "$card" --type link --timeout 1
like "$output" 'its drivers are unbound' 'and what is so now'
refused 3 'it is late after an earlier reset' "$card" --type slot
# The module gives up a minute after the reset.
sleep 62
refused 1 'it is gone or does not respond' "$card" --type slot
sim_set 01.0/00.0 ready_bus_us=300000 ready_power_on_us=300000
# bus_resets: those that the module has counted.
bus_resets() {
	pcireset metrics - | awk '/^pcireset_resets_total.*type="bus"/ { sum += $NF } END { print sum + 0 }'
}
was=$(bus_resets)
again 0 'and does, later' "$card" --type link --json
like "$output" '"type": "bus"' 'reset by the port, as there was nothing to bring back'
is "$(bus_resets)" $((was + 1)) 'the module counts this reset'
like "$output" '"result": "done"' 'and it is back'
sim_set 01.0/00.0 ready_bus_us=0 ready_power_on_us=0

# ---- one at a time, and killed

pcireset re-enumerate --yes "$card" --type link --run 'sleep 2' >first 2>&1 &
sleep 0.7
refused 3 'another process re-enumerates below' "$card" --type link
wait $!
is $? 0 'the first goes on'
config_dump port-before "$port"
pcireset re-enumerate --yes "$card" --type link --run 'sleep 60' &
sleep 0.7
kill -9 $!
exits 1 'killed: doctor tells' pcireset doctor
like "$output" "$port .*re-enumerate was" 'what is left'
refused 3 'pcireset doctor --repair' "$card" --type link
exits 0 'doctor --repair puts it back' pcireset doctor --repair
config_dump port-after "$port"
config_is_same port-before port-after 'all of it'
is "$(ls /run/pcireset)" '' 'and no note is left'
again 0 'and then it works' "$card" --type link
sim_clear
plan
