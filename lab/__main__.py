"""Show the lab in the browser; with a RUN also that run, while it trains."""

import sys

from lab import serve

if __name__ == "__main__":
    sys.exit(serve.main())
