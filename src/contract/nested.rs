//! Values inside lists and structs: the same reading as for columns, without rules beyond the type.

use crate::contract::builder::ColumnBuilder;
use crate::contract::flaw::Checked;
use crate::contract::value::{CellFormat, read};
use crate::domain::types::Type;

/// Adds one text to a builder of that type: nothing when it means nothing.
///
/// The builder gets exactly one value in every case, so that its lists and structs stay whole.
///
/// # Errors
/// The text is not a value of that type; nothing was added in its place.
pub fn push_text(builder: &mut ColumnBuilder, ty: &Type, text: &str, format: &CellFormat) -> Checked<()> {
    let Some(clean) = format.clean(text) else {
        builder.push_null();
        return Ok(());
    };
    match read(ty, clean, format) {
        Ok(value) => {
            value.push_to(builder);
            Ok(())
        }
        Err(flaw) => {
            builder.push_null();
            Err(flaw)
        }
    }
}
