"""The laws of the house that a program can check. Each test is one law, and says what to do about a breach."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest

from cloudarium import model
from cloudarium.gateway.rooms import all_rooms, folder_name
from cloudarium.policy import access

SOURCE = Path(__file__).parents[1] / "src" / "cloudarium"
TESTS = Path(__file__).parent
SERVICES = SOURCE / "services"
ROOMS = sorted(all_rooms())

LONGEST_FILE = 600
LONGEST_FUNCTION = 80


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def python_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)


def room_folder(room: str) -> Path:
    return SERVICES / all_rooms()[room].folder


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def texts(path: Path) -> Iterator[str]:
    """Every string in the code, docstrings left out."""
    docs = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docs.add(id(first.value))
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def test_the_pipeline_is_one_list_and_holds_nothing_else() -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = [node.name for node in tree(SOURCE / "gateway" / "pipeline.py").body if isinstance(node, functions)]
    assert [name for name in names if not name.startswith("_")] == ["answer", "deliver"]
    assert len(names) <= 5  # what walks the list is not a place for steps


def test_the_gateway_names_no_service() -> None:
    known = set(botocore.session.get_session().get_available_services())
    known |= {service.replace("-", "_") for service in known}
    known -= {"ec2"}  # a wire protocol too
    known -= {"account", "events", "health", "location", "signin"}  # words of plain English too
    for path in python_files(SOURCE / "gateway"):
        named = known.intersection(texts(path))
        assert not named, f"{path} names {named}: put what differs on the card, the operation or into the access table"


def test_rooms_never_import_rooms() -> None:
    for path in python_files(SERVICES):
        own = path.relative_to(SERVICES).parts[0]
        for name in imported(path):
            parts = name.split(".")
            if parts[:2] == ["cloudarium", "services"] and len(parts) > 2:
                assert parts[2] == own, f"{path} imports {name}: send a call instead"


def test_what_stands_below_knows_nothing_above() -> None:
    above = {
        "shared": ("gateway", "services", "store", "glass", "cli", "cloud"),
        "policy": ("gateway", "services", "store", "glass", "cli", "cloud"),
        "model": ("gateway", "services", "store", "glass", "cli", "cloud", "policy"),
        "runtime": ("gateway", "services", "store", "glass", "cli", "cloud", "policy"),
        "store": ("gateway", "services", "glass", "cli", "cloud", "policy"),
        "streams": ("gateway", "services", "glass", "cli", "cloud", "policy"),
        "vpc": ("gateway", "services", "glass", "cli", "cloud", "policy"),
    }
    for folder, forbidden in above.items():
        for path in python_files(SOURCE / folder):
            for name in imported(path):
                parts = name.split(".")
                if parts[0] == "cloudarium" and len(parts) > 1:
                    assert parts[1] not in forbidden, f"{path} imports {name}"


_SQL = re.compile(r"\s*(SELECT\s.+\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM)\s", re.S)


def test_sql_is_in_records_and_the_store_alone() -> None:
    for path in python_files(SOURCE):
        parts = path.relative_to(SOURCE).parts
        if parts[0] == "store" or "records" in parts or path.name == "records.py":
            continue
        found = [text for text in texts(path) if _SQL.match(text)]
        assert not found, f"{path} holds SQL: {found[0][:80]!r} belongs into records.py"


def test_time_comes_from_the_clock_and_chance_from_ids() -> None:
    outside = {"cli", "runtime"}  # they deal with the machine: how long to wait for a process
    allowed = {SOURCE / "shared" / "clock.py", SOURCE / "shared" / "ids.py", SOURCE / "cloud.py"}
    for path in python_files(SOURCE):
        if path in allowed or path.relative_to(SOURCE).parts[0] in outside:
            continue
        for name in imported(path):
            assert name.split(".")[0] not in ("random", "secrets", "uuid"), f"{path} imports {name}: use shared/ids.py"
            assert not name.startswith("time."), f"{path} imports {name}: use the call's `now`"
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Attribute):
                continue
            base = ast.unparse(node.value)
            if base == "time":
                assert node.attr in ("gmtime", "strftime"), f"{path}: time.{node.attr}"
            if node.attr in ("now", "utcnow", "today"):
                assert base not in ("datetime", "date", "datetime.datetime"), f"{path}: {base}.{node.attr}()"


def test_no_file_is_too_long_and_none_is_called_utils() -> None:
    for path in [*python_files(SOURCE), *python_files(TESTS)]:
        assert not re.fullmatch(r"(.*_)?(utils?|helpers?|misc|common)(_.*)?", path.stem), f"{path}: name its subject"
        lines = len(path.read_text().splitlines())
        assert lines <= LONGEST_FILE, f"{path} has {lines} lines: make a folder of it, split by AWS noun"


def test_no_function_is_too_long() -> None:
    for path in python_files(SOURCE):
        for node in ast.walk(tree(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= LONGEST_FUNCTION, f"{path}: {node.name} has {length} lines"


def test_what_is_public_has_a_docstring() -> None:
    for path in python_files(SOURCE):
        for node in tree(path).body:
            named = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))
            if named and not node.name.startswith("_"):
                assert ast.get_docstring(node), (
                    f"{path}: {node.name} needs a docstring whose first sentence is its contract"
                )


# ---- Rooms -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_the_shape_of_all_rooms(room: str) -> None:
    card = all_rooms()[room].card
    folder = room_folder(room)
    assert folder.name == folder_name(card.name)
    assert card.purpose
    for need in ("operations", "resources", "errors"):
        assert (folder / f"{need}.py").exists() or (folder / need / "__init__.py").exists(), f"{room} has no {need}"
    if (folder / "schema.sql").exists():
        assert (folder / "records.py").exists() or (folder / "records" / "__init__.py").exists()


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_says_how_it_signs(room: str) -> None:
    card = all_rooms()[room].card
    assert (card.signing_name or card.name) == model.service(room).signing_name


@pytest.mark.parametrize("room", ROOMS)
def test_every_operation_is_aws_own_and_has_a_row_in_the_access_table(room: str) -> None:
    handlers = all_rooms()[room].handlers
    assert handlers, f"{room} has no operation"
    unknown = handlers.keys() - model.service(room).operations.keys()
    assert not unknown, f"{room} has operations that AWS has not: {unknown}"
    unlisted = [name for name in handlers if access.row(room, name) is None]
    assert not unlisted, f"{room}: {unlisted} have no row in the access table and would be denied"


@pytest.mark.parametrize("room", ROOMS)
def test_no_input_member_is_read_and_ignored(room: str) -> None:
    """A top-level input member is mentioned in the room's code, or refused by name (law 8)."""
    mentioned = {text for path in python_files(room_folder(room)) for text in texts(path)}
    for name, handler in all_rooms()[room].handlers.items():
        members = set(model.service(room).operations[name].input_members)
        forgotten = members - mentioned - handler.refuses - handler.ignores.keys()
        assert not forgotten, f"{room}:{name} forgets {sorted(forgotten)}: build them or put them into refuses=(…)"


@pytest.mark.parametrize("room", ROOMS)
def test_every_handler_says_what_it_does(room: str) -> None:
    for name, handler in all_rooms()[room].handlers.items():
        assert handler.function.__doc__, f"{room}:{name} has no docstring"


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_tested_in_three_parts(room: str) -> None:
    folder = TESTS / "services" / all_rooms()[room].folder
    for part in ("wire", "behaviour", "permissions"):
        assert list(folder.glob(f"test_{part}*.py")), f"{folder} has no test_{part}*.py"
