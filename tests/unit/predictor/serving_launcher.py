"""Starts a server as told by one JSON argument, and prints where it listens; ends on SIGTERM.

Imported, it imports nothing for an image, and `serve_as` starts a server.
"""

import json
import logging
import sys
from dataclasses import asdict
from pathlib import Path

TOLD = json.loads(sys.argv[1]) if __name__ == "__main__" else {}

if "image" in TOLD:
    from only_locked import like_image

    like_image(Path(__file__).parents[3], TOLD["image"])

from sqlalchemy import Engine  # noqa: E402

from credit.database.connection import connect  # noqa: E402
from credit.portfolio_file import load_portfolio  # noqa: E402
from predictor.server import Limits, Listening, ServeSettings, serve  # noqa: E402


def settings(told: dict) -> ServeSettings:
    limits = Limits(
        database_seconds=told.get("database_seconds", 5.0),
        receive_seconds=told.get("receive_seconds", 30.0),
        drain_seconds=told.get("drain_seconds", 20),
        goodbye_seconds=told.get("goodbye_seconds", 3.0),
        grpc_connection_seconds=told.get("grpc_connection_seconds", 10.0),
    )
    return ServeSettings(
        portfolio=load_portfolio("cash_advance"),
        model_name=told.get("model_name"),
        model_dir=Path(told["model_dir"]) if "model_dir" in told else None,
        bundle=Path(told["bundle"]) if "bundle" in told else None,
        database=database(told["url"], limits) if "url" in told else None,
        http_port=0,
        grpc_port=0,
        version="1.2.3",
        poll_seconds=told.get("poll_seconds", 0.1),
        spool=Path(told["spool"]) if "spool" in told else None,
        limits=limits,
    )


def database(url: str, limits: Limits) -> Engine:
    return connect(url, role="blink_scorer", silent_seconds=limits.silent_seconds)


def announce(listening: Listening) -> None:
    print(json.dumps(asdict(listening)), flush=True)  # noqa: T201 - the test reads it


def serve_as(told: dict) -> None:
    logging.basicConfig(level=logging.INFO)
    serve(settings(told), announce=announce)


if __name__ == "__main__":
    serve_as(TOLD)
