#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The command line on a machine that consists of files: usage, names, plans, output, exit statuses. Resets nothing.

# make_machine sets ROOT.
# shellcheck disable=SC2153
bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
}

# json FILTER: applies a jq filter to the output, and fails for false and null.
json() {
	jq -e "$1" <<<"$output"
}

# says TEXT: standard error is one line with the name of the program and TEXT.
says() {
	[[ $(wc -l <<<"${stderr:-}") -eq 1 && $stderr == 'pcireset: '* && $stderr == *"$1"* ]] && return
	printf 'said: %s\n' "$stderr"
	return 1
}

@test 'a missing, unknown or shortened command is a usage error' {
	run -2 pcireset
	run -2 pcireset frob
	run -2 pcireset rese 01:00.0 --type flr
	run -2 pcireset --frob
	run -2 pcireset help frob
	run -2 --separate-stderr pcireset --frob
	says 'see: pcireset --help'
	exits 2 show
	says 'see: pcireset show --help'
}

@test '--help lists every command, and each command has its own help' {
	run -0 pcireset --help
	for command in list show plan reset re-enumerate watch recover doctor metrics record; do
		[[ $output == *"$command"* ]]
	done
	for command in list show plan reset re-enumerate watch recover doctor metrics record; do
		run -0 pcireset "$command" --help
		[[ $output == "Usage: pcireset $command"* ]]
		first=$output
		run -0 pcireset help "$command"
		[[ $output == "$first" ]]
		run -0 pcireset "$command" -h
		[[ $output == "$first" ]]
	done
	run -0 pcireset --version
	[[ $output =~ ^pcireset\ [0-9]+\.[0-9]+\.[0-9]+$ ]]
}

@test 'help and tables fit 80 columns' {
	for command in --help list show plan reset re-enumerate watch recover doctor metrics record; do
		run -0 pcireset "$command" --help
		[[ -z $(awk 'length > 80' <<<"$output") ]]
	done
	COLUMNS=80 exits 0 list
	[[ -z $(awk 'length > 80' <<<"$output") ]]
	exits 0 show 01:00.0 03:00.0 06:00.0 08:00.1
	[[ -z $(awk 'length > 80' <<<"$output") ]]
}

@test 'long options cannot be shortened' {
	exits 2 list --jso
	says '--jso'
	exits 2 plan 02:00.0 --typ flr
	exits 2 plan 02:00.0 --max bus --type flr
	exits 2 reset 02:00.0 --ty=flr
	says '--ty'
}

@test 'an option that belongs to another command is unknown' {
	exits 2 list --type flr
	exits 2 plan 02:00.0 --type flr --yes
	exits 2 show 02:00.0 --output DEVICE
	exits 2 plan 02:00.0 -t flr -x
	says "unknown option '-x'"
}

@test 'there is no default type and no default device' {
	exits 2 plan 02:00.0
	says 'type'
	exits 2 reset 02:00.0
	exits 2 reset --type flr
	exits 2 show
	exits 2 doctor 02:00.0
}

@test 'bad values are usage errors that name them' {
	exits 2 plan 02:00.0 --type frob
	says 'frob'
	exits 2 plan 02:00.0 --type flr,frob
	says '"frob"'
	exits 2 plan 02:00.0 --type ''
	exits 2 plan 02:00.0 --type ,
	exits 2 plan 02:00.0 --type af_flr
	exits 2 plan 02:00.0 --type flr --max-scope card
	says 'card'
	exits 2 plan 02:00.0 --type flr --force all
	says 'all'
	exits 2 reset 02:00.0 --type flr --check link,frob
	exits 2 list -o DEVICE,FROB
	says "unknown column 'FROB'"
	says 'see: pcireset list --help'
	exits 2 list -o ''
	exits 2 list -J -o DEVICE
	for time in 0 '' s -1 1e3 0x10 .5 1..5 5m '5 s' inf nan 5000000s; do
		exits 2 reset 02:00.0 --type flr "--timeout=$time"
		says 'timeout'
	done
	run -2 pcireset plan 02:00.0 --type
	run -1 pcireset list --sysroot /nothing/there
}

@test 'a malformed name is a usage error, an absent device an error' {
	for name in 00.0 01:00.8 1:2:3:4.0 03:00 8086:10ca frob ''; do
		exits 2 plan "$name" --type flr
		says "$name"
	done
	for name in 01:00.1 ffff:ffff 0001:01:00.0 /sys/nothing /dev/nothing lo usb0; do
		exits 1 plan "$name" --type flr
		says "$name"
	done
}

@test 'with one bad name, nothing is planned or reset' {
	exits 1 plan 02:00.0 01:00.1 --type flr
	[[ -z $output ]]
	exits 2 reset 02:00.0 frob --type flr
	[[ -z $output ]]
}

@test '- reads names from standard input, and a device named twice counts once' {
	run -0 --separate-stderr on plan - 0000:02:00.0 --type flr -J < <(printf '02:00.0\n\n  01:00.4\r\n')
	json '[.devices[].device] == ["0000:02:00.0", "0000:01:00.4"]'
	run -2 on plan - --type flr </dev/null
}

@test 'list shows every function with its types' {
	exits 0 list -n -r -o DEVICE,TYPES
	[[ $(wc -l <<<"$output") -eq $(find "$ROOT/sys/bus/pci/devices" -mindepth 1 | wc -l) ]]
	grep -Fx '0000:01:00.0 flr\x20pm\x20bus' <<<"$output"
	grep -Fx '0000:08:00.0 device_specific\x20acpi\x20af_flr\x20bus' <<<"$output"
	exits 0 list -o device,reach,parent,physfn,slot,vendor,id,class,users,name,driver
	[[ $output == DEVICE* ]]
}

@test 'list --json has all keys' {
	exits 0 list -J
	json '.pcireset == 1 and .backend == "sysfs"'
	json '[.devices[] | keys | contains(["device", "vendor", "id", "class", "driver", "types", "why_not", "scope",
		"users"])] | all'
	json '.devices[] | select(.device == "0000:01:00.0") |
		.vendor == "0x8086" and .id == "0x10c9" and .class == "0x020000" and .driver == "igb" and
		.types == ["flr", "pm", "bus"] and
		(.why_not | keys) == ["acpi", "cxl_bus", "device_specific", "link_disable", "slot"] and
		.scope.flr == ["0000:01:00.0", "0000:01:00.4", "0000:02:00.0"] and .users == ["net:ens1"]'
	json '.devices[] | select(.device == "0000:01:00.4") | .driver == null'
	# Every type is either there or has a reason.
	json '[.devices[] | (.types | length) + (.why_not | length) == 8] | all'
	json '[.devices[] | .types == (.scope | keys_unsorted)] | all'
}

# more_on_bus BUS NR: adds NR siblings of the first function on a bus.
more_on_bus() {
	local first nr

	first=$(readlink -f "$ROOT/sys/bus/pci/devices/0000:$1:00.0")
	for ((nr = 1; nr <= $2; nr++)); do
		cp -a "$first" "${first%/*}/0000:$1:0$nr.0"
		ln -s "$(realpath --relative-to "$ROOT/sys/bus/pci/devices" "${first%/*}/0000:$1:0$nr.0")" "$ROOT/sys/bus/pci/devices/0000:$1:0$nr.0"
	done
}

@test 'list --json repeats facts that several functions share' {
	local all shown

	cp -a "$ROOT" "$BATS_TEST_TMPDIR/machine"
	ROOT=$BATS_TEST_TMPDIR/machine more_on_bus 0a 5
	all=$(ROOT=$BATS_TEST_TMPDIR/machine on list -J)
	jq -e '[.devices[] | select(.device | startswith("0000:0a:")) | .scope.cxl_bus | length] == [6, 6, 6, 6, 6, 6]' <<<"$all"
	jq -e '[.devices[] | .device as $self | .scope[] | index($self) != null] | all' <<<"$all"
	# Each by itself says the same.
	shown=$(jq -r '.devices[].device' <<<"$all" | while read -r device; do
		ROOT=$BATS_TEST_TMPDIR/machine on show "$device" -J
	done | jq -s 'map(.devices[] | del(.power_cycle))')
	[[ $shown == "$(jq .devices <<<"$all")" ]]
	# Lines break where jq breaks them, except in empty values.
	diff <(jq . <<<"$all") <(sed -zE 's/([[{])\n *([]}])/\1\2/g' <<<"$all")
}

@test 'list reports all users of a function' {
	exits 0 list -J
	json '.devices[] | select(.device == "0000:04:00.0") | .users == ["mount:/data disk", "swap:/dev/nvme0n1p2"]'
	json '.devices[] | select(.device == "0000:07:00.0") | .users == ["vfio"]'
	json '.devices[] | select(.device == "0000:00:02.0") | .users == ["console"]'
	json '.devices[] | select(.device == "0000:00:1f.2") | .users == ["mount:/"]'
	exits 0 show 07:00.0
	[[ $output == *'qemu-system-x86, process 812'* ]]
}

@test 'show gives each type, or the reason why it is unsupported' {
	exits 0 show 03:00.0
	[[ $output == *'slot: 3'* && $output == *'0000:03:00.0 0000:03:00.1'* && $output == *No_Soft_Reset* ]]
	exits 0 show 03:00.0 02:00.0 -J
	json '.devices[0].why_not.bus | test("hotplug")'
	json '.devices[0].why_not.flr | test("no FLR in Device Capabilities")'
	json '.devices[1].device == "0000:02:00.0"'
}

@test 'show says who manages a slot that cannot be reset' {
	local root=$BATS_TEST_TMPDIR/machine slot

	cp -a "$ROOT" "$root"
	slot=$root/sys/bus/pci/slots/4
	mkdir "$slot"
	echo 0000:04:00 >"$slot/address"
	run -0 pcireset show 04:00.0 -J --sysroot "$root"
	json '.devices[0].why_not.slot == "slot 4 has no hotplug driver that could reset it"'
	ln -s ../../../../module/acpiphp "$slot/module"
	run -0 pcireset show 04:00.0 -J --sysroot "$root"
	json '.devices[0].why_not.slot == "slot 4 is run by acpiphp (ACPI hotplug), which cannot reset one"'
	pcireset record "$BATS_TEST_TMPDIR/archive" --sysroot "$root"
	run -0 pcireset show 04:00.0 -J --sysroot "$BATS_TEST_TMPDIR/archive"
	json '.devices[0].why_not.slot | test("acpiphp")'
	run -0 pcireset show 02:00.0 -J --sysroot "$root"
	json '.devices[0].why_not.slot | test("not in a hotplug slot")'
}

@test 'show draws the position of the function and the reach of each type' {
	run -0 env LC_ALL=C pcireset show 08:00.0 --sysroot "$ROOT"
	[[ $(printf '%s\n' "$output" | sed 's/ *$//') == *'
0000:00:1d.0
`-0000:05:00.0
  `-0000:06:01.0
    |-0000:08:00.0 device_specific acpi
    |              af_flr bus
    `-0000:08:00.1 bus'* ]]
	# A PF and its VFs, including one on another bus.
	run -0 env LC_ALL=C pcireset show 01:00.0 --sysroot "$ROOT"
	[[ $output == *'-0000:01:00.4 flr pm bus'*'-0000:02:00.0 flr pm bus'* ]]
	# A function without a reset type has no tree.
	exits 0 show 00:00.0
	[[ $output != *'AFFECTED BY'* ]]
}

@test 'show is coloured on a terminal only, and not with NO_COLOR' {
	on_terminal() {
		script -qec "$1 pcireset show 01:00.0 --sysroot '$ROOT'" /dev/null
	}
	TERM=xterm run -0 on_terminal ''
	[[ $output == *$'\033['*m* ]]
	TERM=xterm run -0 on_terminal NO_COLOR=1
	[[ $output != *$'\033['*m* ]]
	run -0 on show 01:00.0
	[[ $output != *$'\033'* ]]
}

@test 'plan --svg draws affected functions, their users, and spared functions' {
	local svg=$BATS_TEST_TMPDIR/plan.svg

	exits 0 plan 08:00.0 --type bus --svg "$svg"
	[[ $(grep -c ': reset</text>' "$svg") -eq 2 ]]
	for function in 0000:08:00.0 0000:08:00.1; do
		grep -F ">$function: reset</text>" "$svg"
	done
	for function in 0000:00:1d.0 0000:05:00.0 0000:06:00.0 0000:06:01.0 0000:07:00.0; do
		grep -F ">$function: spared</text>" "$svg"
	done
	grep -E 'in use by: vfio .*, process 812' "$svg"
	# Functions elsewhere are left out.
	run -1 grep -F 0000:01:00.0 "$svg"
	# A refused plan is drawn too, and says so.
	exits 3 plan 04:00.0 --type flr --svg "$BATS_TEST_TMPDIR/refused.svg"
	grep -F 'refused: in use by mount:/data disk' "$BATS_TEST_TMPDIR/refused.svg"
	exits 2 plan 04:00.0 01:00.0 --type flr --svg "$BATS_TEST_TMPDIR/two.svg"
	[[ ! -e $BATS_TEST_TMPDIR/two.svg ]]
	exits 1 plan 08:00.0 --type bus --svg "$svg"
	says 'File exists'
	NO_COLOR=1 exits 0 plan 08:00.0 --type bus --svg "$BATS_TEST_TMPDIR/plain.svg"
	grep -F '#ffc9c9' "$svg"
	run -1 grep -F '#ffc9c9' "$BATS_TEST_TMPDIR/plain.svg"
}

@test 'plan --svg without Graphviz is an error that names it' {
	local path

	path=$(dirname "$(command -v pcireset)")
	run -1 --separate-stderr env PATH="$path" pcireset plan 08:00.0 --type bus --svg "$BATS_TEST_TMPDIR/none.svg" --sysroot "$ROOT"
	says 'Graphviz'
	[[ ! -e $BATS_TEST_TMPDIR/none.svg ]]
}

@test 'a circle of bridges does not make the tree endless' {
	local machine=$BATS_TEST_TMPDIR/machine name

	cp -a "$ROOT" "$machine"
	for name in 0000:11:00.0/0000:12:00.0 0000:12:00.0/0000:11:00.0; do
		mkdir -p "$machine/sys/devices/pci0000:00/$name"
		ln -s "../../../devices/pci0000:00/$name" "$machine/sys/bus/pci/devices/"
		echo 0x1234 | tee "$machine/sys/devices/pci0000:00/$name"/{vendor,device,class} >/dev/null
		echo flr >"$machine/sys/devices/pci0000:00/$name/reset_method"
	done
	run -0 timeout -s KILL 300 pcireset list -o DEVICE,PARENT --sysroot "$machine"
	run -0 timeout -s KILL 300 pcireset show 11:00.0 --sysroot "$machine"
}

@test 'plan prints the affected functions and touches nothing' {
	before=$(find "$ROOT" -newer "$ROOT/proc/812/comm" -type f | sort)
	exits 0 plan 02:00.0 --type flr
	[[ $output == '0000:02:00.0: flr would affect 1 function'* ]]
	exits 0 plan 02:00.0 03:00.1 --type flr,link --force driver -J
	json '.devices[1] | .chosen == "slot" and .refused == null and .members == ["0000:03:00.0", "0000:03:00.1"] and .unknown == []'
	[[ $(find "$ROOT" -newer "$ROOT/proc/812/comm" -type f | sort) == "$before" ]]
}

@test 'plan refuses unsupported types with status 3' {
	exits 3 plan 03:00.0 --type flr -J
	json '.devices[0] | .chosen == null and .error == "EOPNOTSUPP" and (.refused | test("no FLR"))'
	exits 3 plan 03:00.0 --type bus
	[[ $output == *'allow slot instead'* ]]
	exits 3 plan 09:00.0 --type any
	[[ $output == *'does not respond'* ]]
	exits 3 plan 08:00.0 --type bus --max-scope function
	[[ $output == *'bus: it affects more functions than allowed: 0000:08:00.1; use a wider --max-scope' ]]
	exits 3 plan 06:00.0 --type bus --max-scope function
	[[ $output == *'than allowed: 0000:07:00.0 and 4 more; use a wider --max-scope' ]]
	exits 0 plan 08:00.0 --type bus --max-scope bus
}

@test 'plan refuses a function in use, unless that use is forced' {
	exits 3 plan 04:00.0 --type flr -J
	json '.devices[0] | .chosen == "flr" and .error == "EBUSY" and (.refused | test("mount:/data disk"))'
	exits 3 plan 04:00.0 --type flr --force mount
	[[ $output == *'in use by swap:/dev/nvme0n1p2 (0000:04:00.0)'* && $output != *'in use by mount'* ]]
	exits 3 plan 04:00.0 --type flr --force net,console
	exits 0 plan 04:00.0 --type flr --force mount,swap,driver
	exits 3 plan 01:00.0 --type flr --force mount
	exits 0 plan 01:00.0 --type flr --force net,driver
	exits 3 plan 07:00.1 --type bus
	[[ $output == *'vfio: qemu-system-x86, process 812 (0000:07:00.0)'* ]]
	exits 0 plan 07:00.1 --type bus --force vfio
	exits 0 plan 07:00.1 --type flr
}

@test '--force does not add a type' {
	exits 3 plan 03:00.0 --type flr --force driver,vfio,mount,net,swap,console
}

@test 'several devices: 64 if only some succeed' {
	exits 64 plan 02:00.0 03:00.0 --type flr
	exits 3 plan 03:00.0 03:00.1 --type flr
	exits 0 plan 02:00.0 01:00.4 --type flr
}

@test 'several devices: one reset serves all, if all functions that it affects are named' {
	exits 0 plan 08:00.0 08:00.1 02:00.0 --type flr,pm,bus
	[[ $output == '0000:08:00.0: bus would affect 2 functions
0000:08:00.0: one bus reset instead of 1 flr and 1 pm: all functions that it affects are named
'*'
0000:08:00.1: included in the bus reset of 0000:08:00.0

0000:02:00.0: flr would affect 1 function
'* ]]
	exits 0 plan 08:00.0 08:00.1 02:00.0 --type flr,pm,bus -J
	json '[.devices[].chosen] == ["bus", "bus", "flr"] and [.devices[].shares] == [null, "0000:08:00.0", null] and
		[.devices[].expected_ms] == [102, 102, 100] and
		[.devices[].chosen_why] == (["one bus reset instead of 1 flr and 1 pm: all functions that it affects are named"] | . + . + [null])'
	json '.devices[1].members == ["0000:08:00.0", "0000:08:00.1"] and .devices[1].reaches == "bus"'
}

@test 'several devices: a port that is reset does not reset the VFs below it' {
	exits 0 plan 00:01.0 01:00.4 --type flr,pm --force net,driver -J
	json '[.devices[].chosen] == ["pm", "flr"] and all(.devices[]; .shares == null)'
	exits 0 plan 00:01.0 --type pm --force net,driver
	[[ $(grep -c ' cut off ' <<<"$output") -eq 3 ]]
}

@test 'several devices: a shared reset affects no other function, and is allowed and not refused' {
	exits 0 plan 08:00.0 02:00.0 --type flr,pm,bus -J
	json '[.devices[].chosen] == ["af_flr", "flr"] and all(.devices[]; .chosen_why == null and .shares == null)'
	exits 0 plan 08:00.0 08:00.1 --type flr,pm,bus --max-scope function -J
	json '[.devices[].chosen] == ["af_flr", "pm"]'
	exits 0 plan 08:00.0 08:00.1 --type flr,pm -J
	json '[.devices[].chosen] == ["af_flr", "pm"]'
	exits 64 plan 07:00.0 07:00.1 --type flr,bus -J
	json '[.devices[].chosen] == ["flr", "flr"] and [.devices[].error] == ["EBUSY", null]'
	exits 0 plan 07:00.0 07:00.1 --type flr,bus --force vfio -J
	json '[.devices[].chosen] == ["bus", "bus"]'
}

@test 'reset of a recorded machine is refused' {
	exits 3 reset 02:00.0 --type flr -J
	json '.pcireset == 1'
	json '.resets[0] | .devices == ["0000:02:00.0"] and .result == "refused" and .type == null and .issued == [] and
		.members == [] and .error == "EROFS" and (.message | type) == "string" and .failed_checks == [] and
		.wait_ms == 0 and .total_ms == 0'
	exits 3 reset 02:00.0 --type flr --yes --check link,config,proof --timeout 500ms --escalate --force driver
	says '0000:02:00.0: refused'
	[[ -z $output ]]
}

@test 'reset --no-module of a recorded machine is refused' {
	for command in list 'show 02:00.0' 'plan 02:00.0 --type flr'; do
		# shellcheck disable=SC2086
		exits 0 $command --no-module -J
		json '.backend == "sysfs"'
	done
	exits 3 reset 02:00.0 --type flr --no-module -J
	json '.resets[0] | .result == "refused" and .error == "EROFS" and .issued == []'
}

@test 'a mount point with control characters and invalid UTF-8 is escaped' {
	local machine=$BATS_TEST_TMPDIR/machine

	"$BATS_TEST_DIRNAME/make-sysroot" "$machine"
	printf '24 22 259:1 / /a\377\\033[31m"\303\251 rw - xfs /dev/nvme0n1p1 rw\n' >"$machine/proc/self/mountinfo"
	run -3 --separate-stderr pcireset plan 04:00.0 --type flr --force swap -J --sysroot "$machine"
	iconv -f UTF-8 -t UTF-8 <<<"$output" >/dev/null
	json '.devices[0].users[0] == "mount:/a?\u001b[31m\"é"'
	run -3 pcireset plan 04:00.0 --type flr --force swap --sysroot "$machine"
	[[ $output != *$'\033'* ]]
	run -2 pcireset plan $'\033[31m' --type flr --sysroot "$machine"
	[[ $output != *$'\033'* ]]
}

@test 'output that cannot be written is an error' {
	[[ -c /dev/full ]] || skip 'no /dev/full'
	to_full() {
		"$@" >/dev/full
	}
	for command in list 'show 08:00.1' 'plan 08:00.1 --type pm' doctor; do
		# shellcheck disable=SC2086 # words
		run to_full on $command
		# A plan that is refused keeps its status.
		[[ $status -eq 1 || $command == plan* && $status -eq 3 ]] || { printf '%s: %d\n' "$command" "$status" && return 1; }
		[[ $output == *'cannot write the output'* ]]
	done
	run -1 to_full pcireset --help
}

# Later kernels added cxl_bus in reset_method (6.12) and vfio-dev (6.2).
@test 'the sysfs of Linux 5.15 gives the same list' {
	local old=$BATS_TEST_TMPDIR/machine

	cp -a "$ROOT" "$old"
	find "$old/sys" -name vfio-dev -prune -exec rm -r {} +
	grep -rlF --include=reset_method cxl_bus "$old/sys" | xargs sed -i 's/cxl_bus/bus/'
	diff <(pcireset list -J --sysroot "$ROOT") <(pcireset list -J --sysroot "$old")
	# Before 5.15, there is no reset_method, so a reset of a function could not be limited to a type.
	find "$old/sys" -name reset_method -delete
	run -3 --separate-stderr pcireset plan 02:00.0 --type func --sysroot "$old"
	[[ $output == *'does not list it in reset_method'* ]]
}

@test 'a machine without PCI is an error' {
	local command

	mkdir -p "$BATS_TEST_TMPDIR/none/sys"
	for command in list 'list -J' 'show 01:00.0' 'plan 01:00.0 --type flr' doctor 'record -'; do
		# shellcheck disable=SC2086
		run -1 --separate-stderr pcireset $command --sysroot "$BATS_TEST_TMPDIR/none"
		says 'sys/bus/pci/devices'
		[[ -z $output ]]
	done
	# A machine with an empty list of functions is not an error.
	mkdir -p "$BATS_TEST_TMPDIR/none/sys/bus/pci/devices"
	run -0 pcireset list --sysroot "$BATS_TEST_TMPDIR/none"
	run -0 pcireset list -J --sysroot "$BATS_TEST_TMPDIR/none"
	json '.devices == []'
}

# thousand DIR: that machine with a thousand functions more, in slots of eight below a port on bus 40. By few processes.
thousand() {
	local dir=$1/sys/devices/pci0000:00/0000:00:1c.6 functions links

	cp -a "$ROOT" "$1"
	functions=(0000:{4,5,6,7}{0..7}:{0,1}{0,1,2,3,4,5,6,7}.{0,7})
	functions=("${functions[@]:0:1000}")
	mkdir -p "${functions[@]/#/$dir/}"
	(
		cd "$dir" || return
		echo 0x1234 | tee vendor device "${functions[@]/%//vendor}" "${functions[@]/%//device}"
		echo 0x060400 >class
		echo 0x020000 | tee "${functions[@]/%//class}"
		echo 'flr bus' | tee "${functions[@]/%//reset_method}"
	) >/dev/null
	links=("${functions[@]/#/../../../devices/pci0000:00/0000:00:1c.6/}")
	ln -s "${links[@]}" ../../../devices/pci0000:00/0000:00:1c.6 "$1/sys/bus/pci/devices"
}

@test 'a thousand functions are listed, planned, shown and recorded, and may go meanwhile' {
	local machine=$BATS_TEST_TMPDIR/machine fifo=$BATS_TEST_TMPDIR/fifo names first status=0

	thousand "$machine"
	mapfile -t names < <(cd "$machine/sys/bus/pci/devices" && printf '%s\n' 0000:[4-7]*)
	COLUMNS=80 run -0 pcireset list --sysroot "$machine"
	[[ $(grep -c '^0000:[4-7][0-7]:' <<<"$output") -eq 1000 && -z $(awk 'length > 80' <<<"$output") ]]
	[[ $(pcireset list -J --sysroot "$machine" | grep -c '"device": "0000:[4-7]') -eq 1000 ]]
	[[ $(printf '%s\n' "${names[@]}" | pcireset plan --type flr - --sysroot "$machine" | grep -c 'flr would affect 1 function$') -eq 1000 ]]
	run -0 pcireset show 47:17.7 --sysroot "$machine"
	[[ $(grep -c '^[^ 0]*0000:[4-7][0-7]:.* bus *$' <<<"$output") -eq 1000 && -z $(awk 'length > 80' <<<"$output") ]]
	[[ $(pcireset record - --sysroot "$machine" | tar -t | grep -c '^sys/bus/pci/devices/0000:[4-7]') -eq 1000 ]]

	# More to say than a pipe holds, so that it waits for its reader.
	mkfifo "$fifo"
	timeout -s KILL 600 pcireset show "${names[@]}" --sysroot "$machine" >"$fifo" 2>"$BATS_TEST_TMPDIR/errors" &
	exec 8<"$fifo"
	read -r first <&8
	rm -r "$machine/sys/devices/pci0000:00/0000:00:1c.6"
	cat <&8 >"$BATS_TEST_TMPDIR/shown"
	exec 8<&-
	wait $! || status=$?
	[[ $first == "${names[0]} [1234:1234]" ]]
	[[ $status -eq 64 && $(sort -u <(sed -E 's/0000:[^ ]*:/FUNCTION:/' "$BATS_TEST_TMPDIR/errors")) == 'pcireset: FUNCTION: is gone' ]]
	[[ $(($(grep -c '^driver: ' "$BATS_TEST_TMPDIR/shown") + $(wc -l <"$BATS_TEST_TMPDIR/errors"))) -eq 1000 ]]
}
