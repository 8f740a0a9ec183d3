# SPDX-License-Identifier: GPL-2.0-only
"""Connects Ansible to guests of the lab: each command runs in a guest of its own, which is booted for it."""

DOCUMENTATION = """
name: pcilab
short_description: Run each command in a guest of the lab
author: The pcireset authors
description:
  - Boots a guest of C(lab/pcilab) for each command. Nothing that a command leaves behind is there for the next one, so
    each module must be sent with its command (pipelining).
options:
  topology:
    description: The guest's devices.
    default: mixed
    vars: [{name: pcilab_topology}]
  kernel:
    description: The guest's kernel.
    default: '6.1'
    vars: [{name: pcilab_kernel}]
  python:
    description: A directory with Python for the guest (tests/lib/guest-python).
    required: true
    vars: [{name: pcilab_python}]
"""

import pathlib
import subprocess
import tempfile

from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection import ConnectionBase

ROOT = pathlib.Path(__file__).resolve().parents[3]
LOST = range(120, 125)  # pcilab's own exit statuses


class Connection(ConnectionBase):
    transport = "pcilab"
    has_pipelining = True

    def _connect(self):
        return self

    def exec_command(self, cmd, in_data=None, sudoable=True):
        super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        with tempfile.TemporaryDirectory() as directory:
            sent = pathlib.Path(directory, "stdin")
            sent.write_bytes(in_data or b"")
            done = subprocess.run(
                [ROOT / "lab/pcilab", "--kernel", self.get_option("kernel"), "--topology", self.get_option("topology"),
                 "--timeout", "300", "--add", f"{self.get_option('python')}/usr:/usr", "--add", sent,
                 "--", "bash", "-c", f"{cmd} <stdin"],
                stdin=subprocess.DEVNULL, capture_output=True, check=False)
        if done.returncode in LOST:
            raise AnsibleConnectionFailure(f"pcilab: status {done.returncode}: {done.stderr.decode(errors='replace')}")
        return done.returncode, done.stdout.replace(b"\r", b""), done.stderr

    def put_file(self, in_path, out_path):
        raise AnsibleConnectionFailure("a guest keeps no files: set ansible_pipelining")

    def fetch_file(self, in_path, out_path):
        raise AnsibleConnectionFailure("a guest keeps no files")

    def close(self):
        pass
