-- Exceptions of reconciliations: what the data said of each, day by day, and what a person has decided.

CREATE TABLE exceptions (
  id INTEGER PRIMARY KEY,
  pipeline TEXT NOT NULL,
  -- The table of the pipeline that looks for it: what it finds no longer is resolved.
  node TEXT NOT NULL,
  chain TEXT NOT NULL,
  code TEXT NOT NULL CHECK (code <> ''),
  key TEXT NOT NULL,
  severity TEXT NOT NULL,
  finding TEXT,
  left_key TEXT,
  right_key TEXT,
  -- Exact, as it is written.
  amount TEXT,
  currency TEXT,
  event_on TEXT CHECK (event_on IS date(event_on)),
  proposal TEXT,
  first_on TEXT NOT NULL CHECK (first_on IS date(first_on)),
  last_on TEXT NOT NULL CHECK (last_on IS date(last_on)),
  resolved_on TEXT CHECK (resolved_on IS date(resolved_on)),
  run TEXT NOT NULL,
  -- Runs never write what follows.
  decision TEXT CHECK (decision IN ('explained', 'ignored')),
  reason TEXT,
  owner TEXT,
  expires_on TEXT CHECK (expires_on IS date(expires_on)),
  decided_amount TEXT,
  decided_at TEXT,
  CHECK (decision <> 'explained' OR reason <> ''),
  CHECK (decision <> 'ignored' OR owner <> ''),
  UNIQUE (pipeline, chain, code, key)
) STRICT;
CREATE INDEX exceptions_of_table ON exceptions (pipeline, node);

-- What happened to each: found, resolved, came back, and every decision with its words.
CREATE TABLE exception_events (
  exception INTEGER NOT NULL REFERENCES exceptions (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at TEXT NOT NULL,
  what TEXT NOT NULL,
  -- The day that was looked at, for what runs found.
  day TEXT,
  run TEXT,
  reason TEXT,
  owner TEXT,
  expires_on TEXT,
  amount TEXT,
  PRIMARY KEY (exception, number)
) STRICT, WITHOUT ROWID;
