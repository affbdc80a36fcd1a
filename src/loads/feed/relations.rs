//! What the fields of a feed ask of one another, by position.

use crate::domain::feeds::{Channel, FieldKind, FieldSpec};
use crate::loads::feed::encode::Relation;
use crate::loads::feed::value::Field;

/// The relations of a channel among the fields that take part, in the order in which they are looked at.
#[must_use]
pub fn relations(channel: &Channel, fields: &[Field], key: usize) -> Vec<Relation> {
    let position = |name: &str| fields.iter().position(|field| field.name == name);
    let mut relations = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        relations.extend(made(at, &field.spec, &position));
    }
    for (at, field) in fields.iter().enumerate() {
        relations.extend(asked(at, &field.spec, at == key, &position));
    }
    let positions = |names: &[crate::diag::Text]| names.iter().filter_map(|name| position(name)).collect::<Vec<_>>();
    for names in &channel.any_of {
        let found = positions(names);
        if !found.is_empty() {
            relations.push(Relation::AnyOf(found));
        }
    }
    if let Some(variants) = &channel.variants
        && let Some(group) = position(&variants.group)
    {
        relations.push(Relation::Variants(group, positions(&variants.differ_in)));
    }
    relations
}

/// What makes a field from others comes first.
fn made(at: usize, spec: &FieldSpec, position: &dyn Fn(&str) -> Option<usize>) -> Vec<Relation> {
    let mut relations = Vec::new();
    if let (FieldKind::Period, [start, end]) = (spec.kind, spec.parts.as_slice())
        && let (Some(start), Some(end)) = (position(start), position(end))
    {
        relations.push(Relation::Period(at, start, end));
    }
    if spec.kind == FieldKind::IdentifierExists {
        let others = ["gtin", "brand", "mpn"].map(position);
        relations.push(Relation::IdentifierExists(at, others));
    }
    if let Some(other) = &spec.only_with {
        relations.push(Relation::OnlyWith(at, position(other)));
    }
    relations
}

fn asked(at: usize, spec: &FieldSpec, is_key: bool, position: &dyn Fn(&str) -> Option<usize>) -> Vec<Relation> {
    let mut relations = Vec::new();
    if spec.required || is_key {
        relations.push(Relation::Required(at));
    }
    if let Some(rule) = &spec.required_if
        && let Some(other) = position(&rule.field)
    {
        relations.push(Relation::RequiredIf(at, other, rule.values.clone()));
    }
    if let Some(rule) = &spec.gtin_if
        && let Some(other) = position(&rule.field)
    {
        relations.push(Relation::GtinIf(at, other, rule.values.clone()));
    }
    if let Some(other) = spec.below.as_ref().and_then(|other| position(other)) {
        relations.push(Relation::Below(at, other));
    }
    if let Some(other) = spec.above.as_ref().and_then(|other| position(other)) {
        relations.push(Relation::Above(at, other));
    }
    relations
}
