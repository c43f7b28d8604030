"""The commands: what they are called and what their help says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from syncasync_sim._version import __version__
from syncasync_sim.cli import (
    advise,
    brokers,
    check,
    exit_codes,
    explain,
    export,
    fit,
    lesson,
    lesson_pages,
    lesson_replay,
    lesson_teaching,
    live,
    notebooks,
    play,
    replay,
    run,
    scenarios,
    size,
    sweep,
    validate,
    watch,
)
from syncasync_sim.errors import safe

HELP = """
\b
syncasync-sim run checkout    one checkout in both designs, side by side
syncasync-sim lesson          the lessons: predict first, then run
See what a user waits for in a synchronous and in an asynchronous design.
"""
EPILOG = f"Exit codes: {'; '.join(f'{code} {meaning}' for code, meaning in exit_codes.MEANING.items())}."
_TOLD_ELSEWHERE = ("install_completion", "show_completion")
"""Typer's own options are only in docs/cli.md, so that the whole help fits a small terminal."""


@contextmanager
def _errors_handled() -> Iterator[None]:
    """Typer's message on a wrong command line repeats words of it: escape control characters in them."""
    try:
        yield
    except Exception as error:
        if isinstance(message := getattr(error, "message", None), str):
            error.message = safe(message)  # type: ignore[attr-defined]
        raise


class _Command(TyperCommand):
    """A command whose help begins with examples, and names its arguments as simply as its options."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """For an unknown option, name the nearest one, as for commands and keys."""
        try:
            return super().parse_args(ctx, args)
        except Exception as error:
            if near := getattr(error, "possibilities", None):
                error.possibilities = None  # type: ignore[attr-defined]
                error.message += f". Did you mean '{near[0]}'?"  # type: ignore[attr-defined]
            raise

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        del ctx
        return [self.options_metavar or "", *(name for name, _ in self._arguments())]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        _write_rows(formatter, "Arguments", self._arguments())
        _write_rows(formatter, "Options", _options(self, ctx))

    def _arguments(self) -> list[tuple[str, str]]:
        """Their names and what they mean."""
        arguments: list[Any] = [p for p in self.params if p.param_type_name == "argument"]
        return [(argument.metavar, argument.help) for argument in arguments]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _examples_first(self, ctx, formatter)


class _Group(TyperGroup):
    """A group whose help begins with examples, then names its commands."""

    def make_context(self, *args: Any, **more: Any) -> Any:
        with _errors_handled():
            return super().make_context(*args, **more)

    def invoke(self, ctx: Any) -> Any:
        with _errors_handled():
            return super().invoke(ctx)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """For a scenario where a command belongs, the error names the command."""
        if ctx.parent is None and args[0] not in self.commands and _is_scenario(args[0]):
            ctx.fail(f"'{args[0]}' is a scenario. Did you mean 'run {args[0]}'?")
        return super().resolve_command(ctx, args)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        options = "[--version | --help]" if ctx.parent is None else self.options_metavar or ""
        return [options, *super().collect_usage_pieces(ctx)[1:]]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        _examples_first(self, ctx, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)
        if ctx.parent is not None:  # the two of the program are in its usage line: its help is long
            _write_rows(formatter, "Options", _options(self, ctx))


class _Lessons(_Group):
    """The lessons: a lesson in place of a command is run, and without a name they are listed."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or args == ["--json"]:
            args = ["list", *args]
        elif args[0] not in (*self.commands, *ctx.help_option_names):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        self.format_commands(ctx, formatter)
        run: Any = self.commands["run"]
        run.format_options(ctx, formatter)


def _is_scenario(name: str) -> bool:
    from syncasync_sim.files import bundled

    return name.endswith(bundled.SUFFIX) or name in bundled.names()


def _examples_first(command: Any, ctx: Any, formatter: Any) -> None:
    ctx.ensure_object(dict)
    command.format_help_text(ctx, formatter)
    formatter.write_paragraph()
    command.format_usage(ctx, formatter)
    command.format_options(ctx, formatter)
    if command.epilog:
        formatter.write_paragraph()
        formatter.write_text(command.epilog)


def _options(command: Any, ctx: Any) -> list[tuple[str, str]]:
    """The options of a command and what they mean."""
    options = [p for p in command.get_params(ctx) if p.param_type_name == "option"]
    return [p.get_help_record(ctx) for p in options if p.name not in _TOLD_ELSEWHERE]


def _write_rows(formatter: Any, title: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(title):
            formatter.write_dl(rows)


_SETTINGS = {"help_option_names": ["-h", "--help"]}
app = typer.Typer(
    cls=_Group,
    help=HELP,
    epilog=EPILOG,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_SETTINGS,
)
_lessons = typer.Typer(cls=_Lessons, help=lesson.HELP, rich_markup_mode=None, context_settings=_SETTINGS)
_bundled = typer.Typer(cls=_Group, help=scenarios.HELP, rich_markup_mode=None, context_settings=_SETTINGS)
_notebooks = typer.Typer(cls=_Group, help=notebooks.HELP, rich_markup_mode=None, context_settings=_SETTINGS)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"syncasync-sim {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _program(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback does it
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    _show_help(context)


@_bundled.callback(invoke_without_command=True)
@_notebooks.callback(invoke_without_command=True)
def _show_help(context: typer.Context) -> None:
    """Show the help when no command was given."""
    if context.invoked_subcommand is None:
        print(context.get_help())


app.command("run", cls=_Command, help=run.HELP, short_help="Run a scenario in both designs.")(run.run)
app.command("advise", cls=_Command, help=advise.HELP, short_help="What belongs on a queue, and why.")(
    advise.advise
)
app.command("brokers", cls=_Command, help=brokers.HELP, short_help="A scenario on every broker.")(
    brokers.brokers
)
app.command("sweep", cls=_Command, help=sweep.HELP, short_help="A scenario over many values.")(sweep.sweep)
app.command("size", cls=_Command, help=size.HELP, short_help="The smallest value for a target.")(size.size)
app.command("explain", cls=_Command, help=explain.HELP, short_help="The events of one customer.")(
    explain.explain
)
app.command("watch", cls=_Command, help=watch.HELP, short_help="Play a run in the terminal.")(watch.watch)
app.command("export", cls=_Command, help=export.HELP, short_help="A run as an HTML page.")(export.export)
app.command("fit", cls=_Command, help=fit.HELP, short_help="A scenario from your own log.")(fit.fit)
app.command("validate", cls=_Command, help=validate.HELP, short_help="A scenario beside a log.")(
    validate.validate
)
app.command("play", cls=_Command, help=play.HELP, short_help="The replay with sliders.")(play.play)
app.command("live", cls=_Command, help=live.HELP, short_help="A scenario for real.")(live.live)
app.command("replay", cls=_Command, help=replay.HELP, short_help="A recorded live run.")(replay.replay)
app.command("check", cls=_Command, help=check.HELP, short_help="Check scenarios without a run.")(check.check)
app.add_typer(_lessons, name="lesson", short_help="Lessons: predict first, then run.")
_lessons.command("list", cls=_Command, help=lesson.LIST_HELP, short_help="List the lessons.")(lesson.list_all)
_lessons.command("run", cls=_Command, help=lesson.HELP, short_help="A lesson; 'run' may be left out.")(
    lesson.run
)
_lessons.command("handout", cls=_Command, help=lesson_pages.HANDOUT_HELP, short_help="A sheet to print.")(
    lesson_pages.handout
)
_lessons.command("key", cls=_Command, help=lesson_pages.KEY_HELP, short_help="The answers, for teachers.")(
    lesson_pages.key
)
_lessons.command("guide", cls=_Command, help=lesson_teaching.GUIDE_HELP, short_help="How to teach it.")(
    lesson_teaching.guide
)
_lessons.command("slides", cls=_Command, help=lesson_teaching.SLIDES_HELP, short_help="Slides for a class.")(
    lesson_teaching.slides
)
_lessons.command(
    "review", cls=_Command, help=lesson_teaching.REVIEW_HELP, short_help="Earlier lessons, mixed."
)(lesson_teaching.review)
_lessons.command(
    "test", cls=_Command, help=lesson_teaching.TEST_HELP, short_help="Before and after: a test."
)(lesson_teaching.concept_test)
_lessons.command("replay", cls=_Command, help=lesson_replay.HELP, short_help="A lesson as an HTML page.")(
    lesson_replay.replay
)
app.add_typer(_bundled, name="scenarios", short_help="The scenarios that come with the program.")
_bundled.command("list", cls=_Command)(scenarios.list_all)
_bundled.command("show", cls=_Command)(scenarios.show)
_bundled.command("copy", cls=_Command)(scenarios.copy)
app.add_typer(_notebooks, name="notebooks", short_help="The notebooks that come with the program.")
_notebooks.command("list", cls=_Command)(notebooks.list_all)
_notebooks.command("copy", cls=_Command)(notebooks.copy)
app.command("schema", cls=_Command, help=scenarios.SCHEMA_HELP, short_help="JSON Schema, for editors.")(
    scenarios.schema
)
