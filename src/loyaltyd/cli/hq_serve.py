"""`loyaltyd hq serve`: headquarters, in the foreground."""

import datetime as dt
import ipaddress
import os
import pathlib
import re

import click

FILE = click.Path(path_type=pathlib.Path)
FOLDER = click.Path(path_type=pathlib.Path, file_okay=False)


def place(text: str) -> tuple[str, int]:
    """Read ADDRESS:PORT; an IPv6 address stands in brackets."""
    address, _, port = text.rpartition(":")
    try:
        host = ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))
    except ValueError:
        host = None
    if host is None or not re.fullmatch(r"[0-9]{1,5}", port) or int(port) > 65535:
        raise click.BadParameter("must be an address and a port such as 127.0.0.1:8443")
    return str(host), int(port)


@click.command(name="serve")
@click.option("--folder", type=FOLDER, required=True, help="Where headquarters keeps all it has.")
@click.option(
    "--listen",
    type=place,
    default="127.0.0.1:8443",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="For couriers; beyond loopback only with a certificate.",
)
@click.option(
    "--pages",
    type=place,
    default="127.0.0.1:8766",
    show_default=True,
    metavar="ADDRESS:PORT",
    help="For people, on loopback.",
)
@click.option("--certificate", type=FILE, help="The certificate chain, PEM.")
@click.option("--certificate-key", type=FILE, help="Its key, PEM.")
@click.option(
    "--clients", type=FILE, help="Only couriers whose certificate this CA signed may call."
)
def command(
    folder: pathlib.Path,
    listen: tuple[str, int],
    pages: tuple[str, int],
    **files: pathlib.Path | None,
) -> None:
    """Take what tills send, and show it.

    It answers until SIGTERM or Ctrl-C.
    """
    from loyaltyd import logs
    from loyaltyd.hq import server
    from loyaltyd.notify import service_in

    places = server.Places(couriers=listen, people=pages, tls=server.tls(**files))
    logs.configure(os.environ)
    service = service_in(os.environ, os.getpid())
    server.run(folder, places, lambda: dt.datetime.now(dt.UTC), service)
