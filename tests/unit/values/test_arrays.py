"""Arrays: each element as its own type would judge it, copied, read-only, of the shape that was promised."""

from __future__ import annotations

import array
import collections
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from macduff.errors import BadValue
from macduff.values import VArray, VBool, VDouble, VEnum, VFloat, VInt, VString, VType, values_equal

from .strategies import DTYPES, NUMBER_TYPES, SCALAR_TYPES, Broken, Mode, array_types, values_of

MIXED = st.lists(
    st.one_of(
        st.integers(-300, 300), st.integers(-(2**65), 2**65), st.floats(), st.booleans(), st.just(None), st.just("1"),
        st.sampled_from([2.0, 2**53 + 1, 2**64 + 2**40 + 1, 1.5, np.float32(2), np.int8(3), np.bool_(True), 10**400]),
    ),
    max_size=5,
)  # fmt: skip
PLAIN_NUMBERS = st.lists(st.one_of(st.integers(-(2**65), 2**65), st.integers(-5, 5), st.floats()), max_size=5)


def each(element: VType[Any], items: list[Any]) -> list[Any] | None:
    """What the element's own type says of each; None when it refuses one."""
    try:
        return [element.validate(item) for item in items]
    except BadValue:
        return None


def together(vtype: VArray[Any], items: Any) -> Any:
    try:
        return vtype.validate(items)
    except BadValue:
        return None


@given(st.one_of(NUMBER_TYPES, st.just(VBool())), st.one_of(MIXED, PLAIN_NUMBERS))
@example(VInt(), [2**53 + 1, 1.0])
@example(VInt(64, False), [2**63 + 1, 1])
@example(VFloat(), [2**64 + 2**40 + 1, 1.0])
@example(VInt(8), [True, 1])
@example(VInt(8), [-129, 1])
@example(VInt(8, False), [-1, 1])
@example(VInt(), [-(2**63) - 1, 1])
@example(VDouble(), [10**400, 1])
def test_a_list_is_judged_as_its_elements_are(element: VType[Any], items: list[Any]) -> None:
    """rule 31: the same bad value gets the same verdict, alone or in an array, at once or one by one."""
    wanted, got = each(element, items), together(VArray(element), items)
    assert (wanted is None) is (got is None)
    if wanted is not None:
        assert got.dtype == np.dtype(element.dtype or "bool")
        assert values_equal(got, np.array(wanted, dtype=got.dtype))


@given(NUMBER_TYPES, hnp.arrays(st.sampled_from(["bool", *DTYPES, ">i4", ">f8", "<u2"]), st.integers(1, 4)))
@example(VInt(), np.array([2, 60000], np.float16))
@example(VInt(64, False), np.array([2, np.inf], np.float16))
def test_an_array_is_judged_as_its_elements_are(element: VType[Any], items: np.ndarray[Any, Any]) -> None:
    wanted, got = each(element, list(items)), together(VArray(element), items)
    assert (wanted is None) is (got is None)
    if wanted is not None:
        assert values_equal(got, np.array(wanted, dtype=element.dtype))


@given(st.sampled_from(["float16", "float32", "int8", "int64", "uint64"]), hnp.arrays("float64", 3))
@example("int64", np.array([2.0**63, 0, 0]))
@example("uint64", np.array([2.0**64, 0, 0]))
@example("int64", np.array([-(2.0**63), 0, 0]))
@example("float32", np.array([3.4028235677973366e38, 0, 0]))
def test_floats_at_the_edge_of_a_type(dtype: str, items: np.ndarray[Any, Any]) -> None:
    vtype = VArray(dtype)
    assert (together(vtype, items) is None) is (each(vtype.element, list(items)) is None)


@given(array_types().flatmap(lambda vtype: st.tuples(st.just(vtype), values_of(vtype))))
def test_what_comes_back_is_immutable_and_ours(case: tuple[VArray[Any], Any]) -> None:
    """rule 1: update copies arrays unless told owned=True."""
    vtype, value = case
    if vtype.numpy_dtype is None:
        assert type(value) is tuple
        return
    source = value.copy()
    checked = vtype.validate(source)
    assert type(checked) is np.ndarray
    assert checked.dtype == vtype.numpy_dtype
    assert checked.flags.c_contiguous
    assert not checked.flags.writeable
    assert not np.shares_memory(checked, source) or source.size == 0
    assert source.flags.writeable
    assert vtype.validate(np.asfortranarray(source)).flags.c_contiguous
    assert vtype.validate(np.asfortranarray(source), owned=True).flags.c_contiguous


def test_an_owned_array_is_not_copied() -> None:
    source = np.arange(6.0)
    checked = VArray().validate(source, owned=True)
    assert np.shares_memory(checked, source)
    assert not checked.flags.writeable
    assert source.flags.writeable, "the array that was given stays as it was"
    assert VArray("float32").validate(source, owned=True).dtype == np.float32


def test_bytes_from_the_wire_are_not_copied() -> None:
    vtype = VArray("uint16", 2)
    data: dict[str, Any] = {"dtype": "uint16", "shape": [2, 3], "data": bytes(12)}
    checked = vtype.from_binary(data)
    assert np.shares_memory(checked, np.frombuffer(data["data"], np.uint16))
    changing = bytearray(12)
    checked = vtype.from_binary({**data, "data": changing})
    changing[0] = 1
    assert checked[0, 0] == 0


@pytest.mark.parametrize(
    "given_value",
    [[1, 2, 3], (1, 2, 3), range(1, 4), array.array("i", [1, 2, 3]), collections.deque([1, 2, 3]),
     np.array([1, 2, 3], ">i2"), np.array([1, 2, 3], object), np.array([0, 1, 0, 2, 0, 3])[1::2], [np.int8(1), 2, 3.0],
     np.ma.masked_array([1, 2, 3]), [np.array(1), 2, 3]],
    ids=lambda item: type(item).__name__,
)  # fmt: skip
def test_what_python_users_have(given_value: Any) -> None:
    for vtype in (VArray(), VArray("int8"), VArray("float16")):
        assert values_equal(vtype.validate(given_value), np.array([1, 2, 3], vtype.dtype))


class Foreign:
    """Another library's array."""

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.array([1.0, 2.0])


def test_arrays_of_other_libraries_and_lists_of_arrays() -> None:
    assert VArray().validate(Foreign()).tolist() == [1, 2]
    rows = [np.array([1, 2]), [3, 4], (5, 6)]
    assert VArray("int8", 2).validate(rows).tolist() == [[1, 2], [3, 4], [5, 6]]
    matrix = np.arange(6).reshape(2, 3).T
    assert VArray("int64", 2).validate(matrix).tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    "bad",
    [b"123", "123", {1, 2}, {"a": 1}, 5, None, iter([1]), bytearray(b"1"), memoryview(b"1"), np.float64(1),
    np.array(1.0),
     np.array(["1"]), np.array([b"1"]), np.array([1j]), np.array(["2020-01-01"], "M8[D]"), np.array([1], "m8[s]"),
     np.array([True]), np.array([None]), np.zeros(2, [("a", "f8")]), np.ma.masked_array([1.0], mask=[True]),
     [[1]], np.array([[1]]), [Broken()], [1, [2]], np.array([1, [2]], object), Foreign],
    ids=lambda item: type(item).__name__,
)  # fmt: skip
def test_what_is_no_array_of_numbers(bad: Any) -> None:
    for vtype in (VArray(), VArray("int64")):
        with pytest.raises(BadValue):
            vtype.validate(bad, "D.a")


@pytest.mark.parametrize(
    ("vtype", "good", "bad"),
    [
        (VArray("int8", 2), [[[1]], [[1, 2], [3, 4]], []], [[1], [[[1]]], [[1], [2, 3]], [1, [2]]]),
        (VArray("int8", 3), [[[[1]]]], [[[1]]]),
        (VArray("int8", shape=(None, 2)), [[[1, 2]], np.zeros((0, 2)), [[1, 2]] * 5], [[[1]], [[1, 2, 3]], [1, 2]]),
        (VArray("int8", shape=(2,)), [[1, 2]], [[1], [], [1, 2, 3]]),
        (VArray("int8", None), [[1], [[1]], [[[1]]], []], [1, [[1], 2], [1, [2]]]),
        (VArray(str, shape=(2,)), [["a", "b"]], [["a"], []]),
    ],
    ids=repr,
)
def test_shapes(vtype: VArray[Any], good: list[Any], bad: list[Any]) -> None:
    for value in good:
        checked = vtype.validate(value)
        assert vtype.equal(vtype.from_json(vtype.to_json(checked)), checked)
    for value in bad:
        with pytest.raises(BadValue):
            vtype.validate(value)
        with pytest.raises(BadValue):
            vtype.from_json(value)


def test_text_and_labels_are_tuples() -> None:
    assert VArray(str).validate(["a", np.str_("b")]) == ("a", "b")
    assert VArray(VString()).validate(np.array(["a", "b"])) == ("a", "b")
    assert VArray(VEnum(Mode)).validate(("FAST", Mode.SLOW)) == (Mode.FAST, Mode.SLOW)
    assert VArray(Mode).python_type is tuple
    assert VArray(str).dtype is None and VArray(str).numpy_dtype is None


@given(SCALAR_TYPES)
def test_zero_is_valid(element: VType[Any]) -> None:
    vtype = VArray(element)
    assert vtype.equal(vtype.validate(vtype.zero()), vtype.zero())
    assert len(vtype.zero()) == 0


def test_zero_has_the_shape() -> None:
    assert VArray("int8", shape=(None, 3)).zero().shape == (0, 3)
    assert VArray("int8", shape=(2, 3)).zero().shape == (2, 3)
    assert VArray("int8", 2).zero().shape == (0, 0)
    assert VArray(VEnum(["a", "b"]), shape=(2,)).zero() == ("a", "a")


@pytest.mark.parametrize(
    ("element", "dtype"),
    [("float64", "float64"), (">f4", "float32"), (np.uint16, "uint16"), (float, "float64"), (int, "int64"),
     (np.dtype("i2"), "int16"), (VInt(8), "int8"), (VFloat(16), "float16"), ("bool", None), (bool, None),
     (VBool(), None)],
    ids=str,
)  # fmt: skip
def test_every_way_to_say_the_element(element: Any, dtype: str | None) -> None:
    """`dtype` is the wire's name of a number; booleans have a numpy dtype only."""
    vtype: VArray[Any] = VArray(element)
    assert vtype.dtype == dtype
    assert vtype.numpy_dtype == np.dtype(dtype or "bool")
    assert vtype.python_type is np.ndarray


def test_metadata_of_numbers_is_the_elements() -> None:
    vtype = VArray("float32", units="mm", precision=2, control=(0, 1), tags=("widget:plot",))
    assert vtype.element == VFloat(units="mm", precision=2, control=(0, 1))
    assert (vtype.units, vtype.precision, vtype.control, vtype.tags) == ("mm", 2, (0, 1), ("widget:plot",))
    assert vtype.replace(units="m", description="How far") == VArray(
        VFloat(units="m", precision=2, control=(0, 1)), tags=("widget:plot",), description="How far"
    )
    assert VArray("int8", shape=(2, 3)).replace(ndim=1) == VArray("int8")
    assert VArray("int8").replace(shape=(2, 3)).ndim == 2
    assert VArray("int8").replace(element=VDouble()) == VArray()


@pytest.mark.parametrize(
    "arguments",
    [{"element": "complex128"}, {"element": "object"}, {"element": "U5"}, {"element": "M8[s]"}, {"element": "nonsense"},
     {"element": None}, {"element": VDouble}, {"element": VArray()}, {"element": np.longdouble}, {"ndim": 0},
     {"ndim": 33},
     {"ndim": True}, {"shape": ()}, {"shape": (-1,)}, {"shape": 3}, {"shape": (1.5,)}, {"element": str, "ndim": 2},
     {"element": str, "units": "mm"}, {"unit": "mm"}],
    ids=str,
)  # fmt: skip
def test_arrays_that_cannot_be_made(arguments: dict[str, Any]) -> None:
    make: Any = VArray
    with pytest.raises((TypeError, ValueError), match=r"VArray|VType"):
        make(**arguments)
