//! Proposals: pairs that are probable and never closed without a person.
//!
//! Works on what exact rules left over, which is little. Each item takes part in one proposal at most; the strongest reason
//! wins, then the nearest day, then the order of the ids, so that the same input always gives the same proposals.

use std::collections::{BTreeMap, HashMap, HashSet};

/// An item that no exact rule matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// Its key, as a person knows it.
    pub id: String,
    /// Customer, e-mail, account: whom the money comes from.
    pub party: Option<String>,
    /// Amount in the smallest unit that both sides have.
    pub amount: i128,
    /// ISO 4217.
    pub currency: Option<String>,
    /// Day of the event, since 1970-01-01.
    pub day: Option<i32>,
}

/// Why two items could belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Same customer and amount, days near each other.
    SameParty,
    /// The only two of that amount, days near each other.
    SameAmount,
    /// Two neighbouring digits of the amount are swapped.
    SwappedDigits,
    /// Several items add up to one.
    SubsetSum,
}

impl Reason {
    /// The word in tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SameParty => "same-customer-and-amount",
            Self::SameAmount => "same-amount",
            Self::SwappedDigits => "swapped-digits",
            Self::SubsetSum => "subset-sum",
        }
    }

    /// How sure it is, of 100, which an exact match has.
    #[must_use]
    pub const fn score(self) -> i64 {
        match self {
            Self::SameParty => 80,
            Self::SameAmount => 60,
            Self::SwappedDigits => 50,
            Self::SubsetSum => 40,
        }
    }
}

/// Items of the left that could be one item of the right, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Positions on the left.
    pub left: Vec<usize>,
    /// Positions on the right.
    pub right: Vec<usize>,
    /// Why.
    pub reason: Reason,
}

/// Most items among which a sum is looked for: 2^16 subsets at worst, for one target.
const MOST_SUMMANDS: usize = 16;
/// Most pairs that are looked at, so that two long lists of the same amount stay cheap.
const MOST_PAIRS: usize = 1_000_000;

/// Proposals between two lists, for events at most `days` apart.
#[must_use]
pub fn propose(left: &[Open], right: &[Open], days: i32) -> Vec<Proposal> {
    let mut finder = Finder { left, right, days, used: (HashSet::new(), HashSet::new()), found: Vec::new() };
    finder.pairs(Reason::SameParty);
    finder.pairs(Reason::SameAmount);
    finder.pairs(Reason::SwappedDigits);
    finder.sums();
    finder.found
}

struct Finder<'a> {
    left: &'a [Open],
    right: &'a [Open],
    days: i32,
    used: (HashSet<usize>, HashSet<usize>),
    found: Vec<Proposal>,
}

impl Finder<'_> {
    fn pairs(&mut self, reason: Reason) {
        let mut candidates: Vec<(i32, usize, usize)> = self.candidates(reason);
        let (left, right) = (self.left, self.right);
        candidates.sort_by(|one, other| {
            (one.0, &left[one.1].id, &right[one.2].id).cmp(&(other.0, &left[other.1].id, &right[other.2].id))
        });
        let mut counts: (HashMap<usize, usize>, HashMap<usize, usize>) = Default::default();
        for (_, at, to) in &candidates {
            *counts.0.entry(*at).or_default() += 1;
            *counts.1.entry(*to).or_default() += 1;
        }
        for (_, at, to) in candidates {
            let is_single = counts.0[&at] == 1 && counts.1[&to] == 1;
            if (reason == Reason::SameParty || is_single) && !self.used.0.contains(&at) && !self.used.1.contains(&to) {
                self.used.0.insert(at);
                self.used.1.insert(to);
                self.found.push(Proposal { left: vec![at], right: vec![to], reason });
            }
        }
    }

    fn candidates(&self, reason: Reason) -> Vec<(i32, usize, usize)> {
        let mut by_key: HashMap<Key<'_>, Vec<usize>> = HashMap::new();
        for (to, item) in self.right.iter().enumerate().filter(|(to, _)| !self.used.1.contains(to)) {
            for key in keys(item, reason, false) {
                by_key.entry(key).or_default().push(to);
            }
        }
        let mut candidates = Vec::new();
        for (at, item) in self.left.iter().enumerate().filter(|(at, _)| !self.used.0.contains(at)) {
            for key in keys(item, reason, true) {
                for to in by_key.get(&key).into_iter().flatten() {
                    if let Some(apart) = self.apart(item, &self.right[*to]) {
                        candidates.push((apart, at, *to));
                    }
                    if candidates.len() >= MOST_PAIRS {
                        return candidates;
                    }
                }
            }
        }
        candidates
    }

    /// Days between two items, when they are near enough. Without a day nothing is near.
    fn apart(&self, one: &Open, other: &Open) -> Option<i32> {
        let apart = one.day?.checked_sub(other.day?)?.abs();
        (apart <= self.days).then_some(apart)
    }

    /// Several items of one party (or of none named) that add up to one of the other side.
    fn sums(&mut self) {
        for is_left in [true, false] {
            let (many, one) = if is_left { (self.left, self.right) } else { (self.right, self.left) };
            let taken =
                |side: bool, at: usize| if side { self.used.0.contains(&at) } else { self.used.1.contains(&at) };
            let mut groups: BTreeMap<(&Option<String>, &Option<String>), Vec<usize>> = BTreeMap::new();
            for (at, item) in many.iter().enumerate().filter(|(at, _)| !taken(is_left, *at)) {
                groups.entry((&item.party, &item.currency)).or_default().push(at);
            }
            let mut targets: Vec<usize> = (0..one.len()).filter(|at| !taken(!is_left, *at)).collect();
            targets.sort_by(|a, b| one[*a].id.cmp(&one[*b].id));
            for target in targets {
                let item = &one[target];
                let Some(group) = groups.get_mut(&(&item.party, &item.currency)) else { continue };
                let mut near: Vec<usize> =
                    group.iter().copied().filter(|at| self.apart(&many[*at], item).is_some()).collect();
                near.sort_by(|a, b| many[*a].id.cmp(&many[*b].id));
                if near.len() < 2 || near.len() > MOST_SUMMANDS {
                    continue;
                }
                let amounts: Vec<i128> = near.iter().map(|at| many[*at].amount).collect();
                let Some(subset) = only_subset(&amounts, item.amount) else { continue };
                let members: Vec<usize> = subset.into_iter().map(|position| near[position]).collect();
                group.retain(|at| !members.contains(at));
                let (left, right) = if is_left { (members, vec![target]) } else { (vec![target], members) };
                self.used.0.extend(&left);
                self.used.1.extend(&right);
                self.found.push(Proposal { left, right, reason: Reason::SubsetSum });
            }
        }
    }
}

/// What two items must share: currency, party where it matters, and an amount.
type Key<'a> = (Option<&'a str>, Option<&'a str>, i128);

fn keys(item: &Open, reason: Reason, is_left: bool) -> Vec<Key<'_>> {
    let currency = item.currency.as_deref();
    match reason {
        Reason::SameParty => {
            item.party.as_deref().map(|party| (currency, Some(party), item.amount)).into_iter().collect()
        }
        Reason::SwappedDigits if is_left => {
            swapped(item.amount).into_iter().map(|amount| (currency, item.party.as_deref(), amount)).collect()
        }
        Reason::SwappedDigits => vec![(currency, item.party.as_deref(), item.amount)],
        _ => vec![(currency, None, item.amount)],
    }
}

/// The amounts that come out when two neighbouring digits are swapped.
fn swapped(amount: i128) -> Vec<i128> {
    let digits = amount.unsigned_abs().to_string().into_bytes();
    let mut found: Vec<i128> = (1..digits.len())
        .filter(|at| digits[at - 1] != digits[*at])
        .filter_map(|at| {
            let mut other = digits.clone();
            other.swap(at - 1, at);
            let value: i128 = std::str::from_utf8(&other).ok()?.parse().ok()?;
            Some(if amount < 0 { -value } else { value })
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The positions of the only subset of at least two amounts that adds up to the target; none when there is none, or several.
fn only_subset(amounts: &[i128], target: i128) -> Option<Vec<usize>> {
    let mut found: Option<u32> = None;
    for mask in 1_u32..1 << amounts.len() {
        if mask.count_ones() < 2 {
            continue;
        }
        let sum: Option<i128> = (0..amounts.len())
            .filter(|at| mask >> at & 1 == 1)
            .try_fold(0_i128, |sum, at| sum.checked_add(amounts[at]));
        if sum == Some(target) && found.replace(mask).is_some() {
            return None;
        }
    }
    let mask = found?;
    Some((0..amounts.len()).filter(|at| mask >> at & 1 == 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(id: &str, party: &str, amount: i128, day: i32) -> Open {
        let party = (!party.is_empty()).then(|| party.to_owned());
        Open { id: id.to_owned(), party, amount, currency: Some("EUR".to_owned()), day: Some(day) }
    }

    fn found(left: &[Open], right: &[Open]) -> Vec<String> {
        propose(left, right, 3)
            .iter()
            .map(|one| {
                let ids = |side: &[Open], at: &[usize]| {
                    at.iter().map(|at| side[*at].id.clone()).collect::<Vec<_>>().join("+")
                };
                format!("{} {} {}", ids(left, &one.left), one.reason.as_str(), ids(right, &one.right))
            })
            .collect()
    }

    #[test]
    fn same_customer_and_amount_takes_the_nearest_day() {
        let left = [open("L1", "a@x", 5000, 10), open("L2", "a@x", 5000, 12)];
        let right = [open("R1", "a@x", 5000, 12), open("R2", "a@x", 5000, 10), open("R3", "a@x", 5000, 99)];
        assert_eq!(found(&left, &right), ["L1 same-customer-and-amount R2", "L2 same-customer-and-amount R1"]);
    }

    #[test]
    fn an_amount_alone_must_be_the_only_one() {
        let left = [open("L1", "", 5000, 10), open("L2", "", 700, 10)];
        assert_eq!(found(&left, &[open("R1", "z", 5000, 11), open("R2", "z", 5000, 11)]), Vec::<String>::new());
        assert_eq!(found(&left, &[open("R1", "z", 5000, 13), open("R2", "z", 5000, 14)]), ["L1 same-amount R1"]);
    }

    #[test]
    fn swapped_digits_are_seen() {
        assert_eq!(found(&[open("L", "c", 12_340, 1)], &[open("R", "c", 13_240, 1)]), ["L swapped-digits R"]);
        assert_eq!(found(&[open("L", "c", 12_340, 1)], &[open("R", "c", 14_320, 1)]), Vec::<String>::new());
        assert_eq!(swapped(-12), [-21]);
    }

    #[test]
    fn several_that_add_up_to_one_when_there_is_only_one_way() {
        let left = [open("L1", "", 100, 1), open("L2", "", 250, 2), open("L3", "", 7, 2)];
        assert_eq!(found(&left, &[open("R", "", 350, 3)]), ["L1+L2 subset-sum R"]);
        let two_ways = [open("L1", "", 100, 1), open("L2", "", 250, 2), open("L3", "", 150, 2), open("L4", "", 200, 2)];
        assert_eq!(found(&two_ways, &[open("R", "", 350, 3)]), Vec::<String>::new());
        let right = [open("R1", "", 100, 1), open("R2", "", 250, 1)];
        assert_eq!(found(&[open("L", "", 350, 1)], &right), ["L subset-sum R1+R2"]);
    }

    #[test]
    fn nothing_is_near_without_a_day_and_long_lists_stay_cheap() {
        let left = [Open { day: None, ..open("L", "a", 1, 0) }];
        assert_eq!(found(&left, &[open("R", "a", 1, 0)]), Vec::<String>::new());
        let many: Vec<Open> = (0..5_000).map(|at| open(&at.to_string(), "", 100, 1)).collect();
        assert!(propose(&many, &many, 3).is_empty());
    }
}
