//! The trace of a decision: which rows decided, which candidates lost and why, in a bounded number of words.

use super::input::Situation;
use super::rates::Found;
use super::table::{Row, Table};
use super::tables::RULES;
use crate::domain::calendar::iso_date;

/// A trace never gets longer than this.
pub const LONGEST: usize = 600;
/// How many candidates of each kind are named.
const NAMED: usize = 2;

/// A trace being written.
#[derive(Debug, Default)]
pub struct Trace(Vec<String>);

impl Trace {
    pub(super) fn rule(&mut self, row: &Row, is_own: bool, situation: &Situation) {
        let table = if is_own { "own rule" } else { "rule" };
        let conditions: Vec<String> =
            row.when.iter().map(|one| format!("{}={}", one.name(), situation.facts.at(one.fact))).collect();
        self.0.push(format!("{table} {} [{}]", row.id, conditions.join(" ")));
        if let Some(territory) = situation.end.territory {
            self.0.push(format!("territory {}", territory.code));
        }
        if situation.is_return && situation.tax_day != situation.document_day {
            self.0.push(format!("as on {}", iso_date(situation.tax_day)));
        }
    }

    pub(super) fn rates(&mut self, found: &[Found]) {
        self.0.extend(found.iter().map(|found| format!("rate {}", found.words)));
    }

    pub(super) fn corrected(&mut self, row: &Row) {
        self.0.push(format!("return {}", row.id));
    }

    pub(super) fn added(&mut self, row: &Row) {
        self.0.push(format!("added {}", row.id));
    }

    /// Rows before the winner that fail by one condition, or by their dates, and rows after it that would have matched.
    pub(super) fn losers(&mut self, situation: &Situation, winner: &Row, own: &Table, is_own: bool) {
        let rows: Vec<&Row> = own.rows.iter().chain(&RULES.rows).collect();
        let offset = if is_own { 0 } else { own.rows.len() };
        let position = rows.iter().skip(offset).position(|row| row.id == winner.id).map_or(0, |found| found + offset);
        let mut situation = situation.clone();
        if situation.is_return {
            situation.facts.set("event", "sale");
        }
        let (before, after) = rows.split_at(position);
        let near = before.iter().rev().filter_map(|row| near_miss(row, &situation)).take(NAMED);
        let later = after.iter().skip(1).filter(|row| row.matches(&situation.facts, situation.tax_day));
        let later = later.take(NAMED).map(|row| format!("{} (comes later)", row.id));
        let lost: Vec<String> = near.chain(later).collect();
        if !lost.is_empty() {
            self.0.push(format!("lost: {}", lost.join(", ")));
        }
    }

    pub(super) fn finish(self) -> String {
        let text = self.0.join(" > ");
        match text.char_indices().nth(LONGEST - 1) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    }
}

fn near_miss(row: &Row, situation: &Situation) -> Option<String> {
    let broken: Vec<_> = row.broken(&situation.facts).take(2).collect();
    match (broken.as_slice(), row.in_force(situation.tax_day)) {
        ([], _) if row.from > situation.tax_day => Some(format!("{} (from {})", row.id, iso_date(row.from))),
        ([], _) => row.to.map(|to| format!("{} (until {})", row.id, iso_date(to))),
        ([one], true) => Some(format!("{} ({} is {})", row.id, one.name(), situation.facts.at(one.fact))),
        _ => None,
    }
}
