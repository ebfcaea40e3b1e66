"""The command line: `cloudarium up`, and what goes with it."""


def main() -> None:
    """Run the `cloudarium` command."""
    from cloudarium.cli.app import run

    run()
