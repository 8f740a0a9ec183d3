#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The checkers find what they are for, and fail where there is nothing to check.

setup() {
	export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
	tree=$BATS_TEST_TMPDIR/tree
	mkdir -p "$tree/kmod" "$tree/lib"
	cp -r "$BATS_TEST_DIRNAME/../../tools" "$BATS_TEST_DIRNAME/../../LICENSES" "$tree"
	git -C "$tree" init -q
	cd "$tree" || return
}

# source_file PATH LINE...: a file that is right but for these lines.
source_file() {
	local path=$1

	shift
	mkdir -p "$(dirname "$path")"
	printf '%s\n' '// SPDX-License-Identifier: GPL-2.0-only' "$@" >"$path"
}

@test "check-spdx accepts correct files" {
	source_file kmod/a.c
	run tools/check-spdx
	[ "$status" -eq 0 ]
}

@test "check-spdx finds a file without a licence" {
	echo 'int a;' >kmod/a.c
	run tools/check-spdx
	[ "$status" -eq 1 ]
	[[ $output == *'kmod/a.c: the first line names no licence'* ]]
}

@test "check-spdx finds the wrong licence for the place" {
	source_file lib/a.c
	run tools/check-spdx
	[ "$status" -eq 1 ]
	[[ $output == *"lib/a.c: the licence is 'GPL-2.0-only', here it is 'LGPL-2.1-or-later'"* ]]
}

@test "check-spdx finds a missing licence text" {
	source_file kmod/a.c
	rm LICENSES/MIT.txt
	run tools/check-spdx
	[ "$status" -eq 1 ]
}

@test "check-words finds unfinished work" {
	source_file kmod/a.c '/* FIXME: later */'
	run tools/check-words
	[ "$status" -eq 1 ]
	[[ $output == *'kmod/a.c:2:'*unfinished* ]]
}

@test "check-words finds a version check, except in compat" {
	source_file kmod/compat/b.h '#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)'
	source_file kmod/a.c
	source_file lib/a.c
	source_file lab/x
	source_file tests/x
	run tools/check-words
	[ "$status" -eq 0 ]
	source_file kmod/a.c '#if LINUX_VERSION_CODE < 1'
	run tools/check-words
	[ "$status" -eq 1 ]
}

@test "check-words finds a path of one machine" {
	source_file kmod/a.c
	source_file tests/x '#include "/home/me/x.h"'
	run tools/check-words
	[ "$status" -eq 1 ]
}

@test "check-words finds phrases in prose, also across lines, and not in code" {
	mkdir man
	source_file kmod/a.c
	source_file lib/a.c
	source_file lab/x
	# shellcheck disable=SC2016 # code in a page
	printf '%s\n' 'The driver must be prepared.' '' '    it is told anew' '' 'Here is `is told`. There is no slot.' '```' 'anew' '```' >a.md
	printf '%s\n' 'The driver is no longer bound.' >man/a.1.scd
	run tools/check-words
	[ "$status" -eq 0 ]
	printf '%s\n' 'The driver is' 'told of it, whoever asks.' '- It is found anew.' >>man/a.1.scd
	run tools/check-words
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 3 ]
	[[ $output == *'man/a.1.scd:'*'is told'*'say "print"'* && $output == *'found anew'* && $output == *whoever*'name the actor'* ]]
}

@test "check-words fails if it finds no files" {
	run tools/check-words
	[ "$status" -eq 1 ]
	[[ $output == *'found no files'* ]]
}

@test "check-function-length rejects a long function and lists a longish one" {
	source_file kmod/a.c 'int f(void)' '{' "$(seq 81)" '}' 'int g(void)' '{' "$(seq 41)" '}'
	run tools/check-function-length
	[ "$status" -eq 1 ]
	[[ $output == *'kmod/a.c:3: f has 81 lines'* ]]
	[[ $output == *'note: kmod/a.c:87: g has 41 lines'* ]]
}

@test "check-function-length counts shell functions too" {
	source_file a.sh 'f() {' "$(seq 81)" '}'
	run tools/check-function-length
	[ "$status" -eq 1 ]
}

@test "check-symbols finds an export that is not declared, and one that is not documented" {
	source_file kmod/pcireset_api.h 'int pcireset_b(void);'
	source_file kmod/a.c 'EXPORT_SYMBOL_NS_GPL(pcireset_a, PCIRESET);' 'EXPORT_SYMBOL_NS_GPL(pcireset_b, PCIRESET);'
	run tools/check-symbols
	[ "$status" -eq 1 ]
	[[ $output == *'pcireset_a: not in kmod/pcireset_api.h, declared'* ]]
	[[ $output == *'pcireset_b: not in kmod, documented'* ]]
}

@test "check-symbols finds a library function that the symbol file lacks, and a reason without a text" {
	mkdir -p kmod/uapi/linux
	source_file lib/libpcireset.h ' * pcireset_a - does' 'int pcireset_a(void);' ' * pcireset_b - does' 'int pcireset_b(void);'
	printf 'X { global:\n\tpcireset_a;\n};\n' >lib/libpcireset.sym
	source_file kmod/uapi/linux/pcireset.h $'\tPCIRESET_WHY_MOON,' $'\tPCIRESET_WHY_SUN,'
	source_file kmod/table/reasons.h '{ PCIRESET_WHY_SUN, "sun" },'
	run tools/check-symbols
	[ "$status" -eq 1 ]
	[[ $output == *'pcireset_b: not in lib/libpcireset.sym'* ]]
	[[ $output == *'PCIRESET_WHY_MOON: not in'* ]]
	[[ $output != *'PCIRESET_WHY_SUN: not in'* ]]
}

@test "check-symbols and check-docs fail if they find no files" {
	run tools/check-symbols
	[ "$status" -eq 1 ]
	run tools/check-docs
	[ "$status" -eq 1 ]
}

@test "check-links finds a link to a missing file or heading" {
	mkdir -p docs
	printf '%s\n' '# A page: *of* its own' '[b](docs/b.md#two-words)' '[self](#a-page-of-its-own)' '[web](https://a.example/x)' >a.md
	printf '%s\n' '## Two words' '[a](../a.md)' >docs/b.md
	tools/check-links
	tools/check-links "$PWD"
	printf '%s\n' '[out](../../x.md)' '[none](c.md)' '[gone](b.md#three)' '[self](#none)' >>docs/b.md
	for dir in '' "$PWD"; do
		run tools/check-links ${dir:+"$dir"}
		[ "$status" -eq 1 ]
		[ "${#lines[@]}" -eq 4 ]
		[[ $output == *"docs/b.md: '../../x.md' does not exist"* && $output == *"'b.md#three': docs/b.md has no such heading"* ]]
	done
}

@test "check-links finds a file that an installed page links to and that is not installed" {
	mkdir docs
	printf '%s\n' "doc_files = {" "  '.': ['a.md', 'b.md']," "  'lib': ['x.h', 'y.h']," '}' >docs/meson.build
	touch b.md c.md lib/x.h lib/y.h
	printf '%s\n' '[b](b.md)' '[y](lib/y.h)' >a.md
	printf '%s\n' '[a](../a.md)' '[x](../lib/x.h)' >docs/d.md
	echo '[c](a.md)' >c.md
	tools/check-links
	echo '[c](../c.md)' >>docs/d.md
	run tools/check-links
	[ "$status" -eq 1 ]
	[ "$output" = "docs/d.md: '../c.md': docs/meson.build does not install c.md" ]
}

@test "check-docs finds untested commands and missing tests" {
	mkdir -p tests/lab docs
	printf '%s\n' '# topology: mixed gpu' '# add: docs/a.md' >tests/lab/guides.sh
	printf '%s\n' '# modules: tests/lab/kmod' >tests/lab/locks.sh
	printf '%s\n' '<!-- lab: gpu -->' '    $ true' '' '    lab/pcilab --modules tests/lab/kmod -- bash /tests/locks.sh' '    tests/run --only locks' >docs/a.md
	run tools/check-docs
	[[ $output != *docs/a.md* ]]
	printf '%s\n' '    $ true' >docs/b.md
	printf '%s\n' '<!-- lab: cxl -->' '    $ true' '' '    bash /tests/locks.sh' '    bash /tests/none.sh' '    bench/none' '    tests/run --only nothing' >docs/a.md
	run tools/check-docs
	[ "$status" -eq 1 ]
	[[ $output == *'docs/b.md: its commands are typed by no test'* && $output == *'docs/b.md: lab "(none)"'* ]]
	[[ $output == *'docs/a.md: lab "cxl"'* && $output == *"docs/a.md: 'bash /tests/locks.sh' wants --modules tests/lab/kmod"* ]]
	[[ $output == *'there is no tests/lab/none.sh'* && $output == *'there is no bench/none'* && $output == *'there is no tests/lab/nothing.sh'* ]]
}

@test "check-docs finds a quoted time that is missing in its source" {
	mkdir -p docs
	printf '%s\n' '| 64 | 6.65 | 0.113 |' >docs/performance.md
	printf '%s\n' '64 need 0.11 s,' 'and not 6.65 s: [there](docs/performance.md).' >README.md
	run tools/check-docs
	[[ $output != *README.md* ]]
	printf '%s\n' '64 need 0.12 s,' 'and not 6.7 s: [there](docs/performance.md).' '| 5 s |' '- 7 s' >README.md
	run tools/check-docs
	[[ $output == *'README.md: 0.12 s is not in ./docs/performance.md'* && $output == *'README.md: 6.7 s is not in'* ]]
}

@test "check-prose accepts plain text, and ignores code, tables and headings" {
	printf '%s\n' '# What a long heading: what it does and what it prints, and what else there may be to say here' '' 'A short sentence.' '' \
		'    what a command prints in a line that is much longer than a line of prose may be, by far' '' \
		'| what | whose | a row that is much longer than a line of prose may be, as a table has no line breaks |' '' \
		'What does it do? It resets.' '[a](https://a.example/an/address/that/is/much/longer/than/a/line/of/prose/may/be/by/far/x.html)' >a.md
	tools/check-prose
}

# prose_problem TEXT: check-prose says so of a.md.
prose_problem() {
	local said

	if said=$(tools/check-prose); then return 1; fi
	[[ $said == *"$1"* ]]
}

@test "check-prose finds noun clauses, long sentences and long lines" {
	rm LICENSES/README.md
	prose_problem 'found no prose to check'
	echo 'The page lists what happens.' >a.md
	prose_problem 'clauses with "what" in 10,000 words; the limit is 8'
	echo 'The caller, whose lock it is, waits.' >a.md
	prose_problem 'who, whose, whoever, whatever in 10,000 words; the limit is 2'
	printf '%s\n' 'One two three four five six seven eight nine ten eleven twelve thirteen' 'one two three four five six seven eight nine ten eleven twelve thirteen fourteen.' >a.md
	prose_problem 'one sentence in ten has 27 words or more; the limit is 26'
	echo 'This line of prose has no long sentence. But it is longer than it may be, by far.' >a.md
	prose_problem 'a.md:1: 81 columns; prose has at most 80'
}

@test "check-docs finds a README that is too long" {
	yes | head -n 150 >README.md
	run tools/check-docs
	[[ $output != *README.md* ]]
	echo y >>README.md
	run tools/check-docs
	[ "$status" -eq 1 ]
	[[ $output == *'README.md: 151 lines; it has at most 150'* ]]
}

@test "check-uapi finds a member and a constant without an assertion" {
	mkdir -p kmod/uapi/linux
	printf '%s\n' 'struct a {' $'\t__u32 b;' $'\t__u8 c[4];' '};' 'enum d {' $'\tONE = 1,' $'\tTWO,' '};' '#define G (1U << 0)' '#define _H' >kmod/uapi/linux/pcireset.h
	printf '%s\n' 'enum h {' $'\tTEN = 10,' '};' >lib/libpcireset.h
	source_file tests/uapi/lib-layout.c 'ASSERT(TEN == 10);'
	source_file tests/uapi/layout.c 'SIZE(a, 8);' 'AT(a, b, 0);' 'AT(a, c, 4);' 'ASSERT(ONE == 1);' 'ASSERT(TWO == 2);' 'ASSERT(G == 1);'
	tools/check-uapi
	sed -i '/AT(a, c/d; /(TWO/d' tests/uapi/layout.c
	run tools/check-uapi
	[ "$status" -eq 1 ]
	[ "$output" = "$(printf 'tests/uapi/layout.c: lacks %s ...)\n' 'AT(a, c,' 'ASSERT(TWO ==')" ]
}

# manual_pages: a tool with one command, and pages that are right for it.
manual_pages() {
	mkdir man
	printf '%s\n' '#!/bin/sh' 'tr "|" "\t" <<END' 'command|melt|-|melt it' 'option|melt|-t|type|TYPES|how' 'option|melt|-|json|-|JSON' END >tool
	chmod +x tool
	export PCIRESET=$PWD/tool
	printf '%s\n' '# COMMANDS' '*pcireset-melt*(1)' '# COMMON OPTIONS' '*--json*' >man/pcireset.1.scd
	printf '%s\n' '# NAME' 'pcireset-melt - melt it' '# OPTIONS' '*-t*, *--type* _TYPES_' 'Of *pcireset*(1): *--json*.' >man/pcireset-melt.1.scd
}

@test "check-man accepts complete pages" {
	manual_pages
	tools/check-man
}

# stray PAGE SED TEXT: that change of a page is found, with these words.
stray() {
	rm -rf man
	manual_pages
	sed -i "$2" "man/$1"
	if said=$(tools/check-man); then return 1; fi
	[[ $said == *"$3"* ]]
}

@test "check-man finds missing, superfluous and misplaced options" {
	stray pcireset-melt.1.scd '/type/d' 'option *-t*, *--type* _TYPES_ is missing'
	stray pcireset-melt.1.scd 's/Of .*//' 'option *--json* is missing'
	stray pcireset-melt.1.scd 's/_TYPES_/_TYPE_/' 'option *-t*, *--type* _TYPE_ is not of the tool'
	stray pcireset-melt.1.scd '/TYPES/a *--freeze*' 'option *--freeze* is not of the tool'
	stray pcireset.1.scd '/json/a *--freeze*' 'common option *--freeze* is not of the tool'
	stray pcireset-melt.1.scd '2a with --freeze' 'the tool has no --freeze'
}

@test "check-man finds a command without its page, and a page without its command" {
	stray pcireset.1.scd '/melt/d' 'COMMANDS lacks pcireset-melt(1)'
	stray pcireset.1.scd '2a *pcireset-freeze*(1)' 'no such command: freeze'
	stray pcireset-melt.1.scd 's/melt it/melt/' 'NAME does not say'
	rm man/pcireset-melt.1.scd
	[[ $(tools/check-man) == *'man/pcireset-melt.1.scd is missing'* ]]
}

# floors LINE...: the floors of lib/, and nothing else to check.
floors() {
	rm -rf tools/floors
	mkdir tools/floors
	printf '%s\n' "$@" >tools/floors/lib
}

# house: the ground floor and, above it, a floor whose files call each other only downwards.
house() {
	floors '# from the ground up' 'floor ground ground.*' 'floor rooms room.c hall.c' 'floor roof roof/*'
	source_file lib/ground.h 'int ground_dig(void);'
	source_file lib/ground.c '#include "ground.h"' '/* roof_open() is above. */' 'int ground_dig(void)' '{' '}'
	source_file lib/room.c '#include "ground.h"' 'static int dig(void)' '{' '}' 'int room_enter(void)' '{' 'ground_dig();' '}'
	source_file lib/hall.c 'int hall_enter(void)' '{' 'return room_enter() + x.roof_open + x->roof_open;' '}'
	source_file lib/roof/roof.h
	source_file lib/roof/roof.c '#include "roof.h"' '#include "../ground.h"' 'int roof_open(void)' '{' 'hall_enter();' '}'
	tools/check-floors
}

# floors_problem LINE: this is all that check-floors says.
floors_problem() {
	local said

	if said=$(tools/check-floors 2>&1); then return 1; fi
	[[ $said == "$1" ]]
}

@test "check-floors finds a call that goes up, also one by the address of the function" {
	house
	source_file lib/ground.c 'int ground_dig(void)' '{' 'return roof_open();' '}' 'int (*enter)(void) = hall_enter;'
	floors_problem 'lib/ground.c: goes up to hall.c roof/roof.c, tools/floors/lib allows 0
lib: 4 files in a cycle, tools/floors/lib says 0: ground.c hall.c roof/roof.c room.c'
}

@test "check-floors finds an include that goes up" {
	house
	source_file lib/ground.h '#include "roof/roof.h"'
	floors_problem 'lib/ground.h: goes up to roof/roof.h, tools/floors/lib allows 0'
}

@test "check-floors finds a cycle of calls on one floor" {
	house
	source_file lib/room.c 'int room_enter(void)' '{' 'hall_enter();' '}'
	floors_problem 'lib: 2 files in a cycle, tools/floors/lib says 0: hall.c room.c'
}

@test "check-floors rejects a count of exceptions that is too high" {
	house
	source_file lib/ground.h '#include "roof/roof.h"'
	printf '%s\n' 'up ground.h 1' >>tools/floors/lib
	tools/check-floors
	source_file lib/ground.h
	floors_problem 'tools/floors/lib: say "up ground.h 0": 1 is too high'
	house
	printf '%s\n' 'cycle 2' >>tools/floors/lib
	floors_problem 'lib: 0 files in a cycle, tools/floors/lib says 2: '
}

@test "check-floors finds a file without a floor, a floor without a file, and a line with a mistake" {
	house
	source_file lib/cellar.c
	floors_problem 'lib/cellar.c: on 0 floors of tools/floors/lib, and needs one'
	rm lib/cellar.c lib/hall.c
	floors_problem 'tools/floors/lib: no file of lib/ is hall.c'
	floors 'level ground ground.*'
	floors_problem 'tools/floors/lib: unknown line: level ground ground.*'
}

@test "check-floors fails if it finds no floors" {
	rm -r tools/floors
	floors_problem 'found no tools/floors to check'
	floors 'floor ground'
	floors_problem 'tools/floors/lib: unknown line: floor ground'
}

@test "check-words finds phrases in messages, and not in comments" {
	mkdir man
	echo 'A page.' >a.md
	source_file kmod/table/a.h
	source_file lab/x
	source_file tests/x
	source_file cli/a.c '/* It would hit whoever is in the way. */' 'error("the driver is bound");'
	tools/check-words
	source_file lib/a.c 'error("it would also hit the other one");' 'error("its state is not known");'
	run tools/check-words
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ $output == *'lib/a.c:2:'*'say "affect"'*'lib/a.c:3:'*'say "unknown"'* ]]
}

# snapshot TEXT: commits the tree with a page that has this text.
snapshot() {
	echo "$1" >a.md
	git add -A
	git -c user.name=x -c user.email=x@example.org commit -qm "$1"
}

@test "figures compares the cycles of calls and the text of two commits" {
	mkdir -p cli man
	source_file lib/lib.h
	source_file lib/a.c '#include "lib.h"' 'static int go(void)' '{' '}' 'int a_run(void)' '{' 'b_run();' '}'
	source_file lib/b.c '#include "lib.h"' 'int b_run(void)' '{' 'a_run();' '}'
	source_file cli/a.c 'int main(void)' '{' '}'
	source_file kmod/a.c 'int a_go(void)' '{' '}'
	snapshot 'It prints what it has done.'
	source_file lib/b.c 'int b_run(void)' '{' '}'
	snapshot 'It prints the result.'
	run tools/figures HEAD~1 HEAD
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'| lib: files in a cycle of calls | 2 of 2 | 0 of 2 |'* ]]
	[[ $output == *'| lib: own headers that a file includes, mean | 1.0 of 1 | 0.5 of 1 |'* ]]
	[[ $output == *'| lib: static functions with a name of one word | 1 of 1 | 1 of 1 |'* ]]
	# The licences are pages, too.
	grep -oP '"what" in 10,000 words \| \K.*(?= \|)' <<<"$output" | awk -F ' [|] ' '{ exit !($1 > $2) }'
}
