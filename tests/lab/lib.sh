# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by guest tests: TAP results, markers in the kernel log, config space before and after.
#
# A test sources this file, makes its checks, and ends with "plan". Without the plan it counts as failed.

tests_run=0
tests_failed=0

# ok DESC
ok() {
	tests_run=$((tests_run + 1))
	printf 'ok %d - %s\n' "$tests_run" "$1"
}

# not_ok DESC [DIAGNOSTIC...]
not_ok() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	printf 'not ok %d - %s\n' "$tests_run" "$1"
	shift
	[[ $# -eq 0 ]] || diag "$@"
}

# skip DESC REASON
skip() {
	tests_run=$((tests_run + 1))
	printf 'ok %d - %s # SKIP %s\n' "$tests_run" "$1" "$2"
}

# diag TEXT...: prints a note for readers of the log.
diag() {
	printf '%s\n' "$@" | sed 's/^/# /'
}

# is GOT WANT DESC
is() {
	if [[ $1 == "$2" ]]; then
		ok "$3"
	else
		not_ok "$3" "got:  $1" "want: $2"
	fi
}

# like GOT PATTERN DESC: PATTERN is an extended regular expression.
like() {
	if [[ $1 =~ $2 ]]; then
		ok "$3"
	else
		not_ok "$3" "got:      $1" "no match: $2"
	fi
}

# run COMMAND...: sets status and output (standard output and error together).
run() {
	output=$("$@" 2>&1)
	status=$?
}

# exits STATUS DESC COMMAND...: also leaves status and output behind.
exits() {
	local want=$1 desc=$2

	shift 2
	run "$@"
	if [[ $status -eq $want ]]; then
		ok "$desc"
	else
		not_ok "$desc" "status $status instead of $want from: $*" "$output"
	fi
}

# less VALUE LIMIT DESC
less() {
	if (($1 < $2)); then
		ok "$3"
	else
		not_ok "$3" "$1 is not less than $2"
	fi
}

# milliseconds_since TIME: sets REPLY; TIME is an earlier $EPOCHREALTIME.
milliseconds_since() {
	local now=$EPOCHREALTIME

	REPLY=$(((${now/[.,]/} - ${1/[.,]/}) / 1000))
}

# as_nobody COMMAND...: without privileges.
as_nobody() {
	start-stop-daemon -S -c nobody -x "$(command -v "$1")" -- "${@:2}"
}

# in_seconds MILLISECONDS: sets REPLY to the same, for commands that count in seconds.
in_seconds() {
	printf -v REPLY '%d.%03d' $(($1 / 1000)) $(($1 % 1000))
}

# wait_for COMMAND...: until it succeeds, for wait_s seconds at most, or a minute.
wait_for() {
	local until=$((SECONDS + ${wait_s:-60}))

	until "$@" >/dev/null 2>&1; do
		((SECONDS < until)) || { diag "waited in vain for: $*" && return 1; }
		sleep 0.1
	done
}

# sleep_ms MILLISECONDS
sleep_ms() {
	in_seconds "$1"
	sleep "$REPLY"
}

# hold_node FILE: a process of its own has it open, and is called sleep by now; sets holder.
hold_node() {
	sleep 1000 9<"$1" &
	holder=$!
	until [[ $(<"/proc/$holder/comm") == sleep ]]; do
		sleep 0.05
	done
}

# port_to BUS: prints the port that leads to this bus, such as "0000:00:07.0" for 03. Its own number depends on the machine.
port_to() {
	local file number

	for file in /sys/bus/pci/devices/0000:*/secondary_bus_number; do
		read -r number <"$file"
		((number != 16#$1)) || basename "${file%/*}"
	done
}

# less_time VALUE LIMIT DESC: for times; a kernel with checkers may take as much longer as lab/kernels-built says.
less_time() {
	less "$1" $(($2 * ${PCILAB_SLOWNESS:-1})) "$3"
}

# took_less MS DESC: since the variable "started" was set to $EPOCHREALTIME.
took_less() {
	milliseconds_since "$started"
	less_time "$REPLY" "$1" "$2, in ms"
}

# program_results NAME COMMAND...: the results of a program that prints TAP, as results of this test.
program_results() {
	local name=$1 planned=none before=$tests_run line

	shift
	while IFS= read -r line; do
		case $line in
		'ok '*' # SKIP '*) line=${line#* - } && skip "$name: ${line%% # SKIP *}" "${line#* # SKIP }" ;;
		'ok '*) ok "$name: ${line#* - }" ;;
		'not ok '*) not_ok "$name: ${line#* - }" ;;
		1..0' # SKIP '*) planned=1 && skip "$name" "${line#1..0 # SKIP }" ;;
		1..*) planned=${line#1..} ;;
		'#'*) printf '%s\n' "$line" ;;
		*) diag "$line" ;;
		esac
	done < <("$@" 2>&1)
	is "$((tests_run - before))" "$planned" "$name: came to its end"
}

# plan: the last thing a test does.
plan() {
	printf '1..%d\n' "$tests_run"
	[[ $tests_failed -eq 0 ]] || exit 1
	exit 0
}

# skip_all REASON: skips the whole test if the machine lacks the feature.
skip_all() {
	printf '1..0 # SKIP %s\n' "$1"
	exit 0
}

# What the stock kernel warns of between these two is its own misbehaviour, shown on purpose, and no failure.
stock_begin() {
	echo 'pcilab: stock begin' >/dev/kmsg
}

stock_end() {
	echo 'pcilab: stock end' >/dev/kmsg
}

# pci_functions: the address of every function, one a line.
pci_functions() {
	local dir

	for dir in /sys/bus/pci/devices/*; do
		printf '%s\n' "${dir##*/}"
	done
}

# config_dump FILE [FUNCTION...]: all of config space of these functions, or of every one: "ADDRESS BYTE BYTE ...", a line each.
config_dump() {
	pciconf dump "$@"
}

# config_is_same BEFORE AFTER DESC: equal, except for the registers in tests/lab/may-change.
config_is_same() {
	compare_config "${BASH_SOURCE[0]%/*}/may-change" "$@"
}

# config_is_untouched BEFORE AFTER DESC: equal to the last bit.
config_is_untouched() {
	compare_config /dev/null "$@"
}

# use_is_refused USER DESC ARG...: a reset with these arguments has status 3 and names the user, and the config space of the
# first device stays as it was to the last bit.
use_is_refused() {
	local user=$1 desc=$2 before after

	shift 2
	before=$(mktemp) after=$(mktemp)
	config_dump "$before" "$1"
	exits 3 "$desc: refused" pcireset reset "$@"
	like "$output" "$user" "$desc: the user is named"
	config_dump "$after" "$1"
	config_is_untouched "$before" "$after" "$desc: nothing touched"
	rm "$before" "$after"
}

compare_config() {
	local differences

	differences=$(pciconf compare "$1" "$2" "$3" 2>&1)
	if [[ -z $differences ]]; then
		ok "$4"
	else
		not_ok "$4" "$differences"
	fi
}
