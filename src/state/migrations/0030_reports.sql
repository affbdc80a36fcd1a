-- What reports remember of each run: the values that their trends show. Nothing is ever filled in for a run that was not.
CREATE TABLE report_values (
  pipeline TEXT NOT NULL,
  -- Name of the load.
  report TEXT NOT NULL,
  metric TEXT NOT NULL,
  run TEXT NOT NULL,
  -- The instant of the run, UTC.
  at TEXT NOT NULL,
  -- An exact decimal.
  value TEXT NOT NULL,
  PRIMARY KEY (pipeline, report, metric, run)
) STRICT, WITHOUT ROWID;
CREATE INDEX report_values_by_time ON report_values (pipeline, report, metric, at);
