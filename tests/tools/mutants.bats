#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# tests/mutants/refresh carries faults over to changed code, or lists those that it cannot carry. Each source file has a fault.

setup() {
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
	mkdir -p "$BATS_TEST_TMPDIR/tree/tests/mutants" "$BATS_TEST_TMPDIR/tree/lib"
	cp "$BATS_TEST_DIRNAME"/../mutants/{draw,faults.py,refresh} "$BATS_TEST_TMPDIR/tree/tests/mutants"
	cd "$BATS_TEST_TMPDIR/tree" || return
	git init -q
	functions first second third >lib/a.c
	# The fault is in the second of three functions with the same lines.
	tests/mutants/draw --each 100 drawn lib/a.c >/dev/null
	cp "$(grep -l 'second.*inverted' drawn/* | head -n 1)" tests/mutants/fault.patch
	sed -i 's/^Test: /&unit a/' tests/mutants/fault.patch
	rm -r drawn
	commit
}

# functions NAME...: a file with these functions.
functions() {
	local name

	for name in "$@"; do
		printf 'int %s(int a)\n{\n\tint %s_count = 0;\n\n\tif (a)\n\t\treturn %s_count;\n\treturn 2;\n}\n\n' "$name" "$name" "$name"
	done
}

commit() {
	git add -A
	git commit -q -m 'a commit'
}

# fault_is_in FILE FUNCTION: the patch applies, and the fault is in this function.
fault_is_in() {
	[ "$(tests/mutants/refresh --check)" = '' ]
	grep -q "^Fault: $2(): a condition is inverted" tests/mutants/fault.patch
	grep -q '^Test: unit a$' tests/mutants/fault.patch
	git apply tests/mutants/fault.patch
	[ "$(sed -n "/^int $2(/,/^}/p" "$1" | grep -c 'if (!(a))')" -eq 1 ]
	[ "$(grep -c 'if (!(a))' "$1")" -eq 1 ]
}

@test "refresh does not change a fault that applies" {
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	[ "$output" = '' ]
	git diff --exit-code
	fault_is_in lib/a.c second
}

@test "refresh follows a file to another folder before the commit" {
	mkdir lib/plan
	git mv lib/a.c lib/plan/b.c
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	fault_is_in lib/plan/b.c second
}

@test "refresh follows a file to another folder after the commit" {
	mkdir lib/plan
	git mv lib/a.c lib/plan/b.c
	commit
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	[[ $output == 'carried fault: lib/plan/b.c: second() (merged)' ]]
	fault_is_in lib/plan/b.c second
}

@test "refresh follows a function with a new name" {
	sed -i 's/second/plan_second/' lib/a.c
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	fault_is_in lib/a.c plan_second
}

@test "refresh follows a function to another file" {
	functions first third >lib/a.c
	functions other second >lib/b.c
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	fault_is_in lib/b.c second
}

@test "refresh notices a fault that would apply in another function" {
	{ functions new newer newest && cat lib/a.c; } >lib/b.c
	mv lib/b.c lib/a.c
	sed -i -E 's/\w+_count/count/' lib/a.c
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	fault_is_in lib/a.c second
}

@test "refresh follows a changed line by its similarity, and says so" {
	sed -i '/^int second/,/^}/s/if (a)/if (a + 7)/' lib/a.c
	run tests/mutants/refresh
	[ "$status" -eq 0 ]
	[[ $output == 'carried fault: lib/a.c: second() (by similarity: look at it)' ]]
	grep -q '^+.if (!(a + 7))$' tests/mutants/fault.patch
}

@test "refresh lists a fault whose function is gone, and keeps it" {
	functions first third >lib/a.c
	run tests/mutants/refresh
	[ "$status" -eq 1 ]
	[[ $output == 'cannot carry fault: lib/a.c: second() changed too much' ]]
	git diff --exit-code tests/mutants
}

@test "check-mutants notices a file without a fault" {
	mkdir -p tools tests/lib
	cp "$BATS_TEST_DIRNAME/../mutants/run" tests/mutants
	cp "$BATS_TEST_DIRNAME/../../tools/"{common.sh,check-mutants} tools
	cp "$BATS_TEST_DIRNAME/../lib/"{tap,guests}.sh tests/lib
	run tools/check-mutants
	[ "$status" -eq 0 ]
	functions other >lib/b.c
	run tools/check-mutants
	[ "$status" -eq 1 ]
	[[ $output == 'lib/b.c: has no fault in tests/mutants' ]]
	# One that is asked for is no statement about the others.
	run tests/mutants/run --check --only fault
	[ "$status" -eq 0 ]
}
