#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The support matrix says of each kernel what was measured: a failure is not "yes", and what did not run is not "no".

bats_require_minimum_version 1.5.0

# stub PROGRAM: its text is read.
stub() {
	{ printf '#!/bin/bash\n' && cat; } >"tree/lab/$1"
	chmod +x "tree/lab/$1"
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return
	mkdir -p tree/{tests/lib,tests/lab,tools,docs/results,lab/topologies,build/modules,build/test-logs}
	cp "$BATS_TEST_DIRNAME"/../support-matrix tree/tests/
	cp "$BATS_TEST_DIRNAME"/../lib/{tap,guests}.sh tree/tests/lib/
	cp "$BATS_TEST_DIRNAME"/../../tools/common.sh tree/tools/
	cp "$BATS_TEST_DIRNAME"/../../lab/kernels-built tree/lab/
	printf '%s\t-\t-\tbookworm\tamd64\t%s\n' 6.1 check 7.2 more sid early >tree/lab/kernels
	printf '%s\n' above '<!-- support-matrix -->' old '<!-- end -->' below >tree/docs/support.md
	printf '%s\n' '# topology: mixed slots' '# parts: one two' >tree/tests/lab/parts.sh
	printf '%s\n' '# shares: yes' >tree/tests/lab/boot.sh
	printf '%s\n' '# kernels: 7.3' >tree/tests/lab/other.sh
	printf '.PHONY: tools\ntools:\n' >tree/Makefile
	# shellcheck disable=SC2016 # the stubs' own
	stub kernel-get <<<'echo "${!#} ${!#}.9-amd64 ${!#}.9-1"'
	# shellcheck disable=SC2016
	stub module-build <<<'mkdir -p build/modules/$1 && cp /bin/true build/modules/$1/pcireset.ko'
	stub pcilab <<<'printf "%s\n" "ok 1 - 7.2" "ok 2 - the node is there" 1..2'
}

# row KERNEL: of the page.
row() {
	grep "^| $1 |" tree/docs/support.md
}

@test 'a kernel that works has yes in each cell, and the others have a dash' {
	run -0 tree/tests/support-matrix 7.2
	[[ $output == '7.2 7.2.9-amd64: builds yes, loads yes, smoke yes' ]]
	[[ $(row 7.2) == "| 7.2 | 7.2.9-amd64 (7.2.9-1) | amd64 | "*" | yes | yes | yes | $(date -u +%F) | - | - |" ]]
	[[ $(row 6.1) == '| 6.1 | - (-) | amd64 | - | - | - | - | - | - | - |' ]]
	[[ $(head -n 1 tree/docs/support.md) == above && $(tail -n 1 tree/docs/support.md) == below ]]
	run ! grep -x old tree/docs/support.md
	diff <(tree/tests/support-matrix --table) <(grep '^|' tree/docs/support.md)
}

@test 'without the tool, nothing is measured' {
	printf '.PHONY: tools\ntools:\n\tfalse\n' >tree/Makefile
	run -1 tree/tests/support-matrix 7.2
	[[ $output == *'the tool does not build for amd64'* ]]
	[[ $(row 7.2) == '| 7.2 | - (-) | amd64 | - | - | - | - | - | - | - |' ]]
}

@test 'a module that does not build, or does not load, or fails a test, is told' {
	stub pcilab <<<'printf "%s\n" "ok 1 - 7.2" "ok 2 - the node is there" "not ok 3 - flr" 1..3; exit 1'
	run -1 tree/tests/support-matrix 7.2
	[[ $(row 7.2) == *'| yes | yes | no |'* ]]
	stub pcilab <<<'exit 124'
	run -1 tree/tests/support-matrix 7.2
	[[ $(row 7.2) == *'| yes | no | no |'* ]]
	# The guest may end behind its last result.
	stub pcilab <<<'printf "%s\n" "ok 1 - 7.2" "ok 2 - the node is there" 1..2; exit 123'
	run -1 tree/tests/support-matrix 7.2
	[[ $(row 7.2) == *'| yes | yes | no |'* ]]
	stub module-build <<<'exit 1'
	run -1 tree/tests/support-matrix 7.2
	[[ $(row 7.2) == *'| - | no | no | no |'* ]]
}

@test 'an early warning fails nothing, and a kernel that cannot be had keeps its row' {
	stub module-build <<<'exit 1'
	run -0 tree/tests/support-matrix sid
	[[ $output == *'early warning: sid does not work'* && $(row sid) == *'| no | no | no |'* ]]
	cp tree/docs/results/support.tsv before
	stub kernel-get <<<'echo "no mirror answered" >&2; exit 3'
	run -1 tree/tests/support-matrix 6.1 sid
	[[ $output == *'6.1: cannot be had: no mirror answered'* ]]
	diff before tree/docs/results/support.tsv
}

@test 'the whole lab has a cell only if each of its tests has a log' {
	local logs=tree/build/test-logs topology part

	for topology in mixed slots; do
		for part in one two; do
			printf '%s\n' 'ok 1 - a' 'ok 2 - b # SKIP no' 1..2 >"$logs/lab-parts-6.1-$topology-$part.tap"
		done
	done
	run -1 tree/tests/support-matrix --lab 6.1
	[[ $output == *'6.1: there is no result of boot mixed'* && $(row 6.1) == *'| - | - |' ]]
	printf '%s\n' 'ok 1 - boot: x' 'not ok 2 - boot: y' 1..2 >"$logs/lab-shared-6.1-mixed.tap"
	touch -d '2020-02-02 12:00Z' "$logs/lab-parts-6.1-slots-two.tap"
	run -1 tree/tests/support-matrix --lab 6.1
	[[ $output == '6.1: the lab: 5 passed, 1 failed, 4 skipped' ]]
	[[ $(row 6.1) == *'| 5 passed, 1 failed, 4 skipped | 2020-02-02 |' ]]
	printf '%s\n' 'ok 1 - boot: x' 1..1 >"$logs/lab-shared-6.1-mixed.tap"
	run -0 tree/tests/support-matrix --lab 6.1
}

@test 'bad options are named' {
	run -2 tree/tests/support-matrix --lab
	[[ $output == *'--lab needs a kernel'* ]]
	run -2 tree/tests/support-matrix 5.4
	[[ $output == *"'5.4' is not a kernel of lab/kernels"* ]]
	run -2 tree/tests/support-matrix --oops
}
