# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The lab tier: each tests/lab/NAME.sh in a guest of its own, for each kernel, topology and part it names. The quick tier: those
# that say so, with the kernel uml.

# The statuses with which pcilab speaks for itself. The kernel is there and the module built, so that a guest that cannot
# be set up has failed too.
declare -gA lab_verdict=(
	[120]='the guest was lost' [121]='the guest hung' [122]='the guest panicked' [123]='the kernel log has a warning'
	[124]='the guest could not be set up'
)

# script_header FILE KEY DEFAULT: the value of the comment "# KEY: VALUE" above the script's first command.
script_header() {
	awk -v key="# $2:" -v value="$3" '
	!/^#/ { exit }
	index($0, key) == 1 { value = substr($0, length(key) + 2) }
	END { print value }' "$1"
}

# has_kernel SCRIPT KERNEL: is the script for it? Where it names none it is for all of lab/kernels. A kernel of arm64 gets those for the
# same of amd64, unless it is named. A debug kernel gets those for the
# kernel it is a variant of, but one with KCSAN only those that say so: races want things to happen at once. The kernel with the
# series gets those that say so.
has_kernel() {
	local kernels

	kernels=" $(script_header "$1" kernels "$(debian_kernels | paste -sd ' ')") "
	case $2 in
	uml) [[ $(script_header "$1" quick no) == yes ]] ;;
	*-intree | *-intree-kasan) [[ $(script_header "$1" intree no) == yes ]] ;;
	*-intree-kcsan) [[ $(script_header "$1" intree no) == yes && $(script_header "$1" kcsan no) == yes ]] ;;
	*-kcsan) [[ $(script_header "$1" kcsan no) == yes && ($kernels == *" $2 "* || $kernels == *" ${2%-*} "*) ]] ;;
	*-kasan | *-arm64) [[ $kernels == *" $2 "* || $kernels == *" ${2%-*} "* ]] ;;
	*) [[ $kernels == *" $2 "* ]] ;;
	esac
}

# is_left_to_the_night SCRIPT KERNEL TOPOLOGY: make check has 40 minutes. The header "nightly" names kernels, or KERNEL/TOPOLOGY, that a
# long script runs on only with --nightly, or if the command line chooses tests or kernels. The others show its promise each time.
is_left_to_the_night() {
	local kernel=${2%-arm64} nightly_ones

	! $nightly && [[ ${#only[@]} -eq 0 && ${#kernels[@]} -eq 0 ]] || return
	nightly_ones=" $(script_header "$1" nightly '') "
	[[ $nightly_ones == *" $kernel "* || $nightly_ones == *" $kernel/$3 "* ]]
}

# is_shared SCRIPT KERNEL: does it leave a guest to others? A debug kernel's reports are to name one test.
is_shared() {
	[[ ${#only[@]} -eq 0 && $(script_header "$1" shares no) == yes && ${2%-arm64} != *-* && $2 != uml ]]
}

# run_guests KERNEL...: all wanted scripts, $jobs at a time.
run_guests() {
	local script name kernel alone=() found=false
	local -A shared=() unfit=()

	for script in tests/lab/*.sh; do
		name=$(basename "$script" .sh)
		[[ $name != lib && $name != lib-* ]] || continue
		found=true
		is_wanted "$name" || continue
		for kernel; do
			has_kernel "$script" "$kernel" || continue
			has_programs "$script" "$kernel" || continue
			collect_guests "$script" "$kernel"
		done
	done
	run_shared
	run_alone
	$found || count_failure 'lab: there are no tests in tests/lab'
}

# collect_guests SCRIPT KERNEL: sorts them by their needs. alone: a line each; shared: the scripts by "kernel topology".
collect_guests() {
	local topology part parts

	read -ra parts <<<"$(script_header "$1" parts '')"
	for topology in $(script_header "$1" topology mixed); do
		! is_left_to_the_night "$1" "$2" "$topology" || continue
		fits_machine "$2" "$topology" || continue
		if is_shared "$1" "$2"; then
			shared[$2 $topology]+=" $1"
			continue
		fi
		for part in "${parts[@]:-}"; do
			alone+=("$1 $2 $topology $part")
		done
	done
}

# has_programs SCRIPT KERNEL: this machine compiles Python's library for guests of another architecture, and says why it cannot.
has_programs() {
	local python

	[[ $2 == *-arm64 && -n $(script_header "$1" python '') ]] || return 0
	python=$(readlink -f /usr/bin/python3)
	[[ ! -e $(guest_root)$python ]] || return 0
	count_skip "lab $(basename "$1" .sh) $2: this machine's Python is not that of the sysroot: $python"
	return 1
}

# guest_root: prints the directory of the programs and libraries for guests of arm64.
guest_root() {
	printf '%s/root\n' "$(lab/sysroot arm64)"
}

# fits_machine KERNEL TOPOLOGY: says once why not.
fits_machine() {
	local why

	[[ $1 == *-arm64 ]] || return 0
	why=$(sed -n 's/^# Not for arm64: //p' "lab/topologies/$2")
	[[ -n $why ]] || return 0
	[[ -n ${unfit[$1 $2]:-} ]] || count_skip "lab $1: the tests with topology $2: $why"
	unfit[$1 $2]=yes
	return 1
}

# run_shared: they take longest, and come first.
run_shared() {
	local key kernel topology scripts

	for key in "${!shared[@]}"; do
		read -r kernel topology <<<"$key"
		read -ra scripts <<<"${shared[$key]}"
		start_guest "$kernel" "$topology" '' "${scripts[@]}"
	done
}

run_alone() {
	local line script kernel topology part

	for line in "${alone[@]}"; do
		read -r script kernel topology part <<<"$line"
		start_guest "$kernel" "$topology" "$part" "$script"
	done
}

# options_for KERNEL SCRIPT: adds the options of its header.
options_for() {
	local append path

	append=$(script_header "$2" append '')
	[[ -z $append ]] || options+=(--append "$append")
	[[ $(script_header "$2" acpi no) == no ]] || options+=(--acpi)
	# Virtual time has one CPU, on which hardly anything races.
	[[ $(script_header "$2" icount no) == no || $1 == *-kcsan ]] || options+=(--icount)
	for path in $(script_header "$2" modules ''); do
		options+=(--modules "$path")
	done
	for path in $(script_header "$2" add ''); do
		options+=(--add "$(program_of "$1" "$path")")
	done
	for path in $(script_header "$2" libraries ''); do
		options+=(--add "$(library_of "$1" "$path")")
	done
	add_python "$1" "$(script_header "$2" python '')"
}

# program_of KERNEL PATH: prints a program of the system as guests of the kernel need it, and files of this repository as they are.
program_of() {
	if [[ $1 == *-arm64 && $2 == /* ]]; then
		printf '%s%s\n' "$(guest_root)" "$2"
	else
		printf '%s\n' "$2"
	fi
}

# library_of KERNEL NAME: prints "FILE:PLACE" of a shared library for the guests of the kernel.
library_of() {
	local path

	if [[ $1 == *-arm64 ]]; then
		path=/usr/lib/aarch64-linux-gnu/$2
		printf '%s\n' "$(guest_root)$path:$path"
	else
		path=$(ldconfig -p | awk -v name="$2" '$1 == name { print $NF; exit }')
		printf '%s\n' "$path:$path"
	fi
}

# add_python KERNEL MODULES: Python with these modules of this repository, or of its own.
add_python() {
	local dir=$logs/guest-python from=()

	[[ -n $2 ]] || return 0
	[[ $1 != *-arm64 ]] || { dir+=-arm64 && from=(--root "$(guest_root)"); }
	# shellcheck disable=SC2086 # words
	PYTHONPATH=python tests/lib/guest-python "${from[@]}" "$dir" $2 || return
	options+=(--add "$dir/usr:/usr")
}

# start_guest KERNEL TOPOLOGY PART SCRIPT...: one script with its part, if it has any, or several that share a guest.
start_guest() {
	local kernel=$1 topology=$2 part=$3 script name output timeout=0 options=() command=()

	shift 3
	pool_make_room "$jobs"
	for script; do
		timeout=$((timeout + $(script_header "$script" timeout 120)))
		options_for "$kernel" "$script"
		command+=("$(basename "$script" .sh)")
	done
	if [[ $# -gt 1 ]]; then
		name="shared $kernel $topology"
		command=(/tests/shared "${command[@]}")
	else
		name="${command[0]} $kernel $topology${part:+ $part}"
		command=("/tests/${command[0]}.sh" ${part:+"$part"})
	fi
	output=$logs/lab-${name// /-}
	rm -f "$output".*
	PCILAB_SHIFT=$(script_header "$1" shift 3) \
		lab/pcilab --kernel "$kernel" --topology "$topology" --timeout $((timeout * $(kernel_slowness "$kernel"))) \
		--keep-log "$output.kernel.log" "${options[@]}" -- bash "${command[@]}" \
		>"$output.tap" 2>"$output.log" </dev/null &
	pool_add $! judge_guest "lab $name" "$output"
}

# run_intree_guests KERNEL...: each test of tests/intree in a guest of each of these kernels, with the series or plain. Those with
# KCSAN get the tests that say so.
run_intree_guests() {
	local script name kernel

	for script in tests/intree/*.sh; do
		name=$(basename "$script" .sh)
		[[ $name != lib ]] || continue
		is_wanted "$name" || continue
		for kernel; do
			[[ $kernel != *-kcsan || $(script_header "$script" kcsan no) == yes ]] || continue
			start_intree_guest "$kernel" "$(intree_judge "$kernel")" "$script"
		done
	done
}

# intree_judge KERNEL
intree_judge() {
	case $1 in
	*-intree*) printf 'judge_guest\n' ;;
	*) printf 'judge_plain_guest\n' ;;
	esac
}

# intree_selftests KERNEL: the directory of the series' selftests; for a plain kernel those of 7.3-intree.
intree_selftests() {
	bash -c '. lab/lib/common.sh && kernel_dir "$1"' - "$([[ $1 == *-intree* ]] && echo "$1" || echo 7.3-intree)" | sed 's|$|/selftests|'
}

# start_intree_guest KERNEL JUDGE SCRIPT: with virtual time but under KCSAN, and without pcireset.
start_intree_guest() {
	local kernel=$1 script=$3 name output options=() selftests timeout

	pool_make_room "$jobs"
	name="$(basename "$script" .sh) $kernel"
	output=$logs/intree-${name// /-}
	options_for "$kernel" "$script"
	[[ $kernel == *-kcsan ]] || options+=(--icount)
	selftests=$(intree_selftests "$kernel")
	timeout=$(script_header "$script" timeout 200)
	[[ $kernel != *-k[ac]san ]] || timeout=$((timeout * $(kernel_slowness "$kernel")))
	rm -f "$output".*
	PCILAB_SHIFT=$(script_header "$script" shift 3) \
		lab/pcilab --kernel "$kernel" --topology "$(script_header "$script" topology empty)" --timeout "$timeout" \
		--keep-log "$output.kernel.log" --add tests/intree:/intree --add "$selftests:/selftests" "${options[@]}" \
		-- "rmmod pcireset; bash /intree/$(basename "$script")" >"$output.tap" 2>"$output.log" </dev/null &
	pool_add $! "$2" "intree $name" "$output"
}

# judge_plain_guest NAME OUTPUT STATUS: the test must fail on the kernel without the series, or it shows nothing, and in the way that
# its header tells. With "# plain: PATTERN" the kernel log has such a line: a hang, an oops or a warning that is the defect. Without,
# the guest ends by itself and a check of the test fails. A guest that was lost for another reason proves nothing.
judge_plain_guest() {
	local script=tests/intree/${1#intree } pattern

	script=${script%% *}.sh
	pattern=$(script_header "$script" plain '')
	if [[ $3 -eq 124 ]]; then
		count_failure "$1: ${lab_verdict[124]} (log: $2.log)"
	elif [[ -n $pattern ]] && grep -Eq -- "$pattern" "$2.kernel.log" 2>/dev/null; then
		count_pass 1
	elif [[ -n $pattern ]]; then
		count_failure "$1: the kernel log does not have what the test expects of the plain kernel, '$pattern' (log: $2.kernel.log)"
	elif [[ $3 -ge 120 && $3 -le 122 ]]; then
		count_failure "$1: ${lab_verdict[$3]}, which the test does not expect of the plain kernel (log: $2.log)"
	elif ! grep -q '^1\.\.' "$2.tap"; then
		count_failure "$1: ended without a plan (log: $2.tap)"
	elif grep -q '^not ok' "$2.tap"; then
		count_pass 1
	else
		count_failure "$1: passes without the series, so it shows nothing (log: $2.tap)"
	fi
}

# judge_guest NAME OUTPUT STATUS
judge_guest() {
	local name=$1 output=$2 status=$3

	if [[ -n ${lab_verdict[$status]:-} ]]; then
		count_failure "$name: ${lab_verdict[$status]} (log: $output.log, $output.kernel.log)"
		[[ ! -s $output.tap ]] || count_tap "$name" "$output.tap" 0
	else
		count_tap "$name" "$output.tap" "$status"
	fi
}
