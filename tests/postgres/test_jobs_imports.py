"""Every command's modules, imported with what the jobs' image has."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
IMPORTS = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(ROOT / "tests/unit/predictor")!r})
from only_locked import like_image
like_image(Path({str(ROOT)!r}), "jobs")
from importlib import import_module
from blink.cli.parser import build_parser, describe
for name, parser in describe(build_parser()):
    if name.startswith(("blink workflows", "blink bench")):
        continue  # done where the source is: the images hold neither Hera nor peers to compare with
    import_module(parser.get_default("handler").partition(":")[0])
    print(name)
import_module("forest.treelite_engine"), import_module("forest.tl2cgen_export"), import_module("credit.model_store.s3")
import_module("trainer.comparison.compare")
from trainer.algorithm import algorithm_named, algorithm_names
for name in algorithm_names():
    algorithm_named(name)
import kubernetes.client, kubernetes.config, kubernetes.watch, fastapi, uvicorn, prometheus_client
import boto3
for service in ("s3", "sts"):
    boto3.client(service, region_name="eu-west-1")
"""


def test_every_command_can_be_imported_with_what_the_jobs_image_has():
    done = subprocess.run([sys.executable, "-c", IMPORTS], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert {"blink train", "blink db migrate"} <= set(done.stdout.splitlines())
