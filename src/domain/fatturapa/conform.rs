//! Whether a document in memory conforms to its schema (00200): what reading its file would report, without a file.
//!
//! Here: mandatory elements, the choice between a firm's name and a person's, the type of each value. Order and repetition
//! cannot be wrong: the elements were set in schema order (`elements`). Not here: files as others wrote them (`read`), the
//! content controls (`check`).

use std::sync::LazyLock;

use chrono::NaiveDate;

use super::check;
use super::finding::Finding;
use super::schema::{Choice, Family, Id};
use super::tree::{Node, Tree};

/// What a block must hold, as bits over its children in schema order.
#[derive(Clone, Copy, Debug, Default)]
struct Wanted {
    required: u64,
    firm: u64,
    person: u64,
}

/// By element: what it wants as a block, and its bit in the block around it.
struct Rules {
    wanted: Vec<Wanted>,
    bit: Vec<u64>,
    top: Wanted,
}

static ORDINARY: LazyLock<Rules> = LazyLock::new(|| rules(Family::Ordinary));
static SIMPLIFIED: LazyLock<Rules> = LazyLock::new(|| rules(Family::Simplified));

fn rules(family: Family) -> Rules {
    let count = family.elements().len();
    let mut rules = Rules { wanted: vec![Wanted::default(); count], bit: vec![0; count], top: Wanted::default() };
    rules.top = wanted(family, None, &mut rules.bit);
    for id in (0..).map(Id).take(count) {
        rules.wanted[usize::from(id.0)] = wanted(family, Some(id), &mut rules.bit);
    }
    rules
}

fn wanted(family: Family, block: Option<Id>, bits: &mut [u64]) -> Wanted {
    let mut wanted = Wanted::default();
    for (index, child) in family.children(block).iter().enumerate() {
        let (bit, element) = (1 << index, family.element(*child));
        bits[usize::from(child.0)] = bit;
        match element.choice {
            Choice::None if element.min > 0 => wanted.required |= bit,
            Choice::None => {}
            Choice::Firm => wanted.firm |= bit,
            Choice::Person => wanted.person |= bit,
        }
    }
    wanted
}

/// Violations of the schema and content controls of a document in memory, as for its file.
#[must_use]
pub fn judge_tree(tree: &Tree, received: Option<NaiveDate>) -> Vec<Finding> {
    let mut findings = violations(tree);
    findings.extend(check::check(tree, received));
    findings
}

/// Violations of the schema.
#[must_use]
pub fn violations(tree: &Tree) -> Vec<Finding> {
    let rules: &'static Rules = match tree.family() {
        Family::Ordinary => &ORDINARY,
        Family::Simplified => &SIMPLIFIED,
    };
    let mut findings = Vec::new();
    let seen = tree.top().fold(0, |seen, node| seen | rules.bit[usize::from(node.id().0)]);
    block(tree.family(), None, rules.top, seen, &mut findings);
    for node in tree.nodes() {
        if let Some(kind) = node.element().value {
            if let Some((it, en)) = kind.problem(node.value()) {
                findings.push(Finding::schema(node.path(), node.value(), it, en));
            }
            continue;
        }
        let seen = node.children().fold(0, |seen, child| seen | rules.bit[usize::from(child.id().0)]);
        block(tree.family(), Some(node), rules.wanted[usize::from(node.id().0)], seen, &mut findings);
    }
    findings
}

fn block(family: Family, node: Option<Node<'_>>, wanted: Wanted, seen: u64, findings: &mut Vec<Finding>) {
    let is_named = match (wanted.firm & seen != 0, (wanted.person & seen).count_ones()) {
        (has_firm, persons) if wanted.firm != 0 => matches!((has_firm, persons), (true, 0) | (false, 2)),
        _ => true,
    };
    let missing = wanted.required & !seen;
    if missing == 0 && is_named {
        return;
    }
    let path = node.map(Node::path).unwrap_or_default();
    for (index, child) in family.children(node.map(Node::id)).iter().enumerate() {
        if missing & (1 << index) != 0 {
            let name = family.element(*child).name;
            let place = if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
            let it = format!("manca l'elemento obbligatorio `{name}`");
            findings.push(Finding::schema(place, "", it, format!("the mandatory element `{name}` is missing")));
        }
    }
    if !is_named {
        let it = "serve Denominazione, oppure Nome e Cognome insieme, mai entrambe le forme";
        let en = "either Denominazione, or Nome and Cognome together, never both";
        findings.push(Finding::schema(path, "", it, en));
    }
}

#[cfg(test)]
#[path = "tests/conform.rs"]
mod tests;
