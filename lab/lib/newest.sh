# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Take the newest version that is complete on a mirror, else the next older one, else the cached one, and print the
# choice with its reason.

readonly try_again='Try again later, or name a mirror that has it in PCILAB_SOURCES (lab/README.md, "Mirrors").'

# get_lists NAME WHAT SUITE...: the package lists that WHAT may be in. Sets reason, and fails, if not all can be read.
get_lists() {
	local apt=$cache_dir/apt/$1 what=$2

	shift 2
	note "getting the package lists of $*"
	package_versions=() package_depends=()
	reason="there is no $what in $*"
	if apt_setup "$apt" "$@"; then
		read_packages "$apt"
		return
	fi
	if is_offline "$apt"; then
		reason='no mirror answered'
	else
		read_packages "$apt"
		reason="there is no $what in what can be read of $*"
	fi
	return 1
}

# is_newer DIR VERSION: the version is newer than the cached one, or nothing is cached.
is_newer() {
	[[ ! -f $1/release ]] || dpkg --compare-versions "$2" gt "$(<"$1/version")"
}

# get_newest NAME FETCH "VERSION WHAT"...: newest first. FETCH APTDIR DIR VERSION WHAT fills DIR.new, or prints why not and fails.
# Sets reason and fails if no release newer than the cached one is available.
get_newest() {
	local name=$1 fetch=$2 apt=$cache_dir/apt/$1 dir candidate version what why passed=''

	dir=$(kernel_dir "$name")
	shift 2
	for candidate; do
		read -r version what <<<"$candidate"
		if ! is_newer "$dir" "$version"; then
			[[ $candidate != "$1" ]] || reason='there is no newer one'
			return 1
		fi
		rm -rf "$dir.new"
		if why=$("$fetch" "$apt" "$dir" "$version" "$what"); then
			note "kernel $name: got $what ($version)"
			return
		fi
		rm -rf "$dir.new"
		note "kernel $name: passed over $what ($version): $why"
		passed=${passed:-$what, $why}
		reason="nothing newer can be fetched completely ($passed)"
	done
	return 1
}

# keep_cached NAME STATUS: uses the cached kernel, or exits with the status if there is none.
keep_cached() {
	local dir

	dir=$(kernel_dir "$1")
	[[ -f $dir/release ]] || die "$2" "kernel $1 is not cached and cannot be fetched: ${reason/nothing newer/none of its releases}. $try_again"
	note "kernel $1: keeping $(<"$dir/release") ($(<"$dir/version")): $reason"
}
