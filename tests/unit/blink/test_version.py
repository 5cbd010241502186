"""One version: the package's, its chart's, its images'."""

import re
from pathlib import Path

from blink import __version__

ROOT = Path(__file__).parents[3]


def test_the_chart_installs_the_images_of_this_version():
    chart = (ROOT / "charts/blink/Chart.yaml").read_text("utf-8")
    assert re.findall(r'^appVersion: "(.*)"$', chart, flags=re.MULTILINE) == [__version__]


def test_the_images_and_the_readme_say_this_version():
    assert set(re.findall(r"^ARG VERSION=(.*)$", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)) == {
        __version__
    }
    assert set(re.findall(r"blink/\$image:(\S+)", (ROOT / "README.md").read_text("utf-8"))) == {__version__}
