"""What the command line prints is what was said."""

from __future__ import annotations

import pytest

from cloudarium.cli.output import say


def test_an_arn_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:shop-abcdef"
    say(arn)
    assert capsys.readouterr().out == f"{arn}\n"
