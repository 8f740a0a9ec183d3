#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Puts many faults into one copy of the tree: at_once.py TREE PATCH...

Each fault is in a copy of its function. The function calls the copy while the module's parameter "fault" has the number of the
fault. TREE/faults lists the numbers with the names. A fault that no copy of a function can hold is left out, with the reason.
"""
import pathlib
import re
import sys

sys.dont_write_bytecode = True
from faults import Patch  # noqa: E402 (after the line that keeps Python from leaving files here)


class Impossible(Exception):
    """The fault cannot be chosen at run time."""


class Function:
    """The function around some lines of a file: its signature, its body, and how it is called."""

    def __init__(self, lines, first, last):
        brace = last
        while brace >= 0 and lines[brace] != '{':
            brace -= 1
        if brace < 0 or brace >= last or first <= brace:
            raise Impossible('it is in no body of a function')
        self.brace, self.end, self.start = brace, lines.index('}', brace), brace - 1
        while lines[self.start][:1] in ('\t', ' '):
            self.start -= 1
        if last > self.end:
            raise Impossible('it is in no body of a function')
        signature = ' '.join(line.strip() for line in lines[self.start:brace])
        match = re.match(r'(.*?)(\w+)\((.*)\)$', signature)
        if not match or '__init' in signature or '__exit' in signature:
            raise Impossible('its function runs before the fault can be chosen')
        self.prototype, self.result, self.name = signature + ';', match[1], match[2]
        self.arguments = list(arguments_of(match[3]))

    def dispatch(self, number):
        """The line that calls the copy."""
        call = f'{self.name}__{number}({", ".join(self.arguments)});'
        is_void = re.sub(r'\b(static|inline)\b', '', self.result).strip() == 'void'
        return f'\tif (fault_number == {number}) {{ {call + " return;" if is_void else "return " + call} }}'

    def copy(self, lines, number):
        """The copy, with lines that have the fault."""
        text = '\n'.join(lines)
        text = re.sub(rf'\b{self.name}\(', f'{self.name}__{number}(', text, count=1)
        return text if self.result.startswith('static') else 'static ' + text


def arguments_of(parameters):
    """The names of a function's parameters."""
    depth, parameter = 0, ''
    for char in parameters + ',':
        depth += (char == '(') - (char == ')')
        if char == ',' and depth == 0:
            if parameter.strip() not in ('', 'void'):
                yield (re.search(r'\(\*(\w+)\)', parameter) or re.search(r'(\w+)(?:\[\w*\])?$', parameter))[1]
            parameter = ''
        else:
            parameter += char


def place_of(lines, patch):
    """Where the lines that the fault changes begin."""
    places = [n for n in range(len(lines) - len(patch.old) + 1) if lines[n:n + len(patch.old)] == patch.old]
    if not places:
        raise Impossible('it does not apply')
    return min(places, key=lambda n: abs(n - patch.line))


def put_faults(path, faults):
    """Puts the faults with these numbers into a file; yields the numbers of those that it has now."""
    lines = path.read_text().split('\n')
    copies = {}
    for number, patch in faults:
        try:
            place = place_of(lines, patch)
            function = Function(lines, place + patch.offset, place + patch.offset)
        except Impossible as error:
            print(f'left out: {patch.file.stem}: {error}')
            continue
        first, last = max(place, function.start), min(place + len(patch.old) - 1, function.end)
        new = patch.new[first - place:len(patch.new) - (place + len(patch.old) - 1 - last)]
        body = lines[function.start:first] + new + lines[last + 1:function.end + 1]
        copies.setdefault(function.start, []).append((function, number, function.copy(body, number)))
        yield number
    for start in sorted(copies, reverse=True):
        function = copies[start][0][0]
        # A copy may call the function itself.
        before = [function.prototype] + [copy for _, _, copy in copies[start]]
        calls = [f.dispatch(number) for f, number, _ in copies[start]]
        lines[function.brace + 1:function.brace + 1] = calls
        lines[start:start] = before
    path.write_text('\n'.join(lines))


def add_parameter(tree):
    """The parameter of the module that chooses the fault."""
    compat, main = tree / 'kmod/compat/compat.h', tree / 'kmod/main.c'
    compat.write_text(compat.read_text().replace('#ifndef _PCIRESET_COMPAT_H', 'extern int fault_number;\n\n#ifndef _PCIRESET_COMPAT_H', 1))
    main.write_text(main.read_text().replace(
        'module_init(pcireset_init);', 'int fault_number;\nmodule_param_named(fault, fault_number, int, 0644);\n\nmodule_init(pcireset_init);', 1))


def main():
    """Reads the patches, and writes the files of the tree."""
    tree = pathlib.Path(sys.argv[1])
    files, names, kept = {}, {}, []
    for number, file in enumerate(sys.argv[2:], 1):
        patch = Patch.read(pathlib.Path(file))
        patch.file = pathlib.Path(file)
        names[number] = patch.file.stem
        files.setdefault(patch.path, []).append((number, patch))
    for path, faults in files.items():
        kept += put_faults(tree / path, faults)
    add_parameter(tree)
    (tree / 'faults').write_text(''.join(f'{number} {names[number]}\n' for number in sorted(kept)))


main()
