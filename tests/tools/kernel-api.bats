#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# tools/kernel-api shows what changed in a kernel of what the module uses, against the list of that kernel or of the newest older one.

bats_require_minimum_version 1.5.0

# compare KERNEL LINE...: as if the kernel had these.
compare() {
	PYTHONDONTWRITEBYTECODE=1 python3 - "$BATS_TEST_DIRNAME/../../tools/kernel-api" "$BATS_TEST_TMPDIR" "$@" <<-'END'
		import importlib.machinery, importlib.util, sys
		loader = importlib.machinery.SourceFileLoader("api", sys.argv[1])
		api = importlib.util.module_from_spec(importlib.util.spec_from_loader("api", loader))
		loader.exec_module(api)
		api.RECORDS = sys.argv[2]
		sys.exit(0 if api.compare(sys.argv[3], sys.argv[4:]) else 1)
	END
}

setup() {
	printf '%s\n' '# comment' 'function flr: int (struct pci_dev * dev) [EXPORT_SYMBOL_GPL]' 'member pci_dev.devfn: unsigned int' >"$BATS_TEST_TMPDIR/6.12"
	printf '%s\n' 'function old: void (void) [EXPORT_SYMBOL]' >"$BATS_TEST_TMPDIR/6.1"
}

@test 'a kernel as in its list has no output' {
	run -0 compare 6.12 'function flr: int (struct pci_dev * dev) [EXPORT_SYMBOL_GPL]' 'member pci_dev.devfn: unsigned int'
	[[ -z $output ]]
}

@test 'a changed declaration, a lost export and a lost member are shown' {
	run -1 compare 7.2 'function flr: int (struct pci_dev * dev, bool probe) [not exported]'
	[[ $output == *'-function flr: int (struct pci_dev * dev) [EXPORT_SYMBOL_GPL]'* ]]
	[[ $output == *'+function flr: int (struct pci_dev * dev, bool probe) [not exported]'* ]]
	[[ $output == *'-member pci_dev.devfn'* && $output == *'tests/kernel-api/6.12'* ]]
}

@test 'a kernel without a number is compared with the newest list' {
	run -1 compare sid 'function old: void (void) [EXPORT_SYMBOL]'
	[[ $output == *'--- tests/kernel-api/6.12'* ]]
}
