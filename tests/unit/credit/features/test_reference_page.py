from pathlib import Path

import pytest

from credit.features.catalogue import CASH_FLOW
from credit.features.reference_page import main, page

COMMITTED = Path(__file__).parents[4] / "docs" / "features.md"


def test_the_committed_page_is_what_the_code_says() -> None:
    assert COMMITTED.read_text("utf-8") == page()


def test_the_page_defines_every_feature() -> None:
    headings = [line.removeprefix("### ") for line in page().splitlines() if line.startswith("### ")]
    assert headings == [f"`{definition.feature.name}`" for definition in CASH_FLOW]


def test_a_written_page_passes_the_check(tmp_path: Path) -> None:
    path = tmp_path / "features.md"
    assert main([str(path)]) == 0
    assert main(["--check", str(path)]) == 0


@pytest.mark.parametrize("content", [None, "# Features\n"])
def test_an_absent_or_different_page_fails_the_check(
    tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "features.md"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    assert main(["--check", str(path)]) == 1
    assert "run python -m credit.features.reference_page docs/features.md and commit" in capsys.readouterr().err
