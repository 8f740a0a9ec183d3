#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The recovery service takes the smallest step that helps, for a device that recovers at the first step, at the third,
# and never. It takes only the steps of its policy, obeys its rate limit, and reports each of them.
# topology: empty
# kernels: 6.1
# icount: yes
# modules: tests/lab/kmod
# timeout: 300
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-kernel.sh"
. "$(dirname "$0")/lib-sim.sh"

wedge=/sys/module/fake_drm/parameters/wedge
policies=/etc/pcireset/recover.d
state=/run/pcireset/recover.json
wait_s=20

# policy LINE...
policy() {
	{
		printf '[Match]\nAddress=%s\n[Recover]\nEvents=wedged\nSettle=100\n' "$fn"
		printf '%s\n' "$@"
	} >"$policies/50-test.conf"
}

# sets counts to the number of FLRs and of bus resets that the device has had.
count_resets() {
	sim_count 01.0/00.0 flr && counts=$REPLY
	sim_count 01.0/00.0 bus && counts+=" $REPLY"
}

# wedged DESC METHODS FAILURES WANT: the event, and every line of the service about it, on one line.
wedged() {
	: >told
	echo "$2 $3" >"$wedge"
	wait_for grep -qE "$fn: (recovered|gave up|WEDGED=.*refuse|WEDGED=.*ignore)" told
	is "$(sed -n "s/^$fn: //p" told | tr '\n' '|')" "$4" "$1"
}

is_running() {
	grep -q '^service: running' <(pcireset recover --status)
}

has_ended() {
	! kill -0 "$service" 2>/dev/null
}

sim_load
sim_nodes 01.0 01.0/00.0 02.0 02.0/00.0 && sim_set 01.0 kind=root-port && sim_set 02.0 kind=root-port hotplug=1
sim_set 01.0/00.0 "${driverless[@]}" && sim_set 02.0/00.0 "${driverless[@]}"
sim_live
fn=${sim_bus[1]}:00.0
modprobe fake_drm
echo fake_drm >"/sys/bus/pci/devices/$fn/driver_override"
echo "$fn" >/sys/bus/pci/drivers/fake_drm/bind
mkdir -p "$policies"


: >told
pcireset recover >>told 2>&1 &
service=$!
wait_for is_running
like "$(<told)" '^no policy: nothing will be done' 'without a policy: it says so'
wedged 'without a policy: there is only a line' rebind 0 'WEDGED=rebind: ignore: no policy selects the function|'

where=$policies/50-test.conf:1
policy Steps=rebind,flr,bus Rebind=yes Burst=4
count_resets && before=$counts
wedged 'a device that recovers at the first step' rebind,bus-reset 0 \
	"WEDGED=rebind,bus-reset: recover by $where|rebind: verified|recovered|"
count_resets
is "$counts" "$before" 'a device that recovers at the first step: it was not reset'
wedged 'a device that recovers at the third step' rebind 2 \
	"WEDGED=rebind: recover by $where|rebind: failed: bind of driver fake_drm: Resource deadlock avoided|flr: verified|bind: failed: bind of driver fake_drm: Resource deadlock avoided|bus: verified|bind: verified|recovered|"
before=$counts
count_resets
is "$counts" "$((${before% *} + 1)) $((${before#* } + 1))" 'a device that recovers at the third step: one FLR, one bus reset'
wedged 'a device that never recovers' bus-reset 99 \
	"WEDGED=bus-reset: recover by $where|unbind: verified|bus: verified|bind: failed: bind of driver fake_drm: Resource deadlock avoided|gave up: bind of driver fake_drm: Resource deadlock avoided; the driver stays unbound|"
like "$(pcireset recover --status)" "$fn +gave-up +WEDGED=bus-reset +bus" 'a device that never recovers: the status says so'
# start-stop-daemon starts no program that runs already.
cp "$(command -v pcireset)" /tmp/pcireset-of-nobody
exits 1 'without privileges: a device is not recovered' as_nobody /tmp/pcireset-of-nobody recover --status
like "$output" "$fn +gave-up +WEDGED=bus-reset +bus" 'without privileges: the status says so'
exits 3 'without privileges: no service' as_nobody /tmp/pcireset-of-nobody recover
[[ ! -e /sys/bus/pci/devices/$fn/driver ]] && ok 'a device that never recovers: no driver has it'
like "$(pcireset recover --status --json)" '"unbound_driver": ?"fake_drm"' 'a device that never recovers: the driver is recorded'
# The two before it had recovered.
like "$(pcireset recover --status --json | tr -d '\n')" '"unbound_driver": *"fake_drm", *"recovered": *2, *"gave_up": *1[,} ]' 'a device that never recovers: its results are counted'

# It fails as often as the test says, and then an administrator binds it.
modprobe -r fake_drm && modprobe fake_drm
echo "$fn" >/sys/bus/pci/drivers/fake_drm/bind
echo '#!/bin/bash' >/tmp/hook
# shellcheck disable=SC2016
echo 'echo "$1 $PCIRESET_DEVICE $PCIRESET_EVENT $PCIRESET_REPORT ${PCIRESET_STEP:--}" >>/tmp/hooks' >>/tmp/hook
chmod +x /tmp/hook
policy Steps=power-cycle,rebind Burst=4 'Before=/tmp/hook drain' 'After=/tmp/hook check'
wedged 'what is not possible is said, and the next step follows' rebind 0 \
	"WEDGED=rebind: recover by $where|before: verified|power-cycle: impossible: its power cannot be cut: ${sim_bus[0]}:01.0 has no slot of pciehp, and no _PR3|rebind: verified|after: verified|recovered|"
is "$(tr '\n' '|' </tmp/hooks)" "drain $fn wedged WEDGED=rebind -|check $fn wedged WEDGED=rebind rebind|" 'hooks know what they are about'
wedged 'the rate limit' rebind 0 "WEDGED=rebind: refuse: rate limit: 4 recoveries in 3600 s ($where)|"
policy Steps=rebind Burst=9 'Before=/bin/sleep 1000' HookTimeout=1
wedged 'a hook that takes too long' rebind 0 \
	"WEDGED=rebind: recover by $where|before: failed: /bin/sleep 1000 took too long and was killed|gave up: /bin/sleep 1000 took too long and was killed|"
[[ -e /sys/bus/pci/devices/$fn/driver ]] && ok 'a hook that takes too long: the device was not touched'
echo 'Stepz=flr' >>"$policies/50-test.conf"
wedged 'a mistake in a policy' rebind 0 "WEDGED=rebind: refuse: the policies have an error: ${where%:*}:10: unknown key Stepz|"

policy Steps=rebind Burst=9
chmod o+w "$policies/50-test.conf"
wedged 'a policy that everybody may write' rebind 0 \
	"WEDGED=rebind: refuse: the policies have an error: ${where%:*}: another user than root owns it, or can write to it or its directory|"
chmod o-w "$policies/50-test.conf"
chmod o+w "$policies"
wedged 'a directory that everybody may write' rebind 0 \
	"WEDGED=rebind: refuse: the policies have an error: $policies: another user than root owns it, or can write to it or its directory|"
chmod o-w "$policies"
mount --bind /run/pcireset /run/pcireset && mount -o remount,bind,ro /run/pcireset
: >told
echo 'rebind 0' >"$wedge"
wait_for grep -q '^the attempt cannot be recorded, so nothing was done' told
like "$(<told)" 'recover.json could not be written: Read-only file system' 'an attempt that cannot be recorded does not run'
is "$(grep -c "$fn: rebind" told)" 0 'an attempt that cannot be recorded does not run: no step began'
umount /run/pcireset

# ---- power cycles: a device that recovers at the first step, at the third, and never; and power that is not cut

echo "$fn" >/sys/bus/pci/drivers/fake_drm/unbind
fn=${sim_bus[2]}:00.0
echo fake_drm >"/sys/bus/pci/devices/$fn/driver_override"
echo "$fn" >/sys/bus/pci/drivers/fake_drm/bind
policy Steps=power-cycle Burst=9
wedged 'power cycle: at the first step' cold-reset 0 "WEDGED=cold-reset: recover by $where|power-cycle: verified|recovered|"
sim_count 02.0/00.0 power_on
is "$REPLY" 1 'power cycle: at the first step: the device has lost its power once'
policy Steps=rebind,slot,power-cycle Burst=9 Rebind=yes
wedged 'power cycle: at the third step' rebind 2 \
	"WEDGED=rebind: recover by $where|rebind: failed: bind of driver fake_drm: Resource deadlock avoided|slot: verified|bind: failed: bind of driver fake_drm: Resource deadlock avoided|power-cycle: verified|bind: verified|recovered|"
policy Steps=power-cycle Burst=9
sim_set 02.0 power_stuck=1
wedged 'power cycle: the power is not cut' cold-reset 0 \
	"WEDGED=cold-reset: recover by $where|power-cycle: failed: the power was not cut, or nothing shows it: its link stayed up|gave up: the power was not cut, or nothing shows it: its link stayed up|"
sim_set 02.0 power_stuck=0
wedged 'power cycle: never' cold-reset 99 \
	"WEDGED=cold-reset: recover by $where|power-cycle: failed: a function or its driver is missing after the power cycle|gave up: a function or its driver is missing after the power cycle|"

exits 3 'another service cannot run' pcireset recover
is "$(pcireset metrics | grep -c -e '^pcireset_recover_running 1' -e 'recoveries_total{result="recovered"} 5' \
	-e 'recoveries_total{result="gave-up"} 4' -e 'events_total{event="wedged"} 15' -e '^pcireset_recover_refused_total 5')" 5 'the counters'
kill "$service"
wait_for has_ended || kill -9 "$service"
wait "$service"
is "$?" 64 'it ends with the status of some of several devices'
like "$(pcireset recover --status)" '^service: not running' 'the status says that it has ended'

# ---- a service that is killed, hooks that misbehave, and events that nobody should believe

# start_service: with an empty output.
start_service() {
	: >told
	pcireset recover >>told 2>&1 &
	service=$!
	wait_for is_running
}

# bind_again: the device is there, and its driver does not fail.
bind_again() {
	modprobe -r fake_drm && modprobe fake_drm
	[[ -e /sys/bus/pci/devices/$fn ]] || echo 1 >"/sys/bus/pci/devices/${sim_bus[0]}:02.0/rescan"
	echo fake_drm >"/sys/bus/pci/devices/$fn/driver_override"
	[[ -e /sys/bus/pci/devices/$fn/driver ]] || echo "$fn" >/sys/bus/pci/drivers/fake_drm/bind
}

rm "$state"
echo >"/sys/bus/pci/devices/${sim_bus[1]}:00.0/driver_override"
bind_again
start_service
policy Steps=rebind Burst=1
wedged 'a service that is killed: it has recovered the device' rebind 0 "WEDGED=rebind: recover by $where|rebind: verified|recovered|"
kill -9 "$service"
wait "$service" 2>/dev/null
start_service
wedged 'a service that is killed: the rate limit holds' rebind 0 "WEDGED=rebind: refuse: rate limit: 1 recoveries in 3600 s ($where)|"
policy Steps=rebind Burst=9 Before=/bin/false
wedged 'a hook that fails' rebind 0 \
	"WEDGED=rebind: recover by $where|before: failed: /bin/false failed with status 1|gave up: /bin/false failed with status 1|"
# shellcheck disable=SC2016
printf '#!/bin/bash\nsetsid sleep 1000 &\necho $! >/tmp/daemon\n' >/tmp/hook
policy Steps=rebind Burst=9 Before=/tmp/hook HookTimeout=5
wedged 'a hook that leaves a daemon' rebind 0 "WEDGED=rebind: recover by $where|before: verified|rebind: verified|recovered|"
kill "$service"
wait "$service" 2>/dev/null
start_service
is_running && kill -0 "$(</tmp/daemon)" && ok 'a hook that leaves a daemon: it does not keep the lock of the service'
kill "$(</tmp/daemon)"
# shellcheck disable=SC2016
printf '#!/bin/bash\necho 1 >"/sys/bus/pci/devices/$PCIRESET_DEVICE/remove"\n' >/tmp/hook
policy Steps=rebind,flr Burst=9 Before=/tmp/hook
gone='refused: the function does not exist any more'
wedged 'a device that disappears' rebind 0 \
	"WEDGED=rebind: recover by $where|before: verified|rebind: $gone|flr: $gone|gave up: the function does not exist any more|"
bind_again
policy Steps=rebind Burst=9
for i in {1..1000}; do
	echo 'change fe4d7c9d-b8c6-4a70-9ef1-3d8a58d18eed WEDGED=rebind' >"/sys/bus/pci/devices/$fn/uevent"
done
wedged 'after a flood of other events' rebind 0 "WEDGED=rebind: recover by $where|rebind: verified|recovered|"
is "$(grep -c WEDGED told)" 1 'after a flood of other events: words that user space adds are no event'
like "$(pcireset recover --status)" 'lost events 0' 'after a flood of other events: none was lost'
kill "$service"
wait "$service" 2>/dev/null

# As a killed service leaves it, and damaged behind its beginning.
sed 's/"pid": 0/"pid": 1/; s/"began": \[/"began": "none", "other": [/' "$state" >/tmp/damaged && cp /tmp/damaged "$state"
for try in first second; do
	exits 1 "$try start with a damaged history: refused, because the rate limit is unknown" pcireset recover --timeout 1000
	is "$(cmp "$state" /tmp/damaged 2>&1)" '' "$try start with a damaged history: it stays as it was"
done
sim_clear
plan
