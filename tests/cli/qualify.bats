#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# pcireset qualify without hardware: refusals, and reports of saved runs. Resets nothing.

load lib.bash

setup_file() {
	make_machine
	for fault in none lanes after slower neighbour cut half unverified stopped exercised; do
		"$BATS_TEST_DIRNAME/make-run" "$BATS_FILE_TMPDIR/$fault" 3334 "$fault" 7
	done
}

setup() {
	bats_require_minimum_version 1.5.0
	cd "$BATS_FILE_TMPDIR" || return
}

# report STATUS FAULT ARG...
report() {
	run --separate-stderr pcireset qualify --report "$2" "${@:3}"
	[[ $status -eq $1 ]] && return
	printf 'status %d instead of %d\n%s\n%s\n' "$status" "$1" "$output" "${stderr:-}"
	return 1
}

# It resets nothing, so there is no result to keep.
@test 'a report that cannot be written is an error' {
	report 0 none
	run -1 bash -c 'pcireset qualify --report none >/dev/full'
	[[ $output == *'cannot write the output'* ]]
}

@test 'qualify of a recorded machine is refused' {
	exits 3 qualify 08:00.1 --type pm --count 3
	[[ $stderr == *'shows another machine'* || $stderr == *reset* ]]
}

@test 'each missing argument is named' {
	exits 2 qualify
	[[ $stderr == *'no device is named'* ]]
	exits 2 qualify 08:00.1 --count 3
	[[ $stderr == *'--type is required'* ]]
	exits 2 qualify 08:00.1 --type pm
	[[ $stderr == *'--count is required'* ]]
	exits 2 qualify 08:00.1 --type pm --count 0
	[[ $stderr == *"invalid number '0'"* ]]
	exits 2 qualify 08:00.1 --type pm --count 3 --max-failures x
	[[ $stderr == *"--max-failures: invalid number 'x'"* ]]
	exits 2 qualify 08:00.1 --type pm --count 3 --sign key
	[[ $stderr == *'use --save'* ]]
	exits 2 qualify 08:00.1 --report none
	[[ $stderr == *'or use --resume or --report'* ]]
	exits 2 qualify --report none --type pm
	[[ $stderr == *'its own --type'* ]]
	exits 2 qualify 08:00.1 --type pm --count 3 --save ''
	[[ $stderr == *'the argument is empty'* ]]
}

@test 'a directory without a run, and a damaged run, are errors' {
	report 1 nowhere
	[[ $stderr == *'nowhere/journal: No such file'* ]]
	mkdir -p damaged
	sed '0,/^begin/s//began/' none/journal >damaged/journal
	report 1 damaged
	[[ $stderr == *'damaged/journal:17: the line is damaged'* ]]
	[[ ! -e damaged/report.json ]]
	: >damaged/journal
	report 1 damaged
	[[ $stderr == *'the journal is empty'* ]]
}

@test 'a run without failures is qualified, with a bound for each type' {
	report 0 none
	[[ $output == 'qualified; flr: 0 of 3334 failed, below 0.09 %; pm: '*'(at 95 %); 0 findings' ]]
}

@test 'a bound of one reset, or of failures only, is exact' {
	"$BATS_TEST_DIRNAME/make-run" one 1 none
	report 0 one
	[[ $output == 'qualified; flr: 0 of 1 failed, below 95 %; pm: 0 of 1 failed, below 95 %; bus: 0 of 1 failed, below 95 %'* ]]
	"$BATS_TEST_DIRNAME/make-run" all 1 failed
	report 4 all
	[[ ${lines[0]} == 'not qualified; flr: 1 of 1 failed, below 100 %; pm: 1 of 1 failed, below 100 %; bus: 1 of 1 failed, below 100 %'* ]]
	[[ $(grep -c 'once: the reset had no effect (1 of 1 resets, 5 % to 100 % at 95 % each)' <<<"$output") -eq 3 ]]
	grep -q 'flr: 1 resets, 1 failed (below 100 % at 95 %)' all/certificate.txt
	xmllint --noout all/report.html
}

@test 'each planted fault is found and named' {
	report 4 lanes
	[[ ${lines[1]} == '0000:01:00.0: every 300th bus: fewer lanes (11 of 3334 resets,'* ]]
	report 4 after
	[[ ${lines[1]} == '0000:01:00.0: pm after flr: the reset had no effect ('* ]]
	report 4 slower
	[[ ${lines[1]} == '0000:01:00.0: bus: slower with each reset, by 20.'*' us (p < '* ]]
	report 4 neighbour
	[[ ${lines[1]} == '0000:01:00.0: every 100th flr: 0000:00:01.0, which is not affected, has changed at 0x44 ('* ]]
	for fault in lanes after slower neighbour; do
		report 4 "$fault" --json
		jq -e '.verdict == "not qualified" and (.findings | length) == 1' <<<"$output"
	done
}

@test 'the first failure has the shortest sequence that has always failed' {
	report 4 stopped
	[[ ${lines[1]} == '0000:01:00.0: bus, once: the reset had no effect ('* ]]
	# The shortest sequence, and the same without its first type.
	mapfile -t ends < <(jq -r '.findings[0].sequence | [., .[1:]] | .[] | join(" ")' stopped/report.json)
	types=$(awk '$1 == "begin" { printf "%s ", $3 }' stopped/journal)
	types=${types//10/bus} types=${types//2/flr} types=${types//4/pm}
	[[ $types == *"${ends[0]} " ]]
	[ "$(grep -o "${ends[0]} " <<<"$types" | wc -l)" -eq 1 ]
	# One type fewer has also passed.
	[ "$(grep -o "${ends[1]} " <<<"$types" | wc -l)" -gt 1 ]
	for file in certificate.txt report.html; do
		grep -qF "; shortest failing sequence: ${ends[0]// /, }" stopped/$file
	done
}

@test 'an interrupted reset is neither lost nor counted twice' {
	report 0 cut --json
	jq -e '[.devices[].series[] | .resets] == [3334, 3334, 3334]' <<<"$output"
	jq -e '[.devices[].series[] | .interrupted] | add == 1' <<<"$output"
	jq -e '.resets | length == 1 and .[0].result == "interrupted"' <<<"$output"
}

@test 'a run with missing or unverified resets is not qualified' {
	report 4 half
	[[ ${lines[0]} == incomplete* ]]
	report 4 unverified
	[[ ${lines[0]} == unverified* ]]
}

@test 'a saved run keeps its exercise, its seed and its plans' {
	exits 2 qualify --resume none --exercise true
	[[ $stderr == *'--exercise: the run was begun with none' ]]
	exits 2 qualify --resume exercised --exercise true
	[[ $stderr == *'--exercise: the run was begun with another command: sh test' ]]
	chmod 666 exercised/journal
	exits 3 qualify --resume exercised
	[[ $stderr == *'others can write it, and it names a command; confirm it with --exercise: sh test' ]]
	# Confirmed: a recorded machine.
	chmod 600 exercised/journal
	for options in '' '--exercise=sh test'; do
		run -3 --separate-stderr on qualify --resume exercised ${options:+"$options"}
		[[ $stderr == *'a recorded machine cannot be reset' ]]
	done
	for options in --force=driver --check=config --timeout=9s --settle=1s --max-scope=bus --seed=3; do
		exits 2 qualify --resume none "$options"
		[[ $stderr == *'a saved run has its own seed and plans'* ]]
	done
	exits 2 qualify --report none --exercise true
	[[ $stderr == *'--report resets nothing and runs no command'* ]]
	# The end of the last exercise is not known.
	report 4 exercised
	[[ ${lines[0]} == incomplete* ]]
	grep -qx '  exercise: sh test' exercised/certificate.txt
}

@test 'the HTML report is well-formed, self-contained and small' {
	for fault in none lanes after; do
		report "$([[ $fault == none ]] && echo 0 || echo 4)" "$fault"
		xmllint --noout "$fault/report.html"
		[[ $(stat -c %s "$fault/report.html") -lt 500000 ]]
		run /usr/bin/python3 -B "$BATS_TEST_DIRNAME/check-page.py" "$fault/report.html" "$fault/report.json"
		echo "$output"
		[ "$status" -eq 0 ]
	done
}

@test "each point in time with a failed reset has a triangle" {
	report 0 none
	[[ $(grep -c 'class="failed"' none/report.html) -eq 0 ]]
	report 4 lanes
	[[ $(grep -c 'class="failed"' lanes/report.html) -eq 11 ]]
}

@test 'the certificate states the observations and no more' {
	report 4 lanes
	grep -q '^Verdict: not qualified; ' lanes/certificate.txt
	grep -q '  bus: 3334 resets, 11 failed (below 0.55 % at 95 %), 0 unverified, 0 interrupted, 2 functions affected' lanes/certificate.txt
	grep -q 'every 300th bus: fewer lanes' lanes/certificate.txt
	grep -q '^  kernel: 6.1.0 x86_64$' lanes/certificate.txt
	grep -q 'nothing about other devices' lanes/certificate.txt
	run ! grep -iE 'serial|uuid' lanes/certificate.txt
	run ! grep -n ' $' lanes/certificate.txt
}

@test 'a certificate is signed with an SSH key, and verified by the printed command' {
	ssh-keygen -q -t ed25519 -N '' -f key -C lab@example.org
	report 0 none --sign key
	[[ ${lines[1]} == 'signed: verify with: ssh-keygen -Y verify -f ALLOWED_SIGNERS -I SIGNER -n pcireset -s none/certificate.txt.sig < none/certificate.txt' ]]
	echo "lab@example.org $(cat key.pub)" >ALLOWED_SIGNERS
	command=${lines[1]#signed: verify with: }
	bash -c "${command/SIGNER /lab@example.org }"
	# A second signature replaces the first.
	report 0 none --sign key
	echo >>none/certificate.txt
	run ! bash -c "${command/SIGNER /lab@example.org }"
	# A caller that ignores the end of its children does not hide that of ssh-keygen.
	run --separate-stderr env --ignore-signal=CHLD pcireset qualify --report none --sign key
	[[ $status -eq 0 && ${lines[1]} == signed:* ]]
	# Neither the key nor the directory is an option of ssh-keygen.
	mv key -- -key && mv key.pub -- -key.pub && cp -r none -- -none
	report 0 -none --sign -key
	[[ ${lines[1]} == *' -s ./-none/certificate.txt.sig < ./-none/certificate.txt' ]]
	report 1 none --sign nokey
	[[ $stderr == *'could not be signed with nokey' ]]
	run -1 --separate-stderr env PATH=/nonexistent "$(command -v pcireset)" qualify --report none --sign key
	[[ $stderr == 'pcireset: none/certificate.txt: could not be signed: ssh-keygen is missing' ]]
	# Neither a directory nor a device is replaced.
	for make in mkdir 'ln -s /dev/null'; do
		rm -f none/certificate.txt
		$make none/certificate.txt
		report 1 none
		[[ $stderr == *'none/certificate.txt: not a regular file' ]]
		rm -r none/certificate.txt
	done
}

@test 'the same journal gives the same reports' {
	report 4 lanes
	cp lanes/report.html first
	report 4 lanes
	cmp first lanes/report.html
}

@test 'systemd-analyze verify accepts the unit, and no preset enables it' {
	local unit=$BATS_TEST_DIRNAME/../../packaging/systemd/pcireset-qualify@.service
	# %I would turn the run "two-cards" into the directory two/cards.
	[[ $(<"$unit") == *'/qualify/%i/journal'*'/qualify/%i'$'\n'* && $(<"$unit") != *%I* ]]

	command -v systemd-analyze >/dev/null || skip 'systemd-analyze is missing'
	sed "s|/usr/bin/pcireset|$(command -v true)|" "$unit" >"$BATS_TEST_TMPDIR/pcireset-qualify@weekend.service"
	[[ -z $(systemd-analyze verify --man=no "$BATS_TEST_TMPDIR/pcireset-qualify@weekend.service" 2>&1) ]]
	grep -q -- '--name=pcireset-qualify --no-enable --no-start' "$BATS_TEST_DIRNAME/../../packaging/debian/rules"
}

@test 'metrics.prom has a row for each outcome' {
	report 4 lanes
	grep -qxF 'pcireset_qualify_resets{run="lanes",device="0000:01:00.0",type="bus",outcome="failed"} 11' lanes/metrics.prom
	grep -qxF 'pcireset_qualify_findings{run="lanes"} 1' lanes/metrics.prom
	grep -qxF 'pcireset_qualify_rounds{run="lanes"} 10002' lanes/metrics.prom
	grep -qxF 'pcireset_qualify_rounds_done{run="lanes"} 10002' lanes/metrics.prom
	grep -qxF 'pcireset_qualify_verdict{run="lanes",verdict="not qualified"} 1' lanes/metrics.prom
	grep -qxF 'pcireset_qualify_verdict{run="lanes",verdict="qualified"} 0' lanes/metrics.prom
	awk -f "$BATS_TEST_DIRNAME/../lab/prometheus.awk" lanes/metrics.prom
	# The name of a run is the value of a label.
	cp -r none 'a "b\c"'
	report 0 'a "b\c"'
	grep -qxF 'pcireset_qualify_findings{run="a \"b\\c\""} 0' 'a "b\c"/metrics.prom'
	awk -f "$BATS_TEST_DIRNAME/../lab/prometheus.awk" 'a "b\c"/metrics.prom'
	cp -r none $'a\nb\xff'
	report 0 $'a\nb\xff'
	grep -qxF 'pcireset_qualify_findings{run="a\nb?"} 0' $'a\nb\xff/metrics.prom'
	report 0 cut
	grep -qxF 'pcireset_qualify_resets{run="cut",device="0000:01:00.0",type="flr",outcome="verified"} 3334' cut/metrics.prom
	[[ $(awk '/outcome="interrupted"/ { n += $NF } END { print n }' cut/metrics.prom) -eq 1 ]]
}
