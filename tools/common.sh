# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the checkers share: the files of the tree, and a verdict.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
# In CI, the checkout may belong to another user. git runs nothing of it.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
problems=0

# files PATHSPEC...: prints the files that git tracks or would track.
files() {
	git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while IFS= read -r file; do
		[[ -f $file ]] && printf '%s\n' "$file"
	done
}

# Every shell script, by its name or its first line.
scripts() {
	files . | while IFS= read -r file; do
		case $file in
		*.sh) printf '%s\n' "$file" ;;
		*.*) ;;
		*) head -n 1 "$file" | grep -Eq '^#!.*\b(ba)?sh$' && printf '%s\n' "$file" ;;
		esac
	done
}

# kernel_names: the lab's kernels of this architecture.
kernel_names() {
	kernels_of amd64
}

# kernels_of ARCH: those with the tests of the lab; "all" is of every architecture.
kernels_of() {
	awk -v arch="$1" '!/^#/ && $6 == "check" && (arch == "all" || $5 == arch) { print $1 }' lab/kernels
}

# debian_kernels: all of lab/kernels.
debian_kernels() {
	awk '!/^#/ && NF { print $1 }' lab/kernels
}

# Those of them that are built here with the kernel's checkers and are guests of QEMU. A kernel with patches is not one of them.
debug_kernel_names() {
	awk '!/^#/ && NF == 6 && $1 != "uml" { print $1 }' lab/kernels-built
}

# Those with the patches of in-tree/series.
series_kernel_names() {
	awk '!/^#/ && NF == 7 { print $1 }' lab/kernels-built
}

# kernel_slowness NAME: how much longer everything may take than with a stock kernel.
kernel_slowness() {
	awk -v name="$1" '!/^#/ && $1 == name { slowness = $6 } END { print slowness ? slowness : 1 }' lab/kernels-built
}

# paragraphs PAGE...: "PAGE:TEXT", with a paragraph, a row of a table or an item of a list on one line. It omits blocks of code.
paragraphs() {
	awk '
		function flush() { if (text) print page ":" text; text = "" }
		FNR == 1 { flush(); fenced = 0 }
		/^```/ { flush(); fenced = !fenced; next }
		fenced || (/^    / && !text) { next }
		/^[[:space:]]*$/ { flush(); next }
		/^[[:space:]]*[|*-] ?/ { flush() }
		{ page = FILENAME; sub(/^[[:space:]]+/, ""); text = text " " $0 }
		END { flush() }' "$@"
}

problem() {
	printf '%s\n' "$*"
	problems=$((problems + 1))
}

# need_input WHAT COUNT: a checker that finds nothing to check has failed.
need_input() {
	[[ $2 -gt 0 ]] || problem "found no $1 to check"
}

verdict() {
	[[ $problems -eq 0 ]] || exit 1
	exit 0
}
