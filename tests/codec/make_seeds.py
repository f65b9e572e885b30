#!/usr/bin/env python3
"""Writes the inputs that the fuzzer of the codec begins with into a folder.

usage: make_seeds.py FOLDER

The first byte is the number of a target in tests/fuzz/fuzz_codec.c.
"""
import pathlib
import struct
import sys
import zlib

JSON = ["null", "true", "-12", "1.5e-3", '"text"', '"\\u00e9\\ud83d\\ude00\\n"', "[1,[2.5],{}]",
        '{"a":1,"b":"two","c":null,"d":false}', '{"type":"Done","path":"x"}',
        '{"path":"x","type":"Done"}', '["5",[1,2],"sum"]', "[[1,2],[3,4]]", '"1.5s"',
        '"2020-01-01T00:00:00.5+02:00"', '[{"a":1,"b":"xy"},{"a":"2","b":"zz","e":[1]}]',
        '"aaaa"', "0.30000000000000004", "9223372036854775808", "é", '{"a":1,"a":2}']
FORM = (b"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n5\r\n--X\r\n"
        b"Content-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\n"
        b"Content-Type: image/png\r\n\r\n\x00\xff\r\n--X--\r\n")
ARRAY = ['{"array":[1.9,2.1,3,4],"shape":[2,2],"dtype":"int64"}', '{"array":[[1],[2]]}',
         '{"a":{"array":[1]},"b":{"array":[3],"shape":[-1]}}']
TABLE = ['{"a":{"0":1,"1":2},"b":{"0":3,"1":4}}', '{"a":[1,2],"b":[3,4]}', '[{"a":1},{"b":2}]',
         '{"columns":["a","b"],"index":[0],"data":[[1,2]]}', "[[1,2],[3]]"]


def png(colour, channels, interlace=0, width=3, height=2):
    def chunk(kind, data):
        return (struct.pack(">I", len(data)) + kind + data
                + struct.pack(">I", zlib.crc32(kind + data)))
    rows = b"".join(b"\0" + bytes(i % 2 for i in range(width * channels)) for _ in range(height))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, interlace))
            + (chunk(b"PLTE", bytes(6)) if colour == 3 else b"")
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def seeds():
    for target in range(18):
        for text in JSON:
            yield target, text.encode()
    yield 18, b"a=5&b=x+y&b=%C3%A9&f=%FF"
    yield 19, FORM
    for text in ARRAY:
        yield 20, text.encode()
        yield 21, text.encode()
    for colour, channels in ((0, 1), (2, 3), (3, 1), (4, 2), (6, 4)):
        yield 22, png(colour, channels)
    for text in TABLE:
        yield 23, text.encode()
        yield 24, text.encode()
    for text in ("text", " 12 ", "PT1.5S", "1 day, 02:03:04", "-0:30"):
        for target in (25, 26, 27):
            yield target, text.encode()


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, (target, data) in enumerate(seeds()):
        (folder / f"{number:03}").write_bytes(bytes([target]) + data)


if __name__ == "__main__":
    main()
