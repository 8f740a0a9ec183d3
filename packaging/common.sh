# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What install and uninstall share: options, places, messages.

name=pcireset
version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
module_source=/usr/src/$name-$version

say() {
	printf '%s\n' "$*"
}

fail() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# parse_options ARG...: sets destdir and prefix, and the places that follow from them.
parse_options() {
	destdir='' prefix=/usr/local
	[[ $(($# % 2)) -eq 0 ]] || fail "$usage"
	while [[ $# -gt 0 ]]; do
		case $1 in
		--destdir) destdir=${2%/} ;;
		--prefix) prefix=${2%/} ;;
		*) fail "$usage" ;;
		esac
		shift 2
	done
	[[ -z $destdir || $destdir == /* ]] || destdir=$PWD/$destdir
	[[ $prefix == /* ]] || fail "the prefix '$prefix' is not an absolute path"
	[[ -n $version ]] || fail 'kmod/dkms.conf names no PACKAGE_VERSION'
	# udev and systemd read /usr/lib and /usr/local/lib only.
	local lib=/usr/local/lib
	[[ $prefix != /usr ]] || lib=/usr/lib
	udev_rule=$lib/udev/rules.d/60-pcireset.rules
	boot_unit=$lib/systemd/system/pcireset@.service
	manifest=$prefix/share/$name/installed-files
}

# remember PATH: uninstall removes it. PATH is without the destdir.
remember() {
	mkdir -p "$destdir${manifest%/*}"
	printf '%s\n' "$1" >>"$destdir$manifest"
}

# The module's source as in the checkout, without what a build left there.
module_files() {
	(cd kmod && find . -type f ! -name '.*' ! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
		! -name modules.order ! -name Module.symvers -printf '%P\n')
}

# remove_files: what the manifest names.
remove_files() {
	local path

	while IFS= read -r path; do
		[[ $path == /* && $path != *..* ]] || fail "$manifest: strange path '$path'"
		rm -f "$destdir$path"
	done <"$destdir$manifest"
	rm -f "$destdir$manifest"
	rmdir --ignore-fail-on-non-empty "$destdir${manifest%/*}"
}
