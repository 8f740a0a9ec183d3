# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Read the package lists: packages that can be downloaded, not names that others only mention.

# package_versions[name]: words. package_depends["name version"]: as the list has it.
declare -A package_versions=() package_depends=()

# list_packages APTDIR: "NAME<TAB>VERSION<TAB>DEPENDS" of each package of a kernel, from all suites. Those of apt_foreign where that is
# set, with this machine's tools to build modules with.
list_packages() {
	# shellcheck disable=SC2016 # what apt fills in
	in_apt "$1" apt-get indextargets --format '$(FILENAME)' 'Created-By: Packages' |
		LC_ALL=C APT_CONFIG=$1/apt.conf xargs -r /usr/lib/apt/apt-helper cat-file |
		awk -v RS= -F '\n' -v foreign="${apt_foreign:-}" '
			/^Package: linux-(image|headers|kbuild|base|binary|modules|source)-/ {
				name = version = depends = arch = ""
				for (i = 1; i <= NF; i++) {
					if ($i ~ /^Package: /) name = substr($i, 10)
					else if ($i ~ /^Version: /) version = substr($i, 10)
					else if ($i ~ /^Depends: /) depends = substr($i, 10)
					else if ($i ~ /^Architecture: /) arch = substr($i, 15)
				}
				if (foreign && arch != "all" && arch != (name ~ /^linux-kbuild-/ ? "amd64" : foreign)) next
				print name "\t" version "\t" depends
			}'
}

# read_packages APTDIR
read_packages() {
	local name version depends

	package_versions=() package_depends=()
	while IFS=$'\t' read -r name version depends; do
		has_version "$name" "$version" || package_versions[$name]+=" $version"
		package_depends[$name $version]=$depends
	done < <(list_packages "$1")
}

# has_version NAME VERSION
has_version() {
	[[ -n ${package_depends[$1 $2]+there} ]]
}

# version_for NAME [RELATION VERSION]: prints the newest that the relation allows; fails if there is none.
version_for() {
	local version best=''

	for version in ${package_versions[$1]:-}; do
		[[ -z ${2:-} ]] || dpkg --compare-versions "$version" "$2" "$3" || continue
		[[ -n $best ]] && dpkg --compare-versions "$version" le "$best" || best=$version
	done
	[[ -n $best ]] && printf '%s\n' "$best"
}

# newest_first: lines that begin with a version, sorted.
newest_first() {
	local line other sorted=() i

	while IFS= read -r line; do
		for ((i = ${#sorted[@]}; i > 0; i--)); do
			other=${sorted[i - 1]}
			dpkg --compare-versions "${line%% *}" gt "${other%% *}" || break
			sorted[i]=$other
		done
		sorted[i]=$line
	done
	((${#sorted[@]} == 0)) || printf '%s\n' "${sorted[@]}"
}

# versions_of NAME: newest first, one a line.
versions_of() {
	# shellcheck disable=SC2086 # words
	printf '%s\n' ${package_versions[$1]:-} | sed '/^$/d' | newest_first
}

# alternatives_of GROUP: "name relation version" of each, one a line. A kernel's image does as well without Debian's signature.
alternatives_of() {
	tr '|' '\n' <<<"$1" | sed -E 's/[()]//g; s/:[a-z]+//; s/^ +//; /^linux-binary-[0-9]/{p; s/-/-unsigned-/2}'
}

# add_package NAME VERSION PATTERN: adds it to chosen, with all of its direct and indirect dependencies whose names fit the pattern.
# Sets lacking to a missing package, and fails.
add_package() {
	local group groups

	[[ -z ${chosen[$1]:-} ]] || return 0
	chosen[$1]=$2
	mapfile -t groups < <(tr ',' '\n' <<<"${package_depends[$1 $2]}")
	for group in "${groups[@]}"; do
		add_alternative "$group" "$3" || return
	done
}

# add_alternative GROUP PATTERN: the first that can be had.
add_alternative() {
	local name relation wanted version first=''

	while read -r name relation wanted; do
		[[ $name =~ ^($2)$ ]] || continue
		first=${first:-$name${relation:+ ($relation $wanted)}}
		version=$(version_for "$name" ${relation:+"$relation" "$wanted"}) || continue
		add_package "$name" "$version" "$2"
		return
	done < <(alternatives_of "$1")
	lacking=$first
	[[ -z $first ]]
}

# packages_for PATTERN NAME VERSION: prints "PACKAGE=VERSION" of it and its dependencies. If one is missing, prints it and fails.
packages_for() {
	local name lacking
	local -A chosen=()

	if ! has_version "$2" "$3"; then
		printf '%s (= %s)\n' "$2" "$3"
		return 1
	fi
	add_package "$2" "$3" "$1" || { printf '%s\n' "$lacking" && return 1; }
	for name in "${!chosen[@]}"; do
		printf '%s=%s\n' "$name" "${chosen[$name]}"
	done
}
