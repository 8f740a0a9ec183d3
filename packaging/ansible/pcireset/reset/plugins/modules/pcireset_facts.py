#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-only
"""Collect the reset types of PCI functions, and the functions that each type affects."""

DOCUMENTATION = """
module: pcireset_facts
short_description: Collect the reset types of PCI functions
description:
  - Runs C(pcireset list) and returns its functions as the fact C(pcireset). Resets nothing.
options:
  devices:
    description: Only these devices.
    type: list
    elements: str
    default: []
  executable:
    description: The tool.
    type: path
    default: pcireset
  sysroot:
    description: A recording (C(pcireset record)) in place of the machine.
    type: path
author: The pcireset authors
"""

EXAMPLES = """
- name: Collect the reset types
  become: true
  pcireset.reset.pcireset_facts:
- name: Show the devices that can be reset by FLR
  ansible.builtin.debug:
    msg: "{{ pcireset.functions | dict2items | selectattr('value.types', 'contains', 'flr') | map(attribute='key') }}"
"""

RETURN = """
ansible_facts:
  description: C(pcireset.backend), and in C(pcireset.functions) what C(pcireset list --json) prints, by address.
  returned: success
  type: dict
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible_collections.pcireset.reset.plugins.module_utils import tool  # noqa: E402


def main():
    module = AnsibleModule(
        argument_spec={"devices": {"type": "list", "elements": "str", "default": []}, **tool.ARGUMENTS},
        supports_check_mode=True,
    )
    status, answer, messages = tool.run(module, "list", ["--", *module.params["devices"]])
    if status != tool.DONE or answer is None:
        module.fail_json(msg=messages or f"pcireset ended with status {status}", rc=status)
    functions = {device["device"]: device for device in answer["devices"]}
    module.exit_json(ansible_facts={"pcireset": {"backend": answer["backend"], "functions": functions}})


if __name__ == "__main__":
    main()
