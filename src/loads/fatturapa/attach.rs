//! Files inside an invoice: where the rows say that they are, read and put into base64.
//!
//! A path comes from a row, so it stays inside the folder of the project. Not here: the size of the whole document.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::context::Project;
use crate::domain::fatturapa::Reason;
use crate::domain::fatturapa::judge::MOST_BYTES;
use crate::domain::fatturapa::model::Attachment;
use crate::io::join_row_path;
use crate::loads::fatturapa::columns::Column;
use crate::loads::fatturapa::rows::{Refusal, Row, Rows, reasoned, refusal};

/// The attachments of a document, each path once. Several paths in one cell are divided by `;`.
///
/// # Errors
/// A file that is not there, that is too large for an invoice, or that is outside the project.
pub fn attachments(rows: Rows<'_>, project: &Project) -> Result<Vec<Attachment>, Refusal> {
    if !rows.has(Column::AttachmentPath) {
        return Ok(Vec::new());
    }
    let mut known: Vec<&str> = Vec::new();
    let mut attachments = Vec::new();
    let mut room = MOST_BYTES;
    for row in rows.iter() {
        let Some(paths) = row.str(Column::AttachmentPath) else { continue };
        for path in paths.split(';').map(str::trim).filter(|path| !path.is_empty()) {
            if known.contains(&path) {
                continue;
            }
            known.push(path);
            let attachment = attachment(row, path, room, project)?;
            room = room.saturating_sub(attachment.content.len());
            attachments.push(attachment);
        }
    }
    Ok(attachments)
}

fn attachment(row: Row<'_>, path: &str, room: usize, project: &Project) -> Result<Attachment, Refusal> {
    let place = inside(path, project)?;
    let size = std::fs::metadata(&place).ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
    let Some(size) = size else { return Err(reasoned(Reason::AttachmentMissing, Column::AttachmentPath, path)) };
    // Base64 makes four bytes of three.
    if size.div_ceil(3).saturating_mul(4) > room as u64 {
        return Err(reasoned(Reason::AttachmentTooLarge, Column::AttachmentPath, path));
    }
    let bytes = std::fs::read(&place).map_err(|_| reasoned(Reason::AttachmentMissing, Column::AttachmentPath, path))?;
    if bytes.is_empty() {
        let (english, italian) =
            (format!("the file to attach is empty (`{path}`)"), format!("il file da allegare è vuoto (`{path}`)"));
        return Err(refusal("attachment-empty", english, italian, Some(path.to_owned())));
    }
    let name = place.file_name().map(|name| name.to_string_lossy().into_owned());
    let extension = place.extension().map(|extension| extension.to_string_lossy().to_ascii_uppercase());
    Ok(Attachment {
        nome: row.text(Column::AttachmentName).or(name).unwrap_or_else(|| path.to_owned()),
        algoritmo_compressione: extension.clone().filter(|extension| extension == "ZIP"),
        formato: row.text(Column::AttachmentFormat).or(extension),
        descrizione: row.text(Column::AttachmentDescription),
        content: STANDARD.encode(&bytes),
    })
}

/// The path, when it stays inside the project.
fn inside(path: &str, project: &Project) -> Result<PathBuf, Refusal> {
    path.split('/').try_fold(project.path("."), |folder, name| {
        join_row_path(&folder, name).map_err(|problem| {
            let english = format!("the path of an attachment stays inside the project: {problem}");
            let italian = format!("il percorso di un allegato resta dentro il progetto: {}", problem.italian());
            refusal(problem.cause(), english, italian, Some(path.to_owned()))
        })
    })
}
