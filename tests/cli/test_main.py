"""The frame of the command line: what it lists, what it imports, and what becomes of errors."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click
import pytest

import tradekit
from tradekit.cli import main as frame
from tradekit.cli.main import COMMANDS, main

COMMAND = """
import errno
import os
import sys

import click

from tradekit import DataError


@click.command()
@click.argument("how", required=False)
@click.option("--deep", is_flag=True)
@click.pass_context
def command(ctx, how, deep):
    "Fail in a chosen way."
    match how:
        case "data":
            raise DataError("no bars for 'X'")
        case "bug":
            raise ZeroDivisionError("division\\nby zero")
        case "interrupt":
            raise KeyboardInterrupt
        case "abort":
            raise click.Abort
        case "connection":
            raise BrokenPipeError("the venue hung up")
        case "full":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "equity.parquet")
        case "no":
            ctx.exit(1)
        case "flood":
            while True:
                print("x" * 1000)
        case "wait":
            print("ready", flush=True)
            sys.stdin.read()
    click.echo("done")
"""


def fail(site, capsys, *arguments: str) -> tuple[int, str]:
    """Run the command that fails, and return its exit code and what it wrote to standard error."""
    site.install("acme", COMMAND, is_plugin=False, commands={"fail": "acme:command"})
    code = main(["fail", *arguments])
    return code, capsys.readouterr().err


@contextmanager
def started(code: str, *path: object, **more: str) -> Iterator[subprocess.Popen]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*path, *sys.path))), **more}
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=pipe, stdout=pipe, stderr=pipe, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finished(code: str, *path: object, **more: str) -> tuple[str, str, int]:
    with started(code, *path, **more) as process:
        return (*process.communicate(), process.returncode)


def entry_code(*arguments: str) -> str:
    return f"import sys; sys.argv = {['tradekit', *arguments]!r}; from tradekit.cli.main import entry; entry()"


def test_version_prints_it(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"tradekit {tradekit.__version__}\n"


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_builtin_commands_and_those_of_packages(site, capsys, flag):
    site.install("acme", "raise ValueError", is_plugin=False, commands={"scan": "acme:scan", "audit": "acme:audit"})
    site.install("beta", "raise ValueError", is_plugin=False, commands={"scan": "beta:scan"})
    assert main([flag]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert [line.split()[0] for line in lines[lines.index("Commands:") + 1 :][: len(COMMANDS)]] == list(COMMANDS)
    assert lines[lines.index("Commands from plugins:") + 1 :] == [
        "audit  (from package acme)",
        "scan   (from package acme and beta)",
    ]


def test_help_without_packages_has_no_section_for_them(site, capsys):
    main(["--help"])
    assert "plugins:" not in capsys.readouterr().out


def test_no_arguments_print_help_and_are_a_usage_error(capsys):
    assert main([]) == 2
    assert "Commands:" in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_table_of_commands_leads_to_a_command_of_that_name(name):
    module, _, attribute = COMMANDS[name][0].partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.name == name


def test_unknown_command_names_the_nearest(capsys):
    assert main(["plugin"]) == 2
    assert capsys.readouterr().err == (
        "error: no such command 'plugin'; did you mean 'plugins'?\n"
        "usage: tradekit [OPTIONS] COMMAND [ARGS]...\n"
        "'tradekit --help' tells more\n"
    )


def test_unknown_command_names_the_nearest_of_a_package(site, capsys):
    site.install("acme", COMMAND, is_plugin=False, commands={"scan": "acme:command"})
    main(["scam"])
    assert "did you mean 'scan'?" in capsys.readouterr().err


def test_package_command_runs(site, capsys):
    site.install("acme", COMMAND, is_plugin=False, commands={"scan": "acme:command"})
    assert main(["scan"]) == 0
    assert capsys.readouterr().out == "done\n"


def test_package_command_left_out_is_unknown(site, capsys, monkeypatch):
    site.install("acme", COMMAND, is_plugin=False, commands={"scan": "acme:command"})
    monkeypatch.setenv("TRADEKIT_PLUGINS", "")
    assert main(["scan"]) == 2


def test_package_command_that_fails_to_import_says_why(site, capsys):
    site.install("acme", "import module_that_is_not_there", is_plugin=False, commands={"scan": "acme:command"})
    assert main(["scan"]) == 3
    error = capsys.readouterr().err
    assert error.startswith(
        "error: command 'scan' of package 'acme' 1.0 could not be loaded: "
        "ModuleNotFoundError: No module named 'module_that_is_not_there' ("
    )
    assert error.count("\n") == 1


def test_package_command_that_is_no_command_says_so(site, capsys):
    site.install("acme", "command = 5", is_plugin=False, commands={"scan": "acme:command"})
    assert main(["scan"]) == 3
    assert capsys.readouterr().err == "error: command 'scan' of package 'acme' 1.0 is 5; expected a click command or group\n"


def test_command_of_two_packages_names_both(site, capsys):
    site.install("acme", COMMAND, is_plugin=False, commands={"scan": "acme:command"})
    site.install("beta", COMMAND, is_plugin=False, commands={"scan": "beta:command"})
    assert main(["scan"]) == 3
    assert capsys.readouterr().err == (
        "error: package 'beta' 1.0 provides command 'scan', and so does package 'acme' 1.0; "
        "uninstall one of them, or name the packages to load in TRADEKIT_PLUGINS\n"
    )


def test_command_of_a_package_under_a_builtin_name_names_both(site, capsys):
    site.install("acme", COMMAND, is_plugin=False, commands={"plugins": "acme:command"})
    assert main(["plugins"]) == 3
    assert "package 'acme' 1.0 provides command 'plugins', and so does package 'tradekit' " in capsys.readouterr().err


def test_tradekit_error_is_one_line_with_its_exit_code(site, capsys):
    assert fail(site, capsys, "data") == (4, "error: no bars for 'X'\n")


def test_command_that_exits_keeps_its_code(site, capsys):
    assert fail(site, capsys, "no") == (1, "")


def test_bug_is_one_line_with_the_way_to_the_traceback(site, capsys):
    assert fail(site, capsys, "bug") == (
        70,
        "error: this is a bug in tradekit or a plugin: ZeroDivisionError: division by zero; "
        "to see where, run: tradekit --debug fail bug\n",
    )


def test_debug_shows_the_traceback_of_a_bug_and_of_a_mistake(site, capsys):
    site.install("acme", COMMAND, is_plugin=False, commands={"fail": "acme:command"})
    assert main(["--debug", "fail", "bug"]) == 70
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert "to see where" not in error
    assert main(["--debug", "fail", "data"]) == 4
    error = capsys.readouterr().err
    assert "Traceback (most recent call last)" in error
    assert error.endswith("error: no bars for 'X'\n")


@pytest.mark.parametrize("how", ["interrupt", "abort"])
def test_interrupt_exits_130(site, capsys, how):
    assert fail(site, capsys, how) == (130, "interrupted\n")


def test_broken_connection_is_not_taken_for_a_closed_pipe(site, capsys):
    code, error = fail(site, capsys, "connection")
    assert code == 70
    assert "BrokenPipeError: the venue hung up" in error


def test_full_disk_is_no_bug(site, capsys):
    assert fail(site, capsys, "full") == (1, "error: no space left on device\n")


def test_wrong_option_is_a_usage_error(site, capsys):
    code, error = fail(site, capsys, "--depe")
    assert code == 2
    assert error.startswith("error: no such option")
    assert "--deep" in error
    assert "\nusage: tradekit fail [OPTIONS] [HOW]\n'tradekit fail --help' tells more\n" in error


def test_wrong_list_of_packages_is_told_by_help_too(capsys, monkeypatch):
    monkeypatch.setenv("TRADEKIT_PLUGINS", "nope")
    assert main(["--help"]) == 3
    assert "TRADEKIT_PLUGINS names 'nope'" in capsys.readouterr().err


HEAVY = "{'numpy', 'pydantic', 'pluggy', 'rich', 'pandas', 'pyarrow', 'acme', 'tradekit.plugin.contracts'}"


@pytest.mark.parametrize(
    ("arguments", "environment", "expected"),
    [
        (["--version"], {}, "tradekit 0"),
        (["--help"], {}, "(from package acme)"),
        (["nope"], {}, ""),
        ([], {"_TRADEKIT_COMPLETE": "zsh_source"}, "compdef"),
        ([], {"_TRADEKIT_COMPLETE": "zsh_complete", "COMP_WORDS": "tradekit ", "COMP_CWORD": "1"}, "scan"),
        ([], {"_TRADEKIT_COMPLETE": "zsh_complete", "COMP_WORDS": "tradekit plugins --", "COMP_CWORD": "2"}, "--kind"),
        ([], {"_TRADEKIT_COMPLETE": "zsh_complete", "COMP_WORDS": "tradekit plugins sh", "COMP_CWORD": "2"}, "show"),
    ],
)
def test_help_version_and_completion_import_nothing_heavy(site, arguments, environment, expected):
    site.install("acme", COMMAND, commands={"scan": "acme:command"})
    code = (
        f"import atexit, sys; atexit.register(lambda: print('heavy', sorted({HEAVY} & set(sys.modules)))); {entry_code(*arguments)}"
    )
    output, error, _ = finished(code, site.folder, **environment)
    assert output.endswith("heavy []\n"), error
    assert expected in output


def test_version_reads_no_entry_points():
    code = f"import atexit, sys; atexit.register(lambda: print('importlib.metadata' in sys.modules)); {entry_code('--version')}"
    output, _, _ = finished(code)
    assert output.endswith("False\n")


def test_completion_offers_each_command_with_its_line(site):
    site.install("acme", COMMAND, commands={"rally": "acme:command"})
    words = {"_TRADEKIT_COMPLETE": "zsh_complete", "COMP_WORDS": "tradekit r", "COMP_CWORD": "1"}
    output, _, _ = finished(entry_code(), site.folder, **words)
    lines = output.split("\n")
    kinds, names, about = lines[:-1:3], lines[1::3], lines[2::3]
    offered = dict(zip(names, about, strict=True))
    assert set(kinds) == {"plain"}
    assert all(name.startswith("r") for name in names)
    assert {name: line for name, line in offered.items() if name in COMMANDS} == {
        name: line for name, (_, line) in COMMANDS.items() if name.startswith("r")
    }
    assert offered["rally"] == "(from package acme)"


def test_completion_with_a_wrong_list_of_packages_is_silent():
    words = {"_TRADEKIT_COMPLETE": "zsh_complete", "COMP_WORDS": "tradekit ", "COMP_CWORD": "1", "TRADEKIT_PLUGINS": "nope"}
    assert finished(entry_code(), **words) == ("", "", 3)


def test_closed_pipe_ends_quietly_with_141(site):
    site.install("acme", COMMAND, is_plugin=False, commands={"fail": "acme:command"})
    with started(entry_code("fail", "flood"), site.folder) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait() == 141


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM to send")
@pytest.mark.parametrize(("number", "code", "said"), [(signal.SIGTERM, 143, "terminated\n"), (signal.SIGINT, 130, "interrupted\n")])
def test_signal_ends_with_its_code(site, number, code, said):
    site.install("acme", COMMAND, is_plugin=False, commands={"fail": "acme:command"})
    with started(entry_code("fail", "wait"), site.folder) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        assert process.stderr.read() == said
        assert process.wait() == code


def test_terminated_is_handled_like_an_interrupt():
    with pytest.raises(KeyboardInterrupt):
        frame._terminate(15, None)
