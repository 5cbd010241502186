"""Choosing a port: the one asked for or an error, else the next free."""

import socket

import pytest

from blink.ports import choose_port
from blink.settings import SettingsError


@pytest.fixture
def taken():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_taken_port_is_refused_where_it_was_asked_for(taken):
    with pytest.raises(SettingsError, match=f"port {taken} on 127.0.0.1 is taken"):
        choose_port("127.0.0.1", taken, 8080)


def test_the_next_free_port_is_taken_otherwise(taken):
    assert choose_port("127.0.0.1", None, taken) > taken
