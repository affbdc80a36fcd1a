//! What each channel refuses, field by field: a good row, and the same row with one value that is wrong.

use super::*;

/// Columns that are not text.
const NUMBERS: &[(&str, &str)] = &[
    ("quantity", "integer"),
    ("multipack", "integer"),
    ("min_quantity", "integer"),
    ("price_gross", "decimal(18,3)"),
    ("sale_price", "decimal(18,3)"),
    ("list_price", "decimal(18,3)"),
    ("shipping_price", "decimal(18,3)"),
    ("weight_kg", "decimal(18,3)"),
];

/// The values of a good row; every channel takes what it knows.
fn good_row() -> Vec<(&'static str, String)> {
    [
        ("sku", "A-1"),
        ("title", "Tazza blu"),
        ("description", "Una tazza di ceramica"),
        ("link", "https://b.example.com/1"),
        ("image_link", "https://b.example.com/1.jpg"),
        ("brand", "Rossi"),
        ("gtin", "4006381333931"),
        ("mpn", "TZ1"),
        ("category", "Casa"),
        ("mm_category_id", "123"),
        ("delivery_time", "24 ore"),
        ("product_type", "MUG"),
        ("product_id", "4006381333931"),
        ("product_id_type", "EAN"),
        ("offer_id", "12345"),
        ("availability", "in_stock"),
        ("condition", "new"),
        ("item_group_id", ""),
        ("color", "blu"),
        ("quantity", "3"),
        ("price_gross", "12340"),
        ("sale_price", ""),
        ("list_price", ""),
        ("shipping_price", "4900"),
        ("weight_kg", "500"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn frame_of(row: &[(&'static str, String)]) -> (DataFrame, Schema) {
    let kind = |name: &str| NUMBERS.iter().find(|(known, _)| *known == name).map_or("text", |(_, kind)| kind);
    let schema: Schema = row.iter().map(|(name, _)| ((*name).to_owned(), kind(name).parse().unwrap())).collect();
    let columns = row.iter().map(|(name, value)| {
        let number: Option<i128> = value.parse().ok();
        match kind(name) {
            "text" => Column::new((*name).into(), [Some(value.as_str()).filter(|value| !value.is_empty())]),
            "integer" => Column::new((*name).into(), [number.map(|number| i64::try_from(number).unwrap())]),
            _ => {
                Int128Chunked::from_slice_options((*name).into(), &[number]).into_decimal_unchecked(18, 3).into_column()
            }
        }
    });
    (DataFrame::new(1, columns.collect()).unwrap(), schema)
}

/// The causes and fields that a channel refuses a row for.
fn refused(channel: &str, format: &str, row: &[(&'static str, String)]) -> Vec<(String, String)> {
    let root = tempfile::tempdir().unwrap();
    let settings = if channel == "google_merchant" { SETTINGS } else { r#""settings":{}"# };
    let json = format!(r#"{{"channel":"{channel}","format":"{format}","path":"out/f",{settings}}}"#);
    let load: FeedLoad = serde_json::from_str(&json).unwrap();
    let (frame, schema) = frame_of(row);
    let project = Project::at(root.path());
    let (params, tables) = (Params::default(), BTreeMap::new());
    let cx = BindCx::new(&project, &params, "load:f", &tables);
    let bound = load.bind(&schema, &cx);
    let bound = bound.unwrap_or_else(|| {
        panic!("{channel}: {:?}", cx.into_diagnostics().iter().map(|found| found.message.clone()).collect::<Vec<_>>())
    });
    let (rejects, stop) = (Arc::new(Rejects::new(None)), Arc::new(AtomicBool::new(false)));
    let run =
        RunCx::new(project, Params::default(), root.path().join("r1"), chrono::DateTime::UNIX_EPOCH, rejects, stop);
    let staging =
        (bound.stage)(frame.lazy(), &LoadCx { run: &run, name: "f", tables: std::collections::BTreeMap::new() })
            .unwrap();
    staging.plan.collect_with_engine(Engine::Streaming).unwrap();
    let _ = (staging.finish)().unwrap();
    run.rejects.examples().into_iter().map(|reject| (reject.cause, reject.column.unwrap_or_default())).collect()
}

#[test]
fn every_channel_refuses_what_breaks_its_rules() {
    let long = |length: usize| "x".repeat(length);
    let common = [
        ("sku", String::new(), "missing-value"),
        ("price_gross", "0".into(), "price-not-positive"),
        ("price_gross", "-1000".into(), "price-not-positive"),
        ("price_gross", "12345".into(), "too-many-decimals"),
        ("price_gross", String::new(), "missing-value"),
    ];
    let texts = [
        ("title", String::new(), "missing-value"),
        ("description", "  ".into(), "missing-value"),
        ("gtin", "4006381333932".into(), "bad-gtin"),
        ("gtin", "2012345678900".into(), "bad-gtin"),
        ("gtin", "0212345678909".into(), "bad-gtin"),
    ];
    let images = [
        ("image_link", String::new(), "missing-value"),
        ("image_link", "http://b.example.com/1.jpg".into(), "bad-url"),
        ("image_link", "/1.jpg".into(), "bad-url"),
        ("image_link", format!("https://b.example.com/{}.jpg", long(2000)), "too-long"),
    ];
    let links = [
        ("link", String::new(), "missing-value"),
        ("link", "http://b.example.com/1".into(), "bad-url"),
        ("link", "b.example.com/1".into(), "bad-url"),
    ];
    let stock = [("quantity", "-1".into(), "not-a-quantity"), ("quantity", String::new(), "missing-value")];
    let own: [(&str, &str, &[&[(&str, String, &str)]]); 8] = [
        (
            "google_merchant",
            "xml",
            &[
                &common,
                &texts,
                &images,
                &links,
                &[
                    ("sku", long(51), "too-long"),
                    ("brand", long(71), "too-long"),
                    ("mpn", long(71), "too-long"),
                    ("availability", "forse".into(), "not-in-list"),
                    ("condition", "rotto".into(), "not-in-list"),
                    ("sale_price", "12340".into(), "not-below"),
                    ("image_link", "https://b.example.com/1.pdf".into(), "bad-image"),
                ],
            ],
        ),
        (
            "meta",
            "csv",
            &[
                &common,
                &texts,
                &images,
                &links,
                &[
                    ("sku", long(101), "too-long"),
                    ("availability", "forse".into(), "not-in-list"),
                    ("condition", "rotto".into(), "not-in-list"),
                    ("sale_price", "20000".into(), "not-below"),
                    ("quantity", "-1".into(), "not-a-quantity"),
                ],
            ],
        ),
        (
            "amazon",
            "update",
            &[
                &common,
                &texts[..1],
                &texts[2..],
                &images[1..],
                &stock,
                &[
                    ("sku", long(41), "too-long"),
                    ("product_type", "scarpe da donna".into(), "bad-pattern"),
                    ("sale_price", "12340".into(), "not-below"),
                    ("condition", "rotto".into(), "not-in-list"),
                ],
            ],
        ),
        (
            "ebay",
            "inventory",
            &[
                &texts,
                &images,
                &stock,
                &[
                    ("sku", String::new(), "missing-value"),
                    ("sku", long(51), "too-long"),
                    ("description", long(4001), "too-long"),
                    ("brand", long(66), "too-long"),
                    ("mpn", long(66), "too-long"),
                    ("condition", "rotto".into(), "not-in-list"),
                ],
            ],
        ),
        (
            "trovaprezzi",
            "xml",
            &[
                &common,
                &texts,
                &images,
                &links,
                &stock,
                &[
                    ("brand", String::new(), "missing-value"),
                    ("category", String::new(), "missing-value"),
                    ("shipping_price", String::new(), "missing-value"),
                    ("shipping_price", "-1000".into(), "price-not-positive"),
                    ("list_price", "12340".into(), "not-above"),
                ],
            ],
        ),
        (
            "idealo",
            "csv",
            &[
                &common,
                &texts,
                &links,
                &images[1..],
                &[
                    ("sku", "A;1".into(), "bad-pattern"),
                    ("brand", String::new(), "missing-value"),
                    ("category", String::new(), "missing-value"),
                    ("delivery_time", String::new(), "missing-value"),
                ],
            ],
        ),
        (
            "manomano",
            "csv",
            &[
                &common,
                &texts,
                &images,
                &stock,
                &[
                    ("sku", long(51), "too-long"),
                    ("mm_category_id", "martelli".into(), "bad-pattern"),
                    ("category", String::new(), "missing-value"),
                    ("list_price", "12340".into(), "not-above"),
                ],
            ],
        ),
        (
            "mirakl",
            "csv",
            &[
                &common,
                &stock,
                &[
                    ("sku", long(41), "too-long"),
                    ("product_id", String::new(), "missing-value"),
                    ("product_id", "4006381333932".into(), "bad-gtin"),
                    ("product_id", "TZ1".into(), "bad-gtin"),
                    ("product_id_type", "CODICE".into(), "not-in-list"),
                    ("sale_price", "12340".into(), "not-below"),
                ],
            ],
        ),
    ];
    for (channel, format, groups) in own {
        assert_eq!(refused(channel, format, &good_row()), [], "{channel}: a good row");
        let cases = groups.iter().copied().flatten();
        assert!(cases.clone().count() >= 10, "{channel}");
        for (column, value, cause) in cases {
            let mut row = good_row();
            row.iter_mut().filter(|(name, _)| name == column).for_each(|(_, kept)| kept.clone_from(value));
            let found = refused(channel, format, &row);
            assert_eq!(found, [((*cause).to_owned(), (*column).to_owned())], "{channel} {column} `{value}`");
        }
    }
}

#[test]
fn what_a_field_asks_depends_on_the_others() {
    let with = |changes: &[(&str, &str)]| {
        let mut row = good_row();
        for (name, value) in changes {
            row.iter_mut().filter(|(known, _)| known == name).for_each(|(_, kept)| (*value).clone_into(kept));
        }
        row
    };
    let causes = |channel, format, changes: &[(&str, &str)]| -> Vec<String> {
        refused(channel, format, &with(changes)).into_iter().map(|(cause, _)| cause).collect()
    };
    // A field that the table does not have at all is asked for as well.
    let preorder = refused("google_merchant", "xml", &with(&[("availability", "preorder")]));
    assert_eq!(preorder, [("missing-value".to_owned(), "availability_date".to_owned())]);
    // A code of the shop is no GTIN.
    let own_code = [("product_id", "TZ1"), ("product_id_type", "SHOP_SKU")];
    assert_eq!(causes("mirakl", "csv", &own_code), Vec::<String>::new());
    // Without EAN the maker's code and the brand name the article.
    assert_eq!(causes("manomano", "csv", &[("gtin", "")]), Vec::<String>::new());
    assert_eq!(causes("manomano", "csv", &[("gtin", ""), ("brand", "")]), ["missing-value"]);
    assert_eq!(causes("manomano", "csv", &[("gtin", ""), ("mpn", "")]), ["missing-value"]);
    assert_eq!(causes("idealo", "csv", &[("gtin", ""), ("mpn", "")]), ["missing-value"]);
    assert_eq!(causes("meta", "csv", &[("gtin", ""), ("mpn", ""), ("brand", "")]), ["missing-value"]);
    assert_eq!(causes("meta", "csv", &[("item_group_id", "G"), ("color", "")]), ["variant-without-difference"]);
    assert_eq!(
        causes("google_merchant", "xml", &[("item_group_id", "G"), ("color", "")]),
        ["variant-without-difference"]
    );
}
