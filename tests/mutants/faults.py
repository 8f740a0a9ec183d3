# SPDX-License-Identifier: GPL-2.0-only
"""What `draw` and `refresh` share: one fault as a patch, and the place in a file where it is."""
import difflib
import hashlib
import re


def blob_of(lines):
    """git's name for a file with these lines."""
    content = ''.join(f'{line}\n' for line in lines).encode()
    return hashlib.sha1(b'blob %d\0' % len(content) + content).hexdigest()


def function_at(lines, number):
    """The name of the function that a line is in, or None."""
    while number >= 0 and lines[number] != '{':
        number -= 1
    while number > 0 and not re.match(r'[a-z].*\(', lines[number]):
        number -= 1
    name = re.sub(r'^.*?\*?(\w+)\(.*', r'\1', lines[number]) if number >= 0 else ''
    return name if re.fullmatch(r'\w+', name) else None


def diff_of(path, old, new):
    """The diff with git's full names, so that `git apply --3way` finds what the fault was made for."""
    diff = difflib.unified_diff(old, new, f'a/{path}', f'b/{path}', n=1, lineterm='')
    head = [f'diff --git a/{path} b/{path}', f'index {blob_of(old)}..{blob_of(new)} 100644']
    return head + list(diff)


class Patch:
    """A file of tests/mutants/ with one fault."""

    def __init__(self, header, path, old, new):
        self.header, self.path = header, path
        self.diff = diff_of(path, old, new)
        self._read_diff()

    @classmethod
    def read(cls, file):
        patch = cls.__new__(cls)
        text = file.read_text().splitlines()
        start = next(n for n, line in enumerate(text) if re.match(r'diff --git |--- a/', line))
        patch.header = [line for line in text[:start] if line]
        patch.diff = text[start:]
        patch._read_diff()
        return patch

    def _read_diff(self):
        index = [line for line in self.diff if line.startswith('index ')]
        hunk = next(n for n, line in enumerate(self.diff) if line.startswith('@@ '))
        self.path = next(line for line in self.diff if line.startswith('+++ b/'))[6:]
        self.blob = index[0].split()[1].split('..')[0] if index else None
        self.line = int(re.match(r'@@ -(\d+)', self.diff[hunk])[1]) - 1
        self.old = [line[1:] for line in self.diff[hunk + 1:] if line[0] in ' -']
        self.new = [line[1:] for line in self.diff[hunk + 1:] if line[0] in ' +']
        self.offset = next(n for n, line in enumerate(self.diff[hunk + 1:]) if line[0] != ' ')

    @property
    def function(self):
        return next(line for line in self.header if line.startswith('Fault: '))[7:].split('(')[0]

    def text(self):
        return '\n'.join(self.header + [''] + self.diff) + '\n'

    def places_in(self, lines):
        """The places where all lines of its hunk are, the nearest first."""
        size = len(self.old)
        places = [n for n in range(len(lines) - size + 1) if lines[n:n + size] == self.old]
        return sorted(places, key=lambda n: abs(n - self.line))

    def is_in_function(self, lines, place):
        return function_at(lines, place + self.offset) == self.function

    def applies(self, lines):
        """Whether git would apply it, and in its function: git takes the nearest place."""
        places = self.places_in(lines)
        return bool(places) and self.is_in_function(lines, places[0])

    def place_in(self, lines):
        """The nearest place in its function, else the nearest one; None without one."""
        places = self.places_in(lines)
        inside = [place for place in places if self.is_in_function(lines, place)]
        return (inside + places + [None])[0]

    def apply(self, lines):
        """The file with the fault, or None."""
        place = self.place_in(lines)
        if place is None:
            return None
        return lines[:place] + self.new + lines[place + len(self.old):]
