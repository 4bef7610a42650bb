"""The table [link]: what a till needs to reach headquarters, and what is refused there."""

import datetime as dt
import pathlib

import pytest

from loyaltyd.config import Settings, load
from loyaltyd.domain.errors import ConfigError
from loyaltyd.link.spool import BATCH, REFUSAL, Spool, place_name

TILL = '[till]\nchain = "zelenka"\nstore = "msk-017"\ntill = "3"\n'
LINK = TILL + '[link]\nhq_key = "hq.pub"\n'


def loaded(folder: pathlib.Path, text: str) -> Settings:
    path = folder / "till.toml"
    path.write_text(text)
    return load(path, environment={}, overrides={})


def fault(folder: pathlib.Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_till_without_the_table_is_its_own_headquarters(tmp_path: pathlib.Path) -> None:
    settings = loaded(tmp_path, TILL)
    assert settings.link is None
    assert not [line for line in settings.shown() if line.key.startswith("link")]


def test_a_link_needs_the_key_that_is_believed_and_nothing_else(tmp_path: pathlib.Path) -> None:
    link = loaded(tmp_path, LINK).link
    assert link is not None
    assert link.hq_key == tmp_path / "hq.pub"
    assert link.folder == pathlib.Path("/var/spool/loyaltyd")
    assert (link.url, link.every) == (None, dt.timedelta(seconds=30))
    assert fault(tmp_path, TILL + "[link]\n") == "till.toml:5: link.hq_key: is missing"


@pytest.mark.parametrize(
    "url",
    [
        "https://hq.example",
        "https://hq.example:8443/loyalty/",
        "https://[2001:db8::1]:8443",
        "http://127.0.0.1:8443",
        "http://[::1]:8443",
        "http://localhost:1",
    ],
)
def test_headquarters_is_reached_by_tls_or_on_this_machine(
    tmp_path: pathlib.Path, url: str
) -> None:
    link = loaded(tmp_path, f'{LINK}url = "{url}"\n').link
    assert link is not None
    assert link.url == url


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('url = "http://hq.example"', "url: must be https: plain http is for this machine alone"),
        ('url = "http://10.0.0.1"', "url: must be https: plain http is for this machine alone"),
        ('url = "hq.example"', 'url: must be an address such as "https://hq.example:8443"'),
        ('url = "ftp://hq"', 'url: must be an address such as "https://hq.example:8443"'),
        ('url = "https://"', 'url: must be an address such as "https://hq.example:8443"'),
        ('url = "https://h:99999"', 'url: must be an address such as "https://hq.example:8443"'),
        ('url = "https://h/?a"', 'url: must be an address such as "https://hq.example:8443"'),
        ('url = "https://me:x@hq"', "url: must hold no name and password: settings hold no"),
        ('every = "999ms"', "every: must be at least"),
        ('every = "61m"', "every: must be at most"),
        ('every = "1"', 'every: must be a span such as "3d", "12h", "30s" or "1.5s"'),
        ("folder = 1", "folder: must be the path of a file"),
        ('spool = "/x"', "spool: unknown key; allowed here: ca, certificate, certificate_key"),
    ],
)
def test_what_the_link_can_not_use_is_refused_with_its_key(
    tmp_path: pathlib.Path, line: str, said: str
) -> None:
    assert fault(tmp_path, f"{LINK}{line}\n").startswith(f"till.toml:7: link.{said}")


def test_a_certificate_goes_with_its_key(tmp_path: pathlib.Path) -> None:
    said = "till.toml:5: link: certificate and certificate_key go together"
    assert fault(tmp_path, f'{LINK}certificate = "till.pem"\n') == said
    assert fault(tmp_path, f'{LINK}certificate_key = "till.key"\n') == said


def test_each_setting_of_the_link_is_shown_with_its_line(tmp_path: pathlib.Path) -> None:
    shown = loaded(tmp_path, f'{LINK}every = "5m"\n').shown()
    told = {line.key: (line.value, line.source) for line in shown if "link." in line.key}
    assert told["link.every"] == ('"5m"', f"{tmp_path}/till.toml:7")
    assert told["link.folder"] == ('"/var/spool/loyaltyd"', "default")
    assert told["link.url"] == ("none", "default")


def test_the_longest_names_of_a_till_still_name_files_and_one_character_more_is_refused(
    tmp_path: pathlib.Path,
) -> None:
    names = (64 * "c", 64 * "s", 32 * "t")
    text = '[till]\nchain = "{}"\nstore = "{}"\ntill = "{}"\n'
    assert loaded(tmp_path, text.format(*names)).till.till == names[2]
    last = 999_999_999_999
    longest = f"{place_name(*names)}{16 * 'e'}_{last}-{last}{BATCH}{REFUSAL}"
    Spool(tmp_path).into.put(longest, b"there")
    assert Spool(tmp_path).into.read(longest, 5) == b"there"
    assert fault(tmp_path, text.format(*names[:2], 33 * "t")) == (
        "till.toml:1: till: chain, store and till have together at most 160 characters"
    )
