//! The synthetic messages of `tests/data/fatturapa/sdi`, for the tests of this folder.

use chrono::NaiveDate;

use super::message::{Message, read};

macro_rules! samples {
    ($($path:literal),* $(,)?) => {
        &[$(($path, include_bytes!(concat!("../../../../../tests/data/fatturapa/sdi/", $path)))),*]
    };
}

/// Path and bytes of every sample.
pub(super) const SAMPLES: &[(&str, &[u8])] = samples![
    "private/IT01234567897_0000A_RC_001.xml",
    "private/IT01234567897_0000B_NS_001.xml",
    "private/IT01234567897_0000C_MC_001.xml",
    "private/IT01234567897_0000D_MT_001.xml",
    "encodings/IT01234567897_0000E_NS_001.xml",
    "encodings/IT01234567897_0000F_MC_001.xml",
    "encodings/IT01234567897_0000G_RC_001.xml",
    "encodings/IT01234567897_0000H_RC_001.xml",
    "pa/IT01234567897_PA001_RC_001.xml",
    "pa/IT01234567897_PA001_NE_001.xml",
    "pa/IT01234567897_PA002_NE_001.xml",
    "pa/IT01234567897_PA003_NS_001.xml",
    "pa/IT01234567897_PA004_MC_001.xml",
    "pa/IT01234567897_PA004_AT_001.xml",
    "pa/IT01234567897_PA005_DT_001.xml",
    "pa/IT01234567897_PA006_EC_001.xml",
    "pa/IT01234567897_PA006_SE_001.xml",
    "pa/IT01234567897_PA007_MT_001.xml",
];

/// The sample whose path ends so, without `.xml`.
pub(super) fn sample(end: &str) -> Message {
    let file = SAMPLES.iter().find(|(path, _)| path.trim_end_matches(".xml").ends_with(end));
    read(file.expect("a sample of that name").1).unwrap()
}

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}
