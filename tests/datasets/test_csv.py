"""CSV files: what loads, as what, and how each fault is named."""

import csv
import gzip
import importlib.util
import io
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tui_backprop.datasets import DatasetError, csv_rows, load_dataset
from tui_backprop.datasets.dataset import Dataset

Write = Callable[..., str]

FLOWERS = """width,height,kind
1,10,rose
2,20,tulip
3,30,rose
4,40,daisy
5,50,rose
6,60,tulip
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a file and return its path."""

    def write(content: str | bytes, name: str = "table.csv") -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def refused(path: str, target: str = "") -> str:
    """Load what must be refused; return the message without the path it begins with."""
    with pytest.raises(DatasetError) as caught:
        load_dataset(path, target)
    message = str(caught.value)
    assert message.isprintable()
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def rows_of(dataset: Dataset) -> list[tuple[list[float], str]]:
    """Return each sample with the name of its class, sorted."""
    x = np.concatenate([dataset.x_train, dataset.x_test])
    t = np.concatenate([dataset.t_train, dataset.t_test])
    return sorted(
        (row.tolist(), dataset.class_names[label]) for row, label in zip(x, t, strict=True)
    )


def test_classes_by_name(write: Write) -> None:
    path = write(FLOWERS)
    dataset = load_dataset(path)
    assert (dataset.name, dataset.task) == (path, "classification")
    assert dataset.class_names == ("daisy", "rose", "tulip")
    assert dataset.feature_names == ("width", "height")
    assert (dataset.train_size, dataset.test_size) == (5, 1)
    names = [name for _, name in rows_of(dataset)]
    assert names == ["rose", "tulip", "rose", "daisy", "rose", "tulip"]
    again = load_dataset(path)
    assert again.x_test.tobytes() == dataset.x_test.tobytes(), "the split never moves"


def test_numbers_are_standardized_by_the_training_part_only(write: Write) -> None:
    rng = np.random.default_rng(1)
    table = rng.normal([1e9, -3, 7], [1, 0.01, 0], (200, 3))
    lines = [",".join(map(repr, row.tolist())) + f",{i % 2}" for i, row in enumerate(table)]
    dataset = load_dataset(write("\n".join(lines)))
    assert (dataset.train_size, dataset.test_size) == (160, 40)
    mean, deviation = dataset.x_train.mean(axis=0), dataset.x_train.std(axis=0)
    np.testing.assert_allclose(mean, 0, atol=1e-6)
    np.testing.assert_allclose(deviation, [1, 1, 0], atol=1e-6)
    assert np.abs(dataset.x_test.mean(axis=0)[:2]).min() > 1e-4


def test_the_target_is_chosen_by_name_or_number(write: Write) -> None:
    path = write("kind,width,height\na,1,5\nb,2,6\na,3,7\nb,4,9\n")
    for target in ("kind", "1"):
        dataset = load_dataset(path, target)
        assert dataset.class_names == ("a", "b")
        assert dataset.feature_names == ("width", "height")
    assert refused(path, "size") == "no column 'size'; there are kind, width, height"
    assert refused(path, "4") == "no column '4'; there are kind, width, height"
    assert refused(path, "\x1b") == "no column '\\x1b'; there are kind, width, height"
    assert refused(path) == "row 2: 'kind' is 'a', expected a number"
    twice = write("a,a,b\n1,2,3\n4,5,6\n", "twice.csv")
    assert refused(twice, "a") == "2 columns are named 'a'; name one by its number"
    assert load_dataset(twice, "2").feature_names == ("a", "b")


@pytest.mark.parametrize(
    ("targets", "classes"),
    [
        (["0", "1"], ("0", "1")),
        (["10", "9.0", "-1"], ("-1", "9", "10")),
        (["yes", "no"], ("no", "yes")),
        (["2", "x"], ("2", "x")),
        ([str(i) for i in range(20)], tuple(map(str, range(20)))),
        ([str(i) for i in range(21)], None),
        (["1.5", "2"], None),
        (["1e300", "1"], ("1", "1e300")),
    ],
)
def test_whether_a_target_tells_classes(
    write: Write, targets: list[str], classes: tuple[str, ...] | None
) -> None:
    dataset = load_dataset(write("".join(f"{i},{t}\n" for i, t in enumerate(targets * 2))))
    assert dataset.task == ("classification" if classes else "regression")
    assert dataset.class_names == (classes or ())


def test_whole_numbers_that_hardly_repeat_are_numbers_to_fit(write: Write) -> None:
    assert load_dataset(write("size,price\n1,100\n2,250\n3,250\n4,400\n")).task == "regression"


def test_a_regression_is_of_standardized_numbers(write: Write) -> None:
    dataset = load_dataset(write("x,price\n" + "".join(f"{i},{i * 1.5e6}\n" for i in range(50))))
    assert dataset.target_names == ("price (standardized)",)
    assert dataset.t_train.shape == (40, 1)
    assert dataset.t_train.mean() == pytest.approx(0, abs=1e-6)
    assert dataset.t_train.std() == pytest.approx(1)
    np.testing.assert_allclose(dataset.t_test, dataset.x_test, atol=1e-6)


def test_a_typing_mistake_makes_no_classes_of_numbers(write: Write) -> None:
    lines = [f"{i},{i}.5" for i in range(30)]
    lines[17] = "17,17.5m"
    assert refused(write("\n".join(lines))) == ("row 18: 'column 2' is '17.5m', expected a number")


@pytest.mark.parametrize(
    "content",
    [
        FLOWERS.replace(",", ";"),
        FLOWERS.replace(",", "\t"),
        FLOWERS.replace(",", "  "),
        FLOWERS.replace(",", ", "),
        FLOWERS.replace("\n", "\r\n"),
        FLOWERS.replace("\n", "\n\n"),
        FLOWERS.rstrip("\n"),
        "\ufeff" + FLOWERS,
        FLOWERS.replace("rose", '"rose"').replace("width", '"width"'),
        FLOWERS.replace("4,40", "4.00,4e1"),
        FLOWERS.replace(",", ";").replace("40", "40,0"),
    ],
)
def test_other_spellings_of_the_same_table(write: Write, content: str) -> None:
    same, plain = load_dataset(write(content)), load_dataset(write(FLOWERS, "plain.csv"))
    assert rows_of(same) == rows_of(plain)
    assert same.feature_names == plain.feature_names


def test_a_separator_in_a_name_separates_nothing(write: Write) -> None:
    path = write("a,b;b,kind\n1,2,x y;z\n3,4,x y;z\n")
    assert load_dataset(path).feature_names == ("a", "b;b")


def test_quotes_hold_the_separator(write: Write) -> None:
    content = 'x,"kind, of"\n1,"a ""b"", c"\n2,d\n3,d\n'
    assert load_dataset(write(content)).class_names == ('a "b", c', "d")


@pytest.mark.parametrize("name", ["t.csv.gz", "T.TSV.GZ"])
def test_gzipped(write: Write, name: str) -> None:
    assert load_dataset(write(gzip.compress(FLOWERS.encode()), name)).class_count == 3


def test_no_header(write: Write) -> None:
    dataset = load_dataset(write("5.1,3.5,setosa\n4.9,3.0,setosa\n7.0,3.2,versicolor\n"))
    assert dataset.train_size + dataset.test_size == 3
    assert dataset.feature_names == ()
    assert dataset.class_names == ("setosa", "versicolor")


def test_an_index_without_a_name_is_left_out(write: Write) -> None:
    dataset = load_dataset(write('"",width,kind\n0,5,a\n1,6,b\n2,7,b\n'))
    assert dataset.feature_names == ("width",)


def test_names_are_made_printable(write: Write) -> None:
    dataset = load_dataset(write("a\x1b[2J,b\n1,\x1bred\n2,x\n"))
    assert dataset.feature_names == ("a\\x1b[2J",)
    assert dataset.class_names == ("\\x1bred", "x")


def test_a_first_row_as_scikit_learn_writes_it(write: Write) -> None:
    head = "4,2,cat,dog,eel\n"
    rows = "1,2,0\n3,4,1\n5,6,0\n7,9,1\n"
    dataset = load_dataset(write(head + rows))
    assert dataset.class_names == ("cat", "dog", "eel")
    assert dataset.train_size + dataset.test_size == 4
    assert refused(write(head + rows + rows)) == "row 1 tells of 4 rows of data, but 8 follow"
    assert refused(write(head + rows.replace("9,1", "9,3"))) == (
        "row 1 names the classes 0 to 2, but a label is 3"
    )
    assert refused(write(head + rows.replace("9,1", "9,cat"))) == (
        "row 5: 'column 3' is 'cat', expected a number"
    )


def test_the_target_in_a_file_of_its_own(write: Write, tmp_path: Path) -> None:
    data = write("1 5\n2 6\n3 7\n4 8\n", "data.csv")
    target = write(gzip.compress(b"1.5e2\n2e2\n3e2\n4e2\n"), "target.csv.gz")
    dataset = load_dataset(data, target)
    assert (dataset.task, dataset.input_size) == ("regression", 2)
    named = write("x,y\n1,5\n2,6\n", "named.csv")
    assert load_dataset(named, write("kind\na\nb\n", "kind.csv")).feature_names == ("x", "y")
    with pytest.raises(DatasetError, match=r"target\.csv\.gz: not as many rows as in .*named"):
        load_dataset(named, target)
    with pytest.raises(DatasetError, match=r"data\.csv: row 1: 2 values, expected 1"):
        load_dataset(named, data)
    with pytest.raises(DatasetError, match=r"none\.csv: No such file or directory"):
        load_dataset(named, str(tmp_path / "none.csv"))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("", "0 rows, expected at least 2 samples"),
        ("\n \n", "0 rows, expected at least 2 samples"),
        ("a,b\n", "1 rows, expected at least 2 samples"),
        ("a,b\n1,2\n", "1 row of data, expected at least 2"),
        ("a\n1\n2\n", "no column beside the target; values stand between commas, semi"),
        ("# flowers\n" + FLOWERS, "row 2: 3 values, expected 1 as in row 1"),
        (FLOWERS.replace("\n", ",\n"), "row 2: no value for 'column 4'"),
        (FLOWERS + "7,70\n", "row 8: 2 values, expected 3"),
        (FLOWERS + "7,70,rose,\n", "row 8: 4 values, expected 3"),
        (FLOWERS + "\n\n7,x,rose\n", "row 10: 'height' is 'x', expected a number"),
        (FLOWERS + "7,\x1b,rose\n", "row 8: 'height' is '\\x1b', expected a number"),
        (FLOWERS + "7,,rose\n", "row 8: no value for 'height'"),
        (FLOWERS + "7,NaN,rose\n", "row 8: no value for 'height'"),
        (FLOWERS + "7,70,?\n", "row 8: no value for 'kind'"),
        (FLOWERS + "7,inf,rose\n", "row 8: 'height' is 'inf', expected a number"),
        (FLOWERS + "7,1e39,rose\n", "row 8: 'height' is '1e39', expected a number"),
        (FLOWERS + '7,70,"rose\n', "row 8: unexpected end of data"),
        (FLOWERS + '7,70,"ro"se\n', "row 8: ',' expected after '\"'"),
        ("a,b\n1," + "x" * 2**20, "row 2: over 1048576 characters long"),
        ("a,b\n1," + "x" * 2**18, "row 2: field larger than field limit (131072)"),
        ("".join(f"{i},c{i}\n" for i in range(1001)), "'column 2' names over 1000 classes"),
        (b"a,b\n1,caf\xe9\n", "not UTF-8 text: it holds the byte 0xe9"),
        ("a,b\n1,2\n2,3\n".encode("utf-16"), "not UTF-8 text: it holds the byte 0xff"),
    ],
)
def test_each_fault_is_named(write: Write, content: str | bytes, fault: str) -> None:
    assert refused(write(content)).startswith(fault)


def test_gzip_faults_are_named(write: Write) -> None:
    whole = gzip.compress(FLOWERS.encode())
    assert refused(write(whole[:-9], "t.csv.gz")).startswith("truncated")
    assert refused(write(FLOWERS, "t.csv.gz")).startswith("not valid gzip data")


def test_a_table_that_never_ends_is_not_read(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "MAX_TABLE_CHARACTERS", 2**17)
    bombs = {
        "one row": b"1," * 2**23,
        "rows": b"1,2\n" * 2**21,
        "empty rows": b"\n" * 2**23,
    }
    for name, content in bombs.items():
        path = write(gzip.compress(content), "bomb.csv.gz")
        tracemalloc.start(1)
        assert "characters long" in refused(path), name
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert peak < 2**25, name


@pytest.mark.skipif(importlib.util.find_spec("sklearn") is None, reason="needs scikit-learn")
def test_the_tables_of_scikit_learn_load_unchanged() -> None:
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    data = Path(spec.origin).parent / "datasets" / "data"
    iris = load_dataset(str(data / "iris.csv"))
    assert iris.class_names == ("setosa", "versicolor", "virginica")
    assert (iris.train_size, iris.test_size, iris.input_size) == (120, 30, 4)
    assert np.bincount(np.concatenate([iris.t_train, iris.t_test])).tolist() == [50, 50, 50]
    wine = load_dataset(str(data / "wine_data.csv"))
    assert (wine.class_names, wine.input_size) == (("class_0", "class_1", "class_2"), 13)
    cancer = load_dataset(str(data / "breast_cancer.csv"))
    assert (cancer.class_names, cancer.input_size) == (("malignant", "benign"), 30)
    diabetes = load_dataset(
        str(data / "diabetes_data_raw.csv.gz"), str(data / "diabetes_target.csv.gz")
    )
    assert (diabetes.task, diabetes.input_size, diabetes.output_size) == ("regression", 10, 1)
    assert diabetes.train_size + diabetes.test_size == 442


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@example(b"\xef\xbb\xbf")
@example(b"1,2\n\x00,1\n")
@example(b'"",""\n1,1\n1,1')
@example(b"9,1,a\n1,0\n")
@example(b"1e308,1\n-1e308,1\n")
@given(
    st.binary(max_size=200)
    | st.text("0123456789.,;\t\n\r \"'-e+abé?", max_size=200).map(str.encode)
)
def test_any_bytes_load_or_are_refused_in_one_line(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "any.csv"
    path.write_bytes(data)
    for target in ("", "1", "a"):
        try:
            load_dataset(str(path), target)
        except DatasetError as error:
            message = str(error)
            assert message.isprintable()
            assert message.startswith(f"{path}: ")


# Separators within names are for quotes, which the writer does not put around every one of them.
NAMES = st.text(
    st.characters(categories=["L", "N", "P", "S"], exclude_characters=",;"), max_size=12
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_what_is_written_is_what_loads(tmp_path: Path, data: st.DataObject) -> None:
    """Standardizing keeps order and equality, which is what is compared here."""
    classes = data.draw(st.lists(NAMES.map(lambda name: f"c{name}"), min_size=1, unique=True))
    width = data.draw(st.integers(1, 4))
    number = st.floats(-1e4, 1e4, width=16) | st.integers(-1000, 1000)
    row = st.tuples(st.lists(number, min_size=width, max_size=width), st.sampled_from(classes))
    rows = data.draw(st.lists(row, min_size=2, max_size=30))
    separator = data.draw(st.sampled_from(",;\t "))
    buffer = io.StringIO()
    if data.draw(st.booleans()):
        writer = csv.writer(buffer, delimiter=separator, quoting=csv.QUOTE_ALL)
    else:
        writer = csv.writer(buffer, delimiter=separator)
    if data.draw(st.booleans()):
        writer.writerow([*(f"x{i}" for i in range(width)), "kind"])
    writer.writerows([*x, name] for x, name in rows)
    path = tmp_path / "written.csv"
    path.write_text(buffer.getvalue())
    dataset = load_dataset(str(path))
    assert dataset.class_names == tuple(sorted({name for _, name in rows}))
    count = len(rows)
    order = np.random.RandomState(0).permutation(count)
    test = max(1, count // 5)
    expected = np.array([x for x, _ in rows], np.float64)
    labels = [dataset.class_names.index(name) for _, name in rows]
    for part, chosen in (("test", order[:test]), ("train", order[test:])):
        x, t = getattr(dataset, f"x_{part}"), getattr(dataset, f"t_{part}")
        assert t.tolist() == [labels[i] for i in chosen]
        for column, wanted in zip(x.T, expected[chosen].T, strict=True):
            assert (np.diff(wanted[np.argsort(column, kind="stable")]) >= -1e-3).all()
