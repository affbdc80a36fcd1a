//! Stock cases, run through `pipelines/cases/stock.yaml`: what comes out is what an independent computation says.

use std::collections::BTreeMap;
use std::fs;

use crate::harness::{Scratch, none_failed, repository};

/// Rows of a simple CSV by their first column: no field of it holds a quote or a line break.
fn rows(text: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let header = lines.next().unwrap();
    lines.map(|line| (line[0].clone(), header.iter().cloned().zip(line).collect())).collect()
}

/// The same without the column that may hold commas, which is the last one.
fn without_explanation(text: &str) -> String {
    let columns = text.lines().next().unwrap().split(',').count() - 1;
    let cut = |line: &str| line.splitn(columns + 1, ',').take(columns).collect::<Vec<_>>().join(",") + "\n";
    text.lines().map(cut).collect()
}

fn differences(cases: &str) -> Vec<String> {
    let shop = Scratch::shop().with("cases.csv", cases);
    let run = ["run", "pipelines/cases/stock.yaml", "--param", "input=cases.csv", "--param", "output=out/giacenze.csv"];
    let answer = shop.raccordo(&run).answer();
    assert_eq!(answer.code, Some(0), "{answer}");
    let (wanted, found) = (rows(cases), rows(&shop.read("out/giacenze.csv")));
    assert_eq!(found.len(), wanted.len());
    let mut differences = Vec::new();
    for (id, case) in &wanted {
        for name in ["exp_atp", "exp_pool", "exp_published", "exp_availability"] {
            if case[name] != found[id][name] {
                differences.push(format!(
                    "{id} {name}: expected {}, found {} {}",
                    case[name], found[id][name], found[id]["exp_trace"]
                ));
            }
        }
    }
    differences
}

#[test]
fn every_case_is_that_of_the_independent_computation() {
    let text = fs::read_to_string(repository().join("tests/data/stock/cases.csv")).unwrap();
    let cases = without_explanation(&text);
    assert!(rows(&cases).len() >= 40);
    none_failed("stock cases", &differences(&cases));
}

#[test]
fn cases_without_expectations_are_read_as_well() {
    let cases = "case_id,topic,warehouses,reserved,unavailable,safety,pool_warehouses,unsynced_orders,kit_components,\
                 incoming,supplier,fba,channel_rules,channel,at,policy,explanation\n\
                 N01,x,MI:10;RM:5,MI:1,,,MI,2,,,,,percent=50;buffer=1,ebay,,net,note\n";
    let shop = Scratch::shop().with("cases.csv", cases);
    let run = ["run", "pipelines/cases/stock.yaml", "--param", "input=cases.csv", "--param", "output=out.csv"];
    let answer = shop.raccordo(&run).answer();
    assert_eq!(answer.code, Some(0), "{answer}");
    assert_eq!(
        shop.read("out.csv"),
        "case_id,exp_atp,exp_pool,exp_published,exp_availability,exp_trace\n\
         N01,,7,2,in_stock,sum:MI>unsynced-2>percent>buffer\n"
    );
}
