//! Price cases, run through `pipelines/cases/pricing.yaml`: what comes out is what an independent computation says.

use std::collections::BTreeMap;
use std::fs;

use crate::harness::{Scratch, none_failed, repository};

/// Rows of a simple CSV by their first column: no field of it holds a quote or a line break.
fn rows(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|line| (line[0].clone(), header.iter().cloned().zip(line).collect())).collect()
}

#[test]
fn every_price_is_that_of_the_independent_computation() {
    let cases = fs::read_to_string(repository().join("tests/data/pricing/cases.csv")).unwrap();
    let shop = Scratch::shop().with("cases.csv", &cases);
    let run = ["run", "pipelines/cases/pricing.yaml", "--param", "input=cases.csv", "--param", "output=out/prezzi.csv"];
    let answer = shop.raccordo(&run).answer();
    assert_eq!(answer.code, Some(0), "{answer}");
    let (wanted, found) = (rows(&cases), rows(&shop.read("out/prezzi.csv")));
    assert!(wanted.len() >= 80);
    let mut differences = Vec::new();
    for (id, case) in &wanted {
        let Some(row) = found.get(id) else {
            differences.push(format!("{id} has no price"));
            continue;
        };
        for (name, expected) in case.iter().filter(|(name, _)| name.starts_with("exp_")) {
            if *expected != row[name] {
                differences.push(format!("{id} {name}: expected {expected}, found {} {}", row[name], row["exp_trace"]));
            }
        }
    }
    none_failed("price cases", &differences);
}
