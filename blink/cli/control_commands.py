"""What runs beside a release: the control API with its loop, tokens for it, and the rollout's commands."""

import argparse
from pathlib import Path

from blink.cli.arguments import Subcommands, command, group, positive, run_id

CONFIG = "control.json of a release on a cluster"


def add_control(commands: Subcommands) -> None:
    """`blink control`, `blink control-token` and `blink rollout`."""
    control = command(
        commands, "control", "serve the control API, and keep traffic on the champions", "control:control"
    )
    control.add_argument("--config", type=Path, metavar="FILE", help=f"{CONFIG}; without it: this one machine")
    control.add_argument("--host", default="127.0.0.1", help="address to listen on (default 127.0.0.1)")
    control.add_argument("--port", type=positive, metavar="PORT", help="port (default: 8090 or the next free)")
    control.add_argument(
        "--tokens",
        type=Path,
        metavar="DIR",
        help="one file a person with the hash of a token (default: tokens under BLINK_HOME; with --config "
        "/etc/blink/tokens)",
    )
    token = command(commands, "control-token", "make a person's token for the control API", "control:control_token")
    token.add_argument("name", metavar="NAME", help="the person")
    _add_rollout(group(commands, "rollout", "slots of a release on a cluster, and the traffic that they get"))


def _add_rollout(rollout: Subcommands) -> None:
    status = command(
        rollout, "status", "what stands in the slots, how traffic is split, what is next", "rollout:status"
    )
    status.add_argument("portfolio", metavar="PORTFOLIO", help="a portfolio's name")
    _config(status)
    apply = command(rollout, "apply", "one pass of the control loop, where no loop is running", "rollout:apply")
    apply.add_argument("portfolio", metavar="PORTFOLIO", nargs="?", help="a portfolio's name (default: all)")
    _config(apply)
    wait = command(
        rollout, "wait", "wait until what a training run decided has its traffic, or needs none", "rollout:wait"
    )
    wait.add_argument("--run-id", type=run_id, required=True, metavar="ID", help="the training run")
    wait.add_argument(
        "--timeout", type=positive, default=900, metavar="SECONDS", help="then exit with 75 (default 900)"
    )


def _config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help=f"{CONFIG} (default: /etc/blink/control.json; where that is missing: this one machine)",
    )
