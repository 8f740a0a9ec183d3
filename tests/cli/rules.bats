#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2030,SC2031 # each test is a subshell
# The administrator's rules on a machine that consists of files: their files, and the output of each command. Resets nothing.

bats_require_minimum_version 1.5.0

setup() {
	export ROOT=$BATS_TEST_TMPDIR/machine
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	mkdir -p "$ROOT"/{etc,run,usr/lib}/pcireset/rules.d
}

# rule PLACE/NAME DENY REASON [MATCH]: writes a file with one rule, by default for the GPU.
rule() {
	printf '[Match]\n%s\n[Reset]\nDeny=%s\nReason=%s\n' "${4:-Slot=3}" "$2" "$3" \
		>"$ROOT/${1%/*}/pcireset/rules.d/${1##*/}"
}

# on COMMAND ARG...: runs a command on that machine.
on() {
	pcireset "$@" --sysroot "$ROOT"
}

# exits STATUS COMMAND...: checks the status, and sets output and stderr.
exits() {
	local want=$1

	shift
	run --separate-stderr "$@"
	[[ $status -eq $want ]] && return
	printf 'status %d instead of %d\n%s\n%s\n' "$status" "$want" "$output" "${stderr:-}"
	return 1
}

# says TEXT...: the output contains each TEXT, regardless of line breaks.
says() {
	local text all

	all=$(tr -s ' \n' ' ' <<<"$output")
	for text in "$@"; do
		[[ $all == *"$text"* ]] || { printf 'not said: %s\n%s\n' "$text" "$all" && return 1; }
	done
}

where=/etc/pcireset/rules.d/50-gpu.conf

@test 'show, plan and list print the denied types, the file and the reason' {
	rule etc/50-gpu.conf slot,bus 'ticket 4711: the machine hangs'
	exits 0 on show 03:00.0
	says "rule: denies slot,bus: ticket 4711: the machine hangs ($where:1)" \
		"slot no denied by the rule at $where:1: ticket 4711: the machine hangs"
	exits 3 on plan 03:00.0 --type slot
	says "refused: slot: denied by the rule at $where:1: ticket 4711"
	exits 0 on list -o DEVICE,REACH -n
	grep -q '^0000:03:00' <<<"$output"
	[[ $output != *slot* ]]
}

@test 'JSON contains the rule and the reason' {
	rule etc/50-gpu.conf slot 'ticket 4711'
	exits 3 on plan 03:00.0 --type slot --json
	python3 -c '
import json, sys
device = json.loads(sys.argv[1])["devices"][0]
assert device["rules"] == [{"where": sys.argv[2], "denies": ["slot"], "delays": [], "delay_ms": None,
                            "reason": "ticket 4711"}], device["rules"]
assert device["why_not"]["slot"] == "denied by the rule at %s: ticket 4711" % sys.argv[2], device["why_not"]
assert device["refused"] == "slot: " + device["why_not"]["slot"], device["refused"]
assert device["error"] == "EOPNOTSUPP"' "$output" "$where:1"
	exits 0 on show 04:00.0 --json
	[[ $output != *'"rules"'* ]]
}

@test 'a rule cannot be forced' {
	rule etc/50-gpu.conf any because
	exits 3 on plan 03:00.0 --type any --force driver,vfio,mount,net,swap,console,open,unknown-users
	exits 3 on reset 03:00.0 --type any --yes
}

@test 'a rule about any affected function denies a bus reset' {
	rule etc/50-disk.conf bus because Address=07:00.1
	exits 3 on plan 07:00.0 --type bus
	says '0000:07:00.1: denied by the rule'
	exits 3 on plan 06:00.0 --type bus
	exits 0 on plan 08:00.0 --type bus --force unknown-users
	exits 3 on plan 07:00.0 07:00.1 --type bus
}

@test 'a file in /etc replaces those of the same name in /run and /usr/lib, and an empty file masks them' {
	rule usr/lib/50-a.conf slot packaged
	exits 3 on plan 03:00.0 --type slot
	says '/usr/lib/pcireset/rules.d/50-a.conf:1: packaged'
	rule run/50-a.conf slot 'for now'
	exits 3 on plan 03:00.0 --type slot
	says '/run/pcireset/rules.d/50-a.conf:1: for now'
	rule etc/50-a.conf slot "the administrator's"
	exits 3 on plan 03:00.0 --type slot
	says "/etc/pcireset/rules.d/50-a.conf:1: the administrator's"
	: >"$ROOT/etc/pcireset/rules.d/50-a.conf"
	exits 5 on plan 03:00.0 --type slot
	ln -sf /dev/null "$ROOT/etc/pcireset/rules.d/50-a.conf"
	exits 5 on plan 03:00.0 --type slot
	# Other names are read beside it, in their order, and no other files.
	rule usr/lib/40-b.conf slot first
	rule etc/60-c.conf slot last
	rule etc/30-no-rules slot never
	rule etc/.hidden.conf slot never
	exits 3 on plan 03:00.0 --type slot
	says '40-b.conf:1: first'
}

@test 'each mistake in rules is named and prevents every reset' {
	rule etc/50-gpu.conf slot because
	rule usr/lib/60-more.conf slot because Slot=
	echo 'Frobnicate=1' >>"$ROOT$where"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	says "refused: no reset is allowed: $where:6: unknown key Frobnicate"
	exits 0 on list
	[[ $stderr == *"no reset is allowed: $where:6: unknown key Frobnicate"* && $output != *flr* ]]
	exits 0 on list --json
	[[ $output == *"\"no reset is allowed: $where:6: unknown key Frobnicate\""* ]]
	exits 0 on show 04:00.0
	says "flr no no reset is allowed: $where:6:"
	exits 1 on doctor
	says "todo rules $where:6: unknown key Frobnicate; do: correct the file; until then, every reset is refused" \
		'todo rules /usr/lib/pcireset/rules.d/60-more.conf:2: Slot='
}

@test 'a rule that cannot match anything is an error and prevents every reset' {
	local match

	for match in Address='3:*' Address='*:*:*:*' Address='03:00.8*' Address='0000:03:2?.*' Address='*.0.*' \
		Address=03-00.0 Slot='3 # the GPU' Slot='3 ; the GPU' Slot=$'3\u00a0' Slot=$'\u20033' Slot=$'3\t4' Vendor=$'10de\u00a0'; do
		rule etc/50-gpu.conf slot because "$match"
		exits 3 on plan 04:00.0 --type flr --force mount,swap
		says "no reset is allowed: $where:2: ${match%%=*}="
	done
	for match in Address='*' Address='03:*' Address='0000:0?:*' Address='*.0' Address='10000:*' Address='*:1f.7' Slot='3*' Slot='#3'; do
		rule etc/50-gpu.conf slot because "$match"
		exits 0 on show 03:00.0
		[[ $output != *'no reset is allowed'* ]]
	done
}

@test 'unreadable rules prevent every reset' {
	mkdir "$ROOT/etc/pcireset/rules.d/10-a.conf"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	says 'no reset is allowed: /etc/pcireset/rules.d/10-a.conf: is not a file'
	# Unreadable rules cannot be recorded.
	exits 1 on record "$BATS_TEST_TMPDIR/archive"
	[[ $stderr == *'10-a.conf: is not a file'* && ! -e $BATS_TEST_TMPDIR/archive ]]
	rmdir "$ROOT/etc/pcireset/rules.d/10-a.conf"
	ln -s nowhere "$ROOT/etc/pcireset/rules.d/10-a.conf"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	says '10-a.conf: No such file or directory'
	rm "$ROOT/etc/pcireset/rules.d/10-a.conf"
	mkfifo "$ROOT/etc/pcireset/rules.d/10-a.conf"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	rm "$ROOT/etc/pcireset/rules.d/10-a.conf"
	rmdir "$ROOT/etc/pcireset/rules.d"
	echo >"$ROOT/etc/pcireset/rules.d"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	says 'no reset is allowed: /etc/pcireset/rules.d: Not a directory'
}

@test 'a dangling link in place of a directory is an error' {
	rmdir "$ROOT/etc/pcireset/rules.d"
	ln -s nowhere "$ROOT/etc/pcireset/rules.d"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	says 'no reset is allowed: /etc/pcireset/rules.d: No such file or directory'
	exits 1 on record "$BATS_TEST_TMPDIR/archive"
	rm "$ROOT/etc/pcireset/rules.d"
	exits 5 on plan 04:00.0 --type flr --force mount,swap
	rmdir "$ROOT/etc/pcireset"
	ln -s /nowhere "$ROOT/etc/pcireset"
	exits 3 on plan 04:00.0 --type flr --force mount,swap
	says 'no reset is allowed: /etc/pcireset: No such file or directory'
	ln -sfn /opt "$ROOT/etc/pcireset"
	mkdir "$ROOT/opt"
	exits 5 on plan 04:00.0 --type flr --force mount,swap
}

@test 'only a star and a question mark are special in a value' {
	mv "$ROOT/sys/bus/pci/slots/3" "$ROOT/sys/bus/pci/slots/PCIe[3]\\x"
	rule etc/50-gpu.conf slot because 'Slot=PCIe[3]\x'
	exits 3 on plan 03:00.0 --type slot
	rule etc/50-gpu.conf slot because 'Slot=*[?]*'
	exits 3 on plan 03:00.0 --type slot
	rule etc/50-gpu.conf slot because 'Slot=PCIe?3]*x*'
	exits 3 on plan 03:00.0 --type slot
	rule etc/50-gpu.conf slot because 'Slot=PCIe[0-9]'
	exits 5 on plan 03:00.0 --type slot
}

@test 'a recording keeps the rules of its machine, and only those that count' {
	rule etc/50-gpu.conf slot because
	rule usr/lib/50-gpu.conf pm never
	rule usr/lib/60-masked.conf flr never Address='*'
	ln -s /dev/null "$ROOT/etc/pcireset/rules.d/60-masked.conf"
	exits 0 on record "$BATS_TEST_TMPDIR/archive"
	tar -tf "$BATS_TEST_TMPDIR/archive" | grep -q '^etc/pcireset/rules.d/50-gpu.conf$'
	[[ $(tar -tf "$BATS_TEST_TMPDIR/archive") != *@(usr/|masked)* ]]
	exits 3 pcireset plan 03:00.0 --type slot --sysroot "$BATS_TEST_TMPDIR/archive"
	says "denied by the rule at $where:1: because"
	exits 5 pcireset plan 04:00.0 --type flr --force mount,swap --sysroot "$BATS_TEST_TMPDIR/archive"
}

@test 'rules with mistakes are recorded unchanged' {
	echo nonsense >"$ROOT$where"
	exits 0 on record "$BATS_TEST_TMPDIR/archive"
	exits 3 pcireset plan 04:00.0 --type flr --force mount,swap --sysroot "$BATS_TEST_TMPDIR/archive"
	says "no reset is allowed: $where:1: \"nonsense\" is neither a section nor KEY=VALUE"
}

@test 'links in --sysroot do not lead to rules of the host' {
	local outside=$BATS_TEST_TMPDIR/outside.conf

	rule etc/50-gpu.conf slot because
	mv "$ROOT$where" "$outside"
	ln -s "$outside" "$ROOT$where"
	exits 3 on plan 03:00.0 --type slot
	says "$where: No such file or directory"
	# Inside it is followed as it would be there.
	ln -sf /opt/gpu.conf "$ROOT$where"
	mkdir "$ROOT/opt"
	mv "$outside" "$ROOT/opt/gpu.conf"
	exits 3 on plan 03:00.0 --type slot
	says "denied by the rule at $where:1"
}

@test 'doctor names rules that match no function, and counts the others' {
	exits 1 on doctor
	says 'ok rules none'
	rule etc/50-gpu.conf slot because
	exits 1 on doctor
	says 'ok rules 1 active, and each matches a function'
	rule etc/60-other.conf bus because Vendor=dead
	exits 1 on doctor
	says 'note rules the rule at /etc/pcireset/rules.d/60-other.conf:1 matches no function'
}

@test 'the text of rules is escaped' {
	rule etc/50-gpu.conf slot $'\e[31mred\u202e'
	exits 3 on plan 03:00.0 --type slot
	says '\u001b[31mred\u202e'
	exits 0 on show 03:00.0
	[[ $output != *$'\e'* ]]
}

@test 'the installed example has no mistake' {
	cp "$BATS_TEST_DIRNAME"/../../examples/rules.d/*.conf "$ROOT/etc/pcireset/rules.d"
	exits 1 on doctor
	[[ ! $output =~ todo\ +rules ]]
	says 'note rules the rule at /etc/pcireset/rules.d/50-example.conf:6 matches no function' 'conf:16 matches'
	exits 5 on plan 04:00.0 --type flr --force mount,swap
}

@test 'a delay is part of the plan' {
	printf '[Match]\nVendor=1b36\n[Reset]\nDelay=500\nTypes=flr\n' >"$ROOT$where"
	exits 5 on plan 04:00.0 --type flr --force mount,swap
	says 'a rule delays the report by 500 ms'
	exits 5 on plan 04:00.0 --type flr --force mount,swap --json
	[[ $output == *'"delay_ms": 500'* ]]
	exits 0 on show 04:00.0
	says "rule: 500 ms after flr ($where:1)"
	exits 0 on show 04:00.0 --json
	[[ $output == *'"delays": ['*'"delay_ms": 500'*'"reason": null'* ]]
	exits 5 on plan 04:00.0 --type bus --force mount,swap --json
	[[ $output != *'"delay_ms": 500'*'"chosen"'*'"delay_ms"'* ]]
}
