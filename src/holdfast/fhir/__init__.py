"""To FHIR R4: what one practice holds about one client, as a Bundle that another practice's computer can read.

From FHIR R4 is ``holdfast.tables.sources.fhir``: an importer like every other.
"""

from holdfast.fhir.bundle import bundle
from holdfast.fhir.record import Record

__all__ = ["Record", "bundle"]
