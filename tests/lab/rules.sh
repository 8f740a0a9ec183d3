#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The administrator's rules refuse resets, whatever is forced, and their delays are kept.
# topology: mixed
# kernels: 6.12
# shares: yes
# timeout: 240
. "$(dirname "$0")/lib.sh"

rules=/etc/pcireset/rules.d
device=0000:0b:00.0
force=(--force "driver,vfio,mount,net,swap,console,open,unknown-users")
before=$(mktemp)
after=$(mktemp)

# rule LINE...: one rule about the device.
rule() {
	printf '%s\n' '[Match]' "Address=$device" '[Reset]' "$@" >"$rules/50-test.conf"
}

# total: milliseconds that the last reset took, as it says itself.
total() {
	sed -n 's/.*"total_ms": \([0-9]*\).*/\1/p' <<<"$output" | head -n 1
}

mkdir -p "$rules"
exits 0 'without rules it is reset' pcireset reset "$device" --type flr "${force[@]}" --json
undelayed=$(total)

rule Deny=flr,bus 'Reason=ticket 4711'
config_dump "$before" "$device"
exits 3 'what a rule denies is refused' pcireset reset "$device" --type flr,bus --yes "${force[@]}"
like "$output" "flr: denied by the rule at $rules/50-test.conf:1: ticket 4711" 'with the place of the rule and the reason'
exits 3 'without the module too' pcireset reset "$device" --type flr --no-module "${force[@]}"
like "$output" 'denied by the rule at' 'for the same reason'
exits 3 'also with those beside it' pcireset reset "$device" "$device" --type flr --yes "${force[@]}"
exits 3 're-enumerate is refused, too' pcireset re-enumerate --yes "$device" --type flr,bus "${force[@]}"
like "$output" 'denied by the rule at' 'for the same reason'
config_dump "$after" "$device"
config_is_untouched "$before" "$after" 'nothing was touched'

rule Delay=3000 Types=flr
exits 0 'with a delay it is reset' pcireset reset "$device" --type flr "${force[@]}" --json
delayed=$(total)
is "$((delayed >= 3000))" 1 'and the report comes after the delay'
less "$undelayed" "$delayed" 'which it does not take without the rule'

rule Deny=flr
exits 3 'a mistake in a rule refuses every reset' pcireset reset 0000:01:00.0 --type flr "${force[@]}"
like "$output" "no reset is allowed: $rules/50-test.conf:1: Deny without Reason" 'and is named'
exits 0 'list says so' pcireset list
like "$output" 'no reset is allowed' 'in a note'

foreign='another user than root owns it, or can write to it or its directory'
rule Deny=flr 'Reason=ticket 4711'
chown 1000 "$rules/50-test.conf"
exits 3 'a rule of another user refuses every reset' pcireset reset 0000:01:00.0 --type flr "${force[@]}"
like "$output" "no reset is allowed: $rules/50-test.conf: $foreign" 'and is named'
chown 0 "$rules/50-test.conf"
chmod 664 "$rules/50-test.conf"
exits 3 'so does a rule that a group can write' pcireset reset "$device" --type flr --no-module "${force[@]}"
like "$output" "$rules/50-test.conf: $foreign" 'and is named'
chmod 644 "$rules/50-test.conf"
chmod 777 "$rules"
exits 3 'so does a directory in which others can remove a rule' pcireset reset "$device" --type flr "${force[@]}"
like "$output" "no reset is allowed: $rules: $foreign" 'and is named'
exits 1 'doctor finds it' pcireset doctor --json
like "$output" "$rules: $foreign" 'and names it'
chmod 755 "$rules"
exits 3 'a trusted rule denies its type only' pcireset reset "$device" --type flr "${force[@]}"
like "$output" "flr: denied by the rule at $rules/50-test.conf:1: ticket 4711" 'as before'

rm -r "$rules"
exits 0 'without rules it is reset again' pcireset reset "$device" --type flr "${force[@]}"
plan
