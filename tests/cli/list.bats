#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# pcireset list on a machine that consists of files: width, columns, filters, tree and colours.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
	export ARCHIVE=$BATS_FILE_TMPDIR/machine.tar
	pcireset record "$ARCHIVE" --sysroot "$ROOT"
	unset COLUMNS NO_COLOR
	export TERM=xterm LC_ALL=C.UTF-8
}

# says TEXT: standard error is one line with the name of the program and TEXT.
says() {
	[[ $(wc -l <<<"${stderr:-}") -eq 1 && $stderr == 'pcireset: '* && $stderr == *"$1"* ]] && return
	printf 'said: %s\n' "$stderr"
	return 1
}

# on_terminal COLUMNS COMMAND...: prints the output of the command on a terminal of that width.
on_terminal() {
	script -qec "stty cols $1; $(printf '%q ' "${@:2}")" /dev/null </dev/null | tr -d '\r'
}

# longest: prints the length of the longest line of standard input, without colours.
longest() {
	sed 's/\x1b\[[0-9;]*m//g' | awk 'length > longest { longest = length } END { print longest }'
}

@test 'list to a pipe cuts nothing and prints one line for each function' {
	local functions

	functions=$(find "$ROOT/sys/bus/pci/devices" -type l | wc -l)
	exits 0 list
	[[ $(wc -l <<<"$output") -eq $((functions + 1)) ]]
	grep -q '^0000:08:00.0 .* device_specific:1 acpi:1 af_flr:1 bus:2 ' <<<"$output"
	grep -q '^0000:04:00.0 .* mount:/data disk swap:/dev/nvme0n1p2 ' <<<"$output"
	[[ $(grep -cFf <(on list -nr -o NAME | sed 's/\\x20/ /g') <<<"$output") -eq $functions ]]
}

@test 'show and plan to a pipe cut neither names nor users' {
	local machine=$BATS_TEST_TMPDIR/machine long

	long=$(printf 'long%.0s' {1..50})
	cp -a "$ROOT" "$machine"
	sed -i "s,/data.040disk,/$long," "$machine/proc/self/mountinfo"
	mv "$machine/sys/bus/pci/drivers/nvme" "$machine/sys/bus/pci/drivers/$long"
	ln -sfn "../../../../bus/pci/drivers/$long" "$machine/sys/devices/pci0000:00/0000:00:1c.4/0000:04:00.0/driver"
	for command in 'show 04:00.0' 'plan 04:00.0 --type flr' list; do
		# shellcheck disable=SC2086
		run --separate-stderr pcireset $command --sysroot "$machine"
		[[ $(grep -c "mount:/$long" <<<"$output") -ge 1 && $(grep -c "\(^\| \)$long " <<<"$output") -ge 1 ]]
	done
}

@test 'tables fit the terminal or COLUMNS' {
	for width in 60 100 200; do
		[[ $(on_terminal "$width" pcireset list --sysroot "$ROOT" | longest) -le $width ]]
		[[ $(COLUMNS=$width on_terminal 80 pcireset list --sysroot "$ROOT" | longest) -le $width ]]
		[[ $(COLUMNS=$width on list | longest) -le $width ]]
	done
	[[ $(COLUMNS=200 on_terminal 80 pcireset list --sysroot "$ROOT" | longest) -gt 80 ]]
	[[ $(on_terminal 0 pcireset list --sysroot "$ROOT" | longest) -le 80 ]]
	COLUMNS=200 exits 0 show 03:00.0
	grep -q ' No_Soft_Reset is set: going to D3hot and back would reset nothing *$' <<<"$output"
	COLUMNS=50 exits 0 show 03:00.0
	[[ $(longest <<<"$output") -le 80 ]]
	# The second of three lines is as long as the first may be.
	grep -qE '^ +going to D3hot and back *$' <<<"$output"
	for columns in '' 0 -5 80x 999999999999; do
		diff <(COLUMNS=$columns on list) <(on list)
	done
}

@test 'a closed pipe is not an error' {
	local command

	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	for command in list 'list -J' 'show 01:00.0 03:00.0 08:00.0' 'plan 01:00.0 --type flr -J' doctor 'record -'; do
		for sysroot in "$ROOT" "$ARCHIVE"; do
			# The reader has gone before the first line is written.
			# shellcheck disable=SC2086
			run bash -c '{ sleep 0.1; pcireset "${@:2}" --sysroot "$1"; echo "status $?" >&3; } 3>&2 | true' - "$sysroot" $command
			[[ $output =~ ^status\ [0-9]+$ && $output != 'status 2' ]]
		done
	done
	run bash -c 'set -o pipefail; pcireset list --sysroot "$1" | head -n 1' - "$ROOT"
	[[ $status -eq 0 && $output == DEVICE* ]]
	[[ -z $(ls "$TMPDIR") ]]
}

# shows DEVICE... -- ARG...: list with these arguments has these functions and no others, in that order.
shows() {
	local want=()

	while [[ $1 != -- ]]; do
		want+=("$1") && shift
	done
	exits 0 list -nr -o DEVICE "${@:2}"
	[[ -z ${stderr:-} ]]
	diff <(printf '%s\n' "${want[@]}") <(printf '%s\n' "$output")
	diff <(printf '%s\n' "${want[@]}" | grep . | jq -Rn '[inputs]') <(on list -J "${@:2}" | jq '[.devices[].device]')
}

@test 'list prints named functions once, in the given order' {
	shows 0000:04:00.0 0000:01:00.0 -- 04:00.0 01:00.0 0000:04:00.0
	shows 0000:01:00.0 -- ens1
	shows 0000:07:00.0 0000:07:00.1 -- '07:*'
	exits 2 list frob
	says '"frob"'
	exits 1 list 01:00.0 05:00.7
	says '05:00.7'
	[[ -z $output ]]
	# The same line as in the list of all functions.
	diff <(on list | grep '^0000:04:00.0' | tr -s ' ') <(on list -n 04:00.0 | tr -s ' ')
}

@test 'filters: one option, repeated options, and several options' {
	shows 0000:01:00.0 -- --driver igb
	shows 0000:01:00.0 0000:04:00.0 -- --driver igb --driver=nvme
	shows 0000:03:00.0 0000:03:00.1 -- --slot 3
	shows 0000:03:00.0 -- --slot 3 --class 03
	shows 0000:07:00.0 0000:07:00.1 -- --driver vfio-pci --vendor 1af4
	shows '' -- --driver igb --vendor 1af4
	shows 0000:03:00.0 0000:03:00.1 -- --vendor 10de
	shows 0000:03:00.0 0000:03:00.1 0000:04:00.0 -- --vendor 0x10DE --vendor 1b36
	shows 0000:04:00.0 -- 04:00.0 03:00.0 --driver nvme
	shows '' -- 03:00.0 --driver nvme
}

@test 'filters: --class takes a number, a mask or a name' {
	for class in 0108 0x0108 ::0108 010802 0x010802 0108:02 ::0108:02 0108xx x108 'Non-Volatile memory' 'nvm express'; do
		shows 0000:04:00.0 10000:e1:00.0 -- --class "$class"
	done
	shows 0000:00:0e.0 0000:00:1f.2 0000:04:00.0 10000:e1:00.0 -- --class 01
	shows 0000:00:0e.0 0000:00:1f.2 0000:04:00.0 10000:e1:00.0 -- --class 'mass storage'
	shows 0000:00:02.0 0000:03:00.0 -- --class VGA
	shows '' -- --class 0107
	shows '' -- --class 'no such class'
}

@test 'filters: no match is an empty list, a malformed value is a usage error' {
	local option

	for option in --driver=frob --vendor=ffff --slot=frob --class=ff --class=frobnicator; do
		exits 0 list "$option"
		[[ -z $output && -z ${stderr:-} ]]
	done
	for option in --driver= --slot= --vendor= --vendor=0x --vendor=frob --vendor=12345 --vendor=-1 --vendor=8086:10c9 \
		--class= --class=1 --class=0x12345 --class=01080 --class=0108020 --class=0108: --class=1frob --class=::frob --class=0xgg; do
		exits 2 list "$option"
		says "${option%%=*}: '${option#*=}'"
	done
	exits 2 show --driver igb 01:00.0
}

@test 'filters: a fact that a dump lacks is not taken for absent' {
	"$BATS_TEST_DIRNAME/lspci-dump" "$ROOT" >"$BATS_TEST_TMPDIR/dump"
	for option in '--driver=igb' '--slot=3'; do
		run -2 --separate-stderr pcireset list "$option" --file "$BATS_TEST_TMPDIR/dump"
		says "${option%%=*}: a dump"
	done
	[[ $(pcireset list -nr -o DEVICE --vendor 8086 --class 'host bridge' --file "$BATS_TEST_TMPDIR/dump" 2>/dev/null) == 0000:00:00.0 ]]
}

@test 'columns: --output-all, and --output +COLUMN' {
	exits 0 list -r --output-all 01:00.4
	[[ $output == 'DEVICE DRIVER TYPES REACH USERS NAME VENDOR ID CLASS SLOT PARENT PHYSFN'$'\n'*' 0000:00:01.0 0000:01:00.0' ]]
	diff <(on list -rO) <(on list -r --output-all)
	exits 0 list -r -o +slot,Parent 03:00.0
	[[ $output == 'DEVICE DRIVER REACH USERS NAME SLOT PARENT'$'\n'*' 3 0000:00:1c.0' ]]
	exits 2 list -o +FROB
	says "unknown column 'FROB'"
	says 'valid columns: DEVICE, DRIVER, TYPES, REACH, USERS, NAME, VENDOR, ID, CLASS, SLOT, PARENT, PHYSFN;'
	exits 2 list -o DRVER
	says "did you mean 'DRIVER'?"
	says 'valid columns: DEVICE, DRIVER, TYPES, REACH,'
	for columns in + '' ',' 'DEVICE,' 'DEVICE,+SLOT' ++SLOT '+,SLOT'; do
		exits 2 list -o "$columns"
		says '--output'
	done
	exits 2 list -O -o DEVICE
	exits 2 list -O -J
	says '--output-all'
}

@test 'tree: all functions, with reach and users' {
	exits 0 list --tree
	[[ $(wc -l <<<"$output") -eq $(($(on list | wc -l))) ]]
	diff <(printf '%s\n' "$output" | sed 's/^\([^0-9D]*[^ ]*\).*/\1/') - <<-'END'
		DEVICE
		0000:00:00.0
		0000:00:01.0
		├─0000:01:00.0
		├─0000:01:00.4
		└─0000:02:00.0
		0000:00:02.0
		0000:00:0e.0
		0000:00:14.0
		0000:00:1b.0
		└─0000:0a:00.0
		0000:00:1c.0
		├─0000:03:00.0
		└─0000:03:00.1
		0000:00:1c.4
		└─0000:04:00.0
		0000:00:1d.0
		└─0000:05:00.0
		  ├─0000:06:00.0
		  │ ├─0000:07:00.0
		  │ └─0000:07:00.1
		  └─0000:06:01.0
		    ├─0000:08:00.0
		    └─0000:08:00.1
		0000:00:1e.0
		└─0000:09:00.0
		0000:00:1f.2
		10000:e0:06.0
		└─10000:e1:00.0
	END
	# Each line has the same columns as the list.
	diff <(on list | tr -s ' ' | sort) <(printf '%s\n' "$output" | sed 's/^[^0-9D]*//' | tr -s ' ' | sort)
}

@test 'tree: ASCII and UTF-8, and archives and dumps' {
	local LC_ALL=C

	export LC_ALL
	exits 0 list --tree
	grep -q '^|-0000:01:00.0 ' <<<"$output"
	grep -q '^  | `-0000:07:00.1 ' <<<"$output"
	[[ -z $(tr -d '\000-\177' <<<"$output") ]]
	diff <(on list --tree) <(pcireset list --tree --sysroot "$ARCHIVE")
	"$BATS_TEST_DIRNAME/lspci-dump" "$ROOT" >"$BATS_TEST_TMPDIR/dump"
	diff <(on list --tree -o DEVICE) <(pcireset list --tree -o DEVICE --file "$BATS_TEST_TMPDIR/dump" 2>/dev/null)
}

@test 'tree: below named functions, and with the bridges above matches' {
	exits 0 list --tree -n -o DEVICE 05:00.0
	[[ $(head -n 1 <<<"$output") == 0000:05:00.0 && $(wc -l <<<"$output") -eq 7 ]]
	exits 0 list --tree -n -o DEVICE 06:01.0 00:01.0
	[[ $output == $'0000:00:01.0\n├─0000:01:00.0\n├─0000:01:00.4\n└─0000:02:00.0\n0000:06:01.0\n├─0000:08:00.0\n└─0000:08:00.1' ]]
	# A function below another named one is shown once.
	diff <(on list --tree 05:00.0) <(on list --tree 06:01.0 05:00.0)
	exits 0 list --tree -n -o DEVICE --driver igb --driver vfio-pci
	[[ $output == $'0000:00:01.0\n└─0000:01:00.0\n0000:00:1d.0\n└─0000:05:00.0\n  └─0000:06:00.0\n    ├─0000:07:00.0\n    └─0000:07:00.1' ]]
	exits 0 list --tree -n -o DEVICE 05:00.0 --driver vfio-pci --driver igb
	[[ $output == $'0000:05:00.0\n└─0000:06:00.0\n  ├─0000:07:00.0\n  └─0000:07:00.1' ]]
	exits 0 list --tree --driver frob
	[[ -z $output ]]
	exits 0 list --tree -n -o REACH,DEVICE 0a:00.0 00:1b.0
	[[ $output == *'└─0000:0a:00.0' ]]
	exits 2 list --tree --json
	says '--tree'
}

# colored_on_terminal [VAR=VALUE...] -- ARG...: does the tool print colours on a terminal of 200 columns?
colored_on_terminal() {
	local env=(TERM=xterm XDG_CONFIG_HOME="$BATS_TEST_TMPDIR/config")

	while [[ $1 != -- ]]; do
		env+=("$1") && shift
	done
	on_terminal 200 env "${env[@]}" pcireset "${@:2}" --sysroot "$ROOT" >"$BATS_TEST_TMPDIR/colored"
	grep -q $'\033' "$BATS_TEST_TMPDIR/colored"
}

@test 'colours: only on a terminal with colours, unless --color says otherwise' {
	for command in list 'list --tree' 'show 03:00.0'; do
		read -ra words <<<"$command"
		colored_on_terminal -- "${words[@]}"
		colored_on_terminal NO_COLOR= -- "${words[@]}"
		colored_on_terminal TERM=dumb -- "${words[@]}" --color always
		colored_on_terminal NO_COLOR=1 -- "${words[@]}" --color=always
		for env in NO_COLOR=1 TERM=dumb TERM=; do
			run -1 colored_on_terminal "$env" -- "${words[@]}"
			run -1 colored_on_terminal "$env" -- "${words[@]}" --color auto
		done
		run -1 colored_on_terminal -- "${words[@]}" --color never
		# In a pipe only with --color=always.
		run -1 grep -q $'\033' <(on "${words[@]}")
		run -1 grep -q $'\033' <(on "${words[@]}" --color=auto)
		grep -q $'\033' <(on "${words[@]}" --color=always)
	done
	run -1 grep -q $'\033' <(on list --color=always -J)
	run -1 grep -q $'\033' <(on list --color=always -r)
	exits 2 list --color=sometimes
	says "'sometimes'"
}

@test 'colours: the legend lists the colours that are used' {
	local red=$'\033[31m' dim=$'\033[2m' yellow=$'\033[33m' end=$'\033[0m'

	exits 0 list --color=always
	[[ $(tail -n 1 <<<"$output") == "Colours: ${red}in use$end, ${dim}no supported reset$end" ]]
	grep -Fq "${red}0000:01:00.0 " <<<"$output"
	grep -Fq "${dim}0000:09:00.0 " <<<"$output"
	exits 0 list --color=always 01:00.0
	[[ $(tail -n 1 <<<"$output") == "Colours: ${red}in use$end" ]]
	exits 0 show --color=always 03:00.0
	[[ $(tail -n 1 <<<"$output") == "Colours: ${red}named and affected$end, ${yellow}also affected$end" ]]
	for arguments in '02:00.0' '-n 01:00.0'; do
		# shellcheck disable=SC2086
		exits 0 list --color=always $arguments
		[[ $output != *Colours* ]]
	done
}

@test 'colours: terminal-colors.d is read' {
	local dir=$BATS_TEST_TMPDIR/config/terminal-colors.d

	mkdir -p "$dir"
	for file in disable pcireset.disable @xterm.disable pcireset@xterm.disable; do
		touch "$dir/$file"
		run -1 colored_on_terminal -- list
		colored_on_terminal -- list --color always
		rm "$dir/$file"
	done
	for file in lsblk.disable @vt100.disable pcireset@vt100.disable; do
		touch "$dir/$file"
	done
	colored_on_terminal -- list
	# The closer name wins.
	touch "$dir/disable" "$dir/pcireset.enable"
	colored_on_terminal -- list
	printf '%s\n' '# a comment' 'in-use lightblue' 'no-reset \e[35m' 'in-use 1;2;x' 'nothing red' >"$dir/pcireset.scheme"
	colored_on_terminal -- list
	grep -Fq $'\033[1;34m0000:01:00.0 ' "$BATS_TEST_TMPDIR/colored"
	grep -Fq $'\033[35m0000:09:00.0 ' "$BATS_TEST_TMPDIR/colored"
}
