//! The life of an exception from day to day: new, open, explained, ignored, resolved.
//!
//! Pure rules, one exception at a time, shared by the step that meets the exceptions of a run and by the commands with which a
//! person decides. Where exceptions are kept is `state`.
//!
//! Two things are kept apart: what the data say (found on which days, with which amount) and what a person has decided.
//! Runs write only the first. So a later run can never lose a decision; it only sees whether the decision still holds.

use std::collections::BTreeMap;

use crate::domain::money::Decimal;
use crate::domain::reconcile::catalogue::Severity;

/// What makes an exception the same one tomorrow, within a pipeline.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The chain that found it.
    pub chain: String,
    /// Its code.
    pub code: String,
    /// The business key: order, payment, payout.
    pub key: String,
}

/// An exception as the data show it.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What makes it the same one tomorrow.
    pub identity: Identity,
    /// How bad it is.
    pub severity: Severity,
    /// `left_only`, `right_only`, `different`, `duplicate`, `flagged`.
    pub finding: Option<String>,
    /// What the left side calls it.
    pub left_key: Option<String>,
    /// What the right side calls it.
    pub right_key: Option<String>,
    /// The money or quantity in question.
    pub amount: Option<Decimal>,
    /// Of the amount.
    pub currency: Option<String>,
    /// Day of the business event, since 1970-01-01.
    pub event_on: Option<i32>,
    /// What it could belong to.
    pub proposal: Option<String>,
}

/// What a person has decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Which decision.
    pub kind: DecisionKind,
    /// Why.
    pub reason: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// The last day on which it holds; for ever when `None`.
    pub expires_on: Option<i32>,
    /// The amount that was decided upon: another one reopens it.
    pub amount: Option<Decimal>,
}

/// Which decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionKind {
    /// The difference has a known reason.
    Explained,
    /// Nobody will deal with it.
    Ignored,
}

/// Where an exception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Found on this day for the first time.
    New,
    /// Found before, and nobody has decided.
    Open,
    /// A person has said why.
    Explained,
    /// A person answers for leaving it.
    Ignored,
    /// No longer found.
    Resolved,
}

/// An exception that is remembered.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// As the data showed it last.
    pub finding: Finding,
    /// The first day on which it was found.
    pub first_on: i32,
    /// The last day on which it was found.
    pub last_on: i32,
    /// The day on which it was no longer found.
    pub resolved_on: Option<i32>,
    /// What a person has decided.
    pub decision: Option<Decision>,
}

/// An exception after a look at the data of a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Judged {
    /// What is remembered of it from now on.
    pub known: Known,
    /// Where it stands.
    pub status: Status,
    /// What this day changed.
    pub change: Option<Change>,
}

/// What a day changed about an exception.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Found for the first time.
    Found,
    /// No longer found.
    Resolved,
    /// Found again after it was resolved.
    CameBack,
    /// The day until which a decision held is over.
    Expired,
    /// The amount is not the one that was decided upon.
    AmountChanged,
}

impl Status {
    /// The statuses by their words.
    pub const ALL: [(&'static str, Self); 5] = [
        ("new", Self::New),
        ("open", Self::Open),
        ("explained", Self::Explained),
        ("ignored", Self::Ignored),
        ("resolved", Self::Resolved),
    ];

    /// The word in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, status)| *status == self).map_or("", |(word, _)| word)
    }

    /// The status of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(own, _)| *own == word).map(|(_, status)| status)
    }

    /// Whether somebody has still to deal with it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::New | Self::Open)
    }
}

impl DecisionKind {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Explained => "explained",
            Self::Ignored => "ignored",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Explained, Self::Ignored].into_iter().find(|kind| kind.as_str() == word)
    }

    const fn status(self) -> Status {
        match self {
            Self::Explained => Status::Explained,
            Self::Ignored => Status::Ignored,
        }
    }
}

impl Change {
    /// The word in histories.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Found => "found",
            Self::Resolved => "resolved",
            Self::CameBack => "came back",
            Self::Expired => "decision expired",
            Self::AmountChanged => "amount changed",
        }
    }
}

impl Known {
    /// Where it stands on a day.
    #[must_use]
    pub fn status(&self, today: i32) -> Status {
        if self.resolved_on.is_some() {
            return Status::Resolved;
        }
        match &self.decision {
            Some(decision) if self.lapse(today).is_none() => decision.kind.status(),
            _ if self.first_on == today => Status::New,
            _ => Status::Open,
        }
    }

    /// The last day on which a run looked for it.
    #[must_use]
    pub fn judged_on(&self) -> i32 {
        self.resolved_on.map_or(self.last_on, |day| day.max(self.last_on))
    }

    /// Why a decision no longer holds.
    #[must_use]
    pub fn lapse(&self, today: i32) -> Option<Change> {
        let decision = self.decision.as_ref()?;
        if decision.amount != self.finding.amount {
            return Some(Change::AmountChanged);
        }
        decision.expires_on.is_some_and(|last| today > last).then_some(Change::Expired)
    }

    fn found(mut self, finding: Finding, today: i32) -> Judged {
        let was = self.resolved_on.is_some();
        let held = self.lapse(self.judged_on()).is_none();
        self.finding = finding;
        self.last_on = today;
        self.resolved_on = None;
        let lapsed = self.lapse(today).filter(|_| held);
        let change = if was { Some(Change::CameBack) } else { lapsed };
        Judged { status: self.status(today), known: self, change }
    }

    fn missed(mut self, today: i32) -> Judged {
        let change = self.resolved_on.is_none().then_some(Change::Resolved);
        self.resolved_on.get_or_insert(today);
        Judged { status: Status::Resolved, known: self, change }
    }
}

/// Holds what a run found against what is remembered. A day earlier than the last that looked at an exception changes nothing
/// about it. What was resolved before this day is left out. In the order of the identities.
#[must_use]
pub fn judge(found: Vec<Finding>, remembered: Vec<Known>, today: i32) -> Vec<Judged> {
    let mut known: BTreeMap<Identity, Known> =
        remembered.into_iter().map(|known| (known.finding.identity.clone(), known)).collect();
    let mut judged = BTreeMap::new();
    for (identity, finding) in merged(found) {
        let one = match known.remove(&identity) {
            Some(known) if known.judged_on() > today => {
                Judged { status: known.status(known.judged_on()), known, change: None }
            }
            Some(known) => known.found(finding, today),
            None => {
                let known = Known { finding, first_on: today, last_on: today, resolved_on: None, decision: None };
                Judged { known, status: Status::New, change: Some(Change::Found) }
            }
        };
        judged.insert(identity, one);
    }
    for (identity, known) in known {
        let is_past = known.resolved_on.is_some_and(|day| day < today);
        if !is_past && known.judged_on() <= today {
            judged.insert(identity, known.missed(today));
        }
    }
    judged.into_values().collect()
}

/// Findings of one identity are one exception: their amounts add up, its day is the first one.
fn merged(found: Vec<Finding>) -> BTreeMap<Identity, Finding> {
    let mut merged: BTreeMap<Identity, Finding> = BTreeMap::new();
    for finding in found {
        match merged.get_mut(&finding.identity) {
            None => {
                merged.insert(finding.identity.clone(), finding);
            }
            Some(first) => {
                first.amount = match (first.amount, finding.amount) {
                    (Some(one), Some(other)) => one.add(other).or(Some(one)),
                    (one, other) => one.or(other),
                };
                first.event_on = match (first.event_on, finding.event_on) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
                first.severity = first.severity.max(finding.severity);
            }
        }
    }
    merged
}

/// What stops a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stops {
    /// The least severity that does; nothing when `None`.
    pub from: Option<Severity>,
    /// For how many days after its event a row may miss its other side without stopping the run: it may arrive late.
    pub late: i32,
}

impl Stops {
    /// Whether an exception says no to the run.
    #[must_use]
    pub fn is_stopped_by(self, judged: &Judged, today: i32) -> bool {
        let finding = &judged.known.finding;
        let is_one_sided = matches!(finding.finding.as_deref(), Some("left_only" | "right_only"));
        let is_young = finding.event_on.is_some_and(|day| today - day < self.late);
        let is_bad = self.from.is_some_and(|least| finding.severity >= least);
        is_bad && judged.status.is_open() && !(is_one_sided && is_young)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(key: &str, cents: i128) -> Finding {
        Finding {
            identity: Identity { chain: "c".to_owned(), code: "PAY_MISSING".to_owned(), key: key.to_owned() },
            severity: Severity::Blocker,
            finding: Some("left_only".to_owned()),
            left_key: Some(key.to_owned()),
            right_key: None,
            amount: Some(Decimal::new(cents, 2)),
            currency: None,
            event_on: Some(1),
            proposal: None,
        }
    }

    fn kept(judged: Vec<Judged>) -> Vec<Known> {
        judged.into_iter().map(|one| one.known).collect()
    }

    fn decided(mut known: Known, kind: DecisionKind, expires_on: Option<i32>) -> Known {
        let amount = known.finding.amount;
        known.decision = Some(Decision { kind, reason: Some("perché".to_owned()), owner: None, expires_on, amount });
        known
    }

    /// Status and change of the only exception.
    fn only(judged: &[Judged]) -> (Status, Option<Change>) {
        assert_eq!(judged.len(), 1, "{judged:?}");
        (judged[0].status, judged[0].change)
    }

    #[test]
    fn an_exception_is_new_for_its_first_day_then_open_until_it_is_no_longer_found() {
        let first = judge(vec![finding("1", 100)], Vec::new(), 10);
        assert_eq!(only(&first), (Status::New, Some(Change::Found)));
        let again = judge(vec![finding("1", 100)], kept(first), 10);
        assert_eq!(only(&again), (Status::New, None));
        let next = judge(vec![finding("1", 100)], kept(again), 11);
        assert_eq!(only(&next), (Status::Open, None));
        assert_eq!((next[0].known.first_on, next[0].known.last_on), (10, 11));
        let gone = judge(Vec::new(), kept(next), 12);
        assert_eq!(only(&gone), (Status::Resolved, Some(Change::Resolved)));
        let gone_again = judge(Vec::new(), kept(gone), 12);
        assert_eq!(only(&gone_again), (Status::Resolved, None));
        assert!(judge(Vec::new(), kept(gone_again.clone()), 13).is_empty());
        assert_eq!(only(&judge(vec![finding("1", 100)], kept(gone_again), 14)), (Status::Open, Some(Change::CameBack)));
    }

    #[test]
    fn a_decision_holds_until_its_day_or_another_amount() {
        let known = kept(judge(vec![finding("1", 100)], Vec::new(), 10)).remove(0);
        for kind in [DecisionKind::Explained, DecisionKind::Ignored] {
            let known = decided(known.clone(), kind, Some(12));
            let day = |day, cents| only(&judge(vec![finding("1", cents)], vec![known.clone()], day));
            assert_eq!(day(10, 100), (kind.status(), None));
            assert_eq!(day(12, 100), (kind.status(), None));
            assert_eq!(day(13, 100), (Status::Open, Some(Change::Expired)));
            assert_eq!(day(11, 101), (Status::Open, Some(Change::AmountChanged)));
        }
    }

    #[test]
    fn a_decision_survives_a_day_on_which_the_data_were_missing() {
        let known = kept(judge(vec![finding("1", 100)], Vec::new(), 10)).remove(0);
        let known = decided(known, DecisionKind::Explained, None);
        let gone = judge(Vec::new(), vec![known], 11);
        assert_eq!(only(&gone).0, Status::Resolved);
        let back = judge(vec![finding("1", 100)], kept(gone), 12);
        assert_eq!(only(&back), (Status::Explained, Some(Change::CameBack)));
    }

    #[test]
    fn a_lapse_is_told_once() {
        let known = kept(judge(vec![finding("1", 100)], Vec::new(), 10)).remove(0);
        let known = decided(known, DecisionKind::Explained, Some(10));
        let lapsed = judge(vec![finding("1", 100)], vec![known], 11);
        assert_eq!(only(&lapsed), (Status::Open, Some(Change::Expired)));
        assert_eq!(only(&judge(vec![finding("1", 100)], kept(lapsed), 12)), (Status::Open, None));
    }

    #[test]
    fn a_day_of_the_past_changes_nothing() {
        let known = kept(judge(vec![finding("1", 100)], Vec::new(), 10)).remove(0);
        let gone = kept(judge(Vec::new(), vec![known.clone()], 12)).remove(0);
        let past = judge(vec![finding("1", 7)], vec![gone.clone()], 11);
        assert_eq!((only(&past), &past[0].known), ((Status::Resolved, None), &gone));
        assert!(judge(Vec::new(), vec![known], 9).is_empty());
    }

    #[test]
    fn findings_of_one_identity_are_one_exception() {
        let judged = judge(vec![finding("1", 100), finding("1", -30)], Vec::new(), 10);
        assert_eq!(judged.len(), 1);
        assert_eq!(judged[0].known.finding.amount, Some(Decimal::new(70, 2)));
    }

    #[test]
    fn what_may_arrive_late_does_not_stop_a_run() {
        let judged = judge(vec![finding("1", 100)], Vec::new(), 3);
        let stops = |from, late| Stops { from, late }.is_stopped_by(&judged[0], 3);
        assert!(!stops(Some(Severity::Blocker), 3));
        assert!(stops(Some(Severity::Blocker), 2));
        assert!(!stops(None, 0));
        let mut different = finding("1", 100);
        different.finding = Some("different".to_owned());
        let judged = judge(vec![different], Vec::new(), 1);
        assert!(Stops { from: Some(Severity::Info), late: 9 }.is_stopped_by(&judged[0], 1));
    }
}
