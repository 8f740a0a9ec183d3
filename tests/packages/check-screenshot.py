#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-screenshot.py PNG WIDTH: all pixels are grey, the margin is empty, and there is a page in between."""
import pathlib
import struct
import sys
import zlib


def chunks(data):
    at = 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, data[at + 8 : at + 8 + size]
        at += 12 + size


def predict(left, above, corner):
    guess = left + above - corner
    return min((abs(guess - left), 0, left), (abs(guess - above), 1, above), (abs(guess - corner), 2, corner))[2]


def rows(data):
    """The rows of a PNG with 8 bits for each of 3 or 4 channels (PNG, sec 9.2)."""
    parts = list(chunks(data))
    width, _, depth, kind = struct.unpack(">IIBB", parts[0][1][:10])
    channels = {2: 3, 6: 4}[kind]
    assert depth == 8
    raw = zlib.decompress(b"".join(body for name, body in parts if name == b"IDAT"))
    before = bytearray(width * channels)
    for at in range(0, len(raw), width * channels + 1):
        method, row = raw[at], bytearray(raw[at + 1 : at + 1 + width * channels])
        for i, byte in enumerate(row):
            left = row[i - channels] if i >= channels else 0
            corner = before[i - channels] if i >= channels else 0
            row[i] = byte + [0, left, before[i], (left + before[i]) // 2, predict(left, before[i], corner)][method] & 255
        before = row
        yield [tuple(row[i : i + 3]) for i in range(0, len(row), channels)]


def main(path, width):
    ink = 0
    for row in rows(pathlib.Path(path).read_bytes()):
        assert len(row) == int(width), len(row)
        assert all(max(pixel) - min(pixel) <= 2 for pixel in row), "a pixel has a colour"
        assert all(pixel == (255, 255, 255) for pixel in row[-8:] + row[:8]), "the page is wider than its window"
        ink += sum(pixel[0] < 128 for pixel in row)
    assert ink > 10000, f"{ink} dark pixels"


main(*sys.argv[1:])
