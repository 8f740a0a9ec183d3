#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset recover on a machine that consists of files: the decision about each event. Resets nothing.

bats_require_minimum_version 1.5.0

setup() {
	export ROOT=$BATS_TEST_TMPDIR/machine
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	"$BATS_TEST_DIRNAME/make-sysroot" "$ROOT"
	mkdir -p "$ROOT"/{etc,run,usr/lib}/pcireset/recover.d
	events=$BATS_TEST_TMPDIR/events
}

# policy PLACE/NAME LINE...: writes a policy for the GPU.
policy() {
	{
		printf '[Match]\nSlot=3\n[Recover]\n'
		printf '%s\n' "${@:2}"
	} >"$ROOT/${1%/*}/pcireset/recover.d/${1##*/}"
}

# event DEVICE PROPERTY...: appends an event to the file, in the format of udevadm monitor --property.
event() {
	local path

	path=$(realpath --relative-to="$ROOT/sys" "$ROOT/sys/bus/pci/devices/$1" 2>/dev/null)
	{
		printf 'KERNEL[1.0] change   /%s (pci)\nACTION=change\nDEVPATH=/%s\n' "$path" "$path"
		printf '%s\n' "${@:2}"
		echo
	} >>"$events"
}

# dry STATUS ARG...: runs recover --dry-run, checks its status, and sets output and stderr.
dry() {
	run --separate-stderr "-$1" pcireset recover --dry-run --sysroot "$ROOT" "$events" "${@:2}"
}

says() {
	local text

	for text in "$@"; do
		[[ $output == *"$text"* ]] || { printf 'not said: %s\n%s\n%s\n' "$text" "$output" "${stderr:-}" && return 1; }
	done
}

gpu=0000:03:00.0

@test 'without a policy, recover prints a line and ignores all events' {
	event "$gpu" WEDGED=rebind
	dry 0
	[[ $output == "$gpu: WEDGED=rebind: would ignore: no policy selects the function" ]]
	[[ $stderr == *'no policy: nothing will be done'* ]]
}

@test 'each step that the policy allows is printed, with its obstacle' {
	policy etc/50-gpu.conf Events=wedged Steps=rebind,flr,slot,power-cycle Before=/bin/drain After=/bin/check
	event "$gpu" WEDGED=bus-reset
	dry 0
	says "$gpu: WEDGED=bus-reset: would recover by /etc/pcireset/recover.d/50-gpu.conf:1" \
		'before: /bin/drain' 'skip: rebind: weaker than the event asks for' 'skip: flr: weaker' \
		'step: slot' 'step: power-cycle: unknown: it is not recorded whether firmware has power resources for 0000:00:1c.0' 'after: /bin/check'
}

@test 'each kind of event gets its decision' {
	policy etc/50-gpu.conf Events=wedged,late Steps=slot
	event "$gpu" WEDGED=none
	event "$gpu" WEDGED=vendor-specific
	event "$gpu" ERROR_EVENT=FAILED_RECOVERY
	event "$gpu" PCIRESET_TYPE=flr PCIRESET_LATE=lost
	event "$gpu" PCIRESET_TYPE=flr PCIRESET_LATE=restored
	event "$gpu" PCIRESET_TYPE=flr PCIRESET_RESULT=failed PCIRESET_LATE=pending
	event "$gpu" DRIVER=igb
	dry 3 --json
	[[ $(jq -r .verdict <<<"$output" | tr '\n' ' ') == 'ignore refuse ignore recover ignore ignore ' ]]
	[[ $stderr == *'vendor-specific: would refuse: the driver asks for a procedure of the vendor'* ]]
}

@test 'an AER failure of a port counts for the functions below it' {
	policy etc/50-gpu.conf Events=aer Steps=slot
	event 0000:00:1c.0 ERROR_EVENT=FAILED_RECOVERY
	dry 0 --json
	[[ $(jq -r 'select(.verdict == "recover").device' <<<"$output" | sort -u | tr '\n' ' ') == '0000:03:00.0 0000:03:00.1 ' ]]
}

@test 'the rate limit refuses, and counts each device separately' {
	policy etc/50-gpu.conf Events=wedged Steps=slot Burst=2
	for _ in 1 2 3; do event "$gpu" WEDGED=unknown; done
	event 0000:03:00.1 WEDGED=unknown
	dry 3 --json
	[[ $(jq -r .verdict <<<"$output" | tr '\n' ' ') == 'recover recover refuse recover ' ]]
	[[ $output == *'rate limit: 2 recoveries in 3600 s (/etc/pcireset/recover.d/50-gpu.conf:1)'* ]]
}

@test 'a mistake in any file prevents every recovery, and all mistakes are named' {
	policy etc/50-gpu.conf Events=wedged Steps=slot
	printf '[Match]\nAddress=01:00.0\n[Recover]\nEvents=aer\nSteps=warm\nBurts=1\n' >"$ROOT/etc/pcireset/recover.d/60-other.conf"
	event "$gpu" WEDGED=unknown
	dry 3
	[[ $stderr == *'60-other.conf:5: Steps=warm: expected'* ]]
	[[ $stderr == *'60-other.conf:6: unknown key Burts'* ]]
	[[ $stderr == *"$gpu: WEDGED=unknown: would refuse: the policies have an error: /etc/pcireset/recover.d/60-other.conf:5"* ]]
}

@test 'an unreadable file prevents every recovery' {
	policy etc/50-gpu.conf Events=wedged Steps=slot
	mkdir "$ROOT/etc/pcireset/recover.d/70-directory.conf"
	event "$gpu" WEDGED=unknown
	dry 3
	[[ $stderr == *'would refuse: the policies have an error: /etc/pcireset/recover.d/70-directory.conf: is not a file'* ]]
	rmdir "$ROOT/etc/pcireset/recover.d/70-directory.conf"
	ln -s missing "$ROOT/etc/pcireset/recover.d/70-link.conf"
	dry 3
	[[ $stderr == *'70-link.conf: No such file or directory'* ]]
	rm "$ROOT/etc/pcireset/recover.d/70-link.conf"
	dry 0
}

@test 'a file in /etc replaces one of the same name, and a link to /dev/null masks it' {
	policy usr/lib/50-gpu.conf Events=wedged Steps=slot
	event "$gpu" WEDGED=unknown
	dry 0
	says 'would recover by /usr/lib/pcireset/recover.d/50-gpu.conf:1'
	policy etc/50-gpu.conf Steps=none
	dry 0
	says 'would ignore: /etc/pcireset/recover.d/50-gpu.conf:1 has Steps=none'
	ln -sf /dev/null "$ROOT/etc/pcireset/recover.d/50-gpu.conf"
	dry 0
	says 'no policy selects the function'
}

@test '--policy uses one directory, which must exist' {
	policy etc/50-gpu.conf Steps=none
	mkdir "$BATS_TEST_TMPDIR/mine"
	printf '[Match]\nSlot=3\n[Recover]\nEvents=wedged\nSteps=slot\n' >"$BATS_TEST_TMPDIR/mine/x.conf"
	event "$gpu" WEDGED=unknown
	dry 0 --policy "$BATS_TEST_TMPDIR/mine"
	says "would recover by $BATS_TEST_TMPDIR/mine/x.conf:1"
	dry 3 --policy "$BATS_TEST_TMPDIR/none"
	[[ $stderr == *"$BATS_TEST_TMPDIR/none: No such file or directory"* ]]
}

@test 'a policy that others can change or replace prevents every recovery' {
	local base=$BATS_TEST_TMPDIR/base mine=$BATS_TEST_TMPDIR/base/mine open=$BATS_TEST_TMPDIR/open
	local words='another user than root owns it, or can write to it or its directory'

	mkdir -p "$mine" "$open"
	chmod 755 "$base" "$mine"
	printf '[Match]\nSlot=3\n[Recover]\nEvents=wedged\nSteps=slot\n' >"$open/x.conf"
	cp "$open/x.conf" "$mine/x.conf"
	chmod 644 "$mine/x.conf" "$open/x.conf"
	event "$gpu" WEDGED=unknown
	dry 0 --policy "$mine"
	says "would recover by $mine/x.conf:1"
	chmod 757 "$base"
	dry 3 --policy "$mine"
	[[ $stderr == *"$mine: $words"* ]]
	# Only the owner of a file can replace it there.
	chmod 1757 "$base"
	dry 0 --policy "$mine"
	chmod 757 "$open"
	ln -sf "$open/x.conf" "$mine/x.conf"
	dry 3 --policy "$mine"
	[[ $stderr == *"$mine/x.conf: $words"* ]]
	chmod 755 "$open"
	dry 0 --policy "$mine"
	# The bits of the group are the mask of an ACL, so for root they are refused.
	chmod 664 "$open/x.conf"
	if ((EUID == 0)); then
		dry 3 --policy "$mine"
		[[ $stderr == *"$mine/x.conf: $words"* ]]
	else
		dry 0 --policy "$mine"
	fi
}

@test 'events are read from a pipe, and --count ends early' {
	policy etc/50-gpu.conf Events=wedged Steps=slot Burst=9
	for _ in 1 2 3; do event "$gpu" WEDGED=unknown; done
	output=$(cat "$events" - <<<'' | pcireset recover --dry-run --sysroot "$ROOT" - --count 2 --json)
	[[ $(wc -l <<<"$output") -eq 2 ]]
	output=$(tr -d '\000' <"$events" | head -c -1 | pcireset recover --dry-run --sysroot "$ROOT" - --json)
	[[ $(wc -l <<<"$output") -eq 3 ]]
}

@test 'a file without events, or with an overlong line, gives no event' {
	policy etc/50-gpu.conf Events=wedged Steps=slot
	head -c 100000 /dev/zero | tr '\0' 'x' >"$events"
	dry 1
	[[ $stderr == *'cannot read the events: Message too long'* ]]
	printf 'WEDGED=unknown\n\nACTION=change\nDEVPATH=/devices/x\nWEDGED=unknown\n' >"$events"
	dry 0
	[[ -z $output ]]
	rm "$events"
	dry 1
	[[ $stderr == *"$events: No such file or directory"* ]]
}

@test 'events in more than one buffer of the reader are all read' {
	local i

	event "$gpu" WEDGED=unknown "FILLER=$(printf '%0500d' 0)"
	for ((i = 1; i < 256; i *= 2)); do
		cat "$events" "$events" >"$events.twice"
		mv "$events.twice" "$events"
	done
	[[ $(wc -c <"$events") -gt 131072 ]]
	dry 0
	[[ ${#lines[@]} -eq 256 && $(sort -u <<<"$output") == "$gpu: WEDGED=unknown: would ignore: no policy selects the function" ]]
}

@test 'an event with too many properties ends recover, and is not lost silently' {
	policy etc/50-gpu.conf Events=wedged Steps=slot
	event "$gpu" X{1..252}=1 WEDGED=unknown
	dry 0
	says 'would recover'
	: >"$events"
	event "$gpu" X{1..300}=1 WEDGED=unknown
	dry 1
	[[ $stderr == *'cannot read the events: Message too long'* ]]
}

@test 'only an address as the kernel prints it names a function' {
	local path

	policy etc/50-gpu.conf Events=wedged Steps=slot
	for path in 0:3:0.0 0000:3:00.0 ' 000:03:00.0' +000:03:00.0 00000:03:00.0 0000:03:00.0x 0000:03:00.00 0000:03:0.0; do
		printf 'ACTION=change\nDEVPATH=/devices/%s\nWEDGED=unknown\n\n' "$path" >"$events"
		dry 0
		[[ -z $output ]] || { echo "$path: $output" && return 1; }
	done
}

@test 'hostile words of an event are printed, and have no other effect' {
	policy etc/50-gpu.conf Events=wedged Steps=slot
	event "$gpu" $'WEDGED=rebind\x1b[2J%s%n\x07'
	event "$gpu" "WEDGED=$(printf '%60000s' '')" WEDGED=unknown
	event "$gpu" WEDGED=,,,
	dry 3
	[[ $stderr == *'WEDGED=rebind\u001b[2J%s%n\u0007: would refuse: the event has no method that is known'* ]]
	[[ $output$stderr != *[$'\x1b\x07']* ]]
	dry 3 --json
	jq -e . <<<"$output" >/dev/null
}

@test '--dry-run changes nothing on the machine' {
	policy etc/50-gpu.conf Events=wedged,late Steps=rebind,slot,power-cycle Before=/bin/false
	event "$gpu" WEDGED=unknown
	(cd "$ROOT" && find . -type f -exec cksum {} + | sort) >"$BATS_TEST_TMPDIR/before"
	dry 0
	says 'would recover'
	(cd "$ROOT" && find . -type f -exec cksum {} + | sort) >"$BATS_TEST_TMPDIR/after"
	diff "$BATS_TEST_TMPDIR/before" "$BATS_TEST_TMPDIR/after"
}

# Sends an event of a program to the process, and to all that listen. The kernel permits root only, even that.
send_event_of_a_program() {
	python3 - "$1" <<'END'
import socket, sys
words = (b"change@/devices/pci0000:00/0000:00:00.0", b"ACTION=change", b"DEVPATH=/devices/pci0000:00/0000:00:00.0",
         b"SUBSYSTEM=pci", b"WEDGED=unknown", b"SEQNUM=1", b"")
for address in (int(sys.argv[1]), 0), (0, 1):
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 15) as sender:
            sender.sendto(b"\0".join(words), address)
    except OSError as error:
        print(f"{address}: {error}")
END
}

@test 'only events of the kernel count, not those of a program' {
	mkdir "$BATS_TEST_TMPDIR/policies"
	pcireset recover --dry-run --policy "$BATS_TEST_TMPDIR/policies" --timeout 1000ms >"$BATS_TEST_TMPDIR/said" 2>&1 3>&- &
	until grep -q '^no policy' "$BATS_TEST_TMPDIR/said" || ! kill -0 $!; do sleep 0.05; done
	send_event_of_a_program $!
	wait $!
	[[ $(<"$BATS_TEST_TMPDIR/said") == 'no policy: nothing will be done, see pcireset-recover.d(5)' ]]
	printf 'ACTION=change\nDEVPATH=/devices/pci0000:00/0000:00:00.0\nWEDGED=unknown\n\n' >"$events"
	run pcireset recover --dry-run --policy "$BATS_TEST_TMPDIR/policies" "$events"
	says 'WEDGED=unknown: would ignore'
}

@test 'mistakes in the command line are usage errors' {
	event "$gpu" WEDGED=unknown
	run -2 pcireset recover --sysroot "$ROOT" "$events"
	run -2 pcireset recover --sysroot "$ROOT" --dry-run
	run -2 pcireset recover --file "$BATS_TEST_DIRNAME/lspci-dump" --dry-run "$events"
	run -2 pcireset recover a b
	run -2 pcireset recover --type flr
}

@test 'the installed example has no mistake' {
	cp "$BATS_TEST_DIRNAME/../../examples/recover.d/50-example.conf" "$ROOT/etc/pcireset/recover.d"
	event "$gpu" WEDGED=unknown
	dry 0
	says 'no policy selects the function'
	[[ -z $stderr ]]
}

@test 'systemd-analyze verify accepts the unit, and no preset enables it' {
	local unit=$BATS_TEST_DIRNAME/../../packaging/systemd/pcireset-recover.service

	command -v systemd-analyze >/dev/null || skip 'systemd-analyze is missing'
	sed "s|/usr/bin/pcireset|$(command -v true)|" "$unit" >"$BATS_TEST_TMPDIR/pcireset-recover.service"
	[[ -z $(systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/pcireset-recover.service" 2>&1) ]]
	grep -q -- '--name=pcireset-recover --no-enable --no-start' "$BATS_TEST_DIRNAME/../../packaging/debian/rules"
}
