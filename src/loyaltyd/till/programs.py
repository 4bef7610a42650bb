"""The programs that a till knows: the one on its disk, and all that its records name."""

from loyaltyd.domain.engine.program import Program
from loyaltyd.domain.errors import ConfigError
from loyaltyd.store.ledger import Ledger
from loyaltyd.store.programs import KeptProgram
from loyaltyd.till.program_file import program_of


def keep_programs(ledger: Ledger, text: str, file: str) -> tuple[Program, ...]:
    """Put the program of that file into the ledger; return all that the ledger knows, by version.

    ConfigError when it can't be read, changes the till's currency or a wallet's scale, or is an
    older version with another text.
    """
    program = program_of(text, file)
    kept = ledger.read(lambda view: view.programs()).result()
    known = [program_of(it.body, f"{it.id} {it.version}") for it in kept]
    for other in known:
        _check(program, other, file)
    if all(other.hash != program.hash for other in known):
        fresh = KeptProgram(
            hash=program.hash,
            id=program.id,
            version=program.version,
            starts=program.starts,
            body=text,
        )
        ledger.write(lambda tx: tx.keep_program(fresh)).result()
        known.append(program)
    return tuple(sorted(known, key=lambda it: it.version))


def _check(program: Program, other: Program, file: str) -> None:
    if other.id != program.id:
        raise ConfigError(f"{file}: id: this till's ledger follows the program {other.id}")
    if other.version == program.version and other.hash != program.hash:
        raise ConfigError(
            f"{file}: version: version {other.version} is known with another content;"
            " a program that changes takes a new version"
        )
    if other.currency != program.currency:
        raise ConfigError(f"{file}: currency: this till's program keeps {other.currency} for life")
    for wallet in program.wallets:
        before = other.wallet(wallet.id)
        # The ledger holds whole units: 50.00 points of two decimals would become 5000 of none.
        if before is not None and before.scale != wallet.scale:
            raise ConfigError(
                f"{file}: wallets.{wallet.id}.scale: the wallet keeps its scale"
                f" {before.scale} for life; another one needs another wallet"
            )
