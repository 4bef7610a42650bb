"""A till from a bare machine to the last of its files, under a real systemd."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from tests.house.source import ROOT
from tests.systemd.machine import WAIT_S, Machine, booted, obstacle

BROUGHT = (
    *("config", "pyproject.toml", "README.md", "src", "systemd", "tools"),
    *("tests/readers", "tests/systemd"),
)
CHECKOUT, WHEELS = "/srv/checkout", "/srv/wheels"
INSTALL = (f"{CHECKOUT}/tools/install", "--wheels", WHEELS)
AS = ("runuser", "--user")
PYTHON = "/opt/loyaltyd/.venv/bin/python"
SETTINGS = "/etc/loyaltyd/loyaltyd.toml"
ADDRESS, SOCKET = "127.0.0.1:8765", "/run/loyaltyd.sock"
PAGES = "127.0.0.1:8766"
LINE = {"line": 1, "sku": "4600682000013", "quantity": "1", "price": "89.90"}
CARD, PAN = "2990000000019", "4111111111111111"
WATCHDOG = "[Service]\nWatchdogSec=2s\n"  # the unit's 20 s are a test's whole minute
PORTS = "/run/ports"
READERS = f"""
[[readers]]
name = "counter"
driver = "serial"
device = "{PORTS}/scanner"
profile = "barcode"

[[readers]]
name = "tap"
driver = "pcsc"
match = "Virtual PCD 00 00"
profile = "contactless"
repeat_window = "0s"
"""
LEDGER = "/var/lib/loyaltyd/ledger.db"
LAST_LINE = """
import sys
from pysqlite3 import dbapi2
ledger = dbapi2.connect(f"file:{sys.argv[1]}?mode=ro", uri=True)
print(*ledger.execute("SELECT line FROM record ORDER BY seq DESC LIMIT 1").fetchone())
"""
RULES = "/usr/local/lib/udev/rules.d/70-loyaltyd.rules"
# Debian 12's pcscd is built without polkit; this is what Debian 13's declares.
PCSC_ACTION = (
    "<policyconfig>"
    + "".join(
        f'<action id="org.debian.pcsc-lite.{name}"><message>{name}</message><defaults>'
        "<allow_any>no</allow_any><allow_inactive>no</allow_inactive>"
        "<allow_active>yes</allow_active></defaults></action>"
        for name in ("access_pcsc", "access_card")
    )
    + "</policyconfig>"
)
TIMERS = ("loyaltyd-export.timer", "loyaltyd-verify.timer")
ALL = ("loyaltyd.socket", "loyaltyd.service", *TIMERS)
COURIER, HQ = "loyaltyd-courier.service", "loyaltyd-hq.service"
BOOKS = "/var/lib/loyaltyd-hq"
KEPT = ("/etc/loyaltyd", "/var/lib/loyaltyd", BOOKS, "/var/spool/loyaltyd")
LINK = """
[link]
hq_key = "/etc/loyaltyd/hq.pub"
url = "http://127.0.0.1:8443"
every = "1s"
"""


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A bare machine with the checkout and the wheels, and no way to any index."""
    if reason := obstacle():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("machine")
    mount_point, brought = folder / "root", folder / "srv"
    mount_point.mkdir()
    for name in BROUGHT:
        target = brought / "checkout" / name
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, target)
    command = [ROOT / "tools" / "wheels", brought / "wheels"]
    subprocess.run(command, check=True, timeout=5 * WAIT_S)
    with booted(mount_point, brought) as it:
        yield it


@pytest.fixture(scope="module")
def installed(machine: Machine) -> Machine:
    """The machine after its first tools/install, before anybody said which till it is."""
    machine.run(*INSTALL)
    return machine


@pytest.fixture(scope="module")
def till(installed: Machine) -> Machine:
    """The machine as store IT leaves it: told which till it is, with readers and a link to HQ."""
    machine = installed
    machine.run(*INSTALL, "--hq")  # on the same machine, for want of another
    machine.write("/etc/loyaltyd/hq.pub", hq(machine, "pub"))
    scanner = (f"{CHECKOUT}/tools/scanner.py", PORTS)
    machine.run("systemd-run", "--unit=scanner", "--property=UMask=0", "--", "python3", *scanner)
    machine.until(lambda: "scanner.pid" in machine.run("ls", PORTS, code=None))
    port = machine.run("readlink", "--canonicalize", f"{PORTS}/scanner").strip()
    machine.run("chgrp", "dialout", port)  # what udev does for a serial port
    machine.run("chmod", "660", port)
    example = machine.run("cat", SETTINGS).partition("[[readers]]")[0]
    machine.write(SETTINGS, example + READERS + LINK)
    program = machine.run("cat", "/etc/loyaltyd/program.toml")
    text = re.sub(r"(?m)^starts = \S+", "starts = 2020-01-01", program)
    text = text.replace('"magstripe"]', '"magstripe", "contactless"]')
    machine.write("/etc/loyaltyd/program.toml", text)
    machine.write("/etc/systemd/system/loyaltyd.service.d/test.conf", WATCHDOG)
    machine.run(*INSTALL)
    machine.write("/srv/till.pub", machine.run(*AS, "loyaltyd", "--", "loyaltyd", "identity"))
    hq(machine, "trust", "/srv/till.pub")
    hq(machine, "program", "/etc/loyaltyd/program.toml")
    machine.until(lambda: is_well(machine))
    return machine


def is_well(till: Machine) -> bool:
    """Whether the till says so, and has been answered by headquarters."""
    said = till.run("loyaltyd", "status", code=None)
    return said.startswith("OK") and "last answer never" not in said


def hq(machine: Machine, command: str, *arguments: str) -> str:
    """What a command of headquarters says."""
    as_hq = (*AS, "loyaltyd-hq", "--", "loyaltyd", "hq", command, "--folder", BOOKS)
    return machine.run(*as_hq, *arguments)


def asked(till: Machine, path: str, address: str = ADDRESS) -> Any:
    """What the daemon answers to GET path; a call that finds no daemon waits for it."""
    return json.loads(till.run("curl", "--silent", "--fail", f"http://{address}{path}"))


def scan(till: Machine, text: str) -> None:
    """Hold something under the scanner."""
    till.run("sh", "-c", f"cat > {PORTS}/scan", text=f"{text}\r")


def reads(till: Machine, name: str = "counter") -> tuple[int, int]:
    """How many cards and bank cards a reader has read."""
    (it,) = (it for it in asked(till, "/v1/status")["readers"] if it["name"] == name)
    return it["reads"], it["payment"]


def confirm(till: Machine, receipt: str) -> int:
    """The number of the record that a receipt becomes."""
    body = {"receipt": receipt, "card": CARD, "lines": [LINE]}
    calling = ("curl", "--silent", "--fail", "--json", "@-", f"http://{ADDRESS}/v1/receipts")
    return int(json.loads(till.run(*calling, text=json.dumps(body)))["seq"])


def last_record(till: Machine) -> Any:
    """The end of the till's log."""
    return json.loads(till.run(PYTHON, "-c", LAST_LINE, LEDGER))


def test_a_first_till_waits_until_it_is_told_which_one_it_is(installed: Machine) -> None:
    assert installed.run("cat", SETTINGS) == (ROOT / "config" / "loyaltyd.toml").read_text()
    assert installed.run("systemctl", "is-active", *ALL, code=None).split() == ["inactive"] * 4
    # A boot meanwhile would begin the ledger of the example's till.
    assert installed.run("systemctl", "is-enabled", *ALL, code=1).split() == ["disabled"] * 4
    installed.run("test", "!", "-e", LEDGER)


def test_it_is_up_and_will_be_after_a_boot(till: Machine) -> None:
    assert till.run("loyaltyd", "status").startswith("OK  till zelenka msk-017-3  2 of 2 readers")
    assert till.shows("loyaltyd.service", "StatusText") == f"answers on {ADDRESS}"
    assert till.run("systemctl", "is-enabled", *ALL, COURIER).split() == ["enabled"] * 5
    waiting = json.loads(till.run("systemctl", "list-timers", "--output=json"))
    assert {it["unit"] for it in waiting if it["next"]} >= {*TIMERS}


def test_a_card_is_read_and_a_bank_card_is_not(till: Machine) -> None:
    cards, payment = reads(till)
    scan(till, CARD)
    till.until(lambda: reads(till) == (cards + 1, payment))
    scan(till, PAN)
    till.until(lambda: reads(till) == (cards + 1, payment + 1))


def test_a_chip_card_is_read_through_pcscd(till: Machine) -> None:
    def is_read(count: int) -> bool:
        return reads(till, "tap")[0] == count

    cards, _ = reads(till, "tap")
    chip = ("env", f"PYTHONPATH={CHECKOUT}", PYTHON, "-m", "tests.systemd.chip")
    with till.begun(*chip) as card:
        assert card.stdin is not None
        for laid in (cards + 1, cards + 2):
            card.stdin.write("lay it\n")
            card.stdin.flush()
            till.until(partial(is_read, laid))
            card.stdin.write("take it\n")
            card.stdin.flush()


def test_the_daemon_has_no_network_and_nobody_else_its_ledger(till: Machine) -> None:
    pid = till.shows("loyaltyd.service", "MainPID")
    inside = ("nsenter", f"--target={pid}", "--net", "--")
    assert till.run(*inside, "ip", "-brief", "link").split()[::4] == ["lo"]
    till.run(*inside, "curl", "--silent", f"http://{ADDRESS}/healthz", code=7)  # not even itself
    for user in ("nobody", "loyaltyd-courier"):
        asking = ("setpriv", f"--reuid={user}", "--init-groups", "--", "cat", LEDGER)
        till.run(*asking, code=1)
    # The socket is its group's; the address is every local program's, as long as none has a token.
    calling = ("curl", "--silent", "--unix-socket", SOCKET, f"http://{ADDRESS}/healthz")
    assert till.run("setpriv", "--reuid=nobody", "--clear-groups", *calling, code=7) == ""
    assert till.run("setpriv", "--reuid=nobody", "--groups=loyaltyd-api", *calling) != ""


def test_restarts_refuse_no_call_and_lose_no_receipt(till: Machine) -> None:
    before = asked(till, "/v1/status")
    caller = ("python3", f"{CHECKOUT}/tests/systemd/caller.py", ADDRESS, SOCKET)
    with till.begun(*caller) as calling:
        assert calling.stdout is not None
        assert calling.stdout.readline() == "calling\n"
        for _ in range(2):
            till.run("systemctl", "restart", "loyaltyd.service")
        answers = json.loads(calling.communicate(timeout=WAIT_S)[0])
    after = asked(till, "/v1/status")
    assert answers == {"201": after["ledger"]["seq"] - before["ledger"]["seq"]}
    assert answers["201"] >= 100
    assert after["boot"] != before["boot"]


@pytest.mark.parametrize(
    ("signal", "result"), [("SEGV", "signal"), ("STOP", "watchdog")], ids=["crash", "hang"]
)
def test_a_daemon_that_crashes_or_hangs_is_back_for_the_call_that_waits(
    till: Machine, signal: str, result: str
) -> None:
    before, restarts = asked(till, "/v1/status"), int(till.shows("loyaltyd.service", "NRestarts"))
    till.run("systemctl", "kill", f"--signal={signal}", "--kill-whom=main", "loyaltyd.service")
    after = asked(till, "/v1/status")
    assert after["ledger"] == before["ledger"]
    assert after["boot"] != before["boot"]
    assert int(till.shows("loyaltyd.service", "NRestarts")) == restarts + 1
    failed = f"loyaltyd.service: Failed with result '{result}'."
    assert failed in till.run("journalctl", "--unit=loyaltyd", "--output=cat")


@pytest.mark.parametrize("timer", TIMERS)
def test_what_a_timer_starts_succeeds(till: Machine, timer: str) -> None:
    service = till.shows(timer, "Unit")
    till.run("systemctl", "start", service)
    assert till.shows(service, "Result") == "success"
    assert till.shows(service, "ExecMainStatus") == "0"


def test_a_daemon_that_may_not_ask_the_kernel_takes_the_word_of_timesyncd(till: Machine) -> None:
    confirm(till, "before")
    assert last_record(till)["clock"] == "holdover"
    till.write("/run/systemd/timesync/synchronized", "")
    confirm(till, "after")
    assert last_record(till)["clock"] == "synced"


def test_the_courier_carries_what_the_till_recorded_to_headquarters(till: Machine) -> None:
    seq = confirm(till, "carried")

    def arrived() -> bool:
        (it,) = asked(till, "/v1/tills", PAGES)["tills"]
        return bool(it["reevaluated"] == it["seq"] == seq and it["missing"] == 0)

    till.until(arrived)
    assert asked(till, "/v1/tills", PAGES)["differences"] == []
    assert till.shows(COURIER, "User") == "loyaltyd-courier"
    till.until(lambda: till.run("sh", "-c", "ls /var/spool/loyaltyd/*/*.batch*", code=None) == "")


def test_settings_with_a_fault_keep_the_till_down_and_are_named(till: Machine) -> None:
    drop_in = "/etc/loyaltyd/conf.d/typo.toml"
    till.write(drop_in, "[api]\nlissten = 1\n")
    complaint = till.run(*INSTALL, code=78)
    assert till.run("systemctl", "is-active", "loyaltyd.service") == "active\n", complaint
    till.run("systemctl", "restart", "loyaltyd.service", code=1)
    assert till.shows("loyaltyd.service", "ExecMainStatus") == "78"
    assert "lissten" in till.run("journalctl", "--unit=loyaltyd", "--output=cat")
    # A call starts nothing: in the socket it would wait, and start the daemon over and over.
    till.until(lambda: till.shows("loyaltyd.socket", "ActiveState") == "inactive")
    began = till.shows("loyaltyd.service", "ExecMainStartTimestampMonotonic")
    till.run("curl", "--silent", f"http://{ADDRESS}/healthz", code=7)
    till.until(lambda: till.shows("loyaltyd.service", "ActiveState") == "failed")
    assert till.shows("loyaltyd.service", "ExecMainStartTimestampMonotonic") == began
    till.run("rm", drop_in)
    till.run("systemctl", "restart", "loyaltyd.service")
    assert asked(till, "/healthz") == {"status": "ok"}


def test_a_wheel_that_is_not_as_it_was_collected_is_not_installed(till: Machine) -> None:
    before = till.run("ls", "--almost-all", "/opt/loyaltyd")
    till.run("cp", "--recursive", WHEELS, "/srv/altered")
    till.run("bash", "-c", "echo >> /srv/altered/loyaltyd-*.whl")
    till.run(INSTALL[0], "--wheels", "/srv/altered", code=1)
    assert till.run("ls", "--almost-all", "/opt/loyaltyd") == before


def test_a_program_is_left_until_the_last_unit_that_runs_from_it_has_the_new_one(
    till: Machine,
) -> None:
    newer = "/srv/newer"
    till.run("cp", "--recursive", WHEELS, newer)
    till.run("sort", "--reverse", f"--output={newer}/SHA256SUMS", f"{newer}/SHA256SUMS")

    def programs() -> set[str]:
        return set(till.run("sh", "-c", "ls -d /opt/loyaltyd/venv-*").split())

    before, pid = programs(), till.shows("loyaltyd.service", "MainPID")
    till.run(INSTALL[0], "--wheels", newer, "--hq")
    assert programs() > before
    assert till.shows("loyaltyd.service", "MainPID") == pid
    till.run(INSTALL[0], "--wheels", newer)
    assert len(programs()) == 1
    assert not programs() & before


def test_polkit_lets_the_daemon_and_nobody_else_to_the_card_readers(till: Machine) -> None:
    till.write("/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy", PCSC_ACTION)
    daemon = till.shows("loyaltyd.service", "MainPID")
    stranger = ("--property=User=nobody", "--unit=stranger", "sleep", "infinity")
    till.run("systemd-run", *stranger)
    other = till.shows("stranger.service", "MainPID")
    for action in ("access_pcsc", "access_card"):
        checking = ("pkcheck", "--action-id", f"org.debian.pcsc-lite.{action}", "--process")
        till.run(*checking, daemon)
        till.run(*checking, other, code=1)


def test_udev_reads_the_rules_without_a_complaint(till: Machine) -> None:
    def complaints() -> list[str]:
        said = till.run("sh", "-c", "udevadm test /sys/class/tty/tty 2>&1")
        assert f"Reading rules file: {RULES}" in said
        return [line for line in said.splitlines() if "70-loyaltyd.rules:" in line]

    assert complaints() == []
    text = till.run("cat", RULES)
    till.write(RULES, text.replace("GROUP=", "GRUP="))
    assert len(complaints()) == 1
    till.write(RULES, text)


def test_the_journal_has_what_happened_and_no_card_number(till: Machine) -> None:
    scan(till, CARD)
    scan(till, PAN)
    till.until(lambda: "payment_card" in till.run("journalctl", "--unit=loyaltyd", "-o", "json"))
    lines = till.run("journalctl", "--unit=loyaltyd", "--output=json").splitlines()
    cards = [it for it in map(json.loads, lines) if it["MESSAGE"] == "card_read"]
    assert {it["CARD"] for it in cards} == {"2990******019"}
    assert {it["_SYSTEMD_UNIT"] for it in cards} == {"loyaltyd.service"}
    everything = till.run("journalctl", "--output=export")
    assert CARD not in everything
    assert PAN not in everything


def test_it_goes_without_a_trace_but_for_what_only_this_till_has(till: Machine) -> None:
    till.run("systemctl", "stop", COURIER, HQ, *ALL)
    ours = ("sh", "-c", f"find {' '.join(KEPT)} -type f -exec sha256sum {{}} + | sort")
    before = till.run(*ours)
    assert LEDGER in before
    assert f"{BOOKS}/hq.db" in before
    said = till.run("sh", "-c", f"{CHECKOUT}/tools/uninstall 2>&1")
    assert all(f"  {folder}\n" in said for folder in KEPT)
    left = till.run("find", "/etc", "/opt", "/run", "/usr", "/var", "-path", "*loyalt*").split()
    of_it = (*KEPT, "/etc/systemd/system/loyaltyd.service.d")
    assert [path for path in left if not path.startswith(of_it)] == []
    assert till.run(*ours) == before
    assert till.run("systemctl", "list-units", "--all", "--plain", "--no-legend", "loyalt*") == ""
