"""Sockets that servers listen on."""

import socket

import pytest

from predictor.listening import listening_socket, stop_connecting


def test_a_taken_port_is_the_systems_own_error_for_whoever_words_it():
    with listening_socket("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            listening_socket("127.0.0.1", port)


def test_the_protocol_is_named_so_that_event_loops_turn_nagles_algorithm_off():
    with listening_socket("127.0.0.1", 0) as listener:
        assert (listener.family, listener.proto) == (socket.AF_INET, socket.IPPROTO_TCP)


def test_who_is_connected_is_accepted_and_nobody_else_is_connected():
    with listening_socket("127.0.0.1", 0) as listener:
        address = listener.getsockname()
        with socket.create_connection(address) as waiting:
            waiting.sendall(b"asked")
            stop_connecting(listener)
            with pytest.raises(TimeoutError):
                socket.create_connection(address, timeout=0.1)
            accepted, _ = listener.accept()
            with accepted:
                assert accepted.recv(5) == b"asked"
                accepted.sendall(b"answered")
                assert waiting.recv(8) == b"answered"
