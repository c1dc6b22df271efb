"""Evidence of a process: images, recordings, PDF and ZIP, streamed from the gateway."""
