"""docs/lessons.md is right: its lesson is read and run. Its tables are generated: test_generated.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from generate.keys import parts_in
from surface.reference import BLOCK, keys_of, keys_shown
from syncasync_sim.files.lessons import lessons, load_lesson
from syncasync_sim.lessons.answer_key import key, run_all
from syncasync_sim.lessons.handout import handout
from syncasync_sim.model.lesson_file import Lesson

PAGE = Path(__file__).parents[2] / "docs" / "lessons.md"
EXAMPLE = re.compile(r"^<!-- lesson -->\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def example() -> str:
    (text,) = EXAMPLE.findall(PAGE.read_text(encoding="utf-8"))
    return str(text)


def test_the_examples_show_every_key() -> None:
    keys = set().union(*map(keys_of, parts_in(Lesson)))
    lacks = keys - keys_shown(PAGE.read_text(encoding="utf-8"))
    assert lacks == set(), "write an example of each into docs/lessons.md"


def test_the_lesson_in_the_page_runs_and_says_what_comes_out(tmp_path: Path) -> None:
    (tmp_path / "slow-check.yaml").write_text(example(), encoding="utf-8")
    file = load_lesson(tmp_path / "slow-check.yaml")
    ran = run_all(file, range(1, 31))
    assert ran.contradictions == []
    assert "4, 7, 10" in key(ran).markdown()
    assert "2.85 s" in key(ran).markdown()
    assert "3 s" in handout(file, 3).markdown()


@pytest.mark.parametrize(
    "part", [text for text in BLOCK.findall(PAGE.read_text(encoding="utf-8")) if text != example()]
)
def test_every_other_example_fits_into_a_lesson(part: str, tmp_path: Path) -> None:
    data = {**yaml.safe_load(example()), **yaml.safe_load(part)}
    (tmp_path / "own.yaml").write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    for name, value in yaml.safe_load(part).items():
        assert load_lesson(tmp_path / "own.yaml").lesson.model_dump(mode="json")[name] or not value


def test_the_teachers_guide_tells_of_every_lesson_by_its_number_and_title() -> None:
    guide = (PAGE.parent / "teacher-guide.md").read_text(encoding="utf-8")
    for file in lessons():
        told = f"{file.lesson.number} {file.lesson.title.split('?')[0]}"
        assert re.search(rf"\b{re.escape(told)}", guide), f"docs/teacher-guide.md lacks {told}"
    listed = {int(number) for number in re.findall(r"^\| (\d+) [A-Z]", guide, flags=re.MULTILINE)}
    assert listed == {*range(1, 11), *range(14, 18)}


def test_the_classes_of_the_teachers_guide_are_45_minutes_each() -> None:
    minutes = {file.lesson.number: file.lesson.minutes for file in lessons()}
    for numbers in ((1, 2, 3, 4), (5, 6, 7), (8, 9, 10)):
        assert sum(minutes[number] for number in numbers) == 45
