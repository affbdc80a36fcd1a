//! What a ready chain brings to a `reconcile` step, and what the step must say itself.

use crate::context::BindCx;
use crate::diag::{Code, Diagnostic, Text, did_you_mean, suggest};
use crate::domain::reconcile::chains::{self, Chain, ChainRule, ChainSide};
use crate::domain::types::Schema;
use crate::transforms::join::Cardinality;
use crate::transforms::keys::{KeyMap, On};
use crate::transforms::shape::Shape;

use super::plan::Rule;
use super::{CodesSpec, Grace, Reconcile, RuleSpec, SideSpec};

/// The word that takes the code of a ready chain away.
pub(super) const NO_CODE: &str = "none";

/// A step of which everything is said.
pub(super) struct Whole {
    pub(super) left: SideSpec,
    pub(super) right: SideSpec,
    pub(super) rules: Vec<RuleSpec>,
    pub(super) cardinality: Cardinality,
    pub(super) tolerance: Option<Text>,
    pub(super) codes: CodesSpec,
    pub(super) grace: Grace,
}

/// What was written, completed by the ready chain of that name. `None` when a problem was reported.
pub(super) fn completed(spec: &Reconcile, left: &Schema, right: &Schema, cx: &BindCx) -> Option<Whole> {
    let ready = chains::find(&spec.chain);
    if ready.is_none() && !is_whole(spec, cx) {
        return None;
    }
    let at = |word: &str| Text::new(word, spec.chain.place());
    let side = |own: &Option<Box<SideSpec>>, ready: Option<&ChainSide>, schema: &Schema| {
        let own = own.as_deref().cloned().unwrap_or_default();
        completed_side(own, ready, schema, at)
    };
    let mut whole = Whole {
        left: side(&spec.left, ready.map(|chain| &chain.left), left),
        right: side(&spec.right, ready.map(|chain| &chain.right), right),
        rules: spec.rules.clone().unwrap_or_default(),
        cardinality: spec.cardinality.or(ready.and_then(cardinality)).unwrap_or(Cardinality::OneToOne),
        tolerance: spec.tolerance.clone().or(ready.map(|chain| at(chain.tolerance))),
        codes: codes(&spec.codes, ready, at),
        grace: spec.grace.or(ready.map(grace)).unwrap_or_default(),
    };
    // A currency that only one table has cannot be compared; one that was written on one side only is told later.
    let own = |side: &Option<Box<SideSpec>>| side.as_ref().is_some_and(|side| side.currency.is_some());
    if whole.left.currency.is_none() && !own(&spec.right) {
        whole.right.currency = None;
    }
    if whole.right.currency.is_none() && !own(&spec.left) {
        whole.left.currency = None;
    }
    if let (None, Some(chain)) = (&spec.rules, ready) {
        let have_days = whole.left.date.is_some() && whole.right.date.is_some();
        let usable = |rule: &&ChainRule| {
            let known = |(here, there): &(&str, &str)| left.contains(here) && right.contains(there);
            rule.on.iter().all(known) && (rule.days.is_none() || have_days)
        };
        whole.rules = chain.rules.iter().filter(usable).map(|rule| written(rule, at)).collect();
        if whole.rules.is_empty() {
            cx.report(no_rule(spec, chain));
            return None;
        }
    }
    Some(whole)
}

/// Whether a chain of the user's own says what a ready one would bring.
fn is_whole(spec: &Reconcile, cx: &BindCx) -> bool {
    let has_id = |side: &Option<Box<SideSpec>>| side.as_ref().is_some_and(|side| side.id.is_some());
    let parts = [
        ("left: { id: … }", has_id(&spec.left)),
        ("right: { id: … }", has_id(&spec.right)),
        ("match", spec.rules.is_some()),
    ];
    let missing: Vec<String> =
        parts.iter().filter(|(_, is_there)| !is_there).map(|(part, _)| format!("`{part}`")).collect();
    if missing.is_empty() {
        return true;
    }
    let names = || chains::chains().iter().map(|chain| chain.name);
    let message = format!("`{}` is no ready chain, so the step needs {}", spec.chain, missing.join(" and "));
    let problem = Diagnostic::error(Code::MissingKey, spec.chain.place(), message);
    cx.report(problem.helps(did_you_mean(&spec.chain, names())).help(suggest::known("ready chains", names())));
    false
}

fn no_rule(spec: &Reconcile, chain: &Chain) -> Diagnostic {
    let message = format!("no rule of the chain `{}` fits: its key columns are not in both tables", chain.name);
    let rules = chain.rules.iter().map(|rule| {
        let pairs = rule.on.iter().map(|(here, there)| format!("`{here}` here and `{there}` in `{}`", spec.with));
        pairs.collect::<Vec<_>>().join(", ")
    });
    let rules = rules.collect::<Vec<_>>().join("; or ");
    Diagnostic::error(Code::UnknownColumn, spec.chain.place(), message)
        .help(format!("have {rules}"))
        .help("`rename` the columns, or write `match:`")
}

fn completed_side(own: SideSpec, ready: Option<&ChainSide>, schema: &Schema, at: impl Fn(&str) -> Text) -> SideSpec {
    let Some(ready) = ready else { return own };
    let needed = |part: &str| ready.column(part).map(&at);
    let optional = |part: &str| ready.column(part).filter(|column| schema.contains(column)).map(&at);
    SideSpec {
        id: own.id.or_else(|| needed("id")),
        amount: own.amount.or_else(|| needed("amount")),
        date: own.date.or_else(|| optional("date")),
        currency: own.currency.or_else(|| optional("currency")),
        party: own.party.or_else(|| optional("party")),
    }
}

fn cardinality(chain: &Chain) -> Option<Cardinality> {
    let known = [
        ("one_to_one", Cardinality::OneToOne),
        ("one_to_many", Cardinality::OneToMany),
        ("many_to_one", Cardinality::ManyToOne),
        ("many_to_many", Cardinality::ManyToMany),
    ];
    known.into_iter().find(|(word, _)| *word == chain.cardinality).map(|(_, cardinality)| cardinality)
}

fn grace(chain: &Chain) -> Grace {
    Grace { left: chain.grace.0, right: chain.grace.1 }
}

fn codes(own: &CodesSpec, ready: Option<&Chain>, at: impl Fn(&str) -> Text) -> CodesSpec {
    let code = |own: &Option<Text>, status| own.clone().or_else(|| ready?.code(status).map(&at));
    CodesSpec {
        left_only: code(&own.left_only, "left_only"),
        right_only: code(&own.right_only, "right_only"),
        different: code(&own.different, "different"),
        duplicate: code(&own.duplicate, "duplicate"),
    }
}

fn written(rule: &ChainRule, at: impl Fn(&str) -> Text) -> RuleSpec {
    let pairs = rule.on.iter().map(|(here, there)| (at(here), at(there))).collect();
    RuleSpec { name: at(rule.name), on: On(Shape::Map(KeyMap(pairs))), amount: rule.by_amount, days: rule.days }
}

impl Whole {
    pub(super) fn bind_rules(&self, with: &Text, left: &Schema, right: &Schema, cx: &BindCx) -> Option<Vec<Rule>> {
        if self.rules.is_empty() {
            let problem = Diagnostic::error(Code::BadValue, with.place(), "`match` has no rule");
            cx.report(problem.help("match: [ { name: riferimento, on: ordine } ]"));
            return None;
        }
        let rules: Vec<Option<Rule>> =
            self.rules.iter().map(|rule| self.bind_rule(rule, with, left, right, cx)).collect();
        rules.into_iter().collect()
    }

    fn bind_rule(&self, rule: &RuleSpec, with: &Text, left: &Schema, right: &Schema, cx: &BindCx) -> Option<Rule> {
        let keys = rule.on.bind(left, right, with, cx);
        let lacking = [
            ("amount", rule.amount, self.left.amount.is_some() && self.right.amount.is_some()),
            ("days", rule.days.is_some(), self.left.date.is_some() && self.right.date.is_some()),
        ];
        let mut is_whole = true;
        for (option, wanted, there) in lacking {
            if wanted && !there {
                let column = if option == "days" { "date" } else { "amount" };
                let message = format!("`{option}` of rule `{}` needs `{column}` in `left` and in `right`", rule.name);
                cx.report(Diagnostic::error(Code::MissingKey, rule.name.place(), message).help("name the columns"));
                is_whole = false;
            }
        }
        let keys = keys.filter(|_| is_whole)?;
        Some(Rule {
            name: rule.name.to_string(),
            left: keys.left,
            right: keys.right,
            by_amount: rule.amount,
            days: rule.days.map(i32::from),
        })
    }

    /// Whether amount and currency stand on both sides or on none.
    pub(super) fn are_paired(&self, cx: &BindCx) -> bool {
        let pairs = [
            ("amount", &self.left.amount, &self.right.amount),
            ("currency", &self.left.currency, &self.right.currency),
        ];
        let mut are_paired = true;
        for (name, left, right) in pairs {
            let lonely = match (left, right) {
                (Some(own), None) => Some((own, "right")),
                (None, Some(own)) => Some((own, "left")),
                _ => None,
            };
            if let Some((own, other)) = lonely {
                let message = format!("`{name}` stands on one side only");
                cx.report(
                    Diagnostic::error(Code::MissingKey, own.place(), message).help(format!("name it in `{other}` too")),
                );
                are_paired = false;
            }
        }
        are_paired
    }
}
