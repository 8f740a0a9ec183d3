# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the benchmarks share: each is a script of bench/guest that prints a table, in a guest of each kernel.

. "$(dirname "$0")/../tools/common.sh"

# bench SECONDS KERNEL...: the guest's script has the name of the program, with ".sh".
bench() {
	local seconds=$1 program=${0##*/} kernel kernels

	shift
	case ${1:-} in
	--help | -h)
		printf 'usage: bench/%s [KERNEL...]\n\n' "$program"
		printf 'Boots each kernel of lab/kernels, or those named, with virtual time, and prints a table. Needs what the lab needs.\n'
		return
		;;
	-*)
		printf "bench/%s: '%s' is not an option\nsee: bench/%s --help\n" "$program" "$1" "$program" >&2
		return 2
		;;
	esac
	mapfile -t kernels < <(kernel_names)
	[[ $# -eq 0 ]] || kernels=("$@")
	for kernel in "${kernels[@]}"; do
		lab/pcilab --kernel "$kernel" --icount --topology empty --timeout "$seconds" --add "bench/guest/$program.sh" -- bash "$program.sh"
	done
}
