"""The command line's frame: which commands there are, and what becomes of an error.

Exit codes: those of `tradekit.errors`, and 1 for a full disk, 2 for a wrong command line, 70 for a bug, 130 for Ctrl-C, 141 when
the reader of a pipe has gone, as of a process that the signal killed, and 143 for SIGTERM. A command ends with another code by
`ctx.exit(code)`.
"""

from __future__ import annotations

import errno
import os
import select
import shlex
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import NoReturn

import click

from tradekit import __version__
from tradekit.errors import PluginError, TradekitError, nearest
from tradekit.plugin.packages import KERNEL, Package, clash_message, installed, load

__all__ = ["COMMANDS", "Terminated", "cli", "entry", "main"]

COMMANDS = {
    "run": ("tradekit.cli.run:run_command", "Run a run file, print the result and keep it."),
    "check": ("tradekit.cli.check:check_command", "Check a run file and what it needs; run nothing."),
    "sweep": ("tradekit.cli.sweep:sweep_command", "Run a run file with many settings, and rank them."),
    "lookahead": ("tradekit.cli.lookahead:lookahead_command", "Prove that no decision depends on what comes after it."),
    "snapshot": ("tradekit.cli.snapshot:snapshot_command", "Record what a run decides, or find what has changed."),
    "replay": ("tradekit.cli.replay:replay_command", "Find out why a run on live data differs from the backtest."),
    "init": ("tradekit.cli.init:init_command", "Make a working project to start from."),
    "new": ("tradekit.cli.new:new_command", "Make a plugin package to start from."),
    "status": ("tradekit.cli.accounts:status_command", "Show what a live account holds, and what is at the venue."),
    "halt": ("tradekit.cli.accounts:halt_command", "Stop new risk in a live account."),
    "resume": ("tradekit.cli.accounts:resume_command", "Allow new risk in a live account again."),
    "flatten": ("tradekit.cli.accounts:flatten_command", "Halt a live account, and close its positions."),
    "runs": ("tradekit.cli.runs:runs_group", "List, show and compare finished runs."),
    "data": ("tradekit.cli.data.group:data_group", "Keep market data: import, fetch, check, resample and export it."),
    "plugins": ("tradekit.cli.plugins:plugins_group", "List what is installed, and show its options."),
    "doctor": ("tradekit.cli.doctor:doctor_command", "Say what is wrong with this installation."),
}
"""The built-in commands: where each lives, so that it is imported only when it is called, and its line in `--help`."""


class Terminated(KeyboardInterrupt):
    """SIGTERM came; whatever puts things in order on Ctrl-C does so on this too."""


class CommandGroup(click.Group):
    """The built-in commands and those of installed packages, none of which is imported before it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - the signature is click's
        """Return the names of all commands, the built-in ones first."""
        return [*COMMANDS, *(name for name in sorted(_providers()) if name not in COMMANDS)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - the signature is click's
        """Import a command. Raises `PluginError` for one that several packages provide, or that can't be imported."""
        # A list of packages with a slip in it stops every command but the one that says what is wrong.
        providers = [] if cmd_name == "doctor" else _providers().get(cmd_name, [])
        if cmd_name in COMMANDS:
            providers = [Package(KERNEL, __version__), *providers]
        if len(providers) > 1:
            *others, last = providers
            raise PluginError(f"{last} {clash_message(f'command {cmd_name!r}', others)}")
        if cmd_name in COMMANDS:
            module, _, attribute = COMMANDS[cmd_name][0].partition(":")
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return _load_command(cmd_name, providers[0]) if providers else None

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed, or name the nearest one."""
        command = self.get_command(ctx, args[0])
        if command is None and not ctx.resilient_parsing:
            raise click.UsageError(f"no such command {args[0]!r}{nearest(args[0], self.list_commands(ctx))}", ctx)
        return args[0], command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - the signature is click's
        """Write the commands of `--help`, from the table and from entry points alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])
        if providers := _providers():
            with formatter.section("Commands from plugins"):
                formatter.write_dl([(name, _origin(providers[name])) for name in sorted(providers)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[click.shell_completion.CompletionItem]:
        """Complete a command's name, or an option."""
        from click.shell_completion import CompletionItem

        lines = {name: line for name, (_, line) in COMMANDS.items()}
        lines |= {name: _origin(packages) for name, packages in _providers().items() if name not in COMMANDS}
        items = [CompletionItem(name, help=line) for name, line in lines.items() if name.startswith(incomplete)]
        return items + click.Command.shell_complete(self, ctx, incomplete)


def _providers() -> dict[str, list[Package]]:
    found: dict[str, list[Package]] = {}
    for package in installed().packages:
        for command in package.commands:
            found.setdefault(command.name, []).append(package)
    return found


def _origin(packages: Sequence[Package]) -> str:
    return f"(from package {' and '.join(package.name for package in packages)})"


def _load_command(name: str, package: Package) -> click.Command:
    entry_point = next(command for command in package.commands if command.name == name)
    try:
        command = load(entry_point)
    except PluginError as error:
        raise PluginError(f"command {name!r} of {package} could not be loaded: {error}") from error
    if not isinstance(command, click.Command):
        raise PluginError(f"command {name!r} of {package} is {command!r}; expected a click command or group")
    return command


@click.group(cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(__version__, prog_name="tradekit", message="%(prog)s %(version)s")
def cli(debug: bool) -> None:
    """Run trading strategies made of plugins on market data."""


def entry() -> NoReturn:
    """Be the console script `tradekit`."""
    signal.signal(signal.SIGTERM, _terminate)
    sys.exit(_complete() if "_TRADEKIT_COMPLETE" in os.environ else main(sys.argv[1:]))


def _terminate(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the signature is the signal module's
    raise Terminated


def _complete() -> int:
    from click.shell_completion import shell_complete

    try:
        return shell_complete(cli, {}, "tradekit", "_TRADEKIT_COMPLETE", os.environ["_TRADEKIT_COMPLETE"])
    except TradekitError as error:
        return error.exit_code  # a message would end up in the line that is being typed


def main(arguments: Sequence[str]) -> int:
    """Run one command line, without the program's name, and return its exit code. Errors go to standard error."""
    context = click.Context(cli)
    try:
        context = cli.make_context("tradekit", list(arguments))
        with context:
            cli.invoke(context)
        _flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except (Exception, KeyboardInterrupt, click.Abort) as error:  # noqa: BLE001 - the boundary: from here on it is a message
        if context.params.get("debug"):
            traceback.print_exception(error)
            return _report(error, "")
        return _report(error, "; to see where, run: " + shlex.join(["tradekit", "--debug", *arguments]))
    return 0


def _report(error: BaseException, hint: str) -> int:
    """Say what went wrong, in one line where it can be done, with a hint for a bug, and return the exit code."""
    if isinstance(error, Terminated):
        return _say("terminated", 143)
    if isinstance(error, KeyboardInterrupt | click.Abort):
        return _say("interrupted", 130)
    if isinstance(error, TradekitError):
        return _say("; ".join([f"error: {error}", *getattr(error, "__notes__", ())]), error.exit_code)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return _say(error.format_message(), error.exit_code)
    if isinstance(error, click.ClickException):
        return _say(_usage(error), error.exit_code)
    if isinstance(error, BrokenPipeError) and _pipe_is_closed():
        return 141
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return _say(f"error: {str(error.strerror).lower()}", 1)
    message = " ".join(f"{type(error).__name__}: {error}".split())
    return _say(f"error: this is a bug in tradekit or a plugin: {message}{hint}", 70)


def _say(message: str, exit_code: int) -> int:
    click.echo(message, err=True)
    return exit_code


def _usage(error: click.ClickException) -> str:
    """Put a message of click's into the form of ours, and add how the command is called."""
    message = error.format_message().rstrip(".")
    text = f"error: {message[:1].lower()}{message[1:]}"
    context = error.ctx if isinstance(error, click.UsageError) else None
    return (
        text
        if context is None
        else f"{text}\nusage: {context.get_usage().partition(' ')[2]}\n'{context.command_path} --help' tells more"
    )


def _flush() -> None:
    if sys.stdout is not None:  # it is, where the process was started without one
        sys.stdout.flush()


def _pipe_is_closed() -> bool:
    """Tell whether our own output broke, rather than some connection; if so, let go of it, so that nothing complains at exit."""
    closed = [output for output in (1, 2) if _has_no_reader(output)]
    for output in closed:
        os.dup2(os.open(os.devnull, os.O_WRONLY), output)
    return bool(closed)


def _has_no_reader(output: int) -> bool:
    if sys.platform == "win32":  # where a closed pipe is another error, and can't be asked
        return False
    poll = select.poll()
    poll.register(output, 0)
    return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))
