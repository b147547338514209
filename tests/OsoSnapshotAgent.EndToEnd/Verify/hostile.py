"""Usage: hostile.py CASE ARCHIVE
Writes an archive that is made to cost its reader memory. Its tar and its gzip are sound, and it starts as the agent's
own archives do, so that only its content can be refused."""
import struct
import sys
import zlib

DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SNAPSHOT = "snapshots/20250820T165101Z-0eb533ff8d43ed64/"
BLOCK = SNAPSHOT + "01J5QZ8X0M3N4P5Q6R7S8T9V0W/"
MIB = 1 << 20
END = b"\0" * 1024


def ulid(number):
    return "01J5QZ8X0M3N4P5Q6R7S" + "".join(DIGITS[number >> shift & 31] for shift in (25, 20, 15, 10, 5, 0))


def header(name, size=0, kind=b"0"):
    numbers = b"0000644", b"0000000", b"0000000", b"%011o" % size, b"15051777460"
    fields = struct.pack(
        "100s8s8s8s12s12s8s1s100s8s247x", name.encode(), *numbers, b" " * 8, kind, b"", b"ustar\x0000")
    return fields[:148] + b"%06o\0 " % sum(fields) + fields[156:]


def padded(content):
    return content + b"\0" * (-len(content) % 512)


def record(key, value):
    rest = f" {key}={value}\n".encode()
    length = len(rest) + 1
    while length != len(rest) + len(str(length)):
        length += 1
    return str(length).encode() + rest


def extended(kind, content):
    return header("extended", len(content), kind) + padded(content)


def entry(name, content=b""):
    long = extended(b"x", record("path", name)) if len(name) > 100 else b""
    return long + header(name[:100], len(content)) + padded(content)


def meta(name, numbers=""):
    return b'{"version":1,"ulid":"%s","minTime":1,"maxTime":2%s}' % (name.encode(), numbers.encode())


def each(count, make):
    for start in range(0, count, 1000):
        yield b"".join(make(number) for number in range(start, min(start + 1000, count))), 1


COUNTS = ',"stats":{"numSamples":18446744073709551615,"numSeries":18446744073709551615,"numChunks":1}'

# Each case is a list of pieces, each with its number of repetitions.
CASES = {
    "a million empty segments": lambda: [(entry(BLOCK + "chunks/000003") * 1000, 1000)],
    "gaps between segments": lambda: each(60_000, lambda n: entry(BLOCK + f"chunks/{2 * n + 2:06}")),
    "segments of huge numbers": lambda: each(30_000, lambda n: entry(BLOCK + f"chunks/{2147483647 + 2 * n}")),
    "long names": lambda: [(entry(BLOCK + "chunks/" + "0" * 3900 + "9") * 20, 400)],
    "deep names": lambda: [(entry(BLOCK + "a/" * 1900 + "b") * 20, 400)],
    "names too long": lambda: [(entry(BLOCK + "chunks/" + "9" * 60_000) * 20, 25)],
    "a ULID of control characters": lambda: [(entry(BLOCK + "meta.json", meta("\\u001b[2J\\n\\u0007")), 1)],
    "a name of control characters": lambda: [(header(BLOCK + "\x1b[2J\n\a", 1, b"5"), 1)],
    "blocks with problems": lambda: each(40_000, lambda n: entry(SNAPSHOT + ulid(n) + "/meta.json", b"{")),
    "blocks of impossible size": lambda: each(
        40_000, lambda n: entry(SNAPSHOT + ulid(n) + "/meta.json", meta(ulid(n), COUNTS))),
    "empty blocks": lambda: each(80_000, lambda n: header(SNAPSHOT + ulid(n) + "/", 0, b"5")),
    "meta.json with a ULID of a MiB": lambda: [(entry(BLOCK + "meta.json", meta("x" * 1_000_000)), 50)],
    "meta.json with an escaped ULID of a MiB": lambda: [
        (entry(BLOCK + "meta.json", meta("\\u0041" * 160_000)), 50)],
    "meta.json of a GiB": lambda: [(header(BLOCK + "meta.json", 1024 * MIB), 1), (b"{" * MIB, 1024)],
    "extended headers of a MiB": lambda: [
        (extended(b"x", record("comment", "c" * (MIB - 20))) + header(BLOCK + "index"), 300)],
    "global headers of a MiB": lambda: [
        (extended(b"g", record("comment", "c" * (MIB - 20))), 300), (header("last"), 1)],
    "an extended header of a GiB": lambda: [(header("extended", 1024 * MIB, b"x"), 1), (b"\0" * MIB, 1024)],
    "a file of 11 GiB": lambda: [
        (extended(b"x", record("size", str(11264 * MIB))) + header(BLOCK + "chunks/000001"), 1),
        (b"\0" * (16 * MIB), 704)],
    "a GiB of zeros after the end": lambda: [(entry(BLOCK + "index"), 1), (END, 1), (b"\0" * (16 * MIB), 64)],
}


def write(pieces, file):
    # RFC 1952 is the format. Each piece is packed by itself and ends on a whole byte, so that it can be repeated.
    file.write(bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 4, 3)))
    crc = length = 0
    for piece, times in pieces:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH)
        for _ in range(times):
            file.write(packed)
            crc = zlib.crc32(piece, crc)
            length += len(piece)
    file.write(b"\3\0" + struct.pack("<II", crc, length & 0xFFFFFFFF))


if __name__ == "__main__":
    with open(sys.argv[2], "wb") as archive:
        write([*CASES[sys.argv[1]](), (END, 1)], archive)
