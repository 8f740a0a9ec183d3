#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# The Ansible collection, with Debian's ansible-core: plans of recorded machines, results by exit status, one of several hosts
# that fails, and the role. Devices are reset in guests of the lab, or a stub plays it: nothing is reset on this machine. Run by
# make check-packages.

bats_require_minimum_version 1.5.0

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	make --no-print-directory tools >/dev/null
	export ANSIBLE_HOME=$BATS_FILE_TMPDIR/home ANSIBLE_COLLECTIONS_PATH=$BATS_FILE_TMPDIR/collections
	export ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_RETRY_FILES_ENABLED=false ANSIBLE_NOCOLOR=1 ANSIBLE_CALLBACKS_ENABLED=tree
	export ANSIBLE_DEVEL_WARNING=false machines=$BATS_FILE_TMPDIR/machines tool=$PWD/build/meson/cli/pcireset
	ansible-galaxy collection build --output-path "$BATS_FILE_TMPDIR" packaging/ansible/pcireset/reset
	ansible-galaxy collection install --offline "$BATS_FILE_TMPDIR"/pcireset-reset-*.tar.gz
	mkdir "$machines"
	for name in gpu slots; do
		xz -dc "tests/machines/$name.tar.xz" >"$machines/$name.tar"
	done
	printf '[fleet]\n%s\n' gpu slots lost | sed 's/^\(gpu\|slots\|lost\)$/& ansible_connection=local ansible_python_interpreter=\/usr\/bin\/python3/' >"$BATS_FILE_TMPDIR/hosts"
}

setup() {
	export ANSIBLE_CALLBACK_TREE_DIR=$BATS_TEST_TMPDIR/answers
}

# play TASK [OPTION...]: TASK, as YAML, on all hosts; the answer of each is in a file of its name.
play() {
	printf -- '- hosts: fleet\n  gather_facts: false\n  vars:\n    tool: %s\n    machine: %s/{{ inventory_hostname }}.tar\n  tasks:\n%s\n' \
		"$tool" "$machines" "    ${1//$'\n'/$'\n'    }" >"$BATS_TEST_TMPDIR/play.yml"
	status=0
	ansible-playbook -i "$BATS_FILE_TMPDIR/hosts" "$BATS_TEST_TMPDIR/play.yml" "${@:2}" || status=$?
}

# of HOST FILTER: what jq finds in the last answer of HOST.
of() {
	jq -r "$2" "$ANSIBLE_CALLBACK_TREE_DIR/$1"
}

# stub STATUS JSON: a tool that answers so, and keeps its arguments.
stub() {
	printf '#!/bin/sh\nprintf "%%s\\n" "$@" >%s/arguments\ncat <<"END"\n%s\nEND\necho "pcireset: the reason" >&2\nexit %s\n' \
		"$BATS_TEST_TMPDIR" "$2" "$1" >"$BATS_TEST_TMPDIR/pcireset"
	chmod +x "$BATS_TEST_TMPDIR/pcireset"
}

@test "facts: types and affected functions of each host; a host that cannot be read fails alone" {
	play '- pcireset.reset.pcireset_facts: {executable: "{{ tool }}", sysroot: "{{ machine }}"}'
	[ "$status" -ne 0 ]
	[ "$(of gpu '.ansible_facts.pcireset.functions["0000:01:00.0"].scope.bus | join(" ")')" = '0000:01:00.0 0000:01:00.1' ]
	[ "$(of slots .ansible_facts.pcireset.backend)" = sysfs ]
	[ "$(of lost .ansible_facts)" = null ]
	[[ $(of lost .msg) == *lost.tar* ]]
}

@test "check mode plans, and diff mode shows the affected functions" {
	output=$(play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["01:00.0"], types: [bus], affect_others: true}' --check --diff -l gpu && exit "$status")
	[ "$(of gpu .changed)" = true ]
	[ "$(of gpu '.affected | join(" ")')" = '0000:01:00.0 0000:01:00.1' ]
	[[ $output == *$'\n+0000:01:00.0: would be reset\n+0000:01:00.1: would be reset\n'* ]]
	[ "$(of gpu .result.devices[0].chosen)" = bus ]
}

@test "unnamed functions are not affected unless that is allowed" {
	play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["01:00.0"], types: [bus]}' --check -l gpu
	[ "$status" -ne 0 ]
	[[ $(of gpu .msg) == *'also affect 0000:01:00.1'*affect_others* ]]
	[ "$(of gpu .changed)" = false ]
	play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["01:00.0", "01:00.1"], types: [bus]}' --check -l gpu
	[ "$status" -eq 0 ]
}

@test "an unsupported type, an unknown device and an invalid word fail with a reason" {
	play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["01:00.0"], types: [flr]}' --check -l gpu
	[ "$(of gpu .rc)" = 3 ]
	[ "$(of gpu .changed)" = false ]
	[ -n "$(of gpu .msg)" ]
	play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["77:00.0"], types: [flr]}' --check -l gpu
	[[ $(of gpu .msg) == *77:00.0* ]]
	play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["01:00.0"], types: [fast]}' --check -l gpu
	[ "$(of gpu .rc)" = 2 ]
	[[ $(of gpu .msg) == *fast* ]]
}

@test "a recorded machine is not reset" {
	play '- pcireset.reset.pcireset: {executable: "{{ tool }}", sysroot: "{{ machine }}", devices: ["01:00.0"], types: [bus]}' -l gpu
	[ "$status" -ne 0 ]
	[[ $(of gpu .msg) == *'cannot be reset'* ]]
}

@test "a reset maps each exit status, and passes its arguments to the tool" {
	json='{"pcireset": 1, "backend": "module", "resets": [{"devices": ["0000:01:00.0"], "members": [{"device": "0000:01:00.0"}, {"device": "0000:01:00.1"}]}]}'
	task="- pcireset.reset.pcireset: {executable: $BATS_TEST_TMPDIR/pcireset, devices: ['01:00.0', '-x'], types: [flr, bus], max_scope: bus, checks: [link], force: [driver], timeout: 2s, affect_others: true, escalate: true}"
	for expected in '0 true' '1 false' '3 false' '4 true' '64 true'; do
		read -r code changed <<<"$expected"
		stub "$code" "$json"
		play "$task" -l gpu
		[ "$(of gpu .changed)" = "$changed" ]
		[ $((code == 0)) -eq $((status == 0)) ]
		[ "$code" -eq 0 ] || [ "$(of gpu .msg)" = 'pcireset: the reason' ]
		[ "$(of gpu '.affected | join(" ")')" = '0000:01:00.0 0000:01:00.1' ]
	done
	[ "$(paste -sd ' ' "$BATS_TEST_TMPDIR/arguments")" = \
		'reset --json --type flr,bus --max-scope bus --timeout 2s --force driver --check link --escalate --yes -- 01:00.0 -x' ]
	stub 0 'no JSON'
	play "$task" -l gpu
	[[ $(of gpu .msg) == *'printed no JSON'* ]]
}

@test "a failure without a message has the reason of the JSON" {
	stub 3 '{"resets": [{"message": "bus: below a hotplug port"}, {"message": ""}]}'
	sed -i '/the reason/d' "$BATS_TEST_TMPDIR/pcireset"
	play "- pcireset.reset.pcireset: {executable: $BATS_TEST_TMPDIR/pcireset, devices: ['01:00.0'], types: [bus]}" -l gpu
	[ "$(of gpu .msg)" = 'bus: below a hotplug port' ]
}

@test "--yes is passed only if other functions may be affected" {
	stub 0 '{"resets": []}'
	play "- pcireset.reset.pcireset: {executable: $BATS_TEST_TMPDIR/pcireset, devices: ['01:00.0'], types: [flr]}" -l gpu
	[ "$(paste -sd ' ' "$BATS_TEST_TMPDIR/arguments")" = 'reset --json --type flr -- 01:00.0' ]
}

@test "the role installs rules, and fails if doctor rejects them" {
	role="- ansible.builtin.include_role: {name: pcireset.reset.pcireset}
  vars: {pcireset_packages: [], pcireset_load_module: false, pcireset_directory: $BATS_TEST_TMPDIR/etc, pcireset_executable: $BATS_TEST_TMPDIR/pcireset, pcireset_rules: {gpu: \"[Rule]\\nDeny=bus\\n\"}}"
	stub 0 '{"checks": [{"check": "rules", "result": "ok"}]}'
	play "$role" -l gpu
	[ "$status" -eq 0 ]
	[ "$(<"$BATS_TEST_TMPDIR/etc/rules.d/gpu.conf")" = $'[Rule]\nDeny=bus' ]
	rm "$BATS_TEST_TMPDIR/etc/rules.d/gpu.conf"
	stub 1 '{"checks": [{"check": "rules", "result": "todo"}]}'
	play "$role" -l gpu
	[ "$status" -ne 0 ]
}

@test "guests of the lab: devices are reset, and one host of several fails" {
	PYTHONPATH=/usr/lib/python3/dist-packages tests/lib/guest-python "$BATS_TEST_TMPDIR/python" ansible.module_utils.basic \
		base64 encodings.cp437 importlib.util runpy tempfile zipfile zipimport
	export ANSIBLE_CONNECTION_PLUGINS=$PWD/tests/packages/connection ANSIBLE_PIPELINING=1
	cat >"$BATS_TEST_TMPDIR/hosts" <<-END
		[fleet]
		disk device=01:00.0 type=flr
		card pcilab_topology=slots device=02:00.0 type=slot
		hotplug device=01:00.0 type=bus
		idle device=0a:02.0 type=pm
		[fleet:vars]
		ansible_connection=pcilab
		ansible_python_interpreter=/usr/bin/python3
		pcilab_python=$BATS_TEST_TMPDIR/python
	END
	cat >"$BATS_TEST_TMPDIR/play.yml" <<-'END'
		- hosts: fleet
		  gather_facts: false
		  tasks:
		    - pcireset.reset.pcireset: {devices: ["{{ device }}"], types: ["{{ type }}"], affect_others: true, force: [driver]}
	END
	run ansible-playbook --forks 2 -i "$BATS_TEST_TMPDIR/hosts" "$BATS_TEST_TMPDIR/play.yml"
	echo "$output"
	[ "$status" -eq 2 ]
	[[ $output =~ disk\ +:\ ok=1\ +changed=1\ .*failed=0 && $output =~ card\ +:\ ok=1\ +changed=1\ .*failed=0 ]]
	[ "$(of disk '.result | "\(.backend) \(.resets[0].result)"')" = 'module verified' ]
	[ "$(of card '.affected | join(" ")')" = '0000:02:00.0 0000:02:00.1 0000:02:00.2' ]
	# Refused, so that nothing was touched; and issued without an effect.
	[ "$(of hotplug '"\(.rc) \(.changed)"')" = '3 false' ]
	[[ $(of hotplug .msg) == *'below a hotplug port'* && $(of idle .msg) == *'nothing was reset'* ]]
	[ "$(of idle '"\(.rc) \(.changed) \(.result.resets[0].result)"')" = '4 true unverified' ]
}

@test "ansible-doc has a page for each module" {
	for name in pcireset pcireset_facts; do
		ansible-doc -t module "pcireset.reset.$name" | grep -q executable
	done
}
