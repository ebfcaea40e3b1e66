"""`python -m cloudarium` is `cloudarium`."""

from cloudarium.cli import main

if __name__ == "__main__":
    main()
