"""Rules of an onboarding: statuses, transitions, reasons, poll schedule. Standard library only."""
