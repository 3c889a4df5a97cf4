"""Start the page: `python app.py`, then open the address it prints. `python app.py --help` lists the settings."""

from vizlab.page import main

if __name__ == "__main__":
    main()
