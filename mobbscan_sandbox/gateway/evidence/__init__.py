"""Specimen evidence of a process: images, recording, PDF and certified zip."""
