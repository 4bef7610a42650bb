from __future__ import annotations

from pathlib import Path

from tests.cli.commands import PROGRAM, told, written_config


def test_settings_and_program_that_are_fit_are_ok(tmp_path: Path) -> None:
    reader = 'name = "counter"\ndriver = "serial"\ndevice = "scanner"\nprofile = "barcode"\n'
    result = told("check-config", "--config", written_config(tmp_path, f"[[readers]]\n{reader}"))
    assert result.exit_code == 0
    assert result.output == (
        "OK  till zelenka msk-017-3  1 reader  program zelenka 12, from 2026-11-01\n"
    )


def test_each_fault_is_a_line_with_its_place_and_the_exit_is_78(tmp_path: Path) -> None:
    config = written_config(tmp_path, '[api]\nlisten = "0.0.0.0:1"\nsoket = "x"\n')
    result = told("check-config", "--config", config)
    assert (result.exit_code, result.stdout) == (78, "")
    first, second = result.stderr.splitlines()
    assert first.startswith(f"{config}:11: api.listen: must be on loopback")
    assert second == f'{config}:12: api.soket: unknown key; did you mean "socket"?'


def test_a_program_that_cant_be_obeyed_is_found_before_the_start(tmp_path: Path) -> None:
    program = tmp_path / "program.toml"
    program.write_text(PROGRAM.read_text().replace("scale = 2", 'scale = "2"', 1))
    result = told("check-config", "--config", written_config(tmp_path, program=program))
    line = program.read_text().splitlines().index('scale = "2"') + 1
    assert result.exit_code == 78
    assert result.stderr == f"{program}:{line}: wallets.bonus.scale: must be a whole number\n"


def test_a_token_file_and_a_chain_key_that_stop_a_start_are_found_before_it(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("pos commit nothash\n")
    (tmp_path / "tokens").chmod(0o600)
    for extra, said in (
        ('[api]\ntokens = "tokens"\n', "tokens:1: must be NAME SCOPES HASH"),
        ('[keys]\nchain = "none.key"\n', "none.key: the key can't be read: No such file"),
        ('[link]\nhq_key = "hq.pub"\n', "hq.pub: the key can't be read: there is no such file"),
        ('[link]\nhq_key = "tokens"\n', "tokens: is not headquarters' key: `loyaltyd hq pub`"),
    ):
        result = told("check-config", "--config", written_config(tmp_path, extra))
        assert result.exit_code == 78
        assert said in result.stderr
