//! A plan in words: every table with its columns, and what each step changes in them. Aligned text, no colour.

use std::fmt::Write;

use crate::domain::types::{Schema, Type};
use crate::loads::Guarantee;
use crate::plan::{Node, NodeKind, Plan, PlanStep, Target};
use crate::transforms::RowEffect;

/// The whole pipeline: tables in computing order, then loads.
#[must_use]
pub fn pipeline(plan: &Plan) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "pipeline {}", plan.name);
    if let Some(description) = &plan.description {
        let _ = writeln!(out, "  {description}");
    }
    for (name, param) in &plan.params.0 {
        let _ = writeln!(out, "  parameter {name}: {} = {}", param.ty, param.value);
    }
    for (name, node) in &plan.nodes {
        out.push('\n');
        write_table(&mut out, plan, name, node);
    }
    for load in &plan.loads {
        out.push('\n');
        write_load(&mut out, load);
    }
    out
}

/// One table, with the loads that get its rows; empty when there is no such table.
#[must_use]
pub fn table(plan: &Plan, name: &str) -> String {
    let mut out = String::new();
    let Some(node) = plan.nodes.get(name) else { return out };
    write_table(&mut out, plan, name, node);
    for load in plan.loads.iter().filter(|load| load.inputs().any(|input| input == name)) {
        out.push('\n');
        write_load(&mut out, load);
    }
    out
}

fn write_table(out: &mut String, plan: &Plan, name: &str, node: &Node) {
    match &node.kind {
        NodeKind::Source { kind, .. } => {
            let _ = writeln!(out, "{name}  ({kind})");
            write_description(out, node.description.as_ref());
        }
        NodeKind::Transform { from, steps } => {
            let _ = writeln!(out, "{name}  (from {from})");
            write_description(out, node.description.as_ref());
            if let Some(input) = plan.nodes.get(from) {
                write_steps(out, &input.schema, steps);
            }
        }
    }
    write_columns(out, &node.schema);
}

fn write_description(out: &mut String, description: Option<&String>) {
    if let Some(description) = description {
        let _ = writeln!(out, "  {description}");
    }
}

fn write_load(out: &mut String, load: &Target) {
    let promise = match load.capabilities.guarantee {
        Guarantee::ExactlyOnce => "whole or not at all",
        Guarantee::AtLeastOnce => "a row may arrive again after a crash",
    };
    let _ = writeln!(out, "load {}  ({}, from {}): {promise}", load.name, load.kind, load.from);
}

fn write_steps(out: &mut String, input: &Schema, steps: &[PlanStep]) {
    let mut before = input;
    for (index, step) in steps.iter().enumerate() {
        let after = &step.bound.schema;
        let tables = if step.tables.is_empty() { String::new() } else { format!(" with {}", step.tables.join(", ")) };
        let _ = writeln!(out, "  {}. {}{tables}: {}", index + 1, step.kind, rows(step.bound.rows));
        write_aligned(out, &changes(before, after));
        before = after;
    }
}

fn rows(effect: RowEffect) -> &'static str {
    match effect {
        RowEffect::Keeps => "every row goes on, but those rejected",
        RowEffect::Filters => "leaves rows out",
        RowEffect::Changes => "makes rows anew",
    }
}

/// What a step does to the columns: `+` new, `-` gone, `~` of another type; a mere change of order in one line.
fn changes(before: &Schema, after: &Schema) -> Vec<[String; 2]> {
    let mut lines = Vec::new();
    for (name, ty) in after.iter() {
        match before.get(name) {
            None => lines.push([format!("+ {name}"), ty.to_string()]),
            Some(old) if old != ty => lines.push([format!("~ {name}"), format!("{old} -> {ty}")]),
            Some(_) => {}
        }
    }
    for name in before.names().filter(|name| !after.contains(name)) {
        lines.push([format!("- {name}"), String::new()]);
    }
    if lines.is_empty() && before != after {
        let order: Vec<&str> = after.names().collect();
        lines.push([format!("order: {}", order.join(", ")), String::new()]);
    }
    lines
}

fn write_columns(out: &mut String, schema: &Schema) {
    let column = |(name, ty): (&str, &Type)| [name.to_owned(), ty.to_string()];
    let columns: Vec<[String; 2]> = schema.iter().map(column).collect();
    let _ = writeln!(out, "  columns:");
    write_aligned(out, &columns);
}

fn write_aligned(out: &mut String, lines: &[[String; 2]]) {
    let two_parts = lines.iter().filter(|[_, second]| !second.is_empty());
    let width = two_parts.map(|[first, _]| first.chars().count()).max().unwrap_or(0);
    for [first, second] in lines {
        let padding = " ".repeat(width.saturating_sub(first.chars().count()));
        let line = format!("    {first}{padding}  {second}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(columns: &[(&str, Type)]) -> Schema {
        columns.iter().cloned().collect()
    }

    #[test]
    fn a_step_is_told_by_what_it_changes() {
        let before = schema(&[("a", Type::Text), ("b", Type::Integer), ("c", Type::Date)]);
        let after = schema(&[("a", Type::Text), ("b", Type::MONEY), ("new", Type::Bool)]);
        let mut out = String::new();
        write_aligned(&mut out, &changes(&before, &after));
        assert_eq!(out, "    ~ b    integer -> decimal(18,2)\n    + new  bool\n    - c\n");
    }

    #[test]
    fn a_mere_change_of_order_is_told() {
        let before = schema(&[("a", Type::Text), ("b", Type::Text)]);
        let after = schema(&[("b", Type::Text), ("a", Type::Text)]);
        assert_eq!(changes(&before, &after), [["order: b, a".to_owned(), String::new()]]);
        assert!(changes(&before, &before.clone()).is_empty());
    }
}
