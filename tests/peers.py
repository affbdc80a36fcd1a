"""Shows the invoices that the example pipelines write to other validators of FatturaPA.

    python3 tests/peers.py PROGRAM PROJECT [--node-modules FOLDER] [--xsd FILE]

PROJECT is a copy of the project in which pipelines may write. Every pipeline with a `fatturapa` load is run, and every invoice goes to each
validator that can be imported: a38, fatturapa and mcp-fattura-elettronica-it (Python), @digitalia/fatturapa (npm, by `tests/peers.js`), xmllint.
What is not installed is skipped, and said. A validator that is older than the specification in force refuses what is right: such messages are
listed here with their reason, and counted. Any other refusal fails.
"""
import argparse
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

# What a peer refuses although the specification in force (1.9.1) admits it: messages by regular expression, and why.
OUTDATED = {
    "a38": [
        (r"\[00426\]", "control 00426 (PEC with the code 0000000) does not exist any more"),
        (r"natura: \[004(01|30)\]", "TD16 may have a rate and a Natura"),
        (r"'TD2[0-9]' is not a valid choice", "knows no document types after TD20"),
        (r"imponibile_cassa: missing value", "ImponibileCassa is optional"),
        (r"unita_misura: field must be present when quantita is set", "UnitaMisura is optional"),
        (r"identificativi_fiscali\.id_fiscale_iva: missing value", "one of the two tax numbers is enough"),
        (r"a38 itself fails: 'list' object has no attribute", "it cannot judge a document with more than one DatiRitenuta"),
    ],
    "@digitalia/fatturapa": [
        (r"PECDestinatario is a required field", "PECDestinatario is optional"),
        (r"StabileOrganizzazione\.\w+ is a required field", "StabileOrganizzazione is optional"),
        (r"ScontoMaggiorazione\S+Importo must match", "Importo of discounts may have eight decimals"),
        (r"Arrotondamento must match", "Arrotondamento of summaries may have eight decimals"),
        (r"TipoDocumento must be one of", "knows no document types after TD06"),
        (r"Natura must be one of", "knows the codes of Natura before 2021 alone"),
        (r"(CodiceFiscale|IdFiscaleIVA)\S* is a required field", "one of the two tax numbers is enough"),
    ],
}


# Peers that know the ordinary format alone, or were given its schema: simplified invoices are not shown to them.
ORDINARY_ONLY = ("fatturapa", "mcp-fattura-elettronica-it", "@digitalia/fatturapa", "xmllint")


def invoices(program, project):
    """Runs the pipelines that issue invoices; the files, by name."""
    found = {}
    for pipeline in sorted((project / "pipelines").glob("**/*.yaml")):
        text = pipeline.read_text()
        if "bench" in pipeline.parts or not re.search(r"\bfatturapa:\s*(\{\s*seller|\n\s+seller)", text):
            continue
        expected = int(next(iter(re.findall(r"^# exit: *(\d+)", text, re.M)), 0))
        ended = subprocess.run([program, "run", str(pipeline), "--quiet"], cwd=project, capture_output=True, text=True, check=False)
        if ended.returncode != expected:
            sys.exit(f"{pipeline}: exit code {ended.returncode}\n{ended.stderr}")
        written = [path for path in project.glob("**/*.xml") if b"FatturaElettronica" in path.read_bytes()[:400] and "out" in path.parts]
        print(f"-- {pipeline.relative_to(project)}: {len(set(written) - found.keys())} invoices")
        found.update((path, path.read_bytes()) for path in written)
    return found


def with_a38():
    """The errors of a38."""
    import a38
    from a38.validation import Validation
    from lxml import etree

    def judge(path, xml):
        validation = Validation()
        try:
            a38.auto_from_etree(etree.fromstring(xml)).validate(validation)
        except AttributeError as error:
            return [f"a38 itself fails: {error}"]
        return [str(error) for error in validation.errors]

    return judge


def with_fatturapa():
    """What the parser fatturapa makes of a file: it has to find the document and its lines."""
    import fatturapa

    def judge(path, xml):
        documents = fatturapa.parse(xml)
        lines = xml.count(b"<DettaglioLinee>")
        read = sum(len(document.linee) for document in documents)
        return [] if documents and read == lines else [f"{read} lines of {lines} were read"]

    return judge


def with_mcp():
    """The schema as mcp-fattura-elettronica-it ships it."""
    import mcp_fattura_elettronica_it
    from lxml import etree

    schemas = Path(mcp_fattura_elettronica_it.__file__).parent / "schemas"

    class Local(etree.Resolver):
        def resolve(self, url, public, context):
            return self.resolve_filename(str(schemas / "xmldsig-core-schema.xsd"), context) if "xmldsig" in url else None

    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(Local())
    known = {
        name: etree.XMLSchema(etree.parse(str(schemas / file), parser))
        for name, file in (("FPR12", "FatturaPA_FPR12_v1.2.3.xsd"), ("FPA12", "FatturaPA_FPA12_v1.2.3.xsd"), ("FSM10", "FatturaSemplificata_VFSM10_v1.0.2.xsd"))
    }

    def judge(path, xml):
        document = etree.fromstring(xml)
        schema = known[document.get("versione")]
        return [] if schema.validate(document) else [str(error) for error in schema.error_log]

    return judge


def with_xmllint(xsd):
    """The schema by xmllint."""

    def judge(path, xml):
        ended = subprocess.run(["xmllint", "--nonet", "--noout", "--schema", str(xsd), str(path)], capture_output=True, text=True, check=False)
        return [] if ended.returncode == 0 else ended.stderr.splitlines()[:3]

    return judge


def with_node(modules, found):
    """The errors of @digitalia/fatturapa, by file."""
    script = Path(__file__).with_suffix(".js")
    names = "\n".join(str(path) for path in found)
    ended = subprocess.run(["node", str(script), str(modules.resolve())], input=names, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"node: exit code {ended.returncode}\n{ended.stderr}")
    said = json.loads(ended.stdout)
    return lambda path, xml: said[str(path)]


def validators(arguments, found):
    """The peers that are there, by name; says which are not."""
    peers = {}
    for name, make in (("a38", with_a38), ("fatturapa", with_fatturapa), ("mcp-fattura-elettronica-it", with_mcp)):
        try:
            peers[name] = make()
        except ImportError as error:
            print(f"skipped: {name} is not installed ({error})")
    if not shutil.which("node") or not arguments.node_modules or not (arguments.node_modules / "@digitalia/fatturapa").is_dir():
        print("skipped: @digitalia/fatturapa is not installed (npm)")
    else:
        peers["@digitalia/fatturapa"] = with_node(arguments.node_modules, found)
    if not arguments.xsd or not arguments.xsd.is_file() or not shutil.which("xmllint"):
        print("skipped: xmllint, or the schema for it, is not there")
    else:
        peers["xmllint"] = with_xmllint(arguments.xsd.resolve())
    return peers


def main():
    """Prints every refusal that has no known reason; the exit code says whether there was one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("project", type=Path)
    parser.add_argument("--node-modules", type=Path)
    parser.add_argument("--xsd", type=Path)
    arguments = parser.parse_args()
    found = invoices(arguments.program, arguments.project.resolve())
    if not found:
        sys.exit("no pipeline wrote an invoice")
    bad = 0
    for name, judge in validators(arguments, found).items():
        excused = {}
        refused = 0
        for path, xml in found.items():
            if name in ORDINARY_ONLY and b"FatturaElettronicaSemplificata" in xml[:400]:
                excused["knows the ordinary format alone"] = excused.get("knows the ordinary format alone", 0) + 1
                continue
            for message in judge(path, xml):
                why = next((why for pattern, why in OUTDATED.get(name, []) if re.search(pattern, message)), None)
                if why:
                    excused[why] = excused.get(why, 0) + 1
                else:
                    refused += 1
                    print(f"{name}: {path.name}: {message}")
        bad += refused
        print(f"{name}: {len(found)} invoices, {refused} refusals" + "".join(f"; {count} times outdated: {why}" for why, count in excused.items()))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
