"""What several packages need and none owns: text, URLs, JSON, file locks. Standard library only."""
