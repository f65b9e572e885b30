#!/usr/bin/env python3
"""Writes a PNG of WIDTH x HEIGHT with three colours to standard output.

usage: make_png.py WIDTH HEIGHT
"""
import struct
import sys
import zlib


def chunk(kind, data):
    body = kind + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def png(width, height, pixel=lambda x, y: (x % 256, y % 256, (x + y) % 256)):
    rows = b"".join(b"\0" + bytes(v for x in range(width) for v in pixel(x, y))
                    for y in range(height))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


if __name__ == "__main__":
    sys.stdout.buffer.write(png(int(sys.argv[1]), int(sys.argv[2])))
