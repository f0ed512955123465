"""A command."""

import click


@click.command("frozen")
@click.argument("folder")
def frozen(folder):
    """Tell what became of the orders of a run."""
    from tradekit import read_result

    result = read_result(folder)
    click.echo(f"{result.name}: {result.orders.num_rows} orders, {result.fills.num_rows} fills")
