//! What happens from one feed to the next: deltas, what is gone, guards, equal bytes.

use super::*;

const EBAY: &str = r#"{"channel":"ebay","path":"out/f","columns":{"quantity":"qty"},"history":"ebay""#;

fn rows(changes: &[(&'static str, i64, i128)]) -> DataFrame {
    let rows: Vec<[&str; 7]> = changes.iter().map(|(sku, ..)| [*sku, "t", "d", "-", "-", "-", "-"]).collect();
    let qty: Vec<i64> = changes.iter().map(|(_, qty, _)| *qty).collect();
    let prices: Vec<i128> = changes.iter().map(|(.., price)| *price).collect();
    table(&rows, &qty, &prices)
}

fn ten() -> Vec<(&'static str, i64, i128)> {
    ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"].into_iter().map(|sku| (sku, 3, 10_000)).collect()
}

const HEADER: &str = "Action,Custom label (SKU),Start price,Available quantity\n";

#[test]
fn a_delta_holds_what_changed_and_what_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let (full, delta) = (format!("{EBAY}}}"), format!(r#"{EBAY},"mode":"delta"}}"#));
    assert_eq!(run(&full, rows(&ten()), root.path()).0.lines().count(), 11);
    let mut next = ten();
    next[1] = ("2", 0, 10_000);
    next[2] = ("3", 3, 12_000);
    next.remove(9);
    next.push(("11", 1, 5000));
    let (text, cx) = run(&delta, rows(&next), root.path());
    assert_eq!(text, format!("{HEADER}Revise,2,10.00,0\nRevise,3,12.00,3\nRevise,11,5.00,1\nRevise,10,,0\n"));
    assert_eq!(cx.counters.value("load:f"), 10, "rows that did not change are accounted for");
    let (staged, _) = stage(&delta, rows(&next), root.path());
    (staged.unwrap().commit)().unwrap();
    assert!(!root.path().join("out/f").exists(), "nothing changed since: no file, also not the earlier one");
}

#[test]
fn a_feed_that_was_not_committed_is_not_the_last_one() {
    let root = tempfile::tempdir().unwrap();
    run(&format!("{EBAY}}}"), rows(&ten()), root.path());
    let mut next = ten();
    next[0] = ("1", 9, 10_000);
    let delta = format!(r#"{EBAY},"mode":"delta"}}"#);
    let (staged, _) = stage(&delta, rows(&next), root.path());
    drop(staged.unwrap());
    assert_eq!(run(&delta, rows(&next), root.path()).0, format!("{HEADER}Revise,1,10.00,9\n"));
}

#[test]
fn guards_keep_the_last_feed() {
    let full = format!("{EBAY}}}");
    let cases: [(usize, i128, &str, &str); 4] = [
        (8, 10_000, "", ""),
        (7, 10_000, "7 rows after 10, 30.0% fewer", r#""shrink":"off""#),
        (0, 10_000, "would be empty", r#""empty":"off","shrink":"off""#),
        (10, 10_010, "10 of 10 prices would change", r#""prices":"off""#),
    ];
    for (kept, price, words, off) in cases {
        let root = tempfile::tempdir().unwrap();
        let (before, _) = run(&full, rows(&ten()), root.path());
        let next: Vec<_> = ten().into_iter().take(kept).map(|(sku, qty, _)| (sku, qty, price)).collect();
        let (staged, _) = stage(&full, rows(&next), root.path());
        if words.is_empty() {
            assert_eq!(staged.unwrap().stops, []);
            continue;
        }
        let stops = std::mem::take(&mut staged.unwrap().stops);
        assert!(stops[0].what.contains(words) && stops.iter().all(|stop| !stop.accepted), "{stops:?}");
        assert_eq!(std::fs::read_to_string(root.path().join("out/f")).unwrap(), before);
        let allowed = format!(r#"{EBAY},"guard":{{{off}}}}}"#);
        assert_eq!(run(&allowed, rows(&next), root.path()).0.lines().count(), kept + 1);
    }
}

#[test]
fn equal_rows_give_equal_bytes_also_compressed() {
    let root = tempfile::tempdir().unwrap();
    let json = r#"{"channel":"ebay","path":"out/f","compress":"gzip","columns":{"quantity":"qty"}}"#;
    let bytes = || {
        let (staged, _) = stage(json, rows(&ten()), root.path());
        let receipt = (staged.unwrap().commit)().unwrap();
        (std::fs::read(root.path().join("out/f")).unwrap(), receipt.feed.unwrap().hash)
    };
    let first = bytes();
    assert!(first.0.starts_with(&[0x1f, 0x8b]));
    assert_eq!(first, bytes());
}

#[test]
fn a_channel_takes_only_so_many_rows_in_a_document() {
    let root = tempfile::tempdir().unwrap();
    let skus: Vec<String> = (0..60).map(|number| format!("S{number}")).collect();
    let many: Vec<(&'static str, i64, i128)> =
        skus.iter().map(|sku| (&*String::leak(sku.clone()), 1, 10_000)).collect();
    let json = r#"{"channel":"ebay","format":"offers","path":"out/f","columns":{"quantity":"qty","offer_id":"title"}}"#;
    run(json, rows(&many), root.path());
    let count = |name: &str| {
        let text = std::fs::read_to_string(root.path().join("out").join(name)).ok()?;
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        Some(document["requests"].as_array().unwrap().len())
    };
    assert_eq!(["f", "f-2", "f-3", "f-4"].map(count), [Some(25), Some(25), Some(10), None]);
    let fewer: Vec<_> = many.iter().take(49).copied().collect();
    run(json, rows(&fewer), root.path());
    assert_eq!(["f", "f-2", "f-3"].map(count), [Some(25), Some(24), None], "a part of a longer feed goes away");
}

/// What a message of each operation has and has not, as the schema of the messages says (JSON_LISTINGS_FEED 2.0).
fn is_amazon_message(message: &serde_json::Value) -> bool {
    let has = |name: &str| message.get(name).is_some();
    let common = message["messageId"].as_u64().is_some_and(|id| id > 0) && has("sku");
    let own = match message["operationType"].as_str() {
        Some("PATCH") => has("productType") && has("patches") && !has("requirements") && !has("attributes"),
        Some("UPDATE") => has("productType") && has("attributes") && !has("patches"),
        Some("DELETE") => !["productType", "requirements", "attributes", "patches"].into_iter().any(has),
        _ => false,
    };
    common && own
}

#[test]
fn what_is_gone_is_a_message_that_amazon_takes() {
    for (format, columns) in [
        ("patch", r#""quantity":"qty""#),
        ("patch", r#""quantity":"qty","product_type":"brand""#),
        ("patch_lines", r#""quantity":"qty""#),
        ("update", r#""quantity":"qty""#),
    ] {
        for only in ["all", "offers"] {
            let root = tempfile::tempdir().unwrap();
            let json = format!(
                r#"{{"channel":"amazon","format":"{format}","path":"out/f","mode":"delta","only":"{only}","columns":{{{columns}}},"settings":{{"seller_id":"A1"}}}}"#
            );
            let table = |count: usize| {
                let typed = |(sku, ..): (&'static str, i64, i128)| [sku, "t", "d", "-", "-", "-", "SHOES"];
                let rows: Vec<_> = ten().into_iter().take(count).map(typed).collect();
                super::table(&rows, &vec![3; count], &vec![10_000; count])
            };
            let messages = |text: &str| -> Vec<serde_json::Value> {
                let document: Option<serde_json::Value> = serde_json::from_str(text).ok();
                match document.and_then(|document| document.get("messages").cloned()) {
                    Some(messages) => serde_json::from_value(messages).unwrap(),
                    None => text.lines().map(|line| serde_json::from_str(line).unwrap()).collect(),
                }
            };
            let first = messages(&run(&json, table(10), root.path()).0);
            let second = messages(&run(&json, table(9), root.path()).0);
            assert_eq!((first.len(), second.len()), (10, 1), "{format} {only}");
            for message in first.iter().chain(&second) {
                assert!(is_amazon_message(message), "{format} {only}: {message}");
            }
        }
    }
}

#[test]
fn a_delta_without_changes_leaves_no_file_in_any_format() {
    for (channel, columns) in [
        ("amazon", r#""quantity":"qty""#),
        ("ebay", r#""quantity":"qty""#),
        ("meta", r#""availability":"qty""#),
        ("trovaprezzi", r#""stock":"qty","categories":"brand","shipping_cost":"price_gross","image":"image_link""#),
    ] {
        let root = tempfile::tempdir().unwrap();
        let json = format!(r#"{{"channel":"{channel}","path":"out/f","mode":"delta","columns":{{{columns}}}}}"#);
        let rows = || table(&[good()], &[1], &[10_000]);
        run(&json, rows(), root.path());
        let receipt = (stage(&json, rows(), root.path()).0.unwrap().commit)().unwrap();
        assert_eq!((receipt.rows, receipt.files), (0, 0), "{channel}");
        assert!(!root.path().join("out/f").exists(), "{channel}");
    }
}
