"""`loyaltyd program diff`: what changes between two versions of a program."""

import json
import pathlib
from typing import Any

import click

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.trying.cases import Case
from loyaltyd.domain.trying.samples import samples
from loyaltyd.till.cases_file import cases_beside, cases_in
from loyaltyd.till.program_diff import diff_answer
from loyaltyd.till.program_file import program_of, program_text

FILE = click.Path(path_type=pathlib.Path)
SHOWN_MAX = 40  # of the baskets that differ; --json has them all


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE)
@click.option(
    "--baskets",
    type=FILE,
    help="A file of cases whose receipts are rung up under both, in place of all others.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of tables.")
def command(
    old: pathlib.Path, new: pathlib.Path, baskets: pathlib.Path | None, as_json: bool
) -> None:
    """Compare the programs in OLD and NEW.

    First what their texts say, key by key. Then what they give: receipts are rung up under both,
    and those that come to something else are shown with the rules that make the difference. They
    are those of --baskets; or else the cases beside OLD, and samples made of both programs' goods,
    amounts and hours.
    """
    texts = [program_text(path) for path in (old, new)]
    programs = [program_of(text, str(path)) for text, path in zip(texts, (old, new), strict=True)]
    before, after = programs
    cases = _cases(baskets or cases_beside(old), programs, asked=baskets is not None)
    answer = diff_answer((before, texts[0]), (after, texts[1]), cases)
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False))
    else:
        _print(answer)


def _cases(path: pathlib.Path, programs: list[Program], *, asked: bool) -> list[Case]:
    if asked:
        return list(cases_in(path, programs[0]))
    beside = cases_in(path, programs[0]) if path.exists() else ()
    return [*beside, *samples(programs)]


def _print(answer: dict[str, Any]) -> None:
    from loyaltyd.cli.tables import print_table, printable

    names = [printable(f"{it['id']} {it['version']}") for it in (answer["old"], answer["new"])]
    click.echo(f"program {' → '.join(names)}")
    rows = [row for change in answer["changes"] for row in _change_rows(change)]
    if rows:
        click.echo()
        print_table(("", "what", "key", "old", "new"), rows)
    differing, samples_of = answer["differing"], answer["samples"]
    click.echo(f"\n{len(differing)} of {samples_of} baskets come to something else")
    if differing:
        rows = [_basket_row(it) for it in differing[:SHOWN_MAX]]
        print_table(("basket", "to pay", "now", "earned", "now", "rules"), rows)
    if len(differing) > SHOWN_MAX:
        click.echo(f"and {len(differing) - SHOWN_MAX} more")


def _change_rows(change: dict[str, Any]) -> list[tuple[str, ...]]:
    what = f"{change['section']} {change['name']}".strip()
    if not change["keys"]:
        return [(change["what"], what, "", "", "")]
    return [(change["what"], what, it["key"], it["old"], it["new"]) for it in change["keys"]]


def _basket_row(pair: dict[str, Any]) -> tuple[str, ...]:
    old, new = pair["old"], pair["new"]
    rules = ", ".join(
        f"{it['rule']} {it['old'] or '-'} → {it['new'] or '-'}" for it in pair["rules"]
    )
    pays = [it.get("payable") or f"refused: {it['refused']}" for it in (old, new)]
    return (pair["basket"], *pays, *(_earned(it) for it in (old, new)), rules)


def _earned(side: dict[str, Any]) -> str:
    return ", ".join(f"{wallet} {amount}" for wallet, amount in side.get("earned", {}).items())
