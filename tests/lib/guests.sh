# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The lab tier: each tests/lab/NAME.sh in a guest of its own, for each kernel, topology and part it names. The quick tier: those
# that say so, with the kernel uml.

# The statuses with which pcilab speaks for itself. The kernel is there and the module built, so that a guest that cannot
# be set up has failed too.
declare -A lab_verdict=(
	[120]='the guest was lost' [121]='the guest hung' [122]='the guest panicked' [123]='the kernel log has a warning'
	[124]='the guest could not be set up'
)

# guest_jobs[pid]: "name<TAB>output<TAB>second of its start" of a running guest.
declare -A guest_jobs=()

# script_header FILE KEY DEFAULT: the value of the comment "# KEY: VALUE" above the script's first command.
script_header() {
	awk -v key="# $2:" -v value="$3" '
	!/^#/ { exit }
	index($0, key) == 1 { value = substr($0, length(key) + 2) }
	END { print value }' "$1"
}

# has_kernel SCRIPT KERNEL: is the script for it? Where it names none it is for all of Debian's. A debug kernel gets those for the
# kernel it is a variant of, but one with KCSAN only those that say so: races want things to happen at once.
has_kernel() {
	local kernels

	kernels=" $(script_header "$1" kernels "$(kernel_names | paste -sd ' ')") "
	case $2 in
	uml) [[ $(script_header "$1" quick no) == yes ]] ;;
	*-kcsan) [[ $(script_header "$1" kcsan no) == yes && $kernels == *" ${2%-*} "* ]] ;;
	*-kasan) [[ $kernels == *" $2 "* || $kernels == *" ${2%-*} "* ]] ;;
	*) [[ $kernels == *" $2 "* ]] ;;
	esac
}

# run_guests KERNEL...: all wanted scripts, $jobs at a time.
run_guests() {
	local script name kernel topology part parts found=false

	for script in tests/lab/*.sh; do
		name=$(basename "$script" .sh)
		[[ $name != lib && $name != lib-* ]] || continue
		found=true
		is_wanted "$name" || continue
		for kernel; do
			has_kernel "$script" "$kernel" || continue
			read -ra parts <<<"$(script_header "$script" parts '')"
			for topology in $(script_header "$script" topology mixed); do
				for part in "${parts[@]:-}"; do
					[[ ${#guest_jobs[@]} -lt $jobs ]] || finish_guest
					start_guest "$script" "$kernel" "$topology" "$part"
				done
			done
		done
	done
	while [[ ${#guest_jobs[@]} -gt 0 ]]; do
		finish_guest
	done
	$found || count_failure 'lab: there are no tests in tests/lab'
}

# start_guest SCRIPT KERNEL TOPOLOGY [PART]
start_guest() {
	local name output append path options=()

	name="$(basename "$1" .sh) $2 $3${4:+ $4}"
	output=$logs/lab-${name// /-}
	append=$(script_header "$1" append '')
	[[ -z $append ]] || options+=(--append "$append")
	# Virtual time has one CPU, on which hardly anything races.
	[[ $(script_header "$1" icount no) == no || $2 == *-kcsan ]] || options+=(--icount)
	for path in $(script_header "$1" modules ''); do
		options+=(--modules "$path")
	done
	for path in $(script_header "$1" add ''); do
		options+=(--add "$path")
	done
	rm -f "$output".*
	lab/pcilab --kernel "$2" --topology "$3" --timeout $(($(script_header "$1" timeout 120) * $(kernel_slowness "$2"))) \
		--keep-log "$output.kernel.log" "${options[@]}" -- bash "/tests/$(basename "$1")" ${4:+"$4"} \
		>"$output.tap" 2>"$output.log" </dev/null &
	guest_jobs[$!]=$name$'\t'$output$'\t'$SECONDS
}

# finish_guest: waits for one guest and judges it.
finish_guest() {
	local pid status name output began

	wait -n -p pid "${!guest_jobs[@]}"
	status=$?
	IFS=$'\t' read -r name output began <<<"${guest_jobs[$pid]}"
	unset "guest_jobs[$pid]"
	printf 'ran     lab %s (%d s)\n' "$name" $((SECONDS - began))
	if [[ -n ${lab_verdict[$status]:-} ]]; then
		count_failure "lab $name: ${lab_verdict[$status]} (log: $output.log, $output.kernel.log)"
		[[ ! -s $output.tap ]] || count_tap "lab $name" "$output.tap" 0
	else
		count_tap "lab $name" "$output.tap" "$status"
	fi
}
