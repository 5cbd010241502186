"""`blink portfolio init` and `check --data`: what they say and write."""

import json

import pytest

from blink.cli.main import run
from blink.new_file import write_new
from blink.outcome import WrongCallError
from tests.unit.credit.profiling.tables import loans_with_copy, write_csv


@pytest.fixture
def loans(tmp_path):
    return write_csv(tmp_path / "loans.csv", loans_with_copy())


def test_a_proposal_is_written_and_passes_the_check_with_its_data(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    assert run(["portfolio", "init", str(loans), "--out", str(out), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["file"], facts["label"], facts["category"]) == (str(out), "default_flag", ["purpose"])
    assert facts["protected"] == ["Sex", "applicantAge"]
    assert run(["portfolio", "check", str(out), "--data", str(loans), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert (facts["rows"], facts["labelled"], facts["missing"]) == (
        400,
        400,
        {"Amount": 40, "risk_score": 0, "purpose": 0, "account_age": 0},
    )


def test_a_check_tells_what_may_stand_in_for_a_protected_column(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    out.write_text(out.read_text().replace("protected = [", 'protected = [\n    "religion",', 1))
    capsys.readouterr()
    assert run(["portfolio", "check", str(out), "--data", str(loans)]) == 0
    *_, absent, proxies = capsys.readouterr().out.splitlines()
    assert absent == "protected columns that the file does not have: religion"
    assert proxies.startswith("no feature has an association above 0.3 with a protected column; the strongest: ")


def test_it_goes_beside_nothing_and_takes_no_files_place(loans, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run(["portfolio", "init", str(loans)]) == 0
    assert "loans.toml written\nloans.csv: 400 rows, 16 columns, 4 proposed as features" in capsys.readouterr().out
    before = (tmp_path / "loans.toml").read_bytes()
    assert run(["portfolio", "init", str(loans)]) == 2
    assert "loans.toml exists already: give another name by --out" in capsys.readouterr().err
    assert (tmp_path / "loans.toml").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["loans.csv", "loans.toml"]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["nowhere.csv"], (1, "nowhere.csv: cannot be read: No such file or directory")),
        (["loans.csv", "--out", "no/my.toml"], (2, "no/my.toml: there is no folder no")),
        (["loans.csv", "--label", "x"], (1, "--label: loans.csv has no column x; it has loan_id")),
        (["empty.csv"], (1, "empty.csv: has no rows")),
        (["ragged.csv"], (1, "ragged.csv: row 3: has 1 fields where the header has 2")),
        (["twice.csv"], (1, "twice.csv: a stands twice in the header")),
        (["wide.csv"], (1, "wide.csv: is UTF-16 as it looks, or no text: save the file as UTF-8")),
    ],
)
def test_what_cannot_be_proposed_is_told_and_nothing_is_written(loans, capsys, monkeypatch, options, told):
    tmp_path, (code, message) = loans.parent, told
    (tmp_path / "empty.csv").write_text("a,b\n")
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n3\n")
    (tmp_path / "twice.csv").write_text("a,a\n1,2\n")
    (tmp_path / "wide.csv").write_text("a,b\n1,2\n", "utf-16")
    monkeypatch.chdir(tmp_path)
    assert run(["portfolio", "init", *options]) == code
    assert message in capsys.readouterr().err
    assert not list(tmp_path.glob("*.toml"))


def test_a_check_tells_what_is_missing_and_unlisted(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    out.write_text(out.read_text().replace('"car"', '"boat"'))
    capsys.readouterr()
    assert run(["portfolio", "check", str(out), "--data", str(loans)]) == 0
    cars = loans_with_copy()["purpose"].count("car")
    bads = sum(loans_with_copy()["default_flag"])
    told = capsys.readouterr().out
    assert f"loans.csv: 400 rows are sound; {bads} of 400 labelled rows are bad ({bads / 400:.1%})" in told
    assert "  Amount: 10.0% missing\n" in told
    row = 2 + loans_with_copy()["purpose"].index("car")
    assert (
        f"  purpose: {cars / 400:.1%} missing; {cars} rows hold a text that is not among its categories, the first "
        f"'car' in row {row}\n"
    ) in told
    assert "look at purpose" not in told


def test_a_check_tells_how_many_labels_a_spelling_of_missing_takes_away(tmp_path, capsys):
    flags = ["NA", "NA", *[0, 1] * 199]
    table, out = write_csv(tmp_path / "loans.csv", loans_with_copy() | {"default_flag": flags}), tmp_path / "my.toml"
    run(["portfolio", "init", str(table), "--out", str(out)])
    assert run(["portfolio", "check", str(out), "--data", str(table)]) == 0
    assert "\n2 rows have no label, as it holds a text of [table] missing\n" in capsys.readouterr().out


def test_a_check_tells_a_feature_of_which_most_texts_are_not_listed(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    out.write_text(out.read_text().replace('"car"', '"boat"').replace('"home"', r'"a\nb"'))
    capsys.readouterr()
    assert run(["portfolio", "check", str(out), "--data", str(loans)]) == 0
    told = capsys.readouterr().out
    assert "% of its texts are not listed, so that a model does not see them; list them, or leave the" in told
    assert r"a\nb" in told


def test_a_check_shows_some_of_many_categories(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    many = ", ".join(f'"c{number}"' for number in range(10_000))
    out.write_text(out.read_text().replace('"car"', f'{many}, "car"'))
    capsys.readouterr()
    assert run(["portfolio", "check", str(out)]) == 0
    assert "c9, c10, c11 and 9,991 more\n" in capsys.readouterr().out.replace("other, ", "").replace("home, ", "")


def test_a_check_tells_what_takes_the_place_of_columns_that_the_file_leaves_out(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    text = out.read_text().replace('kind = "temporal"', 'kind = "stratified"')
    text = text.replace("[table]", '[table]\noptional = ["number", "day"]')
    out.write_text(text.replace('subject_id = "loan_id"', 'subject_id = "number"').replace('"issued"', '"day"'))
    capsys.readouterr()
    assert run(["portfolio", "check", str(out), "--data", str(loans)]) == 0
    assert (
        "columns that the file leaves out: number, day: a subject is the number of its row; rows are as of their load "
        "or training\n"
    ) in capsys.readouterr().out


def test_a_proposal_tells_missing_spelled_and_what_a_label_may_be(tmp_path, capsys):
    rows = {
        "DaysLate": [index % 30 for index in range(60)],
        "amount": ["n/a" if index % 4 == 0 else index * 7 for index in range(60)],
        "zip": [f"0{index % 5}" for index in range(60)],
    }
    path = write_csv(tmp_path / "t.csv", rows)
    assert run(["portfolio", "init", str(path), "--out", str(tmp_path / "t.toml")]) == 0
    told = capsys.readouterr().out
    assert 'best by --label, such as --label "DaysLate > 0"\n' in told
    assert "no value, in any column: 'n/a'\nlook at zip: where somebody lives" in told


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda lines: [lines[0].replace("purpose", "aim"), *lines[1:]],
            "loans.csv: missing purpose; portfolio loans needs",
        ),
        (lambda lines: [*lines, lines[1]], "row 402, column loan_id: 'L0000' stands in row 2 already"),
        (lambda lines: [*lines[:-1], lines[-1][:-1] + "2"], "row 401, column default_flag: '2' is neither 0 nor 1"),
        (lambda lines: [lines[0], *(line[:-1] + "1" for line in lines[1:])], "all 400 labelled rows are bad by"),
    ],
)
def test_a_malformed_file_is_refused_with_column_and_row(loans, tmp_path, capsys, change, message):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    loans.write_text("\n".join(change(loans.read_text().splitlines())) + "\n")
    assert run(["portfolio", "check", str(out), "--data", str(loans)]) == 1
    assert message in capsys.readouterr().err


def test_a_feature_that_nobody_may_be_judged_by_is_told(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    text = out.read_text()
    out.write_text(
        text.replace('    "applicantAge",  # by its name\n', "").replace(
            'name = "account_age"', 'name = "applicantAge"'
        )
    )
    capsys.readouterr()
    assert run(["portfolio", "check", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("look at applicantAge: by its name nobody may be judged")


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            "[settings]\nleafs = 8",
            "portfolio loans [settings] leafs: lightgbm has no such setting; it has rounds, patience, leaves, ",
        ),
        ("[settings]\nleaves = 8.5", "portfolio loans [settings] leaves: lightgbm takes a whole number, not 8.5"),
    ],
)
def test_settings_that_the_algorithm_does_not_take_are_refused(loans, tmp_path, capsys, lines, message):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    out.write_text(out.read_text() + f"\n{lines}\n")
    capsys.readouterr()
    assert run(["portfolio", "check", str(out)]) == 78
    assert message in capsys.readouterr().err


def test_an_algorithm_that_is_not_there_is_refused(loans, tmp_path, capsys):
    out = tmp_path / "my.toml"
    run(["portfolio", "init", str(loans), "--out", str(out)])
    out.write_text(out.read_text().replace('algorithm = "lightgbm"', 'algorithm = "lightgbn"'))
    capsys.readouterr()
    assert run(["portfolio", "check", str(out)]) == 78
    said = capsys.readouterr().err
    assert "portfolio loans: no algorithm 'lightgbn'; there are base_rate, catboost, lightgbm" in said


def test_a_portfolio_of_advances_has_no_such_file(loans, capsys):
    assert run(["portfolio", "check", "cash_advance", "--data", str(loans)]) == 1
    assert "portfolio cash_advance does not come as a table" in capsys.readouterr().err


def test_a_file_that_was_made_meanwhile_stays(tmp_path):
    (tmp_path / "my.toml").write_text("theirs")
    with pytest.raises(WrongCallError, match="exists already"):
        write_new(tmp_path / "my.toml", "ours")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["theirs"]
