#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset metrics without the module: the format, and the file. The lab tests the counters.

bats_require_minimum_version 1.5.0

setup() {
	export PATH=$BATS_TEST_DIRNAME/../../build/meson/cli:$PATH
	dir=$BATS_TEST_TMPDIR/dir file=$dir/pcireset.prom
	mkdir "$dir"
}

# is_valid: standard input has the format that promtool requires. Calls promtool if it is installed. The tests do not
# install it, because it comes with a server of over 100 MB.
is_valid() {
	local text

	text=$(cat)
	awk -f "$BATS_TEST_DIRNAME/../lab/prometheus.awk" <<<"$text" || return
	! command -v promtool >/dev/null || promtool check metrics <<<"$text"
}

@test 'metrics without the module are valid and say so' {
	run -0 pcireset metrics
	is_valid <<<"$output"
	[[ $output == *$'\npcireset_module_loaded 0'* && $output != *_total* ]]
	first=$output
	run -0 pcireset metrics -
	[[ $output == "$first" ]]
}

@test 'the check of the format rejects wrong metrics' {
	good=$'# HELP a_total b c.\n# TYPE a_total counter\na_total{type="flr"} 1'
	is_valid <<<"$good"
	while IFS= read -r change; do
		changed=$(sed -E "$change" <<<"$good")
		[[ $changed != "$good" ]]
		if is_valid <<<"$changed"; then
			echo "not found: $change"
			return 1
		fi
	done <<-'EOF'
		s/ 1$/ one/
		s/ 1$//
		s/"flr"/flr/
		s/a_total\{/b_total{/
		s/_total//
		s/ counter/ number/
		/HELP/d
		/TYPE/d
		/flr/d
		s/^(a.*)/\1\n\1/
		s/ b c\.//
	EOF
	if is_valid </dev/null; then return 1; fi
}

@test 'metrics replaces a file atomically, readable by all users' {
	echo old >"$file"
	exec 9<"$file"
	umask 077
	run -0 pcireset metrics "$file"
	[[ -z $output && $(cat <&9) == old && $(stat -c %a "$file") == 644 ]]
	is_valid <"$file"
	[[ $(ls -A "$dir") == pcireset.prom ]]
	(cd "$dir" && pcireset metrics other.prom)
	cmp "$file" "$dir/other.prom"
}

@test 'metrics keeps the file if it cannot write, and leaves no temporary file' {
	run -1 --separate-stderr pcireset metrics "$dir/none/file"
	[[ ${stderr:?} == "pcireset: $dir/none/file: No such file or directory" ]]
	ln -s /dev/null "$dir/link"
	mkdir "$dir/other"
	for name in link other; do
		run -1 --separate-stderr pcireset metrics "$dir/$name"
		[[ $stderr == *'not a regular file' ]]
	done
	[[ -L $dir/link && $(ls -A "$dir") == $'link\nother' ]]
	run -1 pcireset metrics /dev/full
	run -2 pcireset metrics a b
	run -2 pcireset metrics --json
	run -1 bash -c 'pcireset metrics >/dev/full'
}
