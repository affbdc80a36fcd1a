#!/usr/bin/env python3
"""Validates pipelines with an ordinary JSON Schema validator: `validate_pipelines.py SCHEMA PIPELINE…`.

Needs the packages `jsonschema` and `pyyaml`. A tag (`!param giorno`) stands for a text here, as it does for an editor.
"""

import json
import os
import sys

import yaml
from jsonschema import Draft202012Validator


class Loader(yaml.SafeLoader):
    """YAML 1.2 as pipelines mean it: dates, `yes` and `on` are texts."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
BOOLEAN = __import__("re").compile("^(?:true|True|TRUE|false|False|FALSE)$")
Loader.add_implicit_resolver("tag:yaml.org,2002:bool", BOOLEAN, list("tTfF"))
Loader.add_multi_constructor("!", lambda loader, suffix, node: loader.construct_scalar(node))


def include(loader, node):
    """`!include file` is the file's document, found from the folder of the file that includes."""
    path = os.path.join(os.path.dirname(loader.name), loader.construct_scalar(node))
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader)


Loader.add_constructor("!include", include)


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    bad = 0
    for path in sys.argv[2:]:
        with open(path, encoding="utf-8") as file:
            document = yaml.load(file, Loader)
        errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
        bad += bool(errors)
        print(f"-- {path}: {'valid' if not errors else 'NOT valid'}")
        for error in errors:
            print(f"   {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
