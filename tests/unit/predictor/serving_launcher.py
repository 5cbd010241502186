"""Starts a server as told by one JSON argument, and prints where it listens; ends on SIGTERM."""

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

from credit.database.connection import connect
from credit.portfolio_file import load_portfolio
from predictor.server import Limits, Listening, ServeSettings, serve


def settings(told: dict) -> ServeSettings:
    return ServeSettings(
        portfolio=load_portfolio("cash_advance"),
        model_dir=Path(told["model_dir"]) if "model_dir" in told else None,
        bundle=Path(told["bundle"]) if "bundle" in told else None,
        database=connect(told["url"], role="blink_scorer") if "url" in told else None,
        http_port=0,
        grpc_port=0,
        poll_seconds=told.get("poll_seconds", 0.1),
        limits=Limits(
            database_seconds=told.get("database_seconds", 5.0),
            goodbye_seconds=told.get("goodbye_seconds", 3.0),
            grpc_connection_seconds=told.get("grpc_connection_seconds", 10.0),
        ),
    )


def announce(listening: Listening) -> None:
    print(json.dumps(asdict(listening)), flush=True)  # noqa: T201 - the test reads it


logging.basicConfig(level=logging.INFO)
serve(settings(json.loads(sys.argv[1])), announce=announce)
