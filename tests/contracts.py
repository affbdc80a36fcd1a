"""Every request of every connector, shown to a mock of its platform that is made from the platform's contract.

    python tests/contracts.py PROGRAM CONTRACTS --node-modules DIR [--only NAME …] [--verbose]

PROGRAM is `raccordo`, CONTRACTS the folder of the contracts with its `README.md`, DIR the `node_modules` in which `@stoplight/prism-cli`,
`graphql`, `@graphql-tools/mock` and `@graphql-tools/schema` are. Python needs `pyyaml`.

For each resource with `read` a pipeline reads it, once from the beginning and once with `since`; for each one with `write` a pipeline sends
two rows, sends them changed, and takes one away. Between the program and the mock stands a proxy. It passes every request on, notes
what the contract says of it, and answers so that the run goes on: a mock forgets everything, so its pages would never end and nothing
written would be found again. Proven is that requests are what the contract asks for; not that the platform does with them what is meant.
"""

import argparse
import concurrent.futures
import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent

# What a column of a type holds: in the first run, and after it has changed.
BY_TYPE = {
    "text": ("prova", "altra"), "integer": (7, 8), "quantity": ("2", "3"), "money": ("12.50", "13.75"), "percent": ("22", "10"),
    "timestamp": ("2026-03-01T10:00:00Z", "2026-03-02T11:30:00Z"), "date": ("2026-03-01", "2026-03-02"), "bool": ("true", "false"),
    "country": ("IT", "FR"), "currency": ("EUR", "EUR"), "sku": ("A-1", "A-2"),
    "list<text>": (["uno"], ["uno", "due"]), "decimal": ("12.5", "13.75"),
}

# Texts that are more than texts whatever the platform: what a column is called says what it holds.
BY_NAME = {
    "email": ("text", "anna@example.com"), "country": ("text", "IT"), "shipping_country": ("text", "IT"), "currency": ("text", "EUR"),
    "price": ("money", None), "amount": ("money", None), "stock": ("integer", None), "qty": ("integer", None),
    "shipped_at": ("timestamp", None), "placed_at": ("timestamp", None), "active": ("integer", 1), "vat_rate": ("percent", None),
    "order_date": ("date", None), "tracking_url": ("text", "https://example.com/t/1"), "gtin": ("text", "8001234567890"),
    "insured_amount": ("money", None), "cod_amount": ("money", None), "declared_value": ("money", None), "volume_m3": ("decimal(18,6)", None),
    "weight_kg": ("decimal(18,6)", None), "parcels": ("integer", None), "invoice_date": ("date", None), "stock_initial": ("integer", None),
    "insured_currency": ("text", "EUR"), "cod_currency": ("text", "EUR"), "stock_before": ("integer", None), "location": ("text", None),
    "notify_customer": ("bool", None), "manage_stock": ("bool", None), "images": ("list<text>", ["https://example.com/a.jpg"]),
}

# Values that a contract wants in one place: (connector, resource, column) to a type and a value. Each with its reason.
SPECIAL = {
    # Words of a closed list.
    ("brt", None, "freight"): ("text", "DAP", "EXW"),
    ("fattureincloud", None, "kind"): ("text", "company", "person"),
    ("fattureincloud", None, "customer_kind"): ("text", "company", "person"),
    ("fattureincloud", None, "language"): ("text", "it", "en"),
    ("woocommerce", "orders", "status"): ("text", "processing", "completed"),
    ("paypal", "shipments", "status"): ("text", "SHIPPED", "DELIVERED"),
    # `OTHER` is in the text of the contract and not in its list: what is proven is a carrier of the list.
    ("paypal", "shipments", "carrier"): ("text", "DHL", "UPS"),
    ("shopify", "products", "status"): ("text", "active", "draft"),
    ("stripe", None, "reason"): ("text", "duplicate", "fraudulent"),
    ("woocommerce", "products", "status"): ("text", "publish", "draft"),
    ("amazon", "products", "requirements"): ("text", "LISTING", "LISTING_OFFER_ONLY"),
    # Lists and mappings have the shape of the platform: raccordo sends them as they are.
    ("amazon", "shipments", "lines"): ("list<struct{orderItemId: text, quantity: integer}>", [{"orderItemId": "1", "quantity": 1}], [{"orderItemId": "1", "quantity": 2}]),
    ("amazon", "products", "attributes"): ("struct{item_name: list<struct{value: text}>}", {"item_name": [{"value": "Tazza"}]}, {"item_name": [{"value": "Piatto"}]}),
    ("ebay", "shipments", "lines"): ("list<struct{lineItemId: text, quantity: integer}>", [{"lineItemId": "1", "quantity": 1}], [{"lineItemId": "1", "quantity": 2}]),
    # The contract says that `aspects` is a text, its own description that it is a mapping: left out, so not proven.
    ("ebay", "products", "aspects"): None,
    ("shopify", "products", "options"): (
        "list<struct{name: text, values: list<struct{name: text}>}>",
        [{"name": "Colore", "values": [{"name": "rosso"}]}], [{"name": "Colore", "values": [{"name": "rosso"}, {"name": "blu"}]}]),
    ("shopify", "products", "variants"): (
        "list<struct{sku: text, price: text, optionValues: list<struct{optionName: text, name: text}>}>",
        [{"sku": "A-1", "price": "12.50", "optionValues": [{"optionName": "Colore", "name": "rosso"}]}],
        [{"sku": "A-1", "price": "13.75", "optionValues": [{"optionName": "Colore", "name": "rosso"}]}]),
    ("fattureincloud", None, "lines"): (
        "list<struct{name: text, qty: integer, net_price: money, vat: struct{id: integer}}>",
        [{"name": "Tazza", "qty": 1, "net_price": "12.50", "vat": {"id": 0}}], [{"name": "Tazza", "qty": 2, "net_price": "12.50", "vat": {"id": 0}}]),
    ("fattureincloud", None, "payments"): (
        "list<struct{amount: money, due_date: date, status: text}>",
        [{"amount": "15.25", "due_date": "2026-03-31", "status": "not_paid"}], [{"amount": "30.50", "due_date": "2026-03-31", "status": "not_paid"}]),
}

# Settings that are more than texts.
SETTINGS = {
    # Numbers in the bodies of BRT.
    ("brt", "user"): "1020100", ("brt", "customer"): "1020117", ("brt", "depot"): "102", ("brt", "parcel"): "102011700000101",
    ("brt", "pricing"): "000",
    # A company is a number in the paths of Fatture in Cloud.
    ("fattureincloud", "company"): "12345",
    ("shopify", "location"): "gid://shopify/Location/1",
}

# Answers of the mock that say nothing of the request.
OWN = ("NOT_ACCEPTABLE", "NO_COMPLEX_OBJECT_TEXT", "NO_RESPONSE_DEFINED", "NO_SUCCESS_RESPONSE_DEFINED", "EXAMPLE_NOT_FOUND", "SCHEMA_TOO_COMPLEX")

NAME = re.compile(r"(?<!\{)\{([^{}]+)\}")
lock = threading.Lock()


def names(tree, found=None):
    """Names in the templates of a tree, each with its filters; the text of a GraphQL query has none."""
    found = [] if found is None else found
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key != "query" or not isinstance(value, str):
                names(value, found)
    elif isinstance(tree, list):
        for value in tree:
            names(value, found)
    elif isinstance(tree, str):
        for inside in NAME.findall(tree):
            name, *filters = [part.strip() for part in inside.split("|")]
            found.append((name.rstrip("?"), name.endswith("?") or any(f.startswith("default") for f in filters), filters))
    return found


def at(path, value):
    """An answer that has a value at a path such as `data[0].id`, and nothing else."""
    for step in reversed(re.sub(r"\[(\d+)\]", r".\1", path).split(".")):
        value = [value] if step.isdigit() else {step: value}
    return value


def pattern(path):
    """A path with `{names}` as a pattern."""
    return "".join(re.escape(part) if i % 2 == 0 else "[^/]+" for i, part in enumerate(re.split(r"(\{[^}]*\})", path)))


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


class Contract:
    """One contract file and its mock, which is started when the first request is for it."""

    def __init__(self, path, modules):
        self.path, self.modules, self.port, self.process = path, modules, None, None
        self.guard = threading.Lock()
        self.operations = []
        if path.suffix == ".graphql":
            return
        described = json.loads(path.read_text())
        prefixes = {""}
        for server in described.get("servers", []):
            url = server["url"]
            for name, variable in (server.get("variables") or {}).items():
                url = url.replace("{" + name + "}", variable["default"])
            prefixes.add(urllib.parse.urlsplit(url).path.rstrip("/"))
        prefixes.add(described.get("basePath", "").rstrip("/"))
        for template, item in described["paths"].items():
            for method in ("get", "post", "put", "patch", "delete"):
                if method in item:
                    literal = len(re.sub(r"\{[^}]*\}", "", template))
                    shape = pattern(template)
                    for prefix in prefixes:
                        self.operations.append((method.upper(), re.compile(re.escape(prefix) + shape + "$"), prefix, literal + len(prefix),
                                                item[method].get("operationId"), template))

    def start(self):
        with self.guard:
            if self.process:
                return
            self.port = free_port()
            if self.path.suffix == ".graphql":
                command = ["node", str(self.modules.parent / "graphql-mock.mjs"), str(self.path), str(self.port)]
            else:
                command = [str(self.modules / ".bin" / "prism"), "mock", "-h", "127.0.0.1", "-p", str(self.port), str(self.path)]
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for _ in range(600):
                if self.process.poll() is not None:
                    raise RuntimeError(f"the mock of {self.path.name} ended with {self.process.returncode}")
                try:
                    socket.create_connection(("127.0.0.1", self.port), 1).close()
                    return
                except OSError:
                    time.sleep(0.2)
            raise RuntimeError(f"the mock of {self.path.name} did not start")

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait()


class Seen:
    """One request: what it was, and what its contract says of it."""

    def __init__(self, method, path, body):
        self.method, self.path, self.body = method, path, body
        self.operation, self.broken, self.own, self.status = None, [], 0, None

    def query(self):
        try:
            return json.loads(self.body)["query"]
        except (ValueError, KeyError, TypeError):
            return None


class Platform:
    """The proxy before the mocks of one connector."""

    def __init__(self, contracts):
        self.contracts, self.seen, self.answer, self.token_path = contracts, [], None, None
        platform = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def any(self):
                length = int(self.headers.get("content-length") or 0)
                status, headers, body = platform.ask(self.command, self.path, dict(self.headers), self.rfile.read(length))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def find(self, method, path):
        """The contract that describes a request: of those that fit, the one that says most of the path."""
        if self.contracts[0].path.suffix == ".graphql":
            return self.contracts[0], "", None
        fitting = [(literal, contract.path.name, contract, prefix, operation) for contract in self.contracts
                   for verb, shape, prefix, literal, operation, _ in contract.operations if verb == method and shape.match(path)]
        if not fitting:
            return None
        _, _, contract, prefix, operation = max(fitting, key=lambda one: one[:2])
        return contract, prefix, operation

    def ask(self, method, target, headers, body):
        path = target.split("?")[0]
        json_type = {"Content-Type": "application/json"}
        if self.token_path and path == self.token_path:
            # A login. The contracts that describe theirs are asked as well; most do not.
            found = self.find(method, path)
            if not found:
                return 200, json_type, json.dumps({"access_token": "t", "expires_in": 3600}).encode()
        seen = Seen(method, target, body)
        with lock:
            self.seen.append(seen)
        found = self.find(method, path)
        if not found:
            seen.broken.append(f"the contract has no {method} {path}")
            return 404, json_type, b"{}"
        contract, prefix, seen.operation = found
        contract.start()
        passed = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection", "content-length", "accept-encoding")}
        asked = http.client.HTTPConnection("127.0.0.1", contract.port, timeout=120)
        asked.request(method, target[len(prefix):] if prefix else ("/" if contract.path.suffix == ".graphql" else target), body or None, passed)
        answer = asked.getresponse()
        said = answer.read()
        seen.status = answer.status
        try:
            parsed = json.loads(said)
        except ValueError:
            parsed = None
        header = answer.getheader("sl-violations") or "[]"
        if not header.startswith("["):
            # Too many for a header, which only made-up answers have. What is wrong with a request gets a 4xx besides.
            header, seen.own = "[]", 1 if answer.status < 400 else 0
        for one in json.loads(header):
            if one["location"][:1] == ["request"]:
                seen.broken.append(".".join(map(str, one["location"])) + ": " + one["message"])
            else:
                seen.own += 1
        if contract.path.suffix == ".graphql":
            # An error with a path is one of the values that the mock made up.
            for one in (parsed or {}).get("errors") or []:
                if isinstance(one, str) or "path" not in one:
                    seen.broken.append(one if isinstance(one, str) else one["message"])
        elif answer.status >= 400 and not seen.broken:
            kind = (parsed or {}).get("type", "") if isinstance(parsed, dict) else ""
            if any(own in str(kind) for own in OWN):
                seen.own += 1
            else:
                detail = json.dumps(parsed.get("validation") or parsed.get("detail") or parsed)[:600] if isinstance(parsed, dict) else \
                    said[:300].decode(errors="replace") or "more is wrong than the mock can say"
                seen.broken.append(f"answered {answer.status}: {detail}")
        if seen.broken:
            return 422, json_type, said or b"{}"
        instead = self.answer(seen, parsed) if self.answer else None
        if instead is not None:
            status, more, value = instead
            return status, {**json_type, **more}, json.dumps(value).encode()
        if answer.status == 204:
            return 204, {}, b""
        kept = {name: value for name, value in answer.getheaders() if name.lower() in ("content-type", "link")}
        return (200 if answer.status >= 400 else answer.status), kept, said


class Prover:
    def __init__(self, program, folder, connector, contracts, kind, verbose):
        self.program, self.connector, self.kind, self.verbose = program, connector, kind, verbose
        self.name = connector["connector"]
        self.platform = Platform(contracts)
        self.folder = Path(folder) / self.name
        self.lines, self.violations, self.unproven, self.own = [], [], [], 0
        self.resources, self.operations, self.left_out = set(), 0, []
        self.settings = {}
        for name, setting in (connector.get("settings") or {}).items():
            setting = setting or {}
            default = setting.get("default")
            if (self.name, name) in SETTINGS:
                self.settings[name] = SETTINGS[self.name, name]
            elif default and default.startswith("http") and " " not in default:
                self.settings[name] = self.platform.url + urllib.parse.urlsplit(default).path
            elif name == "url":
                self.settings[name] = self.platform.url
            elif default is None:
                self.settings[name] = "chiave1"
            else:
                self.settings[name] = default
        token = ((connector.get("auth") or {}) if isinstance(connector.get("auth"), dict) else {}).get("token")
        if token:
            self.platform.token_path = urllib.parse.urlsplit(self.filled(token["url"])).path

    def filled(self, text):
        for name, value in self.settings.items():
            text = text.replace("{" + name + "}", value)
        return text

    def shape(self, path):
        """What a path of the connector looks like, as a pattern."""
        whole = path if path.startswith("{") and "_url}" in path.split("/")[0] else self.connector["base_url"] + path
        path = urllib.parse.urlsplit(self.filled(whole)).path
        return re.compile(pattern(path) + "$")

    def fits(self, seen, request, default):
        """Whether a request is one that the connector describes."""
        body = request.get("body") or {}
        if seen.method != (request.get("method") or ("POST" if body and default == "GET" else default)).upper():
            return False
        if not self.shape(request["path"]).match(seen.path.split("?")[0]):
            return False
        graphql = body.get("graphql") if isinstance(body, dict) else None
        return not graphql or graphql["query"].strip() == (seen.query() or "").strip()

    def run(self, name, extract, load, files=None, fresh=True):
        if fresh:
            shutil.rmtree(self.folder, ignore_errors=True)
            (self.folder / "connectors").mkdir(parents=True)
            (self.folder / "raccordo.yaml").write_text("{}\n")
            for file in (ROOT / "connectors").glob("*.yaml"):
                shutil.copy(file, self.folder / "connectors")
        settings, environment = [], dict(os.environ)
        for key, value in self.settings.items():
            if ((self.connector["settings"] or {}).get(key) or {}).get("secret"):
                settings.append(f"{key}: !env SECRET_{key.upper()}")
                environment[f"SECRET_{key.upper()}"] = value
            else:
                settings.append(f"{key}: {json.dumps(value)}")
        for file, text in (files or {}).items():
            (self.folder / file).write_text(text)
        (self.folder / "prova.yaml").write_text(
            f"pipeline: prova\nconnections:\n  conto: {{ {self.name}: {{ {', '.join(settings)} }} }}\n"
            f"extract:\n  t: {extract}\nload:\n  l: {load}\n")
        with lock:
            self.platform.seen = []
        said = subprocess.run([self.program, "run", "prova.yaml"], cwd=self.folder, env=environment, capture_output=True, text=True, timeout=300)
        if self.verbose:
            print(f"---- {self.name}.{name}: {said.returncode}\n{(self.folder / 'prova.yaml').read_text()}{said.stdout}{said.stderr}")
            for seen in self.platform.seen:
                print("    ", seen.method, seen.path[:200], seen.body[:1500], seen.operation, seen.status, seen.broken)
        return said, list(self.platform.seen)

    def judge(self, resource, what, requests, said, wanted, note=""):
        """Says whether an operation is proven by the requests that were seen."""
        label = f"{self.name}.{resource} {what}"
        self.own += sum(seen.own for seen in requests)
        broken = sorted({problem for seen in requests for problem in seen.broken})
        if not requests:
            last = next((line for line in (said.stderr + said.stdout).splitlines() if line.startswith("error")), f"exit code {said.returncode}")
            self.unproven.append(label)
            self.lines.append(f"FAILED {label} ({self.kind}): no request was sent: {last}")
            return
        if wanted and not broken and all(seen.operation for seen in requests) and wanted not in {seen.operation for seen in requests}:
            broken = [f"the connector calls it `{wanted}`, the contract `{requests[0].operation}`"]
        if broken:
            self.violations.append(label)
            self.lines.append(f"FAILED {label} ({self.kind}): {requests[0].method} {requests[0].path.split('?')[0]}")
            self.lines.extend(f"       {problem}" for problem in broken)
            return
        if any(seen.body[:1] == b"<" for seen in requests):
            note += ", what is inside the XML is not looked at"
        self.lines.append(f"ok {label} ({self.kind}{note})")

    def read(self, name, resource):
        read = resource["read"]
        chain, parent = [read], read
        while parent.get("for_each"):
            parent = self.connector["resources"][parent["for_each"]]["read"]
            chain.append(parent)
        passed = set()

        def answer(seen, parsed):
            for one in chain:
                if self.fits(seen, one, "GET"):
                    if id(one) not in passed:
                        passed.add(id(one))
                        if one is not read or isinstance(parsed, (dict, list)):
                            return None
                    empty = {} if one.get("keyed") else []
                    return 200, {}, at(one["records"], empty) if one.get("records") else empty
            return None

        self.platform.answer = answer
        requests, said = [], None
        since = (read.get("cursor") or {}).get("field")
        for begin in ([None, since] if since else [None]):
            passed.clear()
            field = resource["fields"].get(begin) if begin else None
            kind = field if isinstance(field, str) else (field or {}).get("type")
            extra = f", since: {{ field: {begin}, start: {7 if kind == 'integer' else json.dumps('2026-10-01')} }}" if begin else ""
            said, seen = self.run(name, f"{{ from: conto.{name}{extra} }}", "{ from: t, file: { path: out.jsonl } }")
            mine = [one for one in seen if self.fits(one, read, "GET")]
            if not mine:
                requests = [one for one in seen if one.broken]
                break
            requests += mine
        self.judge(name, "read", requests, said, read.get("operation"))

    def column(self, resource, name, fields, filters):
        """Type and two values of a column that is written."""
        if (self.name, resource, name) in SPECIAL:
            kind, *values = SPECIAL[self.name, resource, name]
        elif (self.name, None, name) in SPECIAL:
            kind, *values = SPECIAL[self.name, None, name]
        else:
            field = fields.get(name)
            kind, values = (field if isinstance(field, str) else (field or {}).get("type")), []
            if name in BY_NAME and (kind in (None, "text")):
                kind, value = BY_NAME[name]
                values = [] if value is None else [value]
            if kind is None:
                words = {each.split(":")[0].strip() for each in filters}
                kind = "money" if "minor" in words else "timestamp" if words & {"date", "unix", "unix_ms", "zone"} else \
                    "integer" if "number" in words else "text"
        if not values:
            values = BY_TYPE["decimal" if kind.startswith("decimal") else kind]
        return kind, values[0], values[-1]

    def write(self, name, resource):
        write = resource["write"]
        known = set(self.settings) | {"key", "remote_id", "idempotency_key", "items", "token"}
        found = {}
        for part in ("lookup", "create", "update", "upsert", "delete"):
            for column, _, filters in names(write.get(part) or {}):
                if column not in known:
                    found.setdefault(column, [])
                    found[column] += filters
        fields = dict(resource.get("fields") or {})
        for other in self.connector["resources"].values():
            for field, kind in (other.get("fields") or {}).items():
                fields.setdefault(field, kind)
        left_out = {column for column in found if (self.name, name, column) in SPECIAL and SPECIAL[self.name, name, column] is None}
        self.left_out += [f"{self.name}.{name}.{column}" for column in sorted(left_out)]
        found = {column: filters for column, filters in found.items() if column not in left_out}
        columns = {column: self.column(name, column, fields, filters) for column, filters in found.items()}
        # The key is what the row is looked for by, or else what stands in the path or first in the body.
        order = [column for part in ("lookup", "delete", "update", "upsert", "create") for column, _, _ in
                 names((write.get(part) or {}).get("path", "")) + names(write.get(part) or {}) if column in columns]
        key = order[0]
        declared = ", ".join(f"{column}: {json.dumps(kind)}" for column, (kind, _, _) in columns.items())
        mode = "mirror" if write.get("delete") else "merge" if write.get("update") or write.get("upsert") else "append"

        def row(number, changed):
            values = {column: (two if changed and column != key else one) for column, (_, one, two) in columns.items()}
            if number == 2:
                kind, one, _ = columns[key]
                values[key] = one + 1 if isinstance(one, int) else f"b{one}" if "@" in one else f"{one}2"
            return values

        exists = [bool(write.get("lookup")) and not write.get("create")]

        def answer(seen, parsed):
            lookup = write.get("lookup")
            if lookup and self.fits(seen, lookup, "GET"):
                return (200, {}, at(lookup["id"], 7)) if exists[0] else (200, {}, [] if lookup["id"][0].isdigit() else {})
            for part, method in (("create", "POST"), ("update", "PUT"), ("upsert", "POST"), ("delete", "DELETE")):
                operation = write.get(part)
                if not operation:
                    continue
                batch = operation.get("batch")
                if batch and self.fits(seen, {**batch, "path": batch.get("path") or operation["path"]}, "POST"):
                    # A batch that is refused is sent row by row: so both requests are seen.
                    return (200, {}, {}) if batch.get("always") else (400, {}, {"message": "no"})
                if self.fits(seen, operation, method):
                    where = operation.get("id")
                    if where == "header location":
                        return 201, {"Location": f"{self.platform.url}/it/7"}, {}
                    return 200, {}, at(where, 7) if where else {}
            return None

        self.platform.answer = answer
        load = f"{{ from: t, to: conto.{name}, key: {key}, mode: {mode}{', guard: { deletes: 100%, shrink: 100% }' if mode == 'mirror' else ''} }}"
        nested = any(isinstance(one, (list, dict)) for _, one, _ in columns.values())
        seen, said = [], None
        steps = [[row(1, False), row(2, False)], [row(1, True), row(2, True)], [row(2, True)]]
        for step, rows in enumerate(steps[:3 if mode == "mirror" else 2]):
            if nested:
                files = {"righe.jsonl": "".join(json.dumps(one) + "\n" for one in rows)}
                extract = f"{{ file: {{ path: righe.jsonl }}, columns: {{ {declared} }} }}"
            else:
                files, extract = {}, f"{{ inline: {{ rows: {json.dumps(rows)} }}, columns: {{ {declared} }} }}"
            said, more = self.run(name, extract, load, files, fresh=step == 0)
            seen += more
        if write.get("lookup"):
            mine = [one for one in seen if self.fits(one, write["lookup"], "GET")]
            self.judge(name, "lookup", mine, said, None)
        for part, method in (("create", "POST"), ("update", "PUT"), ("upsert", "POST"), ("delete", "DELETE")):
            operation = write.get(part)
            if not operation:
                continue
            batch = operation.get("batch") or {}
            batched = [one for one in seen if batch and self.fits(one, {**batch, "path": batch.get("path") or operation["path"]}, "POST")]
            single = [one for one in seen if self.fits(one, operation, method)] if not batch.get("always") else []
            self.operations += 1
            note = ", in one request" if batch.get("always") else ", also in one request" if batched and single else ""
            self.judge(name, part, batched + single, said, operation.get("operation"), note)

    def prove(self):
        for name, resource in self.connector["resources"].items():
            for what in ("read", "write"):
                if resource.get(what):
                    self.resources.add(name)
                    before = len(self.lines)
                    try:
                        getattr(self, what)(name, resource)
                    except Exception as problem:  # noqa: BLE001 - one resource must not hide the others
                        self.unproven.append(f"{self.name}.{name} {what}")
                        self.lines.append(f"FAILED {self.name}.{name} {what} ({self.kind}): {type(problem).__name__}: {problem}")
                    with lock:
                        print("\n".join(self.lines[before:]), flush=True)


def kinds(readme):
    """Who wrote the contracts of each folder, as the table of the README says."""
    said = {}
    for line in readme.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) >= 6 and "`" in cells[1]:
            for folder in re.findall(r"`([a-z0-9-]+)/", cells[1]):
                said.setdefault(folder, re.split(r"[ ,;]", cells[2])[0])
    return said


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("program")
    arguments.add_argument("contracts", type=Path)
    arguments.add_argument("--node-modules", type=Path, required=True)
    arguments.add_argument("--only", nargs="*", default=[])
    arguments.add_argument("--verbose", action="store_true")
    given = arguments.parse_args()
    program, folder, modules = str(Path(given.program).resolve()), given.contracts.resolve(), given.node_modules.resolve()
    # The mock of GraphQL finds its packages beside itself.
    shutil.copyfile(folder / "mock" / "graphql-mock.mjs", modules.parent / "graphql-mock.mjs")
    said = kinds(folder / "README.md")
    provers, running, without, bad = [], [], [], 0
    with tempfile.TemporaryDirectory() as scratch:
        for file in sorted((ROOT / "connectors").glob("*.yaml")):
            connector = yaml.safe_load(file.read_text())
            if given.only and connector["connector"] not in given.only:
                continue
            contract = connector.get("contract")
            found = sorted(folder.glob("*/" + contract["file"])) if contract else []
            if not found:
                without.append(connector["connector"])
                continue
            kind = said.get(found[0].parent.name, "unknown")
            if kind != contract["kind"]:
                bad += 1
                print(f"FAILED {connector['connector']}: its contract is `{kind}` in the table of the README, `{contract['kind']}` in the connector")
            files = [path for path in sorted(found[0].parent.iterdir()) if path.suffix == ".graphql" or
                     path.suffix == ".json" and "paths" in json.loads(path.read_text())]
            contracts = [Contract(path, modules) for path in files]
            running += contracts
            provers.append(Prover(program, scratch, connector, contracts, kind, given.verbose))
        try:
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                list(pool.map(Prover.prove, provers))
        finally:
            for contract in running:
                contract.stop()
    print()
    for prover in provers:
        print(f"{prover.name} ({prover.kind}): {len(prover.resources)} resources, {prover.operations} operations, "
              f"{len(prover.violations)} violations, {len(prover.unproven)} not run")
    if without:
        print(f"not proven here, there is no contract: {', '.join(without)}")
    for column in (column for prover in provers for column in prover.left_out):
        print(f"not proven, its contract contradicts itself: {column}")
    own = sum(prover.own for prover in provers)
    print(f"{own} answers of the mocks break their own contract, which says nothing of the requests")
    violations, unproven = sum(len(p.violations) for p in provers) + bad, sum(len(p.unproven) for p in provers)
    print(f"{sum(len(p.resources) for p in provers)} resources, {sum(p.operations for p in provers)} operations, {violations} violations"
          + (f", {unproven} not run" if unproven else ""))
    return 1 if violations or unproven or not provers else 0


if __name__ == "__main__":
    sys.exit(main())
