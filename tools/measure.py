"""How large and how tangled the source is: the table in CONTRIBUTING.md.

    python tools/measure.py [FOLDER]

measures the package below FOLDER/src (by default this checkout's) and prints a table in Markdown.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = "syncasync_sim"
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
BRANCHES = (ast.If, ast.For, ast.While, ast.ExceptHandler, ast.match_case)
FOLLOWED = """
import sys
from pathlib import Path
from syncasync_sim import load_scenario
from syncasync_sim.model import modes
try:
    from syncasync_sim.engine.simulation import simulate_events as simulate
    from syncasync_sim.model.random_streams import RandomStreams as Numbers
except ImportError:
    from syncasync_sim.engine.run import by_clock as simulate
    from syncasync_sim.model.draws import Draws as Numbers
scenario, passed = load_scenario("checkout"), set()
def note(frame, event, arg):
    code = frame.f_code
    if event == "call" and "syncasync_sim" in code.co_filename and "<" not in code.co_name:
        passed.add((code.co_filename, code.co_qualname.rpartition(".")[0].partition(".<")[0]))
sys.setprofile(note)
simulate(scenario, "async", Numbers(1))
sys.setprofile(None)
print(len({file for file, _ in passed}), len({one for one in passed if one[1]}))
"""
"""One customer of the checkout, asynchronous, event by event: the files and the classes that run."""


def sources(root: Path) -> dict[str, tuple[Path, ast.Module]]:
    """The modules of the package by their dotted names."""
    found = {}
    for path in sorted((root / "src" / PACKAGE).rglob("*.py")):
        parts = path.relative_to(root / "src").with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path, ast.parse(path.read_text(encoding="utf-8"))
    return found


def circles(modules: dict[str, tuple[Path, ast.Module]]) -> int:
    """How many edges have to go until no module imports one that imports it."""
    graph: dict[str, set[str]] = {
        name: set(imports(tree, modules)) - {name} for name, (_, tree) in modules.items()
    }
    graph[PACKAGE] = set()
    for number in range(1_000):
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            one, other = error.args[1][:2]
            graph[other].discard(one)
        else:
            return number
    return 1_000


def imports(tree: ast.Module, known: dict[str, tuple[Path, ast.Module]]) -> Iterator[str]:
    """What a module imports, lazily and for types only included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module is not None and node.module in known:
            for alias in node.names:
                inside = f"{node.module}.{alias.name}"
                yield inside if inside in known else node.module


def complexity(function: ast.AST) -> int:
    """The branches of a function and one, as ruff counts them (C901); inner functions count alone."""
    inside = [node for node in ast.iter_child_nodes(function) if not isinstance(node, FUNCTIONS)]
    return int(isinstance(function, FUNCTIONS)) + sum(
        isinstance(node, BRANCHES) + complexity(node) for node in inside
    )


def measured(root: Path) -> Iterator[tuple[str, str]]:
    """The rows of the table."""
    modules = sources(root)
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path, _ in modules.values()]
    nodes = [node for _, tree in modules.values() for node in ast.walk(tree)]
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = [node.name for node in nodes if isinstance(node, ast.ClassDef)]
    stems = Counter(path.stem for path, _ in modules.values() if path.stem != "__init__")
    yield "files, lines", f"{len(lines):,}, {sum(lines):,}"
    yield "lines of a file: median, longest", f"{middle(lines):,}, {max(lines):,}"
    yield "classes", f"{len(classes):,}"
    yield "names of modules used twice", f"{sum(number > 1 for number in stems.values()):,}"
    yield "names of classes used twice", f"{sum(n > 1 for n in Counter(classes).values()):,}"
    lengths = spread((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions)
    yield "lines of a function: median, 99 %, longest", "{}, {}, {}".format(*lengths)
    branches = spread(map(complexity, functions))
    yield "complexity of a function: median, 99 %, highest", "{}, {}, {}".format(*branches)
    yield "circles of imports", f"{circles(modules):,}"
    followed = subprocess.run(
        [sys.executable, "-c", FOLLOWED],
        env={"PYTHONPATH": str(root / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    yield "files, classes that run for one customer", ", ".join(followed)


def spread(numbers: Iterable[int]) -> tuple[int, int, int]:
    """The median, the 99th percentile and the greatest."""
    ordered = sorted(numbers)
    return middle(ordered), ordered[len(ordered) * 99 // 100], ordered[-1]


def middle(numbers: list[int]) -> int:
    return sorted(numbers)[len(numbers) // 2]


def main() -> None:
    root = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[1]
    print("| | |\n|---|---|")
    for name, value in measured(root):
        print(f"| {name} | {value} |")


if __name__ == "__main__":
    main()
