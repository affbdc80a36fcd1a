//! What must hold whatever the numbers are: nothing is shown that is not there.

use proptest::prelude::{ProptestConfig, Strategy, prop, proptest};
use serde_json::{Value, json};

use crate::transforms::stock::Stock;
use crate::transforms::trade_testing::{Outcome, Table, run, step};

const ROWS: &[(&str, &str)] =
    &[("sku", "text"), ("warehouse", "text"), ("on_hand", "integer"), ("reserved", "integer")];
const WAREHOUSES: [&str; 3] = ["MI", "RM", "TO"];

/// On hand and reserved in each warehouse, for each of a few articles.
fn levels() -> impl Strategy<Value = Vec<Vec<(i64, i64)>>> {
    prop::collection::vec(prop::collection::vec((-20i64..60, 0i64..30), 3), 1..6)
}

fn table(levels: &[Vec<(i64, i64)>]) -> Table {
    let mut cells: Vec<[String; 4]> = Vec::new();
    for (article, levels) in levels.iter().enumerate() {
        for ((on_hand, reserved), warehouse) in levels.iter().zip(WAREHOUSES) {
            cells.push([format!("A{article}"), warehouse.to_owned(), on_hand.to_string(), reserved.to_string()]);
        }
    }
    let rows: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    Table::new(ROWS, &rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

fn number(outcome: &Outcome, name: &str, row: usize) -> i64 {
    outcome.cell(name, row).parse().unwrap()
}

fn stock(config: &Value) -> Stock {
    step(config)
}

/// What one channel shows, worked out with plain integers.
fn by_hand(pool: i64, rules: &[Option<i64>; 5]) -> i64 {
    let [fixed, percent, buffer, cap, least] = *rules;
    let mut shown = match (fixed, percent) {
        (Some(fixed), _) => pool.min(fixed),
        (None, Some(percent)) => (pool * percent).div_euclid(100),
        (None, None) => pool,
    };
    shown -= buffer.unwrap_or(0);
    shown = cap.map_or(shown, |cap| shown.min(cap));
    if shown < least.unwrap_or(0) { 0 } else { shown.max(0) }
}

fn rule(high: i64) -> impl Strategy<Value = Option<i64>> {
    prop::option::of(0..=high)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_channel_never_shows_more_than_its_pool(
        levels in levels(), clamp in prop::bool::ANY, unsynced in -5i64..20,
        fixed in rule(50), percent in rule(100), buffer in rule(5), cap in rule(40), least in rule(6),
    ) {
        let percent = percent.filter(|_| fixed.is_none());
        let rules = [fixed, percent, buffer, cap, least];
        let mut channel = serde_json::Map::new();
        for (name, value) in ["fixed", "percent", "buffer", "cap", "min_publish"].iter().zip(rules) {
            if let Some(value) = value {
                channel.insert((*name).to_owned(), json!(value.to_string()));
            }
        }
        let negative = if clamp { "clamp_each" } else { "net" };
        let config = json!({ "negative": negative, "unsynced": "ordini", "warehouses": ["MI", "TO"], "channels": { "c": channel } });
        let ordered = unsynced.to_string();
        let orders = Table::new(&[("sku", "text"), ("qty", "integer")], &[&["A0", &ordered]]);
        let outcome = run(&stock(&config), &table(&levels), &[("ordini", &orders)]);
        for (row, article) in levels.iter().enumerate() {
            let left = |(on_hand, reserved): (i64, i64)| if clamp { (on_hand - reserved).max(0) } else { on_hand - reserved };
            let pool = left(article[0]) + left(article[2]) - if row == 0 { unsynced } else { 0 };
            let shown = number(&outcome, "c_qty", row);
            assert_eq!((number(&outcome, "pool_c", row), shown), (pool, by_hand(pool, &rules)));
            assert!(shown >= 0 && shown <= pool.max(0));
        }
    }

    #[test]
    fn ring_fences_never_promise_more_than_there_is(
        levels in levels(), wanted in prop::collection::vec(0i64..60, 4), priorities in prop::collection::vec(1u32..4, 4),
    ) {
        let mut channels = serde_json::Map::new();
        for (index, (wanted, priority)) in wanted.iter().zip(&priorities).enumerate() {
            let amount = if index == 3 { ("percent", (wanted % 101).to_string()) } else { ("fixed", wanted.to_string()) };
            let mut channel = json!({ "ring_fenced": true, "priority": priority });
            channel[amount.0] = json!(amount.1);
            channels.insert(format!("f{index}"), channel);
        }
        channels.insert(String::from("shop"), json!({}));
        let outcome = run(&stock(&json!({ "channels": channels })), &table(&levels), &[]);
        for row in 0..levels.len() {
            let pool = number(&outcome, "pool_shop", row);
            let fenced: i64 = (0..4).map(|index| number(&outcome, &format!("f{index}_qty"), row)).sum();
            let shop = number(&outcome, "shop_qty", row);
            assert!(fenced <= pool.max(0), "{fenced} of {pool}");
            assert_eq!(shop, (pool - fenced).max(0));
        }
    }

    #[test]
    fn an_order_that_comes_again_changes_nothing(
        orders in prop::collection::vec((0u8..4, 0u8..3, 0usize..3, -3i64..9), 1..12), repeats in prop::collection::vec(0usize..12, 0..12),
    ) {
        let mut seen = std::collections::BTreeMap::new();
        for (order, line, article, quantity) in orders {
            seen.entry((order, line)).or_insert((article, quantity));
        }
        let mut cells: Vec<[String; 4]> = seen
            .iter()
            .map(|((order, line), (article, quantity))| [order.to_string(), line.to_string(), format!("A{article}"), quantity.to_string()])
            .collect();
        let once = cells.len();
        cells.extend(repeats.iter().map(|index| cells[index % once].clone()).collect::<Vec<_>>());
        let rows: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let table_of_orders = Table::new(&[("ordine", "text"), ("riga", "text"), ("sku", "text"), ("qty", "integer")], &rows);
        let levels = vec![vec![(50, 0); 3]; 3];
        let config = json!({ "unsynced": { "table": "ordini", "order": "ordine", "line": "riga" }, "channels": { "c": {} } });
        let outcome = run(&stock(&config), &table(&levels), &[("ordini", &table_of_orders)]);
        for article in 0..3 {
            let ordered: i64 = seen.values().filter(|(sku, _)| *sku == article).map(|(_, quantity)| quantity).sum();
            assert_eq!(number(&outcome, "pool_c", article), 150 - ordered);
        }
    }

    #[test]
    fn kits_never_oversell_their_components(
        levels in levels(), needs in prop::collection::vec((0usize..4, 0usize..5, 1i64..4), 1..8), split in prop::bool::ANY,
    ) {
        let mut cells: Vec<[String; 3]> = Vec::new();
        for (kit, component, quantity) in &needs {
            cells.push([format!("K{kit}"), format!("A{}", component % levels.len()), quantity.to_string()]);
        }
        let rows: Vec<Vec<&str>> = cells.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let recipes = Table::new(&[("kit", "text"), ("component", "text"), ("qty", "integer")], &rows);
        let sharing = if split { "split" } else { "full" };
        let config = json!({ "kits": { "table": "distinte", "sharing": sharing }, "channels": { "c": {} } });
        let outcome = run(&stock(&config), &table(&levels), &[("distinte", &recipes)]);
        let shown: std::collections::BTreeMap<String, i64> =
            (0..outcome.frame.height()).map(|row| (outcome.cell("sku", row), number(&outcome, "c_qty", row))).collect();
        for (article, levels) in levels.iter().enumerate() {
            let name = format!("A{article}");
            let there: i64 = levels.iter().map(|(on_hand, reserved)| on_hand - reserved).sum::<i64>().max(0);
            let mut needed = std::collections::BTreeMap::new();
            for cells in cells.iter().filter(|cells| cells[1] == name) {
                *needed.entry(cells[0].clone()).or_insert(0) += cells[2].parse::<i64>().unwrap();
            }
            let taken: Vec<i64> = needed.iter().map(|(kit, quantity)| shown[kit] * quantity).collect();
            assert!(taken.iter().all(|taken| *taken <= there));
            if split {
                assert!(taken.iter().sum::<i64>() + shown[&name] <= there, "{taken:?} and {} of {there}", shown[&name]);
            } else {
                assert_eq!(shown[&name], there);
            }
        }
    }
}
