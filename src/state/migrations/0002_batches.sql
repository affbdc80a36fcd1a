-- A file may hold several documents of one buyer: it has a row for each of them, by its position in the file. SQLite cannot
-- take a constraint away, so the table is made again with the same rows.
PRAGMA defer_foreign_keys = ON;

CREATE TABLE files_before AS SELECT * FROM files;

DROP TABLE files;

CREATE TABLE files (
  id INTEGER PRIMARY KEY,
  document INTEGER NOT NULL REFERENCES documents (id),
  attempt INTEGER NOT NULL CHECK (attempt > 0),
  sender TEXT NOT NULL CHECK (sender <> ''),
  progressive INTEGER NOT NULL CHECK (progressive > 0),
  name TEXT NOT NULL CHECK (name <> ''),
  -- Of the whole file.
  content_hash TEXT NOT NULL CHECK (length(content_hash) = 64 AND content_hash NOT GLOB '*[^0-9a-f]*'),
  staged_folder TEXT NOT NULL,
  target_folder TEXT NOT NULL,
  run TEXT NOT NULL,
  recorded_at TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN (
    'staged', 'issued', 'made_available', 'delivered', 'terms_elapsed', 'accepted', 'refused_by_body', 'refused'
  )),
  status_on TEXT CHECK (status_on IS date(status_on)),
  position INTEGER NOT NULL DEFAULT 1 CHECK (position > 0),
  -- Of this document alone, in a file of several.
  body_hash TEXT CHECK (length(body_hash) = 64 AND body_hash NOT GLOB '*[^0-9a-f]*'),
  UNIQUE (document, attempt),
  UNIQUE (name, position),
  UNIQUE (sender, progressive, position),
  CHECK (status <> 'refused' OR status_on IS NOT NULL)
) STRICT;

INSERT INTO files (id, document, attempt, sender, progressive, name, content_hash, staged_folder, target_folder, run,
  recorded_at, status, status_on)
SELECT id, document, attempt, sender, progressive, name, content_hash, staged_folder, target_folder, run, recorded_at,
  status, status_on FROM files_before;

DROP TABLE files_before;

-- Few at any time: what a run has recorded and not yet put in place.
CREATE INDEX files_staged ON files (staged_folder) WHERE status = 'staged';

-- A name stands for one progressive, and a progressive for one name: only documents of one file share them.
CREATE TRIGGER files_named BEFORE INSERT ON files
WHEN EXISTS (SELECT 1 FROM files WHERE name = NEW.name
             AND (sender, progressive, run, content_hash) IS NOT (NEW.sender, NEW.progressive, NEW.run, NEW.content_hash))
BEGIN
  SELECT RAISE(ABORT, 'rule:name-used');
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

CREATE TRIGGER files_lasting BEFORE UPDATE OF id, document, attempt, sender, progressive, name, position ON files
BEGIN
  SELECT RAISE(ABORT, 'rule:lasting');
END;

CREATE TRIGGER files_content BEFORE UPDATE OF content_hash, body_hash, staged_folder, target_folder, run, recorded_at
ON files
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
