#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Every user may list, show and plan, but a reset needs privileges, with and without the module.
# topology: mixed
# shares: yes
. "$(dirname "$0")/lib.sh"

exits 0 'runs as nobody' as_nobody id -u
is "$output" 65534 'is nobody'
before=$(mktemp)
after=$(mktemp)
config_dump "$before"

exits 0 'list' as_nobody pcireset list
is "$(grep -c '^0000:' <<<"$output")" "$(pci_functions | wc -l)" 'list names every function'
exits 0 'list: by sysfs' as_nobody pcireset list --json
like "$output" '"backend": "sysfs"' 'says where it knows it from'
exits 0 'show' as_nobody pcireset show 01:00.0
like "$output" 'flr +function 0000:01:00.0' 'show knows FLR without reading capabilities'
like "$output" 'slot +slot' 'show knows the slot'
exits 5 'plan: what may refuse it is not known' as_nobody pcireset plan 01:00.0 --type slot
like "$output" 'unknown: who else uses it: cannot read which files other users have open' 'users are not known'
like "$output" 'unknown: whether driver nvme of 0000:01:00.0 has reset_prepare' 'and the driver'
exits 5 'plan of what root is refused is no yes' as_nobody pcireset plan 0b:00.0 --type flr
exits 0 'plan where all that is not known is forced' as_nobody pcireset plan 01:00.0 --type slot --force driver,unknown-users
exits 3 'plan refuses what does not fit' as_nobody pcireset plan 01:00.0 --type bus
exits 3 'reset is refused' as_nobody pcireset reset 01:00.0 --type flr
like "$output" CAP_SYS_ADMIN 'and says what is needed'
exits 3 'reset is refused, as JSON' as_nobody pcireset reset 01:00.0 --type flr --json
like "$output" '"error": "EPERM"' 'with EPERM'
exits 3 're-enumerate is refused' as_nobody pcireset re-enumerate 01:00.0 --type slot --run 'touch /tmp/ran'
exits 1 'and ran no command' test -e /tmp/ran
exits 3 'watch is refused' as_nobody pcireset watch --timeout 1
like "$output" 'only root' 'and says who may'
exits 3 'metrics are refused' as_nobody pcireset metrics
exits 1 'a device that is not there' as_nobody pcireset reset 77:00.0 --type flr

config_dump "$after"
config_is_untouched "$before" "$after" 'nothing was touched'

# Only the module has link_disable.
reaches() {
	"$@" pcireset list -n -r -o DEVICE,REACH | sed 's/\(\\x20\)\?link_disable:[0-9]*//'
}
reaches env >"$before"
reaches as_nobody >"$after"
is "$(diff "$before" "$after")" '' 'nobody, by sysfs, sees what root sees by the module'

rmmod pcireset
exits 3 'without the module: a driver that nobody can ask is in the way' pcireset reset 01:00.0 --type flr
like "$output" 'modprobe pcireset' 'and it is said what to do'
exits 3 'without the module: nobody may reset' as_nobody pcireset reset 01:00.0 --type flr --force driver
like "$output" 'only root' 'and it is said who may'
exits 0 'without the module: list' pcireset list
exits 3 'without the module: plan says what reset would' pcireset plan 01:00.0 --type flr
exits 0 'without the module: plan' pcireset plan 01:00.0 --type flr --force driver
reaches env >"$after"
is "$(diff "$before" "$after")" '' 'root sees the same by sysfs'
exits 0 'the module is loaded again' modprobe pcireset
plan
