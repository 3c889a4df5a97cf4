"""The page as a Space: on every address of its machine, under the Space's own name, and within the hub's page."""

import os

from vizlab.page import main

if __name__ == "__main__":
    name = os.environ.get("SPACE_HOST", "localhost")
    main(["--host", "0.0.0.0", "--port", "7860", "--allowed-host", name, "--embed-in", "https://huggingface.co"])
