"""Compile the Python sources of an unpacked package once, so that no cold start has to: python precompile.py FOLDER

A package is named by its content and never changes, hence bytecode that is not checked against its source. Python
corrects the file names in it when it is loaded from another place.
"""

import compileall
import os
import py_compile
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import isolate  # type: ignore[import-not-found] # noqa: E402

isolate.die_with_parent(signal.SIGKILL)
os.nice(15)
compileall.compile_dir(sys.argv[1], quiet=2, workers=1, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
