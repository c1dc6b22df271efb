"""The validated fields of a create call."""

from dataclasses import dataclass, field

from mobbscan_sandbox.languages import known_language


@dataclass(frozen=True)
class CreateRequest:
    """The fields of one create call."""

    scan_id: str | None = None
    country_id: str | None = None
    doc_type: str | None = None
    doc_specific_type: str | None = None
    redirect_url: str | None = None
    extra_data: dict[str, str] = field(default_factory=dict)

    @property
    def language(self) -> str | None:
        """Return the language named by `language` or `locale` in the extra data, or `None`."""
        names = (self.extra_data.get(key, "") for key in ("language", "locale"))
        return next((found for found in map(known_language, names) if found), None)

    @property
    def document_kind(self) -> str | None:
        """Return the requested kind of document, or `None` when the user may choose."""
        specific = self.doc_specific_type
        if specific is None:
            return self.doc_type
        if "Passport" in specific:
            return "Passport"
        return "DrivingLicense" if "Driving" in specific else "IDCard"
