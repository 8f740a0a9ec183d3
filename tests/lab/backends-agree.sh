#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Shows that the library finds by sysfs alone the types and scopes that the module finds by asking the hardware.
# topology: mixed sriov slots gpu acpi cxl
. "$(dirname "$0")/lib.sh"

# found: types and scopes of every function. Why not is left out, sysfs knows less of that, and so are drivers as users.
found() {
	pcireset list --json | sed -e '/"backend"/d' -e '/"why_not": {/,/}/d' -e '/"users": \[/,/\]/d'
}

# Virtual functions as well, where there can be any.
for file in /sys/bus/pci/devices/*/sriov_numvfs; do
	[[ -e $file ]] || continue
	echo 0 >"${file%/*}/sriov_drivers_autoprobe"
	echo 2 >"$file"
	is "$(cat "$file")" 2 "virtual functions of $(basename "${file%/*}")"
done

by_module=$(found)
like "$by_module" '"device": "0000:00:00.0"' 'the module lists functions'
rmmod pcireset
by_sysfs=$(found)
like "$by_sysfs" '"device": "0000:00:00.0"' 'sysfs lists functions'
if [[ $by_sysfs == "$by_module" ]]; then
	ok 'both find the same'
else
	not_ok 'both find the same' "$(diff -U 8 <(echo "$by_module") <(echo "$by_sysfs"))"
fi
plan
