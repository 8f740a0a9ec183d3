# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by all scripts of the lab: places, messages, locks.

lab_dir=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
repo_dir=$(cd "$lab_dir/.." && pwd)
cache_dir=${XDG_CACHE_HOME:-$HOME/.cache}/pcireset

# Exit statuses that stand for the lab and not for the command; pcilab --help explains them.
readonly lab_lost=120 lab_hang=121 lab_panic=122 lab_splat=123 lab_setup=124

note() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die STATUS MESSAGE...
die() {
	local status=$1

	shift
	note "$@"
	exit "$status"
}

usage_error() {
	die 2 "$*; see --help"
}

# need COMMAND...: all of them, or a message that says how to get them.
need() {
	local cmd

	for cmd; do
		command -v "$cmd" >/dev/null ||
			die "$lab_setup" "$cmd is not installed; tools/install-deps lab installs what the lab needs"
	done
}

# with_lock NAME COMMAND...: one process at a time, machine-wide for this cache.
with_lock() {
	local lock=$cache_dir/lock/$1

	shift
	mkdir -p "$cache_dir/lock"
	(
		flock 9
		"$@" 9>&-
	) 9>"$lock"
}

# table_field FILE NAME COLUMN: of the line that begins with NAME; nothing if there is none. Asked a dozen times in a run, and
# starting awk takes longer than all that it would do here.
table_field() {
	local fields

	while read -ra fields; do
		[[ ${fields[0]:-} != "$2" ]] || printf '%s\n' "${fields[$3 - 1]:-}"
	done <"$1"
}

# The kernel table: kernel_field NAME COLUMN (1 name, 2 suites, 3 release pattern, 4 tool chain, 5 architecture, 6 use).
kernel_field() {
	table_field "$lab_dir/kernels" "$1" "$2"
}

kernel_names() {
	kernels_of amd64
}

# kernels_of ARCH: those with the tests of the lab; "all" is of every architecture.
kernels_of() {
	awk -v arch="$1" '!/^#/ && $6 == "check" && (arch == "all" || $5 == arch) { print $1 }' "$lab_dir/kernels"
}

# debian_kernels: all that there are.
debian_kernels() {
	awk '!/^#/ && NF { print $1 }' "$lab_dir/kernels"
}

# kernel_arch NAME: a kernel that is built here from source is for this machine.
kernel_arch() {
	local arch

	arch=$(kernel_field "$1" 5)
	printf '%s\n' "${arch:-amd64}"
}

# The table of those that are built here: built_field NAME COLUMN (1 name, 2 suites, 3 source, 4 architecture, 5 configuration,
# 6 slowness, 7 patches).
built_field() {
	table_field "$lab_dir/kernels-built" "$1" "$2"
}

built_names() {
	awk '!/^#/ && NF { print $1 }' "$lab_dir/kernels-built"
}

is_built() {
	[[ -n $(built_field "$1" 1) ]]
}

# built_config NAME: prints its configuration files.
built_config() {
	local files

	IFS=, read -ra files < <(built_field "$1" 5)
	(cd "$lab_dir" && cat "${files[@]}")
}

# built_patches NAME: the patches that are applied to its source, in order; nothing for most kernels.
built_patches() {
	local dir

	dir=$(built_field "$1" 7)
	[[ -z $dir ]] || printf '%s\n' "$repo_dir/$dir"/*.patch
}

# patched_functions NAME: those of the kernel that its patches define or change, one a line.
patched_functions() {
	local patches

	mapfile -t patches < <(built_patches "$1")
	((${#patches[@]} == 0)) || sed -nE 's/^(@@ -[0-9,]+ \+[0-9,]+ @@ |\+)[a-z][a-z0-9_ *]*\b([a-z_][a-z0-9_]*)\(.*/\2/p' "${patches[@]}" | sort -u
}

# built_inputs NAME: everything that a cached kernel depends on besides Debian's source. Comments of the configuration and messages of
# patches do not count.
built_inputs() {
	local patches

	built_config "$1" | grep -E '^(# )?CONFIG_'
	mapfile -t patches < <(built_patches "$1")
	((${#patches[@]} == 0)) || sed -s '1,/^diff --git /{/^diff --git /!d}' "${patches[@]}"
}

# The only kernel that does not run in QEMU.
is_uml() {
	[[ $1 == uml ]]
}

# is_debug NAME: built with checkers that make everything slower, and a guest of QEMU.
is_debug() {
	is_built "$1" && ! is_uml "$1"
}

# kernel_slowness NAME: how much longer everything may take than with a stock kernel.
kernel_slowness() {
	if is_built "$1"; then
		built_field "$1" 6
	else
		printf '1\n'
	fi
}

# require_kernel NAME: a usage error for a kernel that there is not.
require_kernel() {
	is_built "$1" || [[ -n $(kernel_field "$1" 1) ]] ||
		usage_error "no kernel '$1'; there are: $( (debian_kernels && built_names) | paste -sd ' ')"
}

# kernel_dir NAME: one that is built has a directory for each configuration and set of patches, as checkouts that differ share
# the cache.
kernel_dir() {
	local name=$1

	! is_built "$1" || name+=-$(built_inputs "$1" | sha256sum | cut -c 1-16)
	printf '%s/kernels/%s\n' "$cache_dir" "$name"
}

kernel_release() {
	cat "$(kernel_dir "$1")/release"
}
