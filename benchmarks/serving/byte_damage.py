"""Bodies whose bytes are damaged, whatever they mean."""

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.serving.draws import one_of, place_in, span_in

ByteDamage = Callable[[np.random.Generator, bytes], bytes]

LIMIT = 1024 * 1024
"""Bytes of a body that the server reads."""

_INSERTED = (
    *(b"\0", b"\xff", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"null", b"NaN", b"-Infinity", b"1e999", b"-"),
    *(b"\xef\xbb\xbf", b"\r\n\r\n", b"0" * 500, b"\\u0000", b"\\ud800", b"//", b"true", b"e5", b"'", b"\x7f"),
)
_NOT_UTF8 = (
    *(b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xf8\x88\x80\x80\x80"),
    *(b"\xc3\x28", b"\xfe\xfe\xff\xff", b"\xf0\x28\x8c\xbc"),
)


def _bytes_changed(rng: np.random.Generator, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(int(rng.integers(1, 9)) if body else 0):
        changed[int(rng.integers(len(body)))] = int(rng.integers(256))
    return bytes(changed)


def _bits_flipped(rng: np.random.Generator, body: bytes) -> bytes:
    changed = bytearray(body)
    for _ in range(int(rng.integers(1, 5)) if body else 0):
        changed[int(rng.integers(len(body)))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def _cut(rng: np.random.Generator, body: bytes) -> bytes:
    place = place_in(rng, body)
    return body[:place] if rng.random() < 0.8 else body[place:]


def _removed(rng: np.random.Generator, body: bytes) -> bytes:
    span = span_in(rng, body, 40)
    return body[: span.start] + body[span.stop :]


def _repeated(rng: np.random.Generator, body: bytes) -> bytes:
    span = span_in(rng, body, 200)
    return body[: span.stop] + body[span] * int(rng.integers(1, 50)) + body[span.stop :]


def _inserted(rng: np.random.Generator, body: bytes) -> bytes:
    place = place_in(rng, body)
    return body[:place] + one_of(rng, _INSERTED) + body[place:]


def _noise(rng: np.random.Generator, body: bytes) -> bytes:
    return rng.bytes(int(rng.integers(1, 2 + len(body))))


def _not_utf8(rng: np.random.Generator, body: bytes) -> bytes:
    # Behind a quote it is most likely within a text.
    quotes = [place for place, byte in enumerate(body) if byte == ord('"')]
    place = one_of(rng, quotes) + 1 if quotes else place_in(rng, body)
    return body[:place] + one_of(rng, _NOT_UTF8) + body[place:]


def _too_large(rng: np.random.Generator, body: bytes) -> bytes:
    filling = one_of(rng, (b" ", b"[", b"0", b"\0"))
    return body + filling * (LIMIT + 1 + int(rng.integers(LIMIT)) - len(body))


BYTE_DAMAGE: Mapping[str, ByteDamage] = {
    "bytes changed": _bytes_changed,
    "bits flipped": _bits_flipped,
    "cut": _cut,
    "bytes removed": _removed,
    "bytes repeated": _repeated,
    "bytes inserted": _inserted,
    "noise": _noise,
    "not UTF-8": _not_utf8,
    "too large": _too_large,
}
