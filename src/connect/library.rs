//! The connectors that are part of the program.

/// Names and files.
const FILES: &[(&str, &str)] = &[
    ("hubspot", include_str!("../../connectors/hubspot.yaml")),
    ("odoo", include_str!("../../connectors/odoo.yaml")),
    ("paypal", include_str!("../../connectors/paypal.yaml")),
    ("stripe", include_str!("../../connectors/stripe.yaml")),
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
