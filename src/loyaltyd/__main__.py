"""`python -m loyaltyd` and the script `loyaltyd`."""

from loyaltyd.cli.group import loyaltyd


def main() -> None:
    """Run the command that the arguments name; never returns."""
    loyaltyd(prog_name="loyaltyd")


if __name__ == "__main__":
    main()
