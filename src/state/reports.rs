//! What reports remember from run to run: the values of their trends.

use chrono::{DateTime, Utc};
use rusqlite::params;

use super::error::StateError;
use super::follow::State;
use super::runs::instant;

/// A value of a trend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportValue {
    /// The run that it is of.
    pub run: String,
    /// The instant of that run, UTC, as RFC 3339.
    pub at: String,
    /// An exact decimal.
    pub value: String,
}

impl State {
    /// The values of the last runs before `before`, the oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn report_values(
        &self,
        [pipeline, report, metric]: [&str; 3],
        before: DateTime<Utc>,
        most: u32,
    ) -> Result<Vec<ReportValue>, StateError> {
        let sql = "SELECT run, at, value FROM report_values
                   WHERE pipeline = ?1 AND report = ?2 AND metric = ?3 AND at < ?4 ORDER BY at DESC, run DESC LIMIT ?5";
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let values = statement.query_map(params![pipeline, report, metric, instant(before), most], |row| {
                Ok(ReportValue { run: row.get(0)?, at: row.get(1)?, value: row.get(2)? })
            })?;
            let mut values = values.collect::<rusqlite::Result<Vec<_>>>()?;
            values.reverse();
            Ok(values)
        })
    }

    /// Keeps the values of a run, by metric.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep_report_values(
        &self,
        [pipeline, report, run]: [&str; 3],
        at: DateTime<Utc>,
        values: &[(String, String)],
    ) -> Result<(), StateError> {
        self.write(|point| {
            let sql = "INSERT OR REPLACE INTO report_values (pipeline, report, metric, run, at, value)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            let mut statement = point.prepare_cached(sql)?;
            for (metric, value) in values {
                statement.execute(params![pipeline, report, metric, run, instant(at), value])?;
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn values_come_back_in_order_and_only_of_earlier_runs() {
        let folder = tempfile::tempdir().unwrap();
        let state = State::open(&folder.path().join("state.db")).unwrap();
        let day = |days| DateTime::UNIX_EPOCH + TimeDelta::days(days);
        for (run, days, value) in [("c", 3, "3.00"), ("a", 1, "1.00"), ("b", 2, "2.00")] {
            let values = [("aperte".to_owned(), value.to_owned())];
            state.keep_report_values(["p", "r", run], day(days), &values).unwrap();
        }
        let found = |before, most| {
            let values = state.report_values(["p", "r", "aperte"], day(before), most).unwrap();
            values.into_iter().map(|value| value.value).collect::<Vec<_>>()
        };
        assert_eq!(found(3, 30), ["1.00", "2.00"]);
        assert_eq!(found(9, 2), ["2.00", "3.00"]);
        assert!(state.report_values(["p", "other", "aperte"], day(9), 9).unwrap().is_empty());
    }
}
