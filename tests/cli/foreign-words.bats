#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Foreign words from devices, files and other users are escaped for terminals, programs and drawings.

bats_require_minimum_version 1.5.0

setup_file() {
	export ROOT=$BATS_FILE_TMPDIR/machine LC_ALL=C.UTF-8
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	# ESC, OSC and BEL; CSI as one C1 control; a right-to-left override, a zero-width space, a line separator, DEL, a private
	# and an unassigned character, a tag beyond U+FFFF, a joiner and a filler without a width; a byte that is not UTF-8; what shells, XML, dot and JSON read; and é.
	export EVIL=$'\e]0;x\a\e[31m\u009b31m\u202e\u200b\u2028\x7f\ue000\u0378\U000e0041\u034f\u3164\xff$(id)`id`<b>&"\\\'é'
	cd "$ROOT" || return
	mv sys/bus/pci/slots/3 "sys/bus/pci/slots/$EVIL"
	rename_driver 0000:03:00.0
	rename_driver 0000:07:00.1
	mv "$(readlink -f sys/bus/pci/devices/0000:01:00.0)/net/ens1" "$(readlink -f sys/bus/pci/devices/0000:01:00.0)/net/$EVIL"
	printf '24 22 259:1 / /a%s rw - xfs /dev/nvme0n1p1 rw\n' "$EVIL" >proc/self/mountinfo
	printf '%s\n' "$EVIL" >proc/812/comm
	printf 'quiet pci=%s\n' "$EVIL" >proc/cmdline
	mkdir -p run/pcireset
	printf 'process 7 (%s)\nboot x\ninode 1\nwrote %s\nwas flr\nend\n' "$EVIL" "$EVIL" >run/pcireset/0000:04:00.0
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
}

# rename_driver ADDRESS: renames the driver to foreign words that are a valid file name.
rename_driver() {
	local dir

	dir=$(readlink -f "sys/bus/pci/devices/$1")
	mkdir -p "sys/bus/pci/drivers/$EVIL"
	ln -sfn "../../../bus/pci/drivers/$EVIL" "$dir/driver"
}

# is_clean COMMAND...: both outputs together are escaped and not empty.
is_clean() {
	"$@" >"$BATS_TEST_TMPDIR/out" 2>&1 || true
	"$BATS_TEST_DIRNAME/raw-characters" '\t' <"$BATS_TEST_TMPDIR/out" && return
	printf 'of: %s\n' "${*//$'\e'/ESC}"
	cat -v "$BATS_TEST_TMPDIR/out"
	return 1
}

# everywhere: runs every command that prints words of the machine.
everywhere() {
	local devices=(01:00.0 03:00.0 04:00.0 07:00.0 07:00.1) device

	is_clean pcireset list --sysroot "$ROOT" "$@"
	is_clean pcireset doctor --sysroot "$ROOT" "$@"
	for device in "${devices[@]}"; do
		is_clean pcireset show "$device" --sysroot "$ROOT" "$@"
		is_clean pcireset plan "$device" --type any --sysroot "$ROOT" "$@"
		is_clean pcireset reset "$device" --type link --yes --sysroot "$ROOT" "$@"
	done
	is_clean pcireset plan "${devices[@]}" --type any --sysroot "$ROOT" "$@"
}

@test 'the test machine contains all foreign words' {
	run -0 pcireset list --json --sysroot "$ROOT"
	[[ $(jq -r '[.devices[] | .driver, .slot, (.users // [])[]] | map(strings) | join(" ")' <<<"$output" | grep -cF "${EVIL:0:8}") -ge 1 ]]
	[[ $(grep -o '\\u202e' <<<"$output" | wc -l) -ge 4 ]]
	[[ $output == *é* ]]
}

@test 'tables and messages escape foreign words' {
	everywhere
	COLUMNS=60 everywhere
}

@test 'tables and messages are ASCII without UTF-8' {
	LC_ALL=C everywhere
	LC_ALL=C pcireset show 03:00.0 --sysroot "$ROOT" >"$BATS_TEST_TMPDIR/ascii"
	run ! grep -qP '[^\x00-\x7f]' "$BATS_TEST_TMPDIR/ascii"
}

@test 'JSON escapes foreign words without loss' {
	everywhere --json
	run -0 pcireset show 03:00.0 --json --sysroot "$ROOT"
	[[ $(jq -r '.devices[0].driver' <<<"$output") == "${EVIL/$'\xff'/?}" ]]
}

@test 'list --raw escapes foreign words' {
	is_clean pcireset list --raw --noheadings --sysroot "$ROOT"
	is_clean pcireset list --raw --noheadings -o device,driver,slot --sysroot "$ROOT"
}

@test 'completion words contain no foreign words' {
	is_clean pcireset --complete-table
	is_clean pcireset --complete-words DEVICE '' --sysroot "$ROOT"
	run -0 pcireset --complete-words DEVICE '' --sysroot "$ROOT"
	[[ $output == *03:00.0* && $output != *"${EVIL:8:4}"* ]]
}

@test 'plan --svg escapes foreign words' {
	command -v dot >/dev/null || skip 'graphviz is not installed'
	pcireset plan 03:00.0 --type bus --sysroot "$ROOT" --svg "$BATS_TEST_TMPDIR/plan.svg" || true
	[[ -s $BATS_TEST_TMPDIR/plan.svg ]]
	"$BATS_TEST_DIRNAME/raw-characters" <"$BATS_TEST_TMPDIR/plan.svg"
	python3 -c 'import sys, xml.dom.minidom; xml.dom.minidom.parse(sys.argv[1])' "$BATS_TEST_TMPDIR/plan.svg"
	run ! grep -q '<b>' "$BATS_TEST_TMPDIR/plan.svg"
}

@test 'messages escape words of the command line' {
	local command

	for command in list show plan reset re-enumerate doctor metrics record recover watch; do
		is_clean pcireset "$command" "--$EVIL"
		[[ $command == list || $command == metrics || $command == recover || $command == record ]] || is_clean pcireset "$command" "$EVIL" --type "$EVIL"
	done
	is_clean pcireset "$EVIL"
	is_clean pcireset help "$EVIL"
	is_clean pcireset reset "$EVIL" --type flr
	is_clean pcireset plan 03:00.0 --type "$EVIL"
	is_clean pcireset plan 03:00.0 --type flr --force "$EVIL"
	is_clean pcireset plan 03:00.0 --type flr --max-scope "$EVIL"
	is_clean pcireset plan 03:00.0 --type flr --timeout "$EVIL"
	is_clean pcireset list -o "$EVIL"
	is_clean pcireset list --sysroot "/nonexistent/$EVIL"
	is_clean pcireset list --file "/nonexistent/$EVIL"
}
