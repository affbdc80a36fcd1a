//! The connectors that are part of the program.

/// Names and files.
const FILES: &[(&str, &str)] = &[
    ("amazon", include_str!("../../connectors/amazon.yaml")),
    ("brt", include_str!("../../connectors/brt.yaml")),
    ("ebay", include_str!("../../connectors/ebay.yaml")),
    ("fattureincloud", include_str!("../../connectors/fattureincloud.yaml")),
    ("hubspot", include_str!("../../connectors/hubspot.yaml")),
    ("odoo", include_str!("../../connectors/odoo.yaml")),
    ("oscar", include_str!("../../connectors/oscar.yaml")),
    ("paypal", include_str!("../../connectors/paypal.yaml")),
    ("prestashop", include_str!("../../connectors/prestashop.yaml")),
    ("shopify", include_str!("../../connectors/shopify.yaml")),
    ("stripe", include_str!("../../connectors/stripe.yaml")),
    ("tryton", include_str!("../../connectors/tryton.yaml")),
    ("vendure", include_str!("../../connectors/vendure.yaml")),
    ("woocommerce", include_str!("../../connectors/woocommerce.yaml")),
];

/// The file of a connector.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    FILES.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// Names of the connectors, in order.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}
