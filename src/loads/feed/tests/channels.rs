//! The forms of the channels: what a row looks like in each of them.

use super::*;

fn one() -> DataFrame {
    let mut row = good();
    row[3] = "https://b.example.com/2 b";
    table(&[row], &[3], &[12_340])
}

fn written(json: &str) -> String {
    let root = tempfile::tempdir().unwrap();
    let (text, run) = run(json, one(), root.path());
    let rejects: Vec<String> = run.rejects.examples().into_iter().map(|reject| reject.message).collect();
    assert!(rejects.is_empty(), "{rejects:?}");
    text
}

#[test]
fn google_can_be_tab_separated() {
    let json = format!(
        r#"{{"channel":"google_merchant","format":"tsv","path":"out/f",{SETTINGS},"columns":{{"availability":"qty"}}}}"#
    );
    assert_eq!(
        written(&json),
        "id\ttitle\tdescription\tlink\timage_link\tavailability\tprice\tbrand\tgtin\tidentifier_exists\n\
         001\tTazza <blu>\tUna tazza\thttps://b.example.com/2%20b\thttps://b.example.com/1.jpg\tin_stock\t12.34 EUR\tRossi\t4006381333931\t\n"
    );
}

#[test]
fn meta_has_words_of_its_own() {
    let text = written(r#"{"channel":"meta","path":"out/f","columns":{"availability":"qty"}}"#);
    assert!(
        text.ends_with(
            "in stock,new,12.34 EUR,https://b.example.com/2%20b,https://b.example.com/1.jpg,Rossi,4006381333931\n"
        ),
        "{text}"
    );
}

#[test]
fn trovaprezzi_is_one_offer_per_row() {
    let text = written(
        r#"{"channel":"trovaprezzi","path":"out/f","columns":{"stock":"qty","categories":"brand","shipping_cost":"price_gross","image":"image_link"}}"#,
    );
    let expected = "<Offer><Name>Tazza &lt;blu&gt;</Name><Brand>Rossi</Brand><Description>Una tazza</Description>\
        <Price>12.34</Price><Code>001</Code><Link>https://b.example.com/2%20b</Link><Stock>3</Stock><Categories>Rossi</Categories>\
        <Image>https://b.example.com/1.jpg</Image><ShippingCost>12.34</ShippingCost><EanCode>4006381333931</EanCode></Offer>\n";
    assert_eq!(text, format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Products>\n{expected}</Products>\n"));
}

#[test]
fn amazon_patches_prices_as_numbers() {
    let text = written(r#"{"channel":"amazon","format":"patch_lines","path":"out/f","columns":{"quantity":"qty"}}"#);
    let expected = concat!(
        r#"{"messageId":1,"sku":"001","operationType":"PATCH","productType":"PRODUCT","patches":["#,
        r#"{"op":"merge","path":"/attributes/fulfillment_availability","value":[{"fulfillment_channel_code":"DEFAULT","quantity":3}]},"#,
        r#"{"op":"replace","path":"/attributes/purchasable_offer","value":[{"marketplace_id":"APJ6JRA9NG5V4","currency":"EUR","#,
        r#""audience":"ALL","our_price":[{"schedule":[{"value_with_tax":12.34}]}]}]}]}"#,
        "\n"
    );
    assert_eq!(text, expected);
}

#[test]
fn amazon_updates_whole_listings() {
    let text = written(
        r#"{"channel":"amazon","format":"update","path":"out/f","settings":{"seller_id":"A1"},"columns":{"quantity":"qty"}}"#,
    );
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["header"], serde_json::json!({ "sellerId": "A1", "version": "2.0" }));
    let message = &document["messages"][0];
    assert_eq!(message["operationType"], "UPDATE");
    assert_eq!(message["attributes"]["item_name"][0]["language_tag"], "it_IT");
    assert!(message["attributes"].get("bullet_point").is_none() && message.get("patches").is_none());
}

#[test]
fn the_other_files_are_separated_values() {
    let cases = [
        (
            r#"{"channel":"mirakl","path":"out/f","columns":{"quantity":"qty","product_id":"gtin"}}"#,
            "sku;product-id;product-id-type;price;quantity;state;update-delete\n001;4006381333931;EAN;12.34;3;11;update\n",
        ),
        (
            r#"{"channel":"idealo","path":"out/f","columns":{"categoryPath":"brand","deliveryTime":"brand","imageUrl":"image_link"}}"#,
            "sku;brand;title;categoryPath;url;eans;description;price;deliveryTime;imageUrl\n\
             001;Rossi;Tazza <blu>;Rossi;https://b.example.com/2%20b;4006381333931;Una tazza;12.34;Rossi;https://b.example.com/1.jpg\n",
        ),
        (
            r#"{"channel":"manomano","format":"offers","path":"out/f","columns":{"stock":"qty"}}"#,
            "sku;product_price_vat_inc;stock;min_quantity\n001;12.34;3;1\n",
        ),
    ];
    for (json, expected) in cases {
        assert_eq!(written(json), expected, "{json}");
    }
}
