"""Errors that stop the demo, with messages for the terminal.

DemoError
├── PortInUse            another program uses the port
├── AddressUnavailable   this machine has no address 127.0.0.2
├── FolderInUse          another demo uses the instance folder
├── FolderHasOtherFiles  the instance folder contains other files
├── ProgramStopped       a program ended by itself
└── ProgramNotReady      a program does not answer in time
"""


class DemoError(Exception):
    """The message is printed unchanged."""


class PortInUse(DemoError):
    """`holder`: process id and name of the program, if it belongs to this project."""

    def __init__(self, name: str, host: str, port: int, holder: tuple[int, str] | None) -> None:
        by = f' by "{holder[1]}" (pid {holder[0]})' if holder else ""
        other = 10_000 if 9000 <= port < 9004 else 9000
        super().__init__(
            f"Port {port} on {host} (for the {name}) is already in use{by}. "
            f"Stop that program or use four other ports: make run PORT={other}"
        )


class AddressUnavailable(DemoError):
    def __init__(self, name: str, host: str) -> None:
        super().__init__(
            f"This machine has no address {host} (for the {name}). "
            f"On macOS, add it until the next restart with: sudo ifconfig lo0 alias {host} up"
        )


class FolderInUse(DemoError):
    def __init__(self, folder: object, pid: str) -> None:
        super().__init__(
            f"{folder} is in use by another demo (pid {pid}), and a start would delete its state. "
            "Stop that demo, or use other ports and another folder: make run PORT=9000"
        )


class FolderHasOtherFiles(DemoError):
    def __init__(self, folder: object) -> None:
        super().__init__(
            f"{folder} contains files that the demo did not create, and the demo deletes the state "
            "in its folder. Choose another folder with --instance."
        )


class ProgramStopped(DemoError):
    def __init__(self, name: str, how: str, log: object) -> None:
        self.name = name
        super().__init__(f"The {name} stopped by itself ({how}). Its log: {log}")


class ProgramNotReady(DemoError):
    def __init__(self, name: str, url: str, seconds: float) -> None:
        self.name = name
        super().__init__(f"The {name} did not answer at {url} within {seconds:.0f} seconds.")
