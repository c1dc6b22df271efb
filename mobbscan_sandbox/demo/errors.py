"""What can keep the demo from running; each is a sentence for the person at the terminal.

DemoError
├── PortTaken           another program listens there
├── AddressMissing      this machine does not answer on 127.0.0.2
├── FolderInUse         another demo runs in the instance folder
├── FolderNotOurs       the instance folder holds something else
├── ChildDied           one of the programs ended by itself
└── ChildSilent         one of them does not answer in time
"""


class DemoError(Exception):
    """Its text is shown to the person as it is."""


class PortInUse(DemoError):
    """`holder`: process id and name of the program that listens there, where it is one of ours."""

    def __init__(self, name: str, host: str, port: int, holder: tuple[int, str] | None) -> None:
        by = f' by "{holder[1]}" (pid {holder[0]})' if holder else ""
        other = 10_000 if 9000 <= port < 9004 else 9000
        super().__init__(
            f"Port {port} on {host}, meant for the {name}, is already taken{by}. "
            f"Stop that program, or choose four other ports: make run PORT={other}"
        )


class AddressUnavailable(DemoError):
    def __init__(self, name: str, host: str) -> None:
        super().__init__(
            f"This machine does not answer on {host}, meant for the {name}. "
            f"On macOS this cures it until the next restart: sudo ifconfig lo0 alias {host} up"
        )


class FolderInUse(DemoError):
    def __init__(self, folder: object, pid: str) -> None:
        super().__init__(
            f"{folder} is in use by another demo (pid {pid}), and a start would throw its state "
            "away. Stop it first, or let this one have ports and a folder of its own: "
            "make run PORT=9000"
        )


class FolderHasOtherFiles(DemoError):
    def __init__(self, folder: object) -> None:
        super().__init__(
            f"{folder} holds files that the demo did not make, and the demo empties its folder. "
            "Choose another one with --instance."
        )


class ProgramStopped(DemoError):
    def __init__(self, name: str, how: str, log: object) -> None:
        self.name = name
        super().__init__(f"The {name} stopped by itself ({how}). All it said: {log}")


class ProgramNotReady(DemoError):
    def __init__(self, name: str, url: str, seconds: float) -> None:
        self.name = name
        super().__init__(f"The {name} did not answer at {url} within {seconds:.0f} seconds.")
