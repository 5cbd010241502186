"""A generated page is written, or compared."""

from blink.cli.page_file import write_or_check


def test_a_page_is_written_and_then_up_to_date(tmp_path, capsys):
    path = tmp_path / "page.md"
    assert write_or_check(["--check", str(path)], "new\n", "make it") == 1
    assert write_or_check([str(path)], "old\n", "make it") == 0
    assert write_or_check(["--check", str(path)], "old\n", "make it") == 0
    assert write_or_check(["--check", str(path)], "new\n", "make it") == 1
    assert path.read_text("utf-8") == "old\n"
    assert capsys.readouterr().err == f"{path} is out of date: run `make it`\n" * 2
