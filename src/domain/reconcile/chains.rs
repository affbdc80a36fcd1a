//! The sixteen chains of a merchant's night: which tables should agree, by which keys, how closely, and what it is called when
//! they do not. Data, in `chains.tsv`; the columns of their tables are in `entities.tsv`.

use std::sync::LazyLock;

/// A chain that is ready to use.
#[derive(Clone, Debug)]
pub struct Chain {
    /// From 1, in the order of the work.
    pub number: u32,
    /// `orders_payments`.
    pub name: &'static str,
    /// What it holds against what, in English.
    pub meaning: &'static str,
    /// The same in Italian.
    pub meaning_it: &'static str,
    /// The left side.
    pub left: ChainSide,
    /// The right side.
    pub right: ChainSide,
    /// Rules, the best first.
    pub rules: Vec<ChainRule>,
    /// `one_to_many`.
    pub cardinality: &'static str,
    /// How far sums may differ.
    pub tolerance: &'static str,
    /// Codes by status.
    pub codes: Vec<(&'static str, &'static str)>,
    /// Days for which a row may wait for its other side, left and right.
    pub grace: (u16, u16),
}

/// One side of a chain.
#[derive(Clone, Debug)]
pub struct ChainSide {
    /// The contract of its table, in `schemas/`.
    pub entity: &'static str,
    /// Columns by their part: `id`, `amount`, `date`, `currency`, `party`.
    pub columns: Vec<(&'static str, &'static str)>,
}

/// One rule of a chain.
#[derive(Clone, Debug)]
pub struct ChainRule {
    /// Its name.
    pub name: &'static str,
    /// Columns, left and right.
    pub on: Vec<(&'static str, &'static str)>,
    /// Whether the amounts must be equal too.
    pub by_amount: bool,
    /// How many days the events may be apart.
    pub days: Option<u16>,
}

/// A column of an entity.
#[derive(Clone, Copy, Debug)]
pub struct EntityColumn {
    /// The entity: `payment`.
    pub entity: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its type, as in a contract.
    pub ty: &'static str,
    /// Whether it must have a value.
    pub required: bool,
    /// What it holds.
    pub meaning: &'static str,
}

impl ChainSide {
    /// The column that is the `id`, the `amount`, …
    #[must_use]
    pub fn column(&self, part: &str) -> Option<&'static str> {
        self.columns.iter().find(|(own, _)| *own == part).map(|(_, column)| *column)
    }
}

impl Chain {
    /// The code of a status.
    #[must_use]
    pub fn code(&self, status: &str) -> Option<&'static str> {
        self.codes.iter().find(|(own, _)| *own == status).map(|(_, code)| *code)
    }
}

static CHAINS: LazyLock<Vec<Chain>> = LazyLock::new(|| rows(include_str!("chains.tsv")).filter_map(chain).collect());

static COLUMNS: LazyLock<Vec<EntityColumn>> =
    LazyLock::new(|| rows(include_str!("entities.tsv")).filter_map(column).collect());

fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.split('\t').collect())
}

fn chain(cells: Vec<&'static str>) -> Option<Chain> {
    let [number, name, left, right, left_columns, right_columns, rules, ref rest @ ..] = cells[..] else { return None };
    let [cardinality, tolerance, codes, grace, meaning, meaning_it] = rest[..] else { return None };
    let (left_grace, right_grace) = grace.split_once(' ')?;
    Some(Chain {
        number: number.parse().ok()?,
        name,
        meaning,
        meaning_it,
        left: ChainSide { entity: left, columns: pairs(left_columns)? },
        right: ChainSide { entity: right, columns: pairs(right_columns)? },
        rules: rules.split("; ").map(rule).collect::<Option<_>>()?,
        cardinality,
        tolerance,
        codes: pairs(codes)?,
        grace: (left_grace.parse().ok()?, right_grace.parse().ok()?),
    })
}

fn pairs(text: &'static str) -> Option<Vec<(&'static str, &'static str)>> {
    text.split_whitespace().map(|pair| pair.split_once('=')).collect()
}

/// `name: column=column amount days=5`.
fn rule(text: &'static str) -> Option<ChainRule> {
    let (name, words) = text.split_once(": ")?;
    let mut rule = ChainRule { name, on: Vec::new(), by_amount: false, days: None };
    for word in words.split_whitespace() {
        match word.split_once('=') {
            Some(("days", days)) => rule.days = Some(days.parse().ok()?),
            Some(pair) => rule.on.push(pair),
            None => rule.by_amount = word == "amount",
        }
    }
    Some(rule)
}

fn column(cells: Vec<&'static str>) -> Option<EntityColumn> {
    let [entity, name, ty, required, meaning] = cells[..] else { return None };
    Some(EntityColumn { entity, name, ty, required: required == "yes", meaning })
}

/// All chains, in the order of the work.
#[must_use]
pub fn chains() -> &'static [Chain] {
    &CHAINS
}

/// A chain by its name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Chain> {
    CHAINS.iter().find(|chain| chain.name == name)
}

/// The columns of an entity.
pub fn entity(name: &str) -> impl Iterator<Item = &'static EntityColumn> {
    COLUMNS.iter().filter(move |column| column.entity == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::reconcile::catalogue;

    #[test]
    fn every_chain_is_whole_and_names_only_what_is_there() {
        assert_eq!(chains().len(), include_str!("chains.tsv").lines().count() - 1);
        assert_eq!(chains().iter().map(|chain| chain.number).collect::<Vec<_>>(), (1..=16).collect::<Vec<_>>());
        for chain in chains() {
            for (side, keys) in [
                (&chain.left, chain.rules.iter().flat_map(|rule| rule.on.iter().map(|on| on.0)).collect::<Vec<_>>()),
                (&chain.right, chain.rules.iter().flat_map(|rule| rule.on.iter().map(|on| on.1)).collect()),
            ] {
                let names: Vec<&str> = entity(side.entity).map(|column| column.name).collect();
                let used = side.columns.iter().map(|(_, column)| *column).chain(keys);
                used.for_each(|column| assert!(names.contains(&column), "{}: {}.{column}", chain.name, side.entity));
                assert!(side.column("id").is_some(), "{}", chain.name);
            }
            for (_, code) in &chain.codes {
                assert!(catalogue::find(code).is_some(), "{}: {code}", chain.name);
            }
        }
    }

    #[test]
    fn every_column_is_whole() {
        assert_eq!(COLUMNS.len(), include_str!("entities.tsv").lines().count() - 1);
    }
}
