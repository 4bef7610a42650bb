"""Both sides of each limit of a setting."""

import datetime as dt

import pytest

from loyaltyd.config import values


@pytest.mark.parametrize("text", ["3", "msk-017", "a" * 64, "A.b_c-9"])
def test_a_name_is_taken_as_it_is(text: str) -> None:
    assert values.name(text) == text


@pytest.mark.parametrize("text", ["", "a" * 65, "a b", "a/b", "..", ".a", "касса", "a\n"])
def test_a_name_that_could_not_stand_in_a_file_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="1 to 64 of the characters"):
        values.name(text)


@pytest.mark.parametrize(
    ("text", "milliseconds", "shown"),
    [
        ("3d", 259_200_000, "3d"),
        ("12h", 43_200_000, "12h"),
        ("90m", 5_400_000, "90m"),
        ("30s", 30_000, "30s"),
        ("1.5s", 1_500, "1500ms"),
        ("0.001s", 1, "1ms"),
        ("0s", 0, "0d"),
    ],
)
def test_a_span_is_whole_milliseconds(text: str, milliseconds: int, shown: str) -> None:
    span = values.span(text)
    assert span == dt.timedelta(milliseconds=milliseconds)
    assert values.span_text(span) == shown
    assert values.span(shown) == span


@pytest.mark.parametrize(
    "text", ["", "3", "d", "-3d", "3 d", "1.5ms", "1e3s", "3mo", 3, None, "٣d"]
)
def test_a_span_that_says_something_else_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="must be a span such as"):
        values.span(text)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8765", "127.0.0.1", 8765),
        ("127.9.9.9:0", "127.9.9.9", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_it_listens_on_loopback(text: str, host: str, port: int) -> None:
    listen = values.listen(text)
    assert listen == values.Listen(host, port)
    assert str(listen) == text


@pytest.mark.parametrize(
    "text", ["0.0.0.0:8765", "[::]:8765", "192.168.1.7:8765", "[::ffff:10.0.0.1]:1"]
)
def test_it_listens_nowhere_else(text: str) -> None:
    with pytest.raises(ValueError, match="other machines are refused"):
        values.listen(text)


@pytest.mark.parametrize(
    "text", ["", "8765", "127.0.0.1", "127.0.0.1:65536", "host:1", "127.0.0.1:", 8765]
)
def test_an_address_needs_a_port_and_no_name(text: object) -> None:
    with pytest.raises(ValueError, match="an address and a port"):
        values.listen(text)


@pytest.mark.parametrize("text", ["https://pos.example", "http://10.0.0.7:8069", "http://[::1]:80"])
def test_an_origin_is_what_a_browser_sends(text: str) -> None:
    assert values.origin(text) == text


@pytest.mark.parametrize(
    "text",
    ["*", "null", "pos.example", "https://pos.example/", "https://u:p@pos.example", "file://"],
)
def test_a_wildcard_a_path_or_a_password_is_no_origin(text: str) -> None:
    with pytest.raises(ValueError, match="must be an origin"):
        values.origin(text)


@pytest.mark.parametrize(
    "text", ["/dev/ttyACM0", "socket://10.0.0.9:4001", "rfc2217://box.example:2001"]
)
def test_a_device_is_a_path_or_a_port_of_the_network(text: str) -> None:
    assert values.device(text) == text


@pytest.mark.parametrize("text", ["a\0b", "socket://box", "hwgrep://x:1", "socket://u:p@box:1"])
def test_any_other_device_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be a path such as"):
        values.device(text)


@pytest.mark.parametrize("text", ["Europe/Moskow", "../etc/passwd", "Europe", "", "a\0", "x" * 300])
def test_a_zone_without_rules_is_refused(text: str) -> None:
    assert values.zone("Europe/Moscow") == "Europe/Moscow"
    with pytest.raises(ValueError, match="must be a time zone"):
        values.zone(text)


@pytest.mark.parametrize("text", ["F04C4F59414C01", "d2760000850101", "A0000006472F0001"])
def test_an_application_is_five_to_sixteen_bytes_of_hex(text: str) -> None:
    assert values.application(text) == text.upper()


@pytest.mark.parametrize("text", ["", "F0", "F04C4F5941F", "F0" * 17, "xx" * 5, "F0 4C 4F 59 41"])
def test_any_other_application_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="5 to 16 bytes in hex"):
        values.application(text)


@pytest.mark.parametrize("scheme", values.SCHEMES)
def test_a_banks_application_is_never_selected(scheme: str) -> None:
    with pytest.raises(ValueError, match="bank cards are never read"):
        values.application(scheme.lower() + "1010")
