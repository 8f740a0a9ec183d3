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
		s/flr/f"lr/
		s/flr/f\\r/
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

# on_fresh_state COMMAND: in a mount namespace with empty directories for the state of pcireset.
# shellcheck disable=SC2016 # for the shell in the namespace
on_fresh_state() {
	unshare -m bash -c 'mount -t tmpfs none /run && mount -t tmpfs none /var/lib && eval "$1"' bash "$1"
}

# shellcheck disable=SC2016 # for the shell in the namespace
@test 'metrics that cannot be read are unknown, not missing' {
	unshare -m true 2>/dev/null || skip 'no mount namespaces here'
	export number='pcireset_qualify_rounds{run="old"} 7' runs=/var/lib/pcireset/qualify
	run -0 --separate-stderr on_fresh_state 'pcireset metrics'
	[[ -z $stderr && $(grep -c '^pcireset_readable{source="[a-z]*"} 1$' <<<"$output") -eq 3 ]]
	is_valid <<<"$output"
	# Another run is complete, and a run that has just begun has no metrics.
	good='mkdir -p $runs/{good,begun,bad} && echo "$number" >$runs/good/metrics.prom && touch $runs/lost+found'
	while IFS='|' read -r damage message; do
		run -0 --separate-stderr on_fresh_state "$good; $damage; pcireset metrics"
		echo "$damage: $output $stderr"
		is_valid <<<"$output"
		[[ $output == *$'\npcireset_readable{source="qualify"} 0'* ]]
		[[ $output == *$'\npcireset_qualify_rounds{run="good"} 7'* && $(grep -c '^pcireset_qualify_' <<<"$output") -eq 1 ]]
		[[ $stderr == "pcireset: $message" ]]
	done <<-'EOF'
		ln -s metrics.prom $runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: Too many levels of symbolic links
		mkfifo $runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: not a regular file
		mkdir $runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: not a regular file
		head -c 99999 /dev/zero >$runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: the file is damaged
		echo "${number% *}" >$runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: the file is damaged
		echo "$number"x >$runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: the file is damaged
		printf 'pcireset_qualify_rounds{run="a' >$runs/bad/metrics.prom|/var/lib/pcireset/qualify/bad/metrics.prom: the file is damaged
	EOF
	run -0 --separate-stderr on_fresh_state 'mkdir /var/lib/pcireset; ln -s qualify $runs; pcireset metrics'
	[[ $output == *$'\npcireset_readable{source="qualify"} 0'* && $stderr == "pcireset: $runs: Too many levels of symbolic links" ]]
	run -0 --separate-stderr on_fresh_state 'mkdir /run/pcireset; echo damaged >/run/pcireset/recover.json; pcireset metrics'
	[[ $output == *$'\npcireset_readable{source="recover"} 0'* && $output != *pcireset_recover_* ]]
	[[ $stderr == 'pcireset: /run/pcireset/recover.json: '* ]]
	run -0 --separate-stderr on_fresh_state 'ln -s pcireset /run/pcireset; pcireset metrics'
	[[ $output == *$'\npcireset_readable{source="leftovers"} 0'* && $output != *pcireset_leftovers* && $stderr == 'pcireset: settings of killed resets: '* ]]
}
