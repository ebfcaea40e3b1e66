"""Numbers: canonical text, limits, exact arithmetic, sizes as measured on AWS, and an order-preserving encoding."""

from __future__ import annotations

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudarium.services.dynamodb.errors import ValidationException
from cloudarium.services.dynamodb.rules import numbers

EXACT = Context(prec=500, Emax=10_000, Emin=-10_000)

decimals = st.builds(
    lambda sign, digits, exponent: EXACT.multiply(Decimal(f"{sign}{digits}"), Decimal(f"1E{exponent}")),
    st.sampled_from(("", "-")),
    st.integers(0, 10**38 - 1),
    st.integers(-130, 88),
)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("0", "0"), ("-0", "0"), ("+3", "3"), ("00042", "42"), ("1.0", "1"), ("3.1400", "3.14"), ("1.5E2", "150"),
        (".123", "0.123"), ("-17.4E3", "-17400"), ("1e+5", "100000"), ("0e1000", "0"), ("-0.00", "0"), ("5.", "5"),
        ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
        ("1E125", "1" + "0" * 125), ("1E-130", "0." + "0" * 129 + "1"), ("100", "100"), ("0042.1200", "42.12"),
    ],
)  # fmt: skip
def test_numbers_are_printed_as_dynamodb_prints_them(written: str, printed: str) -> None:
    assert numbers.canonical(written) == printed
    assert numbers.canonical(printed) == printed


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", numbers.NOT_A_NUMBER), ("dog", f"{numbers.NOT_A_NUMBER}: dog"), (" 1", f"{numbers.NOT_A_NUMBER}:  1"),
        ("NaN", f"{numbers.NOT_A_NUMBER}: NaN"), ("Infinity", f"{numbers.NOT_A_NUMBER}: Infinity"),
        ("1\n", f"{numbers.NOT_A_NUMBER}: 1\n"), ("1_0", f"{numbers.NOT_A_NUMBER}: 1_0"),
        ("٣", f"{numbers.NOT_A_NUMBER}: ٣"),
        ("1E126", numbers.OVERFLOW), ("11E125", numbers.OVERFLOW), ("1E-131", numbers.UNDERFLOW),
        ("0.9E-130", numbers.UNDERFLOW), ("1E99999999999999999999", numbers.OVERFLOW),
        ("1E-99999999999999999999", numbers.UNDERFLOW), ("123456789012345678901234567890123456789", numbers.TOO_LONG),
        ("3.14159265358979323846264338327950288419", numbers.TOO_LONG),
    ],
)  # fmt: skip
def test_what_is_no_number_is_refused_in_awss_words(written: str, message: str) -> None:
    with pytest.raises(ValidationException) as refused:
        numbers.canonical(written)
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("0", 1), ("1", 2), ("12", 2), ("123", 3), ("1234", 3), ("12345678901234567890123456789012345678", 20),
        ("0042", 2), ("100", 2), ("1010", 3), ("0.0000001", 2), ("1E125", 2), ("1E-100", 2), ("1.5", 3), ("15", 2),
        ("1.2", 3), ("1.200", 3), ("1.234", 4), ("3.14159", 5), ("123456", 4), ("100.5", 4), ("0.15", 2), ("-42", 3),
        ("-0", 1),
    ],
)  # fmt: skip
def test_sizes_are_those_measured_on_aws(written: str, size: int) -> None:
    assert numbers.size(numbers.canonical(written)) == size


@given(decimals)
def test_every_number_in_range_keeps_its_value(number: Decimal) -> None:
    assert Decimal(numbers.canonical(str(number))) == number


@given(decimals, decimals)
def test_encoded_numbers_sort_like_the_numbers(one: Decimal, other: Decimal) -> None:
    left, right = (numbers.encode(numbers.canonical(str(each))) for each in (one, other))
    assert (left < right, left == right) == (one < other, one == other)


@given(decimals, decimals)
def test_sums_are_exact_or_refused(one: Decimal, other: Decimal) -> None:
    left, right = numbers.canonical(str(one)), numbers.canonical(str(other))
    for combine, exact in ((numbers.add, EXACT.add(one, other)), (numbers.subtract, EXACT.subtract(one, other))):
        try:
            assert Decimal(combine(left, right)) == exact
        except ValidationException as refused:
            assert refused.message in (numbers.OVERFLOW, numbers.UNDERFLOW)
            assert len(exact.normalize(EXACT).as_tuple().digits) > 38 or not -130 <= exact.adjusted() <= 125
