"""The command line: the only module that prints, except for the line of `core.progress`.

In: arguments. Out: lines on the terminal and an exit status: 0 done, 1 errors in the author's
files or a failed check, 2 wrong use, 3 a system problem, 130 interrupted.
"""

from __future__ import annotations

import contextlib
import errno
import gc
import io
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import click

from press import __version__
from press.build.members import read_groups
from press.build.publish import locked
from press.build.run import Outcome, build
from press.catalog.listing import COLUMNS, FORMS, chosen, ordered
from press.core import gate, quiet, system, watch
from press.core.files import MANIFEST, PACKET, article_files, article_name, imprint_files, name_of
from press.core.formats import FORMATS
from press.core.limits import NAMES, Limits, parse
from press.core.model import Built, Request
from press.core.nearest import near, nearest, nearest_article
from press.core.parallel import ENDS, interrupt, processors
from press.core.problems import (
    ERROR,
    NOTE,
    WARNING,
    Problem,
    ProblemsError,
    Refused,
    Span,
    UnknownName,
    counted,
    visible,
)
from press.core.progress import shown_progress

_MACHINE = "SYS"
_OWN = gate.allowed()
"""The program's own folders."""


_APART = ("check", "cite", "diff", "import", "speak")
"""Commands that give files of anyone to libraries in C; the start of others stays quicker."""


class _Group(click.Group):
    """A group whose default command is `build`: `makebook NAME` means `makebook build NAME`.

    `--project` and `--output` may also precede the command: `makebook --project handouts serve`.
    """

    apart = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {"--help", "-h", "--version"}
        if ctx.resilient_parsing:  # the shell asks for completions
            build_ = args and args[0] not in self.commands and args[0] not in own
            return super().parse_args(ctx, ["build", *args] if build_ else args)
        at = 0
        while at < len(args) and args[at].partition("=")[0] in ("--project", "--output", "--allow"):
            at += 1 if "=" in args[at] else 2
        if at < len(args) and args[at] in self.commands:
            args = [args[at], *args[:at], *args[at + 1 :]]
        if not args or (args[0] not in self.commands and args[0] not in own):
            args = ["build", *args]
        self.apart = args[0] in _APART
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, in a process of its own if files that it reads could make it hang."""
        if self.apart and ctx.obj and (end := watch.apart()) is not None:
            if isinstance(end, watch.Exceeded):
                raise ProblemsError([_end_problem(end)])
            if end < 0:
                message, hint = "the process of this command was killed", "free memory; try again"
                raise ProblemsError([Problem("SYS003", Span("makebook"), message, hint)])
            sys.exit(end)
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            if end := watch.exceeded():
                raise ProblemsError([_end_problem(end)]) from None
            raise

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        """Complete commands, and the articles and collections in this folder."""
        from click.shell_completion import CompletionItem

        names = _articles(Path())
        articles = [CompletionItem(name) for name in names if name.startswith(incomplete)]
        options = build_command.shell_complete(ctx, incomplete) if incomplete[:1] == "-" else []
        return [*super().shell_complete(ctx, incomplete), *options, *articles]


_HELP = {"help_option_names": ["-h", "--help"], "max_content_width": 96}


@click.group(cls=_Group, context_settings=_HELP)
@click.version_option(__version__, prog_name="makebook", message="%(prog)s %(version)s")
def cli() -> None:
    """Build printable handouts and e-books from Markdown, with every notice in its place.

    \b
    makebook                      build every article of the project in this folder
    makebook ketamine-ocd         build one article
    makebook --format pdf         build only PDF files
    makebook --imprint all        build for every clinic in source/imprints
    makebook serve                preview in a browser, rebuilt on every save
    makebook list                 list the handouts: versions, reviews, whether they are current
    makebook check                check the outputs: readability, EPUBCheck, veraPDF, Ace
    makebook speak FILE           print what a screen reader says of a PDF, EPUB, or web page
    makebook packet NAME...       put handouts for a patient into one PDF, with a note
    makebook record NAME          print the line for a patient's record: which handout was given
    makebook diff old.pdf         say whether a sheet is current, and what has changed
    makebook new DIR              create a project with a model article
    makebook import FILE          turn a Word document, web page, or text into an article
    makebook cite FILE            add entries to the bibliography; without FILE, list it
    makebook fetch ARTICLE        bring the pictures that it shows from the web into the project
    makebook doctor               list what makebook needs, and how to install it
    makebook clean                remove the files that makebook built, and nothing else
    \b
    Options for building (--edition, --format, --strict, ...): makebook build --help
    """  # noqa: D301 - Click reads the character


def _allow(_: click.Context, __: click.Parameter, folders: Sequence[Path]) -> None:
    gate.allow(*folders)


def _folder(_: click.Context, option: click.Parameter, folder: Path | None) -> Path | None:
    system.given(option.opts[0], folder)
    if folder is not None:
        _check_link(folder)
    return folder


def _check_link(folder: Path) -> None:
    """Refuse a folder that is a link to itself (SYS002)."""
    try:
        folder.resolve()
    except (OSError, RuntimeError):
        hint = "remove the link, or choose another folder"
        span, message = Span(folder.as_posix()), "is a link that leads to itself"
        raise ProblemsError([Problem("SYS002", span, message, hint)]) from None


def _project_options(command: Any) -> Any:
    folder = click.Path(file_okay=False, path_type=Path)
    command = click.option(
        "--allow", type=folder, multiple=True, expose_value=False, callback=_allow, metavar="DIR",
        help="Folder outside the project from which it may read; can be repeated.",
    )(command)  # fmt: skip
    command = click.option(
        "--output", type=folder, callback=_folder, help="Output folder; default: PROJECT/build."
    )(command)
    return click.option(
        "--project", type=folder, default=Path(), callback=_folder,
        help="Project folder; default: this one.",
    )(command)  # fmt: skip


def _outputs(project: Path, output: Path | None) -> Path:
    """Return the output folder.

    Raises:
        ProblemsError: `build` is a link to a folder outside the project (SYS002).
    """
    if output is not None:
        return output
    folder = project / "build"
    _check_link(folder)
    if folder.is_symlink() and not folder.resolve().is_relative_to(project.resolve()):
        hint = f"to write there, name the folder: --output {folder.resolve()}"
        message = "is a link to a folder outside the project"
        raise ProblemsError([Problem("SYS002", Span("build"), message, hint)])
    return folder


def _place(project: Path, output: Path | None, imprint: str) -> tuple[Path, Path]:
    """Return the project's folder, and that of its outputs for an imprint or without one."""
    known = _imprints(project)
    if imprint and imprint not in known:
        hint = nearest(imprint, known) if known else "write source/imprints/NAME.toml"
        raise _wrong_use(UnknownName("imprint", imprint, hint))
    return project.resolve(), (_outputs(project, output) / imprint).resolve()


def _articles(root: Path) -> list[str]:
    """Return the names of the articles and collections, as far as they can be read."""
    from press.source.collections import names_in
    from press.source.project import read_table

    names = (name_of(path, root) for path in article_files(root))
    return [*names, *names_in(read_table(root) or {})]


def _imprints(root: Path) -> list[str]:
    return [path.stem for path in imprint_files(root)]


def _groups(root: Path) -> list[str]:
    return [group.name for group in read_groups(root)]


def _names(known: Callable[[Path], Sequence[str]]) -> Any:
    """Return a function that completes some of the project's names."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        root = Path(ctx.params.get("project") or Path())
        with contextlib.suppress(ProblemsError):
            return [name for name in known(root) if name.startswith(incomplete)]
        return []

    return complete


def _editions(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Complete the names of the project's editions."""
    from press.source.project import read_project

    with contextlib.suppress(ProblemsError):
        config = read_project(Path(ctx.params.get("project") or Path()), []).config
        names = {*config.known_editions, *(edition.name for edition in config.editions)}
        return sorted(name for name in names if name.startswith(incomplete))
    return []


class _Number(click.IntRange):
    """A whole number; Click calls it an integer range."""

    name = "whole number"


def _limits(_: click.Context, _option: click.Parameter, given: Sequence[str]) -> Limits:
    """Read the values of `--limit`."""
    found: dict[str, int] = {}
    for text in given:
        name, __, value = text.partition("=")
        hint = "write --limit time=300 or --limit memory=4GB"
        if name not in NAMES:
            raise click.BadParameter(f"there is no limit '{visible(name)}'\n    hint: {hint}")
        try:
            found[name] = parse(name, value)
        except ValueError:
            message = f"'{visible(text)}' is not a valid limit\n    hint: {hint}"
            raise click.BadParameter(message) from None
    return Limits(**found)


_limit_option = click.option(
    "--limit",
    "limit",
    multiple=True,
    callback=_limits,
    metavar="time=SECONDS|memory=SIZE",
    help="Limit of each article, which replaces the usual one: time=300 (seconds of processor "
    "time), memory=4GB; can be repeated.",
)


def _scheduler(_: click.Context, _option: click.Parameter, given: str) -> str:
    """Check the form of an address: Dask waits long for a wrong one. It may be empty."""
    if not given:
        return ""
    found = _ADDRESS.fullmatch(given)
    if found is None or int(found[1]) >= 2**16:
        hint = "write it as tcp://HOST:PORT, for example tcp://10.0.0.5:8786; with certificates,"
        hint += " as tls://HOST:PORT"
        message = f"'{visible(given)}' is not the address of a scheduler\n    hint: {hint}"
        raise click.BadParameter(message)
    return given


_ADDRESS = re.compile(r"(?:(?:tcp|tls)://)?(?:[^\s:/\[\]]+|\[[\da-fA-F:.]+\]):(\d{1,5})")


def _imprint_option(command: Any) -> Any:
    return click.option(
        "--imprint", default="", metavar="NAME",
        shell_complete=_names(_imprints), help="Look at the outputs for this clinic.",
    )(command)  # fmt: skip


@cli.command("build")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...", shell_complete=_names(_articles))
@click.option("--group", default="", metavar="NAME", shell_complete=_names(_groups),
              help="Build only the articles of this group of makebook.toml.")  # fmt: skip
@click.option("--edition", "editions", multiple=True, shell_complete=_editions,
              help="Limit the PDF files to this edition; can be repeated.")  # fmt: skip
@click.option(
    "--imprint",
    "imprints",
    multiple=True,
    metavar="NAME|all",
    shell_complete=_names(_imprints),
    help="Build for this clinic, in a subfolder of the outputs; can be repeated.",
)
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(list(FORMATS)),
    help="Build only this format; can be repeated.",
)
@_project_options
@click.option(
    "--jobs",
    type=_Number(1),
    default=processors,
    help="Number of processes; default: one for each processor.",
)
@_limit_option
@click.option(
    "--cache",
    type=click.Path(path_type=Path, readable=False),  # the build goes on without it
    envvar="MAKEBOOK_CACHE",
    metavar="DIR",
    help="Folder that machines share: take from it what another one built from the same sources, "
    "and add what is built here; default: the variable MAKEBOOK_CACHE.",
)
@click.option(
    "--scheduler",
    default="",
    callback=_scheduler,
    metavar="tcp://HOST:PORT",
    help="Build on the workers of this Dask scheduler; needs makebook[dask] there and here.",
)
@click.option("--force", is_flag=True, help="Rebuild everything, even if nothing changed.")
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option(
    "--preview", is_flag=True, help="Also write page pictures to preview/ in the output folder."
)
@click.option("--drafts", is_flag=True, help="List drafts in the library too.")
@click.option("--quiet", is_flag=True, help="Print only errors and warnings.")
@click.option("--explain", is_flag=True, help="Say why each file was built or not.")
def build_command(
    project: Path, output: Path | None, quiet: bool, explain: bool, limit: Limits, **options: Any
) -> None:
    """Build articles as PDF, EPUB, and web page.

    \b
    makebook build
    makebook build ketamine-ocd --format epub
    makebook build --edition large-print --imprint us-example
    makebook build --group ward
    makebook build --project handouts --output /tmp/out
    """  # noqa: D301 - Click reads the character
    if options["scheduler"] and gate.allowed() != _OWN:
        hint = "copy the files into the project, or build without --scheduler"
        message = "--allow is not possible with --scheduler: workers get the project's files only"
        raise click.UsageError(f"{message}\n    hint: {hint}")
    # A build allocates much and frees little: frequent garbage collection takes 5% of its time.
    gc.set_threshold(1_000_000, 20, 20)
    watch.begin(limit, memory=4 * watch.MEMORY)  # it holds the files until they are published
    folder = _outputs(project, output)
    if options["articles"] and options["group"]:
        raise click.UsageError("give either articles or --group\n    hint: leave out one of them")
    today = date.today()  # noqa: DTZ011 - the author's own day
    request = Request(
        project.resolve(), folder.resolve(), today, limits=limit, matrix=True, **options
    )

    def waiting() -> None:
        _say(f"another build is running in {folder}; waiting for it to finish", err=True)

    try:
        with shown_progress(quiet=quiet), locked(request.output, waiting):
            outcome = build(request)
    except UnknownName as error:
        command = _meant(request.articles)
        hint = f"put the command first: makebook {command}" if command else ""
        raise _wrong_use(error, hint) from None
    _report(outcome, folder, quiet=quiet, explain=explain)
    for line in _unprinted(request, outcome) if explain else ():
        click.echo(visible(line))
    for imprint in _pictured(outcome) if request.preview and not quiet else ():
        _say(f"pictures of the pages: {folder / imprint / 'preview'}")
    warned = any(problem.severity != NOTE for problem in outcome.problems)
    sys.exit(_status(outcome) or int(request.strict and warned))


def _unprinted(request: Request, outcome: Outcome) -> Sequence[str]:
    """Return the fields of cited entries that are not part of any reference."""
    from press.citing.run import left_out_lines

    return left_out_lines(request.root, [built.name for built in outcome.built])


def _wrong_use(error: Refused, hint: str = "") -> click.UsageError:
    """Return a refusal as a usage error of the command line; `hint` replaces its own."""
    hint = hint or error.hint
    return click.UsageError(f"{error}\n    hint: {hint}" if hint else str(error))


def _meant(words: Sequence[str]) -> str:
    """Return the command that one of these words is close to, or an empty string."""
    found = (name for word in words for name in near(word, cli.commands, 0.75))
    return next(found, "")


def _pictured(outcome: Outcome) -> Sequence[str]:
    """Return the imprints (empty: none) for which there are PDF files to draw, each once."""
    files = [(b.imprint, name) for b in outcome.built if b.entry for name in b.entry["files"]]
    return list(dict.fromkeys(imprint for imprint, name in files if name.endswith(".pdf")))


def _status(outcome: Outcome) -> int:
    if any(problem.code.startswith(_MACHINE) for problem in outcome.every_problem):
        return 3
    return 1 if outcome.failed else 0


def _report(outcome: Outcome, folder: Path, *, quiet: bool, explain: bool) -> None:
    from press.build import report

    problems = dict.fromkeys(outcome.every_problem)
    _print_problems([p for p in problems if not (quiet and p.severity == NOTE)])
    said: list[str] = []
    for built in outcome.built:
        for name, reason in built.reasons.items() if explain else ():
            said.append(visible(f"{folder / built.imprint / name}: {reason}"))
        if not quiet and report.has_lines(built, len(outcome.built)):
            said += _article_lines(built, folder / built.imprint)
    if said:
        click.echo("\n".join(said))  # at once: each call asks what the terminal can do
    for built in outcome.built:
        if not built.entry:
            name = f"{built.name} for {built.imprint}" if built.imprint else built.name
            where = folder / built.imprint
            _say(f"{name}: not published; existing files in {where} were left unchanged", err=True)
    for line in () if quiet else report.table(outcome.built):
        _say(line, bold=True)


def _say(text: str, *, err: bool = False, **style: Any) -> None:
    """Print a line without control characters; names of files and titles can have some."""
    click.echo(_styled(visible(text), **style) if style else visible(text), err=err)


def _say_lines(text: str, *, err: bool = False) -> None:
    for line in text.split("\n"):
        _say(line, err=err)


_AT_ONCE = 20
"""Problems of one code in one file that are printed; the others are counted."""


def _print_problems(problems: Sequence[Problem]) -> None:
    """Print problems in the order of the files; of a flood in a file, only the first ones."""
    number = Counter((problem.span.path, problem.code) for problem in problems)
    printed: Counter[tuple[str, str]] = Counter()
    for problem in sorted(problems, key=lambda problem: problem.span):
        kind = (problem.span.path, problem.code)
        printed[kind] += 1
        left = number[kind] - _AT_ONCE
        if printed[kind] > _AT_ONCE and left > 1:  # one more takes no more lines than its count
            if printed[kind] == number[kind]:
                _say(f"{problem.span.path}: and {left:,} more of {problem.code}", err=True)
            continue
        color = {ERROR: "red", WARNING: "yellow"}.get(problem.severity, "blue")
        word = _styled(f" {problem.severity} {problem.code}", fg=color, bold=True)
        place, message = visible(f"{problem.span}:"), visible(f": {problem.message}")
        click.echo(f"{place}{word}{message}", err=True)
        if problem.hint:
            click.echo(f"    hint: {visible(problem.hint)}", err=True)


def _styled(text: str, **style: Any) -> str:
    """Style text for a terminal, unless NO_COLOR is set (no-color.org)."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def _article_lines(built: Built, folder: Path) -> list[str]:
    """Return what is printed of an article that was built or kept."""
    from press.build import report

    lines = report.files(built, folder)
    lines += report.notes(built)
    if built.made:
        lines += report.notices(built)
        lines.append("proved: every block, notice, and link was found in the finished files")
    if warned := sum(problem.severity == WARNING for problem in built.problems):
        lines.append(f"{counted(warned, 'warning')}: see above")
    head = _styled(visible(report.head(built)), bold=True)
    return [head, *(f"  {visible(line)}" for line in lines)]


@cli.command("serve")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...", shell_complete=_names(_articles))
@click.option("--port", type=_Number(0, 65535), default=8377, show_default=True,
              help="Port of the preview; 0 picks a free one.")  # fmt: skip
@click.option("--edition", "editions", multiple=True, shell_complete=_editions,
              help="Limit the PDF files to this edition; can be repeated.")  # fmt: skip
@click.option("--imprint", "imprints", multiple=True, metavar="NAME|all",
              shell_complete=_names(_imprints),
              help="Build the version for this clinic; can be repeated.")  # fmt: skip
@_limit_option
@_project_options
def serve_command(project: Path, output: Path | None, limit: Limits, **options: Any) -> None:
    """Preview the PDFs, e-book, and web page in a browser; rebuild them on every save.

    The outputs are written to the output folder, as by `makebook build`. Only this machine can
    open the preview. Press Ctrl-C to stop it (status 0).

    \b
    makebook serve
    makebook serve --port 9000 --imprint us-example
    """  # noqa: D301 - Click reads the character
    from press.serve.server import Voice, serve
    from press.serve.state import Order

    watch.end()  # each build has limits of its own
    folder = _outputs(project, output)
    voice = Voice(_say_lines, lambda text: _say_lines(text, err=True))
    try:
        serve(Order(project.resolve(), folder.resolve(), limits=limit, **options), voice)
    except UnknownName as error:
        raise _wrong_use(error) from None


@cli.command("check")
@click.argument("articles", nargs=-1, metavar="[ARTICLE]...")
@_project_options
def check_command(project: Path, output: Path | None, articles: Sequence[str]) -> None:
    """Check the outputs: readability, EPUBCheck, veraPDF, Ace.

    A clean report is not a certificate: only a person can judge if a handout is right.
    """
    from press.check.review import NotBuilt, review

    folder = _outputs(project, output)
    try:
        lines, clean = review(project.resolve(), folder.resolve(), articles)
    except NotBuilt as error:
        raise _wrong_use(error) from None
    for line in lines:
        _say(line)
    sys.exit(0 if clean else 1)


@cli.command("list")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option("--due", type=_Number(0), metavar="DAYS",
              help="Only handouts whose review is overdue or due within these days.")  # fmt: skip
@click.option("--sort", "key", type=click.Choice(COLUMNS), default="name", show_default=True,
              help="Sort by this column; what has no value comes last.")  # fmt: skip
@click.option("--format", "form", type=click.Choice(list(FORMS)), default="table",
              show_default=True, help="Print a table, a JSON array, or CSV.")  # fmt: skip
@_imprint_option
@_project_options
def list_command(
    project: Path, output: Path | None, imprint: str, words: Sequence[str], **options: Any
) -> None:
    """List the handouts of the project: versions, reviews, pages, and whether they are current.

    With WORDs, only those with every word in the name, the title, or a topic. A word such as
    'ward/*' is a pattern for the name. Nothing is built.

    \b
    makebook list
    makebook list --due 90 --sort next-review
    makebook list sleep --format json
    """  # noqa: D301 - Click reads the character
    from press.catalog.entries import read_entries

    problems: list[Problem] = []
    entries = read_entries(*_place(project, output, imprint), problems)
    today = date.today()  # noqa: DTZ011 - the author's own day
    found = ordered(chosen(entries, words, options["due"], today), options["key"])
    if found or options["form"] != "table":
        click.echo(FORMS[options["form"]](found), nl=False)
    if not found:
        where = "; names, titles, and topics are searched" if words else ""
        none = f"none of the project's handouts matches{where}"
        _say(none if entries else "the project has no handouts yet", err=True)
    errors = [problem for problem in problems if problem.severity == ERROR]
    if errors:
        raise ProblemsError(errors)


@cli.command("record")
@click.argument("article", metavar="NAME", shell_complete=_names(_articles))
@_imprint_option
@_project_options
def record_command(project: Path, output: Path | None, imprint: str, article: str) -> None:
    """Print the line for a patient's record: which handout, in which version, was given.

    Only a handout that is published and current has one.

    \b
    makebook record ketamine-ocd
    """  # noqa: D301 - Click reads the character
    from press.catalog.entries import read_entries
    from press.catalog.record import record

    entries = {e.name: e for e in read_entries(*_place(project, output, imprint), [])}
    name = article_name(article, entries)
    if name not in entries:
        raise _wrong_use(UnknownName("article", name, nearest_article(name, entries)))
    click.echo(record(entries[name], imprint))


_LONGEST_NOTE = 100_000
"""Bytes of a note that are read; a longer one is too long for the sheet anyway."""


@cli.command("packet")
@click.argument("articles", nargs=-1, required=True, metavar="NAME...",
                shell_complete=_names(_articles))  # fmt: skip
@click.option("--note", default="", metavar="TEXT",
              help="Words for the patient on the cover sheet; - reads standard input.")  # fmt: skip
@click.option("--edition", default="", metavar="NAME", shell_complete=_editions,
              help="Print the handouts in this edition; default: the first.")  # fmt: skip
@_imprint_option
@_project_options
def packet_command(
    project: Path,
    output: Path | None,
    articles: Sequence[str],
    edition: str,
    imprint: str,
    note: str,
) -> None:
    """Put handouts for a patient into one PDF, with a cover sheet for your note.

    The cover sheet has a line for the patient's name and a checklist. The note is in packet.pdf and
    nowhere else. With --output, the packet is written to another folder; if handouts were built
    there, it has those.

    \b
    makebook packet ketamine-ocd sleep --note "Call us on Monday."
    """  # noqa: D301 - Click reads the character
    from press.packet.run import make_packet

    root, home = _place(project, output, imprint)
    folder = _outputs(project, output) / imprint
    if output is not None and not (home / MANIFEST).is_file():
        folder, home = output, _place(project, None, imprint)[1]
    if note == "-":
        note = sys.stdin.buffer.read(_LONGEST_NOTE).decode("utf-8", "replace")
    editions, imprints = ((name,) if name else () for name in (edition, imprint))
    today = date.today()  # noqa: DTZ011 - a packet has no date
    request = Request(root, home, today, tuple(articles), editions, imprints)

    def waiting() -> None:
        _say(f"a build is running in {home}; waiting for it to finish", err=True)

    try:
        with locked(home, waiting):
            made = make_packet(request, note, folder.resolve())
    except UnknownName as error:
        raise _wrong_use(error) from None
    _say(f"{folder / PACKET}: {made.contents}")
    _say("  proved: the pages and tags of each handout, and every line of the cover sheet")
    _say("  left out: the files embedded in the handouts, such as the e-books")
    if made.has_note:
        _say("  the note may be personal data: remove the packet when it is printed")


@cli.command("diff")
@click.argument("old", nargs=-1, required=True)
@_project_options
def diff_command(project: Path, output: Path | None, old: Sequence[str]) -> None:
    """Say whether a sheet is current and, if not, what has changed.

    OLD is a PDF, an EPUB, or a manifest.json from an earlier build, or the line printed on a
    sheet: its identifier and the 8 digits and letters after it.

    \b
    makebook diff old/ketamine-ocd.pdf
    makebook diff "KET-OCD-1 · version 0.1 · a1b2c3d4"
    """  # noqa: D301 - Click reads the character
    from press.currency.diff import Today, UnknownSheet, compare
    from press.document.binding import assembled, names_of
    from press.document.compose import read_sources
    from press.source.collections import withdrawn_works

    folder = _outputs(project, output)
    sources = read_sources(project.resolve())
    gone = withdrawn_works(sources.project)
    names = [name for name in names_of(sources) if name not in gone]
    today = Today(names, sources.imprints, partial(assembled, sources), gone)
    try:
        several = len(old) > 1 and any(Path(name).exists() for name in old)
        for name in old if several else [" ".join(old)]:
            lines = compare(name, today, folder.resolve())
            for number, line in enumerate(lines):
                _say(f"{name}: {line}" if several and not number else line)
    except UnknownSheet as error:
        raise _wrong_use(error) from None


@cli.command("speak")
@click.argument("file", type=click.Path(path_type=Path))
@_project_options
def speak_command(project: Path, output: Path | None, file: Path) -> None:
    """Print what a screen reader says of a PDF, an EPUB, or a web page.

    A line for each block begins with its role. Links and pictures are marked. A FILE that is not in
    this folder is looked up among the outputs of the project.

    \b
    makebook speak build/ketamine-ocd.pdf
    """  # noqa: D301 - Click reads the character
    from press.core.files import read_given
    from press.readback.aloud import aloud

    built = _outputs(project, output) / file
    try:
        for line in aloud(read_given(built if built.is_file() and not file.exists() else file)):
            click.echo(visible(line))
    except ValueError as error:
        hint = "give a PDF with tags, an EPUB, or a web page; a booklet has no tags"
        raise ProblemsError([Problem("SPK001", Span(str(file)), str(error), hint)]) from None


@cli.command("new")
@click.argument("folder", required=False, metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--article", metavar="NAME", help="Add an article to a project instead.")
@click.option(
    "--project",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Project to add the article to; default: this folder.",
)
def new_command(folder: Path | None, article: str | None, project: Path) -> None:
    """Create a project with a model article in the folder DIR, or add an article to a project.

    Existing files are never replaced: if there are any, nothing is written.

    \b
    makebook new handouts
    makebook new --article sleep-and-worry
    """  # noqa: D301 - Click reads the character
    from press.setup.new import BadName, new_article, new_project

    today = date.today()  # noqa: DTZ011 - the author's own day
    if (folder is None) == (article is None):
        hint = "run makebook new handouts, or makebook new --article sleep-and-worry"
        raise click.UsageError(f"give either a new folder or --article NAME\n    hint: {hint}")
    try:
        if folder is not None:
            lines = new_project(folder, today)
        else:
            lines = new_article(project.resolve(), project, article or "", today)
    except BadName as error:
        raise _wrong_use(error) from None
    for line in lines:
        _say(line)


@cli.command("import")
@click.argument(
    "files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@click.option(
    "--project",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Project to add the articles to; default: this folder.",
)
def import_command(files: Sequence[Path], project: Path) -> None:
    """Turn documents into articles: .docx, .html, .txt and, with Pandoc or LibreOffice, .odt, .rtf.

    Each FILE becomes source/NAME.md, with its pictures in source/images/. Existing files are never
    replaced, and nothing is fetched from the web. What was not understood is marked and listed.

    \b
    makebook import leaflet.docx
    makebook import --project handouts page.html notes.txt
    """  # noqa: D301 - Click reads the character
    from press.importing.run import import_file
    from press.setup.new import BadName

    failed: list[Problem] = []
    for file in files:
        try:
            lines, problems = import_file(file, project.resolve(), project)
        except BadName as error:
            raise _wrong_use(error) from None
        except ProblemsError as error:
            failed += error.problems
            continue
        _print_problems(problems)
        for line in lines:
            _say(line)
    if failed:
        raise ProblemsError(failed)


@cli.command("fetch")
@click.argument("article", shell_complete=_names(_articles))
@click.option(
    "--project",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Project of the article; default: this folder.",
)
def fetch_command(project: Path, article: str) -> None:
    """Bring the pictures that an article shows from the web into source/images.

    Each is saved under a plain name, its address is kept in source/images/sources.toml, and the
    article gets the path in place of the address. Only https is used.

    \b
    makebook fetch sleep
    """  # noqa: D301 - Click reads the character
    from press.setup.download import Network
    from press.setup.fetch import fetch

    problems: list[Problem] = []
    try:
        for line in fetch(project.resolve(), article, Network(), problems):
            click.echo(visible(line))
    except UnknownName as error:
        raise _wrong_use(error) from None
    if problems:
        raise ProblemsError(problems)


@cli.command("cite")
@click.argument("entries", nargs=-1, metavar="[FILE|DOI|PMID]...")
@click.option("--article", default="", metavar="NAME", shell_complete=_names(_articles),
              help="The article whose bibliography is meant.")  # fmt: skip
@click.option("--online", is_flag=True, help="Look up DOIs and PMIDs on the web.")
@click.option(
    "--project",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Project of the bibliography; default: this folder.",
)
def cite_command(project: Path, entries: Sequence[str], article: str, online: bool) -> None:
    """Add entries to the bibliography, or list it with the places that cite each entry.

    FILE is .nbib, .ris, .bib, .json, or .yaml. The entries are added at the end of the article's
    or the project's bibliography, in its own format. Those that it has already are left out.

    \b
    makebook cite
    makebook cite pubmed.nbib
    makebook cite 10.1038/npp.2013.150 --online
    """  # noqa: D301 - Click reads the character
    from press.citing.run import add, failed, list_entries
    from press.setup.download import Network

    root = project.resolve()
    try:
        if entries:
            outcome = add(root, entries, article, Network() if online else None)
        else:
            outcome = list_entries(root, article)
    except Refused as error:
        raise _wrong_use(error) from None
    _print_problems(outcome.problems)
    for line in outcome.lines:
        click.echo(visible(line))
    sys.exit(1 if failed(outcome) else 0)


@cli.command("doctor")
@_project_options
def doctor_command(project: Path, output: Path | None) -> None:
    """List what makebook uses on this machine, and how to install what is missing."""
    from press.setup.doctor import examine, healthy, report_lines

    folder = _outputs(project, output)
    findings = examine(project.resolve(), folder.resolve())
    for line in report_lines(findings):
        _say(line)
    sys.exit(0 if healthy(findings) else 3)


@cli.command("clean")
@_project_options
@click.option(
    "--leftovers", is_flag=True, help="Remove only files that the project no longer makes."
)
@click.option("--dry-run", is_flag=True, help="List what would be removed, and remove nothing.")
@click.option(
    "--cache",
    is_flag=False,
    flag_value="",
    metavar="[DIR]",
    help="Trim the cache instead of the outputs; default: the variable MAKEBOOK_CACHE.",
)
@click.option(
    "--older-than",
    "days",
    type=_Number(0),
    metavar="DAYS",
    help="With --cache, remove only what no build has used for DAYS days.",
)
def clean_command(
    project: Path,
    output: Path | None,
    leftovers: bool,
    dry_run: bool,
    cache: str | None,
    days: int | None,
) -> None:
    """Remove the files that makebook built, and nothing else.

    Files that makebook did not make, or that were changed after the build, are kept and listed.

    \b
    makebook clean
    makebook clean --leftovers
    makebook clean --cache --older-than 90
    """  # noqa: D301 - Click reads the character
    from press.build.cleanup import report_lines, sweep
    from press.build.manifest import record_withdrawn
    from press.source.project import FILE

    if cache is not None or days is not None:
        _trim(cache, days or 0, dry_run=dry_run)
        return
    folder = _outputs(project, output)
    if output is None and not (project / FILE).is_file():
        hint = "go to a project folder, or name it with --project, or its outputs with --output"
        raise click.UsageError(f"there is no {FILE} in {project.resolve()}\n    hint: {hint}")

    def waiting() -> None:
        _say(f"a build is running in {folder}; waiting for it to finish", err=True)

    with locked(folder.resolve(), waiting):
        if not leftovers and not dry_run:
            record_withdrawn(project.resolve(), folder.resolve())
        swept = sweep(folder, leftovers=leftovers, dry_run=dry_run)
    for line in report_lines(swept, folder, dry_run=dry_run):
        _say(line)
    if swept.failed:
        raise ProblemsError(swept.failed)


def _trim(cache: str | None, days: int, *, dry_run: bool) -> None:
    """Remove from a cache what no build has used for so many days."""
    from press.build.cache import trim

    cache = cache or os.environ.get("MAKEBOOK_CACHE")
    if not cache:
        hint = "run makebook clean --cache DIR --older-than 90, or set MAKEBOOK_CACHE"
        raise click.UsageError(f"name the folder of the cache\n    hint: {hint}")
    folder = Path(cache)
    try:
        trimmed = trim(folder, days, dry_run=dry_run)
    except OSError as error:
        hint = "name the folder that builds use with --cache, and see that you may read it"
        message = f"the cache cannot be read: {error.strerror or error}"
        raise ProblemsError([Problem("SYS002", Span(visible(cache)), message, hint)]) from None
    for line in trimmed.lines(folder, dry_run=dry_run):
        _say(line)
    if trimmed.failed:
        raise ProblemsError(trimmed.failed)


def _failed(error: Exception) -> int:
    """Report a failure of the system, or a fault of makebook itself; return the exit status."""
    if not isinstance(error, OSError):
        from press.core.faults import unforeseen

        _print_problems([unforeseen(error, "running this command", Span("makebook"))])
        return 1
    name = f"{error.filename}: " if error.filename else ""
    _say(f"{name}error SYS002: {error.strerror or error}", err=True)
    if error.errno == errno.ENOSPC and not name:  # nothing more can be printed
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 3


def _end_problem(end: watch.Exceeded) -> Problem:
    """Say which file took more time or memory than it may (LIM002)."""
    root = gate.state()[0] or str(Path.cwd())
    inside = end.file.startswith(root + os.sep)
    file = os.path.relpath(end.file, root) if inside else end.file
    message = f"reading it took more than {end.allowed.words(end.name)}"
    hint = "divide or simplify the file, or take it out of the project"
    return Problem("LIM002", Span(visible(file) or "makebook"), message, hint)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line. Each failure ends in a message and a status.

    A fault of makebook itself ends in a problem (BUG001) with a report for its developers.
    """
    quiet.warnings_and_logs()
    heard = [number for number in ENDS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, interrupt) for number in heard}
    try:
        watch.begin()
        alone = arguments is None  # this process is for the command, and for nothing else
        sys.exit(cli.main(arguments, "makebook", standalone_mode=False, obj=alone))
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.ClickException as wrong:
        text = io.StringIO()
        wrong.show(text)
        _say_lines(text.getvalue().rstrip("\n"), err=True)
        sys.exit(wrong.exit_code)
    except ProblemsError as error:
        _print_problems(error.problems)
        codes = {problem.code for problem in error.problems if problem.severity == ERROR}
        machine = any(code.startswith(_MACHINE) for code in codes)
        sys.exit(3 if machine else 2 if codes == {"CFG001"} else 1)
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "interrupted; every file in the output folder is complete, from this build or an "
            "earlier one",
            err=True,
        )
        # Python started with -m notes an interrupt within exec or eval of text (as a dataclass
        # uses it), and would then end by SIGINT instead of this status. Another eval clears that.
        eval("0")  # noqa: S307
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        _print_problems([_end_problem(watch.short_of_memory())])
        sys.exit(1)
    except Exception as error:  # noqa: BLE001 - no traceback reaches the author
        sys.exit(_failed(error))
    finally:
        watch.end()
        for number, handler in before.items():
            if signal.getsignal(number) == interrupt:
                signal.signal(number, handler)
