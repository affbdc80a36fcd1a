//! Price lists: how a derived list comes from its parents, and which list wins for a row.
//!
//! The most specific list wins, then the higher priority, then the later start; lists that are equal in all three are a
//! mistake of whoever keeps them, never a silent pick.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::grid::Grid;
use super::ratio::Ratio;

/// A list as its table says it.
#[derive(Clone, Debug)]
pub struct List {
    /// Its code.
    pub code: String,
    /// The list it is derived from.
    pub parent: Option<String>,
    /// How: `-10||charm:0.99:up` are percent, amount and rounding.
    pub derivation: String,
}

/// Where the prices of a list come from: itself or an ancestor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Position of the list in its table.
    pub list: usize,
    /// Code of the list whose prices are taken.
    pub source: String,
    /// How far away it is; a price of the list's own is at 0 and goes before all others.
    pub depth: i64,
    /// Derivations from the source down to the list, joined by `>`; empty for its own prices.
    pub steps: String,
}

/// For every list, itself and its ancestors.
///
/// # Errors
/// A code that stands twice, a parent that is not there, or lists that derive from each other in a circle.
pub fn origins(lists: &[List]) -> Result<Vec<Origin>, String> {
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    for (index, list) in lists.iter().enumerate() {
        if by_code.insert(&list.code, index).is_some() {
            return Err(format!("price list `{}` is there twice", list.code));
        }
    }
    let mut origins = Vec::new();
    for (index, list) in lists.iter().enumerate() {
        let (mut current, mut steps, mut depth) = (list, String::new(), 0);
        loop {
            origins.push(Origin { list: index, source: current.code.clone(), depth, steps: steps.clone() });
            let Some(parent) = &current.parent else { break };
            let Some(above) = by_code.get(parent.as_str()) else {
                return Err(format!("price list `{}` derives from `{parent}`, which is not there", current.code));
            };
            depth += 1;
            if usize::try_from(depth).is_ok_and(|depth| depth >= lists.len()) {
                return Err(format!("price list `{}` derives from itself, by way of `{parent}`", list.code));
            }
            steps =
                if steps.is_empty() { current.derivation.clone() } else { format!("{}>{steps}", current.derivation) };
            current = &lists[*above];
        }
    }
    Ok(origins)
}

/// A derivation that was read.
#[derive(Clone, Debug)]
pub struct Derivation {
    steps: Vec<(Ratio, Ratio, Option<Grid>)>,
}

impl Derivation {
    /// Reads the steps of an [`Origin`]; amounts and roundings are in minor units of `decimals`.
    ///
    /// # Errors
    /// The part that cannot be read.
    pub fn read(steps: &str, decimals: u8) -> Result<Self, String> {
        let read = |step: &str| {
            let mut parts = step.split('|');
            let (percent, amount, rule) = (parts.next()?, parts.next()?, parts.next()?);
            let factor = Ratio::ONE.plus(number(percent, 2)?)?;
            let shift = number(amount, 0)?.times(Ratio::whole(10i128.pow(u32::from(decimals))))?;
            let grid = if rule.is_empty() { None } else { Some(Grid::read(rule, decimals)?) };
            Some((factor, shift, grid))
        };
        let steps: Vec<&str> = steps.split('>').filter(|step| !step.is_empty()).collect();
        let steps = steps.into_iter().map(|step| read(step).ok_or_else(|| step.to_owned()));
        Ok(Self { steps: steps.collect::<Result<_, _>>()? })
    }

    /// The price of the derived list. A rounding of a step is a price of that list: what follows starts from it.
    #[must_use]
    pub fn apply(&self, mut price: Ratio) -> Option<Ratio> {
        for (factor, shift, grid) in &self.steps {
            price = price.times(*factor)?.plus(*shift)?;
            if let Some(grid) = grid {
                price = Ratio::whole(grid.price(price)?);
            }
        }
        Some(price)
    }
}

/// A plain number, over a hundred when it is a percentage; empty is nothing.
fn number(text: &str, more: u8) -> Option<Ratio> {
    if text.is_empty() {
        return Some(Ratio::ZERO);
    }
    let value: crate::domain::money::Decimal = text.parse().ok()?;
    Some(Ratio::new(value.mantissa, crate::domain::money::pow10(value.scale.checked_add(more)?)?))
}

/// What decides between lists: smaller is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rank {
    /// How specific, from 1.
    pub level: i64,
    /// Higher wins.
    pub priority: i64,
    /// Later wins; `i64::MIN` for a list without a start.
    pub from: i64,
}

impl Rank {
    /// Which of two lists wins.
    #[must_use]
    pub fn compare(&self, other: &Self) -> Ordering {
        self.level.cmp(&other.level).then(other.priority.cmp(&self.priority)).then(other.from.cmp(&self.from))
    }
}

/// What decides between prices of one list: the article before its product and so on, own prices before derived ones,
/// the highest quantity that is reached, the latest start. Smaller is better.
pub type Nearness = (usize, i64, std::cmp::Reverse<i128>, std::cmp::Reverse<i64>);

/// How specific a list is, from the keys it has: customer, customer group, channel, country, the wanted currency.
#[must_use]
pub const fn level(keys: [bool; 5]) -> i64 {
    match keys {
        [true, ..] => 1,
        [_, true, ..] => 2,
        [_, _, true, true, _] => 3,
        [_, _, true, ..] => 4,
        [_, _, _, true, _] => 5,
        [.., true] => 6,
        _ => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(code: &str, parent: Option<&str>, derivation: &str) -> List {
        List { code: code.to_owned(), parent: parent.map(str::to_owned), derivation: derivation.to_owned() }
    }

    #[test]
    fn chains_end_at_the_list_without_a_parent() {
        let lists = [
            list("BASE", None, "||"),
            list("WEB", Some("BASE"), "-10||"),
            list("EBAY", Some("WEB"), "|2.00|charm:0.99:up"),
        ];
        let found = origins(&lists).unwrap();
        let ebay: Vec<_> = found
            .iter()
            .filter(|origin| origin.list == 2)
            .map(|origin| (origin.source.as_str(), origin.depth, origin.steps.as_str()))
            .collect();
        assert_eq!(
            ebay,
            [("EBAY", 0, ""), ("WEB", 1, "|2.00|charm:0.99:up"), ("BASE", 2, "-10||>|2.00|charm:0.99:up")]
        );
        let derivation = Derivation::read("-10||>|2.00|charm:0.99:up", 2).unwrap();
        // 50.00 less 10 % is 45.00, 47.00 with the amount, 47.99 with the ending.
        assert_eq!(derivation.apply(Ratio::whole(5000)).unwrap().half_up(), 4799);
        assert_eq!(Derivation::read("dieci||", 2).unwrap_err(), "dieci||");
    }

    #[test]
    fn circles_and_orphans_are_mistakes() {
        let circle = [list("A", Some("B"), "||"), list("B", Some("A"), "||")];
        assert!(origins(&circle).unwrap_err().contains("derives from itself"));
        assert!(origins(&[list("A", Some("A"), "||")]).unwrap_err().contains("derives from itself"));
        assert!(origins(&[list("A", Some("C"), "||")]).unwrap_err().contains("`C`, which is not there"));
        assert!(origins(&[list("A", None, "||"), list("A", None, "||")]).unwrap_err().contains("twice"));
    }

    #[test]
    fn the_better_rank() {
        let rank = |level, priority, from| Rank { level, priority, from };
        assert!(rank(3, 0, 0).compare(&rank(4, 9, 9)).is_lt());
        assert!(rank(4, 2, 0).compare(&rank(4, 1, 9)).is_lt());
        assert!(rank(4, 1, 9).compare(&rank(4, 1, 0)).is_lt());
        assert!(rank(4, 1, 9).compare(&rank(4, 1, 9)).is_eq());
        assert_eq!(level([false, false, true, true, true]), 3);
        assert_eq!(level([false, false, false, false, true]), 6);
    }
}
