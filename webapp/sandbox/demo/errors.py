"""What can keep the demo from running; each is a sentence for the person at the terminal.

DemoError
├── PortTaken           another program listens there
├── AddressMissing      this machine does not answer on 127.0.0.2
├── FolderNotOurs       the instance folder holds something else
├── ChildDied           one of the programs ended by itself
└── ChildSilent         one of them does not answer in time
"""


class DemoError(Exception):
    """Its text is shown to the person as it is."""


class PortTaken(DemoError):
    def __init__(self, name: str, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host}, meant for the {name}, is already taken. "
            "Stop the program that uses it, or choose four other ports: "
            "python -m webapp.sandbox.demo --port-base 9000"
        )


class AddressMissing(DemoError):
    def __init__(self, name: str, host: str) -> None:
        super().__init__(
            f"This machine does not answer on {host}, meant for the {name}. "
            f"On macOS this cures it until the next restart: sudo ifconfig lo0 alias {host} up"
        )


class FolderNotOurs(DemoError):
    def __init__(self, folder: object) -> None:
        super().__init__(
            f"{folder} holds files that the demo did not make, and the demo empties its folder. "
            "Choose another one with --instance."
        )


class ChildDied(DemoError):
    def __init__(self, name: str, how: str, log: object) -> None:
        self.name = name
        super().__init__(f"The {name} stopped by itself ({how}). All it said: {log}")


class ChildSilent(DemoError):
    def __init__(self, name: str, url: str, seconds: float) -> None:
        self.name = name
        super().__init__(f"The {name} did not answer at {url} within {seconds:.0f} seconds.")
