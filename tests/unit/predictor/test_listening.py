"""Sockets that servers listen on."""

import socket

import pytest

from predictor.listening import listening_socket


def test_a_taken_port_is_the_systems_own_error_for_whoever_words_it():
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listening_socket("127.0.0.1", port)


def test_the_protocol_is_named_so_that_event_loops_turn_nagles_algorithm_off():
    with listening_socket("127.0.0.1", 0) as listener:
        assert (listener.family, listener.proto) == (socket.AF_INET, socket.IPPROTO_TCP)
