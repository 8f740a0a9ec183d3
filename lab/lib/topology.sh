# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Read a topology: a file of QEMU arguments, one device a line.

# find_topology NAME|FILE: sets topology to the file's path.
find_topology() {
	topology=$lab_dir/topologies/$1
	[[ $1 == */* || ! -f $topology ]] || return 0
	[[ -f $1 ]] || usage_error "no topology '$1'; there are: $(topology_names | paste -sd ' ')"
	topology=$(readlink -f "$1")
}

topology_names() {
	(cd "$lab_dir/topologies" && find . -type f ! -name '*.asl' -printf '%P\n' | sort)
}

# topology_words FILE TMP: the arguments, one a line, @TMP@ replaced.
topology_words() {
	sed -E -e '/^[[:space:]]*#/d' -e '/^-append[[:space:]]/d' -e 's/[[:space:]]#.*//' -e "s|@TMP@|$2|g" "$1" | tr -s '[:space:]' '\n' | sed '/^$/d'
}

# topology_append FILE: the kernel words a topology needs. QEMU would take the last -append and forget the lab's own.
topology_append() {
	sed -nE 's/^-append[[:space:]]+//p' "$1" | paste -sd ' '
}

# make_disks TMP WORD...: a sparse file for each TMP/NAME.img in the arguments.
make_disks() {
	local tmp=$1 word

	shift
	for word; do
		[[ $word =~ "$tmp"/[A-Za-z0-9_-]+\.img ]] && truncate -s 64M "${BASH_REMATCH[0]}"
	done
	return 0
}

# make_tables FILE TMP WORD...: each TMP/NAME.aml in the arguments, from NAME.asl beside the topology.
make_tables() {
	local file=$1 tmp=$2 word name

	shift 2
	for word; do
		[[ $word =~ "$tmp"/([A-Za-z0-9_-]+)\.aml ]] || continue
		name=${BASH_REMATCH[1]}
		need iasl
		iasl -p "$tmp/$name" "${file%/*}/$name.asl" >"$tmp/$name.log" 2>&1 ||
			die "$lab_setup" "iasl: $(cat "$tmp/$name.log")"
	done
}
