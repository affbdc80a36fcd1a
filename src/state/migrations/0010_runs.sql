-- What is remembered of runs and deliveries. The rows that destinations have acknowledged are in files of their own
-- beside this database (`ledger/`), where ten million of them are read in one go; here stands which files count.

-- One row for one run.
CREATE TABLE runs (
  run TEXT PRIMARY KEY,
  pipeline TEXT NOT NULL,
  -- Hash of the pipeline file as it was understood: two runs with one fingerprint did the same work.
  fingerprint TEXT NOT NULL,
  -- Parameters as a JSON object of texts.
  params TEXT NOT NULL,
  started_at TEXT NOT NULL,
  ended_at TEXT,
  -- `done`, `failed`, `checks_say_no`, `bug`, `interrupted`; null while it goes on, `died` when its process ended without a word.
  outcome TEXT,
  exit INTEGER,
  -- Code and words of what went wrong.
  problem TEXT
) STRICT;
CREATE INDEX runs_of_pipeline ON runs (pipeline, started_at);

-- The books: one row for each table and load of a run.
CREATE TABLE nodes (
  run TEXT NOT NULL REFERENCES runs (run) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('table', 'load')),
  node TEXT NOT NULL,
  kind TEXT NOT NULL,
  rows_in INTEGER NOT NULL,
  filtered INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0,
  rows_out INTEGER NOT NULL DEFAULT 0,
  unchanged INTEGER NOT NULL DEFAULT 0,
  created INTEGER NOT NULL DEFAULT 0,
  updated INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (run, role, node)
) STRICT, WITHOUT ROWID;

-- How far an incremental extract has come. Moved only after every load that it feeds was acknowledged.
CREATE TABLE cursors (
  pipeline TEXT NOT NULL,
  source TEXT NOT NULL,
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  run TEXT NOT NULL,
  moved_at TEXT NOT NULL,
  PRIMARY KEY (pipeline, source)
) STRICT, WITHOUT ROWID;

-- Pages of an extract that did not come to its end: a run after it goes on from here.
CREATE TABLE pages (
  pipeline TEXT NOT NULL,
  source TEXT NOT NULL,
  run TEXT NOT NULL,
  -- What the platform needs to give the next page, as JSON.
  position TEXT NOT NULL,
  -- Where the pages so far are kept.
  folder TEXT NOT NULL,
  pages INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  saved_at TEXT NOT NULL,
  PRIMARY KEY (pipeline, source)
) STRICT, WITHOUT ROWID;

-- Files that were read and whose rows have arrived.
CREATE TABLE files_read (
  pipeline TEXT NOT NULL,
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  size INTEGER NOT NULL,
  modified TEXT NOT NULL,
  hash TEXT NOT NULL,
  run TEXT NOT NULL,
  read_at TEXT NOT NULL,
  PRIMARY KEY (pipeline, source, path)
) STRICT, WITHOUT ROWID;

-- What a destination has acknowledged, as a whole. The rows are in the segments.
CREATE TABLE ledgers (
  id INTEGER PRIMARY KEY,
  pipeline TEXT NOT NULL,
  load TEXT NOT NULL,
  -- Of the columns that are sent and of where they go: with another one, every row is sent again.
  mapping TEXT NOT NULL,
  -- Of the steps that make the rows: with another one, people are told before rows disappear.
  logic TEXT NOT NULL,
  -- Rows that the destination has.
  rows INTEGER NOT NULL,
  -- Rows of the table when it was last delivered in full.
  received INTEGER NOT NULL,
  -- Raised by every delivery: a plan made before is no longer true.
  version INTEGER NOT NULL,
  changed_at TEXT NOT NULL,
  UNIQUE (pipeline, load)
) STRICT;

-- Files of a ledger, in order: a later one overrides the earlier ones by key.
CREATE TABLE segments (
  ledger INTEGER NOT NULL REFERENCES ledgers (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  -- Name of the file in the folder of ledgers.
  file TEXT NOT NULL,
  rows INTEGER NOT NULL,
  PRIMARY KEY (ledger, number)
) STRICT, WITHOUT ROWID;

-- A delivery: recorded before anything is sent, gone when all of it is in the ledger.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  -- The same in all systems: a destination that can be asked knows it.
  name TEXT NOT NULL UNIQUE,
  pipeline TEXT NOT NULL,
  load TEXT NOT NULL,
  run TEXT NOT NULL,
  mapping TEXT NOT NULL,
  logic TEXT NOT NULL,
  -- File with the changes, in the folder of ledgers.
  file TEXT NOT NULL,
  rows INTEGER NOT NULL,
  recorded_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX deliveries_open ON deliveries (pipeline, load);

-- Changes that were about to be sent and whose answer is not known.
CREATE TABLE intents (
  delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  change INTEGER NOT NULL,
  PRIMARY KEY (delivery, change)
) STRICT, WITHOUT ROWID;

-- Answers: change by change, until they are in the ledger.
CREATE TABLE answers (
  delivery INTEGER NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
  change INTEGER NOT NULL,
  -- 1: the destination has it; 0: it refused it.
  taken INTEGER NOT NULL CHECK (taken IN (0, 1)),
  remote_id TEXT,
  answered_at TEXT NOT NULL,
  PRIMARY KEY (delivery, change)
) STRICT, WITHOUT ROWID;

-- Which row of ours is which of theirs, learnt from answers.
CREATE TABLE ids (
  -- Name of the pipeline: loads of one name in two pipelines mean different things.
  system TEXT NOT NULL,
  -- Name of the load.
  kind TEXT NOT NULL,
  key TEXT NOT NULL,
  remote_id TEXT NOT NULL,
  run TEXT NOT NULL,
  learnt_at TEXT NOT NULL,
  PRIMARY KEY (system, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX ids_by_remote ON ids (system, kind, remote_id);

-- What of a limited allowance is used: calls a day, changes of an offer a day.
CREATE TABLE budgets (
  account TEXT NOT NULL,
  name TEXT NOT NULL,
  window_start TEXT NOT NULL,
  used INTEGER NOT NULL,
  PRIMARY KEY (account, name, window_start)
) STRICT, WITHOUT ROWID;

-- Guards that a person has overridden, each once.
CREATE TABLE overrides (
  run TEXT NOT NULL,
  load TEXT NOT NULL,
  guard TEXT NOT NULL,
  what TEXT NOT NULL,
  PRIMARY KEY (run, load, guard)
) STRICT, WITHOUT ROWID;

-- Rejected rows of all runs. The row itself is in `rejects.jsonl` of its run, from `position` on.
CREATE TABLE rejects (
  id INTEGER PRIMARY KEY,
  pipeline TEXT NOT NULL,
  run TEXT NOT NULL,
  node TEXT NOT NULL,
  cause TEXT NOT NULL,
  -- Of node, origin and row: the same row rejected again is the same reject.
  digest TEXT NOT NULL,
  key TEXT,
  column_name TEXT,
  file TEXT,
  line INTEGER,
  place TEXT,
  position INTEGER NOT NULL,
  first_seen TEXT NOT NULL,
  last_seen TEXT NOT NULL,
  times INTEGER NOT NULL DEFAULT 1,
  -- `open`, `replayed`, `dropped`.
  status TEXT NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'replayed', 'dropped')),
  UNIQUE (pipeline, digest)
) STRICT;
CREATE INDEX rejects_by_cause ON rejects (pipeline, status, cause);
CREATE INDEX rejects_of_run ON rejects (run);
