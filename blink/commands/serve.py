"""`blink serve`: the model server of a portfolio's champion."""

import sys
from argparse import Namespace
from dataclasses import replace

from blink.database import open_database
from blink.named_portfolio import named_portfolio
from blink.outcome import Outcome
from blink.ports import choose_port
from blink.settings import read_settings
from predictor.server import Listening, ServeSettings
from predictor.server import serve as run_server

HTTP_PORT = 8080
GRPC_PORT = 8081


def serve(arguments: Namespace) -> Outcome:
    """Serve until stopped."""
    settings = read_settings(home=arguments.home)
    with open_database(settings, "blink_scorer") as engine:
        served = ServeSettings(
            portfolio=named_portfolio(arguments.portfolio, settings), model_dir=settings.model_dir, database=engine
        )
        run_server(on_free_ports(served, arguments), announce=_announce)
    return Outcome()


def on_free_ports(served: ServeSettings, arguments: Namespace) -> ServeSettings:
    """The settings with the address and the ports that the caller asked for, or the next free ones."""
    http_port = choose_port(arguments.host, arguments.http_port, HTTP_PORT)
    grpc_port = choose_port(arguments.host, arguments.grpc_port, max(GRPC_PORT, http_port + 1))
    return replace(served, host=arguments.host, http_port=http_port, grpc_port=grpc_port)


def _announce(listening: Listening) -> None:
    sys.stderr.write(f"REST on http://{listening.host}:{listening.http_port}, gRPC on port {listening.grpc_port}\n")
