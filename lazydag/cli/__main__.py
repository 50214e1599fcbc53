"""``python -m lazydag.cli`` is the command ``lazydag``."""

import sys

from lazydag.cli.app import main

sys.exit(main())
