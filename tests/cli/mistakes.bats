#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# Common mistakes: each message is one line with a way out, and has the right exit status. Resets nothing.

bats_require_minimum_version 1.5.0
load lib

setup_file() {
	make_machine
}

# mistake STATUS HINT WORD...: standard error is one line, which contains the hint.
mistake() {
	local want=$1 hint=$2

	shift 2
	run --separate-stderr pcireset "$@"
	if [[ $status -ne $want || ${stderr:-} != 'pcireset: '*"$hint"* || $(wc -l <<<"$stderr") -ne 1 ]]; then
		printf 'pcireset %s\nstatus %d instead of %d\nwant: %s\ngot:  %s\n' "${*@Q}" "$status" "$want" "$hint" "$stderr"
		failed=$((failed + 1))
	fi
	tried=$((tried + 1))
}

# table: reads mistakes from standard input, one on each line: STATUS|HINT|WORDS. The word ROOT is the machine.
table() {
	local want hint words

	tried=0 failed=0
	while IFS='|' read -r want hint words; do
		[[ -n $want ]] || continue
		eval "words=($words)"
		mistake "$want" "$hint" "${words[@]/#ROOT/$ROOT}"
	done
	printf '%d mistakes, %d failed\n' "$tried" "$failed"
	[[ $failed -eq 0 && $tried -ge ${1:-1} ]]
}

@test 'mistakes in commands' {
	table 20 <<'END'
2|no command given (for example: pcireset list)|
2|unknown command 'rest' (did you mean 'reset'?)|rest 01:00.0 --type flr
2|unknown command 'rese' (did you mean 'reset'?)|rese 01:00.0 --type flr
2|unknown command 'RESETT' (did you mean 'reset'?)|RESETT 01:00.0 --type flr
2|unknown command 'shw' (did you mean 'show'?)|shw 01:00.0
2|unknown command 'lst' (did you mean 'list'?)|lst
2|unknown command 'docter' (did you mean 'doctor'?)|docter
2|unknown command 'reenumerate' (did you mean 're-enumerate'?)|reenumerate 01:00.0
2|unknown command 're_enumerate' (did you mean 're-enumerate'?)|re_enumerate 01:00.0
2|unknown command 'rescan' (did you mean 're-enumerate'?)|rescan 01:00.0
2|unknown command 'info' (did you mean 'show'?)|info 01:00.0
2|unknown command 'ls' (did you mean 'list'?)|ls
2|unknown command 'monitor' (did you mean 'watch'?)|monitor
2|unknown command 'repair' (did you mean 'doctor --repair'?)|repair
2|unknown command 'simulate' (did you mean 'plan'?)|simulate 01:00.0 --type flr
2|unknown command 'save' (did you mean 'record'?)|save machine.tar
2|unknown option '--versoin' (did you mean '--version'?)|--versoin
2|unknown command 'version' (did you mean '--version'?)|version
2|unknown command 'frob'; see: pcireset --help|frob
2|unknown command 'rset' (did you mean 'reset'?)|help rset
2|did you mean 'pcireset reset DEVICE --type flr'?|flr 01:00.0
2|did you mean 'pcireset show 01:00.0'?|01:00.0
2|did you mean 'pcireset show /dev/nvme0'?|/dev/nvme0
END
}

@test 'mistakes in options' {
	table 28 <<'END'
2|unknown option '--tpye' (did you mean '--type'?)|plan 02:00.0 --tpye flr
2|unknown option '--typ' (did you mean '--type'?)|plan 02:00.0 --typ flr
2|unknown option '--ty=flr' (did you mean '--type'?)|plan 02:00.0 --ty=flr
2|unknown option '--Type' (did you mean '--type'?)|plan 02:00.0 --Type flr
2|unknown option '--types' (did you mean '--type'?)|plan 02:00.0 --types flr
2|unknown option '--method' (did you mean '--type'?)|plan 02:00.0 --method flr
2|unknown option '-type' (did you mean '--type'?)|plan 02:00.0 -type flr
2|unknown option '-type=flr' (did you mean '--type=flr'?)|plan 02:00.0 -type=flr
2|starts with a dash instead of a hyphen (did you mean '--type'?)|plan 02:00.0 –type flr
2|unknown option '--scope' (did you mean '--max-scope'?)|plan 02:00.0 --type flr --scope function
2|unknown option '--jsno' (did you mean '--json'?)|list --jsno
2|unknown option '--columns' (did you mean '--output'?)|list --columns DEVICE
2|unknown option '--no-headings' (did you mean '--noheadings'?)|list --no-headings
2|unknown option '--assume-yes' (did you mean '--yes'?)|reset 02:00.0 --type flr --assume-yes
2|unknown option '--dryrun' (did you mean '--dry-run'?)|reset 02:00.0 --type flr --dryrun
2|unknown option '--no-modul' (did you mean '--no-module'?)|list --no-modul
2|--json takes no argument (omit '=yes')|list --json=yes
2|unknown option '-j' (did you mean '-J'?)|list -j
2|unknown option '-n' (did you mean '--dry-run'?)|reset 02:00.0 --type flr -n
2|unknown option '-f' (did you mean '--force USES'?)|reset 02:00.0 --type flr -f
2|unknown option '--yes' (only for: reset, re-enumerate, qualify, link)|plan 02:00.0 --type flr --yes
2|unknown option '-y' (only for: reset, re-enumerate, qualify, link)|show 02:00.0 -y
2|for a dry run, use: pcireset plan|re-enumerate 02:00.0 --type flr --dry-run
2|--type requires an argument, TYPES: device_specific, acpi, flr|plan 02:00.0 --type
2|--type requires an argument, TYPES: device_specific, acpi, flr|plan 02:00.0 --type --json
2|--force requires an argument, USES: driver, vfio, mount|plan 02:00.0 --type flr --force
2|--sysroot requires an argument, DIR|list --sysroot
2|--type is required (did you mean '--type flr'?)|reset 02:00.0 flr
2|--type is required (did you mean '--type bus'?)|plan 02:00.0 BUS
2|pcireset show lists the types of a device|reset 02:00.0
2|no device given (see: pcireset list)|show
2|unknown option '--frob'; see: pcireset list --help|list --frob
END
}

@test 'options may precede the command' {
	run -0 pcireset --type flr plan 02:00.0 --sysroot "$ROOT"
	[[ $output == '0000:02:00.0: flr would affect 1 function'* ]]
	run -0 pcireset -tflr --sysroot="$ROOT" plan 02:00.0
	run -0 pcireset --json --sysroot "$ROOT" list
	jq -e '.pcireset == 1' <<<"$output"
	run -0 pcireset -nr --sysroot "$ROOT" list -o DEVICE
	table 6 <<'END'
2|unknown option '--tpye' (did you mean '--type'?)|--tpye flr reset 02:00.0
2|unknown option '-Q' (did you mean '-q'?)|-Q list
2|unknown option '-Z'; see: pcireset --help|-Z list
2|no command given (for example: pcireset list)|--json
2|no command given (for example: pcireset list)|--type flr
2|unknown command 'rest' (did you mean 'reset'?)|--type flr rest 02:00.0
2|list: unknown option '--type' (only for: plan, reset, re-enumerate, qualify)|--type flr list
END
}

@test 'mistakes in types, scopes and other words' {
	table 22 <<'END'
2|unknown type of reset "flt" (did you mean 'flr'?)|plan 02:00.0 --type flt --sysroot ROOT
2|unknown type of reset "bsu" (did you mean 'bus'?)|plan 02:00.0 --type flr,bsu --sysroot ROOT
2|unknown type of reset "sbr" (did you mean 'bus'?)|plan 02:00.0 --type sbr --sysroot ROOT
2|unknown type of reset "hot-reset" (did you mean 'bus'?)|plan 02:00.0 --type hot-reset --sysroot ROOT
2|unknown type of reset "function" (did you mean 'func'?)|plan 02:00.0 --type function --sysroot ROOT
2|unknown type of reset "d3hot" (did you mean 'pm'?)|plan 02:00.0 --type d3hot --sysroot ROOT
2|unknown type of reset "all" (did you mean 'any'?)|plan 02:00.0 --type all --sysroot ROOT
2|unknown type of reset "device" (did you mean 'device_specific'?)|plan 02:00.0 --type device --sysroot ROOT
2|(there is no default type)|plan 02:00.0 --type default --sysroot ROOT
2|known are device_specific, acpi, flr, pm, slot, bus, cxl_bus, link_disable|plan 02:00.0 --type frobnicate --sysroot ROOT
2|"af_flr" cannot be asked for: say flr|plan 02:00.0 --type af_flr --sysroot ROOT
2|no type of reset is given (such as --type flr)|plan 02:00.0 --type , --sysroot ROOT
2|unknown word 'mounted' (did you mean 'mount'?)|plan 02:00.0 --type flr --force mounted
2|unknown word 'drver' (did you mean 'driver'?)|plan 02:00.0 --type flr --force drver,net
2|(name each use)|plan 02:00.0 --type flr --force all
2|valid words: driver, vfio, mount, net, swap, console, open|plan 02:00.0 --type flr --force frobnicate
2|unknown word 'prof' (did you mean 'proof'?)|reset 02:00.0 --type flr --check prof
2|unknown word 'device' (did you mean 'function'?)|plan 02:00.0 --type flr --max-scope device
2|unknown word 'wide'; valid words: function, slot, bus|plan 02:00.0 --type flr --max-scope wide
2|unknown column 'DRVER' (did you mean 'DRIVER'?)|list -o DEVICE,DRVER
2|unknown column 'BDF' (did you mean 'DEVICE'?)|list -o BDF
2|valid columns: DEVICE, DRIVER|list -o FROBNICATE
2|invalid time '5m'; use a form such as 2, 2.5s or 500ms|reset 02:00.0 --type flr --timeout 5m
2|'0' is out of range; the minimum is 1ms|reset 02:00.0 --type flr --timeout 0
2|'4294968' is out of range; the minimum is 1ms, the maximum 4294967s|reset 02:00.0 --type flr --timeout 4294968
2|--tree and --raw cannot be combined|list --tree --raw
2|the minimum is 1|watch --count 0
END
}

@test 'mistakes in devices' {
	table 20 <<'END'
2|did you mean '0000:01:00.0'?|show pci_0000_01_00_0 --sysroot ROOT
2|did you mean '0000:01:00.0'?|show 0000:01:00:0 --sysroot ROOT
2|did you mean '0000:01:00.0'?|show 01.00.0 --sysroot ROOT
2|did you mean '0000:01:00.0'?|show PCI:1:0:0 --sysroot ROOT
2|did you mean '0000:01:00.0'?|show '01:00.0 Ethernet controller' --sysroot ROOT
2|did you mean '8086:10c9'?|show [8086:10c9] --sysroot ROOT
2|separate devices with blanks, not commas|plan 01:00.0,02:00.0 --type flr --sysroot ROOT
2|did you mean '--type flr'?|plan 02:00.0 type=flr --type flr --sysroot ROOT
2|did you mean '--type bus'?|reset 02:00.0 bus --type flr --sysroot ROOT
2|name each device; see: pcireset list|reset all --type flr --sysroot ROOT
2|did you mean 'pcireset help show'?|show help --sysroot ROOT
2|give one command only|plan reset 02:00.0 --type flr --sysroot ROOT
2|did you mean 'nouveau'?|show nuoveau --sysroot ROOT
2|names no PCI function: it is not an address|show frobnicate --sysroot ROOT
2|(see: pcireset list)|show frobnicate --sysroot ROOT
2|bound to 2 functions, name one of them: 0000:07:00.0, 0000:07:00.1|reset vfio-pci --type flr --sysroot ROOT
2|bound to 2 functions, name one of them: 0000:07:00.0, 0000:07:00.1|reset driver:vfio-pci --type flr --yes --sysroot ROOT
2|matches 2 functions, name one of them: 0000:03:00.0, 0000:03:00.1|reset card0 --type bus --sysroot ROOT
1|nearby: 0000:01:00.0 0000:01:00.4|show 01:00.1 --sysroot ROOT
1|nearby: 0000:01:00.0|show 0001:01:00.0 --sysroot ROOT
1|(see: pcireset list)|show 77:00.0 --sysroot ROOT
1|no PCI function matches (see: pcireset list)|show slot:99 --sysroot ROOT
1|no PCI function matches (see: pcireset list)|reset '77:*' --type flr --sysroot ROOT
1|no PCI function is bound to this driver|show driver:frob --sysroot ROOT
3|functions of several devices: 0000:00:00.0 0000:00:01.0|reset '*' --type flr --sysroot ROOT
3|name them or use --yes|reset '0000:0[12]:*' --type flr --sysroot ROOT
END
}

@test 'mistakes in doctor, record and list' {
	table 5 <<'END'
2|unexpected argument '01:00.0'|doctor 01:00.0
2|name one file, or - for standard output|record
2|--sysroot and --file cannot be combined|list --sysroot ROOT --file dump
2|--json cannot be combined with --output, --output-all, --raw, --noheadings or --tree|list --json -o DEVICE
2|--svg takes exactly one device|plan 02:00.0 01:00.4 --type flr --svg x.svg --sysroot ROOT
END
}

# refusal WAY WORD...: status 3, and the refusal ends with this way out.
refusal() {
	local way=$1 line got=0

	shift
	line=$(on "$@" 2>&1 | grep 'refused: '; exit "${PIPESTATUS[0]}") || got=$?
	[[ $got -eq 3 && $line == *"; $way" ]] && return
	printf 'want: %s\ngot:  %s\n' "$way" "$line"
	return 1
}

@test 'each refusal ends with a way out' {
	refusal 'end that use or use --force mount,swap' plan 04:00.0 --type flr
	refusal 'end that use or use --force mount,swap' plan 04:00.0 --type flr --force mount
	refusal 'end that use or use --force net' plan 01:00.0 --type flr
	refusal 'end that use or use --force vfio' plan 07:00.0 --type flr
	refusal 'end that use or use --force vfio,net' plan 07:00.1 --type bus --force net
	refusal 'use --type slot (2 functions)' plan 03:00.0 --type flr
	refusal 'allow slot instead; use --type slot (2 functions)' plan 03:00.0 --type bus
	refusal 'use --type flr (1 function) or --type bus (3 functions)' plan 02:00.0 --type pm
	refusal 'no other type is supported' plan 00:00.0 --type flr
	refusal 'use a wider --max-scope' plan 08:00.0 --type bus --max-scope function
	refusal 'to re-enumerate it, run: pcireset re-enumerate 0000:09:00.0 --type bus; or power-cycle it' plan 09:00.0 --type any
	refusal 'to see the affected functions, run: pcireset plan' reset 02:00.0 --type flr
	refusal 'end that use or use --force mount,swap' reset 04:00.0 --type flr --dry-run
}

@test 'names of devices, drivers and slots, patterns and upper case are understood' {
	for name in nvme0 nvme0n1 nvme /dev/nvme0 driver:nvme 4:0.0 '04:00.*' '0000:04:*'; do
		run -0 on plan "$name" --type FLR --force mount,swap,driver
		[[ $output == '0000:04:00.0: flr would affect 1 function'* ]]
	done
	for name in slot:3 '03:00.*' '0000:03:00.[01]' '03:*'; do
		run -0 on plan "$name" --type Bus,SLOT --force driver -J
		jq -e '[.devices[].device] == ["0000:03:00.0", "0000:03:00.1"] and all(.devices[]; .chosen == "slot")' <<<"$output"
	done
	run -0 on plan '0A:00.?' --type Cxl-Bus
}

@test 'reset --dry-run prints the plan' {
	local want

	for arguments in '02:00.0 --type flr' '04:00.0 --type flr' '08:00.0 08:00.1 --type any -J' '02:00.0 03:00.0 --type flr'; do
		# shellcheck disable=SC2086
		run on plan $arguments
		want="$status $output"
		# shellcheck disable=SC2086
		run on reset $arguments --dry-run
		[[ "$status $output" == "$want" ]]
	done
	# It lists the matches of a pattern and does not ask.
	run on reset '0000:0[12]:*' --type flr --dry-run -J
	jq -e '.devices | length == 3' <<<"$output"
	run -0 on reset 02:00.0 --type flr --dry-run --yes --quiet --timeout 2 --check proof
}
