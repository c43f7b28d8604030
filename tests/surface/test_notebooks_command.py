"""`syncasync-sim notebooks`: all of them or none, and never over one that somebody has worked in."""

from __future__ import annotations

from pathlib import Path

import pytest

from syncasync_sim.cli import exit_codes
from syncasync_sim.cli.main import main

NAMES = sorted(path.name for path in (Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def test_list_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notebooks", "list"]) == exit_codes.DONE
    assert capsys.readouterr().out.splitlines() == NAMES
    assert len(NAMES) >= 5


def test_where_one_is_there_none_is_copied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    worked_in = tmp_path / NAMES[-1]
    worked_in.write_text("my answers")
    assert main(["notebooks", "copy", str(tmp_path)]) == exit_codes.NOT_FINISHED
    assert capsys.readouterr().err == (
        f"syncasync-sim: {worked_in}: exists already and is left as it is; --force writes over it\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == [worked_in.name]
    assert worked_in.read_text() == "my answers"


def test_force_writes_over_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / NAMES[0]).write_text("my answers")
    assert main(["notebooks", "copy", str(tmp_path), "--force"]) == exit_codes.DONE
    out, err = capsys.readouterr()
    assert out.splitlines() == [str(tmp_path / name) for name in NAMES]
    assert err == f"Next: jupyter lab {tmp_path}  (pip install jupyterlab)\n"
    assert '"cells"' in (tmp_path / NAMES[0]).read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == NAMES


def test_a_folder_is_made_but_not_the_one_around_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notebooks", "copy", str(tmp_path / "course")]) == exit_codes.DONE
    assert sorted(path.name for path in (tmp_path / "course").iterdir()) == NAMES
    assert main(["notebooks", "copy", str(tmp_path / "no" / "course")]) == exit_codes.NOT_FINISHED
    assert f"{tmp_path / 'no'}: there is no such folder" in capsys.readouterr().err
    assert not (tmp_path / "no").exists()


def test_a_file_is_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert main(["notebooks", "copy", str(tmp_path / "file")]) == exit_codes.NOT_FINISHED
    assert str(tmp_path / "file") in capsys.readouterr().err
