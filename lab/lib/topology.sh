# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Read a topology: a file of QEMU arguments, one device on each line.

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

# topology_words FILE TMP ARCH: the arguments, one a line, @TMP@ replaced.
topology_words() {
	topology_lines "$1" "$2" | if [[ $3 == arm64 ]]; then mirror_ports; else cat; fi | tr -s '[:space:]' '\n' | sed '/^$/d'
}

# topology_lines FILE TMP: a device a line.
topology_lines() {
	sed -E -e '/^[[:space:]]*#/d' -e '/^-append[[:space:]]/d' -e 's/[[:space:]]#.*//' -e "s|@TMP@|$2|g" "$1"
}

# mirror_ports: without the PC's firmware buses are numbered from the lowest device number up. The numbers of the ports on each bus
# are mirrored, so that the buses have the numbers that the topology's comments give. The machine brings the IOMMU, and the kernel
# takes firmware tables from the initrd.
mirror_ports() {
	awk '
		function hex(text,  i, n) {
			for (i = 1; i <= length(text); i++) n = 16 * n + index("0123456789abcdef", substr(text, i, 1)) - 1
			return n
		}
		function value(name) {
			if (!match($0, name "=[^,. ]+")) return ""
			return substr($0, RSTART + length(name) + 1, RLENGTH - length(name) - 1)
		}
		/^-device intel-iommu|^-acpitable/ { next }
		{ line[++lines] = $0 }
		/^-device (pcie-root-port|xio3130-downstream),/ && value("addr") != "" {
			bus = on[lines] = value("bus")
			n = number[lines] = hex(value("addr"))
			if (!(bus in low) || n < low[bus]) low[bus] = n
			if (n > high[bus]) high[bus] = n
		}
		END {
			for (i = 1; i <= lines; i++) {
				if (i in on) sub(/addr=[0-9a-f]+/, sprintf("addr=%02x", low[on[i]] + high[on[i]] - number[i]), line[i])
				print line[i]
			}
		}'
}

# has_iommu FILE
has_iommu() {
	grep -q '^-device intel-iommu' "$1"
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

# topology_tables FILE: the names of its firmware tables.
topology_tables() {
	sed -nE 's|^-acpitable[[:space:]]+file=@TMP@/([A-Za-z0-9_-]+)\.aml.*|\1|p' "$1"
}

# make_tables FILE TMP ARCH: TMP/NAME.aml for each firmware table NAME of the topology, from NAME.asl beside it.
make_tables() {
	local file=$1 tmp=$2 name

	for name in $(topology_tables "$file"); do
		need iasl
		if [[ $3 == arm64 ]]; then
			mirror_addresses "$file" <"${file%/*}/$name.asl" >"$tmp/$name.asl"
		else
			cp "${file%/*}/$name.asl" "$tmp/$name.asl"
		fi
		iasl -p "$tmp/$name" "$tmp/$name.asl" >"$tmp/$name.log" 2>&1 ||
			die "$lab_setup" "iasl: $(cat "$tmp/$name.log")"
	done
}

# mirror_addresses FILE: of the root ports in the firmware table that it reads, as mirror_ports does in the topology FILE. A table for
# simulated ports stays as it is.
mirror_addresses() {
	local low high

	read -r low high < <(topology_lines "$1" '' |
		sed -nE 's/^-device pcie-root-port,.*addr=([0-9a-f]+).*/\1/p' | sort | sed -n '1p;$p' | paste -sd ' ')
	[[ -n $low ]] || { cat && return; }
	awk -v sum=$((0x$low + 0x$high)) '
		match($0, /_ADR, 0x00[0-9A-F][0-9A-F]0000\)/) {
			digits = "0123456789ABCDEF"
			number = 16 * (index(digits, substr($0, RSTART + 10, 1)) - 1) + index(digits, substr($0, RSTART + 11, 1)) - 1
			$0 = substr($0, 1, RSTART + 9) sprintf("%02X", sum - number) substr($0, RSTART + 12)
		}
		{ print }'
}
