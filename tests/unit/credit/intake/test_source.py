import pyarrow as pa
import pytest
from pyarrow import parquet

from credit.intake.chunk import Malformed
from credit.intake.csv_file import CsvFile
from credit.intake.errors import FileFormatError
from credit.intake.layout import REPAYMENTS
from credit.intake.source import check_columns, open_file, open_tables

HEADER = "repayment_id,advance_id,paid_at,amount,currency\n"


def read(source):
    chunks = list(source.chunks())
    rows = [row for chunk in chunks for row in chunk.table.to_pylist()]
    return rows, [int(n) for c in chunks for n in c.numbers], [bad for c in chunks for bad in c.malformed]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_csv_is_read_as_text_with_the_numbers_of_its_records(tmp_path, separator):
    file = tmp_path / "f.csv"
    file.write_text(separator.join("ab") + "\n" + separator.join(["01", '"x\ny"']) + "\n" + separator.join(["", "2"]))

    assert read(open_file(file)) == ([{"a": "01", "b": "x\ny"}, {"a": None, "b": "2"}], [2, 3], [])


def test_records_with_a_wrong_number_of_fields_keep_the_numbers_of_others_right(tmp_path):
    file = tmp_path / "f.csv"
    lines = [f"{n},x" if n % 7 else f"{n}" for n in range(2, 200)]
    file.write_text("a,b\n" + "\n".join(lines) + "\n")

    rows, numbers, malformed = read(CsvFile(file, block_bytes=64))

    assert [int(row["a"]) for row in rows] == numbers == [n for n in range(2, 200) if n % 7]
    reason = "has 1 fields where the header has 2"
    assert malformed == [Malformed(n, str(n), reason) for n in range(2, 200) if n % 7 == 0]


def test_a_malformed_last_record_is_reported(tmp_path):
    file = tmp_path / "f.csv"
    file.write_text("a,b\n1,2\n3\n")

    assert read(open_file(file)) == (
        [{"a": "1", "b": "2"}],
        [2],
        [Malformed(3, "3", "has 1 fields where the header has 2")],
    )


def test_parquet_is_recognised_by_content(tmp_path):
    file = tmp_path / "f.csv"
    parquet.write_table(pa.table({"a": [1, 2]}), file)

    assert read(open_file(file)) == ([{"a": 1}, {"a": 2}], [1, 2], [])


def test_a_file_called_parquet_that_is_none_is_refused(tmp_path):
    (tmp_path / "f.parquet").write_text("a,b\n")
    with pytest.raises(FileFormatError, match=r"^f\.parquet: is called \.parquet but is no Parquet file$"):
        open_file(tmp_path / "f.parquet")


def test_a_damaged_parquet_file_is_refused(tmp_path):
    (tmp_path / "f.parquet").write_bytes(b"PAR1 and nothing else")
    with pytest.raises(FileFormatError, match=r"^f\.parquet: cannot be read as Parquet"):
        open_file(tmp_path / "f.parquet")


def test_an_absent_file_is_named(tmp_path):
    with pytest.raises(FileFormatError, match=r"^f\.csv: cannot be read: No such file"):
        open_file(tmp_path / "f.csv")


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "f.csv").write_text("")
    with pytest.raises(FileFormatError, match=r"^f\.csv: cannot be read as CSV with a header, in UTF-8: Empty CSV"):
        open_file(tmp_path / "f.csv")


def test_text_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "f.csv").write_bytes(b"a,b\n1,\xe9\n")
    with pytest.raises(FileFormatError, match=r"^f\.csv: row 2, column b: holds a character that is not UTF-8: save "):
        read(open_file(tmp_path / "f.csv"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16 as it looks, or no text: save the file as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-be"), "is UTF-16 as it looks, or no text: save the file as UTF-8"),
        (b"a,b\xe9\n1,2\n", "row 1: holds a character that is not UTF-8: save the file as UTF-8"),
        (b'a;b\n1;2\n3;"x\ny;\xe9"\n', "row 3, column b: holds a character that is not UTF-8: save the file as UTF-8"),
        (b"a,b\n1,\xe9,3\n", "row 2, column b: holds a character that is not UTF-8: save the file as UTF-8"),
        (b"a,b\n1,2,\xe9\n", "row 2: holds a character that is not UTF-8: save the file as UTF-8"),
        (
            b"PK\x03\x04\x14\x00\xe9,\n,,\n",
            "is a spreadsheet (.xlsx) or another zip archive: save the sheet as CSV UTF-8, or as Parquet",
        ),
        (b"\xd0\xcf\x11\xe0\xa1", "is a spreadsheet (.xls): save the sheet as CSV UTF-8, or as Parquet"),
        (b"\x1f\x8b\x08\x00", "is compressed by gzip and not called .gz: rename or unpack it"),
    ],
)
def test_what_is_no_text_is_named_with_what_to_do(tmp_path, content, message, capsys):
    (tmp_path / "f.csv").write_bytes(content)
    with pytest.raises(FileFormatError) as refused:
        read(open_file(tmp_path / "f.csv"))
    assert str(refused.value) == f"f.csv: {message}"
    assert capsys.readouterr().err == ""


def test_a_character_that_is_not_utf8_is_named_far_into_the_file_too(tmp_path):
    (tmp_path / "f.csv").write_bytes(b"a,b\n" + b"1,2\n" * 300_000 + b"1,\xe9\n")
    with pytest.raises(FileFormatError, match=r"^f\.csv: row 300002, column b: holds a character that is not UTF-8"):
        read(open_file(tmp_path / "f.csv"))


def test_a_file_that_is_not_compressed_as_its_name_says_is_refused(tmp_path):
    (tmp_path / "f.csv.gz").write_bytes(b"a,b\n1,2\n")
    with pytest.raises(FileFormatError, match=r"^f\.csv\.gz: cannot be read: "):
        open_file(tmp_path / "f.csv.gz")


def test_missing_columns_are_named(tmp_path):
    (tmp_path / "f.csv").write_text("repayment_id,paid_at,amount\n")
    with pytest.raises(FileFormatError, match=r"^f\.csv: missing advance_id, currency; repayments need "):
        check_columns(open_file(tmp_path / "f.csv"), REPAYMENTS)


def test_a_column_that_stands_twice_is_refused(tmp_path):
    (tmp_path / "f.csv").write_text("amount," + HEADER)
    with pytest.raises(FileFormatError, match=r"^f\.csv: amount stands twice in the header$"):
        check_columns(open_file(tmp_path / "f.csv"), REPAYMENTS)


def test_unknown_columns_are_named_and_ignored(tmp_path):
    (tmp_path / "f.csv").write_text("memo," + HEADER)
    assert check_columns(open_file(tmp_path / "f.csv"), REPAYMENTS) == ("memo",)


def test_tables_in_memory_are_numbered_through():
    source = open_tables("t", iter([pa.table({"a": [1, 2]}), pa.table({"a": [3]})]))
    assert source is not None
    assert read(source) == ([{"a": 1}, {"a": 2}, {"a": 3}], [1, 2, 3], [])
    assert open_tables("t", []) is None
