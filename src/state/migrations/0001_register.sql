-- The register of fiscal documents. The rules stand here, so that no code, of this version or another, can break them.

-- One row for one document. It keeps its number and date for ever; its files may be several, after refusals.
CREATE TABLE documents (
  id INTEGER PRIMARY KEY,
  seller TEXT NOT NULL CHECK (seller <> ''),
  kind TEXT NOT NULL CHECK (kind <> ''),
  order_key TEXT NOT NULL CHECK (order_key <> ''),
  series TEXT NOT NULL,
  year INTEGER NOT NULL,
  number INTEGER NOT NULL CHECK (number > 0),
  numero TEXT NOT NULL CHECK (numero <> ''),
  date TEXT NOT NULL CHECK (date IS date(date)),
  -- The file that stands for the document now. Checked at the commit: there is no document without a file. Without the
  -- index of UNIQUE every new file would search all documents for one that waits for it.
  file INTEGER NOT NULL UNIQUE REFERENCES files (id) DEFERRABLE INITIALLY DEFERRED,
  UNIQUE (seller, kind, order_key),
  UNIQUE (seller, series, year, number),
  UNIQUE (seller, kind, year, numero),
  CHECK (year = CAST(substr(date, 1, 4) AS INTEGER))
) STRICT;

-- Every file name ever taken, refused ones too: the exchange system admits each once, for ever.
CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  sender TEXT NOT NULL CHECK (sender <> ''),
  progressive INTEGER NOT NULL CHECK (progressive > 0),
  name TEXT NOT NULL UNIQUE CHECK (name <> ''),
  content_hash TEXT NOT NULL CHECK (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-f]*'),
  staged_folder TEXT NOT NULL,
  target_folder TEXT NOT NULL,
  run TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN (
    'staged', 'issued', 'made_available', 'delivered', 'terms_elapsed', 'accepted', 'refused_by_body', 'refused'
  )),
  status_on TEXT CHECK (status_on IS date(status_on)),
  UNIQUE (document, attempt),
  UNIQUE (sender, progressive),
  CHECK (status <> 'refused' OR status_on IS NOT NULL)
) STRICT;

-- Few at any time: what a run has recorded and not yet put in place.
CREATE INDEX files_staged ON files (staged_folder) WHERE status = 'staged';

-- What the exchange system said of a file, each thing once. The status of the file is the weightiest of them.
CREATE TABLE outcomes (
  file INTEGER NOT NULL REFERENCES files (id),
  outcome TEXT NOT NULL,
  happened_on TEXT CHECK (happened_on IS date(happened_on)),
  PRIMARY KEY (file, outcome)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER documents_gapless BEFORE INSERT ON documents
-- A bare max() is one step in the index; max() + 1 would read the whole register.
WHEN NEW.number <> 1 + (
  SELECT max(number) FROM documents WHERE seller = NEW.seller AND series = NEW.series AND year = NEW.year
)
BEGIN
  SELECT RAISE(ABORT, 'rule:not-next');
END;

CREATE TRIGGER documents_lasting BEFORE UPDATE OF id, seller, kind, order_key, series, year, number, numero, date
ON documents
BEGIN
  SELECT RAISE(ABORT, 'rule:lasting');
END;

CREATE TRIGGER documents_kept BEFORE DELETE ON documents
BEGIN
  SELECT RAISE(ABORT, 'rule:lasting');
END;

CREATE TRIGGER files_after_refusal BEFORE INSERT ON files
WHEN NEW.attempt <> 1 + coalesce((SELECT max(attempt) FROM files WHERE document = NEW.document), 0)
  OR EXISTS (SELECT 1 FROM files WHERE document = NEW.document AND status <> 'refused')
BEGIN
  SELECT RAISE(ABORT, 'rule:not-refused');
END;

CREATE TRIGGER files_stand_for_document AFTER INSERT ON files
BEGIN
  UPDATE documents SET file = NEW.id WHERE id = NEW.document;
END;

CREATE TRIGGER files_lasting BEFORE UPDATE OF id, document, attempt, sender, progressive, name ON files
BEGIN
  SELECT RAISE(ABORT, 'rule:lasting');
END;

CREATE TRIGGER files_content BEFORE UPDATE OF content_hash, staged_folder, target_folder, run, recorded_at ON files
WHEN OLD.status <> 'staged'
BEGIN
  SELECT RAISE(ABORT, 'rule:not-staged');
END;

CREATE TRIGGER files_status BEFORE UPDATE OF status ON files
WHEN NEW.status <> OLD.status AND (OLD.status = 'refused' OR NEW.status = 'staged')
BEGIN
  SELECT RAISE(ABORT, 'rule:contradiction');
END;

CREATE TRIGGER files_kept BEFORE DELETE ON files
BEGIN
  SELECT RAISE(ABORT, 'rule:lasting');
END;
