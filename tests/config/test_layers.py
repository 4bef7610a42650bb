"""A till's settings come from layers, and each fault says in which one to mend it."""

import os
import pathlib
import re
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loyaltyd.config import Listen, Settings, load
from loyaltyd.config.settings import CARDS
from loyaltyd.domain.errors import ConfigError
from loyaltyd.domain.toml import TEXT_BYTES_MAX

ROOT = pathlib.Path(__file__).parents[2]
GOOD = """[till]
chain = "zelenka"
store = "msk-017"
till = "3"
group = "main-hall"
timezone = "Europe/Moscow"
language = "ru"
[ledger]
path = "/var/lib/loyaltyd/ledger.db"
[keys]
till = "/etc/loyaltyd/keys/till.key"
chain = "/etc/loyaltyd/keys/chain.key"
[program]
path = "/etc/loyaltyd/program.toml"
[api]
listen = "127.0.0.1:8765"
socket = "/run/loyaltyd.sock"
origins = ["https://pos.example"]
hosts = ["till-3.example"]
at_window = "3d"
reservation_ttl = "10m"
rate = 50
tokens = "/etc/loyaltyd/tokens"
[[readers]]
name = "counter"
driver = "serial"
device = "/dev/serial/by-id/usb-Honeywell_1900-if00"
baud = 9600
profile = "barcode"
repeat_window = "1.5s"
[[readers]]
name = "swipe"
driver = "serial"
device = "/dev/loyalty/reader-msr"
profile = "magstripe"
[[readers]]
name = "tap"
driver = "pcsc"
match = "ACS ACR1252*"
profile = "contactless"
classic_sector = 1
classic_key = "/etc/loyaltyd/keys/classic.key"
classic_key_type = "B"
aid = "F04C4F59414C01"
file = "EF01"
[link]
folder = "/var/spool/loyaltyd"
hq_key = "/etc/loyaltyd/hq.pub"
url = "https://hq.example:8443"
every = "30s"
ca = "/etc/loyaltyd/hq-ca.pem"
certificate = "/etc/loyaltyd/till.pem"
certificate_key = "/etc/loyaltyd/till.pem.key"
"""
MINIMAL = '[till]\nchain = "zelenka"\nstore = "msk-017"\ntill = "3"\n'
KEY_LINES = [
    (number, line.split(" = ")[0])
    for number, line in enumerate(GOOD.splitlines(), start=1)
    if " = " in line
]
LONG_KEY_LINES = [(number, key) for number, key in KEY_LINES if len(key) > 2]


def _file(folder: pathlib.Path, text: str | bytes, name: str = "till.toml") -> pathlib.Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def _loaded(
    path: pathlib.Path,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> Settings:
    return load(path, environment=environment or {}, overrides=overrides or {})


def _faults(
    path: pathlib.Path,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        _loaded(path, environment, overrides)
    return str(caught.value).replace(f"{path.parent}{os.sep}", "").split("\n")


def test_every_key_that_is_built_loads_and_is_shown_with_its_line(tmp_path: pathlib.Path) -> None:
    path = _file(tmp_path, GOOD)
    shown = _loaded(path).shown()
    from_file = {f"{line.key.rpartition('.')[2]} {line.source}" for line in shown}
    assert {f"{key} {path}:{number}" for number, key in KEY_LINES} <= from_file
    assert [f"{line.key} = {line.value}" for line in shown if line.source == "default"] == [
        "readers.swipe.baud = 9600",
        'readers.swipe.repeat_window = "1500ms"',
        'readers.tap.repeat_window = "1500ms"',
    ]


@pytest.mark.parametrize(("line", "key"), LONG_KEY_LINES)
def test_a_typo_is_named_with_file_line_key_and_nearest(
    tmp_path: pathlib.Path, line: int, key: str
) -> None:
    typo = key[0] + key[2] + key[1] + key[3:]  # two letters swapped
    lines = GOOD.splitlines(keepends=True)
    lines[line - 1] = lines[line - 1].replace(key, typo, 1)
    faults = _faults(_file(tmp_path, "".join(lines)))
    pattern = rf'till\.toml:{line}: .*\.{typo}: unknown key; did you mean "{key}"\?'
    assert any(re.fullmatch(pattern, fault) for fault in faults), faults


@pytest.mark.parametrize("table", ["till", "ledger", "keys", "program", "api", "readers", "link"])
def test_a_typo_in_a_table_is_named_too(tmp_path: pathlib.Path, table: str) -> None:
    text = GOOD.replace(f"[{table}]", f"[{table}z]")
    line = text[: text.index(f"{table}z]")].count("\n") + 1
    fault = f'till.toml:{line}: {table}z: unknown key; did you mean "{table}"?'
    assert fault in _faults(_file(tmp_path, text))


READER = '[[readers]]\nname = "tap"\n'
TAP = READER + 'driver = "pcsc"\nprofile = "contactless"\n'
SCAN = READER + 'driver = "serial"\ndevice = "/dev/x"\nprofile = "barcode"\n'
READER_FAULTS = [
    (TAP + 'device = "/dev/x"\n', 'driver "pcsc" has no device: match says which card reader'),
    (TAP.replace("contactless", "barcode"), 'driver "pcsc" needs profile "contactless"'),
    (TAP.replace("pcsc", "replay"), 'driver "replay" needs a device'),
    (SCAN + 'match = "ACS*"\n', 'driver "serial" has no match: device says which'),
    (SCAN.replace("barcode", CARDS), 'profile "contactless" needs driver "pcsc" or "replay"'),
    (SCAN + 'file = "EF01"\n', 'file: only profile "contactless" has this'),
    (TAP + "classic_sector = 1\n", "classic_sector and classic_key go together"),
    (TAP + 'classic_key = "k"\n', "classic_sector and classic_key go together"),
    (TAP + 'aid = "F04C4F59414C01"\n', "aid and file go together: the number is in a file of an"),
    (TAP + 'file = "EF01"\n', "aid and file go together"),
    (TAP + "classic_sector = 40\n", "classic_sector: must be at most 39"),
    (TAP + 'classic_key_type = "C"\n', 'classic_key_type: must be "A" or "B"'),
    (TAP + 'file = "EF0"\n', 'file: must be 2 bytes in hex such as "EF01"'),
    (TAP + 'aid = "F0"\n', 'aid: must be 5 to 16 bytes in hex such as "F04C4F59414C01"'),
    (TAP + 'aid = "a0000000041010"\n', "aid: is an application of Mastercard, and bank cards are"),
    (TAP + 'match = ""\n', "match: must be a card reader's name, with * for any characters"),
    (TAP + TAP.replace("tap", "tip"), 'match: is the match of reader "tap"'),
    (SCAN + SCAN.replace("tap", "tip"), 'device: is the device of reader "tap"'),
]


@pytest.mark.parametrize(("text", "fault"), READER_FAULTS)
def test_what_does_not_fit_a_reader_is_said(tmp_path: pathlib.Path, text: str, fault: str) -> None:
    faults = _faults(_file(tmp_path, MINIMAL + text))
    assert any(fault in said for said in faults), faults


def test_a_card_reader_needs_no_more_than_its_driver(tmp_path: pathlib.Path) -> None:
    (reader,) = _loaded(_file(tmp_path, MINIMAL + TAP)).readers
    assert (reader.match, reader.device, reader.aid) == ("*", "", None)
    assert not reader.has("baud")
    assert reader.has("match")


@pytest.mark.parametrize("name", ["loyaltyd.toml", "demo.toml"])
def test_the_files_that_come_with_it_load(name: str) -> None:
    assert _loaded(ROOT / "config" / name).till.chain == "zelenka"


def test_the_demo_stays_in_its_folder_and_listens_where_its_page_is_announced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    demo = _loaded(pathlib.Path("config/demo.toml"), {}, {})
    assert demo.ledger.path == pathlib.Path(".demo/ledger.db")
    assert demo.till_key == pathlib.Path(".demo/till.key")
    assert demo.api.socket == pathlib.Path(".demo/loyaltyd.sock")
    assert demo.readers[0].device == ".demo/scanner"
    assert demo.program.path == pathlib.Path("config/demo-program.toml")
    assert demo.api.listen == Listen("127.0.0.1", 8765)


def test_the_later_layer_wins_and_is_named_as_the_source(tmp_path: pathlib.Path) -> None:
    path = _file(tmp_path, MINIMAL + "[api]\nrate = 1\n")
    expected = [("200", "default"), ("1", f"{path}:6")]
    first, second = _file(tmp_path, MINIMAL, "other.toml"), path
    seen = [_rate(first), _rate(second)]
    for name, rate in [("10-a.toml", 2), ("20-b.toml", 3)]:
        drop_in = _file(tmp_path, f"[api]\nrate = {rate}\n", f"conf.d/{name}")
        seen.append(_rate(path))
        expected.append((str(rate), f"{drop_in}:2"))
    seen.append(_rate(path, {"LOYALTYD_API__RATE": "4"}))
    seen.append(_rate(path, {"LOYALTYD_API__RATE": "4"}, {"api.rate": "5"}))
    assert seen == [*expected, ("4", "LOYALTYD_API__RATE"), ("5", "command line")]


def _rate(path: pathlib.Path, *layers: Mapping[str, str]) -> tuple[str, str]:
    (line,) = (line for line in _loaded(path, *layers).shown() if line.key == "api.rate")
    return line.value, line.source


def test_drop_ins_add_readers_and_other_files_are_left_alone(tmp_path: pathlib.Path) -> None:
    path = _file(tmp_path, MINIMAL + '[[readers]]\nname = "a"\ndriver = "serial"\n'
                 'device = "/dev/a"\nprofile = "barcode"\n')  # fmt: skip
    _file(tmp_path, '[[readers]]\nname = "b"\ndriver = "replay"\ndevice = "../b.capture"\n'
          'profile = "barcode"\n', "conf.d/b.toml")  # fmt: skip
    _file(tmp_path, "not toml", "conf.d/.hidden.toml")
    _file(tmp_path, "not toml", "conf.d/b.toml~")
    readers = _loaded(path, {"LOYALTYD_READERS__B__PROFILE": "magstripe"}).readers
    assert [(reader.name, reader.device, reader.profile) for reader in readers] == [
        ("a", "/dev/a", "barcode"),
        ("b", str(tmp_path / "b.capture"), "magstripe"),
    ]


def test_a_fault_in_a_drop_in_names_the_drop_in(tmp_path: pathlib.Path) -> None:
    path = _file(tmp_path, MINIMAL)
    _file(tmp_path, '\n[[readers]]\nname = "b"\nbaud = 9601\n', "conf.d/b.toml")
    assert _faults(path) == [
        'conf.d/b.toml:2: readers[1] "b".driver: is missing',
        'conf.d/b.toml:2: readers[1] "b".profile: is missing',
        (
            'conf.d/b.toml:4: readers[1] "b".baud: must be '
            "1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200"
        ),
    ]


def test_variables_and_flags_are_strings_where_strings_are_wanted(tmp_path: pathlib.Path) -> None:
    loaded = _loaded(
        _file(tmp_path, GOOD),
        {
            "LOYALTYD_TILL__TILL": "7",
            "LOYALTYD_API__ORIGINS": '["https://a.example"]',
            "LOYALTYD_LEDGER__PATH": "ledger.db",
            "PATH": "/bin",
        },
        {"api.listen": "[::1]:0", "api.tokens": "tokens", "readers.counter.repeat_window": "2s"},
    )
    assert loaded.till.till == "7"
    assert loaded.api.origins == ("https://a.example",)
    assert loaded.ledger.path == tmp_path / "ledger.db"
    assert loaded.api.tokens == pathlib.Path("tokens")
    assert str(loaded.api.listen) == "[::1]:0"
    assert loaded.readers[0].repeat_window.total_seconds() == 2


def test_faults_of_variables_and_flags_name_them(tmp_path: pathlib.Path) -> None:
    environment = {
        "LOYALTYD_API__LISTN": "127.0.0.1:1",
        "LOYALTYD_API__LISTEN": "0.0.0.0:8765",
        "LOYALTYD_API__RATE": "fast",
        "LOYALTYD_LINK__URL": "http://hq.example",
        "LOYALTYD_TILL__STORE": "\udcff",
    }
    overrides = {"till.timezone": "Europe/Moskow", "readers.countr.baud": "9600"}
    assert _faults(_file(tmp_path, GOOD), environment, overrides) == [
        (
            "LOYALTYD_API__LISTEN: api.listen: "
            'must be on loopback, such as "127.0.0.1:8765": other machines are refused'
        ),
        'LOYALTYD_API__LISTN: unknown key; did you mean "LOYALTYD_API__LISTEN"?',
        "LOYALTYD_API__RATE: api.rate: must be a whole number",
        "LOYALTYD_LINK__URL: link.url: must be https: plain http is for this machine alone",
        "LOYALTYD_TILL__STORE: is not UTF-8 text",
        'command line: readers.countr.baud: unknown key; did you mean "readers.counter.baud"?',
        (
            "command line: till.timezone: "
            'must be a time zone such as "Europe/Moscow"; did you mean "Europe/Moscow"?'
        ),
    ]


def test_two_readers_share_neither_name_nor_device(tmp_path: pathlib.Path) -> None:
    text = GOOD.replace('"swipe"', '"Counter"').replace(
        "/dev/loyalty/reader-msr", "/dev/serial/by-id/usb-Honeywell_1900-if00"
    )
    assert _faults(_file(tmp_path, text)) == [
        'till.toml:32: readers[2] "Counter".name: is the name of an earlier reader',
        'till.toml:34: readers[2] "Counter".device: is the device of reader "counter"',
    ]


def test_a_socket_path_fits_into_its_address_or_is_refused(tmp_path: pathlib.Path) -> None:
    path = _file(tmp_path, MINIMAL)
    fitting = "/" + "s" * 106
    assert str(_loaded(path, {"LOYALTYD_API__SOCKET": fitting}).api.socket) == fitting
    assert _faults(path, {"LOYALTYD_API__SOCKET": fitting + "s"}) == [
        "LOYALTYD_API__SOCKET: api.socket: has 108 bytes, and a socket's path at most 107"
    ]


def test_keys_are_beside_the_ledger_unless_they_are_set(tmp_path: pathlib.Path) -> None:
    made = _loaded(_file(tmp_path, MINIMAL + '[ledger]\npath = "a/l.db"\n'))
    assert (made.till_key, made.chain_key) == (tmp_path / "a/till.key", tmp_path / "a/chain.key")
    sources = {line.key: line.source for line in made.shown()}
    assert sources["keys.till"] == sources["keys.chain"] == "default: beside the ledger"
    given_keys = _loaded(_file(tmp_path, GOOD))
    assert given_keys.till_key == pathlib.Path("/etc/loyaltyd/keys/till.key")


def test_a_file_that_is_not_there_or_not_text_is_said_so(tmp_path: pathlib.Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    large = _file(tmp_path, b"#" * (TEXT_BYTES_MAX + 1), "large.toml")
    assert _faults(tmp_path / "none.toml") == [
        "none.toml: can't be read: No such file or directory"
    ]
    assert _faults(tmp_path / "folder") == ["folder: is not a file"]
    assert _faults(tmp_path / "pipe") == ["pipe: is not a file"]
    assert _faults(large) == ["large.toml: is larger than 4096 KiB"]
    assert _faults(_file(tmp_path, b"[till]\n\xff")) == ["till.toml:2: is not UTF-8 text"]
    assert _faults(_file(tmp_path, "[till\n")) == [
        "till.toml:1: is not TOML: Expected ']' at the end of a table declaration"
    ]


CUTS = st.lists(
    st.tuples(
        st.integers(0, len(GOOD)),
        st.integers(0, 60),
        st.sampled_from(
            [b"", b"\n", b"[", b"=", b'"', b"'''", b"\0", b"\xff", b"1", b"[[readers]]\n"]
        )
        | st.binary(max_size=6),
    ),
    min_size=1,
    max_size=4,
)
LINES = st.lists(st.sampled_from(GOOD.splitlines(keepends=True)), max_size=40).map("".join)


def _garbled(cuts: list[tuple[int, int, bytes]]) -> bytes:
    data = GOOD.encode()
    for start, length, put in cuts:
        data = data[:start] + put + data[start + length :]
    return data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("garbled")


@settings(max_examples=1000, deadline=None)
@given(data=CUTS.map(_garbled) | LINES.map(str.encode) | st.binary())
def test_any_file_loads_or_every_fault_names_the_file(folder: pathlib.Path, data: bytes) -> None:
    path = _file(folder, data)
    try:
        assert _loaded(path).shown()
    except ConfigError as error:
        for line in str(error).split("\n"):
            assert re.match(rf"{re.escape(str(path))}(:\d+)?: ", line), line
            assert line.isprintable()


NAMES = st.sampled_from(["LOYALTYD_API__LISTEN", "LOYALTYD_READERS__COUNTER__BAUD", "LOYALTYD_",
                         "LOYALTYD_API__ORIGINS", "LOYALTYD_TILL__TIMEZONE",
                         "LOYALTYD_READERS__COUNTER__DEVICE"])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(environment=st.dictionaries(NAMES, st.text(), max_size=3))
def test_any_environment_loads_or_every_fault_names_the_variable(
    folder: pathlib.Path, environment: dict[str, str]
) -> None:
    path = _file(folder, GOOD, "good.toml")
    try:
        assert _loaded(path, environment).shown()
    except ConfigError as error:
        for line in str(error).split("\n"):
            assert line.split(": ")[0] in environment, line
