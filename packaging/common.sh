# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Shared by the scripts here: options, places, messages, the list of source files.

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

# in_git ARG...: in CI the checkout may belong to another user; nothing of it is run by git.
in_git() {
	git -c safe.directory='*' "$@"
}

# has_git: this tree is a checkout, and not an archive inside another checkout.
has_git() {
	command -v git >/dev/null && [[ $(in_git rev-parse --show-toplevel 2>/dev/null) == "$(pwd -P)" ]]
}

# source_files: prints the files that git tracks, or without git all files except build results, each with a NUL.
source_files() {
	if has_git; then
		in_git ls-files -z
	else
		find . -path ./build -prune -o ! -type d -printf '%P\0'
	fi
}

# make_tarball VERSION FILE: the source, the same bit by bit wherever and whenever it is made of the same commit.
make_tarball() {
	local time=0

	! has_git || time=$(in_git log -1 --format=%ct)
	# S: do not change targets of links.
	source_files | LC_ALL=C sort -z | tar --create --null --files-from - --transform "s|^|$name-$1/|S" --format=posix \
		--pax-option=delete=atime,delete=ctime --mtime="@$time" --owner=root:0 --group=root:0 --mode=u+rw,go=rX |
		gzip -9n >"$2"
}

# project NAME: a value of packaging/project.
project() {
	sed -n "s/^$1=//p" packaging/project
}

# refuse_characters OPTION PATH CLASS REASON: fails if PATH has a character of CLASS.
refuse_characters() {
	[[ $2 != *$3* ]] || fail "$1 ${2@Q}: $4"
}

# check_places: refuses paths that an installed file cannot contain.
check_places() {
	local option

	for option in destdir prefix; do
		refuse_characters "--$option" "${!option}" '[[:cntrl:]]' 'a path with a control character cannot be in the list of installed files'
	done
	[[ $prefix == /* ]] || fail "the prefix '$prefix' is not an absolute path"
	iconv -f UTF-8 -t UTF-8 <<<"$prefix" >/dev/null 2>&1 || fail "--prefix ${prefix@Q}: systemd and Meson want UTF-8"
	refuse_characters --prefix "$prefix" '[\\"'\'']' 'systemd runs no program whose path has a quote or a backslash'
	refuse_characters --prefix "$prefix" '[$#]' 'pkg-config takes $ and # in a path for a variable and a comment'
	[[ -n $version ]] || fail 'kmod/dkms.conf names no PACKAGE_VERSION'
}

# parse_options ARG...: sets destdir and prefix, and the places that follow from them.
parse_options() {
	destdir='' prefix=/usr/local
	[[ $(($# % 2)) -eq 0 ]] || fail "$usage"
	while [[ $# -gt 0 ]]; do
		case $1 in
		--destdir) destdir=$2 ;;
		--prefix) prefix=$2 ;;
		*) fail "$usage" ;;
		esac
		shift 2
	done
	check_places
	# Without "." and "..": uninstall refuses them in the list of installed files.
	prefix=$(realpath --canonicalize-missing --no-symlinks -- "$prefix")
	[[ $prefix != / ]] || fail 'the prefix / is the whole system: name a directory below it, such as /usr'
	[[ -z $destdir ]] || destdir=$(realpath --canonicalize-missing --no-symlinks -- "$destdir")
	destdir=${destdir%/}
	# udev and systemd read /usr/lib and /usr/local/lib only.
	local lib=/usr/local/lib
	[[ $prefix != /usr ]] || lib=/usr/lib
	udev_rule=$lib/udev/rules.d/60-pcireset.rules
	boot_unit=$lib/systemd/system/pcireset@.service
	recover_unit=$lib/systemd/system/pcireset-recover.service
	qualify_unit=$lib/systemd/system/pcireset-qualify@.service
	manifest=$prefix/share/$name/installed-files
}

# remember PATH: uninstall removes it. PATH is without the destdir.
remember() {
	mkdir -p "$destdir${manifest%/*}"
	printf '%s\n' "$1" >>"$destdir$manifest"
}

# The module's source as in the checkout, without build results.
module_files() {
	(cd kmod && find . -type f ! -name '.*' ! -name '*.o' ! -name '*.ko' ! -name '*.mod' ! -name '*.mod.c' \
		! -name modules.order ! -name Module.symvers -printf '%P\n')
}

# remove_files: removes the files in the manifest.
remove_files() {
	local path

	while IFS= read -r path; do
		[[ $path == /* && $path/ != */../* ]] || fail "$manifest: strange path '$path'"
		rm -f "$destdir$path"
	done <"$destdir$manifest"
	rm -f "$destdir$manifest"
	rmdir --ignore-fail-on-non-empty "$destdir${manifest%/*}"
}
