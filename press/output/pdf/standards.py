"""The standards that a handout can conform to: how to ask for one, and how a file claims it.

In: the standard of an edition. Out: options for WeasyPrint, and the metadata. A claim proves
nothing; tests and `makebook check` ask veraPDF. This module must not know documents.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from press.core.formats import Standard
from press.core.records import dataclass

# ISO 14289-1, clause 5: the identification schema. ISO 19005-3, 6.6.2.3 requires it to be declared,
# as any property outside the schemas that PDF/A predefines.
_UA_1 = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about=""
 xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
 xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA Universal Accessibility Schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name>
<pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
"""
# ISO 14289-2, clause 5; Well-Tagged PDF 1.0, 6.1. ISO 19005-4 needs no declaration of properties.
_UA_2 = b"""
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>2</pdfuaid:part>
<pdfuaid:rev>2024</pdfuaid:rev>
</rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfd="http://pdfa.org/declarations/">
<pdfd:declarations><rdf:Bag>
<rdf:li rdf:parseType="Resource">
<pdfd:conformsTo>http://pdfa.org/declarations/wtpdf#accessibility1.0</pdfd:conformsTo>
</rdf:li>
<rdf:li rdf:parseType="Resource">
<pdfd:conformsTo>http://pdfa.org/declarations/wtpdf#reuse1.0</pdfd:conformsTo>
</rdf:li>
</rdf:Bag></pdfd:declarations>
</rdf:Description>
"""


@dataclass(frozen=True)
class Conformance:
    """How WeasyPrint writes a standard; it knows only the part that is PDF/A."""

    options: Mapping[str, Any]
    """Options of `write_pdf`."""
    metadata: bytes
    """RDF that identifies the other part, PDF/UA."""

    def identified(self, rdf: bytes) -> bytes:
        """Add the identification of PDF/UA to the metadata of a file."""
        head, _, _ = rdf.rpartition(b"</rdf:RDF>")
        return head + self.metadata + b"</rdf:RDF>"


STANDARDS: dict[Standard, Conformance] = {
    "a-3a+ua-1": Conformance({"pdf_variant": "pdf/a-3a"}, _UA_1),
    "a-4f+ua-2": Conformance({"pdf_variant": "pdf/a-4f", "pdf_tags": True}, _UA_2),
}
