"""The words of health data that selections may use, with plain words for people."""

from __future__ import annotations

from typing import Final

KINDS: Final = {
    "observation": "Test results and measurements",
    "document": "Documents",
    "condition": "Conditions",
    "medication": "Medicines",
    "immunization": "Vaccinations",
    "other": "Other records",
}

CATEGORIES: Final = {
    "laboratory": "Laboratory tests",
    "vital-signs": "Blood pressure, weight and other vital signs",
    "imaging": "Scans and images",
    "exam": "Examinations",
    "procedure": "Procedures",
    "survey": "Questionnaires",
    "social-history": "Life and habits",
    "therapy": "Treatments",
    "activity": "Physical activity",
}

CATEGORY_SYSTEMS: Final = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/observation-category",
        "http://hl7.org/fhir/observation-category",
    }
)

OBSERVATION_STATUSES: Final = frozenset(
    {
        *("registered", "preliminary", "final", "amended"),
        *("corrected", "cancelled", "entered-in-error", "unknown"),
    }
)

_KIND_OF: Final = {
    "Observation": "observation",
    "Condition": "condition",
    "Immunization": "immunization",
    "DocumentReference": "document",
    "Binary": "document",
    "Media": "document",
}


def kind_of(resource_type: str) -> str:
    """The kind of a FHIR resource type; types that aren't modelled are ``other``."""
    if resource_type.startswith("Medication"):
        return "medication"
    return _KIND_OF.get(resource_type, "other")
