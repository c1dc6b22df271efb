"""The texts that pages show for statuses, reasons, errors and documents."""
