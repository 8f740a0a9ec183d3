#!/usr/bin/python
# SPDX-License-Identifier: GPL-2.0-only
"""Reset PCI devices with exactly the allowed reset types."""

DOCUMENTATION = """
module: pcireset
short_description: Reset PCI devices with exactly the allowed reset types
description:
  - Resets devices by the tool C(pcireset), restores every affected function, and verifies the result.
  - In check mode it runs C(pcireset plan) and resets nothing.
  - In diff mode it shows the affected functions.
options:
  devices:
    description: The devices, in each form that C(pcireset) accepts, such as C(0000:41:00.0) or C(vendor:device).
    type: list
    elements: str
    required: true
  types:
    description: The allowed reset types. There is no default.
    type: list
    elements: str
    required: true
  max_scope:
    description: The widest scope.
    type: str
    choices: [function, slot, bus]
  checks:
    description: Checks that must pass after the reset.
    type: list
    elements: str
  force:
    description: Uses that do not prevent the reset, such as C(driver).
    type: list
    elements: str
    default: []
  timeout:
    description: The longest time to wait, such as C(2.5s).
    type: str
  affect_others:
    description: Also affect functions that I(devices) does not name. Without it such a reset is refused.
    type: bool
    default: false
  escalate:
    description: If a reset fails, try the next allowed type.
    type: bool
    default: false
  executable:
    description: The tool.
    type: path
    default: pcireset
  sysroot:
    description: A recording (C(pcireset record)) in place of the machine. Check mode only.
    type: path
author: The pcireset authors
"""

EXAMPLES = """
- name: Reset a GPU and its audio function through their bus
  pcireset.reset.pcireset:
    devices: ['0000:41:00.0']
    types: [bus]
    affect_others: true
"""

RETURN = """
result:
  description: The JSON of C(pcireset reset), or of C(pcireset plan) in check mode.
  returned: always
  type: dict
affected:
  description: The functions that the reset affects, each once.
  returned: always
  type: list
rc:
  description: The exit status of C(pcireset).
  returned: always
  type: int
"""

from ansible.module_utils.basic import AnsibleModule  # noqa: E402
from ansible_collections.pcireset.reset.plugins.module_utils import tool  # noqa: E402


def arguments_of(module, command):
    params = module.params
    words = ["--type", ",".join(params["types"])]
    for option, name in (("--max-scope", "max_scope"), ("--timeout", "timeout")):
        if params[name] and (command == "reset" or name == "max_scope"):
            words += [option, params[name]]
    if params["force"]:
        words += ["--force", ",".join(params["force"])]
    if command == "reset":
        words += ["--check", ",".join(params["checks"])] if params["checks"] is not None else []
        words += ["--escalate"] if params["escalate"] else []
        words += ["--yes"] if params["affect_others"] else []
    return words + ["--", *params["devices"]]


def members_of(answer):
    """Return the affected functions of a plan or of a reset, each once."""
    devices = (answer or {}).get("devices") or (answer or {}).get("resets") or []
    names = []
    for device in devices:
        for member in device.get("members") or []:
            name = member if isinstance(member, str) else member.get("device")
            if name not in names:
                names.append(name)
    return names


def named_in(answer):
    return [device["device"] for device in (answer or {}).get("devices") or [] if "device" in device]


def refuses_others(module, answer):
    """Return the functions that nobody named and that a plan affects, unless that is allowed."""
    if module.params["affect_others"]:
        return []
    return [name for name in members_of(answer) if name not in named_in(answer)]


def difference(affected, words):
    return {"before": "", "after": "".join(f"{name}: {words}\n" for name in affected)}


def reason_of(answer):
    """Return why resets were refused or failed: with --json the tool says so there."""
    resets = (answer or {}).get("resets") or []
    return "; ".join(reset["message"] for reset in resets if reset.get("message"))


def fail_or_exit(module, status, messages, result):
    if status == tool.DONE:
        module.exit_json(**result)
    if status == tool.UNKNOWN:
        module.warn(messages or "some facts are unknown: see result")
        module.exit_json(**result)
    reason = messages or reason_of(result["result"]) or f"pcireset ended with status {status}"
    module.fail_json(msg=reason, **result)


def plan(module):
    status, answer, messages = tool.run(module, "plan", arguments_of(module, "plan"))
    affected = members_of(answer)
    result = {
        "changed": status in (tool.DONE, tool.UNKNOWN),
        "result": answer,
        "affected": affected,
        "rc": status,
        "diff": difference(affected, "would be reset"),
    }
    others = refuses_others(module, answer)
    if result["changed"] and others:
        result["changed"] = False
        module.fail_json(msg=f"it would also affect {', '.join(others)}: name them, or set affect_others", **result)
    fail_or_exit(module, status, messages, result)


def reset(module):
    if module.params["sysroot"]:
        module.fail_json(msg="sysroot: a recorded machine cannot be reset; use check mode")
    status, answer, messages = tool.run(module, "reset", arguments_of(module, "reset"))
    affected = members_of(answer)
    result = {
        "changed": status in (tool.DONE, tool.TOUCHED, tool.SOME),
        "result": answer,
        "affected": affected,
        "rc": status,
        "diff": difference(affected, "was reset"),
    }
    fail_or_exit(module, status, messages, result)


def main():
    module = AnsibleModule(
        argument_spec={
            "devices": {"type": "list", "elements": "str", "required": True},
            "types": {"type": "list", "elements": "str", "required": True},
            "max_scope": {"type": "str", "choices": ["function", "slot", "bus"]},
            "checks": {"type": "list", "elements": "str"},
            "force": {"type": "list", "elements": "str", "default": []},
            "timeout": {"type": "str"},
            "affect_others": {"type": "bool", "default": False},
            "escalate": {"type": "bool", "default": False},
            **tool.ARGUMENTS,
        },
        supports_check_mode=True,
    )
    if not module.params["devices"] or not module.params["types"]:
        module.fail_json(msg="devices and types must not be empty")
    if module.check_mode:
        plan(module)
    reset(module)


if __name__ == "__main__":
    main()
