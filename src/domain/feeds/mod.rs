//! What a sales channel accepts in a feed: the description of a channel, and the rules of texts and addresses.
//!
//! Pure: a description is data that somebody else reads, and nothing here knows a channel by name.

pub mod channel;
pub mod field;
pub mod hash;
pub mod html;
pub mod template;
pub mod text;
pub mod url;

pub use channel::{Channel, CsvWriter, JsonWriter, SettingSpec, Writer, XmlWriter};
pub use field::{FieldKind, FieldSpec, Words};
pub use hash::Hasher;
pub use template::Template;
