//! The channels that are part of the program, by name. Their rules are the files in `channels/`.

use std::sync::Arc;

use crate::domain::feeds::Channel;

/// The channels and their descriptions.
pub const CHANNELS: &[(&str, &str)] = &[
    ("amazon", include_str!("channels/amazon.yaml")),
    ("ebay", include_str!("channels/ebay.yaml")),
    ("google_merchant", include_str!("channels/google_merchant.yaml")),
    ("idealo", include_str!("channels/idealo.yaml")),
    ("manomano", include_str!("channels/manomano.yaml")),
    ("meta", include_str!("channels/meta.yaml")),
    ("mirakl", include_str!("channels/mirakl.yaml")),
    ("trovaprezzi", include_str!("channels/trovaprezzi.yaml")),
];

/// Names of the channels.
pub fn names() -> impl Iterator<Item = &'static str> {
    CHANNELS.iter().map(|(name, _)| *name)
}

/// The text of a channel's description.
#[must_use]
pub fn text(name: &str) -> Option<&'static str> {
    CHANNELS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The description of a channel.
///
/// # Errors
/// The file that is part of the program is damaged.
pub fn channel(name: &str) -> Option<Result<Arc<Channel>, String>> {
    let read = serde_yaml::from_str(text(name)?);
    Some(read.map(Arc::new).map_err(|error| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loads::feed::check::check;

    #[test]
    fn every_channel_is_right() {
        for name in names() {
            let channel = channel(name).unwrap().unwrap();
            let problems: Vec<String> = check(&channel).iter().map(|problem| problem.message.clone()).collect();
            assert!(problems.is_empty(), "{name}: {problems:?}");
            assert!(channel.description.is_some(), "{name}");
            for (field, spec) in &channel.fields {
                assert!(!spec.value.required || spec.value.column.is_some(), "{name}: {field} has no usual column");
            }
        }
    }
}
