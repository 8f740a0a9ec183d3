# SPDX-License-Identifier: GPL-2.0-only
"""How the modules call the tool, and read its JSON."""
import json

# man pcireset: exit status.
DONE, FAILED, USAGE, REFUSED, TOUCHED, UNKNOWN, SOME = 0, 1, 2, 3, 4, 5, 64

ARGUMENTS = {
    "executable": {"type": "path", "default": "pcireset"},
    "sysroot": {"type": "path"},
}


def run(module, command, arguments):
    """Return the exit status of "pcireset COMMAND --json", its JSON or None, and its messages."""
    words = [module.params["executable"], command, "--json"]
    if module.params["sysroot"]:
        words += ["--sysroot", module.params["sysroot"]]
    status, output, messages = module.run_command([*words, *arguments], environ_update={"LC_ALL": "C.UTF-8"})
    try:
        answer = json.loads(output) if output.strip() else None
    except ValueError:
        module.fail_json(msg=f"{words[0]} {command} printed no JSON: {output[:200]!r}", rc=status, stderr=messages)
    return status, answer, messages.strip()
