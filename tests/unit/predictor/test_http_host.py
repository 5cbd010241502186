"""One Host, well formed (RFC 9112, section 3.2)."""

import pytest

from predictor.http_host import host_fault


def fault(*hosts, version="1.1", others=((b"accept", b"*/*"),)):
    raw = [*others, *((b"host", host) for host in hosts)]
    return host_fault(raw, dict(raw), version)


@pytest.mark.parametrize(
    "host",
    [
        b"localhost",
        b"localhost:8080",
        b"blink-cash_advance-blue.lender.svc",
        b"127.0.0.1:80",
        b"[::1]:8080",
        b"[fe80::1%25eth0]",
        b"h:",
        b"localhost:8080 \t",
        b"",
    ],
)
def test_a_host_passes(host):
    assert fault(host) == ""


@pytest.mark.parametrize("host", [b"a b", b"http://a", b"a,b:c", b"me@a", b"a:8o", b"::1", b"[::1", b"a/b", b"\xff"])
def test_what_is_no_host_is_named(host):
    assert fault(host) == "Host: is no host with a port"


def test_one_is_needed_since_http_1_1():
    assert fault() == "Host: is missing; HTTP/1.1 needs one"
    assert fault(version="1.0") == ""


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_more_than_one_is_refused_whether_they_are_alike_or_not(version):
    assert fault(b"a", b"a", version=version) == "Host: stands there 2 times; one is needed"
    assert fault(b"a", b"b", b"c", version=version) == "Host: stands there 3 times; one is needed"


def test_other_headers_may_come_twice():
    assert fault(b"a", others=((b"accept", b"*/*"), (b"accept", b"text/html"))) == ""
